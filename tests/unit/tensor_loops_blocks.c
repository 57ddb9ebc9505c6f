/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inner loops on blocks of channels, on every kind of processor that this machine is: the same
 * bits as in plain C, each channel as in double, and nothing written past a row. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/tensor/backend/loops.h"

enum { MOST = WW_BLOCK_MOST, PIXELS = 149, APART = 3, ROWS = 3 }; /* more than two turns a row */
enum { FLOATS = ROWS * (PIXELS + APART) * MOST, SUMS = 2 * MOST };

struct arrays {
    float x[FLOATS], dy[FLOATS];
    float y[FLOATS], total[FLOATS], dx[FLOATS], total_dx[FLOATS], passed[FLOATS], plain[FLOATS];
    double moments[SUMS], sums[SUMS], total_sums[SUMS], passed_sums[SUMS];
};

/* One way to run all of them. */
struct way {
    ww_slab slab;
    ww_scalings scalings;
    float shift[MOST];
};

static struct way way_of(int channels, int64_t rows, int64_t pixels, bool rectify)
{
    ww_random random = ww_random_at((uint64_t)pixels, 5);
    struct way way = {{rows, (pixels + APART) * channels, pixels * channels},
                      {.channels = channels, .rectify = rectify},
                      {0}};
    float *const parts[] = {way.scalings.centre, way.scalings.scale, way.scalings.bias,
                            way.scalings.level,  way.scalings.slope, way.shift};
    for (int k = 0; k < 6; k++)
        for (int c = 0; c < channels; c++)
            parts[k][c] = (float)ww_random_normal(&random);
    return way;
}

/* Sums begin with 1: what is found is added to it. */
static void draw(struct arrays *a, uint64_t seed)
{
    ww_random random = ww_random_at(seed, 4);
    memset(a, 0, sizeof *a);
    for (int i = 0; i < FLOATS; i++) {
        a->x[i] = (float)ww_random_normal(&random) + 2;
        a->dy[i] = (float)ww_random_normal(&random);
    }
    for (int i = 0; i < SUMS; i++)
        a->moments[i] = a->sums[i] = a->total_sums[i] = a->passed_sums[i] = 1;
}

static void run(const ww_loops *loops, struct arrays *a, const struct way *way)
{
    const ww_slab *slab = &way->slab;
    const ww_scalings *s = &way->scalings;
    loops->block_moments(slab, s->channels, a->x, way->shift, a->moments);
    loops->block_scale(slab, s, a->x, NULL, a->y);
    loops->block_scale(slab, s, a->x, a->dy, a->total);
    loops->block_scale_sums(slab, s, a->x, a->dy, NULL, NULL, a->sums);
    loops->block_scale_sums(slab, s, a->x, a->dy, a->total, NULL, a->total_sums);
    loops->block_scale_sums(slab, s, a->x, a->dy, a->total, a->passed, a->passed_sums);
    loops->block_scale_sums(slab, s, a->x, a->dy, NULL, a->plain, a->passed_sums);
    loops->block_scale_back(slab, s, a->x, a->dy, NULL, a->dx);
    loops->block_scale_back(slab, s, a->x, a->dy, a->total, a->total_dx);
}

static const int64_t some_pixels[] = {1, 2, 3, 4, 5, 7, 16, 30, 63, 64, 65, 66, 127, 129, PIXELS};

enum { N_PIXELS = sizeof some_pixels / sizeof some_pixels[0] };

/* A block is at least a vector. */
static bool can(int kind, int channels)
{
    return ww_loops_get(kind) != NULL && (kind != WW_LOOPS_AVX512 || channels == 16);
}

static void each_way(void (*check)(const ww_loops *loops, const struct way *way))
{
    for (int kind = 0; kind < WW_N_LOOPS; kind++)
        for (int i = 0; i < 4 * ROWS * N_PIXELS; i++) {
            const struct way way = way_of(i % 2 == 0 ? 8 : 16, 1 + i / 4 % ROWS,
                                          some_pixels[i / 4 / ROWS], i / 2 % 2 == 0);
            if (can(kind, way.scalings.channels))
                check(ww_loops_get(kind), &way);
        }
}

static void gives_the_bits_of_plain_c(const ww_loops *loops, const struct way *way)
{
    static struct arrays plain, fast;
    draw(&plain, 1), draw(&fast, 1);
    run(ww_loops_get(WW_LOOPS_PLAIN), &plain, way);
    run(loops, &fast, way);
    cr_assert(memcmp(&plain, &fast, sizeof plain) == 0, "%s, %d channels, %d rows of %d floats",
              loops->name, way->scalings.channels, (int)way->slab.rows, (int)way->slab.n);
}

Test(tensor_loops_blocks, every_kind_gives_the_bits_of_plain_c)
{
    each_way(gives_the_bits_of_plain_c);
}

