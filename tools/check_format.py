"""clang-format-19 has nothing to change in any C++ file; tools/format makes it so."""
import re
import subprocess

import source_tree


def sources(root):
    return source_tree.files(root, ["src", "bench", "tests", "fuzz", "cmake"], [".cpp", ".hpp"])


def check(root):
    problems = {}
    files = sources(root)
    if not files:
        return []
    done = subprocess.run(["clang-format-19", "--dry-run", "--style=file", *files], cwd=root, capture_output=True, text=True)
    for file, line in re.findall(r"^(\S.*?):(\d+):\d+: warning: ", done.stderr, re.MULTILINE):
        problems.setdefault(file, f"{file.removeprefix(f'{root}/')}:{line}: run tools/format")
    return list(problems.values())
