/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures: every kind leaves its five files, and nothing half-made when something is wrong. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/figures/figure.h"

static const char *const rows[] = {"it's face", "word_identity"};
static const char *const columns[] = {"V1", "\"FFA\"", "7a"};
static const double x[3] = {0, 0.5, 1};
static const double value[6] = {0.91, 0.5, NAN, 0.8, -0.1, 0.33};
static const double low[6] = {0.9, 0.4, NAN, 0.7, -0.2, 0.3},
                    high[6] = {0.95, 0.6, NAN, 0.9, 0, 0.4};

/* Shares have no sign. */
static const double share[6] = {0.91, 0.5, NAN, 0.8, 0, 0.33};

static ww_figure_data data_of(const char *kind)
{
    return (ww_figure_data){.kind = kind,
                            .name = kind,
                            .title = "a 'title' with $signs and %d",
                            .caption = "what it shows",
                            .x_label = "dose (share of units)",
                            .y_label = "accuracy",
                            .value_label = "loss",
                            .interval = "95 %",
                            .rows = 2,
                            .columns = 3,
                            .row_name = rows,
                            .column_name = columns,
                            .x = x,
                            .value = strcmp(kind, "shares") == 0 ? share : value,
                            .low = low,
                            .high = high,
                            .reference = 0.05};
}

static int files_in(const char *folder)
{
    int n = 0;
    DIR *dir = opendir(folder);
    cr_assert(dir != NULL);
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    return n;
}

static size_t size_of(const char *folder, const char *name, const char *ending)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s.%s", folder, name, ending);
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return 0;
    fseek(f, 0, SEEK_END);
    long n = ftell(f);
    fclose(f);
    return (size_t)n;
}

static void remove_all(const char *folder, const char *name)
{
    static const char *const endings[] = {"dat", "gp", "pdf", "svg", "png"};
    char path[300];
    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "%s/%s.%s", folder, name, endings[i]);
        unlink(path);
    }
}

Test(analysis_figures, every_kind_leaves_its_files)
{
    char folder[] = "/tmp/ww-figure-XXXXXX";
    cr_assert(mkdtemp(folder) != NULL);
    for (size_t k = 0; k < ww_figures_count; k++) {
        const char *name = ww_figures[k]->item.name;
        ww_figure_data d = data_of(name);
        cr_assert_eq(ww_figure_draw(&d, folder), WW_OK, "%s", ww_error_message());
        cr_expect_eq(files_in(folder), 5, "%s", name);
        cr_expect(size_of(folder, name, "pdf") > 1000 && size_of(folder, name, "png") > 1000 &&
                      size_of(folder, name, "svg") > 1000 && size_of(folder, name, "dat") > 50,
                  "%s", name);
        remove_all(folder, name);
    }
    rmdir(folder);
}

Test(analysis_figures, what_is_wrong_is_one_line_and_leaves_nothing)
{
    char folder[] = "/tmp/ww-figure-XXXXXX";
    cr_assert(mkdtemp(folder) != NULL);
    ww_figure_data d = data_of("curvs");
    cr_expect_eq(ww_figure_draw(&d, folder), WW_ENOTFOUND);
    cr_expect_str_eq(ww_error_message(), "unknown figure 'curvs'; did you mean 'curves'?");
    d = data_of("curves");
    d.x = NULL;
    cr_expect_eq(ww_figure_draw(&d, folder), WW_EINVAL);
    cr_expect_str_eq(ww_error_message(), "figure curves: curves need x values");
    d = data_of("shares");
    d.value = value;
    cr_expect_eq(ww_figure_draw(&d, folder), WW_EINVAL);
    cr_expect_str_eq(ww_error_message(),
                     "figure shares: -0.1 is no share; 'matrix' shows what has a sign");
    d = data_of("curves");
    cr_expect_eq(ww_figure_draw(&d, "/nowhere/at/all"), WW_EIO);
    cr_expect_str_eq(ww_error_message(), "/nowhere/at/all: no such file or directory");
    setenv("PATH", "/nowhere", 1);
    cr_expect_eq(ww_figure_draw(&d, folder), WW_ENOTFOUND);
    cr_expect_str_eq(ww_error_message(), "gnuplot could not be run; install gnuplot (gnuplot-nox)");
    cr_expect_eq(files_in(folder), 0);
    rmdir(folder);
}
