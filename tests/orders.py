"""What the benches and long tests of the whole way share: posts of one category each, and readers of them."""
import collections
import json
import re
import threading
import time

from driver import CATEGORIES, Http

# One plain order per category; the number makes each text unlike the others.
ORDERS = {
    "development": "Нужен программист на Python: написать Telegram-бота №{n} для записи клиентов. Бюджет 40 000 ₽.",
    "data": "Ищем аналитика данных: собрать дашборд №{n} в Power BI и SQL-отчёты по продажам. Оплата 50 000 ₽.",
    "design": "Нужен графический дизайнер: логотип №{n} и фирменный стиль для кофейни. Бюджет 25 000 ₽.",
    "illustration": "Ищем иллюстратора: нарисовать персонажей №{n} для детской книги, 12 рисунков. Бюджет 60 000 ₽.",
    "video": "Нужен видеомонтажёр: смонтировать ролик №{n} для YouTube, 10 минут, цвет и звук. Оплата 8 000 ₽.",
    "copywriting": "Нужен копирайтер: написать статью №{n} для блога о ремонте, 8 000 знаков. Оплата 4 000 ₽.",
    "translation": "Нужен переводчик с английского на русский: перевести договор №{n}, 20 страниц. Оплата 12 000 ₽.",
    "smm": "Ищем SMM-специалиста: вести соцсети №{n} кафе, контент-план, посты и сторис. Оплата 30 000 ₽ в месяц.",
    "marketing": "Нужен таргетолог: настроить рекламу №{n} во ВКонтакте и Яндекс Директе. Бюджет 20 000 ₽.",
    "management": "Ищем проджект-менеджера: вести проект №{n}, команда из пяти человек, Jira. Оплата 90 000 ₽.",
    "assistant": "Нужен личный ассистент №{n} руководителя: календарь, почта, документы, удалённо. Оплата 45 000 ₽.",
    "sales": "Ищем менеджера по продажам №{n}: холодные звонки, ведение CRM, процент со сделок. Оплата 60 000 ₽.",
}


