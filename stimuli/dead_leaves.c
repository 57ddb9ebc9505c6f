/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dead leaves, the ground of natural pictures without the things in it (parts/leaves.c). */
#include "stimuli/parts/frame.h"
#include "stimuli/parts/leaves.h"

static const ww_param params[] = {
    WW_REAL(ww_leaves, radius_min_deg, 0.1, 0.001, 90, "deg", "of the smallest disc", "lee2001"),
    WW_REAL(ww_leaves, radius_max_deg, 8, 0.002, 180, "deg", "of the largest disc", "lee2001"),
    WW_REAL(ww_leaves, contrast, 1, 0, 1, "", "greys lie evenly within 0.5 (1 -+ contrast)", ""),
    WW_PARAM_END};

static ww_status open(void **state, const void *params_, const ww_view *view)
{
    (void)view;
    *state = NULL;
    return ww_leaves_check("dead_leaves", params_);
}

static ww_status draw(void *state, const void *params_, const ww_view *view, uint64_t seed,
                      uint64_t index, float *rgb, unsigned char *mask, ww_truth *truth)
{
    ww_random random = ww_random_stream(seed, "stimuli/dead_leaves", index);
    size_t plane = ww_frame_plane(view);
    (void)state;
    *truth = ww_truth_unknown();
    ww_leaves_draw(params_, view, &random, rgb);
    ww_frame_grey(rgb, view);
    for (int f = 1; f < view->frames; f++)
        memcpy(ww_frame_at(rgb, view, f), rgb, 3 * plane * sizeof *rgb);
    if (mask != NULL)
        memset(mask, 0, plane);
    return WW_OK;
}

const ww_stimulus ww_stimulus_dead_leaves = {
    .item = {.name = "dead_leaves",
             .summary = "discs that hide each other: the statistics of natural pictures",
             .sources = "lee2001",
             .example = "whatwhere stimuli show dead_leaves -o sheet.png",
             .params = params,
             .params_size = sizeof(ww_leaves)},
    .open = open,
    .draw = draw};
