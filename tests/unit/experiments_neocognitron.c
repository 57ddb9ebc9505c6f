/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digits from disk and written ones, how they are laid into a view, and the experiment on a small
 * neocognitron: its numbers, its figures, and every message. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "engine/base/threads.h"
#include "engine/store/picture.h"
#include "experiments/parts/digits.h"
#include "experiments/parts/neocognitron.h"
#include "experiments/parts/study.h"
#include "tests/support/folder.h"

extern const ww_experiment ww_experiment_neocognitron;
extern const ww_command ww_command_lesion;

static ww_arena *arena;

static void begin(void)
{
    ww_folder_make();
    arena = ww_arena_create();
}

static void end(void)
{
    ww_arena_free(arena);
    ww_folder_remove();
}

TestSuite(experiments_neocognitron, .init = begin, .fini = end);

/* ---- laying ---- */

/* One picture of 8 x 8 pixels, light at (2, 5). */
static ww_digits one_spot(void)
{
    static unsigned char pixel[64];
    static const int label[1] = {0};
    pixel[5 * 8 + 2] = 255;
    return (ww_digits){1, 8, 8, 2, pixel, label};
}

/* Centre of what is light, in pixels of the view. */
static void centre(const float *view, int side, double *x, double *y, double *sum)
{
    *x = *y = *sum = 0;
    for (int i = 0; i < side * side; i++) {
        *x += (double)view[i] * (i % side);
        *y += (double)view[i] * (i / side);
        *sum += (double)view[i];
    }
    *x /= *sum;
    *y /= *sum;
}

Test(experiments_neocognitron, pictures_are_laid_moved_turned_and_scaled)
{
    enum { SIDE = 40 };
    ww_digits spot = one_spot();
    ww_view view = {SIDE, SIDE, 1, 0.1, 50};
    float out[SIDE * SIDE];
    /* the spot is 1.5 px left of the middle and 1.5 below; half of 40 px for 8 is a zoom of 2.5 */
    static const struct {
        ww_digit_change change;
        double x, y, area;
    } rows[] = {{{0}, -1.5, 1.5, 1},
                {{.right_px = 2}, 0.5, 1.5, 1},
                {{.down_px = -3}, -1.5, -1.5, 1},
                {{.turn_deg = 90}, 1.5, 1.5, 1},
                {{.turn_deg = 180}, 1.5, -1.5, 1},
                {{.scale = 2}, -3, 3, 4}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double x, y, sum;
        ww_digit_lay(&spot, 0, &rows[i].change, 0.5, &view, 1, out);
        centre(out, SIDE, &x, &y, &sum);
        cr_assert_float_eq(x, 19.5 + 2.5 * rows[i].x, 0.05, "row %zu: x %g", i, x);
        cr_assert_float_eq(y, 19.5 + 2.5 * rows[i].y, 0.05, "row %zu: y %g", i, y);
        cr_assert_float_eq(sum, 6.25 * rows[i].area, 0.4, "row %zu: sum %g", i, sum);
    }
}

Test(experiments_neocognitron, noise_follows_from_the_seed_and_stays_in_range)
{
    ww_digits spot = one_spot();
    ww_view view = {30, 30, 1, 0.1, 50};
    float a[900], b[900], c[900];
    ww_digit_change noisy = {.noise = 0.3};
    ww_digit_lay(&spot, 0, &noisy, 1, &view, 1, a);
    ww_digit_lay(&spot, 0, &noisy, 1, &view, 1, b);
    ww_digit_lay(&spot, 0, &noisy, 1, &view, 2, c);
    cr_assert_eq(memcmp(a, b, sizeof a), 0);
    cr_assert_neq(memcmp(a, c, sizeof a), 0);
    double mean = 0;
    for (int i = 0; i < 900; i++) {
        cr_assert(a[i] >= 0 && a[i] <= 1);
        mean += (double)a[i] / 900;
    }
    cr_assert_float_eq(mean, 0.3 / sqrt(2 * acos(-1)), 0.03, "half of the noise is clipped: %g",
                       mean);
}

/* ---- sets ---- */

