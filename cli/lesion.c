/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trained brain, intact and under lesions: every task on fresh scenes, or the classes of the
 * pictures that it learned; each number with its 95 % interval over these scenes or pictures. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "experiments/parts/lesion_test.h"

struct lesion {
    const char *lesion, *data;
    int trials;
    double side_deg;
};

static const ww_param params[] = {
    WW_TEXT(struct lesion, lesion, "",
            "what is damaged: FFA, V4:0.5, LIP:hemifield=left, V1>MT; once for each lesion", ""),
    WW_TEXT(struct lesion, data, "",
            "folder of the pictures that the brain learned (train --data): their test split", ""),
    WW_INT(struct lesion, trials, 0, 0, 1000000, "",
           "fresh scenes to test on (0: 1000), or test pictures of --data (0: all)", ""),
    WW_REAL(struct lesion, side_deg, 1, 0, 90, "deg",
            "distance from the vertical meridian at which an item counts as left or right", ""),
    WW_PARAM_END};

/* Who is tested, and on what. */
struct subject {
    const char *checkpoint;
    ww_model *model;
    ww_labelled *set; /* pictures from disk, or NULL: scenes */
    ww_exam exam;
};

static int scenes(const struct lesion *p)
{
    return p->trials > 0 ? p->trials : 1000;
}

/* ---- printing ---- */

/* What would be printed as -0.000 is 0. */
static double shown(double value)
{
    return fabs(value) < 0.0005 ? 0 : value;
}

/* "0.993 [0.985, 0.997]"; without an interval the number alone, "-" for none. */
static void print_number(const ww_estimate *e, int width)
{
    char text[64] = "-";
    if (isfinite(e->value))
        snprintf(text, sizeof text, "%.3f", shown(e->value));
    if (isfinite(e->value) && !isnan(e->low))
        snprintf(text, sizeof text, "%.3f [%.3f, %.3f]", shown(e->value), shown(e->low),
                 shown(e->high));
    printf(" %-*s", width, text);
}

static void print_name(const ww_measure *m)
{
    char name[40];
    snprintf(name, sizeof name, "%s%s", m->name, m->is_error ? " (deg)" : "");
    printf("  %-20s", name);
}

/* The state that was tested last. */
static void print_state(const ww_lesion_test *test)
{
    const ww_lesioned *state = &test->state[test->n - 1];
    bool intact = state == test->state;
    ww_progress_end(test->progress);
    printf("%s%s\n  %-20s %-22s %-22s %s\n", intact ? "" : "\n",
           intact ? "intact" : state->lesion.text, "task", intact ? "value" : "intact",
           intact ? "blind answer" : "lesioned", intact ? "trials" : "loss");
    for (int m = 0; m < test->exam->n_shown; m++) {
        print_name(&test->exam->measure[m]);
        print_number(&test->state[0].value[m], 22);
        print_number(intact ? &test->blind[m] : &state->value[m], 22);
        if (intact)
            printf(" %lld\n", (long long)state->value[m].n);
        else {
            print_number(&state->loss[m], 0);
            putchar('\n');
        }
    }
    fflush(stdout);
}

static void print_footer(const ww_lesion_test *test)
{
    const ww_exam *exam = test->exam;
    bool places = exam->measure == ww_task_measures;
    printf("\n[low, high]: 95 %% interval over the %zu %s, within this one model; for an interval "
           "over\nmodels train several seeds%s. Shares correct: Wilson; %s\n",
           exam->trials, exam->noun, places ? " (whatwhere run)" : "",
           places ? "positions, the median\nerror: order statistics; a blind answer to a label is "
                    "exact."
                  : "a blind answer is exact.");
    if (test->n > 1)
        printf(
            "loss = (intact - lesioned) / (intact - blind answer), bootstrap of %d samples of the "
            "same\n%s; -: the intact brain is not a tenth of the way from blind to perfect.\n",
            WW_LESION_TEST_RESAMPLES, exam->noun);
}

/* ---- the results file ---- */

static bool same_file(const char *a, const char *b)
{
    struct stat one, two;
    return stat(a, &one) == 0 && stat(b, &two) == 0 && one.st_dev == two.st_dev &&
           one.st_ino == two.st_ino;
}

