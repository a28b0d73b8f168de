#!/usr/bin/env python3
"""The program with its cache in Redis and its files in S3, as an operator sets it up; Redis dies and comes back. $TANDEM_BINARY
names the program."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from driver import Http, Process, free_port, wait_until  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.path.abspath(os.environ.get("TANDEM_BINARY", os.path.join(ROOT, "build/asan/tandem")))
PASSWORD = "s3cret-of-redis"


def listens(port):
    try:
        Http(port).call("GET", "/", expect=None)
    except ConnectionRefusedError:
        return False
    except Exception:  # it is no web server, or answers in its own way
        return True
    return True


class Stores(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="tandem-stores-", dir="/var/tmp")
        os.chmod(cls.folder, 0o755)
        cls.port, cls.redis_port, cls.s3_port = free_port(), free_port(), free_port()
        cls.redis = cls.start_redis()
        cls.s3 = subprocess.Popen([f"{ROOT}/tests/engines/s3rver", cls.folder, str(cls.s3_port), "tandem-photos"],
                                  stdin=subprocess.DEVNULL, stdout=open(f"{cls.folder}/s3.log", "wb"),
                                  stderr=subprocess.STDOUT)
        wait_until("the S3 server", lambda: listens(cls.s3_port), 120)
        cls.program = Process(BINARY, ["up"], f"{cls.folder}/program.log", **cls.settings())
        cls.program.wait_ready()
        bots = Http(cls.port).call("GET", "/sandbox/v1/bots")["bots"]
        cls.bot = next(bot["id"] for bot in bots if bot["username"] == "tandem_hunt_bot")

    @classmethod
    def tearDownClass(cls):
        try:
            if cls.program.alive():
                cls.program.stop()
        finally:
            for server in (cls.redis, cls.s3):
                server.send_signal(signal.SIGCONT)
                server.kill()
                server.wait()
            shutil.rmtree(cls.folder, ignore_errors=True)

    @classmethod
    def start_redis(cls):
        process = subprocess.Popen(
            ["redis-server", "--port", str(cls.redis_port), "--bind", "127.0.0.1", "--save", "", "--dir", cls.folder,
             "--requirepass", PASSWORD, "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"],
            stdin=subprocess.DEVNULL, stdout=open(f"{cls.folder}/redis.log", "ab"), stderr=subprocess.STDOUT)
        wait_until("Redis", lambda: cls.ask_redis("PING") == "PONG", 20)
        return process

    @classmethod
    def ask_redis(cls, *words):
        done = subprocess.run(["redis-cli", "-p", str(cls.redis_port), "--no-auth-warning", "-a", PASSWORD, *words],
                              capture_output=True, text=True, timeout=20)
        return done.stdout.strip()

    @classmethod
    def settings(cls, **more):
        return {"TANDEM_DATA": f"{cls.folder}/data", "TANDEM_PORT": cls.port,
                "TANDEM_CACHE": f"redis://:{PASSWORD}@127.0.0.1:{cls.redis_port}/1",
                "TANDEM_BLOB": f"s3://127.0.0.1:{cls.s3_port}/tandem-photos/p?tls=no", "TANDEM_BLOB_KEY": "S3RVER",
                "TANDEM_BLOB_SECRET": "S3RVER", **more}

    @classmethod
    def health(cls):
        return Http(cls.port).call("GET", "/readyz", expect=None)

    def command(self, *words, **more):
        env = {k: v for k, v in os.environ.items() if not k.startswith("TANDEM_")}
        env.update({k: str(v) for k, v in self.settings(**more).items()})
        return subprocess.run([BINARY, *words], env=env, capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL)

    def state_of_stores(self):
        return next(part for part in self.health()["parts"] if part["name"] == "stores")

    def metric(self, name):
        shown = Http(self.port).call("GET", "/metrics").decode()
        return float(re.search(rf"^{re.escape(name)} (\S+)$", shown, re.MULTILINE)[1])

    def starts(self, name):
        """A newcomer presses Start in the main bot; the welcome that comes."""
        control = Http(self.port)
        person = control.call("POST", "/sandbox/v1/people", {"people": [{"first_name": name}]})["people"][0]["id"]
        control.call("POST", "/sandbox/v1/messages", {"person": person, "bot": self.bot, "start": ""})
        return wait_until("the welcome", lambda: [
            view for view in control.call("GET", f"/sandbox/v1/messages?chat={self.bot}:{person}")["views"]
            if view["message"]["from"]["id"] == self.bot], 30)

    def test_1_what_is_counted_for_a_screen_lies_in_redis(self):
        self.starts("Ann")
        keys = wait_until("the values", lambda: self.ask_redis("-n", "1", "KEYS", "*").splitlines())
        self.assertTrue(all(re.fullmatch(r"tandem:\d+\.\d+:hunt\.day_\w+", key) for key in keys), keys)
        self.assertGreater(int(self.ask_redis("-n", "1", "PTTL", keys[0])), 0)
        wait_until("the metric", lambda: self.metric("tandem_redis_connected") == 1)
        self.assertEqual(self.state_of_stores()["detail"], "")

    def test_2_doctor_looks_at_both(self):
        said = self.command("doctor").stdout
        self.assertRegex(said, rf"ok +Redis 7\.\S+ at redis://127\.0\.0\.1:{self.redis_port}/1, answers in")
        self.assertRegex(said, r"ok +\S+ in use of 64\.00M, allkeys-lru")
        self.assertRegex(said, rf"ok +s3://127\.0\.0\.1:{self.s3_port}/tandem-photos/p/ answers in")
        self.assertNotIn(PASSWORD, said)
        said = self.command("doctor", TANDEM_BLOB_SECRET="wrong").stdout
        self.assertRegex(said, r"WRONG s3://\S+: SignatureDoesNotMatch")

    def test_3_redis_dies_and_nobody_notices_but_the_operator(self):
        type(self).redis.kill()
        self.redis.wait()
        wait_until("the detail", lambda: "each process caches for itself" in self.state_of_stores()["detail"])
        self.assertTrue(self.health()["ready"])
        self.starts("Bob")
        wait_until("the metric", lambda: self.metric("tandem_redis_connected") == 0)
        said = self.command("doctor")
        self.assertEqual(said.returncode, 1)
        self.assertRegex(said.stdout, r"WRONG Redis at redis://\S+: .*each process caches for itself")
        type(self).redis = self.start_redis()
        wait_until("Redis again", lambda: self.metric("tandem_redis_connected") == 1)
        self.redis.send_signal(signal.SIGSTOP)
        self.starts("Cid")
        self.redis.send_signal(signal.SIGCONT)
        wait_until("Redis again", lambda: self.state_of_stores()["detail"] == "")

    def test_4_a_backup_says_that_the_files_are_elsewhere(self):
        said = self.command("backup", f"{self.folder}/backup.tar")
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertIn("/tandem-photos/p", said.stdout)
        self.assertIn("copy the bucket by its own means", said.stdout)

    def test_5_mistakes_in_the_settings_are_told_and_secrets_are_not(self):
        said = self.command("config", "check", TANDEM_CACHE=f"http://:{PASSWORD}@127.0.0.1", TANDEM_BLOB="s3://host",
                            TANDEM_BLOB_SECRET="")
        self.assertEqual(said.returncode, 2)
        told = said.stdout + said.stderr
        self.assertIn("cache: the address begins with redis:// or rediss://", told)
        self.assertIn("blob: the address has no bucket", told)
        self.assertIn("blob is set, but not blob_key and blob_secret", told)
        printed = self.command("config", "print").stdout
        self.assertIn("s3://127.0.0.1", printed)
        for secret in (PASSWORD, "S3RVER"):
            self.assertNotIn(secret, told + printed)


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2, warnings="ignore").result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} ok, {bad} failed")
    sys.exit(1 if bad else 0)
