/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How HDF5 reaches the disk: a file driver on a descriptor that the caller owns.
 *
 * When a write fails HDF5 keeps its unwritten pieces, cannot close the file any more and complains
 * again when the process exits. Here a failed write is remembered in ww_h5_disk and HDF5 is told
 * that all went well, so that it can close as usual; whoever owns the disk looks at `error` after
 * each step. The driver takes no locks (the library's own do harm on network file systems: a
 * created file is not visible before it is complete anyway). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/store/h5_file.h"

#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

struct driven {
    H5FD_t public; /* HDF5's part stands first */
    ww_h5_disk *disk;
    haddr_t allocated, end;
};

static H5FD_t *driver_open(const char *name, unsigned flags, hid_t access, haddr_t most)
{
    (void)name, (void)most;
    ww_h5_disk *const *disk = H5Pget_driver_info(access);
    struct stat about;
    if (disk == NULL || fstat((*disk)->fd, &about) != 0)
        return NULL;
    struct driven *file = calloc(1, sizeof *file);
    if (file == NULL)
        return NULL;
    file->disk = *disk;
    file->end = (flags & H5F_ACC_TRUNC) ? 0 : (haddr_t)about.st_size;
    return &file->public;
}

static herr_t driver_close(H5FD_t *file)
{
    free(file);
    return 0;
}

static herr_t driver_query(const H5FD_t *file, unsigned long *flags)
{
    (void)file;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
    return 0;
}

static haddr_t driver_allocated(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return ((const struct driven *)file)->allocated;
}

static herr_t driver_allocate(H5FD_t *file, H5FD_mem_t type, haddr_t address)
{
    (void)type;
    ((struct driven *)file)->allocated = address;
    return 0;
}

static haddr_t driver_end(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return ((const struct driven *)file)->end;
}

static herr_t driver_read(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t address,
                          size_t size, void *buffer)
{
    (void)type, (void)transfer;
    ww_h5_disk *disk = ((struct driven *)file)->disk;
    for (char *to = buffer; size > 0;) {
        ssize_t got = pread(disk->fd, to, size, (off_t)address);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            disk->error = disk->error != 0 ? disk->error : errno;
            return -1;
        }
        if (got == 0) { /* allocated, but never written */
            memset(to, 0, size);
            break;
        }
        to += got;
        address += (haddr_t)got;
        size -= (size_t)got;
    }
    return 0;
}

static herr_t driver_write(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t address,
                           size_t size, const void *buffer)
{
    (void)type, (void)transfer;
    struct driven *driven = (struct driven *)file;
    ww_h5_disk *disk = driven->disk;
    if (address + size > driven->end)
        driven->end = address + size;
    for (const char *from = buffer; size > 0 && disk->error == 0;) {
        ssize_t put = pwrite(disk->fd, from, size, (off_t)address);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0) {
            disk->error = errno;
            break;
        }
        from += put;
        address += (haddr_t)put;
        size -= (size_t)put;
    }
    return 0;
}

static herr_t driver_truncate(H5FD_t *file, hid_t transfer, hbool_t closing)
{
    (void)transfer, (void)closing;
    struct driven *driven = (struct driven *)file;
    if (driven->end != driven->allocated && driven->disk->error == 0 &&
        ftruncate(driven->disk->fd, (off_t)driven->allocated) != 0)
        driven->disk->error = errno;
    driven->end = driven->allocated;
    return 0;
}

static const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 13, 0)
    .version = H5FD_CLASS_VERSION,
    .value = 600, /* 512 and above are free for all */
#endif
    .name = "whatwhere",
    .maxaddr = INT64_MAX,
    .fc_degree = H5F_CLOSE_STRONG,
    .fapl_size = sizeof(ww_h5_disk *),
    .open = driver_open,
    .close = driver_close,
    .query = driver_query,
    .get_eoa = driver_allocated,
    .set_eoa = driver_allocate,
    .get_eof = driver_end,
    .read = driver_read,
    .write = driver_write,
    .truncate = driver_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

hid_t ww_h5_driver(ww_h5_disk *disk)
{
    static hid_t id = -1; /* one registration for the life of the process */
    if (id < 0)
        id = H5FDregister(&driver);
    hid_t access = id < 0 ? -1 : H5Pcreate(H5P_FILE_ACCESS);
    if (access >= 0 && (H5Pset_driver(access, id, &disk) < 0 ||
                        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) < 0)) {
        ww_h5_drop(access);
        return -1;
    }
    return access;
}
