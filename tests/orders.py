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


class Arrivals:
    """What the sandbox's record says of the orders written after this was made."""

    def __init__(self, town):
        self.town = town
        self.mark = max([line["seq"] for line in town.record()] or [0])
        self.times = collections.defaultdict(list)  # (number of the order, person) -> seconds of each acceptance

    def look(self):
        """Reads on; how many new ones came."""
        new = 0
        for line in self.town.record(self.mark):
            self.mark = max(self.mark, line["seq"])
            found = re.search(r"№(\d{6})", json.dumps(line.get("params", {}), ensure_ascii=False))
            if line["method"].lower() == "sendmessage" and found:
                self.times[(int(found.group(1)) - 100000, line["chat_id"])].append(line["at_us"] / 1e6)
                new += 1
        return new

    def settle(self, quiet=6, seconds=300):
        """Reads on until nothing came for `quiet` seconds."""
        end, last = time.time() + seconds, time.time()
        while time.time() < end and time.time() - last < quiet:
            if self.look():
                last = time.time()
            time.sleep(0.5)

    def of_order(self, n):
        return {person: times for (number, person), times in self.times.items() if number == n}


class Flow:
    """Readers of one category each, channels, and orders that are written into them."""

    def __init__(self, town, people, channels, per_person, dice):
        self.town, self.channels, self.dice = town, channels, dice
        for n in range(channels):
            town.api("POST", "/channels", {"username": f"orders_{n}", "title": f"Заказы {n}"})
        wanted, slug_of = subscribe_everybody(town, people, per_person)
        wait_for_quiet(town)
        self.people_of = collections.defaultdict(set)
        for person, bots in wanted.items():
            for bot in bots:
                self.people_of[slug_of[bot]].add(person)
        time.sleep(3)  # every source has been read once, so that what comes next is new
        self.arrivals = Arrivals(town)
        self.order = []   # the category of each order
        self.posted = []  # and when it was written
        self.ids = []     # the post of each order
        self.edited = set()

    def write(self, category=None):
        n = len(self.order)
        category = category or self.dice.choice(CATEGORIES)
        self.order.append(category)
        self.posted.append(time.time())
        done = self.town.api("POST", "/posts", {"channel": f"orders_{n % self.channels}",
                                                "text": ORDERS[category].format(n=100000 + n)})
        self.ids.append(done["post_id"])

    def edit(self, n):
        """The order pays 777,000 now: its cards have to say so."""
        text = re.sub(r"\d+ 000 ₽", "777 000 ₽", ORDERS[self.order[n]].format(n=100000 + n))
        self.town.api("PATCH", f"/posts/orders_{n % self.channels}/{self.ids[n]}", {"text": text})
        self.edited.add(n)

    def stale(self):
        """(order, person) whose card does not show the last edit. Of one that came twice, in flight at a kill, nobody but
        Telegram knows the first: the last one counts."""
        shows = {}  # by chat and message: how it stands
        for line in self.town.record():
            for message in line.get("messages", []):
                shows[(line["chat_id"], line["bot"], message["message_id"])] = message.get("text", "")
        last = {}
        for (person, _, _), text in sorted(shows.items()):
            found = re.search(r"№(\d{6})", text)
            n = int(found.group(1)) - 100000 if found else -1
            if n in self.edited:
                last[(n, person)] = text
        return {key for key, text in last.items() if not re.search(r"777\s000", text)}

    def missing(self):
        """(order, person) that should have come and did not."""
        return {(n, person) for n, category in enumerate(self.order) for person in self.people_of[category]} - set(
            self.arrivals.times)

    def twice(self):
        return {key: times for key, times in self.arrivals.times.items() if len(times) > 1}
