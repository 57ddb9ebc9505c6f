/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The memory of a program: lives, work in place, one allocation, and every pointer into it. */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "engine/tensor/compile.h"

/* SLACK: for how many units an array of a program with lanes is left alone after its last read; the
 * longer of a program whose arrays are SMALL bytes together. */
enum { HUGE_PAGE = 1 << 21, SLACK = 40, LONG_SLACK = 100, SMALL = 1 << 26 };

bool ww_unit_keeps_in(const ww_unit *unit, int k)
{
    const ww_op *op = unit->node->op;
    return unit->run_backward != op->backward || ww_mask_has(op->keeps_in, k);
}

bool ww_unit_keeps_out(const ww_unit *unit)
{
    return ww_op_keeps_out(unit->node->op, unit->node->n_in, unit->forward.rectify);
}

int ww_buffer_add(ww_program *program, ww_buffer buffer)
{
    program->unshared_floats += buffer.floats;
    program->buffers[program->n_buffers] = buffer;
    return program->n_buffers++;
}

static void read_until(int *last, int time)
{
    *last = time > *last ? time : *last;
}

/* The time at which each value is read for the last time, in the forward pass and after it. */
static void find_lives(ww_program *program)
{
    for (size_t i = 0; i < program->n_arrays; i++)
        program->arrays[i].last = program->arrays[i].again_last = WW_BEFORE;
    for (int u = 0; u < program->n_units; u++) {
        const ww_unit *unit = &program->units[u];
        ww_array *own = &program->arrays[unit->id];
        int back = ww_guest_backward(program, u);
        own->last = u;
        if (unit->differentiated && ww_unit_keeps_out(unit))
            read_until(own->again ? &own->again_last : &own->last, back);
        for (int k = 0; k < unit->node->n_in; k++) {
            ww_array *in = &program->arrays[unit->node->in[k]];
            read_until(&in->last,
                       unit->late && k == 0 ? ww_time_end(program) : ww_guest_forward(program, u));
            if (unit->differentiated && ww_unit_keeps_in(unit, k))
                read_until(in->again ? &in->again_last : &in->last, back);
        }
    }
    const ww_graph_result *results;
    size_t n = ww_graph_results(program->graph, &results);
    for (size_t r = 0; r < n; r++)
        program->arrays[results[r].id].last = ww_time_end(program);
    ww_recompute_lives(program);
}

/* Whether the output of unit u may take the memory of its first input: nothing else reads that. */
static bool in_place(const ww_program *program, int u)
{
    const ww_unit *unit = &program->units[u];
    const ww_node *node = unit->node;
    if (!node->op->in_place || node->n_in == 0 || program->options.unshared ||
        unit->run_forward != node->op->forward)
        return false;
    const ww_array *in = &program->arrays[node->in[0]];
    if (in->unit < 0 || in->last != u || in->floats != program->arrays[unit->id].floats)
        return false;
    for (int k = 1; k < node->n_in; k++)
        if (node->in[k] == node->in[0])
            return false;
    return true;
}

static void place_inputs(ww_program *program)
{
    for (size_t i = 0; i < program->n_arrays; i++) {
        ww_array *array = &program->arrays[i];
        if (array->needed && array->node->kind == WW_NODE_INPUT)
            array->buffer = ww_buffer_add(program, (ww_buffer){.floats = array->floats,
                                                               .first = WW_BEFORE,
                                                               .last = ww_time_end(program),
                                                               .owner = array->node->name,
                                                               .role = "input"});
    }
}

static void place_output(ww_program *program, int u)
{
    ww_unit *unit = &program->units[u];
    ww_array *out = &program->arrays[unit->id];
    if (out->near)
        return;
    if (in_place(program, u)) {
        out->buffer = program->arrays[unit->node->in[0]].buffer;
        ww_buffer *buffer = &program->buffers[out->buffer];
        if (out->last > buffer->last)
            buffer->last = out->last;
        program->unshared_floats += out->floats;
        return;
    }
    out->buffer = ww_buffer_add(program, (ww_buffer){.floats = out->floats,
                                                     .first = u,
                                                     .last = out->last,
                                                     .owner = unit->node->name,
                                                     .role = "output"});
}

/* Where the output of a unit that goes forward once more lies. */
static void place_again(ww_program *program, int u)
{
    ww_unit *unit = &program->units[u];
    ww_array *out = &program->arrays[unit->id];
    out->again_buffer = WW_NO_BUFFER;
    if (unit->repeats)
        out->again_buffer = ww_buffer_add(
            program, (ww_buffer){.floats = out->floats,
                                 .first = ww_time_again(program, ww_recompute_end(program, u)),
                                 .last = out->again_last,
                                 .owner = unit->node->name,
                                 .role = "output (again)"});
}

