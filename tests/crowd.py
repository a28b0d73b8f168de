"""Many pretend people at once, on one thread: requests to the sandbox's control contract over a few kept-alive
connections, and its record as it grows. Standard library only; a thousand actions a second leave most of a core free."""
import collections
import heapq
import json
import selectors
import socket
import time


class Wire:
    """JSON requests without waiting: `ask` queues one, `turn` moves them along and calls back with (status, answer)."""

    def __init__(self, port, connections=16):
        self.port = port
        self.selector = selectors.DefaultSelector()
        self.waiting = collections.deque()
        self.idle = []
        self.busy = {}
        for _ in range(connections):
            self.connect()

    def connect(self):
        line = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.setblocking(False)
        self.selector.register(line, selectors.EVENT_READ)
        self.idle.append(line)

    def replace(self, line):
        """The sandbox ends connections that have been idle for long."""
        if line in self.busy:
            raise AssertionError("the sandbox closed a connection with a request on it")
        self.selector.unregister(line)
        self.idle.remove(line)
        line.close()
        self.connect()

    def ask(self, method, path, body, then):
        payload = json.dumps(body).encode()
        head = (f"{method} /sandbox/v1{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(payload)}\r\n\r\n").encode()
        self.waiting.append((head + payload, then))
        self.start()

    def start(self):
        while self.waiting and self.idle:
            request, then = self.waiting.popleft()
            line = self.idle.pop()
            self.busy[line] = [bytearray(), then]
            line.setblocking(True)
            line.sendall(request)
            line.setblocking(False)

    def pending(self):
        return len(self.waiting) + len(self.busy)

    def turn(self, seconds):
        for key, _ in self.selector.select(seconds):
            line = key.fileobj
            data = line.recv(1 << 18)
            if not data:
                self.replace(line)
                continue
            if line not in self.busy:
                raise AssertionError(f"an answer that nobody asked for: {data[:200]!r}")
            held, then = self.busy[line]
            held += data
            end = held.find(b"\r\n\r\n")
            if end < 0:
                continue
            size = next((int(one.split(b":")[1]) for one in held[:end].split(b"\r\n")[1:]
                         if one.lower().startswith(b"content-length:")), None)
            if size is None:
                raise AssertionError(f"an answer without a length: {bytes(held[:end])!r}")
            if len(held) < end + 4 + size:
                continue
            status = int(held[9:12])
            answer = json.loads(bytes(held[end + 4:end + 4 + size])) if size else None
            del self.busy[line]
            self.idle.append(line)
            self.start()
            then(status, answer)


class Ear:
    """The record's lines as they come: what the bots have said. `lines` never waits."""

    def __init__(self, port, after=0):
        self.line = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.line.sendall(f"GET /sandbox/v1/record?follow=1&after={after} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        self.line.setblocking(False)
        self.held = bytearray()   # of the transfer: chunks
        self.text = bytearray()   # of the record: a line that is not whole yet
        self.head = True

    def lines(self):
        while True:
            try:
                data = self.line.recv(1 << 20)
            except BlockingIOError:
                break
            if not data:
                raise AssertionError("the record has ended")
            self.held += data
        if self.head:
            end = self.held.find(b"\r\n\r\n")
            if end < 0:
                return []
            if b"chunked" not in self.held[:end].lower():
                raise AssertionError(f"the record does not come in chunks: {bytes(self.held[:end])!r}")
            del self.held[:end + 4]
            self.head = False
        at = 0
        while (end := self.held.find(b"\r\n", at)) >= 0:
            size = int(self.held[at:end].split(b";")[0], 16)
            if len(self.held) < end + 2 + size + 2:
                break
            self.text += self.held[end + 2:end + 2 + size]
            at = end + 2 + size + 2
        del self.held[:at]
        last = self.text.rfind(b"\n") + 1
        whole = bytes(self.text[:last])
        del self.text[:last]
        return [json.loads(one) for one in whole.splitlines()]


class Clock:
    """What is to be done when: `at` notes it, `due` hands out what it is time for."""

    def __init__(self):
        self.list = []
        self.count = 0

    def at(self, when, what):
        self.count += 1
        heapq.heappush(self.list, (when, self.count, what))

    def due(self):
        now = time.time()
        while self.list and self.list[0][0] <= now:
            yield heapq.heappop(self.list)[2]

    def forget(self):
        self.list.clear()

    def wait(self, most=0.02):
        return max(0.0, min(most, self.list[0][0] - time.time() if self.list else most))
