/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CIFAR-10 in its binary form (Krizhevsky 2009): records of one label byte and 3 x 32 x 32 pixel
 * bytes, plane after plane, which is the order of ww_labelled. */
#include <stdlib.h>
#include <string.h>

#include "engine/store/labelled_format.h"

enum { CLASSES = 10, SIDE = 32, PICTURE = 3 * SIDE * SIDE, RECORD = 1 + PICTURE };
enum { BLOCK = 1000, MOST_RECORDS = 10000000 };

static const char *const class_name[CLASSES] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                                "dog",      "frog",       "horse", "ship", "truck"};

static bool ends(const char *name, const char *tail)
{
    size_t length = strlen(name), n = strlen(tail);
    return length >= n && strcmp(name + length - n, tail) == 0;
}

bool ww_cifar_is(const char *name, ww_split split)
{
    if (!ends(name, ".bin") && !ends(name, ".bin.gz"))
        return false;
    if (split == WW_SPLIT_TEST)
        return strstr(name, "test") != NULL;
    return strstr(name, "data_batch") != NULL || strstr(name, "train") != NULL;
}

/* A gzipped file beside the same one unpacked is passed over. */
static bool is_double(const ww_folder *folder, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; ends(name, ".gz") && i < folder->count; i++)
        if (strlen(folder->name[i]) == length - 3 &&
            strncmp(folder->name[i], name, length - 3) == 0)
            return true;
    return false;
}

struct records {
    unsigned char *data;
    size_t count, room;
};

/* Reads records to the end of the file. */
static ww_status add_records(struct records *r, gzFile file, const char *path)
{
    size_t first = r->count;
    for (;;) {
        bool end;
        WW_TRY(ww_gz_at_end(&end, file, path));
        if (end)
            return WW_OK;
        if (r->count == r->room) {
            size_t room = r->room + r->room / 2 + BLOCK;
            unsigned char *larger = realloc(r->data, room * RECORD);
            if (larger == NULL)
                return WW_FAIL(WW_ENOMEM, "%s: out of memory", path);
            r->data = larger;
            r->room = room;
        }
        unsigned char *record = r->data + r->count * RECORD;
        WW_TRY(ww_gz_read(file, record, RECORD, path));
        if (record[0] >= CLASSES)
            return WW_FAIL(WW_EPARSE, "%s: picture %zu has the label %d; 0 to 9 are wanted", path,
                           r->count - first, record[0]);
        if (++r->count > MOST_RECORDS)
            return WW_FAIL(WW_EPARSE, "%s: more than %d pictures", path, MOST_RECORDS);
    }
    return WW_OK;
}

static ww_status add_file(struct records *r, const char *path)
{
    gzFile file;
    size_t before = r->count;
    WW_TRY(ww_gz_open(&file, path));
    ww_status status = add_records(r, file, path);
    gzclose(file);
    if (status == WW_OK && r->count == before)
        return WW_FAIL(WW_EPARSE, "%s: nothing in it", path);
    return status;
}

static ww_status keep(ww_labelled *out, const struct records *r, ww_arena *arena)
{
    unsigned char *pixel = ww_arena_array(arena, r->count, PICTURE);
    int *label = ww_arena_array(arena, r->count, sizeof *label);
    if (pixel == NULL || label == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < r->count; i++) {
        label[i] = r->data[i * RECORD];
        memcpy(pixel + i * PICTURE, r->data + i * RECORD + 1, PICTURE);
    }
    out->count = r->count;
    out->channels = 3;
    out->height = out->width = SIDE;
    out->classes = CLASSES;
    out->class_name = class_name;
    out->pixel = pixel;
    out->label = label;
    return WW_OK;
}

ww_status ww_cifar_read(ww_labelled *out, const ww_folder *folder, ww_split split, ww_arena *arena)
{
    struct records r = {0};
    const char **source = ww_arena_array(arena, folder->count, sizeof *source);
    ww_status status = source != NULL ? WW_OK : WW_ENOMEM;
    out->source = source;
    for (size_t i = 0; status == WW_OK && i < folder->count; i++)
        if (ww_cifar_is(folder->name[i], split) && !is_double(folder, folder->name[i])) {
            const char *path = ww_arena_printf(arena, "%s/%s", folder->path, folder->name[i]);
            status = path != NULL ? add_file(&r, path) : WW_ENOMEM;
            source[out->sources++] = path;
        }
    if (status == WW_OK && r.count == 0)
        status = WW_FAIL(WW_EIO, "%s: no %s.bin[.gz] in it", folder->path,
                         split == WW_SPLIT_TRAIN ? "data_batch*" : "*test*");
    if (status == WW_OK)
        status = keep(out, &r, arena);
    free(r.data);
    return status;
}
