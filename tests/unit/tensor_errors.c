/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs: what goes wrong and how it is said; sentinels, finite numbers, references, times. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/tensor/program.h"
#include "tests/support/toy_ops.h"

#define OK(call) cr_assert_eq((call), WW_OK, "%s", ww_error_message())

static void check_fails(ww_status status, ww_status code, const char *message)
{
    cr_expect_eq(status, code, "%s", ww_status_text(status));
    cr_expect_str_eq(ww_error_message(), message);
}

/* V1: sum(op(w x)) with x[N, 4], w[4, 4]. */
static ww_graph *chain(const ww_op *op, bool loss)
{
    ww_graph *g = ww_graph_create();
    ww_var x = ww_input(g, "x", WW_SHAPE(WW_BATCH, 4));
    ww_graph_scope(g, "V1");
    ww_var w = ww_parameter(g, "weight", WW_SHAPE(4, 4), (ww_init){.value = 1}, 1);
    ww_var y = toy1(g, &toy_sum, toy1(g, op, toy2(g, &toy_linear, x, w)));
    if (loss)
        ww_graph_loss(g, "sum", y, 1);
    else
        ww_graph_output(g, "sum", y);
    OK(ww_graph_end(g));
    return g;
}

static ww_status try_compile(const ww_graph *g, ww_values *values, int64_t batch, ww_mode mode)
{
    ww_program *program = (ww_program *)&batch; /* anything but NULL */
    ww_status status =
        ww_compile(&program, g, values, (ww_compile_options){.batch = batch, .mode = mode});
    cr_expect(status == WW_OK || program == NULL);
    ww_program_free(program);
    return status;
}

Test(tensor_errors, compile_refuses)
{
    ww_graph *g = chain(&toy_tanh, true), *lossless = chain(&toy_tanh, false);
    ww_graph *open = ww_graph_create(), *other = ww_graph_create(), *reshaped = ww_graph_create();
    ww_graph_output(open, "y", ww_input(open, "x", WW_SHAPE(WW_BATCH)));
    ww_graph_scope(other, "V1");
    ww_graph_output(other, "w", ww_state(other, "weight", WW_SHAPE(4, 4), 0));
    OK(ww_graph_end(other));
    ww_graph_scope(reshaped, "V1");
    ww_graph_output(reshaped, "w", ww_parameter(reshaped, "weight", WW_SHAPE(16), (ww_init){0}, 1));
    OK(ww_graph_end(reshaped));
    ww_values *values, *states, *flat;
    OK(ww_values_create(&values, g, 1));
    OK(ww_values_create(&states, other, 1));
    OK(ww_values_create(&flat, reshaped, 1));

    const char *incomplete = "the graph is not complete: ww_graph_end has not accepted it";
    check_fails(try_compile(open, values, 1, WW_INFER), WW_EINVAL, incomplete);
    ww_graph_fail(open, WW_EIO, "no such file");
    cr_expect_eq(ww_graph_end(open), WW_EIO);
    check_fails(try_compile(open, values, 1, WW_INFER), WW_EINVAL, incomplete);
    check_fails(try_compile(g, values, 0, WW_TRAIN), WW_EINVAL,
                "a batch of 0 samples: 1 or more are wanted");
    check_fails(try_compile(g, values, -3, WW_INFER), WW_EINVAL,
                "a batch of -3 samples: 1 or more are wanted");
    OK(try_compile(lossless, values, 1, WW_INFER));
    check_fails(try_compile(lossless, values, 1, WW_TRAIN), WW_EINVAL,
                "the graph has no loss to be trained on");
    check_fails(try_compile(lossless, values, 1, WW_GRADIENT), WW_EINVAL,
                "the graph has no loss to be trained on");
    check_fails(try_compile(g, states, 1, WW_INFER), WW_EINVAL,
                "the values hold no array 'V1/weight' of this kind");
    check_fails(try_compile(g, flat, 1, WW_INFER), WW_ESHAPE,
                "V1/weight: the graph wants [4, 4], the values hold [16]");
    static const char much[] = "out of memory: a program wants 3.6e+07 GB, this machine has ";
    cr_expect_eq(try_compile(g, values, INT64_C(1) << 50, WW_INFER), WW_ENOMEM);
    cr_expect_eq(strncmp(ww_error_message(), much, strlen(much)), 0, "%s", ww_error_message());

    ww_values_free(values), ww_values_free(states), ww_values_free(flat);
    ww_graph_free(g), ww_graph_free(lossless), ww_graph_free(open), ww_graph_free(other);
    ww_graph_free(reshaped);
}

/* ---- operators that fail ---- */

static int plans;

static ww_status make_plan(ww_op_call *call)
{
    call->plan = &plans;
    plans++;
    return WW_OK;
}

