/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/parts/saliency_scores.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "stimuli/stimulus.h"

const char *const ww_map_scored[WW_MAPS_SCORED + 1] = {"itti", "gbvs", "centre", NULL};
const char *const ww_score_name[WW_SCORES + 1] = {
    "auc_judd",   "auc_borji", "auc_shuffled",     "nss", "cc",
    "similarity", "kl",        "information_gain", NULL};
const char *const ww_search_kind[WW_SEARCH_KINDS + 1] = {"colour", "orientation", "conjunction",
                                                         NULL};

/* Which analysis gives a score, what it takes beside the map, and a setting of it. */
enum beside { FIXATIONS, OTHERS, DENSITY, BASELINE };
static const struct {
    const char *analysis;
    int n;
    enum beside beside[2];
    const char *key, *value;
} scores[WW_SCORES] = {
    {"auc_judd", 1, {FIXATIONS}, NULL, NULL},
    {"auc_borji", 1, {FIXATIONS}, "splits", "20"},
    {"auc_shuffled", 2, {FIXATIONS, OTHERS}, NULL, NULL},
    {"nss", 1, {FIXATIONS}, NULL, NULL},
    {"correlation", 1, {DENSITY}, NULL, NULL},
    {"similarity", 1, {DENSITY}, NULL, NULL},
    {"kl_divergence", 1, {DENSITY}, "floor", "0.01"},
    {"information_gain", 2, {FIXATIONS, BASELINE}, "floor", "0.01"},
};

/* A bump of a quarter of each side. */
static void centre(float *map, int height, int width)
{
    for (int r = 0; r < height; r++)
        for (int c = 0; c < width; c++) {
            double x = (c + 0.5) / width - 0.5, y = (r + 0.5) / height - 0.5;
            map[r * width + c] = (float)exp(-(x * x + y * y) / (2 * 0.25 * 0.25));
        }
}

ww_status ww_scored_map(const float **out, int which, const ww_saliency_params *params,
                        const ww_picture *picture, ww_arena *arena)
{
    ww_saliency s;
    ww_saliency_params p = *params;
    size_t pixels = (size_t)picture->height * (size_t)picture->width;
    float *map = ww_arena_array(arena, pixels, sizeof *map);
    if (map == NULL)
        return WW_ENOMEM;
    *out = map;
    if (which == WW_MAP_CENTRE) {
        centre(map, picture->height, picture->width);
        return WW_OK;
    }
    p.model = which == WW_MAP_GBVS ? WW_SALIENCY_GBVS : WW_SALIENCY_ITTI;
    WW_TRY(ww_saliency_map(&s, &p, picture, arena));
    ww_saliency_enlarge(&s, map);
    return WW_OK;
}

static ww_status score_map(double *score, int which, double *const *column, size_t pixels,
                           uint64_t seed, ww_arena *arena)
{
    const ww_family *family;
    size_t index;
    ww_estimate estimate[WW_ESTIMATES_MAX];
    const double *given[3] = {column[BASELINE + 1]};
    double settings[8];
    int n = 0;
    WW_TRY(ww_family_find(&family, "analyses"));
    WW_TRY(ww_item_find(&index, family, scores[which].analysis));
    const ww_analysis *analysis = ww_analyses[index];
    ww_params_defaults(analysis->item.params, settings);
    if (scores[which].key != NULL)
        WW_TRY(ww_params_set(analysis->item.params, settings, scores[which].key,
                             scores[which].value, "", arena));
    for (int i = 0; i < scores[which].n; i++)
        given[1 + i] = column[scores[which].beside[i]];
    WW_TRY(analysis->run(settings, 1 + scores[which].n, given, pixels, seed, estimate, &n));
    *score = estimate[0].value;
    return WW_OK;
}

