#!/bin/sh
# Names and versions of the given pkg-config modules, and of oneDNN, which has none: "gsl 2.7.1, ..."
set -eu
for module in "$@"; do printf '%s %s, ' "$module" "$(pkg-config --modversion "$module")"; done
echo '#include <dnnl_version.h>' | ${CC:-cc} -E -dM -x c - 2> /dev/null | awk '
    /DNNL_VERSION_(MAJOR|MINOR|PATCH) / { n[$2] = $3 }
    END { print "dnnl " n["DNNL_VERSION_MAJOR"] "." n["DNNL_VERSION_MINOR"] "." n["DNNL_VERSION_PATCH"] }'
