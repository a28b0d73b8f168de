#!/usr/bin/env python3
"""first_deck.py load|run FOLDER --postgres HOST:PORT --home DIR: from the start of `tandem up` to a deck out of its engine.

load: FOLDER is where the generator of the dating baselines has put profiles.tsv and interactions.tsv; a new database
`first_deck` of that cluster (user postgres) gets our schema from the program itself (a sandbox with the data folder DIR),
then the million people and their judgements. run: some people ask for a deck, as the bot does (a deck_low.v1 in the queue);
`tandem up` is started; the time is taken from the start of the process until the first of these decks lies in
dating.decks, written by the role matching. With the process up and the judgements of nobody in its memory, other people ask
for theirs: ordinary ones and those who have judged 2,000. Needs psycopg2. Prints JSON lines."""
import argparse
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from driver import Process, free_port, memory_mb  # noqa: E402
from rerating import LOADS, connected  # noqa: E402

FILES = dict(LOADS, **{"ours_judgements.tsv": "dating.judgements (viewer_id, candidate_id, liked, judged_at)"})
ASK = """INSERT INTO platform.messages (lane, kind, key, body, due_at, published_at)
SELECT 'deck_low', 'deck_low.v1', who::text, format('{"viewer_id":%%s,"stage":0}', who), now(), now()
FROM unnest(%s::bigint[]) who"""


def started(asked, name):
    return Process(asked.binary, ["up"], f"{asked.home}/{name}.log", TANDEM_DATA=f"{asked.home}/data",
                   TANDEM_PORT=free_port(), TANDEM_DATABASE=f"postgresql://postgres@{asked.postgres}/first_deck")


def load(asked):
    with connected(asked.postgres, "postgres").cursor() as admin:
        admin.execute("drop database if exists first_deck")
        admin.execute("create database first_deck")
    subprocess.run(["rm", "-rf", f"{asked.home}/data"], check=True)
    process = started(asked, "first")
    process.wait_ready()
    process.stop()
    cursor = connected(asked.postgres, "first_deck").cursor()
    cursor.execute("set session_replication_role = replica")  # no triggers and foreign keys while loading
    cursor.execute("set maintenance_work_mem = '1GB'")
    cursor.execute("delete from dating.profiles; delete from accounts.users where user_id <= 1000000")
    cursor.execute("select indexdef from pg_indexes where schemaname = 'dating' and tablename = 'judgements'")
    indexes = [row[0] for row in cursor.fetchall()]
    cursor.execute("alter table dating.judgements drop constraint judgements_pkey")
    for index in indexes:
        name = re.search(r"INDEX (\w+) ON", index).group(1)
        if name != "judgements_pkey":
            cursor.execute(f"drop index dating.{name}")
    for file, table in FILES.items():
        with open(asked.folder / file) as rows:
            cursor.copy_expert(f"copy {table} from stdin", rows)
    cursor.execute("alter table dating.judgements add primary key (viewer_id, candidate_id)")
    for index in indexes:
        if "judgements_pkey" not in index:
            cursor.execute(index)
    cursor.execute("vacuum analyze")
    cursor.execute("checkpoint")


def answered(cursor, viewers):
    """When each deck was first seen to lie ready; looked for every millisecond."""
    seen = {}
    end = time.time() + 120
    while len(seen) < len(viewers) and time.time() < end:
        cursor.execute("select distinct viewer_id from dating.decks where viewer_id = any(%s)",
                       ([one for one in viewers if one not in seen],))
        now = time.time()
        for (viewer,) in cursor.fetchall():
            seen[viewer] = now
        time.sleep(0.001)
    return seen


def one_by_one(cursor, viewers):
    """Milliseconds from a request until its deck lies ready, each asked after the one before."""
    times = []
    for viewer in viewers:
        begun = time.time()
        cursor.execute(ASK, ([viewer],))
        cursor.execute("select pg_notify('tandem_queue', 'bench deck_low')")
        seen = answered(cursor, [viewer])
        if viewer in seen:
            times.append((seen[viewer] - begun) * 1e3)
    return sorted(times)


def run(asked):
    cursor = connected(asked.postgres, "first_deck").cursor()
    heavy = [int(line) for line in (asked.folder / "heavy.txt").read_text().split()]
    dice = random.Random(asked.seed)
    ordinary = [one for one in dice.sample(range(1, 1_000_001), 400) if one not in set(heavy)]
    dice.shuffle(heavy)
    cursor.execute("truncate dating.decks; delete from platform.messages where lane = 'deck_low'")
    first = ordinary[:10]
    cursor.execute(ASK, (first,))
    begun = time.time()
    process = started(asked, "run")
    try:
        seen = answered(cursor, first)
        cursor.execute("select count(*), count(distinct viewer_id) from dating.decks")
        cards, decks = cursor.fetchone()
        built = re.findall(r"the engine is built.*", pathlib.Path(process.log_path).read_text())
        process.wait_ready()
        print(json.dumps({"what": "from the start of the process", "first_deck_s": round(min(seen.values()) - begun, 2),
                          "ten_decks_s": round(max(seen.values()) - begun, 2), "ready_s": round(time.time() - begun, 2),
                          "decks": decks, "cards": cards, "memory_mb": [round(mb) for mb in memory_mb(process.pid)],
                          "log": built[-1:]}), flush=True)
        for group, viewers in {"ordinary": ordinary[10:10 + asked.viewers], "heavy": heavy[:asked.viewers]}.items():
            times = one_by_one(cursor, viewers)
            print(json.dumps({"what": "a deck, seen-set on first use", "group": group, "decks": len(times),
                              "p50_ms": round(statistics.median(times), 1),
                              "p99_ms": round(times[int(len(times) * 0.99)], 1)}), flush=True)
        for metric in ("tandem_dating_deck_filling_seconds", "tandem_dating_choosing_seconds"):
            text = subprocess.run(["curl", "-s", f"http://127.0.0.1:{port}/metrics"], capture_output=True, text=True).stdout
            total = re.search(rf"^{metric}_sum\S* (\S+)", text, re.M)
            count = re.search(rf"^{metric}_count\S* (\S+)", text, re.M)
            if total and count:
                print(json.dumps({"what": metric, "mean_ms": round(float(total[1]) / float(count[1]) * 1e3, 3),
                                  "count": int(float(count[1]))}), flush=True)
    finally:
        process.stop()


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("what", choices=("load", "run"))
    options.add_argument("folder", type=pathlib.Path)
    options.add_argument("--postgres", required=True)
    options.add_argument("--home", required=True)
    options.add_argument("--binary", default=str(ROOT / "build" / "release" / "tandem"))
    options.add_argument("--viewers", type=int, default=150)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    os.makedirs(asked.home, exist_ok=True)
    load(asked) if asked.what == "load" else run(asked)


if __name__ == "__main__":
    main()
