/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "engine/store/file.h"

enum { BLOCK_BYTES = 64 * 1024, MOST_DEPTH = 32 };

struct sum {
    uLong crc;
    int64_t bytes;
};

static ww_status add_file(struct sum *sum, const char *path)
{
    unsigned char block[BLOCK_BYTES];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ww_file_fail(path, errno);
    ssize_t got;
    while ((got = read(fd, block, sizeof block)) > 0) {
        sum->crc = crc32(sum->crc, block, (uInt)got);
        sum->bytes += got;
    }
    ww_status status = got < 0 ? ww_file_fail(path, errno) : WW_OK;
    close(fd);
    return status;
}

static ww_status add(struct sum *sum, const char *path, int depth, ww_arena *arena)
{
    struct stat about;
    const char *const *names;
    size_t count;
    if (stat(path, &about) != 0)
        return ww_file_fail(path, errno);
    if (S_ISREG(about.st_mode))
        return add_file(sum, path);
    if (!S_ISDIR(about.st_mode))
        return WW_FAIL(WW_EIO, "%s: neither a file nor a folder", path);
    if (depth == MOST_DEPTH)
        return ww_file_fail(path, ELOOP);
    WW_TRY(ww_folder_list(&names, &count, path, arena));
    for (size_t i = 0; i < count; i++) {
        const char *entry = ww_arena_printf(arena, "%s/%s", path, names[i]);
        if (entry == NULL)
            return WW_ENOMEM;
        sum->crc = crc32(sum->crc, (const Bytef *)names[i], (uInt)strlen(names[i]) + 1);
        WW_TRY(add(sum, entry, depth + 1, arena));
    }
    return WW_OK;
}

ww_status ww_file_checksum(uint32_t *crc, int64_t *bytes, const char *path)
{
    struct sum sum = {.crc = crc32(0, NULL, 0)};
    ww_arena *arena = ww_arena_create();
    ww_status status = arena != NULL ? add(&sum, path, 0, arena) : WW_ENOMEM;
    ww_arena_free(arena);
    *crc = (uint32_t)sum.crc;
    *bytes = sum.bytes;
    return status;
}
