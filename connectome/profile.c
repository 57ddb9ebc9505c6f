/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "connectome/profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "connectome/model_parts.h"
#include "engine/base/progress.h"
#include "engine/learning/descent.h"

enum { WARM_UP = 2 };

struct profiler {
    ww_model *model;
    ww_program *program;
    ww_arena *arena;
    ww_profile *profile;
    const ww_optimiser *optimiser; /* NULL: inference */
    void *optimiser_params;
    float *slot[2];
    uint64_t step;
    double sign; /* of what is added to the rows: the warm-up is taken away again */
};

/* ---- rows ---- */

/* Whose node this is: "V4/conv2d" V4's, "V1>V4.interblob/gate" V4's, "pool" the pathways'. */
static const char *area_of(const char *name, ww_arena *arena)
{
    size_t length = strcspn(name, "/");
    if (name[length] == '\0')
        return "pathways";
    const char *target = memchr(name, '>', length);
    if (target == NULL)
        return ww_arena_printf(arena, "%.*s", (int)length, name);
    return ww_arena_printf(arena, "%.*s", (int)strcspn(target + 1, "./"), target + 1);
}

static ww_profile_row *row_of(struct profiler *p, const char *area, const char *op)
{
    ww_profile *profile = p->profile;
    for (int i = 0; i < profile->n; i++)
        if (strcmp(profile->row[i].area, area) == 0 && strcmp(profile->row[i].op, op) == 0)
            return &profile->row[i];
    ww_profile_row *row = &profile->row[profile->n++];
    *row = (ww_profile_row){.area = area, .op = op};
    return row;
}

/* Adds sign times what the program has taken so far to the rows. */
static ww_status add_times(struct profiler *p, double sign)
{
    ww_node_time time;
    for (size_t i = 0; ww_program_time(p->program, i, &time); i++) {
        const char *area = area_of(time.name, p->arena);
        const char *op = ww_arena_strdup(p->arena, time.op); /* the program's, which goes first */
        if (area == NULL || op == NULL)
            return WW_ENOMEM;
        ww_profile_row *row = row_of(p, area, op);
        row->forward_s += sign * time.forward_s;
        row->backward_s += sign * time.backward_s;
        if (sign > 0) {
            row->nodes++;
            row->products += time.forward_products + time.backward_products;
            row->bytes += time.bytes;
        }
    }
    return WW_OK;
}

static int by_time(const void *a, const void *b)
{
    const ww_profile_row *x = a, *y = b;
    double s = x->forward_s + x->backward_s, t = y->forward_s + y->backward_s;
    return (s < t) - (s > t);
}

/* ---- what is run ---- */

/* Fills the inputs with a batch of scenes. */
static ww_status feed(struct profiler *p, int batch)
{
    const ww_brain *brain = p->model->brain;
    ww_trials *trials;
    double before = ww_clock_s();
    WW_TRY(ww_trials_draw(&trials, brain, (size_t)batch, p->model->seed, "profile"));
    p->profile->scenes_s = ww_clock_s() - before;
    size_t floats;
    float *movie = ww_program_input(p->program, "movie", &floats);
    if (movie != NULL)
        memcpy(movie, trials->movie, floats * sizeof *movie);
    for (int t = 0; t < brain->n_tasks; t++) {
        const ww_task *task = &brain->task[t];
        const char *name = ww_arena_printf(p->arena, "label/%s", task->name);
        float *label = name != NULL ? ww_program_input(p->program, name, &floats) : NULL;
        for (int i = 0; i < batch && label != NULL; i++)
            ww_task_truth(brain, task, &trials->truth[i],
                          label + (size_t)i * (floats / (size_t)batch));
    }
    ww_trials_free(trials);
    return WW_OK;
}

