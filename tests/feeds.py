"""A feed on loopback, RSS or Atom, as a job board serves it: the newest items, and 304 for who has them already."""
import html
import http.server
import threading
import time


class Feed(http.server.ThreadingHTTPServer):
    """/feed: the feed; /old leads there; anything else is 404. `asked`: the ETags that clients said they have."""

    def __init__(self, title, atom=False, shown=100):
        super().__init__(("127.0.0.1", 0), Answer)
        self.title, self.atom, self.shown = title, atom, shown
        self.items = []  # [text, when it was written]
        self.changes = 0
        self.asked = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def address(self, path="/feed"):
        return f"http://127.0.0.1:{self.server_port}{path}"

    def close(self):
        self.shutdown()
        self.server_close()

    def write(self, text):
        """The item's number."""
        self.items.append([text, time.time()])
        self.changes += 1
        return len(self.items) - 1

    def edit(self, number, text):
        self.items[number][0] = text
        self.changes += 1

    def document(self):
        newest = list(enumerate(self.items))[-self.shown:]
        items = "".join((self.entry if self.atom else self.item)(number, html.escape(text), time.gmtime(at))
                        for number, (text, at) in reversed(newest))
        if self.atom:
            return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>{self.title}</title>{items}</feed>"
        return f"<rss version='2.0'><channel><title>{self.title}</title>{items}</channel></rss>"

    @staticmethod
    def item(number, text, at):
        return (f"<item><guid>{number}</guid><title>{text}</title><link>http://127.0.0.1/{number}</link>"
                f"<pubDate>{time.strftime('%a, %d %b %Y %H:%M:%S +0000', at)}</pubDate></item>")

    @staticmethod
    def entry(number, text, at):
        return (f"<entry><id>urn:order:{number}</id><title>{text}</title><link href='http://127.0.0.1/{number}'/>"
                f"<published>{time.strftime('%Y-%m-%dT%H:%M:%SZ', at)}</published></entry>")


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        feed = self.server
        tag = f'"{feed.changes}"'  # before the document: what comes between is asked for again
        feed.asked.append(self.headers.get("If-None-Match"))
        if self.path == "/old":
            self.send_response(301)
            self.send_header("Location", "/feed")
            self.end_headers()
            return
        if self.path != "/feed" or self.headers.get("If-None-Match") == tag:
            self.send_response(304 if self.path == "/feed" else 404)
            self.end_headers()
            return
        body = feed.document().encode()
        self.send_response(200)
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except ConnectionError:  # the reader was killed
            self.close_connection = True

    def log_message(self, *_):
        pass
