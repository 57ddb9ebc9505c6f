/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A training that was stopped, in whatever way, goes on as if it had not been. */
#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/random.h"
#include "engine/base/threads.h"
#include "engine/learning/checkpoint.h"
#include "tests/support/folder.h"
#include "tests/support/lesson.h"

TestSuite(resume, .init = ww_folder_make, .fini = ww_folder_remove);

static void open_with_file(ww_lesson *l, const char *file)
{
    ww_lesson_open(l);
    l->options.checkpoint = ww_path(file);
    l->options.resume = true;
}

/* Whether two checkpoints hold the same training, optimiser and best values included. */
static bool same_files(ww_lesson *l, const char *a, const char *b)
{
    ww_checkpoint x, y;
    ww_arena *arena = ww_arena_create();
    size_t n, bytes;
    bool same = true;
    ww_values_parameters(l->values, &n);
    bytes = n * sizeof(float);
    expect_ok(ww_checkpoint_read(ww_path(a), l->values, &x, arena));
    expect_ok(ww_checkpoint_read(ww_path(b), l->values, &y, arena));
    same = x.epoch == y.epoch && x.step == y.step && x.loss == y.loss && x.slots == y.slots &&
           x.loss_sum == y.loss_sum && x.best_score == y.best_score && x.stale == y.stale &&
           x.best_epoch == y.best_epoch && x.restored == y.restored;
    for (int k = 0; same && k < x.slots; k++)
        same = memcmp(x.slot[k], y.slot[k], bytes) == 0;
    if (same && x.best != NULL)
        same = y.best != NULL && memcmp(x.best, y.best, bytes) == 0 &&
               memcmp(x.best_state, y.best_state,
                      ww_checkpoint_states(l->values) * sizeof(float)) == 0;
    ww_arena_free(arena);
    return same;
}

/* Whether training l, which was stopped and taken up again, ended as `straight` did. */
static void check_end(ww_lesson *straight, ww_lesson *l, const char *what, int k)
{
    cr_assert(ww_lesson_same(straight, l), "%s %d", what, k);
    cr_assert_eq(l->report.epochs, straight->report.epochs, "%s %d", what, k);
    cr_assert_eq(l->report.steps, straight->report.steps);
    cr_assert_eq(l->report.loss, straight->report.loss);
    cr_assert_eq(l->report.best_score, straight->report.best_score);
    cr_assert_eq(l->report.stopped_early, straight->report.stopped_early);
    cr_assert(same_files(l, "straight.h5", "run.h5"), "%s %d", what, k);
}

static void settings(ww_lesson *l, int variant)
{
    l->training.patience = variant % 2 ? 2 : 0;
    l->training.schedule = variant % 2 ? WW_RATE_COSINE : WW_RATE_CONSTANT;
    l->training.optimiser = variant / 2 ? "sgd" : "adam";
}

static void run_straight(ww_lesson *straight, int variant)
{
    open_with_file(straight, "straight.h5");
    settings(straight, variant);
    straight->options.resume = false;
    expect_ok(ww_lesson_train(straight));
}

/* A fresh process: new values, and whatever is in the file. */
static ww_status go_on(ww_lesson *l, int variant, double interrupt_after)
{
    open_with_file(l, "run.h5");
    settings(l, variant);
    l->interrupt_after = interrupt_after;
    return ww_lesson_train(l);
}

Test(resume, after_any_step_gives_the_bits_of_an_uninterrupted_run)
{
    for (int variant = 0; variant < 4; variant++) {
        ww_lesson straight, l;
        run_straight(&straight, variant);
        int steps = (int)straight.report.steps;
        cr_assert(variant % 2 || steps == 4 * LESSON_STEPS);
        for (int k = 1; k <= steps; k++) {
            char want[128];
            remove(ww_path("run.h5"));
            snprintf(want, sizeof want,
                     "training was interrupted after step %d; @/run.h5 goes on from there", k);
            expect_failure(go_on(&l, variant, k), WW_EINTERRUPTED, want);
            cr_assert_eq(l.report.steps, (uint64_t)k);
            ww_lesson_close(&l);
            expect_ok(go_on(&l, variant, -1));
            check_end(&straight, &l, "step", k);
            ww_lesson_close(&l);
        }
        ww_lesson_close(&straight);
    }
}

