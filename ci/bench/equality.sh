# equality REPO…: every object against git cat-file and libgit2, byte for byte. Exit 1 if any differs.
[ $# -gt 0 ] || { echo "usage: ci/bench.sh equality REPO…" >&2; exit 2; }
bench_build bench_equality
echo "## equality"
echo
bench_machine
echo
status=0
for repo; do
  "$KIMIGUARD_BUILD/ci/bench/bench_equality" "$(git -C "$repo" rev-parse --absolute-git-dir)" | sed 's/^/    /' || status=1
  [ "${PIPESTATUS[0]}" = 0 ] || status=1
done
exit $status
