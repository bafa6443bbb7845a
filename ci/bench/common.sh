# What all modes of ci/bench.sh share. Sourced; KIMIGUARD_TOP and KIMIGUARD_BUILD are set.
bench_build() { # TARGET…: builds them; messages go to standard error
  [ "${KIMIGUARD_NO_BUILD:-0}" = 0 ] || return 0
  local options=(-S "$KIMIGUARD_TOP" -B "$KIMIGUARD_BUILD" -DCMAKE_BUILD_TYPE=Release -DKIMIGUARD_BENCH=ON)
  if [ ! -f "$KIMIGUARD_BUILD/CMakeCache.txt" ]; then
    command -v ninja >/dev/null 2>&1 && options+=(-G Ninja)
    command -v ccache >/dev/null 2>&1 && options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  fi
  cmake "${options[@]}" >&2
  cmake --build "$KIMIGUARD_BUILD" --parallel --target "$@" >&2
}

bench_machine() { # one line that says where and when figures were taken
  local model memory load
  model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
  memory=$(awk '/^MemTotal/ {printf "%.0f GB", $2 / 1048576}' /proc/meminfo)
  load=$(cut -d' ' -f1 /proc/loadavg)
  echo "$(date -u +%F), ${model:-unknown processor}, $(nproc) cores, $memory, load before: $load," \
    "kimiguard $(git -C "$KIMIGUARD_TOP" rev-parse --short HEAD 2>/dev/null || echo unknown)"
}

# bench_table [OPTION…]: commands from standard input, one a line: "name<TAB>words". See measure.py.
bench_table() { python3 "$KIMIGUARD_TOP/ci/bench/measure.py" "$@"; }

bench_folder() { # a temporary folder that goes at exit, in $bench_temp
  bench_temp=$(mktemp -d "${TMPDIR:-/tmp}/kimiguard-bench-XXXXXX")
  trap 'rm -rf "$bench_temp"' EXIT
}

kimiguard=$KIMIGUARD_BUILD/kimiguard