Test(resume, after_every_step_in_turn)
{
    ww_lesson straight, l;
    run_straight(&straight, 1);
    for (int k = 1; k <= (int)straight.report.steps; k++) {
        cr_assert_eq(go_on(&l, 1, k), WW_EINTERRUPTED);
        ww_lesson_close(&l);
    }
    expect_ok(go_on(&l, 1, -1));
    check_end(&straight, &l, "all", 0);
    ww_lesson_close(&l);
    ww_lesson_close(&straight);
}

/* The interruption comes while the worker fetches, at a moment that nobody controls. */
Test(resume, when_interrupted_while_fetching)
{
    ww_lesson straight, l;
    run_straight(&straight, 1);
    for (int k = 1; k <= (int)straight.report.steps; k++) {
        remove(ww_path("run.h5"));
        ww_status status = WW_EINTERRUPTED;
        for (int round = 0; status == WW_EINTERRUPTED; round++) {
            open_with_file(&l, "run.h5");
            settings(&l, 1);
            l.fetch_interrupts_at = round < 5 ? k : 0; /* early ones would do so for ever */
            status = ww_lesson_train(&l);
            if (status == WW_EINTERRUPTED)
                ww_lesson_close(&l);
        }
        cr_assert_eq(status, WW_OK, "%s", ww_error_message());
        check_end(&straight, &l, "fetch", k);
        ww_lesson_close(&l);
    }
    ww_lesson_close(&straight);
}

Test(resume, when_interrupted_while_validating)
{
    ww_lesson straight, l;
    run_straight(&straight, 1);
    for (int k = 1; k <= straight.report.epochs; k++)
        for (int gives_up = 0; gives_up < 2; gives_up++) {
            remove(ww_path("run.h5"));
            open_with_file(&l, "run.h5");
            settings(&l, 1);
            l.validation_interrupts_at = k;
            l.validation_gives_up = gives_up;
            bool last = k == straight.report.epochs && !gives_up; /* nothing is left to do */
            cr_assert_eq(ww_lesson_train(&l), last ? WW_OK : WW_EINTERRUPTED);
            cr_assert_eq(l.report.steps, (uint64_t)(k * LESSON_STEPS));
            cr_assert_eq(l.report.epochs, gives_up ? k - 1 : k);
            ww_lesson_close(&l);
            expect_ok(go_on(&l, 1, -1));
            check_end(&straight, &l, "validation", k);
            ww_lesson_close(&l);
        }
    ww_lesson_close(&straight);
}

Test(resume, of_a_finished_training_has_nothing_to_do)
{
    for (int variant = 0; variant < 2; variant++) {
        ww_lesson straight, l;
        remove(ww_path("run.h5"));
        run_straight(&straight, variant);
        for (int k = 0; k < 3; k++) {
            expect_ok(go_on(&l, variant, -1));
            check_end(&straight, &l, "again", k);
            cr_assert_eq(l.fetches, k == 0 ? l.fetches : 0);
            ww_lesson_close(&l);
        }
        ww_lesson_close(&straight);
    }
}

/* More epochs, or more patience, go on from the last values, not from the best. */
Test(resume, with_more_epochs_equals_a_longer_training)
{
    static const double scores[] = {0.3, 0.9, 0.5, 0.4, 0.8, 0.7, 0.95, 0.2};
    ww_lesson straight, l;
    open_with_file(&straight, "straight.h5");
    straight.scores = scores;
    straight.training.patience = 6;
    straight.training.epochs = 8;
    expect_ok(ww_lesson_train(&straight));
    static const int epochs[] = {3, 8, 8}, patience[] = {6, 2, 6}, from[] = {0, 3, 4};
    for (int k = 0; k < 3; k++) {
        open_with_file(&l, "run.h5");
        l.scores = scores + from[k];
        l.training.epochs = epochs[k];
        l.training.patience = patience[k];
        expect_ok(ww_lesson_train(&l));
        cr_assert_eq(l.report.epochs, k == 0 ? 3 : k == 1 ? 4 : 8);
        if (k < 2)
            ww_lesson_close(&l);
    }
    check_end(&straight, &l, "longer", 0);
    ww_lesson_close(&l);
    ww_lesson_close(&straight);
}

