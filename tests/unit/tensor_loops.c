/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inner loops, on every kind of processor that this machine is: the same bits as in plain C,
 * the sums as in double, and nothing written past a row. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/tensor/backend/loops.h"

enum { ROWS = 3, LONGEST = 540, STEP = 560, FLOATS = ROWS * STEP };

struct arrays {
    float x[FLOATS], dy[FLOATS], y[FLOATS], dx[FLOATS], with_number[FLOATS], masked[FLOATS];
    float total[FLOATS], passed[FLOATS], total_dx[FLOATS]; /* with dy for what is added */
    double moments[2], sums[2], sum, dot, total_sums[2];   /* the last twice */
    float w[2][STEP], state[3][STEP];
};

static void draw(struct arrays *a, uint64_t seed)
{
    ww_random random = ww_random_at(seed, 0);
    memset(a, 0, sizeof *a);
    for (int i = 0; i < FLOATS; i++) {
        a->x[i] = (float)ww_random_normal(&random) + 2;
        a->dy[i] = (float)ww_random_normal(&random);
    }
    for (int i = 0; i < STEP; i++) {
        for (int k = 0; k < 3; k++)
            a->state[k][i] = (float)ww_random_range(&random, 0.1, 1);
        a->w[0][i] = a->w[1][i] = (float)ww_random_normal(&random);
    }
    a->x[1] = 0; /* reaches 0 exactly with the bias -0 */
}

static const ww_scaling of[] = {{1.5f, 0.7f, 0.1f, 0.02f, -0.3f, false},
                                {2.5f, -1.1f, 0.2f, 0.01f, 0.3f, true}};

static void run(const ww_loops *loops, struct arrays *a, int64_t n, const ww_scaling *s)
{
    ww_slab slab = {ROWS, STEP, n};
    loops->moments(&slab, a->x, 1.5f, a->moments);
    loops->scale(&slab, s, a->x, NULL, a->y);
    loops->scale_sums(&slab, s, a->x, a->dy, NULL, NULL, a->sums);
    a->dot = loops->dot(a->x, a->dy, n);
    loops->scale_back(&slab, s, a->x, a->dy, NULL, a->dx);
    loops->scale(&slab, s, a->x, a->dy, a->total);
    loops->scale_sums(&slab, s, a->x, a->dy, a->total, a->passed, a->total_sums);
    loops->scale_sums(&slab, s, a->x, a->dy, a->total, NULL, a->total_sums);
    loops->scale_back(&slab, s, a->x, a->dy, a->total, a->total_dx);
    loops->add_number(&slab, -1.5f, s->rectify, a->x, a->with_number);
    const float *decay = s->rectify ? a->y : NULL;
    loops->momentum(&(const ww_momentum){0.1f, 0.9f, 0.3f, 0.7f}, n, a->w[0], a->dy, decay,
                    a->state[0]);
    loops->adaptive(&(const ww_adaptive){0.1f, 0.2f, 0.9f, 0.1f, 0.99f, 0.01f, 1.5f, 1e-4f}, n,
                    a->w[1], a->dy, decay, a->state[1], a->state[2]);
    a->sum = loops->sum(&slab, a->dy, s->rectify ? a->with_number : NULL, a->masked);
}

Test(tensor_loops, every_kind_gives_the_bits_of_plain_c)
{
    for (int kind = WW_LOOPS_PLAIN + 1; kind < WW_N_LOOPS; kind++)
        for (int64_t n = 1; n <= LONGEST && ww_loops_get(kind) != NULL; n++)
            for (int s = 0; s < 2; s++) {
                static struct arrays plain, fast;
                draw(&plain, (uint64_t)n), draw(&fast, (uint64_t)n);
                run(ww_loops_get(WW_LOOPS_PLAIN), &plain, n, &of[s]);
                run(ww_loops_get(kind), &fast, n, &of[s]);
                cr_assert(memcmp(&plain, &fast, sizeof plain) == 0, "%s, rows of %d, scaling %d",
                          ww_loops_get(kind)->name, (int)n, s);
            }
}

