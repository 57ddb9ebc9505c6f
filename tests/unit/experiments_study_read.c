/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Study files: what they say, what they leave to defaults, what the command line says instead, and
 * every way of saying it wrong. */
#include <string.h>

#include "engine/learning/checkpoint.h"
#include "experiments/parts/study.h"
#include "experiments/parts/tasks.h"
#include "tests/support/folder.h"
#include "tests/support/tiny.h"

static ww_arena *arena;

static void begin(void)
{
    ww_folder_make();
    ww_tiny_brain();
    ww_tiny_other_brain();
    arena = ww_arena_create();
}

static void end(void)
{
    ww_arena_free(arena);
    ww_folder_remove();
}

TestSuite(study_read, .init = begin, .fini = end);

/* The text with the test's folder for each "@"; returns its end. */
static char *expand(char *to, const char *text)
{
    const char *folder = ww_path(""); /* with a slash at its end */
    for (; *text != '\0'; text++)
        if (*text == '@')
            to += sprintf(to, "%.*s", (int)strlen(folder) - 1, folder);
        else
            *to++ = *text;
    *to = '\0';
    return to;
}

static const char *written(const char *text)
{
    char full[4096];
    expand(full, text);
    return ww_file_with_text("study.yaml", full);
}

#define HEAD "study: x\nbrains: [@/tiny.yaml]\n"
#define TAIL "experiments: [scene-tasks]\n"

static ww_study *read_with(const char *text, const char *const *set)
{
    ww_study *study;
    expect_ok(ww_study_read(&study, written(text), set, arena));
    return study;
}

static void expect_lesions(const ww_study *study, const char *const *wanted, int n)
{
    cr_assert_eq(study->n_lesions, n, "%d lesions, the last is %s", study->n_lesions,
                 study->lesion[study->n_lesions - 1]);
    for (int i = 0; i < n; i++)
        cr_expect_str_eq(study->lesion[i], wanted[i]);
}

Test(study_read, what_is_left_out_has_a_default)
{
    ww_study *study = read_with(HEAD TAIL, NULL);
    cr_expect_str_eq(study->name, "x");
    cr_expect_str_eq(study->summary, "");
    cr_expect_str_eq(study->file, ww_path("study.yaml"));
    cr_expect(study->n_brains == 1 && study->n_seeds == 1 && study->n_experiments == 1);
    cr_expect_str_eq(study->brain[0], ww_path("tiny.yaml"));
    cr_expect_str_eq(study->brain_name[0], "tiny");
    cr_expect_str_eq(study->spec[0]->name, "tiny");
    cr_expect_eq(study->seed[0], 1);
    cr_expect_null(study->set[0]);
    cr_expect(study->train);
    cr_expect_str_eq(study->experiment[0]->item.name, "scene-tasks");
    const ww_task_params *params = study->experiment_params[0];
    cr_expect_eq(params->trials, 1000);
    cr_expect_eq(params->side_deg, 1);
    expect_lesions(study, (const char *const[]){"none"}, 1);
    study = read_with("study: x\nbrains: two-streams-small\nexperiments: scene-tasks\n", NULL);
    cr_expect_str_eq(study->brain_name[0], "two-streams-small");
}

Test(study_read, lesions_are_spelled_out_once_each_after_none)
{
    ww_study *study = read_with(
        HEAD
        "lesions: [FFA, \"LGN:class=M\", none, {target: [LIP, 7a], hemifield: left}, \"FFA:1\"]\n"
        "doses: {FFA: [0.25, 1, 0], \"MT:how=noise\": 3}\n" TAIL,
        NULL);
    static const char *const wanted[] = {
        "none",     "FFA",   "LGN:class=M",   "LIP+7a:hemifield=left",
        "FFA:0.25", "FFA:0", "MT:3:how=noise"};
    expect_lesions(study, wanted, 7);
}

Test(study_read, each_area_is_every_area_in_turn)
{
    ww_study *study = read_with(HEAD "lesions: [V4, each-area, V2]\n" TAIL, NULL);
    const ww_brain *brain = study->spec[0];
    cr_assert_eq(study->n_lesions, brain->n_areas + 1);
    cr_expect_str_eq(study->lesion[1], "V4");
    for (int a = 0, at = 2; a < brain->n_areas; a++)
        if (strcmp(brain->area[a].name, "V4") != 0)
            cr_expect_str_eq(study->lesion[at++], brain->area[a].name);
}

