/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Studies that run, stop, go on, and fail: in this process, in processes of the command, and in
 * processes that only pretend to work. */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/plan.h"
#include "engine/base/threads.h"
#include "engine/base/version.h"
#include "engine/learning/checkpoint.h"
#include "experiments/parts/study_files.h"
#include "experiments/parts/tasks.h"
#include "tests/support/folder.h"
#include "tests/support/killed_study.h"
#include "tests/support/tiny.h"

static ww_arena *arena;

static void begin(void)
{
    ww_folder_make();
    ww_tiny_brain();
    ww_interrupt_clear();
    ww_threads_set(1);
    arena = ww_arena_create();
}

static void end(void)
{
    ww_arena_free(arena);
    ww_folder_remove();
}

TestSuite(study_run, .init = begin, .fini = end);

/* Two models, each trained in two epochs and measured intact and under two lesions. */
enum { SEEDS = 2, TRAINING = 6, LESIONS = 3 };

static ww_study *study_with(const char *lesions, const char *const *set)
{
    ww_study *study;
    const char *text = ww_arena_printf(
        arena,
        "study: x\nbrains: [%s]\nseeds: 2\nlesions: [%s]\nset: {training.epochs: 2, "
        "training.batch: 8, training.samples_per_epoch: 24, training.validation_samples: 10}\n"
        "experiments: {scene-tasks: {tasks.trials: 40}}\n",
        ww_path("tiny.yaml"), lesions);
    expect_ok(ww_study_read(&study, ww_file_with_text("study.yaml", text), set, arena));
    return study;
}

static ww_study *tiny_study(void)
{
    return study_with("FFA, V1", NULL);
}

/* ---- in this process ---- */

/* Interrupts the study after so many steps of any kind. */
struct watch {
    ww_progress progress;
    int steps, stop_after, lesions;
    char line[300];
};

static void see_step(ww_progress *self, const char *task, double done, double total,
                     const char *note)
{
    struct watch *watch = (struct watch *)(void *)self;
    (void)done, (void)total, (void)note;
    watch->lesions += strcmp(task, "lesions") == 0;
    if (++watch->steps == watch->stop_after)
        ww_interrupt();
}

static void see_line(ww_progress *self, const char *text)
{
    struct watch *watch = (struct watch *)(void *)self;
    snprintf(watch->line, sizeof watch->line, "%s", text);
}

static ww_status run_in(const char *folder, const ww_study *study, struct watch *watch)
{
    ww_study_options options = {.folder = ww_path(folder)};
    ww_claim *claims;
    int n, stop_after = watch->stop_after;
    *watch =
        (struct watch){.progress = {.step = see_step, .line = see_line}, .stop_after = stop_after};
    options.progress = &watch->progress;
    ww_interrupt_clear();
    return ww_study_run(study, &options, &claims, &n, arena);
}

Test(study_run, after_an_interruption_it_ends_with_the_bits_of_an_uninterrupted_run)
{
    ww_study *study = tiny_study();
    struct watch watch = {.stop_after = 0};
    expect_ok(run_in("straight", study, &watch));
    int steps = watch.steps;
    cr_assert_eq(watch.lesions, SEEDS * LESIONS);
    cr_assert_eq(steps, SEEDS * (TRAINING + LESIONS));
    /* in training, among the lesions and after them, in the second model */
    static const int stops[] = {2, 7, 9, 14};
    for (size_t k = 0; k < sizeof stops / sizeof stops[0]; k++) {
        const char *folder = ww_arena_printf(arena, "out%d", stops[k]);
        watch.stop_after = stops[k];
        cr_assert_eq(run_in(folder, study, &watch), WW_EINTERRUPTED, "%d: %s", stops[k],
                     ww_error_message());
        const char *wanted =
            ww_arena_printf(arena, "interrupted; what is done is kept in %s", ww_path(folder));
        cr_assert_str_eq(ww_error_message(), wanted);
        cr_assert(access(ww_arena_printf(arena, "%s/results.h5", ww_path(folder)), F_OK) != 0);
        watch.stop_after = 0;
        expect_ok(run_in(folder, study, &watch));
        cr_assert_leq(watch.steps, steps - stops[k] + LESIONS, "%d", stops[k]);
        ww_expect_same_study(ww_path("straight"), ww_path(folder), study);
    }
}

