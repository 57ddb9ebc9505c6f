/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What categorisation in clutter comes to: accuracy by size, and the claims. */
#include "experiments/parts/hmax_clutter.h"

#include <math.h>

#include "analysis/figures/figure.h"
#include "experiments/parts/claims.h"
#include "experiments/parts/described.h"

const double ww_clutter_share[SIZES] = {0.7, 0.5, 0.35, 0.25};

/* Accuracy by size, of all that is read; means over seeds. */
static ww_status store_accuracy(const ww_grid *grid, int b, ww_h5 *results, ww_arena *arena)
{
    enum { CELLS = READ * SIZES };
    static const char *const row[READ] = {"C2 of HMAX", "6 statistics of luminance",
                                          "14 x 14 pixels"};
    double *value = ww_arena_array(arena, 3 * CELLS, sizeof *value);
    double *seeds = ww_arena_array(arena, CELLS * (size_t)grid->n_seeds, sizeof *seeds);
    double *x = ww_arena_array(arena, SIZES, sizeof *x);
    if (value == NULL || seeds == NULL || x == NULL)
        return WW_ENOMEM;
    for (int seed = 0; seed < grid->n_seeds; seed++) {
        int rank;
        int64_t dim[8];
        double *one;
        WW_TRY(ww_described_table(results, grid, b, seed, "accuracy", &one, &rank, dim, arena));
        if (one == NULL)
            return WW_OK;
        for (int i = 0; i < CELLS; i++)
            seeds[i * grid->n_seeds + seed] = one[i];
    }
    for (int i = 0; i < CELLS; i++) {
        ww_share_over_seeds(seeds + i * grid->n_seeds, grid->n_seeds, &value[i], &value[CELLS + i],
                            &value[2 * CELLS + i]);
        x[i % SIZES] = 100 * ww_clutter_share[i % SIZES];
    }
    bool interval = grid->n_seeds >= WW_SEEDS_FOR_INTERVAL;
    ww_figure_data figure = {.kind = "curves",
                             .name = ww_arena_printf(arena, "accuracy-%s", grid->name[b]),
                             .title = "Is there a face among the leaves?",
                             .caption =
                                 ww_arena_printf(arena, "%s, %d sets of pictures; line: guessing",
                                                 grid->name[b], grid->n_seeds),
                             .x_label = "size of the face or object (% of the picture's side)",
                             .y_label = "share correct",
                             .interval = interval ? "95 % t interval over sets" : "",
                             .rows = READ,
                             .columns = SIZES,
                             .row_name = row,
                             .x = x,
                             .value = value,
                             .low = interval ? value + CELLS : NULL,
                             .high = interval ? value + 2 * CELLS : NULL,
                             .reference = 0.5,
                             .y_min = 0.4,
                             .y_max = 1};
    return ww_figure_store(results, &figure);
}

#define LESS(of, from, m)                                                                          \
    {                                                                                              \
        .id = "less-at-" of,                                                                       \
        .finding = "right less often at " of " than at " from " % of the side",                    \
        .published = "people and model: the less often the farther the animal",                    \
        .source = "serre2007b", .from_memory = true, .measure = m, .low = 0, .high = INFINITY      \
    }

static const ww_range_rule rules[] = {LESS("50", "70", M_LOSS),
                                      LESS("35", "50", M_LOSS + 1),
                                      LESS("25", "35", M_LOSS + 2),
                                      {.id = "more-than-statistics",
                                       .finding = "C2 tells more than statistics of luminance do",
                                       .published = "not in the paper: a control",
                                       .source = "serre2007b",
                                       .measure = M_GAIN,
                                       .low = 0,
                                       .high = INFINITY},
                                      {.id = "more-than-pixels",
                                       .finding = "C2 tells more than coarse pixels do",
                                       .published = "not in the paper: a control",
                                       .source = "serre2007b",
                                       .measure = M_GAIN + 1,
                                       .low = 0,
                                       .high = INFINITY}};

ww_status ww_clutter_report(const ww_grid *grid, ww_h5 *results, ww_claim **claims, int *n_claims,
                            ww_arena *arena)
{
    for (int b = 0; b < grid->n_brains; b++)
        WW_TRY(store_accuracy(grid, b, results, arena));
    return ww_claims_in_range(grid, rules, (int)(sizeof rules / sizeof rules[0]), claims, n_claims,
                              arena);
}
