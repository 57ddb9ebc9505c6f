/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs: what they compute, against finite differences and closed forms. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/tensor/program.h"
#include "tests/support/toy_ops.h"

enum { BATCH = 3 };

#define OK(call) cr_assert_eq((call), WW_OK, "%s", ww_error_message())

static ww_program *compile(const ww_graph *g, ww_values *values, ww_mode mode)
{
    ww_program *program;
    OK(ww_compile(&program, g, values,
                  (ww_compile_options){.batch = BATCH, .mode = mode, .seed = 5}));
    return program;
}

static void fill(ww_program *program, const char *name, uint64_t seed)
{
    size_t n;
    float *x = ww_program_input(program, name, &n);
    cr_assert_not_null(x, "%s", name);
    ww_random random = ww_random_at(seed, 0);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)ww_random_normal(&random);
}

/* Two layers, with a bias-free tanh between, and two losses. */
static ww_graph *two_layers(void)
{
    ww_graph *g = ww_graph_create();
    ww_init he = {.kind = WW_INIT_HE, .value = 1};
    ww_var x = ww_input(g, "x", WW_SHAPE(WW_BATCH, 5));
    ww_var target = ww_input(g, "target", WW_SHAPE(WW_BATCH, 2));
    ww_graph_scope(g, "V1");
    ww_var w = ww_parameter(g, "weight", WW_SHAPE(7, 5), he, 1);
    ww_var hidden = toy1(g, &toy_tanh, toy2(g, &toy_linear, x, w));
    ww_graph_scope(g, "V2");
    ww_var y = toy2(g, &toy_linear, hidden, ww_parameter(g, "weight", WW_SHAPE(2, 7), he, 1));
    ww_graph_output(g, "y", y);
    ww_graph_loss(g, "error", toy2(g, &toy_error, y, target), 0.5);
    ww_graph_loss(g, "size", toy1(g, &toy_sum, toy1(g, &toy_square, hidden)), 0.25);
    OK(ww_graph_end(g));
    return g;
}

/* Central differences of the loss with respect to every element of `x` against `gradient`. */
static void check_differences(ww_program *program, float *x, const float *gradient, size_t n,
                              const char *what)
{
    const float h = 0x1p-6f;
    ww_program_run(program, 0);
    float kept[64];
    cr_assert_leq(n, 64);
    memcpy(kept, gradient, n * sizeof(float));
    for (size_t i = 0; i < n; i++) {
        float x0 = x[i];
        x[i] = x0 + h;
        OK(ww_program_run(program, 0));
        double up = ww_program_loss(program);
        x[i] = x0 - h;
        OK(ww_program_run(program, 0));
        double slope = (up - ww_program_loss(program)) / (2.0 * h);
        x[i] = x0;
        cr_assert_float_eq(kept[i], slope, 2e-3 * (1 + fabs(slope)), "%s[%zu]: %g is not %g", what,
                           i, (double)kept[i], slope);
    }
}

Test(tensor_program, two_layers_by_finite_differences)
{
    ww_graph *g = two_layers();
    ww_values *values;
    OK(ww_values_create(&values, g, 1));
    for (int mode = WW_TRAIN; mode <= WW_GRADIENT; mode++) {
        ww_program *program = compile(g, values, (ww_mode)mode);
        fill(program, "x", 1);
        fill(program, "target", 2);
        size_t n;
        float *gradients = ww_program_gradients(program, &n);
        for (size_t v = 0; v < ww_values_count(values); v++) {
            ww_value *value = ww_values_at(values, v);
            check_differences(program, value->data, gradients + value->offset, value->size,
                              value->name);
        }
        const float *by_x = ww_program_input_gradient(program, "x");
        cr_assert_eq(by_x == NULL, mode == WW_TRAIN);
        if (by_x != NULL)
            check_differences(program, ww_program_input(program, "x", &n), by_x, BATCH * 5, "x");
        cr_assert_null(ww_program_input_gradient(program, "target"));
        OK(ww_program_check_finite(program, 0));
        ww_program_free(program);
    }
    ww_values_free(values);
    ww_graph_free(g);
}

/* ---- reverse mode in closed form ---- */

