/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a picture draws the eye: the saliency map and the first fixations. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "analysis/parts/overlay.h"
#include "cli/command.h"
#include "engine/store/h5.h"

struct saliency {
    ww_saliency_params model;
    const char *overlay;
};

static const ww_param params[] = {
    WW_SALIENCY_PARAMS(struct saliency, model),
    WW_TEXT(struct saliency, overlay, "", "a PNG: the map and the gaze over the picture", ""),
    WW_PARAM_END};

static bool ends(const char *path, const char *ending)
{
    size_t length = strlen(path), n = strlen(ending);
    return length > n && strcasecmp(path + length - n, ending) == 0;
}

static ww_status check_names(const ww_cli *cli, const struct saliency *p)
{
    if (cli->output != NULL && !ends(cli->output, ".png") && !ends(cli->output, ".h5"))
        return ww_usage_error("-o %s: a map is a PNG or an HDF5 file; let its name end with .png "
                              "or .h5",
                              cli->output);
    if (p->overlay[0] != '\0' && !ends(p->overlay, ".png"))
        return ww_usage_error("--overlay %s: the overlay is a PNG; let its name end with .png",
                              p->overlay);
    return WW_OK;
}

/* What belongs to another model, or to a gaze that is not asked for. */
static ww_status check_model(const ww_cli *cli, const ww_saliency_params *p)
{
    if (p->model == WW_SALIENCY_GBVS)
        WW_TRY(ww_refuse(cli, "promotion iterations", "it belongs to --model itti"));
    else
        WW_TRY(ww_refuse(cli, "sigma grid", "it belongs to --model gbvs"));
    if (p->promotion == WW_PROMOTE_MAXIMUM)
        WW_TRY(ww_refuse(cli, "iterations", "it belongs to --promotion iterative"));
    if (p->fixations == 0)
        WW_TRY(ww_refuse(cli, "focus inhibit-ms proximity", "there is no gaze without fixations"));
    return WW_OK;
}

static ww_status write_fixations(ww_h5 *file, const ww_fixation *fixation, int n, ww_arena *arena)
{
    static const struct {
        const char *name, *unit;
    } column[] = {{"x_px", "px"}, {"y_px", "px"}, {"time_ms", "ms"}, {"salience", "1"}};
    double *value = ww_arena_array(arena, (size_t)n + 1, sizeof *value);
    if (value == NULL)
        return WW_ENOMEM;
    for (int c = 0; c < 4; c++) {
        char name[64];
        snprintf(name, sizeof name, "/fixations/%s", column[c].name);
        for (int i = 0; i < n; i++)
            value[i] = c == 0   ? fixation[i].x_px
                       : c == 1 ? fixation[i].y_px
                       : c == 2 ? fixation[i].time_ms
                                : fixation[i].salience;
        WW_TRY(ww_h5_write_doubles(file, name, value, 1, (int64_t[]){n}));
        WW_TRY(ww_h5_attribute(file, name, "unit", column[c].unit));
    }
    return ww_h5_attribute(file, "/fixations", "origin",
                           "centre of the upper left pixel, y down; time since the picture "
                           "appeared");
}

static ww_status write_maps(ww_h5 *file, const ww_saliency *s, const float *map)
{
    char name[128];
    const int64_t whole[2] = {s->picture_height, s->picture_width};
    const int64_t grid[2] = {s->height, s->width};
    WW_TRY(ww_h5_write_floats(file, "/map", map, 2, whole, true));
    WW_TRY(ww_h5_attribute(file, "/map", "unit", "share of its maximum"));
    for (int c = 0; c < WW_SALIENCY_CHANNELS; c++) {
        snprintf(name, sizeof name, "/channels/%s", ww_saliency_channel[c]);
        WW_TRY(ww_h5_write_floats(file, name, s->channel[c], 2, grid, true));
    }
    for (int i = 0; i < s->n_features; i++) {
        const ww_feature_map *f = &s->feature[i];
        snprintf(name, sizeof name, "/features/%s", f->name);
        WW_TRY(ww_h5_write_floats(file, name, f->value, 2, (int64_t[]){f->height, f->width}, true));
    }
    return ww_h5_attribute(file, "/channels", "unit", "1");
}

