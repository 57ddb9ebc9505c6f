/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operators that do parts of others around their own work: the same bits as
 * each by itself, on one thread and on two, whatever the memory plan, while
 * weights and pictures change from run to run. That there are guests at all, in
 * blocks of channels, is asserted each time. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/base/threads.h"
#include "engine/tensor/backend/blocks.h"
#include "engine/tensor/compile.h"
#include "engine/tensor/ops.h"
#include "tests/support/made.h"
#include "tests/support/op_rig.h"

#define OK(call) cr_assert_eq((call), WW_OK, "%s", ww_error_message())

enum { CLASSES = 5, STEPS = 3 };

/* What the top reads too, as averages of maps, so that they have a second
 * reader: which goes backward after the first, or (LATE) before it. */
enum { FILTERED = 1, RECTIFIED = 2, SUM = 4, LATE = 8 };

/* A residual net: a first layer, so many blocks of one layer or of two in turn,
 * a layer, a block that makes maps smaller and more of them, one more. */
struct form {
    int64_t h, w, batch;
    int blocks, layers; /* of 16 channels; layers of the first of them */
    int inner;          /* channels between two layers */
    unsigned seen;      /* of the second block */
};

static const struct form forms[] = {{24, 24, 15, 3, 2, 16, 0},
                                    {18, 21, 5, 4, 1, 32, FILTERED | LATE},
                                    {17, 16, 7, 5, 1, 16, RECTIFIED | LATE},
                                    {24, 20, 4, 6, 1, 32, SUM | LATE},
                                    {20, 14, 9, 4, 1, 16, SUM},
                                    {16, 14, 33, 4, 1, 16, FILTERED | RECTIFIED | SUM}};
enum { N_FORMS = sizeof forms / sizeof forms[0], LEAST_GUESTS = 4, LEAST_BLOCKED = 16 };

static const ww_init ones = {.value = 1}, zeros = {.value = 0};
static const ww_init he = {.kind = WW_INIT_HE, .value = 1};

static ww_var filtered(ww_graph *g, const char *scope, ww_var x, int channels, int stride)
{
    ww_graph_scope(g, scope);
    ww_shape shape = WW_SHAPE(channels, ww_var_shape(g, x).dim[1], 3, 3);
    return ww_conv2d(g, x, ww_parameter(g, "filters", shape, he, 1),
                     (ww_conv2d_attr){.pad = 1, .stride = stride});
}

static ww_var normalised(ww_graph *g, ww_var x)
{
    ww_shape n = WW_SHAPE(ww_var_shape(g, x).dim[1]);
    return ww_batch_norm(g, x, ww_parameter(g, "gain", n, ones, 0),
                         ww_parameter(g, "bias", n, zeros, 0), ww_state(g, "mean", n, 0),
                         ww_state(g, "variance", n, 1), 0);
}

static ww_var layer(ww_graph *g, const char *scope, ww_var x, int channels, int stride)
{
    return ww_relu(g, normalised(g, filtered(g, scope, x, channels, stride)));
}

/* Two layers, or one, and what goes round them; which `seen` lists. */
static ww_var block(ww_graph *g, int i, int layers, int inner, ww_var x, ww_var *seen)
{
    char scope[16];
    snprintf(scope, sizeof scope, "V%da", i);
    ww_var y = x;
    if (layers == 2)
        y = layer(g, scope, y, inner, 1);
    seen[1] = y;
    snprintf(scope, sizeof scope, "V%db", i);
    y = seen[0] = filtered(g, scope, y, 16, 1);
    return seen[2] = ww_relu(g, ww_add(g, normalised(g, y), x));
}

static ww_var narrowed(ww_graph *g, ww_var x)
{
    ww_var y = normalised(g, filtered(g, "MTb", layer(g, "MTa", x, 32, 2), 32, 1));
    x = ww_relu(g, ww_add(g, y, ww_shortcut(g, x, 32, 2)));
    y = normalised(g, filtered(g, "MSTb", layer(g, "MSTa", x, 32, 1), 32, 1));
    return ww_relu(g, ww_add(g, y, x));
}

