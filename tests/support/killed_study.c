/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/killed_study.h"

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/random.h"
#include "engine/learning/checkpoint.h"
#include "experiments/parts/study_files.h"
#include "tests/support/folder.h"

const char *ww_command_path(void)
{
    return WW_EXE;
}

/* All numbers of one dataset. */
static double *numbers(const char *path, const char *name, size_t *n, ww_arena *arena)
{
    ww_h5 *file;
    int rank;
    int64_t dim[8];
    *n = 1;
    expect_ok(ww_h5_open(&file, path));
    expect_ok(ww_h5_shape(file, name, &rank, dim));
    for (int i = 0; i < rank; i++)
        *n *= (size_t)dim[i];
    double *data = ww_arena_array(arena, *n + 1, sizeof *data);
    expect_ok(ww_h5_read_doubles(file, name, data, *n));
    ww_h5_close(file);
    return data;
}

static void expect_same(const char *a, const char *b, const char *name, ww_arena *arena)
{
    size_t n, m;
    double *x = numbers(a, name, &n, arena), *y = numbers(b, name, &m, arena);
    cr_assert(n == m && memcmp(x, y, n * sizeof *x) == 0, "%s and %s: %s differs", a, b, name);
}

static void expect_same_model(const char *a, const char *b)
{
    ww_model *x, *y;
    size_t n, m;
    expect_ok(ww_model_open(&x, a));
    expect_ok(ww_model_open(&y, b));
    const float *one = ww_values_parameters(x->values, &n);
    const float *two = ww_values_parameters(y->values, &m);
    cr_assert(n == m && memcmp(one, two, n * sizeof *one) == 0, "%s and %s differ", a, b);
    ww_model_free(x), ww_model_free(y);
}

void ww_expect_same_study(const char *a, const char *b, const ww_study *study)
{
    char one[WW_STUDY_PATH], two[WW_STUDY_PATH], name[300];
    static const char *const grids[] = {"value", "chance"};
    ww_arena *arena = ww_arena_create();
    snprintf(one, sizeof one, "%s/results.h5", a);
    snprintf(two, sizeof two, "%s/results.h5", b);
    for (int e = 0; e < study->n_experiments; e++)
        for (int k = 0; k < 2; k++) {
            snprintf(name, sizeof name, "/grid/%s/%s", study->experiment[e]->item.name, grids[k]);
            expect_same(one, two, name, arena);
        }
    for (int s = 0; s < study->n_seeds; s++) {
        snprintf(name, sizeof name, "/models/tiny-seed%d/selectivity", (int)study->seed[s]);
        expect_same(one, two, name, arena);
    }
    for (int s = 0; s < study->n_seeds; s++) {
        ww_study_model_path(one, a, "tiny", study->seed[s]);
        ww_study_model_path(two, b, "tiny", study->seed[s]);
        expect_same_model(one, two);
    }
    ww_arena_free(arena);
}

/* ---- killing ---- */

static pid_t start(const char *study, const char *folder)
{
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        setpgid(0, 0);
        for (int i = 0; i < 3; i++)
            dup2(null, i);
        execl(WW_EXE, "whatwhere", "run", study, "-o", folder, "--quiet", "--jobs", "2",
              "--threads", "2", (char *)NULL);
        _exit(127);
    }
    setpgid(pid, pid);
    return pid;
}

/* One of the processes that `pid` started, or `pid` itself if there is none (or no way to know). */
static pid_t child_of(pid_t pid)
{
    char path[100];
    long child = 0;
    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)pid, (long)pid);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        if (fscanf(file, "%ld", &child) != 1)
            child = 0;
        fclose(file);
    }
    return child > 0 ? (pid_t)child : pid;
}

