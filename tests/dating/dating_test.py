#!/usr/bin/env python3
"""Dating as two people meet it: the real program, its sandbox in a process of its own, kills in between.
$TANDEM_BINARY names the program."""
import glob
import http.client
import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from dating_people import BOT, Single  # noqa: E402
from driver import Http, Town, free_port, wait_until  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOKEN = "{}:a-token-of-the-sandbox-that-is-no-secret"
BINARY = os.path.abspath(os.environ.get("TANDEM_BINARY", os.path.join(ROOT, "build/asan/tandem")))


class DatingTown(Town):
    def sql(self, question):
        """One value of the product's database."""
        with open(next(iter(glob.glob(self.folder + "/product/postgres/**/postmaster.pid", recursive=True)))) as file:
            sockets = file.read().splitlines()[4]
        account = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        answer = subprocess.run([*account, "psql", "-h", sockets, "-U", "tandem", "-d", "tandem", "-AtXc", question],
                                capture_output=True, text=True, timeout=30, cwd="/")
        if answer.returncode != 0:  # while it is being started
            raise OSError(answer.stderr)
        return answer.stdout.strip()


class InTown(unittest.TestCase):
    def move_in(self, **settings):
        self.town = DatingTown(BINARY, limits=False, settings={"TANDEM_BOT_RATE": 0, **settings})
        self.addCleanup(self.town.close)

    def met(self):
        """Anna and Boris, registered and matched."""
        anna, boris = Single(self.town, "Anna", username="anna_secret"), Single(self.town, "Boris", username="boris_secret")
        anna.register(27, 0, 1)
        boris.register(29, 1, 0)
        anna.press("deck:next")
        anna.sees("Boris, 29")
        anna.press("deck:like:")
        boris.press("deck:next")
        boris.sees("Anna, 27")
        boris.press("deck:like:")
        anna.sees("It's mutual")
        boris.sees("It's mutual")
        return anna, boris

    def parts(self):
        return {part["name"] for part in Http(self.town.product_port).call("GET", "/readyz")["parts"]}


