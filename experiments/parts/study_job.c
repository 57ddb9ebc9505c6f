/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One model of a study: trained (or resumed, or opened), then measured intact and under every
 * lesion.
 *
 * Its numbers lie in FOLDER/parts/BRAIN-seedN.h5, an experiment a group: `hash` of everything the
 * numbers depend on, `conditions`, `values` [condition][measure] and `chance`. A condition that is
 * there under the same hash is not measured again. The file is written anew every few seconds.
 * A brain that an experiment teaches (ww_experiment.teaches) is kept in FOLDER/models with that
 * hash in /lesson, and taken up again where the hash is the same.
 * What an experiment describes of the intact model is a file of its own beside it,
 * BRAIN-seedN-X.h5, with the same hash. Each file is either whole or not there. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/plan.h"
#include "engine/base/version.h"
#include "engine/learning/checkpoint.h"
#include "engine/store/file.h"
#include "experiments/parts/damage.h"
#include "experiments/parts/study_files.h"

static const double SAVE_EVERY_S = 5;

struct job {
    const ww_study *study;
    const char *folder;
    int brain, seed_number;
    uint64_t seed;
    ww_model *model; /* NULL: the experiments build their own */
    ww_progress *progress;
    ww_arena *arena;
    ww_part *part; /* [n_experiments] */
    char path[WW_STUDY_PATH];
    ww_damage damage;
    int done, wanted;
    double saved_s;
};

/* What cannot be done to this brain (retina and LGN have no weights that could decay) is found
 * before it is trained; lesions that ask how units respond have to wait. */
static ww_status try_lesions(struct job *job)
{
    ww_lesion lesion;
    ww_model *model = job->model;
    for (int l = 0; l < job->study->n_lesions; l++) {
        WW_TRY(ww_lesion_parse(&lesion, job->study->lesion[l], "", model->brain, job->arena));
        if (ww_damage_wants_statistics(&lesion))
            continue;
        ww_status status =
            ww_lesion_apply(model->brain, model->values, &lesion, 1, job->seed, NULL);
        if (status != WW_OK) {
            ww_error_prefix("%s", job->study->lesion_place[l]);
            return status;
        }
    }
    ww_lesion_clear(model->brain, model->values);
    return WW_OK;
}

static ww_status open_checkpoint(struct job *job, const char *path)
{
    WW_TRY(ww_model_open(&job->model, path));
    job->model->seed = job->seed;
    return try_lesions(job);
}

/* Makes the model and trains it if that is wanted, going on from a checkpoint if there is one of
 * the very same brain. */
static ww_status train(struct job *job)
{
    const char *brain = job->study->brain[job->brain], *yaml;
    char path[WW_STUDY_PATH];
    ww_train_report report;
    if (brain == NULL)
        return WW_OK;
    if (ww_model_is_checkpoint(brain))
        return open_checkpoint(job, brain);
    ww_study_model_path(path, job->folder, job->study->brain_name[job->brain], job->seed);
    const char *const *set = ww_study_set_of(job->study->set, job->seed, job->arena);
    if (set == NULL)
        return WW_ENOMEM;
    WW_TRY(ww_model_create(&job->model, brain, set, job->seed));
    WW_TRY(try_lesions(job));
    if (!job->study->train)
        return WW_OK;
    if (access(path, F_OK) == 0) {
        bool same = ww_checkpoint_metadata(path, &yaml, job->arena) == WW_OK &&
                    strcmp(yaml, job->model->brain->yaml) == 0;
        ww_error_clear();
        if (!same && unlink(path) != 0)
            return ww_file_fail(path, errno);
    }
    return ww_model_train(job->model, path, true, false, job->progress, &report);
}

static ww_status measure_as_it_is(struct job *job, int e, void *state, double *value)
{
    const ww_experiment *experiment = job->study->experiment[e];
    WW_TRY(experiment->measure(state, job->model, value));
    if (experiment->measure_once == NULL || job->seed_number > 0)
        return WW_OK;
    return experiment->measure_once(state, job->model, value);
}

