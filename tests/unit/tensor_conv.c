/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every kernel of convolutions on all cases of conv2d, whichever conv2d itself would choose; and
 * the choice. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/plan.h"
#include "engine/base/threads.h"
#include "engine/tensor/backend/conv.h"
#include "engine/tensor/backend/fourier.h"
#include "engine/tensor/backend/phases.h"
#include "engine/tensor/backend/rows.h"
#include "engine/tensor/ops.h"
#include "tests/support/op_rig.h"

extern const ww_op ww_op_conv2d;

enum { N_PASSES = 3 };

static ww_conv_size size_of(const ww_rig *rig)
{
    const ww_conv2d_attr *a = rig->call.attr;
    const int64_t *x = rig->shape[0].dim, *w = rig->shape[1].dim, *y = rig->call.out_shape.dim;
    return (ww_conv_size){x[0], x[1], x[2],      x[3],   w[0],        w[2],     w[3],
                          y[2], y[3], a->stride, a->pad, a->dilation, a->groups};
}

static size_t floats_of(const ww_rig *rig, ww_conv_pass pass)
{
    return pass == WW_CONV_FORWARD ? rig->out_size : rig->size[pass == WW_CONV_WEIGHTS];
}

/* The result of one task, twice over, between sentinels: scratch is as long as was asked for. NULL
 * where the kernel cannot do it. */
static float *result_of(ww_rig *rig, const ww_conv_kernel *kernel, const ww_conv_task *task)
{
    void *state;
    size_t room, floats = floats_of(rig, task->pass);
    ww_threads_set(task->threads);
    cr_assert_eq(kernel->create(&state, &room, task), WW_OK, "%s", ww_error_message());
    if (state == NULL)
        return NULL;
    float *scratch = aligned_alloc(64, (room / 16 + 2) * 64);
    float *result = malloc((floats + 1) * sizeof *result);
    cr_assert(scratch && result);
    for (int twice = 0; twice < 2; twice++) {
        ww_rig_poison(scratch, room);
        ww_rig_poison(result, floats);
        scratch[room] = result[floats] = 12345;
        cr_assert_eq(kernel->run(state, task->pass == WW_CONV_DATA ? result : rig->in[0],
                                 task->pass == WW_CONV_WEIGHTS ? result : rig->in[1],
                                 task->pass == WW_CONV_FORWARD ? result : rig->grad_out, scratch),
                     WW_OK, "%s", ww_error_message());
        cr_assert(scratch[room] == 12345 && result[floats] == 12345, "%s: %s, pass %d: overrun",
                  rig->where, kernel->name, task->pass);
    }
    kernel->destroy(state);
    free(scratch);
    return result;
}

/* One thread and two, kept and not: bit for bit, but for oneDNN's sums of weights. */
static void check(ww_rig *rig, const ww_conv_kernel *kernel, ww_conv_pass pass, const float *wanted)
{
    size_t floats = floats_of(rig, pass);
    ww_conv_task task = {.size = size_of(rig), .pass = pass, .threads = 1};
    if (!kernel->supports(&task))
        return;
    float *one = result_of(rig, kernel, &task);
    if (one == NULL)
        return;
    task.threads = 2, task.keep = true;
    float *two = result_of(rig, kernel, &task);
    double error = ww_rig_distance(one, wanted, floats);
    double apart = ww_rig_distance(two, one, floats);
    bool varies = strcmp(kernel->name, "onednn") == 0 && pass == WW_CONV_WEIGHTS;
    cr_assert(error <= 5e-6, "%s: %s, pass %d: relative rms %.3g", rig->where, kernel->name, pass,
              error);
    cr_assert(varies ? apart < 1e-5 : memcmp(one, two, floats * sizeof *one) == 0,
              "%s: %s, pass %d: two threads differ", rig->where, kernel->name, pass);
    free(one);
    free(two);
}

static void with_kernels(const ww_op_case *of, int64_t batch, const ww_conv_kernel *kernel, int n)
{
    ww_rig *rig = ww_rig_create(&ww_op_conv2d, of, batch, WW_TRAIN);
    cr_assert(rig != NULL, "%s", ww_error_message());
    rig->reference = true;
    ww_rig_forward(rig);
    ww_rig_backward(rig);
    const float *wanted[] = {rig->out, rig->grad_in[0], rig->grad_in[1]};
    for (int pass = 0; pass < N_PASSES; pass++)
        for (int i = 0; i < n; i++)
            check(rig, kernel != NULL ? &kernel[i] : ww_conv_kernels[i], pass, wanted[pass]);
    ww_rig_free(rig);
}