static void release_plan(void *plan)
{
    cr_assert_eq(plan, &plans);
    plans--;
}

static ww_status refuse(ww_op_call *call)
{
    (void)call;
    return WW_FAIL(WW_EBACKEND, "no kernel for this size");
}

static ww_status plan_and_refuse(ww_op_call *call)
{
    make_plan(call);
    return refuse(call);
}

Test(tensor_errors, a_failing_operator_is_named_and_every_plan_released)
{
    for (int where = 0; where < 4; where++) {
        ww_op op = toy_tanh;
        op.prepare = where == 0 ? plan_and_refuse : make_plan;
        op.release = release_plan;
        if (where == 1)
            op.forward = refuse;
        if (where == 2)
            op.backward = refuse;
        ww_graph *g = chain(&op, true);
        ww_values *values;
        ww_program *program;
        OK(ww_values_create(&values, g, 1));
        ww_status status =
            ww_compile(&program, g, values, (ww_compile_options){.batch = 2, .mode = WW_TRAIN});
        if (where > 0) {
            OK(status);
            cr_expect_eq(plans, 1);
            status = ww_program_run(program, 0);
        }
        if (where < 3)
            check_fails(status, WW_EBACKEND, "V1/toy_tanh: no kernel for this size");
        else
            OK(status);
        ww_program_free(program);
        cr_expect_eq(plans, 0);
        ww_values_free(values);
        ww_graph_free(g);
    }
}

/* ---- numbers that are not finite ---- */

static ww_status infinite_backward(ww_op_call *call)
{
    for (size_t i = 0; i < ww_shape_size(&call->out_shape); i++)
        call->grad_in[0][i] = i == 3 ? INFINITY : 0;
    return WW_OK;
}

static ww_status overflow(ww_op_call *call)
{
    for (size_t i = 0; i < ww_shape_size(&call->out_shape); i++)
        call->out[i] = 3e38f * call->in[0][i] * call->in[0][i];
    return WW_OK;
}

