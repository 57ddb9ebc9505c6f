/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Claims and figures of the saliency benchmark. What is claimed of displays has its interval over
 * seeds, what is claimed of pictures over the pictures: the maps know no chance.
 */
#include <math.h>
#include <stdio.h>

#include "analysis/figures/figure.h"
#include "analysis/parts/statistics.h"
#include "experiments/parts/claims.h"
#include "experiments/parts/described.h"
#include "experiments/parts/saliency_scores.h"

/* score[pictures][maps][scores], or none. */
struct scores {
    int pictures;
    double *score;
};

static ww_status read_scores(struct scores *out, const ww_grid *grid, const ww_h5 *results,
                             ww_arena *arena)
{
    int rank;
    int64_t dim[8];
    *out = (struct scores){0, NULL};
    WW_TRY(ww_described_table(results, grid, 0, 0, "score", &out->score, &rank, dim, arena));
    if (out->score == NULL)
        return WW_OK;
    if (rank != 3 || dim[1] != WW_MAPS_SCORED || dim[2] != WW_SCORES)
        return WW_FAIL(WW_ESHAPE, "%s: score of %s: pictures x %d x %d wanted", ww_h5_path(results),
                       grid->name[0], WW_MAPS_SCORED, WW_SCORES);
    out->pictures = (int)dim[0];
    return WW_OK;
}

/* The mean over pictures of one score of one map, minus that of another map (-1: none). */
static ww_status over_pictures(ww_estimate *out, const struct scores *s, int map, int minus,
                               int score, ww_arena *arena)
{
    double *x = ww_arena_array(arena, (size_t)s->pictures + 1, sizeof *x);
    if (x == NULL)
        return WW_ENOMEM;
    for (int k = 0; k < s->pictures; k++) {
        const double *one = s->score + k * WW_MAPS_SCORED * WW_SCORES;
        x[k] = one[map * WW_SCORES + score] - (minus < 0 ? 0 : one[minus * WW_SCORES + score]);
    }
    *out = ww_mean_t("", x, (size_t)s->pictures);
    return WW_OK;
}

/* What is claimed of pictures: the interval of a mean, or of a difference, within a range. */
static const struct {
    const char *id, *finding, *published, *source;
    bool from_memory, wired;
    int map, minus, score;
    double low, high;
} picture_claims[] = {
    {"itti-above-chance", "Itti's maps tell where people look beyond their bias to the centre",
     "shuffled AUC above 1/2 in every benchmark", "zhang2008", true, false, WW_MAP_ITTI, -1,
     WW_SCORE_AUC_SHUFFLED, 0.5, INFINITY},
    {"gbvs-above-chance", "GBVS tells where people look beyond their bias to the centre",
     "shuffled AUC above 1/2 in every benchmark", "zhang2008", true, false, WW_MAP_GBVS, -1,
     WW_SCORE_AUC_SHUFFLED, 0.5, INFINITY},
    {"gbvs-itti-roc", "GBVS predicts fixations better than Itti's maps (AUC after Judd)",
     "749 pictures: 98 % against 84 % of the ROC area of people", "harel2006", false, false,
     WW_MAP_GBVS, WW_MAP_ITTI, WW_SCORE_AUC_JUDD, 0, INFINITY},
    {"gbvs-itti-shuffled", "and does so beyond the bias to the centre (shuffled AUC)",
     "no number known; 98 % against 84 % on the plain ROC area", "harel2006", false, false,
     WW_MAP_GBVS, WW_MAP_ITTI, WW_SCORE_AUC_SHUFFLED, 0, INFINITY},
    {"centre-judd", "a bright centre alone beats Itti's maps on the plain AUC",
     "MIT300: centre .78, Itti .75", "bylinskii2019", true, false, WW_MAP_CENTRE, WW_MAP_ITTI,
     WW_SCORE_AUC_JUDD, 0, INFINITY},
    {"centre-shuffled", "a bright centre alone is at chance on the shuffled AUC",
     "1/2 by construction", "zhang2008", false, true, WW_MAP_CENTRE, -1, WW_SCORE_AUC_SHUFFLED,
     0.48, 0.52},
};
enum { PICTURE_CLAIMS = sizeof picture_claims / sizeof picture_claims[0] };

static ww_status judge(ww_claim *c, int i, const struct scores *s, const char *brain,
                       ww_arena *arena)
{
    ww_estimate e;
    double low = picture_claims[i].low, high = picture_claims[i].high;
    WW_TRY(over_pictures(&e, s, picture_claims[i].map, picture_claims[i].minus,
                         picture_claims[i].score, arena));
    *c = (ww_claim){.id = picture_claims[i].id,
                    .finding = picture_claims[i].finding,
                    .published = picture_claims[i].published,
                    .source = picture_claims[i].source,
                    .from_memory = picture_claims[i].from_memory,
                    .wired = picture_claims[i].wired,
                    .brain = brain,
                    .value = e.value,
                    .low = e.low,
                    .high = e.high,
                    .bound = low,
                    .verdict = WW_CLAIM_UNTESTED};
    c->rule = isinf(high) ? ww_arena_printf(arena, "95 %% t interval over pictures above %g", low)
                          : ww_arena_printf(arena, "95 %% t interval over pictures within %g to %g",
                                            low, high);
    if (s->pictures < 2)
        snprintf(c->why, sizeof c->why, "no pictures; --set experiment.data=FOLDER");
    else
        c->verdict = e.low > low && e.high < high ? WW_CLAIM_HELD : WW_CLAIM_NOT_HELD;
    return c->rule != NULL ? WW_OK : WW_ENOMEM;
}

