/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lesion gate, through which every area's output passes:
 *
 *     y = gain x + noise z,  z standard normal;  dy/dx = gain
 *
 * A gain below 1 is a loss of responsiveness, a gain of 0 an ablation, noise a loss of reliability.
 * gain and noise are set between runs, one number for all units, for a channel, for a place on the
 * map or for a unit. A gain of 1 leaves every bit and a gain of 0 gives +0 even where x is not
 * finite: an intact area is intact, and a dead one says nothing.
 *
 * z is drawn in every mode: element 4 b + j of the output takes the j-th of four normal numbers
 * (Box & Muller 1958) made from random block b under the seed of the call. */
#include "engine/base/random.h"
#include "engine/tensor/parts/elementwise.h"

extern const ww_op ww_op_gate;

ww_var ww_gate(ww_graph *g, ww_var x, ww_var gain, ww_var noise)
{
    return ww_apply(g, &ww_op_gate, NULL, 3, (const ww_var[]){x, gain, noise});
}

/* How a control moves when the gate moves by a channel or a pixel of x. */
struct control {
    const float *value;
    size_t channel, pixel;
};

/* x as [samples, channels, pixels]. Vectors, and maps of one pixel, count as one channel. */
struct layout {
    size_t samples, channels, pixels;
};

static struct layout layout_of(const ww_shape *x)
{
    struct layout layout = {(size_t)x->dim[0], (size_t)x->dim[1], 1};
    for (int d = 2; d < x->rank; d++)
        layout.pixels *= (size_t)x->dim[d];
    if (layout.pixels == 1)
        return (struct layout){layout.samples, 1, layout.channels};
    return layout;
}

static struct control control_of(const ww_op_call *call, int k, const struct layout *layout)
{
    size_t channels = (size_t)call->in_shape[k].dim[0];
    size_t pixels = ww_shape_size(&call->in_shape[k]) / channels;
    if (layout->channels == 1) /* one of the two is 1 */
        return (struct control){call->in[k], 0, channels * pixels > 1};
    return (struct control){call->in[k], channels > 1 ? pixels : 0, pixels > 1};
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    static const char *const names[] = {"gain", "noise"};
    char x[WW_SHAPE_TEXT], control[WW_SHAPE_TEXT];
    (void)attr;
    for (int k = 1; k < n_in; k++) {
        bool fits = in[k].rank == in[0].rank - 1, single = true, full = true;
        for (int d = 1; fits && d < in[k].rank; d++) {
            single = single && in[k].dim[d] == 1;
            full = full && in[k].dim[d] == in[0].dim[d + 1];
        }
        if (!fits || !(single || full) || (in[k].dim[0] != 1 && in[k].dim[0] != in[0].dim[1]))
            return WW_FAIL(WW_ESHAPE, "%s %s does not fit units of %s", names[k - 1],
                           ww_shape_print(&in[k], control), ww_shape_print(&in[0], x));
    }
    *out = in[0];
    return WW_OK;
}

/* g x, and +0 where g is 0 (or -0): a mask on the bits, since a branch would not become vectors. */
static inline float gated(float g, float x)
{
    float product = g * x;
    uint32_t bits;
    memcpy(&bits, &product, sizeof bits);
    bits &= g != 0 ? UINT32_MAX : 0;
    memcpy(&product, &bits, sizeof bits);
    return product;
}

/* y = gain x along a row. */
static void scale(size_t n, float *y, const float *x, const float *gain, size_t step)
{
    const float all = *gain;
    if (step == 0 && all == 1)
        ww_copy(y, x, n);
    else if (step == 0) {
#pragma omp simd
        for (size_t i = 0; i < n; i++)
            y[i] = gated(all, x[i]);
    } else {
#pragma omp simd
        for (size_t i = 0; i < n; i++)
            y[i] = gated(gain[i], x[i]);
    }
}

static void normals(uint64_t seed, uint64_t block, float z[4])
{
    uint32_t word[4];
    ww_random_block(seed, 0, block, word);
    for (int i = 0; i < 4; i += 2) {
        float radius = sqrtf(-2 * logf(((float)word[i] + 1) * 0x1p-32f));
        float angle = (float)word[i + 1] * (6.28318531f * 0x1p-32f);
        z[i] = radius * cosf(angle);
        z[i + 1] = radius * sinf(angle);
    }
}

