/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders of pictures, one folder for each class.
 *
 * Channels, and the size unless one is asked for, are those of the first picture of the first class
 * of the training set, for both splits; colour becomes grey by its luma (ITU-R BT.601, since the
 * values are gamma-coded) and grey becomes three equal planes. */
#include <assert.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "engine/store/file.h"
#include "engine/store/labelled_format.h"
#include "engine/store/picture.h"

/* The pictures of one class that belong to the split. */
struct class
{
    const char *path;
    const char *const *file;
    size_t first, end;
};

static bool is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static bool is_picture(const char *name)
{
    static const char *const endings[] = {".png", ".jpg", ".jpeg", ".pgm", ".ppm"};
    const char *ending = strrchr(name, '.');
    for (size_t i = 0; ending != NULL && i < sizeof endings / sizeof endings[0]; i++)
        if (strcasecmp(ending, endings[i]) == 0)
            return true;
    return false;
}

/* The members of a folder that are folders, or else those that are pictures. */
static ww_status list(ww_folder *out, const char *path, bool folders, ww_arena *arena)
{
    size_t count, n = 0;
    const char *const *all;
    WW_TRY(ww_folder_list(&all, &count, path, arena));
    const char **chosen = ww_arena_array(arena, count, sizeof *chosen);
    if (chosen == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const char *member = folders ? ww_arena_printf(arena, "%s/%s", path, all[i]) : "";
        if (member == NULL)
            return WW_ENOMEM;
        if (folders ? is_folder(member) : is_picture(all[i]))
            chosen[n++] = all[i];
    }
    *out = (ww_folder){path, chosen, n};
    return WW_OK;
}

static ww_status list_pictures(struct class *class, const char *root, const char *name,
                               ww_arena *arena)
{
    ww_folder pictures;
    if ((class->path = ww_arena_printf(arena, "%s/%s", root, name)) == NULL)
        return WW_ENOMEM;
    WW_TRY(list(&pictures, class->path, false, arena));
    if (pictures.count == 0)
        return WW_FAIL(WW_EPARSE, "%s: no picture (png, jpg, pgm, ppm) in it", class->path);
    class->file = pictures.name;
    class->first = 0;
    class->end = pictures.count;
    return WW_OK;
}

/* Leaves the training or the test part of a class. */
static ww_status divide(struct class *class, ww_split split, int train_per_class)
{
    size_t train = train_per_class > 0 ? (size_t)train_per_class : (class->end + 1) / 2;
    if (train > class->end)
        return WW_FAIL(WW_EPARSE, "%s: %zu pictures; %zu are wanted for training", class->path,
                       class->end, train);
    if (split == WW_SPLIT_TRAIN)
        class->end = train;
    else
        class->first = train;
    return WW_OK;
}

/* Each class of one split must be one of the other. */
static ww_status compare_classes(const ww_folder *a, const ww_folder *b)
{
    for (size_t i = 0; i < a->count; i++) {
        bool found = false;
        for (size_t k = 0; k < b->count; k++)
            found = found || strcmp(a->name[i], b->name[k]) == 0;
        if (!found)
            return WW_FAIL(WW_EPARSE, "%s/%s: no class of this name in %s", a->path, a->name[i],
                           b->path);
    }
    return WW_OK;
}

/* A picture with the channels and the size of the set, as bytes. */
static ww_status put_picture(const ww_labelled *set, unsigned char *to, const char *path)
{
    ww_picture p;
    WW_TRY(ww_picture_read(&p, path));
    size_t old = (size_t)p.height * (size_t)p.width;
    size_t plane = (size_t)set->height * (size_t)set->width;
    if (set->channels == 1 && p.channels == 3) {
        for (size_t i = 0; i < old; i++)
            p.pixel[i] =
                0.299f * p.pixel[i] + 0.587f * p.pixel[old + i] + 0.114f * p.pixel[2 * old + i];
        p.channels = 1;
    }
    ww_arena *arena = ww_arena_create();
    float *sized = arena ? ww_arena_array(arena, (size_t)p.channels * plane, sizeof *sized) : NULL;
    if (sized != NULL) {
        ww_picture_resize(p.pixel, p.channels, p.height, p.width, sized, set->height, set->width);
        for (int c = 0; c < set->channels; c++)
            for (size_t i = 0; i < plane; i++)
                *to++ = (unsigned char)(sized[(p.channels == 3 ? (size_t)c * plane : 0) + i] * 255 +
                                        0.5f);
    }
    ww_arena_free(arena);
    ww_picture_free(&p);
    return sized == NULL ? WW_ENOMEM : WW_OK;
}