static const ww_range_rule displays[] = {
    {.id = "popout-colour",
     .finding = "a bar of another colour draws the first fixation in 95 of 100 displays",
     .published = "found first in all displays of singletons",
     .source = "itti1998",
     .from_memory = true,
     .measure = 0,
     .low = 0.95,
     .high = INFINITY},
    {.id = "popout-orientation",
     .finding = "a bar of another orientation draws the first fixation in 95 of 100 displays",
     .published = "found first in all displays of singletons",
     .source = "itti1998",
     .from_memory = true,
     .measure = 1,
     .low = 0.95,
     .high = INFINITY},
    {.id = "conjunction",
     .finding = "a conjunction draws the first fixation no more than twice as often as chance",
     .published = "no pop-out: 28.7 ms for each item more",
     .source = "treisman1980",
     .measure = 2,
     .low = -INFINITY,
     .high = 2.0 / WW_SEARCH_ITEMS}};
enum { DISPLAY_CLAIMS = sizeof displays / sizeof displays[0] };

static ww_status areas_figure(ww_h5 *results, const struct scores *s, ww_arena *arena)
{
    static const char *const areas[] = {"AUC (Judd)", "AUC (Borji)", "shuffled AUC"};
    static const char *const maps[WW_MAPS_SCORED] = {"Itti", "GBVS", "a bright centre"};
    double value[WW_MAPS_SCORED][3], low[WW_MAPS_SCORED][3], high[WW_MAPS_SCORED][3];
    for (int m = 0; m < WW_MAPS_SCORED; m++)
        for (int k = 0; k < 3; k++) {
            ww_estimate e;
            WW_TRY(over_pictures(&e, s, m, -1, k, arena));
            value[m][k] = e.value;
            low[m][k] = e.low;
            high[m][k] = e.high;
        }
    ww_figure_data figure = {.kind = "bars",
                             .name = "saliency-areas",
                             .title = "How well maps tell where people look",
                             .y_label = "area under the ROC curve",
                             .x_label = "",
                             .interval = "95 % t interval over pictures",
                             .rows = WW_MAPS_SCORED,
                             .columns = 3,
                             .row_name = maps,
                             .column_name = areas,
                             .value = &value[0][0],
                             .low = &low[0][0],
                             .high = &high[0][0],
                             .reference = 0.5};
    return ww_figure_store(results, &figure);
}

static ww_status examples_figure(const ww_grid *grid, ww_h5 *results, ww_arena *arena)
{
    int rank;
    int64_t dim[8];
    double *sheet;
    WW_TRY(ww_described_table(results, grid, 0, 0, "examples", &sheet, &rank, dim, arena));
    if (sheet == NULL)
        return WW_OK;
    const char **rows = ww_arena_array(arena, (size_t)dim[0], sizeof *rows);
    if (rows == NULL)
        return WW_ENOMEM;
    for (int64_t r = 0; r < dim[0]; r++)
        rows[r] = "";
    ww_figure_data figure = {.kind = "picture",
                             .name = "saliency-examples",
                             .title = "Where people look, and where the maps say",
                             .x_label =
                                 "from left to right: fixations, their density, Itti's map, GBVS",
                             .y_label = "",
                             .rows = (int)dim[0],
                             .columns = (int)dim[1],
                             .row_name = rows,
                             .value = sheet,
                             .reference = NAN};
    return ww_figure_store(results, &figure);
}

ww_status ww_saliency_report(const ww_grid *grid, ww_h5 *results, ww_claim **claims, int *n_claims,
                             ww_arena *arena)
{
    struct scores s;
    ww_claim *of_displays;
    int n = 0;
    WW_TRY(read_scores(&s, grid, results, arena));
    WW_TRY(ww_claims_in_range(grid, displays, DISPLAY_CLAIMS, &of_displays, &n, arena));
    ww_claim *all = ww_arena_array(arena, DISPLAY_CLAIMS + PICTURE_CLAIMS, sizeof *all);
    if (all == NULL)
        return WW_ENOMEM;
    for (int i = 0; i < DISPLAY_CLAIMS; i++)
        all[i] = of_displays[i];
    for (int i = 0; i < PICTURE_CLAIMS; i++)
        WW_TRY(judge(&all[DISPLAY_CLAIMS + i], i, &s, grid->name[0], arena));
    *claims = all;
    *n_claims = DISPLAY_CLAIMS + PICTURE_CLAIMS;
    if (s.pictures < 2)
        return WW_OK;
    WW_TRY(areas_figure(results, &s, arena));
    return examples_figure(grid, results, arena);
}
