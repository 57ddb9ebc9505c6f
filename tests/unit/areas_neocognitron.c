/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cells of the neocognitron: S, V and C cells against the equations in double, what the threshold
 * means, the top's cells and their mixtures, lesions, and every message. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "areas/parts/neocognitron.h"
#include "connectome/model.h"
#include "engine/base/random.h"
#include "engine/tensor/program.h"
#include "tests/support/folder.h"

TestSuite(areas_neocognitron, .init = ww_folder_make, .fini = ww_folder_remove);

static const double pi = 3.14159265358979323846;

/* A layer of cells by itself: planes of what is below, `run` with maps fed in. */
struct layer {
    ww_graph *graph;
    ww_values *values;
    ww_program *program;
    ww_area_site site;
};

static void compile(struct layer *l, ww_var out)
{
    ww_graph_output(l->graph, "out", out);
    expect_ok(ww_graph_end(l->graph));
    expect_ok(ww_values_create(&l->values, l->graph, 1));
    ww_compile_options options = {.batch = 1, .mode = WW_INFER};
    expect_ok(ww_compile(&l->program, l->graph, l->values, options));
}

static void release(struct layer *l)
{
    ww_program_free(l->program);
    ww_values_free(l->values);
    ww_graph_free(l->graph);
}

static struct layer simple_layer(const ww_neo_simple *p, int channels, int side, int planes)
{
    struct layer l = {.graph = ww_graph_create()};
    l.site = (ww_area_site){.graph = l.graph, .name = "X"};
    ww_graph_scope(l.graph, "X");
    ww_var x = ww_input(l.graph, "x", WW_SHAPE(WW_BATCH, channels, side, side));
    ww_var weights =
        ww_parameter(l.graph, "weight", WW_SHAPE(planes, channels, p->kernel, p->kernel),
                     (ww_init){.kind = WW_INIT_UNIFORM, .value = 1}, 0);
    compile(&l, ww_neo_simple_cells(&l.site, x, weights, p));
    return l;
}

static const float *run(struct layer *l, const float *x, size_t n)
{
    size_t floats;
    ww_shape shape;
    float *in = ww_program_input(l->program, "X/x", &floats);
    if (in == NULL)
        in = ww_program_input(l->program, "x", &floats);
    cr_assert(in != NULL && floats == n);
    memcpy(in, x, n * sizeof *in);
    expect_ok(ww_program_run(l->program, 0));
    return ww_program_output(l->program, "out", &shape);
}

/* The equation as it is written, in double: a and b unscaled as learning leaves them, b scaled to
 * `gain` together with a. */
static double s_cell(const ww_neo_simple *p, const float *weight, const float *x, int channels,
                     int side, int row, int column)
{
    int k = p->kernel;
    double c[31 * 31], sum = 0, b = 0, e = 0, v = 0;
    for (int i = 0; i < k * k; i++) {
        double dy = i / k - k / 2, dx = i % k - k / 2;
        sum += c[i] = exp(-(dx * dx + dy * dy) / (2 * p->window_sd * p->window_sd));
    }
    for (int ch = 0; ch < channels; ch++)
        for (int i = 0; i < k * k; i++) {
            int y = row + i / k - k / 2, u = column + i % k - k / 2;
            double a = fmax(0, (double)weight[ch * k * k + i]);
            double in = y >= 0 && u >= 0 && y < side && u < side
                            ? (double)x[(ch * side + y) * side + u]
                            : 0;
            b += a * a / (c[i] / sum);
            e += a * in;
            v += c[i] / sum * in * in;
        }
    if (b == 0)
        return 0;
    double scale = p->gain / sqrt(b), r = p->theta / (1 - p->theta);
    return r * fmax(0, (1 + scale * e) / (1 + r / (1 + r) * p->gain * sqrt(v)) - 1);
}

