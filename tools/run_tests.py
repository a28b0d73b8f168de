#!/usr/bin/env python3
"""run_tests.py BUILD_FOLDER unit|suites|short|long [NAME...]: runs tests and prints one line for each program.

unit    the test programs of the build: all that ctest knows but the fuzz targets (see tests/long/fuzz)
suites  tests/NAME/run: whole-process tests
short   tests/long/NAME short: some seconds of each long test, always with the same seed
long    tests/long/NAME long: all of it, with a new seed; the output is kept in docs/runs

A suite or long test is a program whose output has at its end a line `N ok, N failed`. It gets TANDEM_BUILD (the build
folder), TANDEM_BINARY (the program in it), TANDEM_SEED, no input, and a limit of time; it stops what it starts.
The last line printed here is `N ok, N failed` again. NAME takes programs whose name contains it.
"""
import concurrent.futures
import datetime
import json
import os
import pathlib
import platform
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "build/logs"
LIMITS = {"unit": 240, "suites": 600, "short": 240, "long": 4 * 3600}  # seconds
COUNTS = re.compile(r"^(\d+) (?:ok|passed), (\d+) failed\s*$", re.MULTILINE)
SHOWN_LINES = 60


def sanitizers(build, probe):
    """The sanitizers' settings; leaks are looked for where the system lets a process be traced."""
    symbolizer = "/usr/lib/llvm-19/bin/llvm-symbolizer"
    environment = {"UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
                   "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1"}
    if os.path.exists(symbolizer):
        environment["ASAN_SYMBOLIZER_PATH"] = symbolizer
    if probe:
        seen = subprocess.run([probe, "--gtest_list_tests"], cwd=build, env={**os.environ, **environment},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if "LeakSanitizer has encountered a fatal error" in seen.stderr:
            print("leaks are not looked for: this system forbids tracing")
            environment["ASAN_OPTIONS"] = environment["ASAN_OPTIONS"].replace("detect_leaks=1", "detect_leaks=0")
    return environment


def unit_programs(build):
    """(name, command, folder) of each test that ctest knows."""
    known = json.loads(subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], check=True,
                                      capture_output=True, text=True).stdout)
    for test in known["tests"]:
        if test["name"].startswith("fuzz_"):
            continue
        folder = next((p["value"] for p in test.get("properties", []) if p["name"] == "WORKING_DIRECTORY"), build)
        yield test["name"], test.get("command", [str(build / test["name"])]), folder


def programs_of(kind, build):
    if kind == "unit":
        return list(unit_programs(build))
    if kind == "suites":
        found = sorted(p for p in ROOT.glob("tests/*/run") if os.access(p, os.X_OK))
        return [(p.parent.name, [str(p)], p.parent) for p in found]
    found = sorted(p for p in ROOT.glob("tests/long/*") if p.is_file() and os.access(p, os.X_OK))
    return [(p.stem, [str(p), kind], p.parent) for p in found]


def run(command, folder, environment, log, limit):
    """The exit code, or None when it took longer than the limit."""
    with open(log, "wb") as output:
        if not os.access(command[0], os.X_OK):
            output.write(f"{command[0]} is not there\n".encode())
            return 127
        process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, start_new_session=True)
        try:
            return process.wait(limit)
        except subprocess.TimeoutExpired:
            return None
        finally:
            for number, patience in ((signal.SIGTERM, 15), (signal.SIGKILL, None)):
                if process.poll() is None:
                    os.killpg(process.pid, number)
                    try:
                        process.wait(patience)
                    except subprocess.TimeoutExpired:
                        pass


def gtest_counts(report):
    """(ok, failed, skipped, names of the failed) of GoogleTest's own report."""
    ok = skipped = 0
    failed = []
    for suite in json.loads(report.read_text())["testsuites"]:
        for test in suite["testsuite"]:
            if test.get("failures"):
                failed.append(f"{suite['name']}.{test['name']}")
            elif test["result"] == "COMPLETED":
                ok += 1
            elif test["result"] == "SKIPPED":
                skipped += 1
    return ok, len(failed), skipped, failed