/* The same numbers for a lesion that was measured alone as for one among others. */
Test(study_run, what_is_done_is_not_done_again_and_only_what_is_new_is_done)
{
    ww_study *study = tiny_study();
    struct watch watch = {.stop_after = 0};
    struct stat before, after;
    const char *path = ww_path("out/parts/tiny-seed1.h5");
    expect_ok(run_in("out", study, &watch));
    cr_assert_eq(stat(path, &before), 0);
    expect_ok(run_in("out", study, &watch));
    cr_assert_eq(stat(path, &after), 0);
    cr_expect_eq(watch.steps, 0, "%d steps", watch.steps);
    cr_expect_eq(before.st_ino, after.st_ino);

    ww_part *part; /* numbers that no brain gave, under the right hash, stay */
    expect_ok(ww_parts_create(&part, study, arena));
    expect_ok(ww_part_hash(&part[0].hash, study, 0, 0, 0, ww_version()));
    ww_parts_read(path, study, part, arena);
    cr_assert(part[0].done[0] && part[0].done[1] && part[0].done[2]);
    part[0].value[WW_TASK_MEASURES] = 0.123;
    expect_ok(ww_parts_write(path, study, part));
    study = study_with("V1, FFA", NULL);
    expect_ok(run_in("out", study, &watch));
    expect_ok(ww_parts_create(&part, study, arena));
    ww_parts_read(path, study, part, arena);
    cr_expect_eq(part[0].value[2 * WW_TASK_MEASURES], 0.123);
    expect_ok(run_in("all", study, &watch));
    ww_part *all;
    expect_ok(ww_parts_create(&all, study, arena));
    ww_parts_read(ww_path("all/parts/tiny-seed1.h5"), study, all, arena);
    cr_expect_eq(memcmp(part[0].value, all[0].value, 2 * WW_TASK_MEASURES * sizeof(double)), 0);

    ww_study_options options = {.folder = ww_path("out"), .fresh = true};
    ww_claim *claims;
    int n;
    expect_ok(ww_study_run(study, &options, &claims, &n, arena));
    ww_expect_same_study(ww_path("all"), ww_path("out"), study);
}

/* Another brain of the same name, another version: trained, or measured, anew. */
Test(study_run, what_was_made_otherwise_is_made_anew)
{
    struct watch watch = {.stop_after = 0};
    static const char *const set[] = {"training.epochs=1", NULL};
    expect_ok(run_in("out", study_with("FFA", set), &watch));
    cr_assert_eq(watch.steps - watch.lesions, SEEDS * TRAINING / 2);
    ww_study *study = study_with("FFA", NULL);
    expect_ok(run_in("out", study, &watch));
    cr_expect_eq(watch.steps - watch.lesions, SEEDS * TRAINING, "trained from the beginning");
    expect_ok(run_in("straight", study, &watch));
    ww_expect_same_study(ww_path("straight"), ww_path("out"), study);
    ww_file_with_text("out/models/tiny-seed2.h5", "no HDF5");
    ww_file_with_text("out/parts/tiny-seed1.h5", "no HDF5");
    unlink(ww_path("out/parts/tiny-seed2-scene-tasks.h5"));
    expect_ok(run_in("out", study, &watch));
    cr_expect_eq(watch.steps - watch.lesions, TRAINING);
    ww_expect_same_study(ww_path("straight"), ww_path("out"), study);
}

/* What reading cannot know, building does: it is found before the training, with its place. */
Test(study_run, a_lesion_that_cannot_be_is_named_before_anything_is_trained)
{
    struct watch watch = {.stop_after = 0};
    char wanted[300];
    ww_study *study = study_with("FFA, \"LGN:how=decay\"", NULL);
    cr_expect_eq(run_in("out", study, &watch), WW_EINVAL);
    snprintf(wanted, sizeof wanted,
             "%s:4: lesions: lesion LGN:how=decay: LGN has no weights that could decay",
             ww_path("study.yaml"));
    cr_expect_str_eq(ww_error_message(), wanted);
    cr_expect_eq(watch.steps, 0);
}

/* ---- in processes ---- */

static const char *plan; /* --plan of the processes */

static ww_status run_worker(const char *script, const ww_study *study, int jobs,
                            struct watch *watch)
{
    ww_study_options options = {.folder = ww_path("out"), .jobs = jobs, .threads = jobs};
    ww_claim *claims;
    int n;
    const char *worker = ww_path("none");
    if (script != NULL) {
        worker = ww_file_with_text(
            "worker", ww_arena_printf(arena, "#!/bin/sh\ncd %s\n%s", ww_path(""), script));
        cr_assert_eq(chmod(worker, 0755), 0);
    }
    options.worker = worker;
    options.plan = plan;
    *watch = (struct watch){.progress = {.step = see_step, .line = see_line}};
    options.progress = &watch->progress;
    ww_interrupt_clear();
    ww_error_clear();
    return ww_study_run(study, &options, &claims, &n, arena);
}

