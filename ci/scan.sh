#!/usr/bin/env bash
# From a bare machine to a scan: installs what is missing, builds a release, runs `kimiguard scan` with the arguments
# given, in the folder of the caller. Without arguments it scans this repository.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$top/ci/setup.sh" --without-tests
"$top/ci/build.sh" release kimiguard
if [ $# -eq 0 ]; then
  set -- "$top"
fi
exec "$top/build/kimiguard" scan "$@"
