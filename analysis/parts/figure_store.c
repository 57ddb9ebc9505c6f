/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures as data in a results file: /figures/NAME with attributes and the datasets value, low,
 * high, x, row_names and column_names. */
#include <math.h>
#include <string.h>

#include "analysis/figures/figure.h"

static ww_status store_texts(ww_h5 *file, const char *group, const ww_figure_data *d)
{
    const struct {
        const char *key, *text;
    } row[] = {{"kind", d->kind},        {"title", d->title},     {"caption", d->caption},
               {"x_label", d->x_label},  {"y_label", d->y_label}, {"value_label", d->value_label},
               {"interval", d->interval}};
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        WW_TRY(ww_h5_attribute(file, group, row[i].key, row[i].text ? row[i].text : ""));
    if (isfinite(d->reference))
        WW_TRY(ww_h5_attribute_real(file, group, "reference", d->reference));
    if (d->y_max > d->y_min) {
        WW_TRY(ww_h5_attribute_real(file, group, "y_min", d->y_min));
        WW_TRY(ww_h5_attribute_real(file, group, "y_max", d->y_max));
    }
    return WW_OK;
}

ww_status ww_figure_store(ww_h5 *file, const ww_figure_data *d)
{
    char group[200], name[240];
    const int64_t shape[2] = {d->rows, d->columns};
    snprintf(group, sizeof group, "/figures/%s", d->name);
    const struct {
        const char *name;
        const double *data;
    } grid[] = {{"value", d->value}, {"low", d->low}, {"high", d->high}};
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s/%s", group, grid[i].name);
        if (grid[i].data != NULL)
            WW_TRY(ww_h5_write_doubles(file, name, grid[i].data, 2, shape));
    }
    snprintf(name, sizeof name, "%s/x", group);
    if (d->x != NULL)
        WW_TRY(ww_h5_write_doubles(file, name, d->x, 1, &shape[1]));
    snprintf(name, sizeof name, "%s/row_names", group);
    WW_TRY(ww_h5_write_texts(file, name, d->row_name, d->rows));
    snprintf(name, sizeof name, "%s/column_names", group);
    if (d->column_name != NULL)
        WW_TRY(ww_h5_write_texts(file, name, d->column_name, d->columns));
    return store_texts(file, group, d);
}

static ww_status load_texts(const ww_h5 *file, const char *group, ww_figure_data *d,
                            ww_arena *arena)
{
    const struct {
        const char *key, **text;
    } row[] = {{"kind", &d->kind},        {"title", &d->title},
               {"caption", &d->caption},  {"x_label", &d->x_label},
               {"y_label", &d->y_label},  {"value_label", &d->value_label},
               {"interval", &d->interval}};
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        WW_TRY(ww_h5_read_attribute(file, group, row[i].key, row[i].text, arena));
    if (ww_h5_read_attribute_real(file, group, "reference", &d->reference) != WW_OK)
        d->reference = NAN;
    if (ww_h5_read_attribute_real(file, group, "y_min", &d->y_min) != WW_OK ||
        ww_h5_read_attribute_real(file, group, "y_max", &d->y_max) != WW_OK)
        d->y_min = d->y_max = 0;
    ww_error_clear();
    return WW_OK;
}

static ww_status load_doubles(const ww_h5 *file, const char *group, const char *name, size_t n,
                              const double **out, ww_arena *arena)
{
    char path[240];
    snprintf(path, sizeof path, "%s/%s", group, name);
    *out = NULL;
    if (!ww_h5_has(file, path))
        return WW_OK;
    double *data = ww_arena_array(arena, n, sizeof *data);
    if (data == NULL)
        return WW_ENOMEM;
    *out = data;
    return ww_h5_read_doubles(file, path, data, n);
}

static ww_status load_names(const ww_h5 *file, const char *group, const char *name, int n,
                            const char *const **out, ww_arena *arena)
{
    char path[240];
    size_t count;
    snprintf(path, sizeof path, "%s/%s", group, name);
    *out = NULL;
    if (!ww_h5_has(file, path))
        return WW_OK;
    WW_TRY(ww_h5_read_texts(file, path, out, &count, arena));
    if (count != (size_t)n)
        return WW_FAIL(WW_ESHAPE, "%s: %s: %zu names, %d wanted", ww_h5_path(file), path, count, n);
    return WW_OK;
}

ww_status ww_figure_load(const ww_h5 *file, const char *name, ww_figure_data *d, ww_arena *arena)
{
    char group[200], path[240];
    int rank;
    int64_t dim[8];
    memset(d, 0, sizeof *d);
    snprintf(group, sizeof group, "/figures/%s", name);
    if (!ww_h5_has(file, group))
        return WW_FAIL(WW_ENOTFOUND, "%s: there is no figure '%s'", ww_h5_path(file), name);
    snprintf(path, sizeof path, "%s/value", group);
    WW_TRY(ww_h5_shape(file, path, &rank, dim));
    if (rank != 2 || dim[0] < 1 || dim[1] < 1 || dim[0] > 10000 || dim[1] > 1000000)
        return WW_FAIL(WW_ESHAPE, "%s: %s: rank %d; series x points are wanted", ww_h5_path(file),
                       path, rank);
    d->name = ww_arena_strdup(arena, name);
    d->rows = (int)dim[0];
    d->columns = (int)dim[1];
    size_t n = (size_t)(dim[0] * dim[1]);
    WW_TRY(load_doubles(file, group, "value", n, &d->value, arena));
    WW_TRY(load_doubles(file, group, "low", n, &d->low, arena));
    WW_TRY(load_doubles(file, group, "high", n, &d->high, arena));
    WW_TRY(load_doubles(file, group, "x", (size_t)dim[1], &d->x, arena));
    WW_TRY(load_names(file, group, "row_names", d->rows, &d->row_name, arena));
    WW_TRY(load_names(file, group, "column_names", d->columns, &d->column_name, arena));
    return load_texts(file, group, d, arena);
}