/* One element in double. */
static void check_element(const struct arrays *a, int i, const ww_scaling *s, double sums[7])
{
    double d = (double)a->x[i] - (double)s->centre, y = d * (double)s->scale + (double)s->bias;
    double dy = s->rectify && y <= 0 ? 0 : (double)a->dy[i], b = (double)a->x[i] - 1.5;
    double dx = (double)s->scale * dy - ((double)s->level + d * (double)s->slope);
    double masked = s->rectify && b <= 0 ? 0 : (double)a->dy[i];
    double total = y + (double)a->dy[i], passed = s->rectify && total <= 0 ? 0 : (double)a->dy[i];
    cr_assert_float_eq(a->y[i], s->rectify && y <= 0 ? 0 : y, 1e-6);
    cr_assert_float_eq(a->dx[i], dx, 1e-6);
    cr_assert_float_eq(a->with_number[i], s->rectify && b <= 0 ? 0 : b, 1e-6);
    cr_assert_eq((double)a->masked[i], masked);
    sums[0] += b;
    sums[1] += b * b;
    sums[2] += dy;
    sums[3] += dy * d;
    sums[4] += masked;
    cr_assert_float_eq(a->total[i], s->rectify && total <= 0 ? 0 : total, 1e-6);
    cr_assert_eq((double)a->passed[i], passed);
    cr_assert_float_eq(a->total_dx[i], dx + (double)s->scale * (passed - dy), 1e-6);
    sums[5] += 2 * passed;
    sums[6] += 2 * passed * d;
}

Test(tensor_loops, they_compute_what_they_say)
{
    for (int64_t n = 1; n <= LONGEST; n += 23)
        for (int s = 0; s < 2; s++) {
            static struct arrays a;
            double sums[7] = {0};
            draw(&a, (uint64_t)n);
            run(ww_loops_best(), &a, n, &of[s]);
            for (int i = 0; i < FLOATS; i++)
                if (i % STEP < n)
                    check_element(&a, i, &of[s], sums);
                else
                    cr_assert(a.y[i] == 0 && a.dx[i] == 0 && a.masked[i] == 0 && a.total[i] == 0 &&
                                  a.passed[i] == 0 && a.total_dx[i] == 0,
                              "past the row");
            double found[] = {a.moments[0], a.moments[1],    a.sums[0],      a.sums[1],
                              a.sum,        a.total_sums[0], a.total_sums[1]};
            for (int k = 0; k < 7; k++)
                cr_assert_float_eq(found[k], sums[k], 1e-4, "sum %d: %.12g, %.12g", k, found[k],
                                   sums[k]);
        }
}

Test(tensor_loops, what_is_not_a_number_is_not_rectified)
{
    const ww_slab one = {1, 3, 3};
    const ww_scaling s = {.scale = 1, .rectify = true};
    for (int kind = 0; kind < WW_N_LOOPS; kind++) {
        const ww_loops *loops = ww_loops_get(kind);
        const float x[] = {NAN, -INFINITY, -0.0f};
        float y[3], z[3];
        if (loops == NULL)
            continue;
        loops->scale(&one, &s, x, NULL, y);
        loops->add_number(&one, 0, true, x, z);
        cr_assert(isnan(y[0]) && isnan(z[0]), "%s", loops->name);
        cr_assert(y[1] == 0 && z[1] == 0 && !signbit(y[2]) && !signbit(z[2]), "%s", loops->name);
    }
}

/* Every length and window that reaches a branch; ties, so that the first of them must win. */
static void run_windows(const ww_loops *loops, struct arrays *a, int size, int stride, int64_t n)
{
    uint8_t which[STEP] = {0};
    const ww_window window = {size, stride, STEP, a->x + FLOATS};
    for (int i = 0; i < FLOATS; i++)
        a->x[i] = roundf(a->x[i]);
    loops->max_row(&window, a->x, n, a->y, which);
    for (int64_t i = 0; i < n; i++)
        a->y[STEP + i] = which[i];
    if (stride == 1)
        return;
    loops->sum_row(&window, a->x, n, 0.25f, a->y + 2 * STEP);
    for (int64_t i = 0; i < n; i++)
        which[i] %= 4;
    loops->max_pairs_back(a->dy, which, n, a->dx, STEP);
    loops->pairs_back(a->dy, n, 0.5f, 2, a->masked);
}

static void check_window(const struct arrays *a, int size, int stride, int64_t u)
{
    int first = 0;
    for (int tap = 1; tap < size * size; tap++) {
        const float *corner = a->x + u * stride;
        if (corner[tap / size * STEP + tap % size] > corner[first / size * STEP + first % size])
            first = tap;
    }
    cr_assert_eq(a->y[u], a->x[u * stride + first / size * STEP + first % size]);
    cr_assert_eq(a->y[STEP + u], (float)first);
    for (int k = 0; k < 4 && stride == 2; k++)
        cr_assert_eq(a->dx[k / 2 * STEP + 2 * u + k % 2], first % 4 == k ? a->dy[u] : 0);
}

