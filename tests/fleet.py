"""The product as on many machines: several processes over one PostgreSQL, RabbitMQ and Redis, each server started here on
loopback in a folder under /var/tmp. Standard library only."""
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tools"))
from driver import Http, Process, Town, free_port, probe_status, wait_until  # noqa: E402
from throwaway_cluster import server as postgresql  # noqa: E402

# What runs where. The sandbox is a process of its own besides.
MACHINES = {"bots": ["bots"], "reader": ["reader", "relay"], "judge": ["classifier", "scheduler"],
            "delivery": ["delivery"]}


class Rabbit:
    """A RabbitMQ of our own, with the users of tests/engines/rabbitmq."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder)
        self.port, *others = [free_port() for _ in range(4)]
        self.command = [os.path.join(ROOT, "tests/engines/rabbitmq"), folder, str(self.port), *map(str, others)]
        self.url = f"amqp://tandem:secret@127.0.0.1:{self.port}/?heartbeat=2"
        self.process = None
        self.start()

    def start(self):
        with open(self.folder + "/output", "ab") as output:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            start_new_session=True)
        wait_until("RabbitMQ", lambda: "Starting broker... completed" in self.output(), 180)

    def output(self):
        with open(self.folder + "/output", errors="replace") as output:
            return output.read()

    def kill(self, how=signal.SIGKILL):
        self.process.send_signal(how)
        self.process.wait()
        os.truncate(self.folder + "/output", 0)

    def close(self):
        if self.process.poll() is None:
            self.kill()


class Redis:
    def __init__(self, folder):
        os.makedirs(folder)
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process = subprocess.Popen(
            ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir", folder],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def values(self):
        """How many it holds."""
        said = subprocess.run(["redis-cli", "-p", str(self.port), "DBSIZE"], capture_output=True, text=True, check=True)
        return int(said.stdout)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Fleet(Town):
    """A town whose product is several processes. kill() takes one of them, by chance; start() starts what does not run."""

    def __init__(self, binary, settings=None, dice=None, **how):
        super().__init__(binary, settings=settings, **how)
        self.dice = dice or random.Random(1)
        self.machines = {}
        self.servers = contextlib.ExitStack()
        try:
            host = self.servers.enter_context(postgresql())
            self.rabbit = Rabbit(self.folder + "/rabbit")
            self.servers.callback(self.rabbit.close)
            self.redis = Redis(self.folder + "/redis")
            self.servers.callback(self.redis.close)
        except BaseException:
            self.close()
            raise
        self.settings = dict(self.settings, TANDEM_DATABASE=f"postgres://tandem@/postgres?host={host}",
                             TANDEM_QUEUE=self.rabbit.url, TANDEM_CACHE=self.redis.url)

    def environment(self):
        return dict(super().environment(), TANDEM_DATA=self.folder + "/bots")

    def start(self, seconds=120):
        """Ready, all of them; the first makes the master key, of which the others get a copy."""
        for name in MACHINES:
            if name in self.machines and self.machines[name].alive():
                continue
            fresh = name not in self.machines
            self.launch(name)
            if fresh and name == "bots":
                self.wait_ready(seconds)
        self.wait_ready(seconds)

    def launch(self, name):
        data = f"{self.folder}/{name}"
        if name != "bots" and not os.path.exists(data + "/keys"):
            shutil.copytree(self.folder + "/bots/keys", data + "/keys")
        self.machines[name] = Process(self.binary, ["serve", *MACHINES[name]], data + ".log",
                                      **dict(self.environment(), TANDEM_DATA=data, TANDEM_PORT=free_port()))

    def wait_ready(self, seconds=120):
        for process in self.machines.values():
            process.wait_ready(seconds)

    def ready(self, name):
        return probe_status(self.machines[name].port) == 200

    def kill(self, name=None):
        self.kills.append(time.time())
        self.machines[name or self.dice.choice(sorted(self.machines))].kill()

    def figure(self, machine, name):
        """The sum of a metric's series in one of the processes."""
        text = Http(self.machines[machine].port).call("GET", "/metrics", expect=(200,)).decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if line.startswith(name) and line[len(name)] in " {")

    def close(self):
        try:
            codes = {name: process.stop() for name, process in self.machines.items() if process.alive()}
        finally:
            self.servers.close()
            super().close()
        assert not any(codes.values()), f"exit codes {codes}"
