"""People of Dating, played through the sandbox's control contract. Standard library only."""
import base64
import random
import struct
import zlib

from driver import wait_until

BOT = "tandem_dating_bot"


def picture(seed, side=400):
    """A PNG that looks like no other: broad stripes of the seed's colours."""
    chance = random.Random(seed)
    tiles = [[bytes(chance.randrange(256) for _ in range(3)) for _ in range(8)] for _ in range(8)]
    rows = b"".join(b"\0" + b"".join(tiles[y * 8 // side][x * 8 // side] for x in range(side)) for y in range(side))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Single:
    """One person in the chat with Dating's bot."""

    def __init__(self, town, name, bot=BOT, **more):
        self.town, self.name = town, name
        self.bot = town.bots()[bot]["id"]
        self.id = town.api("POST", "/people", {"first_name": name, "language_code": "en", **more})["id"]
        self.chat = f"{self.bot}:{self.id}"

    # -- what one does

    def send(self, **content):
        return self.town.api("POST", "/messages", {"person": self.id, "bot": self.bot, **content})["message"]["message_id"]

    def say(self, text, **more):
        return self.send(text=text, **more)

    def start(self, payload=""):
        return self.send(start=payload)

    def press(self, data, wait_s=20):
        """The newest button whose data begins so; what the bot answers on it."""
        message, whole = wait_until(f"{self.name}: button {data}\n{self.seen()}", lambda: self.button(data), 30)
        answer = self.town.api("POST", "/presses", {"person": self.id, "bot": self.bot, "message_id": message,
                                                    "data": whole, "wait_s": wait_s})
        return answer.get("answer")

    def forge(self, data):
        """Presses with data that no button has: what a changed client can do."""
        message = max(view["message"]["message_id"] for view in self.views() if not view["out"])
        return self.town.api("POST", "/presses", {"person": self.id, "bot": self.bot, "message_id": message, "data": data,
                                                  "wait_s": 20}).get("answer")

    # -- what one sees

    def views(self):
        return self.town.api("GET", f"/messages?chat={self.chat}&limit=100")["views"]

    def button(self, data):
        for view in reversed(self.views()):
            for row in view["message"].get("reply_markup", {}).get("inline_keyboard", []):
                for button in row:
                    if button.get("callback_data", "").startswith(data):
                        return view["message"]["message_id"], button["callback_data"]
        return None

    def texts(self):
        """Of the bot's messages, the oldest first."""
        return [view["message"].get("text", view["message"].get("caption", "")) for view in self.views() if not view["out"]]

    def seen(self):
        return "\n".join(f"  {text!r}" for text in self.texts()[-5:])

    def sees(self, words, seconds=30):
        """The newest of the bot's messages with these words."""

        def newest():
            return next((text for text in reversed(self.texts()) if words in text), None)

        try:
            return wait_until(words, newest, seconds)
        except AssertionError:
            raise AssertionError(f"{self.name} does not see {words!r}, but\n{self.seen()}") from None

    # -- whole ways

    def register(self, age, sex, seeks, photos=1, code="", latitude=55.75, longitude=37.62, about="I like long walks"):
        """From Start to a profile that others see. sex: 0 a woman, 1 a man; seeks: 0 women, 1 men, 2 everyone."""
        self.start(f"i_{code}" if code else "")
        self.press("reg:agree:")
        self.sees("1 of 9")
        self.say(self.name)
        self.sees("2 of 9")
        self.say(str(age))
        self.sees("3 of 9")
        self.press(f"me:sex:{sex}")
        self.sees("4 of 9")
        self.press(f"me:seeks:{seeks}")
        self.sees("5 of 9")
        self.send(location={"latitude": latitude, "longitude": longitude})
        self.sees("6 of 9")
        self.say(about)
        self.sees("7 of 9")
        self.press("reg:ask:7")
        self.sees("8 of 9")
        for number in range(photos):
            self.send(photo=base64.b64encode(picture(f"{self.name} {number}")).decode())
        if photos:
            wait_until(f"{photos} photos of {self.name}\n{self.seen()}", lambda: self.has_photos(photos), 60)
        self.press("reg:ask:8")
        self.sees("9 of 9")
        self.press("reg:ask:9")
        self.sees("Is this right?")
        self.press("reg:publish")
        self.sees("Your profile is ready")

    def has_photos(self, count):
        return self.town.sql(f"SELECT count(*) FROM dating.photos p JOIN accounts.users u USING (user_id) "
                             f"WHERE u.telegram_id = {self.id}") == str(count)
