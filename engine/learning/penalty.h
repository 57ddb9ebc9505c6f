/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_LEARNING_PENALTY_H
#define WW_ENGINE_LEARNING_PENALTY_H

/* What happens to a gradient between the backward pass and the optimiser: penalties are added, its
 * norm is measured. Arrays are laid out as ww_values_parameters. All sums run in double
 * in an order that does not depend on the number of threads. */

#include "engine/tensor/values.h"

/** Adds the derivative of sum decay (l1 |w| + l2/2 w^2) over all parameters to `gradient` and
 * returns the sum. The derivative of |w| at 0 is taken as 0. */
double ww_penalty_add(ww_values *values, double l1, double l2, float *gradient);

/** The Euclidean norm of x[n]; finite exactly when every element is. */
double ww_norm(const float *x, size_t n);

/** WW_ENUMERIC if any parameter or state is not finite: "step 412: area V4: V4/weight is
 * infinite"; the area is the name before the first '/'. */
ww_status ww_check_values(ww_values *values, uint64_t step);

#endif
