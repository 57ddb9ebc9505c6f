/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Categorisation in clutter on a small HMAX: numbers that fit each other, what a lesion leaves, the
 * pictures, and what is refused. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "connectome/model.h"
#include "engine/base/threads.h"
#include "experiments/parts/hmax_clutter.h"
#include "stimuli/stimulus.h"
#include "tests/support/folder.h"

extern const ww_experiment ww_experiment_hmax_clutter;
extern const ww_stimulus ww_stimulus_clutter;

static void begin(void)
{
    ww_folder_make();
    ww_threads_set(1); /* tests run side by side */
}

TestSuite(experiments_clutter, .init = begin, .fini = ww_folder_remove);

#define V1_OF_2_BANDS                                                                              \
    "area.V1.size_px=7,9,11,13", "area.V1.sigma_px=2.8,3.6,4.5,5.4",                               \
        "area.V1.lambda_px=3.5,4.6,5.6,6.8", "area.V1.sizes_per_band=2,2", "area.V1.pool_px=6,8",  \
        "area.V1.step_px=3,4"

static const char *const small[] = {"view.width_px=64",
                                    "view.height_px=64",
                                    "view.deg_per_px=0.109",
                                    V1_OF_2_BANDS,
                                    "area.V4.sizes=4",
                                    "area.V4.per_size=40",
                                    NULL};
static const char *const larger[] = {"view.width_px=128",
                                     "view.height_px=128",
                                     "view.deg_per_px=0.0547",
                                     V1_OF_2_BANDS,
                                     "area.V4.sizes=4,8,12",
                                     "area.V4.per_size=100",
                                     NULL};

enum { TRIALS = 12, MORE = 60 };

struct params {
    int imprinted, learned, trials;
};

struct rig {
    ww_model *model;
    void *state;
    struct params params;
    double value[MEASURES];
};

static void rig_open(struct rig *rig, const char *const *set, uint64_t seed)
{
    const ww_experiment *e = &ww_experiment_hmax_clutter;
    cr_assert_eq(e->item.params_size, sizeof rig->params);
    rig->params = set == small ? (struct params){8, 20, TRIALS} : (struct params){20, 60, MORE};
    cr_assert_eq(ww_model_create(&rig->model, "hmax-2007", set, 1), WW_OK, "%s",
                 ww_error_message());
    cr_assert_eq(e->open(&rig->state, &rig->params, rig->model, seed), WW_OK, "%s",
                 ww_error_message());
    cr_assert_eq(e->measure(rig->state, rig->model, rig->value), WW_OK);
}

static void rig_close(struct rig *rig)
{
    ww_experiment_hmax_clutter.close(rig->state);
    ww_model_free(rig->model);
}

/* The tables that a model leaves. */
static void described(struct rig *rig, double accuracy[READ][SIZES], double decision[SIZES][TRIALS])
{
    ww_h5 *file;
    const char *path = ww_path("described.h5");
    cr_assert_eq(ww_h5_create(&file, path), WW_OK, "%s", ww_error_message());
    cr_assert_eq(ww_experiment_hmax_clutter.describe(rig->state, rig->model, file, ""), WW_OK);
    expect_ok(ww_h5_commit(file));
    cr_assert_eq(ww_h5_open(&file, path), WW_OK, "%s", ww_error_message());
    cr_assert_eq(ww_h5_read_doubles(file, "/accuracy", &accuracy[0][0], READ * SIZES), WW_OK);
    cr_assert_eq(ww_h5_read_doubles(file, "/decision", &decision[0][0], SIZES * TRIALS), WW_OK);
    ww_h5_close(file);
}

Test(experiments_clutter, numbers_fit_each_other)
{
    struct rig rig;
    double accuracy[READ][SIZES], decision[SIZES][TRIALS], sum[READ] = {0};
    rig_open(&rig, small, 1);
    described(&rig, accuracy, decision);
    for (int i = 0; i < SIZES; i++) {
        double right = 0;
        for (int t = 0; t < TRIALS; t++) /* faces and objects take turns */
            right += (decision[i][t] > 0) == (t % 2 == 0);
        cr_assert_float_eq(rig.value[M_ACCURACY + i], right / TRIALS, 1e-12);
        cr_assert_eq(accuracy[C2][i], rig.value[M_ACCURACY + i]);
        if (i > 0)
            cr_assert_eq(rig.value[M_LOSS + i - 1], accuracy[C2][i - 1] - accuracy[C2][i]);
        for (int k = 0; k < READ; k++)
            sum[k] += accuracy[k][i] / SIZES;
    }
    for (int k = 0; k < READ; k++)
        cr_assert_float_eq(rig.value[M_OVERALL + k], sum[k], 1e-12);
    cr_assert_float_eq(rig.value[M_GAIN], sum[C2] - sum[STATISTICS], 1e-12);
    cr_assert_float_eq(rig.value[M_GAIN + 1], sum[C2] - sum[PIXELS], 1e-12);
    rig_close(&rig);
}

