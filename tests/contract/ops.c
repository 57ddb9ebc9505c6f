/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every operator promises (engine/tensor/op.h), on every one of its cases.
 *
 * One test per operator; WW_OP=conv2d tests that one alone. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/threads.h"
#include "tests/support/op_rig.h"

static const int64_t batches[] = {1, 3};
static const ww_mode modes[] = {WW_TRAIN, WW_GRADIENT};

enum { N_BATCHES = 2, N_MODES = 2, MANY = 64 };

static double tolerance(const ww_op *op)
{
    return op->tolerance > 0 ? op->tolerance : 1e-5;
}

/* NULL if the operator cannot have these operands in blocks. */
static ww_rig *rigged(const ww_op *op, const ww_op_case *of, int64_t batch, ww_mode mode,
                      unsigned blocked)
{
    ww_rig *rig = ww_rig_create_blocked(op, of, batch, mode, blocked);
    cr_assert(rig != NULL || blocked != 0, "%s, '%s': refused: %s", op->item.name, of->name,
              ww_error_message());
    return rig;
}

/* What a forward and a backward leave behind. */
struct trace {
    float *out, *grad[WW_OP_CASE_MAX_IN], *state[WW_OP_CASE_MAX_IN];
};

static struct trace run(ww_rig *rig)
{
    struct trace trace = {0};
    ww_rig_forward(rig);
    trace.out = ww_rig_copy(rig->call.out, rig->out_size);
    for (int k = 0; k < rig->call.n_in; k++)
        trace.state[k] = ww_rig_copy(rig->in[k], rig->size[k]);
    if (rig->op->backward == NULL || rig->call.mode == WW_INFER)
        return trace;
    ww_rig_backward(rig);
    for (int k = 0; k < rig->call.n_in; k++)
        if (rig->wanted[k] != NULL)
            trace.grad[k] = ww_rig_copy(rig->wanted[k], rig->size[k]);
    return trace;
}

static void trace_free(struct trace *trace)
{
    free(trace->out);
    for (int k = 0; k < WW_OP_CASE_MAX_IN; k++) {
        free(trace->grad[k]);
        free(trace->state[k]);
    }
}

/* Equal to a relative rms of `limit`; 0: bit for bit. Gradients that `b` lacks are not compared. */
static void same_array(const ww_rig *rig, const char *why, const char *what, int k, const float *a,
                       const float *b, size_t n, double limit)
{
    if (a == NULL || b == NULL)
        return;
    double distance = ww_rig_distance(a, b, n);
    bool same = limit > 0 ? distance <= limit : memcmp(a, b, n * sizeof *a) == 0;
    cr_assert(same, "%s: %s: %s %d differs, relative rms %.3g, allowed %.3g", rig->where, why, what,
              k, distance, limit);
}

static void same(const ww_rig *rig, const char *why, const struct trace *a, const struct trace *b,
                 double limit)
{
    same_array(rig, why, "out", 0, a->out, b->out, rig->out_size, limit);
    for (int k = 0; k < rig->call.n_in; k++) {
        same_array(rig, why, "state", k, a->state[k], b->state[k], rig->size[k], limit);
        same_array(rig, why, "gradient", k, a->grad[k], b->grad[k], rig->size[k], limit);
    }
}

/* ---- the properties; each gets a rig that nothing has run yet ---- */

/* Fast and reference, and the fast one again: the same bits. */
static void agrees_with_reference(ww_rig *rig)
{
    struct trace fast = run(rig), again = run(rig);
    same(rig, "second run", &again, &fast, 0);
    rig->reference = true;
    struct trace reference = run(rig);
    same(rig, "against the reference", &fast, &reference, tolerance(rig->op));
    trace_free(&fast), trace_free(&again), trace_free(&reference);
}

