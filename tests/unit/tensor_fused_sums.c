/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Additions that the normalisation before them does in its own loop, as at the end of a residual
 * block: the same bits as beside it, and only where nothing else reads what would stand between the
 * two. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/tensor/ops.h"
#include "tests/support/made.h"

#define OK(call) cr_assert_eq((call), WW_OK, "%s", ww_error_message())

static const ww_init ones = {.kind = WW_INIT_CONSTANT, .value = 1};
static const ww_init drawn = {.kind = WW_INIT_NORMAL, .value = 0.5};

/* What is added, and where it stands. */
enum other { INPUT, BLOCK, NORMED, PER_CHANNEL, ITSELF, RECTIFIED, N_OTHERS };
static const char *const names[N_OTHERS] = {"input",       "block",  "normed",
                                            "per channel", "itself", "rectified"};
static bool can_fuse(enum other other)
{
    return other < PER_CHANNEL;
}

struct form {
    enum other other;
    bool first;   /* the normalisation is the first of the two */
    bool rectify; /* after the addition */
    bool apart;   /* the normalised maps are an output too */
    bool trained; /* what is added depends on parameters */
    int64_t c;
};

static ww_var normed(ww_graph *g, const char *scope, ww_var x, int64_t c)
{
    ww_graph_scope(g, scope);
    return ww_batch_norm(g, x, ww_parameter(g, "gain", WW_SHAPE(c), drawn, 1),
                         ww_parameter(g, "bias", WW_SHAPE(c), drawn, 1),
                         ww_state(g, "mean", WW_SHAPE(c), 0.1),
                         ww_state(g, "variance", WW_SHAPE(c), 1), 0);
}

static ww_var filtered(ww_graph *g, const char *scope, ww_var x, int64_t c)
{
    ww_graph_scope(g, scope);
    ww_init he = {.kind = WW_INIT_HE, .value = 1};
    ww_var filters =
        ww_parameter(g, "filters", WW_SHAPE(c, ww_var_shape(g, x).dim[1], 3, 3), he, 1);
    return ww_conv2d(g, x, filters, (ww_conv2d_attr){.pad = 1});
}

static ww_var other_of(ww_graph *g, const struct form *form, ww_var x, ww_var y)
{
    ww_var round = form->trained ? filtered(g, "round", x, form->c) : x;
    if (form->other == BLOCK)
        return ww_relu(g, filtered(g, "deep", filtered(g, "round", x, form->c), form->c));
    if (form->other == NORMED)
        return normed(g, "round", round, form->c);
    if (form->other == PER_CHANNEL)
        return ww_parameter(g, "shift", WW_SHAPE(form->c, 1, 1), ones, 1);
    return form->other == ITSELF ? y : round;
}

static ww_graph *graph_of(const struct form *form)
{
    ww_graph *g = ww_graph_create();
    ww_var x = ww_input(g, "x", WW_SHAPE(WW_BATCH, form->c, 9, 7));
    ww_var y = normed(g, "block", filtered(g, "block", x, form->c), form->c);
    if (form->apart)
        ww_graph_output(g, "between", y);
    if (form->other == RECTIFIED)
        y = ww_relu(g, y);
    ww_var other = other_of(g, form, x, y);
    ww_graph_scope(g, "end");
    y = form->first ? ww_add(g, y, other) : ww_add(g, other, y);
    y = form->rectify ? ww_relu(g, y) : y;
    ww_graph_output(g, "y", y);
    y = filtered(g, "next", y, 2);
    ww_graph_loss(g, "error", ww_mean_squared_error(g, y, ww_affine(g, y, 0, 1)), 1);
    OK(ww_graph_end(g));
    return g;
}

static ww_made make(struct form form, bool apart, ww_compile_options options)
{
    form.apart = apart;
    ww_made made = ww_made_of(graph_of(&form), options);
    for (uint64_t step = 0; step < 2; step++)
        OK(ww_program_run(made.program, step));
    OK(ww_program_check_sentinels(made.program));
    return made;
}

static int count(const ww_program *program, const char *op)
{
    ww_node_time time;
    int n = 0;
    for (size_t i = 0; ww_program_time(program, i, &time); i++)
        n += strcmp(time.op, op) == 0;
    return n;
}