Test(experiments_clutter, large_faces_are_told_from_objects)
{
    struct rig rig;
    rig_open(&rig, larger, 1);
    double large = (rig.value[M_ACCURACY] + rig.value[M_ACCURACY + 1]) / 2;
    cr_assert(large > 0.62, "%g; 2.6 standard errors above guessing are wanted", large);
    rig_close(&rig);
}

Test(experiments_clutter, the_same_again_and_other_pictures_with_another_seed)
{
    struct rig one, again, other;
    double a[READ][SIZES], first[SIZES][TRIALS], second[SIZES][TRIALS], third[SIZES][TRIALS];
    rig_open(&one, small, 1), rig_open(&again, small, 1), rig_open(&other, small, 2);
    described(&one, a, first), described(&again, a, second), described(&other, a, third);
    cr_assert(memcmp(first, second, sizeof first) == 0);
    cr_assert(memcmp(first, third, sizeof first) != 0);
    cr_assert_eq(ww_experiment_hmax_clutter.measure(one.state, one.model, one.value), WW_OK);
    described(&one, a, third);
    cr_assert(memcmp(first, third, sizeof first) == 0, "measured again");
    rig_close(&one), rig_close(&again), rig_close(&other);
}

/* ---- pictures ---- */

enum { SIDE = 96 };

/* Without `key`: "faces" or "objects". */
static ww_truth picture(const char *key, uint64_t index, float *rgb, unsigned char *mask)
{
    static const ww_view view = {SIDE, SIDE, 1, 0.07, 50};
    ww_truth truth;
    ww_arena *arena = ww_arena_create();
    void *params = ww_arena_alloc(arena, ww_stimulus_clutter.item.params_size);
    ww_params_defaults(ww_stimulus_clutter.item.params, params);
    expect_ok(ww_params_set(ww_stimulus_clutter.item.params, params, key, "no", "", arena));
    expect_ok(ww_stimulus_clutter.draw(NULL, params, &view, 3, index, rgb, mask, &truth));
    ww_arena_free(arena);
    return truth;
}

Test(experiments_clutter, sets_share_no_picture_and_are_balanced)
{
    enum { N = 80 };
    uint64_t index[3 * N];
    int faces[3][SIZES] = {{0}};
    for (int i = 0; i < 3 * N; i++) {
        ww_clutter_picture p = ww_clutter_picture_of(i / N, (size_t)(i % N));
        index[i] = p.index;
        faces[i / N][p.size] += p.face ? 1 : -1;
        for (int k = 0; k < i; k++)
            cr_assert_neq(index[k], p.index);
    }
    for (int i = 0; i < 3 * SIZES; i++)
        cr_assert_eq(faces[i / SIZES][i % SIZES], 0);
}

Test(experiments_clutter, prototypes_are_pieces_of_what_c1_says)
{
    struct rig rig;
    ww_model *fresh;
    rig_open(&rig, small, 1);
    cr_assert_eq(ww_model_create(&fresh, "hmax-2007", small, 1), WW_OK);
    const ww_value *before = ww_values_find(fresh->values, "V4/prototype.4");
    const ww_value *now = ww_values_find(rig.model->values, "V4/prototype.4");
    for (size_t k = 0; k < 40; k++) { /* each anew, some edge in each, magnitudes of S1 */
        double most = 0;
        for (size_t i = 0; i < now->size / 40; i++) {
            size_t at = k * (now->size / 40) + i;
            cr_assert(now->data[at] >= 0 && now->data[at] <= 1 &&
                      now->data[at] != before->data[at]);
            most = fmax(most, (double)now->data[at]);
        }
        cr_assert(most > 0.05, "prototype %zu: %g", k, most);
    }
    ww_model_free(fresh);
    rig_close(&rig);
}

