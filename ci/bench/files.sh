# files PATH…: work trees, as ratios to rg with the plain pattern; what walking and reading alone costs; one large
# file and a log full of words that look like a key's beginning, both made from the trees.
[ $# -gt 0 ] || { echo "usage: ci/bench.sh files PATH…" >&2; exit 2; }
command -v rg >/dev/null 2>&1 || { echo "ci/bench.sh files: rg (ripgrep) is not installed" >&2; exit 2; }
bench_build kimiguard bench_walk_and_read
bench_folder
floor=$KIMIGUARD_BUILD/ci/bench/bench_walk_and_read
pattern='sk-[A-Za-z0-9]{48}'
export KIMIGUARD_RUNS=${KIMIGUARD_RUNS:-9}

echo "## files"
echo
bench_machine
for tree; do
  tree=$(cd "$tree" && pwd)
  find "$tree" -type f ! -path '*/.git/*' -exec cat {} + >> "$bench_temp/all"
  echo
  echo "### $(basename "$tree"): $("$floor" "$tree" 1)"
  echo
  for threads in 2 1; do
    {
      printf 'rg -uuu -c, -j%s\trg -uuu -c -j%s %q %q\n' $threads $threads "$pattern" "$tree"
      printf 'walk and read only, -j%s\t%q %q %s\n' $threads "$floor" "$tree" $threads
      printf 'kimiguard, -j%s\t%q scan --only files -q --exit-zero -j%s %q\n' $threads "$kimiguard" $threads "$tree"
      printf 'kimiguard --no-containers, -j%s\t%q scan --only files --no-containers -q --exit-zero -j%s %q\n' $threads \
        "$kimiguard" $threads "$tree"
      [ $threads = 1 ] || echo -
    } >> "$bench_temp/rows"
  done
  bench_table --warm 2 < "$bench_temp/rows"
  rm "$bench_temp/rows"
done

python3 - "$bench_temp/dense" <<'PYTHON'
import random, sys
random.seed(7)
words = ["started", "finished", "queue", "worker", "retry", "ok", "failed", "mount", "usage", "volume"]
with open(sys.argv[1], "w") as out:
    for i in range(800000):
        out.write(f"2026-11-24T08:{i // 3600 % 60:02}:{i % 60:02}Z task-{random.getrandbits(40):010x} {random.choice(words)} "
                  f"on disk-{random.getrandbits(32):08x} {random.choice(words)} {random.choice(words)} {i}\n")
PYTHON
for file in all dense; do
  echo
  [ $file = all ] && echo "### The trees as one file: $(stat -c %s "$bench_temp/all") bytes, one thread" ||
    echo "### A log with task- and disk- in each line: $(stat -c %s "$bench_temp/dense") bytes, one thread"
  echo
  {
    printf 'rg -c -j1\trg -uuu -c -j1 %q %q\n' "$pattern" "$bench_temp/$file"
    printf 'kimiguard -j1\t%q scan --only files -q --exit-zero -j1 %q\n' "$kimiguard" "$bench_temp/$file"
    printf 'kimiguard --version\t%q --version\n' "$kimiguard"
  } | bench_table --warm 2 | tee "$bench_temp/table"
  awk -F'|' -v bytes="$(stat -c %s "$bench_temp/$file")" '
    function seconds(text,  part) { split(text, part, " "); return part[2] == "ms" ? part[1] / 1000 : part[1] }
    /kimiguard -j1/ { scan = seconds($3) } /--version/ { start = seconds($3) }
    END { printf "\n%.1f GB/s in all, %.1f GB/s without starting and ending the process\n", bytes / scan / 1e9,
          bytes / (scan - start) / 1e9 }' "$bench_temp/table"
done
