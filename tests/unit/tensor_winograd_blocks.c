/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Winograd's convolution on maps in blocks of channels, for every kind of processor that has such
 * blocks and that this one can stand in for: against sums in double; both gradients at once against
 * one after the other; and with something else to be done around it, which makes what is read just
 * in time. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/tensor/backend/blocks.h"
#include "engine/tensor/backend/winograd.h"
#include "engine/tensor/ops.h"
#include "tests/support/op_rig.h"

extern const ww_op ww_op_conv2d;

#define SIZED_OF(size, text, c, h, w, k, padding)                                                  \
    {                                                                                              \
        text, &(const ww_conv2d_attr){.pad = padding, .stride = 1}, 2,                             \
            {{4, {WW_BATCH, c, h, w}}, {4, {k, c, size, size}}}, {WW_DRAW_NORMAL, WW_DRAW_NORMAL}, \
            0                                                                                      \
    }
#define SIZED(...) SIZED_OF(3, __VA_ARGS__)
#define FIVE(...)  SIZED_OF(5, __VA_ARGS__)

struct form {
    ww_op_case of;
    int64_t batch;
    bool far; /* both gradients: y of the samples that are done at a time does not stay near */
};

static const struct form forms[] = {
    {SIZED("whole tiles", 16, 8, 8, 16, 1), 3, false},
    {SIZED("odd sizes", 32, 9, 7, 16, 1), 5, false},
    {SIZED("less than a tile", 16, 3, 2, 16, 1), 7, false},
    {SIZED("one pixel", 16, 1, 1, 32, 1), 3, false},
    {SIZED("no padding", 16, 11, 6, 48, 0), 3, false},
    {SIZED("one output", 16, 3, 3, 16, 0), 1, false},
    {SIZED("wide padding", 16, 5, 9, 32, 2), 4, false},
    {SIZED("a row longer than a block", 16, 5, 150, 16, 1), 1, false},
    {SIZED("more channels than a panel", 80, 6, 5, 96, 1), 2, false},
    {SIZED("many channels, one sample", 80, 4, 7, 96, 1), 1, false},
    {SIZED("many channels, no padding", 144, 5, 6, 16, 0), 3, false},
    {SIZED("many small samples", 16, 4, 4, 16, 1), 37, false},
    {SIZED("several parts of the weights", 16, 5, 1, 16, 1), 277, false},
    {SIZED("chunks that are no whole samples", 16, 9, 1, 16, 1), 173, false},
    {SIZED("two vectors at three points", 64, 7, 6, 48, 1), 2, false},
    {FIVE("5x5, whole tiles", 16, 8, 8, 16, 2), 3, false},
    {FIVE("5x5, odd sizes", 32, 9, 7, 16, 2), 5, false},
    {FIVE("5x5, no larger than a filter", 16, 5, 5, 32, 2), 4, false},
    {FIVE("5x5, no padding", 16, 11, 9, 48, 0), 3, false},
    {FIVE("5x5, wide padding", 16, 6, 9, 32, 4), 4, false},
    {FIVE("5x5, a row longer than a block", 16, 5, 150, 16, 2), 1, false},
    {FIVE("5x5, two vectors at three points", 64, 6, 5, 48, 2), 2, false},
    {FIVE("5x5, more channels than a panel", 80, 6, 5, 96, 2), 2, false},
    {FIVE("5x5, many small samples", 16, 5, 5, 16, 2), 37, false}};

/* Too much for sums in double. */
static const struct form large[] = {
    {SIZED("y does not stay near", 16, 8, 8, 176, 1), 29, true},
    {SIZED("several parts, and chunks of a part", 32, 21, 18, 48, 1), 33, false},
    {SIZED("many channels, several chunks", 80, 10, 12, 96, 1), 21, false},
    {FIVE("5x5, several parts, and chunks of a part", 32, 21, 18, 48, 2), 11, false},
    {FIVE("5x5, y does not stay near", 16, 28, 28, 176, 2), 3, true}};

