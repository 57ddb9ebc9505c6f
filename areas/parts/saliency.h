/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_AREAS_PARTS_SALIENCY_H
#define WW_AREAS_PARTS_SALIENCY_H

/* Bottom-up saliency: where a picture draws the eye, whoever looks and whatever for. The classical
 * models that are no brain: Itti, Koch & Niebur (1998) and graph-based visual saliency (Harel,
 * Koch & Perona 2006), on the same feature maps. */

#include "engine/base/arena.h"
#include "engine/base/param.h"
#include "engine/store/picture.h"

typedef enum ww_saliency_model { WW_SALIENCY_ITTI, WW_SALIENCY_GBVS } ww_saliency_model;
typedef enum ww_promotion { WW_PROMOTE_MAXIMUM, WW_PROMOTE_ITERATIVE } ww_promotion;

typedef struct ww_saliency_params {
    int model;     /* ww_saliency_model */
    int promotion; /* ww_promotion: the operator N(.) of the Itti model */
    int iterations, side_px;
    double sigma; /* of GBVS, as a share of the map's width */
    int grid;     /* of GBVS */
    /* gaze */
    int fixations;
    double focus, inhibit_ms, proximity;
} ww_saliency_params;

/** The rows of a parameter table for these fields, for a struct S that has them as `field`. */
extern const char *const ww_saliency_models[], *const ww_promotions[];

/* clang-format off */
#define WW_SALIENCY_ROW(S, field, name, type, ctype, value, low, high, choices, unit, help, source) \
    {#name, type, WW_FIELD(S, field.name, ctype), value, low, high, NULL, choices, unit, help, source}
#define WW_SALIENCY_PARAMS(S, field)                                                               \
    WW_SALIENCY_ROW(S, field, model, WW_PARAM_CHOICE, int, 0, 0, 0, ww_saliency_models, "",        \
                    "which model of saliency", "itti1998 harel2006"),                              \
    WW_SALIENCY_ROW(S, field, promotion, WW_PARAM_CHOICE, int, 0, 0, 0, ww_promotions, "",         \
                    "how maps of few peaks are promoted (itti)", "itti1998 itti2000"),             \
    WW_SALIENCY_ROW(S, field, iterations, WW_PARAM_INT, int, 10, 1, 100, NULL, "",                 \
                    "steps of the iterative promotion", "itti2000"),                               \
    WW_SALIENCY_ROW(S, field, side_px, WW_PARAM_INT, int, 640, 256, 2048, NULL, "px",              \
                    "longer side that pictures are brought to", "itti1998"),                       \
    WW_SALIENCY_ROW(S, field, sigma, WW_PARAM_REAL, double, 0.15, 0.01, 10, NULL, "",              \
                    "reach of a node as a share of the map's width (gbvs)", "harel2006"),          \
    WW_SALIENCY_ROW(S, field, grid, WW_PARAM_INT, int, 32, 8, 64, NULL, "",                        \
                    "nodes along the longer side (gbvs)", "harel2006"),                            \
    WW_SALIENCY_ROW(S, field, fixations, WW_PARAM_INT, int, 6, 0, 100, NULL, "",                   \
                    "how many fixations the gaze makes", ""),                                      \
    WW_SALIENCY_ROW(S, field, focus, WW_PARAM_REAL, double, 0.1666667, 0.01, 1, NULL, "",          \
                    "radius of the focus as a share of the shorter side", "itti1998"),             \
    WW_SALIENCY_ROW(S, field, inhibit_ms, WW_PARAM_REAL, double, 700, 0, 100000, NULL, "ms",       \
                    "how long a place that was attended stays inhibited", "itti1998"),             \
    WW_SALIENCY_ROW(S, field, proximity, WW_PARAM_REAL, double, 0.1, 0, 1, NULL, "",               \
                    "excitation of what lies about the focus", "itti1998")
/* clang-format on */

/** One feature map: "intensity 2-5", "orientation 45 3-7"; of GBVS "intensity 2". */
typedef struct ww_feature_map {
    const char *name;
    int channel; /* 0 intensity, 1 colour, 2 orientation */
    int height, width;
    float *value; /* [height][width] */
} ww_feature_map;

enum { WW_SALIENCY_CHANNELS = 3 };
extern const char *const ww_saliency_channel[WW_SALIENCY_CHANNELS];

/** A saliency map and what it was made of. */
typedef struct ww_saliency {
    int picture_height, picture_width;    /* pixels of the picture */
    int height, width;                    /* grid of `map` and of the channels */
    float *map;                           /* [height][width] in 0 .. 1, its maximum 1 (or all 0) */
    float *channel[WW_SALIENCY_CHANNELS]; /* conspicuity maps, as they enter the sum */
    int n_features;
    ww_feature_map *feature; /* before promotion; 42 of Itti, 21 of GBVS */
} ww_saliency;

typedef struct ww_fixation {
    double x_px, y_px; /* on the picture: centre of the upper left pixel (0, 0), y down */
    double time_ms;    /* since the picture appeared */
    double salience;   /* of the map there, 0 .. 1 */
} ww_fixation;

/** The map of a picture; everything in `arena`. Errors: WW_EINVAL for a side under 16 pixels or one
 * over 8 times the other; WW_ENUMERIC for a pixel that is not finite ("pixel (3, 7)..."). */
ww_status ww_saliency_map(ww_saliency *out, const ww_saliency_params *params,
                          const ww_picture *picture, ww_arena *arena);

/** The map at the size of the picture, bilinear: [picture_height][picture_width] into `to`. */
void ww_saliency_enlarge(const ww_saliency *saliency, float *to);

/** Where the gaze goes: at most params->fixations into `out`; returns how many. None on a map of
 * zeros. */
int ww_saliency_gaze(const ww_saliency *saliency, const ww_saliency_params *params,
                     ww_fixation *out);

/* ---- what the models are made of ---- */

/** The centre-surround maps (`surround`) or the maps of scales 2 to 4 of a picture of linear planes
 * rgb[3][height][width], into out->feature. */
ww_status ww_saliency_features(ww_saliency *out, const float *rgb, int height, int width,
                               bool surround, ww_arena *arena);

/** N(.) of 1998: scales a map to 0 .. 1, then multiplies it by (1 - mean of its other local
 * maxima)^2; a maximum is larger than all of its 8 neighbours, and above a tenth of the largest. */
void ww_promote_maximum(float *map, int height, int width);

/** N(.) of 2000: scales to 0 .. 1, then `iterations` times adds a difference of Gaussians of the
 * map, takes away a constant, and drops what is below 0. False when out of memory. */
bool ww_promote_iterative(float *map, int height, int width, int iterations);

/** Combines the 42 maps into conspicuity maps and saliency. */
ww_status ww_saliency_itti(ww_saliency *out, const ww_saliency_params *params, ww_arena *arena);

/** The same of GBVS from the 21 maps of scales 2 to 4. */
ww_status ww_saliency_gbvs(ww_saliency *out, const ww_saliency_params *params, ww_arena *arena);

/** The equilibrium of the Markov chain on the nodes of a map whose transitions weigh
 * |log m_i - log m_j| F_ij (activation), F a Gaussian of their distance with `sigma` nodes; sums to
 * 1 (all 0 for a flat map). */
void ww_gbvs_activate(const float *map, int height, int width, double sigma, double *equilibrium);

/** The same with transitions from i to j that weigh a_j F_ij (concentration), in place. `scratch`
 * has height * width numbers. */
void ww_gbvs_concentrate(double *a, int height, int width, double sigma, double *scratch);

#endif
