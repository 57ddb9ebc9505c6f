/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HMAX: filters against the published table and the tuning of cells, C1 and C2 against loops that
 * follow the papers' words, what MAX makes indifferent, and every message. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "areas/parts/hmax.h"
#include "connectome/model.h"
#include "engine/base/random.h"
#include "engine/tensor/program.h"

extern const ww_area ww_area_hmax_c1;

static const double pi = 3.14159265358979323846;

/* ---- filters ---- */

static double response(const float *filter, int size, double cycles_px, double orientation_deg)
{
    double real = 0, imaginary = 0;
    for (int i = 0; i < size * size; i++) {
        double x = i % size - 0.5 * (size - 1), y = 0.5 * (size - 1) - i / size;
        double u = y * cos(orientation_deg * pi / 180) - x * sin(orientation_deg * pi / 180);
        real += (double)filter[i] * cos(2 * pi * cycles_px * u);
        imaginary += (double)filter[i] * sin(2 * pi * cycles_px * u);
    }
    return hypot(real, imaginary);
}

static const ww_reals *list_of(const void *params, const char *name)
{
    const ww_param *row = ww_params_find(ww_area_hmax_c1.item.params, name);
    return (const ww_reals *)(const void *)((const char *)params + row->offset);
}

static void *default_params(void)
{
    void *params = calloc(1, ww_area_hmax_c1.item.params_size);
    ww_params_defaults(ww_area_hmax_c1.item.params, params);
    return params;
}

Test(areas_hmax, the_table_of_2007)
{
    void *params = default_params();
    const ww_reals *size = list_of(params, "size_px"), *lambda = list_of(params, "lambda_px");
    const ww_reals *sigma = list_of(params, "sigma_px"), *pool = list_of(params, "pool_px");
    const ww_reals *step = list_of(params, "step_px"), *bands = list_of(params, "sizes_per_band");
    cr_assert(size->count == 16 && lambda->count == 16 && sigma->count == 16 && pool->count == 8 &&
              step->count == 8 && bands->count == 8);
    for (int i = 0; i < 16; i++) {
        /* lambda = 2 size / div, div from 4 in steps of -0.05; sigma = 0.8 lambda: to a digit */
        double exact = 2 * (7 + 2 * i) / (4 - 0.05 * i);
        cr_assert_eq(size->value[i], 7 + 2 * i);
        cr_assert_float_eq(lambda->value[i], exact, 0.1, "%d: %g", i, lambda->value[i]);
        cr_assert_float_eq(sigma->value[i], 0.8 * exact, 0.0501, "%d: %g", i, sigma->value[i]);
    }
    for (int b = 0; b < 8; b++)
        cr_assert(bands->value[b] == 2 && pool->value[b] == 8 + 2 * b && step->value[b] == 4 + b);
    free(params);
}

/* Where the response falls to half its peak, going from `from` by `step`. */
static double half(const float *filter, int size, double f, double deg, double f_step,
                   double deg_step, double peak)
{
    double travelled = 0;
    while (response(filter, size, f, deg) > 0.5 * peak && travelled < 1e4) {
        f *= f_step;
        deg += deg_step;
        travelled += 1;
    }
    return deg_step != 0 ? deg : f;
}

Test(areas_hmax, gabors_are_tuned_as_cells_are)
{
    void *params = default_params();
    double before_octaves = 0;
    for (int i = 1; i < 16; i++) { /* that of 7 px is sampled too coarsely for a band */
        int size = 7 + 2 * i;
        float filter[37 * 37];
        double sum = 0, power = 0, peak = 0, best = 0;
        ww_hmax_gabor(size, list_of(params, "sigma_px")->value[i],
                      list_of(params, "lambda_px")->value[i], 0.3, 45, filter);
        for (int k = 0; k < size * size; k++) {
            sum += (double)filter[k];
            power += (double)filter[k] * (double)filter[k];
        }
        cr_assert_float_eq(sum, 0, 1e-5);
        cr_assert_float_eq(power, 1, 1e-5);
        for (double f = 0.01; f < 0.5; f *= 1.005)
            if (response(filter, size, f, 45) > peak) {
                peak = response(filter, size, f, 45);
                best = f;
            }
        double octaves = log2(half(filter, size, best, 45, 1.002, 0, peak) /
                              half(filter, size, best, 45, 1 / 1.002, 0, peak));
        double width = half(filter, size, best, 45, 1, 0.1, peak) -
                       half(filter, size, best, 45, 1, -0.1, peak);
        cr_assert(octaves > 1.1 && octaves < 1.7, "%d px: %g octaves", size, octaves);
        cr_assert(octaves > before_octaves - 0.05, "%d px: %g octaves", size, octaves);
        cr_assert(width > 36 && width < 54, "%d px: %g deg", size, width);
        before_octaves = octaves;
    }
    free(params);
}

