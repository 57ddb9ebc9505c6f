#!/bin/sh
# Names, in one line, which of the given pkg-config modules and headers are missing and how to get
# them; prints nothing when all are there.
set -eu
cd "$(dirname "$0")"
column=1 install='apt install'
if [ "$(uname -s)" = Darwin ]; then column=2 install='brew install'; fi
command -v pkg-config > /dev/null || {
    echo "pkg-config not found ($install pkg-config, or ./setup.sh for all that is needed)"
    exit
}

# the common case, in two processes
modules= headers=
for name in "$@"; do
    case $name in *.h) headers="$headers $name" ;; *) modules="$modules $name" ;; esac
done
there() { # HEADER...
    for h in "$@"; do echo "#include <$h>"; done | ${CC:-cc} -E -x c - > /dev/null 2>&1
}
# shellcheck disable=SC2086
if { [ -z "$modules" ] || pkg-config --exists $modules; } && there $headers; then exit; fi

names= packages=
for name in "$@"; do
    case $name in
    *.h) there "$name" && continue ;;
    *) pkg-config --exists "$name" && continue ;;
    esac
    names="$names, $name"
    packages="$packages $(awk -v m="$name" -v c="$column" '$3 == m { print $c }' packages.txt)"
done
echo "${names#, } not found ($install$packages, or ./setup.sh for all that is needed)"
