/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures with fixations read from disk, and the saliency benchmark on a planted set: single spots
 * that everybody looks at. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "experiments/parts/saliency_scores.h"
#include "experiments/parts/study.h"
#include "tests/support/folder.h"

enum { SIDE = 64 };
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

TestSuite(experiments_saliency, .init = begin, .fini = end);

/* A spot of 8 x 8 pixels on grey, number k of the set. */
static void spot(int k, int x, int y)
{
    char name[64];
    float grey[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++)
        grey[i] = abs(i % SIDE - x) < 4 && abs(i / SIDE - y) < 4 ? 0.9f : 0.3f;
    snprintf(name, sizeof name, "set/stimuli/%03d.png", k);
    expect_ok(ww_picture_write_png(ww_path(name), grey, 1, SIDE, SIDE));
}

/* Three pictures, ten fixations about each spot, one outside the first. */
static const char *make_set(void)
{
    static const int x[3] = {12, 48, 20}, y[3] = {14, 20, 50};
    char text[2000] = "image,subject,x,y\n1,1,500,3\n1,1,NA,3\n7,1,5,5\n";
    mkdir(ww_path("set"), 0777);
    mkdir(ww_path("set/stimuli"), 0777);
    for (int k = 0; k < 3; k++) {
        spot(k + 1, x[k], y[k]);
        for (int i = 0; i < 10; i++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%d,1,%g,%d\n", k + 1,
                     x[k] + 1.2 + i % 3 - 1, y[k] + 1 + i / 4 - 1);
    }
    ww_file_with_text("set/fixations.csv", text);
    return ww_path("set");
}

Test(experiments_saliency, a_set_is_read_with_its_fixations)
{
    ww_gaze_set set;
    double counts[SIDE * SIDE], others[SIDE * SIDE], density[SIDE * SIDE], sum[3] = {0};
    expect_ok(ww_gaze_set_read(&set, make_set(), 0, arena));
    cr_assert_eq(set.count, 3);
    cr_expect(set.picture[0].n == 10 && set.picture[2].number == 3);
    ww_gaze_counts(&set.picture[0], counts);
    ww_gaze_others(&set, 0, others);
    cr_assert(ww_gaze_density(counts, SIDE, SIDE, 2, density));
    for (int i = 0; i < SIDE * SIDE; i++) {
        sum[0] += counts[i];
        sum[1] += others[i];
    }
    cr_expect_float_eq(sum[0], 10, 1e-12);
    cr_expect_float_eq(sum[1], 20, 1e-12);
    /* fixation (x, y) = (12.2, 14) of the table lies in column 11, row 13 */
    cr_expect_eq(counts[13 * SIDE + 11], 2);
    cr_expect(density[13 * SIDE + 11] > density[13 * SIDE + 16]);
    ww_gaze_set_free(&set);
    expect_ok(ww_gaze_set_read(&set, ww_path("set"), 2, arena));
    cr_expect_eq(set.count, 2);
    ww_gaze_set_free(&set);
}

Test(experiments_saliency, a_folder_that_is_no_set_is_refused)
{
    ww_gaze_set set;
    mkdir(ww_path("empty"), 0777);
    expect_failure(ww_gaze_set_read(&set, ww_path("empty"), 0, arena), WW_EIO,
                   "@/empty/stimuli: no such file or directory");
    mkdir(ww_path("empty/stimuli"), 0777);
    expect_failure(ww_gaze_set_read(&set, ww_path("empty"), 0, arena), WW_EIO,
                   "@/empty/fixations.csv: no such file or directory");
    ww_file_with_text("empty/fixations.csv", "image,x,y\n1,2,3\n");
    expect_failure(ww_gaze_set_read(&set, ww_path("empty"), 0, arena), WW_ENOTFOUND,
                   "@/empty/stimuli: no picture that was looked at; pictures named by their number "
                   "in @/empty/fixations.csv are wanted");
    ww_file_with_text("empty/fixations.csv", "image,x\n1,2\n");
    expect_failure(ww_gaze_set_read(&set, ww_path("empty"), 0, arena), WW_ENOTFOUND,
                   "@/empty/fixations.csv: no column 'y'; there are image, x");
    ww_file_with_text("empty/stimuli/1.png", "no picture");
    ww_file_with_text("empty/fixations.csv", "image,x,y\n1,2,3\n");
    cr_expect_eq(ww_gaze_set_read(&set, ww_path("empty"), 0, arena), WW_EPARSE);
    cr_expect(strstr(ww_error_message(), "stimuli/1.png") != NULL);
    ww_gaze_set_free(&set);
}

