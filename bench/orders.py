"""What the benches and long tests of the whole way share: posts of one category each, and readers of them."""
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