/* Fixations, those on other pictures, density and baseline. */
static ww_status looks(double **column, const ww_gaze_set *set, int k, double sigma,
                       ww_arena *arena)
{
    const ww_picture *p = &set->picture[k].picture;
    size_t pixels = (size_t)p->height * (size_t)p->width;
    for (int i = 0; i <= BASELINE + 1; i++)
        if ((column[i] = ww_arena_array(arena, pixels, sizeof(double))) == NULL)
            return WW_ENOMEM;
    ww_gaze_counts(&set->picture[k], column[FIXATIONS]);
    ww_gaze_others(set, k, column[OTHERS]);
    if (!ww_gaze_density(column[FIXATIONS], p->height, p->width, sigma * p->width,
                         column[DENSITY]) ||
        !ww_gaze_density(column[OTHERS], p->height, p->width, sigma * p->width, column[BASELINE]))
        return WW_FAIL(WW_ENOMEM, "saliency-benchmark: out of memory");
    double most = 0; /* where nobody ever looked the baseline is small, not 0 */
    for (size_t i = 0; i < pixels; i++)
        most = fmax(most, column[BASELINE][i]);
    for (size_t i = 0; i < pixels; i++)
        column[BASELINE][i] += 1e-3 * most;
    return WW_OK;
}

ww_status ww_score_picture(double *score, const ww_gaze_set *set, int k,
                           const ww_saliency_params *params, double sigma, ww_arena *arena)
{
    double *column[BASELINE + 2];
    const float *map;
    const ww_picture *p = &set->picture[k].picture;
    size_t pixels = (size_t)p->height * (size_t)p->width;
    WW_TRY(looks(column, set, k, sigma, arena));
    for (int m = 0; m < WW_MAPS_SCORED; m++) {
        ww_status status = ww_scored_map(&map, m, params, p, arena);
        for (size_t i = 0; i < pixels && status == WW_OK; i++)
            column[BASELINE + 1][i] = map[i];
        for (int s = 0; s < WW_SCORES && status == WW_OK; s++)
            status =
                score_map(&score[m * WW_SCORES + s], s, column, pixels, 1 + (uint64_t)k, arena);
        if (status != WW_OK)
            ww_error_prefix("%s: ", set->picture[k].file);
        WW_TRY(status);
    }
    return WW_OK;
}

ww_status ww_search_first(bool *hit, int kind, uint64_t index, uint64_t seed,
                          const ww_saliency_params *params, ww_arena *arena)
{
    const ww_view view = {256, 256, 1, 8.0 / 256, 50};
    const ww_family *family;
    size_t which;
    ww_truth truth;
    ww_saliency s;
    ww_fixation first;
    ww_saliency_params p = *params;
    WW_TRY(ww_family_find(&family, "stimuli"));
    WW_TRY(ww_item_find(&which, family, "search"));
    const ww_stimulus *stimulus = ww_stimuli[which];
    void *settings = ww_arena_alloc(arena, stimulus->item.params_size);
    float *rgb = ww_arena_array(arena, 3 * 256 * 256, sizeof *rgb);
    if (settings == NULL || rgb == NULL)
        return WW_ENOMEM;
    ww_params_defaults(stimulus->item.params, settings);
    WW_TRY(ww_params_set(stimulus->item.params, settings, "kind", ww_search_kind[kind], "", arena));
    WW_TRY(ww_params_set(stimulus->item.params, settings, "items", "16", "", arena));
    WW_TRY(stimulus->draw(NULL, settings, &view, seed, index, rgb, NULL, &truth));
    ww_picture picture = {3, view.height_px, view.width_px, rgb};
    p.model = WW_SALIENCY_ITTI;
    p.fixations = 1;
    WW_TRY(ww_saliency_map(&s, &p, &picture, arena));
    *hit = false;
    if (ww_saliency_gaze(&s, &p, &first) == 1) {
        double x = (first.x_px - 127.5) * view.deg_per_px;
        double y = (127.5 - first.y_px) * view.deg_per_px;
        *hit = hypot(x - truth.x_deg, y - truth.y_deg) < 1; /* half a cell of the grid of 16 */
    }
    return WW_OK;
}
