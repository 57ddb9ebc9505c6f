/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/parts/study_files.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/random.h"
#include "engine/store/file.h"

static ww_status make_folder(const char *path)
{
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        return ww_file_fail(path, errno);
    struct stat s;
    if (stat(path, &s) != 0 || !S_ISDIR(s.st_mode))
        return ww_file_fail(path, ENOTDIR);
    return WW_OK;
}

static const char *const inside[] = {"models", "parts", "figures"};

void ww_study_sweep(const char *folder)
{
    char path[WW_STUDY_PATH];
    ww_drafts_sweep(folder);
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, inside[i]);
        ww_drafts_sweep(path);
    }
}

ww_status ww_study_folders(const char *folder)
{
    char path[WW_STUDY_PATH];
    if (strlen(folder) > WW_STUDY_PATH - 300)
        return WW_FAIL(WW_EINVAL, "%.60s...: the name is too long", folder);
    WW_TRY(make_folder(folder));
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, inside[i]);
        WW_TRY(make_folder(path));
    }
    ww_study_sweep(folder);
    return WW_OK;
}

void ww_study_model_path(char *path, const char *folder, const char *brain, uint64_t seed)
{
    snprintf(path, WW_STUDY_PATH, "%s/models/%s-seed%" PRIu64 ".h5", folder, brain, seed);
}

void ww_study_part_path(char *path, const char *folder, const char *brain, uint64_t seed)
{
    snprintf(path, WW_STUDY_PATH, "%s/parts/%s-seed%" PRIu64 ".h5", folder, brain, seed);
}

void ww_study_described_path(char *path, const char *folder, const char *brain, uint64_t seed,
                             const char *experiment)
{
    snprintf(path, WW_STUDY_PATH, "%s/parts/%s-seed%" PRIu64 "-%s.h5", folder, brain, seed,
             experiment);
}

static uint64_t mix(uint64_t hash, const char *text)
{
    char key[24];
    snprintf(key, sizeof key, "%016" PRIx64, hash ^ ww_hash_text(text));
    return ww_hash_text(key);
}

ww_status ww_part_hash(uint64_t *out, const ww_study *study, int brain, int seed, int experiment,
                       const char *version)
{
    const ww_experiment *x = study->experiment[experiment];
    char text[400];
    uint64_t hash =
        mix(ww_hash_text(study->spec[brain] != NULL ? study->spec[brain]->yaml : ""), x->item.name);
    snprintf(text, sizeof text, "seed %" PRIu64 " version %s%s%s", study->seed[seed], version,
             study->train ? "" : " untrained", x->measure_once != NULL && seed > 0 ? " later" : "");
    hash = mix(hash, text);
    if (ww_model_is_checkpoint(study->brain[brain])) {
        uint32_t crc;
        int64_t bytes;
        WW_TRY(ww_file_checksum(&crc, &bytes, study->brain[brain]));
        snprintf(text, sizeof text, "%08" PRIx32 " %" PRId64, crc, bytes);
        hash = mix(hash, text);
    }
    for (const ww_param *p = x->item.params; p != NULL && p->name != NULL; p++) {
        char value[300];
        ww_param_print(p, study->experiment_params[experiment], value, sizeof value);
        hash = mix(hash, value);
    }
    *out = hash != 0 ? hash : 1;
    return WW_OK;
}

ww_status ww_parts_create(ww_part **out, const ww_study *study, ww_arena *arena)
{
    size_t n = (size_t)study->n_lesions;
    ww_part *part = ww_arena_array(arena, (size_t)study->n_experiments, sizeof *part);
    if (part == NULL)
        return WW_ENOMEM;
    for (int e = 0; e < study->n_experiments; e++) {
        size_t measures = (size_t)study->experiment[e]->n_measures;
        part[e].value = ww_arena_array(arena, n * measures, sizeof(double));
        part[e].chance = ww_arena_array(arena, measures, sizeof(double));
        part[e].done = ww_arena_array(arena, n, sizeof(bool));
        if (part[e].value == NULL || part[e].chance == NULL || part[e].done == NULL)
            return WW_ENOMEM;
        for (size_t i = 0; i < n * measures; i++)
            part[e].value[i] = NAN;
        for (size_t i = 0; i < measures; i++)
            part[e].chance[i] = NAN;
    }
    *out = part;
    return WW_OK;
}

