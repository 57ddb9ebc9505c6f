/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the invariance of view-tuned units comes to: a figure for each change, MAX beside the other
 * poolings, and the claims. */
#include "experiments/parts/hmax_invariance.h"

#include <math.h>

#include "analysis/figures/figure.h"
#include "experiments/parts/claims.h"
#include "experiments/parts/described.h"

const ww_hmax_change ww_hmax_changes[CHANGES] = {
    {"rotation", "rotation in depth (deg)", 21, 10},
    {"size", "size (octaves from the learned one)", 8, 4},
    {"place", "position (deg from the learned one)", 15, 7}};

double ww_hmax_step(int change, int step)
{
    if (change == ROTATION)
        return 4 * (step - 10);
    if (change == SIZE)
        return step < 7 ? 0.5 * (step - 4) : log2(160.0 / 64);
    return 0.5 * (step - 7);
}

/* The share of units that recognise each step, MAX beside the other poolings; means over seeds. */
static ww_status store_change(const ww_grid *grid, int b, int change, ww_h5 *results,
                              ww_arena *arena)
{
    enum { CELLS = POOLINGS * STEPS };
    int steps = ww_hmax_changes[change].steps;
    double *x = ww_arena_array(arena, STEPS, sizeof *x);
    double *value = ww_arena_array(arena, 3 * CELLS, sizeof *value);
    double *seeds = ww_arena_array(arena, CELLS * (size_t)grid->n_seeds, sizeof *seeds);
    if (x == NULL || value == NULL || seeds == NULL)
        return WW_ENOMEM;
    for (int seed = 0; seed < grid->n_seeds; seed++) {
        int rank;
        int64_t dim[8];
        double *one; /* [POOLINGS][CHANGES][STEPS] */
        WW_TRY(ww_described_table(results, grid, b, seed, "recognised", &one, &rank, dim, arena));
        if (one == NULL)
            return WW_OK;
        for (int i = 0; i < POOLINGS * steps; i++)
            seeds[i * grid->n_seeds + seed] =
                one[(i / steps * CHANGES + change) * STEPS + i % steps];
    }
    for (int i = 0; i < POOLINGS * steps; i++) {
        ww_share_over_seeds(seeds + i * grid->n_seeds, grid->n_seeds, &value[i], &value[CELLS + i],
                            &value[2 * CELLS + i]);
        x[i % steps] = ww_hmax_step(change, i % steps);
    }
    static const char *const row[POOLINGS] = {"MAX", "sum", "softmax"};
    bool interval = grid->n_seeds >= WW_SEEDS_FOR_INTERVAL;
    ww_figure_data figure = {
        .kind = "curves",
        .name = ww_arena_printf(arena, "%s-%s", ww_hmax_changes[change].name, grid->name[b]),
        .title = ww_arena_printf(arena, "Recognition of one learned view: %s",
                                 ww_hmax_changes[change].name),
        .caption =
            ww_arena_printf(arena, "%s, means of %d sets of clips", grid->name[b], grid->n_seeds),
        .x_label = ww_hmax_changes[change].axis,
        .y_label = "units that recognise their clip (share)",
        .interval = interval ? "95 % t interval over sets of clips" : "",
        .rows = POOLINGS,
        .columns = steps,
        .row_name = row,
        .x = x,
        .value = value,
        .low = interval ? value + CELLS : NULL,
        .high = interval ? value + 2 * CELLS : NULL,
        .reference = NAN};
    return ww_figure_store(results, &figure);
}

#define RP99 .source = "riesenhuber1999"
static const ww_range_rule rules[] = {
    {.id = "rotation",
     .finding = "units recognise their view over 27 to 45 deg of rotation in depth",
     .published = "model: 36.2 deg and more (mean of 21 units, 40 of 256 features); monkey IT: 42",
     RP99,
     .measure = M_ROTATION,
     .low = 27,
     .high = 45},
    {.id = "size",
     .finding = "units recognise their view over 1.8 to 2.8 octaves of size",
     .published = "model: 1.9 octaves and more; monkey IT: about 2",
     RP99,
     .measure = M_SIZE,
     .low = 1.8,
     .high = 2.8},
    {.id = "place",
     .finding = "units recognise their view over 4 to 5 deg of the field",
     .published = "model: 4.4 deg and more; monkey IT: about 4",
     RP99,
     .measure = M_PLACE,
     .low = 4,
     .high = 5},
    {.id = "sum-fails",
     .finding = "with sums instead of MAX the range of sizes falls below half",
     .published = "sums do not make units invariant to size",
     RP99,
     .measure = M_SUM_RATIO,
     .low = -INFINITY,
     .high = 0.5},
    {.id = "two-clips",
     .finding = "a clip is recognised beside another in 80 % of the displays",
     .published = "90 % (40 of 256 features)",
     RP99,
     .measure = M_TWO_CLIPS,
     .low = 0.8,
     .high = INFINITY},
    {.id = "mirror",
     .finding = "2 to 9 of 21 units recognise the pseudo-mirror view",
     .published = "5 of 21 units",
     RP99,
     .measure = M_MIRROR,
     .low = 2,
     .high = 9},
    {.id = "scrambling",
     .finding = "the more pieces, the less the response",
     .published = "responses fall with 4, 16, 64, 256 tiles",
     RP99,
     .measure = M_SCRAMBLE_STEP,
     .low = -INFINITY,
     .high = 0}};

ww_status ww_hmax_report(const ww_grid *grid, ww_h5 *results, ww_claim **claims, int *n_claims,
                         ww_arena *arena)
{
    for (int b = 0; b < grid->n_brains; b++)
        for (int change = 0; change < CHANGES; change++)
            WW_TRY(store_change(grid, b, change, results, arena));
    return ww_claims_in_range(grid, rules, (int)(sizeof rules / sizeof rules[0]), claims, n_claims,
                              arena);
}
