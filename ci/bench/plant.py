#!/usr/bin/env python3
"""plant.py REPO TARGET COUNT: a bare repository TARGET that borrows REPO's objects and has COUNT more commits,
each of which brings a random key into a file of its own, half of them on top of HEAD, half on branches from
commits all over the history; then commits that take them out again. The keys are made here and are nobody's.
"""
import os
import random
import string
import subprocess
import sys


def git(folder, *words, text=None):
    done = subprocess.run(["git", "-C", folder, *words], input=text, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


def main():
    source, target, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    kind = git(source, "rev-parse", "--show-object-format").strip()
    subprocess.run(["git", "init", "-q", "--bare", f"--object-format={kind}", target], check=True)
    with open(os.path.join(target, "objects/info/alternates"), "w") as out:
        out.write(os.path.join(source, "objects") + "\n")
    refs = git(source, "for-each-ref", "--format=%(objectname) %(refname)").splitlines()
    with open(os.path.join(target, "packed-refs"), "w") as out:
        out.write("# pack-refs with:\n")
        for line in sorted(refs, key=lambda one: one.split(" ", 1)[1]):
            out.write(line + "\n")
    commits = git(source, "rev-list", "HEAD").split()
    folders = [line for line in git(source, "ls-tree", "-r", "-d", "--name-only", "HEAD").splitlines() if '"' not in line]
    folders = folders or ["."]
    head = commits[0]
    letters = string.ascii_letters + string.digits
    stream = []

    def key():
        return "sk-" + "kimi-" + "".join(random.SystemRandom().choice(letters) for _ in range(64))

    def commit(ref, parent, change):
        text = f"commit {ref}\ncommitter P <p@example.org> 1700000000 +0000\ndata 5\nplant\n"
        if parent:
            text += f"from {parent}\n"
        stream.append(text + change + "\n")

    planted = []
    ref = "refs/heads/kimiguard-bench/main"
    for i in range(count // 2):
        path = f"{folders[i * 7 % len(folders)]}/planted-{i}.env".removeprefix("./")
        body = f"KIMI_API_KEY={key()}\n"
        commit(ref, head if i == 0 else None, f"M 100644 inline {path}\ndata {len(body)}\n{body}")
        planted.append(path)
    for path in planted:
        commit(ref, None, f"D {path}")
    for i in range(count - count // 2):
        side = f"refs/heads/kimiguard-bench/side-{i}"
        body = f"KIMI_API_KEY={key()}\n"
        at = commits[i * len(commits) // max(1, count)]
        commit(side, at, f"M 100644 inline planted-side-{i}.env\ndata {len(body)}\n{body}")
        commit(side, None, f"D planted-side-{i}.env")
    git(target, "fast-import", "--quiet", "--force", text="".join(stream).encode())
    git(target, "symbolic-ref", "HEAD", ref)


main()
