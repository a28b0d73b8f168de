#!/usr/bin/env python3
"""Reader accounts. $TANDEM_BINARY names the program, $SCRIPTED_LIBRARY the scripted libtdjson; see run."""
import ctypes
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from town import BINARY, HERE, PEOPLE, ReaderTown
from driver import Process, free_port, wait_until  # noqa: E402
from world import days_ago, distinct_order

REAL = HERE / "node_modules/@prebuilt-tdlib/linux-x64-glibc/libtdjson.so"
ORDER = "Нужен дизайнер: {what} для кофейни. Бюджет 25 000 ₽, писать @anna_cafe"
seen_requests = {}  # one of each shape that the program has sent, for the oracle at the end
seen_mistakes = []


def order(what):
    return ORDER.format(what=what)


class Reading(unittest.TestCase):
    """A town of its own for each class; its records are checked against the schema when it ends."""
    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.town = ReaderTown(**cls.settings)
        cls.addClassCleanup(cls.close)
        cls.world = cls.town.world
        cls.town.start()

    @classmethod
    def close(cls):
        for line in cls.world.did("asked"):
            request = line["asked"]
            seen_requests[request["@type"], tuple(sorted(request))] = request
            if not request["@type"].startswith("setLog"):
                seen_mistakes.extend(cls.world.schema.mistakes(request, request=True))
        for line in cls.world.did("said"):
            seen_mistakes.extend(cls.world.schema.mistakes(line["said"]))
        if os.environ.get("KEEP"):
            shutil.copytree(cls.town.folder, os.environ["KEEP"] + "/" + cls.__name__, dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns("postgres*"))
        cls.town.close()

    def wait_joined(self, title, seconds=30):
        wait_until(f"{title} is joined", lambda: re.search(rf"  {title} +active +joined", self.town.listed()), seconds, 0.2)


