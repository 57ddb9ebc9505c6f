#!/bin/sh
# Prints, for every source file of the library and the command, the share of lines that the tests
# ran, the least first.
#
#   tools/coverage.sh build/gcc-coverage
set -eu
cd "$(dirname "$0")/.."
find "$1" -name '*.gcda' ! -path '*/tests/*' ! -path '*/tools/*' -exec gcov -n {} + 2> /dev/null | awk -F"'" '
    /^File/ { file = $2 }
    /^Lines executed/ && file !~ /^\// && file ~ /\.c$/ {
        split($0, part, "[:% ]+")
        share[file] = part[3]; lines[file] = part[5]
        ran += part[3] / 100 * part[5]; all += part[5]
        file = "/"
    }
    END {
        for (f in share) printf "%6.1f %% of %4d lines  %s\n", share[f], lines[f], f | "sort -n"
        close("sort -n")
        printf "%6.1f %% of %d lines in all\n", 100 * ran / (all ? all : 1), all
    }'