Test(study_read, seeds_are_counted_or_listed)
{
    ww_study *study = read_with(HEAD "seeds: 3\n" TAIL, NULL);
    cr_assert_eq(study->n_seeds, 3);
    cr_expect(study->seed[0] == 1 && study->seed[2] == 3);
    study = read_with(HEAD "seeds: [7, 0, 9223372036854775807]\n" TAIL, NULL);
    cr_assert_eq(study->n_seeds, 3);
    cr_expect(study->seed[0] == 7 && study->seed[1] == 0 && study->seed[2] == INT64_MAX);
    study = read_with(HEAD "seeds: 10000\n" TAIL, NULL);
    cr_expect_eq(study->n_seeds, 10000);
}

#define TWO_EXPERIMENTS                                                                            \
    "experiments: {lesion-battery: {tasks.trials: 70}, scene-tasks: {tasks.side_deg: 2}}\n"

Test(study_read, settings_reach_brains_and_experiments_and_the_command_line_goes_before)
{
    static const char *const set[] = {"training.epochs=9",           "study.seeds=2",
                                      "experiment.tasks.side_deg=3", "study.seeds=4",
                                      "area.V4.channels=5",          NULL};
    ww_study *study =
        read_with(HEAD "set: {training.epochs: 7, training.batch: 8}\n" TWO_EXPERIMENTS, set);
    cr_expect_eq(study->spec[0]->training.epochs, 9);
    cr_expect_eq(study->spec[0]->training.batch, 8);
    static const char *const wanted[] = {"training.epochs=7", "training.batch=8",
                                         "training.epochs=9", "area.V4.channels=5"};
    for (int i = 0; i < 4; i++)
        cr_expect_str_eq(study->set[i], wanted[i]);
    cr_expect_null(study->set[4]);
    cr_expect_eq(study->n_seeds, 4, "the last counts");
    cr_expect_eq(study->command_set, set);
    const ww_task_params *one = study->experiment_params[0], *two = study->experiment_params[1];
    cr_expect(one->trials == 70 && two->trials == 1000);
    cr_expect(one->side_deg == 3 && two->side_deg == 3);
}

Test(study_read, the_command_line_names_other_brains_seeds_and_trials)
{
    const char *set[] = {"study.brains=two-streams-small", "study.seeds=5,6", "study.trials=20",
                         NULL};
    ww_study *study = read_with(HEAD "seeds: 3\n" TWO_EXPERIMENTS, set);
    cr_assert_eq(study->n_brains, 1);
    cr_expect_str_eq(study->brain_name[0], "two-streams-small");
    cr_assert_eq(study->n_seeds, 2);
    cr_expect(study->seed[0] == 5 && study->seed[1] == 6);
    const ww_task_params *one = study->experiment_params[0], *two = study->experiment_params[1];
    cr_expect(one->trials == 20 && two->trials == 20);
    char *brains =
        ww_arena_printf(arena, "study.brains=two-streams-small,%s", ww_path("tiny.yaml"));
    set[0] = brains;
    study = read_with(HEAD TAIL, set);
    cr_assert_eq(study->n_brains, 2);
    cr_expect_str_eq(study->brain_name[1], "tiny");
}

/* A trained brain is read as it was trained. Settings cannot touch it: they are refused, or left
 * out where the command line names it instead of the brains that they were for. */
Test(study_read, a_checkpoint_is_a_brain)
{
    ww_model *model;
    static const char *const trained_with[] = {"area.V4.channels=6", "training.epochs=0", NULL};
    expect_ok(ww_model_create(&model, ww_path("tiny.yaml"), trained_with, 1));
    ww_train_report report;
    expect_ok(ww_model_train(model, ww_path("trained.h5"), false, false, NULL, &report));
    ww_model_free(model);
    ww_study *study = read_with("study: x\nbrains: [@/trained.h5, @/tiny.yaml]\n" TAIL, NULL);
    cr_expect_str_eq(study->brain_name[0], "trained");
    cr_expect_neq((void *)strstr(study->spec[0]->yaml, "channels: 6"), NULL);
    cr_expect_neq((void *)strstr(study->spec[1]->yaml, "channels: 8"), NULL);

    const char *brains = ww_arena_printf(arena, "study.brains=%s", ww_path("trained.h5"));
    const char *both = ww_arena_printf(arena, "%s,%s", brains, ww_path("tiny.yaml"));
    const char *set[] = {brains, NULL, NULL};
    static const char with_set[] = HEAD "set:\n  area.V4.channels: 7\n" TAIL;
    study = read_with(with_set, set);
    cr_expect(study->set_left_out && study->set[0] == NULL);
    cr_expect_null((void *)strstr(study->yaml, "channels"), "nor is it in the provenance");
    cr_expect_not(read_with(with_set, NULL)->set_left_out);
    set[0] = both;
    expect_failure(ww_study_read(&study, written(with_set), set, arena), WW_EPARSE,
                   "@/study.yaml:4: set.area.V4.channels: @/trained.h5 is trained and keeps its "
                   "keys; a study of its own without 'set' takes it");
    expect_failure(
        ww_study_read(&study, written("study: x\nset: {steps: 1}\nbrains: [@/trained.h5]\n" TAIL),
                      NULL, arena),
        WW_EPARSE,
        "@/study.yaml:2: set.steps: @/trained.h5 is trained and keeps its keys; a study of its own "
        "without 'set' takes it");
    set[0] = brains;
    set[1] = "training.epochs=3";
    expect_failure(ww_study_read(&study, written(with_set), set, arena), WW_EPARSE,
                   "--set training.epochs: @/trained.h5 is trained and keeps its keys");
}

