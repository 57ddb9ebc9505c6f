#!/usr/bin/env bash
# Runs each fuzz target for FUZZ_SECONDS, from the examples in tests/fuzz/corpus/NAME if there are
# any. A crash, a leak, or ten seconds on one input fail; the input is left in the target's folder.
#
#   FUZZ_SECONDS=10 tools/fuzz.sh build/.../fuzz/NAME ...
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
export LSAN_OPTIONS=suppressions=$root/tests/support/lsan.supp:print_suppressions=0
for target in "$@"; do
    name=${target##*/} target=$root/$target
    folder=$target.work
    mkdir -p "$folder/found"
    seeds=()
    if [ -d "$root/tests/fuzz/corpus/$name" ]; then seeds=("$root/tests/fuzz/corpus/$name"); fi
    (cd "$folder" && "$target" -max_total_time="${FUZZ_SECONDS:-10}" -timeout=10 -rss_limit_mb=4096 \
        -verbosity=0 found ${seeds[@]+"${seeds[@]}"} > log 2>&1) || {
        tail -n 40 "$folder/log"
        echo "fuzz: $name failed; its input lies in $folder"
        exit 1
    }
    echo "fuzz: $name passed ($(find "$folder/found" -type f | wc -l) inputs kept)"
done
