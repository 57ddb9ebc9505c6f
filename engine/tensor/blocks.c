/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which arrays lie in blocks of channels (op.h).
 *
 * First all maps with whole blocks are to: those that an operator gives and no one outside reads.
 * Whenever an operator cannot run with what has been chosen for its operands, none of them is any
 * more, until nothing changes. What remains begins at operators that read maps as they are and give
 * blocks (a first layer), and ends at those that read blocks alone. It stands if the operators are
 * thought to be faster so, all together. */

#include "engine/tensor/backend/blocks.h"
#include "engine/tensor/compile.h"

static unsigned mask_of(const ww_program *program, const ww_unit *unit)
{
    unsigned mask = program->arrays[unit->id].blocked ? WW_BLOCKED_OUT : 0;
    for (int k = 0; k < unit->node->n_in; k++)
        if (program->arrays[unit->node->in[k]].blocked)
            mask |= WW_BIT(k);
    return mask;
}

static void unblock(ww_program *program, const ww_unit *unit)
{
    program->arrays[unit->id].blocked = false;
    for (int k = 0; k < unit->node->n_in; k++)
        program->arrays[unit->node->in[k]].blocked = false;
}

/* Unblocks around those that cannot; whether there were any. */
static bool settle(ww_program *program)
{
    bool changed = false;
    for (int u = 0; u < program->n_units; u++) {
        const ww_unit *unit = &program->units[u];
        const ww_op *op = unit->node->op;
        unsigned mask = mask_of(program, unit);
        if (mask == 0 ||
            (op->blocks != NULL && unit->node->n_in < 31 && op->blocks(&unit->forward, mask)))
            continue;
        unblock(program, unit);
        changed = true;
    }
    return changed;
}

/* Seconds that all take, in blocks as chosen or not. */
static double estimate_s(ww_program *program, bool blocked)
{
    double sum = 0;
    for (int u = 0; u < program->n_units; u++) {
        ww_unit *unit = &program->units[u];
        unsigned mask = mask_of(program, unit);
        unit->forward.blocked = blocked ? mask : 0;
        if (mask != 0 && unit->node->op->estimate_s != NULL)
            sum += unit->node->op->estimate_s(&unit->forward);
    }
    return sum;
}

void ww_blocks_mark(ww_program *program)
{
    const ww_graph_result *results;
    size_t n = ww_graph_results(program->graph, &results);
    if (program->options.reference || ww_block_channels() == 0)
        return;
    for (size_t i = 0; i < program->n_arrays; i++) {
        ww_array *array = &program->arrays[i];
        array->blocked = array->unit >= 0 && ww_blocks_fit(&array->shape);
    }
    for (size_t r = 0; r < n; r++)
        program->arrays[results[r].id].blocked = false;
    while (settle(program))
        ;
    double plain_s = estimate_s(program, false);
    if (estimate_s(program, true) < plain_s)
        return;
    for (int u = 0; u < program->n_units; u++) {
        unblock(program, &program->units[u]);
        program->units[u].forward.blocked = 0;
    }
}
