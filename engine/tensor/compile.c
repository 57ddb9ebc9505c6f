/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a graph to a program. In order: what is needed (survey), what operators do together (fuse),
 * what goes backward (backward.c), which maps lie in blocks of channels (blocks.c), which gradients
 * are left as factors (late.c), what is computed twice (recompute.c), how each operator is called
 * (prepare), where everything lies (memory.c, layout.c), which calls need not be made (neutral.c),
 * the list of what a run does (run.c), and which of that can be done side by side (lanes.c). */

#include "engine/tensor/lanes.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/base/threads.h"

extern const ww_op ww_op_add, ww_op_relu;

static ww_status bind(ww_program *program, ww_array *array)
{
    const ww_node *node = array->node;
    char wanted[WW_SHAPE_TEXT], found[WW_SHAPE_TEXT];
    const ww_value *value = ww_values_find(program->values, node->name);
    if (value == NULL || value->kind != node->kind)
        return WW_FAIL(WW_EINVAL, "the values hold no array '%s' of this kind", node->name);
    if (!ww_shape_equal(&value->shape, &node->shape))
        return WW_FAIL(WW_ESHAPE, "%s: the graph wants %s, the values hold %s", node->name,
                       ww_shape_print(&node->shape, wanted), ww_shape_print(&value->shape, found));
    array->value = value;
    return WW_OK;
}

/* Lists the nodes, with their shapes at the batch size, and which of them reach a result. */
static ww_status survey(ww_program *program)
{
    program->n_arrays = ww_graph_nodes(program->graph);
    program->arrays = ww_arena_array(program->arena, program->n_arrays, sizeof(ww_array));
    bool *needed = ww_arena_array(program->arena, program->n_arrays, sizeof *needed);
    if (program->arrays == NULL || needed == NULL)
        return WW_ENOMEM;
    ww_graph_needed(program->graph, needed);
    const ww_graph_result *results;
    size_t n = ww_graph_results(program->graph, &results);
    for (size_t r = 0; r < n; r++) {
        program->arrays[results[r].id].uses++;
        program->arrays[results[r].id].loss_weight += results[r].weight;
    }
    for (size_t i = program->n_arrays; i-- > 0;) {
        ww_array *array = &program->arrays[i];
        const ww_node *node = array->node = ww_graph_node(program->graph, i);
        array->unit = array->buffer = array->gradient_buffer = -1;
        array->shape = ww_shape_at_batch(&node->shape, program->options.batch);
        array->floats = ww_shape_size(&array->shape);
        array->needed = needed[i];
        if (!array->needed)
            continue;
        for (int k = 0; k < node->n_in; k++)
            program->arrays[node->in[k]].uses++;
        if (node->kind == WW_NODE_OP)
            program->n_units++;
        else if (node->kind != WW_NODE_INPUT)
            WW_TRY(bind(program, array));
    }
    return WW_OK;
}

/* The operator of array `id` will give array `to` instead: nothing else reads what it gives. */
static ww_array *take_over(ww_program *program, ww_array *to, int id)
{
    ww_array *before = &program->arrays[id];
    to->node = before->node;
    to->added = before->added;
    to->rectified = before->rectified;
    before->needed = false;
    program->n_units--;
    return to;
}

/* The operator that alone gives array `id` to a single reader; NULL if there is none. */
static const ww_op *host_of(const ww_program *program, int id)
{
    const ww_array *array = &program->arrays[id];
    return array->node->kind == WW_NODE_OP && array->uses == 1 ? array->node->op : NULL;
}

/* The node that is `host` with one input more. */
static ww_status with_input(ww_program *program, const ww_node **node, const ww_node *host, int id)
{
    ww_node *made = ww_arena_alloc(program->arena, sizeof *made);
    int *in = ww_arena_array(program->arena, (size_t)host->n_in + 1, sizeof *in);
    if (made == NULL || in == NULL)
        return WW_ENOMEM;
    memcpy(in, host->in, (size_t)host->n_in * sizeof *in);
    in[host->n_in] = id;
    *made = *host;
    made->n_in = host->n_in + 1;
    made->in = in;
    *node = made;
    return WW_OK;
}

/* An addition of two arrays of one shape is done by the operator of either of them, where it can.
 */
