/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/lesson.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "tests/support/toy_ops.h"

enum { INPUTS = 6, HIDDEN = 8, OUTPUTS = 2 };

static void build(ww_lesson *lesson)
{
    ww_graph *g = lesson->graph = ww_graph_create();
    ww_init he = {.kind = WW_INIT_HE, .value = 1};
    ww_var x = ww_input(g, "x", WW_SHAPE(WW_BATCH, INPUTS));
    ww_var y = ww_input(g, "y", WW_SHAPE(WW_BATCH, OUTPUTS));
    ww_graph_scope(g, "V1");
    ww_var weight = ww_parameter(g, "weight", WW_SHAPE(HIDDEN, INPUTS), he, 1);
    ww_var mean = ww_state(g, "mean", WW_SHAPE(HIDDEN), 0.5);
    ww_var hidden = toy2(g, &toy_centre, toy2(g, &toy_linear, x, weight), mean);
    hidden = toy1(g, &toy_dropout, toy1(g, &toy_tanh, hidden));
    ww_graph_scope(g, "IT");
    weight = ww_parameter(g, "weight", WW_SHAPE(OUTPUTS, HIDDEN), he, 0.5);
    mean = ww_state(g, "mean", WW_SHAPE(OUTPUTS), -0.25);
    ww_var out = toy2(g, &toy_centre, toy2(g, &toy_linear, hidden, weight), mean);
    ww_graph_scope(g, NULL);
    ww_graph_loss(g, "error", toy2(g, &toy_error, out, y), 1);
    cr_assert_eq(ww_graph_end(g), WW_OK, "%s", ww_error_message());
    cr_assert_eq(ww_values_create(&lesson->values, g, 7), WW_OK);
}

static ww_status fetch(const ww_source *self, uint64_t epoch, const uint64_t *index, size_t n,
                       ww_feed *feed, size_t n_feeds)
{
    ww_lesson *lesson = self->context;
    int call = atomic_fetch_add(&lesson->fetches, 1) + 1;
    (void)epoch;
    if (call == lesson->fetch_interrupts_at)
        ww_interrupt();
    if (call == lesson->fetch_fails_at)
        return WW_FAIL(WW_EIO, "faces/%d.png: no such file", (int)index[0]);
    for (size_t f = 0; f < n_feeds; f++)
        for (size_t i = 0; i < n; i++) {
            ww_random random = ww_random_stream(3, feed[f].name, index[i]);
            for (size_t k = 0; k < feed[f].floats; k++)
                feed[f].data[i * feed[f].floats + k] = (float)ww_random_normal(&random);
        }
    return WW_OK;
}

static ww_status validate(void *context, ww_values *values, double *score, char *note, size_t bytes)
{
    ww_lesson *lesson = context;
    size_t n;
    const float *parameter = ww_values_parameters(values, &n);
    int call = ++lesson->validations;
    if (call == lesson->validation_interrupts_at) {
        ww_interrupt();
        if (lesson->validation_gives_up)
            return WW_FAIL(WW_EINTERRUPTED, "validation was interrupted");
    }
    *score = lesson->scores ? lesson->scores[call - 1] : sin(100 * (double)parameter[3]);
    snprintf(note, bytes, "%s", lesson->note);
    return WW_OK;
}

static ww_lesson *lesson_of(ww_progress *progress)
{
    return (ww_lesson *)(void *)((char *)progress - offsetof(ww_lesson, progress));
}

static void see_step(ww_progress *self, const char *task, double done, double total,
                     const char *note)
{
    ww_lesson *lesson = lesson_of(self);
    cr_assert_str_eq(task, "training");
    cr_assert(done > lesson->last_done && done <= total && note != NULL);
    lesson->last_done = done;
    lesson->last_total = total;
    if (done == lesson->interrupt_after)
        ww_interrupt();
    if (lesson->after_step)
        lesson->after_step(lesson);
}

static void see_line(ww_progress *self, const char *text)
{
    snprintf(lesson_of(self)->line, sizeof lesson_of(self)->line, "%s", text);
}

void ww_lesson_open(ww_lesson *lesson)
{
    memset(lesson, 0, sizeof *lesson);
    build(lesson);
    lesson->source = (ww_source){LESSON_SAMPLES, fetch, lesson, NULL};
    ww_params_defaults(ww_training_params, &lesson->training);
    lesson->training.rate = 0.02;
    lesson->training.schedule = WW_RATE_CONSTANT;
    lesson->training.batch = LESSON_BATCH;
    lesson->training.epochs = 4;
    lesson->progress = (ww_progress){.step = see_step, .line = see_line};
    lesson->interrupt_after = -1;
    lesson->options = (ww_train_options){.training = &lesson->training,
                                         .seed = 7,
                                         .progress = &lesson->progress,
                                         .validate = validate,
                                         .context = lesson};
    ww_interrupt_clear();
}

void ww_lesson_close(ww_lesson *lesson)
{
    ww_values_free(lesson->values);
    ww_graph_free(lesson->graph);
    ww_interrupt_clear();
}

ww_status ww_lesson_train(ww_lesson *lesson)
{
    lesson->last_done = 0;
    return ww_train(lesson->graph, lesson->values, &lesson->source, &lesson->options,
                    &lesson->report);
}

bool ww_lesson_same(ww_lesson *a, ww_lesson *b)
{
    for (size_t i = 0; i < ww_values_count(a->values); i++) {
        const ww_value *x = ww_values_at(a->values, i), *y = ww_values_at(b->values, i);
        if (memcmp(x->data, y->data, x->size * sizeof(float)) != 0)
            return false;
    }
    return true;
}
