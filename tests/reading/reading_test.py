#!/usr/bin/env python3
"""Reading as each person wants it, through the real program and the sandbox: filters, hours, lists, a downtime, edits."""
import datetime
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from driver import Http, Process, free_port, wait_until  # noqa: E402
from orders import ORDERS  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.path.abspath(os.environ.get("TANDEM_BINARY", os.path.join(ROOT, "build/asan/tandem")))


class Sandbox(unittest.TestCase):
    """One program, whose clock can be moved."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="tandem-reading-", dir="/var/tmp")
        os.chmod(cls.folder, 0o755)
        cls.port = free_port()
        cls.lives = 0
        cls.numbers = 0
        cls.start()
        cls.bots = {bot["username"]: bot["id"] for bot in cls.api("GET", "/bots")["bots"]}
        cls.main, cls.design = cls.bots["tandem_hunt_bot"], cls.bots["tandem_design_bot"]
        cls.api("POST", "/channels", {"username": "zakazy_day", "title": "Заказы дня"})
        wait_until("the source", lambda: cls.sources_read("zakazy_day"))

    @classmethod
    def tearDownClass(cls):
        if cls.program.alive():
            cls.program.stop()
        shutil.rmtree(cls.folder, ignore_errors=True)

    @classmethod
    def environment(cls):
        return dict(TANDEM_DATA=cls.folder + "/data", TANDEM_PORT=cls.port, TANDEM_BOT_RATE=0)

    @classmethod
    def start(cls):
        cls.lives += 1
        cls.log = f"{cls.folder}/{cls.lives}.log"
        cls.program = Process(BINARY, ["up"], cls.log, **cls.environment())
        cls.http = Http(cls.port)
        cls.program.wait_ready()
        cls.api("PUT", "/limits", {"enabled": False})

    @classmethod
    def kill(cls):
        cls.program.kill()

    @classmethod
    def api(cls, method, path, body=None):
        return cls.http.call(method, "/sandbox/v1" + path, body)

    @classmethod
    def sources_read(cls, name):
        env = {k: v for k, v in os.environ.items() if not k.startswith("TANDEM_")}
        env.update({k: str(v) for k, v in cls.environment().items()})
        listed = subprocess.run([BINARY, "sources", "list"], env=env, capture_output=True, text=True, timeout=60)
        return "@" + name in listed.stdout

    @classmethod
    def advance(cls, **time):
        cls.api("PUT", "/clock", {"advance_s": int(datetime.timedelta(**time).total_seconds())})

    @classmethod
    def now(cls):
        return datetime.datetime.fromtimestamp(cls.api("GET", "/clock")["now"], datetime.timezone.utc)

    # -- people and what they see

    def reader(self, language="ru"):
        person = self.api("POST", "/people", {"first_name": "Reader", "language_code": language})["id"]
        for bot in (self.main, self.design):
            self.say(person, bot, start="")
        return person

    def say(self, person, bot, **content):
        seen = len(self.messages(person, bot))
        self.api("POST", "/messages", {"person": person, "bot": bot, **content})
        wait_until("an answer", lambda: len(self.messages(person, bot)) > seen + 1)

    def messages(self, person, bot):
        return [view["message"] for view in self.api("GET", f"/messages?chat={bot}:{person}&limit=500")["views"]]

    def press(self, person, bot, data, message=None):
        message = message or self.messages(person, bot)[-1]["message_id"]
        return self.api("POST", "/presses", {"person": person, "bot": bot, "message_id": message, "data": data,
                                             "wait_s": 20})

    def filter(self, person, question, answer=None):
        """Presses a button of the filters, and types the answer."""
        self.say(person, self.main, text="/filters")
        self.press(person, self.main, question)
        if answer:
            self.say(person, self.main, text=answer)

    def zone(self, person):
        self.say(person, self.main, text="/settings")
        self.press(person, self.main, "zone:GMT+00:00")

    def post(self, text=None, **more):
        """Writes an order of design; its number and its id."""
        type(self).numbers += 1
        number = 100000 + self.numbers
        text = (text or ORDERS["design"]).format(n=number)
        done = self.api("POST", "/posts", {"channel": "zakazy_day", "text": text, **more})
        return number, done["post_id"]

    def shown(self, person, number, bot=None):
        """Messages in the category's bot that name the order."""
        return [m for m in self.messages(person, bot or self.design) if f"№{number}" in m.get("text", "")]

    def cards(self, person, number):
        """Those of them that are cards: with the button to save."""
        return [m for m in self.shown(person, number) if "save:" in str(m.get("reply_markup", ""))]

    def wait_for_card(self, person, number, seconds=60):
        return wait_until("the card", lambda: self.cards(person, number), seconds)[0]


