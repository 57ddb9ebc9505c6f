#!/bin/sh
# Writes the registry of all families to stdout, from the directory listing.
#
#   tools/registry.sh FAMILY:SINGULAR:FOLDER ...
#
# Every FOLDER/NAME.c must define the descriptor `const ww_SINGULAR ww_SINGULAR_NAME`, whose first
# member is a ww_item; a file that does not fails the link. FOLDER/main.c is no member.
# The family's header is found as SINGULAR.h in FOLDER or one folder above.
set -eu

header_of() { # FOLDER SINGULAR
    for path in "$1/$2.h" "$(dirname "$1")/$2.h"; do
        if [ -f "$path" ]; then printf '%s\n' "$path"; return; fi
    done
    echo "registry.sh: no header $2.h for the folder $1" >&2
    exit 1
}

echo '/* Written by tools/registry.sh from the directory listing; do not edit. */'
echo '#include "engine/base/registry.h"'
for spec in "$@"; do
    IFS=: read -r family singular folder <<EOF
$spec
EOF
    printf '#include "%s"\n' "$(header_of "$folder" "$singular")"
done

for spec in "$@"; do
    IFS=: read -r family singular folder <<EOF
$spec
EOF
    files=$(LC_ALL=C ls "$folder" | sed -n 's/^\([a-z0-9_]*\)\.c$/\1/p' | grep -vx main || true)
    echo
    for f in $files; do echo "extern const ww_$singular ww_${singular}_$f;"; done
    echo "const ww_$singular *const ww_$family[] = {"
    for f in $files; do echo "    &ww_${singular}_$f,"; done
    echo "    NULL};"
    echo "static const ww_item *const items_of_$family[] = {"
    for f in $files; do echo "    &ww_${singular}_$f.item,"; done
    echo "    NULL};"
    echo "static const char *const files_of_$family[] = {"
    for f in $files; do echo "    \"$folder/$f.c\","; done
    echo "    NULL};"
    echo "const size_t ww_${family}_count = sizeof items_of_$family / sizeof items_of_$family[0] - 1;"
done

echo
echo 'const ww_family ww_families[] = {'
for spec in "$@"; do
    IFS=: read -r family singular folder <<EOF
$spec
EOF
    printf '    {"%s", "%s", "%s", items_of_%s, files_of_%s,\n' "$family" "$singular" "$folder" \
        "$family" "$family"
    printf '     sizeof items_of_%s / sizeof items_of_%s[0] - 1},\n' "$family" "$family"
done
echo '    {NULL, NULL, NULL, NULL, NULL, 0}};'
echo 'const size_t ww_families_count = sizeof ww_families / sizeof ww_families[0] - 1;'
