"""The whole program with reader accounts on the scripted libtdjson, beside the sandbox in which its cards arrive."""
import glob
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from driver import Town, wait_until  # noqa: E402

from world import World  # noqa: E402

BINARY = os.path.abspath(os.environ.get("TANDEM_BINARY", HERE.parents[1] / "build/asan/tandem"))
LIBRARY = os.environ.get("SCRIPTED_LIBRARY", str(pathlib.Path(BINARY).parent / "tests/libscripted_tdjson.so"))
PEOPLE = {"TANDEM_TELEGRAM_API_ID": 12345, "TANDEM_TELEGRAM_API_HASH": "0123456789abcdef0123456789abcdef"}


class ReaderTown(Town):
    def __init__(self, **settings):
        quick = dict(TANDEM_TDLIB=LIBRARY, TANDEM_READER_REQUEST_GAP_MS=10, TANDEM_READER_JOIN_GAP_S=0,
                     TANDEM_READER_JOINS_PER_DAY=20, TANDEM_READER_POLL_S=1, TANDEM_BOT_RATE=0, **PEOPLE)
        super().__init__(BINARY, limits=False, settings={**quick, **settings})
        self.world = World(self.folder + "/world")
        self.settings["SCRIPTED_TDLIB"] = str(self.world.folder)

    def variables(self):
        """The environment of a command."""
        others = {k: v for k, v in os.environ.items() if not k.startswith("TANDEM_")}
        return {**others, **{k: str(v) for k, v in self.environment().items()}}

    def command(self, *arguments, typed=""):
        """A command with what is typed into it; (code, output and errors)."""
        done = subprocess.run([self.binary, *arguments], env=self.variables(), input=typed, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr

    def log_in(self, name, phone, code="11111"):
        """Makes the account at Telegram and logs it in."""
        self.world.account(phone, code)
        done, said = self.command("reader", "login", "--name", name, typed=f"{phone}\n{code}\n")
        assert done == 0, said

    def add(self, source):
        done, said = self.command("reader", "add", source)
        assert done == 0, said

    def listed(self):
        return self.run("reader", "list")

    def reader_of(self, category="design"):
        """A person who reads a category; the address of their chat."""
        bot = self.bots()[f"tandem_{category}_bot"]["id"]
        person = self.people(1)[0]
        self.subscribe(person, [bot])
        chat = f"/messages?chat={bot}:{person}&limit=500"
        wait_until("the greeting", lambda: len(self.api("GET", chat)["views"]) > 1)
        return chat

    def cards(self, chat, words):
        return [view for view in self.api("GET", chat)["views"] if words in view["message"].get("text", "")]

    def card(self, chat, words, seconds=30):
        return wait_until(f"the card of {words}", lambda: self.cards(chat, words), seconds)[0]

    def ask(self, question):
        """Rows of the product's database, each a list of texts."""
        pid_file = next(iter(glob.glob(self.folder + "/product/postgres/**/postmaster.pid", recursive=True)))
        with open(pid_file) as file:
            sockets = file.read().splitlines()[4]
        account = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        done = subprocess.run([*account, "psql", "-qAtX", "-F", "\t", "-h", sockets, "-U", "tandem", "-d", "tandem", "-c",
                               question], capture_output=True, text=True, cwd="/")
        assert done.returncode == 0, done.stderr
        return [line.split("\t") for line in done.stdout.splitlines()]

    def stored(self, title):
        """Message ids of a chat's stored posts, ascending."""
        return [int(row[0]) for row in self.ask("SELECT message_id FROM hunt.posts JOIN hunt.sources USING (source_id) "
                                                f"WHERE title = '{title}' ORDER BY message_id")]

    def mark(self, title):
        rows = self.ask(f"SELECT last_message_id FROM hunt.sources WHERE title = '{title}'")
        return int(rows[0][0]) if rows else 0
