#!/usr/bin/env python3
"""accounts.py [--binary build/release/tandem] [--library build/dev/tests/libscripted_tdjson.so] [--posts 300] [--gap 0.1]

From a scripted TDLib update to the card: posts are written into a channel that a reader account has joined (tests/tdlib);
the time from td_receive handing out updateNewMessage to the sandbox accepting the reader's message. Also a burst: all posts
at once. Prints one JSON object.
"""
import argparse
import json
import os
import re
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--binary", default=os.path.join(ROOT, "build/release/tandem"))
parser.add_argument("--library", default=os.path.join(ROOT, "build/dev/tests/libscripted_tdjson.so"))
parser.add_argument("--posts", type=int, default=300)
parser.add_argument("--gap", type=float, default=0.1, help="seconds between two posts")
options = parser.parse_args()
os.environ["TANDEM_BINARY"], os.environ["SCRIPTED_LIBRARY"] = options.binary, options.library
sys.path[:0] = [os.path.join(ROOT, "tests/tdlib"), os.path.join(ROOT, "tests")]
from driver import percentile, wait_until  # noqa: E402
from town import ReaderTown  # noqa: E402
from world import distinct_order  # noqa: E402

MARK = re.compile(r"логотип-(\d{5})")


def text(number):
    return f"Нужен дизайнер: логотип, проект-{number:05}, кофейня номер {number * 7919 % 100_003}. Бюджет 25 000 ₽, писать @anna_{number}"


def measure(town, chat, first, count, gap):
    for number in range(first, first + count):
        town.world.message(chat, number, distinct_order(number))
        time.sleep(gap)
    wanted = set(range(first, first + count))

    def sent():
        return {int(MARK.search(json.dumps(call, ensure_ascii=False))[1]): call for call in town.record()
                if MARK.search(json.dumps(call, ensure_ascii=False)) and "send" in call.get("method", "").lower()}

    wait_until("all cards", lambda: wanted <= set(sent()), 120, 0.5)
    handed = {int(found[1]): line["at_us"] for line in town.world.said("updateNewMessage")
              if (found := MARK.search(json.dumps(line, ensure_ascii=False)))}
    took = [(call["at_us"] - handed[number]) / 1000 for number, call in sent().items() if number in wanted]
    return {"posts": count, "p50_ms": round(percentile(took, 0.5), 1), "p99_ms": round(percentile(took, 0.99), 1),
            "max_ms": round(max(took), 1)}


def main():
    town = ReaderTown()
    try:
        town.start()
        town.log_in("first", "+70000000001")
        chat = town.world.channel(1, "Заказы", username="bench_orders")
        town.reader_of()
        town.add("@bench_orders")
        wait_until("the channel is joined", lambda: re.search(r"Заказы +active +joined", town.listed()), 30, 0.3)
        time.sleep(2)
        steady = measure(town, chat, 1, options.posts, options.gap)
        burst = measure(town, chat, 10_001, options.posts, 0)
        print(json.dumps({"steady": {**steady, "gap_s": options.gap}, "burst": burst}))
    finally:
        town.close()


if __name__ == "__main__":
    main()