static ww_status fuse_addition(ww_program *program, ww_array *sum)
{
    for (int k = 2; k-- > 0;) {
        int of = sum->node->in[k], other = sum->node->in[1 - k];
        const ww_array *before = &program->arrays[of];
        const ww_op *host = host_of(program, of);
        if (host == NULL || !host->adds || before->added || before->rectified || of == other ||
            !ww_shape_equal(&before->shape, &program->arrays[other].shape))
            continue;
        take_over(program, sum, of)->added = true;
        return with_input(program, &sum->node, sum->node, other);
    }
    return WW_OK;
}

/* A rectification, or an addition, that alone reads what an operator gives is done by that
 * operator, where it can (op.h): its array becomes the operator's output, and the array between the
 * two is no more. The reference does each for itself. */
static ww_status fuse(ww_program *program)
{
    for (size_t i = 0; i < program->n_arrays && !program->options.reference; i++) {
        ww_array *array = &program->arrays[i];
        if (!array->needed || array->node->kind != WW_NODE_OP)
            continue;
        if (array->node->op == &ww_op_add)
            WW_TRY(fuse_addition(program, array));
        if (array->node->op != &ww_op_relu)
            continue;
        const ww_op *host = host_of(program, array->node->in[0]);
        if (host != NULL && host->rectifies)
            take_over(program, array, array->node->in[0])->rectified = true;
    }
    return WW_OK;
}

static ww_status check_options(const ww_graph *graph, ww_compile_options options)
{
    if (!ww_graph_sealed(graph))
        return WW_FAIL(WW_EINVAL, "the graph is not complete: ww_graph_end has not accepted it");
    if (options.batch < 1)
        return WW_FAIL(WW_EINVAL, "a batch of %lld samples: 1 or more are wanted",
                       (long long)options.batch);
    const ww_graph_result *results;
    size_t n = ww_graph_results(graph, &results);
    bool loss = options.mode == WW_INFER;
    for (size_t r = 0; r < n; r++)
        loss = loss || results[r].weight != 0;
    return loss ? WW_OK : WW_FAIL(WW_EINVAL, "the graph has no loss to be trained on");
}

static ww_status fill_unit(ww_program *program, ww_unit *unit)
{
    const ww_node *node = unit->node;
    bool rectify = program->arrays[unit->id].rectified;
    size_t n = (size_t)node->n_in;
    unit->op =
        ww_arena_printf(program->arena, "%s%s%s", node->op->item.name,
                        program->arrays[unit->id].added ? "+add" : "", rectify ? "+relu" : "");
    unit->in_shape = ww_arena_array(program->arena, n, sizeof *unit->in_shape);
    unit->in = ww_arena_array(program->arena, n, sizeof *unit->in);
    unit->kept_in = ww_arena_array(program->arena, n, sizeof *unit->kept_in);
    unit->again_in = ww_arena_array(program->arena, n, sizeof *unit->again_in);
    unit->grad_in = ww_arena_array(program->arena, n, sizeof *unit->grad_in);
    unit->target = ww_arena_array(program->arena, n, sizeof *unit->target);
    if (unit->op == NULL || unit->in_shape == NULL || unit->in == NULL || unit->kept_in == NULL ||
        unit->again_in == NULL || unit->grad_in == NULL || unit->target == NULL)
        return WW_ENOMEM;
    for (size_t k = 0; k < n; k++)
        unit->in_shape[k] = program->arrays[node->in[k]].shape;
    bool reference = program->options.reference;
    unit->run_forward =
        reference && node->op->forward_reference ? node->op->forward_reference : node->op->forward;
    unit->run_backward = reference && node->op->backward_reference ? node->op->backward_reference
                                                                   : node->op->backward;
    unit->forward = (ww_op_call){.attr = node->attr,
                                 .n_in = node->n_in,
                                 .in_shape = unit->in_shape,
                                 .out_shape = program->arrays[unit->id].shape,
                                 .in = unit->in,
                                 .grad_in = unit->grad_in,
                                 .mode = program->options.mode,
                                 .rectify = rectify};
    return WW_OK;
}

static ww_status list_units(ww_program *program)
{
    program->units = ww_arena_array(program->arena, (size_t)program->n_units, sizeof(ww_unit));
    if (program->units == NULL)
        return WW_ENOMEM;
    int u = 0;
    for (size_t i = 0; i < program->n_arrays; i++) {
        ww_array *array = &program->arrays[i];
        if (!array->needed || array->node->kind != WW_NODE_OP)
            continue;
        array->unit = u;
        ww_unit *unit = &program->units[u++];
        unit->id = (int)i;
        unit->node = array->node;
        WW_TRY(fill_unit(program, unit));
    }
    return WW_OK;
}