def subscribe_everybody(town, people, per_person):
    """Starts two category bots for each person, over several connections."""
    bots = town.bots()
    by_category = [bots[f"tandem_{slug}_bot"]["id"] for slug in CATEGORIES]
    ids = town.people(people)
    wanted = {person: [by_category[(i + k * 5) % 12] for k in range(per_person)] for i, person in enumerate(ids)}

    def work(part):
        client = Http(town.sandbox_port)
        for person in part:
            town.subscribe(person, wanted[person], client)

    threads = [threading.Thread(target=work, args=(ids[k::4],)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wanted, dict(zip(by_category, CATEGORIES))


def wait_for_quiet(town, seconds=180):
    """Until all updates are taken and no call has come for two seconds."""
    end, last, quiet = time.time() + seconds, -1, 0
    while time.time() < end:
        pending = sum(bot["pending_updates"] for bot in town.bots().values())
        accepted = sum(bot["accepted"] for bot in town.bots().values())
        quiet = quiet + 1 if pending == 0 and accepted - last < 60 else 0
        last = accepted
        if quiet >= 3:
            return
        time.sleep(1)
    raise AssertionError("the product does not come to rest")


def number_in(text):
    """Of an order, 0 and up; -1: there is none."""
    found = re.search(r"№(\d{6})", text)
    return int(found.group(1)) - 100000 if found else -1


class Arrivals:
    """What the sandbox's record says of the orders written after this was made: which of `people` has got which."""

    def __init__(self, town, people):
        self.town, self.people = town, people
        self.mark = max([line["seq"] for line in town.record()] or [0])
        self.times = collections.defaultdict(list)  # (number of the order, person) -> seconds of each acceptance

    def look(self):
        """Reads on; how many new ones came."""
        new = 0
        for line in self.town.record(self.mark):
            self.mark = max(self.mark, line["seq"])
            if line["method"].lower() != "sendmessage" or line["chat_id"] not in self.people:
                continue
            n = number_in(json.dumps(line["params"], ensure_ascii=False))
            if n >= 0:
                self.times[(n, line["chat_id"])].append(line["at_us"] / 1e6)
                new += 1
        return new

    def settle(self, quiet=6, seconds=300, whole=lambda: False):
        """Reads on until nothing came for `quiet` seconds; for two, when the whole is there."""
        end, last = time.time() + seconds, time.time()
        while time.time() < end and time.time() - last < (2 if whole() else quiet):
            if self.look():
                last = time.time()
            time.sleep(0.5)

    def of_order(self, n):
        return {person: times for (number, person), times in self.times.items() if number == n}


class Channel:
    """A public channel that is read by its preview page. What a source of orders is asked for: `write` gives the key by
    which `edit` and `delete` find the order again, where the kind can do that; `tend` is called now and then, `finish` at
    the end."""
    kind, edits, deletes = "preview page", True, True

    def __init__(self, town, name, title):
        self.town, self.name = town, name
        town.api("POST", "/channels", {"username": name, "title": title})

    def write(self, text):
        return self.town.api("POST", "/posts", {"channel": self.name, "text": text})["post_id"]

    def edit(self, post, text):
        self.town.api("PATCH", f"/posts/{self.name}/{post}", {"text": text})

    def delete(self, post):
        self.town.api("DELETE", f"/posts/{self.name}/{post}")

    def tend(self):
        pass

    def finish(self):
        pass


def channels(town, count):
    return [Channel(town, f"orders_{n}", f"Заказы {n}") for n in range(count)]


class Flow:
    """Readers of some categories each, and orders that are written into the sources in turn."""

    def __init__(self, town, people, sources, per_person, dice):
        self.town, self.sources, self.dice = town, sources, dice
        wanted, slug_of = subscribe_everybody(town, people, per_person)
        wait_for_quiet(town)
        self.people_of = collections.defaultdict(set)
        for person, bots in wanted.items():
            for bot in bots:
                self.people_of[slug_of[bot]].add(person)
        time.sleep(3)  # every source has been read once, so that what comes next is new
        self.arrivals = Arrivals(town, set(wanted))
        self.order = []   # the category of each order
        self.posted = []  # and when it was written
        self.keys = []    # by which its source knows it
        self.edited, self.deleted, self.copied = set(), set(), set()

    def source_of(self, n):
        return self.sources[n % len(self.sources)]

    def write(self, category=None):
        n = len(self.order)
        category = category or self.dice.choice(CATEGORIES)
        self.order.append(category)
        self.posted.append(time.time())
        self.keys.append(self.source_of(n).write(ORDERS[category].format(n=100000 + n)))

    def alone(self, n):
        """That the order stands once, as it was written first or edited."""
        return n not in self.deleted and n not in self.copied

    def copy(self, n):
        """Into the next source too: it is one order all the same."""
        if self.alone(n) and n not in self.edited:
            self.source_of(n + 1).write(ORDERS[self.order[n]].format(n=100000 + n))
            self.copied.add(n)

    def edit(self, n):
        """The order pays 777,000 now: its cards have to say so."""
        if self.source_of(n).edits and self.alone(n):
            text = re.sub(r"\d+ 000 ₽", "777 000 ₽", ORDERS[self.order[n]].format(n=100000 + n))
            self.source_of(n).edit(self.keys[n], text)
            self.edited.add(n)

    def delete(self, n):
        """Its cards have to be struck out; who has none by then need not get one."""
        if self.source_of(n).deletes and self.alone(n):
            self.source_of(n).delete(self.keys[n])
            self.deleted.add(n)

    def stale(self):
        """(order, person) whose card does not show the last edit, or that the order is gone. Of one that came twice, in
        flight at a kill, nobody but Telegram knows the first: the last one counts."""
        shows = {}  # by chat and message: how it stands
        for line in self.town.record():
            for message in line.get("messages", []):
                shows[(line["chat_id"], line["bot"], message["message_id"])] = message
        last = {}
        for (person, _, _), message in sorted(shows.items(), key=lambda one: one[0]):
            n = number_in(message.get("text", ""))
            if n >= 0 and person in self.arrivals.people:
                last[(n, person)] = message
        return {key for key, message in last.items() if
                (not any(one["type"] == "strikethrough" for one in message.get("entities", [])) if key[0] in self.deleted
                 else key[0] in self.edited and not re.search(r"777\s000", message["text"]))}

    def missing(self):
        """(order, person) that should have come and did not."""
        return {(n, person) for n, category in enumerate(self.order) if n not in self.deleted
                for person in self.people_of[category]} - set(self.arrivals.times)

    def twice(self):
        return {key: times for key, times in self.arrivals.times.items() if len(times) > 1}
