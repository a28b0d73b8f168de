"""One PostgreSQL schema per module: the SQL of src/hunt names hunt.* only. Across goes one thing, the foreign key to
accounts.users (user_id) in a migration. SQL stands in .sql files, not in C++."""
import re

import source_tree

CREATED = re.compile(r"CREATE\s+SCHEMA\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)", re.IGNORECASE)
FOREIGN_KEY = re.compile(r"REFERENCES\s+accounts\.users\s*\(\s*user_id\s*\)", re.IGNORECASE)
MIGRATION = re.compile(r"\d+_([a-z]+)\w*\.sql$")
NOT_SQL = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)
STATEMENT = re.compile(r"^\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s|WITH\s+\w+\s+AS\s)")
# Statements outside .sql files, each with its reason.
STATEMENTS_IN_CODE = {
    "src/platform/pg/": "the pool, the private cluster and the migrations speak to databases that have no schema yet",
}


def blank(found):
    return re.sub(r"[^\n]", " ", found[0])


def check(root):
    problems = []
    migrations = source_tree.files(root, ["migrations"], [".sql"])
    schemas = {name.lower() for file in migrations for name in CREATED.findall(source_tree.read(file))}
    named = re.compile(r"(?<![\w.$])(" + "|".join(sorted(schemas)) + r")\s*\.\s*\w", re.IGNORECASE) if schemas else None

    def look(file, own, text):
        text = NOT_SQL.sub(blank, text)
        for found in named.finditer(text) if named else ():
            if found[1].lower() != own:
                problems.append(f"{file.relative_to(root).as_posix()}:{source_tree.line_of(text, found.start())}: "
                                f"the SQL of {own} names {found[0]}…; it may name {own}.* only")

    for file in migrations:
        module = MIGRATION.match(file.name)
        if not module:
            problems.append(f"{file.relative_to(root).as_posix()}:1: name it NUMBER_MODULE.sql, as in 0003_hunt.sql")
            continue
        look(file, module[1], FOREIGN_KEY.sub(blank, NOT_SQL.sub(blank, source_tree.read(file))))
    for file in source_tree.files(root, ["src"], [".sql"]):
        look(file, file.relative_to(root).parts[1], source_tree.read(file))
    for file in source_tree.files(root, ["src"], [".cpp", ".hpp"]):
        name = file.relative_to(root).as_posix()
        if name.endswith(("_test.cpp", "_for_test.hpp", "_conformance.hpp")) or name.startswith(tuple(STATEMENTS_IN_CODE)):
            continue
        text = source_tree.read(file)
        for offset, literal in source_tree.strings(text):
            if STATEMENT.match(literal):
                problems.append(f"{name}:{source_tree.line_of(text, offset)}: SQL stands in .sql files beside the store")
    return problems
