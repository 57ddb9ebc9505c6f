/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Responses of filters divided by what they see, on a picture of several strips: each within 1e-5
 * of sums in double, also where faint pixels lie beside bright ones; nothing where nothing is. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/base/threads.h"
#include "engine/tensor/ops.h"
#include "engine/tensor/parts/filter_bank.h"
#include "tests/support/op_rig.h"

extern const ww_op ww_op_filter_pool;

enum { H = 640, W = 420, F = 8, SAMPLES = 1500 };

/* Blocks of 40 pixels: empty, bright, grey, faint (a hundredth), or one lit pixel. */
static void draw_picture(float *x)
{
    ww_random random = ww_random_at(5, 0);
    memset(x, 0, H * W * sizeof *x);
    for (int i = 0; i < H * W; i++) {
        int block = (i / W / 40 * 7 + i % W / 40 * 3) % 5;
        float noise = (float)ww_random_uniform(&random);
        x[i] = block == 1   ? 0.5f + 0.5f * noise
               : block == 2 ? 0.4f
               : block == 3 ? 0.004f * noise
                            : 0;
        if (block == 4 && i / W % 40 == 20 && i % W % 40 == 20)
            x[i] = 0.004f;
    }
}

/* As Gabors are: zero mean, unit norm. */
static void draw_filters(float *w, int k)
{
    ww_random random = ww_random_at(6, (uint64_t)k);
    for (int f = 0; f < F; f++, w += k * k) {
        double mean = 0, power = 0;
        for (int i = 0; i < k * k; i++)
            mean += (double)(w[i] = (float)ww_random_normal(&random)) / (k * k);
        for (int i = 0; i < k * k; i++) {
            w[i] -= (float)mean;
            power += (double)w[i] * (double)w[i];
        }
        for (int i = 0; i < k * k; i++)
            w[i] /= (float)sqrt(power);
    }
}

static double response(const float *x, const float *w, int k, int v, int u)
{
    double sum = 0, power = 0;
    for (int i = 0; i < k; i++)
        for (int j = 0; j < k; j++) {
            int row = v + i - k / 2, column = u + j - k / 2;
            if (row < 0 || row >= H || column < 0 || column >= W)
                continue;
            sum += (double)x[row * W + column] * (double)w[i * k + j];
            power += (double)x[row * W + column] * (double)x[row * W + column];
        }
    return power > 0 ? fabs(sum) / sqrt(power) : 0;
}

/* A response at every pixel; with `inside`, only of filters that lie in the picture. */
static void check(const ww_rig *rig, int k, bool inside, int f, int v, int u)
{
    bool out = v < k / 2 || u < k / 2 || v + k / 2 >= H || u + k / 2 >= W;
    double wanted = inside && out ? 0 : response(rig->in[0], rig->in[1] + f * k * k, k, v, u);
    double found = (double)rig->out[(f * H + v) * W + u];
    cr_assert(wanted == 0 ? found == 0 : fabs(found - wanted) < 1e-5,
              "side %d, inside %d, filter %d at (%d, %d): %.8g, not %.8g", k, inside, f, v, u,
              found, wanted);
}

static void check_side(int k, bool inside)
{
    const ww_filter_pool_attr every = {
        .kind = WW_POOL_MAX, .size = 1, .stride = 1, .inside = inside};
    const ww_op_case of = {"strips", &every, 2, {{4, {1, 1, H, W}}, {3, {F, k, k}}}, {0}, 0};
    ww_random random = ww_random_at(7, (uint64_t)k);
    ww_rig *rig = ww_rig_create(&ww_op_filter_pool, &of, 1, WW_INFER);
    cr_assert(rig != NULL, "%s", ww_error_message());
    draw_picture(rig->drawn[0]);
    draw_filters(rig->drawn[1], k);
    ww_rig_forward(rig);
    for (int i = 0; i < SAMPLES; i++)
        check(rig, k, inside, (int)ww_random_below(&random, F), (int)ww_random_below(&random, H),
              (int)ww_random_below(&random, W));
    for (int v = 0; v < H; v++)
        check(rig, k, inside, v % F, v, (v * 31) % W);
    ww_rig_free(rig);
}

