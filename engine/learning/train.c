/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The training loop.
 *
 * One step: take the batch that was fetched ahead, run the program forward and backward, check that
 * everything is finite, add the penalties, limit the norm, move the parameters. The batch size
 * alone makes it online (1), mini-batch or batch learning (all samples). An epoch visits a fresh
 * permutation of the samples in floor(samples / batch) steps; the remainder that fills no batch is
 * left out and differs from epoch to epoch.
 *
 * The gradient of a batch of B out of N samples, drawn without replacement, is that of all samples
 * with noise of variance (1 - B/N) sigma^2 / B added.
 *
 * All that decides the next step stands in one ww_checkpoint: it is what is written after every
 * epoch and when training is interrupted, so going on from the file and going on without stopping
 * are the same. A program's step number is the number of steps finished before it, over all epochs,
 * and keys dropout.
 *
 * Early stopping (Prechelt 1998): when the validation score has not risen for `patience` epochs,
 * training stops. However it ends, the best values are put back; the last ones stay in the
 * checkpoint, so that training can go on from there. */
#include "engine/learning/train.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/plan.h"
#include "engine/learning/checkpoint.h"
#include "engine/learning/descent.h"
#include "engine/learning/penalty.h"
#include "engine/learning/prefetch.h"

enum { NOTE_BYTES = 128 };

struct run {
    const ww_train_options *options;
    const ww_training *training;
    const ww_source *source;
    ww_values *values;
    ww_arena *arena;
    ww_program *program;
    ww_prefetch *prefetch;
    const ww_optimiser *optimiser;
    void *optimiser_params;
    ww_feed *feed; /* the program's own inputs */
    size_t n_feeds;
    float *parameter, *decay; /* [n]; decay NULL if there is none */
    size_t n;
    uint64_t steps_per_epoch;
    ww_checkpoint at; /* where training stands */
    bool unsaved;
    uint64_t first_step; /* of this call */
    double started_s, epoch_started_s, epoch_stall_s;
};

static bool keeps_best(const struct run *run)
{
    return run->options->validate != NULL && run->training->patience > 0;
}

static bool stopped_early(const struct run *run)
{
    return keeps_best(run) && run->at.stale >= run->training->patience;
}

static bool finished(const struct run *run)
{
    return run->at.epoch >= run->training->epochs || stopped_early(run);
}

/* ---- before the first step ---- */

/* Reads "beta1=0.9,beta2=0.99". */
static ww_status set_params(struct run *run)
{
    const ww_item *item = &run->optimiser->item;
    run->optimiser_params = ww_arena_alloc(run->arena, item->params_size);
    char *text = ww_arena_strdup(run->arena, run->options->optimiser_set), *rest = NULL;
    const char *where = ww_arena_printf(run->arena, "%s.", item->name);
    if (run->optimiser_params == NULL || where == NULL)
        return WW_ENOMEM;
    ww_params_defaults(item->params, run->optimiser_params);
    if (run->options->optimiser_set == NULL)
        return WW_OK;
    if (text == NULL)
        return WW_ENOMEM;
    for (char *key = strtok_r(text, ", ", &rest); key; key = strtok_r(NULL, ", ", &rest)) {
        char *value = strchr(key, '=');
        if (value == NULL)
            return WW_FAIL(WW_EPARSE, "%s: '%s' is not of the form name=value", item->name, key);
        *value++ = '\0';
        WW_TRY(ww_params_set(item->params, run->optimiser_params, key, value, where, run->arena));
    }
    return WW_OK;
}