/* sum of grad_drawn * out with in[k] moved by step * direction. */
static double loss_at(ww_rig *rig, int k, const float *direction, double step)
{
    float *kept = ww_rig_copy(rig->drawn[k], rig->size[k]);
    for (size_t i = 0; i < rig->size[k]; i++)
        rig->drawn[k][i] = (float)((double)kept[i] + step * (double)direction[i]);
    ww_rig_forward(rig);
    memcpy(rig->drawn[k], kept, rig->size[k] * sizeof *kept);
    free(kept);
    return ww_rig_dot(rig->grad_drawn, rig->call.out, rig->out_size);
}

/* The directional derivative by central differences over -2 .. 2 steps (error of fourth order),
 * along a direction of signs. Allowed: 1e-4 of the gradient's norm, and the rounding of `out`. */
static void check_difference(ww_rig *rig, int k, const float *gradient, ww_random *random)
{
    const double h = 1e-2;
    size_t n = rig->size[k];
    float *direction = ww_rig_copy(gradient, n);
    for (size_t i = 0; i < n; i++)
        direction[i] = (ww_random_u32(random) & 1) != 0 ? 1 : -1;
    double near = loss_at(rig, k, direction, h) - loss_at(rig, k, direction, -h);
    double far = loss_at(rig, k, direction, 2 * h) - loss_at(rig, k, direction, -2 * h);
    double numeric = (8 * near - far) / (12 * h);
    double analytic = ww_rig_dot(gradient, direction, n);
    double rounding = 0;
    for (size_t i = 0; i < rig->out_size; i++)
        rounding += pow((double)rig->grad_drawn[i] * (double)rig->call.out[i], 2);
    double allowed = 1e-4 * ww_rig_norm(gradient, n) + 2e-7 / h * sqrt(rounding) + 1e-6;
    cr_assert(fabs(numeric - analytic) <= allowed,
              "%s: gradient %d: %.8g by differences, %.8g by backward, %.2g allowed", rig->where, k,
              numeric, analytic, allowed);
    free(direction);
}

static void agrees_with_differences(ww_rig *rig)
{
    struct trace trace = run(rig);
    ww_random random = ww_random_stream(11, rig->of->name, 0);
    for (int k = 0; k < rig->call.n_in; k++)
        for (int repeat = 0; repeat < 2 && trace.grad[k] != NULL; repeat++)
            check_difference(rig, k, trace.grad[k], &random);
    trace_free(&trace);
}

/* <J h, v> = <h, J' v> where J h = f(h) - f(0). */
static void is_adjoint(ww_rig *rig)
{
    struct trace trace = run(rig);
    for (int k = 0; k < rig->call.n_in; k++) {
        if (trace.grad[k] == NULL || (rig->op->linear_in & WW_BIT(k)) == 0)
            continue;
        size_t n = rig->size[k], m = rig->out_size;
        float *kept = ww_rig_copy(rig->drawn[k], n);
        memset(rig->drawn[k], 0, n * sizeof *kept);
        ww_rig_forward(rig);
        memcpy(rig->drawn[k], kept, n * sizeof *kept);
        double left = 0, scale = 0;
        for (size_t i = 0; i < m; i++) {
            double moved = (double)trace.out[i] - (double)rig->call.out[i];
            left += moved * (double)rig->grad_drawn[i];
            scale += pow(moved * (double)rig->grad_drawn[i], 2);
        }
        double right = ww_rig_dot(kept, trace.grad[k], n);
        cr_assert(fabs(left - right) <= 1e-6 * fmax(fabs(left), sqrt(scale)) + 1e-7,
                  "%s: input %d: <Jh, v> = %.9g, <h, J'v> = %.9g", rig->where, k, left, right);
        free(kept);
    }
    trace_free(&trace);
}