/* What stands in the provenance of the results says all, and is read back as the same study. */
Test(study_read, as_resolved_it_is_the_same_study)
{
    static const char *const set[] = {"study.seeds=7,9", "study.trials=20", "training.epochs=9",
                                      "experiment.tasks.side_deg=2.5", NULL};
    ww_study *a = read_with(HEAD "summary: \"it's: a #study\"\nseeds: 3\n"
                                 "set: {training.epochs: 7, training.batch: 8}\n"
                                 "lesions: [each-area, \"random(size=FFA)\"]\n"
                                 "doses: {\"IT:most=face,count=5\": [0.5]}\n" TWO_EXPERIMENTS,
                            set);
    ww_study *b;
    expect_ok(ww_study_read(&b, ww_file_with_text("again.yaml", a->yaml), NULL, arena));
    cr_expect_str_eq(b->name, "x");
    cr_expect_str_eq(b->summary, "it's: a #study");
    cr_expect(b->n_seeds == 2 && b->seed[0] == 7 && b->seed[1] == 9);
    cr_expect_str_eq(b->spec[0]->yaml, a->spec[0]->yaml);
    expect_lesions(b, a->lesion, a->n_lesions);
    cr_assert_eq(b->n_experiments, 2);
    for (int e = 0; e < 2; e++) {
        const ww_task_params *x = a->experiment_params[e], *y = b->experiment_params[e];
        cr_expect_eq(b->experiment[e], a->experiment[e]);
        cr_expect(x->trials == 20 && y->trials == 20 && y->side_deg == 2.5);
    }
    cr_expect_str_eq(b->yaml, a->yaml);
}

/* ---- what is wrong, and where ---- */

struct wrong {
    const char *text, *set;
    const char *message; /* one that ends with "..." may go on */
    ww_status status;
};

#define THERE "; there are retina, LGN, V1, V2, V4, MT, VOT, PITv, CITv, random, none"

