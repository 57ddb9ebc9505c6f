#!/bin/sh
# Writes the documentation: the chapters of docs/, and one reference page for each family from what
# the parts say of themselves and the theory at the top of their source files.
#
#   tools/docs.sh WHATWHERE FOLDER
set -eu
cd "$(dirname "$0")/.."
exe=$1 out=$2
rm -rf "$out"
mkdir -p "$out/reference"
cp docs/*.md docs/references.bib "$out"/

theory() { # the comment at the top of a source file, without its stars
    awk 'NR == 1 { next }
         !inside && /^\/\*/ { inside = 1; sub(/^\/\* ?/, "") }
         !inside { exit }
         { end = sub(/ *\*\/.*$/, ""); sub(/^ \* ?/, ""); print }
         end { exit }' "$1"
}

{
    echo '# Reference'
    echo
    for family in $("$exe" list --names); do
        echo "- [$family]($family.md)"
    done
} > "$out/reference/README.md"
for family in $("$exe" list --names); do
    page=$out/reference/$family.md
    printf '# %s\n\nGenerated from the descriptors; `whatwhere show %s NAME` prints the same.\n' \
        "$family" "$family" > "$page"
    "$exe" list "$family" --files | while IFS='	' read -r name file; do
        echo
        "$exe" show "$family" "$name" --markdown
        text=$(theory "$file")
        [ -z "$text" ] || printf '\n%s\n' "$text"
        [ "$family" != commands ] || { echo; "$exe" help "$name" | sed 's/^/    /'; }
    done >> "$page"
done