static void is_honest_about_what_backward_reads(ww_rig *rig)
{
    struct trace trace = run(rig);
    ww_rig_forward(rig);
    for (int k = 0; k < rig->call.n_in; k++)
        if ((rig->op->keeps_in & (WW_BIT(k) | WW_BIT(31))) == 0)
            ww_rig_poison(rig->in[k], rig->size[k]);
    if (!ww_op_keeps_out(rig->op, rig->call.n_in, rig->call.rectify))
        ww_rig_poison(rig->call.out, rig->out_size);
    ww_rig_backward(rig);
    for (int k = 0; k < rig->call.n_in; k++)
        same_array(rig, "without what is not kept", "gradient", k, rig->wanted[k], trace.grad[k],
                   rig->size[k], 0);
    trace_free(&trace);
}

static void leaves_out_what_is_not_wanted(ww_rig *rig)
{
    struct trace trace = run(rig);
    for (int only = -1; only < rig->call.n_in; only++) {
        for (int k = 0; k < rig->call.n_in; k++)
            rig->wanted[k] = k == only && trace.grad[k] != NULL ? rig->grad_in[k] : NULL;
        struct trace part = run(rig);
        same(rig, "one gradient alone", &part, &trace, 0);
        trace_free(&part);
    }
    trace_free(&trace);
}

/* The gradient of input k over that of the output. */
static void gradient_in_place(ww_rig *rig, int shared, const struct trace *trace)
{
    if (trace->grad[shared] == NULL)
        return;
    ww_rig_forward(rig);
    rig->wanted[shared] = rig->grad_out;
    ww_rig_backward(rig);
    for (int k = 0; k < rig->call.n_in; k++)
        same_array(rig, "in place", "gradient", k, rig->wanted[k], trace->grad[k], rig->size[k], 0);
    rig->wanted[shared] = rig->grad_in[shared];
}

/* Where the output is as large as the first input, as in a program. */
static void works_in_place(ww_rig *rig)
{
    if (rig->size[0] != rig->out_size)
        return;
    struct trace trace = run(rig);
    float *out = rig->call.out;
    rig->call.out = rig->in[0];
    ww_rig_forward(rig);
    same_array(rig, "in place", "out", 0, rig->in[0], trace.out, rig->out_size, 0);
    rig->call.out = out;
    gradient_in_place(rig, 0, &trace);
    if (rig->op->adds && rig->call.n_in > rig->op->min_in)
        gradient_in_place(rig, rig->op->min_in, &trace);
    trace_free(&trace);
}

/* With a rectification: the bits of one after the operator, forward and backward. */
static void rectifies_as_relu_would(ww_rig *rig)
{
    struct trace fused = run(rig);
    rig->call.rectify = false;
    struct trace trace = run(rig);
    for (size_t i = 0; i < rig->out_size; i++) {
        rig->grad_drawn[i] = trace.out[i] > 0 ? rig->grad_drawn[i] : 0;
        trace.out[i] = trace.out[i] <= 0 ? 0 : trace.out[i];
    }
    same_array(rig, "rectified", "out", 0, fused.out, trace.out, rig->out_size, 0);
    struct trace masked = run(rig);
    for (int k = 0; k < rig->call.n_in; k++)
        same_array(rig, "rectified", "gradient", k, fused.grad[k], masked.grad[k], rig->size[k], 0);
    trace_free(&fused), trace_free(&trace), trace_free(&masked);
}

/* ---- loops over cases ---- */

/* The masks of operands in blocks that are tried: of none, and of some of the maps. */
static const unsigned layouts[] = {0, 1, WW_BLOCKED_OUT, 1 | WW_BLOCKED_OUT,
                                   1 | 1 << 5 | WW_BLOCKED_OUT};

enum { N_LAYOUTS = sizeof layouts / sizeof layouts[0] };