/* d/dx of a Gaussian steers: that at 45 deg is the mean of those at 0 and 90, times sqrt 2. */
Test(areas_hmax, derivatives_steer)
{
    enum { SIZE = 29, N = SIZE * SIZE };
    float flat[N], tilted[N], upright[N];
    double power = 0;
    ww_hmax_derivative(SIZE, 7.25, 0, flat);
    ww_hmax_derivative(SIZE, 7.25, 45, tilted);
    ww_hmax_derivative(SIZE, 7.25, 90, upright);
    for (int i = 0; i < N; i++) {
        cr_assert_float_eq(tilted[i], (flat[i] + upright[i]) * (float)sqrt(0.5), 1e-6);
        power += (double)flat[i] * (double)flat[i];
    }
    cr_assert_float_eq(power, 1, 1e-5);
    cr_assert(fabsf(flat[(SIZE / 2) * SIZE]) < 1e-6F); /* along its bar, in the middle, nothing */
    cr_assert(fabsf(upright[(SIZE / 2) * SIZE + SIZE / 2 - 7]) > 0.01F);
}

/* ---- whole models ---- */

struct rig {
    ww_model *model;
    ww_program *program;
    ww_arena *arena;
    float *movie;
    size_t floats;
};

static struct rig rig_new(const char *brain, const char *const *set)
{
    struct rig rig = {.arena = ww_arena_create()};
    cr_assert_eq(ww_model_create(&rig.model, brain, set, 1), WW_OK, "%s", ww_error_message());
    ww_compile_options options = {.batch = 1, .mode = WW_INFER, .seed = 1};
    cr_assert_eq(ww_compile(&rig.program, rig.model->graph, rig.model->values, options), WW_OK,
                 "%s", ww_error_message());
    rig.movie = ww_program_input(rig.program, "movie", &rig.floats);
    return rig;
}

static void rig_free(struct rig *rig)
{
    ww_program_free(rig->program);
    ww_model_free(rig->model);
    ww_arena_free(rig->arena);
}

static float *run(struct rig *rig, const char *output, size_t *n)
{
    ww_shape shape;
    cr_assert_eq(ww_program_run(rig->program, 0), WW_OK);
    const float *out = ww_program_output(rig->program, output, &shape);
    cr_assert(out != NULL, "no output %s", output);
    *n = ww_shape_size(&shape);
    float *copy = malloc(*n * sizeof *copy);
    memcpy(copy, out, *n * sizeof *copy);
    return copy;
}

/* A grey picture of noise, in all three colours. */
static void show_noise(struct rig *rig, uint64_t seed)
{
    ww_random random = ww_random_stream(seed, "picture", 0);
    size_t plane = rig->floats / 3;
    for (size_t i = 0; i < plane; i++)
        rig->movie[i] = rig->movie[plane + i] = rig->movie[2 * plane + i] =
            (float)ww_random_uniform(&random);
}

/* S1 as the papers say it: at one pixel. */
static double s1(const float *picture, int width, const float *filter, int size, int row,
                 int column)
{
    double sum = 0, power = 0;
    for (int i = 0; i < size; i++)
        for (int j = 0; j < size; j++) {
            int y = row + i - size / 2, x = column + j - size / 2;
            if (y < 0 || y >= width || x < 0 || x >= width)
                continue;
            double pixel = (double)picture[y * width + x];
            sum += pixel * (double)filter[i * size + j];
            power += pixel * pixel;
        }
    return power > 0 ? fabs(sum) / sqrt(power) : 0;
}