Test(tensor_loops, windows_are_the_same_everywhere)
{
    for (int kind = 0; kind < WW_N_LOOPS; kind++)
        for (int way = 0; way < 6 && ww_loops_get(kind) != NULL; way++)
            for (int64_t n = 1; n <= 38; n++) {
                static struct arrays plain, a;
                const int size = 1 + way / 2, stride = 1 + way % 2;
                draw(&plain, (uint64_t)n), draw(&a, (uint64_t)n);
                run_windows(ww_loops_get(WW_LOOPS_PLAIN), &plain, size, stride, n);
                run_windows(ww_loops_get(kind), &a, size, stride, n);
                cr_assert(memcmp(&plain, &a, sizeof a) == 0, "%s, %d, %d, %d",
                          ww_loops_get(kind)->name, size, stride, (int)n);
                for (int64_t u = 0; u < n; u++)
                    check_window(&a, size, stride, u);
            }
}

/* ---- sums of whole maps, in the order in which they lie ---- */

enum { FRAME = 3, UNTOUCHED = 77 };

/* n numbers and no more, so that a reader past their end is found. */
static float *drawn(int64_t n)
{
    float *x = malloc((size_t)n * sizeof *x);
    ww_random random = ww_random_at((uint64_t)n, 3);
    for (int64_t i = 0; i < n; i++)
        x[i] = (float)ww_random_normal(&random);
    return x;
}

static float *untouched(int64_t n)
{
    float *y = malloc((size_t)n * sizeof *y);
    for (int64_t i = 0; i < n; i++)
        y[i] = UNTOUCHED;
    return y;
}

static void check_columns(const ww_loops *loops, const ww_slab *slab, const ww_runs *runs)
{
    const int64_t step = slab->n + FRAME, all = runs->n * step;
    float *x = drawn((slab->rows - 1) * slab->step + slab->n), *y = untouched(all);
    loops->sum_columns(slab, runs, x, y, step);
    for (int64_t i = 0; i < all; i++) {
        int64_t v = i / step, u = i % step;
        float sum = u < slab->n ? 0 : UNTOUCHED;
        for (int64_t tap = 0; tap < runs->taps && u < slab->n; tap++) {
            int64_t row = runs->first + v * runs->stride + tap;
            sum += row < 0 || row >= slab->rows ? 0 : x[row * slab->step + u];
        }
        cr_assert(y[i] == sum, "%s: map %d x %d, %d taps from %d, stride %d: row %d, column %d",
                  loops->name, (int)slab->rows, (int)slab->n, (int)runs->taps, (int)runs->first,
                  (int)runs->stride, (int)v, (int)u);
    }
    free(x);
    free(y);
}

static void check_shifts(const ww_loops *loops, const ww_slab *slab, int64_t taps)
{
    const int64_t n = slab->n - taps + 1, all = slab->rows * n;
    float *x = drawn((slab->rows - 1) * slab->step + slab->n), *y = untouched(all + 1);
    loops->sum_shifts(slab, taps, x, y);
    for (int64_t i = 0; i < all; i++) {
        float sum = 0;
        for (int64_t tap = 0; tap < taps; tap++)
            sum += x[i / n * slab->step + i % n + tap];
        cr_assert(y[i] == sum, "%s: map %d x %d, %d taps: row %d, column %d", loops->name,
                  (int)slab->rows, (int)n, (int)taps, (int)(i / n), (int)(i % n));
    }
    cr_assert(y[all] == UNTOUCHED, "past the last row");
    free(x);
    free(y);
}

static void check_scales(const ww_loops *loops, const ww_slab *slab)
{
    float *x = drawn(slab->rows * slab->step), *y = untouched(slab->rows * slab->step);
    const float *tall = x, *wide = x + slab->step - slab->n;
    loops->scale_both(slab, tall, wide, x, y);
    for (int64_t i = 0; i < slab->rows * slab->step; i++) {
        int64_t row = i / slab->step, u = i % slab->step;
        cr_assert(y[i] == (u < slab->n ? x[i] * (tall[row] * wide[u]) : UNTOUCHED),
                  "%s: map %d x %d: row %d, column %d", loops->name, (int)slab->rows, (int)slab->n,
                  (int)row, (int)u);
    }
    free(x);
    free(y);
}

/* Of `rows` rows: more taps than rows, runs beyond either end and beyond both, and past all rows.
 */
