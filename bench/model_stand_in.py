#!/usr/bin/env python3
"""model_stand_in.py LABELLED.jsonl [--port N] [--wrong SHARE] [--seed N] [--delay SECONDS] [--fail SHARE]: a language
model's server that knows the answers: it looks the post up in the labelled file and answers from its label, but for a
share of seeded errors (another kind, or other categories). Posts that it does not know are judged "none".

Prints `ready URL` once it listens. With --fail that share of the requests gets a 500 or no answer at all. Standard
library only; see bench/model_accuracy.py.
"""
import argparse
import hashlib
import http.server
import json
import random
import sys
import threading
import time

SLUGS = ["development", "data", "design", "illustration", "video", "copywriting", "translation", "smm", "marketing",
         "management", "assistant", "sales"]
KINDS = ["vacancy", "cv", "none"]


def key_of(text):
    """A post's beginning as the model sees it: invisible characters are left out of questions, and long posts are cut."""
    return hashlib.sha256("".join(c for c in text if c.isalnum())[:600].encode()).hexdigest()


def label_of(post):
    kind = post["kind"] if post["kind"] in KINDS else "none"
    return {"kind": kind, "scam": bool(post.get("scam")), "categories": [] if kind == "none" else post.get("categories", [])[:3]}


def spoiled(label, dice):
    """The label with one error in it."""
    if label["kind"] != "none" and dice.random() < 0.5:
        return {**label, "categories": [dice.choice([s for s in SLUGS if s not in label["categories"]])]}
    kind = dice.choice([k for k in KINDS if k != label["kind"]])
    return {"kind": kind, "scam": False, "categories": [] if kind == "none" else label["categories"] or [dice.choice(SLUGS)]}


def post_in(body):
    """The post of a question: the JSON string between the two marks of the second message."""
    lines = body["messages"][1]["content"].split("\n")
    return json.loads(lines[1])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server = self.server
        with server.lock:
            server.asked += 1
            fails = server.dice.random() < server.fail
        if fails and server.asked % 2:
            self.close_connection = True
            return
        time.sleep(server.delay)
        if fails:
            return self.answer(500, {"error": {"message": "planted", "type": "server_error"}})
        label = server.answers.get(key_of(post_in(body)), {"kind": "none", "scam": False, "categories": []})
        content = {**label, "confidence": 0.9, "title": "", "essence": "", "pay_min": None, "pay_max": None,
                   "pay_currency": None, "pay_per": "", "contact": None, "deadline": None, "remote": None, "city": None,
                   "employment": ""}
        text = json.dumps(content, ensure_ascii=False)
        self.answer(200, {"id": "x", "object": "chat.completion", "model": body["model"],
                          "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
                          "usage": {"prompt_tokens": len(json.dumps(body)) // 4, "completion_tokens": len(text) // 4}})

    def answer(self, status, what):
        data = json.dumps(what, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def serve(labelled, port=0, wrong=0.08, seed=1, delay=0.0, fail=0.0):
    """The running server."""
    dice = random.Random(seed)
    answers = {}
    with open(labelled, encoding="utf-8") as lines:
        for line in lines:
            if not line.strip():
                continue
            post = json.loads(line)
            label = label_of(post)
            answers[key_of(post["text"])] = spoiled(label, dice) if dice.random() < wrong else label
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    server.answers, server.delay, server.fail, server.dice = answers, delay, fail, random.Random(seed + 1)
    server.asked, server.lock = 0, threading.Lock()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("labelled")
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--wrong", type=float, default=0.08)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--delay", type=float, default=0.0)
    options.add_argument("--fail", type=float, default=0.0)
    chosen = options.parse_args()
    server = serve(chosen.labelled, chosen.port, chosen.wrong, chosen.seed, chosen.delay, chosen.fail)
    print(f"ready http://127.0.0.1:{server.server_port}/v1", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
