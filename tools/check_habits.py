"""Habits of the house that a compiler does not see: nothing runs detached, a coroutine's closure outlives it, unit tests
never sleep, no file names a package registry or a place on somebody's machine."""
import re

import source_tree

CPP = [".cpp", ".hpp"]
DETACHED = re.compile(r"\bdetached\b")
# An hour is no waiting: that is how a double hangs for good.
SLEEP = re.compile(r"\b(sleep_for(?!\(1h\))|sleep_until|steady_timer|system_timer|usleep|nanosleep|sleep)\b\s*[({<;]?")
# Unit tests that may name a sleep, each with its reason.
SLEEPS = {
    "src/async/async_test.cpp": "tests sleep_for and within themselves",
}
# A lambda that captures and is a coroutine: its captures live in the closure, not in the coroutine's frame.
CAPTURING_COROUTINE = re.compile(r"\[[^\[\]\n]*[&=\w][^\[\]\n]*\]\s*\([^()]*(?:\([^()]*\)[^()]*)*\)[^;{}()]*->\s*"
                                 r"(?:async::)?task<[^;{}]*>\s*\{")
# Written so that this file does not name them itself.
REGISTRY = re.compile(r"registry\.(?:npmjs|yarnpkg)\.\w+|(?:deb|security|snapshot|ftp)\.debian\.\w+|files\.pythonhosted\.\w+|"
                      r"pypi\.org\b|crates\.io\b|proxy\.golang\.\w+|repo\.maven\.\w+|\brubygems\.\w+")
PLACE = re.compile(r"(?<![\w.])/(?:work|home|Users|root)/\w+")


def check_detached(root):
    return _find(root, DETACHED, source_tree.files(root, ["src", "bench", "tests", "fuzz"], CPP),
                 "nothing is detached; a scope owns each task (async/scope.hpp)")


def check_closures(root):
    """Name it, then await it: a capturing coroutine is neither called where it is written (its closure dies at the end of
    the line, the coroutine does not) nor part of an expression with co_await."""
    problems = []
    for file in source_tree.files(root, ["src", "bench"], CPP):
        text = source_tree.code_only(source_tree.read(file))
        for found in CAPTURING_COROUTINE.finditer(text):
            where = f"{file.relative_to(root).as_posix()}:{source_tree.line_of(text, found.start())}"
            depth, end = 1, found.end()
            while depth and end < len(text):
                depth += (text[end] == "{") - (text[end] == "}")
                end += 1
            before = text[max(text.rfind(stop, 0, found.start()) for stop in ";{}") + 1:found.start()]
            if re.match(r"\s*\(", text[end:]):
                problems.append(f"{where}: this coroutine outlives the lambda that holds its captures; name the lambda")
            elif re.search(r"\bco_await\b", before):
                problems.append(f"{where}: name this lambda, then await what takes it")
    return problems


def check_sleeps(root):
    tests = [file for file in source_tree.files(root, ["src"], CPP)
             if file.name.endswith(("_test.cpp", "_for_test.hpp", "_conformance.hpp")) and
             file.relative_to(root).as_posix() not in SLEEPS]
    return _find(root, SLEEP, tests, "unit tests wait for signals, never for time")


def check_addresses(root):
    problems = []
    for file in source_tree.files(root, ["."], [""]):
        text = source_tree.read(file)
        if "\0" in text:
            continue
        for pattern, what in ((REGISTRY, "a package registry"), (PLACE, "a place on one machine")):
            for found in pattern.finditer(text):
                problems.append(f"{file.relative_to(root).as_posix()}:{source_tree.line_of(text, found.start())}: "
                                f"{found[0]} is {what}")
    return problems


def _find(root, pattern, files, why):
    problems = []
    for file in files:
        text = source_tree.code_only(source_tree.read(file))
        for found in pattern.finditer(text):
            problems.append(f"{file.relative_to(root).as_posix()}:{source_tree.line_of(text, found.start())}: {why}")
    return problems
