#!/usr/bin/env bash
# Follows docs/adding.md and docs/training.md word by word in a copy of the tree: writes the files and
# runs the commands that stand behind their marks <!-- file: NAME --> and <!-- run -->, and wants the
# new area and the results of training to show up.
#
#   tools/check_docs.sh BUILD     the build folder to start from: build/gcc
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
for f in *; do [ "$f" = build ] || cp -a "$f" "$copy/"; done
mkdir "$copy/build"
[ ! -d "$build" ] || cp -a "$build" "$copy/build/"

blocks() { # splits the pages into $copy/step.N, each a shell script
    awk -v copy="$copy" '
        /^<!-- file: / { name = $3; kind = "file" }
        /^<!-- run -->/ { kind = "run" }
        /^```/ && inside { if (kind == "file") print "END_OF_FILE" > step; close(step)
                           inside = 0; kind = ""; next }
        /^```/ && kind { inside = 1; step = sprintf("%s/step.%02d", copy, ++n)
                         if (kind == "file") print "cat > " name " << '"'END_OF_FILE'"'" > step; next }
        inside { print > step }' docs/adding.md docs/training.md
}
blocks
cd "$copy"
export PATH="$copy/build/gcc:$PATH"
for step in step.*; do
    MAKEFLAGS='' sh -e "$step" > log 2>&1 || { cat "$step" log; echo "docs: a step failed"; exit 1; }
    cat log >> all
done
for line in '^PPA  *layout of scenes (human)' '^layout  *1  *0 to 10  *weight of the whole field' \
    'Failing: 0' '^16 pictures of 2 classes learned, 16 tested: [01]\.[0-9]* correct \[' \
    '^24 pictures of 2 classes learned, 8 tested: '; do
    grep -q "$line" all || { cat all; echo "docs: nothing printed is like '$line'"; exit 1; }
done
echo "docs: adding.md and training.md work as they are written"
