/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a brain with two streams shows when it has learned: it sees, it loses faces with FFA and all
 * of it with V1, noise takes more the more of it there is; and a brain that was taught with labels
 * of other scenes stays at chance. Two brains are trained as the demonstration trains them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectome/model_parts.h"
#include "engine/base/random.h"
#include "experiments/parts/damage.h"
#include "experiments/parts/tasks.h"
#include "tests/support/folder.h"

TestSuite(streams, .init = ww_folder_make, .fini = ww_folder_remove);

enum { BRAINS = 2, TRIALS = 1000, LABELS = WW_M_MOTION + 1, DOSES = 5, NOISES = 3 };

static const uint64_t fresh_seed = 1001; /* of the scenes it is tested on */

struct tested {
    ww_model *model;
    void *state;
    ww_damage damage;
    double intact[WW_TASK_MEASURES], chance[WW_TASK_MEASURES];
};

static struct tested trained(uint64_t seed)
{
    static const ww_task_params params = {.trials = TRIALS, .side_deg = 1};
    struct tested t = {.model = NULL};
    ww_train_report report;
    expect_ok(ww_model_create(&t.model, "two-streams-small", NULL, seed));
    expect_ok(ww_model_train(t.model, NULL, false, false, NULL, &report));
    expect_ok(ww_tasks_open(&t.state, &params, t.model, fresh_seed));
    ww_tasks_chance(t.state, t.model, t.chance);
    expect_ok(ww_tasks_measure(t.state, t.model, t.intact));
    return t;
}

/* What a lesion costs each task: the share of what was above chance. */
static void lose(struct tested *t, const char *word, uint64_t seed, double *loss)
{
    ww_lesion lesion;
    double value[WW_TASK_MEASURES];
    expect_ok(ww_lesion_parse(&lesion, word, "", t->model->brain, t->model->arena));
    expect_ok(ww_damage_apply(&t->damage, t->model, &lesion, seed, t->model->arena));
    expect_ok(ww_tasks_measure(t->state, t->model, value));
    ww_lesion_clear(t->model->brain, t->model->values);
    for (int m = 0; m < WW_TASK_MEASURES; m++)
        loss[m] = (t->intact[m] - value[m]) / (t->intact[m] - t->chance[m]);
}

static void check_sight(const struct tested *t)
{
    static const double least[LABELS] = {0.9, 0.8, 0.8, 0.8, 0.8, 0.8};
    for (int m = 0; m < LABELS; m++)
        cr_expect(t->intact[m] > least[m], "%s: %g", ww_task_measures[m].name, t->intact[m]);
    cr_expect(t->intact[WW_M_POSITION] < 0.25 * t->chance[WW_M_POSITION], "position: %g deg",
              t->intact[WW_M_POSITION]);
}

static void check_lesions(struct tested *t)
{
    double loss[WW_TASK_MEASURES];
    lose(t, "FFA", 1, loss);
    cr_expect(loss[WW_M_FACE] > 0.5, "FFA: %g of faces", loss[WW_M_FACE]);
    cr_expect(loss[WW_M_FACE] > loss[WW_M_WORD] + 0.4, "FFA: %g of faces, %g of words",
              loss[WW_M_FACE], loss[WW_M_WORD]);
    lose(t, "V1", 1, loss);
    for (int m = 0; m <= WW_M_POSITION; m++)
        cr_expect(loss[m] > 0.5, "V1: %g of %s", loss[m], ww_task_measures[m].name);
}

/* The mean loss over labels, brains and draws of the noise rises with its dose. */
static void check_noise(struct tested *t)
{
    static const double doses[DOSES] = {0, 1, 2, 4, 8};
    double mean[DOSES] = {0}, loss[WW_TASK_MEASURES];
    for (int d = 0; d < DOSES; d++) {
        char word[60];
        snprintf(word, sizeof word, "V1:how=noise,dose=%g", doses[d]);
        for (int b = 0; b < BRAINS; b++)
            for (uint64_t seed = 1; seed <= NOISES; seed++) {
                lose(&t[b], word, seed, loss);
                for (int m = 0; m < LABELS; m++)
                    mean[d] += loss[m] / (LABELS * BRAINS * NOISES);
            }
        if (d > 0)
            cr_expect(mean[d] > mean[d - 1], "noise of %g sd costs %g, of %g sd %g", doses[d],
                      mean[d], doses[d - 1], mean[d - 1]);
    }
    cr_expect_eq(mean[0], 0);
    cr_expect(mean[DOSES - 1] > 0.5, "noise of 8 sd costs %g", mean[DOSES - 1]);
}