/* What was asked for, and the brain, as YAML. */
static const char *configuration(const ww_cli *cli, const struct lesion *p,
                                 const ww_lesion_test *test)
{
    const char *text = "lesions:\n", *brain = test->model->brain->yaml;
    for (int i = 0; i < test->n && text != NULL; i++)
        text = ww_arena_printf(cli->arena, "%s  - '%s'\n", text, test->state[i].lesion.text);
    if (text == NULL)
        return NULL;
    return p->data[0] ? ww_arena_printf(cli->arena, "%sdata: '%s'\ntrials: %zu\n---\n%s", text,
                                        p->data, test->exam->trials, brain)
                      : ww_arena_printf(cli->arena, "%strials: %d\nside_deg: %.9g\n---\n%s", text,
                                        scenes(p), p->side_deg, brain);
}

static ww_status write_results(ww_cli *cli, const struct lesion *p, const struct subject *subject,
                               const ww_lesion_test *test, ww_h5 *file)
{
    const char *text = configuration(cli, p, test);
    const char *const *source = NULL;
    size_t n = 0;
    if (text == NULL)
        return WW_ENOMEM;
    if (subject->set != NULL)
        WW_TRY(ww_labelled_sources(&source, &n, (const ww_labelled *const[]){subject->set}, 1,
                                   cli->arena));
    const char **input = ww_arena_array(cli->arena, n + 1, sizeof *input);
    if (input == NULL)
        return WW_ENOMEM;
    input[0] = subject->checkpoint;
    for (size_t i = 0; i < n; i++)
        input[i + 1] = source[i];
    WW_TRY(ww_lesion_test_write(test, file));
    return ww_h5_provenance(file, text, cli->seed, cli->command_line, input, n + 1);
}

/* ---- what the brain is tested on ---- */

/* Whether a brain learned pictures from disk. */
static bool learned_pictures(const ww_brain *brain)
{
    bool any = false;
    for (int t = 0; t < brain->n_tasks; t++)
        any = any || brain->task[t].label == WW_LABEL_CLASS;
    return any;
}

static ww_status wants_data(const struct subject *s, const ww_pictures *learned)
{
    int n = learned->classes;
    return ww_usage_error("%s: it learned pictures of %d classes (%s, %s%s); --data FOLDER says "
                          "where they are",
                          s->checkpoint, n, learned->class_name[0], learned->class_name[1],
                          n > 2 ? ", ..." : "");
}

/* The test split as it was in training; a word of warning where it has other pictures by now. */
static ww_status open_pictures(struct subject *s, ww_cli *cli, const struct lesion *p)
{
    ww_pictures learned;
    WW_TRY(ww_pictures_read(&learned, s->checkpoint, cli->arena));
    if (learned.classes < 2 || learned.classes != s->model->brain->task[0].classes)
        return WW_FAIL(WW_EPARSE, "%s: /pictures/class: %d classes, %d in the brain", s->checkpoint,
                       learned.classes, s->model->brain->task[0].classes);
    if (p->data[0] == '\0')
        return wants_data(s, &learned);
    WW_TRY(ww_labelled_read(&s->set, p->data, WW_SPLIT_TEST, learned.per_class, learned.height,
                            learned.width, cli->arena));
    WW_TRY(ww_pictures_same_classes(&learned, s->set, p->data));
    if (ww_labelled_crc32(s->set) != learned.test_crc32)
        printf("%s: these %zu pictures are not those that the brain was tested on when it was "
               "trained\n",
               p->data, s->set->count);
    if (p->trials > 0)
        WW_TRY(ww_labelled_sample(&s->set, s->set, (size_t)p->trials, cli->seed, cli->arena));
    return ww_exam_pictures(&s->exam, s->set, cli->arena);
}

static ww_status open_exam(struct subject *s, ww_cli *cli, const struct lesion *p)
{
    if (s->model->brain->n_tasks == 0)
        return WW_FAIL(WW_EINVAL,
                       "%s: this brain has no task that could be tested; a study with its "
                       "experiment lesions it (whatwhere run)",
                       s->checkpoint);
    if (learned_pictures(s->model->brain))
        return open_pictures(s, cli, p);
    if (p->data[0] != '\0')
        return ww_usage_error("%s: it learned scenes; --data is for a brain that was trained with "
                              "--data",
                              s->checkpoint);
    return ww_exam_scenes(&s->exam, &(ww_task_params){scenes(p), p->side_deg}, s->model, cli->seed);
}