enum { N_FORMS = sizeof forms / sizeof forms[0], N_LARGE = sizeof large / sizeof large[0] };
enum { N_PASSES = 3, N_THREADS = 3 };
static const int thread_counts[N_THREADS] = {1, 2, 5};
static const double LIMIT = 3e-6;
static const float SENTINEL = 12345;

/* ---- maps, in blocks; behind each array stands a sentinel ---- */

struct work {
    const ww_kernels *kernels;
    const char *where;
    ww_conv_size size;
    size_t floats[N_PASSES]; /* of y, x, weight: what each pass writes */
    float *of[N_PASSES];     /* these, maps in blocks */
};

/* As many lanes as ww_block_channels may say. */
static const ww_kernels *blocked_kernels(int kind)
{
    const ww_kernels *kernels = ww_kernels_get(kind);
    return kernels != NULL && kernels->lanes >= 8 ? kernels : NULL;
}

static float *room_for(size_t floats)
{
    float *x = aligned_alloc(64, (floats / 16 + 1) * 16 * sizeof *x);
    cr_assert(x != NULL);
    ww_rig_poison(x, floats);
    x[floats] = SENTINEL;
    return x;
}

static void to_blocks(const struct work *w, int pass, const float *from, float *to)
{
    const ww_conv_size *s = &w->size;
    if (pass == WW_CONV_WEIGHTS)
        memcpy(to, from, w->floats[pass] * sizeof *to);
    else if (pass == WW_CONV_DATA)
        ww_blocks_from(s->n, s->c, s->h * s->w, w->kernels->lanes, from, to);
    else
        ww_blocks_from(s->n, s->k, s->oh * s->ow, w->kernels->lanes, from, to);
}

static struct work work_of(const ww_rig *rig, const ww_kernels *kernels)
{
    const ww_conv2d_attr *a = rig->call.attr;
    const int64_t *x = rig->shape[0].dim, *w = rig->shape[1].dim, *y = rig->call.out_shape.dim;
    struct work work = {kernels,
                        rig->where,
                        {x[0], x[1], x[2], x[3], w[0], w[2], w[3], y[2], y[3], 1, a->pad, 1, 1},
                        {rig->out_size, rig->size[0], rig->size[1]},
                        {NULL}};
    const float *from[N_PASSES] = {rig->grad_out, rig->in[0], rig->in[1]};
    for (int i = 0; i < N_PASSES; i++) {
        work.of[i] = room_for(work.floats[i]);
        to_blocks(&work, i, from[i], work.of[i]);
    }
    return work;
}

static void end_work(struct work *w)
{
    for (int i = 0; i < N_PASSES; i++) {
        cr_assert(w->of[i][w->floats[i]] == SENTINEL, "%s: an operand overrun", w->where);
        free(w->of[i]);
    }
}

static ww_winograd *created(const struct work *w, int pass, int threads, bool keep)
{
    ww_winograd *winograd;
    cr_assert(ww_winograd_supports_blocks(&w->size, w->kernels->lanes));
    cr_assert_eq(ww_winograd_create(&winograd, &w->size, pass, threads, w->kernels, keep, true),
                 WW_OK);
    return winograd;
}

static void same(const struct work *w, const float *a, const float *b, size_t floats,
                 const char *what)
{
    for (size_t i = 0; i < floats; i++)
        cr_assert(memcmp(a + i, b + i, sizeof *a) == 0, "%s: %s, %s, element %zu: %.9g and %.9g",
                  w->where, w->kernels->name, what, i, (double)a[i], (double)b[i]);
    cr_assert(a[floats] == SENTINEL, "%s: %s, %s: overrun", w->where, w->kernels->name, what);
}