/* Channels and size of the whole set, from its first picture. */
static ww_status look_at_first(ww_labelled *out, const char *folder, const char *name,
                               ww_arena *arena)
{
    ww_picture p;
    const char *path = ww_arena_printf(arena, "%s/%s", folder, name);
    if (path == NULL)
        return WW_ENOMEM;
    WW_TRY(ww_picture_read(&p, path));
    out->channels = p.channels;
    if (out->height == 0 || out->width == 0) {
        out->height = p.height;
        out->width = p.width;
    }
    ww_picture_free(&p);
    return WW_OK;
}

static ww_status read_pictures(ww_labelled *out, const struct class *class, ww_arena *arena)
{
    size_t picture = (size_t)out->channels * (size_t)out->height * (size_t)out->width;
    unsigned char *pixel = ww_arena_array(arena, out->count, picture);
    int *label = ww_arena_array(arena, out->count, sizeof *label);
    const char **file = ww_arena_array(arena, out->count, sizeof *file);
    if (pixel == NULL || label == NULL || file == NULL)
        return WW_ENOMEM;
    size_t n = 0;
    for (int c = 0; c < out->classes; c++)
        for (size_t i = class[c].first; i < class[c].end; i++, n++) {
            label[n] = c;
            file[n] = ww_arena_printf(arena, "%s/%s", class[c].path, class[c].file[i]);
            if (file[n] == NULL)
                return WW_ENOMEM;
            WW_TRY(put_picture(out, pixel + n * picture, file[n]));
        }
    out->pixel = pixel;
    out->label = label;
    out->file = out->source = file;
    out->sources = n;
    return WW_OK;
}

/* Where the classes are: in train/ and test/, or in the folder itself. */
static ww_status find_classes(ww_folder *train, ww_folder *test, const ww_folder *folder,
                              ww_arena *arena)
{
    const char *first = ww_arena_printf(arena, "%s/train", folder->path);
    const char *second = ww_arena_printf(arena, "%s/test", folder->path);
    if (first == NULL || second == NULL)
        return WW_ENOMEM;
    if (is_folder(first) && is_folder(second)) {
        WW_TRY(list(train, first, true, arena));
        WW_TRY(list(test, second, true, arena));
        WW_TRY(compare_classes(train, test));
        WW_TRY(compare_classes(test, train));
    } else {
        WW_TRY(list(train, folder->path, true, arena));
        *test = *train;
    }
    if (train->count == 0)
        return WW_FAIL(WW_EPARSE, "%s: no IDX files, no CIFAR files, no folders of classes in it",
                       train->path);
    if (train->count == 1)
        return WW_FAIL(WW_EPARSE, "%s: only one class, '%s'; at least two are wanted", train->path,
                       train->name[0]);
    return WW_OK;
}

ww_status ww_classes_read(ww_labelled *out, const ww_folder *folder, ww_split split,
                          int train_per_class, ww_arena *arena)
{
    assert(train_per_class >= 0);
    ww_folder train, test;
    struct class first;
    WW_TRY(find_classes(&train, &test, folder, arena));
    bool divided = train.path == test.path;
    const ww_folder *root = split == WW_SPLIT_TRAIN ? &train : &test;
    struct class *class = ww_arena_array(arena, train.count, sizeof *class);
    if (class == NULL)
        return WW_ENOMEM;
    out->classes = (int)train.count;
    out->class_name = train.name;
    for (size_t i = 0; i < train.count; i++) {
        WW_TRY(list_pictures(&class[i], root -> path, train.name[i], arena));
        if (divided)
            WW_TRY(divide(&class[i], split, train_per_class));
        out->count += class[i].end - class[i].first;
    }
    if (out->count == 0)
        return WW_FAIL(WW_EPARSE, "%s: no picture is left for the test", folder->path);
    WW_TRY(list_pictures(&first, train.path, train.name[0], arena));
    WW_TRY(look_at_first(out, first.path, first.file[0], arena));
    return read_pictures(out, class, arena);
}
