/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bent wire in three dimensions, from a set of them: objects that nobody has met, told apart by
 * their shape alone, on which monkeys and models are tested for views that they have not learned
 * (Logothetis et al. 1995; Riesenhuber & Poggio 1999: a dark field, 2 deg in size). */
#include "stimuli/parts/paperclip.h"
#include "engine/base/random.h"
#include "stimuli/parts/frame.h"

struct paperclip {
    int n_objects, object, set, n_segments;
    double rotation_deg, rotation_spread_deg, size_deg, thickness, x_deg, y_deg, spread_deg;
    double luminance, ground;
};

static const ww_param params[] = {
    WW_INT(struct paperclip, n_objects, 21, 1, 1000000, "", "clips of the set that are shown",
           "riesenhuber1999"),
    WW_INT(struct paperclip, object, -1, -1, 999999, "", "which of them; -1: drawn at random", ""),
    WW_INT(struct paperclip, set, 1, 0, 1000000, "", "number of the set", ""),
    WW_INT(struct paperclip, n_segments, 7, 1, WW_PAPERCLIP_SEGMENTS, "",
           "straight pieces of a wire", "logothetis1995"),
    WW_REAL(struct paperclip, rotation_deg, 0, -360, 360, "deg",
            "rotation in depth, about the vertical axis", "logothetis1995"),
    WW_REAL(struct paperclip, rotation_spread_deg, 45, 0, 180, "deg",
            "random rotation beyond it, each way", ""),
    WW_REAL(struct paperclip, size_deg, 2, 0.01, 90, "deg",
            "diameter of the sphere that the clip fits in", "riesenhuber1999"),
    WW_REAL(struct paperclip, thickness, 0.06, 0.005, 0.5, "",
            "diameter of the wire, in units of size_deg", ""),
    WW_REAL(struct paperclip, x_deg, 0, -90, 90, "deg", "centre, to the right", ""),
    WW_REAL(struct paperclip, y_deg, 0, -90, 90, "deg", "centre, upward", ""),
    WW_REAL(struct paperclip, spread_deg, 0, 0, 90, "deg", "random shift of the centre, each way",
            ""),
    WW_REAL(struct paperclip, luminance, 1, 0, 1, "", "of the wire where it faces the light", ""),
    WW_REAL(struct paperclip, ground, 0, 0, 1, "", "luminance of the field", "riesenhuber1999"),
    WW_PARAM_END};

static ww_status open(void **state, const void *params_, const ww_view *view)
{
    const struct paperclip *p = params_;
    (void)view;
    *state = NULL;
    if (p->object >= p->n_objects)
        return WW_FAIL(WW_EINVAL,
                       "stimulus paperclip: object = %d, but there are %d objects (from 0)",
                       p->object, p->n_objects);
    return WW_OK;
}

static ww_status draw(void *state, const void *params_, const ww_view *view, uint64_t seed,
                      uint64_t index, float *rgb, unsigned char *mask, ww_truth *truth)
{
    const struct paperclip *p = params_;
    ww_random random = ww_random_stream(seed, "stimuli/paperclip", index);
    (void)state;
    *truth = ww_truth_unknown();
    int drawn = (int)ww_random_below(&random, (uint64_t)p->n_objects);
    truth->category = 2;
    truth->object = p->object >= 0 ? p->object : drawn;
    truth->x_deg = p->x_deg + p->spread_deg * ww_random_range(&random, -1, 1);
    truth->y_deg = p->y_deg + p->spread_deg * ww_random_range(&random, -1, 1);
    truth->size_deg = p->size_deg;
    truth->orientation_deg =
        p->rotation_deg + p->rotation_spread_deg * ww_random_range(&random, -1, 1);
    ww_paperclip clip = ww_paperclip_make((uint64_t)p->set, truth->object, p->n_segments);
    ww_paperclip_pose pose = {.rotation_deg = truth->orientation_deg,
                              .size_deg = p->size_deg,
                              .x_deg = truth->x_deg,
                              .y_deg = truth->y_deg,
                              .thickness = p->thickness};
    size_t plane = ww_frame_plane(view);
    ww_frame_fill(rgb, view, (float)p->ground);
    if (mask != NULL)
        memset(mask, 0, plane);
    ww_paperclip_draw(&clip, &pose, view, p->luminance, rgb, mask);
    ww_frame_grey(rgb, view);
    for (int f = 1; f < view->frames; f++)
        memcpy(ww_frame_at(rgb, view, f), rgb, 3 * plane * sizeof *rgb);
    return WW_OK;
}

const ww_stimulus ww_stimulus_paperclip = {
    .item = {.name = "paperclip",
             .summary = "a wire bent at random, turned in depth",
             .sources = "bulthoff1992 logothetis1995 riesenhuber1999",
             .example = "whatwhere stimuli show paperclip --set rotation_deg=30 -o sheet.png",
             .params = params,
             .params_size = sizeof(struct paperclip)},
    .open = open,
    .draw = draw};
