# files PATH…: work trees. Not written yet.
echo "ci/bench.sh files: not written yet" >&2
exit 2
