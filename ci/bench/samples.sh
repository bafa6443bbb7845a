#!/usr/bin/env bash
# The samples that gitleaks keeps beside its rules, scanned with its own configuration: every positive one must be
# found by its rule, no negative one may be.
#
#   ci/bench/samples.sh TREE       TREE: a work tree of gitleaks/gitleaks
#
# Needs go (with gitleaks' modules, or a network) and python3; without go it says so and ends with 0. gitleaks makes
# many samples at random when it runs, so a copy of the tree is made to write them out: nothing is left behind.
set -euo pipefail
command -v go > /dev/null || { echo "go is not on PATH; nothing compared"; exit 0; }
[ $# -eq 1 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2; }
kimiguard=${KIMIGUARD:-$(cd "$(dirname "$0")/../.." && pwd)/build/kimiguard}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache SAMPLES=$work/samples.jsonl
mkdir "$work/tree"; tar -C "$1" --exclude=./.git -cf - . | tar -C "$work/tree" -xf -
python3 - "$work/tree/cmd/generate/config/utils/validate.go" <<'P'
import sys
path = sys.argv[1]
text = open(path).read()
text = text.replace("import (\n", 'import (\n\t"encoding/json"\n\t"os"\n', 1)
text = text.replace("func Validate(", """func dump(kind string, rule string, path string, text string) {
	out, _ := os.OpenFile(os.Getenv("SAMPLES"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0600)
	line, _ := json.Marshal(map[string]string{"kind": kind, "rule": rule, "path": path, "text": text})
	out.Write(append(line, 10))
	out.Close()
}

func Validate(""", 1)
for loop, kind, place, name in (("_, tp", "+", '""', "true"), ("_, fp", "-", '""', "false"), ("path, tp", "+", "path", "true"), ("path, fp", "-", "path", "false")):
    head = f"\tfor {loop} := range {name}Positives {{\n"
    assert text.count(head) == 1, head
    text = text.replace(head, f'{head}\t\tdump("{kind}", r.RuleID, {place}, {loop.split(", ")[1]})\n')
open(path, "w").write(text)
P
(cd "$work/tree/cmd/generate/config" && go run main.go "$work/config.toml" > "$work/log" 2>&1) || { tail -3 "$work/log"; exit 1; }
python3 - "$kimiguard" "$work" <<'P'
import collections, json, os, re, subprocess, sys
program, work = sys.argv[1:]
samples = list({(s["kind"], s["rule"], s["path"], s["text"]): s for s in map(json.loads, open(f"{work}/samples.jsonl"))}.values())
for number, sample in enumerate(samples):
    name = re.sub(r"[:\\]", "/", sample["path"]).lstrip("/") or "sample"
    path = f"{work}/s/{number:05}/{name}"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, "w").write(sample["text"])
text = open(f"{work}/config.toml").read()
blocks = re.split(r"(?m)^(?=\[\[rules\]\])", text)
# The generic rule gives way to every other: it is asked by itself.
open(f"{work}/generic.toml", "w").write(blocks[0] + next(b for b in blocks[1:] if 'id = "generic-api-key"' in b))
found = collections.defaultdict(set)
for config in ("config", "generic"):
    words = [program, "scan", "--only", "files", "--no-containers", "--no-configs", "--no-progress", "-f", "json", "--rules", f"{work}/{config}.toml", f"{work}/s"]
    for finding in json.loads(subprocess.run(words, capture_output=True).stdout)["findings"]:
        if config == "generic" and finding["ruleId"] != "generic-api-key":
            continue
        for place in finding["places"]:
            found[int(place["path"].split("/s/")[1][:5])].add(finding["ruleId"])
by_path = {m.group(1) for b in blocks[1:] if not re.search(r"(?m)^regex = ", b) and (m := re.search(r'(?m)^id = "(.*)"', b))}
kinds = collections.Counter(s["kind"] for s in samples)
missed = collections.Counter(s["rule"] for i, s in enumerate(samples) if s["kind"] == "+" and s["rule"] not in found[i] and s["rule"] not in by_path)
wrong = collections.Counter(s["rule"] for i, s in enumerate(samples) if s["kind"] == "-" and s["rule"] in found[i])
print(f"{len({s['rule'] for s in samples})} rules: {kinds['+']} positive samples, {sum(missed.values())} not found; "
      f"{kinds['-']} negative ones, {sum(wrong.values())} found; left out, rules of a path alone: {', '.join(sorted(by_path)) or 'none'}")
for word, counts in (("not found", missed), ("found in spite", wrong)):
    for rule, count in counts.most_common():
        print(f"  {word}: {rule} {count}")
sys.exit(bool(missed or wrong))
P
