#!/bin/sh
# How the command links HDF5: from its archive, where there is one that links. The shared library
# brings its reader of web storage along (curl, Kerberos, LDAP: 30 libraries more), which would take
# a third of the time that the loader takes; of the archive only what is called is linked.
set -eu
try() { # ARGUMENT...
    printf '#include <hdf5.h>\nint main(void) { return H5open() < 0; }\n' |
        # shellcheck disable=SC2086
        ${CC:-cc} ${CFLAGS:-} -o /dev/null -x c - -x none "$@" 2> /dev/null
}
for folder in $(pkg-config --libs-only-L hdf5 | sed 's/-L//g'); do
    [ -f "$folder/libhdf5.a" ] || continue
    for needs in '-lsz -lz -ldl -lm' '-lz -ldl -lm'; do
        # shellcheck disable=SC2086
        if try "$folder/libhdf5.a" $needs; then
            echo "$folder/libhdf5.a $needs"
            exit
        fi
    done
done
echo '-lhdf5'
