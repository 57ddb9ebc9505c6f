/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_SALIENCY_SCORES_H
#define WW_EXPERIMENTS_PARTS_SALIENCY_SCORES_H

/* What the saliency benchmark measures, picture by picture, and what it makes of it. */

#include "areas/parts/saliency.h"
#include "experiments/experiment.h"
#include "experiments/parts/gaze_set.h"

/** The maps that are scored: two models, and a bright centre that never saw the picture. */
enum { WW_MAP_ITTI, WW_MAP_GBVS, WW_MAP_CENTRE, WW_MAPS_SCORED };
extern const char *const ww_map_scored[WW_MAPS_SCORED + 1];

/** The scores, each an analysis of its own. */
enum {
    WW_SCORE_AUC_JUDD,
    WW_SCORE_AUC_BORJI,
    WW_SCORE_AUC_SHUFFLED,
    WW_SCORE_NSS,
    WW_SCORE_CC,
    WW_SCORE_SIMILARITY,
    WW_SCORE_KL,
    WW_SCORE_GAIN,
    WW_SCORES
};
extern const char *const ww_score_name[WW_SCORES + 1];

/** Kinds of search display, as stimuli/search.c numbers them. */
enum { WW_SEARCH_KINDS = 3, WW_SEARCH_ITEMS = 16 };
extern const char *const ww_search_kind[WW_SEARCH_KINDS + 1];

/** Measures: the share of first fixations on the target for each kind of display, then the mean
 * over pictures of each score of each map. */
enum { WW_SALIENCY_MEASURES = WW_SEARCH_KINDS + WW_MAPS_SCORED * WW_SCORES };

/** One of the maps of a picture at the picture's size, 0 .. 1; in `arena`. */
ww_status ww_scored_map(const float **map, int which, const ww_saliency_params *params,
                        const ww_picture *picture, ww_arena *arena);

/** Scores the maps of picture k: score[WW_MAPS_SCORED][WW_SCORES]. Densities are fixations blurred
 * by `sigma` as a share of the picture's width. The same picture has the same scores. */
ww_status ww_score_picture(double *score, const ww_gaze_set *set, int k,
                           const ww_saliency_params *params, double sigma, ww_arena *arena);

/** Whether the first fixation on search display `index` of a kind falls on the target. */
ww_status ww_search_first(bool *hit, int kind, uint64_t index, uint64_t seed,
                          const ww_saliency_params *params, ww_arena *arena);

/** A sheet of examples, a row a picture: where people looked, their density, Itti, GBVS. Colours
 * packed as 65536 r + 256 g + b: sheet[*height][*width] in `arena`. */
ww_status ww_saliency_sheet(double **sheet, int *height, int *width, const ww_gaze_set *set,
                            const ww_saliency_params *params, double sigma, ww_arena *arena);

/** Figures and claims (ww_experiment.report). */
ww_status ww_saliency_report(const ww_grid *grid, ww_h5 *results, ww_claim **claims, int *n_claims,
                             ww_arena *arena);

#endif