static void check_sums(const ww_loops *loops, int64_t rows, int64_t n)
{
    const ww_slab slab = {rows, n + FRAME, n};
    for (int64_t taps = 0; taps <= rows + 3; taps += 1 + taps / 3)
        for (int64_t stride = 1; stride <= 3; stride++) {
            int64_t runs = (rows + taps) / stride + 2; /* the last begins past the last row */
            check_columns(loops, &slab, &(ww_runs){runs, -taps, stride, taps});
            check_columns(loops, &slab, &(ww_runs){rows, 0, stride, taps});
        }
    for (int64_t taps = 1; taps <= n + 7; taps += 1 + taps / 3) {
        check_shifts(loops, &(ww_slab){rows, n + taps - 1, n + taps - 1}, taps);
        check_shifts(loops, &(ww_slab){rows, n + taps + FRAME, n + taps - 1}, taps);
    }
    check_scales(loops, &slab);
}

Test(tensor_loops, sums_of_maps_are_the_same_everywhere)
{
    const int64_t sizes[] = {1, 3, 5, 15, 16, 17, 33};
    for (int kind = 0; kind < WW_N_LOOPS; kind++)
        for (int i = 0; i < 7 * 7 && ww_loops_get(kind) != NULL; i++)
            check_sums(ww_loops_get(kind), sizes[i / 7], sizes[i % 7]);
}

/* ---- what filters see, and the largest of their answers ---- */

enum { MOST_K = 12, MOST_APART = 3 };

struct sight {
    float answer[STEP], sum[STEP], norm[STEP], top[STEP], range[2];
    float x[LONGEST + (MOST_K - 1) * MOST_APART]; /* the last: nothing is read past it */
};

/* Squares of very different sizes, with dark places. */
static void draw_sight(struct sight *a, uint64_t seed)
{
    ww_random random = ww_random_at(seed, 1);
    memset(a, 0, sizeof *a);
    for (size_t x = 0; x < sizeof a->x / sizeof a->x[0]; x++)
        if (x % 47 < 12)
            a->x[x] = (float)(ww_random_uniform(&random) * pow(10, (int)(x % 5) - 2));
    for (int i = 0; i < STEP; i++) {
        a->answer[i] = (float)ww_random_normal(&random);
        a->top[i] = (float)ww_random_range(&random, 0, 1);
    }
    a->range[0] = INFINITY;
}

static void run_sight(const ww_loops *loops, struct sight *a, int64_t step, int64_t k, int64_t n)
{
    loops->sum_steps(a->x, step, k, n, a->sum);
    loops->invert_squares(a->sum, n, a->norm, a->range);
    loops->raise_row(a->answer, a->norm, n, a->top);
}

static void check_sight(const struct sight *a, const struct sight *before, int64_t step, int64_t k,
                        int64_t n)
{
    float least = INFINITY, most = 0;
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t j = 0; j < k; j++)
            sum += (double)before->x[i + j * step];
        if (sum == 0) {
            cr_assert(a->sum[i] == 0 && a->norm[i] == 0, "%d sees nothing", (int)i);
            cr_assert_eq(a->top[i], before->top[i]);
            continue;
        }
        double answer = fabs((double)a->answer[i]) / sqrt(sum);
        cr_assert_float_eq((double)a->sum[i] / sum, 1, 1e-6, "%d of %d", (int)i, (int)k);
        cr_assert_float_eq((double)a->norm[i] * sqrt(sum), 1, 1e-6, "%d", (int)i);
        double top = fmax(answer, (double)before->top[i]);
        cr_assert_float_eq((double)a->top[i] / top, 1, 1e-6, "%d", (int)i);
        least = fminf(least, a->sum[i]);
        most = fmaxf(most, a->sum[i]);
    }
    cr_assert(a->range[0] == least && a->range[1] == most);
    for (int64_t i = n; i < STEP; i++)
        cr_assert(a->sum[i] == 0 && a->norm[i] == 0 && a->top[i] == before->top[i], "past the row");
}

static void check_sights(const ww_loops *loops, int64_t step, int64_t k)
{
    for (int64_t n = 1; n <= LONGEST && loops != NULL; n++) {
        static struct sight before, plain, a;
        draw_sight(&before, (uint64_t)n);
        plain = a = before;
        run_sight(ww_loops_get(WW_LOOPS_PLAIN), &plain, step, k, n);
        run_sight(loops, &a, step, k, n);
        cr_assert(memcmp(&plain, &a, sizeof a) == 0, "%s, %d", loops->name, (int)n);
        check_sight(&a, &before, step, k, n);
    }
}

Test(tensor_loops, what_filters_see_is_the_same_everywhere)
{
    for (int kind = 0; kind < WW_N_LOOPS; kind++)
        for (int64_t k = 1; k <= MOST_K; k++) {
            check_sights(ww_loops_get(kind), 1, k);
            check_sights(ww_loops_get(kind), MOST_APART, k);
        }
}

