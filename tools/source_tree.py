"""What the checks share: the files of the tree, and C++ without its comments or strings."""
import os
import pathlib
import re

SKIPPED_FOLDERS = {".git", "build", "node_modules", "dist", "__pycache__"}

# Comments, raw strings, strings and characters, in one pass, so that none is looked for inside another.
# A ' between digits separates them.
_PIECE = re.compile(r"""
    (?P<comment>//(?:\\\n|[^\n])*|/\*.*?\*/)
  | (?P<raw>R"(?P<fence>[^(\s]*)\((?P<raw_text>.*?)\)(?P=fence)")
  | (?P<string>"(?P<string_text>(?:\\.|[^"\\\n])*)")
  | (?P<character>(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+')
""", re.VERBOSE | re.DOTALL)


def files(root, folders, suffixes):
    """The files under root/FOLDER of these suffixes, sorted; a folder may be a file, "." is the whole tree."""
    root = pathlib.Path(root)
    found = []
    for folder in folders:
        start = root / folder
        if start.is_file():
            found.append(start)
        for at, names, file_names in os.walk(start):
            names[:] = [name for name in names if name not in SKIPPED_FOLDERS]
            found += [pathlib.Path(at) / name for name in file_names if name.endswith(tuple(suffixes))]
    return sorted(set(found))


def read(path):
    return path.read_text(encoding="utf-8", errors="replace")


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def code_only(text):
    """C++ with comments and the insides of strings blanked; lines and columns stay."""
    return _PIECE.sub(lambda m: _blank(m[0]) if m["comment"] else m[0][0] + _blank(m[0][1:-1]) + m[0][-1], text)


def without_comments(text):
    return _PIECE.sub(lambda m: _blank(m[0]) if m["comment"] else m[0], text)


def strings(text):
    """(offset, contents) of each string literal, in order."""
    for m in _PIECE.finditer(text):
        if m["string"] is not None:
            yield m.start(), m["string_text"]
        elif m["raw"] is not None:
            yield m.start(), m["raw_text"]
