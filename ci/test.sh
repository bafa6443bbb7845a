#!/usr/bin/env bash
# From a bare machine to every test: installs what is missing, builds a release with its tests, runs them all.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$top/ci/setup.sh" --with-tests
"$top/ci/build.sh" release
cd "$top/build"
ctest --no-tests=error --output-on-failure --parallel "${KIMIGUARD_JOBS:-$(nproc)}" "$@"
