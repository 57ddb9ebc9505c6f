/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The results as JSON, and as HDF5: the same tree, objects as groups, arrays of numbers as
 * datasets, rows of a table as groups "0", "1", ... */
#include <stdlib.h>
#include <string.h>

#include "engine/store/h5.h"
#include "tests/bench/parts/contest.h"

static ww_status write_value(ww_h5 *file, const char *path, const json_t *value, ww_arena *arena);

static ww_status write_numbers(ww_h5 *file, const char *path, const json_t *array, ww_arena *arena)
{
    int64_t n = (int64_t)json_array_size(array);
    double *x = ww_arena_array(arena, (size_t)n + 1, sizeof *x);
    if (x == NULL)
        return WW_ENOMEM;
    for (int64_t i = 0; i < n; i++)
        x[i] = json_number_value(json_array_get(array, (size_t)i));
    return ww_h5_write_doubles(file, path, x, 1, &n);
}

static ww_status write_children(ww_h5 *file, const char *path, const json_t *value, ww_arena *arena)
{
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            const char *name = ww_arena_printf(arena, "%s/%zu", path, i);
            WW_TRY(name == NULL ? WW_ENOMEM
                                : write_value(file, name, json_array_get(value, i), arena));
        }
        return WW_OK;
    }
    const char *key;
    json_t *child;
    json_object_foreach((json_t *)(size_t)value, key, child)
    {
        const char *name = ww_arena_printf(arena, "%s/%s", path, key);
        WW_TRY(name == NULL ? WW_ENOMEM : write_value(file, name, child, arena));
    }
    return WW_OK;
}

static ww_status write_value(ww_h5 *file, const char *path, const json_t *value, ww_arena *arena)
{
    if (json_is_array(value) && json_is_number(json_array_get(value, 0)))
        return write_numbers(file, path, value, arena);
    if (json_is_array(value) || json_is_object(value))
        return write_children(file, path, value, arena);
    if (json_is_string(value)) {
        const char *text = json_string_value(value);
        return ww_h5_write_texts(file, path, &text, -1);
    }
    double number = json_number_value(value);
    return ww_h5_write_doubles(file, path, &number, 0, NULL);
}

static ww_status write_h5(ww_contest *c, const char *path, const char *command_line)
{
    ww_h5 *file;
    WW_TRY(ww_h5_create(&file, path));
    ww_status status = write_value(file, "", c->out, c->arena);
    if (status == WW_OK)
        status = ww_h5_provenance(file, "", 1, command_line, NULL, 0);
    if (status == WW_OK)
        return ww_h5_commit(file);
    ww_h5_close(file);
    return status;
}

ww_status ww_bench_write(ww_contest *c, const char *command_line)
{
    const char *json = ww_arena_printf(c->arena, "%s/bench.json", c->folder);
    const char *h5 = ww_arena_printf(c->arena, "%s/bench.h5", c->folder);
    if (json == NULL || h5 == NULL)
        return WW_ENOMEM;
    if (json_dump_file(c->out, json, JSON_INDENT(1)) != 0)
        return WW_FAIL(WW_EIO, "%s: cannot be written", json);
    WW_TRY(write_h5(c, h5, command_line));
    printf("\n%s\n%s\n", json, h5);
    return WW_OK;
}
