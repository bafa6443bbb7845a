#!/usr/bin/env python3
"""Hostile and huge input, made here, scanned, and thrown away: a markdown table of what came out.

  bounds.py KIMIGUARD FOLDER [SCALE] [CASE…]    FOLDER: where input is made (largest case: 10 GB × SCALE)

Each case plants random keys (nobody's) and says whether a limit is to be reached. A row fails (and so does the
program) when a key is missing or stands in another place than it was put, when a limit was reached and not named,
named and not reached, or when memory of its own passed 300 MB. `--fail-on critical` makes the exit status speak of
coverage alone: 0 complete, 3 a limit was reached. SCALE (1) shrinks the input; what is meant to pass a limit is
never shrunk below it. Time is the scan's, with the input in the page cache as far as it fits.
"""
import bz2
import ctypes
import gzip
import hashlib
import io
import json
import lzma
import os
import random
import shutil
import sqlite3
import string
import struct
import subprocess
import sys
import threading
import time
import zipfile
import zlib

MiB = 1 << 20
GiB = 1 << 30
LETTERS = string.ascii_letters + string.digits
MEMORY_MB = 300
ROUND = random.SystemRandom()


def key():
    return "sk-" + "kimi-" + "".join(ROUND.choices(LETTERS, k=64))


def setting(planted, place=None):
    """A line with a new key; `place` is (line, column) where that is known."""
    made = key()
    planted[made] = place
    return f"KIMI_API_KEY={made}\n".encode()


# --- archives ---------------------------------------------------------------------------------------------------