Test(experiments_neocognitron, written_digits_are_seeded_and_of_all_classes)
{
    ww_digits a, b, c;
    int seen[10] = {0};
    expect_ok(ww_digits_write(&a, 120, 1, "learning", arena));
    expect_ok(ww_digits_write(&b, 120, 1, "learning", arena));
    expect_ok(ww_digits_write(&c, 120, 1, "testing", arena));
    cr_assert(a.count == 120 && a.height == 28 && a.width == 28 && a.classes == 10);
    cr_assert_eq(memcmp(a.pixel, b.pixel, 120 * 784), 0);
    cr_assert_neq(memcmp(a.pixel, c.pixel, 120 * 784), 0);
    for (int i = 0; i < 120; i++) {
        double ink = 0;
        for (int k = 0; k < 784; k++)
            ink += a.pixel[i * 784 + k] / 255.0;
        cr_assert(ink > 20 && ink < 400, "digit %d has %g pixels of ink", i, ink);
        seen[a.label[i]]++;
    }
    for (int k = 0; k < 10; k++)
        cr_assert(seen[k] > 1, "no %d", k);
}

static void put(const char *folder, const char *name, int channels, int side, float level)
{
    char path[200];
    float pixel[3 * 16 * 16];
    for (int i = 0; i < channels * side * side; i++)
        pixel[i] = i < side * side ? level : 0; /* red alone where there is colour */
    snprintf(path, sizeof path, "%s/%s.png", folder, name);
    mkdir(ww_path(folder), 0777);
    expect_ok(ww_picture_write_png(ww_path(path), pixel, channels, side, side));
}

Test(experiments_neocognitron, sets_from_disk_are_grey_and_bad_ones_are_refused_in_one_line)
{
    ww_digits set;
    mkdir(ww_path("red"), 0777);
    put("red/a", "1", 3, 16, 1), put("red/a", "2", 3, 16, 1);
    put("red/b", "1", 3, 16, 0), put("red/b", "2", 3, 16, 0);
    expect_ok(ww_digits_read(&set, ww_path("red"), WW_SPLIT_TRAIN, arena));
    cr_assert(set.count == 2 && set.classes == 2 && set.height == 16);
    cr_assert(abs(set.pixel[0] - 54) <= 1 && set.pixel[256] == 0, "red is %d", set.pixel[0]);

    mkdir(ww_path("small"), 0777);
    put("small/a", "1", 1, 7, 1), put("small/a", "2", 1, 7, 1);
    put("small/b", "1", 1, 7, 0), put("small/b", "2", 1, 7, 0);
    expect_failure(ww_digits_read(&set, ww_path("small"), WW_SPLIT_TRAIN, arena), WW_EINVAL,
                   "@/small: pictures of 7 x 7 px are too small; 8 x 8 at least");
    mkdir(ww_path("one"), 0777);
    put("one/a", "1", 1, 16, 1), put("one/a", "2", 1, 16, 1);
    cr_assert_neq(ww_digits_read(&set, ww_path("one"), WW_SPLIT_TRAIN, arena), WW_OK);
    cr_assert(strstr(ww_error_message(), "one") && !strchr(ww_error_message(), '\n'));
    mkdir(ww_path("empty"), 0777);
    cr_assert_neq(ww_digits_read(&set, ww_path("empty"), WW_SPLIT_TRAIN, arena), WW_OK);
    cr_assert(strstr(ww_error_message(), "empty") && !strchr(ww_error_message(), '\n'));
}

/* ---- the experiment ---- */

static const char tiny[] =
    "brain: tiny\n"
    "view: {width_px: 24, height_px: 24, frames: 1, deg_per_px: 0.1}\n"
    "stimulus: {word: {size_deg: 1}}\n"
    "areas:\n"
    "  V1: {type: neocognitron-edges, orientations: 8, kernel: 5, centre_px: 0.5, surround_px: 1, "
    "pool_sd: 1}\n"
    "  V2: {type: neocognitron-stage, grid: 6, planes: 12, pool_sd: 1, surround: 0}\n"
    "  AITv: {type: neocognitron-top, per_class: 6}\n"
    "wiring: {use: [], add: [V1 > V2, V2 > AITv]}\n";

