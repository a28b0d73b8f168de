#!/usr/bin/env python3
"""The real program as an operator meets it: start, stop, kill, commands, backup and restore. $TANDEM_BINARY names it."""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from driver import Http, Process, Town, free_port, wait_until  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.path.abspath(os.environ.get("TANDEM_BINARY", os.path.join(ROOT, "build/asan/tandem")))


def environment(**settings):
    env = {k: v for k, v in os.environ.items() if not k.startswith("TANDEM_")}
    env.update({k: str(v) for k, v in settings.items()})
    return env


def command(*arguments, stdin="", **settings):
    return subprocess.run([BINARY, *arguments], input=stdin, env=environment(**settings), capture_output=True, text=True,
                          timeout=180)


class Folder(unittest.TestCase):
    """A test with a data folder of its own."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="tandem-process-", dir="/var/tmp")
        os.chmod(self.folder, 0o755)
        self.running = []

    def tearDown(self):
        for process in self.running:
            if process.alive():
                process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def settings(self, name="data", **more):
        return dict(TANDEM_DATA=f"{self.folder}/{name}", **more)

    def up(self, name="data", port=None, **more):
        port = port or free_port()
        process = Process(BINARY, ["up"], f"{self.folder}/{name}.{len(self.running)}.log",
                          **self.settings(name, TANDEM_PORT=port, **more))
        self.running.append(process)
        process.wait_ready()
        return process

    def log(self, process):
        with open(process.log_path, errors="replace") as log:
            return log.read()[-3000:]

    def postgres_of(self, name="data"):
        """The pid in the private cluster's pid file, 0 if there is none."""
        try:
            with open(f"{self.folder}/{name}/postgres/postmaster.pid") as file:
                return int(file.readline())
        except (FileNotFoundError, NotADirectoryError):
            return next((int(line) for line in self.find_pid(name)), 0)

    def find_pid(self, name):
        for folder, _, files in os.walk(f"{self.folder}/{name}/postgres"):
            if "postmaster.pid" in files:
                with open(f"{folder}/postmaster.pid") as file:
                    yield file.readline()


class Start(Folder):
    def test_sigterm_stops_all_that_was_started(self):
        process = self.up()
        postgres = self.postgres_of()
        self.assertTrue(os.path.exists(f"/proc/{postgres}"))
        self.assertEqual(process.stop(), 0, self.log(process))
        self.assertFalse(os.path.exists(f"/proc/{postgres}"))

    def test_sigterm_during_the_start_leaves_nothing_running(self):
        process = Process(BINARY, ["up"], f"{self.folder}/early.log", **self.settings(TANDEM_PORT=free_port()))
        self.running.append(process)
        postgres = wait_until("the database", self.postgres_of)
        self.assertEqual(process.stop(), 0, self.log(process))
        self.assertFalse(os.path.exists(f"/proc/{postgres}"))

    def test_a_second_start_on_the_same_folder_says_so_and_stops(self):
        first = self.up()
        second = command("up", **self.settings(TANDEM_PORT=free_port()))
        self.assertEqual(second.returncode, 1)
        self.assertIn(f"{self.folder}/data", second.stderr)
        self.assertEqual(Http(first.port).call("GET", "/readyz")["ready"], True)

    def test_after_kill_9_the_next_start_adopts_the_cluster_and_everything_is_there(self):
        first = self.up()
        control = Http(first.port)
        control.call("POST", "/sandbox/v1/people", {"first_name": "Ann"})
        first.kill()
        second = self.up(port=first.port)
        people = Http(second.port).call("GET", "/sandbox/v1/people")["people"]
        self.assertEqual([person["first_name"] for person in people], ["Ann"])
        self.assertEqual(second.stop(), 0, self.log(second))
        self.assertEqual(self.postgres_of(), 0)

    def test_a_taken_port_is_told_and_nothing_is_left_running(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            done = command("up", **self.settings(TANDEM_PORT=taken.getsockname()[1]))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"(?i)address already in use|port")
        self.assertEqual(self.postgres_of(), 0)

    def test_health_ready_and_metrics_answer(self):
        process = self.up()
        probe = Http(process.port)
        self.assertTrue(probe.call("GET", "/healthz"))
        ready = probe.call("GET", "/readyz")
        self.assertIn("delivery", [part["name"] for part in ready["parts"]])
        self.assertIn(b"tandem_", probe.call("GET", "/metrics"))