/* One number in double; sums: moments, sums, total_sums and passed_sums of its channel. */
static void check_number(const struct arrays *a, int64_t i, int c, const struct way *way,
                         double sums[8])
{
    const ww_scalings *s = &way->scalings;
    double d = (double)a->x[i] - (double)s->centre[c], dy = (double)a->dy[i];
    double moved = (double)a->x[i] - (double)way->shift[c];
    double y = d * (double)s->scale[c] + (double)s->bias[c], total = y + dy;
    double through = s->rectify && a->y[i] <= 0 ? 0 : dy;
    double passed = s->rectify && a->total[i] <= 0 ? 0 : dy;
    double follows = (double)s->level[c] + d * (double)s->slope[c];
    cr_assert_float_eq(a->y[i], s->rectify && y <= 0 ? 0 : y, 4e-6);
    cr_assert_float_eq(a->total[i], s->rectify && total <= 0 ? 0 : total, 4e-6);
    cr_assert_float_eq(a->dx[i], (double)s->scale[c] * through - follows, 4e-6);
    cr_assert_float_eq(a->total_dx[i], (double)s->scale[c] * passed - follows, 4e-6);
    cr_assert_eq((double)a->passed[i], passed);
    cr_assert_eq((double)a->plain[i], through);
    const double more[] = {moved,  moved * moved, through,          through * d,
                           passed, passed * d,    passed + through, (passed + through) * d};
    for (int k = 0; k < 8; k++)
        sums[k] += more[k];
}

static void check_gap(const struct arrays *a, int64_t i)
{
    cr_assert(a->y[i] == 0 && a->total[i] == 0 && a->dx[i] == 0 && a->total_dx[i] == 0 &&
                  a->passed[i] == 0 && a->plain[i] == 0,
              "past the row");
}

static void computes_what_it_says(const ww_loops *loops, const struct way *way)
{
    static struct arrays a;
    const int channels = way->scalings.channels;
    draw(&a, 2);
    run(loops, &a, way);
    for (int c = 0; c < channels; c++) {
        double sums[8] = {1, 1, 1, 1, 1, 1, 1, 1};
        for (int64_t i = c; i < FLOATS; i += channels)
            if (i / way->slab.step < way->slab.rows && i % way->slab.step < way->slab.n)
                check_number(&a, i, c, way, sums);
            else
                check_gap(&a, i);
        const double *found[] = {a.moments, a.sums, a.total_sums, a.passed_sums};
        for (int k = 0; k < 8; k++)
            cr_assert_float_eq(found[k / 2][k % 2 * channels + c], sums[k],
                               1e-6 * (300 + fabs(sums[k])), "%s: sum %d: %.12g, %.12g",
                               loops->name, k, found[k / 2][k % 2 * channels + c], sums[k]);
    }
}

Test(tensor_loops_blocks, they_compute_what_they_say)
{
    each_way(computes_what_it_says);
}

Test(tensor_loops_blocks, they_work_in_place)
{
    for (int kind = 0; kind < WW_N_LOOPS; kind++)
        for (int channels = 8; channels <= MOST; channels *= 2) {
            if (!can(kind, channels))
                continue;
            static struct arrays a, b;
            const struct way way = way_of(channels, ROWS, PIXELS, true);
            const ww_loops *loops = ww_loops_get(kind);
            draw(&a, 3), draw(&b, 3);
            run(loops, &a, &way);
            loops->block_scale_back(&way.slab, &way.scalings, b.x, b.dy, a.total, b.dy);
            cr_assert_eq(memcmp(b.dy, a.total_dx, (size_t)way.slab.n * sizeof(float)), 0);
            draw(&b, 3);
            loops->block_scale_sums(&way.slab, &way.scalings, b.x, b.dy, a.total, b.dy, b.sums);
            cr_assert_eq(memcmp(b.dy, a.passed, (size_t)way.slab.n * sizeof(float)), 0);
            loops->block_scale(&way.slab, &way.scalings, b.x, NULL, b.x);
            cr_assert_eq(memcmp(b.x, a.y, (size_t)way.slab.n * sizeof(float)), 0);
        }
}

Test(tensor_loops_blocks, what_is_not_a_number_is_not_rectified)
{
    for (int kind = 0; kind < WW_N_LOOPS; kind++)
        for (int channels = 8; channels <= MOST; channels *= 2) {
            if (!can(kind, channels))
                continue;
            const ww_slab slab = {1, channels, channels};
            ww_scalings s = {.channels = channels, .rectify = true};
            float x[MOST], y[MOST];
            for (int c = 0; c < channels; c++) {
                x[c] = c % 3 == 0 ? NAN : c % 3 == 1 ? -INFINITY : -0.0f;
                s.scale[c] = 1;
            }
            ww_loops_get(kind)->block_scale(&slab, &s, x, NULL, y);
            for (int c = 0; c < channels; c++)
                cr_assert(c % 3 == 0 ? isnan(y[c]) : y[c] == 0 && !signbit(y[c]), "%s, %d",
                          ww_loops_get(kind)->name, c);
        }
}