static void place_workspaces(ww_program *program)
{
    int end = ww_time_end(program);
    program->scratch = WW_NO_BUFFER;
    for (int u = 0; u < program->n_units; u++) {
        ww_unit *unit = &program->units[u];
        ww_op_call *call = &unit->forward;
        unit->saved = unit->scratch = WW_NO_BUFFER;
        if (call->saved_floats > 0)
            unit->saved = ww_buffer_add(
                program, (ww_buffer){.floats = call->saved_floats,
                                     .first = unit->sums_host >= 0 ? unit->sums_host : u,
                                     .last = unit->differentiated ? ww_guest_backward(program, u)
                                                                  : ww_guest_forward(program, u),
                                     .owner = unit->node->name,
                                     .role = "saved"});
        if (call->scratch_floats == 0)
            continue;
        unit->scratch = program->scratch;
        if (program->scratch == WW_NO_BUFFER || program->options.unshared) {
            unit->scratch = ww_buffer_add(program, (ww_buffer){.floats = call->scratch_floats,
                                                               .first = WW_BEFORE,
                                                               .last = end,
                                                               .owner = unit->node->name,
                                                               .role = "scratch"});
            program->scratch = unit->scratch;
            continue;
        }
        ww_buffer *buffer = &program->buffers[program->scratch];
        program->unshared_floats += call->scratch_floats;
        if (call->scratch_floats > buffer->floats)
            buffer->floats = call->scratch_floats;
    }
}

/* Lanes have scratch of their own, and arrays keep their memory for a while after the last read,
 * so that the next owner need not wait for other lanes. */
static void widen(ww_program *program)
{
    int slack = program->unshared_floats * sizeof(float) < SMALL ? LONG_SLACK : SLACK;
    for (int b = 0; b < program->n_buffers; b++) {
        ww_buffer *buffer = &program->buffers[b];
        if (b != program->scratch) {
            buffer->last += slack;
            continue;
        }
        size_t line = WW_ALIGNMENT / sizeof(float);
        program->lane_floats = (buffer->floats + line - 1) / line * line;
        buffer->floats = program->lane_floats * (size_t)program->lanes;
    }
}

float *ww_lane_scratch(const ww_program *program, int lane)
{
    if (program->scratch == WW_NO_BUFFER)
        return NULL;
    return program->memory + program->buffers[program->scratch].offset +
           (size_t)lane * program->lane_floats;
}

static ww_status make_room_for_buffers(ww_program *program)
{
    size_t most = 1 + 3 * program->n_arrays; /* values, gradients, workspaces, contributions */
    for (int u = 0; u < program->n_units; u++)
        most += 2 + (size_t)program->units[u].node->n_in;
    program->buffers = ww_arena_array(program->arena, most, sizeof *program->buffers);
    return program->buffers == NULL ? WW_ENOMEM : WW_OK;
}

static void place_parameter_gradients(ww_program *program)
{
    program->parameter_gradients = WW_NO_BUFFER;
    (void)ww_values_parameters(program->values, &program->parameter_floats);
    if (program->options.mode != WW_INFER && program->parameter_floats > 0)
        program->parameter_gradients =
            ww_buffer_add(program, (ww_buffer){.floats = program->parameter_floats,
                                               .first = WW_BEFORE,
                                               .last = ww_time_end(program),
                                               .owner = "parameters",
                                               .role = "gradient"});
}

/* Large memory in large pages, where the system has them: a map of 32x32 pixels is a page of the
 * usual 4 KiB, and kernels that walk through the channels would look up a page for each. */
static float *pages(size_t bytes)
{
    size_t alignment = bytes < 2 * HUGE_PAGE ? WW_ALIGNMENT : HUGE_PAGE;
    size_t whole = bytes == 0 ? alignment : (bytes + alignment - 1) / alignment * alignment;
    float *memory = aligned_alloc(alignment, whole);
#ifdef MADV_HUGEPAGE
    if (memory != NULL && alignment == HUGE_PAGE)
        (void)madvise(memory, whole, MADV_HUGEPAGE); /* a wish; without it, it is only slower */
#endif
    return memory;
}

/* Everything is written once, so that no step pays for the first touch of a page; the threads share
 * that, since the system clears each. */
static void touch(float *memory, size_t bytes)
{
    size_t n = (bytes + HUGE_PAGE - 1) / HUGE_PAGE;
#pragma omp parallel for schedule(static) if (n > 2)
    for (size_t i = 0; i < n; i++) {
        size_t begin = i * HUGE_PAGE, left = bytes - begin;
        memset((char *)memory + begin, 0, left < HUGE_PAGE ? left : HUGE_PAGE);
    }
}

