/* SPDX-License-Identifier: GPL-3.0-or-later */
/* oneDNN's direct convolutions want arrays in blocks of 8 or 16 channels. Where ours are dense,
 * reordering in, computing and reordering out is two to four times as fast as the library's kernels
 * on dense arrays, for the sizes of cortical maps. */
#include "engine/tensor/backend/onednn.h"

#include <dnnl.h>
#include <stdlib.h>
#include <string.h>

#if DNNL_VERSION_MAJOR != 2
#error "onednn.c is written for oneDNN 2; version 3 has no operation descriptors"
#endif

enum { X, WEIGHT, Y, N_OPERANDS, MAX_STEPS = 4, MAX_ARGS = 4, PAGE_FLOATS = 16 };

/* One primitive and what it works on. */
struct step {
    dnnl_primitive_t primitive;
    dnnl_memory_t scratchpad;
    int n_args;
    dnnl_exec_arg_t args[MAX_ARGS];
};

struct ww_onednn_conv {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_attr_t attr;
    dnnl_primitive_desc_t forward, desc; /* the same for the forward pass */
    dnnl_memory_t ours[N_OPERANDS];      /* dense, or in the blocks that were asked for */
    dnnl_memory_t blocked[N_OPERANDS];   /* NULL where the kernel takes ours */
    size_t offset[N_OPERANDS];           /* of the blocked array in scratch */
    size_t blocked_floats, scratchpad_floats;
    struct step step[MAX_STEPS];
    int n_steps;
};

/* Sizes, and blocks of maps. */
struct layouts {
    const ww_conv_size *size;
    int64_t x_lanes, y_lanes;
};