Test(tensor_conv, every_kernel_on_every_case)
{
    for (const ww_op_case *of = ww_op_conv2d.cases; of->name != NULL; of++) {
        with_kernels(of, 1, NULL, WW_N_CONV_KERNELS);
        with_kernels(of, 11, NULL, WW_N_CONV_KERNELS);
    }
}

/* ---- rows of pixels, for every processor that this one can stand in for ---- */

#define CASE(text, c, h, w, k, cg, kh, kw, ...)                                                    \
    {                                                                                              \
        text, &(const ww_conv2d_attr){__VA_ARGS__}, 2,                                             \
            {{4, {WW_BATCH, c, h, w}}, {4, {k, cg, kh, kw}}}, {WW_DRAW_NORMAL, WW_DRAW_NORMAL}, 0  \
    }

static const ww_op_case few_channels[] = {
    CASE("many vectors in a row", 1, 6, 70, 11, 1, 5, 5, .pad = 2),
    CASE("one filter", 3, 9, 20, 1, 3, 7, 7, .pad = 3),
    CASE("seventeen filters", 2, 8, 17, 17, 2, 3, 9, .pad = 1),
    CASE("a row of taps longer than any vector", 1, 21, 35, 5, 1, 4, 33, .pad = 16),
    CASE("stride 3", 2, 13, 40, 6, 2, 7, 7, .stride = 3, .pad = 2),
    CASE("more padding than taps", 1, 3, 3, 2, 1, 2, 2, .pad = 5),
    CASE("dilated, stride 2", 3, 15, 19, 4, 3, 3, 3, .pad = 2, .dilation = 3, .stride = 2),
    CASE("one channel a group", 4, 9, 18, 4, 1, 5, 5, .pad = 2, .groups = 4),
    CASE("groups of two channels and three filters", 4, 7, 9, 6, 2, 3, 3, .pad = 1, .groups = 2),
    {0}};

/* A kernel for each kind of processor, name_for[kind]. */
#define OF_KIND(name, kind, KIND)                                                                  \
    static ww_status name##_##kind(void **state, size_t *floats, const ww_conv_task *of)           \
    {                                                                                              \
        return create_##name(state, floats, of, KIND);                                             \
    }
#define OF_KINDS(name, supports, spreads)                                                          \
    static ww_status create_##name(void **state, size_t *floats, const ww_conv_task *of, int kind) \
    {                                                                                              \
        ww_##name *made;                                                                           \
        WW_TRY(ww_##name##_create(&made, of, ww_kernels_get(kind)));                               \
        *state = made;                                                                             \
        *floats = ww_##name##_scratch(made);                                                       \
        return WW_OK;                                                                              \
    }                                                                                              \
    static ww_status run_##name(void *state, float *x, float *weight, float *y, float *scratch)    \
    {                                                                                              \
        ww_##name##_run(state, x, weight, y, scratch);                                             \
        return WW_OK;                                                                              \
    }                                                                                              \
    static void free_##name(void *state)                                                           \
    {                                                                                              \
        ww_##name##_free(state);                                                                   \
    }                                                                                              \
    OF_KIND(name, plain, WW_KERNELS_PLAIN)                                                         \
    OF_KIND(name, avx2, WW_KERNELS_AVX2)                                                           \
    OF_KIND(name, avx512, WW_KERNELS_AVX512)                                                       \
    static const ww_conv_kernel name##_for[WW_N_KERNELS] = {                                       \
        KIND(name, "plain", plain, supports, spreads),                                             \
        KIND(name, "AVX2", avx2, supports, spreads),                                               \
        KIND(name, "AVX-512", avx512, supports, spreads)};
#define KIND(of, text, kind, can, far)                                                             \
    {                                                                                              \
        .name = #of ", " text, .supports = (can), .create = of##_##kind, .run = run_##of,          \
        .destroy = free_##of, .spreads = (far)                                                     \
    }

OF_KINDS(rows, ww_rows_supports, false)

static void on_every_processor(const ww_op_case *cases, int64_t more, const ww_conv_kernel *kernels)
{
    for (const ww_op_case *of = cases; of->name != NULL; of++)
        for (int64_t batch = 1; batch <= more; batch += more - 1)
            for (int kind = 0; kind < WW_N_KERNELS; kind++)
                if (ww_kernels_get(kind) != NULL)
                    with_kernels(of, batch, &kernels[kind], 1);
}

Test(tensor_conv, few_channels_on_every_processor)
{
    on_every_processor(few_channels, 10, rows_for);
}

