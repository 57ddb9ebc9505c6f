/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/threads.h"
#include "engine/tensor/backend/blas.h"
#include "tests/support/op_rig.h"

static float entry(ww_matrix a, int64_t i, int64_t j)
{
    return a.transposed ? a.data[j * a.stride + i] : a.data[i * a.stride + j];
}

static float *drawn(size_t n, uint64_t stream)
{
    ww_random random = ww_random_at(3, stream);
    float *x = malloc((n + 1) * sizeof *x);
    cr_assert(x);
    ww_rig_draw(x, n, WW_DRAW_NORMAL, 0, &random);
    return x;
}

/* Sizes on both sides of where products are split, by rows, by columns, and where the sum is long
 * and the result small. */
Test(tensor_blas, products_are_sums_and_do_not_depend_on_threads)
{
    static const int64_t sizes[][3] = {{1, 1, 1},      {5, 3, 7},      {16, 17, 200},
                                       {130, 33, 257}, {33, 130, 257}, {300, 40, 90},
                                       {3, 2, 20000},  {32, 20, 9000}};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (int kind = 0; kind < 4; kind++) {
            int64_t m = sizes[s][0], n = sizes[s][1], k = sizes[s][2];
            float *x = drawn((size_t)(m * k), 1), *y = drawn((size_t)(k * n), 2);
            ww_matrix a = {x, kind & 1 ? m : k, kind & 1}, b = {y, kind & 2 ? k : n, kind & 2};
            size_t floats = (size_t)(m * n);
            float *one = drawn(floats, 3), *two = drawn(floats, 4), *wanted = drawn(floats, 5);
            for (int64_t i = 0; i < m * n; i++) {
                double sum = 0;
                for (int64_t j = 0; j < k; j++)
                    sum += (double)entry(a, i / n, j) * (double)entry(b, j, i % n);
                wanted[i] = (float)sum;
            }
            ww_threads_set(1);
            ww_product(m, n, k, a, b, one);
            ww_threads_set(2);
            ww_product(m, n, k, a, b, two);
            cr_assert_eq(ww_threads(), 2);
            cr_assert_lt(ww_rig_distance(one, wanted, floats), 1e-6, "%zu %d", s, kind);
            cr_assert_eq(memcmp(one, two, floats * sizeof *one), 0, "%zu %d", s, kind);
            free(x), free(y), free(one), free(two), free(wanted);
        }
    ww_threads_set(0);
}

Test(tensor_blas, beta_adds_to_what_is_there)
{
    float a[] = {1, 2, 3, 4}, b[] = {5, 6, 7, 8}, c[] = {100, 200, -1, 300, 400, -1};
    ww_sgemm(2, 2, 2, (ww_matrix){a, 2, false}, (ww_matrix){b, 2, true}, 1, c, 3);
    const float wanted[] = {117, 223, -1, 339, 453, -1};
    cr_assert_arr_eq(c, wanted, sizeof c);
}
