# growth REPO: the same history 1, 2 and 4 times over: cost should grow in step.
[ $# -eq 1 ] || { echo "usage: ci/bench.sh growth REPO" >&2; exit 2; }
bench_build kimiguard bench_floor
bench_folder
git_dir=$(git -C "$1" rev-parse --absolute-git-dir)
for times in 1 2 4; do
  python3 "$KIMIGUARD_TOP/ci/bench/repeat.py" "$git_dir" "$bench_temp/x$times.git" $times >&2
  python3 "$KIMIGUARD_TOP/ci/bench/plant.py" "$bench_temp/x$times.git" "$bench_temp/planted$times.git" 100 >&2
done
echo "## growth"
echo
bench_machine
echo
for what in floor kimiguard planted; do
  for times in 1 2 4; do
    case $what in
      floor) printf 'floor, %s times\t%q %q/objects 2\n' $times "$KIMIGUARD_BUILD/ci/bench/bench_floor" "$bench_temp/x$times.git" ;;
      kimiguard) printf 'kimiguard, %s times\t%q scan --only history -q --exit-zero -j 2 %q\n' $times "$kimiguard" "$bench_temp/x$times.git" ;;
      planted) printf 'kimiguard, 100 findings, %s times\t%q scan --only history -q --exit-zero -j 2 %q\n' $times "$kimiguard" "$bench_temp/planted$times.git" ;;
    esac
  done
  echo -
done | bench_table
