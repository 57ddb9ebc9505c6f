/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "connectome/pictures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define GROUP "/pictures/"

static const int64_t *count_each(const ww_labelled *set, ww_arena *arena)
{
    int64_t *count = ww_arena_array(arena, (size_t)set->classes, sizeof *count);
    for (size_t i = 0; count != NULL && i < set->count; i++)
        count[set->label[i]]++;
    return count;
}

/* The files, and the brain that it starts from. */
static ww_status measure_inputs(ww_inputs *out, const ww_labelled *train, const ww_labelled *test,
                                const char *start, ww_arena *arena)
{
    const ww_labelled *const both[] = {train, test};
    const char *const *source;
    size_t n;
    WW_TRY(ww_labelled_sources(&source, &n, both, 2, arena));
    const char **path = ww_arena_array(arena, n + 1, sizeof *path);
    if (path == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < n; i++)
        path[i] = source[i];
    if (start != NULL)
        path[n++] = start;
    return ww_inputs_measure(out, path, n, arena);
}

ww_status ww_pictures_of(ww_pictures *out, const ww_labelled *train, const ww_labelled *test,
                         int per_class, const char *start, ww_arena *arena)
{
    *out = (ww_pictures){.classes = train->classes,
                         .class_name = train->class_name,
                         .learned = count_each(train, arena),
                         .tested = count_each(test, arena),
                         .per_class = per_class,
                         .channels = train->channels,
                         .height = train->height,
                         .width = train->width,
                         .train_crc32 = ww_labelled_crc32(train),
                         .test_crc32 = ww_labelled_crc32(test),
                         .correct = NAN,
                         .low = NAN,
                         .high = NAN};
    if (out->learned == NULL || out->tested == NULL)
        return WW_ENOMEM;
    return measure_inputs(&out->inputs, train, test, start, arena);
}

static ww_status write_correct(const ww_pictures *p, ww_h5 *file)
{
    static const char *const name[] = {GROUP "correct", GROUP "low", GROUP "high"};
    const double value[] = {p->correct, p->low, p->high};
    for (int i = 0; i < 3; i++)
        WW_TRY(ww_h5_write_doubles(file, name[i], &value[i], 0, NULL));
    return ww_h5_attribute(file, name[0], "about",
                           "share of the test pictures; low, high: Wilson's 95 % interval");
}

static ww_status write_sum(uint32_t crc, ww_h5 *file, const char *name)
{
    char sum[16];
    const char *text = sum;
    snprintf(sum, sizeof sum, "%08x", (unsigned)crc);
    return ww_h5_write_texts(file, name, &text, -1);
}

ww_status ww_pictures_write(const ww_pictures *p, ww_h5 *file)
{
    const int64_t classes = p->classes, per_class = p->per_class, three = 3;
    const int64_t size[] = {p->channels, p->height, p->width};
    WW_TRY(ww_h5_write_texts(file, GROUP "class", p->class_name, classes));
    WW_TRY(ww_h5_write_ints(file, GROUP "learned", p->learned, 1, &classes));
    WW_TRY(ww_h5_write_ints(file, GROUP "tested", p->tested, 1, &classes));
    WW_TRY(ww_h5_write_ints(file, GROUP "per_class", &per_class, 0, NULL));
    WW_TRY(ww_h5_write_ints(file, GROUP "size", size, 1, &three));
    WW_TRY(ww_h5_attribute(file, GROUP "size", "dimensions", "channels height width"));
    WW_TRY(write_sum(p->train_crc32, file, GROUP "train_crc32"));
    WW_TRY(write_sum(p->test_crc32, file, GROUP "test_crc32"));
    if (!isnan(p->correct))
        WW_TRY(write_correct(p, file));
    return ww_h5_inputs(file, &p->inputs);
}

static ww_status read_counts(const int64_t **out, const ww_h5 *file, const char *name,
                             size_t classes, ww_arena *arena)
{
    int64_t *count = ww_arena_array(arena, classes, sizeof *count);
    *out = count;
    return count != NULL ? ww_h5_read_ints(file, name, count, classes) : WW_ENOMEM;
}

