/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Guests: parts of one operator that another does around its own work, sample by sample.
 *
 * A batch of maps does not stay in a cache from one operator to the next. A normalisation walks
 * through it twice, for sums and for what follows from these, and a convolution beside it once
 * more; of some samples at a time, while they are near, the convolution can do
 *
 *     forward: before it reads its maps, what is left of the normalisation that gives them;
 *              after it has written its own, the sums of the normalisation that reads them;
 *     backward: before it reads the gradient of its maps, what is left of that normalisation;
 *               after it has written, or completed, that of what it read, the sums of the
 *               normalisation that gave it.
 *
 * Of a normalisation whose output one convolution alone reads, that output is then made anew
 * wherever samples of it are read, forward and for the gradient of the filters, and never lies in
 * memory as a whole.
 *
 * Every number is computed from the same numbers in the same order as without. What the guest reads
 * has to live until its host's time. Programs that are profiled, that recompute, or that run steps
 * side by side have no guests. */

#include <stdlib.h>

#include "engine/tensor/compile.h"

static bool has_parts(const ww_unit *unit)
{
    const ww_op *op = unit->node->op;
    return op->part != NULL && (op->parts == NULL || op->parts(&unit->forward));
}

/* The unit after u that alone reads its output, as its first input; -1: none. */
static int reader_of(const ww_program *program, int u)
{
    int id = program->units[u].id;
    if (u + 1 == program->n_units || program->arrays[id].uses != 1 ||
        program->units[u + 1].node->in[0] != id)
        return -1;
    return u + 1;
}

/* Whether a unit is the first to say something of the gradient of each input but the parameters. */
static bool is_first_back(const ww_program *program, int u)
{
    const ww_node *node = program->units[u].node;
    for (int k = 0; k < node->n_in; k++) {
        const ww_array *in = &program->arrays[node->in[k]];
        if (!in->wanted || in->node->kind == WW_NODE_PARAM)
            continue;
        if (in->loss_weight != 0)
            return false;
        for (int v = u + 1; v < program->n_units; v++)
            for (int j = 0; j < program->units[v].node->n_in; j++)
                if (program->units[v].node->in[j] == node->in[k])
                    return false;
    }
    return true;
}

static void mark_forward(ww_program *program, int u)
{
    ww_unit *unit = &program->units[u];
    if (!unit->node->op->hosts(&unit->forward, false))
        return;
    int giver = u - 1, reader = reader_of(program, u);
    if (giver >= 0 && program->units[giver].id == unit->node->in[0] &&
        has_parts(&program->units[giver]))
        program->units[giver].rest_host = u;
    if (reader >= 0 && has_parts(&program->units[reader]))
        program->units[reader].sums_host = u;
}

/* The unit that gives what unit u reads first, if u is the last to say something of its gradient;
 * -1: none. */
static int completed_by(const ww_program *program, int u)
{
    const ww_unit *unit = &program->units[u];
    const ww_array *in = &program->arrays[unit->node->in[0]];
    if (in->unit < 0 || (in->uses > 1 && (unit->forward.can_add & 1) == 0))
        return -1;
    for (int v = in->unit + 1; v < u; v++)
        for (int k = 0; k < program->units[v].node->n_in; k++)
            if (program->units[v].node->in[k] == unit->node->in[0])
                return -1;
    return in->unit;
}

static bool has_parts_back(const ww_program *program, int u)
{
    return u >= 0 && has_parts(&program->units[u]) && program->units[u].differentiated &&
           is_first_back(program, u);
}

static void mark_backward(ww_program *program, int u)
{
    const ww_unit *unit = &program->units[u];
    int reader = reader_of(program, u), giver = completed_by(program, u);
    if (!unit->differentiated || !unit->node->op->hosts(&unit->forward, true))
        return;
    if (has_parts_back(program, reader))
        program->units[reader].back_rest_host = u;
    if (has_parts_back(program, giver))
        program->units[giver].back_sums_host = u;
}

/* Whether what unit u gives is made anew for its host, which alone reads it, forward and backward:
 * all that u makes it from is kept for its own way back, which comes later. */
static bool is_near(const ww_program *program, int u)
{
    const ww_unit *unit = &program->units[u];
    if (unit->rest_host < 0 || program->arrays[unit->id].uses != 1 || !unit->differentiated ||
        unit->node->n_in != unit->node->op->min_in || ww_unit_keeps_out(unit) ||
        !ww_unit_keeps_in(unit, 0))
        return false;
    const ww_unit *host = &program->units[unit->rest_host];
    return host->differentiated && host->node->op->near != NULL &&
           host->node->op->near(&host->forward);
}

