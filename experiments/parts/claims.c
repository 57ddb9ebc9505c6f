/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/parts/claims.h"

#include <math.h>
#include <stdio.h>

#include "analysis/parts/statistics.h"

void ww_share_over_seeds(const double *x, int n_seeds, double *mean, double *low, double *high)
{
    ww_estimate e = ww_mean_t("", x, (size_t)n_seeds);
    *mean = e.value;
    *low = fmax(0, e.low);
    *high = fmin(1, e.high);
}

static const char *rule_text(const ww_range_rule *r, bool interval, ww_arena *arena)
{
    const char *how = interval ? "95 % t interval over seeds" : "mean alone: fewer than 3 seeds";
    if (isinf(r->low))
        return ww_arena_printf(arena, "below %g (%s)", r->high, how);
    if (isinf(r->high))
        return ww_arena_printf(arena, "above %g (%s)", r->low, how);
    return ww_arena_printf(arena, "within %g to %g (%s)", r->low, r->high, how);
}

static ww_status judge(ww_claim *claim, const ww_grid *grid, int b, const ww_range_rule *r,
                       ww_arena *arena)
{
    double *x = ww_arena_array(arena, (size_t)grid->n_seeds, sizeof *x);
    size_t n = 0;
    if (x == NULL)
        return WW_ENOMEM;
    for (int s = 0; s < grid->n_seeds; s++) {
        double value = *ww_grid_at(grid, b, s, 0, r->measure);
        if (isfinite(value))
            x[n++] = value;
    }
    bool interval = n >= WW_SEEDS_FOR_INTERVAL;
    ww_estimate e = ww_mean_t("", x, n);
    *claim = (ww_claim){.id = r->id,
                        .finding = r->finding,
                        .published = r->published,
                        .source = r->source,
                        .from_memory = r->from_memory,
                        .wired = r->wired,
                        .brain = grid->name[b],
                        .value = n > 0 ? e.value : NAN,
                        .low = interval ? e.low : NAN,
                        .high = interval ? e.high : NAN,
                        .rule = rule_text(r, interval, arena),
                        .verdict = WW_CLAIM_UNTESTED};
    bool nearer_low = fabs(claim->value - r->low) < fabs(claim->value - r->high);
    claim->bound = isinf(r->low) || (!isinf(r->high) && !nearer_low) ? r->high : r->low;
    if (n == 0) {
        snprintf(claim->why, sizeof claim->why, "%s was not measured",
                 grid->measure[r->measure].name);
        return WW_OK;
    }
    double low = interval ? e.low : e.value, high = interval ? e.high : e.value;
    bool held = low >= r->low && high <= r->high;
    claim->verdict = held ? WW_CLAIM_HELD : WW_CLAIM_NOT_HELD;
    return claim->rule != NULL ? WW_OK : WW_ENOMEM;
}

ww_status ww_claims_in_range(const ww_grid *grid, const ww_range_rule *rule, int n,
                             ww_claim **claims, int *n_claims, ww_arena *arena)
{
    ww_claim *claim = ww_arena_array(arena, (size_t)(n * grid->n_brains), sizeof *claim);
    if (claim == NULL)
        return WW_ENOMEM;
    for (int b = 0; b < grid->n_brains; b++)
        for (int i = 0; i < n; i++)
            WW_TRY(judge(&claim[b * n + i], grid, b, &rule[i], arena));
    *claims = claim;
    *n_claims = n * grid->n_brains;
    return WW_OK;
}