class Dating(InTown):
    def setUp(self):
        self.move_in()
        self.town.start()

    def talking(self):
        anna, boris = self.met()
        for person in (anna, boris):
            person.press("talk:open:")
        return anna, boris

    def test_two_people_register_like_each_other_and_talk(self):
        anna, boris = self.talking()
        anna.say("Hello, how was the mountain?")
        boris.sees("how was the mountain?")
        boris.say("High.")
        anna.sees("High.")
        for person in (anna, boris):
            for text in person.texts():
                self.assertNotIn("_secret", text, "nobody's account is told")
        self.assertEqual(self.town.sql("SELECT count(*) FROM dating.matches"), "1")

    def test_what_was_said_before_a_kill_is_there_and_comes_once(self):
        anna, boris = self.talking()
        for number in range(6):
            anna.say(f"message {number} of six")
            if number % 2:
                self.town.kill()
                self.town.start()
        boris.sees("message 5 of six")
        for number in range(6):
            self.assertEqual(sum(f"message {number} of six" in text for text in boris.texts()), 1, boris.seen())
        self.assertEqual(self.town.sql("SELECT count(*) FROM dating.matches"), "1")

    def test_registration_goes_on_after_a_kill_in_the_middle_of_it(self):
        anna = Single(self.town, "Anna")
        anna.start()
        anna.press("reg:agree:")
        anna.say("Anna")
        anna.sees("2 of 9")
        self.town.kill()
        self.town.start()
        anna.say("27")
        anna.sees("3 of 9")

    def test_who_is_younger_than_eighteen_is_remembered_by_a_day_alone(self):
        anna = Single(self.town, "Anna")
        anna.start()
        anna.press("reg:agree:")
        anna.say("Anna")
        anna.sees("2 of 9")
        anna.say("15")
        anna.sees("eighteen and over")
        anna.start()
        wait_until("the second refusal", lambda: sum("eighteen and over" in text for text in anna.texts()) >= 2)
        self.assertEqual(self.town.sql("SELECT count(*) FROM dating.profiles"), "0")
        self.assertEqual(self.town.sql("SELECT count(*) FROM dating.underage"), "1")

    def test_data_of_others_in_a_button_does_nothing(self):
        anna, boris = self.met()
        vera = Single(self.town, "Vera")
        vera.register(25, 0, 1)
        match = self.town.sql("SELECT match_id FROM dating.matches")
        boris_id = self.town.sql(f"SELECT user_id FROM accounts.users WHERE telegram_id = {boris.id}")
        photo = self.town.sql(f"SELECT photo_id FROM dating.photos WHERE user_id = {boris_id}")
        for data in (f"talk:open:{match}", f"talk:unmatch:{match}", f"talk:agree:{match}", f"like:match:{match}:0",
                     f"ph:remove:{photo}", f"deck:like:{boris_id}:0", f"op:photo:ban:{photo}", f"op:case:act:{boris_id}:ban",
                     "deck:like:999999999:0", "deck:like:-1:0", "me:km:99999", "me:ages:5:200", "go:pause:7", "x" * 64):
            vera.forge(data)
        vera.say("is anybody there?")
        vera.start()
        vera.sees("People nearby see your profile")
        self.assertEqual(self.town.sql("SELECT state FROM dating.matches"), "new")
        self.assertEqual(self.town.sql("SELECT count(*) FROM dating.photos"), "3")
        self.assertEqual(self.town.sql(f"SELECT state FROM dating.profiles WHERE user_id = {boris_id}"), "active")
        self.assertFalse(any("anybody there" in text for text in anna.texts() + boris.texts()))

    def test_after_an_unmatch_nothing_goes_to_the_other(self):
        anna, boris = self.talking()
        anna.say("first words")
        boris.sees("first words")
        anna.press("talk:end:")
        anna.press("talk:unmatch:")
        boris.say("are you there?")
        wait_until("the end of the talk", lambda: self.town.sql("SELECT state FROM dating.matches") == "closed")
        anna.say("/menu")
        anna.sees("People nearby see your profile")
        self.assertFalse(any("are you there" in text for text in anna.texts()))

    def test_an_invitation_brings_both_sides_premium(self):
        anna = Single(self.town, "Anna")
        anna.register(27, 0, 1)
        anna.say("/invite")
        code = anna.sees("Invite a friend").split("start=i_")[1].split()[0]
        boris = Single(self.town, "Boris")
        boris.register(29, 1, 0, code=code)
        for person in (anna, boris):
            person.sees("An invitation counts", 90)
            person.say("/plan")
            person.sees("You have it until")

    def test_nobody_is_shown_somebody_who_has_blocked_the_bot(self):
        anna, boris = Single(self.town, "Anna"), Single(self.town, "Boris")
        anna.register(27, 0, 1)
        boris.register(29, 1, 0)
        block = lambda gone: self.town.api("PUT", f"/people/{anna.id}/bots/{anna.bot}", {"blocked": gone})
        block(True)
        wait_until("Anna put away", lambda: self.town.sql("SELECT count(*) FROM dating.profiles WHERE state = 'stale'") == "1")
        boris.press("deck:next")
        boris.sees("Nobody near you yet")
        block(False)
        wait_until("Anna back", lambda: self.town.sql("SELECT count(*) FROM dating.profiles WHERE state = 'stale'") == "0")
        boris.say("/people")
        boris.sees("Anna, 27")

    def test_an_operator_grants_premium(self):
        anna = Single(self.town, "Anna", username="anna_k")
        anna.register(27, 0, 1)
        self.town.run("dating", "grant", "@nobody", "premium", "3", code=1)
        self.assertIn("has premium until", self.town.run("dating", "grant", "@Anna_K", "premium", "3"))
        anna.say("/plan")
        anna.sees("You have it until")

    def test_the_statistics_are_a_picture(self):
        anna, _ = self.met()
        anna.say("/figures")
        anna.sees("Shown: 1")
        picture = [view["message"] for view in anna.views() if "photo" in view["message"]][-1]
        self.assertIn("Your profile, 30 days", picture["caption"])

    def test_deleting_oneself_in_one_product_leaves_nothing_in_the_other(self):
        anna, boris = self.talking()
        anna.say("forget me")
        boris.sees("forget me")
        hunter = Single.__new__(Single)
        hunter.__dict__.update(anna.__dict__, bot=self.town.bots()["tandem_hunt_bot"]["id"])
        hunter.chat = f"{hunter.bot}:{anna.id}"
        hunter.start()
        hunter.say("/delete_me")
        hunter.press("delete:yes")
        wait_until("the deletion", lambda: self.town.sql(
            f"SELECT count(*) FROM accounts.users WHERE telegram_id = {anna.id}") == "0")
        self.assertEqual(self.town.sql("SELECT count(*) FROM dating.profiles"), "1")
        self.assertEqual(self.town.sql("SELECT count(*) FROM dating.erasures"), "1")
        wait_until("the copies to go", lambda: not any("forget me" in text for text in boris.texts()))
        wait_until("the news of the match to go", lambda: not any("It's mutual" in text for text in boris.texts()))


