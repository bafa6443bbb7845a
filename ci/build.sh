#!/usr/bin/env bash
# Configures and builds one preset. Usage: ci/build.sh PRESET [TARGET…]. Messages go to standard error.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
preset=${1:-release}
shift || true
generator=()
launcher=()
command -v ninja >/dev/null 2>&1 && generator=(-G Ninja)
command -v ccache >/dev/null 2>&1 && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
cd "$top"
cmake --preset "$preset" "${generator[@]}" "${launcher[@]}" >&2
targets=()
[ $# -gt 0 ] && targets=(--target "$@")
cmake --build --preset "$preset" --parallel "${KIMIGUARD_JOBS:-$(nproc)}" "${targets[@]}" >&2