Test(tensor_loops, squares_too_faint_for_a_float_are_nothing)
{
    for (int kind = 0; kind < WW_N_LOOPS; kind++) {
        const ww_loops *loops = ww_loops_get(kind);
        const float square[] = {0, FLT_MIN / 2, FLT_MIN};
        float norm[3], range[2] = {INFINITY, 0};
        if (loops == NULL)
            continue;
        loops->invert_squares(square, 2, norm, range);
        cr_assert(norm[0] == 0 && norm[1] == 0, "%s", loops->name);
        cr_assert(isinf(range[0]) && range[1] == 0, "%s", loops->name);
        loops->invert_squares(square, 3, norm, range);
        cr_assert_float_eq((double)norm[2] * sqrt((double)FLT_MIN), 1, 1e-6, "%s", loops->name);
        cr_assert(range[0] == FLT_MIN && range[1] == FLT_MIN, "%s", loops->name);
    }
}

/* ---- digests ---- */

enum { DIGESTED = 3 * 64 + 37 };

/* Ways to change numbers so that something about them stays: a sum, signs, an order. */
static void change(float *x, int how, int64_t at)
{
    float spare[64];
    uint32_t bits;
    if (how < 32) { /* one bit of one number */
        memcpy(&bits, &x[at], sizeof bits);
        bits ^= UINT32_C(1) << how;
        memcpy(&x[at], &bits, sizeof bits);
    } else if (how == 32) { /* two neighbours change places */
        spare[0] = x[at], x[at] = x[at + 1], x[at + 1] = spare[0];
    } else if (how == 33) { /* two runs of 64 do */
        memcpy(spare, x, sizeof spare);
        memmove(x, x + 64, sizeof spare);
        memcpy(x + 64, spare, sizeof spare);
    } else { /* signs of all, of every second, of those 64 apart */
        for (int64_t i = 0; i < DIGESTED; i++)
            if (how == 34 || (how == 35 ? i % 2 == 0 : i % 64 == at % 64))
                x[i] = -x[i];
    }
}

Test(tensor_loops, digests_tell_numbers_apart_and_are_the_same_everywhere)
{
    static float x[DIGESTED], y[DIGESTED];
    ww_random random = ww_random_at(11, 0);
    const ww_loops *plain = ww_loops_get(WW_LOOPS_PLAIN);
    for (int i = 0; i < DIGESTED; i++)
        x[i] = (float)ww_random_normal(&random);
    for (int how = 0; how < 37; how++)
        for (int64_t at = DIGESTED - 1 - (how >= 32); at >= 0; at -= 5) {
            memcpy(y, x, sizeof y);
            change(y, how, at);
            cr_assert(plain->digest(x, DIGESTED, 1) != plain->digest(y, DIGESTED, 1), "%d at %d",
                      how, (int)at);
        }
    for (int64_t n = 0; n < DIGESTED; n++) {
        uint64_t wanted = plain->digest(x, n, 7);
        cr_assert(wanted != plain->digest(x, n + 1, 7) && wanted != plain->digest(x, n, 8));
        for (int kind = 0; kind < WW_N_LOOPS; kind++)
            if (ww_loops_get(kind) != NULL)
                cr_assert_eq(ww_loops_get(kind)->digest(x, n, 7), wanted, "%s, %d",
                             ww_loops_get(kind)->name, (int)n);
    }
}

/* The greatest of groups of `size`, against a loop; nothing past the last group is touched. */
Test(tensor_loops, groups_are_raised_the_same_everywhere)
{
    for (int kind = 0; kind < WW_N_LOOPS; kind++)
        for (int64_t size = 1; size <= 17 && ww_loops_get(kind) != NULL; size++)
            for (int64_t n = 1; n <= 9; n++) {
                float x[17 * 9 + 1], before[17 * 9 + 1], top[10];
                ww_random random = ww_random_at((uint64_t)(size * n), 2);
                for (int i = 0; i <= 17 * 9; i++)
                    before[i] = x[i] = (float)ww_random_uniform(&random);
                for (int i = 0; i < 10; i++)
                    top[i] = i % 3 == 0 ? 0.97F : 0;
                x[size * n] = before[size * n] = 99;
                ww_loops_get(kind)->raise_groups(x, size, n, top);
                for (int64_t i = 0; i < n; i++) {
                    float most = i % 3 == 0 ? 0.97F : 0;
                    for (int64_t j = 0; j < size; j++)
                        most = fmaxf(most, before[i * size + j]);
                    cr_assert_eq(top[i], most, "%s: %d of %d groups of %d",
                                 ww_loops_get(kind)->name, (int)i, (int)n, (int)size);
                }
                cr_assert(x[size * n] == 99 && top[n] == (n % 3 == 0 ? 0.97F : 0), "past the end");
            }
}
