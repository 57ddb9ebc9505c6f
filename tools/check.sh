#!/usr/bin/env bash
# The checks of `make check`. Each prints what is wrong as file:line: message, or nothing.
#
#   CC=... CFLAGS=... tools/check.sh DOCUMENTED
#
# DOCUMENTED is the program made of tools/documented.c. Needs clang-format 14, of Debian 12.
set -uo pipefail
cd "$(dirname "$0")/.."
documented=$1
folders="engine stimuli areas connectome analysis experiments cli tests tools"
# shellcheck disable=SC2086
sources=$(for f in $folders; do [ ! -d "$f" ] || find "$f" -name '*.[ch]'; done | LC_ALL=C sort)
scripts=$(find tools tests .ci ./*.sh -name '*.sh' -o -name run -path '.ci/*' | LC_ALL=C sort)

format() {
    local tool
    tool=$(command -v clang-format-14 || command -v clang-format) ||
        { echo "clang-format not found (./setup.sh check installs it)"; return; }
    "$tool" --version | grep -q 'version 14\.' ||
        { echo "$tool is not version 14, whose output is the project's format"; return; }
    echo "$sources" | xargs -P "$(nproc)" -n 20 "$tool" --dry-run -Werror 2>&1 |
        sed -n 's/^\([^ ]*:[0-9]*\):.*clang-format-violations.*/\1: not formatted (clang-format -i)/p'
}

headers() { # compile alone
    echo "$sources" | grep '\.h$' | xargs -P "$(nproc)" -I{} sh -c \
        'echo "#include \"{}\"" | '"$CC $CFLAGS"' -Werror -fsyntax-only -x c - 2>&1'
}

sizes() {
    # shellcheck disable=SC2086
    wc -l $sources Makefile $scripts | awk '$2 != "total" && $1 > 800 {
        print $2 ":1: " $1 " lines; 800 is the most" }'
}

large() { # only a warning
    # shellcheck disable=SC2086
    wc -l $sources | awk '$2 != "total" && $1 > 500 && $1 <= 800 {
        print "  note: " $2 " has " $1 " lines; from 500 on, look for two files in it" }'
}

functions() { # clang-format puts the braces of a function, and no others, into the first column
    # shellcheck disable=SC2086
    awk 'FNR == 1 { begin = 0 }
         /^{/ { begin = FNR }
         /^}/ && begin { if (FNR - begin - 1 > 60)
             print FILENAME ":" begin ": a function of " FNR - begin - 1 " lines; 60 is the most"
             begin = 0 }' $sources
}

licences() {
    # shellcheck disable=SC2086
    for f in $sources; do
        head -n 1 "$f" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' ||
            echo "$f:1: no SPDX line"
    done
}

citation() { # the keys that CFF 1.2.0 requires, and the version of the Makefile
    local key version
    for key in cff-version message title authors; do
        grep -q "^$key:" CITATION.cff || echo "CITATION.cff:1: no $key"
    done
    version=$(sed -n 's/^VERSION := //p' Makefile)
    grep -q "^version: $version\$" CITATION.cff || echo "CITATION.cff:1: version is not $version"
}

failed=0
check() { # NAME FUNCTION
    local found
    found=$($2)
    if [ -z "$found" ]; then printf '  ok    %s\n' "$1"; return; fi
    printf '  WRONG %s\n%s\n' "$1" "$found"
    failed=1
}
check 'format of the sources' format
check 'layers: includes only from below' tools/layers.sh
check 'every header compiles alone' headers
check 'files of at most 800 lines' sizes
check 'functions of at most 60 lines' functions
check 'an SPDX line in every file' licences
check 'every part documented, every source known' "$documented"
check 'the bibliography: every entry used, sorted, and with a note' tools/bibliography.sh
check 'every file that a chapter names is there' tools/named_files.sh
check 'CITATION.cff is complete and of this version' citation
large
exit $failed
