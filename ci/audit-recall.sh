#!/usr/bin/env bash
# Prints the tables of docs/audit-recall.md: what the audit says of every tool x rule x layout, over homes made from the
# profiles (tests/agents/matrix.h). KIMIGUARD_AUDIT_SEED=N takes other keys. Exit 1 if a state is missed or anything is
# said beside it. Takes about a minute; ctest takes a sample of the same homes.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$top/ci/build.sh" release test_agents >&2
table=$(mktemp)
trap 'rm -f "$table"' EXIT
status=0
KIMIGUARD_AUDIT_MATRIX=$table "$top/build/tests/test_agents" 'matrix*' >&2 || status=1
cat "$table"
exit $status