Test(resume, refuses_another_training)
{
    ww_lesson l;
    cr_assert_eq(go_on(&l, 0, 7), WW_EINTERRUPTED);
    ww_interrupt_clear();
    l.options.seed = 8;
    expect_failure(ww_lesson_train(&l), WW_EINVAL, "@/run.h5: trained with seed 7, not 8");
    l.options.seed = 7;
    l.training.batch = 5;
    expect_failure(ww_lesson_train(&l), WW_EINVAL,
                   "@/run.h5: trained with batches of 4 of 23 samples, not 5 of 23");
    l.training.batch = 4;
    l.source.samples = 22;
    expect_failure(ww_lesson_train(&l), WW_EINVAL,
                   "@/run.h5: trained with batches of 4 of 23 samples, not 4 of 22");
    l.source.samples = 23;
    l.training.optimiser = "adamw";
    expect_failure(ww_lesson_train(&l), WW_EINVAL, "@/run.h5: trained with adam, not adamw");
    l.training.optimiser = "adam";
    ww_checkpoint c;
    ww_arena *arena = ww_arena_create();
    expect_ok(ww_checkpoint_read(l.options.checkpoint, l.values, &c, arena));
    c.step = 2 * LESSON_STEPS + 1;
    expect_ok(ww_checkpoint_write(l.options.checkpoint, l.values, &c));
    expect_failure(ww_lesson_train(&l), WW_EPARSE,
                   "@/run.h5: /training/step: 11 is not within epoch 2");
    ww_file_with_text("run.h5", "no HDF5");
    cr_assert_eq(ww_lesson_train(&l), WW_EPARSE);
    ww_arena_free(arena);
    ww_lesson_close(&l);
}

Test(resume, starts_afresh_when_not_asked_or_without_a_file)
{
    ww_lesson straight, l;
    run_straight(&straight, 0);
    cr_assert_eq(go_on(&l, 0, 7), WW_EINTERRUPTED);
    ww_lesson_close(&l);
    open_with_file(&l, "run.h5");
    l.options.resume = false;
    l.options.metadata = "brain: two-streams\n";
    l.options.command_line = "whatwhere train two-streams";
    expect_ok(ww_lesson_train(&l));
    check_end(&straight, &l, "afresh", 0);
    ww_lesson_close(&l);
    ww_lesson_close(&straight);
    const char *metadata,
        *const *command_line; /* is in the file, and stays when training goes on without it */
    ww_arena *arena = ww_arena_create();
    ww_h5 *file;
    size_t n;
    expect_ok(ww_h5_open(&file, ww_path("run.h5")));
    expect_ok(ww_h5_read_texts(file, "/provenance/command_line", &command_line, &n, arena));
    cr_assert_str_eq(command_line[0], "whatwhere train two-streams");
    ww_h5_close(file);
    for (int k = 0; k < 2; k++) {
        expect_ok(ww_checkpoint_metadata(ww_path("run.h5"), &metadata, arena));
        cr_assert_str_eq(metadata, "brain: two-streams\n");
        expect_ok(go_on(&l, 0, -1));
        ww_lesson_close(&l);
    }
    ww_arena_free(arena);
}