/* A graph around x[N, 1] with a scalar weight w[1, 1], for closed forms. */
struct scalar {
    ww_graph *g;
    ww_var x, w;
    ww_values *values;
    ww_program *program;
};

static struct scalar scalar_begin(void)
{
    struct scalar s = {.g = ww_graph_create()};
    s.x = ww_input(s.g, "x", WW_SHAPE(WW_BATCH, 1));
    ww_graph_scope(s.g, "V1");
    s.w = ww_parameter(s.g, "weight", WW_SHAPE(1, 1), (ww_init){.value = 0.5}, 1);
    return s;
}

/* Ends with the loss sum(y) and runs it once on x = 1, 2, 3. */
static void scalar_run(struct scalar *s, ww_var y, ww_mode mode)
{
    ww_graph_loss(s->g, "loss", toy1(s->g, &toy_sum, y), 1);
    OK(ww_graph_end(s->g));
    OK(ww_values_create(&s->values, s->g, 1));
    s->program = compile(s->g, s->values, mode);
    float *x = ww_program_input(s->program, "x", NULL);
    for (int i = 0; i < BATCH; i++)
        x[i] = (float)(i + 1);
    OK(ww_program_run(s->program, 0));
}

static void scalar_end(struct scalar *s)
{
    ww_program_free(s->program);
    ww_values_free(s->values);
    ww_graph_free(s->g);
}

/* y = w (w (w x)): dy/dw = 3 w^2 x, dy/dx = w^3. */
Test(tensor_program, a_parameter_used_three_times_gets_the_sum)
{
    struct scalar s = scalar_begin();
    ww_var y = s.x;
    for (int t = 0; t < 3; t++)
        y = toy2(s.g, &toy_linear, y, ww_parameter(s.g, "weight", WW_SHAPE(1, 1), (ww_init){0}, 1));
    scalar_run(&s, y, WW_GRADIENT);
    cr_expect_float_eq(ww_program_loss(s.program), 0.125 * 6, 0);
    for (int run = 0; run < 2; run++) { /* nothing is carried from run to run */
        cr_expect_float_eq(ww_program_gradients(s.program, NULL)[0], 3 * 0.25 * 6, 0);
        cr_expect_float_eq(ww_program_input_gradient(s.program, "x")[1], 0.125, 0);
        OK(ww_program_run(s.program, 1));
    }
    scalar_end(&s);
}

/* h = w x; y = h * (3 h - 1) + h + h * h: dy/dh = 8 h. */
Test(tensor_program, diamonds)
{
    struct scalar s = scalar_begin();
    ww_var h = toy2(s.g, &toy_linear, s.x, s.w);
    ww_var product = toy2(s.g, &toy_mul, h, toy1(s.g, &toy_scale, h));
    ww_var square = toy2(s.g, &toy_mul, h, h);
    ww_var y = ww_apply(s.g, &toy_add, NULL, 3, (ww_var[]){product, h, square});
    scalar_run(&s, y, WW_GRADIENT);
    double loss = 0, by_w = 0;
    for (int i = 1; i <= BATCH; i++) {
        double value = 0.5 * i;
        loss += 4 * value * value;
        by_w += 8 * value * i;
        cr_expect_float_eq(ww_program_input_gradient(s.program, "x")[i - 1], 8 * value * 0.5, 1e-6);
    }
    cr_expect_float_eq(ww_program_loss(s.program), loss, 1e-6);
    cr_expect_float_eq(ww_program_gradients(s.program, NULL)[0], by_w, 1e-5);
    scalar_end(&s);
}

Test(tensor_program, an_operator_without_backward_stops_the_gradient)
{
    struct scalar s = scalar_begin();
    ww_var h = toy2(s.g, &toy_linear, s.x, s.w);
    scalar_run(&s, toy2(s.g, &toy_add, h, toy1(s.g, &toy_stop, h)), WW_TRAIN);
    cr_expect_float_eq(ww_program_loss(s.program), 6, 0);
    cr_expect_float_eq(ww_program_gradients(s.program, NULL)[0], 6, 0);
    scalar_end(&s);
}