static void *params_with(const char *const *setting)
{
    const ww_item *item = &ww_experiment_neocognitron.item;
    void *params = ww_arena_alloc(arena, item->params_size);
    static const char *const small[] = {"train", "50",   "unlabelled", "20",      "validation",
                                        "10",    "test", "20",         "changed", "10",
                                        "sweep", "10",   NULL};
    ww_params_defaults(item->params, params);
    for (const char *const *p = small; *p != NULL; p += 2)
        expect_ok(ww_params_set(item->params, params, p[0], p[1], "", arena));
    for (const char *const *p = setting; p != NULL && *p != NULL; p += 2)
        expect_ok(ww_params_set(item->params, params, p[0], p[1], "", arena));
    return params;
}

static ww_status measured(const char *const *setting, uint64_t seed, double *value)
{
    const ww_experiment *x = &ww_experiment_neocognitron;
    ww_model *model;
    void *state;
    expect_ok(ww_model_create(&model, ww_file_with_text("tiny.yaml", tiny), NULL, seed));
    ww_status status = x->open(&state, params_with(setting), model, seed);
    if (status == WW_OK)
        status = x->measure(state, model, value);
    x->close(state);
    ww_model_free(model);
    return status;
}

Test(experiments_neocognitron, measures_all_the_same_for_a_seed_and_any_number_of_threads)
{
    double a[MEASURES], b[MEASURES];
    ww_threads_set(1);
    expect_ok(measured(NULL, 1, a));
    ww_threads_set(2);
    expect_ok(measured(NULL, 1, b));
    cr_assert_eq(memcmp(a, b, sizeof a), 0, "other numbers with two threads");
    for (int m = 0; m < MEASURES; m++)
        if (m != M_PLANES_2)
            cr_assert(isfinite(a[m]), "%s is %g", ww_experiment_neocognitron.measures[m].name,
                      a[m]);
    cr_assert(a[M_CORRECT] > 0.3, "%g of the written digits are named", a[M_CORRECT]);
    cr_assert(a[M_CELLS] >= 10 && a[M_CELLS] <= 60 && a[M_PLANES_1] > 1 && a[M_PLANES_1] <= 12);
    cr_assert_eq(a[M_SHIFT_2], a[M_SHIFT + 2] / a[M_SHIFT]);
    cr_assert_eq(a[M_NEVER_LOSS], a[M_SHIFT + NEVER * SHIFTS] - a[M_SHIFT + NEVER * SHIFTS + 3]);
}

Test(experiments_neocognitron, figures_and_claims_follow_from_the_grid)
{
    enum { SEEDS = 3 };
    static double value[SEEDS * MEASURES], chance[SEEDS * MEASURES];
    static const char *const name[] = {"tiny"}, *const condition[] = {"none"};
    static const uint64_t seed[SEEDS] = {1, 2, 3};
    ww_claim *claims;
    ww_h5 *file;
    int n;
    for (int i = 0; i < SEEDS * MEASURES; i++)
        value[i] = 0.9 + 0.001 * (i / MEASURES);
    ww_grid grid = {.n_brains = 1,
                    .n_seeds = SEEDS,
                    .n_conditions = 1,
                    .n_measures = MEASURES,
                    .name = name,
                    .brain = (const ww_brain *const[]){NULL},
                    .seed = seed,
                    .condition = condition,
                    .measure = ww_experiment_neocognitron.measures,
                    .value = value,
                    .chance = chance};
    expect_ok(ww_h5_create(&file, ww_path("results.h5")));
    expect_ok(ww_neo_report(&grid, file, &claims, &n, arena));
    expect_ok(ww_h5_commit(file));
    cr_assert_eq(n, 7);
    for (int i = 0; i < n; i++) {
        cr_assert_float_eq(claims[i].value, 0.901, 1e-9);
        bool held = strcmp(claims[i].id, "digits") != 0 &&
                    strcmp(claims[i].id, "interpolating") != 0 &&
                    strcmp(claims[i].id, "shift") != 0;
        cr_assert_eq(claims[i].verdict, held ? WW_CLAIM_HELD : WW_CLAIM_NOT_HELD, "%s",
                     claims[i].id);
    }
}

