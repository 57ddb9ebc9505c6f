#!/bin/sh
# Names, in one line, which of the given pkg-config modules are missing and how to get them.
set -eu
cd "$(dirname "$0")"
column=1 install='apt install'
if [ "$(uname -s)" = Darwin ]; then column=2 install='brew install'; fi
command -v pkg-config > /dev/null || {
    echo "pkg-config not found ($install pkg-config, or ./setup.sh for all that is needed)"
    exit
}
names= packages=
for module in "$@"; do
    pkg-config --exists "$module" && continue
    names="$names, $module"
    packages="$packages $(awk -v m="$module" -v c="$column" '$3 == m { print $c }' packages.txt)"
done
echo "${names#, } not found ($install$packages, or ./setup.sh for all that is needed)"
