/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The figures of the lesion battery: the deficit matrix (lesions x tasks) of each brain, a
 * dose-response figure for each lesion that was given in doses, how selective each area is, and
 * what its selective maps are worth. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/figures/figure.h"
#include "analysis/parts/statistics.h"
#include "experiments/parts/battery.h"
#include "experiments/parts/described.h"

enum { DOSES_MOST = 64 };

static const char interval_text[] = "95 % t interval over seeds";

static const char *plain(const char *name, ww_arena *arena)
{
    char *copy = ww_arena_strdup(arena, name);
    for (char *c = copy; c != NULL && *c != '\0'; c++)
        if (*c == '_')
            *c = ' ';
    return copy;
}

static const char **measure_names(const ww_grid *grid, ww_arena *arena)
{
    const char **name = ww_arena_array(arena, (size_t)grid->n_measures, sizeof *name);
    for (int m = 0; name != NULL && m < grid->n_measures; m++)
        name[m] = plain(grid->measure[m].name, arena);
    return name;
}

static ww_estimate mean_loss(const ww_grid *grid, int b, int c, int m)
{
    double x[1000];
    size_t n = 0;
    for (int s = 0; s < grid->n_seeds && n < 1000; s++) {
        double loss = ww_grid_loss(grid, b, s, c, m);
        if (isfinite(loss))
            x[n++] = loss;
    }
    return ww_mean_t("loss", x, n);
}

/* Whether a condition has a dose of its own ("V4:0.5"); then it belongs to a curve. */
static bool dosed(const char *condition, double *dose, size_t *base)
{
    const char *colon = strchr(condition, ':');
    char *end;
    *base = strlen(condition);
    *dose = 1;
    if (colon == NULL)
        return false;
    double value = strtod(colon + 1, &end);
    if (end == colon + 1 || (*end != '\0' && *end != ':'))
        return false;
    *dose = value;
    *base = (size_t)(colon - condition);
    return true;
}

/* The doses of the lesion `word` (its text without a dose) that the study ran, ascending; 0 is the
 * intact brain. */
static int doses_of(const ww_grid *grid, const char *word, size_t length, double *dose,
                    int *condition)
{
    int n = 1;
    dose[0] = 0;
    condition[0] = 0;
    for (int c = 1; c < grid->n_conditions && n < DOSES_MOST; c++) {
        double d;
        size_t base;
        dosed(grid->condition[c], &d, &base);
        bool whole = strlen(grid->condition[c]) == base;
        bool alone = whole || strchr(grid->condition[c] + base + 1, ':') == NULL;
        if (base != length || strncmp(grid->condition[c], word, length) != 0 || !alone || d == 0)
            continue;
        int k = n++;
        for (; k > 1 && dose[k - 1] > d; k--) {
            dose[k] = dose[k - 1];
            condition[k] = condition[k - 1];
        }
        dose[k] = d;
        condition[k] = c;
    }
    return n;
}

/* Whether a condition is a point of a dose-response curve (then it has a figure of its own). */
static bool on_curve(const ww_grid *grid, const char *text)
{
    double dose, doses[DOSES_MOST];
    int condition[DOSES_MOST];
    size_t base;
    if (!dosed(text, &dose, &base) || strchr(text + base + 1, ':') != NULL)
        return false;
    return doses_of(grid, text, base, doses, condition) > 2;
}

