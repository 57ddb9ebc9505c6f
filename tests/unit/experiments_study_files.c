/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of a study's folder: numbers that come back, damage that counts as nothing, hashes that
 * change with all that the numbers depend on, and results from planted numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/plan.h"
#include "engine/base/random.h"
#include "engine/learning/checkpoint.h"
#include "engine/store/file.h"
#include "experiments/parts/battery.h"
#include "experiments/parts/study_files.h"
#include "tests/support/folder.h"
#include "tests/support/tiny.h"

static ww_arena *arena;

static void begin(void)
{
    ww_folder_make();
    ww_tiny_brain();
    arena = ww_arena_create();
}

static void end(void)
{
    ww_arena_free(arena);
    ww_folder_remove();
}

TestSuite(study_files, .init = begin, .fini = end);

static ww_study *study_of(const char *brain, const char *rest, const char *const *set)
{
    ww_study *study;
    const char *text = ww_arena_printf(arena, "study: x\nbrains: [%s]\n%s", ww_path(brain), rest);
    expect_ok(ww_study_read(&study, ww_file_with_text("study.yaml", text), set, arena));
    return study;
}

static ww_part *parts_of(const ww_study *study)
{
    ww_part *part;
    expect_ok(ww_parts_create(&part, study, arena));
    return part;
}

/* Some number for each lesion (by its name) and measure, NAN among them. */
static double planted(const char *lesion, int measure)
{
    ww_random r = ww_random_stream(1, lesion, (uint64_t)measure);
    return measure == 3 ? NAN : ww_random_normal(&r);
}

static void fill(const ww_study *study, ww_part *part, uint64_t hash)
{
    for (int e = 0; e < study->n_experiments; e++) {
        part[e].hash = hash + (uint64_t)e;
        for (int m = 0; m < WW_TASK_MEASURES; m++)
            part[e].chance[m] = planted("chance", m);
        for (int l = 0; l < study->n_lesions; l++) {
            part[e].done[l] = true;
            for (int m = 0; m < WW_TASK_MEASURES; m++)
                part[e].value[l * WW_TASK_MEASURES + m] = planted(study->lesion[l], m);
        }
    }
}

static bool is_planted(const ww_study *study, const ww_part *part, int l)
{
    double row[WW_TASK_MEASURES];
    for (int m = 0; m < WW_TASK_MEASURES; m++)
        row[m] = planted(study->lesion[l], m);
    return memcmp(row, part->value + l * WW_TASK_MEASURES, sizeof row) == 0;
}

#define BOTH "experiments: [lesion-battery, scene-tasks]\n"

Test(study_files, parts_come_back_bit_by_bit_under_their_hash)
{
    ww_study *study = study_of("tiny.yaml", "lesions: [FFA, V1, MT]\n" BOTH, NULL);
    ww_part *written = parts_of(study), *read = parts_of(study);
    const char *path = ww_path("parts.h5");
    cr_assert(isnan(read[0].value[5]) && isnan(read[0].chance[0]) && !read[0].done[0]);
    fill(study, written, 77);
    written[1].done[2] = false;
    expect_ok(ww_parts_write(path, study, written));
    read[0].hash = 77;
    read[1].hash = 78;
    ww_parts_read(path, study, read, arena);
    for (int e = 0; e < 2; e++)
        for (int l = 0; l < 4; l++) {
            cr_assert_eq(read[e].done[l], e == 0 || l != 2, "%d %d", e, l);
            cr_assert_eq(is_planted(study, &read[e], l), e == 0 || l != 2, "%d %d", e, l);
        }
    cr_assert_eq(memcmp(read[0].chance, written[0].chance, WW_TASK_MEASURES * sizeof(double)), 0);

    read = parts_of(study); /* of another hash there is nothing, of 0 anything */
    read[0].hash = 76;
    ww_parts_read(path, study, read, arena);
    cr_assert(!read[0].done[0] && isnan(read[0].value[0]));
    cr_assert(read[1].done[0] && read[1].done[3]);
}

