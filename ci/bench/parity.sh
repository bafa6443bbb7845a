#!/usr/bin/env bash
# Compares `kimiguard scan --rules` with gitleaks 8 itself: same rules, same trees; findings and time.
#
#   ci/bench/parity.sh CONFIG TREE...      CONFIG: gitleaks' own config/gitleaks.toml, or any of its kind
#
# Needs gitleaks and python3 on PATH; without gitleaks it says so and ends with 0. KIMIGUARD names the
# program (default build/kimiguard). A finding is file, rule and secret (compared by hash); the line is ours
# within theirs, since gitleaks gives the line of the whole match. Differences are listed, without secrets.
set -euo pipefail
command -v gitleaks > /dev/null || { echo "gitleaks is not on PATH; nothing compared"; exit 0; }
[ $# -ge 2 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2; }
kimiguard=${KIMIGUARD:-$(cd "$(dirname "$0")/../.." && pwd)/build/kimiguard}
config=$(realpath "$1"); shift
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache
seconds() { local t0 t1; t0=$(date +%s.%N); "$@" > "$work/out" 2>&1 || true; t1=$(date +%s.%N); echo "$t1 - $t0" | bc; }
# Rules are compiled once and kept: what a first run pays is shown by itself.
echo "key = 1" > "$work/one.txt"
printf 'first run, rules compiled: %.2f s\n' "$(seconds "$kimiguard" scan --only files --no-progress --rules "$config" "$work/one.txt")"
for tree in "$@"; do
  # A copy without what would allow a finding: the lists are compared before that.
  mkdir "$work/tree"; tar -C "$tree" --exclude=./.git --exclude=./.gitleaksignore -cf - . | tar -C "$work/tree" -xf -
  cd "$work/tree"
  times_g=() times_k=()
  for _ in 1 2 3; do
    times_g+=("$(seconds gitleaks dir . -c "$config" --no-banner --exit-code 0 --ignore-gitleaks-allow -i /nonexistent -f json -r "$work/g.json")")
    times_k+=("$(seconds "$kimiguard" scan --only files --no-progress --exit-zero --no-containers --rules "$config" -f json -o "$work/k.json" .)")
  done
  python3 - "$tree" "$work/g.json" "$work/k.json" "${times_g[*]}" "${times_k[*]}" "$config" <<'P'
import collections, hashlib, json, sys, tomllib
tree, g, k, tg, tk, config = sys.argv[1:]
median = lambda text: sorted(float(x) for x in text.split())[1]
ids = {rule["id"] for rule in tomllib.load(open(config, "rb")).get("rules", [])}
theirs, ours = collections.Counter(), collections.Counter()
lines = {}
for f in json.load(open(g)):
    if not f["Secret"]: continue
    key = (f["File"], f["RuleID"], hashlib.sha256(f["Secret"].encode("utf-8", "surrogateescape")).hexdigest()[:16])
    theirs[key] += 1
    lines.setdefault(key, []).append((f["StartLine"], f["EndLine"], ",".join(t for t in (f["Tags"] or []) if t.startswith("deco"))))
mine = {}
for f in json.load(open(k))["findings"]:
    if f["ruleId"] not in ids: continue
    for p in f["places"]:
        inside = "".join("!" + i.get("name", "") for i in p.get("inside", []))
        key = (p["path"] + inside, f["ruleId"], f["secretSha256"])
        ours[key] += 1
        mine.setdefault(key, []).append((p["region"]["startLine"], "+".join(p.get("decoded", []))))
same = sum((theirs & ours).values())
moved = sum(1 for key in theirs & ours for line, _ in mine[key] if not any(a <= line <= b + 1 for a, b, _ in lines[key]))
print(f"{tree}: gitleaks {sum(theirs.values())}, kimiguard {sum(ours.values())}, same {same}, on another line {moved}; "
      f"{median(tg):.2f} s against {median(tk):.2f} s: {median(tg)/median(tk):.1f} times as fast")
for key, n in sorted((theirs - ours).items()): print("  only gitleaks:", n, *key, lines[key][:3])
for key, n in sorted((ours - theirs).items()): print("  only kimiguard:", n, *key, mine[key][:3])
P
  cd - > /dev/null
  rm -rf "$work/tree"
done
