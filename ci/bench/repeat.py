#!/usr/bin/env python3
"""repeat.py REPO TARGET TIMES: a bare repository TARGET that holds REPO's history TIMES times. Each copy's files and
messages end in its number, so no object is shared, and
each is a pack by itself.
"""
import glob
import os
import struct
import subprocess
import sys


def salt_of(body, number):
    """What makes a file or message differ from its copies, and leaves an archive one that can be read to its end."""
    if body.startswith(b"\x28\xb5\x2f\xfd"):  # zstd: a frame to be skipped (RFC 8878, 3.1.2)
        return b"\x50\x2a\x4d\x18" + struct.pack("<II", 4, number)
    if body.startswith(b"\xfd7zXZ\0"):  # xz: padding of a stream, four NULs at a time
        return b"\0" * (4 * (number + 1))
    return f"\ncopy {number}\n".encode()


def copy(source, out, number, offset):
    """Passes a fast-export stream on; returns the marks used."""
    export = subprocess.Popen(["git", "-C", source, "fast-export", "--all", "--signed-tags=strip", "--tag-of-filtered-object=drop",
                               "--reencode=no"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    stream = export.stdout
    most = 0

    def moved(mark):
        nonlocal most
        value = int(mark[1:])
        most = max(most, value)
        return b":%d" % (value + offset)

    for line in stream:
        if line.startswith(b"data "):
            size = int(line[5:])
            body = stream.read(size)
            salt = salt_of(body, number)
            out.write(b"data %d\n" % (size + len(salt)) + body + salt)
        elif line.startswith((b"mark :", b"from :", b"merge :")):
            word, mark = line.split()
            out.write(word + b" " + moved(mark) + b"\n")
        elif line.startswith(b"M "):
            mode, mark, path = line[2:].split(b" ", 2)
            out.write(b"M " + mode + b" " + (moved(mark) if mark.startswith(b":") else mark) + b" " + path)
        elif line.startswith((b"commit refs/", b"reset refs/", b"tag ")):
            word, name = line.rstrip(b"\n").split(b" ", 1)
            name = name.replace(b"refs/", b"refs/copy%d/" % number, 1) if word != b"tag" else b"copy%d-" % number + name
            out.write(word + b" " + name + b"\n")
        else:
            out.write(line)
    export.wait()
    return most


def main():
    source, target, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
    subprocess.run(["git", "init", "-q", "--bare", target], check=True)
    offset = 0
    for number in range(times):
        load = subprocess.Popen(["git", "-C", target, "fast-import", "--quiet", "--force"], stdin=subprocess.PIPE)
        offset += copy(source, load.stdin, number, offset)
        load.stdin.close()
        if load.wait() != 0:
            sys.exit("repeat.py: git fast-import failed")
        # A pack for each copy: in one, the copies would be deltas of each other and cost next to nothing.
        subprocess.run(["git", "-C", target, "repack", "-q", "-adf", "--depth=50", "--window=10"], check=True)
        for pack in glob.glob(os.path.join(target, "objects/pack/*.pack")):
            open(pack[:-5] + ".keep", "w").close()
    head = subprocess.run(["git", "-C", source, "symbolic-ref", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run(["git", "-C", target, "symbolic-ref", "HEAD", head.replace("refs/", "refs/copy0/", 1)], check=False)
    if subprocess.run(["git", "-C", target, "rev-parse", "-q", "--verify", "HEAD"], capture_output=True).returncode != 0:
        sys.exit("repeat.py: HEAD of the copy leads nowhere")


main()