Test(study_files, parts_of_other_lesions_are_found_by_name)
{
    ww_study *study = study_of("tiny.yaml", "lesions: [FFA, V1, MT]\n" BOTH, NULL);
    ww_part *written = parts_of(study);
    fill(study, written, 77);
    expect_ok(ww_parts_write(ww_path("parts.h5"), study, written));
    study = study_of("tiny.yaml", "lesions: [MT, \"V1:0.5\", FFA]\n" BOTH, NULL);
    ww_part *read = parts_of(study);
    ww_parts_read(ww_path("parts.h5"), study, read, arena);
    for (int l = 0; l < 4; l++) {
        cr_assert_eq(read[0].done[l], l != 2, "%s", study->lesion[l]);
        cr_assert_eq(is_planted(study, &read[0], l), l != 2, "%s", study->lesion[l]);
    }
}

static void expect_nothing(const char *path, const ww_study *study, const char *what)
{
    ww_part *read = parts_of(study);
    ww_parts_read(path, study, read, arena);
    for (int l = 0; l < study->n_lesions; l++)
        cr_assert(!read[0].done[l], "%s: taken for whole", what);
    cr_assert_str_eq(ww_error_message(), "");
}

static void change(const char *path, const char *dataset, int count)
{
    ww_h5 *file;
    expect_ok(ww_h5_open_update(&file, path));
    if (count < 0)
        expect_ok(ww_h5_write_texts(file, dataset, (const char *const[]){"x"}, 1));
    else
        expect_ok(ww_h5_write_doubles(file, dataset, (double[64]){0}, 1, (int64_t[]){count}));
    ww_h5_close(file);
}

Test(study_files, damaged_parts_hold_nothing)
{
    ww_study *study = study_of("tiny.yaml", "lesions: [FFA, V1]\n" BOTH, NULL);
    ww_part *written = parts_of(study);
    const char *path = ww_path("parts.h5");
    char *data;
    size_t bytes;
    fill(study, written, 77);
    expect_nothing(ww_path("nowhere.h5"), study, "no file");
    expect_nothing(ww_file_with_text("text.h5", "no HDF5"), study, "text");
    expect_nothing(ww_path("tiny.yaml"), study, "a brain");
    expect_ok(ww_parts_write(path, study, written));
    expect_ok(ww_file_read(&data, &bytes, path, 1 << 20, arena));
    for (size_t cut = 0; cut < bytes; cut += 1 + bytes / 40)
        expect_nothing(ww_file_with("cut.h5", data, cut), study, "a cut file");
    static const char *const names[] = {"hash", "conditions", "values", "chance"};
    for (int k = 0; k < 8; k++) {
        char name[60];
        snprintf(name, sizeof name, "/lesion-battery/%s", names[k / 2]);
        if (k == 1 || k == 3) /* a text among texts is no damage that can be seen */
            continue;
        expect_ok(ww_parts_write(path, study, written));
        change(path, name, k % 2 ? -1 : 5);
        expect_nothing(path, study, name);
    }
}

Test(study_files, folders_are_made_or_the_reason_is_said)
{
    struct stat s;
    char path[WW_STUDY_PATH];
    expect_ok(ww_study_folders(ww_path("out")));
    expect_ok(ww_study_folders(ww_path("out")));
    cr_assert(stat(ww_path("out/models"), &s) == 0 && S_ISDIR(s.st_mode));
    cr_assert(stat(ww_path("out/parts"), &s) == 0 && stat(ww_path("out/figures"), &s) == 0);
    expect_failure(ww_study_folders(ww_path("no/where")), WW_EIO,
                   "@/no/where: no such file or directory");
    expect_failure(ww_study_folders(ww_file_with_text("file", "")), WW_EIO,
                   "@/file: not a directory");
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = '\0';
    cr_assert_eq(ww_study_folders(path), WW_EINVAL);
    cr_assert_str_eq(ww_error_message(),
                     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                     "...: the name is too long");
    ww_study_model_path(path, "out", "b", 3);
    cr_assert_str_eq(path, "out/models/b-seed3.h5");
    ww_study_part_path(path, "out", "b", 3);
    cr_assert_str_eq(path, "out/parts/b-seed3.h5");
    ww_study_described_path(path, "out", "b", 3, "scene-tasks");
    cr_assert_str_eq(path, "out/parts/b-seed3-scene-tasks.h5");
}

