/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The results of a study: what every model left in parts/ becomes one results.h5, with the claims
 * of each experiment, its figures as data, and where all of it came from. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "analysis/figures/figure.h"
#include "experiments/parts/described.h"
#include "experiments/parts/grid.h"
#include "experiments/parts/study_files.h"

static ww_status make_grid(ww_grid *grid, const ww_study *study, int e, ww_arena *arena)
{
    const ww_experiment *x = study->experiment[e];
    size_t models = (size_t)study->n_brains * (size_t)study->n_seeds;
    *grid = (ww_grid){.n_brains = study->n_brains,
                      .n_seeds = study->n_seeds,
                      .n_conditions = study->n_lesions,
                      .n_measures = x->n_measures,
                      .name = study->brain_name,
                      .brain = study->spec,
                      .seed = study->seed,
                      .condition = study->lesion,
                      .measure = x->measures};
    size_t cells = models * (size_t)study->n_lesions * (size_t)x->n_measures;
    grid->value = ww_arena_array(arena, cells, sizeof(double));
    grid->chance = ww_arena_array(arena, models * (size_t)x->n_measures, sizeof(double));
    return grid->value && grid->chance ? WW_OK : WW_ENOMEM;
}

/* What was measured for the first seed alone holds for all. */
static void share_with_seeds(ww_grid *grid)
{
    for (int b = 0; b < grid->n_brains; b++)
        for (int s = 1; s < grid->n_seeds; s++)
            for (int c = 0; c < grid->n_conditions; c++)
                for (int m = 0; m < grid->n_measures; m++)
                    if (isnan(*ww_grid_at(grid, b, s, c, m)))
                        *ww_grid_at(grid, b, s, c, m) = *ww_grid_at(grid, b, 0, c, m);
}

/* Fills the grids of all experiments from the parts of all models. */
static ww_status fill_grids(ww_grid *grid, const ww_study *study, const char *folder,
                            ww_arena *arena)
{
    char path[WW_STUDY_PATH];
    for (int m = 0; m < study->n_brains * study->n_seeds; m++) {
        ww_part *part;
        WW_TRY(ww_parts_create(&part, study, arena));
        ww_study_part_path(path, folder, study->brain_name[m / study->n_seeds],
                           study->seed[m % study->n_seeds]);
        ww_parts_read(path, study, part, arena);
        for (int e = 0; e < study->n_experiments; e++) {
            size_t measures = (size_t)grid[e].n_measures;
            size_t n = (size_t)study->n_lesions * measures;
            memcpy(grid[e].value + (size_t)m * n, part[e].value, n * sizeof(double));
            memcpy(grid[e].chance + (size_t)m * measures, part[e].chance,
                   measures * sizeof(double));
        }
    }
    for (int e = 0; e < study->n_experiments; e++)
        if (study->experiment[e]->measure_once != NULL)
            share_with_seeds(&grid[e]);
    return WW_OK;
}

/* Copies a number array or a list of texts, with its unit, from one file to another. */
static ww_status copy_dataset(const ww_h5 *from, const char *name, ww_h5 *to, const char *as,
                              ww_arena *arena)
{
    int rank;
    int64_t dim[8];
    size_t n = 1, count;
    const char *const *texts, *unit;
    WW_TRY(ww_h5_shape(from, name, &rank, dim));
    for (int i = 0; i < rank; i++)
        n *= (size_t)dim[i];
    double *data = ww_arena_array(arena, n > 0 ? n : 1, sizeof *data);
    if (data == NULL)
        return WW_ENOMEM;
    if (ww_h5_read_doubles(from, name, data, n) == WW_OK) {
        WW_TRY(ww_h5_write_doubles(to, as, data, rank, dim));
    } else {
        WW_TRY(ww_h5_read_texts(from, name, &texts, &count, arena));
        WW_TRY(ww_h5_write_texts(to, as, texts, (int64_t)count));
    }
    if (ww_h5_read_attribute(from, name, "unit", &unit, arena) == WW_OK)
        return ww_h5_attribute(to, as, "unit", unit);
    ww_error_clear();
    return WW_OK;
}