/* Finds the optimiser and gives it its parameters and its arrays. */
static ww_status choose_optimiser(struct run *run)
{
    const ww_family *family;
    size_t index;
    WW_TRY(ww_family_find(&family, "optimisers"));
    WW_TRY(ww_item_find(&index, family, run->training->optimiser));
    run->optimiser = ww_optimisers[index];
    const char *name = run->optimiser->item.name;
    double weight_decay = run->training->weight_decay;
    if (weight_decay > 0 && !run->optimiser->decouples)
        return WW_FAIL(WW_EINVAL,
                       "training.weight_decay: %s has no decoupled weight decay; use adamw or sgd, "
                       "or the penalty l2",
                       name);
    WW_TRY(set_params(run));
    run->at.optimiser = name;
    run->at.slots = run->optimiser->slots;
    for (int k = 0; k < run->at.slots; k++)
        if ((run->at.slot[k] = ww_arena_array(run->arena, run->n, sizeof(float))) == NULL)
            return WW_ENOMEM;
    if (weight_decay == 0)
        return WW_OK;
    if ((run->decay = ww_arena_array(run->arena, run->n, sizeof(float))) == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < ww_values_count(run->values); i++) {
        const ww_value *v = ww_values_at(run->values, i);
        for (size_t k = 0; v->kind == WW_NODE_PARAM && k < v->size; k++)
            run->decay[v->offset + k] = (float)(weight_decay * v->decay);
    }
    return WW_OK;
}

static ww_status compile(struct run *run, const ww_graph *graph)
{
    ww_compile_options how = {.batch = run->training->batch,
                              .mode = WW_TRAIN,
                              .late = run->training->l1 == 0 && run->training->l2 == 0,
                              .seed = run->options->seed,
                              .recompute = run->training->recompute};
    WW_TRY(ww_compile(&run->program, graph, run->values, how));
    for (size_t i = 0; i < run->n_feeds; i++)
        run->feed[i].data = ww_program_input(run->program, run->feed[i].name, NULL);
    return WW_OK;
}

/* Exchanges the values with those kept in `best`. */
static void swap_best(struct run *run)
{
    float *kept = run->at.best_state;
    for (size_t i = 0; i < run->n; i++) {
        float value = run->parameter[i];
        run->parameter[i] = run->at.best[i];
        run->at.best[i] = value;
    }
    for (size_t k = 0; k < ww_values_count(run->values); k++) {
        const ww_value *v = ww_values_at(run->values, k);
        for (size_t i = 0; v->kind == WW_NODE_STATE && i < v->size; i++, kept++) {
            float value = v->data[i];
            v->data[i] = *kept;
            *kept = value;
        }
    }
    run->at.restored = !run->at.restored;
}

/* Copies the values to `best`. */
static void keep_best(struct run *run)
{
    float *kept = run->at.best_state;
    memcpy(run->at.best, run->parameter, run->n * sizeof(float));
    for (size_t k = 0; k < ww_values_count(run->values); k++) {
        const ww_value *v = ww_values_at(run->values, k);
        if (v->kind != WW_NODE_STATE)
            continue;
        memcpy(kept, v->data, v->size * sizeof(float));
        kept += v->size;
    }
}

/* Whether the training in the file is this one. */
static ww_status check_same(const struct run *run, const ww_checkpoint *from)
{
    const char *path = run->options->checkpoint;
    const ww_checkpoint *at = &run->at;
    if (from->seed != at->seed)
        return WW_FAIL(WW_EINVAL, "%s: trained with seed %llu, not %llu", path,
                       (unsigned long long)from->seed, (unsigned long long)at->seed);
    if (from->samples != at->samples || from->batch != at->batch)
        return WW_FAIL(WW_EINVAL,
                       "%s: trained with batches of %lld of %lld samples, not %lld of %lld", path,
                       (long long)from->batch, (long long)from->samples, (long long)at->batch,
                       (long long)at->samples);
    if (strcmp(from->optimiser, at->optimiser) != 0 || from->slots != at->slots)
        return WW_FAIL(WW_EINVAL, "%s: trained with %s, not %s", path, from->optimiser,
                       at->optimiser);
    uint64_t begin = (uint64_t)from->epoch * run->steps_per_epoch;
    if (from->step < begin || from->step > begin + run->steps_per_epoch)
        return WW_FAIL(WW_EPARSE, "%s: /training/step: %llu is not within epoch %d", path,
                       (unsigned long long)from->step, from->epoch + 1);
    return WW_OK;
}