static ww_status choose_optimiser(struct profiler *p)
{
    const ww_family *family;
    size_t index, n;
    WW_TRY(ww_family_find(&family, "optimisers"));
    WW_TRY(ww_item_find(&index, family, p->model->brain->training.optimiser));
    p->optimiser = ww_optimisers[index];
    p->optimiser_params = ww_arena_alloc(p->arena, p->optimiser->item.params_size + 1);
    ww_values_parameters(p->model->values, &n);
    for (int k = 0; k < p->optimiser->slots; k++)
        if ((p->slot[k] = ww_arena_array(p->arena, n, sizeof(float))) == NULL)
            return WW_ENOMEM;
    if (p->optimiser_params == NULL)
        return WW_ENOMEM;
    ww_params_defaults(p->optimiser->item.params, p->optimiser_params);
    return WW_OK;
}

/* What a training step does after the program has run, timed. */
static void learn(struct profiler *p)
{
    const ww_descent descent = {
        .optimiser = p->optimiser, .params = p->optimiser_params, .slots = p->slot};
    double begin = ww_clock_s();
    double norm = ww_gradient_norm(p->program), middle = ww_clock_s();
    if (isfinite(norm))
        ww_descend(&descent, p->program, p->model->values, norm, p->model->brain->training.rate,
                   p->step);
    row_of(p, "all", "norm of gradient")->forward_s += p->sign * (middle - begin);
    row_of(p, "all", p->optimiser->item.name)->forward_s += p->sign * (ww_clock_s() - middle);
}

static ww_status run_one(struct profiler *p)
{
    WW_TRY(ww_program_run(p->program, p->step++));
    if (p->optimiser != NULL)
        learn(p);
    return WW_OK;
}

static double faults(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_minflt + used.ru_majflt);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static ww_status measure(struct profiler *p, int batch, int runs)
{
    ww_profile *profile = p->profile;
    double *seconds = ww_arena_array(p->arena, (size_t)runs, sizeof *seconds);
    if (seconds == NULL)
        return WW_ENOMEM;
    WW_TRY(feed(p, batch));
    for (int i = 0; i < WARM_UP; i++)
        WW_TRY(run_one(p));
    WW_TRY(add_times(p, -1));
    p->sign = 1;
    double before = faults();
    for (int i = 0; i < runs; i++) {
        double begin = ww_clock_s();
        WW_TRY(run_one(p));
        seconds[i] = ww_clock_s() - begin;
    }
    profile->page_faults = (faults() - before) / runs;
    WW_TRY(add_times(p, 1));
    for (int i = 0; i < profile->n; i++) {
        profile->row[i].forward_s /= runs;
        profile->row[i].backward_s /= runs;
    }
    qsort(seconds, (size_t)runs, sizeof *seconds, by_size);
    profile->run_s = seconds[runs / 2];
    qsort(profile->row, (size_t)profile->n, sizeof *profile->row, by_time);
    ww_program_memory(p->program, &profile->planned_bytes, &profile->unshared_bytes);
    ww_values_parameters(p->model->values, &profile->parameters);
    return WW_OK;
}

ww_status ww_model_profile(ww_model *model, int batch, int runs, bool train, ww_profile **out,
                           ww_arena *arena)
{
    struct profiler p = {.model = model, .arena = arena, .sign = 0, .step = 1};
    size_t room = ww_graph_nodes(model->graph) + 2;
    *out = p.profile = ww_arena_alloc(arena, sizeof **out);
    if (p.profile == NULL ||
        (p.profile->row = ww_arena_array(arena, room, sizeof *p.profile->row)) == NULL)
        return WW_ENOMEM;
    WW_TRY(ww_compile(&p.program, model->graph, model->values,
                      (ww_compile_options){.batch = batch,
                                           .mode = train ? WW_TRAIN : WW_INFER,
                                           .seed = model->seed,
                                           .recompute = model->brain->training.recompute,
                                           .late = true,
                                           .profile = true}));
    ww_status status = train ? choose_optimiser(&p) : WW_OK;
    if (status == WW_OK)
        status = measure(&p, batch, runs);
    ww_program_free(p.program);
    return status;
}
