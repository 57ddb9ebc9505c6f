/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running a program: a flat list of calls, and what can be read afterwards. */

#include <string.h>

#include "engine/base/progress.h"
#include "engine/base/random.h"
#include "engine/tensor/lanes.h"

enum { PARALLEL_FLOATS = 1 << 14 };

/* A contribution that was written beside its gradient, added after the call. */
static void list_additions(const ww_program *program, ww_unit *unit, ww_step **next)
{
    for (int k = 0; k < unit->node->n_in; k++) {
        const ww_array *in = &program->arrays[unit->node->in[k]];
        if (unit->target[k].kind == WW_TARGET_EXTRA)
            *(*next)++ = (ww_step){
                .unit = unit, .to = in->gradient, .from = unit->grad_in[k], .floats = in->floats};
    }
}

/* Before the last unit of a segment goes backward: those that go forward once more. */
static void list_repeats(ww_program *program, int last, ww_step **next)
{
    int first = last;
    if (last + 1 < program->n_units &&
        program->units[last + 1].segment == program->units[last].segment)
        return;
    while (first > 0 && program->units[first - 1].segment == program->units[last].segment)
        first--;
    for (int u = first; u <= last; u++) {
        ww_unit *unit = &program->units[u];
        if (unit->repeats)
            *(*next)++ = (ww_step){.run = unit->run_forward, .call = &unit->again, .unit = unit};
    }
}

ww_status ww_steps_list(ww_program *program)
{
    size_t most = program->n_arrays + 3 * (size_t)program->n_units;
    for (int u = 0; u < program->n_units; u++)
        most += (size_t)program->units[u].node->n_in;
    program->steps = ww_arena_array(program->arena, most, sizeof(ww_step));
    if (program->steps == NULL)
        return WW_ENOMEM;
    ww_step *next = program->steps;
    for (int u = 0; u < program->n_units; u++) {
        ww_unit *unit = &program->units[u];
        *next++ = (ww_step){.run = unit->run_forward, .call = &unit->forward, .unit = unit};
    }
    for (size_t i = 0; i < program->n_arrays; i++) {
        const ww_array *array = &program->arrays[i];
        if (array->wanted && array->loss_weight != 0)
            *next++ = (ww_step){.to = array->gradient, .value = (float)array->loss_weight};
    }
    for (int u = program->n_units; u-- > 0;) {
        ww_unit *unit = &program->units[u];
        list_repeats(program, u, &next);
        if (!unit->differentiated)
            continue;
        *next++ = (ww_step){.run = unit->run_backward, .call = &unit->backward, .unit = unit};
        list_additions(program, unit, &next);
    }
    program->n_steps = (size_t)(next - program->steps);
    return WW_OK;
}

static void add_range(float *to, const float *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] += from[i];
}

/* Even a parallel region that is switched off costs a quarter of a microsecond. */
static void add(float *to, const float *from, size_t n)
{
    if (n < PARALLEL_FLOATS) {
        add_range(to, from, n);
        return;
    }
    size_t blocks = (n + PARALLEL_FLOATS - 1) / PARALLEL_FLOATS;
#pragma omp parallel for
    for (size_t b = 0; b < blocks; b++) {
        size_t begin = b * PARALLEL_FLOATS, left = n - begin;
        add_range(to + begin, from + begin, left < PARALLEL_FLOATS ? left : PARALLEL_FLOATS);
    }
}

ww_status ww_step_do(const ww_step *step)
{
    if (step->run != NULL) {
        ww_status status = step->run(step->call);
        if (status != WW_OK)
            ww_error_prefix("%s: ", step->unit->node->name);
        return status;
    }
    if (step->from != NULL)
        add(step->to, step->from, step->floats);
    else
        step->to[0] = step->value;
    return WW_OK;
}

void ww_program_key(ww_program *program, uint64_t step)
{
    for (int u = 0; u < program->n_units; u++) {
        ww_unit *unit = &program->units[u];
        uint32_t word[4];
        ww_random_block(unit->key, 0, step, word);
        unit->forward.seed = unit->again.seed = unit->backward.seed =
            (uint64_t)word[1] << 32 | word[0];
    }
}

static ww_status run_timed(ww_program *program)
{
    double before = ww_clock_s();
    for (size_t i = 0; i < program->n_steps; i++) {
        const ww_step *step = &program->steps[i];
        WW_TRY(ww_step_do(step));
        double after = ww_clock_s();
        if (step->unit != NULL && step->call == &step->unit->forward)
            step->unit->forward_s += after - before;
        else if (step->unit != NULL)
            step->unit->backward_s += after - before;
        before = after;
    }
    return WW_OK;
}

ww_status ww_program_run(ww_program *program, uint64_t step)
{
    ww_program_key(program, step);
    ww_neutral_update(program);
    program->runs++;
    if (program->options.profile)
        return run_timed(program);
    if (program->lanes > 1)
        return ww_lanes_run(program->beside);
    for (size_t i = 0; i < program->n_steps; i++)
        WW_TRY(ww_step_do(&program->steps[i]));
    return WW_OK;
}