static void look(ww_graph *g, unsigned seen, const ww_var *maps, ww_var *read, int *n)
{
    for (int k = 0; k < 3; k++)
        if ((seen & WW_BIT(k)) != 0)
            read[(*n)++] = ww_global_pool(g, maps[k], WW_POOL_AVERAGE);
}

static ww_graph *graph_of(const struct form *f)
{
    ww_graph *g = ww_graph_create();
    ww_var x = layer(g, "LGN", ww_input(g, "x", WW_SHAPE(WW_BATCH, 3, f->h, f->w)), 16, 1);
    ww_var maps[3], others[3], read[4];
    int n = 0;
    for (int i = 0; i < f->blocks; i++) {
        x = block(g, i, 1 + (f->layers + i + 1) % 2, f->inner, x, i == 1 ? maps : others);
        if (i == 1 && (f->seen & LATE) == 0)
            look(g, f->seen, maps, read, &n);
    }
    if ((f->seen & LATE) != 0)
        look(g, f->seen, maps, read, &n);
    x = layer(g, "PIT", x, 16, 1); /* alone reads the last block's sum */
    read[n++] = ww_global_pool(g, narrowed(g, x), WW_POOL_AVERAGE);
    ww_graph_scope(g, "IT");
    ww_var y = ww_concat(g, n, read, 1);
    y = ww_linear(g, y,
                  ww_parameter(g, "weights", WW_SHAPE(CLASSES, ww_var_shape(g, y).dim[1]), he, 1));
    ww_graph_output(g, "y", y);
    ww_var label = ww_input(g, "label", WW_SHAPE(WW_BATCH));
    ww_graph_loss(g, "error", ww_cross_entropy(g, y, label, 0), 1);
    OK(ww_graph_end(g));
    return g;
}

/* ---- programs ---- */

static int blocked_maps(const ww_program *p)
{
    int n = 0;
    for (size_t i = 0; i < p->n_arrays; i++)
        n += p->arrays[i].blocked;
    return n;
}

/* Guests of each kind, as marked and as the calls have been told; those whose
 * host adds to the gradient that they have passed on, those whose sums are of a
 * gradient to which their host has added, those whose output is made anew. */
struct guests {
    int rest, sums, back, back_sums, round, completed, near, told;
};

static struct guests guests_of(const ww_program *p)
{
    struct guests n = {0};
    for (int u = 0; u < p->n_units; u++) {
        const ww_unit *unit = &p->units[u];
        n.rest += unit->rest_host >= 0, n.sums += unit->sums_host >= 0;
        n.back += unit->back_rest_host >= 0, n.back_sums += unit->back_sums_host >= 0;
        n.round += unit->back_rest_host >= 0 && unit->node->n_in == 6 &&
                   p->units[unit->back_rest_host].node->in[0] == unit->node->in[5];
        n.completed += unit->back_sums_host >= 0 && p->arrays[unit->id].uses > 1;
        n.near += p->arrays[unit->id].near;
        n.told += (unit->forward.before.call != NULL) + (unit->forward.after.call != NULL) +
                  (unit->backward.before.call != NULL) + (unit->backward.after.call != NULL);
    }
    return n;
}

static ww_made make_lanes(const struct form *f, int threads, ww_compile_options options)
{
    int before = ww_threads();
    ww_threads_set(threads);
    options.batch = f->batch;
    ww_made made = ww_made_of(graph_of(f), options);
    ww_threads_set(before);
    return made;
}

static ww_made make(const struct form *f, int threads, ww_compile_options options)
{
    ww_made made = make_lanes(f, threads, options);
    cr_assert_eq(made.program->lanes, 1);
    return made;
}

