/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the time and the memory of a brain go, by area and operator. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/figures/figure.h"
#include "cli/command.h"
#include "connectome/profile.h"
#include "engine/store/table.h"

enum { MOST_BARS = 20 };

struct profile {
    int batch, runs, top;
    bool infer;
};

static const ww_param params[] = {
    WW_INT(struct profile, batch, 0, 0, 1 << 20, "", "scenes a step; 0: as the brain says", ""),
    WW_INT(struct profile, runs, 10, 1, 1000000, "", "steps that are averaged", ""),
    WW_INT(struct profile, top, 20, 1, 1000000, "", "lines of the table", ""),
    WW_BOOL(struct profile, infer, false, "inference instead of a training step", ""),
    WW_PARAM_END};

static double total_s(const ww_profile_row *row)
{
    return row->forward_s + row->backward_s;
}

static double gflops(const ww_profile_row *row)
{
    return row->products > 0 && total_s(row) > 0 ? 2e-9 * row->products / total_s(row) : NAN;
}

static void print_table(const ww_profile *profile, int batch, const struct profile *p)
{
    double sum = 0, shown = 0, products = 0;
    for (int i = 0; i < profile->n; i++) {
        sum += total_s(&profile->row[i]);
        products += profile->row[i].products;
    }
    printf("%s, batch %d: %.2f ms a step, %.1f samples/s, %.2f GFLOP (%.1f GFLOP/s)\n",
           p->infer ? "inference" : "training", batch, 1e3 * profile->run_s, batch / profile->run_s,
           2e-9 * products, 2e-9 * products / profile->run_s);
    printf("memory %.1f MiB (%.1f unshared), %zu parameters, %.0f page faults a step; drawing a "
           "batch of scenes takes %.1f ms\n\n",
           (double)profile->planned_bytes / (1 << 20), (double)profile->unshared_bytes / (1 << 20),
           profile->parameters, profile->page_faults, 1e3 * profile->scenes_s);
    printf("%-16s %-18s %5s %10s %10s %7s %9s %9s\n", "area", "operator", "nodes", "forward ms",
           "backward ms", "share %", "GFLOP/s", "MiB");
    for (int i = 0; i < profile->n && i < p->top; i++) {
        const ww_profile_row *row = &profile->row[i];
        char rate[32] = "-";
        if (!isnan(gflops(row)))
            snprintf(rate, sizeof rate, "%.1f", gflops(row));
        printf("%-16s %-18s %5d %10.3f %10.3f  %7.1f %9s %9.2f\n", row->area, row->op, row->nodes,
               1e3 * row->forward_s, 1e3 * row->backward_s, 100 * total_s(row) / sum, rate,
               (double)row->bytes / (1 << 20));
        shown += total_s(row);
    }
    if (p->top < profile->n)
        printf("%d more %45.1f\n", profile->n - p->top, 100 * (sum - shown) / sum);
}

static ww_status write_table(const ww_profile *profile, const char *path)
{
    static const char *const names[] = {"area",        "operator", "nodes",   "forward_ms",
                                        "backward_ms", "gflop",    "gflop_s", "bytes"};
    ww_rows *rows;
    WW_TRY(ww_rows_open(&rows, path, names, sizeof names / sizeof names[0]));
    for (int i = 0; i < profile->n; i++) {
        const ww_profile_row *row = &profile->row[i];
        ww_rows_text(rows, row->area);
        ww_rows_text(rows, row->op);
        ww_rows_real(rows, row->nodes);
        ww_rows_real(rows, 1e3 * row->forward_s);
        ww_rows_real(rows, 1e3 * row->backward_s);
        ww_rows_real(rows, 2e-9 * row->products);
        ww_rows_real(rows, gflops(row));
        ww_rows_real(rows, (double)row->bytes);
        ww_rows_end(rows);
    }
    return ww_rows_commit(rows);
}

static const char *area_of(const ww_profile_row *row)
{
    return row->area;
}

static const char *op_of(const ww_profile_row *row)
{
    return row->op;
}

struct bar {
    const char *name;
    double ms[2]; /* forward, backward */
};

