/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One model of a study: trained (or resumed, or opened), then measured intact and under every
 * lesion.
 *
 * Its numbers lie in FOLDER/parts/BRAIN-seedN.h5, an experiment a group: `hash` of everything the
 * numbers depend on, `conditions`, `values` [condition][measure] and `chance`. A condition that is
 * there under the same hash is not measured again. The file is written anew every few seconds. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/random.h"
#include "engine/base/version.h"
#include "engine/learning/checkpoint.h"
#include "engine/store/file.h"
#include "experiments/parts/damage.h"
#include "experiments/parts/study_files.h"

static const double SAVE_EVERY_S = 5;

struct job {
    const ww_study *study;
    const char *folder;
    int brain;
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

static uint64_t mix(uint64_t hash, const char *text)
{
    char key[24];
    snprintf(key, sizeof key, "%016" PRIx64, hash ^ ww_hash_text(text));
    return ww_hash_text(key);
}

static bool is_checkpoint(const char *brain)
{
    size_t n = brain != NULL ? strlen(brain) : 0;
    return n > 3 && strcmp(brain + n - 3, ".h5") == 0;
}

/* What the numbers of an experiment depend on, apart from the lesion: the brain with all its
 * parameters and what it was trained with (if it was), or the very bytes of a checkpoint; the seed,
 * the experiment's parameters, and the version of the program. */
static ww_status hash_of(uint64_t *out, const struct job *job, int e)
{
    const ww_experiment *experiment = job->study->experiment[e];
    const char *brain = job->study->brain[job->brain];
    char text[400];
    uint64_t hash =
        mix(ww_hash_text(job->model != NULL ? job->model->brain->yaml : ""), experiment->item.name);
    snprintf(text, sizeof text, "seed %" PRIu64 " version %s%s", job->seed, ww_version(),
             job->study->train ? "" : " untrained");
    hash = mix(hash, text);
    if (is_checkpoint(brain)) {
        uint32_t crc;
        int64_t bytes;
        WW_TRY(ww_file_checksum(&crc, &bytes, brain));
        snprintf(text, sizeof text, "%08" PRIx32 " %" PRId64, crc, bytes);
        hash = mix(hash, text);
    }
    for (const ww_param *p = experiment->item.params; p != NULL && p->name != NULL; p++) {
        char value[300];
        ww_param_print(p, job->study->experiment_params[e], value, sizeof value);
        hash = mix(hash, value);
    }
    *out = hash;
    return WW_OK;
}

static ww_status open_checkpoint(struct job *job, const char *path)
{
    WW_TRY(ww_model_open(&job->model, path));
    job->model->seed = job->seed;
    return WW_OK;
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
    if (is_checkpoint(brain))
        return open_checkpoint(job, brain);
    ww_study_model_path(path, job->folder, job->study->brain_name[job->brain], job->seed);
    WW_TRY(ww_model_create(&job->model, brain, job->study->set, job->seed));
    if (!job->study->train)
        return WW_OK;
    if (access(path, F_OK) == 0) {
        bool same = ww_checkpoint_metadata(path, &yaml, job->arena) == WW_OK &&
                    strcmp(yaml, job->model->brain->yaml) == 0;
        ww_error_clear();
        if (!same && unlink(path) != 0)
            return WW_FAIL(WW_EIO, "%s: %s", path, strerror(errno));
    }
    return ww_model_train(job->model, path, true, false, job->progress, &report);
}

/* Damages the model, measures, and heals it. */
static ww_status measure(struct job *job, int e, void *state, const char *word, double *value)
{
    ww_lesion lesion;
    ww_model *model = job->model;
    if (model == NULL)
        return job->study->experiment[e]->measure(state, NULL, value);
    WW_TRY(ww_lesion_parse(&lesion, word, "", model->brain, job->arena));
    WW_TRY(ww_damage_apply(&job->damage, model, &lesion, job->seed, job->arena));
    ww_status status = job->study->experiment[e]->measure(state, model, value);
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

static ww_status describe(struct job *job, int e, void *state)
{
    const ww_experiment *experiment = job->study->experiment[e];
    ww_h5 *file;
    char group[200];
    if (experiment->describe == NULL)
        return WW_OK;
    snprintf(group, sizeof group, "/%s/describe", experiment->item.name);
    WW_TRY(ww_h5_open_update(&file, job->path));
    if (ww_h5_has(file, group)) {
        ww_h5_close(file);
        return WW_OK;
    }
    ww_status status = experiment->describe(state, job->model, file, group);
    ww_h5_close(file);
    return status;
}

static ww_status run_experiment(struct job *job, int e)
{
    const ww_experiment *experiment = job->study->experiment[e];
    ww_part *part = &job->part[e];
    void *state = NULL;
    ww_status status =
        experiment->open(&state, job->study->experiment_params[e], job->model, job->seed);
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

static ww_status run(struct job *job)
{
    WW_TRY(train(job));
    WW_TRY(ww_parts_create(&job->part, job->study, job->arena));
    bool missing = false;
    for (int e = 0; e < job->study->n_experiments; e++)
        WW_TRY(hash_of(&job->part[e].hash, job, e));
    ww_parts_read(job->path, job->study, job->part, job->arena);
    for (int e = 0; e < job->study->n_experiments; e++)
        for (int l = 0; l < job->study->n_lesions; l++)
            missing = missing || !job->part[e].done[l];
    if (!missing)
        return WW_OK;
    job->wanted = job->study->n_experiments * job->study->n_lesions;
    for (int e = 0; e < job->study->n_experiments; e++)
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