Test(experiments_clutter, a_thing_hides_leaves_and_changes_nothing_else)
{
    enum { N = SIDE * SIDE };
    static float face[3 * N], object[3 * N];
    static unsigned char where[2][N];
    for (uint64_t i = 0; i < 12; i++) {
        ww_truth f = picture("objects", i, face, where[0]);
        ww_truth o = picture("faces", i, object, where[1]);
        int covered[2] = {0}, same = 0;
        cr_assert(f.category == 0 && f.face >= 0 && o.category == 2 && o.object >= 0);
        cr_assert(f.size_deg == 3 && o.size_deg == 3);
        for (int k = 0; k < N; k++) {
            cr_assert(face[k] == face[N + k] && face[k] == face[2 * N + k], "not grey");
            cr_assert(face[k] >= 0 && face[k] <= 1);
            covered[0] += where[0][k] != 0;
            covered[1] += where[1][k] != 0;
            same += face[k] == object[k];
        }
        /* of its square of 3 / 6.72 of the side, a thing covers some part; all else is leaves */
        for (int t = 0; t < 2; t++)
            cr_assert(covered[t] > 0.05 * N && covered[t] < 0.2 * N, "%d of %d", covered[t], N);
        cr_assert(same > 0.55 * N, "%d of %d", same, N);
    }
}

/* ---- lesions and messages ---- */

/* Without C2 the classifier says the same of every picture. */
Test(experiments_clutter, a_lesion_of_all_of_c2_leaves_guessing)
{
    struct rig rig;
    double value[MEASURES];
    ww_lesion lesion;
    ww_arena *arena = ww_arena_create();
    double accuracy[READ][SIZES], decision[SIZES][TRIALS], again[SIZES][TRIALS];
    rig_open(&rig, small, 1);
    described(&rig, accuracy, decision);
    ww_brain *brain = rig.model->brain;
    cr_assert_eq(ww_lesion_parse(&lesion, "V4", "", brain, arena), WW_OK, "%s", ww_error_message());
    cr_assert_eq(ww_lesion_apply(brain, rig.model->values, &lesion, 1, 1, NULL), WW_OK);
    cr_assert_eq(ww_experiment_hmax_clutter.measure(rig.state, rig.model, value), WW_OK);
    for (int i = 0; i < SIZES; i++)
        cr_assert_float_eq(value[M_ACCURACY + i], 0.5, 1e-12, "%g", value[M_ACCURACY + i]);
    described(&rig, accuracy, again); /* of the intact brain still */
    cr_assert(memcmp(decision, again, sizeof again) == 0);
    cr_assert_eq(accuracy[C2][0], rig.value[M_ACCURACY]);
    for (int k = STATISTICS; k < READ; k++) /* which hear nothing of it */
        cr_assert_eq(value[M_OVERALL + k], rig.value[M_OVERALL + k]);
    ww_arena_free(arena);
    rig_close(&rig);
}

Test(experiments_clutter, brains_that_are_not_imprinted)
{
    static const char *const film[] = {"view.frames=2", NULL};
    static const struct {
        const char *brain;
        const char *const *set;
        const char *message;
    } rows[] = {
        {"hmax-1999", NULL, "brain hmax-1999 has no area whose prototypes are imprinted (hmax-c2)"},
        {"hmax-2007", film, "brain hmax-2007: pictures are shown as one frame, not as 2"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct params params = {8, 20, TRIALS};
        ww_model *model;
        void *state;
        cr_assert_eq(ww_model_create(&model, rows[i].brain, rows[i].set, 1), WW_OK, "%s",
                     ww_error_message());
        cr_assert_eq(ww_experiment_hmax_clutter.open(&state, &params, model, 1), WW_EINVAL);
        cr_assert_str_eq(ww_error_message(), rows[i].message);
        ww_experiment_hmax_clutter.close(state);
        ww_model_free(model);
    }
}

/* Pairs of a face and an object go round the sizes, so odd numbers would not come out even. */
Test(experiments_clutter, odd_numbers_of_pictures)
{
    static const struct params odd[] = {{8, 21, 12}, {8, 20, 13}};
    static const char *const message[] = {
        "hmax-clutter: learned = 21: an even number is wanted, half of the pictures have a face",
        "hmax-clutter: trials = 13: an even number is wanted, half of the pictures have a face"};
    ww_model *model;
    cr_assert_eq(ww_model_create(&model, "hmax-2007", small, 1), WW_OK);
    for (int i = 0; i < 2; i++) {
        void *state;
        cr_assert_eq(ww_experiment_hmax_clutter.open(&state, &odd[i], model, 1), WW_EINVAL);
        cr_assert_str_eq(ww_error_message(), message[i]);
        ww_experiment_hmax_clutter.close(state);
    }
    ww_model_free(model);
}