static ww_status allocate(ww_program *program)
{
    size_t bytes = program->memory_floats * sizeof(float);
    double machine = ww_machine_bytes();
    if ((double)bytes > machine) /* it would be granted, and the machine would stand still */
        return WW_FAIL(WW_ENOMEM,
                       "out of memory: a program wants %.3g GB, this machine has %.3g GB; smaller "
                       "grids, batches or views want less",
                       1e-9 * (double)bytes, 1e-9 * machine);
    program->memory = pages(bytes);
    if (program->memory == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory: a program wants %zu bytes", bytes);
    touch(program->memory, bytes);
    if (!program->sentinels)
        return WW_OK;
    uint32_t sentinel = WW_SENTINEL;
    for (size_t i = 0; i < program->memory_floats; i++)
        memcpy(&program->memory[i], &sentinel, sizeof sentinel);
    for (int b = 0; b < program->n_buffers; b++) {
        const ww_buffer *buffer = &program->buffers[b];
        if (b == program->parameter_gradients || strcmp(buffer->role, "input") == 0)
            memset(program->memory + buffer->offset, 0, buffer->floats * sizeof(float));
    }
    return WW_OK;
}

static float *buffer_data(const ww_program *program, int buffer)
{
    return buffer == WW_NO_BUFFER ? NULL : program->memory + program->buffers[buffer].offset;
}

static void point_arrays(ww_program *program)
{
    float *parameters = buffer_data(program, program->parameter_gradients);
    for (size_t i = 0; i < program->n_arrays; i++) {
        ww_array *array = &program->arrays[i];
        array->data =
            array->value != NULL ? array->value->data : buffer_data(program, array->buffer);
        array->again_data = array->again ? buffer_data(program, array->again_buffer) : array->data;
        if (!array->wanted)
            continue;
        if (array->node->kind == WW_NODE_PARAM)
            array->gradient = parameters + array->value->offset;
        else
            array->gradient = buffer_data(program, array->gradient_buffer);
    }
}

/* What backward must not read (the memory may be another's by then) is NULL there. */
static void point_calls(ww_program *program)
{
    for (int u = 0; u < program->n_units; u++) {
        ww_unit *unit = &program->units[u];
        const ww_array *own = &program->arrays[unit->id];
        for (int k = 0; k < unit->node->n_in; k++) {
            const ww_array *in = &program->arrays[unit->node->in[k]];
            unit->in[k] = in->data;
            unit->again_in[k] = in->again_data;
            unit->kept_in[k] = ww_unit_keeps_in(unit, k) ? in->again_data : NULL;
            if (unit->target[k].kind == WW_TARGET_FIRST || unit->target[k].kind == WW_TARGET_ADDED)
                unit->grad_in[k] = in->gradient;
            else if (unit->target[k].kind == WW_TARGET_EXTRA)
                unit->grad_in[k] = buffer_data(program, unit->target[k].buffer);
        }
        unit->forward.out = own->data;
        unit->forward.saved = buffer_data(program, unit->saved);
        unit->forward.scratch = buffer_data(program, unit->scratch);
        unit->again = unit->forward;
        unit->again.in = unit->again_in;
        unit->again.out = own->again_data;
        unit->again.again = true;
        unsigned add = unit->backward.add;
        unit->backward = unit->forward;
        unit->backward.add = add;
        unit->backward.in = unit->kept_in;
        unit->backward.out = ww_unit_keeps_out(unit) ? own->again_data : NULL;
        unit->backward.grad_out = own->gradient;
        unit->backward.grad_in = unit->grad_in;
    }
}

ww_status ww_memory_plan(ww_program *program)
{
    find_lives(program);
    WW_TRY(make_room_for_buffers(program));
    place_parameter_gradients(program);
    place_inputs(program);
    for (int u = 0; u < program->n_units; u++)
        place_output(program, u);
    for (int u = 0; u < program->n_units; u++)
        place_again(program, u);
    place_workspaces(program);
    WW_TRY(ww_backward_buffers(program));
    if (program->lanes > 1)
        widen(program);
    WW_TRY(ww_layout_plan(program->buffers, (size_t)program->n_buffers, !program->options.unshared,
                          program->sentinels ? WW_GUARD_FLOATS : 0, program->arena,
                          &program->memory_floats));
    WW_TRY(allocate(program));
    point_arrays(program);
    point_calls(program);
    return WW_OK;
}