/* loss = 2 sum(w x) + w + w / 4 - sum(w x): outputs and losses on named arrays, two on one node. */
Test(tensor_program, losses_are_summed_with_their_weights)
{
    struct scalar s = scalar_begin();
    ww_var sum = toy1(s.g, &toy_sum, toy2(s.g, &toy_linear, s.x, s.w));
    ww_graph_loss(s.g, "a", sum, 2);
    ww_graph_loss(s.g, "b", s.w, 1);
    ww_graph_loss(s.g, "c", s.w, 0.25);
    ww_graph_loss(s.g, "d", sum, 0); /* reported, not trained on */
    ww_graph_output(s.g, "x", s.x);
    ww_graph_output(s.g, "w", s.w);
    scalar_run(&s, toy1(s.g, &toy_scale, s.w), WW_TRAIN); /* adds sum(3 w - 1) */
    cr_expect_float_eq(ww_program_loss(s.program), 2 * 3 + 0.5 + 0.125 + 0.5, 1e-6);
    cr_expect_float_eq(ww_program_gradients(s.program, NULL)[0], 2 * 6 + 1 + 0.25 + 3, 1e-6);
    ww_shape shape, expected = WW_SHAPE(BATCH, 1);
    const float *x = ww_program_output(s.program, "x", &shape);
    cr_expect(ww_shape_equal(&shape, &expected));
    cr_expect_float_eq(x[2], 3, 0);
    cr_expect_eq(ww_program_output(s.program, "w", NULL),
                 ww_values_find(s.values, "V1/weight")->data);
    cr_expect_float_eq(ww_program_output(s.program, "d", NULL)[0], 3, 0);
    cr_expect_float_eq(ww_program_output(s.program, "loss", NULL)[0], 0.5, 0);
    cr_expect_null(ww_program_output(s.program, "e", NULL));
    scalar_end(&s);
}

/* ---- what is left out ---- */

static ww_status refuse(ww_op_call *call)
{
    (void)call;
    return WW_FAIL(WW_EBACKEND, "no kernel for this size");
}

Test(tensor_program, what_reaches_no_output_is_dropped)
{
    ww_op broken = toy_tanh;
    broken.prepare = broken.forward = refuse;
    struct scalar s = scalar_begin();
    ww_var unused = ww_input(s.g, "unused", WW_SHAPE(WW_BATCH, 2));
    toy1(s.g, &broken, unused);
    ww_var h = toy2(s.g, &toy_linear, s.x, s.w);
    toy1(s.g, &broken, h);
    toy2(s.g, &toy_add, h, h);
    ww_parameter(s.g, "unused", WW_SHAPE(5), (ww_init){.value = 1}, 1);
    scalar_run(&s, h, WW_TRAIN);
    ww_node_time time;
    cr_assert(ww_program_time(s.program, 1, &time));
    cr_expect_str_eq(time.name, "V1/toy_sum");
    cr_expect_not(ww_program_time(s.program, 2, &time));
    cr_expect_null(ww_program_input(s.program, "unused", NULL));
    cr_expect_null(ww_program_input(s.program, "V1/weight", NULL));
    cr_expect_null(ww_program_input_gradient(s.program, "x"));
    size_t n;
    const float *gradients = ww_program_gradients(s.program, &n);
    cr_assert_eq(n, 32);
    for (size_t i = 1; i < n; i++)
        cr_expect_float_eq(gradients[i], 0, 0);
    ww_program_free(s.program);
    s.program = compile(s.g, s.values, WW_INFER);
    cr_expect_null(ww_program_gradients(s.program, &n));
    cr_expect_eq(n, 0);
    scalar_end(&s);
}

/* Notes for each input whether its gradient is wanted (g) and whether it is kept (k), and whether
 * the output is (o). */
static char noted[64];

static ww_status note(ww_op_call *call)
{
    for (int k = 0; k < call->n_in; k++) {
        strcat(noted, call->grad_in[k] ? "g" : "-");
        strcat(noted, call->in[k] ? "k" : "-");
        if (call->grad_in[k] != NULL)
            memset(call->grad_in[k], 0, ww_shape_size(&call->in_shape[k]) * sizeof(float));
    }
    strcat(noted, call->out ? "o" : "-");
    return WW_OK;
}