/* Runs one pass into `result`, or adds it to that. */
static void run(const struct work *w, ww_winograd *winograd, int pass, float *result, bool add)
{
    float *of[N_PASSES] = {w->of[0], w->of[1], w->of[2]};
    size_t room = ww_winograd_scratch(winograd);
    float *scratch = room_for(room);
    of[pass] = result;
    ww_winograd_run(winograd, of[WW_CONV_DATA], of[WW_CONV_WEIGHTS], of[WW_CONV_FORWARD], scratch,
                    add);
    cr_assert(scratch[room] == SENTINEL, "%s: pass %d: scratch overrun", w->where, pass);
    free(scratch);
}

static float *pass_of(const struct work *w, int pass, int threads, bool keep)
{
    ww_winograd *winograd = created(w, pass, threads, keep);
    float *result = room_for(w->floats[pass]);
    run(w, winograd, pass, result, false);
    cr_assert(result[w->floats[pass]] == SENTINEL, "%s: pass %d: overrun", w->where, pass);
    ww_winograd_free(winograd);
    return result;
}

/* ---- one pass ---- */

/* To some numbers: their sums with what is written elsewhere, to the bit. */
static void check_add(const struct work *w, int threads, bool keep, const float *written)
{
    size_t floats = w->floats[WW_CONV_DATA];
    ww_winograd *winograd = created(w, WW_CONV_DATA, threads, keep);
    float *wanted = room_for(floats), *result = room_for(floats);
    cr_assert(ww_winograd_can_add(winograd));
    memcpy(result, w->of[WW_CONV_DATA], floats * sizeof *result);
    for (size_t i = 0; i < floats; i++)
        wanted[i] = result[i] + written[i];
    run(w, winograd, WW_CONV_DATA, result, true);
    same(w, result, wanted, floats, "added");
    ww_winograd_free(winograd);
    free(wanted), free(result);
}

static void check_pass(const struct work *w, int pass, const float *reference)
{
    size_t floats = w->floats[pass];
    float *wanted = room_for(floats), *first = pass_of(w, pass, 1, false);
    to_blocks(w, pass, reference, wanted);
    double error = ww_rig_distance(first, wanted, floats);
    cr_assert(error <= LIMIT, "%s: %s, pass %d: relative rms %.3g", w->where, w->kernels->name,
              pass, error);
    for (int t = 0; t < N_THREADS; t++)
        for (int keep = 0; keep < 2; keep++) {
            float *other = pass_of(w, pass, thread_counts[t], keep);
            same(w, other, first, floats, keep ? "kept filters" : "another number of threads");
            free(other);
            if (pass == WW_CONV_DATA)
                check_add(w, thread_counts[t], keep, first);
        }
    free(wanted), free(first);
}

Test(tensor_winograd_blocks, agrees_with_sums_in_double)
{
    for (int i = 0; i < N_FORMS; i++) {
        ww_rig *rig = ww_rig_create(&ww_op_conv2d, &forms[i].of, forms[i].batch, WW_TRAIN);
        cr_assert(rig != NULL, "%s", ww_error_message());
        rig->reference = true;
        ww_rig_forward(rig);
        ww_rig_backward(rig);
        const float *wanted[] = {rig->out, rig->grad_in[0], rig->grad_in[1]};
        for (int kind = 0; kind < WW_N_KERNELS; kind++) {
            const ww_kernels *kernels = blocked_kernels(kind);
            if (kernels == NULL)
                continue;
            struct work w = work_of(rig, kernels);
            for (int pass = 0; pass < N_PASSES; pass++)
                check_pass(&w, pass, wanted[pass]);
            end_work(&w);
        }
        ww_rig_free(rig);
    }
}

/* ---- something else around ---- */

/* Makes samples of `from` before they are read, and looks at what is written after. */
struct guest {
    const float *from, *wanted;
    float *to, *seen;
    size_t each, each_seen; /* floats of a sample */
    atomic_int *made, *done;
    atomic_int elsewhere, wrong;
};

static struct guest guest_of(const struct work *w)
{
    size_t n = (size_t)w->size.n;
    struct guest guest = {.made = calloc(n, sizeof *guest.made),
                          .done = calloc(n, sizeof *guest.done)};
    cr_assert(guest.made != NULL && guest.done != NULL);
    return guest;
}