/* ---- the work ---- */

static ww_status test_all(ww_cli *cli, const struct lesion *p, const struct subject *subject,
                          const ww_lesion *lesion, int n, ww_h5 *file)
{
    ww_lesion_test test;
    ww_status status =
        ww_lesion_test_open(&test, subject->model, &subject->exam, cli->seed, n, &cli->progress);
    if (status == WW_OK)
        print_state(&test);
    for (int i = 0; i < n && status == WW_OK; i++) {
        status = ww_lesion_test_add(&test, &lesion[i]);
        if (status == WW_OK)
            print_state(&test);
    }
    if (status == WW_OK)
        print_footer(&test);
    if (status == WW_OK && file != NULL)
        status = write_results(cli, p, subject, &test, file);
    ww_lesion_test_close(&test);
    return status;
}

/* The results file is begun before the work, so that a folder that is not there is found first. */
static ww_status test_and_write(ww_cli *cli, const struct lesion *p, struct subject *subject,
                                const ww_lesion *lesion, int n)
{
    ww_h5 *file = NULL;
    if (cli->output != NULL)
        WW_TRY(ww_h5_create(&file, cli->output));
    ww_status status = open_exam(subject, cli, p);
    if (status == WW_OK)
        status = test_all(cli, p, subject, lesion, n, file);
    ww_exam_close(&subject->exam);
    if (status != WW_OK || file == NULL) {
        ww_h5_close(file);
        return status;
    }
    WW_TRY(ww_h5_commit(file));
    printf("results: %s\n", cli->output);
    return WW_OK;
}

/* What says nothing together is not ignored. */
static ww_status check_options(const ww_cli *cli, const struct lesion *p)
{
    if (p->data[0] == '\0' && p->trials > 0 && p->trials < 10)
        return ww_usage_error("--trials: %d is outside 10 to 1000000", p->trials);
    if (p->data[0] != '\0')
        return ww_refuse(cli, "side-deg",
                         "it is for the places of scenes and does not go with --data");
    return WW_OK;
}

static ww_status run(ww_cli *cli, const void *self, int argc, const char *const *argv)
{
    const struct lesion *p = self;
    const char *const *word;
    struct subject subject = {0};
    int n;
    WW_TRY(ww_usage_count(argc, argv, 1, 1, "BRAIN.h5"));
    WW_TRY(check_options(cli, p));
    subject.checkpoint = argv[0];
    WW_TRY(ww_option_values(cli, p->lesion, &word, &n));
    if (cli->output != NULL && same_file(cli->output, argv[0]))
        return ww_usage_error("-o %s: this is the trained brain itself; name another file",
                              cli->output);
    ww_lesion *lesion = ww_arena_array(cli->arena, (size_t)n + 1, sizeof *lesion);
    if (lesion == NULL)
        return WW_ENOMEM;
    WW_TRY(ww_model_open(&subject.model, argv[0]));
    ww_status status = WW_OK;
    for (int i = 0; i < n && status == WW_OK; i++)
        status = ww_usage(
            ww_lesion_parse(&lesion[i], word[i], "--lesion: ", subject.model->brain, cli->arena));
    if (status == WW_OK)
        status = test_and_write(cli, p, &subject, lesion, n);
    ww_model_free(subject.model);
    return status;
}

const ww_command ww_command_lesion = {
    .item = {.name = "lesion",
             .summary = "tests a trained brain intact and under lesions, with 95 % intervals",
             .sources = "wilson1927 efron1993 david2003",
             .example = "whatwhere lesion small.h5 --lesion FFA --lesion V4:0.5 -o lesions.h5",
             .params = params,
             .params_size = sizeof(struct lesion)},
    .repeats = "lesion",
    .synopsis = "BRAIN.h5",
    .writes = "every measure, interval, loss, answer and truth, HDF5 (docs/formats.md)",
    .draws = true,
    .plans = true,
    .run = run};
