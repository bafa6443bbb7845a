# staged [FILES]: ten small changed files in a work tree of FILES (5000), against git's own comparison.
files=${1:-5000}
bench_build kimiguard
bench_folder
work=$bench_temp/work
python3 - "$work" "$files" <<'PYTHON'
import os, sys
work, files = sys.argv[1], int(sys.argv[2])
for i in range(files):
    folder = f"{work}/part{i % 40:02}/unit{i % 400:03}"
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/file{i:05}.txt", "w") as out:
        out.write("".join(f"line {n} of file {i}\n" for n in range(40)))
PYTHON
git -C "$work" init -q -b main .
git -C "$work" add -A
git -C "$work" -c user.name=a -c user.email=a@example.org commit -q -m all
for i in 0 1 2 3 4 5 6 7 8 9; do
  name=$(printf 'part%02d/unit%03d/file%05d.txt' $((i * 4)) $((i * 44)) $((i * 444)))
  mkdir -p "$(dirname "$work/$name")"
  echo "one more line" >> "$work/$name"
done
git -C "$work" add -A
echo "## staged"
echo
bench_machine
echo
echo "Ten changed files of $files."
echo
{
  printf 'git diff --cached --raw\tgit diff --cached --raw\n'
  printf 'kimiguard scan --staged\t%q scan --staged -q\n' "$kimiguard"
  printf 'kimiguard hook run pre-commit\t%q hook run pre-commit\n' "$kimiguard"
} | bench_table --folder "$work" --runs "${KIMIGUARD_RUNS:-21}"
