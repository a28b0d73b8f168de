#!/usr/bin/env python3
"""sql_header.py IN.sql OUT.hpp: turns named statements into constants of type tandem::pg::statement.

A statement starts with the line `-- name: NAME :CARDINALITY`; CARDINALITY is one of
exec (no rows), one (exactly one row), optional (none or one), many. The constant's namespace comes from
the file's place under src/: src/hunt/delivery/deliveries.sql gives tandem::hunt::sql::deliveries.
"""
import os
import re
import sys

CARDINALITIES = ("exec", "one", "optional", "many")


def parse(text, path):
    statements, name, kind, lines = [], None, None, []
    for number, line in enumerate(text.splitlines() + ["-- name: end :exec"], 1):
        match = re.match(r"-- name: (\w+) :(\w+)\s*$", line)
        if match:
            body = "\n".join(lines).strip().rstrip(";")
            if name is not None:
                if not body:
                    sys.exit(f"{path}:{number}: statement {name} is empty")
                statements.append((name, kind, body))
            name, kind = match.groups()
            lines = []
            if kind not in CARDINALITIES:
                sys.exit(f"{path}:{number}: :{kind} is none of {', '.join(CARDINALITIES)}")
        elif line.startswith("-- name:"):
            sys.exit(f"{path}:{number}: write `-- name: NAME :CARDINALITY`")
        elif name is not None:
            lines.append(line)
    return statements


def main():
    source, target = sys.argv[1:3]
    parts = os.path.abspath(source).split(os.sep)
    rooms = parts[len(parts) - 1 - parts[::-1].index("src") + 1:-1]
    module = rooms[1] if rooms[0] == "platform" else rooms[0]
    stem = os.path.splitext(os.path.basename(source))[0]
    with open(source, encoding="utf-8") as file:
        statements = parse(file.read(), source)
    out = ["// Generated from " + "/".join(["src", *rooms, os.path.basename(source)]) + "; edit that file.",
           "#pragma once", '#include "platform/pg/statement.hpp"', "",
           f"namespace tandem::{module}::sql::{stem} {{"]
    for name, kind, body in statements:
        out.append(f'inline constexpr pg::statement {name}{{"{stem}.{name}", R"sql({body})sql", '
                   f"pg::cardinality::{kind}}};")
    out += [f"}}  // namespace tandem::{module}::sql::{stem}", ""]
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "w", encoding="utf-8") as file:
        file.write("\n".join(out))


if __name__ == "__main__":
    main()
