#!/usr/bin/env bash
# Installs what whatwhere needs, and runs the newcomer's commands: ./setup.sh [demo|test|check]
# The packages stand in tools/packages.txt. Nothing is asked of the network when all are there.
set -euo pipefail
cd "$(dirname "$0")"
word=${1:-}
case "$word" in
'' | demo | test | check) ;;
*) echo "setup.sh: unknown word '$word'; it takes 'demo', 'test', 'check' or nothing" >&2; exit 2 ;;
esac

wanted() { # COLUMN: the packages of that column; those of the gate only when asked for
    awk -v column="$1" -v check="$([ "$word" = check ] && echo 1 || echo 0)" '
        !/^#/ && NF && $column != "-" && ($4 != "check" || check) { print $column }' tools/packages.txt
}

install_debian() {
    local there missing= sudo=
    there=" $(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p' | tr '\n' ' ') "
    for p in $(wanted 1); do
        case "$there" in *" $p "*) ;; *) missing="$missing $p" ;; esac
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        sudo=sudo
        command -v sudo > /dev/null || {
            echo "setup.sh: not root, and no sudo; as root: apt-get install$missing" >&2
            exit 1
        }
    fi
    $sudo apt-get update
    # shellcheck disable=SC2086
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
}

install_macos() {
    local there missing=
    there=" $(brew list -1 | tr '\n' ' ') "
    for p in $(wanted 2); do
        case "$there" in *" $p "*) ;; *) missing="$missing $p" ;; esac
    done
    # shellcheck disable=SC2086
    [ -z "$missing" ] || brew install $missing
}

if command -v dpkg-query > /dev/null; then
    install_debian
elif command -v brew > /dev/null; then
    install_macos
else
    echo "setup.sh: neither apt nor Homebrew here; tools/packages.txt names what to install" >&2
fi
[ -z "$word" ] || exec make -j"$(getconf _NPROCESSORS_ONLN)" "$word"
