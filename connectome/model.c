/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "connectome/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connectome/model_parts.h"
#include "engine/base/random.h"
#include "engine/learning/checkpoint.h"
#include "engine/store/file.h"

ww_status ww_model_on(ww_model **out, ww_arena *arena, ww_brain *brain, uint64_t seed)
{
    *out = NULL;
    ww_model *model = ww_arena_alloc(arena, sizeof *model);
    ww_graph *graph = ww_graph_create();
    ww_values *values = NULL;
    ww_status status = model != NULL && graph != NULL ? WW_OK : WW_ENOMEM;
    if (status == WW_OK)
        status = ww_brain_build(graph, brain);
    if (status == WW_OK)
        status = ww_values_create(&values, graph, seed);
    if (status != WW_OK) {
        ww_graph_free(graph);
        ww_arena_free(arena);
        return status;
    }
    *model =
        (ww_model){.arena = arena, .brain = brain, .graph = graph, .values = values, .seed = seed};
    *out = model;
    return WW_OK;
}

ww_status ww_model_create(ww_model **out, const char *brain, const char *const *set, uint64_t seed)
{
    ww_brain *read = NULL;
    ww_arena *arena = ww_arena_create();
    *out = NULL;
    if (arena == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    ww_status status = ww_brain_read(&read, brain, set, arena);
    if (status != WW_OK) {
        ww_arena_free(arena);
        return status;
    }
    return ww_model_on(out, arena, read, seed);
}

/* The brain that a checkpoint was made with. */
static ww_status brain_of(ww_brain **out, const char *checkpoint, ww_arena *arena)
{
    const char *yaml;
    WW_TRY(ww_checkpoint_metadata(checkpoint, &yaml, arena));
    return ww_brain_parse(out, yaml, checkpoint, NULL, arena);
}

ww_status ww_model_open(ww_model **out, const char *checkpoint)
{
    ww_brain *brain = NULL;
    ww_arena *arena = ww_arena_create();
    *out = NULL;
    if (arena == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    ww_status status = brain_of(&brain, checkpoint, arena);
    if (status != WW_OK) {
        ww_arena_free(arena);
        return status;
    }
    ww_model *model;
    ww_checkpoint read = {0};
    WW_TRY(ww_model_on(&model, arena, brain, 0));
    status = ww_checkpoint_read(checkpoint, model->values, &read, arena);
    if (status != WW_OK) {
        ww_model_free(model);
        return status;
    }
    model->seed = read.seed;
    model->learned = true;
    *out = model;
    return WW_OK;
}

void ww_model_free(ww_model *model)
{
    if (model == NULL)
        return;
    if (model->tester != NULL)
        ww_program_free(model->tester->program);
    ww_values_free(model->values);
    ww_graph_free(model->graph);
    ww_arena_free(model->arena);
}

void ww_task_truth(const ww_brain *brain, const ww_task *task, const ww_truth *truth, float *label)
{
    switch (task->label) {
    case WW_LABEL_CATEGORY:
        label[0] = (float)truth->category;
        break;
    case WW_LABEL_FACE:
        label[0] = (float)truth->face;
        break;
    case WW_LABEL_WORD:
        label[0] = (float)truth->word;
        break;
    case WW_LABEL_OBJECT:
    case WW_LABEL_CLASS:
        label[0] = (float)truth->object;
        break;
    case WW_LABEL_COLOUR:
        label[0] = (float)truth->colour;
        break;
    case WW_LABEL_DIRECTION:
        label[0] = (float)truth->direction;
        break;
    case WW_LABEL_POSITION:
        label[0] = (float)(2 * truth->x_deg / ww_view_width_deg(&brain->view));
        label[1] = (float)(2 * truth->y_deg / ww_view_height_deg(&brain->view));
        break;
    }
}

/* ---- scenes to learn from ---- */

struct scenes {
    const ww_brain *brain;
    void *state;
    uint64_t seed;
};

static ww_status open_scenes(const ww_source *self)
{
    struct scenes *scenes = self->context;
    const ww_brain *brain = scenes->brain;
    if (brain->stimulus->open == NULL)
        return WW_OK;
    return brain->stimulus->open(&scenes->state, brain->stimulus_params, &brain->view);
}

static ww_status fetch_scenes(const ww_source *self, uint64_t epoch, const uint64_t *index,
                              size_t n, ww_feed *feed, size_t n_feeds)
{
    const struct scenes *scenes = self->context;
    const ww_brain *brain = scenes->brain;
    ww_random random = ww_random_stream(scenes->seed, "train", epoch);
    uint64_t seed = ww_random_u64(&random);
    ww_feed *movie = NULL, *label[64] = {NULL};
    for (size_t f = 0; f < n_feeds; f++) {
        if (strcmp(feed[f].name, "movie") == 0)
            movie = &feed[f];
        for (int t = 0; t < brain->n_tasks && t < 64; t++)
            if (strncmp(feed[f].name, "label/", 6) == 0 &&
                strcmp(feed[f].name + 6, brain->task[t].name) == 0)
                label[t] = &feed[f];
    }
    if (movie == NULL)
        return WW_FAIL(WW_EINVAL, "brain %s: no area sees the movie", brain->name);
    for (size_t i = 0; i < n; i++) {
        ww_truth truth;
        WW_TRY(brain->stimulus->draw(scenes->state, brain->stimulus_params, &brain->view, seed,
                                     index[i], movie->data + i * movie->floats, NULL, &truth));
        for (int t = 0; t < brain->n_tasks && t < 64; t++)
            if (label[t] != NULL)
                ww_task_truth(brain, &brain->task[t], &truth,
                              label[t]->data + i * label[t]->floats);
    }
    return WW_OK;
}

/* ---- training ---- */

struct validation {
    ww_model *model;
    const ww_trials *trials;
};

/* One number for all tasks: the mean of what is right, a place counting as right to the share that
 * its median error falls short of a tenth of the field. */
static ww_status validate(void *context, ww_values *values, double *score, char *note,
                          size_t note_bytes)
{
    const struct validation *v = context;
    const ww_brain *brain = v->model->brain;
    ww_answers *answers;
    (void)values;
    WW_TRY(ww_model_answer(v->model, v->trials, &answers));
    double sum = 0;
    size_t length = 0;
    note[0] = '\0';
    for (int t = 0; t < brain->n_tasks; t++) {
        size_t n;
        double mean = ww_answers_mean(answers, brain, t, v->trials, NULL, &n);
        bool place = brain->task[t].label == WW_LABEL_POSITION;
        if (n > 0)
            sum += place ? fmax(0, 1 - mean / 0.1) : mean;
        if (length < note_bytes)
            length += (size_t)snprintf(note + length, note_bytes - length, "%s%s %.3f",
                                       t > 0 ? ", " : "", brain->task[t].name, mean);
    }
    *score = sum / brain->n_tasks;
    ww_answers_free(answers);
    return WW_OK;
}

ww_status ww_model_fit(ww_model *model, const ww_source *source, const ww_trials *validation,
                       const ww_pictures *record, const char *checkpoint, bool resume, bool verbose,
                       ww_progress *progress, ww_train_report *report)
{
    struct validation v = {model, validation};
    ww_train_options options = {.training = &model->brain->training,
                                .seed = model->seed,
                                .checkpoint = checkpoint,
                                .metadata = model->brain->yaml,
                                .command_line = model->command_line,
                                .more = record != NULL ? ww_pictures_more : NULL,
                                .more_context = record,
                                .resume = resume,
                                .verbose = verbose,
                                .progress = progress,
                                .validate = validation != NULL ? validate : NULL,
                                .context = &v};
    if (checkpoint != NULL)
        ww_drafts_sweep_beside(checkpoint); /* of trainings that were killed */
    return ww_train(model->graph, model->values, source, &options, report);
}

ww_status ww_model_check_name(const ww_model *model, const char *checkpoint)
{
    const char *yaml;
    ww_yaml *root;
    const ww_yaml *name;
    WW_TRY(ww_checkpoint_metadata(checkpoint, &yaml, model->arena));
    WW_TRY(ww_yaml_parse(&root, yaml, checkpoint, model->arena));
    WW_TRY(ww_yaml_get(&name, root, "brain"));
    if (name->kind == WW_YAML_SCALAR && strcmp(name->text, model->brain->name) != 0)
        return WW_FAIL(WW_EINVAL, "%s: a trained %s, not %s", checkpoint, name->text,
                       model->brain->name);
    return WW_OK;
}

bool ww_model_is_checkpoint(const char *brain)
{
    size_t n = brain != NULL ? strlen(brain) : 0;
    return n > 3 && strcmp(brain + n - 3, ".h5") == 0;
}

/* What a training on scenes could only ignore. */
static ww_status check_training(const ww_brain *brain)
{
    if (ww_augment_any(&brain->augment))
        return WW_FAIL(WW_EINVAL,
                       "%s: augment: pictures from disk are altered, scenes are drawn anew in each "
                       "epoch",
                       brain->file);
    if (brain->training.patience > 0 && brain->validation_samples == 0)
        return WW_FAIL(WW_EINVAL,
                       "%s: training.patience: %d epochs without a better validation, of which "
                       "there is none; training.validation_samples is 0",
                       brain->file, brain->training.patience);
    return WW_OK;
}

void ww_model_tell_idle(const ww_model *model, ww_progress *progress)
{
    int idle = ww_brain_idle_paths(model->brain);
    if (idle > 0)
        ww_progress_line(progress,
                         "%s: %d of %d pathways act from one time step to the next and are idle "
                         "at steps 1; --set steps=2 lets them act",
                         model->brain->name, idle, model->brain->n_paths);
}

ww_status ww_model_train(ww_model *model, const char *checkpoint, bool resume, bool verbose,
                         ww_progress *progress, ww_train_report *report)
{
    const ww_brain *brain = model->brain;
    const ww_stimulus *stimulus = brain->stimulus;
    struct scenes scenes = {.brain = brain, .seed = model->seed};
    ww_source source = {(size_t)brain->samples_per_epoch, fetch_scenes, &scenes, open_scenes};
    ww_trials *trials = NULL;
    ww_status status = WW_OK;
    if (resume && checkpoint != NULL && access(checkpoint, F_OK) == 0)
        WW_TRY(ww_model_check_name(model, checkpoint));
    WW_TRY(check_training(brain));
    ww_model_tell_idle(model, progress);
    if (brain->validation_samples > 0)
        status = ww_trials_draw(&trials, brain, (size_t)brain->validation_samples, model->seed,
                                "validation");
    if (status == WW_OK)
        status = ww_model_fit(model, &source, trials, NULL, checkpoint, resume, verbose, progress,
                              report);
    if (status == WW_EINVAL && strncmp(ww_error_message(), "training.", 9) == 0)
        ww_error_prefix("%s: ", brain->file);
    ww_trials_free(trials);
    if (stimulus->close != NULL)
        stimulus->close(scenes.state);
    return status;
}
