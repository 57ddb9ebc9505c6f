/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features of pictures of any size: C2 of 2007 against a loop, prototypes that are pieces of
 * pictures, and what is refused. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "areas/parts/hmax.h"
#include "connectome/features.h"
#include "engine/base/random.h"
#include "tests/support/folder.h"

TestSuite(connectome_features, .init = ww_folder_make, .fini = ww_folder_remove);

/* Two bands of two sizes, prototypes of 2 x 2 and 3 x 3. */
static const char *const small[] = {"area.V1.size_px=7,9,11,13",
                                    "area.V1.sigma_px=2.8,3.6,4.5,5.4",
                                    "area.V1.lambda_px=3.5,4.6,5.6,6.8",
                                    "area.V1.sizes_per_band=2,2",
                                    "area.V1.pool_px=8,10",
                                    "area.V1.step_px=4,5",
                                    "area.V4.sizes=2,3",
                                    "area.V4.per_size=4",
                                    NULL};

static ww_picture noise(int channels, int height, int width, uint64_t seed)
{
    ww_random random = ww_random_stream(seed, "picture", 0);
    size_t plane = (size_t)(height * width);
    ww_picture p = {channels, height, width, malloc((size_t)channels * plane * sizeof(float))};
    for (size_t i = 0; i < plane; i++) { /* grey in all channels, on the levels of a file */
        float level = (float)ww_random_below(&random, 256) / 255;
        for (size_t c = 0; c < (size_t)channels; c++)
            p.pixel[c * plane + i] = level;
    }
    return p;
}

static ww_features *opened(void)
{
    ww_features *f;
    cr_assert_eq(ww_features_open(&f, "hmax-2007", small, NULL, 3), WW_OK, "%s",
                 ww_error_message());
    cr_assert_str_eq(ww_features_area(f), "V4");
    return f;
}

static const float *of(ww_features *f, const ww_picture *p, size_t wanted)
{
    const float *out;
    size_t n;
    cr_assert_eq(ww_features_of(f, p, "picture", &out, &n, NULL), WW_OK, "%s", ww_error_message());
    cr_assert_eq(n, wanted);
    return out;
}

/* ---- against loops, in double ---- */

static double s1(const ww_picture *p, const float *w, int k, int row, int column)
{
    double sum = 0, power = 0;
    if (row < k / 2 || column < k / 2 || row + k / 2 >= p->height || column + k / 2 >= p->width)
        return 0; /* filters that reach out are silent */
    for (int i = 0; i < k * k; i++) {
        int at = (row + i / k - k / 2) * p->width + column + i % k - k / 2;
        sum += (double)p->pixel[at] * (double)w[i];
        power += (double)p->pixel[at] * (double)p->pixel[at];
    }
    return power > 0 ? fabs(sum) / sqrt(power) : 0;
}

struct band {
    int height, width;
    double map[4][32][32];
};

static void c1(const ww_picture *p, int band, struct band *out)
{
    static const double sigma[] = {2.8, 3.6, 4.5, 5.4}, lambda[] = {3.5, 4.6, 5.6, 6.8};
    int pool = 8 + 2 * band, step = 4 + band;
    out->height = (p->height - pool + step - 1) / step + 1;
    out->width = (p->width - pool + step - 1) / step + 1;
    memset(out->map, 0, sizeof out->map);
    for (int j = 2 * band; j < 2 * band + 2; j++)
        for (int o = 0; o < 4; o++) {
            float w[13 * 13];
            int k = 7 + 2 * j;
            ww_hmax_gabor(k, sigma[j], lambda[j], 0.3, 45.0 * o, w);
            for (int v = 0; v < out->height; v++)
                for (int u = 0; u < out->width; u++)
                    for (int i = 0; i < pool * pool; i++) {
                        int row = v * step + i / pool, column = u * step + i % pool;
                        if (row < p->height && column < p->width)
                            out->map[o][v][u] = fmax(out->map[o][v][u], s1(p, w, k, row, column));
                    }
        }
}

static double c2(const struct band *band, const float *prototype, int size)
{
    double best = INFINITY;
    for (int b = 0; b < 2; b++)
        for (int v = 0; v + size <= band[b].height; v++)
            for (int u = 0; u + size <= band[b].width; u++) {
                double sum = 0;
                for (int i = 0; i < 4 * size * size; i++)
                    sum += pow(band[b].map[i / (size * size)][v + i / size % size][u + i % size] -
                                   fabs((double)prototype[i]),
                               2);
                best = fmin(best, sum);
            }
    return exp(-best / (2.0 / 9 * pow(size / 4.0, 2)));
}

