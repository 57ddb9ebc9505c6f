/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/parts/gaze_set.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/store/file.h"
#include "engine/store/table.h"

/* FOLDER/fixations.csv, or the packed one. */
static const char *table_path(const char *folder, ww_arena *arena)
{
    struct stat about;
    const char *path = ww_arena_printf(arena, "%s/fixations.csv", folder);
    if (path != NULL && stat(path, &about) != 0) {
        const char *packed = ww_arena_printf(arena, "%s/fixations.csv.gz", folder);
        if (packed != NULL && stat(packed, &about) == 0)
            return packed;
    }
    return path;
}

/* The columns image, x and y of the table; NAN where a place is missing. */
static ww_status read_columns(double *column[3], const ww_table *table, ww_arena *arena)
{
    static const char *const names[3] = {"image", "x", "y"};
    for (int c = 0; c < 3; c++) {
        size_t index;
        WW_TRY(ww_table_column(&index, table, names[c]));
        column[c] = ww_arena_array(arena, table->rows + 1, sizeof *column[c]);
        if (column[c] == NULL)
            return WW_ENOMEM;
        for (size_t row = 0; row < table->rows; row++)
            WW_TRY(ww_table_real(&column[c][row], table, row, index, c > 0));
    }
    return WW_OK;
}

/* Whether row `row` is a fixation within the picture; its place counts from 0. */
static bool is_within(const ww_gazed_picture *p, double *const column[3], size_t row)
{
    double x = column[1][row] - 0.5, y = column[2][row] - 0.5;
    return column[0][row] == p->number && x >= 0 && x < p->picture.width && y >= 0 &&
           y < p->picture.height;
}

static ww_status read_fixations(ww_gaze_set *set, const ww_table *table, ww_arena *arena)
{
    double *column[3];
    WW_TRY(read_columns(column, table, arena));
    for (int k = 0; k < set->count; k++) {
        ww_gazed_picture *p = &set->picture[k];
        size_t n = 0;
        for (size_t row = 0; row < table->rows; row++)
            n += is_within(p, column, row);
        p->x = ww_arena_array(arena, n + 1, sizeof *p->x);
        p->y = ww_arena_array(arena, n + 1, sizeof *p->y);
        if (p->x == NULL || p->y == NULL)
            return WW_ENOMEM;
        for (size_t row = 0; row < table->rows; row++)
            if (is_within(p, column, row)) {
                p->x[p->n] = column[1][row] - 0.5;
                p->y[p->n++] = column[2][row] - 0.5;
            }
    }
    return WW_OK;
}

/* Those of the set that somebody looked at. */
static void drop_unseen(ww_gaze_set *set)
{
    int kept = 0;
    for (int k = 0; k < set->count; k++) {
        if (set->picture[k].n > 1)
            set->picture[kept++] = set->picture[k];
        else
            ww_picture_free(&set->picture[k].picture);
    }
    set->count = kept;
}

ww_status ww_gaze_set_read(ww_gaze_set *out, const char *folder, int most, ww_arena *arena)
{
    const char *const *names, *stimuli = ww_arena_printf(arena, "%s/stimuli", folder);
    const char *path = table_path(folder, arena);
    size_t n;
    ww_table *table;
    *out = (ww_gaze_set){.folder = folder};
    if (stimuli == NULL || path == NULL)
        return WW_ENOMEM;
    WW_TRY(ww_folder_list(&names, &n, stimuli, arena));
    WW_TRY(ww_table_read(&table, path, arena));
    out->picture = ww_arena_array(arena, n + 1, sizeof *out->picture);
    if (out->picture == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < n && (most <= 0 || out->count < most); i++) {
        if (!isdigit((unsigned char)names[i][0]))
            continue;
        ww_gazed_picture *p = &out->picture[out->count];
        p->number = atoi(names[i]);
        p->file = ww_arena_printf(arena, "%s/%s", stimuli, names[i]);
        if (p->file == NULL)
            return WW_ENOMEM;
        WW_TRY(ww_picture_read(&p->picture, p->file));
        out->count++;
    }
    WW_TRY(read_fixations(out, table, arena));
    drop_unseen(out);
    if (out->count == 0)
        return WW_FAIL(WW_ENOTFOUND,
                       "%s: no picture that was looked at; pictures named by their number in %s "
                       "are wanted",
                       stimuli, path);
    return WW_OK;
}

void ww_gaze_set_free(ww_gaze_set *set)
{
    for (int k = 0; k < set->count; k++)
        ww_picture_free(&set->picture[k].picture);
    set->count = 0;
}

static void add(const ww_gazed_picture *from, int height, int width, double *counts)
{
    for (int i = 0; i < from->n; i++) {
        int column = (int)(from->x[i] * width / from->picture.width);
        int row = (int)(from->y[i] * height / from->picture.height);
        counts[row * width + column]++;
    }
}

void ww_gaze_counts(const ww_gazed_picture *p, double *counts)
{
    memset(counts, 0, (size_t)p->picture.height * (size_t)p->picture.width * sizeof *counts);
    add(p, p->picture.height, p->picture.width, counts);
}

void ww_gaze_others(const ww_gaze_set *set, int but, double *counts)
{
    int height = set->picture[but].picture.height, width = set->picture[but].picture.width;
    memset(counts, 0, (size_t)height * (size_t)width * sizeof *counts);
    for (int k = 0; k < set->count; k++)
        if (k != but)
            add(&set->picture[k], height, width, counts);
}

/* Blurs n numbers, `stride` apart, with what the Gaussian leaves beyond the ends left out. */
static void blur_line(const double *from, double *to, int n, int stride, double sigma)
{
    int reach = (int)ceil(4 * sigma);
    for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int k = i - reach < 0 ? 0 : i - reach; k <= i + reach && k < n; k++)
            sum += from[k * stride] * exp(-0.5 * (k - i) * (k - i) / (sigma * sigma));
        to[i * stride] = sum;
    }
}

bool ww_gaze_density(const double *counts, int height, int width, double sigma_px, double *density)
{
    double *between = malloc((size_t)height * (size_t)width * sizeof *between);
    if (between == NULL)
        return false;
    for (int r = 0; r < height; r++)
        blur_line(counts + r * width, between + r * width, width, 1, sigma_px);
    for (int c = 0; c < width; c++)
        blur_line(between + c, density + c, height, width, sigma_px);
    free(between);
    return true;
}