/* C1 of band 1 of the model of 1999: sizes 7 and 9, pools of 4 px, a cell every 2 px. */
static double c1(const float *picture, int width, int orientation, int v, int u)
{
    double top = 0;
    for (int size = 7; size <= 9; size += 2) {
        float filter[81];
        ww_hmax_derivative(size, size / 4.0, 45.0 * orientation, filter);
        for (int i = 0; i < 16; i++) {
            int row = 2 * v + i / 4, column = 2 * u + i % 4;
            if (row < width && column < width)
                top = fmax(top, s1(picture, width, filter, size, row, column));
        }
    }
    return top;
}

static const char *const small[] = {"view.width_px=48", "view.height_px=48", NULL};

Test(areas_hmax, c1_equals_the_loops_of_the_paper)
{
    size_t n;
    struct rig rig = rig_new("hmax-1999", small);
    show_noise(&rig, 3);
    float *map = run(&rig, "area/V1", &n);
    cr_assert_eq(n, 4 * 23 * 23);
    for (int i = 0; i < (int)n; i += 7) {
        double wanted = c1(rig.movie, 48, i / (23 * 23), i / 23 % 23, i % 23);
        cr_assert_float_eq(map[i], wanted, 1e-5, "%d: %g, not %g", i, (double)map[i], wanted);
    }
    free(map);
    rig_free(&rig);
}

/* C2 from the C1 of all bands, read off the gates' outputs. */
Test(areas_hmax, c2_of_1999_is_the_best_square_of_four)
{
    static const char *const one_band[] = {"view.width_px=48",         "view.height_px=48",
                                           "area.V1.size_px=7,9",      "area.V1.sigma_px=1.75,2.25",
                                           "area.V1.sizes_per_band=2", "area.V1.pool_px=4",
                                           "area.V1.step_px=2",        NULL};
    size_t n, m;
    struct rig rig = rig_new("hmax-1999", one_band);
    show_noise(&rig, 4);
    float *low = run(&rig, "area/V1", &n), *high = run(&rig, "area/V4", &m);
    int side = 23;
    cr_assert_eq(m, 256);
    for (int kind = 0; kind < 256; kind++) {
        double best = INFINITY;
        for (int v = 0; v + 2 < side; v++)
            for (int u = 0; u + 2 < side; u++) {
                double sum = 0;
                for (int place = 0, rest = kind; place < 4; place++, rest /= 4) {
                    int row = v + place / 2 * 2, column = u + place % 2 * 2;
                    sum += pow((double)low[(rest % 4 * side + row) * side + column] - 1, 2);
                }
                best = fmin(best, sum);
            }
        cr_assert_float_eq(high[kind], exp(-best / 2), 1e-5, "%d: %g, not %g", kind,
                           (double)high[kind], exp(-best / 2));
    }
    free(low), free(high);
    rig_free(&rig);
}

/* Contrast does not matter, nor do shifts by the least common multiple of the steps of C1 (30 px)
 * on an empty ground; a sum over places would change with neither, a maximum of pixels with both.
 */
Test(areas_hmax, c2_knows_nothing_of_contrast_and_place)
{
    size_t n, plane = 160 * 160;
    struct rig rig = rig_new("hmax-1999", NULL);
    float *before = NULL;
    for (int turn = 0; turn < 3; turn++) {
        memset(rig.movie, 0, rig.floats * sizeof *rig.movie);
        ww_random random = ww_random_stream(5, "patch", 0);
        for (int i = 0; i < 40 * 40; i++) {
            size_t at = (size_t)((45 + i / 40) * 160 + 45 + i % 40 + (turn == 2 ? 30 : 0));
            float light = (float)ww_random_uniform(&random) * (turn == 1 ? 0.25F : 1);
            rig.movie[at] = rig.movie[plane + at] = rig.movie[2 * plane + at] = light;
        }
        float *c2 = run(&rig, "area/V4", &n);
        for (size_t i = 0; i < n && before != NULL; i++)
            cr_assert_float_eq(c2[i], before[i], 1e-5, "turn %d, %zu: %g, not %g", turn, i,
                               (double)c2[i], (double)before[i]);
        if (before == NULL)
            before = c2;
        else
            free(c2);
    }
    free(before);
    rig_free(&rig);
}

