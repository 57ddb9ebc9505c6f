/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/op_rig.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/tensor/backend/blocks.h"

enum { GUARD = 64 };                           /* floats on each side of a buffer */
static const uint32_t GUARD_WORD = 0x7fc0dead; /* a not-a-number of our own */
static const uint32_t POISON_WORD = 0x7fc0beef;

static void fill(float *x, size_t n, uint32_t word)
{
    for (size_t i = 0; i < n; i++)
        memcpy(x + i, &word, sizeof word);
}

/* n floats between sentinels; aligned to 64 bytes. */
static float *guarded(size_t n)
{
    size_t room = (n + 15) / 16 * 16 + 2 * GUARD;
    float *all = aligned_alloc(64, room * sizeof *all);
    cr_assert(all != NULL);
    fill(all, room, GUARD_WORD);
    fill(all + GUARD, n, POISON_WORD);
    return all + GUARD;
}

static void guarded_free(float *x)
{
    if (x != NULL)
        free(x - GUARD);
}

static void check_guards(const ww_rig *rig, const float *x, size_t n, const char *what, int k)
{
    for (size_t i = 0; i < GUARD && x != NULL; i++) {
        bool before = memcmp(x - GUARD + i, &GUARD_WORD, sizeof(float)) == 0;
        bool after = memcmp(x + n + i, &GUARD_WORD, sizeof(float)) == 0;
        cr_assert(before && after, "%s: written %s %s %d", rig->where, before ? "behind" : "before",
                  what, k);
    }
}

static void check_all_guards(const ww_rig *rig)
{
    for (int k = 0; k < rig->call.n_in; k++) {
        check_guards(rig, rig->in[k], rig->size[k], "input", k);
        check_guards(rig, rig->grad_in[k], rig->size[k], "gradient", k);
    }
    check_guards(rig, rig->out, rig->out_size, "out", 0);
    check_guards(rig, rig->grad_out, rig->out_size, "grad_out", 0);
    check_guards(rig, rig->call.saved, rig->call.saved_floats, "saved", 0);
    check_guards(rig, rig->call.scratch, rig->call.scratch_floats, "scratch", 0);
}

float *ww_rig_copy(const float *x, size_t n)
{
    float *copy = malloc((n + 1) * sizeof *copy);
    cr_assert(copy != NULL);
    memcpy(copy, x, n * sizeof *copy);
    return copy;
}

void ww_rig_poison(float *x, size_t n)
{
    fill(x, n, POISON_WORD);
}

