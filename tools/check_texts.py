"""Every text that a user sees stands in locales/: no Cyrillic in the code, no sentences in bot/ rooms, no key that the
locales lack, the same keys in both languages."""
import json
import re
import tomllib

import source_tree

CYRILLIC = re.compile(r"[\u0400-\u04ff]")
# Cyrillic that is no text for users: what people and channels write, looked for by the code.
WORD_LISTS = {
    "src/base/text/": "letters that look alike, ё beside е",
    "src/dating/safety/text_signs.cpp": "what people write where they hide a phone or ask for money",
    "src/hunt/posts/": "words around a contact in a post",
    "src/hunt/readers/sums.cpp": "sums and hours as people type them",
    "src/hunt/repeats/": "words of a channel's signature",
    "src/hunt/rules/": "letters and words of the operator's rules",
    "src/hunt/vacancies/": "headings and greetings in posts",
    "src/hunt/verdicts/": "words that tell vacancies, CVs and fraud",
    "src/platform/locale/moments.cpp": "cities and zones as people type them",
    "src/sandbox/entities.cpp": "top-level domains",
    "src/sandbox/starter/": "posts of the pretend channels",
}
SENTENCE = re.compile(r"[A-Za-z]{2,}[,:]? [A-Za-z]+\b")  # two words
NOT_FOR_USERS = re.compile(r"\b(throw|log\w*|raise|tell|spawn|static_assert)\b|_error[({]")

KEY = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+\.?|[a-z][a-z0-9_]*\.")
PRODUCTS = ("hunt.", "dating.")  # the texts that src/conversation asks for are in each of them
FILE_NAMES = (".jpg", ".json", ".zip")  # no keys
TEXT_CALL = re.compile(r"(?:\.|->)(?:html|plain)\(")


def is_test(name):
    return name.endswith(("_test.cpp", "_for_test.hpp", "_conformance.hpp", "_double.hpp"))


def check_user_text(root):
    problems = []
    for file in source_tree.files(root, ["src"], [".cpp", ".hpp"]):
        name = file.relative_to(root).as_posix()
        if is_test(name):
            continue
        text = source_tree.read(file)
        speaks = "/bot/" in name
        for offset, literal in source_tree.strings(text):
            where = f"{name}:{source_tree.line_of(text, offset)}"
            if CYRILLIC.search(literal) and not name.startswith(tuple(WORD_LISTS)):
                problems.append(f'{where}: "{literal}" belongs into locales/')
            elif speaks and SENTENCE.search(literal):
                begun = max(text.rfind(stop, 0, offset) for stop in ";{}")
                if not NOT_FOR_USERS.search(text[begun + 1:offset]):
                    problems.append(f'{where}: "{literal}" belongs into locales/')
    for file in source_tree.files(root, ["web"], [".ts", ".tsx", ".html", ".css"]):
        name = file.relative_to(root).as_posix()
        text = re.sub(r"/\*.*?\*/|<!--.*?-->|(?<!:)//[^\n]*", lambda m: re.sub(r"[^\n]", " ", m[0]), source_tree.read(file),
                      flags=re.DOTALL)
        for found in CYRILLIC.finditer(text) if "/locales/" not in name else ():
            problems.append(f"{name}:{source_tree.line_of(text, found.start())}: this text belongs into a locales folder")
            break
    return problems


def flat(table, prefix=""):
    """{"a": {"b": "x"}} → {"a.b"}."""
    keys = set()
    for name, value in table.items():
        keys |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name}
    return keys


def locale_keys(root):
    """{language: keys} of locales/LANGUAGE/*.toml."""
    return {folder.name: set().union(*(flat(tomllib.loads(source_tree.read(file))) for file in sorted(folder.glob("*.toml"))))
            for folder in sorted((root / "locales").glob("*")) if folder.is_dir()}


def first_argument(text, begun):
    """What follows `(`: up to its `)`, or to the `{` of the values that go into the text."""
    depth = 0
    for at in range(begun, len(text)):
        if text[at] == "{" or (text[at] == ")" and depth == 0):
            return text[begun:at]
        depth += (text[at] == "(") - (text[at] == ")")
    return text[begun:]


def check_locale_keys(root):
    problems = []
    languages = locale_keys(root)
    every = set().union(*languages.values()) if languages else set()
    for language, keys in languages.items():
        problems += [f"locales/{language}: {key} is missing" for key in sorted(every - keys)]
    for folder in sorted({file.parent for file in source_tree.files(root, ["web"], [".json"])
                          if file.parent.name == "locales"}):
        tables = {file.name: flat(json.loads(source_tree.read(file))) for file in sorted(folder.glob("*.json"))}
        for name, keys in tables.items():
            problems += [f"{(folder / name).relative_to(root).as_posix()}:1: {key} is missing"
                         for key in sorted(set().union(*tables.values()) - keys)]

    for file in source_tree.files(root, ["src"], [".cpp", ".hpp"]):
        name = file.relative_to(root).as_posix()
        if is_test(name) or name.startswith("src/platform/locale/"):
            continue
        text = source_tree.without_comments(source_tree.read(file))
        module = name.split("/")[1] + "."  # a bot's screens leave their module's name out
        tables = {key.split(".")[0] + "." for key in every} | {
            key.removeprefix(module).split(".")[0] + "." for key in every if key.startswith(module)}
        used = {}  # key → where
        for call in TEXT_CALL.finditer(text):
            argument = first_argument(text, call.end())
            used.update({literal: call.start() for _, literal in source_tree.strings(argument) if KEY.fullmatch(literal)})
        if "/bot/" in name:
            used.update({literal: offset for offset, literal in source_tree.strings(text)
                         if KEY.fullmatch(literal) and literal.startswith(tuple(tables))})
        for key, offset in used.items():
            found = (lambda k: any(one.startswith(k) for one in every)) if key.endswith((".", "_")) else every.__contains__
            if key.endswith(FILE_NAMES):
                continue
            shared = name.startswith("src/conversation/") and all(found(product + key) for product in PRODUCTS)
            if not shared and not found(key) and not found(module + key):
                problems.append(f"{name}:{source_tree.line_of(text, offset)}: no text {key} in locales/")
    return problems
