/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A filter is the same with a frame of zeros around it. So filters of neighbouring sizes are made
 * as large as the largest, and one convolution does them all: by Fourier transforms, it transforms
 * the pictures once for all of them, and its tiles fill its vectors better. */
#include "engine/tensor/parts/filter_bank.h"

#include <stdlib.h>
#include <string.h>

static ww_conv_task task_of(const ww_filter_sizes *s, int64_t k, int64_t rows, int count)
{
    return (ww_conv_task){.size = {.n = 1,
                                   .c = 1,
                                   .h = rows + k - 1,
                                   .w = s->width,
                                   .k = count * s->f,
                                   .kh = k,
                                   .kw = k,
                                   .oh = rows,
                                   .ow = s->width - k + 1,
                                   .stride = 1,
                                   .dilation = 1,
                                   .groups = 1},
                          .pass = WW_CONV_FORWARD,
                          .threads = s->threads,
                          .keep = s->keep};
}

ww_conv_task ww_filter_bank_alone(const ww_filter_sizes *s, int j)
{
    return task_of(s, s->k[j], s->rows[j], 1);
}

static double estimate_s(const ww_filter_sizes *s, const ww_filter_bank *bank)
{
    ww_conv_task task = task_of(s, bank->most, bank->rows, bank->count);
    return ww_conv_estimate_s(&task);
}

static ww_filter_bank joined(const ww_filter_bank *bank, int64_t k, int64_t rows)
{
    ww_filter_bank with = *bank;
    with.count++;
    with.least = k < bank->least ? k : bank->least;
    with.most = k > bank->most ? k : bank->most;
    with.rows = rows > bank->rows ? rows : bank->rows;
    return with;
}

static ww_status prepare(const ww_filter_sizes *s, ww_filter_bank *bank)
{
    ww_conv_task task = task_of(s, bank->most, bank->rows, bank->count);
    size_t floats = (size_t)(bank->count * s->f * bank->most * bank->most);
    if (bank->count > 1) {
        bank->weight = calloc(floats, sizeof *bank->weight);
        if (bank->weight == NULL)
            return WW_FAIL(WW_ENOMEM, "out of memory for a bank of filters");
    }
    return ww_conv_prepare(&bank->conv, &task);
}

ww_status ww_filter_bank_plan(const ww_filter_sizes *s, ww_filter_bank *banks, int *n_banks)
{
    double last_s = 0;
    *n_banks = 0;
    for (int j = 0; j < s->n; j++) {
        ww_filter_bank alone = {
            .first = j, .count = 1, .least = s->k[j], .most = s->k[j], .rows = s->rows[j]};
        double alone_s = estimate_s(s, &alone);
        if (*n_banks > 0) {
            ww_filter_bank *last = &banks[*n_banks - 1], with = joined(last, s->k[j], s->rows[j]);
            double with_s = estimate_s(s, &with);
            if (with.most - with.least <= 2 * s->frame && with_s < last_s + alone_s) {
                *last = with, last_s = with_s;
                continue;
            }
        }
        banks[(*n_banks)++] = alone;
        last_s = alone_s;
    }
    for (int i = 0; i < *n_banks; i++)
        WW_TRY(prepare(s, &banks[i]));
    return WW_OK;
}

void ww_filter_bank_release(ww_filter_bank *bank)
{
    ww_conv_release(&bank->conv);
    free(bank->weight);
    bank->weight = NULL;
}

void ww_filter_bank_take(const ww_filter_sizes *s, ww_filter_bank *bank,
                         const float *const *weights)
{
    for (int j = 0; j < bank->count && bank->count > 1; j++) {
        int64_t k = s->k[bank->first + j], frame = (bank->most - k) / 2,
                area = bank->most * bank->most;
        for (int64_t i = 0; i < s->f * k; i++) /* rows of taps */
            memcpy(bank->weight + (j * s->f + i / k) * area + (frame + i % k) * bank->most + frame,
                   weights[j] + i * k, (size_t)k * sizeof **weights);
    }
}
