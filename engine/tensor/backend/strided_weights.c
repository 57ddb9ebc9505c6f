/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The gradient of the weights of a convolution with a stride of 2 (strided.c),
 *
 *     dweight[k, c, i, j]
 *         = sum over samples, v, u of dy[k, v, u] x[c, 2 v + i - pad, 2 u + j - pad].
 *
 * Here the lanes of a vector are filters. dy is turned to pixels of filters, x to a frame of pixels
 * of up to 16 channels with zeros around it, and then, for each row of taps i, the sums of all
 * channels and columns of taps (j, c), which lie side by side in the frame, by filters are
 *
 *     sums[i][j, c][k] = sum over v, u of frame[2 v + i][2 u .. ][j, c] dy[v, u][k],
 *
 * a product of matrices whose rows are where the pixels are: eight rows and three vectors of it are
 * summed up at once in registers, over some rows of outputs of one sample.
 *
 * The samples are cut into lots, which are summed up apart, and the lots are then added up in
 * double: the same sums for any number of threads. */
#include <string.h>

#include "engine/base/shares.h"
#include "engine/tensor/backend/sizes.h"
#include "engine/tensor/backend/strided_parts.h"

/* Most lots, and floats that the sums of all of them may have; outputs that are summed up at once;
 * channels of a block. */
enum { LOTS = 8, MOST_SUMS = 1 << 21, OUTPUTS = 256, BLOCK = 16, GROUP = 3 };

void ww_strided_lay_out_weights(ww_strided *r)
{
    const ww_conv_size *s = &r->size;
    int64_t lanes = r->kernels->lanes;
    r->blocks = (s->c + BLOCK - 1) / BLOCK;
    r->vectors = (s->k + lanes - 1) / lanes;
    r->strip = ww_least(s->oh, (OUTPUTS + s->ow - 1) / s->ow);
    r->strips = (s->oh + r->strip - 1) / r->strip;
    r->strip = (s->oh + r->strips - 1) / r->strips;
    int64_t tall = 2 * (r->strip - 1) + s->kh, wide = 2 * (s->ow - 1) + s->kw;
    r->frame = ww_up(tall * wide * ww_least(s->c, BLOCK) + LINE, LINE);
    r->own = r->frame + r->strip * s->ow * r->vectors * lanes;
    r->rows = ww_up(s->kw * ww_least(s->c, BLOCK), WW_TAPS_ROWS);
    r->block = s->kh * r->rows * r->vectors * lanes;
    r->lots = ww_least(ww_least(s->n, LOTS), MOST_SUMS / (r->blocks * r->block));
    r->lots = r->lots < 1 ? 1 : r->lots;
    r->shared = r->lots * r->blocks * r->block;
}

/* frame[row][column][channel] of some channels, for the outputs of rows v .. v + rows - 1. */
static void fill_frame(const ww_strided *r, const float *x, int64_t channels, int64_t v,
                       int64_t rows, float *frame)
{
    const ww_conv_size *s = &r->size;
    int64_t tall = 2 * (rows - 1) + s->kh, wide = 2 * (s->ow - 1) + s->kw;
    int64_t inside = ww_least(s->w, wide - s->pad);
    for (int64_t t = 0; t < tall; t++, frame += wide * channels) {
        int64_t row = 2 * v + t - s->pad;
        if (row < 0 || row >= s->h) {
            memset(frame, 0, (size_t)(wide * channels) * sizeof *frame);
            continue;
        }
        float *to = frame + s->pad * channels, *end = to + inside * channels;
        memset(frame, 0, (size_t)(s->pad * channels) * sizeof *frame);
        r->kernels->to_pixels(to, channels, x + row * s->w, s->h * s->w, channels, inside);
        memset(end, 0, (size_t)((wide - s->pad - inside) * channels) * sizeof *frame);
    }
    memset(frame, 0, LINE * sizeof *frame);
}

/* dy[group of vectors][output][vectors][lanes]; groups are as even as can be. */
static int64_t groups_of(const ww_strided *r)
{
    return (r->vectors + GROUP - 1) / GROUP;
}

static void turn_gradient(const ww_strided *r, const float *dy, int64_t v, int64_t rows, float *to)
{
    const ww_conv_size *s = &r->size;
    int64_t groups = groups_of(r), lanes = r->kernels->lanes, n = rows * s->ow;
    for (int64_t g = 0; g < groups; g++) {
        int64_t first = r->vectors * g / groups, count = r->vectors * (g + 1) / groups - first;
        r->kernels->to_pixels(to + first * lanes * n, count * lanes,
                              dy + (first * lanes * s->oh + v) * s->ow, s->oh * s->ow,
                              ww_least(count * lanes, s->k - first * lanes), n);
    }
}

