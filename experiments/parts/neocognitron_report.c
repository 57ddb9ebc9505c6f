/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the neocognitron comes to: two figures and the claims. */
#include <math.h>

#include "analysis/figures/figure.h"
#include "experiments/parts/claims.h"
#include "experiments/parts/neocognitron.h"

/* Rows of curves: value[0], low[1] and high[2] [rows][columns] over seeds of measures `first` and
 * on, of the intact brain. */
static double *curves(const ww_grid *grid, int brain, int first, int n, ww_arena *arena)
{
    double *out = ww_arena_array(arena, 3 * (size_t)n, sizeof *out);
    double *seeds = ww_arena_array(arena, (size_t)grid->n_seeds, sizeof *seeds);
    if (out == NULL || seeds == NULL)
        return NULL;
    for (int i = 0; i < n; i++) {
        for (int s = 0; s < grid->n_seeds; s++)
            seeds[s] = *ww_grid_at(grid, brain, s, 0, first + i);
        ww_share_over_seeds(seeds, grid->n_seeds, &out[i], &out[n + i], &out[2 * n + i]);
    }
    return out;
}

static ww_status store(const ww_grid *grid, int brain, ww_h5 *results, ww_figure_data *figure,
                       int first, ww_arena *arena)
{
    int n = figure->rows * figure->columns;
    double *value = curves(grid, brain, first, n, arena);
    if (value == NULL)
        return WW_ENOMEM;
    for (int i = 0; i < n; i++)
        if (!isfinite(value[i]))
            return WW_OK; /* not measured */
    bool interval = grid->n_seeds >= WW_SEEDS_FOR_INTERVAL;
    figure->kind = "curves";
    figure->caption = ww_arena_printf(arena, "means of %d draws", grid->n_seeds);
    figure->interval = interval ? "95 % t interval over draws" : "";
    figure->value = value;
    figure->low = interval ? value + n : NULL;
    figure->high = interval ? value + 2 * n : NULL;
    figure->reference = NAN;
    figure->y_min = 0;
    figure->y_max = 1;
    return ww_figure_store(results, figure);
}

static ww_status store_brain(const ww_grid *grid, int brain, ww_h5 *results, ww_arena *arena)
{
    static const double px[SHIFTS] = {0, 1, 2, 3, 4};
    static const char *const network[POOLINGS] = {"C cells pool", "pooling cut after learning",
                                                  "learned without pooling"};
    static const char *const one[] = {"validation pictures"};
    ww_figure_data shift = {
        .name = ww_arena_printf(arena, "shift-%s", grid->name[brain]),
        .title = ww_arena_printf(arena, "%s: digits that are moved", grid->name[brain]),
        .x_label = "shift (pixels of the picture)",
        .y_label = "pictures named correctly (share)",
        .rows = POOLINGS,
        .columns = SHIFTS,
        .row_name = network,
        .x = px};
    ww_figure_data theta = {
        .name = ww_arena_printf(arena, "threshold-%s", grid->name[brain]),
        .title = ww_arena_printf(arena, "%s: how selective S cells should be", grid->name[brain]),
        .x_label = "threshold of S cells in recognition (cosine)",
        .y_label = "pictures named correctly (share)",
        .rows = 1,
        .columns = THETAS,
        .row_name = one,
        .x = ww_neo_theta};
    WW_TRY(store(grid, brain, results, &shift, M_SHIFT, arena));
    return store(grid, brain, results, &theta, M_THETA, arena);
}

static const ww_range_rule rules[] = {
    {.id = "digits",
     .finding = "3000 training digits are enough to name 95 % of others",
     .published = "98.6 % of 3000 other digits of ETL-1, after 3000 training digits",
     .source = "fukushima2003",
     .measure = M_CORRECT,
     .low = 0.95,
     .high = INFINITY},
    {.id = "interpolating",
     .finding = "the best mixture of two labelled cells names 97 %",
     .published = "interpolating vectors make fewer errors than the best cell",
     .source = "fukushima2013",
     .measure = M_INTERPOLATING,
     .low = 0.97,
     .high = INFINITY},
    {.id = "threshold-low",
     .finding = "S cells that answer to anything cost 3 points or more",
     .published = "the rate depends much on the selectivity; its best value lies within the range",
     .source = "fukushima2003 lovell1997",
     .from_memory = true,
     .measure = M_THETA_LOW,
     .low = 0.03,
     .high = INFINITY},
    {.id = "threshold-high",
     .finding = "S cells that are too selective cost something too",
     .published = "the best selectivity lies within the range",
     .source = "fukushima2003 lovell1997",
     .from_memory = true,
     .measure = M_THETA_HIGH,
     .low = 0.005,
     .high = INFINITY},
    {.id = "two-thresholds",
     .finding = "a threshold below that of learning is better in recognition than the same",
     .published = "a higher threshold in learning than in recognition raises the rate",
     .source = "fukushima1997",
     .measure = M_THETA_SAME,
     .low = 0.001,
     .high = INFINITY},
    {.id = "shift",
     .finding = "of the digits named, 90 % are named when moved by 2 pixels",
     .published = "recognition is hardly affected by shifts in position",
     .source = "fukushima1980",
     .measure = M_SHIFT_2,
     .low = 0.9,
     .high = INFINITY},
    {.id = "pooling",
     .finding = "without the pooling of C cells 3 pixels cost 20 points or more",
     .published = "C cells make the answer insensitive to shifts",
     .source = "fukushima1980",
     .measure = M_NEVER_LOSS,
     .low = 0.2,
     .high = INFINITY}};

ww_status ww_neo_report(const ww_grid *grid, ww_h5 *results, ww_claim **claims, int *n_claims,
                        ww_arena *arena)
{
    for (int b = 0; b < grid->n_brains; b++)
        WW_TRY(store_brain(grid, b, results, arena));
    return ww_claims_in_range(grid, rules, (int)(sizeof rules / sizeof rules[0]), claims, n_claims,
                              arena);
}
