/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A brain that learns on one thread and on two: the same bits for the same number, the same numbers
 * but for rounding for another. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "connectome/model.h"
#include "engine/base/threads.h"
#include "tests/support/folder.h"
#include "tests/support/tiny.h"

TestSuite(threads, .init = ww_folder_make, .fini = ww_folder_remove);

enum { LOSSES = 2 };
static const int steps[LOSSES] = {1, 5};

struct lesson {
    double loss[LOSSES]; /* of the first step and of the last */
    float *weight;       /* after the last */
    size_t n;
};

/* An epoch has one step: the loss of the last epoch is that of the last step. */
static struct lesson learn(int threads)
{
    struct lesson lesson = {.weight = NULL};
    ww_threads_set(threads);
    for (int k = 0; k < LOSSES; k++) {
        ww_model *model;
        ww_train_report report;
        expect_ok(ww_model_create(&model, ww_path("tiny.yaml"), NULL, 3));
        model->brain->training.schedule = WW_RATE_CONSTANT;
        model->brain->training.epochs = steps[k];
        model->brain->samples_per_epoch = model->brain->training.batch;
        model->brain->validation_samples = 0;
        expect_ok(ww_model_train(model, NULL, false, false, NULL, &report));
        lesson.loss[k] = report.loss;
        const float *weight = ww_values_parameters(model->values, &lesson.n);
        lesson.weight = realloc(lesson.weight, lesson.n * sizeof *weight);
        memcpy(lesson.weight, weight, lesson.n * sizeof *weight);
        ww_model_free(model);
    }
    return lesson;
}

static double difference(const struct lesson *a, const struct lesson *b)
{
    double power = 0, sum = 0;
    for (size_t i = 0; i < a->n; i++) {
        power += (double)a->weight[i] * a->weight[i];
        sum += pow((double)a->weight[i] - b->weight[i], 2);
    }
    return sqrt(sum / power);
}

Test(threads, training_on_one_and_on_two_agrees)
{
    ww_tiny_brain();
    struct lesson one = learn(1), two = learn(2), again = learn(2);
    cr_assert(one.n == two.n && one.n > 0);
    cr_expect_eq(memcmp(two.loss, again.loss, sizeof two.loss), 0);
    cr_expect_eq(memcmp(two.weight, again.weight, two.n * sizeof(float)), 0);
    for (int k = 0; k < LOSSES; k++)
        cr_expect(fabs(two.loss[k] / one.loss[k] - 1) < 1e-5, "step %d: %.9g and %.9g", steps[k],
                  one.loss[k], two.loss[k]);
    cr_expect_neq(one.loss[0], one.loss[1], "it learns nothing");
    double apart = difference(&one, &two);
    cr_expect(apart < 1e-5, "weights differ by %g", apart);
    free(one.weight), free(two.weight), free(again.weight);
}
