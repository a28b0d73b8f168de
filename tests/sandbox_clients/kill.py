"""What the sandbox has acknowledged is in its record after kill -9. usage: kill.py PROGRAM FOLDER [ROUNDS [SEED]]

Each round: clients send messages and people write to the bot while the process is killed; then a new process on the same
folder must know every acknowledged message once, none twice, and still hand out every update that nobody confirmed.
"""
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

PROGRAM, FOLDER = sys.argv[1], sys.argv[2]
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 8
rng = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
TOKEN, BOT, PEOPLE = "7000000001:AAkill", 7000000001, range(6000, 6008)
passed = failed = 0


def check(name, holds, seen=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    if not holds:
        print(f"not ok {name}: {seen}")


def start():
    environment = {**os.environ, "TANDEM_DATA": FOLDER, "TANDEM_PORT": "0"}
    process = subprocess.Popen([PROGRAM, "serve", "sandbox"], env=environment, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    for line in process.stdout:
        if line.startswith("ready "):
            return process, int(line.split(":")[-1].strip().strip("/"))
    raise SystemExit("the sandbox did not start")


def ask(connection, method, path, body=None):
    data = None if body is None else json.dumps(body)
    connection.request(method, path, data, {"Content-Type": "application/json"})
    return json.loads(connection.getresponse().read())


def client(port, name, acknowledged, sent):
    """Sends until the connection breaks; notes what was sent and what was acknowledged."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    number = 0
    try:
        while True:
            number += 1
            text = f"{name}-{number}"
            person = PEOPLE[number % len(PEOPLE)]
            sent.add(text)
            if number % 4 == 0:
                answer = ask(connection, "POST", "/sandbox/v1/messages", {"person": person, "bot": BOT, "text": text})
                acknowledged[text] = answer["message"]["message_id"]
            else:
                answer = ask(connection, "POST", f"/bot{TOKEN}/sendMessage", {"chat_id": person, "text": text})
                acknowledged[text] = answer["result"]["message_id"]
    except (OSError, http.client.HTTPException, ValueError):
        pass


def main():
    process, port = start()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    ask(connection, "PUT", "/sandbox/v1/limits", {"enabled": False})
    ask(connection, "POST", "/sandbox/v1/bots", {"username": "kill_bot", "token": TOKEN})
    ask(connection, "POST", "/sandbox/v1/people", {"people": [{"first_name": f"P{i}", "id": i} for i in PEOPLE]})
    for person in PEOPLE:
        ask(connection, "POST", "/sandbox/v1/messages", {"person": person, "bot": BOT, "start": ""})
    acknowledged, sent = {}, set()
    for kill in range(ROUNDS):
        threads = [threading.Thread(target=client, args=(port, f"{kill}.{i}", acknowledged, sent)) for i in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(rng.uniform(0.02, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
        for thread in threads:
            thread.join()
        process, port = start()

    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/sandbox/v1/record?all=1")
    kept, twice, last = {}, [], 0
    for line in connection.getresponse().read().decode().splitlines():
        entry = json.loads(line)
        if entry["seq"] != last + 1:
            check("lines are numbered through", False, (last, entry["seq"]))
        last = entry["seq"]
        for message in entry.get("messages", []):
            if message["text"] in kept:
                twice.append(message["text"])
            kept[message["text"]] = message["message_id"]
    lost = [text for text, number in acknowledged.items() if kept.get(text) != number]
    check("something was acknowledged", len(acknowledged) > 50 * ROUNDS // 8, len(acknowledged))
    check("nothing acknowledged is lost", not lost, lost[:5])
    check("nothing is there twice", not [text for text in twice if "-" in text], twice[:5])
    check("nothing was made up", all(text in sent or text == "/start" for text in kept))
    check("message ids are unique", len(set(acknowledged.values())) == len(acknowledged))

    written, offset = set(), 0
    while True:
        batch = ask(connection, "GET", f"/bot{TOKEN}/getUpdates?offset={offset}")["result"]
        if not batch:
            break
        written |= {one["message"]["text"] for one in batch}
        offset = batch[-1]["update_id"] + 1
    by_people = {text for text in acknowledged if int(text.split("-")[1]) % 4 == 0}
    check("every update is still there", by_people <= written, list(by_people - written)[:5])
    process.terminate()
    check("it stops cleanly", process.wait(20) == 0)
    print(f"kill -9 ({ROUNDS} times, {len(acknowledged)} acknowledged): {passed} ok, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
