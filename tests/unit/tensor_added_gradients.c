/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maps that several operators read: a convolution that goes backward last adds its gradient to that
 * of the others. The same bits as beside them, where something between (times one, plus nothing)
 * has a gradient of its own; and no memory for it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/threads.h"
#include "engine/tensor/ops.h"
#include "tests/support/made.h"

#define OK(call) cr_assert_eq((call), WW_OK, "%s", ww_error_message())

struct form {
    int64_t c, h, w;
    int size, readers;
};

static const struct form forms[] = {{16, 8, 8, 3, 1},  {3, 9, 7, 3, 1},   {16, 12, 12, 3, 3},
                                    {8, 10, 10, 5, 2}, {1, 16, 16, 3, 1}, {2, 5, 6, 3, 2}};
enum { N_FORMS = sizeof forms / sizeof forms[0] };

static ww_var filtered(ww_graph *g, const char *scope, ww_var x, int64_t c, int size)
{
    ww_graph_scope(g, scope);
    ww_init he = {.kind = WW_INIT_HE, .value = 1};
    ww_var filters =
        ww_parameter(g, "filters", WW_SHAPE(c, ww_var_shape(g, x).dim[1], size, size), he, 1);
    return ww_conv2d(g, x, filters, (ww_conv2d_attr){.pad = size / 2});
}

static ww_var reader(ww_graph *g, const char *scope, const struct form *f, ww_var x, bool apart)
{
    return filtered(g, scope, apart ? ww_affine(g, x, 1, 0) : x, f->c, f->size);
}

static ww_graph *graph_of(const struct form *f, bool apart)
{
    static const char *const scopes[] = {"V1", "V2", "V3"};
    ww_graph *g = ww_graph_create();
    ww_var x = ww_input(g, "x", WW_SHAPE(WW_BATCH, 2, f->h, f->w));
    ww_var maps = filtered(g, "LGN", x, f->c, 3), y = ww_tanh(g, maps);
    for (int i = 0; i < f->readers; i++)
        y = ww_add(g, y, reader(g, scopes[i], f, maps, apart));
    y = ww_mul(g, y, ww_tanh(g, maps)); /* goes backward first */
    ww_graph_loss(g, "error", ww_mean_squared_error(g, y, ww_affine(g, y, 0, 1)), 1);
    OK(ww_graph_end(g));
    return g;
}

static ww_made make(const struct form *f, bool apart, ww_compile_options options)
{
    ww_made made = ww_made_of(graph_of(f, apart), options);
    OK(ww_program_run(made.program, 0));
    OK(ww_program_check_sentinels(made.program));
    return made;
}

static void same(const ww_made *a, const ww_made *b, const char *how, const struct form *f)
{
    size_t n = 0;
    const float *p = ww_program_gradients(a->program, &n),
                *q = ww_program_gradients(b->program, &n);
    for (size_t i = 0; i < n; i++)
        cr_assert_eq(p[i], q[i], "%s, %dx%d pixels: gradient %zu: %.9g and %.9g", how, (int)f->h,
                     (int)f->w, i, (double)p[i], (double)q[i]);
}

static void compare(const struct form *f, int64_t batch, ww_mode mode)
{
    ww_compile_options options = {.mode = mode, .batch = batch};
    ww_made added = make(f, false, options), apart = make(f, true, options);
    same(&added, &apart, "beside", f);
    ww_made_free(&apart);
    if (ww_threads() > 1) { /* what is shared is then shared out, and oneDNN's sums differ */
        ww_made_free(&added);
        return;
    }
    options.unshared = true;
    ww_made own = make(f, false, options);
    same(&added, &own, "in memory of its own", f);
    setenv("WW_SENTINELS", "1", 1);
    ww_made guarded = make(f, false, options);
    unsetenv("WW_SENTINELS");
    same(&added, &guarded, "between sentinels", f);
    ww_made_free(&added), ww_made_free(&own), ww_made_free(&guarded);
}

Test(tensor_added_gradients, have_the_bits_of_those_beside)
{
    for (int threads = 1; threads <= 2; threads++) {
        ww_threads_set(threads); /* two: also side by side */
        for (int i = 0; i < N_FORMS; i++)
            for (ww_mode mode = WW_TRAIN; mode <= WW_GRADIENT; mode++) {
                compare(&forms[i], 1, mode);
                compare(&forms[i], 3, mode);
                compare(&forms[i], 32, mode);
            }
    }
    ww_threads_set(1);
}

Test(tensor_added_gradients, take_no_memory)
{
    const struct form f = {16, 16, 16, 3, 1};
    const size_t maps = 64 * 16 * 16 * 16 * sizeof(float);
    size_t planned, added, extra;
    ww_compile_options options = {.mode = WW_TRAIN, .batch = 64};
    ww_made made = make(&f, false, options);
    ww_program_memory(made.program, &planned, &added);
    ww_made_free(&made);
    made = make(&f, true, options);
    ww_program_memory(made.program, &planned, &extra);
    /* The copy of the maps, its gradient, and what is added to that of the maps. */
    cr_assert_geq(extra, added + 3 * maps);
    ww_made_free(&made);
}