/* Damages the model, measures, and heals it. */
static ww_status measure(struct job *job, int e, void *state, const char *word, double *value)
{
    ww_lesion lesion;
    ww_model *model = job->model;
    if (model == NULL)
        return measure_as_it_is(job, e, state, value);
    WW_TRY(ww_lesion_parse(&lesion, word, "", model->brain, job->arena));
    WW_TRY(ww_damage_apply(&job->damage, model, &lesion, job->seed, job->arena));
    ww_status status = measure_as_it_is(job, e, state, value);
    ww_lesion_clear(model->brain, model->values);
    return status;
}

static ww_status save(struct job *job, bool now)
{
    if (!now && ww_clock_s() - job->saved_s < SAVE_EVERY_S)
        return WW_OK;
    job->saved_s = ww_clock_s();
    return ww_parts_write(job->path, job->study, job->part);
}

static void described_path(const struct job *job, int e, char *path)
{
    ww_study_described_path(path, job->folder, job->study->brain_name[job->brain], job->seed,
                            job->study->experiment[e]->item.name);
}

static bool is_described(const struct job *job, int e)
{
    char path[WW_STUDY_PATH];
    described_path(job, e, path);
    return job->study->experiment[e]->describe == NULL ||
           ww_described_read(path, job->part[e].hash);
}

static ww_status describe(struct job *job, int e, void *state)
{
    const ww_experiment *experiment = job->study->experiment[e];
    ww_h5 *file;
    char path[WW_STUDY_PATH], hash[24];
    const char *text = hash;
    if (is_described(job, e))
        return WW_OK;
    described_path(job, e, path);
    snprintf(hash, sizeof hash, "%016" PRIx64, job->part[e].hash);
    WW_TRY(ww_h5_create(&file, path));
    ww_status status = ww_h5_write_texts(file, "/hash", &text, -1);
    if (status == WW_OK)
        status = experiment->describe(state, job->model, file, "/describe");
    if (status == WW_OK)
        return ww_h5_commit(file);
    ww_h5_close(file);
    return status;
}

/* ---- brains that an experiment teaches ---- */

static bool teaches(const struct job *job, int e)
{
    return job->study->experiment[e]->teaches &&
           !ww_model_is_checkpoint(job->study->brain[job->brain]);
}

static ww_status write_lesson(const void *hash, ww_h5 *file)
{
    const char *text = hash;
    return ww_h5_write_texts(file, "/lesson", &text, -1);
}

static void lesson_of(const struct job *job, int e, char path[WW_STUDY_PATH], char hash[24])
{
    ww_study_model_path(path, job->folder, job->study->brain_name[job->brain], job->seed);
    snprintf(hash, 24, "%016" PRIx64, job->part[e].hash);
}

/* Takes up what was taught in an earlier run; what cannot be read is taught again. */
static void recall(struct job *job, int e)
{
    char path[WW_STUDY_PATH], hash[24];
    const char *const *text;
    size_t n;
    ww_h5 *file;
    ww_checkpoint read;
    lesson_of(job, e, path, hash);
    if (teaches(job, e) && ww_h5_open(&file, path) == WW_OK) {
        bool same = ww_h5_has(file, "/lesson") &&
                    ww_h5_read_texts(file, "/lesson", &text, &n, job->arena) == WW_OK && n == 1 &&
                    strcmp(text[0], hash) == 0;
        ww_h5_close(file);
        job->model->learned =
            same && ww_checkpoint_read(path, job->model->values, &read, job->arena) == WW_OK;
    }
    ww_error_clear();
}

static ww_status keep(struct job *job, int e)
{
    char path[WW_STUDY_PATH], hash[24];
    if (!teaches(job, e) || job->model->learned)
        return WW_OK;
    lesson_of(job, e, path, hash);
    ww_checkpoint taught = {.seed = job->seed,
                            .optimiser = "",
                            .metadata = job->model->brain->yaml,
                            .more = write_lesson,
                            .context = hash};
    job->model->learned = true;
    return ww_checkpoint_write(path, job->model->values, &taught);
}

