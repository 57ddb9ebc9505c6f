/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Convolutions as matrix products (Chellapilla, Puri & Simard 2006).
 *
 * The columns of one sample and group are a matrix B[c kh kw, h' w'] whose entry (c i j, y x) is
 * the pixel of channel c that tap (i, j) meets at output position (y, x), 0 outside the map. With
 * the weights as a matrix W[k, c kh kw] the three passes are
 *
 *     y = W B,    columns of dx = W' dy,    dW = sum over samples of dy B'
 *
 * and dx collects its columns: every pixel the sum of the entries it was copied to. Filters of one
 * tap need no columns: B is x. Samples and groups are shared out among the threads; dW is summed
 * in PARTS shares of samples, whatever the number of threads. */
#include "engine/tensor/backend/columns.h"

#include <omp.h>
#include <stdbool.h>
#include <string.h>

#include "engine/tensor/backend/blas.h"
#include "engine/tensor/backend/maps.h"

enum { PARTS = 8, LINE = 16 };

/* The sizes of one group's matrices. */
struct lot {
    int64_t c, k;            /* channels in and out */
    int64_t rows, positions; /* of the columns */
    bool direct;             /* the columns are x itself */
};

static struct lot lot_of(const ww_conv_size *s)
{
    struct lot lot = {.c = s->c / s->groups, .k = s->k / s->groups, .positions = s->oh * s->ow};
    lot.rows = lot.c * s->kh * s->kw;
    lot.direct = s->kh == 1 && s->kw == 1 && s->stride == 1 && s->pad == 0;
    return lot;
}

static size_t lines(int64_t floats)
{
    return (size_t)((floats + LINE - 1) / LINE * LINE);
}

static int64_t parts_of(const ww_conv_size *s)
{
    return s->n < PARTS ? s->n : PARTS;
}

size_t ww_columns_scratch(const ww_conv_size *size, ww_conv_pass pass, int threads)
{
    struct lot lot = lot_of(size);
    size_t floats = lot.direct ? 0 : (size_t)threads * lines(lot.rows * lot.positions);
    if (pass == WW_CONV_WEIGHTS)
        floats += (size_t)parts_of(size) * lines(size->k * lot.rows);
    return floats;
}

/* One row of columns for one row of outputs. */
static void fill_row(float *column, const float *row, const ww_conv_size *s, int64_t shift,
                     int64_t begin, int64_t end)
{
    for (int64_t x = 0; x < begin; x++)
        column[x] = 0;
    if (s->stride == 1)
        memcpy(column + begin, row + begin + shift, (size_t)(end - begin) * sizeof *column);
    else
        for (int64_t x = begin; x < end; x++)
            column[x] = row[x * s->stride + shift];
    for (int64_t x = end; x < s->ow; x++)
        column[x] = 0;
}

static void collect_row(const float *column, float *row, const ww_conv_size *s, int64_t shift,
                        int64_t begin, int64_t end)
{
    if (s->stride == 1)
        for (int64_t x = begin; x < end; x++)
            row[x + shift] += column[x];
    else
        for (int64_t x = begin; x < end; x++)
            row[x * s->stride + shift] += column[x];
}

/* Pixels of `c` maps to columns; with `collect`, columns back to pixels, added up. */
static void unfold(float *maps, float *columns, const ww_conv_size *s, int64_t c, bool collect)
{
    if (collect)
        memset(maps, 0, (size_t)(c * s->h * s->w) * sizeof *maps);
    for (int64_t tap = 0; tap < c * s->kh * s->kw; tap++) {
        float *map = maps + tap / (s->kh * s->kw) * s->h * s->w;
        int64_t down = tap / s->kw % s->kh * s->dilation - s->pad;
        int64_t right = tap % s->kw * s->dilation - s->pad, begin, end;
        ww_maps_inside(s->w, s->ow, s->stride, right, &begin, &end);
        for (int64_t y = 0; y < s->oh; y++, columns += s->ow) {
            int64_t from = y * s->stride + down;
            bool outside = from < 0 || from >= s->h;
            if (collect && !outside)
                collect_row(columns, map + from * s->w, s, right, begin, end);
            else if (!collect && !outside)
                fill_row(columns, map + from * s->w, s, right, begin, end);
            else if (!collect)
                memset(columns, 0, (size_t)s->ow * sizeof *columns);
        }
    }
}

