/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_TUNING_H
#define WW_EXPERIMENTS_PARTS_TUNING_H

/* Tuning of the units of an area, from their responses to drifting gratings. */

#include "experiments/experiment.h"
#include "experiments/parts/physiology.h"

typedef struct ww_tuning_params {
    const char *area;
    int frequencies, orientations, phases;
    double low_cpd, high_cpd, contrast, temporal_hz;
    int detail, fine_phases, maps, noise_pictures;
} ww_tuning_params;

/** What is found of one unit; NAN: there is no such number. */
typedef struct ww_unit {
    double response;                    /* to its best grating */
    double frequency_cpd, octaves;      /* preferred; full bandwidth at half height */
    double orientation_deg, width_deg;  /* of the bars, 0 .. 180; full width at half height */
    double circular_variance;           /* over orientations */
    double modulation;                  /* F1/F0 (less what is said to grey) at the best grating */
    double c50, exponent;               /* contrast: r = c^n / (c^n + c50^n) */
    double suppression, size_deg;       /* 1 - largest / best size; the best size */
    double direction;                   /* 1 - other way / preferred way */
    double phase_modulation, phase_deg; /* F1/F0 on fine_phases phases; phase of the maximum */
    double expected_octaves, expected_width_deg; /* of the Gabor that the area says it has */
    double map_agreement; /* r of the maps by reverse correlation and by gradient */
} ww_unit;

/** The numbers of a unit in the order of its struct, for tables: name and unit. */
enum { WW_UNIT_NUMBERS = sizeof(ww_unit) / sizeof(double) };
extern const char *const ww_unit_names[WW_UNIT_NUMBERS];

/** What was recorded: gratings number f * orientations + o. */
typedef struct ww_recording {
    const ww_tuning_params *params;
    int units;
    double *cpd, *normal_deg; /* [frequencies], [orientations] */
    float *f0, *f1;           /* [frequencies][orientations][units] */
    float *grey;              /* [units] said to a uniform field */
} ww_recording;

/** A tuning curve between its points: a cubic spline through the logarithm of the responses (from a
 * ten-thousandth of the largest on), exact where they are Gaussian. */
typedef struct ww_curve {
    double best, peak; /* where it is highest, and how high */
    double low, high;  /* where it crosses half of that on both sides; NAN: it does not */
} ww_curve;

/** Fits the curve of n > 3 responses at ascending x; `period` > 0: x runs around (n points a
 * period). False if no response is above 0. */
bool ww_curve_fit(ww_curve *out, const double *x, const double *response, int n, double period);

/** Preferred frequency and orientation, bandwidths, circular variance, F1/F0 of one unit. A unit is
 * followed by F1 where that is larger than F0, else by F0 (Skottun et al. 1991). */
void ww_unit_measure(ww_unit *out, const ww_recording *recording, int unit);

enum { WW_CURVE_POINTS = 17 };

/** Median tuning of the simple units and of the others, as shares of each unit's best response:
 * out[0]: octaves (-2 .. 2) or degrees (-80 .. 80) from the unit's preferred one; out[1], out[2]:
 * medians; out[3], out[4] and out[5], out[6]: lower and upper quartiles. */
void ww_units_curves(const ww_recording *recording, const ww_unit *unit, bool octaves,
                     double out[7][WW_CURVE_POINTS]);

/** The bandwidths that a cell of a population has by the transform of its Gabor; cell[...] as
 * ww_population_tell left it. None for a cell that cannot be compared: one whose envelope (2.5 sd)
 * does not fit into a view of `view_deg`, or one of whose flanks lies beyond the gratings. */
void ww_unit_expect(ww_unit *out, const ww_recording *recording, const float *cell,
                    double view_deg);

/** Contrast, size, direction and phase tuning of `n` of the units at their best gratings. */
ww_status ww_units_in_detail(ww_unit *unit, const int *which, int n, ww_probe *probe,
                             const ww_tuning_params *params);

enum { WW_MAP_CHECKS = 16 };

/** Receptive fields of up to params->maps of the given units that follow the phase of a grating:
 * WW_MAP_CHECKS x WW_MAP_CHECKS checks over about two periods of the unit's best grating, by
 * reverse correlation with white noise, map[k][0], and by the gradient of its response to that
 * grating, map[k][1]; *n_maps of them. Their correlation goes to the unit. */
ww_status ww_units_map(ww_unit *unit, const int *which, int n, ww_probe *probe,
                       const ww_tuning_params *params, uint64_t seed, double *map, int *n_maps);

/** What the experiment reports of an area. */
enum {
    WW_T_UNITS,
    WW_T_OCTAVES,
    WW_T_WIDTH,
    WW_T_CPD,
    WW_T_CARDINAL,
    WW_T_VARIANCE,
    WW_T_SIMPLE,
    WW_T_MODULATION_SIMPLE,
    WW_T_MODULATION_COMPLEX,
    WW_T_C50,
    WW_T_SUPPRESSION,
    WW_T_DIRECTION,
    WW_T_OCTAVES_ERROR,
    WW_T_WIDTH_ERROR,
    WW_T_MAPS,
    WW_TUNING_MEASURES
};
extern const ww_measure ww_tuning_measures[WW_TUNING_MEASURES];

/** Medians and shares of n units: value[WW_TUNING_MEASURES]. */
ww_status ww_units_summary(const ww_unit *unit, int n, double *value);

/** Population figures of every brain, and the claims. */
ww_status ww_tuning_report(const ww_grid *grid, ww_h5 *results, ww_claim **claims, int *n_claims,
                           ww_arena *arena);

#endif
