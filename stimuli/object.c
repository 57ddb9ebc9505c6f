/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An object from a vocabulary of outlines, in one of several hues of equal luminance, filled plain
 * or with stripes, checks or dots, and tilted a little. Shape is what names it; texture, tilt and
 * hue are free (Pasupathy & Connor 2001, J Neurophysiol 86:2505). */
#include "stimuli/parts/frame.h"
#include "stimuli/parts/thing.h"

struct object {
    int n_objects, object, n_colours, texture;
    double size_deg, tilt_jitter_deg, luminance, ground, spread_deg;
};

static const ww_param params[] = {
    WW_INT(struct object, n_objects, 20, 1, WW_OBJECTS, "", "number of shapes", ""),
    WW_INT(struct object, object, -1, -1, WW_OBJECTS - 1, "", "which is shown; -1 draws one", ""),
    WW_INT(struct object, n_colours, 8, 1, 64, "", "number of hues", "derrington1984"),
    WW_INT(struct object, texture, -1, -1, WW_TEXTURES - 1, "",
           "0 plain, 1 stripes, 2 checks, 3 dots; -1 draws one", ""),
    WW_REAL(struct object, size_deg, 5, 0.1, 180, "deg", "side of the shape's box", ""),
    WW_REAL(struct object, tilt_jitter_deg, 15, 0, 180, "deg", "random tilt, each way", ""),
    WW_REAL(struct object, luminance, 0.4, 0, 1, "", "luminance of the hues", ""),
    WW_REAL(struct object, ground, 0.7, 0, 1, "", "luminance of the ground", ""),
    WW_REAL(struct object, spread_deg, 0, 0, 90, "deg", "random shift of the centre, each way", ""),
    WW_PARAM_END};

static ww_status open(void **state, const void *params_, const ww_view *view)
{
    const struct object *p = params_;
    *state = NULL;
    if (p->object >= p->n_objects)
        return WW_FAIL(WW_EINVAL, "stimulus object: object = %d, but there are %d objects (from 0)",
                       p->object, p->n_objects);
    return ww_thing_check("object", "size_deg", p->size_deg, view);
}

static ww_status draw(void *state, const void *params_, const ww_view *view, uint64_t seed,
                      uint64_t index, float *rgb, unsigned char *mask, ww_truth *truth)
{
    const struct object *p = params_;
    ww_random random = ww_random_stream(seed, "stimuli/object", index);
    (void)state;
    *truth = ww_truth_unknown();
    int shape = (int)ww_random_below(&random, (uint64_t)p->n_objects);
    int texture = (int)ww_random_below(&random, WW_TEXTURES);
    truth->colour = (int)ww_random_below(&random, (uint64_t)p->n_colours);
    ww_thing thing = {.category = WW_OBJECT,
                      .which = p->object >= 0 ? p->object : shape,
                      .texture = p->texture >= 0 ? p->texture : texture,
                      .size_deg = p->size_deg,
                      .colour = ww_rgb_hue(truth->colour, p->n_colours, p->luminance)};
    thing.tilt_deg = p->tilt_jitter_deg * ww_random_range(&random, -1, 1);
    double x = p->spread_deg * ww_random_range(&random, -1, 1);
    double y = p->spread_deg * ww_random_range(&random, -1, 1);
    return ww_thing_show(&thing, NULL, view, x, y, p->ground, rgb, mask, truth);
}

const ww_stimulus ww_stimulus_object = {
    .item = {.name = "object",
             .summary = "object from a vocabulary of shapes, coloured and textured",
             .sources = "pasupathy2001 gielis2003 derrington1984",
             .example = "whatwhere stimuli show object --set n_objects=24 -o sheet.png",
             .params = params,
             .params_size = sizeof(struct object)},
    .open = open,
    .draw = draw};
