# startup: processes that do next to nothing, as ratios to `int main() {}`.
bench_build kimiguard bench_nothing
bench_folder
export KIMIGUARD_RUNS=${KIMIGUARD_RUNS:-99}
python3 - "$bench_temp" <<'PYTHON'
import random, string, sys
folder, letters = sys.argv[1], string.ascii_letters + string.digits
text = "".join(f"setting_{i} = some value of number {i}\n" for i in range(40))
def write(name, tail):
    with open(f"{folder}/{name}", "w") as out:
        out.write(text[: 1024 - len(tail)] + tail)
write("clean", "\n")
write("key", "\nexport MOONSHOT_API_KEY=sk-" + "".join(random.choice(letters) for _ in range(48)) + "\n")
PYTHON
echo "## startup"
echo
bench_machine
echo
{
  printf 'int main() {}\t%q\n' "$KIMIGUARD_BUILD/ci/bench/bench_nothing"
  printf 'kimiguard --version\t%q --version\n' "$kimiguard"
  printf '1 KB on standard input\t%q scan -q -\t%s\n' "$kimiguard" "$bench_temp/clean"
  printf '1 KB with a key in it\t%q scan -q --exit-zero -\t%s\n' "$kimiguard" "$bench_temp/key"
} | bench_table --warm 5 --no-memory