Test(tensor_errors, the_first_array_that_is_not_finite_is_named)
{
    ww_op backward = toy_scale, forward = toy_scale;
    backward.backward = infinite_backward;
    forward.forward = overflow;
    const struct {
        const ww_op *op;
        float x, w;
        const char *message;
    } cases[] = {
        {&toy_scale, 1, 1, ""},
        {&forward, 1, 1, "V1/toy_scale: the output is infinite"},
        {&backward, 1, 1, "gradient of V1/toy_linear is infinite"},
        {&toy_scale, 1, NAN,
         "V1/toy_linear: the output is not a number because V1/weight is not a number"},
        {&toy_scale, INFINITY, 1, "V1/toy_linear: the output is infinite because x is infinite"},
        {&toy_scale, 0, 1e38f, ""},
        {&toy_scale, 3e38f, 1, "V1/toy_linear: the output is infinite"},
        {&toy_tanh, 3e38f, 0.1f, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ww_graph *g = chain(cases[i].op, true);
        ww_values *values;
        ww_program *program;
        OK(ww_values_create(&values, g, 1));
        OK(ww_compile(&program, g, values, (ww_compile_options){.batch = 2, .mode = WW_GRADIENT}));
        for (int k = 0; k < 8; k++)
            ww_program_input(program, "x", NULL)[k] = cases[i].x;
        ww_values_find(values, "V1/weight")->data[5] = cases[i].w;
        OK(ww_program_run(program, 0));
        ww_error_clear();
        ww_status status = ww_program_check_finite(program, 0);
        check_fails(status, cases[i].message[0] ? WW_ENUMERIC : WW_OK, cases[i].message);
        ww_program_free(program);
        ww_values_free(values);
        ww_graph_free(g);
    }
}

/* ---- sentinels ---- */

static const char *culprit;

static ww_status trespass(ww_op_call *call, bool backward)
{
    size_t n = ww_shape_size(&call->out_shape);
    float *saved_end = call->saved + call->saved_floats;
    if (strcmp(culprit, "out") == 0 && !backward)
        call->out[n] = 0;
    if (strcmp(culprit, "before") == 0 && !backward)
        call->out[-1] = 0;
    if (strcmp(culprit, "saved") == 0 && !backward)
        *saved_end = 0;
    if (strcmp(culprit, "scratch") == 0 && backward)
        call->scratch[call->scratch_floats] = 0;
    if (strcmp(culprit, "gradient") == 0 && backward)
        call->grad_in[0][n] = 0;
    if (strcmp(culprit, "input") == 0 && !backward)
        call->in[0][n + 2] = 0;
    if (strcmp(culprit, "parameter") == 0 && backward)
        call->grad_in[1][ww_shape_size(&call->in_shape[1])] = 1;
    return WW_OK;
}

static ww_status prepare_odd(ww_op_call *call)
{
    call->saved_floats = call->scratch_floats = 7;
    return WW_OK;
}

static ww_status trespass_forward(ww_op_call *call)
{
    memcpy(call->out, call->in[0], ww_shape_size(&call->out_shape) * sizeof(float));
    return trespass(call, false);
}

static ww_status trespass_backward(ww_op_call *call)
{
    memcpy(call->grad_in[0], call->grad_out, ww_shape_size(&call->out_shape) * sizeof(float));
    memset(call->grad_in[1], 0, ww_shape_size(&call->in_shape[1]) * sizeof(float));
    return trespass(call, true);
}

Test(tensor_errors, sentinels_name_the_buffer_that_was_overrun)
{
    static const struct {
        const char *culprit, *message;
    } cases[] = {
        {"nobody", ""},
        {"out", "V4/toy_gate: something wrote past its buffer 'output'"},
        {"before", "V4/toy_gate: something wrote before its buffer 'output'"},
        {"saved", "V4/toy_gate: something wrote past its buffer 'saved'"},
        {"scratch", "V4/toy_gate: something wrote past its buffer 'scratch'"},
        {"gradient", "x: something wrote past its buffer 'gradient'"},
        {"input", "x: something wrote past its buffer 'input'"},
        {"parameter", "something wrote past the gradient of V4/gain"},
    };
    ww_op op = toy_gate;
    op.prepare = prepare_odd;
    op.forward = trespass_forward;
    op.backward = trespass_backward;
    op.fixed_in = 0;
    ww_graph *g = ww_graph_create();
    ww_var x = ww_input(g, "x", WW_SHAPE(WW_BATCH, 5));
    ww_graph_scope(g, "V4");
    ww_var y = toy2(g, &op, x, ww_parameter(g, "gain", WW_SHAPE(5), (ww_init){0}, 1));
    toy1(g, &toy_scale, ww_parameter(g, "unused", WW_SHAPE(5), (ww_init){0}, 1));
    ww_graph_loss(g, "sum", toy1(g, &toy_sum, y), 1);
    OK(ww_graph_end(g));
    ww_values *values;
    OK(ww_values_create(&values, g, 1));
    setenv("WW_SENTINELS", "1", 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ww_program *program;
        OK(ww_compile(&program, g, values, (ww_compile_options){.batch = 3, .mode = WW_GRADIENT}));
        OK(ww_program_check_sentinels(program));
        culprit = cases[i].culprit;
        OK(ww_program_run(program, 0));
        ww_error_clear();
        check_fails(ww_program_check_sentinels(program), cases[i].message[0] ? WW_EBACKEND : WW_OK,
                    cases[i].message);
        ww_program_free(program);
    }
    unsetenv("WW_SENTINELS");
    ww_values_free(values);
    ww_graph_free(g);
}

/* ---- references and times ---- */

static ww_status twos(ww_op_call *call)
{
    for (size_t i = 0; i < ww_shape_size(&call->out_shape); i++)
        call->out[i] = 2;
    return WW_OK;
}

/* Reads its input although keeps_in is empty, as references may. */
static ww_status gradient_is_input(ww_op_call *call)
{
    memcpy(call->grad_in[0], call->in[0], ww_shape_size(&call->out_shape) * sizeof(float));
    return WW_OK;
}

Test(tensor_errors, references_are_picked_where_there_are_some)
{
    ww_op op = toy_scale;
    op.forward_reference = twos;
    op.backward_reference = gradient_is_input;
    ww_graph *g = chain(&op, true);
    ww_values *values;
    OK(ww_values_create(&values, g, 1));
    for (int reference = 0; reference < 2; reference++) {
        ww_program *program;
        OK(ww_compile(
            &program, g, values,
            (ww_compile_options){
                .batch = 1, .mode = WW_GRADIENT, .reference = reference, .profile = true}));
        for (int k = 0; k < 4; k++)
            ww_program_input(program, "x", NULL)[k] = 1;
        for (int run = 0; run < 5; run++)
            OK(ww_program_run(program, 0));
        cr_expect_float_eq(ww_program_loss(program), reference ? 8 : 44, 0);
        cr_expect_float_eq(ww_program_input_gradient(program, "x")[0], reference ? 16 : 12, 0);
        ww_node_time time;
        double total = 0;
        int nodes = 0;
        for (; ww_program_time(program, (size_t)nodes, &time); nodes++) {
            cr_expect_eq(time.runs, 5);
            cr_expect(time.forward_s > 0 && time.backward_s > 0);
            total += time.forward_s + time.backward_s;
        }
        cr_expect(nodes == 3 && total < 1);
        ww_program_free(program);
    }
    ww_values_free(values);
    ww_graph_free(g);
}
