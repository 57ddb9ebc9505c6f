/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One method of analysis on the columns of a table. */
#include <math.h>
#include <stdio.h>

#include "analysis/analysis.h"
#include "cli/command.h"
#include "engine/store/table.h"

static ww_status read_column(double **out, const ww_table *table, const char *name, ww_arena *arena)
{
    size_t column;
    WW_TRY(ww_table_column(&column, table, name));
    double *value = ww_arena_array(arena, table->rows + 1, sizeof *value);
    if (value == NULL)
        return WW_ENOMEM;
    for (size_t row = 0; row < table->rows; row++)
        WW_TRY(ww_table_real(&value[row], table, row, column, true));
    *out = value;
    return WW_OK;
}

/* A number for people, or "-" where there is none. */
static const char *number(double value, char text[32])
{
    if (isnan(value))
        return "-";
    snprintf(text, 32, "%.6g", value);
    return text;
}

static void print_estimates(const ww_estimate *estimate, int n)
{
    char value[32], low[32], high[32], p[32];
    printf("%-24s %12s %12s %12s %12s %8s\n", "estimate", "value", "low 95 %", "high 95 %", "p",
           "n");
    for (int i = 0; i < n; i++)
        printf("%-24s %12s %12s %12s %12s %8lld\n", estimate[i].name,
               number(estimate[i].value, value), number(estimate[i].low, low),
               number(estimate[i].high, high), number(estimate[i].p, p), (long long)estimate[i].n);
}

static ww_status write_estimates(const char *path, const ww_estimate *estimate, int n)
{
    static const char *const names[] = {"estimate", "value", "low", "high", "p", "n"};
    ww_rows *rows;
    WW_TRY(ww_rows_open(&rows, path, names, sizeof names / sizeof names[0]));
    for (int i = 0; i < n; i++) {
        ww_rows_text(rows, estimate[i].name);
        ww_rows_real(rows, estimate[i].value);
        ww_rows_real(rows, estimate[i].low);
        ww_rows_real(rows, estimate[i].high);
        ww_rows_real(rows, estimate[i].p);
        ww_rows_real(rows, (double)estimate[i].n);
        ww_rows_end(rows);
    }
    return ww_rows_commit(rows);
}

static ww_status check_columns(const ww_analysis *analysis, int given)
{
    if (given >= analysis->min_columns && given <= analysis->max_columns)
        return WW_OK;
    return ww_usage_error("%d column%s given, but %s takes %s", given, given == 1 ? " is" : "s are",
                          analysis->item.name, analysis->columns);
}

static ww_status run(ww_cli *cli, const void *self, int argc, const char *const *argv)
{
    const ww_family *family;
    size_t index;
    ww_table *table;
    ww_estimate estimate[WW_ESTIMATES_MAX];
    int n = 0;
    (void)self;
    WW_TRY(ww_usage_count(argc, argv, 3, 1000, "TABLE METHOD COLUMN..."));
    WW_TRY(ww_family_find(&family, "analyses"));
    WW_TRY(ww_usage(ww_item_find(&index, family, argv[1])));
    const ww_analysis *analysis = ww_analyses[index];
    WW_TRY(check_columns(analysis, argc - 2));
    void *settings = ww_arena_alloc(cli->arena, analysis->item.params_size + 1);
    double **column = ww_arena_array(cli->arena, (size_t)argc, sizeof *column);
    if (settings == NULL || column == NULL)
        return WW_ENOMEM;
    ww_params_defaults(analysis->item.params, settings);
    WW_TRY(ww_set_all(cli, analysis->item.params, settings));
    WW_TRY(ww_table_read(&table, argv[0], cli->arena));
    for (int i = 2; i < argc; i++)
        WW_TRY(read_column(&column[i - 2], table, argv[i], cli->arena));
    ww_status status = analysis->run(settings, argc - 2, (const double *const *)column, table->rows,
                                     cli->seed, estimate, &n);
    if (status != WW_OK) {
        ww_error_prefix("%s: ", argv[0]);
        return status;
    }
    if (cli->output != NULL)
        return write_estimates(cli->output, estimate, n);
    print_estimates(estimate, n);
    return WW_OK;
}

const ww_command ww_command_analyse = {
    .item = {.name = "analyse",
             .summary = "one method of analysis on columns of a table, with 95 % intervals",
             .example = "whatwhere analyse trials.csv correlation size_deg error_deg"},
    .synopsis = "TABLE METHOD COLUMN...",
    .sets = "a parameter of the method",
    .writes = "the estimates as a table (CSV or TSV)",
    .draws = true,
    .run = run};