/* Pictures are scored for the first seed: its numbers stand in the rows of all. A seed that was a
 * later one scores them where it is the first. */
static void expect_scored_once(const char *const *set)
{
    enum { M = WW_SALIENCY_MEASURES };
    ww_study *study;
    ww_h5 *file;
    double value[2 * M];
    expect_ok(ww_h5_open(&file, ww_path("out/results.h5")));
    expect_ok(ww_h5_read_doubles(file, "/grid/saliency-benchmark/value", value, 2 * M));
    for (int m = WW_SEARCH_KINDS; m < M; m++)
        cr_expect(isfinite(value[m]) && value[M + m] == value[m]);
    cr_expect(ww_h5_has(file, "/models/s-seed1/score"));
    cr_expect_not(ww_h5_has(file, "/models/s-seed2/score"));
    cr_expect(ww_h5_has(file, "/models/s-seed2/first_fixation_on_target"));
    ww_h5_close(file);
    ww_file_with_text("s.yaml",
                      "study: s\nseeds: [2]\nexperiments: {saliency-benchmark: {side_px: 256}}\n");
    expect_ok(ww_study_read(&study, ww_path("s.yaml"), set, arena));
    expect_ok(ww_study_job(study, ww_path("out"), 0, 0, NULL));
    expect_ok(ww_h5_open(&file, ww_path("out/parts/s-seed2-saliency-benchmark.h5")));
    cr_expect(ww_h5_has(file, "/describe/score"));
    ww_h5_close(file);
}

Test(experiments_saliency, spots_that_people_look_at_are_found)
{
    ww_study *study;
    ww_claim *claims;
    int n;
    char data[4200];
    ww_file_with_text("s.yaml",
                      "study: s\nseeds: 2\nexperiments: {saliency-benchmark: {side_px: 256}}\n");
    snprintf(data, sizeof data, "experiment.data=%s", make_set());
    const char *const set[] = {data, NULL};
    expect_ok(ww_study_read(&study, ww_path("s.yaml"), set, arena));
    ww_study_options options = {.folder = ww_path("out"), .threads = 1, .command_line = ""};
    expect_ok(ww_study_run(study, &options, &claims, &n, arena));
    for (int i = 0; i < n; i++) {
        if (strcmp(claims[i].id, "itti-above-chance") == 0 ||
            strcmp(claims[i].id, "gbvs-above-chance") == 0)
            cr_expect(claims[i].verdict == WW_CLAIM_HELD && claims[i].value > 0.9, "%s: %g",
                      claims[i].id, claims[i].value);
        if (strcmp(claims[i].id, "centre-judd") == 0)
            cr_expect(claims[i].verdict == WW_CLAIM_NOT_HELD && claims[i].value < 0);
    }
    cr_expect_eq(n, 9);
    struct stat about;
    cr_expect_eq(stat(ww_path("out/figures/saliency-examples.png"), &about), 0);
    cr_expect_eq(stat(ww_path("out/figures/saliency-areas.pdf"), &about), 0);
    expect_scored_once(set);
}

Test(experiments_saliency, without_pictures_their_claims_are_untested)
{
    ww_study *study;
    ww_claim *claims;
    int n;
    ww_file_with_text("s.yaml",
                      "study: s\nseeds: 1\nexperiments: {saliency-benchmark: {side_px: 256}}\n");
    expect_ok(ww_study_read(&study, ww_path("s.yaml"), NULL, arena));
    ww_study_options options = {.folder = ww_path("out"), .threads = 1, .command_line = ""};
    expect_ok(ww_study_run(study, &options, &claims, &n, arena));
    cr_assert_eq(n, 9);
    for (int i = 0; i < n; i++)
        if (i >= 3) {
            cr_expect_eq(claims[i].verdict, WW_CLAIM_UNTESTED);
            cr_expect_str_eq(claims[i].why, "no pictures; --set experiment.data=FOLDER");
        }
}

Test(experiments_saliency, real_pictures_have_their_fixations)
{
    ww_gaze_set set;
    const char *folder = ww_data_folder("images/saliency_sun");
    if (folder == NULL)
        return;
    expect_ok(ww_gaze_set_read(&set, folder, 3, arena));
    cr_assert_eq(set.count, 3);
    for (int k = 0; k < 3; k++)
        cr_expect(set.picture[k].n > 50 && set.picture[k].picture.width >= 256);
    ww_gaze_set_free(&set);
}