/* ---- spectra of tiles, likewise ---- */

static const ww_op_case large_filters[] = {
    CASE("many tiles", 1, 45, 67, 3, 1, 7, 7, .pad = 3),
    CASE("three channels, odd sizes", 3, 17, 23, 5, 3, 13, 11, .pad = 5),
    CASE("two channels, one filter", 2, 19, 18, 1, 2, 15, 15, .pad = 7),
    CASE("five channels, two filters", 5, 12, 9, 2, 5, 9, 9, .pad = 4),
    CASE("a map smaller than the filter", 1, 9, 6, 2, 1, 31, 31, .pad = 15),
    CASE("no padding", 2, 33, 20, 3, 2, 17, 5, .pad = 0),
    CASE("more padding than taps", 1, 4, 3, 2, 1, 5, 5, .pad = 9),
    CASE("a row of taps", 1, 3, 70, 2, 1, 1, 64, .pad = 32),
    CASE("a column of taps", 1, 80, 2, 2, 1, 51, 1, .pad = 0),
    CASE("one channel a group", 4, 14, 18, 4, 1, 11, 11, .pad = 5, .groups = 4),
    CASE("groups of two channels and three filters", 4, 16, 9, 6, 2, 7, 7, .pad = 3, .groups = 2),
    {0}};

OF_KINDS(fourier, ww_fourier_supports, true)

Test(tensor_conv, large_filters_on_every_processor)
{
    on_every_processor(large_filters, 3, fourier_for);
}

/* Every length of transform, forward; the sums are exact but for rounding. */
Test(tensor_conv, every_length_of_transform)
{
    for (int64_t side = 5; side <= 64; side += 7) {
        ww_op_case of = {.name = "a length",
                         .attr = &(const ww_conv2d_attr){.pad = 0},
                         .n_in = 2,
                         .in = {{4, {WW_BATCH, 1, side + 2, side + 5}}, {4, {1, 1, side, side}}},
                         .draw = {WW_DRAW_NORMAL, WW_DRAW_NORMAL}};
        with_kernels(&of, 1, &fourier_for[WW_KERNELS_PLAIN], 1);
    }
}

Test(tensor_conv, kept_spectra_follow_the_weights)
{
    ww_conv_task of = {.size = {1, 1, 9, 9, 1, 7, 7, 9, 9, 1, 3, 1, 1}, .threads = 1, .keep = true};
    float x[81] = {0}, weight[49] = {0}, y[81];
    ww_fourier *fourier;
    cr_assert_eq(ww_fourier_create(&fourier, &of, ww_kernels_best()), WW_OK);
    float *scratch = aligned_alloc(64, (ww_fourier_scratch(fourier) / 16 + 1) * 64);
    x[40] = 1; /* its response is the filter, turned */
    for (int i = 0; i < 3; i++) {
        weight[24] = (float)i, weight[0] = 2;
        ww_fourier_run(fourier, x, weight, y, scratch);
        cr_assert_float_eq(y[40], (float)i, 1e-5);
        cr_assert_float_eq(y[40 + 3 * 9 + 3], 2, 1e-5);
    }
    ww_fourier_free(fourier);
    free(scratch);
}

/* ---- strides by phases, likewise ---- */

static const ww_op_case strides[] = {
    CASE("4x4, stride 2, odd sizes", 3, 13, 18, 5, 3, 4, 4, .stride = 2, .pad = 1),
    CASE("5x5, stride 2, no padding", 2, 21, 12, 7, 2, 5, 5, .stride = 2),
    CASE("6x6, stride 2, wide padding", 4, 9, 10, 3, 4, 6, 6, .stride = 2, .pad = 5),
    CASE("6x6, stride 2, pixels that nothing reads", 2, 9, 11, 4, 2, 6, 6, .stride = 2),
    CASE("11x11, stride 4", 3, 39, 46, 9, 3, 11, 11, .stride = 4, .pad = 2),
    CASE("5x5, stride 3, pixels between", 1, 16, 20, 2, 1, 5, 5, .stride = 3, .pad = 1),
    CASE("9x9, stride 3, a map no larger", 2, 7, 8, 3, 2, 9, 9, .stride = 3, .pad = 4),
    CASE("4x4, stride 3, one result", 2, 4, 4, 6, 2, 4, 4, .stride = 3),
    CASE("16x16, stride 2", 1, 40, 37, 4, 1, 16, 16, .stride = 2, .pad = 7),
    CASE("9x9, stride 2, wide padding", 3, 14, 21, 2, 3, 9, 9, .stride = 2, .pad = 8),
    CASE("13x13, stride 3", 2, 29, 26, 3, 2, 13, 13, .stride = 3, .pad = 4),
    {0}};

