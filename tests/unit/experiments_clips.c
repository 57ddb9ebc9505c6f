/* SPDX-License-Identifier: GPL-3.0-or-later */
/* View-tuned units on clips: what they learn, what they recognise, and what is refused. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/parts/clips.h"

static const char *const few[] = {"area.AITv.units=3",
                                  "area.V1.size_px=7,11,17",
                                  "area.V1.sigma_px=1.75,2.75,4.25",
                                  "area.V1.sizes_per_band=1,2",
                                  "area.V1.pool_px=6,12",
                                  "area.V1.step_px=3,6",
                                  NULL};

Test(experiments_clips, a_unit_knows_its_view_best)
{
    ww_model *model;
    ww_clip_bench bench;
    cr_assert_eq(ww_model_create(&model, "hmax-1999", few, 1), WW_OK, "%s", ww_error_message());
    cr_assert_eq(ww_clip_bench_open(&bench, model, 5), WW_OK, "%s", ww_error_message());
    cr_assert(bench.units == 3 && bench.features == 256);
    cr_assert_eq(ww_clip_learn(&bench, 40), WW_OK);
    /* the learned views, one shifted by the common step of all bands, one in pieces, two at once */
    ww_clip_display display[7];
    for (int i = 0; i < 7; i++)
        display[i] = ww_clip_learned(i % 3);
    display[3].pose.x_deg = -30.0 / 32;
    display[4].tiles = 16;
    display[5] = ww_clip_learned(0);
    display[5].other = 7;
    display[5].other_pose = display[5].pose;
    display[5].pose.x_deg = -1.1;
    display[5].other_pose.x_deg = 1.1;
    float unit[7 * 3], *feature = malloc(7 * 256 * sizeof *feature);
    cr_assert_eq(ww_clip_show(&bench, display, 7, unit, feature), WW_OK);
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 3; i++)
            if (i == k)
                cr_assert_float_eq(unit[i * 3 + k], 1, 1e-6);
            else
                cr_assert(unit[i * 3 + k] < 0.999F, "unit %d answers clip %d by %g", k, i,
                          (double)unit[i * 3 + k]);
    cr_assert_float_eq(unit[3 * 3], 1, 1e-4); /* the place does not matter */
    cr_assert(unit[4 * 3 + 1] < 0.99F);       /* what it is made of does */
    cr_assert(unit[5 * 3] < 1 && unit[5 * 3] > 0);
    const ww_value *heard = ww_values_find(model->values, "AITv/afferent");
    for (int k = 0; k < 3; k++) { /* the 40 strongest are heard */
        double count = 0, least = 2, most = 0;
        for (int f = 0; f < 256; f++) {
            bool on = heard->data[k * 256 + f] == 1;
            double x = (double)feature[k * 256 + f];
            count += on;
            least = on ? fmin(least, x) : least;
            most = on ? most : fmax(most, x);
        }
        cr_assert_eq(count, 40);
        cr_assert(least >= most);
    }
    free(feature);
    ww_clip_bench_close(&bench);
    ww_model_free(model);
}

static void refuses(const char *yaml, const char *message)
{
    ww_arena *arena = ww_arena_create();
    ww_brain *brain;
    cr_assert_eq(ww_brain_parse(&brain, yaml, "t.yaml", NULL, arena), WW_OK, "%s",
                 ww_error_message());
    ww_model model = {.arena = arena, .brain = brain, .seed = 1};
    ww_clip_bench bench;
    cr_assert_eq(ww_clip_bench_open(&bench, &model, 1), WW_EINVAL);
    cr_assert_str_eq(ww_error_message(), message);
    ww_arena_free(arena);
}

Test(experiments_clips, brains_without_view_tuned_units)
{
    refuses("brain: plain\nareas: {retina: {}}\n", "brain plain has no area of type view-tuned");
    refuses("brain: film\nview: {frames: 2}\nareas: {retina: {}, AITv: {type: view-tuned}}\n"
            "wiring: {use: [], add: [retina > AITv]}\n",
            "brain film: clips are shown as one frame, not as 2");
    refuses("brain: two\nview: {frames: 1}\nareas: {retina: {}, LGN: {}, AITv: {type: "
            "view-tuned}}\nwiring: {use: [ascending], add: [retina > AITv, LGN > AITv]}\n",
            "brain two: the view-tuned units read more than one area");
}