void ww_guests_mark(ww_program *program)
{
    const ww_compile_options *o = &program->options;
    bool none = o->profile || o->recompute || o->reference || program->lanes > 1;
    for (int u = 0; u < program->n_units; u++) {
        ww_unit *unit = &program->units[u];
        unit->rest_host = unit->sums_host = -1;
        unit->back_rest_host = unit->back_sums_host = -1;
    }
    for (int u = 0; u < program->n_units && !none; u++)
        if (program->units[u].node->op->hosts != NULL) {
            mark_forward(program, u);
            mark_backward(program, u);
        }
    for (int u = 0; u < program->n_units; u++)
        program->arrays[program->units[u].id].near = is_near(program, u);
}

static void invite(ww_program *program, ww_unit *unit, int host, ww_op_part part, bool backward)
{
    if (host < 0)
        return;
    ww_op_call *call = backward ? &unit->backward : &unit->forward;
    ww_op_call *other = backward ? &program->units[host].backward : &program->units[host].forward;
    call->elsewhere |= WW_BIT(part);
    *(part == WW_PART_SUMS ? &other->after : &other->before) =
        (ww_guest){unit->node->op, call, part, backward};
}

/* Of the output of unit u, if it is made anew. */
static size_t spare_floats(const ww_program *program, int u)
{
    const ww_array *out = &program->arrays[program->units[u].id];
    size_t line = WW_ALIGNMENT / sizeof(float);
    return out->near ? (out->floats + line - 1) / line * line : 0;
}

/* What unit u gives lies at `data`, unless that is NULL. */
static void place(ww_program *program, int u, float *data)
{
    ww_unit *unit = &program->units[u], *host = &program->units[unit->rest_host];
    program->arrays[unit->id].data = program->arrays[unit->id].again_data = data;
    unit->forward.out = data;
    host->in[0] = host->again_in[0] = host->kept_in[0] = data;
    host->backward.remake = (ww_guest){unit->node->op, &unit->forward, WW_PART_REST, false};
}

/* All that is made anew: memory of its own, or none. */
static ww_status place_all(ww_program *program, bool away)
{
    size_t floats = 0, at = 0;
    for (int u = 0; u < program->n_units; u++)
        floats += spare_floats(program, u);
    if (!away && floats > 0 && program->spare == NULL) {
        program->spare = aligned_alloc(WW_ALIGNMENT, floats * sizeof *program->spare);
        if (program->spare == NULL)
            return WW_FAIL(WW_ENOMEM, "out of memory: %zu bytes", floats * sizeof(float));
    }
    for (int u = 0; u < program->n_units; at += spare_floats(program, u++))
        if (spare_floats(program, u) > 0)
            place(program, u, away ? NULL : program->spare + at);
    if (away) {
        free(program->spare);
        program->spare = NULL;
    }
    return WW_OK;
}

ww_status ww_guests_tell(ww_program *program, bool invited)
{
    WW_TRY(place_all(program, invited));
    for (int u = 0; u < program->n_units; u++) {
        ww_op_call *calls[] = {&program->units[u].forward, &program->units[u].backward};
        for (int i = 0; i < 2; i++) {
            calls[i]->elsewhere = 0;
            calls[i]->before = calls[i]->after = (ww_guest){.call = NULL};
        }
    }
    for (int u = 0; u < program->n_units && invited; u++) {
        ww_unit *unit = &program->units[u];
        invite(program, unit, unit->rest_host, WW_PART_REST, false);
        invite(program, unit, unit->sums_host, WW_PART_SUMS, false);
        invite(program, unit, unit->back_sums_host, WW_PART_SUMS, true);
        invite(program, unit, unit->back_rest_host, WW_PART_REST, true);
    }
    return WW_OK;
}

int ww_guest_forward(const ww_program *program, int u)
{
    int host = program->units[u].rest_host;
    return host > u ? host : u;
}

int ww_guest_backward(const ww_program *program, int u)
{
    int host = program->units[u].back_rest_host;
    return ww_time_backward(program, host >= 0 ? host : u);
}

int ww_guest_backward_begins(const ww_program *program, int u)
{
    int host = program->units[u].back_sums_host;
    return ww_time_backward(program, host >= 0 ? host : u);
}