static ww_status store_deficits(const ww_grid *grid, int b, ww_h5 *results, ww_arena *arena)
{
    int rows = 0;
    size_t room = (size_t)grid->n_conditions, measures = (size_t)grid->n_measures;
    const char **lesion = ww_arena_array(arena, room, sizeof *lesion);
    double *value = ww_arena_array(arena, room * measures, sizeof *value);
    const char **tasks = measure_names(grid, arena);
    if (lesion == NULL || value == NULL || tasks == NULL)
        return WW_ENOMEM;
    for (int c = 1; c < grid->n_conditions; c++) {
        if (on_curve(grid, grid->condition[c]))
            continue;
        lesion[rows] = grid->condition[c];
        for (int m = 0; m < grid->n_measures; m++)
            value[(size_t)rows * measures + (size_t)m] = mean_loss(grid, b, c, m).value;
        rows++;
    }
    if (rows == 0)
        return WW_OK;
    ww_figure_data figure = {
        .kind = "matrix",
        .name = ww_arena_printf(arena, "deficits-%s", grid->name[b]),
        .title = ww_arena_printf(arena, "What each lesion costs %s", grid->name[b]),
        .caption = ww_arena_printf(arena,
                                   "Loss = (intact - lesioned) / (intact - blind answer); mean of "
                                   "%d seeds",
                                   grid->n_seeds),
        .x_label = "task",
        .y_label = "lesion",
        .value_label = "loss (share of intact above chance)",
        .rows = rows,
        .columns = grid->n_measures,
        .row_name = lesion,
        .column_name = tasks,
        .value = value,
        .reference = NAN};
    return ww_figure_store(results, &figure);
}

static ww_status store_curve(const ww_grid *grid, int b, const char *word, ww_h5 *results,
                             ww_arena *arena)
{
    double *dose = ww_arena_array(arena, DOSES_MOST, sizeof *dose);
    int condition[DOSES_MOST], n = doses_of(grid, word, strlen(word), dose, condition);
    size_t cells = (size_t)n * WW_M_POSITION;
    double *value = ww_arena_array(arena, 3 * cells, sizeof *value);
    const char **tasks = measure_names(grid, arena);
    if (value == NULL || tasks == NULL || n < 3)
        return value == NULL || tasks == NULL ? WW_ENOMEM : WW_OK;
    double *low = value + cells, *high = value + 2 * cells;
    for (int m = 0; m < WW_M_POSITION; m++)
        for (int d = 0; d < n; d++) {
            double x[1000];
            size_t seeds = 0, i = (size_t)m * (size_t)n + (size_t)d;
            for (int s = 0; s < grid->n_seeds && seeds < 1000; s++)
                x[seeds++] = *ww_grid_at(grid, b, s, condition[d], m);
            ww_estimate e = ww_mean_t("", x, seeds);
            value[i] = e.value;
            low[i] = e.low;
            high[i] = e.high;
        }
    char *name = ww_arena_printf(arena, "dose-%s-%s", word, grid->name[b]);
    for (char *c = name; c != NULL && *c != '\0'; c++)
        if (strchr("()=+>:/, ", *c) != NULL)
            *c = '-';
    bool interval = grid->n_seeds >= WW_SEEDS_FOR_INTERVAL;
    ww_figure_data figure = {.kind = "curves",
                             .name = name,
                             .title = ww_arena_printf(arena, "%s in %s", word, grid->name[b]),
                             .caption = ww_arena_printf(arena, "means of %d seeds", grid->n_seeds),
                             .x_label = "dose (share of units silenced)",
                             .y_label = "accuracy (share correct)",
                             .interval = interval ? interval_text : "",
                             .rows = WW_M_POSITION,
                             .columns = n,
                             .row_name = tasks,
                             .x = dose,
                             .value = value,
                             .low = interval ? low : NULL,
                             .high = interval ? high : NULL,
                             .reference = NAN,
                             .y_max = 1};
    return ww_figure_store(results, &figure);
}

static ww_status store_curves(const ww_grid *grid, int b, ww_h5 *results, ww_arena *arena)
{
    const char *last = "";
    for (int c = 1; c < grid->n_conditions; c++) {
        double dose;
        size_t base;
        const char *text = grid->condition[c];
        if (!dosed(text, &dose, &base) || strchr(text + base + 1, ':') != NULL)
            continue;
        const char *word = ww_arena_printf(arena, "%.*s", (int)base, text);
        if (word == NULL)
            return WW_ENOMEM;
        if (strcmp(word, last) != 0)
            WW_TRY(store_curve(grid, b, word, results, arena));
        last = word;
    }
    return WW_OK;
}