class Filters(Sandbox):
    def test_exactly_the_right_people_get_it(self):
        everybody, logos, no_coffee, rich, rich_strict = (self.reader() for _ in range(5))
        self.filter(logos, "words:0", "айдентика, логотип")
        self.filter(no_coffee, "minus:0", "«для кофейни»")
        self.filter(rich, "budget:0", "30 000")
        self.filter(rich_strict, "budget:0", "20к")
        self.press(rich_strict, self.main, "without_budget:0:0")
        logo, _ = self.post()  # a logo for a coffee house, 25 000 ₽
        banner, _ = self.post("Нужен дизайнер: нарисовать баннер №{n} для сайта магазина. Бюджет 40 000 ₽. @anna_hr")
        no_sum, _ = self.post("Нужен графический дизайнер: макет листовки №{n} для выставки. Писать @anna_hr")
        last, _ = self.post("Нужен дизайнер: логотип №{n} и фирменный стиль. Бюджет 50 000 ₽, пишите @anna_hr")
        for person in (everybody, logos, no_coffee, rich, rich_strict):
            self.wait_for_card(person, last)  # behind all the others

        def got(person):
            return [bool(self.cards(person, number)) for number in (logo, banner, no_sum, last)]

        wait_until("all of it", lambda: got(everybody) == [True] * 4)
        self.assertEqual(got(logos), [True, False, False, True])
        self.assertEqual(got(no_coffee), [False, True, True, True])
        self.assertEqual(got(rich), [False, True, True, True])
        self.assertEqual(got(rich_strict), [True, True, False, True])
        card = self.cards(logos, logo)[0]
        self.press(logos, self.design, "why:" + vacancy_of(card), card["message_id"])
        wait_until("why", lambda: "логотип" in self.by_id(logos, card["message_id"])["text"].split("№")[-1])

    def by_id(self, person, message_id):
        return next(m for m in self.messages(person, self.design) if m["message_id"] == message_id)

    def test_a_wrong_answer_is_asked_again_and_a_right_one_shows_in_the_text(self):
        person = self.reader()
        for question, wrong, right, said in (("words:0", "«логотип", "логотип", "логотип"),
                                             ("budget:0", "много", "20 000 $", "20\u2009000\u2009$"),
                                             ("quiet:0", "ночью", "23-8", "23:00–8:00"),
                                             ("when:0", "потом", "18:30", "18:30")):
            self.filter(person, question, wrong)
            self.assertIn("⚠️", self.messages(person, self.main)[-1]["text"])
            self.say(person, self.main, text=right)
            self.assertIn(said, self.messages(person, self.main)[-1]["text"])
        self.say(person, self.main, text="/menu")
        self.assertIn("слова, бюджет, тихие часы, раз в день", self.messages(person, self.main)[-1]["text"])

    def test_the_respond_button_carries_the_persons_own_text(self):
        person = self.reader("en")
        self.filter(person, "edit_reply:0", "Hello! About “{title}”: I can start today.")
        number, _ = self.post("Нужен дизайнер: логотип №{n} для аптеки. Бюджет 15 000 ₽, писать @apteka_hr")
        card = self.wait_for_card(person, number)
        url = card["reply_markup"]["inline_keyboard"][0][0]["url"]
        self.assertTrue(url.startswith("https://t.me/apteka_hr?text=Hello%21%20About%20"), url)


class Hours(Sandbox):
    def test_a_night_a_list_of_the_day_and_a_restart_between(self):
        asleep, listed, daily, awake = (self.reader() for _ in range(4))
        hour = self.now().hour
        for person in (asleep, listed, daily):
            self.zone(person)
        night = f"{(hour + 23) % 24}:00-{(hour + 2) % 24}:00"
        self.filter(asleep, "quiet:0", night)
        self.filter(listed, "quiet:0", night)
        self.press(listed, self.main, "quiet_as_list:0:1")
        self.filter(daily, "when:0", f"{(hour + 4) % 24}:00")
        first, _ = self.post()
        second, _ = self.post()
        for number in (first, second):
            self.wait_for_card(awake, number)
        for person in (asleep, listed, daily):
            self.assertEqual(self.shown(person, first) + self.shown(person, second), [])
        self.kill()
        self.start()
        self.advance(hours=3)
        self.wait_for_card(asleep, first)
        self.wait_for_card(asleep, second)
        got = wait_until("the list", lambda: self.shown(listed, first))
        self.assertIn(f"№{second}", got[0]["text"])
        self.assertEqual(len(got), 1)
        self.assertEqual(self.cards(listed, first), [], "titles, no cards")
        self.assertEqual(self.shown(daily, first), [])
        self.advance(hours=2)
        got = wait_until("the list of the day", lambda: self.shown(daily, second))
        self.assertIn(f"№{first}", got[0]["text"])
        for person in (asleep, listed, daily, awake):
            self.assertEqual(len(self.shown(person, first)), 1, "once")


