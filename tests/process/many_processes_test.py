#!/usr/bin/env python3
"""The parts of the product in several processes over one PostgreSQL: a post's way through all of them, a bot that comes and
goes, kill -9 of whoever leads. $TANDEM_BINARY names the program; the sandbox's record is the judge."""
import os
import re
import shutil
import sys
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests"))
sys.path.insert(0, os.path.join(ROOT, "tools"))
from dating_people import Single  # noqa: E402
from driver import Http, Process, Town, free_port, wait_until  # noqa: E402
from throwaway_cluster import server  # noqa: E402

BINARY = os.path.abspath(os.environ.get("TANDEM_BINARY", os.path.join(ROOT, "build/asan/tandem")))
ORDER = "Нужен графический дизайнер: логотип №{} и фирменный стиль для кофейни. Бюджет 25 000 ₽, писать @anna_cafe"


class Machines(Town):
    """Commands are typed on the machine of the bots."""

    def environment(self):
        return dict(super().environment(), TANDEM_DATA=self.folder + "/bots")


class ManyProcesses(unittest.TestCase):
    def setUp(self):
        cluster = server()
        host = cluster.__enter__()
        self.addCleanup(cluster.__exit__, None, None, None)
        self.town = Machines(BINARY, settings={"TANDEM_DATABASE": f"postgres://tandem@/postgres?host={host}"})
        self.addCleanup(self.town.close)
        self.processes = {}
        self.addCleanup(self.stop_all)

    def stop_all(self):
        for process in self.processes.values():
            if process.alive():
                self.assertEqual(process.stop(), 0, self.log(process))

    def log(self, process):
        with open(process.log_path, errors="replace") as log:
            return log.read()[-3000:]

    def serve(self, name, *roles):
        """A process with these roles, on a machine of its own but for the master key."""
        data = f"{self.town.folder}/{name}"
        first = next(iter(self.processes), None)
        if first:
            shutil.copytree(f"{self.town.folder}/{first}/keys", f"{data}/keys")
        settings = dict(self.town.environment(), TANDEM_DATA=data, TANDEM_PORT=free_port())
        process = Process(BINARY, ["serve", *roles], f"{data}.log", **settings)
        self.processes[name] = process
        process.wait_ready()
        return process

    def command(self, *arguments):
        return self.town.run(*arguments)

    def parts(self, name):
        return {part["name"]: part["detail"] for part in Http(self.processes[name].port).call("GET", "/readyz")["parts"]}

    def reader(self, bot):
        person = self.town.people(1)[0]
        self.town.subscribe(person, [bot])
        wait_until("the greeting", lambda: len(self.views(bot, person)) > 1, 30)
        return person

    def views(self, bot, person):
        return self.town.api("GET", f"/messages?chat={bot}:{person}")["views"]

    def cards(self, bot, person, number):
        return [view for view in self.views(bot, person) if f"№{number}" in view["message"].get("text", "")]

    def post(self, number):
        self.town.api("POST", "/posts", {"channel": "orders", "text": ORDER.format(number)})

    def marked(self, name):
        """How many cards this process has sent and written down: what is not yet comes again after a kill."""
        found = re.search(rb"tandem_post_reader_seconds_count (\d+)", Http(self.processes[name].port).call("GET", "/metrics"))
        return int(found.group(1)) if found else 0

    def open_the_channel(self):
        self.town.api("POST", "/channels", {"username": "orders", "title": "Orders"})
        wait_until("the source", lambda: "@orders" in self.command("sources", "list"), 30)

    def sent_by(self, bot, number):
        return [line for line in self.town.record()
                if line["method"].lower() == "sendmessage" and line["bot"] == bot
                and f"№{number}" in line["params"].get("text", "")]

    def test_a_post_goes_through_four_processes_and_a_bot_comes_and_goes_while_they_run(self):
        self.serve("bots", "bots")
        self.serve("reader", "reader", "relay")
        self.serve("judge", "classifier", "scheduler")
        self.serve("delivery", "delivery")
        bot = self.town.bots()["tandem_design_bot"]["id"]
        person = self.reader(bot)
        self.open_the_channel()
        self.post(100001)
        wait_until("the card", lambda: self.cards(bot, person, 100001), 30)

        # A bot that nobody knew when the delivery started.
        token = "7100000001:AAFabcdefghijklmnopqrstuvwxyz"
        self.town.api("POST", "/bots", {"token": token, "username": "second_design_bot", "title": "Second"})
        self.command("bots", "add", token, "--category", "design")
        second = 7100000001
        wait_until("the new bot", lambda: self.town.bots()["second_design_bot"]["accepted"] > 0, 30)
        other = self.reader(second)
        self.post(100002)
        wait_until("the card of the new bot", lambda: self.cards(second, other, 100002), 30)
        wait_until("the card of the old bot", lambda: self.cards(bot, person, 100002), 30)

        self.command("bots", "remove", str(second))
        time.sleep(3)  # the delivery looks every second
        self.post(100003)
        wait_until("the old bot's card", lambda: self.cards(bot, person, 100003), 30)
        time.sleep(2)
        self.assertEqual(self.sent_by(second, 100003), [], "a bot that was removed does not write")
        for number in (100001, 100002, 100003):
            self.assertEqual(len(self.cards(bot, person, number)), 1, "once")

    def test_after_kill_9_of_a_leader_its_spare_goes_on_and_nothing_is_lost_or_doubled(self):
        self.serve("bots", "bots", "scheduler")
        self.serve("reader", "reader", "classifier")
        leader = self.serve("delivery", "delivery")
        self.serve("spare", "delivery", "bots", "reader")
        self.assertIn("spare", self.parts("spare")["delivery"])
        self.assertNotIn("spare", self.parts("delivery")["delivery"])
        bot = self.town.bots()["tandem_design_bot"]["id"]
        person = self.reader(bot)
        self.open_the_channel()
        self.post(200001)
        wait_until("the card", lambda: self.cards(bot, person, 200001), 30)
        wait_until("its mark", lambda: self.marked("delivery") == 1, 30)

        leader.kill()
        self.post(200002)
        wait_until("the spare's card", lambda: self.cards(bot, person, 200002), 40)
        self.assertNotIn("spare", self.parts("spare")["delivery"])

        self.processes["bots"].kill()
        self.processes["reader"].kill()
        self.serve("judge", "classifier")
        self.post(200003)
        wait_until("the card of the last process", lambda: self.cards(bot, person, 200003), 60)
        late = self.reader(bot)  # a /start that the spare's bots answer
        self.assertTrue(self.views(bot, late))
        for number in (200001, 200002, 200003):
            self.assertEqual(len(self.cards(bot, person, number)), 1, "once")

    def test_two_people_of_dating_meet_over_four_processes(self):
        self.serve("bots", "bots")
        self.serve("relay", "relay", "scheduler")
        self.serve("matching", "matching")
        self.serve("rating", "rating")
        self.assertNotIn("matching", self.parts("bots"))
        anna, boris = Single(self.town, "Anna"), Single(self.town, "Boris")
        anna.register(27, 0, 1, photos=0)
        boris.register(29, 1, 0, photos=0)
        anna.press("deck:next")
        anna.sees("Boris, 29")
        anna.press("deck:like:")
        self.processes["bots"].kill()
        self.serve("bots again", "bots")
        boris.press("deck:next")
        boris.sees("Anna, 27")
        boris.press("deck:like:")
        anna.press("talk:open:")
        anna.say("from one machine to another")
        boris.sees("from one machine to another")


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2, warnings="ignore").result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} ok, {bad} failed")
    sys.exit(1 if bad else 0)