class Login(Reading):
    def log_in(self, name, *typed):
        return self.town.command("reader", "login", "--name", name, typed="".join(line + "\n" for line in typed))

    def test_wrong_input_repeats_the_question_until_it_is_right(self):
        self.world.account("+70000000001", code="22222", password="two words", hint="dog")
        code, said = self.log_in("careful", "no number", "+70000000099", "+7 (000) 000-00-01", "11111", "again", "22222",
                                 "wrong", "two words")
        self.assertEqual(code, 0, said)
        self.assertIn("Write the number as", said)
        self.assertIn("Telegram does not know this number", said)
        self.assertIn("This is not the code", said)
        self.assertIn("hint: dog", said)
        self.assertIn("This is not the password", said)
        self.assertIn("Logged in as Reader 1", said)
        self.assertEqual(len(self.world.asked("resendAuthenticationCode")), 1)
        wait_until("it reads", lambda: re.search(r"careful +active", self.town.listed()))

    def test_a_qr_code_is_drawn_as_the_library_encodes_it(self):
        self.world.account("+70000000002")
        environment = {**os.environ, **{k: str(v) for k, v in self.town.environment().items()}}
        talk = subprocess.Popen([BINARY, "reader", "login", "--name", "by_qr"], stdin=subprocess.PIPE, text=True,
                                stdout=subprocess.PIPE, env=self.town.variables())
        talk.stdin.write("qr\n")
        talk.stdin.flush()
        lines = []
        while not lines or not lines[-1].startswith("tg://"):
            lines.append(talk.stdout.readline())
            self.assertTrue(lines[-1])
        drawn = [re.sub(r"\033\[[0-9;]*m", "", line.rstrip("\n")) for line in lines if "\033[30;107m" in line]
        rows = [[c in "█▀" for c in line] for line in drawn], [[c in "█▄" for c in line] for line in drawn]
        dark = [row for pair in zip(*rows) for row in pair]
        self.assertEqual(self.encoded(lines[-1].strip()), [row[2:-2] for row in dark[2:]][:len(dark[0]) - 4])
        self.world.happens("scan_qr", phone="+70000000002")
        rest = talk.stdout.read()
        self.assertEqual(talk.wait(30), 0, rest)
        self.assertIn("Logged in as Reader 2", rest)

    def encoded(self, text):
        class Code(ctypes.Structure):
            _fields_ = [("version", ctypes.c_int), ("width", ctypes.c_int), ("data", ctypes.POINTER(ctypes.c_ubyte))]
        encode = ctypes.CDLL("libqrencode.so.4").QRcode_encodeString
        encode.restype = ctypes.POINTER(Code)
        code = encode(text.encode(), 0, 0, 2, 1).contents
        return [[bool(code.data[y * code.width + x] & 1) for x in range(code.width)] for y in range(code.width)]

    def test_a_number_without_an_account_gets_the_terms_first(self):
        self.world.account("+70000000003", new=True)
        code, said = self.log_in("newcomer", "+70000000003", "11111", "Ann Reader")
        self.assertEqual(code, 0, said)
        self.assertIn("Be kind.", said)
        self.assertIn("Logged in as Ann Reader", said)

    def test_a_hopeless_login_ends_and_can_be_begun_again(self):
        self.world.account("+70000000004")
        self.world.happens("ban", phone="+70000000004")
        code, said = self.log_in("banned", "+70000000004")
        self.assertEqual(code, 1)
        self.assertIn("has banned this number", said)
        code, said = self.log_in("banned")
        self.assertEqual(code, 1)
        self.assertIn("The input has ended", said)
        self.world.account("+70000000005")
        self.assertEqual(self.log_in("banned", "+70000000005", "11111")[0], 0)

    def test_a_name_in_use_is_refused_and_a_logout_frees_it(self):
        self.world.account("+70000000006")
        self.assertEqual(self.log_in("twice", "+70000000006", "11111")[0], 0)
        code, said = self.log_in("twice", "+70000000006", "11111")
        self.assertEqual(code, 1)
        self.assertIn("tandem reader logout twice", said)
        folder = self.session_of("twice")
        code, said = self.town.command("reader", "logout", "twice")
        self.assertEqual((code, said), (0, "Logged out.\n"))
        self.assertFalse(folder.exists())
        self.assertEqual(self.log_in("twice", "+70000000006", "11111")[0], 0)

    def session_of(self, name):
        number = self.town.ask(f"SELECT account_id FROM hunt.reader_accounts WHERE name = '{name}'")[0][0]
        return pathlib.Path(self.town.folder, "product/tdlib", number)

    def test_sessions_are_the_owners_alone_and_nothing_secret_is_logged(self):
        self.world.account("+70000000007", code="73519", password="correct horse")
        self.assertEqual(self.log_in("secret", "+70000000007", "73519", "correct horse")[0], 0)
        folder = self.session_of("secret")
        for one in (folder, folder.parent):
            self.assertEqual(one.stat().st_mode & 0o777, 0o700)
        key = self.world.asked("setTdlibParameters")[-1]["database_encryption_key"]
        self.assertNotIn(key, json.dumps(self.town.ask("SELECT * FROM hunt.reader_accounts")))
        log = pathlib.Path(self.town.folder, "product.log").read_text()
        for secret in (key, "73519", "correct horse", "70000000007", str(PEOPLE["TANDEM_TELEGRAM_API_HASH"])):
            self.assertNotIn(secret, log)