/* One that has guests, or has none though it could. */
static ww_made make_hosted(const struct form *f, int threads, ww_mode mode, bool invited)
{
    ww_made made = make(f, threads, (ww_compile_options){.mode = mode});
    ww_program *p = made.program;
    struct guests n = guests_of(p);
    int round = mode != WW_INFER && threads <= 2, back = round * LEAST_GUESTS;
    cr_assert(blocked_maps(p) >= LEAST_BLOCKED, "%d maps in blocks", blocked_maps(p));
    cr_assert(n.rest >= LEAST_GUESTS && n.sums >= LEAST_GUESTS, "%d, %d", n.rest, n.sums);
    cr_assert(n.back >= back && n.round >= round, "%d, %d around", n.back, n.round);
    cr_assert(n.back_sums >= back && n.completed >= round, "%d, %d", n.back_sums, n.completed);
    cr_assert(n.near >= round && (n.near == 0 || mode != WW_INFER), "%d made anew", n.near);
    cr_assert_eq(n.told, n.rest + n.sums + n.back + n.back_sums);
    if (!invited) {
        OK(ww_guests_tell(p, false));
        cr_assert_eq(guests_of(p).told, 0);
    }
    return made;
}

/* Other pictures at each step. */
static void feed(ww_program *p, uint64_t step)
{
    size_t n = 0;
    ww_random random = ww_random_at(11, step);
    float *x = ww_program_input(p, "x", &n);
    ww_rig_draw(x, n, WW_DRAW_NORMAL, 0, &random);
    float *label = ww_program_input(p, "label", &n);
    ww_rig_draw(label, n, WW_DRAW_LABEL, CLASSES, &random);
}

static void run(ww_made *made, int threads, uint64_t step)
{
    ww_threads_set(threads);
    feed(made->program, step);
    OK(ww_program_run(made->program, step));
    OK(ww_program_check_sentinels(made->program));
    ww_threads_set(1);
}

/* Down the gradient, no parameter by more than a little. */
static void learn(ww_made *made)
{
    size_t n = 0;
    float largest = 1e-30F;
    const float *gradients = ww_program_gradients(made->program, &n);
    float *values = ww_values_parameters(made->values, &(size_t){0});
    for (size_t i = 0; i < n; i++)
        largest = fmaxf(largest, fabsf(gradients[i]));
    for (size_t i = 0; i < n; i++)
        values[i] -= 0.05F / largest * gradients[i];
}

/* ---- comparisons ---- */

/* Two arrays: the same bits, or (limit > 0) no further apart than that, as
 * relative rms. */
static void compare(const float *a, const float *b, size_t n, double limit, const char *what)
{
    cr_assert(a != NULL && b != NULL && n > 0, "%s", what);
    if (limit > 0) {
        double error = ww_rig_distance(a, b, n);
        cr_assert(error <= limit, "%s: relative rms %.3g", what, error);
    }
    for (size_t i = 0; i < n && limit == 0; i++)
        cr_assert(memcmp(a + i, b + i, sizeof *a) == 0, "%s: element %zu: %.9g and %.9g", what, i,
                  (double)a[i], (double)b[i]);
}

/* All that can be read after a run; limit: of outputs and states, gradients may
 * be off by ten times as much. */
static void compare_runs(const ww_made *a, const ww_made *b, double limit, const char *where)
{
    char what[128];
    ww_shape shape;
    float losses[] = {(float)ww_program_loss(a->program), (float)ww_program_loss(b->program)};
    snprintf(what, sizeof what, "%s: loss", where);
    compare(&losses[0], &losses[1], 1, limit, what);
    const float *y = ww_program_output(a->program, "y", &shape);
    snprintf(what, sizeof what, "%s: output", where);
    compare(y, ww_program_output(b->program, "y", NULL), ww_shape_size(&shape), limit, what);
    const float *by_a = ww_program_gradients(a->program, NULL);
    const float *by_b = ww_program_gradients(b->program, NULL);
    for (size_t i = 0; i < ww_values_count(a->values); i++) {
        const ww_value *v = ww_values_at(a->values, i);
        snprintf(what, sizeof what, "%s: %s", where, v->name);
        compare(v->data, ww_values_find(b->values, v->name)->data, v->size, limit, what);
        snprintf(what, sizeof what, "%s: gradient of %s", where, v->name);
        if (v->kind == WW_NODE_PARAM && by_a != NULL)
            compare(by_a + v->offset, by_b + v->offset, v->size, 10 * limit, what);
    }
    size_t n = 0;
    (void)ww_program_input(a->program, "x", &n);
    const float *by_x = ww_program_input_gradient(a->program, "x");
    snprintf(what, sizeof what, "%s: gradient of the input", where);
    if (by_x != NULL)
        compare(by_x, ww_program_input_gradient(b->program, "x"), n, 10 * limit, what);
}