/* Runs a study of the tiny brain in `folder`; its values, a row a condition. */
static void study(const char *folder, const char *brain, const char *lesions, int train,
                  double *value, int rows)
{
    ww_study *read;
    ww_h5 *file;
    char text[1000], part[300];
    snprintf(text, sizeof text,
             "study: s\nbrains: ['%s']\nlesions: [%s]\nexperiments: {neocognitron: {train: %d, "
             "unlabelled: 20, validation: 1, test: 20, changed: 10, sweep: 0}}\n",
             ww_path(brain), lesions, train);
    expect_ok(ww_study_read(&read, ww_file_with_text("s.yaml", text), NULL, arena));
    expect_ok(ww_study_job(read, ww_path(folder), 0, 0, NULL));
    snprintf(part, sizeof part, "%s/parts/%s-seed1.h5", folder, read->brain_name[0]);
    expect_ok(ww_h5_open(&file, ww_path(part)));
    expect_ok(ww_h5_read_doubles(file, "/neocognitron/values", value, (size_t)(rows * MEASURES)));
    ww_h5_close(file);
}

static ino_t file_number(const char *name)
{
    struct stat about;
    cr_assert_eq(stat(ww_path(name), &about), 0);
    return about.st_ino;
}

/* The command `lesion` knows tasks alone. */
static void check_command(const char *checkpoint)
{
    ww_cli cli = {.seed = 1, .quiet = true, .set = (const char *const[]){NULL}, .arena = arena};
    void *self = ww_arena_alloc(arena, ww_command_lesion.item.params_size);
    const char *argv[] = {ww_path(checkpoint)};
    ww_params_defaults(ww_command_lesion.item.params, self);
    cr_expect_eq(ww_command_lesion.run(&cli, self, 1, argv), WW_EINVAL);
    cr_expect_str_eq(ww_error_message(),
                     ww_arena_printf(arena,
                                     "%s: this brain has no task that could be tested; a study "
                                     "with its experiment lesions it (whatwhere run)",
                                     argv[0]));
}

Test(experiments_neocognitron, a_taught_brain_is_kept_and_lesioned_without_teaching_it_again)
{
    static double one[2 * MEASURES], two[2 * MEASURES], checkpoint[2 * MEASURES];
    static const char kept[] = "b/models/tiny-seed1.h5";
    ww_file_with_text("tiny.yaml", tiny);
    study("a", "tiny.yaml", "V2:0.5", 50, one, 2);
    study("b", "tiny.yaml", "", 50, two, 1);
    ino_t taught = file_number(kept);
    study("b", "tiny.yaml", "V2:0.5", 50, two, 2);
    cr_expect_arr_eq(two, one, sizeof one, "the lesion of a brain that was taken up");
    cr_expect_eq(file_number(kept), taught, "taught again");
    study("c", kept, "V2:0.5", 50, checkpoint, 2);
    cr_expect_arr_eq(checkpoint, one, sizeof one, "the brain as a checkpoint");
    cr_expect_neq(one[MEASURES + M_CORRECT], one[M_CORRECT]);
    check_command(kept);
    study("b", "tiny.yaml", "", 40, two, 1);
    cr_expect_neq(file_number(kept), taught, "another lesson was not taught");
}

Test(experiments_neocognitron, what_is_missing_is_said_in_one_line)
{
    double value[MEASURES];
    void *state;
    ww_model *other;
    mkdir(ww_path("few"), 0777);
    put("few/a", "1", 1, 16, 1), put("few/a", "2", 1, 16, 1);
    put("few/b", "1", 1, 16, 0), put("few/b", "2", 1, 16, 0);
    const char *const few[] = {"data", ww_path("few"), NULL};
    expect_failure(measured(few, 1, value), WW_EINVAL,
                   "@/few: 2 pictures for training and validation, but 60 are wanted");
    expect_ok(ww_model_create(&other, "hmax-1999", NULL, 1));
    expect_failure(ww_experiment_neocognitron.open(&state, params_with(NULL), other, 1), WW_EINVAL,
                   "brain hmax-1999 has no area of type neocognitron-top");
    ww_experiment_neocognitron.close(state);
    ww_model_free(other);
}