/* Brings what one model's `describe` left to /models/BRAIN-seedN. */
static ww_status copy_described(ww_h5 *to, const ww_study *study, const char *folder, int m, int e,
                                ww_arena *arena)
{
    char path[WW_STUDY_PATH], from_name[400], to_name[WW_DESCRIBED_NAME];
    const char *brain = study->brain_name[m / study->n_seeds];
    const char *const *names;
    uint64_t seed = study->seed[m % study->n_seeds];
    size_t n = 0;
    ww_h5 *from;
    if (study->experiment[e]->describe == NULL)
        return WW_OK;
    ww_study_described_path(path, folder, brain, seed, study->experiment[e]->item.name);
    WW_TRY(ww_h5_open(&from, path));
    ww_status status = WW_OK;
    if (ww_h5_has(from, "/describe"))
        status = ww_h5_list(from, "/describe", &names, &n, arena);
    for (size_t i = 0; i < n && status == WW_OK; i++) {
        snprintf(from_name, sizeof from_name, "/describe/%s", names[i]);
        ww_described_name(to_name, brain, seed, names[i]);
        status = copy_dataset(from, from_name, to, to_name, arena);
    }
    ww_h5_close(from);
    return status;
}

static const char *const verdicts[] = {"held", "not held", "untested"};

static ww_status write_claims(ww_h5 *file, const ww_claim *claim, int n, ww_arena *arena)
{
    enum { TEXTS = 11, NUMBERS = 4 };
    static const char *const keys[TEXTS] = {"id",   "finding", "published", "source",
                                            "kind", "rule",    "brain",     "verdict",
                                            "why",  "losses",  "known_from"};
    static const char *const numbers[NUMBERS] = {"value", "low", "high", "bound"};
    const char **column = ww_arena_array(arena, (size_t)n + 1, sizeof *column);
    double *number = ww_arena_array(arena, (size_t)n + 1, sizeof *number);
    char name[100];
    if (n == 0)
        return WW_OK;
    if (column == NULL || number == NULL)
        return WW_ENOMEM;
    for (int k = 0; k < TEXTS; k++) {
        for (int i = 0; i < n; i++) {
            const ww_claim *c = &claim[i];
            const char *text[TEXTS] = {c->id,
                                       c->finding,
                                       c->published,
                                       c->source,
                                       c->wired ? "wired" : "emergent",
                                       c->rule,
                                       c->brain,
                                       verdicts[c->verdict],
                                       c->why,
                                       c->measured,
                                       c->from_memory ? "memory" : "the source"};
            column[i] = text[k] ? text[k] : "";
        }
        snprintf(name, sizeof name, "/claims/%s", keys[k]);
        WW_TRY(ww_h5_write_texts(file, name, column, n));
    }
    for (int k = 0; k < NUMBERS; k++) {
        for (int i = 0; i < n; i++)
            number[i] = k == 0   ? claim[i].value
                        : k == 1 ? claim[i].low
                        : k == 2 ? claim[i].high
                                 : claim[i].bound;
        snprintf(name, sizeof name, "/claims/%s", numbers[k]);
        WW_TRY(ww_h5_write_doubles(file, name, number, 1, (int64_t[]){n}));
    }
    return WW_OK;
}

/* The kernels of all jobs: each has left its own beside its numbers. */
static void join_plans(const ww_study *study, const char *folder)
{
    char path[WW_STUDY_PATH];
    for (int m = 0; m < study->n_brains * study->n_seeds; m++) {
        ww_study_part_path(path, folder, study->brain_name[m / study->n_seeds],
                           study->seed[m % study->n_seeds]);
        ww_parts_follow_plan(path);
    }
}