/* Adds noise along a row that begins at element `first` of the output. */
static void add_noise(size_t n, float *y, const float *noise, size_t step, uint64_t seed,
                      size_t first)
{
    uint64_t drawn = UINT64_MAX; /* the block that z holds */
    float z[4] = {0};
    if (step == 0 && !(*noise > 0))
        return;
    for (size_t i = 0; i < n; i++) {
        const float sd = noise[i * step];
        const uint64_t block = (first + i) / 4;
        if (!(sd > 0))
            continue;
        if (block != drawn)
            normals(seed, drawn = block, z);
        y[i] += sd * z[(first + i) % 4];
    }
}

static bool all_equal(const float *x, size_t n, float value)
{
    enum { BLOCK = 1024 };
    for (size_t first = 0; first < n; first += BLOCK) {
        const size_t end = n - first < BLOCK ? n : first + BLOCK;
        int others = 0;
        for (size_t i = first; i < end; i++) /* without a branch, so that it becomes vectors */
            others |= x[i] != value;
        if (others)
            return false;
    }
    return true;
}

static bool neutral(const ww_op_call *call)
{
    return all_equal(call->in[1], ww_shape_size(&call->in_shape[1]), 1) &&
           all_equal(call->in[2], ww_shape_size(&call->in_shape[2]), 0);
}

static ww_status forward(ww_op_call *call)
{
    if (call->neutral)
        return WW_OK;
    const struct layout layout = layout_of(&call->out_shape);
    const struct control gain = control_of(call, 1, &layout), noise = control_of(call, 2, &layout);
    const size_t rows = layout.samples * layout.channels, n = layout.pixels;
    if (neutral(call)) {
        ww_copy(call->out, call->in[0], rows * n);
        return WW_OK;
    }
#pragma omp parallel for schedule(static) if (rows * n > 32768)
    for (size_t row = 0; row < rows; row++) {
        const size_t channel = row % layout.channels, first = row * n;
        float *y = call->out + first;
        scale(n, y, call->in[0] + first, gain.value + channel * gain.channel, gain.pixel);
        add_noise(n, y, noise.value + channel * noise.channel, noise.pixel, call->seed, first);
    }
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const struct layout layout = layout_of(&call->out_shape);
    const struct control gain = control_of(call, 1, &layout);
    const size_t rows = layout.samples * layout.channels, n = layout.pixels;
    if (call->grad_in[0] == NULL)
        return WW_OK;
    if (call->neutral || all_equal(call->in[1], ww_shape_size(&call->in_shape[1]), 1)) {
        ww_copy(call->grad_in[0], call->grad_out, rows * n);
        return WW_OK;
    }
#pragma omp parallel for schedule(static) if (rows * n > WW_LIGHT)
    for (size_t row = 0; row < rows; row++)
        scale(n, call->grad_in[0] + row * n, call->grad_out + row * n,
              gain.value + row % layout.channels * gain.channel, gain.pixel);
    return WW_OK;
}

#define CASE(title, ...)                                                                           \
    {                                                                                              \
        .name = title, .n_in = 3, .in = {__VA_ARGS__}, .draw = {                                   \
            WW_DRAW_NORMAL,                                                                        \
            WW_DRAW_UNIT,                                                                          \
            WW_DRAW_POSITIVE                                                                       \
        }                                                                                          \
    }
static const ww_op_case cases[] = {
    CASE("a number a unit", {4, {WW_BATCH, 3, 15, 13}}, {3, {3, 15, 13}}, {3, {3, 15, 13}}),
    CASE("a number a channel", {4, {WW_BATCH, 3, 28, 26}}, {3, {3, 1, 1}}, {3, {3, 1, 1}}),
    CASE("a number a place", {4, {WW_BATCH, 3, 15, 13}}, {3, {1, 15, 13}}, {3, {1, 1, 1}}),
    CASE("one number", {4, {WW_BATCH, 3, 15, 13}}, {3, {1, 1, 1}}, {3, {3, 15, 13}}),
    CASE("vectors", {2, {WW_BATCH, 7}}, {1, {7}}, {1, {1}}),
    CASE("maps of one pixel", {4, {WW_BATCH, 6, 1, 1}}, {3, {6, 1, 1}}, {3, {1, 1, 1}}),
    {0}};

const ww_op ww_op_gate = {.item = {.name = "gate",
                                   .summary = "the lesion gate: gain x + noise",
                                   .sources = "boxmuller1958"},
                          .min_in = 3,
                          .max_in = 3,
                          .infer = infer,
                          .forward = forward,
                          .backward = backward,
                          .neutral = neutral,
                          .keeps_in = WW_BIT(1),
                          .in_place = true,
                          .fixed_in = WW_BIT(1) | WW_BIT(2),
                          .random = true,
                          .linear_in = WW_BIT(0),
                          .cases = cases};
