/* SPDX-License-Identifier: GPL-3.0-or-later */
/* oneDNN shares the samples of a weight gradient out among threads and adds up what comes out, in
 * an order that hangs on how many threads there are. So the samples are cut into parts here, by
 * sizes alone; each part is one thread's, and the parts are added up in their order. */
#include "engine/tensor/backend/onednn_weights.h"

#include <stdlib.h>

#include "engine/base/threads.h"
#include "engine/tensor/backend/sizes.h"

/* Multiply-adds that a part is worth, and floats of all parts' weights (of two parts, any). */
enum { PARTS_MOST = 8, PART_PRODUCTS = 1 << 21, PARTS_FLOATS = 1 << 22, LINE = 16 };

struct ww_onednn_weights {
    ww_conv_size size;
    int threads, parts;
    int64_t floats; /* of the weights */
    size_t each;    /* floats of a part's weights and workspace */
    ww_onednn_conv *part[PARTS_MOST];
};

static int64_t first_of(const ww_onednn_weights *w, int part)
{
    return w->size.n * part / w->parts;
}

static int parts_of(const ww_onednn_weights *w)
{
    const ww_conv_size *s = &w->size;
    int64_t worth = s->n * s->oh * s->ow * w->floats / PART_PRODUCTS;
    int64_t room = PARTS_FLOATS / w->floats;
    int64_t parts = ww_least(ww_least(s->n, PARTS_MOST), ww_least(worth, room < 2 ? 2 : room));
    return parts < 1 ? 1 : (int)parts;
}

static ww_status create_parts(ww_onednn_weights *w, int64_t x_lanes, int64_t y_lanes)
{
    for (int p = 0; p < w->parts; p++) {
        ww_conv_size size = w->size;
        size.n = first_of(w, p + 1) - first_of(w, p);
        WW_TRY(ww_onednn_conv_create(&w->part[p], &size, WW_CONV_WEIGHTS, x_lanes, y_lanes));
        if (w->part[p] == NULL)
            return WW_OK;
        size_t floats = (size_t)ww_up(w->floats, LINE) + ww_onednn_conv_scratch(w->part[p]);
        w->each = floats > w->each ? floats : w->each;
    }
    return WW_OK;
}

ww_status ww_onednn_weights_create(ww_onednn_weights **out, const ww_conv_size *size, int threads,
                                   int64_t x_lanes, int64_t y_lanes)
{
    *out = NULL;
    ww_onednn_weights *w = calloc(1, sizeof *w);
    if (w == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for a convolution");
    w->size = *size, w->threads = threads;
    w->floats = size->k * (size->c / size->groups) * size->kh * size->kw;
    w->parts = parts_of(w);
    int before = ww_threads();
    ww_threads_set(1); /* kernels keep to the number that they have been made for */
    ww_status status = create_parts(w, x_lanes, y_lanes);
    ww_threads_set(before);
    if (status == WW_OK && w->part[w->parts - 1] != NULL)
        *out = w;
    else
        ww_onednn_weights_free(w);
    return status;
}

void ww_onednn_weights_free(ww_onednn_weights *w)
{
    for (int p = 0; w != NULL && p < w->parts; p++)
        ww_onednn_conv_free(w->part[p]);
    free(w);
}

size_t ww_onednn_weights_scratch(const ww_onednn_weights *w)
{
    return w->parts * w->each;
}

static void add_up(const ww_onednn_weights *w, const float *sums, float *weight)
{
#pragma omp parallel for num_threads(w->threads) if (w->floats > 1 << 14)
    for (int64_t i = 0; i < w->floats; i++) {
        float sum = sums[i];
        for (int p = 1; p < w->parts; p++)
            sum += sums[(size_t)p * w->each + (size_t)i];
        weight[i] = sum;
    }
}

ww_status ww_onednn_weights_run(ww_onednn_weights *w, float *x, float *weight, float *y,
                                float *scratch)
{
    const ww_conv_size *s = &w->size;
    ww_status status = WW_OK;
    size_t room = (size_t)ww_up(w->floats, LINE);
    if (w->parts == 1)
        return ww_onednn_conv_run(w->part[0], x, weight, y, scratch + room);
#pragma omp parallel for num_threads(w->threads) schedule(static)
    for (int p = 0; p < w->parts; p++) {
        float *own = scratch + (size_t)p * w->each;
        ww_status one = ww_onednn_conv_run(w->part[p], x + first_of(w, p) * s->c * s->h * s->w, own,
                                           y + first_of(w, p) * s->k * s->oh * s->ow, own + room);
        if (one != WW_OK) {
#pragma omp atomic write
            status = one;
        }
    }
    if (status == WW_OK)
        add_up(w, scratch, weight);
    return status;
}