class OneAccount(Reading):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.phone = "+70000000011"
        cls.town.log_in("first", cls.phone)
        cls.chat = cls.town.reader_of()

    def channel(self, number, title, **more):
        chat = self.world.channel(number, title, **more)
        return chat

    def public(self, number, title, username, posts=(), **more):
        chat = self.world.channel(number, title, username=username, **more)
        for id_, text in posts:
            self.world.message(chat, id_, text)
        self.town.add("@" + username)
        return chat

    def test_a_post_becomes_a_card_and_the_channel_was_joined(self):
        chat = self.public(101, "Заказы", "zakazy_design", [(1, "Первый пост")])
        self.wait_joined("Заказы")
        self.world.message(chat, 2, order("логотип"))
        card = self.town.card(self.chat, "логотип")
        self.assertIn("Заказы", card["message"]["text"])
        self.assertIn("zakazy_design/2", json.dumps(card))
        self.assertEqual(len(self.world.asked("joinChat")), len({r["chat_id"] for r in self.world.asked("joinChat")}))

    def test_a_chats_writer_is_the_contact(self):
        chat = self.public(102, "Чат фрилансеров", "freelance_chat", kind="group")
        self.wait_joined("Чат фрилансеров")
        self.world.message(chat, 1, "Нужен дизайнер: меню для кофейни. Бюджет 15 000 ₽, пишите в личку",
                           **{"from": {"id": 77, "first_name": "Вера", "username": "Vera_Cafe"}})
        card = self.town.card(self.chat, "меню")
        self.assertIn("https://t.me/vera_cafe", json.dumps(card).lower())

    def test_links_behind_words_are_kept(self):
        chat = self.public(103, "Ссылки", "links_channel")
        self.wait_joined("Ссылки")
        text = "Нужен дизайнер: вывеска для кофейни. Бюджет 9 000 ₽. Откликнуться здесь"
        at = text.index("здесь")
        self.world.message(chat, 1, text, entities=[
            {"@type": "textEntity", "offset": at, "length": 5,
             "type": {"@type": "textEntityTypeTextUrl", "url": "https://forms.example/vyveska"}}])
        self.assertIn("https://forms.example/vyveska", json.dumps(self.town.card(self.chat, "вывеска")))

    def test_an_edit_changes_the_card_and_a_deletion_strikes_it_out(self):
        chat = self.public(104, "Правки", "edits_channel")
        self.wait_joined("Правки")
        self.world.message(chat, 1, order("плакат"))
        self.town.card(self.chat, "плакат")
        self.world.happens("edit", chat=chat, id=1, text=order("плакат и буклет"))
        wait_until("the edit", lambda: self.town.ask(
            "SELECT revision FROM hunt.posts WHERE text LIKE '%буклет%'") == [["2"]])
        self.world.happens("delete", chat=chat, ids=[1], from_cache=True)  # TDLib forgets it: nobody deleted it
        self.world.message(chat, 2, order("визитка"))
        self.town.card(self.chat, "визитка")
        self.assertEqual(self.state_of("плакат"), "live")
        self.world.happens("delete", chat=chat, ids=[1])
        wait_until("it is withdrawn", lambda: self.state_of("плакат") == "withdrawn")
        struck = wait_until("it is struck out", lambda: [
            view for view in self.town.api("GET", self.chat)["views"] if "плакат" in view["message"].get("text", "")
            and any(one["type"] == "strikethrough" for one in view["message"].get("entities", []))])
        self.assertEqual(len(struck), 1)

    def state_of(self, words):
        rows = self.town.ask("SELECT v.state FROM hunt.vacancies v JOIN hunt.posts p USING (post_id) "
                             f"WHERE p.text LIKE '%{words}%'")
        return rows[0][0] if rows else None

    def test_a_vacancy_that_stands_elsewhere_outlives_a_deletion(self):
        here, there = self.public(105, "Здесь", "copies_here"), self.public(106, "Там", "copies_there")
        self.wait_joined("Здесь")
        self.wait_joined("Там")
        self.world.message(here, 1, order("обложка журнала"))
        self.town.card(self.chat, "обложка журнала")
        self.world.message(there, 1, order("обложка журнала"))
        wait_until("the repeat", lambda: self.town.stored("Там") == [1])
        self.world.happens("delete", chat=here, ids=[1])
        wait_until("it is closed", lambda: self.town.ask("SELECT count(*) FROM hunt.posts WHERE reason = 'deleted' AND "
                                                         "text LIKE '%обложка журнала%'") == [["1"]])
        self.assertEqual(self.state_of("обложка журнала"), "live")
        self.world.happens("delete", chat=there, ids=[1])
        wait_until("it is withdrawn", lambda: "withdrawn" in str(self.state_of("обложка журнала")))

    def test_an_album_is_one_post_with_its_caption(self):
        chat = self.public(107, "Альбомы", "albums_channel")
        self.wait_joined("Альбомы")
        self.world.message(chat, 1, photo=True, album="900")
        self.world.message(chat, 2, order("упаковка"), photo=True, album="900")
        self.world.message(chat, 3, photo=True, album="900")
        self.town.card(self.chat, "упаковка")
        self.assertEqual(self.town.stored("Альбомы"), [1])
        self.world.happens("edit", chat=chat, id=2, photo=True, text=order("упаковка и пакет"))
        wait_until("the edit", lambda: self.town.ask(
            "SELECT message_id FROM hunt.posts WHERE text LIKE '%и пакет%'") == [["1"]])
        self.assertEqual(self.town.stored("Альбомы"), [1])

    def test_yesterdays_posts_are_kept_but_not_delivered(self):
        chat = self.world.channel(108, "Вчера", username="yesterday_channel")
        self.world.message(chat, 1, order("вчерашний сайт"), date=days_ago(1))
        self.town.add("@yesterday_channel")
        self.wait_joined("Вчера")
        self.world.message(chat, 2, order("сегодняшний сайт"))
        self.town.card(self.chat, "сегодняшний")
        self.assertEqual(self.town.stored("Вчера"), [1, 2])
        self.assertEqual(self.town.cards(self.chat, "вчерашний"), [])

    def test_messages_that_never_came_are_fetched(self):
        chat = self.public(109, "Потери", "lossy_channel", [(1, "Пост")])
        self.wait_joined("Потери")
        wait_until("the first", lambda: self.town.mark("Потери") == 1)
        self.world.message(chat, 2, "Потерянный", lost=True)
        self.world.message(chat, 3, "Дошедший")
        wait_until("the hole is filled", lambda: self.town.stored("Потери") == [1, 2, 3])
        self.world.message(chat, 4, "Намёк", unheard=True)  # only updateChatLastMessage
        wait_until("the hint was followed", lambda: self.town.stored("Потери") == [1, 2, 3, 4])

    def test_after_the_network_was_away_nothing_is_missing(self):
        chat = self.public(110, "Сеть", "offline_channel", [(1, "Пост")])
        self.wait_joined("Сеть")
        wait_until("the first", lambda: self.town.mark("Сеть") == 1)
        self.world.happens("offline", phone=self.phone)
        for number in range(2, 150):
            self.world.message(chat, number, f"Без сети {number}")
        self.world.happens("online", phone=self.phone)
        wait_until("all of them", lambda: self.town.mark("Сеть") == 149)
        self.assertEqual(self.town.stored("Сеть"), list(range(1, 150)))

    def test_what_was_deleted_while_nobody_looked_is_closed(self):
        chat = self.public(111, "Тихо", "quiet_channel")
        self.wait_joined("Тихо")
        self.world.message(chat, 1, "Начало")
        self.world.message(chat, 2, order("баннер"))
        self.world.message(chat, 3, "Другое")
        self.town.card(self.chat, "баннер")
        self.world.happens("offline", phone=self.phone)
        self.world.happens("delete", chat=chat, ids=[2])
        self.world.happens("online", phone=self.phone)
        wait_until("it is withdrawn", lambda: self.state_of("баннер") == "withdrawn")

    def test_a_private_chat_is_joined_by_its_link_and_named_by_its_number(self):
        chat = self.world.channel(112, "Закрытый чат", kind="group", invite="AbCdEfGh1234")
        self.world.message(chat, 1, "Внутри")
        self.town.add("https://t.me/joinchat/AbCdEfGh1234")
        self.wait_joined("Закрытый чат")
        self.world.message(chat, 2, order("стикеры"), **{"from": {"id": 78, "first_name": "Олег"}})
        self.assertIn("https://t.me/c/112/2", json.dumps(self.town.card(self.chat, "стикеры")))
        self.assertNotIn("AbCdEfGh1234", self.town.listed())
        log = pathlib.Path(self.town.folder, "product.log").read_text()
        self.assertNotIn("AbCdEfGh1234", log)

    def test_a_join_that_has_to_be_approved_waits_for_it(self):
        chat = self.world.channel(113, "С одобрением", kind="group", invite="Approve12345", approval=True)
        self.world.message(chat, 1, "Внутри")
        self.town.add("https://t.me/+Approve12345")
        wait_until("it is pending", lambda: re.search(r"active +pending", self.town.listed()), 30, 0.2)
        self.world.happens("approve", chat=chat, phone=self.phone)
        self.wait_joined("С одобрением")
        wait_until("it is read", lambda: self.town.stored("С одобрением") == [1])

    def test_a_link_that_has_expired_is_told(self):
        self.town.add("https://t.me/+Expired12345")
        wait_until("the reason", lambda: "INVITE_HASH_EXPIRED" in self.town.listed(), 30, 0.2)

    def test_a_flood_wait_for_reading_is_honoured(self):
        self.world.happens("fault", request="getChatHistory", code=429, message="Too Many Requests: retry after 2")
        self.public(114, "Терпение", "patience_channel", [(1, "Пост")])
        wait_until("it is read", lambda: self.town.stored("Терпение") == [1])
        asked = [line for line in self.world.did() if line.get("asked", {}).get("@type") == "getChatHistory"
                 or "fault_used" in line]
        refused = next(n for n, line in enumerate(asked) if "fault_used" in line)
        self.assertGreaterEqual(asked[refused + 1]["at_us"] - asked[refused]["at_us"], 2_000_000)

    def test_busy_channels_are_kept_open(self):
        chat = self.public(115, "Занятой", "busy_channel")
        wait_until("it is open", lambda: chat in [request["chat_id"] for request in self.world.asked("openChat")])

    def test_the_operator_sees_it_in_doctor_and_metrics(self):
        said = self.town.command("doctor")[1]
        self.assertIn("1.8.67 (scripted)", said)
        self.assertIn("ok    first: active", said)
        import urllib.request
        with urllib.request.urlopen(f"http://127.0.0.1:{self.town.product_port}/metrics") as answer:
            metrics = answer.read().decode()
        self.assertRegex(metrics, r'tandem_accounts\{state="reading"\} 1')


