# audit [FILES BYTES]: a generated home (200000 files, 2 GB of transcripts and logs), in the page cache, against reading
# those files once; and a home with configs only, against `int main() {}`.
bench_build kimiguard bench_walk_and_read bench_nothing
bench_folder
python3 "$KIMIGUARD_TOP/ci/bench/audit_home.py" "$bench_temp/home" --files "${1:-200000}" --bytes "${2:-2000000000}"
python3 "$KIMIGUARD_TOP/ci/bench/audit_home.py" "$bench_temp/configs" --configs-only
read="$KIMIGUARD_BUILD/ci/bench/bench_walk_and_read"
echo "## audit"
echo
bench_machine
echo
echo "### $(find "$bench_temp/home" -type f | wc -l) files, $(du -sb --apparent-size "$bench_temp/home" | cut -f1) bytes"
echo
{
  printf 'walk and read, 2 threads\t%q %q 2\n' "$read" "$bench_temp/home"
  printf 'walk and read, 1 thread\t%q %q 1\n' "$read" "$bench_temp/home"
  printf 'find, xargs cat\tsh -c "find %q -type f -print0 | xargs -0 cat"\n' "$bench_temp/home"
  printf 'kimiguard audit -j2\t%q audit --home %q -j2 --exit-zero --no-progress\n' "$kimiguard" "$bench_temp/home"
  printf 'kimiguard scan -j2 --no-configs\t%q scan --only files --no-configs -q --exit-zero -j2 --no-progress %q\n' "$kimiguard" "$bench_temp/home"
} | bench_table --warm 1
echo
echo "### Configs only"
echo
{
  printf 'int main() {}\t%q\n' "$KIMIGUARD_BUILD/ci/bench/bench_nothing"
  printf 'kimiguard audit\t%q audit --home %q --exit-zero --no-progress\n' "$kimiguard" "$bench_temp/configs"
} | KIMIGUARD_RUNS=${KIMIGUARD_RUNS:-31} bench_table --warm 3