/* The mark of a draft of process `pid` of this machine: its own, with another number. */
static const char *mark_of(pid_t pid)
{
    char mark[WW_DRAFT_MARK];
    ww_draft_mark(mark);
    char *own = ww_arena_strdup(arena, mark), *end = strrchr(own, '-');
    *end = '\0';
    *strrchr(own, '-') = '\0';
    return ww_arena_printf(arena, "%s-%ld-3", own, (long)pid);
}

/* What killed processes left goes when the next run begins; what lives, is of another machine, or
 * is no draft, stays. */
Test(study_files, drafts_of_dead_processes_are_removed)
{
    static const char *const inside[] = {"out", "out/models", "out/parts", "out/figures"};
    pid_t dead = fork();
    if (dead == 0)
        _exit(0);
    cr_assert_eq(waitpid(dead, NULL, 0), dead);
    const char *gone = mark_of(dead), *lives = mark_of(getpid());
    const char *const kept[] = {
        ww_arena_printf(arena, "b.h5%s", lives),
        ww_arena_printf(arena, "b.h5%sx", gone),
        gone, /* of no name */
        "b.h5",
        ww_arena_printf(arena, "b.h5.tmp-another%s", gone + strlen(".tmp-")),
        ww_arena_printf(arena, "b.h5.tmp-%ld-3", (long)dead)};
    enum { KEPT = sizeof kept / sizeof kept[0] };
    expect_ok(ww_study_folders(ww_path("out")));
    for (int i = 0; i < 4; i++) {
        ww_file_with_text(ww_arena_printf(arena, "%s/b.h5%s", inside[i], gone), "x");
        for (int k = 0; k < KEPT; k++)
            ww_file_with_text(ww_arena_printf(arena, "%s/%s", inside[i], kept[k]), "x");
    }
    const char *figure = ww_arena_printf(arena, "out/figures/.figure%s", gone);
    cr_assert_eq(mkdir(ww_path(figure), 0700), 0);
    ww_file_with_text(ww_arena_printf(arena, "%s/dose.gp", figure), "x");
    expect_ok(ww_study_folders(ww_path("out")));
    cr_expect(access(ww_path(figure), F_OK) != 0);
    for (int i = 0; i < 4; i++) {
        const char *name = ww_arena_printf(arena, "%s/b.h5%s", inside[i], gone);
        cr_expect(access(ww_path(name), F_OK) != 0, "%s", name);
        for (int k = 0; k < KEPT; k++) {
            name = ww_arena_printf(arena, "%s/%s", inside[i], kept[k]);
            cr_expect(access(ww_path(name), F_OK) == 0, "%s", name);
        }
    }
}

/* ---- what the numbers depend on ---- */

static uint64_t hash_of(const ww_study *study, int seed, const char *version)
{
    uint64_t hash;
    expect_ok(ww_part_hash(&hash, study, 0, seed, 0, version));
    return hash;
}

#define SEEDS_AND_LESIONS "seeds: [4, 5]\nlesions: [FFA]\n"
#define ONE               "experiments: [scene-tasks]\n"

