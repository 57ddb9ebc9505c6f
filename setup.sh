#!/usr/bin/env bash
# Installs what whatwhere needs, and runs the newcomer's commands: ./setup.sh [demo|test]
set -euo pipefail
cd "$(dirname "$0")"
packages="build-essential pkg-config libgsl-dev libhdf5-dev libfftw3-dev libcriterion-dev libdnnl-dev
libopenblas-openmp-dev librandom123-dev libyaml-dev libpopt-dev libcairo2-dev libpango1.0-dev libpng-dev
libjpeg-dev libjansson-dev zlib1g-dev gnuplot-nox graphviz fonts-dejavu-core fonts-liberation"
missing=
installed=" $(dpkg-query -W -f '${Status;1}${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^[^ ]*installed //p' | tr '\n' ' ') "
for p in $packages; do case "$installed" in *" $p "*) ;; *) missing="$missing $p";; esac; done
if [ -n "$missing" ]; then
    sudo=; [ "$(id -u)" -eq 0 ] || sudo=sudo
    $sudo apt-get update
    # shellcheck disable=SC2086
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
fi
case "${1:-}" in
'') ;;
test) make -j"$(nproc)" test ;;
*) echo "setup.sh: unknown word '$1'; it takes 'test' or nothing" >&2; exit 2 ;;
esac
