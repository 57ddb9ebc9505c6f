/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/base/plan.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/progress.h"

enum { MOST_CANDIDATES = 16, LEAST_ROUNDS = 3, MOST_ROUNDS = 15 };
static const double RACE_S = 0.1;

struct choice {
    char *work;
    char kernel[WW_PLAN_KERNEL];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct choice *choices;
static size_t count, room;
static ww_plan_effort effort_now = WW_PLAN_DEFAULT;

void ww_plan_effort_set(ww_plan_effort effort)
{
    pthread_mutex_lock(&lock);
    effort_now = effort;
    pthread_mutex_unlock(&lock);
}

ww_plan_effort ww_plan_effort_get(void)
{
    pthread_mutex_lock(&lock);
    ww_plan_effort effort = effort_now;
    pthread_mutex_unlock(&lock);
    return effort;
}

/* With the lock held. */
static const struct choice *find(const char *work)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(choices[i].work, work) == 0)
            return &choices[i];
    return NULL;
}

bool ww_plan_find(const char *work, char kernel[WW_PLAN_KERNEL])
{
    pthread_mutex_lock(&lock);
    const struct choice *choice = find(work);
    if (choice != NULL)
        memcpy(kernel, choice->kernel, WW_PLAN_KERNEL);
    pthread_mutex_unlock(&lock);
    return choice != NULL;
}

/* With the lock held; false when out of memory. */
static bool add(const char *work, const char *kernel)
{
    if (count == room) {
        struct choice *more = realloc(choices, (2 * room + 16) * sizeof *more);
        if (more == NULL)
            return false;
        choices = more;
        room = 2 * room + 16;
    }
    struct choice *choice = &choices[count];
    choice->work = strdup(work);
    snprintf(choice->kernel, sizeof choice->kernel, "%s", kernel);
    count += choice->work != NULL;
    return choice->work != NULL;
}

ww_status ww_plan_record(const char *work, const char *kernel)
{
    pthread_mutex_lock(&lock);
    bool done = find(work) != NULL || add(work, kernel);
    pthread_mutex_unlock(&lock);
    return done ? WW_OK : WW_FAIL(WW_ENOMEM, "out of memory for a plan");
}

bool ww_plan_line(size_t i, char *line, size_t bytes)
{
    pthread_mutex_lock(&lock);
    bool there = i < count;
    if (there)
        snprintf(line, bytes, "%s = %s", choices[i].work, choices[i].kernel);
    pthread_mutex_unlock(&lock);
    return there;
}

ww_status ww_plan_read_line(const char *line, const char *where)
{
    const char *equals = strstr(line, " = ");
    size_t length = equals == NULL ? 0 : (size_t)(equals - line);
    if (length == 0 || equals[3] == '\0' || strlen(equals + 3) >= WW_PLAN_KERNEL)
        return WW_FAIL(WW_EPARSE, "%s: '%.100s': a line of a plan is WORK = KERNEL", where, line);
    char *work = strndup(line, length);
    if (work == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for a plan");
    ww_status status = ww_plan_record(work, equals + 3);
    free(work);
    return status;
}

void ww_plan_forget(void)
{
    pthread_mutex_lock(&lock);
    while (count > 0)
        free(choices[--count].work);
    free(choices);
    choices = NULL;
    room = 0;
    pthread_mutex_unlock(&lock);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

ww_status ww_plan_race(int n, ww_status (*run)(void *context, int i), void *context,
                       double *seconds)
{
    double taken[MOST_CANDIDATES][MOST_ROUNDS];
    assert(n <= MOST_CANDIDATES);
    for (int i = 0; i < n; i++)
        WW_TRY(run(context, i));
    int rounds = 0;
    double start = ww_clock_s();
    for (; rounds < MOST_ROUNDS && (rounds < LEAST_ROUNDS || ww_clock_s() - start < RACE_S);
         rounds++)
        for (int i = 0; i < n; i++) {
            double begin = ww_clock_s();
            WW_TRY(run(context, i));
            taken[i][rounds] = ww_clock_s() - begin;
        }
    for (int i = 0; i < n; i++) {
        qsort(taken[i], (size_t)rounds, sizeof(double), by_value);
        seconds[i] = taken[i][rounds / 2];
    }
    return WW_OK;
}