/* Whether there is nothing left to do for an experiment. */
static bool is_done(const struct job *job, int e)
{
    for (int l = 0; l < job->study->n_lesions; l++)
        if (!job->part[e].done[l])
            return false;
    return is_described(job, e);
}

static ww_status run_experiment(struct job *job, int e)
{
    const ww_experiment *experiment = job->study->experiment[e];
    ww_part *part = &job->part[e];
    void *state = NULL;
    if (!is_described(job, e)) /* which rests on what is measured of the intact model */
        part->done[0] = false;
    ww_status status =
        experiment->open(&state, job->study->experiment_params[e], job->model, job->seed);
    if (status == WW_OK)
        status = keep(job, e);
    if (status == WW_OK && experiment->chance != NULL)
        experiment->chance(state, job->model, part->chance);
    for (int l = 0; l < job->study->n_lesions && status == WW_OK; l++) {
        if (!part->done[l]) {
            status = measure(job, e, state, job->study->lesion[l],
                             part->value + (size_t)l * (size_t)experiment->n_measures);
            part->done[l] = status == WW_OK;
        }
        job->done++;
        ww_progress_step(job->progress, "lesions", job->done, job->wanted, job->study->lesion[l]);
        if (status == WW_OK && ww_interrupted())
            status = WW_FAIL(WW_EINTERRUPTED, "interrupted; what is done is kept");
        if (status == WW_OK)
            status = save(job, false);
    }
    ww_status saved = save(job, true);
    if (status == WW_OK)
        status = saved;
    if (status == WW_OK)
        status = describe(job, e, state);
    experiment->close(state);
    return status;
}

/* What is measured now is measured by the kernels of what was measured before, unless the user has
 * said how to choose. */
static void follow_plan(const struct job *job)
{
    bool any = false;
    for (int e = 0; e < job->study->n_experiments; e++)
        for (int l = 0; l < job->study->n_lesions; l++)
            any = any || job->part[e].done[l];
    if (any && ww_plan_effort_get() == WW_PLAN_DEFAULT)
        ww_parts_follow_plan(job->path);
}

static ww_status run(struct job *job)
{
    WW_TRY(train(job));
    WW_TRY(ww_parts_create(&job->part, job->study, job->arena));
    for (int e = 0; e < job->study->n_experiments; e++)
        WW_TRY(ww_part_hash(&job->part[e].hash, job->study, job->brain, job->seed_number, e,
                            ww_version()));
    ww_parts_read(job->path, job->study, job->part, job->arena);
    follow_plan(job);
    job->wanted = job->study->n_experiments * job->study->n_lesions;
    for (int e = 0; e < job->study->n_experiments; e++)
        recall(job, e);
    for (int e = 0; e < job->study->n_experiments; e++)
        if (is_done(job, e))
            job->done += job->study->n_lesions;
        else
            WW_TRY(run_experiment(job, e));
    return WW_OK;
}

ww_status ww_study_job(const ww_study *study, const char *folder, int brain, int seed,
                       ww_progress *progress)
{
    if (brain < 0 || brain >= study->n_brains || seed < 0 || seed >= study->n_seeds)
        return WW_FAIL(WW_EINVAL, "%s: there is no job %d:%d", study->file, brain, seed);
    struct job job = {.study = study,
                      .folder = folder,
                      .brain = brain,
                      .seed_number = seed,
                      .seed = study->seed[seed],
                      .progress = progress,
                      .arena = ww_arena_create()};
    if (job.arena == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    ww_study_part_path(job.path, folder, study->brain_name[brain], job.seed);
    ww_status status = ww_study_folders(folder);
    if (status == WW_OK)
        status = run(&job);
    ww_model_free(job.model);
    ww_arena_free(job.arena);
    return status;
}
