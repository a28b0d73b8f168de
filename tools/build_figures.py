#!/usr/bin/env python3
"""build_figures.py TIMES CCACHE_LOG: the slowest files against the house's budgets, and what ccache spared.

TIMES has a line "CPU_SECONDS SOURCE" for each real compilation, see tools/compile_timed; the last one of a file counts.
Nothing fails here: machines are noisy.
"""
import os
import pathlib
import re
import subprocess
import sys

DOMAIN_BUDGET, ANY_BUDGET = 2.0, 8.0  # CPU seconds
DOMAIN = re.compile(r"src/(accounts|billing|hunt|dating|console)/")
SHOWN = 8


def budget_of(file):
    return DOMAIN_BUDGET if DOMAIN.match(file) and not file.endswith("_test.cpp") else ANY_BUDGET


def main():
    times_file, ccache_log = map(pathlib.Path, sys.argv[1:3])
    root = pathlib.Path(__file__).resolve().parent.parent
    times = {}
    if times_file.exists():
        for line in times_file.read_text().splitlines():
            seconds, file = line.split(" ", 1)
            if os.path.exists(file):
                times[file.removeprefix(f"{root}/")] = float(seconds)
    over = [file for file, seconds in times.items() if seconds > budget_of(file)]
    for file in sorted(times, key=times.get, reverse=True)[:SHOWN]:
        print(f"  {times[file]:5.1f} s CPU  {file}" + ("  (over its budget)" if file in over else ""))
    print(f"  over their budget ({DOMAIN_BUDGET:.0f} s for a domain file, {ANY_BUDGET:.0f} s for any): {len(over)} of "
          f"{len(times)} files")
    if ccache_log.exists():
        said = subprocess.run(["ccache", "--show-log-stats"], capture_output=True, text=True,
                              env=dict(os.environ, CCACHE_STATSLOG=str(ccache_log))).stdout
        hits = re.search(r"Hits:\s+(\d+) /\s+(\d+)", said)
        if hits:
            print(f"  ccache: {hits[1]} of {hits[2]} compilations were in the cache")


if __name__ == "__main__":
    main()
