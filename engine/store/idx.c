/* SPDX-License-Identifier: GPL-3.0-or-later */
/* IDX, the format of MNIST (LeCun, Cortes & Burges): a magic number 0 0 type rank (type 8: bytes),
 * the size of each dimension in four bytes, high byte first, and the data, last index fastest. */
#include <stdint.h>

#include "engine/store/labelled_format.h"

struct idx {
    size_t dim[3], bytes;
    unsigned char *data;
};

static ww_status read_header(struct idx *idx, gzFile file, int rank, const char *path)
{
    unsigned char head[4 + 4 * 3];
    WW_TRY(ww_gz_read(file, head, 4 + 4 * (size_t)rank, path));
    if (head[0] != 0 || head[1] != 0 || head[2] != 8 || head[3] != rank)
        return WW_FAIL(WW_EPARSE, "%s: magic number 0x%02x%02x%02x%02x; 0x0000080%d is wanted",
                       path, head[0], head[1], head[2], head[3], rank);
    idx->bytes = 1;
    for (int i = 0; i < rank; i++) {
        const unsigned char *h = head + 4 + 4 * i;
        idx->dim[i] = (size_t)h[0] << 24 | (size_t)h[1] << 16 | (size_t)h[2] << 8 | h[3];
        if (idx->dim[i] == 0)
            return WW_FAIL(WW_EPARSE, "%s: nothing in it", path);
        if (idx->dim[i] > SIZE_MAX / 2 / idx->bytes || (i > 0 && idx->dim[i] > 32768))
            return WW_FAIL(WW_EPARSE, "%s: pictures of more than 32768 a side", path);
        idx->bytes *= idx->dim[i];
    }
    return ww_gz_can_hold(path, idx->bytes);
}

static ww_status read_body(struct idx *idx, gzFile file, int rank, const char *path,
                           ww_arena *arena)
{
    WW_TRY(read_header(idx, file, rank, path));
    idx->data = ww_arena_alloc(arena, idx->bytes);
    if (idx->data == NULL)
        return WW_ENOMEM;
    WW_TRY(ww_gz_read(file, idx->data, idx->bytes, path));
    bool end;
    WW_TRY(ww_gz_at_end(&end, file, path));
    if (!end)
        return WW_FAIL(WW_EPARSE, "%s: more data than its header says", path);
    return WW_OK;
}

/* Reads the file whose name starts with `head`; `path` gets its name. */
static ww_status read_idx(struct idx *idx, const ww_folder *folder, const char *head, int rank,
                          const char **path, ww_arena *arena)
{
    const char *kind = rank == 3 ? "idx3-ubyte" : "idx1-ubyte";
    const char *name = ww_folder_match(folder, head, kind);
    if (name == NULL)
        return WW_FAIL(WW_EIO, "%s: no %s-%s[.gz] in it", folder->path, head, kind);
    gzFile file;
    if ((*path = ww_arena_printf(arena, "%s/%s", folder->path, name)) == NULL)
        return WW_ENOMEM;
    WW_TRY(ww_gz_open(&file, *path));
    ww_status status = read_body(idx, file, rank, *path, arena);
    gzclose(file);
    return status;
}

/* Both splits have the classes of either, so that one network fits both. */
static ww_status count_classes(ww_labelled *out, const ww_folder *folder, ww_arena *arena)
{
    static const char *const heads[] = {"train-labels", "t10k-labels"};
    int most = 0;
    for (int i = 0; i < 2; i++) {
        struct idx labels;
        const char *path;
        if (ww_folder_match(folder, heads[i], "idx1-ubyte") == NULL)
            continue;
        ww_arena_mark mark = ww_arena_mark_here(arena);
        WW_TRY(read_idx(&labels, folder, heads[i], 1, &path, arena));
        for (size_t k = 0; k < labels.bytes; k++)
            most = labels.data[k] > most ? labels.data[k] : most;
        ww_arena_release(arena, mark);
    }
    const char **name = ww_arena_array(arena, (size_t)most + 1, sizeof *name);
    for (int i = 0; name != NULL && i <= most; i++)
        if ((name[i] = ww_arena_printf(arena, "%d", i)) == NULL)
            return WW_ENOMEM;
    out->classes = most + 1;
    out->class_name = name;
    return name == NULL ? WW_ENOMEM : WW_OK;
}

ww_status ww_idx_read(ww_labelled *out, const ww_folder *folder, ww_split split, ww_arena *arena)
{
    struct idx images, labels;
    const char *images_path, *labels_path;
    bool train = split == WW_SPLIT_TRAIN;
    WW_TRY(
        read_idx(&images, folder, train ? "train-images" : "t10k-images", 3, &images_path, arena));
    WW_TRY(
        read_idx(&labels, folder, train ? "train-labels" : "t10k-labels", 1, &labels_path, arena));
    if (images.dim[0] != labels.dim[0])
        return WW_FAIL(WW_EPARSE, "%s: %zu labels for %zu images", labels_path, labels.dim[0],
                       images.dim[0]);
    WW_TRY(count_classes(out, folder, arena));
    int *label = ww_arena_array(arena, labels.bytes, sizeof *label);
    const char **source = ww_arena_array(arena, 2, sizeof *source);
    if (label == NULL || source == NULL)
        return WW_ENOMEM;
    source[0] = images_path;
    source[1] = labels_path;
    for (size_t i = 0; i < labels.bytes; i++)
        label[i] = labels.data[i];
    out->count = images.dim[0];
    out->channels = 1;
    out->height = (int)images.dim[1];
    out->width = (int)images.dim[2];
    out->pixel = images.data;
    out->label = label;
    out->source = source;
    out->sources = 2;
    return WW_OK;
}
