/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/learning/checkpoint.h"

#include <string.h>

static const char format[] = "whatwhere checkpoint";
enum { FORMAT = 1 };

/* The whole numbers of /training, in the order of `counts_of`. */
static const char *const counts[] = {
    "/training/epoch", "/training/step",       "/training/seed",         "/training/samples",
    "/training/batch", "/training/best_epoch", "/training/stale_epochs", "/training/restored"};
static const char *const reals[] = {"/training/loss", "/training/loss_sum", "/training/best_score"};
enum { COUNTS = sizeof counts / sizeof counts[0], REALS = sizeof reals / sizeof reals[0] };

static bool stored(const ww_value *value)
{
    return value->kind == WW_NODE_PARAM || value->kind == WW_NODE_STATE;
}

size_t ww_checkpoint_states(ww_values *values)
{
    size_t floats = 0;
    for (size_t i = 0; i < ww_values_count(values); i++)
        if (ww_values_at(values, i)->kind == WW_NODE_STATE)
            floats += ww_values_at(values, i)->size;
    return floats;
}

static ww_status write_array(ww_h5 *file, const char *name, const float *data, size_t floats)
{
    int64_t dim = (int64_t)floats;
    if (data == NULL || floats == 0)
        return WW_OK;
    return ww_h5_write_floats(file, name, data, 1, &dim, false);
}

static ww_status write_training(ww_h5 *file, ww_values *values, const ww_checkpoint *c)
{
    const int64_t count[COUNTS] = {c->epoch, (int64_t)c->step, (int64_t)c->seed, c->samples,
                                   c->batch, c->best_epoch,    c->stale,         c->restored};
    const double real[REALS] = {c->loss, c->loss_sum, c->best_score};
    for (int i = 0; i < COUNTS; i++)
        WW_TRY(ww_h5_write_ints(file, counts[i], &count[i], 0, NULL));
    for (int i = 0; i < REALS; i++)
        WW_TRY(ww_h5_write_doubles(file, reals[i], &real[i], 0, NULL));
    WW_TRY(ww_h5_write_texts(file, "/training/optimiser", &c->optimiser, -1));
    WW_TRY(ww_h5_attribute(file, "/training", "format", format));
    WW_TRY(ww_h5_attribute_real(file, "/training", "version", FORMAT));
    size_t n;
    ww_values_parameters(values, &n);
    for (int k = 0; k < c->slots; k++)
        WW_TRY(write_array(file, k == 0 ? "/optimiser/slot0" : "/optimiser/slot1", c->slot[k], n));
    WW_TRY(write_array(file, "/training/best", c->best, n));
    return write_array(file, "/training/best_state", c->best_state, ww_checkpoint_states(values));
}

/* "/values/V4/weight" in `arena`; NULL when out of memory. */
static char *path_of(const ww_value *value, ww_arena *arena)
{
    return ww_arena_printf(arena, "/values/%s", value->name);
}

/* Arrays that are mostly zeros (room for cell-planes that have not been needed) are compressed;
 * others would hardly shrink. */
static bool mostly_zeros(const ww_value *value)
{
    size_t zeros = 0;
    for (size_t i = 0; i < value->size; i++)
        zeros += value->data[i] == 0;
    return 2 * zeros > value->size;
}

static ww_status write_all(ww_h5 *file, ww_values *values, const ww_checkpoint *c, ww_arena *arena)
{
    for (size_t i = 0; i < ww_values_count(values); i++) {
        const ww_value *v = ww_values_at(values, i);
        if (!stored(v))
            continue;
        const char *name = path_of(v, arena);
        if (name == NULL)
            return WW_ENOMEM;
        WW_TRY(
            ww_h5_write_floats(file, name, v->data, v->shape.rank, v->shape.dim, mostly_zeros(v)));
    }
    WW_TRY(write_training(file, values, c));
    WW_TRY(ww_h5_write_texts(file, "/metadata", &c->metadata, -1));
    WW_TRY(ww_h5_provenance(file, c->metadata, c->seed, c->command_line ? c->command_line : "",
                            NULL, 0));
    return c->more != NULL ? c->more(c->context, file) : WW_OK;
}

ww_status ww_checkpoint_write(const char *path, ww_values *values, const ww_checkpoint *checkpoint)
{
    ww_arena *arena = ww_arena_create();
    if (arena == NULL)
        return WW_ENOMEM;
    ww_h5 *file = NULL;
    ww_status status = ww_h5_create(&file, path);
    if (status == WW_OK)
        status = write_all(file, values, checkpoint, arena);
    if (status == WW_OK)
        status = ww_h5_commit(file);
    else
        ww_h5_close(file);
    ww_arena_free(arena);
    return status;
}

static ww_status check_format(const ww_h5 *file, ww_arena *arena)
{
    const char *text = "";
    double version = 0;
    if (!ww_h5_has(file, "/training") ||
        ww_h5_read_attribute(file, "/training", "format", &text, arena) != WW_OK ||
        strcmp(text, format) != 0 ||
        ww_h5_read_attribute_real(file, "/training", "version", &version) != WW_OK)
        return WW_FAIL(WW_EPARSE, "%s: no checkpoint of whatwhere", ww_h5_path(file));
    if (version != FORMAT)
        return WW_FAIL(WW_EPARSE, "%s: a checkpoint of format %g, this version reads %d",
                       ww_h5_path(file), version, FORMAT);
    return WW_OK;
}