/* The study and its brains as resolved; the trained brains among them are inputs. */
static ww_status write_provenance(ww_h5 *file, const ww_study *study,
                                  const ww_study_options *options, ww_arena *arena)
{
    size_t n = 0;
    const char *configuration = study->yaml;
    const char **input = ww_arena_array(arena, (size_t)study->n_brains, sizeof *input);
    if (input == NULL)
        return WW_ENOMEM;
    for (int b = 0; b < study->n_brains && configuration != NULL; b++) {
        if (study->spec[b] != NULL)
            configuration =
                ww_arena_printf(arena, "%s\n---\n%s", configuration, study->spec[b]->yaml);
        if (ww_model_is_checkpoint(study->brain[b]))
            input[n++] = study->brain[b];
    }
    if (configuration == NULL)
        return WW_ENOMEM;
    join_plans(study, options->folder);
    return ww_h5_provenance(file, configuration, study->seed[0], options->command_line, input, n);
}

static ww_status write_all(ww_h5 *file, const ww_study *study, const ww_study_options *options,
                           ww_claim **claims, int *n_claims, ww_arena *arena)
{
    ww_grid *grid = ww_arena_array(arena, (size_t)study->n_experiments, sizeof *grid);
    if (grid == NULL)
        return WW_ENOMEM;
    for (int e = 0; e < study->n_experiments; e++)
        WW_TRY(make_grid(&grid[e], study, e, arena));
    WW_TRY(fill_grids(grid, study, options->folder, arena));
    for (int m = 0; m < study->n_brains * study->n_seeds; m++)
        for (int e = 0; e < study->n_experiments; e++)
            WW_TRY(copy_described(file, study, options->folder, m, e, arena));
    *claims = NULL;
    *n_claims = 0;
    for (int e = 0; e < study->n_experiments; e++) {
        ww_claim *some = NULL;
        int n = 0;
        const ww_experiment *x = study->experiment[e];
        WW_TRY(ww_grid_write(file, x->item.name, &grid[e], arena));
        if (x->report != NULL)
            WW_TRY(x->report(&grid[e], file, &some, &n, arena));
        ww_claim *all = ww_arena_array(arena, (size_t)(*n_claims + n) + 1, sizeof *all);
        if (all == NULL)
            return WW_ENOMEM;
        if (*n_claims > 0)
            memcpy(all, *claims, (size_t)*n_claims * sizeof *all);
        if (n > 0)
            memcpy(all + *n_claims, some, (size_t)n * sizeof *all);
        *claims = all;
        *n_claims += n;
    }
    WW_TRY(write_claims(file, *claims, *n_claims, arena));
    return write_provenance(file, study, options, arena);
}

static ww_status draw_figures(const char *results, const char *folder, ww_arena *arena)
{
    ww_h5 *file;
    const char *const *names;
    size_t n = 0;
    WW_TRY(ww_h5_open(&file, results));
    ww_status status = WW_OK;
    if (ww_h5_has(file, "/figures"))
        status = ww_h5_list(file, "/figures", &names, &n, arena);
    for (size_t i = 0; i < n && status == WW_OK; i++) {
        ww_figure_data data;
        status = ww_figure_load(file, names[i], &data, arena);
        if (status == WW_OK)
            status = ww_figure_draw(&data, folder);
    }
    ww_h5_close(file);
    return status;
}

ww_status ww_study_results(const ww_study *study, const ww_study_options *options,
                           ww_claim **claims, int *n_claims, ww_arena *arena)
{
    char path[WW_STUDY_PATH], figures[WW_STUDY_PATH];
    ww_h5 *file;
    snprintf(path, sizeof path, "%s/results.h5", options->folder);
    snprintf(figures, sizeof figures, "%s/figures", options->folder);
    WW_TRY(ww_h5_create(&file, path));
    ww_status status = write_all(file, study, options, claims, n_claims, arena);
    if (status != WW_OK) {
        ww_h5_close(file);
        return status;
    }
    WW_TRY(ww_h5_commit(file));
    return draw_figures(path, figures, arena);
}
