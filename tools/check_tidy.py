"""clang-tidy over the product's files, with the checks of .clang-tidy. Tests are left out: they run under the sanitizers.

A file that passed is not looked at again until something that it is made of changes: itself, a header of ours, the
compile command, the checks. The marks lie in build/tidy, named by the hash of all that.
"""
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess

import source_tree

TIDY = "clang-tidy-19"
FINDING = re.compile(r"^(\S.*?):(\d+):\d+: (?:error|warning): (.*)$", re.MULTILINE)


def dependencies(build):
    """Object file -> the files that its last compilation read, by ninja."""
    found, target = {}, None
    if not (build / "build.ninja").exists():
        return found
    for line in subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True).stdout.splitlines():
        if line and not line[0].isspace():
            target = line.split(": #deps")[0]
            found[target] = []
        elif line.strip():
            found[target].append(line.strip())
    return found


def check(root, build=None):
    root = pathlib.Path(root).resolve()
    build = build or next((root / "build" / preset for preset in ("asan", "dev", "release")
                           if any((root / "build" / preset).glob("CMakeFiles/tandem_pch.dir/*.pch"))), None)
    if build is None:
        return ["build:1: clang-tidy needs a build, for generated and precompiled headers: ninja -C build/dev"]
    marks = root / "build/tidy"
    marks.mkdir(parents=True, exist_ok=True)
    read_by = dependencies(build)
    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    setting = version + (root / ".clang-tidy").read_bytes() + b"".join(
        file.read_bytes() for file in source_tree.files(root, ["cmake/pch"], [".hpp"]))

    @functools.cache
    def state_of(path):
        """The contents of our files; of others, as they come with packages, size and time."""
        if path.endswith(".pch"):
            return b""
        try:
            if path.startswith(f"{root}/"):
                return hashlib.sha256(pathlib.Path(path).read_bytes()).digest()
            seen = os.stat(path)
            return f"{seen.st_size} {seen.st_mtime_ns}".encode()
        except OSError:
            return b"gone"

    def mark_of(entry):
        """Where the mark of this file's passing lies; None: unknown what it is made of."""
        output = entry.get("output") or re.search(r" -o (\S+)", entry["command"])[1]
        if output not in read_by:
            return None
        sum_ = hashlib.sha256(setting + entry["command"].encode())
        for path in sorted({entry["file"], *(os.path.normpath(os.path.join(build, file)) for file in read_by[output])}):
            sum_.update(path.encode() + b"\0" + state_of(path))
        return marks / sum_.hexdigest()

    def findings(entry):
        mark = mark_of(entry)
        if mark and mark.exists():
            mark.touch()
            return []
        done = subprocess.run([TIDY, "--quiet", "-p", build, entry["file"]], cwd=root, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        found = [f"{os.path.relpath(file, root)}:{line}: {what}" for file, line, what in FINDING.findall(done.stdout)]
        if done.returncode == 0 and mark:
            mark.touch()
        elif done.returncode != 0 and not found:
            found = [f"{os.path.relpath(entry['file'], root)}:1: clang-tidy failed: {(done.stderr + done.stdout).strip()}"]
        return found

    entries = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        name = os.path.relpath(entry["file"], root)
        if name.startswith(("src/", "bench/")) and not name.endswith("_test.cpp"):
            entry.setdefault("command", shlex.join(entry.get("arguments", [])))
            entries.setdefault(entry["file"], entry)
    problems = {}  # a header's finding comes once per file that includes it
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(findings, entries.values()):
            problems.update(dict.fromkeys(found))
    return list(problems)