/* Some steps of both. */
static void compare_steps(ww_made *a, int a_threads, ww_made *b, int b_threads, const char *where)
{
    for (uint64_t step = 0; step < STEPS; step++) {
        run(a, a_threads, step), run(b, b_threads, step);
        compare_runs(a, b, 0, where);
        learn(a), learn(b);
    }
}

static void skip_without_blocks(void)
{
    if (ww_block_channels() == 0)
        cr_skip_test("no maps in blocks here");
}

/* ---- the same bits ---- */

Test(tensor_guests, have_the_bits_of_no_guests)
{
    static const char *const names[] = {"infer", "train", "gradient"};
    skip_without_blocks();
    for (int f = 0; f < N_FORMS; f++)
        for (ww_mode mode = WW_INFER; mode <= WW_GRADIENT; mode++)
            for (int threads = 1; threads <= 2; threads++) {
                char where[64];
                snprintf(where, sizeof where, "form %d, %s, %d thread(s)", f, names[mode], threads);
                ww_made hosted = make_hosted(&forms[f], threads, mode, true);
                ww_made alone = make_hosted(&forms[f], threads, mode, false);
                compare_steps(&hosted, threads, &alone, threads, where);
                ww_made_free(&hosted), ww_made_free(&alone);
            }
}

Test(tensor_guests, threads_change_no_bit)
{
    skip_without_blocks();
    for (int f = 0; f < N_FORMS; f++)
        for (int threads = 2; threads <= 3; threads++) {
            ww_made one = make_hosted(&forms[f], 1, WW_GRADIENT, true);
            ww_made many = make_hosted(&forms[f], threads, WW_GRADIENT, true);
            run(&one, 1, 0), run(&many, threads, 0);
            compare_runs(&one, &many, 0, "another number of threads");
            ww_made_free(&one), ww_made_free(&many);
        }
}

Test(tensor_guests, memory_changes_no_bit)
{
    static const struct {
        const char *name;
        ww_compile_options options;
        bool hosted;
    } ways[] = {{"profile", {.profile = true}, false},
                {"recompute", {.recompute = true}, false},
                {"unshared", {.unshared = true}, true},
                {"sentinels", {.seed = 0}, true}};
    skip_without_blocks();
    for (int f = 0; f < N_FORMS; f++)
        for (int i = 0; i < 4; i++) {
            const ww_mode mode = (f + i) % 2 == 0 ? WW_TRAIN : WW_GRADIENT;
            ww_compile_options options = ways[i].options;
            options.mode = mode;
            ww_made plain = make_hosted(&forms[f], 1, mode, true);
            if (i == 3)
                setenv("WW_SENTINELS", "1", 1);
            ww_made other = make(&forms[f], 1, options);
            unsetenv("WW_SENTINELS");
            cr_assert_eq(guests_of(other.program).told > 0, ways[i].hosted);
            cr_assert_eq(blocked_maps(other.program), blocked_maps(plain.program));
            compare_steps(&plain, 1, &other, 1, ways[i].name);
            ww_made_free(&plain), ww_made_free(&other);
        }
}