Test(study_files, hashes_change_with_what_the_numbers_depend_on_and_with_nothing_else)
{
    static const char *const channels[] = {"area.V4.channels=5", NULL};
    static const char *const epochs[] = {"training.epochs=5", NULL};
    static const char *const side[] = {"experiment.tasks.side_deg=1.5", NULL};
    ww_study *study = study_of("tiny.yaml", SEEDS_AND_LESIONS ONE, NULL);
    uint64_t same = hash_of(study, 0, "1.0");
    cr_expect_neq(same, 0);
    cr_expect_neq(hash_of(study, 1, "1.0"), same, "the seed");
    cr_expect_neq(hash_of(study, 0, "1.1"), same, "the version");
    study->train = false;
    cr_expect_neq(hash_of(study, 0, "1.0"), same, "whether it was trained");
    cr_expect_neq(hash_of(study_of("tiny.yaml", SEEDS_AND_LESIONS ONE, channels), 0, "1.0"), same);
    cr_expect_neq(hash_of(study_of("tiny.yaml", SEEDS_AND_LESIONS ONE, epochs), 0, "1.0"), same);
    cr_expect_neq(hash_of(study_of("tiny.yaml", SEEDS_AND_LESIONS ONE, side), 0, "1.0"), same);
    study = study_of("tiny.yaml", SEEDS_AND_LESIONS "experiments: [lesion-battery]\n", NULL);
    cr_expect_neq(hash_of(study, 0, "1.0"), same, "the experiment");
    /* other lesions, other seeds beside it, the same said otherwise, another name of the study */
    study = study_of("tiny.yaml",
                     "seeds: [9, 4]\nsummary: x\nlesions: [V1]\nset: {training.epochs: 4}\n"
                     "experiments: {scene-tasks: {tasks.trials: 1000}, lesion-battery: }\n",
                     NULL);
    study->name = "y";
    cr_expect_eq(hash_of(study, 1, "1.0"), same);
}

static uint64_t hash_of_trained(uint64_t seed)
{
    static const char *const set[] = {"training.epochs=0", NULL};
    ww_model *model;
    ww_train_report report;
    if (seed > 0) {
        expect_ok(ww_model_create(&model, ww_path("tiny.yaml"), set, seed));
        expect_ok(ww_model_train(model, ww_path("t.h5"), false, false, NULL, &report));
        ww_model_free(model);
    }
    return hash_of(study_of("t.h5", SEEDS_AND_LESIONS ONE, NULL), 0, "1.0");
}

Test(study_files, hashes_change_with_the_bytes_of_a_checkpoint)
{
    char *data;
    size_t bytes;
    uint64_t one = hash_of_trained(1);
    expect_ok(ww_file_read(&data, &bytes, ww_path("t.h5"), 1 << 24, arena));
    cr_expect_neq(hash_of_trained(2), one, "trained with another seed");
    ww_file_with("t.h5", data, bytes);
    cr_expect_eq(hash_of_trained(0), one, "the same bytes");
    change(ww_path("t.h5"), "/mark", 1);
    cr_expect_neq(hash_of_trained(0), one, "one dataset more");
    ww_study *study = study_of("t.h5", SEEDS_AND_LESIONS ONE, NULL);
    unlink(ww_path("t.h5"));
    expect_failure(ww_part_hash(&one, study, 0, 0, 0, "1.0"), WW_EIO,
                   "@/t.h5: no such file or directory");
}

/* ---- results ---- */

/* A study whose models have all been measured: intact .9, a loss of `loss` in one task under FFA.
 */