class OwnTown(Reading):
    """Each test has a town of its own."""

    @classmethod
    def setUpClass(cls):
        pass

    def setUp(self):
        type(self).town = ReaderTown(**self.settings)
        self.addCleanup(self.close)
        type(self).world = self.town.world
        self.town.start()


class Joining(OwnTown):
    settings = dict(TANDEM_READER_JOINS_PER_DAY=2)

    def test_joins_are_rationed_and_the_rest_is_read_from_outside(self):
        self.town.log_in("slow", "+70000000021")
        for number in range(4):
            chat = self.world.channel(200 + number, f"Канал {number}", username=f"rationed_{number}")
            self.world.message(chat, 1, f"Пост канала {number}")
            self.town.add(f"@rationed_{number}")
        wait_until("two are joined", lambda: len(re.findall("active +joined", self.town.listed())) == 2, 30, 0.2)
        wait_until("all are read", lambda: self.town.ask(
            "SELECT count(*) FROM hunt.posts JOIN hunt.sources USING (source_id) WHERE kind = 'account'") == [["4"]])
        self.assertIn("joins 0 more today", self.town.listed())
        self.assertIn("2 wait to be joined, 0 more can be today", self.town.listed())
        self.assertEqual(len(self.world.asked("joinChat")), 2)
        unjoined = re.search(r"Канал (\d) +active +known", self.town.listed())[1]
        self.world.message(self.world.channel(200 + int(unjoined), f"Канал {unjoined}", username=f"rationed_{unjoined}"), 2,
                           "Ещё один")
        wait_until("new posts of it come too", lambda: self.town.stored(f"Канал {unjoined}")[-1:] == [2])

    def test_a_flood_wait_for_joining_holds_joins_only(self):
        self.town.log_in("held", "+70000000022")
        self.world.happens("fault", request="joinChat", phone="+70000000022", code=429, times=9,
                           message="Too Many Requests: retry after 600")
        chat = self.world.channel(250, "Подождёт", username="held_channel")
        self.world.message(chat, 1, "Пост")
        self.town.add("@held_channel")
        wait_until("it is read all the same", lambda: self.town.stored("Подождёт") == [1])
        self.assertLessEqual(len([1 for line in self.world.did() if "fault_used" in line]), 1)