/* What goes side by side is done by each for itself. */
Test(tensor_guests, none_where_steps_go_side_by_side)
{
    static const struct form f = {16, 14, 9, 3, 1, 16, FILTERED | RECTIFIED | SUM};
    skip_without_blocks();
    ww_made hosted = make_hosted(&f, 1, WW_INFER, true);
    ww_made lanes = make_lanes(&f, 2, (ww_compile_options){.mode = WW_INFER});
    cr_assert_eq(lanes.program->lanes, 2);
    cr_assert_eq(blocked_maps(lanes.program), blocked_maps(hosted.program));
    cr_assert_eq(guests_of(lanes.program).told, 0);
    compare_steps(&hosted, 1, &lanes, 2, "side by side");
    ww_made_free(&hosted), ww_made_free(&lanes);
}

/* Maps away from where a rectifier begins, which would part what is nearly the
 * same. */
static void push_away(ww_made *made)
{
    for (size_t i = 0; i < ww_values_count(made->values); i++) {
        ww_value *v = ww_values_at(made->values, i);
        for (size_t k = 0; k < v->size && strstr(v->name, "/bias") != NULL; k++)
            v->data[k] = k % 2 == 0 ? 2.5F : -2.5F;
    }
}

Test(tensor_guests, agree_with_the_reference)
{
    static const struct form small = {16, 13, 5, 4, 1, 16, RECTIFIED | LATE};
    skip_without_blocks();
    for (ww_mode mode = WW_TRAIN; mode <= WW_GRADIENT; mode++) {
        ww_made hosted = make_hosted(&small, 2, mode, true);
        ww_made reference = make(&small, 1, (ww_compile_options){.mode = mode, .reference = true});
        cr_assert_eq(blocked_maps(reference.program), 0);
        cr_assert_eq(guests_of(reference.program).told, 0);
        push_away(&hosted), push_away(&reference);
        run(&hosted, 2, 0), run(&reference, 1, 0);
        compare_runs(&hosted, &reference, 1e-5, "reference");
        ww_made_free(&hosted), ww_made_free(&reference);
    }
}

/* ---- the memory plan ---- */

static void lives(const ww_program *p, const ww_unit *unit, int buffer, int from, int until,
                  const char *what)
{
    cr_assert(buffer != WW_NO_BUFFER, "%s: %s", unit->node->name, what);
    const ww_buffer *b = &p->buffers[buffer];
    cr_assert(b->first <= from && b->last >= until, "%s: %s lives from %d to %d, not %d to %d",
              unit->node->name, what, b->first, b->last, from, until);
}

/* What the parts of a unit touch is there when its hosts come. */
static void check_lives(const ww_program *p, int u)
{
    const ww_unit *unit = &p->units[u];
    const ww_array *x = &p->arrays[unit->node->in[0]], *y = &p->arrays[unit->id];
    const ww_array *added = unit->node->n_in > 5 ? &p->arrays[unit->node->in[5]] : NULL;
    int back = ww_time_backward(p, unit->back_rest_host);
    if (unit->sums_host >= 0)
        lives(p, unit, unit->saved, unit->sums_host, u, "the sums");
    if (y->near) {
        cr_assert_eq(y->buffer, WW_NO_BUFFER);
        lives(p, unit, x->buffer, u, ww_time_backward(p, unit->rest_host), "x");
        lives(p, unit, unit->saved, u, ww_time_backward(p, unit->rest_host), "the moments");
    }
    if (unit->back_sums_host >= 0) {
        int begin = ww_time_backward(p, unit->back_sums_host), end = ww_time_backward(p, u);
        lives(p, unit, x->buffer, u, end, "x");
        lives(p, unit, y->gradient_buffer, begin, end, "dy");
        if (added != NULL)
            lives(p, unit, added->gradient_buffer, begin, end, "dy that has passed");
    }
    if (unit->rest_host >= 0) {
        lives(p, unit, x->buffer, u, unit->rest_host, "x");
        lives(p, unit, unit->saved, u, unit->rest_host, "the moments");
        if (!y->near)
            lives(p, unit, y->buffer, unit->rest_host, unit->rest_host, "y");
    }
    if (unit->rest_host >= 0 && added != NULL)
        lives(p, unit, added->buffer, u, unit->rest_host, "what is added");
    if (unit->back_rest_host < 0)
        return;
    lives(p, unit, x->buffer, u, back, "x");
    lives(p, unit, unit->saved, u, back, "the moments");
    lives(p, unit, y->gradient_buffer, ww_time_backward(p, u), back, "dy");
    cr_assert_eq(unit->target[0].kind, WW_TARGET_FIRST);
    if (added != NULL) {
        cr_assert_eq(unit->target[5].kind, WW_TARGET_FIRST);
        lives(p, unit, y->buffer, u, back, "y");
        lives(p, unit, added->gradient_buffer, ww_time_backward(p, u), back, "dy that has passed");
    }
}

