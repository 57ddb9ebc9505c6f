/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/tensor/parts/block_pool.h"

#include <omp.h>
#include <string.h>

#include "engine/base/threads.h"
#include "engine/tensor/backend/blocks.h"
#include "engine/tensor/backend/loops.h"
#include "engine/tensor/backend/maps.h"
#include "engine/tensor/ops.h"

enum { MOST_TAPS = 256 };

/* Sums go over all pixels of a window; where many windows share each pixel there are faster ways
 * (average_pool.h). */
bool ww_block_pool_fits(const ww_op_call *call, unsigned blocked)
{
    const ww_pool_attr *a = call->attr;
    if ((blocked & ~WW_BLOCKED_OUT) != WW_BIT(0))
        return false;
    if (a->kind == WW_POOL_MAX)
        return (int64_t)a->size * a->size <= MOST_TAPS;
    return a->kind == WW_POOL_AVERAGE && (a->size <= 3 || a->stride >= a->size);
}

/* One block of x and its block of y, as every thread sees them. */
struct block {
    ww_maps x, y;
    int64_t lanes;
    const ww_pool_attr *attr;
    bool turned; /* y lies as the shape says */
};

static struct block block_of(const ww_op_call *call)
{
    return (struct block){.x = ww_maps_of(&call->in_shape[0]),
                          .y = ww_maps_of(&call->out_shape),
                          .lanes = ww_block_channels(),
                          .attr = call->attr,
                          .turned = (call->blocked & WW_BLOCKED_OUT) == 0};
}

/* Floats of a thread's workspace: a row of y, where it has to be turned. */
static size_t room_of(const struct block *b)
{
    return (size_t)((b->turned ? b->y.w * b->lanes : 0) + 16) / 16 * 16;
}

ww_status ww_block_pool_prepare(ww_op_call *call)
{
    const struct block b = block_of(call);
    call->scratch_floats = (size_t)ww_threads() * room_of(&b);
    if (call->mode != WW_INFER && b.attr->kind == WW_POOL_MAX)
        call->saved_floats = ((size_t)b.y.size + 3) / 4;
    return WW_OK;
}

static int threads_of(const struct block *b, const ww_op_call *call)
{
    return (int)(call->scratch_floats / room_of(b));
}

/* The v-th row of windows, and where it begins in a map. */
static ww_block_row row_of(const struct block *b, int64_t v, int64_t *offset)
{
    const int64_t first = v * b->attr->stride - b->attr->pad, left = b->x.h - first;
    ww_block_row row = {.channels = b->lanes,
                        .n = b->y.w,
                        .width = b->x.w,
                        .size = b->attr->size,
                        .stride = b->attr->stride,
                        .pad = b->attr->pad,
                        .begin = first < 0 ? (int)-first : 0,
                        .end = left < b->attr->size ? (int)left : b->attr->size};
    *offset = (first + row.begin) * b->x.w * b->lanes;
    return row;
}

/* Where the bytes of the `at`-th float of y lie. */
static uint8_t *winners_of(const ww_op_call *call, int64_t at)
{
    return call->saved_floats == 0 ? NULL : (uint8_t *)(void *)call->saved + at;
}

static void forward_block(const struct block *b, const ww_op_call *call, int64_t block, float *room)
{
    const float *x = call->in[0] + block * b->x.s * b->lanes;
    for (int64_t v = 0; v < b->y.h; v++) {
        int64_t offset, at = (block * b->y.s + v * b->y.w) * b->lanes;
        const ww_block_row row = row_of(b, v, &offset);
        float *y = b->turned ? room : call->out + at;
        if (b->attr->kind == WW_POOL_MAX)
            ww_loops_best()->max_blocks(&row, x + offset, y, winners_of(call, at));
        else
            ww_loops_best()->mean_blocks(&row, x + offset, y);
        if (b->turned)
            ww_loops_best()->from_blocks(
                y, b->lanes, b->y.w, call->out + block * b->y.s * b->lanes + v * b->y.w, b->y.s);
    }
}

ww_status ww_block_pool_forward(ww_op_call *call)
{
    const struct block b = block_of(call);
    const int threads = threads_of(&b, call);
#pragma omp parallel for num_threads(threads) if (b.x.size / 2 > WW_LIGHT)
    for (int64_t block = 0; block < b.x.n * b.x.c / b.lanes; block++)
        forward_block(&b, call, block, call->scratch + (size_t)omp_get_thread_num() * room_of(&b));
    return WW_OK;
}

/* Zeros what a row of windows one beside the other leaves out. */
static void clear_columns(const ww_block_row *row, float *dx)
{
    const int64_t covered = row->n * row->size - row->pad;
    for (int r = row->begin; r < row->end && covered < row->width;
         r++, dx += row->width * row->channels)
        memset(dx + covered * row->channels, 0,
               (size_t)((row->width - covered) * row->channels) * sizeof *dx);
}

/* Windows one beside the other write every pixel once, others add to it. */
static void backward_block(const struct block *b, const ww_op_call *call, int64_t block,
                           float *room)
{
    float *dx = call->grad_in[0] + block * b->x.s * b->lanes;
    const bool adds = b->attr->stride != b->attr->size;
    const int64_t covered = adds ? 0 : b->y.h * b->attr->size - b->attr->pad;
    if (covered < b->x.h)
        memset(dx + covered * b->x.w * b->lanes, 0,
               (size_t)((b->x.h - covered) * b->x.w * b->lanes) * sizeof *dx);
    for (int64_t v = 0; v < b->y.h; v++) {
        int64_t offset, at = (block * b->y.s + v * b->y.w) * b->lanes;
        const ww_block_row row = row_of(b, v, &offset);
        const float *dy = b->turned ? room : call->grad_out + at;
        if (b->turned)
            ww_loops_best()->to_blocks(call->grad_out + block * b->y.s * b->lanes + v * b->y.w,
                                       b->y.s, b->lanes, b->y.w, room);
        if (b->attr->kind == WW_POOL_MAX)
            ww_loops_best()->max_blocks_back(&row, dy, winners_of(call, at), dx + offset);
        else
            ww_loops_best()->mean_blocks_back(&row, dy, dx + offset);
        if (!adds)
            clear_columns(&row, dx + offset);
    }
}

ww_status ww_block_pool_backward(ww_op_call *call)
{
    const struct block b = block_of(call);
    const int threads = threads_of(&b, call);
#pragma omp parallel for num_threads(threads) if (b.x.size / 2 > WW_LIGHT)
    for (int64_t block = 0; block < b.x.n * b.x.c / b.lanes; block++)
        backward_block(&b, call, block, call->scratch + (size_t)omp_get_thread_num() * room_of(&b));
    return WW_OK;
}