/* One block of channels and one strip of one sample. */
static void add_block(const ww_strided *r, int64_t channels, int64_t rows, const float *frame,
                      const float *dy, bool add, float *sums)
{
    const ww_conv_size *s = &r->size;
    int64_t groups = groups_of(r), lanes = r->kernels->lanes;
    int64_t row = (2 * (s->ow - 1) + s->kw) * channels, taps = s->kw * channels;
    ww_places p = {.a_row = 2 * row,
                   .a_step = 2 * channels,
                   .c_row = r->vectors * lanes,
                   .tall = rows,
                   .wide = s->ow,
                   .rows = (int)taps,
                   .add = add};
    for (int64_t g = 0; g < groups; g++) {
        int64_t first = r->vectors * g / groups;
        p.vectors = (int)(r->vectors * (g + 1) / groups - first);
        p.b = dy + first * lanes * rows * s->ow;
        for (int64_t i = 0; i < s->kh; i++) {
            p.a = frame + i * row;
            p.c = sums + i * r->rows * p.c_row + first * lanes;
            r->kernels->places(&p);
        }
    }
}

/* Samples first .. first+count-1 of one lot, in that order, and some blocks of channels. */
static void add_samples(const ww_strided *r, int64_t first, int64_t count, int64_t first_block,
                        int64_t last_block, const float *x, const float *dy, float *scratch,
                        float *frame)
{
    const ww_conv_size *s = &r->size;
    int64_t lot = ((first + 1) * r->lots - 1) / s->n, begin = s->n * lot / r->lots;
    float *sums = scratch + lot * r->blocks * r->block;
    float *turned = frame + r->frame;
    for (int64_t i = 0; i < count * r->strips; i++) {
        int64_t sample = first + i / r->strips, v = i % r->strips * r->strip;
        int64_t rows = ww_least(r->strip, s->oh - v);
        turn_gradient(r, dy + sample * s->k * s->oh * s->ow, v, rows, turned);
        for (int64_t block = first_block; block < last_block; block++) {
            int64_t c = block * BLOCK, channels = ww_least(BLOCK, s->c - c);
            fill_frame(r, x + (sample * s->c + c) * s->h * s->w, channels, v, rows, frame);
            add_block(r, channels, rows, frame, turned, sample > begin || v > 0,
                      sums + block * r->block);
        }
    }
}

/* Of channel c and up to 16 filters from k on. */
static void end_channel(const ww_strided *r, int64_t k, int64_t c, const float *sums, float *weight)
{
    const ww_conv_size *s = &r->size;
    int64_t block = c / BLOCK, channels = ww_least(BLOCK, s->c - block * BLOCK);
    int64_t row = r->vectors * r->kernels->lanes, count = ww_least(LINE, s->k - k);
    sums += block * r->block + c % BLOCK * row + k;
    for (int64_t i = 0; i < s->kh; i++)
        for (int64_t j = 0; j < s->kw; j++) {
            const float *from = sums + (i * r->rows + j * channels) * row;
            double sum[LINE] = {0};
            for (int64_t lot = 0; lot < r->lots; lot++, from += r->blocks * r->block)
                for (int64_t l = 0; l < count; l++)
                    sum[l] += (double)from[l];
            for (int64_t l = 0; l < count; l++)
                weight[(((k + l) * s->c + c) * s->kh + i) * s->kw + j] = (float)sum[l];
        }
}

static void end_weights(const ww_strided *r, float *weight, const float *scratch)
{
    int64_t sixteens = (r->size.k + LINE - 1) / LINE;
#pragma omp parallel for num_threads(r->threads) if (r->shared > FEW_WEIGHTS)
    for (int64_t i = 0; i < sixteens * r->size.c; i++)
        end_channel(r, i / r->size.c * LINE, i % r->size.c, scratch, weight);
}

struct run {
    const ww_strided *r;
    const float *x, *dy;
    float *scratch;
    int64_t parts; /* of the blocks of channels, so that no thread stands idle */
};

static void one_part(const void *context, int64_t turn, float *own)
{
    const struct run *run = context;
    const ww_strided *r = run->r;
    int64_t lot = turn / run->parts, part = turn % run->parts;
    int64_t first = r->size.n * lot / r->lots, last = r->size.n * (lot + 1) / r->lots;
    add_samples(r, first, last - first, r->blocks * part / run->parts,
                r->blocks * (part + 1) / run->parts, run->x, run->dy, run->scratch, own);
}

void ww_strided_all_weights(const ww_strided *r, const float *x, const float *dy, float *weight,
                            float *scratch)
{
    const struct run run = {r, x, dy, scratch,
                            ww_least(r->blocks, (r->threads + r->lots - 1) / r->lots)};
    ww_turns_run(&(ww_turns){.n = r->lots * run.parts,
                             .threads = r->threads,
                             .work = one_part,
                             .context = &run,
                             .own = scratch + r->shared,
                             .own_floats = (size_t)r->own});
    end_weights(r, weight, scratch);
}
