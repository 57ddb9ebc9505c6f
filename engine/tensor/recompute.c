/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Activations that are computed again instead of kept (Griewank & Walther 2000; Chen et al. 2016,
 * "Training deep nets with sublinear memory cost").
 *
 * The units are cut into about sqrt(n) segments of equally much output. Of all segments but the
 * last, only what another segment reads is kept after the forward pass; when the backward pass
 * comes to a segment, those of its units go forward once more whose output it needs. So memory
 * holds the outputs of the borders and of one segment, and a step costs at most one forward pass
 * more. */
#include <math.h>

#include "engine/tensor/compile.h"

int ww_recompute_end(const ww_program *program, int u)
{
    int segment = program->units[u].segment;
    while (u + 1 < program->n_units && program->units[u + 1].segment == segment)
        u++;
    return u;
}

static int cut(ww_program *program)
{
    int n = (int)ceil(sqrt(program->n_units));
    double all = 0, before = 0;
    for (int u = 0; u < program->n_units; u++)
        all += (double)program->arrays[program->units[u].id].floats;
    for (int u = 0; u < program->n_units; u++) {
        program->units[u].segment = (int)(n * before / all);
        before += (double)program->arrays[program->units[u].id].floats;
    }
    return program->units[program->n_units - 1].segment;
}

void ww_recompute_mark(ww_program *program)
{
    if (!program->options.recompute || program->options.mode == WW_INFER || program->n_units == 0)
        return;
    int last = cut(program);
    for (int u = 0; u < program->n_units; u++)
        program->arrays[program->units[u].id].again = program->units[u].segment < last;
    for (int u = 0; u < program->n_units; u++) {
        const ww_unit *unit = &program->units[u];
        for (int k = 0; k < unit->node->n_in; k++) {
            ww_array *in = &program->arrays[unit->node->in[k]];
            if (in->unit >= 0 && program->units[in->unit].segment != unit->segment)
                in->again = false;
        }
    }
    const ww_graph_result *results;
    size_t n = ww_graph_results(program->graph, &results);
    for (size_t r = 0; r < n; r++)
        program->arrays[results[r].id].again = false;
}

void ww_recompute_lives(ww_program *program)
{
    for (int u = program->n_units; u-- > 0;) {
        ww_unit *unit = &program->units[u];
        const ww_array *out = &program->arrays[unit->id];
        unit->repeats = out->again && out->again_last != WW_BEFORE;
        int time = ww_time_again(program, ww_recompute_end(program, u));
        for (int k = 0; unit->repeats && k < unit->node->n_in; k++) {
            ww_array *in = &program->arrays[unit->node->in[k]];
            int *read = in->again ? &in->again_last : &in->last;
            *read = time > *read ? time : *read;
        }
    }
}
