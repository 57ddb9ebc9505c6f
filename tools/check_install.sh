#!/usr/bin/env bash
# Installs into a temporary folder, builds and runs a program against the library as pkg-config says,
# asks the installed command for its version, and uninstalls without a trace.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
quiet() { "$@" > "$root/log" 2>&1 || { cat "$root/log"; exit 1; }; }

quiet "$MAKE" DESTDIR="$root/stage" PREFIX=/usr/local CC="$CC" install
prefix=$root/stage/usr/local
cat > "$root/program.c" << 'END'
#include "engine/base/registry.h"
#include "engine/base/version.h"
#include "stimuli/stimulus.h"
#include <stdio.h>
int main(void)
{
    const ww_family *family;
    if (ww_family_find(&family, "stimuli") != WW_OK || ww_stimuli_count == 0)
        return 1;
    return ww_family_find(&family, "commands") == WW_OK || printf("%s\n", ww_version()) < 0;
}
END
flags() {
    PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config --define-variable=prefix="$prefix" "$@" whatwhere
}
# shellcheck disable=SC2046
$CC -std=c11 -o "$root/shared" "$root/program.c" $(flags --cflags --libs)
# shellcheck disable=SC2046
$CC -std=c11 -o "$root/static" "$root/program.c" $(flags --cflags) "$prefix/lib/libwhatwhere.a" \
    $(flags --libs --static | sed 's/-lwhatwhere//')
version=$(LD_LIBRARY_PATH=$prefix/lib "$root/shared")
[ "$version" = "$("$root/static")" ]
"$prefix/bin/whatwhere" version | grep -q "^whatwhere $version "
[ -f "$prefix/share/whatwhere/connectome/felleman_vanessen_1991.tsv" ]
grep -q '^.TH WHATWHERE' "$prefix/share/man/man1/whatwhere.1"
bash -n "$prefix/share/bash-completion/completions/whatwhere"

quiet "$MAKE" DESTDIR="$root/stage" PREFIX=/usr/local CC="$CC" uninstall
left=$(find "$root/stage" ! -type d)
[ -z "$left" ] || { echo "uninstall left: $left"; exit 1; }
echo "install: a program links (shared and static) and runs; uninstall leaves nothing"