Test(tensor_filter_pool, faint_pixels_beside_bright_ones_and_borders_of_strips)
{
    static const int sides[] = {3, 7, 21, 37};
    for (size_t s = 0; s < sizeof sides / sizeof sides[0]; s++) {
        check_side(sides[s], false);
        check_side(sides[s], true);
    }
}

/* 64 filters of three sizes have some 200 rows a strip; pools lie across their borders. */
static void check_strips(ww_filter_pool_attr attr, int k1, int k2, int k3)
{
    const ww_op_case of = {
        "pools", &attr,
        4,       {{4, {1, 1, 420, 72}}, {3, {64, k1, k1}}, {3, {64, k2, k2}}, {3, {64, k3, k3}}},
        {0},     0};
    ww_rig *rig = ww_rig_create(&ww_op_filter_pool, &of, 1, WW_INFER);
    cr_assert(rig != NULL, "%s", ww_error_message());
    ww_rig_forward(rig);
    float *fast = ww_rig_copy(rig->out, rig->out_size);
    rig->reference = true;
    ww_rig_forward(rig);
    for (size_t i = 0; i < rig->out_size; i++)
        cr_assert(fabsf(fast[i] - rig->out[i]) < 1e-5f, "kind %d, inside %d: %zu is %.8g, not %.8g",
                  (int)attr.kind, attr.inside, i, (double)fast[i], (double)rig->out[i]);
    free(fast);
    ww_rig_free(rig);
}

Test(tensor_filter_pool, pools_across_strips)
{
    for (int inside = 0; inside < 2; inside++) {
        check_strips((ww_filter_pool_attr){WW_POOL_MAX, 41, 38, 0, inside}, 3, 7, 3);
        check_strips((ww_filter_pool_attr){WW_POOL_SOFTMAX, 41, 38, 5, inside}, 3, 5, 5);
        check_strips((ww_filter_pool_attr){WW_POOL_MAX, 1, 1, 0, inside}, 11, 13, 9);
    }
}

/* Those of 11, 13 and 9 are worked out together, as the test before this one wants; those that
 * differ by more than their frames are not. */
Test(tensor_filter_pool, neighbouring_sizes_share_a_bank)
{
    const int64_t k[] = {11, 13, 9, 19, 31}, rows[] = {200, 198, 202, 192, 180};
    const ww_filter_sizes sizes = {5, k, rows, .f = 64, .width = 76, .frame = 2, .threads = 1};
    ww_filter_bank banks[5] = {0};
    int n;
    cr_assert_eq(ww_filter_bank_plan(&sizes, banks, &n), WW_OK);
    cr_assert(n == 3 && banks[0].count == 3 && banks[0].least == 9 && banks[0].most == 13 &&
              banks[0].rows == 202 && banks[1].first == 3 && banks[2].first == 4);
    cr_assert(banks[0].weight != NULL && banks[1].weight == NULL);
    for (int i = 0; i < n; i++)
        ww_filter_bank_release(&banks[i]);
}

/* Prepared for some threads, run with fewer: nothing overlaps in the workspace. */
Test(tensor_filter_pool, fewer_threads_than_it_was_prepared_for)
{
    const ww_filter_pool_attr attr = {WW_POOL_MAX, 4, 2, 0, true};
    const ww_op_case of = {"threads", &attr, 2, {{4, {1, 1, 60, 70}}, {3, {4, 7, 7}}}, {0}, 0};
    ww_threads_set(4);
    ww_rig *rig = ww_rig_create(&ww_op_filter_pool, &of, 1, WW_INFER);
    cr_assert(rig != NULL, "%s", ww_error_message());
    ww_rig_forward(rig);
    float *four = ww_rig_copy(rig->out, rig->out_size);
    ww_threads_set(1);
    ww_rig_forward(rig);
    cr_assert_arr_eq(rig->out, four, rig->out_size * sizeof *four);
    free(four);
    ww_rig_free(rig);
}
