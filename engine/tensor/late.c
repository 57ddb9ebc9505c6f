/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Late gradients: products that are not multiplied out until the optimiser wants them.
 *
 * The gradient of the weights W[K, F] of a linear map is G' X, with G[N, K] the gradient of its
 * output and X[N, F] its input. For a few samples G and X are much less to write and to read than
 * their product: a training step would write it to memory, read it for its norm and read it again
 * for the optimiser. Instead G and X are kept until the next run, and whoever wants the gradient
 * multiplies a piece out that stays in a cache. Its squared norm is
 *
 *     |G' X|^2 = sum over samples n, m of (G G')_nm (X X')_nm.
 *
 * A weight is late if nothing else reads it, if it is large and the samples few: N^2 (K + F)
 * multiplications for the norm, N K F for the pieces. */
#include "engine/tensor/backend/blas.h"
#include "engine/tensor/compile.h"

enum { LEAST_FLOATS = 1 << 16, MOST_SAMPLES = 8 };

static bool is_late(const ww_program *program, const ww_unit *unit)
{
    if (!unit->differentiated || !unit->node->op->late_weights)
        return false;
    const ww_array *weight = &program->arrays[unit->node->in[1]];
    return weight->node->kind == WW_NODE_PARAM && weight->uses == 1 &&
           weight->floats >= LEAST_FLOATS && unit->in_shape[0].dim[0] <= MOST_SAMPLES;
}

ww_status ww_late_mark(ww_program *program)
{
    const ww_compile_options *o = &program->options;
    program->late = ww_arena_array(program->arena, (size_t)program->n_units, sizeof(int));
    if (program->late == NULL)
        return WW_ENOMEM;
    if (!o->late || o->mode != WW_TRAIN || o->recompute || o->reference)
        return WW_OK;
    for (int u = 0; u < program->n_units; u++) {
        ww_unit *unit = &program->units[u];
        if (!is_late(program, unit))
            continue;
        unit->late = true;
        size_t offset = program->arrays[unit->node->in[1]].value->offset;
        int i = program->n_late++;
        for (; i > 0; i--) {
            const ww_unit *before = &program->units[program->late[i - 1]];
            if (program->arrays[before->node->in[1]].value->offset < offset)
                break;
            program->late[i] = program->late[i - 1];
        }
        program->late[i] = u;
    }
    return WW_OK;
}

ww_factors ww_late_factors(const ww_unit *unit, size_t offset)
{
    const int64_t *weight = unit->in_shape[1].dim;
    return (ww_factors){.offset = offset,
                        .samples = unit->in_shape[0].dim[0],
                        .rows = weight[0],
                        .columns = weight[1],
                        .left = unit->backward.grad_out,
                        .right = unit->backward.in[0]};
}

bool ww_program_late(const ww_program *program, size_t i, ww_factors *factors)
{
    if (i >= (size_t)program->n_late)
        return false;
    const ww_unit *unit = &program->units[program->late[i]];
    *factors = ww_late_factors(unit, program->arrays[unit->node->in[1]].value->offset);
    return true;
}

ww_block ww_factors_block(const ww_factors *f, int64_t most, int64_t i)
{
    int64_t width = f->columns < most ? f->columns : most,
            across = (f->columns + width - 1) / width;
    int64_t height = most / width, down = (f->rows + height - 1) / height;
    ww_block b = {.count = down * across, .row = i / across * height, .column = i % across * width};
    b.rows = f->rows - b.row < height ? f->rows - b.row : height;
    b.columns = f->columns - b.column < width ? f->columns - b.column : width;
    return b;
}

void ww_factors_multiply(const ww_factors *f, const ww_block *b, float *out)
{
    ww_sgemm(b->rows, b->columns, f->samples, (ww_matrix){f->left + b->row, f->rows, true},
             (ww_matrix){f->right + b->column, f->columns, false}, 0, out, b->columns);
}

float *ww_program_gradients(ww_program *program, size_t *floats)
{
    float *gradients = ww_program_early_gradients(program, floats);
    ww_factors f;
    for (size_t i = 0; ww_program_late(program, i, &f); i++)
        ww_product(f.rows, f.columns, f.samples, (ww_matrix){f.left, f.rows, true},
                   (ww_matrix){f.right, f.columns, false}, gradients + f.offset);
    return gradients;
}