def zeros_of(size, write):
    block = bytes(MiB)
    for _ in range(size // MiB):
        write(block)


def deflated_zeros(size):
    """A raw deflate stream of that many zeros: one block, flushed so that it stands alone, again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(16 * MiB)) + packer.flush(zlib.Z_FULL_FLUSH)
    for _ in range(size // (16 * MiB)):
        yield block
    yield packer.flush()


def zip_bomb(folder, size, planted):
    with zipfile.ZipFile(f"{folder}/bomb.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        out.writestr("first.env", setting(planted))
        with out.open("zeros", "w", force_zip64=True) as member:
            zeros_of(size, member.write)


def gz_bomb(folder, size, planted):
    crc = 0
    block = bytes(16 * MiB)
    with open(f"{folder}/bomb.gz", "wb") as out:
        out.write(gzip.compress(setting(planted)))
        out.write(b"\x1f\x8b\x08\0\0\0\0\0\0\x03")
        for part in deflated_zeros(size):
            out.write(part)
        for _ in range(size // len(block)):
            crc = zlib.crc32(block, crc)
        out.write(struct.pack("<II", crc, size & 0xFFFFFFFF))


def streams_bomb(folder, name, pack, size, planted):
    """xz, bzip2 and zstd: streams one after the other are one file."""
    part = pack(bytes(64 * MiB))
    with open(f"{folder}/bomb.{name}", "wb") as out:
        out.write(pack(setting(planted)))
        for _ in range(size // (64 * MiB)):
            out.write(part)


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c", "-3"], input=data, capture_output=True, check=True).stdout


def seven_zip_bomb(folder, size, planted):
    lib = ctypes.CDLL("libarchive.so.13")
    for name in ("archive_write_new", "archive_entry_new"):
        getattr(lib, name).restype = ctypes.c_void_p
    lib.archive_write_data.restype = ctypes.c_ssize_t
    archive = ctypes.c_void_p(lib.archive_write_new())
    lib.archive_write_set_format_7zip(archive)
    lib.archive_write_set_options(archive, b"7zip:compression=deflate,7zip:compression-level=1")
    assert lib.archive_write_open_filename(archive, f"{folder}/bomb.7z".encode()) == 0

    def member(name, length):
        entry = ctypes.c_void_p(lib.archive_entry_new())
        lib.archive_entry_set_pathname(entry, name)
        lib.archive_entry_set_size(entry, ctypes.c_int64(length))
        lib.archive_entry_set_filetype(entry, 0o100000)
        lib.archive_entry_set_perm(entry, 0o644)
        lib.archive_write_header(archive, entry)
        lib.archive_entry_free(entry)

    def write(data):
        lib.archive_write_data(archive, data, ctypes.c_size_t(len(data)))

    text = setting(planted)
    member(b"first.env", len(text))
    write(text)
    member(b"zeros", size)
    zeros_of(size, write)
    lib.archive_write_close(archive)
    lib.archive_write_free(archive)


def nested_zips(folder, levels, planted):
    """Sixteen zips in each, `levels` deep, 4 GB of zeros in each of the innermost."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        with out.open("zeros", "w", force_zip64=True) as member:
            zeros_of(4 * GiB - 16 * MiB, member.write)
    data = made.getvalue()
    for level in range(levels):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
            if level == levels - 1:
                out.writestr("first.env", setting(planted))
            for number in range(16):
                out.writestr(f"{number:02}.zip", data)
        data = made.getvalue()
    with open(f"{folder}/nested.zip", "wb") as out:
        out.write(data)


def deep_zips(folder, levels, planted):
    """One zip in the other; a key in each level that is within the bound of eight."""
    data = b"the end"
    for level in range(levels, 0, -1):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
            if level <= 8:
                out.writestr("here.env", setting(planted))
            out.writestr("deeper.zip" if level < levels else "end.txt", data)
        data = made.getvalue()
    with open(f"{folder}/deep.zip", "wb") as out:
        out.write(data)


def tar_header(name, size):
    header = bytearray(512)
    header[: len(name)] = name
    header[100:108] = b"0000644\0"
    header[108:116] = header[116:124] = b"0000000\0"
    header[124:136] = b"%011o\0" % size
    header[136:148] = b"00000000000\0"
    header[148:156] = b"        "
    header[156] = ord("0")
    header[257:265] = b"ustar\00000"
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def tar_of_many(path, count, planted, opener=open):
    """That many empty members between two with a key; where the bound is passed only the first is within it."""
    with opener(path, "wb") as out:
        text = setting(planted)
        out.write(tar_header(b"first.env", len(text)) + text.ljust(512, b"\0"))
        base = bytearray(tar_header(b"empty/0000000", 0))
        fixed = sum(base) - sum(base[148:156]) - sum(base[6:13]) + 8 * 32
        buffer = bytearray()
        for number in range(count):
            digits = b"%07d" % number
            base[6:13] = digits
            base[148:156] = b"%06o\0 " % (fixed + sum(digits))
            buffer += base
            if len(buffer) >= 4 * MiB:
                out.write(buffer)
                buffer.clear()
        out.write(buffer)
        if count < 2_000_000:
            text = setting(planted)
            out.write(tar_header(b"last.env", len(text)) + text.ljust(512, b"\0"))
        out.write(bytes(1024))


# --- many small ones --------------------------------------------------------------------------------------------


def small_archive(number, text):
    kind = ("zip", "jar", "tar.gz", "gz", "whl", "tar", "xz", "bz2")[number % 8]
    name = f"app/config-{number}.env"
    made = io.BytesIO()
    if kind in ("zip", "jar", "whl"):
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr(name, text)
    elif kind in ("tar.gz", "tar"):
        tar = tar_header(name.encode(), len(text)) + text.ljust((len(text) + 511) // 512 * 512, b"\0") + bytes(1024)
        made.write(gzip.compress(tar, 1) if kind == "tar.gz" else tar)
    else:
        pack = {"gz": lambda data: gzip.compress(data, 1), "xz": lambda data: lzma.compress(data, preset=0), "bz2": bz2.compress}
        made.write(pack[kind](text))
    return kind, made.getvalue()


def many_archives(folder, count, planted):
    chosen = set(ROUND.sample(range(count), min(100, count)))
    for number in range(count):
        below = f"{folder}/{number // 400:04}"
        if number % 400 == 0:
            os.mkdir(below)
        text = b"# settings of a service\nPORT=8080\nNAME=service-%d\n" % number
        if number in chosen:
            text += setting(planted)
        kind, data = small_archive(number, text)
        with open(f"{below}/{number}.{kind}", "wb") as out:
            out.write(data)


# --- databases --------------------------------------------------------------------------------------------------


def database(path, page_size):
    db = sqlite3.connect(path, isolation_level=None)
    # Debian's SQLite overwrites what is deleted; most others do not.
    for pragma in (f"page_size={page_size}", "journal_mode=OFF", "synchronous=OFF", "secure_delete=OFF"):
        db.execute("PRAGMA " + pragma)
    return db


def database_of_rows(folder, size, planted):
    db = database(f"{folder}/rows.db", 4096)
    db.execute("CREATE TABLE log(id INTEGER PRIMARY KEY, name TEXT, body TEXT)")
    count = max(200, size // 1020)
    alive = {0, count // 2, count - 1}
    gone = {count // 4, count // 4 * 3}

    def rows():
        for number in range(count):
            body = os.urandom(450).hex()
            if number in alive or number in gone:
                body = setting(planted).decode() + body[:800]
            yield number, "row", body

    db.execute("BEGIN")
    db.executemany("INSERT INTO log VALUES(?,?,?)", rows())
    db.execute("COMMIT")
    # With their neighbours, so that whole pages become free, and one alone, whose page stays in use and as it was.
    first, second = sorted(gone)
    db.execute("DELETE FROM log WHERE id BETWEEN ? AND ?", (first - 20, first + 20))
    db.execute("DELETE FROM log WHERE id = ?", (second,))
    db.close()


def database_of_blobs(folder, size, planted):
    db = database(f"{folder}/blobs.db", 65536)
    db.execute("CREATE TABLE attachments(id INTEGER PRIMARY KEY, data BLOB, note TEXT)")
    blob = 100 * MiB
    count = max(3, size // blob)
    for number in range(count):
        note = setting(planted).decode() if number in (0, count // 2, count - 1) else "nothing"
        db.execute("INSERT INTO attachments(data, note) VALUES(zeroblob(?), ?)", (blob, note))
        if number == count // 2:
            with db.blobopen("attachments", "data", db.execute("SELECT max(id) FROM attachments").fetchone()[0]) as data:
                for at in (0, blob // 2 + 123, blob - 200):
                    data.seek(at)
                    data.write(setting(planted))
    db.close()


# --- large files ------------------------------------------------------------------------------------------------

BORDER = 4 * MiB
ROW = b'{"id":%07d,"at":"2026-01-01T00:00:00Z","text":"nothing to see, only a row of an export","ok":true},'


def borders(size):
    """Where keys start: before, on and across borders of 4 MiB all over the file, and at its end."""
    places = [0]
    for turn in range(10):
        border = size // BORDER * turn // 10 * BORDER
        if border:
            places.append(border - (85, 84, 60, 40, 14, 13, 1)[turn % 7])
    return places + [size - 84]


def sparse_file(folder, size, planted):
    with open(f"{folder}/sparse.img", "wb") as out:
        out.truncate(size)
        for number, at in enumerate(borders(size)):
            out.seek(at)
            # Zeros are no line ends: the line is that of the keys before.
            out.write(setting(planted, (number + 1, None)))


def text_file(folder, size, planted):
    """Real text, a row a line, rows of 64 KiB that are written again and again."""
    rows = b"".join(ROW % number + b"\n" for number in range(640))
    rows = rows[: rows.rfind(b"\n") + 1]
    lines = rows.count(b"\n")
    line = 1
    at = 0
    with open(f"{folder}/export.jsonl", "wb") as out:
        for place in borders(size):
            while at + len(rows) < place:
                out.write(rows)
                at += len(rows)
                line += lines
            if at < place:
                out.write(b"x" * (place - at - 1) + b"\n")
                line += 1
            text = setting(planted, (line, 14))
            out.write(text)
            at = place + len(text)
            line += 1


def one_line(folder, size, planted):
    rows = b"".join(ROW % number for number in range(640))
    at = 0
    with open(f"{folder}/line.json", "wb") as out:
        for place in (0, size // 2 // BORDER * BORDER - 40, size - 200):
            while at + len(rows) < place:
                out.write(rows)
                at += len(rows)
            out.write(b" " * (place - at))
            text = b'{"KIMI_API_KEY": "%s"},' % key().encode()
            planted[text[18:-3].decode()] = (1, place + 19)
            out.write(text)
            at = place + len(text)


# --- running ----------------------------------------------------------------------------------------------------


def memory(pid):
    """All resident pages at their most, and those of its own now, in KiB."""
    with open(f"/proc/{pid}/status") as file:
        lines = dict(line.split(":", 1) for line in file)
    number = lambda name: int(lines[name].split()[0])
    return number("VmHWM"), number("RssAnon") + number("RssShmem")


def scan(kimiguard, folder, home):
    report = f"{home}/report.json"
    words = [kimiguard, "scan", "--only", "files", "--fail-on", "critical", "--no-progress", "-q", "--as-of", "2026-01-01"]
    words += ["-f", "json", "-o", report, folder]
    environment = dict(os.environ, HOME=home, XDG_CACHE_HOME=home)
    begin = time.perf_counter()
    pid = os.posix_spawn(kimiguard, words, environment, file_actions=[
        (os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)])
    peak = {"all": 0, "own": 0, "fds": 0}
    ended = threading.Event()

    def look():
        while not ended.is_set():
            try:
                everything, own = memory(pid)
                peak["all"], peak["own"] = max(peak["all"], everything), max(peak["own"], own)
                peak["fds"] = max(peak["fds"], len(os.listdir(f"/proc/{pid}/fd")))
            except (OSError, KeyError):
                pass  # it has just ended
            time.sleep(0.005)

    thread = threading.Thread(target=look)
    thread.start()
    _, status = os.waitpid(pid, 0)
    seconds = time.perf_counter() - begin
    ended.set()
    thread.join()
    with open(report) as file:
        result = json.load(file)
    return result, os.waitstatus_to_exitcode(status), seconds, peak["all"] / 1024, peak["own"] / 1024, peak["fds"]


def missing(result, planted):
    places = {}
    for finding in result["findings"]:
        for place in finding["places"]:
            region = place.get("region", {})
            places.setdefault(finding.get("secretSha256"), []).append((region.get("startLine"), region.get("startColumn")))
    lost = moved = 0
    for made, place in planted.items():
        found = places.get(hashlib.sha256(made.encode()).hexdigest()[:16])
        if not found:
            lost += 1
        elif place and not any(place[0] == line and place[1] in (None, column) for line, column in found):
            moved += 1
    return lost, moved


def main():
    kimiguard, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    scale = float(sys.argv[3]) if len(sys.argv) > 3 else 1
    wanted = sys.argv[4:]
    size = max(int(10 * GiB * scale) // (64 * MiB) * (64 * MiB), GiB)
    rows = int(2 * GiB * scale)
    bomb = 3 * GiB if scale < 0.3 else size  # always past the bound of one member, 2 GB
    cases = [  # name, what is made, is a limit reached
        ("zip", f"zip, a key and {bomb >> 30} GB of zeros", lambda f, p: zip_bomb(f, bomb, p), True),
        ("gz", f"gz, the same", lambda f, p: gz_bomb(f, bomb, p), True),
        ("xz", f"xz, the same", lambda f, p: streams_bomb(f, "xz", lzma.compress, bomb, p), True),
        ("zst", f"zst, the same", lambda f, p: streams_bomb(f, "zst", zstd, bomb, p), True),
        ("bz2", f"bz2, the same", lambda f, p: streams_bomb(f, "bz2", bz2.compress, bomb, p), True),
        ("7z", f"7z, the same", lambda f, p: seven_zip_bomb(f, bomb, p), True),
        ("nested", "zip, five levels of 16 zips each, 4 GB of zeros in each innermost", lambda f, p: nested_zips(f, 5, p), True),
        ("deep", "zip in zip, 12 levels, a key in each of the first eight", lambda f, p: deep_zips(f, 12, p), True),
        ("tar", "tar, 1,000,000 empty members between two keys", lambda f, p: tar_of_many(f"{f}/many.tar", 1_000_000, p), False),
        ("targz", "tar.gz, 2,100,000 empty members after a key", lambda f, p: tar_of_many(f"{f}/many.tar.gz", 2_100_000, p, lambda path, mode: gzip.open(path, mode, 6)), True),
        ("small", f"{int(100_000 * scale):,} small archives, keys in 100", lambda f, p: many_archives(f, int(100_000 * scale), p), False),
        ("rows", f"SQLite, {rows / GiB:.1f} GB of rows, 3 keys, 2 deleted", lambda f, p: database_of_rows(f, rows, p), False),
        ("blobs", f"SQLite, {size >> 30} GB of blobs, 6 keys", lambda f, p: database_of_blobs(f, size, p), False),
        ("sparse", f"sparse file of {size >> 30} GB, keys at borders and end", lambda f, p: sparse_file(f, size, p), False),
        ("text", f"text of {size >> 30} GB, keys at borders and end", lambda f, p: text_file(f, size, p), False),
        ("line", f"one line of {rows / GiB:.1f} GB, 3 keys", lambda f, p: one_line(f, rows, p), False),
    ]
    if unknown := set(wanted) - {name for name, *_ in cases}:
        sys.exit(f"no such case: {', '.join(sorted(unknown))}; there are {', '.join(name for name, *_ in cases)}")
    print("| input | size | keys found | limits named | exit | time | peak MB | own MB | descriptors | |")
    print("|---|--:|--:|---|--:|--:|--:|--:|--:|---|")
    failed = False
    for name, what, make, limited in cases:
        if wanted and name not in wanted:
            continue
        if name == "zst" and not shutil.which("zstd"):
            print(f"| {what} | | | | | | | | | left out: no zstd |", flush=True)
            continue
        place, home = f"{folder}/input", f"{folder}/home"
        for one in (place, home):
            shutil.rmtree(one, ignore_errors=True)
            os.makedirs(one)
        planted = {}
        make(place, planted)
        stored = sum(os.lstat(os.path.join(top, one)).st_size for top, _, files in os.walk(place) for one in files)
        result, code, seconds, peak, own, descriptors = scan(kimiguard, place, home)
        lost, moved = missing(result, planted)
        gaps = result["summary"]["coverage"]["gaps"]
        limits = sorted({gap["reason"].removeprefix("the limit for ").removesuffix(" was reached") for gap in gaps if gap["code"] == "limit"})
        faults = []
        if lost:
            faults.append(f"{lost} keys lost")
        if moved:
            faults.append(f"{moved} keys misplaced")
        if limited != bool(limits) or code != (3 if limited else 0):
            faults.append("the limit is not told" if limited else "not complete: " + "; ".join(sorted({gap["code"] for gap in gaps})))
        if own > MEMORY_MB:
            faults.append("memory")
        failed = failed or bool(faults)
        print(f"| {what} | {stored / 1e6:,.1f} MB | {len(planted) - lost} of {len(planted)} | {'; '.join(limits)} | {code} "
              f"| {seconds:.1f} s | {peak:.0f} | {own:.0f} | {descriptors} | {'; '.join(faults) or 'ok'} |", flush=True)
        shutil.rmtree(place)
    return failed


sys.exit(main())
