# history REPO…: what a whole history costs, as ratios to inflating every pack entry once (the floor).
[ $# -gt 0 ] || { echo "usage: ci/bench.sh history REPO…" >&2; exit 2; }
bench_build kimiguard bench_floor bench_libgit2_read
bench_folder

history_peers() { # REPO: the rows of the peer scanners on PATH, for full history and no network
  command -v gitleaks >/dev/null 2>&1 && printf 'gitleaks git\tgitleaks git --no-banner --exit-code 0 %q\n' "$1"
  command -v betterleaks >/dev/null 2>&1 && printf 'betterleaks git\tbetterleaks git --no-banner --exit-code 0 --validation=false %q\n' "$1"
  command -v kingfisher >/dev/null 2>&1 &&
    printf 'kingfisher, history full\tkingfisher scan --no-validate --no-update-check --git-history full %q\n' "$1"
  command -v trufflehog >/dev/null 2>&1 &&
    printf 'trufflehog git\ttrufflehog git --no-verification --no-update file://%q\n' "$1"
  command -v noseyparker >/dev/null 2>&1 &&
    printf 'noseyparker\tsh -c "rm -rf %q/np && noseyparker scan --git-history full -d %q/np %q"\n' "$bench_temp" "$bench_temp" "$1"
  command -v titus >/dev/null 2>&1 && printf 'titus\ttitus scan --git --output :memory: %q\n' "$1"
  return 0
}

echo "## history"
echo
bench_machine
echo
for peer in gitleaks betterleaks kingfisher trufflehog noseyparker titus; do
  command -v "$peer" >/dev/null 2>&1 && found="${found:-} $peer" || absent="${absent:-} $peer"
done
echo "Peers run:${found:- none}. Not on PATH:${absent:- none}. Without KIMIGUARD_PEERS=0 each reads the full history," \
  "offline, with its own rules."
for repo; do
  git_dir=$(git -C "$repo" rev-parse --absolute-git-dir)
  planted=$bench_temp/planted.git
  rm -rf "$planted"
  python3 "$KIMIGUARD_TOP/ci/bench/plant.py" "$git_dir" "$planted" 100 >&2
  echo
  echo "### $(basename "$(dirname "$git_dir")" | tr + /)"
  echo
  git -C "$git_dir" count-objects -v | awk '/in-pack|size-pack/ {printf "%s %s  ", $1, $2} END {print ""}'
  echo
  {
    for threads in 2 1; do
      printf 'floor, -j%s\t%q %q/objects %s\n' $threads "$KIMIGUARD_BUILD/ci/bench/bench_floor" "$git_dir" $threads
      printf 'kimiguard, -j%s\t%q scan --only history -q --exit-zero -j %s %q\n' $threads "$kimiguard" $threads "$git_dir"
      printf 'kimiguard, 100 findings with provenance, -j%s\t%q scan --only history -q --exit-zero -j %s %q\n' \
        $threads "$kimiguard" $threads "$planted"
    done
    printf 'git cat-file --batch-all-objects\tgit -C %q cat-file --batch-all-objects --batch --unordered --buffer\n' "$git_dir"
    printf 'git log -p --all -U0\tgit -C %q log -p --all -U0\n' "$git_dir"
    printf 'libgit2, all blobs, -j2\t%q %q 2\n' "$KIMIGUARD_BUILD/ci/bench/bench_libgit2_read" "$git_dir"
    printf 'libgit2, all blobs, -j1\t%q %q 1\n' "$KIMIGUARD_BUILD/ci/bench/bench_libgit2_read" "$git_dir"
    [ "${KIMIGUARD_PEERS:-1}" = 0 ] || history_peers "$git_dir"
  } > "$bench_temp/rows"
  bench_table < "$bench_temp/rows"
done