static ww_status check_shape(const ww_h5 *file, const char *name, const ww_value *value)
{
    char here[WW_SHAPE_TEXT], there[WW_SHAPE_TEXT];
    ww_shape_print(&value->shape, here);
    if (!ww_h5_has(file, name))
        return WW_FAIL(WW_ENOTFOUND, "%s: %s: not in the file, %s in the brain", ww_h5_path(file),
                       name, here);
    ww_shape shape = {0};
    int64_t dim[8];
    WW_TRY(ww_h5_shape(file, name, &shape.rank, dim));
    if (shape.rank > WW_MAX_RANK)
        return WW_FAIL(WW_ESHAPE, "%s: %s: %d dimensions in the file, %s in the brain",
                       ww_h5_path(file), name, shape.rank, here);
    memcpy(shape.dim, dim, sizeof shape.dim);
    if (!ww_shape_equal(&shape, &value->shape))
        return WW_FAIL(WW_ESHAPE, "%s: %s: %s in the file, %s in the brain", ww_h5_path(file), name,
                       ww_shape_print(&shape, there), here);
    return WW_OK;
}

/* Reads `floats` floats into new memory of `arena`; *data stays NULL if the file has none. */
static ww_status read_array(const ww_h5 *file, const char *name, size_t floats, float **data,
                            ww_arena *arena)
{
    if (!ww_h5_has(file, name))
        return WW_OK;
    float *array = ww_arena_array(arena, floats, sizeof(float));
    if (array == NULL)
        return WW_ENOMEM;
    WW_TRY(ww_h5_read_floats(file, name, array, floats));
    *data = array;
    return WW_OK;
}

static ww_status read_text(const ww_h5 *file, const char *name, const char **text, ww_arena *arena)
{
    const char *const *texts;
    size_t n;
    WW_TRY(ww_h5_read_texts(file, name, &texts, &n, arena));
    *text = n > 0 ? texts[0] : "";
    return WW_OK;
}

static ww_status read_training(const ww_h5 *file, ww_values *values, ww_checkpoint *c,
                               ww_arena *arena)
{
    int64_t count[COUNTS];
    double real[REALS];
    for (int i = 0; i < COUNTS; i++)
        WW_TRY(ww_h5_read_ints(file, counts[i], &count[i], 1));
    for (int i = 0; i < REALS; i++)
        WW_TRY(ww_h5_read_doubles(file, reals[i], &real[i], 1));
    *c = (ww_checkpoint){.epoch = (int)count[0],
                         .step = (uint64_t)count[1],
                         .seed = (uint64_t)count[2],
                         .samples = count[3],
                         .batch = count[4],
                         .best_epoch = (int)count[5],
                         .stale = (int)count[6],
                         .restored = count[7] != 0,
                         .loss = real[0],
                         .loss_sum = real[1],
                         .best_score = real[2]};
    WW_TRY(read_text(file, "/training/optimiser", &c->optimiser, arena));
    WW_TRY(read_text(file, "/metadata", &c->metadata, arena));
    size_t n, states = ww_checkpoint_states(values);
    ww_values_parameters(values, &n);
    WW_TRY(read_array(file, "/optimiser/slot0", n, &c->slot[0], arena));
    WW_TRY(read_array(file, "/optimiser/slot1", n, &c->slot[1], arena));
    c->slots = (c->slot[0] != NULL) + (c->slot[1] != NULL);
    WW_TRY(read_array(file, "/training/best", n, &c->best, arena));
    if (c->best == NULL && c->restored)
        return WW_FAIL(WW_ENOTFOUND, "%s: /training/best: not in the file", ww_h5_path(file));
    if (c->best == NULL || states == 0)
        return WW_OK;
    if ((c->best_state = ww_arena_array(arena, states, sizeof(float))) == NULL)
        return WW_ENOMEM;
    return ww_h5_read_floats(file, "/training/best_state", c->best_state, states);
}

/* Everything is read before anything is changed. */
static ww_status read_all(const ww_h5 *file, ww_values *values, ww_checkpoint *c, ww_arena *arena)
{
    size_t n = ww_values_count(values);
    float **fresh = ww_arena_array(arena, n, sizeof *fresh);
    WW_TRY(check_format(file, arena));
    if (fresh == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const ww_value *v = ww_values_at(values, i);
        if (!stored(v))
            continue;
        const char *name = path_of(v, arena);
        if (name == NULL)
            return WW_ENOMEM;
        WW_TRY(check_shape(file, name, v));
        WW_TRY(read_array(file, name, v->size, &fresh[i], arena));
    }
    WW_TRY(read_training(file, values, c, arena));
    for (size_t i = 0; i < n; i++)
        if (fresh[i] != NULL)
            memcpy(ww_values_at(values, i)->data, fresh[i],
                   ww_values_at(values, i)->size * sizeof(float));
    return WW_OK;
}

ww_status ww_checkpoint_read(const char *path, ww_values *values, ww_checkpoint *checkpoint,
                             ww_arena *arena)
{
    ww_h5 *file;
    WW_TRY(ww_h5_open(&file, path));
    ww_status status = read_all(file, values, checkpoint, arena);
    ww_h5_close(file);
    return status;
}

ww_status ww_checkpoint_metadata(const char *path, const char **metadata, ww_arena *arena)
{
    ww_h5 *file;
    WW_TRY(ww_h5_open(&file, path));
    ww_status status = check_format(file, arena);
    if (status == WW_OK)
        status = read_text(file, "/metadata", metadata, arena);
    ww_h5_close(file);
    return status;
}