class SeveralAccounts(OwnTown):
    number = 300

    def two_accounts(self, sources=4):
        first, second = (f"+7000000{self.number + n:04}" for n in (1, 2))
        names = [f"a{self.number}", f"b{self.number}"]
        for name, phone in zip(names, (first, second)):
            self.town.log_in(name, phone)
        titles = []
        for n in range(sources):
            titles.append(f"Общий {self.number + n}")
            chat = self.world.channel(1000 + self.number + n, titles[-1], username=f"shared_{self.number + n}")
            self.world.message(chat, 1, f"Пост {self.number + n}")
            self.town.add(f"@shared_{self.number + n}")
        wait_until("all are joined", lambda: all(
            re.search(rf"  {title} +active +joined", self.town.listed()) for title in titles), 60, 0.3)
        return names, (first, second), titles

    def reads(self, name):
        return int(re.search(rf"^{name} .*reads (\d+)", self.town.listed(), re.MULTILINE)[1])

    def rest(self, names):
        for name in names:
            self.town.command("reader", "logout", name)

    def test_sources_are_shared_out_and_move_when_an_account_is_banned(self):
        names, phones, titles = self.two_accounts()
        self.assertEqual([self.reads(name) for name in names], [2, 2])
        self.world.happens("ban", phone=phones[0])
        wait_until("it is banned", lambda: re.search(rf"{names[0]} +banned", self.town.listed()), 30, 0.2)
        wait_until("the other reads all", lambda: self.reads(names[1]) == 4, 30, 0.2)
        for n, title in enumerate(titles):
            self.world.message(-1000000000000 - 1000 - self.number - n, 2, f"После бана {self.number + n}")
        wait_until("nothing is missing", lambda: all(self.town.stored(title) == [1, 2] for title in titles), 60, 0.3)
        self.rest(names)

    def test_sources_move_when_an_account_is_logged_out_by_its_owner(self):
        names, phones, _ = self.two_accounts(2)
        self.world.happens("revoke", phone=phones[1])
        wait_until("it is logged out", lambda: re.search(rf"{names[1]} +logged_out", self.town.listed()), 30, 0.2)
        wait_until("the other reads all", lambda: self.reads(names[0]) == 2, 30, 0.2)
        self.rest(names)

    def test_sources_move_while_an_account_is_limited_or_rests(self):
        names, phones, titles = self.two_accounts(2)
        self.world.happens("fault", request="getChatHistory", phone=phones[0], code=429, times=99,
                           message="Too Many Requests: retry after 3600")
        for n in range(2):
            self.world.message(-1000000000000 - 1000 - self.number - n, 3, "Дыра")  # makes both look into the history
        wait_until("it is limited", lambda: re.search(rf"{names[0]} +limited .*for 60 minutes more", self.town.listed()), 30,
                   0.2)
        wait_until("the other reads all", lambda: self.reads(names[1]) == 2, 30, 0.2)
        wait_until("nothing is missing", lambda: all(self.town.stored(title) == [1, 3] for title in titles), 30, 0.3)
        self.assertEqual(self.town.command("reader", "pause", names[1])[0], 0)
        wait_until("nobody reads", lambda: self.reads(names[1]) == 0 and "read by nobody" in self.town.listed(), 30, 0.2)
        self.assertEqual(self.town.command("reader", "resume", names[1])[0], 0)
        wait_until("it reads again", lambda: self.reads(names[1]) == 2, 30, 0.2)
        self.rest(names)

    def test_an_account_that_is_thrown_out_of_a_chat_hands_it_on(self):
        names, phones, titles = self.two_accounts(1)
        owner = 0 if self.reads(names[0]) else 1
        self.world.happens("kick", chat=-1000000000000 - 1000 - self.number, phone=phones[owner])
        wait_until("the other reads it", lambda: self.reads(names[1 - owner]) == 1, 30, 0.2)
        self.rest(names)

    def test_the_operator_is_told_of_a_lost_account(self):
        log = pathlib.Path(self.town.folder, "product.log")
        self.town.log_in("lost", "+70000000399")
        wait_until("it reads", lambda: re.search(r"lost +active", self.town.listed()))
        wait_until("its session is open", lambda: self.world.asked("getMe"))
        time.sleep(3)  # one round of the reader: it opens the session
        self.world.happens("ban", phone="+70000000399")
        wait_until("the alert", lambda: "account_lost" in log.read_text())
        self.assertIn("banned by Telegram", log.read_text())


