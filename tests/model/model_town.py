"""What tests with a language model share: the real program, a sandbox, and npm @copilotkit/aimock as the model."""
import json
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
from driver import Http, Town, wait_until  # noqa: E402
from model_server import ModelServer, fails, says, verdict  # noqa: E402,F401


class ModelTown(Town):
    """A town whose posts a language model judges; a designer, a seller and the operator are in it."""

    def __init__(self, binary, patience=2, **settings):
        super().__init__(binary, limits=False, settings={"TANDEM_BOT_RATE": 0})
        self.model = ModelServer(self.folder)
        self.model.start()
        self.model.answers(says("", verdict("none", [])))
        self.settings |= {"TANDEM_MODEL_URL": self.model.url, "TANDEM_MODEL_NAME": "m1", "TANDEM_MODEL_KEY": "sk-hidden-1",
                          "TANDEM_MODEL_TIMEOUT": 1, "TANDEM_MODEL_PATIENCE": patience, "TANDEM_LOG_LEVEL": "debug", **settings}
        try:
            self.furnish()
        except BaseException:
            self.close()  # nobody else can
            raise

    def furnish(self):
        self.start()
        self.api("POST", "/channels", {"username": "orders", "title": "Orders"})
        bots = self.bots()
        self.designer, self.seller, self.operator = self.people(3)
        self.subscribe(self.designer, [bots["tandem_design_bot"]["id"]])
        self.subscribe(self.seller, [bots["tandem_sales_bot"]["id"]])
        code = re.search(r"/claim (\S+)", self.run("admin", "create")).group(1)
        self.api("POST", "/messages", {"person": self.operator, "bot": bots["tandem_hunt_bot"]["id"], "start": ""})
        self.api("POST", "/messages", {"person": self.operator, "bot": bots["tandem_hunt_bot"]["id"], "text": f"/claim {code}"})
        wait_until("the operator's chat", lambda: len(self.calls(self.operator)) >= 2)
        wait_until("the readers", lambda: self.calls(self.designer) and self.calls(self.seller))
        time.sleep(2)  # the new channel has been read once, so that what comes next is new
        self.mark = self.last()

    def close(self):
        self.model.stop()
        super().close()

    def last(self):
        return max([line["seq"] for line in self.record()] or [0])

    def calls(self, person, after=0, method="sendmessage"):
        return [json.dumps(line["params"], ensure_ascii=False) for line in self.record(after)
                if line["method"].lower() == method and line.get("chat_id") == person]

    def cards(self, person, text):
        """The messages to a person that hold this text."""
        return [one for one in self.calls(person, self.mark) if text in one]

    def post(self, text):
        self.api("POST", "/posts", {"channel": "orders", "text": text})

    def metric(self, name, **labels):
        lines = Http(self.product_port).call("GET", "/metrics").decode().splitlines()
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines
                   if re.match(re.escape(name) + r"[ {]", line) and all(one in line for one in wanted))

    def parts(self):
        """What the running program says of its parts."""
        return json.dumps(Http(self.product_port).call("GET", "/readyz"))

    def waiting(self, lane):
        """Messages of a lane that are to be handled, now or later."""
        found = re.search(lane + r" +(\d+) waiting [^,]*, (\d+) later, (\d+) in work", self.doctor())
        return sum(map(int, found.groups())) if found else 0

    def doctor(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith("TANDEM_")}
        env.update({k: str(v) for k, v in self.environment().items()})
        return subprocess.run([self.binary, "doctor"], env=env, capture_output=True, text=True, timeout=120).stdout
