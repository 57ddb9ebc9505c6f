/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The choice of a convolution's kernel: the plan's; else, by effort, the one whose cost model says
 * least or the one that was fastest on made-up numbers. */
#include "engine/tensor/backend/conv.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/plan.h"
#include "engine/base/random.h"
#include "engine/base/threads.h"

enum { WORK_TEXT = 256, LINE_BYTES = 64 };

/* "conv2d forward [32, 16, 8, 8] by [24, 16, 3, 3] stride 1 pad 1 dilation 1 groups 1" */
static void describe(const ww_conv_task *task, char text[WORK_TEXT])
{
    static const char *const passes[] = {"forward", "maps", "weights"};
    const ww_conv_size *s = &task->size;
    snprintf(text, WORK_TEXT,
             "conv2d %s [%lld, %lld, %lld, %lld] by [%lld, %lld, %lld, %lld] stride %lld pad %lld "
             "dilation %lld groups %lld%s%s%s%s",
             passes[task->pass], (long long)s->n, (long long)s->c, (long long)s->h, (long long)s->w,
             (long long)s->k, (long long)(s->c / s->groups), (long long)s->kh, (long long)s->kw,
             (long long)s->stride, (long long)s->pad, (long long)s->dilation, (long long)s->groups,
             task->keep ? " fixed" : "", task->local ? " local" : "",
             task->x_lanes > 0 ? " from blocks" : "", task->y_lanes > 0 ? " to blocks" : "");
}

static bool can_do(const ww_conv_kernel *kernel, const ww_conv_task *task)
{
    bool blocked = task->x_lanes > 0 || task->y_lanes > 0;
    return !(task->local && kernel->spreads) && (kernel->blocks || !blocked) &&
           kernel->supports(task);
}

/* From blocks to blocks, and from the few channels of a first layer; what else there may be is left
 * to kernels that read maps as they are. */
bool ww_conv_blocks(const ww_conv_task *task)
{
    const ww_conv_size *s = &task->size;
    bool first = task->x_lanes == 0 && s->c <= 4;
    return s->groups == 1 && s->dilation == 1 && task->y_lanes > 0 && (task->x_lanes > 0 || first);
}

double ww_conv_estimate_s(const ww_conv_task *task)
{
    double least = INFINITY;
    for (int i = 0; i < WW_N_CONV_KERNELS; i++)
        if (can_do(ww_conv_kernels[i], task))
            least = fmin(least, ww_conv_kernels[i]->estimate_s(task));
    return least;
}

/* The threads that libraries see from here on; returns those that they saw before. */
static int use_threads(int threads)
{
    int before = ww_threads();
    if (before > threads)
        ww_threads_set(threads);
    return before;
}

static ww_status create(ww_conv *conv, const ww_conv_kernel *kernel, const ww_conv_task *task)
{
    ww_conv_task own = *task;
    own.threads = kernel->estimate_s(task) < WW_CONV_SMALL_S ? 1 : task->threads;
    *conv = (ww_conv){.kernel = kernel, .threads = own.threads};
    int before = use_threads(own.threads);
    ww_status status = kernel->create(&conv->state, &conv->scratch_floats, &own);
    if (before > own.threads)
        ww_threads_set(before);
    return status;
}

static ww_status by_name(ww_conv *out, const char *name, const ww_conv_task *task, const char *work)
{
    for (int i = 0; i < WW_N_CONV_KERNELS; i++) {
        const ww_conv_kernel *kernel = ww_conv_kernels[i];
        if (strcmp(kernel->name, name) != 0 || !can_do(kernel, task))
            continue;
        WW_TRY(create(out, kernel, task));
        if (out->state != NULL)
            return WW_OK;
    }
    return WW_FAIL(WW_EINVAL,
                   "the plan has %s for '%s', which it cannot do here; 'estimate' plans anew", name,
                   work);
}

static ww_status by_estimate(ww_conv *out, const ww_conv_task *task)
{
    bool tried[WW_N_CONV_KERNELS] = {false};
    for (int left = WW_N_CONV_KERNELS; left > 0; left--) {
        int best = -1;
        double least = 0;
        for (int i = 0; i < WW_N_CONV_KERNELS; i++) {
            if (tried[i] || !can_do(ww_conv_kernels[i], task))
                continue;
            double seconds = ww_conv_kernels[i]->estimate_s(task);
            if (best < 0 || seconds < least)
                best = i, least = seconds;
        }
        assert(best >= 0); /* columns do everything */
        WW_TRY(create(out, ww_conv_kernels[best], task));
        if (out->state != NULL)
            break;
        tried[best] = true;
    }
    return WW_OK;
}

/* ---- by measuring ---- */

struct race {
    ww_conv conv[WW_N_CONV_KERNELS];
    int n;
    float *x, *weight, *y, *scratch;
};

static ww_status run_one(void *context, int i)
{
    struct race *race = context;
    return ww_conv_run(&race->conv[i], race->x, race->weight, race->y, race->scratch);
}

