/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which layout a folder of labelled pictures has, and files that may be gzipped. */
#include "engine/store/labelled.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/store/file.h"
#include "engine/store/labelled_format.h"

enum { MOST_RATIO = 1032, MOST_PIECE = 1 << 24 }; /* deflate shrinks no further */

ww_status ww_gz_open(gzFile *out, const char *path)
{
    errno = 0;
    *out = gzopen(path, "rb");
    return *out != NULL ? WW_OK : ww_file_fail(path, errno != 0 ? errno : ENOMEM);
}

/* Says what stopped zlib: "data.gz: cut short", "data.gz: incorrect data check". */
static ww_status fail(gzFile file, const char *path)
{
    int code, reading = errno;
    const char *reason = gzerror(file, &code), *name = strstr(reason, ": ");
    if (code == Z_ERRNO)
        return ww_file_fail(path, reading);
    if (code == Z_BUF_ERROR)
        return WW_FAIL(WW_EPARSE, "%s: cut short", path);
    return WW_FAIL(WW_EPARSE, "%s: %s", path, name != NULL ? name + 2 : reason);
}

ww_status ww_gz_read(gzFile file, void *to, size_t bytes, const char *path)
{
    for (size_t done = 0; done < bytes;) {
        unsigned piece = bytes - done < MOST_PIECE ? (unsigned)(bytes - done) : MOST_PIECE;
        int got = gzread(file, (char *)to + done, piece), code;
        if (got < 0 || ((unsigned)got < piece && (gzerror(file, &code), code != Z_OK)))
            return fail(file, path);
        done += (size_t)got;
        if ((unsigned)got < piece)
            return WW_FAIL(WW_EPARSE, "%s: cut short: %zu bytes where %zu are wanted", path, done,
                           bytes);
    }
    return WW_OK;
}

ww_status ww_gz_at_end(bool *end, gzFile file, const char *path)
{
    int next = gzgetc(file), code;
    *end = next < 0;
    if (next >= 0) {
        gzungetc(next, file);
        return WW_OK;
    }
    gzerror(file, &code);
    return code == Z_OK ? WW_OK : fail(file, path);
}

ww_status ww_gz_can_hold(const char *path, size_t bytes)
{
    struct stat about;
    if (stat(path, &about) != 0)
        return ww_file_fail(path, errno);
    if (bytes / MOST_RATIO > (size_t)about.st_size)
        return WW_FAIL(WW_EPARSE, "%s: cut short: it cannot hold %zu bytes", path, bytes);
    return WW_OK;
}

const char *ww_folder_match(const ww_folder *folder, const char *head, const char *part)
{
    for (size_t i = 0; i < folder->count; i++)
        if (strncmp(folder->name[i], head, strlen(head)) == 0 &&
            strstr(folder->name[i], part) != NULL)
            return folder->name[i];
    return NULL;
}

static bool has_cifar(const ww_folder *folder)
{
    for (size_t i = 0; i < folder->count; i++)
        if (ww_cifar_is(folder->name[i], WW_SPLIT_TRAIN) ||
            ww_cifar_is(folder->name[i], WW_SPLIT_TEST))
            return true;
    return false;
}

ww_status ww_labelled_read(ww_labelled **out, const char *path, ww_split split, int train_per_class,
                           int height, int width, ww_arena *arena)
{
    ww_labelled *set = ww_arena_alloc(arena, sizeof *set);
    char *root = ww_arena_strdup(arena, path);
    *out = set;
    if (set == NULL || root == NULL)
        return WW_ENOMEM;
    for (size_t n = strlen(root); n > 1 && root[n - 1] == '/'; n--)
        root[n - 1] = '\0'; /* messages and names of files read better without */
    ww_folder folder = {.path = root};
    set->height = height;
    set->width = width;
    WW_TRY(ww_folder_list(&folder.name, &folder.count, path, arena));
    if (ww_folder_match(&folder, "train-images", "idx3-ubyte") != NULL ||
        ww_folder_match(&folder, "t10k-images", "idx3-ubyte") != NULL)
        return ww_idx_read(set, &folder, split, arena);
    if (has_cifar(&folder))
        return ww_cifar_read(set, &folder, split, arena);
    return ww_classes_read(set, &folder, split, train_per_class, arena);
}

/* Adds a name that is not there yet; names come in runs, so the last is looked at first. */
static ww_status add_once(const char **name, size_t *count, const char *text, size_t length,
                          ww_arena *arena)
{
    for (size_t i = *count; i-- > 0;)
        if (strncmp(name[i], text, length) == 0 && name[i][length] == '\0')
            return WW_OK;
    name[*count] = ww_arena_printf(arena, "%.*s", (int)length, text);
    return name[(*count)++] != NULL ? WW_OK : WW_ENOMEM;
}

ww_status ww_labelled_sources(const char *const **out, size_t *count, const ww_labelled *const *set,
                              size_t n, ww_arena *arena)
{
    size_t files = 0;
    *count = 0;
    for (size_t s = 0; s < n; s++)
        files += set[s]->sources;
    const char **name = ww_arena_array(arena, files, sizeof *name);
    *out = name;
    if (name == NULL)
        return WW_ENOMEM;
    for (size_t s = 0; s < n; s++)
        for (size_t i = 0; i < set[s]->sources; i++) {
            const char *file = set[s]->source[i];
            if (files <= WW_LABELLED_MOST_SOURCES || set[s]->file == NULL)
                name[(*count)++] = file;
            else
                WW_TRY(add_once(name, count, file, (size_t)(strrchr(file, '/') - file), arena));
        }
    return WW_OK;
}

uint32_t ww_labelled_crc32(const ww_labelled *set)
{
    size_t picture = (size_t)set->channels * (size_t)set->height * (size_t)set->width;
    uLong crc = crc32(0, NULL, 0);
    for (size_t i = 0; i < set->count; i++) {
        unsigned label = (unsigned)set->label[i];
        unsigned char bytes[4];
        for (int k = 0; k < 4; k++)
            bytes[k] = (unsigned char)(label >> (8 * k));
        crc = crc32(crc, bytes, sizeof bytes);
        crc = crc32_z(crc, set->pixel + i * picture, picture);
    }
    return (uint32_t)crc;
}
