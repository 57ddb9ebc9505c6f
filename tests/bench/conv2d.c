/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How fast convolutions run, forward and for both gradients, on shapes of cortical areas: batches
 * of 32, the best of many runs, in 10^9 floating-point operations a second (2 per product).
 *
 *     build/gcc/bench/conv2d [THREADS] */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/base/threads.h"
#include "engine/tensor/ops.h"

extern const ww_op ww_op_conv2d;

enum { BATCH = 32, MOST = 300 };
static const double SECONDS = 0.2; /* a measurement */

/* Channels in and out, filter, map, stride, padding, groups. */
static const int shapes[][7] = {
    {48, 24, 3, 16, 1, 1, 1},  {48, 24, 3, 8, 1, 1, 1},  {96, 32, 3, 8, 1, 1, 1},
    {192, 32, 1, 8, 1, 0, 1},  {4, 32, 11, 64, 2, 5, 1}, {4, 16, 7, 32, 1, 3, 1},
    {48, 48, 3, 16, 1, 1, 48}, {24, 24, 5, 16, 1, 2, 1}, {64, 16, 1, 16, 1, 0, 1},
    {64, 64, 3, 4, 1, 1, 1},   {3, 8, 3, 64, 1, 1, 1}};

static float *drawn(size_t n)
{
    size_t bytes = (n * sizeof(float) + 127) / 64 * 64;
    float *x = aligned_alloc(64, bytes);
    ww_random random = ww_random_at(1, n);
    for (size_t i = 0; i < n && x != NULL; i++)
        x[i] = (float)ww_random_normal(&random);
    if (x == NULL)
        exit(1);
    return x;
}

/* Seconds of the fastest run. */
static double best(ww_status (*run)(ww_op_call *), ww_op_call *call)
{
    double fastest = 1e9, start = omp_get_wtime();
    for (int i = 0; i < MOST && (i < 3 || omp_get_wtime() - start < SECONDS); i++) {
        double begin = omp_get_wtime();
        if (run(call) != WW_OK)
            exit(1);
        double taken = omp_get_wtime() - begin;
        fastest = taken < fastest ? taken : fastest;
    }
    return fastest;
}

static void measure(const int *s)
{
    ww_conv2d_attr attr = {.stride = s[4], .pad = s[5], .groups = s[6]};
    const ww_shape shape[2] = {WW_SHAPE(BATCH, s[0], s[3], s[3]),
                               WW_SHAPE(s[1], s[0] / s[6], s[2], s[2])};
    ww_op_call call = {.attr = &attr, .n_in = 2, .in_shape = shape, .mode = WW_TRAIN};
    if (ww_op_conv2d.infer(&attr, 2, shape, &call.out_shape) != WW_OK ||
        ww_op_conv2d.prepare(&call) != WW_OK)
        exit(1);
    float *in[2], *gradient[2], *wanted[2] = {NULL, NULL};
    for (int k = 0; k < 2; k++) {
        in[k] = drawn(ww_shape_size(&shape[k]));
        gradient[k] = drawn(ww_shape_size(&shape[k]));
    }
    float *out = drawn(ww_shape_size(&call.out_shape));
    float *grad_out = drawn(ww_shape_size(&call.out_shape));
    call.in = in, call.out = out, call.grad_out = grad_out, call.grad_in = wanted;
    call.scratch = drawn(call.scratch_floats);
    double products = (double)ww_shape_size(&call.out_shape) * s[0] / s[6] * s[2] * s[2];
    printf("%3d > %2d  %2dx%-2d on %2dx%-2d stride %d groups %-2d", s[0], s[1], s[2], s[2], s[3],
           s[3], s[4], s[6]);
    printf("%8.1f", 2e-9 * products / best(ww_op_conv2d.forward, &call));
    for (int k = 0; k < 2; k++) {
        wanted[k] = gradient[k];
        wanted[1 - k] = NULL;
        printf("%8.1f", 2e-9 * products / best(ww_op_conv2d.backward, &call));
    }
    printf("\n");
    ww_op_conv2d.release(call.plan);
    for (int k = 0; k < 2; k++) {
        free(in[k]);
        free(gradient[k]);
    }
    free(out), free(grad_out), free(call.scratch);
}

int main(int argc, char **argv)
{
    ww_threads_set(argc > 1 ? atoi(argv[1]) : 0);
    printf("GFLOP/s on %d threads                        forward    maps weights\n", ww_threads());
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        measure(shapes[i]);
    return 0;
}
