#!/usr/bin/env bash
# Measures the program against floors, twins and peers.
#
#   ci/bench.sh history REPO…     whole histories: floor, kimiguard, git, libgit2, peers on PATH
#   ci/bench.sh equality REPO…    no timing: every object against git cat-file and libgit2, byte for byte
#   ci/bench.sh growth REPO       the same history 1, 2 and 4 times over
#   ci/bench.sh staged [FILES]    the index against HEAD: ten changed files among FILES (5000)
#   ci/bench.sh files PATH…       work trees
#   ci/bench.sh startup           processes that do next to nothing
#   ci/bench.sh audit [FILES BYTES]  a generated home of that size, and one with configs only
#   ci/bench.sh bounds [SCALE [CASE…]]  archive bombs, huge databases and files: found, limits named, memory
#
# Builds what it needs (cmake preset release with KIMIGUARD_BENCH=ON, in $KIMIGUARD_BUILD or build/) and prints
# markdown tables on standard output: medians, ratios to the first row, peak memory. KIMIGUARD_RUNS sets the runs
# of each command (5). Nothing is written but the build folder and a temporary one. Run it on a quiet machine.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mode=${1:-}
script=$top/ci/bench/$mode.sh
if [ -z "$mode" ] || [ ! -f "$script" ]; then
  sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
shift
export KIMIGUARD_TOP=$top
export KIMIGUARD_BUILD=${KIMIGUARD_BUILD:-$top/build}
. "$top/ci/bench/common.sh"
. "$script" "$@"
