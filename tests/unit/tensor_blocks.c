/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maps in blocks of channels: where each number lies, and back again. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/tensor/backend/blocks.h"
#include "engine/tensor/backend/kernels.h"

static const struct {
    int64_t n, c, pixels, lanes;
} forms[] = {{1, 4, 1, 4}, {3, 16, 7, 8}, {2, 32, 9, 16}, {5, 12, 6, 4}, {9, 64, 121, 16}};
enum { N_FORMS = sizeof forms / sizeof forms[0] };

static float *zeros(int64_t floats)
{
    float *x = calloc((size_t)floats + 1, sizeof *x);
    cr_assert(x != NULL);
    x[floats] = 77;
    return x;
}

/* The one number in x that is not zero; no other is, and nothing was written behind x. */
static int64_t place_in(const float *x, int64_t floats, float planted)
{
    int64_t place = -1;
    for (int64_t i = 0; i < floats; i++) {
        if (x[i] == 0)
            continue;
        cr_assert(place < 0 && x[i] == planted, "%g at %d", (double)x[i], (int)i);
        place = i;
    }
    cr_assert(x[floats] == 77, "written past the end");
    return place;
}

Test(tensor_blocks, a_number_lies_where_the_layout_says)
{
    for (int f = 0; f < N_FORMS; f++) {
        int64_t c = forms[f].c, pixels = forms[f].pixels, lanes = forms[f].lanes;
        int64_t floats = forms[f].n * c * pixels;
        float *maps = zeros(floats), *blocks = zeros(floats);
        for (int64_t at = 0; at < floats; at += floats < 1000 ? 1 : 6007) {
            int64_t n = at / pixels / c, channel = at / pixels % c, pixel = at % pixels;
            int64_t wanted =
                ((n * (c / lanes) + channel / lanes) * pixels + pixel) * lanes + channel % lanes;
            maps[at] = 3;
            ww_blocks_from(forms[f].n, c, pixels, lanes, maps, blocks);
            cr_assert_eq(place_in(blocks, floats, 3), wanted, "form %d, number %d", f, (int)at);
            maps[at] = 0;
            ww_blocks_to(forms[f].n, c, pixels, lanes, blocks, maps);
            cr_assert_eq(place_in(maps, floats, 3), at, "form %d, number %d back", f, (int)at);
            maps[at] = 0;
        }
        free(maps), free(blocks);
    }
}

Test(tensor_blocks, there_and_back)
{
    for (int f = 0; f < N_FORMS; f++) {
        int64_t n = forms[f].n, c = forms[f].c, pixels = forms[f].pixels, lanes = forms[f].lanes;
        size_t floats = (size_t)(n * c * pixels);
        float *x = zeros((int64_t)floats), *y = zeros((int64_t)floats), *z = zeros((int64_t)floats);
        for (size_t i = 0; i < floats; i++)
            x[i] = (float)(i + 1);
        ww_blocks_from(n, c, pixels, lanes, x, y);
        ww_blocks_to(n, c, pixels, lanes, y, z);
        cr_assert_arr_eq(x, z, (floats + 1) * sizeof *x, "form %d", f);
        ww_blocks_to(n, c, pixels, lanes, x, y);
        ww_blocks_from(n, c, pixels, lanes, y, z);
        cr_assert_arr_eq(x, z, (floats + 1) * sizeof *x, "form %d", f);
        free(x), free(y), free(z);
    }
}

Test(tensor_blocks, whole_blocks_alone_fit)
{
    int64_t lanes = ww_block_channels();
    cr_assert_eq(lanes, ww_kernels_best()->lanes >= 8 ? ww_kernels_best()->lanes : 0);
    const ww_shape whole = WW_SHAPE(2, 32, 3, 3), cut = WW_SHAPE(2, 36, 3, 3);
    const ww_shape vector = WW_SHAPE(2, 32);
    cr_assert_eq(ww_blocks_fit(&whole), lanes > 0);
    cr_assert_not(ww_blocks_fit(&cut));
    cr_assert_not(ww_blocks_fit(&vector));
}