static bool resumes(const struct run *run)
{
    const ww_train_options *options = run->options;
    return options->resume && options->checkpoint != NULL && access(options->checkpoint, F_OK) == 0;
}

/* Other kernels would end with other bits: those of the checkpoint go on, unless it names none or
 * the user has said how to choose. */
static ww_status follow_plan(const struct run *run)
{
    if (!resumes(run) || ww_plan_effort_get() != WW_PLAN_DEFAULT)
        return WW_OK;
    ww_status status = ww_h5_follow_plan(run->options->checkpoint);
    return status == WW_ENOTFOUND ? WW_OK : status;
}

/* Takes up the training in the checkpoint, if there is one. */
static ww_status resume(struct run *run)
{
    const ww_train_options *options = run->options;
    if (!resumes(run))
        return WW_OK;
    ww_checkpoint from;
    WW_TRY(ww_checkpoint_read(options->checkpoint, run->values, &from, run->arena));
    WW_TRY(check_same(run, &from));
    from.optimiser = run->at.optimiser;
    from.command_line = run->at.command_line;
    from.more = run->at.more;
    from.context = run->at.context;
    if (options->metadata != NULL)
        from.metadata = options->metadata;
    run->at = from;
    run->unsaved = false;
    if (run->at.restored)
        swap_best(run);
    return WW_OK;
}

/* Memory for the best values; those of an earlier training count only if it kept them. */
static ww_status prepare_best(struct run *run)
{
    if (!keeps_best(run) || run->at.best != NULL)
        return WW_OK;
    size_t states = ww_checkpoint_states(run->values);
    run->at.best = ww_arena_array(run->arena, run->n, sizeof(float));
    run->at.best_state = ww_arena_array(run->arena, states, sizeof(float));
    run->at.best_score = -INFINITY;
    run->at.best_epoch = run->at.stale = 0;
    return run->at.best == NULL || run->at.best_state == NULL ? WW_ENOMEM : WW_OK;
}

/* What cannot be written is found now, not after the first epoch. */
static ww_status check_writable(const char *checkpoint)
{
    ww_h5 *draft;
    if (checkpoint == NULL)
        return WW_OK;
    WW_TRY(ww_h5_create(&draft, checkpoint));
    ww_h5_close(draft);
    return WW_OK;
}

static ww_status start_fetching(struct run *run)
{
    const ww_training *training = run->training;
    if (finished(run))
        return WW_OK;
    return ww_prefetch_start(&run->prefetch, run->source, run->options->seed,
                             (size_t)training->batch, run->feed, run->n_feeds, run->at.step,
                             (uint64_t)training->epochs * run->steps_per_epoch);
}

/* The first batch is fetched while the program is compiled. */
static ww_status prepare(struct run *run, const ww_graph *graph)
{
    const ww_training *training = run->training;
    size_t samples = run->source->samples;
    if (training->batch < 1 || (size_t)training->batch > samples)
        return WW_FAIL(WW_EINVAL, "training.batch: %d is outside 1 to the %zu samples of an epoch",
                       training->batch, samples);
    run->steps_per_epoch = samples / (size_t)training->batch;
    run->at = (ww_checkpoint){.seed = run->options->seed,
                              .samples = (int64_t)samples,
                              .batch = training->batch,
                              .best_score = -INFINITY,
                              .metadata = run->options->metadata ? run->options->metadata : "",
                              .command_line = run->options->command_line,
                              .more = run->options->more,
                              .context = run->options->more_context};
    run->unsaved = true;
    WW_TRY(follow_plan(run));
    run->parameter = ww_values_parameters(run->values, &run->n);
    WW_TRY(choose_optimiser(run));
    WW_TRY(resume(run));
    WW_TRY(prepare_best(run));
    run->first_step = run->at.step;
    WW_TRY(ww_feeds_of(graph, &run->feed, &run->n_feeds, run->arena));
    bool measured = ww_plan_effort_get() == WW_PLAN_MEASURE; /* on cores that nothing else uses */
    if (!measured)
        WW_TRY(start_fetching(run));
    WW_TRY(check_writable(run->options->checkpoint));
    WW_TRY(compile(run, graph));
    return measured ? start_fetching(run) : WW_OK;
}

