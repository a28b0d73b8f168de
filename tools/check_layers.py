"""Who may include whom. A room sees the rooms below it and itself; the platform's rooms see one another; Hunt and Dating
never see each other; bot/, api/ and conversation/ know no SQL."""
import re

import source_tree

# From the bottom to the top; rooms of one line do not see each other.
LAYERS = [
    ["base"],
    ["async"],
    ["platform"],
    ["accounts"],
    ["billing", "conversation"],
    ["hunt", "dating"],
    ["hunt/bot", "hunt/api", "dating/bot", "dating/api", "console", "sandbox"],
    ["app"],
]
HEIGHT = {room: height for height, rooms in enumerate(LAYERS) for room in rooms}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)


def room_of(path):
    """The room of a path below src/: "hunt/bot" of hunt/bot/menu.cpp; None: no room of the house."""
    parts = path.split("/")
    for length in (2, 1):
        if "/".join(parts[:length]) in HEIGHT and len(parts) > length:
            return "/".join(parts[:length])
    return None


def check(root):
    problems = []
    for file in source_tree.files(root, ["src"], [".cpp", ".hpp", ".sql"]):
        name = file.relative_to(root).as_posix()
        room = room_of(name.removeprefix("src/"))
        speaks = bool(room) and room.endswith(("/bot", "/api", "conversation"))
        if room is None:
            problems.append(f"{name}:1: stands in no room; the rooms are in tools/check_layers.py")
            continue
        if file.suffix == ".sql":
            if speaks:
                problems.append(f"{name}:1: {room} knows no SQL; statements stand beside a store of {room.split('/')[0]}")
            continue
        text = source_tree.read(file)
        for found in INCLUDE.finditer(source_tree.without_comments(text)):
            quoted, target = found[1] == '"', found[2]
            where = f"{name}:{source_tree.line_of(text, found.start())}"
            if room == "base" and target.startswith("boost/asio"):
                problems.append(f"{where}: base knows no Asio")
            other = room_of(target)
            if other is None:
                if quoted:
                    problems.append(f'{where}: write "{target}" from src/ on, as in "base/clock.hpp"')
                continue
            if HEIGHT[other] > HEIGHT[room] or (HEIGHT[other] == HEIGHT[room] and other != room):
                problems.append(f"{where}: {room} must not see {other}")
            if speaks and (target.endswith("_sql.hpp") or target.startswith("platform/pg/statement")):
                problems.append(f"{where}: {room} knows no SQL")
    return problems