#define TRY_DNNL(call)                                                                             \
    do {                                                                                           \
        dnnl_status_t try_status_ = (call);                                                        \
        if (try_status_ != dnnl_success)                                                           \
            return WW_FAIL(WW_EBACKEND, "onednn: status %d of %s", (int)try_status_, #call);       \
    } while (0)

/* Which operand a pass computes, and what oneDNN calls the three. */
static const int result_of[] = {Y, X, WEIGHT};
static const int argument_of[][N_OPERANDS] = {
    {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST},
    {DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST},
    {DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST}};
static const dnnl_query_t query_of[][N_OPERANDS] = {
    {dnnl_query_src_md, dnnl_query_weights_md, dnnl_query_dst_md},
    {dnnl_query_diff_src_md, dnnl_query_weights_md, dnnl_query_diff_dst_md},
    {dnnl_query_src_md, dnnl_query_diff_weights_md, dnnl_query_diff_dst_md}};

static size_t whole_lines(size_t bytes)
{
    size_t floats = (bytes + sizeof(float) - 1) / sizeof(float);
    return (floats + PAGE_FLOATS - 1) / PAGE_FLOATS * PAGE_FLOATS;
}

static dnnl_format_tag_t format_of(int64_t lanes, dnnl_format_tag_t else_)
{
    return lanes == 16 ? dnnl_aBcd16b : lanes == 8 ? dnnl_aBcd8b : else_;
}

/* Ours, or (of what is not in blocks) any. */
static ww_status describe(dnnl_memory_desc_t md[N_OPERANDS], const struct layouts *l, bool ours)
{
    const ww_conv_size *s = l->size;
    dnnl_dims_t x = {s->n, s->c, s->h, s->w}, y = {s->n, s->k, s->oh, s->ow};
    dnnl_dims_t weight = {s->k, s->c, s->kh, s->kw};
    dnnl_dims_t grouped = {s->groups, s->k / s->groups, s->c / s->groups, s->kh, s->kw};
    dnnl_format_tag_t maps = ours ? dnnl_abcd : dnnl_format_tag_any;
    dnnl_format_tag_t groups = ours ? dnnl_abcde : dnnl_format_tag_any;
    TRY_DNNL(dnnl_memory_desc_init_by_tag(&md[X], 4, x, dnnl_f32, format_of(l->x_lanes, maps)));
    TRY_DNNL(dnnl_memory_desc_init_by_tag(&md[Y], 4, y, dnnl_f32, format_of(l->y_lanes, maps)));
    if (s->groups > 1)
        TRY_DNNL(dnnl_memory_desc_init_by_tag(&md[WEIGHT], 5, grouped, dnnl_f32, groups));
    else
        TRY_DNNL(dnnl_memory_desc_init_by_tag(&md[WEIGHT], 4, weight, dnnl_f32, maps));
    return WW_OK;
}

/* Chooses the kernel: conv->desc, or NULL when there is no compiled one. */
static ww_status choose(ww_onednn_conv *conv, const struct layouts *l, ww_conv_pass pass)
{
    const ww_conv_size *s = l->size;
    dnnl_memory_desc_t md[N_OPERANDS];
    WW_TRY(describe(md, l, false));
    dnnl_dims_t stride = {s->stride, s->stride}, pad = {s->pad, s->pad};
    dnnl_dims_t gap = {s->dilation - 1, s->dilation - 1};
    dnnl_convolution_desc_t op;
    dnnl_prop_kind_t kind =
        pass == WW_CONV_FORWARD ? dnnl_forward_inference : dnnl_forward_training;
    TRY_DNNL(dnnl_dilated_convolution_forward_desc_init(&op, kind, dnnl_convolution_direct, &md[X],
                                                        &md[WEIGHT], NULL, &md[Y], stride, gap, pad,
                                                        pad));
    dnnl_status_t status =
        dnnl_primitive_desc_create(&conv->forward, &op, conv->attr, conv->engine, NULL);
    if (status == dnnl_success && pass == WW_CONV_DATA)
        TRY_DNNL(dnnl_dilated_convolution_backward_data_desc_init(
            &op, dnnl_convolution_direct, &md[X], &md[WEIGHT], &md[Y], stride, gap, pad, pad));
    if (status == dnnl_success && pass == WW_CONV_WEIGHTS)
        TRY_DNNL(dnnl_dilated_convolution_backward_weights_desc_init(
            &op, dnnl_convolution_direct, &md[X], &md[WEIGHT], NULL, &md[Y], stride, gap, pad,
            pad));
    if (status == dnnl_success && pass != WW_CONV_FORWARD)
        status =
            dnnl_primitive_desc_create(&conv->desc, &op, conv->attr, conv->engine, conv->forward);
    if (status != dnnl_success && status != dnnl_unimplemented)
        return WW_FAIL(WW_EBACKEND, "onednn: status %d of a convolution", (int)status);
    dnnl_primitive_desc_t made = pass == WW_CONV_FORWARD ? conv->forward : conv->desc;
    const char *name = "ref";
    if (made != NULL)
        TRY_DNNL(dnnl_primitive_desc_query(made, dnnl_query_impl_info_str, 0, &name));
    if (pass == WW_CONV_FORWARD)
        conv->forward = NULL;
    conv->desc = made;
    if (strncmp(name, "ref", 3) == 0) {
        dnnl_primitive_desc_destroy(made);
        conv->desc = NULL;
    }
    return WW_OK;
}

/* Appends a primitive; its scratchpad lies behind the blocked arrays. */
static ww_status add_step(ww_onednn_conv *conv, const_dnnl_primitive_desc_t desc, int n_args,
                          const dnnl_exec_arg_t *args)
{
    struct step *step = &conv->step[conv->n_steps++];
    const dnnl_memory_desc_t *pad = dnnl_primitive_desc_query_md(desc, dnnl_query_scratchpad_md, 0);
    memcpy(step->args, args, (size_t)n_args * sizeof *args);
    step->n_args = n_args;
    TRY_DNNL(dnnl_primitive_create(&step->primitive, desc));
    if (pad != NULL && dnnl_memory_desc_get_size(pad) > 0) {
        size_t floats = whole_lines(dnnl_memory_desc_get_size(pad));
        if (floats > conv->scratchpad_floats)
            conv->scratchpad_floats = floats;
        TRY_DNNL(dnnl_memory_create(&step->scratchpad, pad, conv->engine, DNNL_MEMORY_NONE));
        step->args[step->n_args++] = (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD, step->scratchpad};
    }
    return WW_OK;
}

static ww_status add_reorder(ww_onednn_conv *conv, dnnl_memory_t from, dnnl_memory_t to)
{
    const dnnl_memory_desc_t *a, *b;
    TRY_DNNL(dnnl_memory_get_memory_desc(from, &a));
    TRY_DNNL(dnnl_memory_get_memory_desc(to, &b));
    dnnl_primitive_desc_t desc;
    TRY_DNNL(
        dnnl_reorder_primitive_desc_create(&desc, a, conv->engine, b, conv->engine, conv->attr));
    ww_status status =
        add_step(conv, desc, 2, (dnnl_exec_arg_t[]){{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
    dnnl_primitive_desc_destroy(desc);
    return status;
}

static ww_status assemble(ww_onednn_conv *conv, const struct layouts *l, ww_conv_pass pass)
{
    dnnl_memory_desc_t ours[N_OPERANDS];
    dnnl_exec_arg_t args[N_OPERANDS];
    int result = result_of[pass];
    WW_TRY(describe(ours, l, true));
    for (int i = 0; i < N_OPERANDS; i++) {
        const dnnl_memory_desc_t *wanted =
            dnnl_primitive_desc_query_md(conv->desc, query_of[pass][i], 0);
        TRY_DNNL(dnnl_memory_create(&conv->ours[i], &ours[i], conv->engine, DNNL_MEMORY_NONE));
        args[i] = (dnnl_exec_arg_t){argument_of[pass][i], conv->ours[i]};
        if (dnnl_memory_desc_equal(wanted, &ours[i]))
            continue;
        TRY_DNNL(dnnl_memory_create(&conv->blocked[i], wanted, conv->engine, DNNL_MEMORY_NONE));
        conv->offset[i] = conv->blocked_floats;
        conv->blocked_floats += whole_lines(dnnl_memory_desc_get_size(wanted));
        args[i].memory = conv->blocked[i];
        if (i != result)
            WW_TRY(add_reorder(conv, conv->ours[i], conv->blocked[i]));
    }
    WW_TRY(add_step(conv, conv->desc, N_OPERANDS, args));
    if (conv->blocked[result] != NULL)
        WW_TRY(add_reorder(conv, conv->blocked[result], conv->ours[result]));
    return WW_OK;
}

static ww_status create(ww_onednn_conv *conv, const struct layouts *layouts, ww_conv_pass pass)
{
    TRY_DNNL(dnnl_engine_create(&conv->engine, dnnl_cpu, 0));
    TRY_DNNL(dnnl_stream_create(&conv->stream, conv->engine, dnnl_stream_default_flags));
    TRY_DNNL(dnnl_primitive_attr_create(&conv->attr));
    TRY_DNNL(dnnl_primitive_attr_set_scratchpad_mode(conv->attr, dnnl_scratchpad_mode_user));
    WW_TRY(choose(conv, layouts, pass));
    return conv->desc == NULL ? WW_OK : assemble(conv, layouts, pass);
}

ww_status ww_onednn_conv_create(ww_onednn_conv **out, const ww_conv_size *size, ww_conv_pass pass,
                                int64_t x_lanes, int64_t y_lanes)
{
    *out = NULL;
    ww_onednn_conv *conv = calloc(1, sizeof *conv);
    if (conv == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for a convolution");
    ww_status status = create(conv, &(struct layouts){size, x_lanes, y_lanes}, pass);
    if (status == WW_OK && conv->desc != NULL)
        *out = conv;
    else
        ww_onednn_conv_free(conv);
    return status;
}

void ww_onednn_conv_free(ww_onednn_conv *conv)
{
    if (conv == NULL)
        return;
    for (int i = 0; i < conv->n_steps; i++) {
        dnnl_primitive_destroy(conv->step[i].primitive);
        dnnl_memory_destroy(conv->step[i].scratchpad);
    }
    for (int i = 0; i < N_OPERANDS; i++) {
        dnnl_memory_destroy(conv->ours[i]);
        dnnl_memory_destroy(conv->blocked[i]);
    }
    dnnl_primitive_desc_destroy(conv->forward);
    dnnl_primitive_desc_destroy(conv->desc);
    dnnl_primitive_attr_destroy(conv->attr);
    dnnl_stream_destroy(conv->stream);
    dnnl_engine_destroy(conv->engine);
    free(conv);
}

size_t ww_onednn_conv_scratch(const ww_onednn_conv *conv)
{
    return conv->blocked_floats + conv->scratchpad_floats;
}

/* oneDNN writes the padding of a blocked array whenever it is told where it lies: tell it only
 * when that has changed. The reorderings and kernels write it anew in every run. */
static ww_status point(dnnl_memory_t memory, float *to)
{
    void *now;
    TRY_DNNL(dnnl_memory_get_data_handle(memory, &now));
    if (now != to)
        TRY_DNNL(dnnl_memory_set_data_handle(memory, to));
    return WW_OK;
}

ww_status ww_onednn_conv_run(ww_onednn_conv *conv, float *x, float *weight, float *y,
                             float *scratch)
{
    float *const data[N_OPERANDS] = {x, weight, y};
    for (int i = 0; i < N_OPERANDS; i++) {
        WW_TRY(point(conv->ours[i], data[i]));
        if (conv->blocked[i] != NULL)
            WW_TRY(point(conv->blocked[i], scratch + conv->offset[i]));
    }
    for (int i = 0; i < conv->n_steps; i++) {
        struct step *step = &conv->step[i];
        if (step->scratchpad != NULL)
            WW_TRY(point(step->scratchpad, scratch + conv->blocked_floats));
        TRY_DNNL(dnnl_primitive_execute(step->primitive, conv->stream, step->n_args, step->args));
    }
    TRY_DNNL(dnnl_stream_wait(conv->stream));
    return WW_OK;
}

bool ww_onednn_has_sgemm(void)
{
    return (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx2) == dnnl_cpu_isa_avx2;
}

bool ww_onednn_sgemm(bool transposed_a, bool transposed_b, int64_t m, int64_t n, int64_t k,
                     const float *a, int64_t lda, const float *b, int64_t ldb, float beta, float *c,
                     int64_t ldc)
{
    return dnnl_sgemm(transposed_a ? 'T' : 'N', transposed_b ? 'T' : 'N', m, n, k, 1, a, lda, b,
                      ldb, beta, c, ldc) == dnnl_success;
}