class Downtime(Sandbox):
    def test_fresh_ones_come_as_cards_older_ones_in_one_list_and_nothing_twice(self):
        person = self.reader()
        before, _ = self.post()
        self.wait_for_card(person, before)
        self.api("POST", "/faults", {"kind": "502", "page": "*"})  # nothing is read from here on
        old = [self.post()[0] for _ in range(7)]
        self.advance(hours=2)
        self.kill()
        self.start()
        self.api("DELETE", "/faults")
        fresh, _ = self.post()
        stock, _ = self.post(date=int(self.now().timestamp()) - 26 * 3600)
        self.wait_for_card(person, fresh)
        wait_until("the old ones are judged", lambda: self.published() >= len(old))
        self.assertEqual([n for n in old if self.shown(person, n)], [])
        self.advance(minutes=4)
        got = wait_until("the list", lambda: [m for m in self.messages(person, self.design)
                                              if "list:" in str(m.get("reply_markup", ""))])
        self.assertEqual(len(got), 1)
        self.assertIn("7", got[0]["text"].split("\n")[0])
        page_one = {n for n in old if f"№{n}" in got[0]["text"]}
        self.assertEqual(len(page_one), 5)
        listing = next(button["callback_data"] for row in got[0]["reply_markup"]["inline_keyboard"] for button in row
                       if button.get("callback_data", "").startswith("list:"))
        self.press(person, self.design, listing, got[0]["message_id"])
        wait_until("the second page", lambda: {n for n in old if self.shown(person, n)} == set(old) - page_one)
        self.kill()
        self.start()
        after, _ = self.post()
        self.wait_for_card(person, after)
        self.advance(minutes=15)
        again, _ = self.post()
        self.wait_for_card(person, again)
        self.assertEqual(len(self.cards(person, fresh)), 1)
        self.assertEqual(self.shown(person, stock), [], "a back-fill is not sent")
        lists = [m for m in self.messages(person, self.design) if "list:" in str(m.get("reply_markup", ""))]
        self.assertEqual(len(lists), 1)

    def published(self):
        """How many vacancies were published, by the program's log, since its last start."""
        with open(self.log) as log:
            return log.read().count("vacancy published")


class Edits(Sandbox):
    def text_of(self, person, message_id):
        return next(m for m in self.messages(person, self.design) if m["message_id"] == message_id)

    def test_an_edited_post_changes_its_card_and_a_closed_one_strikes_it_until_it_is_open_again(self):
        person = self.reader()
        text = "Нужен графический дизайнер: логотип №{n} для аптеки. Бюджет 15 000 ₽. Писать @apteka_hr"
        number, post = self.post(text)
        card = self.wait_for_card(person, number)
        self.edit(post, text.replace("15 000", "35 000"), number)
        wait_until("the new sum", lambda: "35\u2009000" in self.text_of(person, card["message_id"])["text"])
        self.edit(post, "ЗАКРЫТО! " + text.replace("15 000", "35 000"), number)
        closed = wait_until("the card is struck out", lambda: self.struck(person, card["message_id"]))
        self.assertNotIn("35\u2009000", closed["text"])
        self.edit(post, text.replace("15 000", "45 000"), number)
        wait_until("it is open again", lambda: "45\u2009000" in self.text_of(person, card["message_id"])["text"])
        self.assertFalse(self.struck(person, card["message_id"]))
        self.assertEqual(len(self.shown(person, number)), 1, "never a second message")

    def test_a_deleted_post_strikes_its_card_and_the_others_stay(self):
        person = self.reader()
        kept, _ = self.post()
        number, post = self.post()
        card, other = self.wait_for_card(person, number), self.wait_for_card(person, kept)
        self.api("DELETE", f"/posts/zakazy_day/{post}")
        wait_until("the card is struck out", lambda: self.struck(person, card["message_id"]))
        self.assertFalse(self.struck(person, other["message_id"]))

    def edit(self, post, text, number):
        self.api("PATCH", f"/posts/zakazy_day/{post}", {"text": text.format(n=number)})

    def struck(self, person, message_id):
        message = self.text_of(person, message_id)
        return message if any(e["type"] == "strikethrough" for e in message.get("entities", [])) else None


def vacancy_of(card):
    """The number in the card's own buttons."""
    for row in card["reply_markup"]["inline_keyboard"]:
        for button in row:
            if button.get("callback_data", "").startswith("more:"):
                return button["callback_data"].split(":")[1]
    raise AssertionError(card)


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2, warnings="ignore").result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} ok, {bad} failed")
    sys.exit(1 if bad else 0)