static int by_cost(const void *a, const void *b)
{
    const struct bar *x = a, *y = b;
    double more = y->ms[0] + y->ms[1] - x->ms[0] - x->ms[1];
    return more > 0 ? 1 : more < 0 ? -1 : strcmp(x->name, y->name);
}

/* All rows that `name` gives the same name together, the most costly first; their number. */
static int gather(const ww_profile *profile, const char *(*name)(const ww_profile_row *row),
                  struct bar *bar)
{
    int n = 0;
    for (int i = 0; i < profile->n; i++) {
        int k = 0;
        while (k < n && strcmp(bar[k].name, name(&profile->row[i])) != 0)
            k++;
        if (k == n)
            bar[n++] = (struct bar){.name = name(&profile->row[i])};
        bar[k].ms[0] += 1e3 * profile->row[i].forward_s;
        bar[k].ms[1] += 1e3 * profile->row[i].backward_s;
    }
    qsort(bar, (size_t)n, sizeof *bar, by_cost);
    return n;
}

/* Forward and backward milliseconds of the most costly groups. */
static ww_status draw(const ww_cli *cli, const ww_profile *profile, const struct profile *p,
                      const char *figure, const char *(*name)(const ww_profile_row *row))
{
    static const char *const ways[] = {"forward", "backward"};
    const char *group[MOST_BARS];
    double packed[2 * MOST_BARS];
    struct bar *bar = ww_arena_array(cli->arena, (size_t)profile->n + 1, sizeof *bar);
    if (bar == NULL)
        return WW_ENOMEM;
    int n = gather(profile, name, bar), ways_n = p->infer ? 1 : 2;
    n = n < MOST_BARS ? n : MOST_BARS;
    for (int k = 0; k < n; k++) {
        group[k] = bar[k].name;
        for (int way = 0; way < ways_n; way++)
            packed[way * n + k] = bar[k].ms[way];
    }
    ww_figure_data data = {.kind = "bars",
                           .name = figure,
                           .title = p->infer ? "time of an inference" : "time of a training step",
                           .caption = "mean of the runs",
                           .x_label = name == op_of ? "operator" : "area",
                           .y_label = "time (ms a step)",
                           .rows = ways_n,
                           .columns = n,
                           .row_name = ways,
                           .column_name = group,
                           .value = packed,
                           .reference = NAN};
    return ww_figure_draw(&data, cli->output);
}

static ww_status write(const ww_cli *cli, const ww_profile *profile, const struct profile *p)
{
    const char *table = ww_arena_printf(cli->arena, "%s/profile.csv", cli->output);
    if (table == NULL)
        return WW_ENOMEM;
    mkdir(cli->output, 0777);
    WW_TRY(write_table(profile, table));
    WW_TRY(draw(cli, profile, p, "areas", area_of));
    WW_TRY(draw(cli, profile, p, "operators", op_of));
    printf("\n%s\n%s/areas.pdf\n%s/operators.pdf\n", table, cli->output, cli->output);
    return WW_OK;
}

static ww_status run(ww_cli *cli, const void *self, int argc, const char *const *argv)
{
    const struct profile *p = self;
    ww_model *model;
    ww_profile *profile;
    WW_TRY(ww_usage_count(argc, argv, 1, 1, "BRAIN"));
    WW_TRY(ww_model_create(&model, argv[0], cli->set, cli->seed));
    int batch = p->batch > 0 ? p->batch : model->brain->training.batch;
    ww_status status = ww_model_profile(model, batch, p->runs, !p->infer, &profile, cli->arena);
    ww_model_free(model);
    WW_TRY(status);
    print_table(profile, batch, p);
    return cli->output != NULL ? write(cli, profile, p) : WW_OK;
}

const ww_command ww_command_profile = {
    .item = {.name = "profile",
             .summary = "where the time and memory of a brain go, by area and operator",
             .example = "whatwhere profile two-streams -o profile --threads 2",
             .params = params,
             .params_size = sizeof(struct profile)},
    .synopsis = "BRAIN",
    .sets = "keys of the brain (area.V1.orientations=8, steps=2)",
    .writes = "a folder for the whole table (CSV) and bars of areas and operators (PDF, SVG, PNG)",
    .draws = true,
    .plans = true,
    .run = run};
