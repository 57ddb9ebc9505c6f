/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How fast the kernels of convolutions are, side by side, forward and for both gradients, on shapes
 * of known networks and of cortical areas: medians of interleaved rounds, in 10^9 floating-point
 * operations a second (2 per product of the definition, whatever a kernel really does). A star
 * marks what is chosen by estimate.
 *
 *     build/gcc/bench/conv2d [THREADS [FIRST [LAST]]]        rows FIRST to LAST of the table */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/plan.h"
#include "engine/base/random.h"
#include "engine/base/threads.h"
#include "engine/tensor/backend/conv.h"

/* Samples, channels in and out, filter, map, stride, padding, groups. */
static const int shapes[][8] = {
    {32, 3, 64, 7, 224, 2, 3, 1},   {32, 64, 64, 3, 56, 1, 1, 1},  {32, 128, 128, 3, 28, 1, 1, 1},
    {32, 256, 256, 3, 14, 1, 1, 1}, {32, 512, 512, 3, 7, 1, 1, 1}, {32, 1, 32, 11, 28, 1, 5, 1},
    {32, 1, 32, 11, 64, 1, 5, 1},   {32, 32, 64, 5, 14, 1, 2, 1},  {32, 64, 64, 3, 56, 1, 1, 64},
    {32, 48, 24, 3, 16, 1, 1, 1},   {32, 48, 24, 3, 8, 1, 1, 1},   {32, 96, 32, 3, 8, 1, 1, 1},
    {32, 192, 32, 1, 8, 1, 0, 1},   {32, 4, 32, 11, 64, 2, 5, 1},  {32, 4, 16, 7, 32, 1, 3, 1},
    {32, 48, 48, 3, 16, 1, 1, 48},  {32, 24, 24, 5, 16, 1, 2, 1},  {32, 64, 16, 1, 16, 1, 0, 1},
    {32, 64, 64, 3, 4, 1, 1, 1},    {32, 3, 8, 3, 64, 1, 1, 1},    {1, 64, 64, 3, 16, 1, 1, 1},
    {1, 1, 32, 15, 128, 1, 7, 1},   {1, 1, 16, 31, 256, 1, 15, 1}, {8, 3, 16, 21, 64, 1, 10, 1},
    {1, 16, 16, 3, 224, 1, 1, 1},   {128, 16, 16, 3, 8, 1, 1, 1},  {1, 1, 8, 11, 512, 1, 5, 1},
    {1, 1, 8, 15, 512, 1, 7, 1},    {1, 1, 8, 23, 512, 1, 11, 1},  {1, 1, 8, 31, 512, 1, 15, 1},
    {32, 3, 64, 11, 224, 4, 2, 1},  {32, 32, 64, 6, 32, 2, 2, 1},  {128, 16, 32, 3, 32, 2, 1, 1},
    {128, 32, 64, 3, 16, 2, 1, 1}};
enum { N_SHAPES = sizeof shapes / sizeof shapes[0], N_PASSES = 3 };

struct race {
    ww_conv conv[WW_N_CONV_KERNELS];
    int which[WW_N_CONV_KERNELS], n;
    float *x, *weight, *y, *scratch;
};

static void demand(bool good)
{
    if (good)
        return;
    fprintf(stderr, "conv2d: %s\n", ww_error_message());
    exit(1);
}

static float *drawn(int64_t n)
{
    float *x = aligned_alloc(64, ((size_t)n * sizeof(float) + 127) / 64 * 64);
    ww_random random = ww_random_at(1, (uint64_t)n);
    for (int64_t i = 0; i < n && x != NULL; i++)
        x[i] = (float)ww_random_normal(&random);
    demand(x != NULL);
    return x;
}

static ww_status run(void *context, int i)
{
    struct race *race = context;
    return ww_conv_run(&race->conv[i], race->x, race->weight, race->y, race->scratch);
}

static void enter(struct race *race, const ww_conv_task *task)
{
    size_t most = 0;
    race->n = 0;
    for (int i = 0; i < WW_N_CONV_KERNELS; i++) {
        ww_conv *conv = &race->conv[race->n];
        *conv = (ww_conv){.kernel = ww_conv_kernels[i]};
        if (!conv->kernel->supports(task))
            continue;
        demand(conv->kernel->create(&conv->state, &conv->scratch_floats, task) == WW_OK);
        if (conv->state == NULL)
            continue;
        most = conv->scratch_floats > most ? conv->scratch_floats : most;
        race->which[race->n++] = i;
    }
    race->scratch = drawn((int64_t)most);
}

static void measure(struct race *race, const ww_conv_task *task, const char *pass)
{
    const ww_conv_size *s = &task->size;
    double products = (double)(s->n * s->k * s->oh * s->ow * s->c / s->groups * s->kh * s->kw);
    double seconds[WW_N_CONV_KERNELS];
    ww_conv chosen;
    enter(race, task);
    demand(ww_plan_race(race->n, run, race, seconds) == WW_OK);
    demand(ww_conv_prepare(&chosen, task) == WW_OK);
    printf("%3d %3d > %3d %2dx%-2d on %3dx%-3d /%d g%-2d %-7s", (int)s->n, (int)s->c, (int)s->k,
           (int)s->kh, (int)s->kw, (int)s->h, (int)s->w, (int)s->stride, (int)s->groups, pass);
    for (int i = 0, r = 0; i < WW_N_CONV_KERNELS; i++)
        if (r < race->n && race->which[r] == i)
            printf("%9.1f%c", 2e-9 * products / seconds[r++],
                   chosen.kernel == ww_conv_kernels[i] ? '*' : ' ');
        else
            printf("%9s ", "-");
    printf("\n");
    fflush(stdout);
    ww_conv_release(&chosen);
    for (int i = 0; i < race->n; i++)
        ww_conv_release(&race->conv[i]);
    free(race->scratch);
}

static void measure_passes(const int *of)
{
    static const char *const passes[] = {"forward", "maps", "weights"};
    int out = (of[4] + 2 * of[6] - of[3]) / of[5] + 1;
    ww_conv_task task = {.threads = ww_threads()};
    task.size = (ww_conv_size){of[0], of[1], of[4], of[4], of[2], of[3], of[3],
                               out,   out,   of[5], of[6], 1,     of[7]};
    const ww_conv_size *s = &task.size;
    struct race race = {.x = drawn(s->n * s->c * s->h * s->w),
                        .weight = drawn(s->k * s->c / s->groups * s->kh * s->kw),
                        .y = drawn(s->n * s->k * s->oh * s->ow)};
    for (int pass = 0; pass < N_PASSES; pass++) {
        task.pass = pass;
        measure(&race, &task, passes[pass]);
    }
    free(race.x), free(race.weight), free(race.y);
}

int main(int argc, char **argv)
{
    int first = argc > 2 ? atoi(argv[2]) : 0, last = argc > 3 ? atoi(argv[3]) : N_SHAPES - 1;
    ww_threads_set(argc > 1 ? atoi(argv[1]) : 0);
    printf("GFLOP/s on %d thread(s)%24s", ww_threads(), "");
    for (int i = 0; i < WW_N_CONV_KERNELS; i++)
        printf("%10s", ww_conv_kernels[i]->name);
    printf("\n");
    for (int i = first; i <= last && i < N_SHAPES; i++)
        measure_passes(shapes[i]);
    return 0;
}