Test(connectome_features, c2_of_2007_equals_the_loops_of_the_paper)
{
    static struct band band[2];
    ww_model *model; /* the same seed: the same prototypes */
    cr_assert_eq(ww_model_create(&model, "hmax-2007", small, 3), WW_OK);
    ww_features *f = opened();
    for (int turn = 0; turn < 2; turn++) {
        ww_picture p = noise(turn ? 3 : 1, turn ? 41 : 48, turn ? 63 : 48, 20 + (uint64_t)turn);
        const float *out = of(f, &p, 8);
        c1(&p, 0, &band[0]);
        c1(&p, 1, &band[1]);
        for (int k = 0; k < 8; k++) {
            int size = k < 4 ? 2 : 3;
            const float *all =
                ww_values_find(model->values, k < 4 ? "V4/prototype.2" : "V4/prototype.3")->data;
            double wanted = c2(band, all + k % 4 * 4 * size * size, size);
            cr_assert_float_eq(out[k], wanted, 1e-5, "turn %d, %d: %g, not %g", turn, k,
                               (double)out[k], wanted);
        }
        ww_picture_free(&p);
    }
    ww_features_close(f);
    ww_model_free(model);
}

/* ---- imprinting ---- */

Test(connectome_features, what_was_imprinted_is_recognised_and_nothing_else)
{
    ww_picture p = noise(1, 48, 50, 1), other = noise(1, 48, 50, 2);
    cr_assert_eq(ww_picture_write_png(ww_path("p.png"), p.pixel, 1, 48, 50), WW_OK);
    const char *file[] = {ww_path("p.png")};
    ww_features *f = opened(), *again = opened(), *reseeded = opened();
    const float *before = of(f, &p, 8);
    for (int k = 0; k < 8; k++)
        cr_assert(before[k] < 0.99F);
    cr_assert_eq(ww_features_imprint(f, file, 1, 7, NULL), WW_OK, "%s", ww_error_message());
    cr_assert_eq(ww_features_imprint(again, file, 1, 7, NULL), WW_OK);
    cr_assert_eq(ww_features_imprint(reseeded, file, 1, 8, NULL), WW_OK);
    const float *own = of(f, &p, 8);
    for (int k = 0; k < 8; k++)
        cr_assert_float_eq(own[k], 1, 1e-5, "%d: %g", k, (double)own[k]);
    const float *a = of(f, &other, 8), *b = of(again, &other, 8), *c = of(reseeded, &other, 8);
    cr_assert_eq(memcmp(a, b, 8 * sizeof *a), 0);
    cr_assert_neq(memcmp(a, c, 8 * sizeof *a), 0);
    for (int k = 0; k < 8; k++)
        cr_assert(a[k] < 0.999F);
    ww_features_close(f), ww_features_close(again), ww_features_close(reseeded);
    ww_picture_free(&p), ww_picture_free(&other);
}

/* ---- messages ---- */

static void refuses(ww_features *f, const ww_picture *p, ww_status status, const char *message)
{
    const float *out;
    size_t n;
    cr_assert_eq(ww_features_of(f, p, "p.png", &out, &n, NULL), status);
    cr_assert_str_eq(ww_error_message(), message);
}

Test(connectome_features, what_is_refused)
{
    ww_features *f = opened(), *map;
    ww_picture good = noise(1, 48, 48, 1), bad = noise(3, 48, 48, 1), low = noise(1, 12, 48, 1);
    bad.pixel[48 * 48 + 48 * 4 + 9] = NAN;
    refuses(f, &bad, WW_ENUMERIC, "p.png: the pixel at row 5, column 10 is not a number");
    refuses(f, &low, WW_EINVAL,
            "p.png: area V1: a picture of 48 x 12 px is too small for the largest filter, 13 px");
    of(f, &good, 8); /* and it still works */
    cr_assert_eq(ww_features_open(&map, "hmax-2007", small, "V1", 3), WW_OK);
    of(map, &good, 4 * 11 * 11);
    ww_picture wide = noise(1, 48, 64, 1);
    refuses(map, &wide, WW_ESHAPE,
            "p.png: V1 has 660 units at 64 x 48 px, but 484 before; pictures of one size are "
            "wanted for it");
    ww_features_close(map);
    cr_assert_eq(ww_features_open(&map, "hmax-2007", small, "V9", 3), WW_ENOTFOUND);
    cr_assert(map == NULL);
    cr_assert_str_eq(ww_error_message(), "brain hmax-2007 has no area 'V9'");
    const char *eight[sizeof small / sizeof small[0]];
    memcpy(eight, small, sizeof small);
    eight[6] = "area.V4.sizes=2,8";
    ww_picture tiny = noise(1, 13, 48, 1);
    cr_assert_eq(ww_picture_write_png(ww_path("tiny.png"), tiny.pixel, 1, 13, 48), WW_OK);
    const char *file[] = {ww_path("tiny.png")};
    cr_assert_eq(ww_features_open(&map, "hmax-2007", eight, NULL, 3), WW_OK);
    cr_assert_eq(ww_features_imprint(map, file, 1, 7, NULL), WW_EINVAL);
    cr_assert(strstr(ww_error_message(), "tiny.png: area V4: the picture is too small: no band has "
                                         "8 x 8 cells, the size of a prototype") != NULL,
              "%s", ww_error_message());
    ww_features_close(map);
    ww_features_close(f);
    ww_picture_free(&good), ww_picture_free(&bad), ww_picture_free(&low);
    ww_picture_free(&wide), ww_picture_free(&tiny);
}
