#!/usr/bin/env python3
"""sql_header.py IN.sql OUT.hpp: turns named statements into constants of type tandem::pg::statement.

A statement starts with the line `-- name: NAME :CARDINALITY`; CARDINALITY is one of
exec (no rows), one (exactly one row), optional (none or one), many. It ends with the line that ends with `;`; what
follows up to the next name is comment. The constant's namespace comes from the file's place under src/:
src/hunt/delivery/deliveries.sql gives tandem::hunt::sql::deliveries.
"""
import collections
import os
import re
import sys

CARDINALITIES = ("exec", "one", "optional", "many")
Statement = collections.namedtuple("Statement", "name cardinality body line")  # line: where the body begins


class Mistake(Exception):
    """What is wrong with the file, with path and line."""


def parse(text, path):
    """The statements of the file; raises Mistake."""
    statements, name, kind, lines, ended = [], None, None, [], False
    for number, line in enumerate(text.splitlines() + ["-- name: end :exec"], 1):
        match = re.match(r"-- name: (\w+) :(\w+)\s*$", line)
        if match:
            if name is not None:
                while lines and not lines[0].strip():
                    lines.pop(0)
                    begun += 1
                body = "\n".join(lines).rstrip().rstrip(";")
                if not body:
                    raise Mistake(f"{path}:{number}: statement {name} is empty")
                statements.append(Statement(name, kind, body, begun))
            name, kind = match.groups()
            lines, begun, ended = [], number + 1, False
            if kind not in CARDINALITIES:
                raise Mistake(f"{path}:{number}: :{kind} is none of {', '.join(CARDINALITIES)}")
        elif line.startswith("-- name:"):
            raise Mistake(f"{path}:{number}: write `-- name: NAME :CARDINALITY`")
        elif ended or name is None:
            if line.strip() and not line.startswith("--"):
                raise Mistake(f"{path}:{number}: this belongs to no statement; each starts with `-- name: NAME :CARDINALITY`")
        else:
            lines.append(line)
            ended = line.rstrip().endswith(";") and not line.lstrip().startswith("--")
    return statements


def main():
    source, target = sys.argv[1:3]
    parts = os.path.abspath(source).split(os.sep)
    rooms = parts[len(parts) - 1 - parts[::-1].index("src") + 1:-1]
    module = rooms[1] if rooms[0] == "platform" else rooms[0]
    stem = os.path.splitext(os.path.basename(source))[0]
    with open(source, encoding="utf-8") as file:
        try:
            statements = parse(file.read(), source)
        except Mistake as mistake:
            sys.exit(str(mistake))
    out = ["// Generated from " + "/".join(["src", *rooms, os.path.basename(source)]) + "; edit that file.",
           "#pragma once", '#include "platform/pg/statement.hpp"', "",
           f"namespace tandem::{module}::sql::{stem} {{"]
    for name, kind, body, _ in statements:
        out.append(f'inline constexpr pg::statement {name}{{"{stem}.{name}", R"sql({body})sql", '
                   f"pg::cardinality::{kind}}};")
    out += [f"}}  // namespace tandem::{module}::sql::{stem}", ""]
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "w", encoding="utf-8") as file:
        file.write("\n".join(out))


if __name__ == "__main__":
    main()
