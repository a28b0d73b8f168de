#!/usr/bin/env python3
"""way.py [--binary build/release/tandem] a|b [--people 1000] [--seconds 60]

The whole way, timed: a post is written into a channel of the sandbox (a process of its own), the product reads it, judges
it and sends it; the sandbox's record says when each reader's message was accepted.

  a  Telegram's limits on, one post every 2 s
  b  limits off, 20 posts a second of one category each in random order

Each person reads two categories, each through its own bot. Prints one JSON object and a table.
"""
import argparse
import json
import os
import random
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests"))
from driver import CATEGORIES, Town, cpu_seconds, memory_mb, percentile  # noqa: E402
from orders import Flow, channels  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", choices=["a", "b"])
    parser.add_argument("--binary", default=os.path.join(ROOT, "build/release/tandem"))
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--channels", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    dice = random.Random(options.seed)

    settings = {"TANDEM_BOT_RATE": 0} if options.which == "b" else {}
    town = Town(options.binary, limits=False, settings=settings, keep=options.keep)
    try:
        town.start()
        flow = Flow(town, options.people, channels(town, options.channels), 2, dice)
        readers = {category: len(people) for category, people in flow.people_of.items()}
        town.api("PUT", "/limits", {"enabled": options.which == "a"})

        gap = 2.0 if options.which == "a" else 1 / 20
        count = int(options.seconds / gap)
        order = [CATEGORIES[n % 12] for n in range(count)]
        dice.shuffle(order)
        cpu = cpu_seconds(town.product.pid)
        begun = time.time()
        for n, category in enumerate(order):
            delay = begun + n * gap - time.time()
            if delay > 0:
                time.sleep(delay)
            flow.write(category)
        span = time.time() - begun
        flow.arrivals.settle(quiet=10)
        posted, missing = flow.posted, len(flow.missing())
        arrived = {n: flow.arrivals.of_order(n) for n in range(count)}
        arrived = {n: chats for n, chats in arrived.items() if chats}
        cpu = cpu_seconds(town.product.pid) - cpu
        peak, now = memory_mb(town.product.pid)

        handed = []  # from the post to the sender, as the product tells the sandbox's panel
        for n in range(count):
            steps = town.api("GET", f"/stages?channel=orders_{n % options.channels}&post_id={n // options.channels + 1}")
            at = {}
            for step in steps["stages"]:
                at.setdefault(step["stage"], step["at_us"] / 1e6)
            if "posted" in at and "queued" in at:
                handed.append(at["queued"] - at["posted"])

        first = [min(t[0] for t in chats.values()) - posted[n] for n, chats in arrived.items()]
        every = [t[0] - posted[n] for n, chats in arrived.items() for t in chats.values()]
        last = [max(t[0] for t in chats.values()) - posted[n] for n, chats in arrived.items()]
        twice = sum(len(t) - 1 for chats in arrived.values() for t in chats.values())
        rate = 27
        # A category's bot sends `rate` mailings a second: a post that comes while an earlier one of its category is still
        # on its way waits behind it. `waits`: how long, if the bot does nothing but send.
        free, waits = {}, {}
        for n, category in enumerate(order):
            begins = max(posted[n], free.get(category, 0))
            waits[n] = begins - posted[n]
            free[category] = begins + readers[category] / rate
        over = {n: max(t[0] for t in chats.values()) - posted[n] - readers[order[n]] / rate
                for n, chats in arrived.items()}
        alone = [over[n] for n in over if waits[n] == 0]
        behind = [over[n] - waits[n] for n in over if waits[n] > 0]
        result = {
            "bench": options.which, "people": options.people, "posts": count, "posts_per_s": round(count / span, 2),
            "missing": missing, "delivered": len(every), "twice": twice,
            "handed_p50": round(percentile(handed, .5), 3), "handed_p99": round(percentile(handed, .99), 3),
            "first_p50": round(percentile(first, .5), 3), "first_p99": round(percentile(first, .99), 3),
            "each_p50": round(percentile(every, .5), 3), "each_p99": round(percentile(every, .99), 3),
            "last_max": round(max(last, default=float("nan")), 3),
            "cpu_s": round(cpu, 1), "peak_mb": round(peak, 1),
            "429": sum(bot["refused"].get("429", 0) for bot in town.bots().values()),
        }
        if options.which == "a":  # seconds beyond readers ÷ rate until the last reader has it: the aim is 1
            result.update(over_alone_max=round(max(alone, default=0), 3), posts_alone=len(alone),
                          over_behind_max=round(max(behind, default=0), 3), posts_behind=len(behind))
        print(json.dumps(result))
        for name, value in result.items():
            print(f"  {name:<18}{value}", file=sys.stderr)
    finally:
        town.close()


main()
