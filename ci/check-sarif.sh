#!/usr/bin/env bash
# Makes SARIF reports with the program itself and has Microsoft's validator look at them (ci/validate-sarif.sh):
# nothing found, one finding, 2,000, 6,000 cut at 5,000, a history, standard input, and a tree without a repository.
#
#   ci/check-sarif.sh [PROGRAM]      default: build/kimiguard
#
# Exit 0: all good. 1: a complaint, printed. 77: the validator cannot be had here, said on standard error.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=$(realpath "${1:-$top/build/kimiguard}")
folder=$(mktemp -d "${TMPDIR:-/tmp}/kimiguard-sarif-XXXXXX")
trap 'rm -rf "$folder"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1

plant() { # FOLDER COUNT: files with COUNT keys, forty a file, each in one of a few ways of writing it
  python3 - "$1" "$2" <<'PYTHON'
import os, random, string, sys
folder, count = sys.argv[1], int(sys.argv[2])
random.seed(count)
letters = string.ascii_letters + string.digits
os.makedirs(folder, exist_ok=True)
ways = ["KIMI_API_KEY=%s\n", "export MOONSHOT_API_KEY=\"%s\"  # 钥匙\n", "client = Moonshot(api_key='%s')\n",
        "{\"provider\":\"moonshot\",\"apiKey\":\"%s\"}\n", "note: %s\n"]
for begin in range(0, max(count, 1), 40):
    with open(f"{folder}/file {begin:05}.txt", "w") as out:
        out.write("A text with keys.\n")
        for i in range(begin, min(begin + 40, count)):
            code = i % 3 == 0
            key = ("sk-" "kimi-" if code else "sk-") + "".join(random.choice(letters) for _ in range(64 if code else 48))
            out.write(ways[i % len(ways)] % key + "\n")
PYTHON
}

repository() { # NAME COUNT
  plant "$folder/$1" "$2"
  git -C "$folder/$1" init -q -b main .
  git -C "$folder/$1" remote add origin https://github.com/example/example.git
  git -C "$folder/$1" add -A
  git -C "$folder/$1" -c user.name=a -c user.email=a@example.org commit -q -m all
}

report() { # NAME WORDS…: kimiguard's report, whatever it found
  local name=$1
  shift
  "$program" "$@" -f sarif -o "$folder/$name.sarif" --exit-zero >/dev/null
  reports+=("$folder/$name.sarif")
}

reports=()
for count in 0 1 2000 6000; do
  repository "r$count" $count
  report "found-$count" scan "$folder/r$count"
done
git -C "$folder/r1" -c user.name=a -c user.email=a@example.org rm -q -r . && git -C "$folder/r1" -c user.name=a -c user.email=a@example.org commit -q -m none
report history-only scan --only history "$folder/r1"
"$program" scan - -f sarif -o "$folder/stdin.sarif" --exit-zero < "$folder/r2000/file 00000.txt" >/dev/null
plant "$folder/plain" 7
report no-repository scan "$folder/plain"
python3 - "${reports[@]}" <<'PYTHON'
import json, os, sys
for path in sys.argv[1:]:
    run = json.load(open(path))["runs"][0]
    notes = [n["message"]["text"] for i in run.get("invocations", []) for n in i.get("toolExecutionNotifications", [])]
    print(f"{os.path.basename(path)}: {len(run['results'])} results, {os.path.getsize(path) / 1e6:.1f} MB" +
          (f"; {notes[0][:120]}" if notes else ""))
PYTHON
"$top/ci/validate-sarif.sh" "${reports[@]}" "$folder/stdin.sarif"
