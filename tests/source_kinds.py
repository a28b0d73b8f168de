"""Every kind of source that orders can come from beside public channels (orders.Channel), for tests that write them: chats
of a reader account, a channel that a bot is a member of, feeds, the operator's chat, exports of Telegram Desktop."""
import json
import os
import random
import re
import subprocess
import threading
import time

from driver import wait_until
from feeds import Feed
from orders import Channel, number_in

ANNA = {"id": 77, "first_name": "Анна", "username": "Anna_Orders"}


class Operator:
    """Somebody who has claimed the product, in the main bot's chat."""

    def __init__(self, town):
        self.town = town
        self.main = town.bots()["tandem_hunt_bot"]["id"]
        self.person = town.people(1)[0]
        code = re.search(r"/claim (\S+)", town.run("admin", "create")).group(1)
        self.say("/start")
        self.say(f"/claim {code}")
        wait_until("the operator's chat", lambda: len(self.views()) >= 3)

    def post(self, path, **more):
        return self.town.api("POST", path, {"person": self.person, "bot": self.main, **more})

    def say(self, text):
        self.post("/messages", text=text)

    def views(self):
        """The newest 500 messages of the chat."""
        return [view["message"] for view in
                self.town.api("GET", f"/messages?chat={self.main}:{self.person}&limit=500")["views"]]

    def buttons(self, data):
        """(message, data) of the buttons in the chat whose data begin so."""
        return [(message, button["callback_data"]) for message in self.views()
                for row in message.get("reply_markup", {}).get("inline_keyboard", []) for button in row
                if button.get("callback_data", "").startswith(data)]

    def press(self, message, data):
        self.post("/presses", message_id=message["message_id"], data=data)


class Brought(Channel):
    """Orders that the operator brings: pasted, or forwarded from a channel that nobody reads. Those that are to go are
    undone by the button under their answer, once it is there: after a kill that may take a minute."""
    edits = False

    def __init__(self, town, operator, forwards, deletes):
        self.kind = "operator, forwarded" if forwards else "operator, pasted"
        self.town, self.operator, self.forwards, self.deletes = town, operator, forwards, deletes
        self.brought, self.undone, self.to_undo = set(), set(), set()
        if forwards:
            self.name = "elsewhere"
            self.chat = town.api("POST", "/channels", {"username": self.name, "title": "Elsewhere", "preview": False})["chat_id"]

    def write(self, text):
        if self.forwards:
            post = super().write(text)
            self.operator.post("/messages", forward={"chat": str(self.chat), "message_id": post})
        else:
            self.operator.say(text)
        n = number_in(text)
        self.brought.add(n)
        return n

    def delete(self, n):
        self.to_undo.add(n)

    def tend(self):
        for message, data in self.operator.buttons("src:undo:") if self.to_undo else []:
            n = number_in(message.get("text", ""))
            if n in self.to_undo:
                self.operator.press(message, data)
                self.to_undo.discard(n)
                self.undone.add(n)

    def finish(self):
        wait_until("what is to be undone", lambda: self.tend() or not self.to_undo, 120, 0.5)

    def unanswered(self):
        """Brought orders of which the operator has not been told what they were taken for."""
        told = set()
        for line in self.town.record():
            if line.get("chat_id") == self.operator.person:
                told |= {number_in(message.get("text", "")) for message in line.get("messages", [])}
        return self.brought - told


class BotChat(Channel):
    """A channel without a preview page; the bot is its member, and the operator has said that it is to be read."""
    kind, deletes = "bot in a chat", False  # nobody tells a bot what was deleted

    def __init__(self, town, operator, name, title):
        self.town, self.name = town, name
        town.api("POST", "/channels", {"username": name, "title": title, "preview": False, "bots": [operator.main]})
        operator.press(*wait_until("the question whether to read it", lambda: operator.buttons("src:read:"))[-1])
        wait_until("it is read", lambda: re.search(rf"{name}.* active|active.*{name}", town.run("sources", "list")), 30, 0.3)


