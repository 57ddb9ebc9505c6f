/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/parts/statistics.h"
#include "cli/command.h"
#include "connectome/model.h"

struct train {
    int epochs, test, per_class;
    const char *data, *start;
    bool resume, frozen, verbose, recompute;
};

static const ww_param params[] = {
    WW_INT(struct train, epochs, 0, 0, 1000000, "", "passes to learn; 0: as the brain says", ""),
    WW_INT(struct train, test, 1000, 0, 10000000, "", "fresh trials of the test at the end", ""),
    WW_TEXT(struct train, data, "",
            "folder of labelled pictures to learn instead: IDX, CIFAR binary, or class folders",
            ""),
    WW_INT(struct train, per_class, 0, 0, 1000000, "",
           "pictures of each class folder that are learned; 0: half of them", ""),
    WW_BOOL(struct train, frozen, false, "with --data: only the read-out learns", ""),
    WW_TEXT(struct train, start, "", "with --data: a trained brain (HDF5) to start from", ""),
    WW_BOOL(struct train, resume, false, "go on from the checkpoint that is there", ""),
    WW_BOOL(struct train, recompute, false,
            "less memory, more time, same bits: compute activations again for the backward pass",
            ""),
    WW_BOOL(struct train, verbose, false, "say how long training waited for pictures", ""),
    WW_PARAM_END};

/* The --set of the command line, and the number of epochs if it was given. */
static const char *const *settings(const ww_cli *cli, const struct train *p)
{
    size_t n = 0;
    while (cli->set[n] != NULL)
        n++;
    const char **set = ww_arena_array(cli->arena, n + 3, sizeof *set);
    for (size_t i = 0; set != NULL && i < n; i++)
        set[i] = cli->set[i];
    if (set != NULL && p->epochs > 0)
        set[n++] = ww_arena_printf(cli->arena, "training.epochs=%d", p->epochs);
    if (set != NULL && p->recompute)
        set[n] = "training.recompute=true";
    return set;
}

static void print_report(const ww_cli *cli, const ww_train_report *report, const char *checkpoint)
{
    if (cli->quiet)
        return;
    printf("%d epoch%s, %llu steps in %.0f s (%.0f s of them waiting for pictures)%s\n",
           report->epochs, report->epochs == 1 ? "" : "s", (unsigned long long)report->steps,
           report->seconds, report->stall_seconds, report->stopped_early ? "; stopped early" : "");
    printf("trained brain: %s\n", checkpoint);
}

/* What the brain can do on trials that it has never seen. */
static ww_status print_test(ww_model *model, int count, uint64_t seed)
{
    const ww_brain *brain = model->brain;
    ww_trials *trials;
    ww_answers *answers;
    WW_TRY(ww_trials_draw(&trials, brain, (size_t)count, seed, "test"));
    ww_status status = ww_model_answer(model, trials, &answers);
    if (status == WW_OK) {
        printf("%-18s %10s %8s %8s\n", "task", "correct", "chance", "trials");
        for (int t = 0; t < brain->n_tasks; t++) {
            size_t n;
            double mean = ww_answers_mean(answers, brain, t, trials, NULL, &n);
            if (brain->task[t].label == WW_LABEL_POSITION)
                printf("%-18s median error %.4f of the field's width, %zu trials\n",
                       brain->task[t].name, mean, n);
            else
                printf("%-18s %10.3f %8.3f %8zu\n", brain->task[t].name, mean,
                       1.0 / brain->task[t].classes, n);
        }
        ww_answers_free(answers);
    }
    ww_trials_free(trials);
    return status;
}

static ww_status train_scenes(ww_cli *cli, const struct train *p, const char *brain,
                              const char *const *set, const char *checkpoint)
{
    ww_model *model;
    ww_train_report report = {0};
    ww_status status = ww_model_create(&model, brain, set, cli->seed);
    if (status != WW_OK) { /* building knows areas, but not the file that has them */
        if (strncmp(ww_error_message(), "area ", 5) == 0)
            ww_error_prefix("%s: ", brain);
        return status;
    }
    model->command_line = cli->command_line;
    status = ww_model_train(model, checkpoint, p->resume, p->verbose, &cli->progress, &report);
    if (status == WW_OK) {
        ww_progress_end(&cli->progress);
        print_report(cli, &report, checkpoint);
        if (p->test > 0)
            status = print_test(model, p->test, cli->seed);
    }
    ww_model_free(model);
    return status;
}

/* The share of the test pictures that is right; told, and kept in the checkpoint. */
static ww_status test_on_pictures(ww_model *model, const ww_labelled *test, ww_pictures *record,
                                  const char *checkpoint)
{
    ww_answers *answers;
    WW_TRY(ww_model_answer_labelled(model, test, &answers));
    size_t right = 0;
    for (size_t i = 0; i < test->count; i++)
        right += answers->score[0][i] == 1;
    ww_answers_free(answers);
    ww_estimate share = ww_proportion("correct", right, test->count);
    record->correct = share.value;
    record->low = share.low;
    record->high = share.high;
    return ww_model_keep_record(model, checkpoint, record);
}

