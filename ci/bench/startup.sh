# startup: processes that do next to nothing. Not written yet.
echo "ci/bench.sh startup: not written yet" >&2
exit 2