static ww_study *measured(const char *folder, double loss)
{
    ww_study *study = study_of("tiny.yaml", "seeds: 3\nlesions: [FFA]\n" BOTH, NULL);
    char path[WW_STUDY_PATH];
    expect_ok(ww_study_folders(folder));
    for (int s = 0; s < 3; s++) {
        ww_part *part = parts_of(study);
        fill(study, part, 77);
        for (int m = 0; m < WW_TASK_MEASURES; m++) {
            bool error = ww_task_measures[m].is_error;
            double blind = error ? 4 : 0.1, intact = (error ? 0.3 : 0.9) + 0.01 * s;
            part[0].chance[m] = blind;
            part[0].value[m] = intact;
            part[0].value[WW_TASK_MEASURES + m] =
                intact - (m == WW_M_FACE ? loss : 0) * (intact - blind);
        }
        ww_study_part_path(path, folder, "tiny", study->seed[s]);
        expect_ok(ww_parts_write(path, study, part));
        for (int e = 0; e < 2; e++) {
            ww_h5 *file;
            const char *hash = "x", *areas[40];
            double share[120];
            int n = study->spec[0]->n_areas;
            for (int a = 0; a < n; a++) {
                areas[a] = study->spec[0]->area[a].name;
                share[3 * a] = share[3 * a + 1] = share[3 * a + 2] = 0.25;
            }
            ww_study_described_path(path, folder, "tiny", study->seed[s],
                                    study->experiment[e]->item.name);
            expect_ok(ww_h5_create(&file, path));
            expect_ok(ww_h5_write_texts(file, "/hash", &hash, -1));
            expect_ok(ww_h5_write_texts(file, "/describe/areas", areas, n));
            expect_ok(
                ww_h5_write_doubles(file, "/describe/selectivity", share, 2, (int64_t[]){n, 3}));
            expect_ok(ww_h5_attribute(file, "/describe/selectivity", "unit", "share"));
            expect_ok(ww_h5_commit(file));
        }
    }
    return study;
}

Test(study_files, planted_losses_come_back_from_the_results)
{
    const char *folder = ww_path("out"), *const * texts, *unit;
    ww_study *study = measured(folder, 0.7);
    ww_study_options options = {.folder = folder, .command_line = "whatwhere run x"};
    ww_claim *claims;
    ww_h5 *file;
    int n, rank, faces = 0;
    size_t count;
    int64_t dim[8];
    static double value[3 * 2 * WW_TASK_MEASURES], chance[3 * WW_TASK_MEASURES];
    ww_file_with_text("out/results.h5", "what was there before, no HDF5");
    expect_ok(ww_study_results(study, &options, &claims, &n, arena));
    for (int i = 0; i < n; i++)
        if (strcmp(claims[i].id, "ffa-faces") == 0) {
            faces++;
            cr_expect_eq(claims[i].verdict, WW_CLAIM_HELD);
            cr_expect_float_eq(claims[i].value, 0.7, 1e-9);
        }
    cr_expect_eq(faces, 1);
    expect_ok(ww_h5_open(&file, ww_path("out/results.h5")));
    expect_ok(ww_h5_shape(file, "/grid/lesion-battery/value", &rank, dim));
    cr_assert(rank == 4 && dim[0] == 1 && dim[1] == 3 && dim[2] == 2 && dim[3] == WW_TASK_MEASURES);
    expect_ok(ww_h5_read_doubles(file, "/grid/lesion-battery/value", value, 54));
    expect_ok(ww_h5_read_doubles(file, "/grid/lesion-battery/chance", chance, 27));
    ww_grid grid = {.n_brains = 1,
                    .n_seeds = 3,
                    .n_conditions = 2,
                    .n_measures = WW_TASK_MEASURES,
                    .measure = ww_task_measures,
                    .value = value,
                    .chance = chance};
    for (int s = 0; s < 3; s++)
        cr_expect_eq(value[s * 2 * WW_TASK_MEASURES], 0.9 + 0.01 * s, "seed %d", s);
    for (int s = 0; s < 3; s++)
        for (int m = 0; m < WW_TASK_MEASURES; m++)
            cr_expect_float_eq(ww_grid_loss(&grid, 0, s, 1, m), m == WW_M_FACE ? 0.7 : 0, 1e-12);
    expect_ok(ww_h5_read_doubles(file, "/grid/scene-tasks/value", value, 54));
    for (int m = 0; m < WW_TASK_MEASURES; m++) {
        double wanted = planted("FFA", m);
        cr_expect_eq(memcmp(&value[WW_TASK_MEASURES + m], &wanted, sizeof wanted), 0, "%d", m);
    }
    expect_ok(ww_h5_read_texts(file, "/grid/scene-tasks/condition", &texts, &count, arena));
    cr_expect(count == 2 && strcmp(texts[1], "FFA") == 0);
    expect_ok(ww_h5_read_texts(file, "/provenance/configuration", &texts, &count, arena));
    cr_expect_eq(strncmp(texts[0], study->yaml, strlen(study->yaml)), 0);
    expect_ok(ww_h5_read_attribute(file, "/models/tiny-seed2/selectivity", "unit", &unit, arena));
    cr_expect_str_eq(unit, "share");
    expect_ok(ww_h5_read_texts(file, "/models/tiny-seed3/areas", &texts, &count, arena));
    cr_expect_eq((int)count, study->spec[0]->n_areas);
    ww_h5_close(file);
}

