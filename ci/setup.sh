#!/usr/bin/env bash
# Installs what a bare Debian or Ubuntu machine lacks to build and test kimiguard. Skips what is there, works as root
# and through sudo. Messages go to standard error. `--with-tests` (default) also installs what only tests need.
set -euo pipefail

say() { printf 'kimiguard setup: %s\n' "$*" >&2; }

case "$(uname -m)" in
  x86_64) matcher=libhyperscan-dev ;;
  *) matcher=libvectorscan-dev ;;
esac
packages=(g++ cmake ninja-build pkg-config git ca-certificates "$matcher" libre2-dev libcli11-dev nlohmann-json3-dev
  libdeflate-dev libtomlplusplus-dev libfyaml-dev libpugixml-dev libsqlite3-dev libarchive-dev libzstd-dev
  zlib1g-dev libmd-dev libsnappy-dev)
if [ "${1:---with-tests}" = "--with-tests" ]; then
  packages+=(catch2 libgit2-dev python3)
fi

if ! command -v apt-get >/dev/null 2>&1; then
  say "this is no Debian or Ubuntu machine; install the equivalents of: ${packages[*]}"
  exit 0
fi

missing=()
for package in "${packages[@]}"; do
  if ! dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed'; then
    # A compiler, cmake or git that did not come from a package serves as well.
    case "$package" in
      g++ | cmake | git | python3) command -v "$package" >/dev/null 2>&1 && continue ;;
      ninja-build) command -v ninja >/dev/null 2>&1 && continue ;;
    esac
    missing+=("$package")
  fi
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    say "not root and no sudo; ask an administrator to run: apt-get install ${missing[*]}"
    exit 1
  fi
  as_root=(sudo)
fi
say "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