/* Softmax of sharpness 0 is the mean; a sharp one comes near the maximum from below. */
Test(areas_hmax, softmax_lies_between_sum_and_max)
{
    static const char *const words[4][2] = {
        {"sum", "0"}, {"softmax", "0"}, {"softmax", "400"}, {"max", "0"}};
    float *map[4];
    size_t n = 0;
    for (int i = 0; i < 4; i++) {
        char pooling[40], sharpness[40], pooling2[40], sharpness2[40];
        snprintf(pooling, sizeof pooling, "area.V1.pooling=%s", words[i][0]);
        snprintf(sharpness, sizeof sharpness, "area.V1.sharpness=%s", words[i][1]);
        snprintf(pooling2, sizeof pooling2, "area.V4.pooling=%s", words[i][0]);
        snprintf(sharpness2, sizeof sharpness2, "area.V4.sharpness=%s", words[i][1]);
        const char *set[] = {small[0], small[1], pooling, sharpness, pooling2, sharpness2, NULL};
        struct rig rig = rig_new("hmax-1999", set);
        show_noise(&rig, 6);
        map[i] = run(&rig, "area/V4", &n);
        rig_free(&rig);
    }
    for (size_t k = 0; k < n; k++) {
        cr_assert_float_eq(map[0][k], map[1][k], 1e-6);
        cr_assert(map[0][k] < map[2][k] && map[2][k] <= map[3][k] + 1e-6F);
        cr_assert(map[3][k] - map[2][k] < 0.3F * (map[3][k] - map[0][k]));
    }
    for (int i = 0; i < 4; i++)
        free(map[i]);
}

/* ---- lesions ---- */

static float *lesioned(struct rig *rig, const char *word, const char *output, size_t *n)
{
    ww_lesion lesion;
    ww_brain *brain = rig->model->brain;
    cr_assert_eq(ww_lesion_parse(&lesion, word, "", brain, rig->arena), WW_OK, "%s",
                 ww_error_message());
    cr_assert_eq(ww_lesion_apply(brain, rig->model->values, &lesion, 1, 1, NULL), WW_OK, "%s",
                 ww_error_message());
    float *map = run(rig, output, n);
    ww_lesion_clear(brain, rig->model->values);
    return map;
}

Test(areas_hmax, lesions_of_bands_orientations_and_fields)
{
    struct rig rig = rig_new("hmax-1999", small);
    size_t n;
    show_noise(&rig, 7);
    float *intact = run(&rig, "area/V1", &n);
    struct {
        const char *word;
        int orientation, field; /* which is silent, -1: all; -1 left, 1 right, 0: both */
    } const of[] = {{"V1", -1, 0},
                    {"V1:class=band1", -1, 0},
                    {"V1:class=45deg", 1, 0},
                    {"V1:hemifield=left", -1, -1},
                    {"V1:class=135deg,hemifield=right", 3, 1}};
    for (size_t k = 0; k < sizeof of / sizeof of[0]; k++) {
        float *map = lesioned(&rig, of[k].word, "area/V1", &n);
        for (int i = 0; i < (int)n; i++) {
            int o = i / (23 * 23), x = i % 23 - 11;
            bool dead = (of[k].orientation < 0 || of[k].orientation == o) && of[k].field * x >= 0 &&
                        (of[k].field == 0 || x != 0);
            cr_assert_eq(map[i], dead ? 0 : intact[i], "%s: %d", of[k].word, i);
        }
        free(map);
    }
    free(intact);
    /* what takes band 1 leaves the others, and an orientation dies in every band */
    float *whole = run(&rig, "area/V4", &n),
          *fine = lesioned(&rig, "V1:class=band1", "area/V4", &n);
    float *none = lesioned(&rig, "V1", "area/V4", &n);
    float *three = lesioned(&rig, "V1:class=0deg", "area/V4", &n);
    for (size_t i = 0; i < n; i++) {
        cr_assert(fine[i] <= whole[i] && fine[i] > none[i]);
        cr_assert_float_eq(none[i], exp(-2), 1e-6); /* all four miss their target by 1 */
        bool hears = i % 4 == 0 || i / 4 % 4 == 0 || i / 16 % 4 == 0 || i / 64 == 0;
        cr_assert(hears ? three[i] < whole[i] : three[i] == whole[i], "kind %zu", i);
    }
    free(whole), free(fine), free(none), free(three);
    rig_free(&rig);
}