/* The settings as YAML, for the provenance. */
static const char *settings(const struct saliency *p, ww_arena *arena)
{
    const char *text = "";
    char value[256];
    for (const ww_param *row = params; row->name != NULL && text != NULL; row++)
        if (strcmp(row->name, "overlay") != 0)
            text = ww_arena_printf(arena, "%s%s: %s\n", text, row->name,
                                   ww_param_print(row, p, value, sizeof value));
    return text != NULL ? text : "";
}

static ww_status write_h5(const ww_cli *cli, const struct saliency *p, const char *picture,
                          const ww_saliency *s, const float *map, const ww_fixation *fixation,
                          int n)
{
    ww_h5 *file;
    WW_TRY(ww_h5_create(&file, cli->output));
    ww_status status = write_maps(file, s, map);
    if (status == WW_OK)
        status = write_fixations(file, fixation, n, cli->arena);
    if (status == WW_OK)
        status = ww_h5_provenance(file, settings(p, cli->arena), cli->seed, cli->command_line,
                                  &picture, 1);
    if (status == WW_OK)
        return ww_h5_commit(file);
    ww_h5_close(file);
    return status;
}

static ww_status write_all(const ww_cli *cli, const struct saliency *p, const char *path,
                           const ww_picture *picture, const ww_saliency *s,
                           const ww_fixation *fixation, int n)
{
    size_t pixels = (size_t)picture->height * (size_t)picture->width;
    float *map = ww_arena_array(cli->arena, pixels, sizeof *map);
    float *rgb = ww_arena_array(cli->arena, 3 * pixels, sizeof *rgb);
    if (map == NULL || rgb == NULL)
        return WW_ENOMEM;
    ww_saliency_enlarge(s, map);
    if (cli->output != NULL && ends(cli->output, ".h5"))
        WW_TRY(write_h5(cli, p, path, s, map, fixation, n));
    else if (cli->output != NULL)
        WW_TRY(ww_picture_write_png(cli->output, map, 1, picture->height, picture->width));
    if (p->overlay[0] == '\0')
        return WW_OK;
    ww_overlay_map(picture, map, rgb);
    WW_TRY(ww_overlay_gaze(fixation, n, rgb, picture->height, picture->width));
    return ww_picture_write_png(p->overlay, rgb, 3, picture->height, picture->width);
}

static ww_status look(const ww_cli *cli, const struct saliency *p, const char *path,
                      const ww_picture *picture)
{
    ww_saliency s;
    ww_status status = ww_saliency_map(&s, &p->model, picture, cli->arena);
    ww_fixation *fixation =
        ww_arena_array(cli->arena, (size_t)p->model.fixations + 1, sizeof *fixation);
    if (status != WW_OK)
        ww_error_prefix("%s: ", path);
    WW_TRY(status);
    if (fixation == NULL)
        return WW_ENOMEM;
    int n = ww_saliency_gaze(&s, &p->model, fixation);
    WW_TRY(write_all(cli, p, path, picture, &s, fixation, n));
    printf("%-9s %8s %8s %8s %9s\n", "fixation", "x_px", "y_px", "time_ms", "salience");
    for (int i = 0; i < n; i++)
        printf("%-9d %8.1f %8.1f %8.0f %9.3f\n", i + 1, fixation[i].x_px, fixation[i].y_px,
               fixation[i].time_ms, fixation[i].salience);
    return WW_OK;
}

static ww_status run(ww_cli *cli, const void *self, int argc, const char *const *argv)
{
    const struct saliency *p = self;
    ww_picture picture;
    WW_TRY(ww_usage_count(argc, argv, 1, 1, "PICTURE"));
    WW_TRY(check_names(cli, p));
    WW_TRY(check_model(cli, &p->model));
    WW_TRY(ww_picture_read(&picture, argv[0]));
    ww_status status = look(cli, p, argv[0], &picture);
    ww_picture_free(&picture);
    return status;
}

const ww_command ww_command_saliency = {
    .item = {.name = "saliency",
             .summary = "where a picture draws the eye: the saliency map and the first fixations",
             .sources = "itti1998 itti2000 harel2006 koch1985",
             .example = "whatwhere saliency street.jpg --overlay seen.png -o map.png",
             .params = params,
             .params_size = sizeof(struct saliency)},
    .synopsis = "PICTURE",
    .writes = "the map: a PNG of the picture's size, or (.h5) map, channels, features, fixations",
    .plans = true,
    .run = run};
