#!/usr/bin/env python3
"""model_accuracy.py TANDEM LABELLED.jsonl [--fail SHARE]: the local judge against the language model with the local one as
its fallback, on labelled posts (lines of {"id","text","kind","categories","scam"}). The model is a stand-in that answers
from the labels with 8 % seeded errors (bench/model_stand_in.py); --fail lets that share of its requests fail.

Prints the figures of tests/score_verdicts.py for both.
"""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from model_stand_in import serve  # noqa: E402

SCORE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests/score_verdicts.py")


def judged(binary, labelled, *flags, **settings):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TANDEM_")} | settings
    with open(labelled, "rb") as posts, tempfile.NamedTemporaryFile(suffix=".jsonl") as verdicts:
        subprocess.run([binary, "classify", *flags], stdin=posts, stdout=verdicts, env=environment, check=True)
        return subprocess.run([sys.executable, SCORE, labelled, verdicts.name], capture_output=True, text=True, check=True).stdout


def main():
    arguments = sys.argv[1:]
    fail = 0.0
    if "--fail" in arguments:
        at = arguments.index("--fail")
        fail = float(arguments[at + 1])
        del arguments[at:at + 2]
    if len(arguments) != 2:
        sys.exit(__doc__)
    binary, labelled = arguments
    print("== local judge\n" + judged(binary, labelled), flush=True)
    server = serve(labelled, wrong=0.08, fail=fail)
    with tempfile.TemporaryDirectory() as folder:
        print(f"== language model with 8 % errors, {100 * fail:.0f} % of the requests fail; the local judge as fallback\n"
              + judged(binary, labelled, "--with-model", TANDEM_DATA=folder, TANDEM_MODEL_NAME="stand-in",
                       TANDEM_MODEL_URL=f"http://127.0.0.1:{server.server_port}/v1"), flush=True)
    print(f"{server.asked} requests")
    server.shutdown()


main()