static bool is_fused(const ww_made *made)
{
    return count(made->program, "batch_norm+add") + count(made->program, "batch_norm+add+relu") > 0;
}

static double difference(const float *a, const float *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; a != NULL && i < n; i++)
        most =
            fmax(most, isnan(a[i]) || isnan(b[i]) ? INFINITY : fabs((double)a[i] - (double)b[i]));
    return most;
}

/* Output, gradients and states; 0: the same bits (but for the sign of a zero). */
static double apart_by(const ww_made *a, const ww_made *b)
{
    ww_shape shape;
    size_t n = 0;
    const float *y = ww_program_output(a->program, "y", &shape);
    double most = difference(y, ww_program_output(b->program, "y", NULL), ww_shape_size(&shape));
    const float *gradient = ww_program_gradients(a->program, &n);
    most = fmax(most, difference(gradient, ww_program_gradients(b->program, NULL), n));
    const float *by_x = ww_program_input_gradient(a->program, "x");
    ww_program_input(a->program, "x", &n);
    most = fmax(most, difference(by_x, ww_program_input_gradient(b->program, "x"), n));
    for (size_t k = 0; k < ww_values_count(a->values); k++) {
        const ww_value *v = ww_values_at(a->values, k);
        most = fmax(most, difference(v->data, ww_values_find(b->values, v->name)->data, v->size));
    }
    return most;
}

static void compare(struct form form, ww_compile_options options)
{
    char where[128];
    snprintf(where, sizeof where, "%s, %s, %s, %s, %d channels, batch %d, mode %d",
             names[form.other], form.first ? "first" : "second", form.rectify ? "relu" : "no relu",
             form.trained ? "trained" : "not trained", (int)form.c, (int)options.batch,
             options.mode);
    ww_made fused = make(form, false, options), apart = make(form, true, options);
    cr_assert_eq(is_fused(&fused), can_fuse(form.other), "%s", where);
    cr_assert(form.other == NORMED || !is_fused(&apart), "%s", where);
    cr_assert_eq(apart_by(&fused, &apart), 0, "%s", where);
    setenv("WW_SENTINELS", "1", 1);
    ww_made own = make(form, false, options);
    unsetenv("WW_SENTINELS");
    cr_assert_eq(apart_by(&fused, &own), 0, "%s, in memory of its own", where);
    options.reference = true;
    ww_made reference = make(form, false, options);
    cr_assert(!is_fused(&reference), "%s", where);
    cr_assert_lt(apart_by(&fused, &reference), 2e-5, "%s, reference", where);
    ww_made_free(&fused), ww_made_free(&apart), ww_made_free(&own), ww_made_free(&reference);
}

Test(tensor_fused_sums, give_the_bits_of_two_nodes_in_every_mode)
{
    for (int i = 0; i < N_OTHERS * 8; i++)
        for (ww_mode mode = WW_INFER; mode <= WW_GRADIENT; mode++) {
            struct form form = {
                .other = i / 8, .first = i & 1, .rectify = i & 2, .trained = i & 4, .c = 1 + i % 3};
            compare(form, (ww_compile_options){.mode = mode, .batch = 3});
        }
}

Test(tensor_fused_sums, of_one_sample_and_of_many)
{
    for (int i = 0; i < 8; i++)
        compare((struct form){.other = i & 1 ? BLOCK : INPUT, .rectify = i & 2, .c = 5},
                (ww_compile_options){.mode = WW_TRAIN, .batch = i & 4 ? 64 : 1});
}

Test(tensor_fused_sums, take_no_more_memory)
{
    for (int i = 0; can_fuse(i); i++) {
        struct form form = {.other = i, .rectify = true, .trained = true, .c = 4};
        ww_compile_options options = {.mode = WW_TRAIN, .batch = 64};
        size_t bytes[2], all;
        ww_made fused = make(form, false, options), apart = make(form, true, options);
        ww_program_memory(fused.program, &bytes[0], &all);
        ww_program_memory(apart.program, &bytes[1], &all);
        cr_assert_leq(bytes[0], bytes[1], "%s", names[i]);
        ww_made_free(&fused), ww_made_free(&apart);
    }
}
