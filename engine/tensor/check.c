/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may have gone wrong in a run: numbers that are not finite, and kernels that write where they
 * must not. */

#include <math.h>
#include <string.h>

#include "engine/tensor/compile.h"

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* NULL if all are finite, else what the first that is not is. An exponent of all ones marks
 * infinities and NaNs. */
static const char *fault(const float *x, size_t n)
{
    enum { BLOCK = 4096 };
    for (size_t begin = 0; begin < n; begin += BLOCK) {
        size_t end = begin + BLOCK < n ? begin + BLOCK : n;
        int bad = 0;
        for (size_t i = begin; i < end; i++)
            bad |= (bits_of(x[i]) & 0x7f800000u) == 0x7f800000u;
        for (size_t i = begin; bad && i < end; i++)
            if (!isfinite(x[i]))
                return isnan(x[i]) ? "is not a number" : "is infinite";
    }
    return NULL;
}

/* Of the gradient of the weights of a late unit. */
static const char *late_fault(const ww_unit *unit)
{
    enum { MOST = 1024 };
    float piece[MOST];
    const char *what = NULL;
    ww_factors factors = ww_late_factors(unit, 0);
    ww_block block = ww_factors_block(&factors, MOST, 0);
    for (int64_t i = 0; i < block.count && what == NULL; i++) {
        block = ww_factors_block(&factors, MOST, i);
        ww_factors_multiply(&factors, &block, piece);
        what = fault(piece, (size_t)(block.rows * block.columns));
    }
    return what;
}

/* Losses and gradients of the last run. */
static ww_status check_results(const ww_program *program)
{
    const ww_graph_result *results;
    size_t n = ww_graph_results(program->graph, &results);
    for (size_t r = 0; r < n; r++) {
        const char *what = fault(program->arrays[results[r].id].data, 1);
        if (results[r].weight != 0 && what != NULL)
            return WW_FAIL(WW_ENUMERIC, "loss '%s' %s", results[r].name, what);
    }
    for (size_t i = 0; i < program->n_arrays; i++) {
        const ww_array *array = &program->arrays[i];
        if (!array->wanted || array->node->kind == WW_NODE_OP)
            continue;
        const char *what = fault(array->gradient, array->floats);
        if (what != NULL)
            return WW_FAIL(WW_ENUMERIC, "gradient of %s %s", array->node->name, what);
    }
    for (int i = 0; i < program->n_late; i++) {
        const ww_unit *unit = &program->units[program->late[i]];
        const char *what = late_fault(unit);
        if (what != NULL)
            return WW_FAIL(WW_ENUMERIC, "gradient of %s %s",
                           program->arrays[unit->node->in[1]].node->name, what);
    }
    return WW_OK;
}

/* The output of a unit that has just run; the cause is rather a named array if that is bad. */
static ww_status check_output(const ww_program *program, const ww_unit *unit)
{
    const ww_array *own = &program->arrays[unit->id];
    const char *what = fault(own->data, own->floats);
    if (what == NULL)
        return WW_OK;
    for (int k = 0; k < unit->node->n_in; k++) {
        const ww_array *in = &program->arrays[unit->node->in[k]];
        const char *cause = in->unit < 0 ? fault(in->data, in->floats) : NULL;
        if (cause != NULL)
            return WW_FAIL(WW_ENUMERIC, "%s: the output %s because %s %s", unit->node->name, what,
                           in->node->name, cause);
    }
    return WW_FAIL(WW_ENUMERIC, "%s: the output %s", unit->node->name, what);
}

static ww_status check_gradients(const ww_program *program, const ww_unit *unit)
{
    for (int k = 0; k < unit->node->n_in; k++) {
        const ww_array *in = &program->arrays[unit->node->in[k]];
        const char *what = unit->grad_in[k] ? fault(unit->grad_in[k], in->floats) : NULL;
        if (what != NULL)
            return WW_FAIL(WW_ENUMERIC, "gradient of %s %s", in->node->name, what);
    }
    return WW_OK;
}

/* Step by step, each with all its own parts. */
static ww_status check_steps(ww_program *program)
{
    for (size_t i = 0; i < program->n_steps; i++) {
        const ww_step *now = &program->steps[i];
        WW_TRY(ww_step_do(now));
        if (now->unit != NULL && now->call == &now->unit->forward)
            WW_TRY(check_output(program, now->unit));
        else if (now->unit != NULL && now->call == &now->unit->backward)
            WW_TRY(check_gradients(program, now->unit));
    }
    return check_results(program);
}

ww_status ww_program_check_finite(ww_program *program, uint64_t step)
{
    if (check_results(program) == WW_OK)
        return WW_OK;
    ww_program_key(program, step);
    WW_TRY(ww_guests_tell(program, false));
    ww_status status = check_steps(program);
    (void)ww_guests_tell(program, true); /* frees memory only */
    return status;
}

static bool intact(const float *guard, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bits_of(guard[i]) != WW_SENTINEL)
            return false;
    return true;
}

/* The gaps between the gradients of parameters are zero, and stay so. */
static ww_status check_gaps(const ww_program *program)
{
    if (program->parameter_gradients == WW_NO_BUFFER)
        return WW_OK;
    const float *gradients =
        program->memory + program->buffers[program->parameter_gradients].offset;
    const ww_value *last = NULL;
    for (size_t v = 0; v < ww_values_count(program->values); v++) {
        const ww_value *value = ww_values_at(program->values, v);
        if (value->kind != WW_NODE_PARAM)
            continue;
        for (size_t i = last == NULL ? 0 : last->offset + last->size; i < value->offset; i++)
            if (bits_of(gradients[i]) != 0)
                return WW_FAIL(WW_EBACKEND, "something wrote past the gradient of %s", last->name);
        last = value;
    }
    return WW_OK;
}

ww_status ww_program_check_sentinels(const ww_program *program)
{
    if (!program->sentinels)
        return WW_OK;
    for (int b = 0; b < program->n_buffers; b++) {
        const ww_buffer *buffer = &program->buffers[b];
        const float *data = program->memory + buffer->offset;
        if (!intact(data - WW_GUARD_FLOATS, WW_GUARD_FLOATS))
            return WW_FAIL(WW_EBACKEND, "%s: something wrote before its buffer '%s'", buffer->owner,
                           buffer->role);
        if (!intact(data + buffer->floats, WW_GUARD_FLOATS))
            return WW_FAIL(WW_EBACKEND, "%s: something wrote past its buffer '%s'", buffer->owner,
                           buffer->role);
    }
    return check_gaps(program);
}