static void each_as(const ww_op *op, void (*property)(ww_rig *), bool rectify)
{
    for (const ww_op_case *of = op->cases; of->name != NULL; of++)
        for (int i = 0; i < N_BATCHES * N_MODES * N_LAYOUTS; i++) {
            ww_rig *rig = rigged(op, of, batches[i % N_BATCHES], modes[i / N_BATCHES % N_MODES],
                                 layouts[i / N_BATCHES / N_MODES]);
            if (rig == NULL)
                continue;
            rig->call.rectify = rectify;
            property(rig);
            ww_rig_free(rig);
        }
}

static void each(const ww_op *op, void (*property)(ww_rig *), bool wants_backward)
{
    if (!wants_backward || op->backward != NULL)
        each_as(op, property, false);
}

/* The properties that must hold with a rectification too. */
static void each_rectified(const ww_op *op)
{
    each_as(op, rectifies_as_relu_would, true);
    each_as(op, is_honest_about_what_backward_reads, true);
    each_as(op, leaves_out_what_is_not_wanted, true);
    if (op->in_place)
        each_as(op, works_in_place, true);
}

/* One thread and two, on a batch large enough to be worth two; and against the reference. */
static void two_threads(const ww_op *op, const ww_op_case *of, ww_mode mode, bool rectify,
                        unsigned blocked)
{
    struct trace trace[3] = {{0}};
    ww_rig *rig = NULL;
    for (int threads = 1; threads <= 2; threads++) {
        ww_threads_set(threads);
        if (rig != NULL)
            ww_rig_free(rig);
        rig = rigged(op, of, MANY, mode, blocked);
        if (rig == NULL)
            return;
        rig->call.rectify = rectify;
        trace[threads - 1] = run(rig);
    }
    same(rig, "two threads", &trace[1], &trace[0], 0);
    rig->reference = true;
    if (!rectify) { /* which the references leave out */
        trace[2] = run(rig);
        same(rig, "against the reference", &trace[1], &trace[2], tolerance(op));
    }
    ww_rig_free(rig);
    for (int k = 0; k < 3; k++)
        trace_free(&trace[k]);
}

static void two_threads_give_the_same(const ww_op *op)
{
    const int rounds = op->rectifies ? 2 * N_MODES : N_MODES;
    for (const ww_op_case *of = op->cases; of->name != NULL; of++)
        for (int i = 0; i < rounds * N_LAYOUTS; i++)
            two_threads(op, of, modes[i % N_MODES], i / N_MODES % (rounds / N_MODES) > 0,
                        layouts[i / rounds]);
    ww_threads_set(1);
}

/* WW_GRADIENT computes what WW_INFER does. */
static void gradient_mode_infers(const ww_op *op)
{
    for (const ww_op_case *of = op->cases; of->name != NULL; of++) {
        ww_rig *a = rigged(op, of, 3, WW_INFER, 0), *b = rigged(op, of, 3, WW_GRADIENT, 0);
        ww_rig_forward(a);
        ww_rig_forward(b);
        same_array(b, "against infer", "out", 0, b->call.out, a->call.out, a->out_size, 0);
        ww_rig_free(a);
        ww_rig_free(b);
    }
}

/* The shape with an open batch, closed afterwards, is the shape with a closed batch. */
static void infers_open_batches(const ww_op *op)
{
    for (const ww_op_case *of = op->cases; of->name != NULL; of++) {
        char text[2][WW_SHAPE_TEXT];
        ww_rig *rig = rigged(op, of, 5, WW_INFER, 0);
        ww_shape open, closed;
        void *attr = calloc(1, op->attr_size + 1);
        if (of->attr != NULL)
            memcpy(attr, of->attr, op->attr_size);
        cr_assert(op->infer(attr, of->n_in, of->in, &open) == WW_OK, "%s: open batch: %s",
                  rig->where, ww_error_message());
        closed = ww_shape_at_batch(&open, 5);
        cr_assert(ww_shape_equal(&closed, &rig->call.out_shape), "%s: %s, but %s", rig->where,
                  ww_shape_print(&closed, text[0]), ww_shape_print(&rig->call.out_shape, text[1]));
        free(attr);
        ww_rig_free(rig);
    }
}