/* Each job knows which kernels it used; the results know all. */
Test(study_files, results_hold_the_kernels_of_every_job)
{
    static const char *const line[] = {"conv2d of seed 1 = gemm", "conv2d of seed 2 = winograd"};
    const char *folder = ww_path("out"), *const * texts;
    ww_study *study = measured(folder, 0.7);
    ww_study_options options = {.folder = folder, .command_line = "whatwhere run x"};
    ww_claim *claims;
    ww_h5 *file;
    char path[WW_STUDY_PATH];
    int n, found[2] = {0};
    size_t count;
    for (int s = 0; s < 2; s++) {
        ww_part *part;
        ww_plan_forget();
        expect_ok(ww_plan_read_line(line[s], "test"));
        ww_study_part_path(path, folder, "tiny", study->seed[s]);
        expect_ok(ww_parts_create(&part, study, arena));
        ww_parts_read(path, study, part, arena);
        expect_ok(ww_parts_write(path, study, part));
    }
    ww_plan_forget();
    expect_ok(ww_study_results(study, &options, &claims, &n, arena));
    expect_ok(ww_h5_open(&file, ww_path("out/results.h5")));
    expect_ok(ww_h5_read_texts(file, "/provenance/plan", &texts, &count, arena));
    for (size_t i = 0; i < count; i++)
        for (int s = 0; s < 2; s++)
            found[s] += strcmp(texts[i], line[s]) == 0;
    cr_expect(found[0] == 1 && found[1] == 1, "%d and %d", found[0], found[1]);
    ww_h5_close(file);
}

/* A failure leaves the results of before as they were, and nothing beside them. */
Test(study_files, results_that_cannot_be_made_are_one_line)
{
    const char *folder = ww_path("out");
    ww_study *study = measured(folder, 0.5);
    ww_study_options options = {.folder = folder};
    ww_claim *claims;
    char *data;
    size_t bytes, count;
    int n;
    const char *const *names;
    ww_file_with_text("out/results.h5", "of before");
    ww_file_with_text("out/parts/tiny-seed2-scene-tasks.h5", "no HDF5");
    expect_failure(ww_study_results(study, &options, &claims, &n, arena), WW_EPARSE,
                   "@/out/parts/tiny-seed2-scene-tasks.h5: no HDF5 file");
    unlink(ww_path("out/parts/tiny-seed2-scene-tasks.h5"));
    expect_failure(ww_study_results(study, &options, &claims, &n, arena), WW_EIO,
                   "@/out/parts/tiny-seed2-scene-tasks.h5: no such file or directory");
    expect_ok(ww_file_read(&data, &bytes, ww_path("out/results.h5"), 1 << 20, arena));
    cr_expect_str_eq(data, "of before");
    expect_ok(ww_folder_list(&names, &count, folder, arena));
    cr_expect_eq(count, 4, "models, parts, figures, results.h5");
    unlink(ww_path("out/results.h5"));
    cr_assert_eq(mkdir(ww_path("out/results.h5"), 0777), 0);
    expect_failure(ww_study_results(study, &options, &claims, &n, arena), WW_EIO,
                   "@/out/results.h5: is a directory");
}
