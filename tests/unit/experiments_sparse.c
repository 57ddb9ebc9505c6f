/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sparse codes: planted fields are found again, Gabors are fitted, dead leaves look natural. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "areas/parts/gabor.h"
#include "engine/base/random.h"
#include "experiments/parts/sparse.h"
#include "tests/support/folder.h"

TestSuite(sparse, .init = ww_folder_make, .fini = ww_folder_remove);

/* A Gabor with some noise gives its numbers back. */
Test(sparse, gabors_are_fitted)
{
    enum { SIDE = 13 };
    static float field[SIDE * SIDE];
    ww_random r = ww_random_stream(1, "fit", 0);
    for (int k = 0; k < 6; k++) {
        ww_gabor g = {0.15 + 0.03 * k, 25.0 * k + 5, 60.0 * k, 0.35 + 0.03 * k, 0.5};
        ww_gabor_fill(&g, 0, 1, SIDE, field);
        for (int i = 0; i < SIDE * SIDE; i++)
            field[i] += 0.01f * (float)ww_random_normal(&r);
        ww_gabor_fit fit = ww_gabor_fit_field(field, SIDE);
        cr_expect(fit.r2 > 0.9, "R2 %g", fit.r2);
        cr_expect_float_eq(fit.cycles_px, g.frequency_cpd, 0.03, "%g, not %g", fit.cycles_px,
                           g.frequency_cpd);
        double off = fabs(remainder(fit.normal_deg - g.normal_deg, 180));
        cr_expect(off < 4, "%g, not %g deg", fit.normal_deg, g.normal_deg);
        cr_expect_float_eq(fit.x, 6, 0.6);
    }
    for (int i = 0; i < SIDE * SIDE; i++)
        field[i] = (float)ww_random_normal(&r);
    cr_expect(ww_gabor_fit_field(field, SIDE).r2 < 0.5, "noise is no Gabor");
}

/* Patches that are sums of a few planted fields: the code finds these fields. */
Test(sparse, planted_fields_are_learned)
{
    enum { SIDE = 6, D = SIDE * SIDE, FIELDS = 20, COUNT = 3000 };
    float planted[FIELDS * D];
    ww_patches patches = {SIDE, COUNT, calloc(COUNT * D, sizeof(float))};
    ww_code code;
    ww_random r = ww_random_stream(2, "planted", 0);
    for (int u = 0; u < FIELDS; u++) {
        double power = 0;
        for (int k = 0; k < D; k++) {
            planted[u * D + k] = (float)ww_random_normal(&r);
            power += (double)planted[u * D + k] * (double)planted[u * D + k];
        }
        for (int k = 0; k < D; k++)
            planted[u * D + k] /= (float)sqrt(power);
    }
    for (int i = 0; i < COUNT; i++)
        for (int n = 0; n < 2; n++) {
            int u = (int)ww_random_below(&r, FIELDS);
            float a = 1.3f * (float)(ww_random_uniform(&r) < 0.5 ? -1 : 1);
            for (int k = 0; k < D; k++)
                patches.data[i * D + k] += a * planted[u * D + k];
        }
    expect_ok(ww_code_create(&code, SIDE, FIELDS, 0.3, 3));
    expect_ok(ww_code_learn(&code, &patches, 400, 50, 20, 4));
    int found = 0;
    for (int u = 0; u < FIELDS; u++) {
        double best = 0;
        for (int v = 0; v < FIELDS; v++) {
            double dot = 0;
            for (int k = 0; k < D; k++)
                dot += (double)planted[u * D + k] * (double)code.fields[v * D + k];
            best = fmax(best, fabs(dot));
        }
        found += best > 0.9;
    }
    cr_expect(found >= FIELDS * 3 / 4, "%d of %d planted fields were found", found, FIELDS);
    ww_code_free(&code);
    ww_patches_free(&patches);
}

Test(sparse, patches_of_dead_leaves_are_white_and_have_heavy_tails)
{
    ww_patches a, b;
    double power = 0, fourth = 0;
    expect_ok(ww_patches_draw(&a, "", 2, 128, 8, 2000, 5));
    for (size_t i = 0; i < a.count * 64; i++) {
        double x = (double)a.data[i];
        power += x * x / (double)(a.count * 64);
        fourth += x * x * x * x / (double)(a.count * 64);
    }
    cr_expect_float_eq(power, 0.1, 1e-4);
    cr_expect(fourth / (power * power) > 4, "kurtosis %g, 3 for noise", fourth / (power * power));
    expect_ok(ww_patches_draw(&b, "", 2, 128, 8, 2000, 5));
    cr_expect_eq(memcmp(a.data, b.data, 2000 * 64 * sizeof(float)), 0, "the same seed, other bits");
    ww_patches_free(&a);
    ww_patches_free(&b);
}

Test(sparse, a_folder_without_pictures_is_named)
{
    ww_patches a;
    ww_file_with_text("x.txt", "no picture");
    expect_failure(ww_patches_draw(&a, ww_path("."), 1, 64, 8, 10, 1), WW_ENOTFOUND,
                   "@/.: no picture of at least 64 x 64 pixels");
    ww_patches_free(&a);
}
