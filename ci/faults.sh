#!/usr/bin/env bash
# Damages packs, indexes and loose objects at random, under the sanitizers, and prints what happened as a table.
# Usage: ci/faults.sh [ROUNDS] (2400). Seeds are the rounds' numbers, so a failure comes again.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${KIMIGUARD_BUILD:-$top/build-asan}
options=(-S "$top" -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DKIMIGUARD_SANITIZE=address,undefined)
if [ ! -f "$build/CMakeCache.txt" ]; then
  command -v ninja >/dev/null 2>&1 && options+=(-G Ninja)
  command -v ccache >/dev/null 2>&1 && options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
cmake "${options[@]}" >&2
cmake --build "$build" --parallel --target test_source_git_objects >&2
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
KIMIGUARD_FAULTS=${1:-2400} "$build/tests/test_source_git_objects" "random damage*"