OF_KINDS(phases, ww_phases_supports, true)

Test(tensor_conv, strides_on_every_processor)
{
    on_every_processor(strides, 6, phases_for);
    const ww_conv_task good = {.size = {1, 1, 9, 9, 1, 5, 5, 3, 3, 2, 0, 1, 1}};
    ww_conv_task long_ = good, short_ = good, grouped = good, dilated = good, whole = good;
    long_.size.kh = long_.size.kw = 7, long_.size.k = 300, short_.size.kh = short_.size.kw = 2;
    grouped.size.groups = 2, dilated.size.dilation = 2, whole.size.stride = 1;
    cr_assert(ww_phases_supports(&good) && !ww_phases_supports(&long_) &&
              !ww_phases_supports(&short_) && !ww_phases_supports(&grouped) &&
              !ww_phases_supports(&dilated) && !ww_phases_supports(&whole));
}

/* ---- the choice ---- */

static const ww_conv_task task = {.size = {8, 4, 8, 8, 4, 3, 3, 8, 8, 1, 1, 1, 1}, .threads = 1};
#define WORK "conv2d forward [8, 4, 8, 8] by [4, 4, 3, 3] stride 1 pad 1 dilation 1 groups 1"

TestSuite(tensor_conv, .fini = ww_plan_forget);

static const char *chosen(const ww_conv_task *of)
{
    ww_conv conv;
    cr_assert_eq(ww_conv_prepare(&conv, of), WW_OK, "%s", ww_error_message());
    const char *name = conv.kernel->name;
    cr_assert(conv.state != NULL);
    ww_conv_release(&conv);
    return name;
}

Test(tensor_conv, the_plan_holds_what_was_chosen)
{
    char kernel[WW_PLAN_KERNEL];
    const char *first = chosen(&task);
    cr_assert(ww_plan_find(WORK, kernel));
    cr_assert_str_eq(kernel, first);
    ww_plan_forget();
    ww_conv_task fixed = task;
    fixed.keep = true, fixed.threads = 2;
    chosen(&fixed);
    cr_assert(ww_plan_find(WORK " fixed", kernel));
}

Test(tensor_conv, the_plan_is_followed)
{
    static const char *const names[] = {"columns", "winograd"};
    for (int i = 0; i < 2; i++) {
        ww_plan_forget();
        cr_assert_eq(ww_plan_record(WORK, names[i]), WW_OK);
        cr_assert_str_eq(chosen(&task), names[i]);
    }
}

Test(tensor_conv, a_plan_that_cannot_be_followed)
{
    ww_conv conv;
    cr_assert_eq(ww_plan_record(WORK, "abacus"), WW_OK);
    cr_assert_eq(ww_conv_prepare(&conv, &task), WW_EINVAL);
    cr_assert_str_eq(ww_error_message(), "the plan has abacus for '" WORK
                                         "', which it cannot do here; 'estimate' plans anew");
    ww_conv_task strided = task;
    strided.size.stride = 2, strided.size.oh = strided.size.ow = 4;
    cr_assert_eq(ww_plan_record("conv2d forward [8, 4, 8, 8] by [4, 4, 3, 3] stride 2 pad 1 "
                                "dilation 1 groups 1",
                                "winograd"),
                 WW_OK);
    cr_assert_eq(ww_conv_prepare(&conv, &strided), WW_EINVAL);
}

Test(tensor_conv, measuring_chooses_one_of_them)
{
    char kernel[WW_PLAN_KERNEL];
    ww_plan_effort_set(WW_PLAN_MEASURE);
    const char *first = chosen(&task);
    cr_assert(ww_plan_find(WORK, kernel));
    cr_assert_str_eq(kernel, first);
    cr_assert_str_eq(chosen(&task), first);
}

Test(tensor_conv, estimates_do_not_depend_on_threads)
{
    for (int pass = 0; pass < N_PASSES; pass++)
        for (int i = 0; i < WW_N_CONV_KERNELS; i++) {
            ww_conv_task one = task, two = task;
            one.pass = two.pass = (ww_conv_pass)pass;
            two.threads = 2;
            double seconds = ww_conv_kernels[i]->estimate_s(&one);
            cr_assert(seconds > 0 && seconds < 1 &&
                      seconds == ww_conv_kernels[i]->estimate_s(&two));
        }
}