/* Random numbers hang on the seed, the name of the node, and how many nodes before it have the same
 * name: not on what else there is in the graph. */
static ww_status key_units(ww_program *program)
{
    uint64_t *hash = ww_arena_array(program->arena, program->n_arrays, sizeof *hash);
    if (hash == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < program->n_arrays; i++) {
        const ww_node *node = ww_graph_node(program->graph, i);
        if (node->kind != WW_NODE_OP)
            continue;
        hash[i] = ww_hash_text(node->name);
        if (program->arrays[i].unit < 0)
            continue;
        uint64_t occurrence = 0;
        for (size_t before = 0; before < i; before++)
            occurrence += hash[before] == hash[i];
        uint32_t word[4];
        ww_random_block(program->options.seed, hash[i], occurrence, word);
        program->units[program->arrays[i].unit].key = (uint64_t)word[1] << 32 | word[0];
    }
    return WW_OK;
}

static ww_status prepare_units(ww_program *program)
{
    for (int u = 0; u < program->n_units; u++) {
        ww_unit *unit = &program->units[u];
        if (unit->node->op->prepare == NULL)
            continue;
        ww_status status = unit->node->op->prepare(&unit->forward);
        if (status != WW_OK) {
            ww_error_prefix("%s: ", unit->node->name);
            return status;
        }
    }
    return WW_OK;
}

/* Which gradients each unit may be asked for. */
static void tell_wants(ww_program *program)
{
    for (int u = 0; u < program->n_units; u++) {
        ww_unit *unit = &program->units[u];
        for (int k = 0; k < unit->node->n_in && unit->differentiated; k++)
            if (program->arrays[unit->node->in[k]].wanted)
                unit->forward.wants |= WW_BIT(k);
    }
}

/* Steps that go side by side have a thread each. */
static ww_status prepare(ww_program *program)
{
    int threads = ww_threads();
    program->lanes = ww_lanes_choose(program);
    if (program->lanes > 1)
        ww_threads_set(1);
    ww_status status = prepare_units(program);
    if (program->lanes > 1)
        ww_threads_set(threads);
    return status;
}

static ww_status build(ww_program *program)
{
    WW_TRY(survey(program));
    WW_TRY(fuse(program));
    WW_TRY(list_units(program));
    WW_TRY(key_units(program));
    ww_backward_mark(program);
    tell_wants(program);
    ww_blocks_mark(program);
    WW_TRY(ww_late_mark(program));
    ww_recompute_mark(program);
    WW_TRY(prepare(program));
    ww_guests_mark(program);
    WW_TRY(ww_memory_plan(program));
    WW_TRY(ww_guests_tell(program, true));
    ww_neutral_plan(program);
    WW_TRY(ww_steps_list(program));
    return program->lanes > 1 ? ww_lanes_plan(program) : WW_OK;
}

ww_status ww_compile(ww_program **out, const ww_graph *graph, ww_values *values,
                     ww_compile_options options)
{
    *out = NULL;
    WW_TRY(check_options(graph, options));
    ww_arena *arena = ww_arena_create();
    ww_program *program = arena == NULL ? NULL : ww_arena_alloc(arena, sizeof *program);
    if (program == NULL) {
        ww_arena_free(arena);
        return WW_ENOMEM;
    }
    const char *sentinels = getenv("WW_SENTINELS");
    *program = (ww_program){.arena = arena, .graph = graph, .values = values, .options = options};
    program->sentinels = sentinels != NULL && strcmp(sentinels, "1") == 0;
    program->options.unshared = options.unshared || program->sentinels;
    ww_status status = build(program);
    if (status != WW_OK) {
        ww_program_free(program);
        return status;
    }
    *out = program;
    return WW_OK;
}

void ww_program_free(ww_program *program)
{
    if (program == NULL)
        return;
    for (int u = 0; program->units != NULL && u < program->n_units; u++) {
        const ww_unit *unit = &program->units[u];
        if (unit->forward.plan != NULL && unit->node->op->release != NULL)
            unit->node->op->release(unit->forward.plan);
    }
    free(program->memory);
    free(program->spare);
    ww_arena_free(program->arena);
}
