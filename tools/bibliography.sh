#!/usr/bin/env bash
# Prints what is wrong with docs/references.bib: an entry without a note, a note that does not say
# what was checked, a key out of order or there twice, a key that nothing names, and a key named in
# a `.source` or `.sources` of C or in backticks in docs/*.md that has no entry. (The sources of
# parameters and of tables are looked up by tools/documented.c.)
#
#   tools/bibliography.sh         checks
#   tools/bibliography.sh sort    sorts the entries; those without a note are marked as from memory
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."
bib=docs/references.bib

if [ "${1-}" = sort ]; then # one line an entry, its line breaks as \001
    awk 'BEGIN { RS = "" } /^%/ { head = head $0 "\n\n"; next }
         { if ($0 !~ /\n *note = /) sub(/,?[ \n]*\}[ \n]*$/, ",\n  note = {from memory}\n}")
           key = $0; sub(/^@[a-z]+\{/, "", key); sub(/,.*/, "", key); gsub(/\n/, "\001"); print key "\t" $0 }
         END { printf "%s", head > "/dev/stderr" }' "$bib" 2> "$bib.head" | sort > "$bib.body"
    { cat "$bib.head"; cut -f2- "$bib.body" | sed 's/$/\n/' | tr '\001' '\n' | sed '$d'; } > "$bib.new"
    rm "$bib.head" "$bib.body"
    mv "$bib.new" "$bib"
    exit
fi

awk -v bib="$bib" '
    function close_entry() {
        if (key == "") return
        if (note == "") print bib ":" line ": " key ": no note"
        else if (note !~ /^(citation looked up|abstract read|read|from memory)([ ;(]|$)/)
            print bib ":" line ": " key ": the note does not begin with what was checked"
    }
    /^@/ { close_entry(); line = FNR; note = ""
           key = $0; sub(/^@[a-z]+\{/, "", key); sub(/,$/, "", key)
           if (last != "" && key == last) print bib ":" line ": " key ": there twice"
           else if (last != "" && key < last) print bib ":" line ": " key " stands after " last
           last = key }
    /^  note = \{/ { note = $0; sub(/^  note = \{/, "", note); sub(/\},?$/, "", note) }
    END { close_entry() }' "$bib"

keys=$(sed -n 's/^@[a-z]*{\([^,]*\),$/\1/p' "$bib")
folders="engine stimuli areas connectome analysis experiments cli docs"
# shellcheck disable=SC2086
words=$(find $folders \( -name '*.[ch]' -o -name '*.tsv' -o -name '*.yaml' -o -name '*.md' \) \
    -exec cat {} + | grep -oE '\b[a-z]+[0-9]{4}[a-z]?\b' | LC_ALL=C sort -u)
for key in $(comm -23 <(echo "$keys" | LC_ALL=C sort) <(echo "$words")); do
    echo "$bib:$(grep -n "{$key,$" "$bib" | cut -d: -f1): $key: nothing names it"
done

named() { # FILE:LINE:KEY of all keys named in C and in the chapters
    # shellcheck disable=SC2086
    find $folders -name '*.c' -exec grep -HnoE '\.sources? = "[^"]*"' {} + |
        awk -F'"' '{ split($1, at, ":"); n = split($2, word, " ")
                     for (i = 1; i <= n; i++) print at[1] ":" at[2] ":" word[i] }'
    # shellcheck disable=SC2016
    grep -HnoE '`[a-z]+[0-9]{4}[a-z]?`' docs/*.md | tr -d '`'
}
named | while IFS=: read -r file line key; do
    grep -q "^@[a-z]*{$key,$" "$bib" || echo "$file:$line: $key is not in $bib"
done