/* The input that the program needs under this name, or NULL. */
static const ww_array *find_input(const ww_program *program, const char *name)
{
    for (size_t i = 0; i < program->n_arrays; i++) {
        const ww_array *array = &program->arrays[i];
        if (array->needed && array->node->kind == WW_NODE_INPUT &&
            strcmp(array->node->name, name) == 0)
            return array;
    }
    return NULL;
}

float *ww_program_input(ww_program *program, const char *name, size_t *floats)
{
    const ww_array *array = find_input(program, name);
    if (array != NULL && floats != NULL)
        *floats = array->floats;
    return array == NULL ? NULL : array->data;
}

const float *ww_program_input_gradient(const ww_program *program, const char *name)
{
    const ww_array *array = find_input(program, name);
    return array == NULL ? NULL : array->gradient;
}

const float *ww_program_output(const ww_program *program, const char *name, ww_shape *shape)
{
    const ww_graph_result *results;
    size_t n = ww_graph_results(program->graph, &results);
    for (size_t r = 0; r < n; r++) {
        if (strcmp(results[r].name, name) != 0)
            continue;
        const ww_array *array = &program->arrays[results[r].id];
        if (shape != NULL)
            *shape = array->shape;
        return array->data;
    }
    return NULL;
}

double ww_program_loss(const ww_program *program)
{
    const ww_graph_result *results;
    size_t n = ww_graph_results(program->graph, &results);
    double loss = 0;
    for (size_t r = 0; r < n; r++)
        if (results[r].weight != 0)
            loss += results[r].weight * program->arrays[results[r].id].data[0];
    return loss;
}

float *ww_program_early_gradients(ww_program *program, size_t *floats)
{
    if (floats != NULL)
        *floats = program->options.mode == WW_INFER ? 0 : program->parameter_floats;
    if (program->parameter_gradients == WW_NO_BUFFER)
        return NULL;
    return program->memory + program->buffers[program->parameter_gradients].offset;
}

void ww_program_memory(const ww_program *program, size_t *planned, size_t *unshared)
{
    *planned = program->memory_floats * sizeof(float);
    *unshared = program->unshared_floats * sizeof(float);
}

/* Multiply-adds of one forward call: for each element of the output, the length of the sum that it
 * is. Those of the backward call are as many for each gradient. */
static double products_of_sums(const ww_unit *unit)
{
    const ww_shape *b = &unit->in_shape[1]; /* filters [K, ...], weights [K, F]; else [..., M, P] */
    bool matrices = strcmp(unit->node->op->item.name, "matmul") == 0;
    double length =
        matrices ? (double)b->dim[b->rank - 2] : (double)ww_shape_size(b) / (double)b->dim[0];
    return (double)ww_shape_size(&unit->forward.out_shape) * length;
}

/* Of filters [F, k, k] at every pixel of a picture. */
static double products_of_filters(const ww_unit *unit)
{
    double sum = 0;
    for (int k = 1; k < unit->node->n_in; k++)
        sum +=
            (double)ww_shape_size(&unit->in_shape[0]) * (double)ww_shape_size(&unit->in_shape[k]);
    return sum;
}

/* Of prototypes [P, C, k, k] at every place of maps where they lie within. */
static double products_of_prototypes(const ww_unit *unit)
{
    double sum = 0;
    const ww_shape *p = &unit->in_shape[0];
    for (int k = 1; k < unit->node->n_in; k++) {
        const int64_t *x = unit->in_shape[k].dim;
        int64_t places = x[0] * (x[2] - p->dim[2] + 1) * (x[3] - p->dim[3] + 1);
        sum += (double)places * (double)ww_shape_size(p);
    }
    return sum;
}

double ww_unit_products(const ww_unit *unit)
{
    static const struct {
        const char *op;
        double (*products)(const ww_unit *unit);
    } of[] = {{"conv2d", products_of_sums},
              {"linear", products_of_sums},
              {"matmul", products_of_sums},
              {"filter_pool", products_of_filters},
              {"nearest", products_of_prototypes}};
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++)
        if (strcmp(unit->node->op->item.name, of[i].op) == 0)
            return of[i].products(unit);
    return 0;
}

bool ww_program_time(const ww_program *program, size_t i, ww_node_time *time)
{
    if (i >= (size_t)program->n_units)
        return false;
    const ww_unit *unit = &program->units[i];
    const ww_array *out = &program->arrays[unit->id];
    double products = ww_unit_products(unit), gradients = 0;
    for (int k = 0; k < unit->node->n_in && unit->differentiated; k++)
        gradients += unit->target[k].kind != WW_TARGET_NONE;
    *time = (ww_node_time){.name = unit->node->name,
                           .op = unit->op,
                           .shape = unit->forward.out_shape,
                           .forward_s = unit->forward_s,
                           .backward_s = unit->backward_s,
                           .forward_products = products,
                           .backward_products = gradients * products,
                           .bytes = sizeof(float) *
                                    ((out->wanted ? 2 : 1) * out->floats +
                                     unit->forward.saved_floats + unit->forward.scratch_floats),
                           .runs = program->runs};
    return true;
}
