/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures from disk as what a brain sees: scaled to fit the view on grey, in linear light, the
 * same in every frame. The read-out sees the areas that the brain's own label tasks see; with
 * `whole` the areas learn as well, else they stay as they are and only the read-out learns. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connectome/model_parts.h"
#include "connectome/readout.h"
#include "engine/learning/checkpoint.h"
#include "engine/store/picture.h"

static const char task_name[] = "read_out";

/* Pictures to learn from. */
struct pictures {
    const ww_brain *brain;
    const ww_labelled *labelled;
    uint64_t seed;
    bool augmented;
    float linear[256]; /* light of a stored byte (gamma 2.2) */
};

static struct pictures pictures_of(const ww_brain *brain, const ww_labelled *labelled,
                                   uint64_t seed, bool augmented)
{
    struct pictures p = {brain, labelled, seed, augmented && ww_augment_any(&brain->augment), {0}};
    for (int i = 0; i < 256; i++)
        p.linear[i] = (float)pow(i / 255.0, 2.2);
    return p;
}

/* Picture `index` as a movie; `scratch` has room for three pictures of either size. */
static void show(const struct pictures *p, uint64_t epoch, uint64_t index, float *scratch,
                 float *movie)
{
    const ww_labelled *l = p->labelled;
    const ww_view *view = &p->brain->view;
    int W = view->width_px, H = view->height_px;
    size_t from = (size_t)l->height * (size_t)l->width, plane = (size_t)W * (size_t)H;
    double scale = fmin((double)W / l->width, (double)H / l->height);
    int w = (int)fmax(1, floor(scale * l->width + 0.5));
    int h = (int)fmax(1, floor(scale * l->height + 0.5));
    size_t fitted = (size_t)w * (size_t)h;
    float *light = scratch, *small = light + 3 * from, *frame = small + 3 * plane;
    for (size_t i = 0; i < (size_t)l->channels * from; i++)
        light[i] = p->linear[l->pixel[index * (size_t)l->channels * from + i]];
    ww_picture_resize(light, l->channels, l->height, l->width, small, h, w);
    for (size_t i = 0; i < 3 * plane; i++)
        frame[i] = 0.5f;
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < h; y++)
            memcpy(frame + (size_t)c * plane + (size_t)(y + (H - h) / 2) * (size_t)W + (W - w) / 2,
                   small + (l->channels == 3 ? (size_t)c * fitted : 0) + (size_t)y * (size_t)w,
                   (size_t)w * sizeof *frame);
    if (p->augmented)
        ww_augment_picture(&p->brain->augment, p->seed, epoch, index, frame, movie, 3, H, W);
    else
        memcpy(movie, frame, 3 * plane * sizeof *frame);
    for (int f = 1; f < view->frames; f++)
        memcpy(movie + (size_t)f * 3 * plane, movie, 3 * plane * sizeof *movie);
}

static float *scratch_of(const struct pictures *p)
{
    size_t from = (size_t)p->labelled->height * (size_t)p->labelled->width;
    size_t plane = (size_t)p->brain->view.width_px * (size_t)p->brain->view.height_px;
    return malloc((3 * from + 6 * plane) * sizeof(float));
}

