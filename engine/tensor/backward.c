/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The backward pass: reverse-mode differentiation (Linnainmaa 1976; Griewank & Walther 2008).
 *
 * With L the loss and v_i the value of node i, the adjoint of v_i is
 *
 *     dL/dv_i = w_i + sum over uses (c, k) of i of  (d v_c / d in_k)' dL/dv_c,
 *
 * w_i the weight with which v_i itself enters the loss. Operators go backward in the reverse order
 * of going forward, so dL/dv_c is complete when c goes. The first contribution is written into the
 * adjoint itself, the later ones are added, by the operator or, where that cannot, from a buffer of
 * their own: the order of summation is always the same.
 *
 * Computed is only what is asked for: adjoints of nodes that depend on a parameter (in WW_GRADIENT
 * also: on an input) and on which a loss depends, both through inputs that are differentiated. */

#include "engine/tensor/compile.h"

static bool is_leaf_wanted(const ww_program *program, const ww_node *node)
{
    if (program->options.mode == WW_INFER)
        return false;
    return node->kind == WW_NODE_PARAM ||
           (node->kind == WW_NODE_INPUT && program->options.mode == WW_GRADIENT);
}

static bool differentiates(const ww_program *program, const ww_node *node, int k)
{
    return !ww_mask_has(node->op->fixed_in, k) && program->arrays[node->in[k]].varies;
}

static void mark_varying(ww_program *program)
{
    for (size_t i = 0; i < program->n_arrays; i++) {
        ww_array *array = &program->arrays[i];
        const ww_node *node = array->node;
        array->varies = array->needed && is_leaf_wanted(program, node);
        if (array->unit < 0 || node->op->backward == NULL)
            continue;
        for (int k = 0; k < node->n_in; k++)
            array->varies = array->varies || differentiates(program, node, k);
    }
}

void ww_backward_mark(ww_program *program)
{
    mark_varying(program);
    for (size_t i = program->n_arrays; i-- > 0;) {
        ww_array *array = &program->arrays[i];
        array->wanted = array->varies && (array->wanted || array->loss_weight != 0);
        if (!array->wanted || array->unit < 0)
            continue;
        program->units[array->unit].differentiated = true;
        for (int k = 0; k < array->node->n_in; k++)
            if (differentiates(program, array->node, k))
                program->arrays[array->node->in[k]].wanted = true;
    }
}

static int gradient_buffer(ww_program *program, const ww_array *array, int time)
{
    int last = array->unit < 0 ? ww_time_end(program) : ww_guest_backward(program, array->unit);
    return ww_buffer_add(program, (ww_buffer){.floats = array->floats,
                                              .first = time,
                                              .last = last,
                                              .owner = array->node->name,
                                              .role = "gradient"});
}

/* An operator that works in place may write the gradient of one input over that of its output,
 * which nothing reads afterwards: that of what it adds, which is the gradient of its output as it
 * has passed a rectification, or else of its first input. */
static bool in_place(const ww_program *program, const ww_unit *unit, int k, const ww_array *to)
{
    const ww_node *node = unit->node;
    int added = node->n_in > node->op->min_in && node->op->adds ? node->op->min_in : 0;
    int sharing = differentiates(program, node, added) ? added : 0;
    return k == sharing && node->op->in_place && !program->options.unshared &&
           unit->run_backward == unit->node->op->backward &&
           program->arrays[unit->id].floats == to->floats;
}

/* A buffer for the contribution of input k, which must live until `last`. */
static int contribution_buffer(ww_program *program, const ww_unit *unit, int k, ww_array *to,
                               bool first)
{
    int u = (int)(unit - program->units);
    int fresh = gradient_buffer(program, to, ww_guest_backward_begins(program, u));
    ww_buffer *buffer = &program->buffers[fresh];
    if (!first) {
        buffer->last = ww_time_backward(program, u);
        buffer->role = "gradient (of one of several uses)";
    }
    if (!in_place(program, unit, k, to))
        return fresh;
    ww_buffer *old = &program->buffers[program->arrays[unit->id].gradient_buffer];
    if (buffer->last > old->last)
        old->last = buffer->last;
    program->n_buffers--; /* it stays counted as unshared */
    return program->arrays[unit->id].gradient_buffer;
}

/* Whether a unit can add its contribution by input k to those that are there. */
static bool adds(const ww_unit *unit, int k)
{
    return k < 31 && (unit->forward.can_add & WW_BIT(k)) != 0 &&
           unit->run_backward == unit->node->op->backward;
}

static void place_targets(ww_program *program, ww_unit *unit, bool *started)
{
    const ww_node *node = unit->node;
    if (unit->late)
        program->buffers[program->arrays[unit->id].gradient_buffer].last = ww_time_end(program);
    for (int k = 0; k < node->n_in; k++) {
        ww_array *to = &program->arrays[node->in[k]];
        if (!differentiates(program, node, k) || (unit->late && k == 1))
            continue;
        bool first = !started[node->in[k]];
        unit->target[k].kind = first           ? WW_TARGET_FIRST
                               : adds(unit, k) ? WW_TARGET_ADDED
                                               : WW_TARGET_EXTRA;
        started[node->in[k]] = true;
        if (unit->target[k].kind == WW_TARGET_ADDED)
            unit->backward.add |= WW_BIT(k);
        else if (!first)
            unit->target[k].buffer = contribution_buffer(program, unit, k, to, false);
        else if (to->node->kind != WW_NODE_PARAM)
            to->gradient_buffer = contribution_buffer(program, unit, k, to, true);
    }
}

ww_status ww_backward_buffers(ww_program *program)
{
    bool *started = ww_arena_array(program->arena, program->n_arrays, sizeof *started);
    if (started == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < program->n_arrays; i++) {
        ww_array *array = &program->arrays[i];
        if (!array->wanted || array->loss_weight == 0)
            continue;
        started[i] = true;
        if (array->node->kind != WW_NODE_PARAM)
            array->gradient_buffer = gradient_buffer(program, array, program->n_units);
    }
    for (int u = program->n_units; u-- > 0;)
        if (program->units[u].differentiated)
            place_targets(program, &program->units[u], started);
    return WW_OK;
}