/* A refusal names the code of shapes, the misfit, and another shape if there is one. */
static void check_refusal(const ww_op *op, const ww_op_case *bad, int k)
{
    char text[WW_SHAPE_TEXT], where[WW_SHAPE_TEXT + 200];
    ww_shape shape[WW_OP_CASE_MAX_IN], out;
    void *attr = calloc(1, op->attr_size + 1);
    if (bad->attr != NULL)
        memcpy(attr, bad->attr, op->attr_size);
    for (int j = 0; j < bad->n_in; j++)
        shape[j] = ww_shape_at_batch(&bad->in[j], 3);
    ww_status status = op->infer(attr, bad->n_in, shape, &out);
    free(attr);
    snprintf(where, sizeof where, "%s, '%s' with input %d of %s: '%s'", op->item.name, bad->name, k,
             ww_shape_print(&shape[k], text), ww_error_message());
    cr_assert(status == WW_ESHAPE, "%s: status is %s", where, ww_status_text(status));
    int named = 0;
    for (int j = 0; j < bad->n_in; j++)
        named += strstr(ww_error_message(), ww_shape_print(&shape[j], text)) != NULL;
    cr_assert(named >= (bad->n_in > 1 ? 2 : 1), "%s: does not name the shapes", where);
}

/* A case with one shape changed is refused with a good message, or it works. */
static bool refuses(const ww_op *op, const ww_op_case *bad, int k)
{
    ww_error_clear();
    ww_rig *rig = ww_rig_create(op, bad, 3, WW_TRAIN);
    if (rig == NULL) {
        check_refusal(op, bad, k);
        return true;
    }
    struct trace trace = run(rig);
    rig->reference = true;
    struct trace reference = run(rig);
    same(rig, "changed shape, against the reference", &trace, &reference, tolerance(op));
    trace_free(&trace), trace_free(&reference);
    ww_rig_free(rig);
    return false;
}

static void refuses_misfits(const ww_op *op)
{
    int refused = 0, several = 0;
    for (const ww_op_case *of = op->cases; of->name != NULL; of++) {
        several += of->n_in > 1;
        for (int k = 0; k < of->n_in; k++)
            for (int i = 0; i <= of->in[k].rank; i++) {
                ww_op_case bad = *of;
                int64_t *dim = &bad.in[k].dim[i];
                if (i == of->in[k].rank && of->in[k].rank < WW_MAX_RANK) {
                    *dim = 2;
                    bad.in[k].rank++;
                } else if (i < of->in[k].rank) {
                    *dim = *dim == WW_BATCH ? 4 : *dim + 1;
                }
                refused += refuses(op, &bad, k);
            }
    }
    cr_assert(refused > 0 || several == 0, "%s: refuses nothing", op->item.name);
}

ParameterizedTestParameters(ops, contract)
{
    static size_t index[256];
    for (size_t i = 0; i < ww_ops_count; i++)
        index[i] = i;
    return cr_make_param_array(size_t, index, ww_ops_count);
}

ParameterizedTest(size_t *index, ops, contract)
{
    const ww_op *op = ww_ops[*index];
    const char *one = getenv("WW_OP");
    if (one != NULL && strcmp(one, op->item.name) != 0)
        return;
    ww_threads_set(1);
    cr_assert(op->cases != NULL && op->cases[0].name != NULL, "%s has no cases", op->item.name);
    infers_open_batches(op);
    refuses_misfits(op);
    gradient_mode_infers(op);
    each(op, agrees_with_reference, false);
    each(op, agrees_with_differences, true);
    each(op, is_adjoint, true);
    each(op, is_honest_about_what_backward_reads, true);
    each(op, leaves_out_what_is_not_wanted, true);
    if (op->in_place)
        each(op, works_in_place, false);
    if (op->rectifies)
        each_rectified(op);
    two_threads_give_the_same(op);
}