/* Every file that has its final name is whole. */
static void expect_whole(const char *folder)
{
    static const char *const patterns[] = {"models/*.h5", "parts/*.h5", "results.h5"};
    char pattern[WW_STUDY_PATH];
    for (int i = 0; i < 3; i++) {
        glob_t files;
        snprintf(pattern, sizeof pattern, "%s/%s", folder, patterns[i]);
        if (glob(pattern, 0, NULL, &files) != 0)
            continue;
        for (size_t k = 0; k < files.gl_pathc; k++) {
            ww_h5 *file;
            ww_model *model;
            expect_ok(ww_h5_open(&file, files.gl_pathv[k]));
            ww_h5_close(file);
            if (i == 0)
                expect_ok(ww_model_open(&model, files.gl_pathv[k]));
            if (i == 0)
                ww_model_free(model);
        }
        globfree(&files);
    }
}

/* Nothing half-written is left by those that were killed. */
static void expect_no_drafts(const char *folder)
{
    char pattern[WW_STUDY_PATH];
    snprintf(pattern, sizeof pattern, "%s/*/*.tmp-*", folder);
    glob_t files;
    cr_expect_eq(glob(pattern, 0, NULL, &files), GLOB_NOMATCH, "%s", pattern);
}

static void pause_ms(double ms)
{
    struct timespec pause = {(time_t)(ms / 1000), (long)(ms * 1e6) % 1000000000L};
    nanosleep(&pause, NULL);
}

/* Kills what is left of a run, and waits until it is gone. */
static void end_of(pid_t group)
{
    for (int i = 0; i < 500 && kill(-group, SIGKILL) == 0; i++)
        pause_ms(10);
}

static double run_to_the_end(const char *study, const char *folder)
{
    int status;
    double begin = ww_clock_s();
    pid_t pid = start(study, folder);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
    return ww_clock_s() - begin;
}

/* Many short epochs, each with its checkpoint: the moments are to fall among writing files. */
static const char settings[] =
    "seeds: 2\nlesions: [V1, FFA]\nexperiments: {scene-tasks: {tasks.trials: 20}}\n"
    "set: {training.epochs: 12, training.batch: 8, training.samples_per_epoch: 8, "
    "training.validation_samples: 10}\n";

void ww_kill_study(int moments)
{
    ww_arena *arena = ww_arena_create();
    ww_random random = ww_random_stream(1, "test/kill study", 0);
    ww_study *study;
    int status, killed = 0;
    pid_t *group = ww_arena_array(arena, (size_t)moments, sizeof *group);
    const char *text =
        ww_arena_printf(arena, "study: x\nbrains: [%s]\n%s", ww_path("tiny.yaml"), settings);
    const char *path = ww_file_with_text("killed.yaml", text), *folder = ww_path("killed");
    expect_ok(ww_study_read(&study, path, NULL, arena));
    double seconds = run_to_the_end(path, ww_path("undisturbed"));
    for (int k = 0; k < moments; k++) {
        pid_t parent = group[k] = start(path, folder);
        pause_ms(1000 * seconds * ww_random_range(&random, 0.1, 0.9));
        kill(k % 3 == 0 ? -parent : k % 3 == 1 ? parent : child_of(parent), SIGKILL);
        cr_assert_eq(waitpid(parent, &status, 0), parent);
        expect_whole(folder);
        if (k % 3 != 1) /* else its jobs live on beside those of the next run */
            kill(-parent, SIGKILL);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            killed++;
        } else { /* it was done before (the machine was slower); the next begins afresh */
            seconds /= 2;
            ww_expect_same_study(ww_path("undisturbed"), folder, study);
            folder = ww_path(ww_arena_printf(arena, "killed%d", k));
        }
    }
    cr_assert_gt(killed, moments / 3);
    for (int k = 0; k < moments; k++)
        end_of(group[k]);
    run_to_the_end(path, folder);
    expect_whole(folder);
    expect_no_drafts(folder);
    ww_expect_same_study(ww_path("undisturbed"), folder, study);
    ww_arena_free(arena);
}