static void make(const void *what, int64_t first, int64_t last, float *to)
{
    struct guest *guest = *(struct guest *const *)what;
    size_t at = (size_t)first * guest->each, bytes = (size_t)(last - first) * guest->each;
    memcpy(to != NULL ? to : guest->to + at, guest->from + at, bytes * sizeof *to);
    guest->elsewhere += to != NULL;
    for (int64_t i = first; i < last; i++)
        guest->made[i]++;
}

static void look(const void *what, int64_t first, int64_t last, float *to)
{
    struct guest *guest = *(struct guest *const *)what;
    size_t at = (size_t)first * guest->each_seen,
           bytes = (size_t)(last - first) * guest->each_seen * sizeof *to;
    guest->wrong += to != NULL || memcmp(guest->seen + at, guest->wanted + at, bytes) != 0;
    for (int64_t i = first; i < last; i++)
        guest->done[i]++;
}

/* What is done for a host: `what` points to one of these. */
struct turn {
    struct guest *guest;
    void (*run)(const void *what, int64_t first, int64_t last, float *to);
};

static void take_turn(const void *what, int64_t first, int64_t last, float *to)
{
    const struct turn *turn = what;
    turn->run(&turn->guest, first, last, to);
}

static void end_guest(const struct work *w, struct guest *guest, bool before, bool after)
{
    for (int64_t i = 0; i < w->size.n; i++)
        cr_assert(guest->made[i] == before && guest->done[i] == after,
                  "%s: %s, sample %d: made %d times, looked at %d times", w->where,
                  w->kernels->name, (int)i, guest->made[i], guest->done[i]);
    cr_assert_eq(guest->wrong, 0, "%s: %s: looked at too early", w->where, w->kernels->name);
    free(guest->made), free(guest->done);
}

/* ---- both gradients at once ---- */

struct both {
    ww_winograd *data, *weights;
    float *by_x, *by_weight; /* what one after the other gives */
};

/* guest: NULL, or who will look at the gradient of x. x is not there if it is made again. */
static void run_both(const struct work *w, const struct both *b, float *y, bool add,
                     struct guest *guest, const ww_around *around)
{
    float *x = around != NULL && around->again != NULL ? NULL : w->of[WW_CONV_DATA];
    size_t floats = w->floats[WW_CONV_DATA], room = ww_winograd_both_scratch(b->data, b->weights);
    float *scratch = room_for(room), *wanted = room_for(floats), *by_x = room_for(floats);
    float *by_weight = room_for(w->floats[WW_CONV_WEIGHTS]);
    if (add)
        memcpy(by_x, w->of[WW_CONV_DATA], floats * sizeof *by_x);
    for (size_t i = 0; i < floats; i++)
        wanted[i] = add ? by_x[i] + b->by_x[i] : b->by_x[i];
    if (guest != NULL)
        guest->seen = by_x, guest->wanted = wanted;
    ww_winograd_run_both(b->data, b->weights, x, w->of[WW_CONV_WEIGHTS], y, by_x, by_weight,
                         scratch, add, around);
    cr_assert(scratch[room] == SENTINEL, "%s: both: scratch overrun", w->where);
    same(w, by_x, wanted, floats, "both, of the maps");
    same(w, by_weight, b->by_weight, w->floats[WW_CONV_WEIGHTS], "both, of the weights");
    free(scratch), free(wanted), free(by_x), free(by_weight);
}

/* y is not a number but where it is made, just before it is read; the gradient of x is looked at
 * after it has been written. */
static void run_both_around(const struct work *w, const struct both *b, bool add, bool far)
{
    size_t floats = w->floats[WW_CONV_FORWARD], n = (size_t)w->size.n;
    float *y = room_for(floats);
    struct guest guest = guest_of(w);
    const struct turn before = {&guest, make}, after = {&guest, look};
    guest.from = w->of[WW_CONV_FORWARD], guest.to = y, guest.each = floats / n;
    guest.each_seen = w->floats[WW_CONV_DATA] / n;
    run_both(w, b, y, add, &guest, &(ww_around){take_turn, &before, &after, NULL});
    cr_assert_eq(guest.elsewhere == 0, far, "%s: %s", w->where, w->kernels->name);
    for (size_t i = 0; i < floats && !far; i++)
        cr_assert(isnan(y[i]), "%s: y is written", w->where);
    end_guest(w, &guest, true, true);
    cr_assert(y[floats] == SENTINEL, "%s: y overrun", w->where);
    free(y);
}