Test(study_run, a_process_that_fails_is_named_with_its_own_words)
{
    ww_study *study = tiny_study();
    struct watch watch;
    static const char *const cases[][2] = {
        {"echo 'whatwhere: tiny.yaml:3: no luck' >&2; exit 1", "tiny seed 1: tiny.yaml:3: no luck"},
        {"echo 'sh: many' >&2; echo 'lines' >&2; exit 1", "tiny seed 1: sh: many"},
        {"exit 3", "tiny seed 1: its process ended with status 3"},
        {"kill -9 $$", "tiny seed 1: its process died of signal 9"},
        {NULL, "@/none could not be started"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_failure(run_worker(cases[i][0], study, 1, &watch), WW_EIO, cases[i][1]);
    /* one that says it is done and left nothing */
    cr_expect_eq(run_worker("exit 0", study, 1, &watch), WW_EIO);
    cr_expect_str_eq(ww_error_message(),
                     ww_arena_printf(arena, "%s: no such file or directory",
                                     ww_path("out/parts/tiny-seed1-scene-tasks.h5")));
}

Test(study_run, a_failure_stops_the_other_processes_and_starts_no_more)
{
    struct watch watch;
    ww_study *study = tiny_study();
    /* the second waits for the end of the first's life, and must be asked to stop */
    expect_failure(run_worker("echo $3 >> started\n"
                              "if [ $3 = 0:0 ]; then sleep 0.2; exit 3; fi\n"
                              "trap 'echo stopped > stopped; exit 1' TERM\n"
                              "sleep 20 & wait",
                              study, 2, &watch),
                   WW_EIO, "tiny seed 1: its process ended with status 3");
    cr_expect_eq(access(ww_path("stopped"), F_OK), 0);
    unlink(ww_path("started"));
    expect_failure(run_worker("echo $3 >> started; exit 3", study, 1, &watch), WW_EIO,
                   "tiny seed 1: its process ended with status 3");
    struct stat s;
    cr_assert_eq(stat(ww_path("started"), &s), 0);
    cr_expect_eq(s.st_size, 4, "0:0 alone");
}

static void interrupt(int number)
{
    (void)number;
    ww_interrupt();
}

Test(study_run, an_interruption_between_two_models_is_one)
{
    struct watch watch;
    signal(SIGUSR1, interrupt);
    expect_failure(run_worker("kill -USR1 $PPID; exit 0", tiny_study(), 1, &watch), WW_EINTERRUPTED,
                   "interrupted; what is done is kept in @/out");
    cr_expect(access(ww_path("out/results.h5"), F_OK) != 0);
    ww_interrupt_clear();
}

static void kill_politely(void)
{
    kill(getpid(), SIGTERM);
}

/* A process that is asked to stop before it is what it will be does not forget that. */
Test(study_run, a_process_can_be_stopped_from_its_first_moment)
{
    struct watch watch;
    signal(SIGTERM, interrupt);
    cr_assert_eq(pthread_atfork(NULL, NULL, kill_politely), 0);
    expect_failure(run_worker("echo > ran; exit 0", tiny_study(), 1, &watch), WW_EIO,
                   "tiny seed 1: its process died of signal 15");
    cr_expect(access(ww_path("ran"), F_OK) != 0);
}

Test(study_run, processes_are_told_what_to_do_and_tell_how_far_they_are)
{
    static const char *const set[] = {"training.epochs=3", "study.seeds=2", NULL};
    struct watch watch;
    ww_study *study = study_with("FFA", set);
    plan = "measure";
    (void)run_worker("echo \"$@\" >> told; echo 'P 1 2 training'; echo 'L epoch 1'; exit 0", study,
                     1, &watch);
    cr_expect_str_eq(watch.line, "tiny seed 2: epoch 1");
    cr_expect_gt(watch.steps, 0);
    FILE *file = fopen(ww_path("told"), "r");
    char line[1000];
    cr_assert(file != NULL && fgets(line, sizeof line, file) != NULL);
    fclose(file);
    cr_expect_str_eq(line, ww_arena_printf(arena,
                                           "run --job 0:0 --threads 1 -o %s --plan measure --set "
                                           "training.epochs=3 --set study.seeds=2 -- %s\n",
                                           ww_path("out"), study->file));
}

Test(study_run, there_is_no_job_beyond_the_models)
{
    ww_study *study = tiny_study();
    static const int wrong[][2] = {{1, 0}, {0, 2}, {-1, 0}, {0, -1}};
    for (int i = 0; i < 4; i++) {
        cr_expect_eq(ww_study_job(study, ww_path("out"), wrong[i][0], wrong[i][1], NULL),
                     WW_EINVAL);
        cr_expect_str_eq(ww_error_message(),
                         ww_arena_printf(arena, "%s: there is no job %d:%d", study->file,
                                         wrong[i][0], wrong[i][1]));
    }
}

/* Begun here, ended by processes of the command: the statistics that noise wants are made twice. */
Test(study_run, processes_give_the_bits_of_this_one)
{
    ww_study *study = study_with("\"MT:how=noise,dose=0.5\", FFA", NULL);
    struct watch watch = {.stop_after = 0};
    ww_study_options options = {
        .folder = ww_path("out"), .worker = ww_command_path(), .jobs = 2, .threads = 2};
    ww_claim *claims;
    int n;
    expect_ok(run_in("straight", study, &watch));
    watch.stop_after = TRAINING + 1;
    cr_assert_eq(run_in("out", study, &watch), WW_EINTERRUPTED);
    ww_interrupt_clear();
    ww_plan_forget();
    expect_ok(ww_study_run(study, &options, &claims, &n, arena));
    ww_expect_same_study(ww_path("straight"), ww_path("out"), study);
    char line[512];
    cr_expect(ww_plan_line(0, line, sizeof line), "the kernels of the processes are known");
}

Test(study_run, killed_at_any_moment_it_ends_with_the_same_bits)
{
    ww_kill_study(8);
}