/* The arrays of one job: a sample and a group. */
struct job {
    float *x, *weight, *y;
};

static struct job job_at(const ww_conv_size *s, const struct lot *lot, int64_t i, float *x,
                         float *weight, float *y)
{
    int64_t group = i % s->groups;
    return (struct job){x + i * lot->c * s->h * s->w, weight + group * lot->k * lot->rows,
                        y + i * lot->k * lot->positions};
}

/* One job of the forward pass or of the gradient of the maps; own: room for columns. */
static void run_map(const ww_conv_size *s, const struct lot *lot, bool forward, struct job job,
                    float *own)
{
    float *columns = lot->direct ? job.x : own;
    ww_matrix w = {job.weight, lot->rows, !forward};
    ww_matrix b = {forward ? columns : job.y, lot->positions, false};
    if (forward && !lot->direct)
        unfold(job.x, columns, s, lot->c, false);
    if (forward)
        ww_sgemm(lot->k, lot->positions, lot->rows, w, b, 0, job.y, lot->positions);
    else
        ww_sgemm(lot->rows, lot->positions, lot->k, w, b, 0, columns, lot->positions);
    if (!forward && !lot->direct)
        unfold(job.x, columns, s, lot->c, true);
}

static void run_maps(const ww_conv_size *s, bool forward, int threads, float *x, float *weight,
                     float *y, float *scratch)
{
    const struct lot lot = lot_of(s);
    const size_t room = lines(lot.rows * lot.positions);
    if (s->n * s->groups == 1) { /* a region of one thread costs as much as a small product */
        run_map(s, &lot, forward, job_at(s, &lot, 0, x, weight, y), scratch);
        return;
    }
#pragma omp parallel for num_threads(threads)
    for (int64_t i = 0; i < s->n * s->groups; i++)
        run_map(s, &lot, forward, job_at(s, &lot, i, x, weight, y),
                scratch + (size_t)omp_get_thread_num() * room);
}

static void run_weights(const ww_conv_size *s, int threads, float *x, float *weight, float *y,
                        float *scratch)
{
    struct lot lot = lot_of(s);
    int64_t parts = parts_of(s), size = s->k * lot.rows;
    size_t room = lines(lot.rows * lot.positions), part_room = lines(size);
    float *sums = scratch + (lot.direct ? 0 : (size_t)threads * room);
#pragma omp parallel for num_threads(threads) if (parts > 1)
    for (int64_t part = 0; part < parts; part++) {
        int64_t first = s->n * part / parts * s->groups;
        int64_t last = s->n * (part + 1) / parts * s->groups;
        for (int64_t i = first; i < last; i++) {
            struct job job = job_at(s, &lot, i, x, sums + (size_t)part * part_room, y);
            float *columns = lot.direct ? job.x : scratch + (size_t)omp_get_thread_num() * room;
            if (!lot.direct)
                unfold(job.x, columns, s, lot.c, false);
            ww_sgemm(lot.k, lot.rows, lot.positions, (ww_matrix){job.y, lot.positions, false},
                     (ww_matrix){columns, lot.positions, true}, i >= first + s->groups ? 1 : 0,
                     job.weight, lot.rows);
        }
    }
    for (int64_t i = 0; i < size; i++) {
        double sum = 0;
        for (int64_t part = 0; part < parts; part++)
            sum += (double)sums[(size_t)part * part_room + (size_t)i];
        weight[i] = (float)sum;
    }
}

void ww_columns_run(const ww_conv_size *size, ww_conv_pass pass, int threads, float *x,
                    float *weight, float *y, float *scratch)
{
    if (pass == WW_CONV_WEIGHTS)
        run_weights(size, threads, x, weight, y, scratch);
    else
        run_maps(size, pass == WW_CONV_FORWARD, threads, x, weight, y, scratch);
}