Test(tensor_program, only_what_is_asked_for_goes_backward)
{
    static const struct {
        ww_mode mode;
        unsigned keeps_in, fixed_in;
        bool keeps_out;
        const char *noted;
    } cases[] = {
        {WW_INFER, WW_BIT(31), 0, true, ""},
        {WW_TRAIN, WW_BIT(0), 0, false, "-kg--"},
        {WW_TRAIN, WW_BIT(1), 0, true, "--gko"},
        {WW_TRAIN, WW_BIT(31), WW_BIT(1), false, ""},
        {WW_GRADIENT, WW_BIT(31), 0, false, "gkgk-"},
        {WW_GRADIENT, 0, WW_BIT(0), true, "--g-o"},
        {WW_GRADIENT, 0, WW_BIT(0) | WW_BIT(1), true, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ww_op op = toy_linear;
        op.keeps_in = cases[i].keeps_in;
        op.keeps_out = cases[i].keeps_out;
        op.fixed_in = cases[i].fixed_in;
        op.backward = note;
        struct scalar s = scalar_begin();
        noted[0] = '\0';
        scalar_run(&s, toy2(s.g, &op, s.x, s.w), cases[i].mode);
        cr_expect_str_eq(noted, cases[i].noted, "case %zu: %s", i, noted);
        scalar_end(&s);
    }
}

/* ---- named arrays in place ---- */

Test(tensor_program, controls_act_without_compiling_again)
{
    struct scalar s = scalar_begin();
    ww_var gain = ww_control(s.g, "gain", WW_SHAPE(1), 1);
    ww_var y = toy2(s.g, &toy_gate, toy2(s.g, &toy_linear, s.x, s.w), gain);
    scalar_run(&s, y, WW_TRAIN);
    float *control = ww_values_find(s.values, "V1/gain")->data;
    for (int i = 0; i <= 4; i++) {
        control[0] = (float)i / 4;
        OK(ww_program_run(s.program, 0));
        cr_expect_float_eq(ww_program_loss(s.program), 3.0 * i / 4, 0);
        cr_expect_float_eq(ww_program_gradients(s.program, NULL)[0], 6.0 * i / 4, 0);
    }
    scalar_end(&s);
}

Test(tensor_program, states_move_in_training_and_are_read_else)
{
    struct scalar s = scalar_begin();
    ww_var state = ww_state(s.g, "mean", WW_SHAPE(1), 8);
    ww_var h = toy2(s.g, &toy_linear, s.x, s.w); /* 0.5, 1, 1.5 */
    ww_var y = toy2(s.g, &toy_centre, h, state);
    ww_graph_output(s.g, "y", y);
    scalar_run(&s, y, WW_GRADIENT);
    const ww_value *mean = ww_values_find(s.values, "V1/mean");
    cr_expect_float_eq(mean->data[0], 8, 0);
    cr_expect_float_eq(ww_program_output(s.program, "y", NULL)[0], -7.5, 0);
    cr_expect_float_eq(ww_program_gradients(s.program, NULL)[0], 6, 0);
    ww_program *training = compile(s.g, s.values, WW_TRAIN);
    float *x = ww_program_input(training, "x", NULL);
    for (int i = 0; i < BATCH; i++)
        x[i] = (float)(i + 1);
    OK(ww_program_run(training, 0));
    cr_expect_float_eq(mean->data[0], 0.75 * 8 + 0.25, 1e-6);
    cr_expect_float_eq(ww_program_output(training, "y", NULL)[0], -0.5, 1e-6);
    cr_expect_float_eq(ww_program_gradients(training, NULL)[0], 0, 1e-6);
    OK(ww_program_run(s.program, 1)); /* the other program sees the state */
    cr_expect_float_eq(ww_program_output(s.program, "y", NULL)[0], 0.5 - 6.25, 1e-6);
    ww_program_free(training);
    scalar_end(&s);
}

/* The mean over a batch that holds every sample twice is the same. */
Test(tensor_program, programs_of_different_batch_share_values)
{
    ww_graph *g = two_layers();
    ww_values *values;
    OK(ww_values_create(&values, g, 1));
    ww_program *one = compile(g, values, WW_TRAIN), *two;
    OK(ww_compile(&two, g, values, (ww_compile_options){.batch = 2 * BATCH, .mode = WW_TRAIN}));
    static const char *const names[] = {"x", "target"};
    for (int i = 0; i < 2; i++) {
        fill(one, names[i], (uint64_t)i);
        size_t n, m;
        float *from = ww_program_input(one, names[i], &n),
              *to = ww_program_input(two, names[i], &m);
        cr_assert_eq(m, 2 * n);
        memcpy(to, from, n * sizeof *to);
        memcpy(to + n, from, n * sizeof *to);
    }
    for (int step = 0; step < 3; step++) {
        OK(ww_program_run(one, 0));
        OK(ww_program_run(two, 0));
        double error = ww_program_output(one, "error", NULL)[0];
        double size = ww_program_output(one, "size", NULL)[0];
        cr_expect_float_eq(ww_program_output(two, "error", NULL)[0], error, 1e-6);
        cr_expect_float_eq(ww_program_output(two, "size", NULL)[0], 2 * size, 1e-5);
        cr_expect_float_eq(ww_program_loss(one), 0.5 * error + 0.25 * size, 1e-12);
        size_t n;
        float *weights = ww_values_parameters(values, &n);
        const float *gradients = ww_program_gradients(one, &n);
        for (size_t i = 0; i < n; i++)
            weights[i] -= 0.1f * gradients[i];
    }
    ww_program_free(one), ww_program_free(two);
    ww_values_free(values);
    ww_graph_free(g);
}

/* ---- random numbers ---- */

/* The mask of a dropout over 64 elements in `scope`, perhaps after another area's, and perhaps the
 * second of this name (the first reaches no output). */
static void draw(const char *scope, bool after_another, bool second, uint64_t seed, uint64_t step,
                 float *mask)
{
    ww_graph *g = ww_graph_create();
    ww_var w = ww_parameter(g, "w", WW_SHAPE(64), (ww_init){.value = 1}, 1);
    if (after_another) {
        ww_graph_scope(g, "V1");
        ww_graph_output(g, "other", toy1(g, &toy_dropout, w));
    }
    ww_graph_scope(g, scope);
    if (second)
        toy1(g, &toy_dropout, w);
    ww_graph_loss(g, "sum", toy1(g, &toy_sum, toy1(g, &toy_dropout, w)), 1);
    OK(ww_graph_end(g));
    ww_values *values;
    OK(ww_values_create(&values, g, 1));
    ww_program *program;
    OK(ww_compile(&program, g, values,
                  (ww_compile_options){.batch = 1, .mode = WW_TRAIN, .seed = seed}));
    OK(ww_program_run(program, 17));
    OK(ww_program_run(program, step));
    memcpy(mask, ww_program_gradients(program, NULL), 64 * sizeof *mask);
    double sum = 0;
    for (int i = 0; i < 64; i++)
        sum += mask[i];
    cr_expect_float_eq(ww_program_loss(program), sum, 0, "backward draws what forward drew");
    ww_program_free(program);
    ww_values_free(values);
    ww_graph_free(g);
}

Test(tensor_program, dropout_hangs_on_seed_step_and_name)
{
    float base[64], mask[64];
    draw("V4", false, false, 1, 3, base);
    static const struct {
        const char *scope;
        bool after_another, second;
        uint64_t seed, step;
        bool same;
    } draws[] = {{"V4", false, false, 1, 3, true},  {"V4", true, false, 1, 3, true},
                 {"V4", false, false, 1, 4, false}, {"V4", false, false, 2, 3, false},
                 {"MT", false, false, 1, 3, false}, {"V4", false, true, 1, 3, false}};
    for (size_t i = 0; i < sizeof draws / sizeof draws[0]; i++) {
        draw(draws[i].scope, draws[i].after_another, draws[i].second, draws[i].seed, draws[i].step,
             mask);
        cr_expect_eq(memcmp(mask, base, sizeof mask) == 0, draws[i].same, "draw %zu", i);
    }
}