Test(areas_neocognitron, s_cells_follow_the_equation_for_theta_and_r)
{
    enum { C = 3, SIDE = 9, K = 4 };
    float x[C * SIDE * SIDE];
    ww_random random = ww_random_stream(1, "x", 0);
    for (int i = 0; i < C * SIDE * SIDE; i++)
        x[i] = (float)fmax(0, ww_random_range(&random, -1, 1));
    for (int variant = 0; variant < 4; variant++) {
        ww_neo_simple p = {.kernel = variant == 1 ? 5 : 3,
                           .window_sd = variant == 2 ? 0.7 : 2,
                           .theta = variant == 3 ? 0.1 : 0.4,
                           .gain = variant == 1 ? 40 : 2};
        struct layer l = simple_layer(&p, C, SIDE, K);
        ww_value *weight = ww_values_find(l.values, "X/weight");
        size_t each = weight->size / K;
        memset(weight->data + each, 0, each * sizeof *weight->data); /* plane 1 was never made */
        const float *s = run(&l, x, C * SIDE * SIDE);
        int heard = 0;
        for (int i = 0; i < K * SIDE * SIDE; i++) {
            int plane = i / (SIDE * SIDE), place = i % (SIDE * SIDE);
            double wanted = s_cell(&p, weight->data + (size_t)plane * each, x, C, SIDE,
                                   place / SIDE, place % SIDE);
            cr_assert_float_eq(s[i], wanted, 1e-5 * (1 + wanted), "variant %d: %d: %g, not %g",
                               variant, i, (double)s[i], wanted);
            cr_assert(plane != 1 || s[i] == 0, "a plane without connections answers");
            heard += wanted > 0;
        }
        cr_assert(heard > 10 && (variant == 3 || heard < 3 * SIDE * SIDE));
        release(&l);
    }
}

/* A cell that learned one channel is shown the sum of that channel and another, of an angle. */
Test(areas_neocognitron, a_cell_answers_within_the_angle_of_its_threshold)
{
    ww_neo_simple p = {.kernel = 1, .window_sd = 1, .theta = 0.6, .gain = 1e5};
    struct layer l = simple_layer(&p, 2, 1, 1);
    float *weight = ww_values_find(l.values, "X/weight")->data;
    weight[0] = 7; /* how much was learned does not matter */
    weight[1] = 0;
    for (int deg = 0; deg <= 90; deg += 5)
        for (int contrast = 0; contrast < 2; contrast++) {
            double scale = contrast ? 0.3 : 2, angle = deg * pi / 180;
            float x[2] = {(float)(scale * cos(angle)), (float)(scale * sin(angle))};
            double s = (double)run(&l, x, 2)[0];
            double wanted = fmax(0, (cos(angle) - p.theta) / (1 - p.theta));
            cr_assert_float_eq(s, wanted, 1e-3, "%d deg: %g, not %g", deg, s, wanted);
            cr_assert_eq(s > 0, cos(angle) > p.theta, "%d deg", deg);
        }
    release(&l);
}

Test(areas_neocognitron, without_v_cells_s_cells_answer_to_more_and_without_s_cells_nothing_is_said)
{
    ww_neo_simple p = {.kernel = 1, .window_sd = 1, .theta = 0.6, .gain = 10};
    struct layer l = simple_layer(&p, 2, 1, 1);
    float *weight = ww_values_find(l.values, "X/weight")->data, x[2] = {0.1f, 1};
    weight[0] = 1;
    weight[1] = 0;
    cr_assert_eq(run(&l, x, 2)[0], 0, "not what it learned");
    ww_values_find(l.values, "X/gate.V/gain")->data[0] = 0;
    cr_assert_float_eq(run(&l, x, 2)[0], 1.5 * 10 * 0.1, 1e-5, "uninhibited: r b sum of a x");
    ww_values_find(l.values, "X/gate.S/gain")->data[0] = 0;
    cr_assert_eq(run(&l, x, 2)[0], 0);
    release(&l);
}

/* ---- C cells ---- */

static struct layer complex_layer(const ww_neo_complex *p, int planes, int side)
{
    struct layer l = {.graph = ww_graph_create()};
    l.site = (ww_area_site){.graph = l.graph, .name = "X"};
    ww_graph_scope(l.graph, "X");
    ww_var s = ww_input(l.graph, "x", WW_SHAPE(WW_BATCH, planes, side, side));
    compile(&l, ww_neo_complex_cells(&l.site, s, p));
    return l;
}

Test(areas_neocognitron, c_cells_blur_subtract_their_surround_and_saturate)
{
    enum { SIDE = 13, PLANES = 2, HALF = 7 };
    for (int variant = 0; variant < 2; variant++) {
        ww_neo_complex p = {
            .pool_sd = 1.5, .surround = variant ? 0.5 : 0, .surround_ratio = 2, .step = 2};
        double g[2] = {0, 0};
        int radius = variant ? 6 : 3;
        for (int y = -radius; y <= radius; y++)
            for (int x = -radius; x <= radius; x++)
                for (int k = 0; k < 2; k++)
                    g[k] += exp(-(x * x + y * y) / (2 * pow(k ? 3 : 1.5, 2)));
        struct layer l = complex_layer(&p, PLANES, SIDE);
        float x[PLANES * SIDE * SIDE] = {0};
        x[6 * SIDE + 6] = 4; /* one S cell of plane 0 */
        const float *c = run(&l, x, PLANES * SIDE * SIDE);
        for (int i = 0; i < HALF * HALF; i++) {
            double dy = i / HALF * 2 - 6, dx = i % HALF * 2 - 6, d = dx * dx + dy * dy;
            bool seen = fabs(dx) <= radius && fabs(dy) <= radius;
            double blur = exp(-d / (2 * 1.5 * 1.5)) / g[0] - p.surround * exp(-d / 18) / g[1];
            double wanted = seen ? sqrt(fmax(0, 4 * blur)) : 0;
            cr_assert_float_eq(c[i], wanted, 1e-5, "variant %d: %d: %g, not %g", variant, i,
                               (double)c[i], wanted);
            cr_assert_eq(c[HALF * HALF + i], 0, "another plane hears it");
        }
        release(&l);
    }
}