/* x is made again, near. */
static void run_both_near(const struct work *w, const struct both *b, bool add)
{
    struct guest guest = guest_of(w);
    const struct turn again = {&guest, make};
    guest.from = w->of[WW_CONV_DATA], guest.each = w->floats[WW_CONV_DATA] / (size_t)w->size.n;
    run_both(w, b, w->of[WW_CONV_FORWARD], add, NULL, &(ww_around){take_turn, NULL, NULL, &again});
    cr_assert(guest.elsewhere > 0);
    end_guest(w, &guest, true, false);
}

static bool near_too(const struct work *w, const struct both *b)
{
    ww_winograd *forward = created(w, WW_CONV_FORWARD, 1, false);
    bool can = ww_winograd_can_near(forward, b->data, b->weights);
    ww_winograd_free(forward);
    cr_assert(can || w->size.c * w->size.h * w->size.w > 1 << 14, "%s: x is far", w->where);
    return can;
}

static void check_both(const struct work *w, int threads, bool keep, bool far)
{
    struct both b = {created(w, WW_CONV_DATA, threads, keep),
                     created(w, WW_CONV_WEIGHTS, threads, keep), NULL, NULL};
    bool can = ww_winograd_can_both(b.data, b.weights);
    cr_assert(can || threads > 1, "%s: not both at once", w->where);
    if (can) {
        float *y = w->of[WW_CONV_FORWARD];
        b.by_x = pass_of(w, WW_CONV_DATA, 1, false);
        b.by_weight = pass_of(w, WW_CONV_WEIGHTS, 1, false);
        for (int add = 0; add < 2; add++) {
            run_both(w, &b, y, add, NULL, NULL);
            run_both(w, &b, y, add, NULL, &(ww_around){take_turn, NULL, NULL, NULL});
            run_both_around(w, &b, add, far);
            if (near_too(w, &b))
                run_both_near(w, &b, add);
        }
        free(b.by_x), free(b.by_weight);
    }
    ww_winograd_free(b.data), ww_winograd_free(b.weights);
}

/* ---- forward, with something around ---- */

/* x is not a number but where it is made, just before it is read; or not at all, but near. */
static void run_around(const struct work *w, ww_winograd *winograd, const float *wanted,
                       bool before, bool after, bool near)
{
    size_t floats = w->floats[WW_CONV_FORWARD], in = w->floats[WW_CONV_DATA];
    size_t room = ww_winograd_scratch(winograd), n = (size_t)w->size.n;
    float *x = room_for(in), *y = room_for(floats), *scratch = room_for(room);
    struct guest guest = guest_of(w);
    const struct turn first = {&guest, make}, last = {&guest, look};
    guest.from = w->of[WW_CONV_DATA], guest.to = x, guest.each = in / n;
    guest.wanted = wanted, guest.seen = y, guest.each_seen = floats / n;
    ww_winograd_run_around(
        winograd,
        near     ? NULL
        : before ? x
                 : w->of[WW_CONV_DATA],
        w->of[WW_CONV_WEIGHTS], y, scratch,
        &(ww_around){take_turn, before ? &first : NULL, after ? &last : NULL, NULL});
    cr_assert(scratch[room] == SENTINEL, "%s: around: scratch overrun", w->where);
    same(w, y, wanted, floats, "around");
    end_guest(w, &guest, before, after);
    cr_assert_eq(guest.elsewhere > 0, near);
    if (before && !near)
        same(w, x, w->of[WW_CONV_DATA], in, "around, x");
    free(x), free(y), free(scratch);
}

