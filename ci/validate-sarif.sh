#!/bin/sh
# Validates SARIF files with Microsoft's validator under GitHub's rules (design §4).
#
#   ci/validate-sarif.sh FILE…
#
# Exit 0: no error, no warning, and no note but SARIF2006 (addresses cannot be reached offline), SARIF2009
# (rule ids like KG1001) and, in files without versionControlProvenance, SARIF2003. Exit 1: something else,
# printed. Exit 2: wrong usage. Exit 77: the validator cannot be had here (no npm, no network, another
# processor), said on standard error; with KIMIGUARD_REQUIRE_VALIDATOR=1 that is 1.
#
# The validator is installed once into ${KIMIGUARD_CACHE:-${XDG_CACHE_HOME:-~/.cache}/kimiguard}.
set -eu

version=5.7.0
package=@microsoft/sarif-multitool-linux

[ $# -gt 0 ] || { echo "usage: ci/validate-sarif.sh FILE…" >&2; exit 2; }
for file; do
  [ -r "$file" ] || { echo "validate-sarif: cannot read $file" >&2; exit 2; }
done

unavailable() {
  echo "validate-sarif: skipped: $1" >&2
  [ "${KIMIGUARD_REQUIRE_VALIDATOR:-0}" = 1 ] && exit 1
  exit 77
}

[ "$(uname -m)" = x86_64 ] || unavailable "the validator is for x86-64"
cache=${KIMIGUARD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kimiguard}
folder=$cache/sarif-multitool-$version
tool=$folder/node_modules/$package/Sarif.Multitool
if [ ! -x "$tool" ]; then
  command -v npm >/dev/null 2>&1 || unavailable "npm is not installed"
  mkdir -p "$folder"
  npm install --silent --fetch-retries=1 --fetch-timeout=20000 --no-audit --no-fund --prefix "$folder" "$package@$version" >&2 ||
    unavailable "npm could not install $package@$version"
  [ -x "$tool" ] || unavailable "$package@$version holds no program for this machine"
fi

status=0
for file; do
  log=$(DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 "$tool" validate "$file" --rule-kind 'Sarif;Gh' \
    --level 'Error;Warning;Note' 2>&1) || true
  case $log in
    *"Analysis completed"*) ;;
    *) printf '%s\n' "$log"; echo "validate-sarif: $file: the validator did not finish"; status=1; continue ;;
  esac
  allowed='note SARIF(2006|2009)'
  grep -q '"versionControlProvenance"' "$file" || allowed='note SARIF(2006|2009|2003)'
  bad=$(printf '%s\n' "$log" | grep -E ': (error|warning|note) [A-Z]+[0-9]+' | grep -vE ": $allowed" || true)
  if [ -n "$bad" ]; then
    printf '%s\n' "$bad"
    echo "validate-sarif: $file: $(printf '%s\n' "$bad" | wc -l) complaints"
    status=1
  else
    echo "validate-sarif: $file: good"
  fi
done
exit $status