Test(tensor_guests, hosts_find_what_their_guests_read)
{
    skip_without_blocks();
    for (int f = 0; f < N_FORMS; f++)
        for (ww_mode mode = WW_INFER; mode <= WW_GRADIENT; mode++) {
            ww_made made = make_hosted(&forms[f], 1, mode, true);
            for (int u = 0; u < made.program->n_units; u++)
                check_lives(made.program, u);
            ww_made_free(&made);
        }
}

/* ---- what is not a number ---- */

/* The message about a run in which one number of an array is not one. */
static void message_of(ww_made *made, int threads, const char *name, char message[256])
{
    ww_value *v = ww_values_find(made->values, name);
    float before = v->data[v->size / 2];
    v->data[v->size / 2] = NAN;
    run(made, threads, 1);
    cr_assert_eq(ww_program_check_finite(made->program, 1), WW_ENUMERIC, "%s", name);
    snprintf(message, 256, "%s", ww_error_message());
    v->data[v->size / 2] = before;
}

/* Running statistics as they were, not as numbers that are none have left them.
 */
static void restore(ww_made *to, const ww_made *from)
{
    for (size_t i = 0; i < ww_values_count(to->values); i++) {
        const ww_value *v = ww_values_at(to->values, i);
        memcpy(v->data, ww_values_find(from->values, v->name)->data, v->size * sizeof *v->data);
    }
}

static void check_faults(const char *name, ww_mode mode, int threads)
{
    const struct form *f = &forms[1];
    struct form little = *f; /* so little that maps stay as they are */
    char message[256], wanted[256];
    little.h = little.w = 8, little.batch = 1;
    ww_made hosted = make_hosted(f, threads, mode, true);
    ww_made other = make_hosted(f, threads, mode, true);
    ww_made plain = make(&little, 1, (ww_compile_options){.mode = mode, .reference = true});
    int told = guests_of(hosted.program).told;
    cr_assert_eq(blocked_maps(plain.program), 0);
    run(&hosted, threads, 0), run(&other, threads, 0);
    message_of(&hosted, threads, name, message);
    message_of(&plain, 1, name, wanted);
    cr_assert_str_eq(message, wanted);
    cr_assert(strstr(message, name) != NULL, "%s", message);
    cr_assert_eq(guests_of(hosted.program).told, told, "guests are not invited again");
    restore(&hosted, &other);
    compare_steps(&hosted, threads, &other, threads, name);
    OK(ww_program_check_finite(hosted.program, STEPS - 1));
    ww_made_free(&hosted), ww_made_free(&other), ww_made_free(&plain);
}

Test(tensor_guests, a_fault_is_found_where_it_is_and_leaves_nothing)
{
    static const char *const names[] = {"V1b/filters", "V1b/gain",    "V3a/bias",
                                        "LGN/filters", "MTb/filters", "MSTa/gain"};
    skip_without_blocks();
    for (int i = 0; i < 6; i++)
        check_faults(names[i], i % 2 == 0 ? WW_TRAIN : WW_GRADIENT, 1 + i % 2);
}