def run_program(kind, name, command, folder, environment):
    log = LOGS / f"{kind}.{name}.log"
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as reports:
        report = pathlib.Path(reports) / "report.json"
        # Of a suite, a test program that it runs itself must not answer for the whole of it.
        counted = {"GTEST_OUTPUT": f"json:{report}"} if kind == "unit" else {}
        code = run(command, folder, {**environment, **counted, "GTEST_BRIEF": "1"}, log, LIMITS[kind])
        text = log.read_text(errors="replace")
        said = COUNTS.findall(text)
        ok, failed, skipped, names = 0, 0, 0, []
        if report.exists():
            ok, failed, skipped, names = gtest_counts(report)
        elif said:
            ok, failed = map(int, said[-1])
        elif kind == "unit":
            ok = int(code == 0)  # a fuzz target, say
    trouble = ""
    if code is None:
        trouble = f"took longer than {LIMITS[kind]} s"
    elif code != 0 and failed == 0:
        trouble = f"ended with {code}"
    elif ok + failed + skipped == 0:
        trouble = "counted nothing"
    failed += bool(trouble)
    line = f"{name:28} {ok:5} ok {failed:4} failed {time.monotonic() - begun:7.1f} s"
    line += (f"  {skipped} skipped" if skipped else "") + (f"  {trouble}" if trouble else "")
    if failed:
        line += "".join(f"\n  failed: {one}" for one in names)
        line += "".join(f"\n  | {one}" for one in text.splitlines()[-SHOWN_LINES:]) + f"\n  all of it: {log.relative_to(ROOT)}"
    print(line, flush=True)
    return ok, failed


def keep(name, seed, build):
    """The output of a long run, with what it ran on."""
    runs = ROOT / "docs/runs"
    runs.mkdir(parents=True, exist_ok=True)
    at = datetime.datetime.now(datetime.timezone.utc)
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    text = (LOGS / f"long.{name}.log").read_text(errors="replace")
    (runs / f"{at:%Y-%m-%d}-{name}.txt").write_text(
        f"{name}, {at:%Y-%m-%d %H:%M} UTC, commit {commit or 'unknown'}, {build.name} build, seed {seed},\n"
        f"{os.cpu_count()} cores, {memory} GiB, Linux {platform.release()}\n\n{text}")


def main():
    build, kind, wanted = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3:]
    LOGS.mkdir(parents=True, exist_ok=True)
    programs = [p for p in programs_of(kind, build) if not wanted or any(one in p[0] for one in wanted)]
    if wanted and not programs:
        print(f"no {kind} test is named like {' or '.join(wanted)}")
        print("0 ok, 1 failed")
        return 1
    seed = str(random.randrange(1, 2**31)) if kind == "long" else "1"
    environment = {**os.environ, "TANDEM_BUILD": str(build), "TANDEM_BINARY": str(build / "tandem"),
                   "TANDEM_SEED": os.environ.get("TANDEM_SEED", seed)}
    environment.update(sanitizers(build, next(iter(sorted(build.glob("src/*/*_test"))), None)))
    for name in ("TANDEM_DATA", "TANDEM_PORT", "TANDEM_CONFIG", "TANDEM_DATABASE"):
        environment.pop(name, None)  # the developer's own settings are no part of a test

    ok = failed = 0
    # Unit tests and suites side by side (a suite mostly waits); what measures has the machine for itself.
    at_once = {"unit": os.cpu_count(), "suites": os.cpu_count() + 1}.get(kind, 1)
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        for one_ok, one_failed in pool.map(lambda p: run_program(kind, *p, environment), programs):
            ok, failed = ok + one_ok, failed + one_failed
    if kind == "long":
        for name, _, _ in programs:
            keep(name, environment["TANDEM_SEED"], build)
    print(f"{ok} ok, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
