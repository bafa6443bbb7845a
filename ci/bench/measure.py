#!/usr/bin/env python3
"""Runs commands side by side and prints a markdown table of medians.

Standard input: one command a line, "name<TAB>words" (words as a shell would split them; no shell runs them,
unless they begin with "sh -c"), perhaps "<TAB>file" for its standard input. A line "-" begins a new table. Each command runs KIMIGUARD_RUNS times (5), in
rounds, so that a busy moment hits all of them alike; one that takes longer than --slow seconds runs once.
Output of the commands goes to /dev/null. The first row is what ratios are to.

Memory is taken in a run of its own: "peak" is all resident pages, "own" those that are not of mapped files.
"""
import argparse
import os
import shlex
import statistics
import sys
import threading
import time


def start(row, folder):
    words = row["words"]
    actions = [(os.POSIX_SPAWN_OPEN, 0, row["input"] or os.devnull, os.O_RDONLY, 0)]
    actions += [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (1, 2)]
    here = os.getcwd()
    if folder:
        os.chdir(folder)
    try:
        return os.posix_spawnp(words[0], words, os.environ, file_actions=actions)
    finally:
        os.chdir(here)


def timed(row, folder):
    begin = time.perf_counter()
    pid = start(row, folder)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - begin
    return seconds, os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(one) for one in file.read().split()]
    except (OSError, ValueError):
        return []


def resident(pid):
    total = own = 0
    try:
        with open(f"/proc/{pid}/status") as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    total += int(line.split()[1])
                elif line.startswith(("RssAnon:", "RssShmem:")):
                    own += int(line.split()[1])
    except OSError:
        pass
    for child in children(pid):
        more = resident(child)
        total += more[0]
        own += more[1]
    return total, own


def memory(row, folder):
    pid = start(row, folder)
    peak = [0, 0]
    ended = threading.Event()

    def look():
        while not ended.is_set():
            total, own = resident(pid)
            peak[0] = max(peak[0], total)
            peak[1] = max(peak[1], own)
            time.sleep(0.004)

    thread = threading.Thread(target=look)
    thread.start()
    _, _, usage = os.wait4(pid, 0)
    ended.set()
    thread.join()
    return max(peak[0], usage.ru_maxrss) / 1024, peak[1] / 1024


def unit(seconds):
    if seconds < 0.02:
        return f"{seconds * 1000:.2f} ms"
    return f"{seconds * 1000:.1f} ms" if seconds < 0.5 else f"{seconds:.2f} s"


def table(rows, options):
    for row in rows:
        row["times"], row["cpu"] = [], []
    for number in range(options.runs + options.warm):
        for row in rows:
            if row["times"] and row["times"][0] > options.slow:
                continue
            seconds, code, cpu = timed(row, options.folder)
            row["code"] = code
            # A first run warms the caches; of what is slow it counts, as there is no second.
            if number >= options.warm or seconds > options.slow:
                row["times"].append(seconds)
                row["cpu"].append(cpu)
    columns = "| what | median | ratio | least | CPU | runs | exit |"
    lines = "|---|--:|--:|--:|--:|--:|--:|"
    if not options.no_memory:
        columns += " peak MB | own MB |"
        lines += "--:|--:|"
    print(columns)
    print(lines)
    base = statistics.median(rows[0]["times"])
    for row in rows:
        median = statistics.median(row["times"])
        text = (f"| {row['name']} | {unit(median)} | {median / base:.2f} | {unit(min(row['times']))} "
                f"| {unit(statistics.median(row['cpu']))} | {len(row['times'])} | {row['code']} |")
        if not options.no_memory:
            if median > options.slow:
                text += "  |  |"
            else:
                peak, own = memory(row, options.folder)
                text += f" {peak:.0f} | {own:.0f} |"
        print(text, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=int(os.environ.get("KIMIGUARD_RUNS", "5")))
    parser.add_argument("--warm", type=int, default=1, help="runs before those that count")
    parser.add_argument("--slow", type=float, default=float(os.environ.get("KIMIGUARD_SLOW", "60")))
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--folder", default="", help="where commands run")
    options = parser.parse_args()
    tables = [[]]
    for line in sys.stdin:
        line = line.rstrip("\n")
        if not line:
            continue
        if line == "-":
            tables.append([])
            continue
        name, words, *given = line.split("\t")
        tables[-1].append({"name": name, "words": shlex.split(words), "input": given[0] if given else "", "code": 0})
    first = True
    for rows in tables:
        if not rows:
            continue
        if not first:
            print()
        first = False
        table(rows, options)


main()