Test(streams, a_trained_brain_sees_and_loses_what_its_lesions_take)
{
    struct tested t[BRAINS];
    for (int b = 0; b < BRAINS; b++) {
        t[b] = trained((uint64_t)b + 1);
        check_sight(&t[b]);
        check_lesions(&t[b]);
    }
    check_noise(t);
    for (int b = 0; b < BRAINS; b++) {
        ww_tasks_close(t[b].state);
        ww_model_free(t[b].model);
    }
}

/* ---- taught with the labels of other scenes ---- */

/* Scenes that are shown again and again, each with its own labels or with those of another, and of
 * yet another in the next epoch. */
struct pages {
    const ww_brain *brain;
    const ww_trials *trials;
    bool shuffled;
};

static size_t labels_of(const struct pages *p, uint64_t epoch, uint64_t scene)
{
    ww_random random = ww_random_stream(1, "test/shuffle", epoch);
    uint32_t others = (uint32_t)p->trials->count - 1;
    return (scene + (p->shuffled ? 1 + ww_random_below(&random, others) : 0)) % p->trials->count;
}

static ww_status turn(const ww_source *self, uint64_t epoch, const uint64_t *index, size_t n,
                      ww_feed *feed, size_t n_feeds)
{
    const struct pages *p = self->context;
    for (size_t f = 0; f < n_feeds; f++)
        for (size_t i = 0; i < n; i++) {
            float *to = feed[f].data + i * feed[f].floats;
            if (strcmp(feed[f].name, "movie") == 0) {
                memcpy(to, p->trials->movie + index[i] * feed[f].floats,
                       feed[f].floats * sizeof *to);
                continue;
            }
            int task = ww_brain_task_find(p->brain, feed[f].name + strlen("label/"));
            ww_task_truth(p->brain, &p->brain->task[task],
                          &p->trials->truth[labels_of(p, epoch, index[i])], to);
        }
    return WW_OK;
}

/* Learns `scenes` scenes again and again; value[task measures] on fresh ones. */
static void learn_pages(bool shuffled, size_t scenes, double *value, double *chance)
{
    static const ww_task_params params = {.trials = TRIALS, .side_deg = 1};
    ww_model *model;
    ww_trials *trials;
    ww_train_report report;
    void *state;
    expect_ok(ww_model_create(&model, "two-streams-small", NULL, 1));
    expect_ok(ww_trials_draw(&trials, model->brain, scenes, 5, "pages"));
    struct pages pages = {model->brain, trials, shuffled};
    ww_source source = {scenes, turn, &pages, NULL};
    expect_ok(ww_model_fit(model, &source, NULL, NULL, NULL, false, false, NULL, &report));
    expect_ok(ww_tasks_open(&state, &params, model, fresh_seed));
    ww_tasks_chance(state, model, chance);
    expect_ok(ww_tasks_measure(state, model, value));
    ww_tasks_close(state);
    ww_trials_free(trials);
    ww_model_free(model);
}

Test(streams, shuffled_labels_teach_nothing)
{
    enum { SCENES = 1500 };
    double value[2][WW_TASK_MEASURES], chance[WW_TASK_MEASURES];
    for (int shuffled = 0; shuffled < 2; shuffled++)
        learn_pages(shuffled, SCENES, value[shuffled], chance);
    /* Brains see well enough to take what labels a class of scenes got more often than others by
     * luck: a small allowance beside the sampling error. */
    for (int m = 0; m < LABELS; m++) {
        bool all = m == WW_M_CATEGORY || m == WW_M_COLOUR || m == WW_M_MOTION;
        double asked = all ? 0.65 * TRIALS : TRIALS / 3.0; /* a word has no face */
        double error = sqrt(chance[m] * (1 - chance[m]) / asked);
        cr_expect(value[0][m] > chance[m] + 0.15, "%s: %g with its own labels",
                  ww_task_measures[m].name, value[0][m]);
        cr_expect(fabs(value[1][m] - chance[m]) < 3 * error + 0.05, "%s: %g with labels of others",
                  ww_task_measures[m].name, value[1][m]);
    }
    cr_expect(value[1][WW_M_POSITION] > 0.9 * chance[WW_M_POSITION], "position: %g deg",
              value[1][WW_M_POSITION]);
}
