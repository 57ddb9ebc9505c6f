/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Responses of filters divided by what they see, on a picture of several strips: each within 1e-5
 * of sums in double, also where faint pixels lie beside bright ones; nothing where nothing is. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/tensor/ops.h"
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

static void check(const ww_rig *rig, int k, int f, int v, int u)
{
    double wanted = response(rig->in[0], rig->in[1] + f * k * k, k, v, u);
    double found = (double)rig->out[(f * H + v) * W + u];
    cr_assert(wanted == 0 ? found == 0 : fabs(found - wanted) < 1e-5,
              "side %d, filter %d at (%d, %d): %.8g, not %.8g", k, f, v, u, found, wanted);
}

Test(tensor_filter_pool, faint_pixels_beside_bright_ones_and_borders_of_strips)
{
    static const int sides[] = {3, 7, 21, 37};
    const ww_filter_pool_attr every = {.kind = WW_POOL_MAX, .size = 1, .stride = 1};
    for (size_t s = 0; s < sizeof sides / sizeof sides[0]; s++) {
        int k = sides[s];
        ww_random random = ww_random_at(7, s);
        const ww_op_case of = {"strips", &every, 2, {{4, {1, 1, H, W}}, {3, {F, k, k}}}, {0}, 0};
        ww_rig *rig = ww_rig_create(&ww_op_filter_pool, &of, 1, WW_INFER);
        cr_assert(rig != NULL, "%s", ww_error_message());
        draw_picture(rig->drawn[0]);
        draw_filters(rig->drawn[1], k);
        ww_rig_forward(rig);
        for (int i = 0; i < SAMPLES; i++)
            check(rig, k, (int)ww_random_below(&random, F), (int)ww_random_below(&random, H),
                  (int)ww_random_below(&random, W));
        for (int v = 0; v < H; v++)
            check(rig, k, v % F, v, (v * 31) % W);
        ww_rig_free(rig);
    }
}