static ww_status read_sum(uint32_t *out, const ww_h5 *file, const char *name, ww_arena *arena)
{
    const char *const *text;
    size_t n;
    unsigned sum;
    WW_TRY(ww_h5_read_texts(file, name, &text, &n, arena));
    if (n != 1 || sscanf(text[0], "%8x", &sum) != 1)
        return WW_FAIL(WW_EPARSE, "%s: %s: a check sum is wanted", ww_h5_path(file), name);
    *out = (uint32_t)sum;
    return WW_OK;
}

static ww_status read_all(ww_pictures *out, const ww_h5 *file, ww_arena *arena)
{
    int64_t per_class, size[3];
    size_t n;
    *out = (ww_pictures){.correct = NAN, .low = NAN, .high = NAN};
    WW_TRY(ww_h5_read_texts(file, GROUP "class", &out->class_name, &n, arena));
    out->classes = (int)n;
    WW_TRY(read_counts(&out->learned, file, GROUP "learned", n, arena));
    WW_TRY(read_counts(&out->tested, file, GROUP "tested", n, arena));
    WW_TRY(ww_h5_read_ints(file, GROUP "per_class", &per_class, 1));
    WW_TRY(ww_h5_read_ints(file, GROUP "size", size, 3));
    if (ww_h5_has(file, GROUP "train_crc32"))
        WW_TRY(read_sum(&out->train_crc32, file, GROUP "train_crc32", arena));
    WW_TRY(read_sum(&out->test_crc32, file, GROUP "test_crc32", arena));
    for (int i = 0; i < 3; i++)
        if (size[i] < 1 || size[i] > 32768)
            return WW_FAIL(WW_EPARSE, "%s: " GROUP "size: %lld is outside 1 to 32768",
                           ww_h5_path(file), (long long)size[i]);
    if (per_class < 0 || per_class > 1000000)
        return WW_FAIL(WW_EPARSE, "%s: " GROUP "per_class: %lld is outside 0 to 1000000",
                       ww_h5_path(file), (long long)per_class);
    out->per_class = (int)per_class;
    out->channels = (int)size[0];
    out->height = (int)size[1];
    out->width = (int)size[2];
    if (!ww_h5_has(file, GROUP "correct"))
        return WW_OK;
    WW_TRY(ww_h5_read_doubles(file, GROUP "correct", &out->correct, 1));
    WW_TRY(ww_h5_read_doubles(file, GROUP "low", &out->low, 1));
    return ww_h5_read_doubles(file, GROUP "high", &out->high, 1);
}

ww_status ww_pictures_read(ww_pictures *out, const char *checkpoint, ww_arena *arena)
{
    ww_h5 *file;
    WW_TRY(ww_h5_open(&file, checkpoint));
    ww_status status = read_all(out, file, arena);
    ww_h5_close(file);
    return status;
}

ww_status ww_pictures_same_classes(const ww_pictures *learned, const ww_labelled *set,
                                   const char *path)
{
    int i = 0;
    while (i < learned->classes && i < set->classes &&
           strcmp(learned->class_name[i], set->class_name[i]) == 0)
        i++;
    if (i < learned->classes && i < set->classes)
        return WW_FAIL(WW_EINVAL, "%s: class %d is '%s' where '%s' was learned", path, i + 1,
                       set->class_name[i], learned->class_name[i]);
    if (i < learned->classes)
        return WW_FAIL(WW_EINVAL, "%s: class %d, '%s', which was learned, is missing", path, i + 1,
                       learned->class_name[i]);
    if (i < set->classes)
        return WW_FAIL(WW_EINVAL, "%s: class %d, '%s', was not learned", path, i + 1,
                       set->class_name[i]);
    return WW_OK;
}

ww_status ww_pictures_same(const ww_pictures *learned, const ww_pictures *now,
                           const char *checkpoint)
{
    bool same = learned->classes == now->classes && learned->per_class == now->per_class &&
                learned->channels == now->channels && learned->height == now->height &&
                learned->width == now->width && learned->test_crc32 == now->test_crc32 &&
                (learned->train_crc32 == 0 || learned->train_crc32 == now->train_crc32);
    for (int c = 0; c < now->classes && same; c++)
        same = strcmp(learned->class_name[c], now->class_name[c]) == 0 &&
               learned->learned[c] == now->learned[c];
    return same ? WW_OK : WW_FAIL(WW_EINVAL, "%s: it learned other pictures", checkpoint);
}
