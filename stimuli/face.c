/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A face from a parametric face space on an even ground, in some pose, expression and side light.
 * `identity` fixes who is seen; -1 draws one of `n_faces` persons. `strength` moves along the line
 * from the mean face through the person: 0 the mean, 1 the person, above 1 a caricature (Valentine
 * 1991, Q J Exp Psychol 43A:161; Leopold et al. 2001, Nat Neurosci 4:89). */
#include "stimuli/parts/frame.h"
#include "stimuli/parts/thing.h"

struct face {
    int n_faces, identity, face_space;
    double strength, size_deg, yaw_deg, yaw_jitter_deg, expression, expression_jitter;
    double light, light_jitter, spread_deg, ground;
};

static const ww_param params[] = {
    WW_INT(struct face, n_faces, 20, 1, 100000, "", "number of persons", ""),
    WW_INT(struct face, identity, -1, -1, 99999, "", "who is shown; -1 draws one", ""),
    WW_INT(struct face, face_space, 1, 0, 1000000, "", "which population the persons are from", ""),
    WW_REAL(struct face, strength, 1, 0, 2, "", "distance from the mean face", "leopold2001"),
    WW_REAL(struct face, size_deg, 6, 0.1, 180, "deg", "height of the head with hair", ""),
    WW_REAL(struct face, yaw_deg, 0, -60, 60, "deg", "turn of the head", ""),
    WW_REAL(struct face, yaw_jitter_deg, 20, 0, 60, "deg", "random turn, each way", ""),
    WW_REAL(struct face, expression, 0, -1, 1, "", "-1 sad, 1 smiling", ""),
    WW_REAL(struct face, expression_jitter, 0.7, 0, 1, "", "random expression, each way", ""),
    WW_REAL(struct face, light, 0, -1, 1, "", "side light, -1 from the left, 1 from the right", ""),
    WW_REAL(struct face, light_jitter, 0.3, 0, 1, "", "random side light, each way", ""),
    WW_REAL(struct face, spread_deg, 0, 0, 90, "deg", "random shift of the centre, each way", ""),
    WW_REAL(struct face, ground, 0.5, 0, 1, "", "luminance of the ground", ""),
    WW_PARAM_END};

static ww_status open(void **state, const void *params_, const ww_view *view)
{
    const struct face *p = params_;
    *state = NULL;
    if (p->identity >= p->n_faces)
        return WW_FAIL(WW_EINVAL, "stimulus face: identity = %d, but there are %d faces (from 0)",
                       p->identity, p->n_faces);
    return ww_thing_check("face", "size_deg", p->size_deg, view);
}

static ww_status draw(void *state, const void *params_, const ww_view *view, uint64_t seed,
                      uint64_t index, float *rgb, unsigned char *mask, ww_truth *truth)
{
    const struct face *p = params_;
    ww_random random = ww_random_stream(seed, "stimuli/face", index);
    (void)state;
    *truth = ww_truth_unknown();
    int drawn = (int)ww_random_below(&random, (uint64_t)p->n_faces);
    ww_thing thing = {.category = WW_FACE,
                      .which = p->identity >= 0 ? p->identity : drawn,
                      .size_deg = p->size_deg};
    thing.pose.yaw_deg =
        ww_clamp(p->yaw_deg + p->yaw_jitter_deg * ww_random_range(&random, -1, 1), -60, 60);
    thing.pose.expression =
        ww_clamp(p->expression + p->expression_jitter * ww_random_range(&random, -1, 1), -1, 1);
    thing.light = ww_clamp(p->light + p->light_jitter * ww_random_range(&random, -1, 1), -1, 1);
    ww_face person = ww_face_identity((uint64_t)p->face_space, thing.which);
    ww_face mean = {.hair = person.hair};
    thing.face = ww_face_morph(&mean, &person, p->strength);
    double x = p->spread_deg * ww_random_range(&random, -1, 1);
    double y = p->spread_deg * ww_random_range(&random, -1, 1);
    return ww_thing_show(&thing, NULL, view, x, y, p->ground, rgb, mask, truth);
}

const ww_stimulus ww_stimulus_face = {
    .item = {.name = "face",
             .summary = "face from a parametric face space, with pose, expression and light",
             .sources = "valentine1991 leopold2001 freiwald2009",
             .example = "whatwhere stimuli show face --set n_faces=50 -o sheet.png",
             .params = params,
             .params_size = sizeof(struct face)},
    .open = open,
    .draw = draw};
