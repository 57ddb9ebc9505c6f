/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/op_bench.h"

#include <string.h>

#include "engine/base/random.h"

ww_bench ww_bench_create(void)
{
    return (ww_bench){.g = ww_graph_create()};
}

void ww_bench_free(ww_bench *bench)
{
    ww_program_free(bench->program);
    ww_values_free(bench->values);
    ww_graph_free(bench->g);
}

void ww_bench_finish(ww_bench *bench, ww_var y, int64_t batch, ww_mode mode)
{
    ww_shape shape = ww_var_shape(bench->g, y);
    bool number = shape.rank == 1 && shape.dim[0] == 1;
    ww_graph_output(bench->g, "y", y);
    if (!number)
        y = ww_reduce(bench->g, y, WW_SUM, WW_BIT(shape.rank) - 1);
    ww_graph_loss(bench->g, "loss", y, 1);
    OK(ww_graph_end(bench->g));
    OK(ww_values_create(&bench->values, bench->g, 1));
    OK(ww_compile(&bench->program, bench->g, bench->values,
                  (ww_compile_options){.batch = batch, .mode = mode, .seed = 5}));
}

void ww_bench_feed(ww_bench *bench, const char *name, const float *x, size_t n)
{
    size_t floats = 0;
    float *to = ww_program_input(bench->program, name, &floats);
    ww_value *value = ww_values_find(bench->values, name);
    if (to == NULL && value != NULL)
        to = value->data, floats = value->size;
    cr_assert(to != NULL && floats == n, "%s takes %zu floats, not %zu", name, floats, n);
    memcpy(to, x, n * sizeof *x);
}

const float *ww_bench_run(ww_bench *bench, uint64_t step)
{
    OK(ww_program_run(bench->program, step));
    return ww_program_output(bench->program, "y", NULL);
}

const float *ww_bench_gradient(ww_bench *bench)
{
    size_t n;
    const float *dx = ww_program_input_gradient(bench->program, "x");
    if (dx == NULL)
        dx = ww_program_gradients(bench->program, &n);
    cr_assert_not_null(dx);
    return dx;
}

void ww_bench_random(float *x, size_t n, uint64_t seed)
{
    ww_random random = ww_random_at(seed, 0);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(2 * ww_random_normal(&random));
}