static ww_status train_pictures(ww_cli *cli, const struct train *p, const char *brain,
                                const char *const *set, const char *checkpoint)
{
    const char *start = p->start[0] ? p->start : NULL;
    ww_labelled *train, *test;
    ww_pictures record;
    ww_model *model;
    ww_train_report report = {0};
    WW_TRY(ww_labelled_read(&train, p->data, WW_SPLIT_TRAIN, p->per_class, 0, 0, cli->arena));
    WW_TRY(ww_labelled_read(&test, p->data, WW_SPLIT_TEST, p->per_class, 0, 0, cli->arena));
    WW_TRY(ww_pictures_of(&record, train, test, p->per_class, start, cli->arena));
    ww_picture_training how = {.brain = brain,
                               .set = set,
                               .pictures = train,
                               .seed = cli->seed,
                               .frozen = p->frozen,
                               .resume = p->resume,
                               .verbose = p->verbose,
                               .start = start,
                               .checkpoint = checkpoint,
                               .record = &record,
                               .command_line = cli->command_line,
                               .progress = &cli->progress};
    WW_TRY(ww_model_train_labelled(&model, &how, &report));
    ww_progress_end(&cli->progress);
    ww_status status = test_on_pictures(model, test, &record, checkpoint);
    ww_model_free(model);
    WW_TRY(status);
    print_report(cli, &report, checkpoint);
    printf("%zu pictures of %d classes learned, %zu tested: %.4f correct [%.4f, %.4f]\n",
           train->count, train->classes, test->count, record.correct, record.low, record.high);
    return WW_OK;
}

/* Keys of the brain that this training has no use for. */
static ww_status check_set(const ww_cli *cli, bool pictures, bool frozen)
{
    static const struct {
        const char *key;
        bool scenes, pictures, frozen; /* where it is of no use */
        const char *why;
    } keys[] = {
        {"augment.", true, false, false,
         "scenes are drawn anew in each epoch; it goes with --data"},
        {"augment.", false, false, true, "with --frozen pictures stay as they are"},
        {"stimulus.", false, true, true, "with --data pictures are learned, not scenes"},
        {"training.samples_per_epoch=", false, true, true, "with --data all pictures are an epoch"},
        {"training.validation_samples=", false, true, true, "with --data there is no validation"},
        {"training.patience=", false, true, true, "with --data there is no validation"},
        {"task.", false, true, true, "with --data the one task is the class of the picture"}};
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
        for (int i = 0; cli->set[i] != NULL; i++)
            if ((!pictures ? keys[k].scenes
                 : frozen  ? keys[k].frozen
                           : keys[k].pictures) &&
                strncmp(cli->set[i], keys[k].key, strlen(keys[k].key)) == 0)
                return ww_usage_error("--set %.*s: %s", (int)strcspn(cli->set[i], "="), cli->set[i],
                                      keys[k].why);
    return WW_OK;
}

/* What says nothing together is not ignored. */
static ww_status check_options(const ww_cli *cli, const struct train *p)
{
    bool pictures = p->data[0] != '\0';
    if (!pictures && (p->frozen || p->start[0] != '\0'))
        return ww_usage_error("--frozen and --start belong to --data");
    if (!pictures)
        WW_TRY(ww_refuse(cli, "per-class", "it belongs to --data"));
    if (pictures)
        WW_TRY(ww_refuse(cli, "test", "with --data all test pictures are tested"));
    WW_TRY(check_set(cli, pictures, p->frozen));
    if (p->frozen && p->resume)
        return ww_usage_error("--resume goes on with the areas; it does not go with --frozen");
    return WW_OK;
}

static ww_status run(ww_cli *cli, const void *self, int argc, const char *const *argv)
{
    const struct train *p = self;
    WW_TRY(ww_usage_count(argc, argv, 1, 1, "BRAIN"));
    WW_TRY(check_options(cli, p));
    const char *const *set = settings(cli, p);
    const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    const char *file = cli->output;
    if (file == NULL)
        file = ww_arena_printf(cli->arena, "%.*s.h5", (int)strcspn(name, "."), name);
    if (set == NULL || file == NULL)
        return WW_ENOMEM;
    return (p->data[0] ? train_pictures : train_scenes)(cli, p, argv[0], set, file);
}

const ww_command ww_command_train = {
    .item = {.name = "train",
             .summary = "trains a brain on scenes, or on labelled pictures from disk",
             .sources = "wilson1927",
             .example = "whatwhere train two-streams-small -o small.h5 --seed 2",
             .params = params,
             .params_size = sizeof(struct train)},
    .synopsis = "BRAIN",
    .sets = "keys of the brain (area.V1.orientations=8, training.epochs=3, steps=2)",
    .writes = "the trained brain, HDF5; BRAIN.h5 without one",
    .draws = true,
    .plans = true,
    .run = run};