class Ways(InTown):
    def test_over_webhooks_two_people_meet_and_a_stranger_cannot_speak_for_them(self):
        port = free_port()
        self.move_in(TANDEM_PUBLIC_PORT=port, TANDEM_WEBHOOK_URL=f"http://127.0.0.1:{port}/hook")
        self.town.start()
        anna, boris = self.met()
        bot = self.town.bots()[BOT]
        self.assertEqual(bot["webhook"], f"http://127.0.0.1:{port}/hook/{anna.bot}")
        self.assertFalse(bot["polling"])
        anna.press("talk:open:")
        anna.say("over a webhook")
        boris.sees("over a webhook")
        update = {"update_id": 999_999_999, "message": {
            "message_id": 999, "date": 1, "text": "not from Anna", "chat": {"id": anna.id, "type": "private"},
            "from": {"id": anna.id, "is_bot": False, "first_name": "Anna"}}}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("POST", f"/hook/{anna.bot}", json.dumps(update), {"Content-Type": "application/json"})
        self.assertEqual(connection.getresponse().status, 401)
        connection.close()
        anna.say("from Anna herself")
        boris.sees("from Anna herself")
        self.assertFalse(any("not from Anna" in text for text in boris.texts()))

    def test_dating_alone_needs_no_bot_of_hunt_which_may_come_later(self):
        self.move_in(TANDEM_DATING_BOT_TOKEN=TOKEN.format(7_500_000_001))
        for number, name in ((7_500_000_001, BOT), (7_500_000_002, "tandem_hunt_bot")):
            self.town.api("POST", "/bots", {"username": name, "token": TOKEN.format(number)})
        self.town.start()
        self.assertIn("dating couriers", self.parts())
        of_hunt = {"source reader", "delivery", "follow-up", "post judge"}
        self.assertFalse(of_hunt & self.parts())
        self.met()
        self.assertEqual(self.town.sql("SELECT string_agg(role, ' ') FROM platform.bots"), "dating.main")
        self.assertEqual(self.town.sql("SELECT count(*) FROM platform.jobs WHERE name LIKE 'hunt.%'"), "0")
        self.assertEqual(self.town.product.stop(), 0)
        self.town.settings["TANDEM_MAIN_BOT_TOKEN"] = TOKEN.format(7_500_000_002)
        self.town.start()
        self.assertFalse(of_hunt - self.parts())
        self.assertTrue(wait_until("the main bot", lambda: self.town.bots()["tandem_hunt_bot"]["polling"]))

    def test_limits_that_fall_are_refused(self):
        done = subprocess.run([BINARY, "config", "check"], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "TANDEM_DATING_BOT_TOKEN": "1:a", "TANDEM_DATING_TALKS_A_DAY": "9, 1"})
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("dating_talks_a_day", done.stdout + done.stderr)


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2, warnings="ignore").result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} ok, {bad} failed")
    sys.exit(1 if bad else 0)