static ww_status fetch_pictures(const ww_source *self, uint64_t epoch, const uint64_t *index,
                                size_t n, ww_feed *feed, size_t n_feeds)
{
    const struct pictures *p = self->context;
    float *scratch = scratch_of(p);
    if (scratch == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for a picture");
    for (size_t f = 0; f < n_feeds; f++)
        for (size_t i = 0; i < n; i++) {
            float *to = feed[f].data + i * feed[f].floats;
            if (strcmp(feed[f].name, "movie") == 0)
                show(p, epoch, index[i], scratch, to);
            else
                to[0] = (float)p->labelled->label[index[i]];
        }
    free(scratch);
    return WW_OK;
}

/* Some pictures as trials. */
static ww_status trials_of(ww_trials **out, const struct pictures *p, size_t first, size_t count)
{
    const ww_view *view = &p->brain->view;
    size_t floats =
        (size_t)3 * (size_t)view->frames * (size_t)view->height_px * (size_t)view->width_px;
    float *scratch = scratch_of(p);
    ww_trials *trials = calloc(1, sizeof *trials);
    *out = NULL;
    if (scratch == NULL || trials == NULL ||
        (trials->movie = malloc(count * floats * sizeof(float))) == NULL ||
        (trials->truth = calloc(count, sizeof *trials->truth)) == NULL) {
        free(scratch);
        ww_trials_free(trials);
        return WW_FAIL(WW_ENOMEM, "out of memory for %zu pictures", count);
    }
    trials->count = count;
    trials->first = first;
    trials->total = p->labelled->count;
    for (size_t i = 0; i < count; i++) {
        show(p, 0, first + i, scratch, trials->movie + i * floats);
        trials->truth[i] = ww_truth_unknown();
        trials->truth[i].object = p->labelled->label[first + i];
    }
    free(scratch);
    *out = trials;
    return WW_OK;
}

ww_status ww_model_answer_labelled(ww_model *model, const ww_labelled *set, ww_answers **out)
{
    enum { PART = 10 * WW_TEST_BATCH };
    struct pictures p = pictures_of(model->brain, set, model->seed, false);
    ww_answers *answers = ww_answers_new(model->brain, set->count);
    ww_status status = WW_OK;
    *out = NULL;
    if (answers == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for %zu answers", set->count);
    for (size_t first = 0; first < set->count && status == WW_OK; first += PART) {
        ww_trials *trials;
        size_t n = set->count - first < PART ? set->count - first : PART;
        status = trials_of(&trials, &p, first, n);
        if (status == WW_OK)
            status = ww_model_answer_into(model, trials, answers);
        ww_trials_free(trials);
    }
    if (status != WW_OK) {
        ww_answers_free(answers);
        return status;
    }
    *out = answers;
    return WW_OK;
}

/* ---- the brain with one task ---- */

/* The areas that tell labels of things apart, blank-comma separated for YAML. */
static const char *label_areas(const ww_brain *brain, ww_arena *arena)
{
    const char *list = "";
    for (int a = 0; a < brain->n_areas && list != NULL; a++) {
        bool read = false;
        for (int t = 0; t < brain->n_tasks; t++)
            for (int i = 0; i < brain->task[t].n_reads; i++)
                read |= brain->task[t].label <= WW_LABEL_OBJECT && brain->task[t].reads[i] == a;
        if (read)
            list = ww_arena_printf(arena, "%s%s%s", list, list[0] ? ", " : "", brain->area[a].name);
    }
    return list;
}

/* The same brain with the task of the labelled pictures instead of its own. */
static ww_status labelled_brain(ww_brain **out, const ww_brain *brain, int classes, ww_arena *arena)
{
    const char *areas = label_areas(brain, arena);
    if (areas == NULL)
        return WW_ENOMEM;
    if (areas[0] == '\0')
        return WW_FAIL(
            WW_EINVAL,
            "brain %s: no task reads a category or an identity, so no area is known that "
            "labels of pictures could be read from",
            brain->name);
    const char *text = ww_arena_printf(
        arena, "tasks: {%s: {reads: [%s], label: class, classes: %d, readout: flat, dropout: 0.3}}",
        task_name, areas, classes);
    ww_yaml *tree, *task;
    char *yaml;
    if (text == NULL)
        return WW_ENOMEM;
    WW_TRY(ww_yaml_parse(&tree, brain->yaml, brain->file, arena));
    WW_TRY(ww_yaml_parse(&task, text, "read-out", arena));
    for (int i = 0; i < tree->count; i++)
        if (strcmp(tree->item[i]->key, "tasks") == 0)
            tree->item[i] = task->item[0];
    WW_TRY(ww_yaml_print(tree, &yaml, arena));
    return ww_brain_parse(out, yaml, brain->file, NULL, arena);
}

static ww_status open_model(ww_model **out, const char *brain, const char *const *set,
                            uint64_t seed, int classes)
{
    ww_arena *arena = ww_arena_create();
    ww_brain *read, *made;
    if (arena == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    ww_status status = ww_brain_read(&read, brain, set, arena);
    if (status == WW_OK)
        status = labelled_brain(&made, read, classes, arena);
    if (status != WW_OK) {
        ww_arena_free(arena);
        return status;
    }
    return ww_model_on(out, arena, made, seed);
}

/* Copies all that two models have in common (same name and size). */
static ww_status start_from(ww_model *model, const char *checkpoint)
{
    ww_model *old;
    size_t copied = 0;
    WW_TRY(ww_model_open(&old, checkpoint));
    for (size_t i = 0; i < ww_values_count(model->values); i++) {
        ww_value *to = ww_values_at(model->values, i);
        const ww_value *from = ww_values_find(old->values, to->name);
        if ((to->kind != WW_NODE_PARAM && to->kind != WW_NODE_STATE) || from == NULL ||
            !ww_shape_equal(&from->shape, &to->shape))
            continue;
        memcpy(to->data, from->data, to->size * sizeof *to->data);
        copied++;
    }
    ww_model_free(old);
    if (copied == 0)
        return WW_FAIL(WW_EINVAL, "%s: nothing in it fits brain %s", checkpoint,
                       model->brain->name);
    return WW_OK;
}

/* ---- the read-out alone ---- */

/* The responses of the areas that are read to all pictures, and their labels. */
struct responses {
    const ww_task *task;
    const ww_brain *brain;
    const ww_labelled *labelled;
    float **of; /* [n_reads][count][units] */
    size_t *units;
};

static ww_status record(struct responses *r, ww_model *model)
{
    struct pictures p = pictures_of(model->brain, r->labelled, model->seed, false);
    for (size_t first = 0; first < r->labelled->count; first += WW_TEST_BATCH) {
        ww_program *program;
        ww_trials *trials;
        size_t n = r->labelled->count - first;
        n = n < WW_TEST_BATCH ? n : WW_TEST_BATCH;
        WW_TRY(trials_of(&trials, &p, first, n));
        ww_status status = ww_model_run(model, trials, 0, &program);
        ww_trials_free(trials);
        WW_TRY(status);
        for (int i = 0; i < r->task->n_reads; i++) {
            char name[128];
            ww_shape shape;
            snprintf(name, sizeof name, "area/%s", r->brain->area[r->task->reads[i]].name);
            const float *from = ww_program_output(program, name, &shape);
            r->units[i] = ww_shape_size(&shape) / WW_TEST_BATCH;
            if (r->of[i] == NULL)
                r->of[i] = malloc(r->labelled->count * r->units[i] * sizeof(float));
            if (r->of[i] == NULL)
                return WW_FAIL(WW_ENOMEM, "out of memory for the responses to %zu pictures",
                               r->labelled->count);
            memcpy(r->of[i] + first * r->units[i], from, n * r->units[i] * sizeof(float));
        }
    }
    return WW_OK;
}

static ww_status fetch_responses(const ww_source *self, uint64_t epoch, const uint64_t *index,
                                 size_t n, ww_feed *feed, size_t n_feeds)
{
    const struct responses *r = self->context;
    (void)epoch;
    for (size_t f = 0; f < n_feeds; f++)
        for (size_t i = 0; i < n; i++) {
            float *to = feed[f].data + i * feed[f].floats;
            const float *from = NULL;
            for (int k = 0; k < r->task->n_reads; k++)
                if (strcmp(feed[f].name, r->brain->area[r->task->reads[k]].name) == 0)
                    from = r->of[k] + index[i] * r->units[k];
            if (from != NULL)
                memcpy(to, from, feed[f].floats * sizeof *to);
            else
                to[0] = (float)r->labelled->label[index[i]];
        }
    return WW_OK;
}

/* Trains a graph that is the read-out alone and copies what it learned into the model. */
static ww_status fit_on_responses(ww_model *model, struct responses *r, ww_graph *graph,
                                  const ww_picture_training *how, ww_train_report *report)
{
    const ww_brain *brain = model->brain;
    ww_var maps[WW_OP_MAX_IN];
    ww_values *values;
    for (int i = 0; i < r->task->n_reads; i++) {
        const ww_brain_area *area = &brain->area[r->task->reads[i]];
        int64_t plane = (int64_t)area->height * area->width;
        maps[i] =
            ww_input(graph, area->name,
                     WW_SHAPE(WW_BATCH, (int64_t)r->units[i] / plane, area->height, area->width));
    }
    ww_readout_build(graph, brain, r->task, maps, NULL);
    WW_TRY(ww_graph_end(graph));
    WW_TRY(ww_values_create(&values, graph, model->seed));
    ww_source source = {r->labelled->count, fetch_responses, r, NULL};
    ww_train_options options = {.training = &brain->training,
                                .seed = model->seed,
                                .verbose = how->verbose,
                                .progress = how->progress};
    ww_status status = ww_train(graph, values, &source, &options, report);
    for (size_t i = 0; status == WW_OK && i < ww_values_count(values); i++) {
        const ww_value *from = ww_values_at(values, i);
        ww_value *to = ww_values_find(model->values, from->name);
        if (from->kind == WW_NODE_PARAM && to != NULL)
            memcpy(to->data, from->data, to->size * sizeof *to->data);
    }
    ww_values_free(values);
    return status;
}

static ww_status fit_readout(ww_model *model, const ww_picture_training *how,
                             ww_train_report *report)
{
    const ww_task *task = &model->brain->task[0];
    float *of[WW_OP_MAX_IN] = {NULL};
    size_t units[WW_OP_MAX_IN] = {0};
    struct responses r = {task, model->brain, how->pictures, of, units};
    ww_status status = record(&r, model);
    if (status == WW_OK) {
        ww_graph *graph = ww_graph_create();
        status = graph != NULL ? fit_on_responses(model, &r, graph, how, report)
                               : WW_FAIL(WW_ENOMEM, "out of memory");
        ww_graph_free(graph);
    }
    for (int i = 0; i < task->n_reads; i++)
        free(of[i]);
    if (status == WW_OK && how->checkpoint != NULL) {
        ww_checkpoint last = {.epoch = report->epochs,
                              .step = report->steps,
                              .seed = model->seed,
                              .loss = report->loss,
                              .metadata = model->brain->yaml,
                              .command_line = model->command_line,
                              .more = how->record != NULL ? ww_pictures_more : NULL,
                              .context = how->record};
        status = ww_checkpoint_write(how->checkpoint, model->values, &last);
    }
    return status;
}

/* ---- training ---- */

ww_status ww_pictures_more(const void *pictures, ww_h5 *file)
{
    return ww_pictures_write(pictures, file);
}

/* Whether there is a training to go on with; it has to be one of this brain on these pictures. */
static ww_status find_resumed(bool *resumes, const ww_model *model, const ww_picture_training *how)
{
    ww_pictures learned;
    *resumes = how->resume && how->checkpoint != NULL && access(how->checkpoint, F_OK) == 0;
    if (!*resumes)
        return WW_OK;
    WW_TRY(ww_model_check_name(model, how->checkpoint));
    if (how->record == NULL)
        return WW_OK;
    if (ww_pictures_read(&learned, how->checkpoint, model->arena) == WW_ENOTFOUND)
        return WW_FAIL(WW_EINVAL, "%s: it learned scenes", how->checkpoint);
    return ww_pictures_same(&learned, how->record, how->checkpoint);
}

static ww_status train(ww_model *model, const ww_picture_training *how, ww_train_report *report)
{
    ww_training *training = &model->brain->training;
    bool resumes;
    assert(!how->resume || !how->frozen);
    if ((size_t)training->batch > how->pictures->count)
        training->batch = (int)how->pictures->count; /* the whole of a small set */
    ww_model_tell_idle(model, how->progress);
    WW_TRY(find_resumed(&resumes, model, how));
    if (how->start != NULL && !resumes)
        WW_TRY(start_from(model, how->start));
    if (how->frozen)
        return fit_readout(model, how, report);
    struct pictures p = pictures_of(model->brain, how->pictures, how->seed, true);
    ww_source source = {how->pictures->count, fetch_pictures, &p, NULL};
    return ww_model_fit(model, &source, NULL, how->record, how->checkpoint, resumes, how->verbose,
                        how->progress, report);
}

ww_status ww_model_train_labelled(ww_model **out, const ww_picture_training *how,
                                  ww_train_report *report)
{
    ww_model *model;
    *out = NULL;
    WW_TRY(open_model(&model, how->brain, how->set, how->seed, how->pictures->classes));
    model->command_line = how->command_line;
    ww_status status = train(model, how, report);
    if (status != WW_OK) {
        ww_model_free(model);
        return status;
    }
    *out = model;
    return WW_OK;
}

ww_status ww_model_keep_record(ww_model *model, const char *checkpoint, const ww_pictures *record)
{
    ww_checkpoint at;
    ww_arena *arena = ww_arena_create();
    if (arena == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    ww_status status = ww_checkpoint_read(checkpoint, model->values, &at, arena);
    at.command_line = model->command_line;
    at.more = ww_pictures_more;
    at.context = record;
    if (status == WW_OK)
        status = ww_checkpoint_write(checkpoint, model->values, &at);
    ww_arena_free(arena);
    return status;
}