static ww_status read_one(const ww_h5 *file, const ww_study *study, int e, ww_part *part,
                          ww_arena *arena)
{
    const ww_experiment *x = study->experiment[e];
    size_t measures = (size_t)x->n_measures, n, count;
    const char *const *hash, *const *condition;
    char name[300], wanted[24];
    snprintf(name, sizeof name, "/%s/hash", x->item.name);
    WW_TRY(ww_h5_read_texts(file, name, &hash, &count, arena));
    snprintf(wanted, sizeof wanted, "%016" PRIx64, part->hash);
    if (count != 1 || (part->hash != 0 && strcmp(hash[0], wanted) != 0))
        return WW_OK;
    snprintf(name, sizeof name, "/%s/conditions", x->item.name);
    WW_TRY(ww_h5_read_texts(file, name, &condition, &n, arena));
    double *value = ww_arena_array(arena, n * measures, sizeof *value);
    if (value == NULL)
        return WW_ENOMEM;
    snprintf(name, sizeof name, "/%s/values", x->item.name);
    WW_TRY(ww_h5_read_doubles(file, name, value, n * measures));
    snprintf(name, sizeof name, "/%s/chance", x->item.name);
    WW_TRY(ww_h5_read_doubles(file, name, part->chance, measures));
    for (size_t i = 0; i < n; i++)
        for (int l = 0; l < study->n_lesions; l++)
            if (strcmp(condition[i], study->lesion[l]) == 0) {
                memcpy(part->value + (size_t)l * measures, value + i * measures,
                       measures * sizeof *value);
                part->done[l] = true;
            }
    return WW_OK;
}

void ww_parts_read(const char *path, const ww_study *study, ww_part *part, ww_arena *arena)
{
    ww_h5 *file;
    if (ww_h5_open(&file, path) == WW_OK) {
        for (int e = 0; e < study->n_experiments; e++)
            if (read_one(file, study, e, &part[e], arena) != WW_OK)
                memset(part[e].done, 0, (size_t)study->n_lesions * sizeof(bool));
        ww_h5_close(file);
    }
    ww_error_clear();
}

static ww_status write_one(ww_h5 *file, const ww_study *study, int e, const ww_part *part,
                           ww_arena *arena)
{
    const ww_experiment *x = study->experiment[e];
    size_t measures = (size_t)x->n_measures;
    int64_t n = 0;
    const char **condition = ww_arena_array(arena, (size_t)study->n_lesions, sizeof *condition);
    double *value = ww_arena_array(arena, (size_t)study->n_lesions * measures, sizeof *value);
    if (condition == NULL || value == NULL)
        return WW_ENOMEM;
    for (int l = 0; l < study->n_lesions; l++)
        if (part->done[l]) {
            memcpy(value + (size_t)n * measures, part->value + (size_t)l * measures,
                   measures * sizeof *value);
            condition[n++] = study->lesion[l];
        }
    if (n == 0)
        return WW_OK;
    char name[300], hash[24];
    const char *text = hash;
    snprintf(hash, sizeof hash, "%016" PRIx64, part->hash);
    snprintf(name, sizeof name, "/%s/hash", x->item.name);
    WW_TRY(ww_h5_write_texts(file, name, &text, -1));
    snprintf(name, sizeof name, "/%s/conditions", x->item.name);
    WW_TRY(ww_h5_write_texts(file, name, condition, n));
    snprintf(name, sizeof name, "/%s/values", x->item.name);
    WW_TRY(ww_h5_write_doubles(file, name, value, 2, (int64_t[]){n, (int64_t)measures}));
    snprintf(name, sizeof name, "/%s/chance", x->item.name);
    return ww_h5_write_doubles(file, name, part->chance, 1, (int64_t[]){(int64_t)measures});
}

ww_status ww_parts_write(const char *path, const ww_study *study, const ww_part *part)
{
    ww_h5 *file;
    ww_arena *arena = ww_arena_create();
    if (arena == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    ww_status status = ww_h5_create(&file, path);
    for (int e = 0; e < study->n_experiments && status == WW_OK; e++) {
        status = write_one(file, study, e, &part[e], arena);
        if (status != WW_OK)
            ww_h5_close(file);
    }
    if (status == WW_OK) {
        status = ww_h5_plan(file);
        if (status != WW_OK)
            ww_h5_close(file);
    }
    if (status == WW_OK)
        status = ww_h5_commit(file);
    ww_arena_free(arena);
    return status;
}

void ww_parts_follow_plan(const char *path)
{
    if (ww_h5_follow_plan(path) != WW_OK)
        ww_error_clear();
}

bool ww_described_read(const char *path, uint64_t hash)
{
    ww_h5 *file;
    const char *const *text;
    size_t count;
    char wanted[24];
    bool same = false;
    ww_arena *arena = ww_arena_create();
    if (arena != NULL && ww_h5_open(&file, path) == WW_OK) {
        snprintf(wanted, sizeof wanted, "%016" PRIx64, hash);
        same = ww_h5_read_texts(file, "/hash", &text, &count, arena) == WW_OK && count == 1 &&
               strcmp(text[0], wanted) == 0;
        ww_h5_close(file);
    }
    ww_arena_free(arena);
    ww_error_clear();
    return same;
}
