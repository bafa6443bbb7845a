#!/usr/bin/env bash
# What pre-commit runs (.pre-commit-hooks.yaml): `kimiguard scan` with the arguments given, in the folder of the caller.
# Builds the program once, in the copy of this repository that pre-commit keeps; its messages go to standard error.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ ! -x "$top/build/kimiguard" ]; then
  (
    # Two commits at once build once.
    flock 9
    if [ ! -x "$top/build/kimiguard" ]; then
      # git's hook environment (GIT_DIR, GIT_INDEX_FILE …) is not for the build.
      unset $(git rev-parse --local-env-vars 2>/dev/null)
      "$top/ci/setup.sh" --without-tests >&2
      "$top/ci/build.sh" release kimiguard >&2
    fi
  ) 9>"$top/.build.lock"
fi
exec "$top/build/kimiguard" scan "$@"
