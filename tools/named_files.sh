#!/usr/bin/env bash
# Prints every file that a chapter names and that is not there: the targets of its links, and words
# in backticks that look like a path of this tree (`areas/area.h`, `engine/store`, `lesion.h`). What
# commands write (`brain.h5`) and names with capitals (`tests/cli/NAME.t`) are not meant; nor is
# docs/adding.md, which makes files of its own and is followed by `make check-docs`.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."
tree=$(git ls-files 2> /dev/null || find . -path ./build -prune -o -type f -print | sed 's,^\./,,')

words() { # LINE:WORD of what the pattern $2 finds in $1, without the brackets or backticks
    { grep -noE "$2" "$1" || true; } | sed -e 's/:\](/:/' -e 's/`//g' -e 's,/$,,'
}

for page in README.md CONTRIBUTING.md docs/*.md; do
    words "$page" '\]\([^)# ]+' | while IFS=: read -r line target; do
        case $target in http* | reference/*) continue ;; esac
        [ -e "$(dirname "$page")/$target" ] || echo "$page:$line: $target is not there"
    done
    [ "$page" != docs/adding.md ] || continue
    # shellcheck disable=SC2016
    words "$page" '`[A-Za-z0-9_./*-]+`' | while IFS=: read -r line word; do
        case $word in
        *[A-Z][A-Z]* | *.h5 | /* | .[a-z]) ;;
        */*'*'* | *'*'*/*) compgen -G "$word" > /dev/null || echo "$page:$line: $word matches nothing" ;;
        */*.* | .ci/* | tests/* | tools/* | engine/*)
            [ -e "$word" ] || grep -qF "/$word" <<< "$tree" || echo "$page:$line: $word is not there" ;;
        *.c | *.h | *.sh | *.tsv | *.bib)
            grep -qE "(^|/)${word//./\\.}$" <<< "$tree" || echo "$page:$line: $word is not there" ;;
        esac
    done
done
