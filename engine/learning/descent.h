/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_LEARNING_DESCENT_H
#define WW_ENGINE_LEARNING_DESCENT_H

/* From the gradient of a run to the next parameters, whether the gradient is all in one array or
 * partly left as factors (ww_program_late). */

#include "engine/learning/optimiser.h"
#include "engine/tensor/program.h"

/** An optimiser and all it works with; arrays are laid out as ww_values_parameters. */
typedef struct ww_descent {
    const ww_optimiser *optimiser;
    const void *params;  /* of the optimiser */
    const float *decay;  /* or NULL: as of ww_optimiser.step */
    float *const *slots; /* likewise */
    double clip;         /* largest norm of the whole gradient; 0: none */
} ww_descent;

/** The Euclidean norm of the whole gradient of the last run; finite exactly when every element is.
 * The same bits for any number of threads. */
double ww_gradient_norm(ww_program *program);

/** One step, by the gradient of the last run, whose norm is `norm`; it is shortened to d->clip
 * where it is longer. `rate` and `step` as of ww_optimiser.step. The gradient is lost. */
void ww_descend(const ww_descent *d, ww_program *program, ww_values *values, double norm,
                double rate, uint64_t step);

#endif
