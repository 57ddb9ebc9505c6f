/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feature vectors of pictures, for whoever takes them to Python: one row a picture. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "connectome/features.h"
#include "engine/base/text.h"
#include "engine/store/file.h"
#include "engine/store/h5.h"

struct features {
    const char *area, *imprint;
};

static const ww_param params[] = {
    WW_TEXT(struct features, area, "", "whose responses; the last area of the brain without one",
            ""),
    WW_TEXT(struct features, imprint, "",
            "folder of other pictures, whose pieces the prototypes of hmax-c2 become", "serre2007"),
    WW_PARAM_END};

/* Pictures of a folder, or of its class folders. */
struct pictures {
    size_t n, n_classes, room;
    const char **file, **class_name;
    int64_t *label; /* -1 without class folders */
    ww_arena *arena;
};

static bool is_folder(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

static bool is_picture(const char *name)
{
    static const char *const ending[] = {".png", ".jpg", ".jpeg", ".pgm", ".ppm"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof ending / sizeof ending[0]; i++)
        if (ww_text_in_list(dot, ending[i]))
            return true;
    return false;
}

static ww_status add(struct pictures *p, const char *path, int64_t label)
{
    if (p->n == p->room) {
        size_t room = p->room ? 2 * p->room : 256;
        const char **file = ww_arena_array(p->arena, room, sizeof *file);
        int64_t *all = ww_arena_array(p->arena, room, sizeof *all);
        if (file == NULL || all == NULL)
            return WW_ENOMEM;
        if (p->n > 0) {
            memcpy(file, p->file, p->n * sizeof *file);
            memcpy(all, p->label, p->n * sizeof *all);
        }
        p->file = file;
        p->label = all;
        p->room = room;
    }
    p->file[p->n] = path;
    p->label[p->n++] = label;
    return WW_OK;
}

/* Adds the pictures of one folder; counts the folders in it into *folders if that is not NULL. */
static ww_status list(struct pictures *p, const char *path, int64_t label, size_t *folders)
{
    const char *const *name;
    size_t count, before = p->n;
    WW_TRY(ww_folder_list(&name, &count, path, p->arena));
    for (size_t i = 0; i < count; i++) {
        const char *file = ww_arena_printf(p->arena, "%s/%s", path, name[i]);
        if (file == NULL)
            return WW_ENOMEM;
        if (folders != NULL && is_folder(file))
            p->class_name[(*folders)++] = name[i];
        else if (is_picture(name[i]))
            WW_TRY(add(p, file, label));
    }
    if (p->n == before && (folders == NULL || *folders == 0))
        return WW_FAIL(WW_EINVAL, "%s: no pictures in it (PNG, JPEG, PGM or PPM)", path);
    return WW_OK;
}

static ww_status find_pictures(struct pictures *p, const char *path, ww_arena *arena)
{
    const char *const *name;
    size_t count, folders = 0;
    *p = (struct pictures){.arena = arena};
    WW_TRY(ww_folder_list(&name, &count, path, arena));
    p->class_name = ww_arena_array(arena, count + 1, sizeof *p->class_name);
    if (p->class_name == NULL)
        return WW_ENOMEM;
    WW_TRY(list(p, path, -1, &folders));
    if (p->n > 0)
        return WW_OK;
    if (folders == 1)
        return WW_FAIL(WW_EINVAL,
                       "%s: only one class folder, '%s'; two are wanted, or name that folder "
                       "itself",
                       path, p->class_name[0]);
    p->n_classes = folders;
    for (size_t c = 0; c < folders; c++) {
        const char *folder = ww_arena_printf(arena, "%s/%s", path, p->class_name[c]);
        if (folder == NULL)
            return WW_ENOMEM;
        WW_TRY(list(p, folder, (int64_t)c, NULL));
    }
    return WW_OK;
}

/* What is collected while the pictures go by. */
struct rows {
    float *value;  /* [n][count] */
    int64_t *size; /* [n][2]: height and width of each picture */
    size_t count;
    double megabytes; /* the most that a picture took */
};

static ww_status take_one(ww_features *f, const char *file, size_t i, size_t n, struct rows *rows)
{
    ww_picture picture;
    const float *out;
    size_t count;
    double megabytes;
    WW_TRY(ww_picture_read(&picture, file));
    ww_status status = ww_features_of(f, &picture, file, &out, &count, &megabytes);
    rows->size[2 * i] = picture.height;
    rows->size[2 * i + 1] = picture.width;
    ww_picture_free(&picture);
    WW_TRY(status);
    if (rows->value == NULL && (rows->value = malloc(n * count * sizeof *rows->value)) == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for %zu features of %zu pictures", count, n);
    memcpy(rows->value + i * count, out, count * sizeof *out);
    rows->count = count;
    rows->megabytes = megabytes > rows->megabytes ? megabytes : rows->megabytes;
    return WW_OK;
}

static ww_status write_file(const ww_cli *cli, const ww_features *f, const struct pictures *p,
                            const struct rows *rows, const char *const *inputs, size_t n_inputs)
{
    ww_h5 *file;
    int64_t n = (int64_t)p->n, dim[2] = {n, (int64_t)rows->count};
    WW_TRY(ww_h5_create(&file, cli->output));
    ww_status status = ww_h5_write_floats(file, "/features", rows->value, 2, dim, true);
    if (status == WW_OK)
        status = ww_h5_attribute(file, "/features", "area", ww_features_area(f));
    if (status == WW_OK)
        status = ww_h5_write_texts(file, "/file", p->file, n);
    dim[1] = 2;
    if (status == WW_OK)
        status = ww_h5_write_ints(file, "/size_px", rows->size, 2, dim);
    if (status == WW_OK && p->n_classes > 0)
        status = ww_h5_write_ints(file, "/label", p->label, 1, dim);
    if (status == WW_OK && p->n_classes > 0)
        status = ww_h5_write_texts(file, "/class_name", p->class_name, (int64_t)p->n_classes);
    if (status == WW_OK)
        status = ww_h5_provenance(file, ww_features_brain(f)->yaml, cli->seed, cli->command_line,
                                  inputs, n_inputs);
    if (status == WW_OK)
        return ww_h5_commit(file);
    ww_h5_close(file);
    return status;
}

static ww_status take_all(ww_cli *cli, ww_features *f, const struct pictures *p, struct rows *rows)
{
    rows->size = calloc(2 * p->n, sizeof *rows->size);
    if (rows->size == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for %zu pictures", p->n);
    double start = ww_clock_s();
    for (size_t i = 0; i < p->n; i++) {
        ww_progress_step(&cli->progress, "pictures", (double)i, (double)p->n, p->file[i]);
        WW_TRY(take_one(f, p->file[i], i, p->n, rows));
        if (ww_interrupted())
            return WW_FAIL(WW_EINTERRUPTED, "interrupted");
    }
    ww_progress_end(&cli->progress);
    if (!cli->quiet)
        printf("%zu pictures, %zu features of %s each: %.0f ms a picture, %.0f MB of memory\n",
               p->n, rows->count, ww_features_area(f), (ww_clock_s() - start) / (double)p->n * 1e3,
               rows->megabytes);
    return WW_OK;
}

static ww_status run(ww_cli *cli, const void *self, int argc, const char *const *argv)
{
    const struct features *p = self;
    struct pictures pictures, others;
    struct rows rows = {0};
    ww_features *f;
    WW_TRY(ww_usage_count(argc, argv, 2, 2, "BRAIN FOLDER"));
    if (cli->output == NULL)
        return ww_usage_error("-o is missing; it names the file of features, FILE.h5");
    WW_TRY(find_pictures(&pictures, argv[1], cli->arena));
    if (ww_model_is_checkpoint(argv[0])) {
        WW_TRY(ww_refuse(cli, "set", "a trained brain keeps its keys"));
        if (p->imprint[0] == '\0')
            WW_TRY(ww_refuse(cli, "seed", "a trained brain draws nothing without --imprint"));
    }
    if (p->imprint[0] != '\0')
        WW_TRY(find_pictures(&others, p->imprint, cli->arena));
    WW_TRY(ww_features_open(&f, argv[0], cli->set, p->area[0] ? p->area : NULL, cli->seed));
    ww_status status = WW_OK;
    if (p->imprint[0] != '\0')
        status = ww_features_imprint(f, others.file, others.n, cli->seed, &cli->progress);
    if (status == WW_OK)
        status = take_all(cli, f, &pictures, &rows);
    const char *inputs[] = {argv[1], p->imprint};
    if (status == WW_OK)
        status = write_file(cli, f, &pictures, &rows, inputs, p->imprint[0] ? 2 : 1);
    if (status == WW_OK && !cli->quiet)
        printf("features: %s\n", cli->output);
    free(rows.value);
    free(rows.size);
    ww_features_close(f);
    return status;
}

const ww_command ww_command_features = {
    .item = {.name = "features",
             .summary = "what an area says of pictures of any size, as an HDF5 table",
             .example = "whatwhere features hmax-2007 pictures -o features.h5",
             .params = params,
             .params_size = sizeof(struct features)},
    .synopsis = "BRAIN FOLDER",
    .sets = "keys of the brain (area.V4.per_size=400)",
    .writes = "the file of features",
    .draws = true,
    .plans = true,
    .run = run};
