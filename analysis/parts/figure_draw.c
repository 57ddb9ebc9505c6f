/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drawing a figure: its data as text, its script, and gnuplot on both, in a folder of their own
 * whose files are then moved to where they belong - so that a reader never sees half a figure. */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analysis/figures/figure.h"
#include "analysis/parts/gnuplot.h"
#include "engine/base/progress.h"
#include "engine/store/file.h"

static const char *const endings[] = {"dat", "gp", "pdf", "svg", "png"};
enum { ENDINGS = sizeof endings / sizeof endings[0], PATH_BYTES = 4096 };

static ww_status find_kind(const ww_figure **out, const ww_figure_data *data)
{
    const ww_family *family;
    size_t i;
    WW_TRY(ww_family_find(&family, "figures"));
    WW_TRY(ww_item_find(&i, family, data->kind));
    *out = ww_figures[i];
    if ((*out)->check != NULL)
        WW_TRY((*out)->check(data));
    return WW_OK;
}

/* One block a series, two blank lines apart (gnuplot's index): number, x, value, low, high, name.
 */
static void write_data(FILE *f, const ww_figure_data *d)
{
    fprintf(f, "# %s\n# columns: number, x, value, low, high, name; a block a series\n", d->name);
    for (int r = 0; r < d->rows; r++) {
        fprintf(f, "%s# %s\n", r > 0 ? "\n\n" : "", d->row_name ? d->row_name[r] : "");
        for (int c = 0; c < d->columns; c++) {
            size_t i = (size_t)r * (size_t)d->columns + (size_t)c;
            fprintf(f, "%d %.10g %.10g %.10g %.10g \"%s\"\n", c, d->x ? d->x[c] : c, d->value[i],
                    d->low ? d->low[i] : NAN, d->high ? d->high[i] : NAN,
                    d->column_name ? d->column_name[c] : "");
        }
    }
}

static void write_script(FILE *gp, const ww_figure *kind, const ww_figure_data *d)
{
    double w = kind->width_cm > 0 ? kind->width_cm : fmin(40, 6.5 + 0.78 * d->columns);
    double h = kind->height_cm > 0 ? kind->height_cm : fmin(50, 4.0 + 0.55 * d->rows);
    char dat[300];
    snprintf(dat, sizeof dat, "%s.dat", d->name);
    fprintf(gp, "# %s: restyle what you like, then run: gnuplot %s.gp\n", d->name, d->name);
    if (d->caption && *d->caption)
        fprintf(gp, "# %s\n", d->caption);
    if (d->interval && *d->interval)
        fprintf(gp, "# error bars: %s\n", d->interval);
    fprintf(gp, "set terminal pdfcairo noenhanced size %.2fcm,%.2fcm font 'DejaVu Sans,8'\n", w, h);
    fprintf(gp, "set output '%s.pdf'\n", d->name);
    kind->script(gp, d, dat);
    fprintf(gp,
            "set terminal svg noenhanced size %.0f,%.0f font 'DejaVu Sans,11' background '#ffffff'"
            "\nset output '%s.svg'\nreplot\n",
            w * 37.8, h * 37.8, d->name);
    fprintf(gp,
            "set terminal pngcairo noenhanced size %.0f,%.0f font 'DejaVu Sans,8' fontscale 2.6\n"
            "set output '%s.png'\nreplot\nset output\n",
            w * 100, h * 100, d->name);
}

static ww_status write_file(const char *folder, const ww_figure *kind, const ww_figure_data *d,
                            bool script)
{
    char path[PATH_BYTES + 300];
    snprintf(path, sizeof path, "%s/%s.%s", folder, d->name, script ? "gp" : "dat");
    FILE *f = fopen(path, "w");
    if (f == NULL)
        return ww_file_fail(path, errno);
    if (script)
        write_script(f, kind, d);
    else
        write_data(f, d);
    bool bad = ferror(f) != 0;
    bad = fclose(f) != 0 || bad;
    return bad ? ww_file_fail(path, errno) : WW_OK;
}

/* Runs gnuplot in `folder`; its first line of complaint becomes the message. */
static ww_status run_gnuplot(const char *folder, const char *name)
{
    int ends[2];
    char script[300], said[400] = "";
    snprintf(script, sizeof script, "%s.gp", name);
    if (pipe(ends) != 0)
        return WW_FAIL(WW_EIO, "gnuplot: %s", strerror(errno));
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        if (chdir(folder) == 0)
            execlp("gnuplot", "gnuplot", script, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    size_t used = 0;
    char piece[256];
    for (ssize_t n; (n = read(ends[0], piece, sizeof piece)) > 0;) {
        size_t fits = (size_t)n < sizeof said - 1 - used ? (size_t)n : sizeof said - 1 - used;
        memcpy(said + used, piece, fits);
        used += fits;
    }
    said[used] = '\0';
    close(ends[0]);
    int status = -1;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (ww_interrupted()) /* Ctrl-C reaches gnuplot too */
        return WW_FAIL(WW_EINTERRUPTED, "interrupted while figure %s was drawn", name);
    if (child < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 127))
        return WW_FAIL(WW_ENOTFOUND, "gnuplot could not be run; install gnuplot (gnuplot-nox)");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        char *line = said + strspn(said, " \n\t");
        line[strcspn(line, "\n")] = '\0';
        return WW_FAIL(WW_EBACKEND, "gnuplot on %s.gp: %s", name, *line ? line : "it failed");
    }
    return WW_OK;
}

static ww_status move_all(const char *from, const char *to, const char *name)
{
    char a[PATH_BYTES + 300], b[PATH_BYTES + 300];
    for (int i = 0; i < ENDINGS; i++) {
        snprintf(a, sizeof a, "%s/%s.%s", from, name, endings[i]);
        snprintf(b, sizeof b, "%s/%s.%s", to, name, endings[i]);
        if (rename(a, b) != 0)
            return ww_file_fail(b, errno);
    }
    return WW_OK;
}

static void remove_all(const char *folder, const char *name)
{
    char path[PATH_BYTES + 300];
    for (int i = 0; i < ENDINGS; i++) {
        snprintf(path, sizeof path, "%s/%s.%s", folder, name, endings[i]);
        unlink(path);
    }
    rmdir(folder);
}

/* A folder to draw in, named as a draft is (engine/store/file.h). */
static ww_status make_place(char *place, const char *folder)
{
    char mark[WW_DRAFT_MARK];
    do {
        ww_draft_mark(mark);
        int n = snprintf(place, PATH_BYTES, "%s/.figure%s", folder, mark);
        if (n >= PATH_BYTES)
            return WW_FAIL(WW_EIO, "%s: the name is too long", folder);
        if (mkdir(place, 0700) == 0)
            return WW_OK;
    } while (errno == EEXIST);
    return ww_file_fail(folder, errno);
}

ww_status ww_figure_draw(const ww_figure_data *data, const char *folder)
{
    const ww_figure *kind;
    char place[PATH_BYTES];
    WW_TRY(find_kind(&kind, data));
    WW_TRY(make_place(place, folder));
    ww_status status = write_file(place, kind, data, false);
    if (status == WW_OK)
        status = write_file(place, kind, data, true);
    if (status == WW_OK)
        status = run_gnuplot(place, data->name);
    if (status == WW_OK)
        status = move_all(place, folder, data->name);
    remove_all(place, data->name);
    return status;
}
