#!/usr/bin/env bash
# Runs every fuzz target for SECONDS each (default 60) under the sanitizers. Usage: ci/fuzz.sh [SECONDS] [NAME…]
# Corpora stay in build-fuzz/corpus. Needs clang and its runtime (Debian: clang libclang-rt-*-dev).
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
seconds=${1:-60}
shift || true
"$top/ci/build.sh" fuzz
cd "$top/build-fuzz"
if [ $# -eq 0 ]; then
  mapfile -t targets < <(find . -type f -perm -u+x -name 'fuzz_*' | sort)
else
  targets=("$@")
fi
status=0
for target in "${targets[@]}"; do
  name=$(basename "$target")
  mkdir -p "corpus/$name" "findings/$name"
  printf '%s: ' "$name"
  if "$(find . -type f -name "$name" | head -1)" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="findings/$name/" "corpus/$name" >"findings/$name/log" 2>&1; then
    grep -E 'number_of_executed_units' "findings/$name/log" | awk '{print $2 " executions, nothing found"}'
  else
    status=1
    echo "FOUND something, see build-fuzz/findings/$name"
  fi
done
exit $status