Test(areas_neocognitron, without_pooling_a_c_cell_hears_one_s_cell)
{
    ww_neo_complex p = {.pool_sd = 0, .surround = 0.6, .surround_ratio = 2, .step = 2};
    struct layer l = complex_layer(&p, 1, 5);
    float x[25];
    for (int i = 0; i < 25; i++)
        x[i] = (float)i;
    const float *c = run(&l, x, 25);
    for (int i = 0; i < 9; i++)
        cr_assert_float_eq(c[i], sqrt(i / 3 * 2 * 5 + i % 3 * 2), 1e-6);
    release(&l);
}

/* ---- edges and the top in a brain ---- */

static const char tiny[] = "brain: tiny\n"
                           "view: {width_px: 24, height_px: 24, frames: 1, deg_per_px: 0.1}\n"
                           "stimulus: {word: {size_deg: 1}}\n"
                           "areas:\n"
                           "  V1: {type: neocognitron-edges, orientations: 8}\n"
                           "  V2: {type: neocognitron-stage, grid: 6, planes: 5}\n"
                           "  AITv: {type: neocognitron-top, classes: 3, per_class: 4}\n"
                           "wiring: {use: [], add: [V1 > V2, V2 > AITv]}\n";

static ww_status tiny_model(ww_model **out, const char *const *set)
{
    return ww_model_create(out, ww_file_with_text("tiny.yaml", tiny), set, 1);
}

static const float *see(ww_program *program, const float *picture, const char *area,
                        ww_shape *shape)
{
    size_t floats;
    float *movie = ww_program_input(program, "movie", &floats);
    for (int c = 0; c < 3; c++)
        memcpy(movie + c * 24 * 24, picture, 24 * 24 * sizeof *movie);
    expect_ok(ww_program_run(program, 0));
    return ww_program_output(program, area, shape);
}

static ww_program *eye(ww_model *model)
{
    ww_program *program;
    ww_compile_options options = {.batch = 1, .mode = WW_INFER};
    expect_ok(ww_compile(&program, model->graph, model->values, options));
    return program;
}

Test(areas_neocognitron, edges_answer_to_their_direction_and_even_light_to_nothing)
{
    ww_model *model;
    ww_shape shape;
    float picture[24 * 24];
    expect_ok(tiny_model(&model, NULL));
    ww_program *program = eye(model);
    for (int o = 0; o < 8; o++) {
        double angle = 2 * pi * o / 8;
        for (int i = 0; i < 24 * 24; i++) {
            double d = (i % 24 - 11.5) * cos(angle) + (11.5 - i / 24) * sin(angle);
            picture[i] = (float)fmin(1, fmax(0, d + 0.5));
        }
        const float *c = see(program, picture, "area/V1", &shape);
        cr_assert(shape.dim[1] == 8 && shape.dim[2] == 12 && shape.dim[3] == 12);
        int best = 0;
        for (int k = 1; k < 8; k++)
            if (c[k * 144 + 5 * 12 + 5] > c[best * 144 + 5 * 12 + 5])
                best = k;
        cr_assert_eq(best, o, "an edge of %d deg drives that of %d deg", o * 45, best * 45);
        cr_assert_eq(c[(o + 4) % 8 * 144 + 5 * 12 + 5], 0, "the opposite edge answers");
    }
    for (int i = 0; i < 24 * 24; i++)
        picture[i] = 0;
    const float *c = see(program, picture, "area/AITv", &shape);
    for (int k = 0; k < 3; k++)
        cr_assert_eq(c[k], 0, "the dark is class %d", k);
    ww_program_free(program);
    ww_model_free(model);
}

/* The best mixture of two cells by search over the mixtures. */
static double best_mixture(const double *s, int n, double (*cosine)(int, int))
{
    double best = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            for (int step = 0; step <= 2000; step++) {
                double p = step / 2000.0, q = 1 - p;
                double norm = sqrt(p * p + q * q + 2 * p * q * cosine(i, j));
                best = fmax(best, (p * s[i] + q * s[j]) / norm);
            }
    return best;
}