class Settings(Folder):
    def test_all_mistakes_are_reported_at_once_with_what_to_write(self):
        done = command("up", **self.settings(TANDEM_PORT="lots", TANDEM_TRIAL_HOURS="0", TANDEM_DATABSE="x"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("TANDEM_PORT = lots: write a whole number", done.stderr)
        self.assertIn("TANDEM_TRIAL_HOURS = 0: write a whole number", done.stderr)
        self.assertIn("did you mean TANDEM_DATABASE?", done.stderr)

    def test_a_public_address_without_tls_is_refused(self):
        done = command("config", "check", **self.settings(TANDEM_PUBLIC_PORT=8443, TANDEM_PUBLIC_ADDRESS="0.0.0.0"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("certificate_file", done.stderr)

    def test_secrets_are_not_printed(self):
        token = "123456789:AAFabcdefghijklmnopqrstuvwxyz0123456"
        done = command("config", "print", **self.settings(TANDEM_MAIN_BOT_TOKEN=token))
        self.assertEqual(done.returncode, 0)
        self.assertNotIn(token, done.stdout)
        self.assertIn('main_bot_token = "[secret]"', done.stdout)

    def test_a_settings_file_in_the_data_folder_is_read(self):
        os.makedirs(f"{self.folder}/data")
        with open(f"{self.folder}/data/tandem.toml", "w") as file:
            file.write("trial_hours = 72\n")
        self.assertIn("trial_hours = 72", command("config", "print", **self.settings()).stdout)


class Real(Folder):
    TOKEN = "123456789:AAFabcdefghijklmnopqrstuvwxyz0123456"

    def test_with_a_real_token_the_sandbox_does_not_exist(self):
        # Nothing listens there: the bot cannot start, but everything else does.
        process = self.up(TANDEM_MAIN_BOT_TOKEN=self.TOKEN, TANDEM_TELEGRAM_API="http://127.0.0.1:9",
                          TANDEM_CHANNEL_PAGES="http://127.0.0.1:9")
        probe = Http(process.port)
        for path in ("/sandbox/v1/people", "/sandbox/v1/clock", "/sandbox/", f"/bot{self.TOKEN}/getMe", "/s/jobs"):
            self.assertIn(b"404", str(self.status(process.port, path)).encode(), path)
        self.assertNotIn(self.TOKEN, self.log(process))
        self.assertIsNotNone(probe)

    def status(self, port, path):
        import http.client
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", path)
        return connection.getresponse().status

    def test_a_sandbox_never_becomes_real(self):
        self.up().stop()
        done = command("up", **self.settings(TANDEM_PORT=free_port(), TANDEM_MAIN_BOT_TOKEN=self.TOKEN))
        self.assertEqual(done.returncode, 1)
        self.assertIn("sandbox and stays one", done.stderr)


class Commands(Folder):
    def test_without_an_installation_commands_say_so_and_make_none(self):
        for words in (("admin", "create"), ("bots", "list"), ("sources", "list"), ("doctor",), ("backup", "/var/tmp/x")):
            done = command(*words, **self.settings())
            self.assertEqual(done.returncode, 1, words)
            self.assertIn("tandem up", done.stdout + done.stderr)
        self.assertFalse(os.path.exists(f"{self.folder}/data"))

    def test_roles_help_and_version(self):
        roles = command("roles", **self.settings())
        names = [line.split()[0] for line in roles.stdout.splitlines()]
        self.assertEqual(names, ["reader", "classifier", "delivery", "bots", "scheduler", "matching", "rating", "api", "relay",
                                 "sandbox"])
        self.assertIn("up", command("--help").stdout)
        self.assertRegex(command("version").stdout, r"^tandem \d+\.\d+\.\d+\n$")
        self.assertNotEqual(command("nonsense").returncode, 0)
        wrong = command("serve", "nobody", **self.settings())
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("tandem roles", wrong.stderr)

    def test_sources_are_added_listed_paused(self):
        process = self.up()
        port = dict(TANDEM_PORT=process.port)
        self.assertEqual(command("sources", "add", "https://t.me/some_jobs", **self.settings(**port)).returncode, 0)
        again = command("sources", "add", "@some_jobs", **self.settings(**port))
        self.assertEqual(again.returncode, 1)
        self.assertIn("already", again.stderr)
        self.assertEqual(command("sources", "add", "no good", **self.settings(**port)).returncode, 1)
        self.assertIn("@some_jobs", command("sources", "list", **self.settings(**port)).stdout)
        self.assertEqual(command("sources", "pause", "@some_jobs", **self.settings(**port)).returncode, 0)
        self.assertEqual(command("log", "hunt", "debug", **self.settings(**port)).returncode, 0)
        dead = command("queue", "dead", **self.settings(**port))
        self.assertEqual((dead.returncode, dead.stdout), (0, "No dead letters.\n"), dead.stderr)
        self.assertEqual(command("queue", "replay", "judge", "7", **self.settings(**port)).returncode, 1)
        self.assertIn("is nobody here", command("journal", "@nobody", **self.settings(**port)).stderr)

    def test_backup_and_restore_bring_everything_to_an_empty_machine(self):
        process = self.up()
        control = Http(process.port)
        person = control.call("POST", "/sandbox/v1/people", {"first_name": "Ann", "language_code": "en"})["id"]
        bot = next(b["id"] for b in control.call("GET", "/sandbox/v1/bots")["bots"] if b["username"] == "tandem_design_bot")
        control.call("POST", "/sandbox/v1/messages", {"person": person, "bot": bot, "start": ""})
        wait_until("the greeting", lambda: len(control.call(
            "GET", f"/sandbox/v1/messages?chat={bot}:{person}")["views"]) > 1)
        file = f"{self.folder}/all.backup"
        done = command("backup", file, **self.settings(TANDEM_PORT=process.port))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(os.stat(file).st_mode & 0o777, 0o600)
        refused = command("restore", file, **self.settings(TANDEM_PORT=process.port))
        self.assertEqual(refused.returncode, 1)
        process.stop()

        done = command("restore", file, **self.settings("other"))
        self.assertEqual(done.returncode, 0, done.stderr)
        again = self.up("other", port=process.port)
        bots = command("bots", "list", **self.settings("other", TANDEM_PORT=again.port))
        self.assertIn("14 bots", bots.stdout)
        self.assertEqual(Http(again.port).call("GET", "/sandbox/v1/people")["people"][0]["first_name"], "Ann")

    def test_classify_answers_each_line_in_order_and_needs_nothing(self):
        posts = [{"id": 1, "text": "Нужен дизайнер: логотип для кофейни, бюджет 20 000 ₽, пишите @anna"},
                 {"id": "b", "text": "Всем привет, как дела?"}]
        lines = [json.dumps(posts[0], ensure_ascii=False), "this is no JSON", json.dumps(posts[1], ensure_ascii=False)]
        done = subprocess.run([BINARY, "classify"], input="\n".join(lines) + "\n", capture_output=True, text=True,
                              env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}, cwd="/", timeout=60)
        verdicts = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(done.returncode, 1)
        self.assertEqual([verdict["id"] for verdict in verdicts], [1, None, "b"])
        self.assertEqual(verdicts[0]["kind"], "vacancy")
        self.assertEqual(verdicts[0]["categories"], ["design"])
        self.assertIn("error", verdicts[1])
        self.assertEqual(verdicts[2]["kind"], "none")
        self.assertEqual(set(verdicts[2]), {"id", "kind", "categories", "confidence", "scam"})

    def test_replay_scores_past_showings_and_needs_nothing(self):
        with open(f"{self.folder}/people.csv", "w") as people, open(f"{self.folder}/shown.csv", "w") as shown:
            people.write("person_id,sex,age\n1,m,30\n2,f,28\n3,f,28\n")
            shown.write("seq,viewer_id,candidate_id,liked\n7,1,2,1\n8,1,3,0\n9,2,1,1\n")
        words = ("replay", "--profiles", f"{self.folder}/people.csv", "--showings", f"{self.folder}/shown.csv")
        done = command(*words)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([line.split(",")[0] for line in done.stdout.splitlines()], ["seq", "7", "8", "9"])
        self.assertEqual(command("replay", "--profiles", "/nonexistent", "--showings", "/nonexistent").returncode, 1)

    def test_the_numbers_of_the_rating_are_listed_and_held(self):
        port = dict(TANDEM_PORT=self.up().port)
        listed = command("dating", "coefficients", "list", **self.settings(**port))
        self.assertRegex(listed.stdout, r"^0 +in use +shipped")
        self.assertEqual(command("dating", "coefficients", "use", "7", **self.settings(**port)).returncode, 1)
        self.assertEqual(command("dating", "coefficients", "use", "0", **self.settings(**port)).returncode, 0)
        self.assertIn("in use, held", command("dating", "coefficients", "list", **self.settings(**port)).stdout)
        self.assertIn("too few", command("dating", "coefficients", "refit", **self.settings(**port)).stdout)
        self.assertNotIn("held", command("dating", "coefficients", "list", **self.settings(**port)).stdout)


class Way(unittest.TestCase):
    """The sandbox and the product as two processes, as the benches and fault runs use them."""

    def test_a_post_arrives_after_both_were_started_apart(self):
        town = Town(BINARY)
        try:
            town.start()
            bot = town.bots()["tandem_design_bot"]["id"]
            person = town.people(1)[0]
            town.subscribe(person, [bot])
            town.api("POST", "/channels", {"username": "zakazy", "title": "Заказы"})
            chat = f"/messages?chat={bot}:{person}"
            wait_until("the greeting", lambda: len(town.api("GET", chat)["views"]) > 1)
            wait_until("the source", lambda: "@zakazy" in town.run("sources", "list"))
            town.api("POST", "/posts", {"channel": "zakazy", "text": "Нужен дизайнер: логотип для кофейни. Бюджет "
                                                                     "25 000 ₽, писать @anna_cafe"})
            card = wait_until("the card", lambda: [v for v in town.api("GET", chat)["views"]
                                                   if "логотип" in v["message"].get("text", "")])
            self.assertEqual(len(card), 1)
        finally:
            town.close()


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2, warnings="ignore").result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} ok, {bad} failed")
    sys.exit(1 if bad else 0)
