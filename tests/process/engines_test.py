#!/usr/bin/env python3
"""The product in five processes over PostgreSQL by URL, RabbitMQ and Redis: a post's way through all of them, and again
after kill -9 of RabbitMQ and of the process that relays to it. $TANDEM_BINARY names the program; the sandbox's record is
the judge."""
import os
import sys
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests"))
from driver import wait_until  # noqa: E402
from fleet import Fleet  # noqa: E402
from orders import ORDERS  # noqa: E402

BINARY = os.path.abspath(os.environ.get("TANDEM_BINARY", os.path.join(ROOT, "build/asan/tandem")))


class Engines(unittest.TestCase):
    def cards(self, number):
        views = self.town.api("GET", f"/messages?chat={self.bot}:{self.person}")["views"]
        return [view for view in views if f"№{number}" in view["message"].get("text", "")]

    def post(self, number):
        self.town.api("POST", "/posts", {"channel": "orders", "text": ORDERS["design"].format(n=number)})

    def welcome(self, person):
        """What a newcomer is told: it holds the figures of the day, which are kept in the cache."""
        main = self.town.bots()["tandem_hunt_bot"]["id"]
        self.town.api("POST", "/messages", {"person": person, "bot": main, "start": ""})
        wait_until("the welcome", lambda: len(self.town.api("GET", f"/messages?chat={main}:{person}")["views"]) > 1, 30)

    def test_a_post_goes_through_five_processes_and_survives_kill_9_of_rabbitmq_and_of_the_relay(self):
        town = self.town = Fleet(BINARY)
        self.addCleanup(town.close)
        town.start()
        self.bot = town.bots()["tandem_design_bot"]["id"]
        self.person = town.people(1)[0]
        town.subscribe(self.person, [self.bot])
        wait_until("the greeting", lambda: town.api("GET", f"/messages?chat={self.bot}:{self.person}")["views"], 30)
        town.api("POST", "/channels", {"username": "orders", "title": "Orders"})
        wait_until("the source", lambda: "@orders" in town.run("sources", "list"), 30)

        self.post(100001)
        wait_until("the card", lambda: self.cards(100001), 30)
        self.assertGreater(town.figure("reader", "tandem_amqp_published_total"), 0, "the relay is in this process")
        for name in ("judge", "delivery"):
            self.assertGreater(town.figure(name, "tandem_amqp_delivered_total"), 0, "it came by RabbitMQ")
        told = town.run("doctor", code=None)
        self.assertIn("RabbitMQ 3.", told)
        self.assertRegex(told, r"tandem\.lane\.judge +0 waiting")
        for lane in ("rejudge", "deliver", "deck_low"):
            self.assertRegex(told, rf"tandem\.lane\.{lane}\.0 ")
        self.assertNotIn("secret", told)

        newcomers = town.people(2)
        self.welcome(newcomers[0])
        self.assertGreater(town.redis.values(), 0, "the figures of the day are shared")
        town.redis.close()
        time.sleep(11)  # as long as this process keeps them for itself
        self.welcome(newcomers[1])
        wait_until("the failure to be counted", lambda: town.figure("bots", "tandem_cache_redis_failures_total") > 0, 30)

        town.rabbit.kill()
        wait_until("what nobody carries to be noticed", lambda: not town.ready("reader") and not town.ready("judge"), 30)
        self.assertIn("no connection", town.run("doctor", code=1))
        self.post(100002)
        time.sleep(2)
        self.assertEqual(self.cards(100002), [])
        town.kill("reader")
        town.rabbit.start()
        town.start()
        wait_until("the card of what was written meanwhile", lambda: self.cards(100002), 60)

        town.kill("judge")
        self.post(100003)
        town.start()
        wait_until("the card after the judge's death", lambda: self.cards(100003), 60)
        time.sleep(2)
        for number in (100001, 100002, 100003):
            self.assertEqual(len(self.cards(number)), 1, "once")


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2, warnings="ignore").result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} ok, {bad} failed")
    sys.exit(1 if bad else 0)
