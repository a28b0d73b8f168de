"""What happens at Telegram, for the scripted libtdjson (scripted_tdjson.cpp): written as it happens, and what the library
was asked and said."""
import json
import os
import pathlib
import random
import time

import schema

TEMPLATES = ["message", "chat", "chatTypeSupergroup", "supergroup", "user", "usernames", "messages", "messageText",
             "messagePhoto", "messageForwardInfo", "chatInviteLinkInfo", "updateServiceNotification",
             "chatMemberStatusMember", "chatMemberStatusLeft", "connectionStateConnecting", "connectionStateUpdating",
             "connectionStateReady", "connectionStateWaitingForNetwork", "authenticationCodeTypeTelegramMessage",
             "authorizationStateWaitTdlibParameters", "authorizationStateWaitPhoneNumber", "authorizationStateWaitCode",
             "authorizationStateWaitPassword", "authorizationStateWaitRegistration", "authorizationStateReady",
             "authorizationStateLoggingOut", "authorizationStateClosing", "authorizationStateClosed"]
CHANNEL = -1000000000000


class World:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        os.chmod(self.folder, 0o700)
        self.schema = schema.Schema()
        (self.folder / "templates.json").write_text(
            json.dumps({kind: self.schema.example(kind) for kind in TEMPLATES}))
        (self.folder / "script.jsonl").touch()
        (self.folder / "did.jsonl").touch()

    def happens(self, what, **more):
        with open(self.folder / "script.jsonl", "a") as script:
            script.write(json.dumps({"do": what, **more}) + "\n")

    def account(self, phone, code="11111", **more):
        user_id = int(phone[1:]) % 1_000_000
        self.happens("account", phone=phone, code=code, **{"id": user_id, "first_name": f"Reader {user_id}", **more})
        return phone

    def channel(self, number, title, kind="channel", **more):
        self.happens("chat", chat=CHANNEL - number, title=title, type=kind, **more)
        return CHANNEL - number

    def message(self, chat, number, text="", **more):
        self.happens("message", chat=chat, id=number, text=text, **more)

    def did(self, kind=None):
        """What the library noted: "asked", "said", "joined"."""
        with open(self.folder / "did.jsonl") as did:
            lines = [json.loads(line) for line in did if line.endswith("\n")]
        return [line for line in lines if kind is None or kind in line]

    def asked(self, kind):
        return [line["asked"] for line in self.did("asked") if line["asked"]["@type"] == kind]

    def said(self, kind):
        return [line for line in self.did("said") if line["said"]["@type"] == kind]


def distinct_order(number):
    """An order for a designer that no other one is nearly the same as; its number stands in the title."""
    dice = random.Random(number)
    words = ["".join(dice.choice("бвгджзклмнпрст") + dice.choice("аеиоу") for _ in range(4)) for _ in range(25)]
    return (f"Нужен дизайнер: логотип-{number:05} для кофейни. Бюджет 25 000 ₽, оплата сразу, пишите в личку.\n"
            f"{' '.join(words)}")


def days_ago(days):
    return int(time.time() - 86_400 * days)
