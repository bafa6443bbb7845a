#!/usr/bin/env bash
# Prints the table of docs/recall.md: recall, attribution and false alarms of the whole program over the generated
# corpus (tests/cli/corpus_test.cpp), with new random keys at each run. Exit 1 if the test complains.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$top/ci/build.sh" release kimiguard test_cli
table=$(mktemp)
trap 'rm -f "$table"' EXIT
status=0
KIMIGUARD_RECALL=$table "$top/build/tests/test_cli" 'every key is found*' >&2 || status=1
cat "$table"
exit $status