static const struct wrong wrongs[] = {
    {"- x\n", NULL, "@/study.yaml:1: a map is wanted", WW_EPARSE},
    {TAIL, NULL, "@/study.yaml:1: 'study' is missing", WW_EPARSE},
    {"study: [x]\n" TAIL, NULL, "@/study.yaml:1: study: one value is wanted", WW_EPARSE},
    {HEAD "seads: 1\n" TAIL, NULL,
     "@/study.yaml:3: unknown key 'seads' of study; did you mean 'seeds'?", WW_EPARSE},
    {HEAD "set: [x]\n" TAIL, NULL, "@/study.yaml:3: set: a map is wanted", WW_EPARSE},
    {HEAD "set: {a: [1]}\n" TAIL, NULL, "@/study.yaml:3: a: one value is wanted", WW_EPARSE},
    {HEAD TAIL, "study.sedes=3", "--set study.sedes: unknown key; there are brains, seeds, trials",
     WW_EPARSE},
    {HEAD, NULL, "@/study.yaml:1: 'experiments' is missing", WW_EPARSE},
    {HEAD "experiments: []\n", NULL, "@/study.yaml:3: experiments: at least one is wanted",
     WW_EPARSE},
    {HEAD "experiments: [scene-task]\n", NULL,
     "@/study.yaml:3: unknown experiment 'scene-task'; did you mean 'scene-tasks'?", WW_ENOTFOUND},
    {HEAD "experiments:\n  scene-tasks:\n    tasks.trials: 5\n", NULL,
     "@/study.yaml:5: experiments.scene-tasks.tasks.trials: 5 is outside 10 to 1000000", WW_EPARSE},
    {HEAD "experiments:\n  scene-tasks: {tasks.trails: 5}\n", NULL,
     "@/study.yaml:4: experiments.scene-tasks.tasks.trails: unknown key; did you mean "
     "'tasks.trials'?",
     WW_EPARSE},
    {HEAD "experiments: {scene-tasks: 5}\n", NULL, "@/study.yaml:3: scene-tasks: a map is wanted",
     WW_EPARSE},
    {HEAD "experiments: [scene-tasks, Scene-Tasks]\n", NULL,
     "@/study.yaml:3: experiments: Scene-Tasks stands twice", WW_EPARSE},
    {HEAD TAIL, "study.trials=20,30", "--trials: tasks.trials: '20,30' is not an integer",
     WW_EPARSE},
    {HEAD TAIL, "study.trials=2", "--trials: tasks.trials: 2 is outside 10 to 1000000", WW_EPARSE},
    {HEAD TAIL, "experiment.tasks.trials=2",
     "--set experiment.tasks.trials: 2 is outside 10 to 1000000", WW_EPARSE},
    {"study: x\n" TAIL, NULL, "@/study.yaml:1: 'brains' is missing", WW_EPARSE},
    {"study: x\nbrains: []\n" TAIL, NULL, "@/study.yaml:2: brains: at least one is wanted",
     WW_EPARSE},
    {"study: x\nbrains: {a: b}\n" TAIL, NULL, "@/study.yaml:2: brains: a list is wanted",
     WW_EPARSE},
    {"study: x\nbrains: [two-stream-small]\n" TAIL, NULL,
     "@/study.yaml:2: brains: connectome/brains/two-stream-small.yaml not found in ...",
     WW_ENOTFOUND},
    {HEAD TAIL, "study.brains=two-stream-small",
     "--set study.brains: connectome/brains/two-stream-small.yaml not found in ...", WW_ENOTFOUND},
    {"study: x\nbrains: [@/nowhere.yaml]\n" TAIL, NULL,
     "@/study.yaml:2: brains: @/nowhere.yaml: no such file or directory", WW_EIO},
    {"study: x\nbrains: [@/nowhere.h5]\n" TAIL, NULL,
     "@/study.yaml:2: brains: @/nowhere.h5: no such file or directory", WW_EIO},
    {"study: x\nbrains: [@/text.h5]\n" TAIL, NULL,
     "@/study.yaml:2: brains: @/text.h5: no HDF5 file", WW_EPARSE},
    {"study: x\nbrains: [@/tiny.yaml, @//tiny.yaml]\n" TAIL, NULL,
     "@/study.yaml:2: brains: there are two called 'tiny'", WW_EPARSE},
    {HEAD TAIL, "area.V4.chanels=3", "--set area.V4.chanels: unknown key; did you mean 'channels'?",
     WW_EPARSE},
    {HEAD "seeds: 0\n" TAIL, NULL,
     "@/study.yaml:3: seeds: a number from 1 to 10000, or a list, is wanted", WW_EPARSE},
    {HEAD "seeds: 10001\n" TAIL, NULL,
     "@/study.yaml:3: seeds: a number from 1 to 10000, or a list, is wanted", WW_EPARSE},
    {HEAD "seeds: 3x\n" TAIL, NULL,
     "@/study.yaml:3: seeds: a number from 1 to 10000, or a list, is wanted", WW_EPARSE},
    {HEAD "seeds: []\n" TAIL, NULL,
     "@/study.yaml:3: seeds: a number from 1 to 10000, or a list, is wanted", WW_EPARSE},
    {HEAD TAIL, "study.seeds=-1",
     "--set study.seeds: a number from 1 to 10000, or a list, is wanted", WW_EPARSE},
    {HEAD "seeds: [1, -2]\n" TAIL, NULL,
     "@/study.yaml:3: seeds: '-2' is not a whole number below 2^63", WW_EPARSE},
    {HEAD "seeds: [9223372036854775808]\n" TAIL, NULL,
     "@/study.yaml:3: seeds: '9223372036854775808' is not a whole number below 2^63", WW_EPARSE},
    {HEAD "seeds: [1, 2x]\n" TAIL, NULL,
     "@/study.yaml:3: seeds: '2x' is not a whole number below 2^63", WW_EPARSE},
    {HEAD "seeds: [1, 2, 01]\n" TAIL, NULL, "@/study.yaml:3: seeds: 01 stands twice", WW_EPARSE},
    {HEAD TAIL, "study.seeds=3,3", "--set study.seeds: 3 stands twice", WW_EPARSE},
    {HEAD "lesions: FFA\n" TAIL, NULL, "@/study.yaml:3: lesions: a list is wanted", WW_EPARSE},
    {HEAD "lesions:\n  - FFA\n  - FFAA\n" TAIL, NULL,
     "@/study.yaml:5: lesions: unknown area 'FFAA'; did you mean 'FFA'?", WW_EPARSE},
    {HEAD "lesions:\n  - {target: V1,\n     dose: much}\n" TAIL, NULL,
     "@/study.yaml:5: lesions: dose 'much' is not a number", WW_EPARSE},
    {HEAD "lesions: [{dose: 1}]\n" TAIL, NULL, "@/study.yaml:3: lesions: 'target' is missing",
     WW_EPARSE},
    {HEAD "lesions:\n  - V1\n  - V4>V2\n" TAIL, "wiring.cost=0",
     "@/study.yaml:5: lesions: unknown pathway 'V4>V2'; did you mean 'V1>V2'?", WW_EPARSE},
    {"study: x\nbrains: [@/back.yaml]\nlesions:\n  - V2>V1\n" TAIL, NULL,
     "@/study.yaml:4: lesions: V2>V1 acts from one time step to the next, and the brain was made "
     "with one (steps: 1): a lesion of it has no effect; --set steps=2 gives it one",
     WW_EPARSE},
    {"study: x\nbrains: [@/back.yaml]\ndoses: {V2>V1: [0.5]}\n" TAIL, NULL,
     "@/study.yaml:3: doses: V2>V1 acts from one time step to the next, and the brain was made "
     "with one (steps: 1): a lesion of it has no effect; --set steps=2 gives it one",
     WW_EPARSE},
    {HEAD "doses: [1]\n" TAIL, NULL, "@/study.yaml:3: doses: a map is wanted", WW_EPARSE},
    {HEAD "doses:\n  FFA: [0.5, much]\n" TAIL, NULL, "@/study.yaml:4: doses: 'much' is not a dose",
     WW_EPARSE},
    {HEAD "doses: {FFA: [-0.5]}\n" TAIL, NULL, "@/study.yaml:3: doses: '-0.5' is not a dose",
     WW_EPARSE},
    {HEAD "doses: {FFA: 1.5}\n" TAIL, NULL, "@/study.yaml:3: doses: dose: 1.5 is outside 0 to 1",
     WW_EPARSE},
    {HEAD "doses: {FA: 1}\n" TAIL, NULL,
     "@/study.yaml:3: doses: unknown area 'FA'; did you mean 'FFA'?", WW_EPARSE},
    /* what one brain of two has not */
    {"study: x\nbrains: [@/tiny.yaml, @/other.yaml]\nlesions: [each-area]\n" TAIL, NULL,
     "@/study.yaml:3: lesions: each-area: unknown area 'V3'; did you mean 'V1'?", WW_EPARSE},
    {"study: x\nbrains: [@/tiny.yaml, @/other.yaml]\nlesions: [MT, LIP]\n" TAIL, NULL,
     "@/study.yaml:3: lesions: unknown area 'LIP'" THERE, WW_EPARSE},
    {"study: x\nbrains: [@/tiny.yaml, @/other.yaml]\ndoses: {FFA: 1}\n" TAIL, NULL,
     "@/study.yaml:3: doses: unknown area 'FFA'" THERE, WW_EPARSE}};

Test(study_read, every_slip_is_named_before_anything_runs)
{
    ww_file_with_text("text.h5", "no HDF5\n");
    ww_file_with_text("back.yaml", "brain: back\nareas: {retina: {}, LGN: {}, V1: {}, V2: {}}\n");
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        const struct wrong *w = &wrongs[i];
        ww_study *study;
        const char *set[] = {w->set, NULL};
        ww_error_clear();
        ww_status status = ww_study_read(&study, written(w->text), set, arena);
        const char *got = ww_error_message();
        cr_expect_eq(status, w->status, "%zu: %s: %s", i, ww_status_text(status), got);
        char wanted[1024], *to = expand(wanted, w->message);
        if (strcmp(to - 3, "...") == 0)
            cr_expect_eq(strncmp(got, wanted, (size_t)(to - wanted) - 3), 0, "%zu: %s", i, got);
        else
            cr_expect_str_eq(got, wanted, "%zu:\n  got    %s\n  wanted %s", i, got, wanted);
    }
}
