/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/threads.h"
#include "engine/tensor/backend/blas.h"
#include "engine/tensor/backend/kernels.h"
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
            cr_assert_lt(ww_rig_distance(one, wanted, floats), k > 10000 ? 3e-6 : 1e-6, "%zu %d", s,
                         kind); /* of that many, in few lanes */
            cr_assert_eq(memcmp(one, two, floats * sizeof *one), 0, "%zu %d", s, kind);
            free(x), free(y), free(one), free(two), free(wanted);
        }
    ww_threads_set(0);
}

/* Our own small products, for every kind of processor, on sizes around those of vectors; nothing
 * beside the result is written, and nothing read past the factors. */
static void check_small(const ww_kernels *kernels, int64_t m, int64_t n, int64_t k, int way)
{
    bool across = way == 1, dots = way == 2;
    float *a = drawn((size_t)(m * k), 6), *b = drawn((size_t)(n * k), 7);
    float *c = drawn((size_t)(m * (n + 1)), 8), *before = drawn((size_t)(m * (n + 1)), 8);
    ww_small_product p = {m,
                          n,
                          k,
                          a,
                          b,
                          c,
                          across ? 1 : k,
                          across ? m : 1,
                          dots ? k : n,
                          n + 1,
                          dots,
                          (m + n + k) % 2 == 0};
    kernels->small_product(&p);
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < n; j++) {
            double sum = p.add ? (double)before[i * (n + 1) + j] : 0;
            for (int64_t q = 0; q < k; q++)
                sum +=
                    (double)a[i * p.a_row + q * p.a_step] * (double)b[dots ? j * k + q : q * n + j];
            cr_assert_float_eq(c[i * (n + 1) + j], sum, 1e-5, "%s: %d %d %d way %d at %d, %d",
                               kernels->name, (int)m, (int)n, (int)k, way, (int)i, (int)j);
        }
        cr_assert_eq(c[i * (n + 1) + n], before[i * (n + 1) + n]);
    }
    free(a), free(b), free(c), free(before);
}

Test(tensor_blas, small_products_on_every_processor)
{
    static const int64_t some[] = {1, 2, 3, 7, 8, 15, 16, 17, 33, 50};
    enum { N = sizeof some / sizeof some[0] };
    for (int kind = 0; kind < WW_N_KERNELS; kind++)
        for (int i = 0; i < N * N * N && ww_kernels_get(kind) != NULL; i++)
            for (int way = 0; way < 3; way++)
                check_small(ww_kernels_get(kind), some[i % N], some[i / N % N], some[i / N / N],
                            way);
}

Test(tensor_blas, beta_adds_to_what_is_there)
{
    float a[] = {1, 2, 3, 4}, b[] = {5, 6, 7, 8}, c[] = {100, 200, -1, 300, 400, -1};
    ww_sgemm(2, 2, 2, (ww_matrix){a, 2, false}, (ww_matrix){b, 2, true}, 1, c, 3);
    const float wanted[] = {117, 223, -1, 339, 453, -1};
    cr_assert_arr_eq(c, wanted, sizeof c);
}
