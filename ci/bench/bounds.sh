# bounds [SCALE [CASE…]]: archive bombs, huge databases and files, 100,000 archives: found, limited, memory. Not 0 on a fault.
bench_build kimiguard
bench_folder
echo "## bounds"
echo
bench_machine
echo
python3 "$KIMIGUARD_TOP/ci/bench/bounds.py" "$kimiguard" "$bench_temp" "$@"