class Killed(Reading):
    """kill -9 in the middle: no gaps, no repeats."""

    def test_nothing_is_missing_and_nothing_twice_whenever_it_is_killed(self):
        self.town.log_in("first", "+70000000031")
        chat = self.world.channel(500, "Поток", username="stream_channel")
        self.world.happens("history_limit", limit=7)
        person = self.town.reader_of()
        self.town.add("@stream_channel")
        self.wait_joined("Поток")
        written = 0
        for round_ in range(4):
            for _ in range(40):
                written += 1
                self.world.message(chat, written, distinct_order(written))
                time.sleep(0.01)
            self.town.kill()
            for _ in range(25):  # while nobody listens
                written += 1
                self.world.message(chat, written, distinct_order(written))
            self.town.start()
        wait_until("all are stored", lambda: self.town.stored("Поток") == list(range(1, written + 1)), 60, 0.5)
        self.assertEqual(self.town.mark("Поток"), written)
        ours = "JOIN hunt.posts USING (post_id) JOIN hunt.sources s USING (source_id) WHERE s.title = 'Поток'"
        wait_until("all are judged", lambda: self.town.ask(
            f"SELECT count(*) FROM hunt.vacancies {ours}") == [[str(written)]], 180, 0.5)

        def numbers():
            return [int(found) for view in self.town.api("GET", person)["views"]
                    for found in re.findall(r"логотип-(\d{5})", view["message"].get("text", ""))[:1]]

        wait_until("all cards", lambda: set(numbers()) == set(range(1, written + 1)), 120, 1)
        self.assertLessEqual(len(numbers()) - written, 2 * len(self.town.kills))  # what was on the wire at a kill

    def test_a_session_that_another_process_has_open_is_left_alone(self):
        self.town.log_in("taken", "+70000000032")
        wait_until("its session is open", lambda: len(self.world.asked("setTdlibParameters")) >= 2)
        self.town.ask("UPDATE hunt.reader_accounts SET state = 'login' WHERE name = 'taken'")  # as if it were another's
        code, said = self.town.command("reader", "login", "--name", "taken")
        self.assertEqual(code, 1)
        self.assertIn("Another program has this session open", said)