double ww_rig_dot(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

double ww_rig_norm(const float *a, size_t n)
{
    return sqrt(ww_rig_dot(a, a, n));
}

double ww_rig_distance(const float *a, const float *b, size_t n)
{
    double difference = 0;
    for (size_t i = 0; i < n; i++)
        difference += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sqrt(difference / (double)n) / fmax(ww_rig_norm(b, n) / sqrt((double)n), 1e-6);
}

static void draw_ladder(float *x, size_t n, ww_random *random)
{
    uint64_t *order = malloc(n * sizeof *order);
    cr_assert(order != NULL);
    ww_random_permutation(random, order, n);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(0.05 * ((double)order[i] - (double)n / 2));
    free(order);
}

void ww_rig_draw(float *x, size_t n, ww_draw draw, int label_classes, ww_random *random)
{
    if (draw == WW_DRAW_DISTINCT)
        draw_ladder(x, n, random);
    for (size_t i = 0; i < n && draw != WW_DRAW_DISTINCT; i++) {
        double value = ww_random_normal(random);
        if (draw == WW_DRAW_POSITIVE)
            value = ww_random_range(random, 0.5, 2);
        else if (draw == WW_DRAW_AWAY)
            value += value < 0 ? -0.1 : 0.1;
        else if (draw == WW_DRAW_LABEL)
            value = (double)ww_random_below(random, (uint64_t)label_classes);
        else if (draw == WW_DRAW_UNIT)
            value = ww_random_range(random, 0.05, 0.95);
        x[i] = (float)value;
    }
}

static void make_buffers(ww_rig *rig)
{
    ww_random random = ww_random_stream(7, rig->of->name, 0);
    for (int k = 0; k < rig->of->n_in; k++) {
        rig->size[k] = ww_shape_size(&rig->shape[k]);
        rig->in[k] = guarded(rig->size[k]);
        rig->grad_in[k] = guarded(rig->size[k]);
        ww_rig_draw(rig->in[k], rig->size[k], rig->of->draw[k], rig->of->label_classes, &random);
        rig->drawn[k] = ww_rig_copy(rig->in[k], rig->size[k]);
        rig->wanted[k] = ww_rig_differentiated(rig, k) ? rig->grad_in[k] : NULL;
    }
    rig->out_size = ww_shape_size(&rig->call.out_shape);
    rig->out = guarded(rig->out_size);
    rig->grad_out = guarded(rig->out_size);
    ww_rig_draw(rig->grad_out, rig->out_size, WW_DRAW_NORMAL, 0, &random);
    rig->grad_drawn = ww_rig_copy(rig->grad_out, rig->out_size);
}

/* Whether the operator can have these operands in blocks. */
static bool can_block(const ww_rig *rig, unsigned blocked)
{
    bool fits = ((blocked & ~WW_BLOCKED_OUT) >> rig->of->n_in) == 0 &&
                ((blocked & WW_BLOCKED_OUT) == 0 || ww_blocks_fit(&rig->call.out_shape));
    for (int k = 0; k < rig->of->n_in; k++)
        fits = fits && ((blocked & WW_BIT(k)) == 0 || ww_blocks_fit(&rig->shape[k]));
    return fits && rig->op->blocks != NULL && rig->op->blocks(&rig->call, blocked);
}

ww_rig *ww_rig_create(const ww_op *op, const ww_op_case *of, int64_t batch, ww_mode mode)
{
    return ww_rig_create_blocked(op, of, batch, mode, 0);
}

ww_rig *ww_rig_create_blocked(const ww_op *op, const ww_op_case *of, int64_t batch, ww_mode mode,
                              unsigned blocked)
{
    static const char *const modes[] = {"infer", "train", "gradient"};
    ww_rig *rig = calloc(1, sizeof *rig);
    cr_assert(rig != NULL);
    snprintf(rig->where, sizeof rig->where, "%s, '%s', batch %d, %s, blocks %x", op->item.name,
             of->name, (int)batch, modes[mode], blocked);
    rig->op = op;
    rig->of = of;
    rig->attr = calloc(1, op->attr_size + 1);
    cr_assert(rig->attr != NULL);
    if (of->attr != NULL)
        memcpy(rig->attr, of->attr, op->attr_size);
    for (int k = 0; k < of->n_in; k++)
        rig->shape[k] = ww_shape_at_batch(&of->in[k], batch);
    rig->call = (ww_op_call){
        .attr = rig->attr, .n_in = of->n_in, .in_shape = rig->shape, .mode = mode, .seed = 0x5eed};
    if (op->infer(rig->attr, of->n_in, rig->shape, &rig->call.out_shape) != WW_OK) {
        ww_rig_free(rig);
        return NULL;
    }
    if (blocked != 0 && !can_block(rig, blocked)) {
        ww_rig_free(rig);
        return NULL;
    }
    rig->call.blocked = blocked;
    for (int k = 0; k < of->n_in; k++)
        rig->call.wants |= mode != WW_INFER && ww_rig_differentiated(rig, k) ? WW_BIT(k) : 0;
    make_buffers(rig);
    if (op->prepare != NULL)
        cr_assert(op->prepare(&rig->call) == WW_OK, "%s: %s", rig->where, ww_error_message());
    rig->call.in = rig->in;
    rig->call.out = rig->out;
    rig->call.grad_in = rig->wanted;
    rig->call.grad_out = rig->grad_out;
    rig->call.saved = guarded(rig->call.saved_floats);
    rig->call.scratch = guarded(rig->call.scratch_floats);
    return rig;
}

void ww_rig_free(ww_rig *rig)
{
    if (rig->op->release != NULL && rig->call.plan != NULL)
        rig->op->release(rig->call.plan);
    for (int k = 0; k < WW_OP_CASE_MAX_IN; k++) {
        guarded_free(rig->in[k]);
        guarded_free(rig->grad_in[k]);
        free(rig->drawn[k]);
    }
    guarded_free(rig->out);
    guarded_free(rig->grad_out);
    guarded_free(rig->call.saved);
    guarded_free(rig->call.scratch);
    free(rig->grad_drawn);
    free(rig->attr);
    free(rig);
}

bool ww_rig_differentiated(const ww_rig *rig, int k)
{
    return rig->op->backward != NULL && (rig->op->fixed_in & WW_BIT(k)) == 0;
}

static void check_written(const ww_rig *rig, const float *x, size_t n, const char *what, int k)
{
    for (size_t i = 0; i < n; i++)
        cr_assert(isfinite(x[i]), "%s: %s %d: element %zu of %zu is %g", rig->where, what, k, i, n,
                  (double)x[i]);
}

/* What the operator is to find in blocks, or what it has left in blocks as the shapes say. */
static void turn(const ww_shape *shape, float *x, bool blocks)
{
    size_t n = ww_shape_size(shape);
    float *copy = ww_rig_copy(x, n);
    (blocks ? ww_blocks_from : ww_blocks_to)(
        shape->dim[0], shape->dim[1], shape->dim[2] * shape->dim[3], ww_block_channels(), copy, x);
    free(copy);
}

static void turn_all(ww_rig *rig, bool blocks)
{
    const ww_op_call *c = &rig->call;
    if ((c->blocked & WW_BLOCKED_OUT) != 0) {
        turn(&c->out_shape, c->out, blocks);
        turn(&c->out_shape, rig->grad_out, blocks);
    }
    for (int k = 0; k < c->n_in; k++) { /* what works in place has been turned */
        if ((c->blocked & WW_BIT(k)) == 0)
            continue;
        if (rig->in[k] != c->out)
            turn(&rig->shape[k], rig->in[k], blocks);
        turn(&rig->shape[k], rig->grad_in[k], blocks);
    }
}

/* Calls with the plan, or, for the reference, without it. */
static void call(ww_rig *rig, ww_status (*fast)(ww_op_call *), ww_status (*reference)(ww_op_call *))
{
    void *plan = rig->call.plan;
    if (rig->reference && reference != NULL) {
        rig->call.plan = NULL;
        fast = reference;
    }
    bool turned = !rig->reference;
    if (turned)
        turn_all(rig, true);
    ww_status status = fast(&rig->call);
    if (turned)
        turn_all(rig, false);
    rig->call.plan = plan;
    cr_assert(status == WW_OK, "%s: %s", rig->where, ww_error_message());
    check_all_guards(rig);
}

void ww_rig_forward(ww_rig *rig)
{
    bool in_place = rig->call.out == rig->in[0];
    for (int k = 0; k < rig->call.n_in; k++)
        memcpy(rig->in[k], rig->drawn[k], rig->size[k] * sizeof(float));
    if (!in_place)
        ww_rig_poison(rig->call.out, rig->out_size);
    ww_rig_poison(rig->call.saved, rig->call.saved_floats);
    ww_rig_poison(rig->call.scratch, rig->call.scratch_floats);
    call(rig, rig->op->forward, rig->op->forward_reference);
    check_written(rig, rig->call.out, rig->out_size, "out", 0);
    for (int k = in_place ? 1 : 0; k < rig->call.n_in; k++) {
        bool state = rig->call.mode == WW_TRAIN && (rig->op->fixed_in & WW_BIT(k));
        bool same = memcmp(rig->in[k], rig->drawn[k], rig->size[k] * sizeof(float)) == 0;
        cr_assert(same || state, "%s: forward has changed input %d", rig->where, k);
    }
}

void ww_rig_backward(ww_rig *rig)
{
    bool in_place = false;
    for (int k = 0; k < rig->call.n_in; k++)
        in_place = in_place || rig->wanted[k] == rig->grad_out;
    memcpy(rig->grad_out, rig->grad_drawn, rig->out_size * sizeof(float));
    for (int k = 0; k < rig->call.n_in; k++)
        ww_rig_poison(rig->grad_in[k], rig->size[k]);
    ww_rig_poison(rig->call.scratch, rig->call.scratch_floats);
    call(rig, rig->op->backward, rig->op->backward_reference);
    for (int k = 0; k < rig->call.n_in; k++)
        if (rig->wanted[k] != NULL)
            check_written(rig, rig->wanted[k], rig->size[k], "gradient", k);
    cr_assert(in_place ||
                  memcmp(rig->grad_out, rig->grad_drawn, rig->out_size * sizeof(float)) == 0,
              "%s: backward has changed grad_out", rig->where);
}
