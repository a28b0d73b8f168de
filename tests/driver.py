"""Drives the real program in whole-process tests and benches: starts processes, plays people through the sandbox's
control contract (docs/sandbox.md), reads the record. Standard library only."""
import collections
import glob
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

CATEGORIES = ["development", "data", "design", "illustration", "video", "copywriting", "translation", "smm",
              "marketing", "management", "assistant", "sales"]


PORTS = set()


def free_port():
    """A port of loopback on which nobody listens; none is given twice. It lies below those which the system hands out: of
    them one may go to a connection, even to the one that asks whether the program listens yet."""
    while True:
        port = random.SystemRandom().randrange(12000, 32768)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in PORTS:
            PORTS.add(port)
            return port


class Process:
    """One program of ours with its own environment; its output goes to a file."""

    def __init__(self, binary, arguments, log, **environment):
        env = {k: v for k, v in os.environ.items() if not k.startswith("TANDEM_")}
        env.update({k: str(v) for k, v in environment.items()})
        self.log_path = log
        self.log = open(log, "ab")
        self.said_before = self.log.tell()
        self.port = environment.get("TANDEM_PORT")
        self.started = time.time()
        self.process = subprocess.Popen([binary, *arguments], stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, env=env, start_new_session=True)

    @property
    def pid(self):
        return self.process.pid

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()

    def stop(self, seconds=60):
        """SIGTERM and wait; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"did not stop within {seconds} s, see {self.log_path}")
        finally:
            self.log.close()

    def alive(self):
        return self.process.poll() is None

    def said(self):
        """What it has written in this life."""
        with open(self.log_path, "rb") as log:
            log.seek(self.said_before)
            return log.read().decode(errors="replace")

    def wait_ready(self, seconds=120):
        """Until it says that it listens on its port, and all of its parts are ready."""
        def ready():
            assert self.alive(), f"it has ended: {self.said()[-3000:]}"
            return f"ready http://127.0.0.1:{self.port}/" in self.said() and probe_status(self.port) == 200

        wait_until(f"the program of {self.log_path}", ready, seconds)


class Http:
    """A kept-alive JSON client of one address; one per thread."""

    def __init__(self, port):
        self.port = port
        self.connection = None

    def call(self, method, path, body=None, expect=(200, 201)):
        payload = None if body is None else json.dumps(body).encode()
        for attempt in (1, 2):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                self.connection.request(method, path, payload, {"Content-Type": "application/json"})
                answer = self.connection.getresponse()
                data = answer.read()
                break
            except (http.client.HTTPException, OSError):
                self.connection = None
                if attempt == 2:
                    raise
        if expect and answer.status not in expect:
            raise AssertionError(f"{method} {path}: {answer.status} {data[:300]!r}")
        try:
            return json.loads(data) if data else None
        except ValueError:
            return data


def wait_until(what, condition, seconds=60, every=0.05):
    end = time.time() + seconds
    while True:
        try:
            value = condition()
            if value:
                return value
        except (OSError, http.client.HTTPException):
            pass
        if time.time() > end:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(every)


# Around a kill, whose time is noted just before it: accepted by the sandbox, and not yet marked; or on the wire, and
# accepted when the process was gone.
IN_FLIGHT_S, ON_THE_WIRE_S = 2.0, 0.5


def in_flight(times, kills):
    """Whether all that came again, of something that was accepted at these times, was in flight at one of the kills."""
    return all(any(-ON_THE_WIRE_S <= kill - one <= IN_FLIGHT_S for kill in kills) for one in sorted(times)[:-1])


def from_nearest_kill(times, kills):
    """Each time, from the nearest kill on, for people."""
    return [f"{min((one - kill for kill in kills), key=abs, default=one):.3f} s" for one in sorted(times)]


class Town:
    """A sandbox in a process of its own, the product in another, people and channels in between."""

    def __init__(self, binary, limits=True, settings=None, keep=False):
        self.binary = os.path.abspath(binary)
        self.folder = tempfile.mkdtemp(prefix="tandem-town-", dir="/var/tmp")
        os.chmod(self.folder, 0o755)
        self.keep = keep
        self.sandbox_port, self.product_port = free_port(), free_port()
        self.settings = settings or {}
        self.product = None
        self.kills = []
        self.sandbox = Process(self.binary, ["serve", "sandbox"], self.folder + "/sandbox.log",
                               TANDEM_DATA=self.folder + "/sandbox", TANDEM_PORT=self.sandbox_port)
        self.control = Http(self.sandbox_port)
        self.sandbox.wait_ready()
        self.api("PUT", "/limits", {"enabled": limits})

    def api(self, method, path, body=None, expect=(200, 201)):
        return self.control.call(method, "/sandbox/v1" + path, body, expect)

    def environment(self):
        url = f"http://127.0.0.1:{self.sandbox_port}"
        return dict(TANDEM_DATA=self.folder + "/product", TANDEM_PORT=self.product_port, TANDEM_TELEGRAM_API=url,
                    TANDEM_CHANNEL_PAGES=url, **self.settings)

    def start(self, seconds=120):
        self.product = Process(self.binary, ["up"], self.folder + "/product.log", **self.environment())
        self.product.wait_ready(seconds)

    def run(self, *arguments, code=0, seconds=120):
        """A command of the program beside the running one; its output. code: None for any."""
        env = {k: v for k, v in os.environ.items() if not k.startswith("TANDEM_")}
        env.update({k: str(v) for k, v in self.environment().items()})
        done = subprocess.run([self.binary, *arguments], env=env, capture_output=True, text=True, timeout=seconds,
                              stdin=subprocess.DEVNULL)
        assert code is None or done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def kill(self):
        self.kills.append(time.time())
        self.product.kill()

    def tail(self, lines=15):
        with open(self.folder + "/product.log", errors="replace") as log:
            return "".join(log.readlines()[-lines:])

    def close(self):
        try:
            if self.product and self.product.alive():
                self.product.stop()
        finally:
            self.sandbox.stop()
            if not self.keep:
                shutil.rmtree(self.folder, ignore_errors=True)

    # -- people ----------------------------------------------------------------------------------------------------

    def bots(self):
        return {bot["username"]: bot for bot in self.api("GET", "/bots")["bots"]}

    def people(self, count):
        """Makes people at once; their ids."""
        made = self.api("POST", "/people", {"people": [{"first_name": f"Reader {n}", "language_code": "ru"}
                                                       for n in range(count)]})
        return [person["id"] for person in made["people"]]

    def subscribe(self, person, bots_of_categories, client=None):
        """Starts the category bots: each /start subscribes and begins the trial."""
        client = client or self.control
        for bot in bots_of_categories:
            client.call("POST", "/sandbox/v1/messages", {"person": person, "bot": bot, "start": ""})

    def record(self, after=0):
        """The accepted calls after a number, as a list."""
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox_port, timeout=120)
        connection.request("GET", f"/sandbox/v1/record?after={after}")
        answer = connection.getresponse()
        lines = answer.read().decode().splitlines()
        connection.close()
        return [json.loads(line) for line in lines if line]


def probe_status(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status
    finally:
        connection.close()


def percentile(values, share):
    ordered = sorted(values)
    if not ordered:
        return float("nan")
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def memory_mb(pid):
    """VmHWM and VmRSS of a process, in MB."""
    with open(f"/proc/{pid}/status") as status:
        found = dict(re.findall(r"(VmHWM|VmRSS):\s+(\d+) kB", status.read()))
    return int(found.get("VmHWM", 0)) / 1024, int(found.get("VmRSS", 0)) / 1024


class Meter:
    """Which share of a core this program, the sandbox, the product and its PostgreSQL take, and what the machine has left.
    Looked at about once a second: what begins and ends in between is not seen, nor is what a process did after the last
    look."""

    def __init__(self, town):
        self.town = town
        self.begin()

    def begin(self):
        self.known, self.used = {}, collections.Counter()
        self.begun = self.last = time.time()
        self.idle = self.idle_seconds()
        self.look()
        self.used.clear()

    @staticmethod
    def idle_seconds():
        with open("/proc/stat") as stat:
            return int(stat.readline().split()[4]) / os.sysconf("SC_CLK_TCK")

    def processes(self):
        yield "driver", os.getpid()
        yield "sandbox", self.town.sandbox.pid
        if self.town.product:
            yield "product", self.town.product.pid
        for file in glob.glob(self.town.folder + "/product/postgres/**/postmaster.pid", recursive=True):
            with open(file) as lines:
                server = int(lines.readline())
            yield "postgres", server
            with open(f"/proc/{server}/task/{server}/children") as children:
                yield from (("postgres", int(one)) for one in children.read().split())

    def look(self):
        try:
            for name, pid in self.processes():
                now = cpu_seconds(pid)
                self.used[name] += now - self.known.get(pid, 0)
                self.known[pid] = now
        except OSError:
            pass  # just killed
        self.last = time.time()

    def shares(self):
        self.look()
        took = self.last - self.begun
        said = ", ".join(f"{name} {100 * self.used[name] / took:.0f} %"
                         for name in ("product", "postgres", "sandbox", "driver"))
        return f"of a core: {said}, idle {100 * (self.idle_seconds() - self.idle) / took:.0f} %"


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
