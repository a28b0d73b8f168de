#!/usr/bin/env python3
"""Sources through the real program: exports with kills and hostile ones, feeds from a loopback server, lists, posts that
the operator pastes, take-down. $TANDEM_BINARY names the program."""
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from driver import Process, Town, wait_until  # noqa: E402
from feeds import Feed  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.path.abspath(os.environ.get("TANDEM_BINARY", os.path.join(ROOT, "build/asan/tandem")))
NOW = int(time.time())


def export(messages, kind="public_channel"):
    return json.dumps({"name": "Jobs", "type": kind, "id": 1234567890, "messages": messages}, ensure_ascii=False)


def message(number, text=None):
    words = text or [{"type": "bold", "text": f"Нужен дизайнер номер {number}"}, f": логотип и вывеска, заказ {number * 7}"]
    return {"id": number, "type": "message", "date_unixtime": str(NOW - 1_000_000 + number), "from": "Jobs", "text": words}


class Folder(unittest.TestCase):
    """A data folder with an empty installation, without a running program."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tandem-sources-", dir="/var/tmp")
        os.chmod(self.folder, 0o755)

    def tearDown(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self, name="data"):
        env = {k: v for k, v in os.environ.items() if not k.startswith("TANDEM_")}
        return env | {"TANDEM_DATA": f"{self.folder}/{name}"}

    def run_command(self, *arguments, name="data", stdin=""):
        return subprocess.run([BINARY, *arguments], env=self.environment(name), input=stdin, capture_output=True, text=True,
                              timeout=300)

    def write(self, name, content):
        path = f"{self.folder}/{name}"
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return path

    def stored(self, name="data"):
        """The addresses of all stored posts that have a text."""
        done = self.run_command("rules", "try", "--all", "--days", "3650", name=name)
        self.assertEqual(done.returncode, 0, done.stderr)
        return sorted(line.split()[1] for line in done.stdout.splitlines() if line.startswith(("+ ", "- ")))


class Exports(Folder):
    def test_an_import_that_was_killed_and_repeated_is_the_same_as_one_that_was_not(self):
        total = 12_000
        path = self.write("result.json", export([message(n) for n in range(1, total + 1)]))
        for name in ("data", "clean"):
            self.assertEqual(self.run_command("migrate", name=name).returncode, 0)
        kills = 0
        for _ in range(3):
            log = f"{self.folder}/import.{kills}.log"
            process = Process(BINARY, ["import", "export", path, "--source", "jobs_old"], log, **{
                k: v for k, v in self.environment().items() if k.startswith("TANDEM_")})
            wait_until("some progress", lambda: "messages" in open(log, errors="replace").read() or not process.alive(), 120)
            if process.alive():
                kills += 1
            process.kill()
        self.assertGreater(kills, 0, "the import was never killed in the middle")
        some = self.stored()
        self.assertGreater(len(some), 0)
        self.assertLess(len(some), total)
        again = self.run_command("import", "export", path, "--source", "jobs_old")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertIn("100 %", again.stdout)
        self.assertIn(f"{total} messages: {total - len(some)} new", again.stdout)
        clean = self.run_command("import", "export", path, "--source", "jobs_old", name="clean")
        self.assertEqual(clean.returncode, 0, clean.stderr)
        self.assertEqual(self.stored(), self.stored("clean"))
        third = self.run_command("import", "export", path, "--source", "jobs_old")
        self.assertIn("0 new, 0 edited", third.stdout)

    def test_hostile_exports_are_told_and_what_was_good_is_kept(self):
        self.assertEqual(self.run_command("migrate").returncode, 0)
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        good = json.dumps(message(1))
        head = '{"type":"public_channel","name":"x","id":9,"messages":['
        huge = head + good + ',{"id":2,"type":"message","date_unixtime":"1790493841","text":"'
        path = self.write("huge.json", huge.encode() + b"x" * 100_000_000 + b'"},' + json.dumps(message(3)).encode() + b"]}")
        done = self.run_command("import", "export", path, "--source", "huge_one")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("3 messages: 3 new", done.stdout)
        self.assertIn("1 texts were too long and are cut", done.stdout)
        grown = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss - before
        self.assertLess(grown, 200_000, "kilobytes more than the start of a cluster needs")

        done = self.run_command("import", "export", self.write("cut.json", head + good + "," + good[:30]), "--source", "cut_one")
        self.assertEqual(done.returncode, 1)
        self.assertIn("1 messages: 1 new", done.stdout)
        self.assertIn("the file ends in the middle", done.stderr)

        done = self.run_command("import", "export", self.write("deep.json", head + good + "," + "[" * 200_000), "--source", "deep_one")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nested too deep", done.stderr)
        self.assertIn("1 new", done.stdout)

        odd = [json.dumps(message(1)), '{"id":"x","type":"message","date_unixtime":"1","text":1}', "null", "17",
               '{"id":5,"type":"message","date_unixtime":"1790493841","text":[{"type":"bold","text":[["a"]]},"kept"]}']
        done = self.run_command("import", "export", self.write("odd.json", (head + ",".join(odd) + "]}").encode()
                                                       .replace(b"kept", b"k\xff\xc3pt")), "--source", "odd_one")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("2 messages: 2 new", done.stdout)
        self.assertIn("1 messages could not be read", done.stderr)

        done = self.run_command("import", "export", self.write("page.html", "<html></html>"), "--source", "page_one")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no JSON", done.stderr)
        self.assertEqual(self.run_command("import", "export", "/nonexistent", "--source", "x_one").returncode, 1)
        done = self.run_command("import", "export", path, "--source", "no name")
        self.assertIn("is no name for a source", done.stderr)


class Lists(Folder):
    def test_every_bad_line_is_told_with_its_number_and_nothing_is_half_added(self):
        self.assertEqual(self.run_command("migrate").returncode, 0)
        path = self.write("list.csv", 'Name,About,Link\nJobs,"two\nlines",https://t.me/design_jobs\nX,,https://t.me/+invite\n'
                                      "@second_one,,\nnothing here,,\n,,https://board.example/rss\n")
        done = self.run_command("sources", "add", "--file", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("line 4: https://t.me/+invite: an invite link", done.stderr)
        self.assertIn("line 6: nothing here", done.stderr)
        self.assertIn("0 sources", self.run_command("sources", "list").stdout)
        done = self.run_command("sources", "add", "--file", path, "--skip-bad")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("3 added, 0 were there", done.stdout)
        self.assertIn("2 lines were left out", done.stderr)
        done = self.run_command("sources", "add", "--file", "-", stdin="@design_jobs\nhttps://t.me/new_one\n")
        self.assertIn("line 1: @design_jobs: is there already", done.stdout)
        self.assertIn("1 added, 1 were there", done.stdout)
        listed = self.run_command("sources", "list").stdout
        for name in ("@design_jobs", "@second_one", "@new_one", "board.example/rss"):
            self.assertIn(name, listed)


class Running(unittest.TestCase):
    """The sandbox and the product as two processes, with one reader of design."""

    def setUp(self):
        self.town = Town(BINARY)
        self.addCleanup(self.town.close)
        self.town.start()
        self.bot = self.town.bots()["tandem_design_bot"]["id"]
        self.person = self.town.people(1)[0]
        self.town.subscribe(self.person, [self.bot])
        wait_until("the greeting", lambda: len(self.views()) > 1)

    def views(self, bot=None, person=None):
        return self.town.api("GET", f"/messages?chat={bot or self.bot}:{person or self.person}")["views"]

    def cards(self, word):
        return [view for view in self.views() if word in view["message"].get("text", "")]

    def test_a_feed_is_read_its_changes_are_asked_for_and_its_vacancy_arrives(self):
        feed = Feed("Доска заказов")
        self.addCleanup(feed.close)
        feed.write("Нужен дизайнер: логотип для булочной, 15 000 ₽, писать @bakery_hr")
        address = feed.address("/old")
        tried = self.town.run("sources", "try", address)
        self.assertIn("Доска заказов: 1 posts, nothing of them is stored", tried)
        self.town.run("sources", "add", "ftp://x", code=1)
        self.town.run("sources", "add", address)
        wait_until("the first card", lambda: self.cards("булочной"))
        wait_until("a conditional question", lambda: '"1"' in feed.asked)
        feed.write("Нужен дизайнер: вывеска для аптеки, 9 000 ₽, писать @pharmacy_hr")
        wait_until("the second card", lambda: self.cards("аптеки"))
        self.assertEqual(len(self.cards("булочной")), 1)
        self.assertIn("feed", self.town.run("sources", "list"))

    def test_a_source_that_is_taken_down_is_struck_out_everywhere_and_never_read_again(self):
        self.town.api("POST", "/channels", {"username": "zakazy", "title": "Заказы"})
        wait_until("the source", lambda: "@zakazy" in self.town.run("sources", "list"))
        self.town.api("POST", "/posts", {"channel": "zakazy", "text": "Нужен дизайнер: меню для кафе, 20 000 ₽, @cafe_hr"})
        wait_until("the card", lambda: self.cards("меню для кафе"))
        refused = self.town.run("sources", "takedown", "@zakazy", code=1)
        self.assertEqual(refused, "")
        done = self.town.run("sources", "takedown", "@zakazy", "--yes")
        self.assertIn("1 vacancies withdrawn, 0 live on in other channels, 1 posts erased", done)
        wait_until("the card struck out", lambda: not self.cards("меню для кафе"), 120)
        self.town.api("POST", "/posts", {"channel": "zakazy", "text": "Нужен дизайнер: флаер для бара, 5 000 ₽, @bar_hr"})
        time.sleep(3)
        self.assertEqual(self.cards("флаер"), [])
        self.town.run("sources", "add", "@zakazy", code=1)
        self.assertIn("taken_down", self.town.run("sources", "list"))
        self.town.run("sources", "add", "@zakazy", "--again")
        wait_until("the post that came meanwhile", lambda: self.cards("флаер"))

    def test_a_vacancy_that_stands_elsewhere_too_lists_both_contacts_and_outlives_its_source(self):
        order = ("Нужен дизайнер презентаций для студии.\nСтудия готовит доклады для конференций: собирать слайды по сетке, "
                 "рисовать схемы, готовить файл к показу.\nОплата 60 000 ₽ в месяц. Писать ")
        for name, title in (("pervye", "Первые"), ("vtorye", "Вторые")):
            self.town.api("POST", "/channels", {"username": name, "title": title})
            wait_until("the source", lambda: f"@{name}" in self.town.run("sources", "list"))
        self.town.api("POST", "/posts", {"channel": "pervye", "text": order + "@first_hr"})
        wait_until("the card", lambda: self.cards("презентаций"))
        self.town.api("POST", "/posts", {"channel": "vtorye", "text": "🔥 " + order + "@second_hr"})
        card = self.cards("презентаций")[0]["message"]
        more = next(button["callback_data"] for row in card["reply_markup"]["inline_keyboard"] for button in row
                    if button.get("callback_data", "").startswith("more:"))

        def both():
            self.town.api("POST", "/presses", {"person": self.person, "bot": self.bot, "message_id": card["message_id"],
                                               "data": more, "wait_s": 20})
            text = self.cards("презентаций")[0]["message"]["text"]
            return "Первые — @first_hr" in text and "Вторые — @second_hr" in text
        wait_until("both channels on the card", both, 60)
        done = self.town.run("sources", "takedown", "@pervye", "--yes")
        self.assertIn("0 vacancies withdrawn, 1 live on in other channels, 1 posts erased", done)

        def moved():
            seen = json.dumps(self.cards("презентаций"), ensure_ascii=False)
            return "Вторые" in seen and "second_hr" in seen and "Первые" not in seen and "first_hr" not in seen
        wait_until("the card of the other channel", moved, 120)
        self.assertEqual(len(self.cards("презентаций")), 1)

    def test_what_the_operator_pastes_is_judged_answered_and_can_be_undone(self):
        main = self.town.bots()["tandem_hunt_bot"]["id"]
        operator = self.town.people(1)[0]
        code = self.town.run("admin", "create").split("/claim ")[1].split()[0]
        say = lambda text: self.town.api("POST", "/messages", {"person": operator, "bot": main, "text": text})
        say("/start")
        say(f"/claim {code}")
        wait_until("the chat claimed", lambda: len(self.views(main, operator)) >= 3)
        say("Нужен дизайнер: упаковка для чая, бюджет 30 000 ₽, писать @tea_hr")
        answer = wait_until("the verdict", lambda: [v for v in self.views(main, operator)
                                                   if "✓" in v["message"].get("text", "") and
                                                   "упаковка" in v["message"].get("text", "").lower()])
        self.assertTrue(answer)
        wait_until("the card", lambda: self.cards("паковка для чая"))
        button = answer[0]["message"]["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        self.town.api("POST", "/presses", {"person": operator, "bot": main, "message_id": answer[0]["message"]["message_id"],
                                           "data": button})
        wait_until("the card struck out", lambda: any("Снято" in v["message"].get("text", "") or "Withdrawn" in
                                                     v["message"].get("text", "") for v in self.cards("паковка")) or
                   not self.cards("паковка для чая"), 120)

    def test_rules_are_tried_on_stored_posts_against_those_in_force(self):
        self.town.api("POST", "/channels", {"username": "zakazy", "title": "Заказы"})
        wait_until("the source", lambda: "@zakazy" in self.town.run("sources", "list"))
        for text in ("#вакансия нужен дизайнер", "#резюме дизайнер ищет работу"):
            self.town.api("POST", "/posts", {"channel": "zakazy", "text": text})
        rules = self.town.folder + "/rules.txt"
        with open(rules, "w") as file:
            file.write("- #резюме\n")
        shown = wait_until("both posts", lambda: (lambda out: out if "2 posts" in out else "")(
            self.town.run("rules", "try", "--source", "@zakazy", "--rules", rules)))
        self.assertIn("1 pass, 1 are dropped", shown)
        self.assertIn("[- #резюме]", shown)
        self.assertIn("was passed", shown)
        self.assertIn("0 more pass, 1 more are dropped, 1 stay as they are", shown)


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2, warnings="ignore").result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} ok, {bad} failed")
    sys.exit(1 if bad else 0)
