/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/base/plan.h"

TestSuite(base_plan, .fini = ww_plan_forget);

Test(base_plan, the_first_choice_stays)
{
    char kernel[WW_PLAN_KERNEL], line[64], short_line[8];
    cr_assert(!ww_plan_find("a", kernel));
    for (int i = 0; i < 100; i++) { /* more than there is room for at first */
        snprintf(line, sizeof line, "work %d", i);
        cr_assert_eq(ww_plan_record(line, i % 2 == 0 ? "even" : "odd"), WW_OK);
    }
    cr_assert_eq(ww_plan_record("work 7", "even"), WW_OK);
    cr_assert(ww_plan_find("work 7", kernel));
    cr_assert_str_eq(kernel, "odd");
    cr_assert(ww_plan_line(7, line, sizeof line));
    cr_assert_str_eq(line, "work 7 = odd");
    cr_assert(ww_plan_line(7, short_line, sizeof short_line));
    cr_assert_str_eq(short_line, "work 7 ");
    cr_assert(!ww_plan_line(100, line, sizeof line));
    ww_plan_forget();
    cr_assert(!ww_plan_find("work 7", kernel) && !ww_plan_line(0, line, sizeof line));
}

Test(base_plan, lines_are_read_as_they_were_written)
{
    char kernel[WW_PLAN_KERNEL], line[64];
    cr_assert_eq(ww_plan_read_line("conv2d [1, 2] = winograd", "old.h5"), WW_OK);
    cr_assert(ww_plan_find("conv2d [1, 2]", kernel));
    cr_assert_str_eq(kernel, "winograd");
    cr_assert(ww_plan_line(0, line, sizeof line));
    cr_assert_str_eq(line, "conv2d [1, 2] = winograd");
    static const char *const bad[] = {"conv2d", "conv2d = ", " = winograd", "",
                                      "conv2d = a name that is longer than a name of a kernel"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char message[256];
        cr_assert_eq(ww_plan_read_line(bad[i], "old.h5"), WW_EPARSE);
        snprintf(message, sizeof message, "old.h5: '%s': a line of a plan is WORK = KERNEL",
                 bad[i]);
        cr_assert_str_eq(ww_error_message(), message);
    }
}

Test(base_plan, effort)
{
    cr_assert_eq(ww_plan_effort_get(), WW_PLAN_DEFAULT);
    ww_plan_effort_set(WW_PLAN_MEASURE);
    cr_assert_eq(ww_plan_effort_get(), WW_PLAN_MEASURE);
}

static ww_status sleep_or_fail(void *context, int i)
{
    int *runs = context;
    runs[i]++;
    if (i == 2)
        return WW_FAIL(WW_EBACKEND, "the third fails");
    return nanosleep(&(struct timespec){.tv_nsec = i == 0 ? 8000000 : 1000000}, NULL) == 0 ? WW_OK
                                                                                           : WW_EIO;
}

Test(base_plan, a_race_tells_fast_from_slow)
{
    int runs[3] = {0};
    double seconds[3];
    cr_assert_eq(ww_plan_race(2, sleep_or_fail, runs, seconds), WW_OK);
    cr_assert(seconds[0] > seconds[1] && seconds[1] >= 1e-3);
    cr_assert(runs[0] == runs[1] && runs[0] >= 4, "%d and %d runs", runs[0], runs[1]);
    cr_assert_eq(ww_plan_race(3, sleep_or_fail, runs, seconds), WW_EBACKEND);
    cr_assert_str_eq(ww_error_message(), "the third fails");
}
