#!/usr/bin/env python3
"""idle.py [--binary build/release/tandem] [--posts 1000000]: what `tandem up` costs when nothing happens.

Thirteen bots poll, the sources are read, the sandbox is in the same process. Memory and CPU over half a minute, first on a
fresh installation, then with a million stored posts; PostgreSQL's processes are counted apart (proportional set size).
"""
import argparse
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests"))
from driver import Process, cpu_seconds, free_port, memory_mb  # noqa: E402

POSTS = """
INSERT INTO hunt.posts (source_id, message_id, posted_at, seen_at, text, url, content_hash, fingerprint, state)
SELECT (SELECT min(source_id) FROM hunt.sources), 1000000 + n, now() - n * interval '30 seconds',
       now() - n * interval '30 seconds', repeat('Нужен дизайнер, логотип для кофейни номер ' || n || '. ', 12),
       'https://t.me/orders/' || n, sha256(n::text::bytea), substring(sha256(n::text::bytea) FOR 16), 'judged'
FROM generate_series(1, {count}) n;
ANALYZE hunt.posts;
"""


def postgres_of(folder):
    pid_file = next(iter(glob.glob(folder + "/postgres/**/postmaster.pid", recursive=True)))
    with open(pid_file) as file:
        lines = file.read().splitlines()
    return int(lines[0]), lines[4]


def family(pid):
    found = [pid]
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path) as stat:
                fields = stat.read().rsplit(")", 1)[1].split()
            if int(fields[1]) == pid:
                found.append(int(path.split("/")[2]))
        except (OSError, IndexError):
            continue
    return found


def pss_mb(pids):
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup") as file:
                total += int(re.search(r"Pss:\s+(\d+)", file.read()).group(1))
        except OSError:
            continue
    return total / 1024


def measure(process, folder, seconds=30):
    time.sleep(5)
    postmaster, _ = postgres_of(folder)
    ours, theirs = cpu_seconds(process.pid), sum(cpu_seconds(p) for p in family(postmaster))
    time.sleep(seconds)
    peak, now = memory_mb(process.pid)
    return {"rss_mb": round(now, 1), "peak_mb": round(peak, 1),
            "cpu_percent": round(100 * (cpu_seconds(process.pid) - ours) / seconds, 2),
            "postgres_pss_mb": round(pss_mb(family(postmaster)), 1),
            "postgres_cpu_percent": round(100 * (sum(cpu_seconds(p) for p in family(postmaster)) - theirs) / seconds, 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.path.join(ROOT, "build/release/tandem"))
    parser.add_argument("--posts", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tandem-idle-", dir="/var/tmp") as folder:
        os.chmod(folder, 0o755)

        def start():
            begun = time.time()
            process = Process(options.binary, ["up"], folder + "/log", TANDEM_DATA=folder + "/data", TANDEM_PORT=free_port())
            process.wait_ready()
            return process, time.time() - begun

        process, _ = start()
        fresh = measure(process, folder + "/data")
        _, socket_folder = postgres_of(folder + "/data")
        account = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        subprocess.run([*account, "psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", socket_folder, "-U", "tandem", "-d", "tandem",
                        "-c",
                        POSTS.format(count=options.posts)], check=True, cwd="/", stdin=subprocess.DEVNULL)
        assert process.stop() == 0
        process, seconds = start()
        full = measure(process, folder + "/data")
        assert process.stop() == 0
    print(json.dumps({"fresh": fresh, "stored_posts": options.posts, "with_posts": full,
                      "start_with_posts_s": round(seconds, 2)}, indent=1))


main()
