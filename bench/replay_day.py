#!/usr/bin/env python3
"""A recorded stream of channel posts through the real program, many times faster than it was written:

    bench/replay_day.py STREAM.jsonl[.gz] [--speed 1000] [--day 2024-11-20] [--found FILE]

STREAM has a line {"channel","message_id","date","text"} for each post. The day with most posts (or --day) is served as preview
pages that grow as the clock of the replay goes, as t.me/s does: the program reads them, filters, finds repeats, judges.
Reports throughput, memory and what was found; --found writes the vacancies, to be read by a person.
"""
import argparse
import collections
import datetime
import gzip
import hashlib
import html
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests"))
from driver import Process, free_port, memory_mb, cpu_seconds, wait_until  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def read_stream(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


class Channels:
    """The channels of one day; a post is there once the clock of the replay has passed its date."""

    def __init__(self, posts, speed):
        self.speed = speed
        self.begun = None
        self.posts = collections.defaultdict(list)
        self.titles = {}
        for post in sorted(posts, key=lambda one: one["message_id"]):
            name = "c" + hashlib.sha1(post["channel"].encode()).hexdigest()[:12]
            self.titles[name] = post["channel"]
            self.posts[name].append((datetime.datetime.fromisoformat(post["date"]).timestamp(), post["message_id"], post["text"]))
        self.first = min(post[0] for all_of in self.posts.values() for post in all_of)
        self.last = max(post[0] for all_of in self.posts.values() for post in all_of)
        self.pages = 0

    def start(self):
        self.begun = time.time()

    def moment(self):
        return self.first + (time.time() - self.begun) * self.speed if self.begun else self.first - 1

    def page(self, name, query):
        now = self.moment()
        shown = [post for post in self.posts.get(name, []) if post[0] <= now]
        if "after" in query:
            shown = [post for post in shown if post[1] > int(query["after"][0])][:20]
        elif "before" in query:
            shown = [post for post in shown if post[1] < int(query["before"][0])][-20:]
        else:
            shown = shown[-20:]
        self.pages += 1
        blocks = []
        for date, number, text in shown:
            # Published just now, by the clock of the machine: what is old is not sent to readers.
            then = datetime.datetime.fromtimestamp(time.time() - (now - date) / self.speed, datetime.timezone.utc)
            body = html.escape(text).replace("\n", "<br/>")
            blocks.append(f'<div class="tgme_widget_message_wrap"><div class="tgme_widget_message js-widget_message" '
                          f'data-post="{name}/{number}"><div class="tgme_widget_message_text js-message_text">{body}</div>'
                          f'<a class="tgme_widget_message_date"><time datetime="{then.isoformat(timespec="seconds")}"></time></a>'
                          f"</div></div>")
        if not blocks:
            blocks = ['<div class="tme_no_messages_found">nothing</div>']
        title = html.escape(self.titles.get(name, name))
        return (f'<html><body><div class="tgme_channel_info_header_title">{title}</div><section class="tgme_channel_history '
                f'js-message_history">{"".join(blocks)}</section></body></html>').encode()


class Pages(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        parts = urllib.parse.urlsplit(self.path)
        body = self.server.channels.page(parts.path.rsplit("/", 1)[-1], urllib.parse.parse_qs(parts.query))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def sql(folder, question):
    """Asks the private cluster of the program, beside it; its socket's folder stands in the fifth line of the pid file."""
    with open(f"{folder}/data/postgres/data/postmaster.pid") as file:
        socket = file.read().splitlines()[4]
    command = ["psql", "-h", socket, "-U", "tandem", "-d", "tandem", "-AtF", "\t", "-c", question]
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return [line.split("\t") for line in done.stdout.splitlines()]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("stream")
    arguments.add_argument("--speed", type=float, default=1000)
    arguments.add_argument("--day")
    arguments.add_argument("--found")
    arguments.add_argument("--binary", default=os.path.join(ROOT, "build/release/tandem"))
    given = arguments.parse_args()

    by_day = collections.defaultdict(list)
    for post in read_stream(given.stream):
        by_day[post["date"][:10]].append(post)
    day = given.day or max(by_day, key=lambda one: len(by_day[one]))
    channels = Channels(by_day[day], given.speed)
    total = len(by_day[day])
    print(f"{day}: {total} posts of {len(channels.posts)} channels, in "
          f"{(channels.last - channels.first) / given.speed:.0f} s", flush=True)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    server.channels = channels
    threading.Thread(target=server.serve_forever, daemon=True).start()
    folder = tempfile.mkdtemp(prefix="tandem-replay-", dir="/var/tmp")
    os.chmod(folder, 0o755)
    port = free_port()
    settings = dict(TANDEM_DATA=f"{folder}/data", TANDEM_PORT=port, TANDEM_LOG_LEVEL="warn",
                    TANDEM_CHANNEL_PAGES=f"http://127.0.0.1:{server.server_port}")
    product = Process(given.binary, ["up"], f"{folder}/log", **settings)
    try:
        product.wait_ready()
        listed = "\n".join(channels.posts) + "\n"
        added = subprocess.run([given.binary, "sources", "add", "--file", "-"], input=listed, text=True, capture_output=True,
                               env=os.environ | {k: str(v) for k, v in settings.items()})
        assert added.returncode == 0, added.stderr
        # Every channel is read once while it is empty: the posts of the replay are then news.
        wait_until("all channels known", lambda: int(sql(folder, "SELECT count(*) FROM hunt.sources WHERE last_read_at IS NOT "
                                                                 "NULL AND name LIKE 'c%'")[0][0]) == len(channels.posts), 120)
        before = cpu_seconds(product.pid)
        channels.start()
        own = "FROM hunt.posts p JOIN hunt.sources s USING (source_id) WHERE s.name LIKE 'c____________'"
        end = time.time() + (channels.last - channels.first) / given.speed + 120
        while time.time() < end:
            seen, waiting = (int(cell) for cell in sql(folder, f"SELECT count(*), count(*) FILTER (WHERE p.state = 'waiting') {own}")[0])
            if seen >= total and waiting == 0:
                break
            time.sleep(0.5)
        took = time.time() - channels.begun
        states = dict(sql(folder, f"SELECT p.state, count(*) {own} GROUP BY 1"))
        kinds = dict(sql(folder, "SELECT v.kind, count(*) FROM hunt.verdicts v JOIN hunt.posts p USING (post_id) JOIN hunt.sources s "
                                 "USING (source_id) WHERE s.name LIKE 'c____________' GROUP BY 1"))
        near = sql(folder, f"SELECT count(*) FROM hunt.posts p JOIN hunt.posts o ON o.post_id = p.repeat_of AND o.fingerprint <> "
                           f"p.fingerprint JOIN hunt.sources s ON s.source_id = p.source_id WHERE s.name LIKE 'c____________'")[0][0]
        waits = sql(folder, f"SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM v.at - p.seen_at)), "
                            f"percentile_disc(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM v.at - p.seen_at)) "
                            f"FROM hunt.verdicts v JOIN hunt.posts p USING (post_id) JOIN hunt.sources s USING (source_id) "
                            f"WHERE s.name LIKE 'c____________'")[0]
        peak, now = memory_mb(product.pid)
        print(f"{seen} of {total} posts seen in {took:.1f} s: {seen / took:.0f} posts/s over {channels.pages} pages")
        print(f"states: {states}, of the repeats {near} near ones; verdicts: {kinds}")
        print(f"seen to judged: p50 {float(waits[0]):.3f} s, p99 {float(waits[1]):.3f} s")
        print(f"memory of the program: {peak:.0f} MB at most, {now:.0f} MB now; CPU {cpu_seconds(product.pid) - before:.1f} s")
        found = sql(folder, f"SELECT v.title, replace(left(p.text, 400), E'\\n', ' ') {own.replace('WHERE', 'JOIN hunt.vacancies v USING (post_id) WHERE')} "
                            f"ORDER BY p.post_id")
        print(f"{len(found)} vacancies")
        if given.found:
            with open(given.found, "w") as file:
                file.writelines("\t".join(row) + "\n" for row in found)
        return 0 if seen == total else 1
    finally:
        product.stop()
        server.shutdown()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