static const float *cell_rows;
static size_t cell_size;

static double row_cosine(int i, int j)
{
    double dot = 0, a = 0, b = 0;
    for (size_t k = 0; k < cell_size; k++) {
        double x = (double)cell_rows[(size_t)i * cell_size + k];
        double y = (double)cell_rows[(size_t)j * cell_size + k];
        dot += x * y, a += x * x, b += y * y;
    }
    return dot / sqrt(a * b);
}

Test(areas_neocognitron, the_top_says_the_best_cell_or_the_best_mixture_of_each_class)
{
    static const char *const set[] = {"area.AITv.answer=interpolating", NULL};
    float picture[24 * 24], winner[3], map[5 * 36];
    ww_random random = ww_random_stream(3, "picture", 0);
    int better = 0;
    for (int i = 0; i < 24 * 24; i++)
        picture[i] = (float)ww_random_uniform(&random);
    for (int variant = 0; variant < 2; variant++) {
        ww_model *model;
        ww_shape shape;
        expect_ok(tiny_model(&model, variant ? set : NULL));
        ww_value *weight = ww_values_find(model->values, "AITv/weight");
        cell_size = weight->size / 12;
        for (size_t i = 0; i < weight->size; i++)
            weight->data[i] = i / cell_size % 4 == 3 ? 0 : fabsf(weight->data[i]); /* 3 of 4 made */
        memcpy(weight->data + cell_size, weight->data, cell_size * sizeof(float)); /* two alike */
        cell_rows = weight->data;
        ww_program *program = eye(model);
        memcpy(map, see(program, picture, "area/V2", &shape), sizeof map);
        double mean = 0;
        for (size_t i = 0; i < cell_size; i++)
            mean += (double)map[i] / (double)cell_size;
        for (size_t i = 0; i < cell_size; i++) /* a cell that hears what is faint alone */
            weight->data[2 * cell_size + i] = (double)map[i] > mean ? 0 : weight->data[i];
        const float *c = see(program, picture, "area/AITv", &shape);
        for (int k = 0; k < 3; k++) {
            double s[4], most = 0, power = 0;
            for (size_t i = 0; i < cell_size; i++)
                power += (double)map[i] * (double)map[i];
            for (int j = 0; j < 3; j++) {
                const float *a = cell_rows + (size_t)(4 * k + j) * cell_size;
                double dot = 0, norm = 0;
                for (size_t i = 0; i < cell_size; i++) {
                    dot += (double)a[i] * (double)map[i];
                    norm += (double)a[i] * (double)a[i];
                }
                s[j] = dot / sqrt(norm * power);
                most = fmax(most, s[j]);
            }
            cell_rows = weight->data + (size_t)(4 * k) * cell_size;
            double wanted = variant ? best_mixture(s, 3, row_cosine) : most;
            cell_rows = weight->data;
            cr_assert_float_eq(c[k], wanted, 1e-4, "%d: class %d: %g, not %g", variant, k,
                               (double)c[k], wanted);
            better += variant && c[k] > winner[k] + 1e-3f;
            winner[k] = c[k];
        }
        ww_program_free(program);
        ww_model_free(model);
    }
    cr_assert(better > 0, "no mixture was better than its cells");
}

static void check_message(const char *setting, const char *message)
{
    ww_model *model;
    const char *const set[] = {setting, NULL};
    ww_status status = tiny_model(&model, set);
    cr_assert_neq(status, WW_OK, "%s", setting);
    ww_expect_message(message, __FILE__, __LINE__);
}

Test(areas_neocognitron, what_does_not_fit_is_refused_in_one_line)
{
    check_message("area.V1.kernel=4", "area V1: kernel: 4 is not odd");
    check_message("area.V1.centre_px=3", "area V1: centre_px: 3 is not below surround_px, 2");
    check_message("area.V1.kernel=25",
                  "area V1: the picture is too small: what it reads has 24 x 24 cells, fewer than "
                  "its window of 25 x 25");
    check_message("area.V2.kernel=13",
                  "area V2: the picture is too small: what it reads has 12 x 12 cells, fewer than "
                  "its window of 13 x 13");
    char twice[1000];
    ww_model *model;
    snprintf(twice, sizeof twice, "%.*s, V1 > AITv]}\n", (int)(strrchr(tiny, ']') - tiny), tiny);
    expect_failure(ww_model_create(&model, ww_file_with_text("twice.yaml", twice), NULL, 1),
                   WW_EINVAL, "area AITv: 2 maps reach it; it reads one area");
}