Test(resume, an_untrained_brain_is_saved_too)
{
    ww_lesson l, fresh;
    ww_lesson_open(&fresh);
    open_with_file(&l, "run.h5");
    l.training.epochs = 0;
    expect_ok(ww_lesson_train(&l));
    ww_checkpoint c;
    ww_arena *arena = ww_arena_create();
    expect_ok(ww_checkpoint_read(ww_path("run.h5"), l.values, &c, arena));
    cr_assert(ww_lesson_same(&l, &fresh));
    cr_assert(c.epoch == 0 && c.step == 0);
    ww_arena_free(arena);
    ww_lesson_close(&l);
    ww_lesson_close(&fresh);
}

/* After an error the checkpoint is that of the last whole epoch. */
Test(resume, an_error_leaves_the_last_good_checkpoint)
{
    ww_lesson straight, l;
    run_straight(&straight, 0);
    open_with_file(&l, "run.h5");
    l.fetch_fails_at = 2 * LESSON_STEPS + 3;
    cr_assert_eq(ww_lesson_train(&l), WW_EIO);
    ww_lesson_close(&l);
    ww_lesson_open(&l);
    ww_checkpoint c;
    ww_arena *arena = ww_arena_create();
    expect_ok(ww_checkpoint_read(ww_path("run.h5"), l.values, &c, arena));
    cr_assert(c.epoch == 2 && c.step == 2 * LESSON_STEPS && c.loss_sum == 0);
    ww_values_find(l.values, "V1/weight")->data[0] = NAN; /* a bad value is not written either */
    expect_ok(ww_checkpoint_write(ww_path("bad.h5"), l.values, &c));
    ww_lesson_close(&l);
    open_with_file(&l, "bad.h5");
    expect_failure(ww_lesson_train(&l), WW_ENUMERIC,
                   "step 11: area V1: V1/toy_linear: the output is not a number because V1/weight "
                   "is not a number");
    ww_lesson_close(&l);
    expect_ok(go_on(&l, 0, -1));
    check_end(&straight, &l, "after an error", 0);
    ww_lesson_close(&l);
    ww_lesson_close(&straight);
    ww_arena_free(arena);
}

/* ---- killed ---- */

/* Trains without end, a checkpoint every epoch. */
static void train_until_killed(void)
{
    ww_lesson l;
    open_with_file(&l, "run.h5");
    l.training.epochs = 1000000;
    l.training.patience = 1000000;
    (void)ww_lesson_train(&l);
    _exit(0);
}

Test(resume, a_killed_training_leaves_a_whole_checkpoint)
{
    ww_random random = ww_random_stream(1, "test/kill", 0);
    uint64_t last = 0;
    ww_threads_set(1);
    for (int k = 0; k < 20; k++) {
        double ms = ww_random_range(&random, k == 0 ? 300 : 5, k == 0 ? 301 : 120);
        struct timespec pause = {0, (long)(ms * 1e6)};
        pid_t child = fork();
        cr_assert_geq(child, 0);
        if (child == 0)
            train_until_killed();
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        ww_lesson l;
        ww_checkpoint c;
        ww_arena *arena = ww_arena_create();
        ww_lesson_open(&l);
        expect_ok(ww_checkpoint_read(ww_path("run.h5"), l.values, &c, arena));
        cr_assert_eq(c.step, (uint64_t)c.epoch * LESSON_STEPS);
        cr_assert_geq(c.step, last);
        last = c.step;
        ww_arena_free(arena);
        ww_lesson_close(&l);
    }
    ww_lesson straight, l; /* the bits of a training that was killed 20 times */
    open_with_file(&straight, "straight.h5");
    straight.training.epochs = (int)(last / LESSON_STEPS) + 1;
    straight.training.patience = 1000000;
    straight.options.checkpoint = NULL;
    expect_ok(ww_lesson_train(&straight));
    open_with_file(&l, "run.h5");
    l.training.epochs = straight.training.epochs;
    l.training.patience = 1000000;
    expect_ok(ww_lesson_train(&l));
    cr_assert(ww_lesson_same(&straight, &l), "after %d epochs", straight.training.epochs);
    ww_lesson_close(&l);
    ww_lesson_close(&straight);
}