Test(areas_hmax, a_band_that_is_not_there_cannot_be_lesioned)
{
    struct rig rig = rig_new("hmax-1999", small);
    ww_lesion lesion;
    cr_assert_eq(ww_lesion_parse(&lesion, "V1:class=band7", "", rig.model->brain, rig.arena),
                 WW_OK);
    cr_assert_eq(ww_lesion_apply(rig.model->brain, rig.model->values, &lesion, 1, 1, NULL),
                 WW_EINVAL);
    cr_assert_str_eq(ww_error_message(), "lesion V1:class=band7: the model has no gates for it");
    rig_free(&rig);
}

/* ---- messages ---- */

static void refuses(const char *a, const char *b, const char *message)
{
    const char *set[] = {a, b, NULL};
    ww_model *model = NULL;
    ww_status status = ww_model_create(&model, "hmax-1999", set, 1);
    ww_model_free(model);
    cr_assert(status != WW_OK, "%s, %s", a, b ? b : "");
    cr_assert_str_eq(ww_error_message(), message);
}

Test(areas_hmax, what_does_not_fit_is_named)
{
    refuses("area.V1.size_px=7,8,11,13,15,17,19,21,23,25,27,29", NULL,
            "area V1: size_px: 8 is not an odd number of pixels");
    refuses("area.V1.size_px=7,9", NULL,
            "area V1: size_px, sigma_px and lambda_px have 2, 12 and 16 numbers; each filter wants "
            "one of each");
    refuses("area.V1.pool_px=7,9", NULL,
            "area V1: sizes_per_band, pool_px and step_px have 4, 2 and 4 numbers; each of at most "
            "8 bands wants one of each");
    refuses("area.V1.sizes_per_band=2,3,3,3", NULL,
            "area V1: sizes_per_band: the bands have 11 sizes together, size_px has 12");
    refuses("area.V1.inside=yes", "view.width_px=28",
            "area V1: a picture of 28 x 160 px is too small for the largest filter, 29 px");
    refuses("view.width_px=4", NULL,
            "area V4: the picture is too small: no band has cells 2 apart");
}

static void refuses_yaml(const char *areas, const char *message)
{
    char text[400];
    ww_brain *brain;
    ww_arena *arena = ww_arena_create();
    snprintf(text, sizeof text,
             "brain: test\nview: {frames: 1}\nareas: {%s}\nwiring: {use: [], add: [V1 > V4]}\n",
             areas);
    cr_assert(ww_brain_parse(&brain, text, "t.yaml", NULL, arena) != WW_OK, "%s", areas);
    cr_assert_str_eq(ww_error_message(), message);
    ww_arena_free(arena);
}

Test(areas_hmax, types_of_areas)
{
    refuses_yaml("V1: {type: hmax-c3}, V4: {}",
                 "t.yaml:3: area.V1.type: unknown area 'hmax-c3'; did you mean 'hmax-c1'?");
    refuses_yaml("V1: {type: [hmax-c1]}, V4: {}", "t.yaml:3: type: one value is wanted");
    refuses_yaml("V1: {}, V4: {type: hmax-c2-1999}",
                 "t.yaml:3: areas: V4 reads an area of type hmax-c1, which V1 is not");
    refuses_yaml("V1: {type: hmax-c1}, V4: {}, my area: {type: view-tuned, level: 9}",
                 "t.yaml:3: areas: 'my area' is no name of an area");
    struct rig rig = rig_new("hmax-1999", small); /* and the brain as resolved reads the same */
    ww_brain *again;
    cr_assert_eq(ww_brain_parse(&again, rig.model->brain->yaml, "again", NULL, rig.arena), WW_OK,
                 "%s", ww_error_message());
    cr_assert_str_eq(again->yaml, rig.model->brain->yaml);
    cr_assert_str_eq(again->area[0].name, "V1");
    cr_assert_str_eq(again->area[0].type->item.name, "hmax-c1");
    rig_free(&rig);
}
