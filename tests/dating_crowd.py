"""Pretend people in Dating's bot, all through the sandbox's control contract: they register as anybody does, then look at
people, like, skip and write, and every answer is read from the sandbox's record. What they did is compared with what the
product keeps and with what came to the others."""
import collections
import csv
import glob
import json
import math
import os
import subprocess
import threading
import time

from crowd import Clock, Ear, Wire
from driver import Meter, from_nearest_kill, in_flight, memory_mb, percentile

BOT = "tandem_dating_bot"
SYLLABLES = "ба ве ги до жу за ки ле мо ну".split()


def words(number):
    """A number as something that is no number: rules look for phones."""
    return "".join(SYLLABLES[int(digit)] for digit in str(number))


def far_towns(file, count):
    """Coordinates of towns of which no two are near each other, the largest first."""
    chosen = []
    with open(file, encoding="utf8") as list_of_towns:
        for row in csv.reader(list_of_towns, delimiter="\t", quoting=csv.QUOTE_NONE):
            at = (float(row[2]), float(row[3]))
            if abs(at[0]) < 60 and all(math.hypot(at[0] - one[0], (at[1] - one[1]) * 0.5) > 4 for one in chosen):
                chosen.append(at)
                if len(chosen) == count:
                    break
    return chosen


class Person:
    def __init__(self, number, ident, town, sex):
        self.number, self.id, self.town, self.sex = number, ident, town, sex
        self.step = 0              # of registration; None: it is over
        self.screens = {}          # message id → its callback data, the newest last
        self.typing = False        # the keyboard with the place is shown
        self.judged = set()        # messages whose card was answered, with the data: one answer each
        self.offered = collections.OrderedDict()  # matches that the bot told of, and nobody has opened
        self.talk = None           # the match that is written to
        self.opening = None
        self.acted = None          # when the last press was made that waits for its answer
        self.said = 0

    def find(self, begin):
        for message in reversed(self.screens):
            for data in self.screens[message]:
                if data.startswith(begin):
                    return message, data
        return None