class RealLibrary(unittest.TestCase):
    """libtdjson itself, as far as it comes without a network."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tandem-tdlib-", dir="/var/tmp")
        os.chmod(self.folder, 0o755)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("TANDEM_")}
        self.environment.update(TANDEM_DATA=self.folder + "/data", TANDEM_PORT="0",
                                **{k: str(v) for k, v in PEOPLE.items()}, TANDEM_TDLIB=str(REAL))

    def command(self, *words, typed="", **settings):
        return subprocess.run([BINARY, *words], input=typed, capture_output=True, text=True, timeout=120,
                              env={**self.environment, **settings})

    def installed(self):
        once = Process(BINARY, ["up"], self.folder + "/log", **{**self.environment, "TANDEM_PORT": free_port()})
        once.wait_ready()
        self.assertEqual(once.stop(), 0)

    def test_the_login_comes_to_the_phone_number(self):
        self.installed()
        done = self.command("reader", "login", typed="no number\n")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("Phone number of the account", done.stdout)
        self.assertIn("Write the number as", done.stdout)
        self.assertIn("The input has ended", done.stderr)
        self.assertTrue(os.path.exists(self.folder + "/data/tdlib/1/td.binlog"))
        again = self.command("reader", "login")  # with the session's files as they are by now, and their key
        self.assertIn("Phone number of the account", again.stdout, again.stderr)
        self.assertIn("1.8.67", self.command("doctor").stdout)

    def test_without_the_library_the_commands_say_what_to_do(self):
        self.installed()
        done = self.command("reader", "login", TANDEM_TDLIB="/nowhere/libtdjson.so")
        self.assertEqual(done.returncode, 1)
        self.assertIn("libtdjson is not there", done.stderr)
        done = self.command("reader", "login", TANDEM_TELEGRAM_API_ID="0", TANDEM_TELEGRAM_API_HASH="")
        self.assertEqual(done.returncode, 1)
        self.assertIn("docs/reader-accounts.md", done.stderr)


class Schema(unittest.TestCase):
    """Runs last (see main): what was asked and said in all the tests before."""

    def test_every_record_of_the_other_tests_fits_the_schema(self):
        self.assertGreater(len(seen_requests), 10)
        self.assertEqual(seen_mistakes[:10], [])

    def test_the_real_library_reads_every_request_that_was_sent(self):
        library = ctypes.CDLL(str(REAL))
        library.td_receive.restype = ctypes.c_char_p
        library.td_receive.argtypes = [ctypes.c_double]
        library.td_execute(b'{"@type":"setLogVerbosityLevel","new_verbosity_level":0}')
        client = library.td_create_client_id()

        def answer(request):
            request = {**request, "@extra": "mine"}
            if "database_directory" in request:
                request["database_directory"] = request["files_directory"] = tempfile.mkdtemp(prefix="tandem-", dir="/var/tmp")
                self.addCleanup(shutil.rmtree, request["database_directory"], ignore_errors=True)
            library.td_send(client, json.dumps(request).encode())
            while True:
                said = json.loads(library.td_receive(10.0) or b'{"@extra":"mine","@type":"error","message":"no answer"}')
                if said.get("@extra") == "mine":
                    return said

        closing = [r for r in seen_requests.values() if r["@type"] in ("close", "logOut")]
        network = ("setAuthenticationPhoneNumber", "requestQrCodeAuthentication")  # not answered without one
        for request in [*(r for r in seen_requests.values() if r not in closing and r["@type"] not in network), *closing]:
            said = answer(request)
            self.assertNotIn("Failed to parse", said.get("message", ""), request["@type"])
            self.assertNotIn("no answer", said.get("message", ""), request["@type"])
        self.assertIn("Failed to parse", answer({"@type": "joinChat", "chat_id": "x"}).get("message", "")
                      if not closing else self.refusal_of_a_fresh_client(library))

    def refusal_of_a_fresh_client(self, library):
        """That the oracle can say no."""
        client = library.td_create_client_id()
        library.td_send(client, b'{"@type":"joinChat","chat_id":"x","@extra":"wrong"}')
        while True:
            said = json.loads(library.td_receive(10.0) or b'{"@extra":"wrong"}')
            if said.get("@extra") == "wrong":
                return said.get("message", "")


def main():
    order_of_classes = [Login, OneAccount, Joining, SeveralAccounts, Killed, RealLibrary, Schema]
    wanted = sys.argv[1:]
    suite = unittest.TestSuite()
    for one in order_of_classes:
        for test in unittest.defaultTestLoader.loadTestsFromTestCase(one):
            if not wanted or any(word in test.id() for word in wanted):
                suite.addTest(test)
    result = unittest.TextTestRunner(verbosity=2, warnings="ignore").run(suite)
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} ok, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # the real libtdjson has threads that do not survive the end of the interpreter