/* ---- training ---- */

static ww_status save(struct run *run)
{
    if (!run->unsaved || run->options->checkpoint == NULL)
        return WW_OK;
    WW_TRY(ww_checkpoint_write(run->options->checkpoint, run->values, &run->at));
    run->unsaved = false;
    return WW_OK;
}

/* Saves what there is and reports the interruption. */
static ww_status interrupted(struct run *run)
{
    unsigned long long step = run->at.step;
    WW_TRY(ww_check_values(run->values, run->at.step));
    if (run->options->checkpoint == NULL)
        return WW_FAIL(WW_EINTERRUPTED, "training was interrupted after step %llu", step);
    WW_TRY(save(run));
    return WW_FAIL(WW_EINTERRUPTED,
                   "training was interrupted after step %llu; %s goes on from there", step,
                   run->options->checkpoint);
}

/* Finds what made the loss or the gradient of this step not finite, and puts step and area (the
 * name before the first '/') before its name. */
static ww_status not_finite(struct run *run)
{
    static const char gradient[] = "gradient of ";
    unsigned long long step = run->at.step + 1;
    ww_status status = ww_program_check_finite(run->program, run->at.step);
    if (status != WW_ENUMERIC)
        return status;
    const char *name = ww_error_message();
    if (strncmp(name, gradient, sizeof gradient - 1) == 0)
        name += sizeof gradient - 1;
    size_t area = strcspn(name, "/: ");
    if (name[area] == '/')
        ww_error_prefix("step %llu: area %.*s: ", step, (int)area, name);
    else
        ww_error_prefix("step %llu: ", step);
    return status;
}

static ww_status one_step(struct run *run)
{
    const ww_training *training = run->training;
    ww_checkpoint *at = &run->at;
    const ww_feed *feed;
    WW_TRY(ww_prefetch_next(run->prefetch, &feed));
    for (size_t i = 0; i < run->n_feeds; i++)
        memcpy(run->feed[i].data, feed[i].data,
               (size_t)training->batch * feed[i].floats * sizeof(float));
    WW_TRY(ww_program_run(run->program, at->step));
    double loss = ww_program_loss(run->program), norm = ww_gradient_norm(run->program);
    if (!isfinite(loss) || !isfinite(norm))
        WW_TRY(not_finite(run));
    if (training->l1 > 0 || training->l2 > 0) { /* then no gradient is late */
        float *gradient = ww_program_gradients(run->program, NULL);
        loss += ww_penalty_add(run->values, training->l1, training->l2, gradient);
        norm = training->clip > 0 ? ww_norm(gradient, run->n) : norm;
    }
    double rate = ww_training_rate(training, (double)at->step, (double)run->steps_per_epoch);
    const ww_descent descent = {run->optimiser, run->optimiser_params, run->decay, at->slot,
                                training->clip};
    ww_descend(&descent, run->program, run->values, norm, rate, at->step + 1);
    at->step++;
    at->loss_sum += loss;
    run->unsaved = true;
    return WW_OK;
}

static void show_step(const struct run *run)
{
    const ww_checkpoint *at = &run->at;
    char note[NOTE_BYTES];
    if (run->options->progress == NULL)
        return;
    double steps = (double)(at->step - (uint64_t)at->epoch * run->steps_per_epoch);
    double samples = (double)(at->step - run->first_step) * (double)at->batch;
    snprintf(note, sizeof note, "loss %.4g, %.0f samples/s", at->loss_sum / steps,
             samples / fmax(ww_clock_s() - run->started_s, 1e-9));
    ww_progress_step(run->options->progress, "training", (double)at->step,
                     (double)run->training->epochs * (double)run->steps_per_epoch, note);
}