class Crowd:
    """`dice`: a random.Random. Times are of the machine's clock."""

    REGISTRATION = [("press", "reg:agree:"), ("press", "me:name"), ("age", "reg:ask:0"), ("sex", "me:sex:"),
                    ("seeks", "me:seeks:"), ("place", None), ("press", "reg:ask:6"), ("press", "reg:ask:7"),
                    ("press", "reg:ask:8"), ("press", "reg:ask:9"), ("press", "reg:publish"), ("end", "deck:next")]

    def __init__(self, town, people, groups, dice):
        self.town, self.dice = town, dice
        self.meter = Meter(town)
        self.peak_mb = 0           # of the product, whichever process it was
        self.wire = Wire(town.sandbox_port)
        self.ear = Ear(town.sandbox_port)
        self.clock = Clock()
        self.bot = town.bots()[BOT]["id"]
        where = far_towns(os.path.join(os.path.dirname(town.binary), "share/tandem/places.tsv"), groups)
        made = town.api("POST", "/people", {"people": [{"first_name": self.name_of_number(n), "language_code": "ru"}
                                                       for n in range(people)]})
        self.people = [Person(n, one["id"], where[n // 2 % groups], n % 2) for n, one in enumerate(made["people"])]
        self.one_of_each = 2 * groups  # the first woman and the first man of each town
        self.by_id = {one.id: one for one in self.people}
        self.registered = 0
        self.presses = {}                      # (person, candidate) → (liked, when)
        self.sent = {}                         # text → (person, match, when)
        self.arrived = collections.defaultdict(list)   # text → [(person, at)]
        self.order = collections.defaultdict(list)     # (from, to) → texts as they arrived
        self.told = collections.defaultdict(list)      # (person, match) → when a new match was told
        self.answers, self.deliveries = [], []         # seconds
        self.refused = []
        self.actions = 0
        self.running = False
        self.heard = time.time()
        self.calls = 0

    @staticmethod
    def name_of_number(number):
        return f"Человек{words(number)}"[:30]

    def name_of(self, person):
        return self.name_of_number(person.number)

    # -- what the bot says

    def listen(self):
        for line in self.ear.lines():
            self.heard = time.time()
            self.calls += 1
            person = self.by_id.get(line.get("chat_id"))
            if person:
                self.hear(person, line)

    def hear(self, person, line):
        at = line["at_us"] / 1e6
        method = line["method"]
        for gone in line.get("deleted", ()):
            person.screens.pop(gone, None)
        if method == "pinChatMessage":
            if person.opening:
                person.talk, person.opening = person.opening, None
            return
        for message in line.get("messages", ()):
            self.see(person, line, message, at)
        if person.acted and method.startswith(("send", "edit", "delete")):
            self.answers.append(at - person.acted)
            person.acted = None
        if person.step is not None:
            self.clock.at(0, person)

    def see(self, person, line, message, at):
        text = message.get("text") or message.get("caption") or ""
        known = text.split("\n")[-1]
        if line["method"] in ("sendMessage", "copyMessage") and known in self.sent:
            author, _, when = self.sent[known]
            if author != person.id:
                if not self.arrived[known]:
                    self.deliveries.append(at - when)
                    self.order[author, person.id].append(known)
                self.arrived[known].append((person.id, at))
        markup = line["params"].get("reply_markup")
        if isinstance(markup, str):
            markup = json.loads(markup)
        if markup and "keyboard" in markup:
            person.typing = True
        data = [button["callback_data"] for row in message.get("reply_markup", {}).get("inline_keyboard", ())
                for button in row if "callback_data" in button]
        number = message["message_id"]
        person.screens.pop(number, None)
        if data:
            person.screens[number] = data
            while len(person.screens) > 6:
                del person.screens[next(iter(person.screens))]
        opened = next((one for one in data if one.startswith("talk:open:")), None)
        if opened and line["method"].startswith("send") and "photo" in message:
            match = int(opened.rsplit(":", 1)[1])
            self.told[person.id, match].append(at)
            person.offered.setdefault(match, (number, opened))

    # -- what people do

    def done(self, status, answer):
        if status not in (200, 201):
            self.refused.append((status, answer))

    def press(self, person, message, data):
        self.actions += 1
        person.acted = time.time()
        self.wire.ask("POST", "/presses", {"person": person.id, "bot": self.bot, "message_id": message, "data": data},
                      self.done)

    def say(self, person, content):
        self.actions += 1
        self.wire.ask("POST", "/messages", {"person": person.id, "bot": self.bot, **content}, self.done)

    def register(self, person):
        what, begin = self.REGISTRATION[person.step]
        if what == "place":
            if not person.typing:
                return
            latitude, longitude = person.town
            self.say(person, {"location": {"latitude": latitude, "longitude": longitude}})
        else:
            begin += {"sex": str(person.sex), "seeks": str(1 - person.sex)}.get(what, "")
            found = person.find(begin)
            if not found:
                return
            if what == "end":
                person.step = None
                self.registered += 1
                return
            if what == "age":
                self.say(person, {"text": str(20 + person.number % 15)})
            else:
                self.press(person, *found)
        person.step += 1

    def act(self, person):
        """One deed of somebody who is registered."""
        if person.acted and time.time() - person.acted < 30:
            return  # still waits for an answer
        if person.offered and not person.opening and self.dice.random() < 0.5:
            match, (message, data) = person.offered.popitem(last=False)
            person.opening, person.talk = match, None
            self.press(person, message, data)
        elif person.talk and self.dice.random() < 0.4:
            person.said += 1
            text = f"Привет {words(person.number)} {words(person.said)}"
            self.sent[text] = (person.id, person.talk, time.time())
            self.say(person, {"text": text})
        else:
            self.look(person)

    def look(self, person):
        card = person.find("deck:like:")
        if card and card not in person.judged:
            person.judged.add(card)
            message, data = card
            liked = self.dice.random() < 0.6
            candidate = int(data.split(":")[2])
            # Shown twice (its answer was long in coming, and the deck opened once more): the first press holds.
            self.presses.setdefault((person.id, candidate), (liked, time.time()))
            self.press(person, message, data if liked else data.replace("deck:like:", "deck:skip:"))
        elif found := person.find("deck:next") or person.find("deck:on:"):
            self.press(person, *found)
        else:
            self.say(person, {"text": "/people"})

    # -- time

    def turn(self):
        for person in self.clock.due():
            if person.step is not None:
                self.register(person)
            elif self.running:
                self.act(person)
                self.clock.at(time.time() + self.every, person)
        self.wire.turn(self.clock.wait())
        self.listen()

    def until(self, what, condition, seconds):
        end = time.time() + seconds
        while not condition():
            assert time.time() < end, f"waited {seconds} s for {what}: {self.registered} registered, {self.refused[:3]}"
            self.turn()

    def register_all(self, at_once, seconds):
        """The first of each town and sex through the conversation; everybody else gets that one's profile under their own
        name, as the conversation leaves it, and begins with /start. Returns how many have registered, and in what time."""
        begun = time.time()
        first, others = self.people[:self.one_of_each], self.people[self.one_of_each:]
        self.begin(first, at_once, begun + seconds)
        took = time.time() - begun
        self.settle(quiet=1, seconds=60)
        self.copy_profiles(others)
        for person in others:
            person.step = len(self.REGISTRATION) - 1
        self.begin(others, at_once, begun + seconds)
        return len(first), took, time.time() - begun

    def begin(self, people, at_once, end):
        waiting, done = list(reversed(people)), self.registered + len(people)
        while self.registered < done:
            while waiting and len(waiting) + at_once > done - self.registered:
                self.say(waiting.pop(), {"start": ""})
            assert time.time() < end, f"{done - self.registered} of {len(people)} are not there in time"
            self.turn()

    def copy_profiles(self, people):
        pairs = ", ".join(f"({one.id}, '{self.name_of(one)}', {self.people[one.number % self.one_of_each].id})"
                          for one in people)
        if not pairs:
            return
        written = self.ask(f"""
            CREATE TEMP TABLE pairs AS SELECT * FROM (VALUES {pairs}) AS p (telegram_id, name, like_id);
            INSERT INTO accounts.users (telegram_id, first_name, language, created_at, last_seen_at)
              SELECT p.telegram_id, p.name, u.language, u.created_at, u.last_seen_at
              FROM pairs p JOIN accounts.users u ON u.telegram_id = p.like_id;
            INSERT INTO dating.profiles
              SELECT (jsonb_populate_record(l, jsonb_build_object('user_id', u.user_id, 'name', p.name))).*
              FROM pairs p JOIN accounts.users u USING (telegram_id) JOIN accounts.users t ON t.telegram_id = p.like_id
              JOIN dating.profiles l ON l.user_id = t.user_id;
            INSERT INTO dating.ratings
              SELECT (jsonb_populate_record(l, jsonb_build_object('user_id', u.user_id))).*
              FROM pairs p JOIN accounts.users u USING (telegram_id) JOIN accounts.users t ON t.telegram_id = p.like_id
              JOIN dating.ratings l ON l.user_id = t.user_id ON CONFLICT DO NOTHING;
            ANALYZE accounts.users; ANALYZE dating.profiles; ANALYZE dating.ratings;
            SELECT count(*) FROM dating.profiles WHERE state = 'active'""")
        assert int(written[0][0]) == len(self.people), f"{written} of {len(self.people)} profiles"

    def live(self, seconds, every, strike=None, strike_every=0):
        """Everybody acts once in `every` seconds; `strike` runs beside it, again and again."""
        self.every, self.running = every, True
        self.answers, self.deliveries, self.actions = [], [], 0
        self.peak_mb = 0
        begun = time.time()
        self.meter.begin()
        self.clock.forget()
        for person in self.people:
            self.clock.at(begun + self.dice.random() * every, person)
        struck, next_strike = None, begun + strike_every
        while time.time() < begun + seconds:
            if strike and time.time() >= next_strike and (struck is None or not struck.is_alive()):
                struck = threading.Thread(target=strike)
                struck.start()
                next_strike = time.time() + strike_every
            self.turn()
            if time.time() > self.meter.last + 1:
                self.meter.look()
                self.look_at_memory()
        self.running = False
        took = time.time() - begun
        said = f"{self.actions / took:.0f} actions/s ({len(self.people) / every:.0f} wanted), {self.meter.shares()}"
        if struck:
            while struck.is_alive():
                self.turn()
        return said

    def look_at_memory(self):
        try:
            self.peak_mb = max(self.peak_mb, memory_mb(self.town.product.pid)[0])
        except OSError:
            pass  # just killed

    def settle(self, quiet, seconds):
        """Until the bot has taken everything, says nothing more, and keeps nothing that it should have said; how long the
        last word of it was waited for."""
        begun = time.time()
        end = begun + seconds
        while time.time() < end:
            self.turn()
            if not self.wire.pending() and time.time() - self.heard > quiet:
                if self.town.bots()[BOT]["pending_updates"] == 0 and not self.overdue():
                    return max(0.0, self.heard - begun)
                time.sleep(0.2)
        raise AssertionError("the bot does not come to rest")

    # -- the judge

    def ask(self, question):
        """Rows of the product's database."""
        pid_file = glob.glob(self.town.folder + "/product/postgres/**/postmaster.pid", recursive=True)[0]
        with open(pid_file) as file:
            sockets = file.read().splitlines()[4]
        account = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        done = subprocess.run([*account, "psql", "-qAtX", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", sockets, "-U", "tandem",
                               "-d", "tandem"], input=question, capture_output=True, text=True, cwd="/")
        assert done.returncode == 0, done.stderr
        return [line.split("\t") for line in done.stdout.splitlines()]

    def overdue(self):
        return int(self.ask("SELECT (SELECT count(*) FROM dating.notices WHERE next_at <= now()) + "
                            "(SELECT count(*) FROM dating.messages WHERE state = 'due' OR edit_due)")[0][0])

    def excused(self, times):
        """Whether all that came again was in flight at a kill."""
        return in_flight(times, self.town.kills)

    def judge(self):
        """What is wrong, as sentences; prints the counts."""
        telegram = {int(inner): int(outer) for inner, outer in
                    self.ask("SELECT user_id, telegram_id FROM accounts.users")}
        kept = {(telegram[int(v)], int(c)): liked == "t" for v, c, liked in
                self.ask("SELECT viewer_id, candidate_id, liked FROM dating.judgements")}
        lost = [key for key, (liked, _) in self.presses.items() if kept.get(key) != liked]
        made_up = [key for key in kept if key not in self.presses]
        liked = {(viewer, telegram[candidate]) for (viewer, candidate), yes in kept.items() if yes}
        mutual = {frozenset(pair) for pair in liked if pair[::-1] in liked}
        matches = {}
        twice = []
        for match, low, high in self.ask("SELECT match_id, low_id, high_id FROM dating.matches"):
            pair = frozenset((telegram[int(low)], telegram[int(high)]))
            if pair in matches:
                twice.append(pair)
            matches[pair] = int(match)
        untold = [(person, match) for pair, match in matches.items() for person in pair
                  if not self.told.get((person, match))]
        waited = []  # from the later like to the news of it
        numbers = {outer: inner for inner, outer in telegram.items()}
        for pair, match in matches.items():
            begun = [self.presses.get((person, numbers[other]), (True, 0))[1]
                     for person in pair for other in pair - {person}]
            waited += [min(times) - max(begun) for person in pair if (times := self.told.get((person, match)))]
        told_again = [key for key, times in self.told.items() if len(times) > 1 and not self.excused(times)]
        for key in told_again:
            print(f"told again: {key}, from the nearest kill on {from_nearest_kill(self.told[key], self.town.kills)}")
        missing, wrong, again = [], [], []
        of_match = {match: pair for pair, match in matches.items()}
        for text, (person, match, _) in self.sent.items():
            came = self.arrived.get(text, [])
            other = next(iter(of_match.get(match, frozenset()) - {person}), None)
            if not came:
                missing.append(text)
            if any(who != other for who, _ in came):
                wrong.append(text)
            if len(came) > 1 and not self.excused([at for _, at in came]):
                again.append(text)
        written = {text: n for n, text in enumerate(self.sent)}
        disordered = [key for key, texts in self.order.items() if texts != sorted(texts, key=written.get)]
        twice_in_flight = sum(len(times) > 1 for times in self.told.values()) - len(told_again) + \
            sum(len(came) > 1 for came in self.arrived.values()) - len(again)
        print(f"{len(self.presses)} judgements, lost {len(lost)}; {len(mutual)} mutual likes, {len(matches)} matches, "
              f"untold {len(untold)}, told after p50 {percentile(waited, 0.5):.2f} s p99 {percentile(waited, 0.99):.2f} s; "
              f"{len(self.sent)} messages, missing {len(missing)}, astray {len(wrong)}; "
              f"in flight at a kill and twice {twice_in_flight}; the contract refused {len(self.refused)} requests")
        bad = {"judgements lost": lost, "judgements nobody made": made_up,
               "mutual likes without a match": mutual - set(matches), "matches without mutual likes": set(matches) - mutual,
               "pairs with two matches": twice, "matches untold": untold, "matches told again": told_again,
               "messages lost": missing, "messages astray": wrong, "messages twice": again,
               "out of order": disordered, "refused by the sandbox": self.refused}
        return [f"{name}: {len(list(some))}, {list(some)[:3]}" for name, some in bad.items() if some], len(bad)

    def figures(self):
        self.look_at_memory()

        def ms(values):
            return f"p50 {percentile(values, 0.5) * 1e3:.0f} p99 {percentile(values, 0.99) * 1e3:.0f} ms"

        return (f"{len(self.answers)} answers {ms(self.answers)}, {len(self.deliveries)} messages {ms(self.deliveries)}, "
                f"memory at most {self.peak_mb:.0f} MB")
