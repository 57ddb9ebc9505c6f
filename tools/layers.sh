#!/bin/sh
# Prints every #include that breaks the order of the layers, or that takes a library's header
# outside the place that hides it.
set -eu
cd "$(dirname "$0")/.."
for d in engine stimuli areas connectome analysis experiments cli; do
    [ ! -d "$d" ] || find "$d" -name '*.[ch]'
done | LC_ALL=C sort | xargs awk '
    BEGIN {
        split("engine/base engine/store engine/tensor engine/learning stimuli areas connectome " \
              "analysis experiments cli", order, " ")
        for (i in order) rank[order[i]] = i + 0
        # a library header, and the only places that may include it
        only["hdf5.h"] = "^engine/store/"
        only["yaml.h"] = "^engine/store/"
        only["png.h"] = "^engine/store/"
        only["jpeglib.h"] = "^engine/store/"
        only["zlib.h"] = "^engine/store/"
        only["jansson.h"] = "^engine/store/"
        only["dnnl.h"] = "^engine/tensor/backend/"
        only["oneapi/dnnl/dnnl.h"] = "^engine/tensor/backend/"
        only["cblas.h"] = "^engine/tensor/backend/"
        only["popt.h"] = "^cli/"
    }
    function layer_of(path,    part) {
        split(path, part, "/")
        return part[1] == "engine" ? part[1] "/" part[2] : part[1]
    }
    /^ *# *include/ {
        name = $0
        sub(/^[^<"]*[<"]/, "", name)
        sub(/[>"].*/, "", name)
        if (name in only && FILENAME !~ only[name])
            print FILENAME ":" FNR ": " name " is for " substr(only[name], 2) " alone"
        if ($0 !~ /"/) next
        own = layer_of(FILENAME); other = layer_of(name)
        if (!(other in rank))
            print FILENAME ":" FNR ": " name ": includes are written from the root"
        else if (rank[other] > rank[own])
            print FILENAME ":" FNR ": " own " includes " name ", which is above it"
    }'
