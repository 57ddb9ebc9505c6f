/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Learning rates at the ends and corners of their schedules. */
#include <criterion/criterion.h>
#include <math.h>

#include "engine/learning/train.h"

static ww_training training_of(ww_schedule_kind schedule)
{
    ww_training t;
    ww_params_defaults(ww_training_params, &t);
    t.rate = 0.372;
    t.schedule = schedule;
    t.epochs = 20;
    return t;
}

static void same(double x, double want)
{
    cr_assert_float_eq(x, want, 1e-12, "%.12g, not %.12g", x, want);
}

Test(schedule, defaults_are_in_range_and_parse)
{
    ww_training t;
    ww_arena *arena = ww_arena_create();
    ww_params_defaults(ww_training_params, &t);
    for (const ww_param *p = ww_training_params; p->name; p++) {
        char text[64];
        ww_param_print(p, &t, text, sizeof text);
        cr_assert_eq(ww_params_set(ww_training_params, &t, p->name, text, "", arena), WW_OK, "%s",
                     ww_error_message());
    }
    cr_assert_eq(ww_params_set(ww_training_params, &t, "schedule", "cosin", "training.", arena),
                 WW_EPARSE);
    cr_assert_str_eq(ww_error_message(), "training.schedule: 'cosin' is not one of constant, step, "
                                         "cosine; did you mean 'cosine'?");
    ww_arena_free(arena);
}

Test(schedule, constant_is_constant)
{
    ww_training t = training_of(WW_RATE_CONSTANT);
    for (double s = 0; s <= 140; s++)
        same(ww_training_rate(&t, s, 7), 0.372);
}

Test(schedule, step_drops_at_its_epochs)
{
    ww_training t = training_of(WW_RATE_STEP);
    t.step_epochs = 6;
    t.step_factor = 0.3;
    same(ww_training_rate(&t, 0, 7), 0.372);
    same(ww_training_rate(&t, 41, 7), 0.372);
    same(ww_training_rate(&t, 42, 7), 0.372 * 0.3);
    same(ww_training_rate(&t, 83, 7), 0.372 * 0.3);
    same(ww_training_rate(&t, 84, 7), 0.372 * 0.09);
}

Test(schedule, cosine_ends_where_it_should)
{
    ww_training t = training_of(WW_RATE_COSINE);
    t.final_fraction = 0.13;
    same(ww_training_rate(&t, 0, 7), 0.372);
    same(ww_training_rate(&t, 70, 7), 0.372 * (1 + 0.13) / 2);
    same(ww_training_rate(&t, 140, 7), 0.372 * 0.13);
    same(ww_training_rate(&t, 150, 7), 0.372 * 0.13);
    for (double s = 1; s <= 140; s++)
        cr_assert_lt(ww_training_rate(&t, s, 7), ww_training_rate(&t, s - 1, 7));
    same(ww_training_rate(&t, 35, 7) + ww_training_rate(&t, 105, 7), 0.372 * 1.13); /* odd */
}

Test(schedule, warm_up_rises_by_equal_steps_to_the_whole_rate)
{
    for (int kind = WW_RATE_CONSTANT; kind <= WW_RATE_COSINE; kind++) {
        ww_training t = training_of((ww_schedule_kind)kind);
        t.warm_up_epochs = 3;
        for (double s = 0; s < 21; s++)
            same(ww_training_rate(&t, s, 7), 0.372 * (s + 1) / 21);
        same(ww_training_rate(&t, 21, 7), 0.372);
        cr_assert_leq(ww_training_rate(&t, 22, 7), 0.372);
    }
    ww_training t = training_of(WW_RATE_COSINE);
    t.warm_up_epochs = 3;
    t.final_fraction = 0;
    same(ww_training_rate(&t, 21 + 59.5, 7), 0.372 / 2);
    same(ww_training_rate(&t, 140, 7), 0);
    t.warm_up_epochs = 20; /* nothing but warm-up */
    same(ww_training_rate(&t, 139, 7), 0.372);
    t.warm_up_epochs = 40;
    same(ww_training_rate(&t, 139, 7), 0.372 / 2);
}