/* Mean over seeds of the share of each area's units that are selective, if every model told. */
static ww_status store_selectivity(const ww_grid *grid, int b, ww_h5 *results, ww_arena *arena)
{
    static const char *const categories[] = {"face", "word", "object"};
    int n = grid->brain[b]->n_areas;
    double *mean = ww_arena_array(arena, 3 * (size_t)n, sizeof *mean);
    const char **areas = ww_arena_array(arena, (size_t)n, sizeof *areas);
    if (mean == NULL || areas == NULL)
        return WW_ENOMEM;
    for (int s = 0; s < grid->n_seeds; s++) {
        int rank;
        int64_t dim[8];
        double *one; /* [area][category] */
        WW_TRY(ww_described_table(results, grid, b, s, "selectivity", &one, &rank, dim, arena));
        if (one == NULL || dim[0] != n)
            return WW_OK;
        for (int a = 0; a < n; a++)
            for (int k = 0; k < 3; k++)
                mean[k * n + a] += one[3 * a + k] / grid->n_seeds;
    }
    for (int a = 0; a < n; a++)
        areas[a] = grid->brain[b]->area[a].name;
    ww_figure_data figure = {
        .kind = "shares",
        .name = ww_arena_printf(arena, "selectivity-%s", grid->name[b]),
        .title = ww_arena_printf(arena, "Selective maps of %s", grid->name[b]),
        .caption = ww_arena_printf(
            arena, "Share of maps whose maximum has d' > 1; mean of %d seeds", grid->n_seeds),
        .x_label = "area",
        .y_label = "category",
        .value_label = "share of maps",
        .rows = 3,
        .columns = n,
        .row_name = categories,
        .column_name = areas,
        .value = mean,
        .reference = NAN};
    return ww_figure_store(results, &figure);
}

/* What whole maps cost each identity task: the most selective ones beside as many drawn at random,
 * as in Dobs et al. (2022). */
static ww_status store_maps(const ww_grid *grid, int b, ww_h5 *results, ww_arena *arena)
{
    enum { TASKS = 3 };
    static const int measure[TASKS] = {WW_M_FACE, WW_M_WORD, WW_M_OBJECT};
    static const char *const task[TASKS] = {"face", "word", "object"};
    size_t room = (size_t)grid->n_conditions;
    const char **lesion = ww_arena_array(arena, room, sizeof *lesion);
    double *value = ww_arena_array(arena, 3 * room * TASKS, sizeof *value);
    if (lesion == NULL || value == NULL)
        return WW_ENOMEM;
    double *low = value + room * TASKS, *high = low + room * TASKS;
    int rows = 0;
    for (int c = 1; c < grid->n_conditions; c++) {
        if (strstr(grid->condition[c], "by=map") == NULL)
            continue;
        for (int k = 0; k < TASKS; k++) {
            ww_estimate e = mean_loss(grid, b, c, measure[k]);
            value[rows * TASKS + k] = e.value;
            low[rows * TASKS + k] = e.low;
            high[rows * TASKS + k] = e.high;
        }
        lesion[rows++] = grid->condition[c];
    }
    if (rows == 0)
        return WW_OK;
    bool interval = grid->n_seeds >= WW_SEEDS_FOR_INTERVAL;
    ww_figure_data figure = {
        .kind = "bars",
        .name = ww_arena_printf(arena, "maps-%s", grid->name[b]),
        .title = ww_arena_printf(arena, "Lesions of selective maps in %s", grid->name[b]),
        .caption = ww_arena_printf(arena, "means of %d seeds", grid->n_seeds),
        .x_label = "identity task",
        .y_label = "loss (share of intact above chance)",
        .interval = interval ? interval_text : "",
        .rows = rows,
        .columns = TASKS,
        .row_name = lesion,
        .column_name = task,
        .value = value,
        .low = interval ? low : NULL,
        .high = interval ? high : NULL,
        .reference = NAN};
    return ww_figure_store(results, &figure);
}

ww_status ww_battery_figures(const ww_grid *grid, ww_h5 *results, ww_arena *arena)
{
    for (int b = 0; b < grid->n_brains; b++) {
        WW_TRY(store_deficits(grid, b, results, arena));
        WW_TRY(store_curves(grid, b, results, arena));
        WW_TRY(store_selectivity(grid, b, results, arena));
        WW_TRY(store_maps(grid, b, results, arena));
    }
    return WW_OK;
}