class AccountChat(Channel):
    """A chat that a reader account (scripted libtdjson) has joined; by its link, written in by people, or a public
    channel."""
    kind = "reader account"

    def __init__(self, town, number, title, name=""):
        self.world, self.last, self.private = town.world, 0, not name
        where = {"username": name} if name else {"invite": f"Orders{number:06}"}
        self.chat = self.world.channel(number, title, kind="channel" if name else "group", **where)
        town.add("@" + name if name else f"https://t.me/+Orders{number:06}")
        wait_until(f"{title} is joined", lambda: re.search(rf"  {title} +active +joined", town.listed()), 60, 0.3)

    def write(self, text):
        self.last += 1
        self.world.message(self.chat, self.last, text, **({"from": ANNA} if self.private else {}))
        return self.last

    def edit(self, post, text):
        self.world.happens("edit", chat=self.chat, id=post, text=text)

    def delete(self, post):
        self.world.happens("delete", chat=self.chat, ids=[post])


class FeedSource(Channel):
    deletes = False  # what a feed does not show any more is old, not gone

    def __init__(self, town, atom):
        self.kind = "Atom feed" if atom else "RSS feed"
        self.feed = Feed(self.kind, atom)
        self.write, self.edit = self.feed.write, self.feed.edit
        town.run("sources", "add", self.feed.address())
        wait_until("the feed is read", lambda: self.feed.asked, 30)


class Export(Channel):
    """A chat that comes as a Telegram Desktop export, again and again: each one has what came since the one before, and
    some of that. Each import is killed in the middle and repeated."""
    kind, deletes = "export", False  # what is not in an export may be older than it
    overlap = 30
    room = 100_000  # bytes of nothing between two orders: an import takes several steps

    def __init__(self, town, seed):
        self.town, self.dice = town, random.Random(seed)
        self.messages, self.exported = [], 0
        self.changed = threading.Lock()  # of the messages: imports have a thread of their own
        self.imports, self.kills, self.in_the_middle = 0, 0, 0
        self.work, self.trouble = None, []

    def write(self, text):
        with self.changed:
            self.messages.append({"id": len(self.messages) + 1, "type": "message", "date_unixtime": str(int(time.time())),
                                  "from": "Orders", "text": text})
            return len(self.messages) - 1

    def edit(self, at, text):
        with self.changed:
            self.messages[at] = {**self.messages[at], "text": text}
            self.exported = min(self.exported, at)  # it has to be in the next export too

    def export(self):
        """The file; how many messages are in it."""
        with self.changed:
            some = self.messages[max(0, self.exported - self.overlap):]
            self.exported = len(self.messages)
        nothing = {"id": 1, "type": "service", "date_unixtime": "1", "action": "pin_message", "text": "x" * self.room}
        path = f"{self.town.folder}/export.json"
        with open(path, "w") as file:
            json.dump({"name": "Orders", "type": "public_channel", "id": 1234567890,
                       "messages": [one for message in some for one in (message, nothing)]}, file, ensure_ascii=False)
        return path

    def run(self, path, lines):
        """Imports; killed after so many lines of progress, if any. What it said; None: it was killed before its end."""
        others = {k: v for k, v in os.environ.items() if not k.startswith("TANDEM_")}
        importer = subprocess.Popen([self.town.binary, "import", "export", path, "--source", "old_orders"], text=True,
                                    env={**others, **{k: str(v) for k, v in self.town.environment().items()}},
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = ""
        for line in importer.stdout:
            said += line
            lines -= 1
            if lines == 0:
                importer.kill()
        if importer.wait() == -9:
            return None
        if importer.returncode != 0:
            self.trouble.append(said)
        return said

    def import_all(self):
        path = self.export()
        self.imports += 1
        if self.run(path, self.dice.randint(1, 8)) is None:
            self.kills += 1
            said = self.run(path, 0)
            new, known = map(int, re.search(r"(\d+) new, \d+ edited, (\d+) were there", said).groups())
            self.in_the_middle += new > 0 and known > 0

    def tend(self):
        if self.work and self.work.is_alive() or self.exported == len(self.messages):
            return
        self.work = threading.Thread(target=self.import_all)
        self.work.start()

    def finish(self):
        while self.exported < len(self.messages) or self.work:
            self.tend()
            self.work.join()
            self.work = None