static void check_around(const struct work *w, int threads, bool keep)
{
    ww_winograd *winograd = created(w, WW_CONV_FORWARD, threads, keep);
    float *wanted = pass_of(w, WW_CONV_FORWARD, 1, false);
    cr_assert(ww_winograd_can_around(winograd));
    for (int which = 0; which < 4; which++)
        run_around(w, winograd, wanted, which / 2, which % 2, false);
    if (w->size.c * w->size.h * w->size.w < 1 << 13)
        for (int after = 0; after < 2; after++)
            run_around(w, winograd, wanted, true, after, true);
    ww_winograd_free(winograd);
    free(wanted);
}

/* Every form, kind of kernels, number of threads. */
static void each(const struct form *form, int n,
                 void (*check)(const struct work *w, int threads, bool keep, bool far))
{
    for (int i = 0; i < n; i++) {
        ww_rig *rig = ww_rig_create(&ww_op_conv2d, &form[i].of, form[i].batch, WW_TRAIN);
        cr_assert(rig != NULL, "%s", ww_error_message());
        for (int kind = 0; kind < WW_N_KERNELS; kind++) {
            const ww_kernels *kernels = blocked_kernels(kind);
            if (kernels == NULL)
                continue;
            struct work w = work_of(rig, kernels);
            for (int t = 0; t < N_THREADS; t++)
                check(&w, thread_counts[t], t % 2, form[i].far);
            end_work(&w);
        }
        ww_rig_free(rig);
    }
}

Test(tensor_winograd_blocks, both_gradients_at_once_have_the_bits_of_one_after_the_other)
{
    each(forms, N_FORMS, check_both);
    each(large, N_LARGE, check_both);
}

static void check_forward(const struct work *w, int threads, bool keep, bool far)
{
    (void)far;
    check_around(w, threads, keep);
}

Test(tensor_winograd_blocks, something_else_is_done_around_once_and_in_time)
{
    each(forms, N_FORMS, check_forward);
    each(large, N_LARGE, check_forward);
}

Test(tensor_winograd_blocks, reach)
{
    const ww_conv_size good = {2, 16, 5, 5, 32, 3, 3, 5, 5, 1, 1, 1, 1};
    ww_conv_size few = good, cut = good, five = good, stride = good, seven = good, four = good;
    few.c = 3, cut.k = 24, stride.stride = 2;
    five.kh = five.kw = 5, five.pad = 2;
    seven.kh = seven.kw = 7, seven.pad = 3;
    four.kh = four.kw = 4, four.stride = 2, four.oh = four.ow = 2;
    ww_conv_size tiny = five;
    tiny.h = tiny.oh = 4;
    cr_assert(ww_winograd_supports_blocks(&good, 16));
    cr_assert_not(ww_winograd_supports_blocks(&few, 16));
    cr_assert_not(ww_winograd_supports_blocks(&cut, 16));
    cr_assert(ww_winograd_supports_blocks(&cut, 8));
    cr_assert(ww_winograd_supports_blocks(&five, 16));
    cr_assert_not(ww_winograd_supports_blocks(&tiny, 16));
    cr_assert_not(ww_winograd_supports_blocks(&seven, 16));
    cr_assert_not(ww_winograd_supports_blocks(&stride, 16));
    cr_assert(ww_winograd_supports(&four, WW_CONV_FORWARD));
    cr_assert_not(ww_winograd_supports_blocks(&four, 16));
    for (int pass = 0; pass < N_PASSES; pass++)
        for (int blocks = 0; blocks < 2; blocks++) {
            ww_winograd *w;
            if (blocks && ww_kernels_best()->lanes < 8)
                continue;
            cr_assert_eq(ww_winograd_create(&w, &good, pass, 1, ww_kernels_best(), false, blocks),
                         WW_OK);
            cr_assert_eq(ww_winograd_can_around(w), blocks && pass == WW_CONV_FORWARD);
            ww_winograd_free(w);
        }
}