static float *drawn(int64_t floats)
{
    size_t bytes = ((size_t)floats * sizeof(float) / LINE_BYTES + 1) * LINE_BYTES;
    float *x = aligned_alloc(LINE_BYTES, bytes);
    ww_random random = ww_random_at(1, 0);
    for (int64_t i = 0; x != NULL && i < floats; i++)
        x[i] = (float)ww_random_range(&random, -1, 1);
    return x;
}

static ww_status enter(struct race *race, const ww_conv_task *task)
{
    const ww_conv_size *s = &task->size;
    size_t scratch = 0;
    for (int i = 0; i < WW_N_CONV_KERNELS; i++) {
        ww_conv *conv = &race->conv[race->n];
        if (!can_do(ww_conv_kernels[i], task))
            continue;
        WW_TRY(create(conv, ww_conv_kernels[i], task));
        if (conv->state == NULL)
            continue;
        scratch = conv->scratch_floats > scratch ? conv->scratch_floats : scratch;
        race->n++;
    }
    race->x = drawn(s->n * s->c * s->h * s->w);
    race->weight = drawn(s->k * s->c / s->groups * s->kh * s->kw);
    race->y = drawn(s->n * s->k * s->oh * s->ow);
    race->scratch = drawn((int64_t)scratch);
    if (race->x == NULL || race->weight == NULL || race->y == NULL || race->scratch == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for the measurement of kernels");
    return WW_OK;
}

static ww_status by_measuring(ww_conv *out, const ww_conv_task *task)
{
    struct race race = {.n = 0};
    double seconds[WW_N_CONV_KERNELS];
    ww_status status = enter(&race, task);
    if (status == WW_OK)
        status = ww_plan_race(race.n, run_one, &race, seconds);
    int best = 0;
    for (int i = 1; status == WW_OK && i < race.n; i++)
        best = seconds[i] < seconds[best] ? i : best;
    if (status == WW_OK) {
        *out = race.conv[best];
        race.conv[best].kernel = NULL;
    }
    for (int i = 0; i < race.n; i++)
        ww_conv_release(&race.conv[i]);
    free(race.x), free(race.weight), free(race.y), free(race.scratch);
    return status;
}

ww_status ww_conv_prepare(ww_conv *out, const ww_conv_task *task)
{
    char work[WORK_TEXT], name[WW_PLAN_KERNEL];
    *out = (ww_conv){.kernel = NULL};
    describe(task, work);
    if (ww_plan_find(work, name))
        return by_name(out, name, task, work);
    WW_TRY(ww_plan_effort_get() == WW_PLAN_MEASURE ? by_measuring(out, task)
                                                   : by_estimate(out, task));
    ww_status status = ww_plan_record(work, out->kernel->name);
    if (status != WW_OK)
        ww_conv_release(out);
    return status;
}

typedef ww_status run_function(void *state, float *x, float *weight, float *y, float *scratch);

static ww_status run(const ww_conv *conv, run_function *function, float *x, float *weight, float *y,
                     float *scratch)
{
    int before = use_threads(conv->threads);
    ww_status status = function(conv->state, x, weight, y, scratch);
    if (before > conv->threads)
        ww_threads_set(before);
    return status;
}

ww_status ww_conv_run(const ww_conv *conv, float *x, float *weight, float *y, float *scratch)
{
    return run(conv, conv->kernel->run, x, weight, y, scratch);
}

bool ww_conv_can_add(const ww_conv *conv)
{
    return conv->kernel->run_add != NULL && conv->kernel->can_add(conv->state);
}

ww_status ww_conv_run_add(const ww_conv *conv, float *x, float *weight, float *y, float *scratch)
{
    return run(conv, conv->kernel->run_add, x, weight, y, scratch);
}

bool ww_conv_can_around(const ww_conv *conv)
{
    return conv->kernel->can_around != NULL && conv->kernel->can_around(conv->state);
}

void ww_conv_run_around(const ww_conv *conv, float *x, float *weight, float *y, float *scratch,
                        const ww_around *around)
{
    conv->kernel->run_around(conv->state, x, weight, y, scratch, around);
}

bool ww_conv_can_near(const ww_conv *forward, const ww_conv *data, const ww_conv *weights)
{
    const ww_conv_kernel *kernel = forward->kernel;
    return ww_conv_both_scratch(data, weights) > 0 && data->kernel == kernel &&
           kernel->can_near != NULL &&
           kernel->can_near(forward->state, data->state, weights->state);
}

size_t ww_conv_both_scratch(const ww_conv *data, const ww_conv *weights)
{
    const ww_conv_kernel *kernel = data->kernel;
    bool can = kernel == weights->kernel && kernel->can_both != NULL &&
               kernel->can_both(data->state, weights->state);
    return can ? kernel->both_scratch(data->state, weights->state) : 0;
}

void ww_conv_run_both(const ww_conv *data, const ww_conv *weights, float *x, float *weight,
                      float *y, float *x_gradient, float *weight_gradient, float *scratch, bool add,
                      const ww_around *around)
{
    data->kernel->run_both(data->state, weights->state, x, weight, y, x_gradient, weight_gradient,
                           scratch, add, around);
}

void ww_conv_release(ww_conv *conv)
{
    if (conv->kernel != NULL)
        conv->kernel->destroy(conv->state);
    *conv = (ww_conv){.kernel = NULL};
}
