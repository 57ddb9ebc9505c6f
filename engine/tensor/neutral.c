/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that need not be made: as long as no area is lesioned, every lesion gate gives what it is
 * given. Where its output has memory of its own (in training, what stands before it is kept for the
 * backward pass), it need not be copied there: whoever reads the output reads the gate's input
 * instead, and all bits are the same. Controls are looked at before every run, and the readers' are
 * pointed back when one has changed.
 *
 * That memory must outlive all readers; so one gate does not stand in for another. Its place in the
 * order of steps stays (lanes.c): a reader waits for the gate, and what takes the memory next waits
 * for the reader. */
#include "engine/tensor/compile.h"

/* Whether the input of unit u may stand in for its output. */
static bool may_pass(const ww_program *program, int u)
{
    const ww_unit *unit = &program->units[u];
    const ww_array *out = &program->arrays[unit->id];
    const ww_array *in = &program->arrays[unit->node->in[0]];
    return unit->node->op->neutral != NULL && in->unit >= 0 && in->stand_in < 0 &&
           in->data != out->data && in->floats == out->floats && in->last > out->last;
}

void ww_neutral_plan(ww_program *program)
{
    const ww_compile_options *o = &program->options;
    for (size_t i = 0; i < program->n_arrays; i++)
        program->arrays[i].stand_in = -1;
    if (o->unshared || o->recompute || o->reference)
        return;
    for (int u = 0; u < program->n_units; u++)
        if (may_pass(program, u))
            program->arrays[program->units[u].id].stand_in = program->units[u].node->in[0];
}

/* All who read array `id` find it at `data`. */
static void point(ww_program *program, int id, float *data)
{
    program->arrays[id].data = data;
    for (int u = 0; u < program->n_units; u++) {
        ww_unit *reader = &program->units[u];
        for (int k = 0; k < reader->node->n_in; k++) {
            if (reader->node->in[k] != id)
                continue;
            reader->in[k] = data;
            if (ww_unit_keeps_in(reader, k))
                reader->kept_in[k] = data;
        }
    }
}

void ww_neutral_update(ww_program *program)
{
    for (int u = 0; u < program->n_units; u++) {
        ww_unit *unit = &program->units[u];
        const ww_array *out = &program->arrays[unit->id];
        if (out->stand_in < 0)
            continue;
        bool neutral = unit->node->op->neutral(&unit->forward);
        if (neutral == unit->forward.neutral)
            continue;
        unit->forward.neutral = unit->backward.neutral = neutral;
        point(program, unit->id,
              neutral ? unit->in[0] : program->memory + program->buffers[out->buffer].offset);
        unit->forward.out = out->data;
        if (ww_unit_keeps_out(unit))
            unit->backward.out = out->data;
    }
}
