#!/usr/bin/env python3
"""kills.py [--binary build/release/tandem] [--kills 100] [--posts 2000] [--people 200] [--seed 1]

kill -9 of the product again and again while posts flow to people; the sandbox is a process of its own and its record is
the judge. Nothing may be lost; twice may come only what was in flight at a kill: a message accepted within two seconds
before a kill and not yet marked. Ends with `N ok, N failed`.
"""
import argparse
import collections
import json
import os
import random
import re
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests"))
sys.path.insert(0, os.path.join(ROOT, "bench"))
from driver import CATEGORIES, Town  # noqa: E402
from orders import ORDERS, subscribe_everybody, wait_for_quiet  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.path.join(ROOT, "build/release/tandem"))
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--posts", type=int, default=2000)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    dice = random.Random(options.seed)
    town = Town(options.binary, limits=False, settings={"TANDEM_BOT_RATE": 0}, keep=options.keep)
    failed = []
    try:
        town.start()
        channels = 8
        for n in range(channels):
            town.api("POST", "/channels", {"username": f"orders_{n}", "title": f"Заказы {n}"})
        wanted, slug_of = subscribe_everybody(town, options.people, 1)
        wait_for_quiet(town)
        readers = collections.defaultdict(set)
        for person, bots in wanted.items():
            for bot in bots:
                readers[slug_of[bot]].add(person)
        time.sleep(3)
        mark = max([line["seq"] for line in town.record()] or [0])

        order = [CATEGORIES[n % 12] for n in range(options.posts)]
        dice.shuffle(order)
        per_life = max(1, options.posts // max(1, options.kills))
        written = 0
        for life in range(options.kills):
            until = options.posts if life == options.kills - 1 else written + per_life
            end = time.time() + dice.uniform(0.2, 1.5)
            for n in range(written, until):
                town.api("POST", "/posts", {"channel": f"orders_{n % channels}",
                                            "text": ORDERS[order[n]].format(n=100000 + n)})
                time.sleep(max(0.0, (end - time.time()) / max(1, until - n)))
            written = until
            town.kill()
            town.start()
            print(f"\rkill {life + 1}/{options.kills}, {written} posts written", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)

        arrived = collections.defaultdict(list)
        expected = {(n, person) for n, category in enumerate(order) for person in readers[category]}
        last_change, seen = time.time(), 0
        while time.time() - last_change < 20:
            for line in town.record(mark):
                mark = max(mark, line["seq"])
                found = re.search(r"№(\d{6})", json.dumps(line.get("params", {}), ensure_ascii=False))
                if line["method"].lower() == "sendmessage" and found:
                    arrived[(int(found.group(1)) - 100000, line["chat_id"])].append(line["at_us"] / 1e6)
            if len(arrived) != seen:
                seen, last_change = len(arrived), time.time()
            if len(arrived) >= len(expected):
                break
            time.sleep(1)
        lost = expected - set(arrived)
        foreign = set(arrived) - expected
        twice = {key: times for key, times in arrived.items() if len(times) > 1}
        unexcused = {key: times for key, times in twice.items()
                     if not all(any(0 <= kill - earlier <= 2.0 for kill in town.kills) for earlier in times[:-1])}
        print(f"kills {len(town.kills)}, posts {options.posts}, deliveries expected {len(expected)}, "
              f"arrived {len(arrived)}, lost {len(lost)}, twice {len(twice)} "
              f"(in flight at a kill {len(twice) - len(unexcused)}), to the wrong person {len(foreign)}")
        for name, bad in (("lost", lost), ("twice without a kill", unexcused), ("wrong person", foreign)):
            if bad:
                failed.append(f"{name}: {sorted(bad)[:5]}")
    finally:
        town.close()
    for line in failed:
        print(line)
    print(f"{3 - len(failed)} ok, {len(failed)} failed")
    sys.exit(1 if failed else 0)


main()