static void show_epoch(const struct run *run, double score, const char *note)
{
    const ww_train_options *options = run->options;
    char judged[NOTE_BYTES + 16] = "", stall[64] = "";
    if (options->validate != NULL && note[0] != '\0')
        snprintf(judged, sizeof judged, ", %s", note);
    else if (options->validate != NULL)
        snprintf(judged, sizeof judged, ", score %.4g", score);
    double seconds = ww_clock_s() - run->epoch_started_s;
    double waited = ww_prefetch_stall_s(run->prefetch) - run->epoch_stall_s;
    if (options->verbose)
        snprintf(stall, sizeof stall, ", %.3f s (%.2f %%) waiting for samples", waited,
                 100 * waited / fmax(seconds, 1e-9));
    ww_progress_line(options->progress, "epoch %d of %d: loss %.4g%s, %.1f s%s", run->at.epoch,
                     run->training->epochs, run->at.loss, judged, seconds, stall);
}

/* The steps of an epoch that are still to do. */
static ww_status run_steps(struct run *run)
{
    uint64_t end = (uint64_t)(run->at.epoch + 1) * run->steps_per_epoch;
    while (run->at.step < end) {
        if (ww_interrupted())
            return interrupted(run);
        ww_status status = one_step(run);
        if (status == WW_EINTERRUPTED) /* the source was asked to stop before the loop was */
            return interrupted(run);
        WW_TRY(status);
        show_step(run);
    }
    if (ww_interrupted())
        return interrupted(run);
    return ww_check_values(run->values, run->at.step);
}

/* Validates the values after the last step of an epoch, counts the epoch and saves. */
static ww_status end_epoch(struct run *run)
{
    const ww_train_options *options = run->options;
    ww_checkpoint *at = &run->at;
    double score = -INFINITY;
    char note[NOTE_BYTES] = "";
    if (options->validate != NULL) {
        ww_status status =
            options->validate(options->context, run->values, &score, note, sizeof note);
        if (status == WW_EINTERRUPTED)
            return interrupted(run);
        WW_TRY(status);
        at->stale++;
    }
    at->epoch++;
    at->loss = at->loss_sum / (double)run->steps_per_epoch;
    at->loss_sum = 0;
    if (score > at->best_score) {
        at->best_score = score;
        at->best_epoch = at->epoch;
        at->stale = 0;
        if (keeps_best(run))
            keep_best(run);
    }
    run->unsaved = true;
    WW_TRY(save(run));
    show_epoch(run, score, note);
    return WW_OK;
}

static ww_status train(struct run *run)
{
    while (!finished(run)) {
        run->epoch_started_s = ww_clock_s();
        run->epoch_stall_s = ww_prefetch_stall_s(run->prefetch);
        WW_TRY(run_steps(run));
        WW_TRY(end_epoch(run));
    }
    if (keeps_best(run) && run->at.best_epoch > 0) {
        swap_best(run);
        run->unsaved = true;
    }
    return save(run);
}

ww_status ww_train(const ww_graph *graph, ww_values *values, const ww_source *source,
                   const ww_train_options *options, ww_train_report *report)
{
    struct run run = {.options = options,
                      .training = options->training,
                      .source = source,
                      .values = values,
                      .started_s = ww_clock_s()};
    *report = (ww_train_report){0};
    if ((run.arena = ww_arena_create()) == NULL)
        return WW_ENOMEM;
    ww_status status = prepare(&run, graph);
    if (status == WW_OK)
        status = train(&run);
    *report = (ww_train_report){.epochs = run.at.epoch,
                                .steps = run.at.step,
                                .loss = run.at.loss,
                                .best_score = run.at.best_score,
                                .seconds = ww_clock_s() - run.started_s,
                                .stall_seconds =
                                    run.prefetch != NULL ? ww_prefetch_stall_s(run.prefetch) : 0,
                                .stopped_early = status == WW_OK && stopped_early(&run)};
    ww_progress_end(options->progress);
    ww_prefetch_stop(run.prefetch);
    ww_program_free(run.program);
    ww_arena_free(run.arena);
    return status;
}
