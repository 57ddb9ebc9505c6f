/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A face or an object among dead leaves, as an animal or none in a natural scene (Serre, Oliva &
 * Poggio 2007, Proc Natl Acad Sci USA 104:6424): is there a face? How large the thing is in the
 * picture sets how much of it is clutter.
 *
 * Faces and objects have the same size, the same places and greys from the same range, so that
 * neither the luminance nor the amount of clutter tells them apart. Everything is grey. */
#include <stdlib.h>

#include "stimuli/parts/frame.h"
#include "stimuli/parts/leaves.h"
#include "stimuli/parts/thing.h"

struct clutter {
    bool faces, objects;
    int n_faces, n_objects, face_space;
    double size_deg, yaw_max_deg, tilt_max_deg;
    ww_leaves leaves;
};

static const ww_param params[] = {
    WW_BOOL(struct clutter, faces, true, "show faces", "serre2007b"),
    WW_BOOL(struct clutter, objects, true, "show objects", ""),
    WW_INT(struct clutter, n_faces, 100000, 1, 100000, "", "number of persons", ""),
    WW_INT(struct clutter, n_objects, WW_OBJECTS, 1, WW_OBJECTS, "", "number of shapes", ""),
    WW_INT(struct clutter, face_space, 1, 0, 1000000, "", "which population the persons are from",
           ""),
    WW_REAL(struct clutter, size_deg, 3, 0.1, 180, "deg", "size of the thing (larger side)", ""),
    WW_REAL(struct clutter, yaw_max_deg, 20, 0, 60, "deg", "largest turn of a head", ""),
    WW_REAL(struct clutter, tilt_max_deg, 10, 0, 180, "deg", "largest tilt of a thing", ""),
    {"radius_min_deg", WW_PARAM_REAL, WW_FIELD(struct clutter, leaves.radius_min_deg, double), 0.1,
     0.001, 90, NULL, NULL, "deg", "of the smallest leaf", "lee2001"},
    {"radius_max_deg", WW_PARAM_REAL, WW_FIELD(struct clutter, leaves.radius_max_deg, double), 2,
     0.002, 180, NULL, NULL, "deg", "of the largest leaf", "lee2001"},
    {"contrast", WW_PARAM_REAL, WW_FIELD(struct clutter, leaves.contrast, double), 1, 0, 1, NULL,
     NULL, "", "of the leaves: greys lie evenly within 0.5 (1 -+ contrast)", ""},
    WW_PARAM_END};

static ww_status open(void **state, const void *params_, const ww_view *view)
{
    const struct clutter *p = params_;
    *state = NULL;
    WW_TRY(ww_leaves_check("clutter", &p->leaves));
    return ww_thing_check("clutter", "size_deg", p->size_deg, view);
}

static void choose(ww_thing *thing, const struct clutter *p, ww_random *random)
{
    bool face = ww_random_below(random, 2) == 0;
    face = p->faces && (face || !p->objects);
    thing->category = face ? WW_FACE : WW_OBJECT;
    thing->which = (int)ww_random_below(random, (uint64_t)(face ? p->n_faces : p->n_objects));
    thing->size_deg = p->size_deg;
    thing->tilt_deg = p->tilt_max_deg * ww_random_range(random, -1, 1);
    if (face) {
        thing->face = ww_face_identity((uint64_t)p->face_space, thing->which);
        thing->pose.yaw_deg = p->yaw_max_deg * ww_random_range(random, -1, 1);
        thing->pose.expression = ww_random_range(random, -0.7, 0.7);
        thing->light = ww_random_range(random, -0.3, 0.3);
    } else {
        double grey = ww_random_range(random, 0.1, 0.9);
        thing->colour = (ww_rgb){grey, grey, grey};
        thing->texture = (int)ww_random_below(random, WW_TEXTURES);
    }
}

/* The luminance of a frame in all three planes. */
static void lose_colour(float *frame, size_t plane)
{
    for (size_t i = 0; i < plane; i++)
        frame[i] = (float)ww_rgb_luminance(
            (ww_rgb){(double)frame[i], (double)frame[plane + i], (double)frame[2 * plane + i]});
}

static ww_status draw(void *state, const void *params_, const ww_view *view, uint64_t seed,
                      uint64_t index, float *rgb, unsigned char *mask, ww_truth *truth)
{
    const struct clutter *p = params_;
    ww_random random = ww_random_stream(seed, "stimuli/clutter", index);
    ww_random leaves = ww_random_stream(seed, "stimuli/clutter leaves", index);
    size_t plane = ww_frame_plane(view);
    double u = ww_random_uniform(&random), v = ww_random_uniform(&random);
    ww_thing thing = {0};
    ww_sprite sprite = {0};
    ww_status status = WW_OK;
    (void)state;
    *truth = ww_truth_unknown();
    ww_leaves_draw(&p->leaves, view, &leaves, rgb);
    ww_frame_grey(rgb, view);
    if (mask != NULL)
        memset(mask, 0, plane);
    if (p->faces || p->objects) {
        choose(&thing, p, &random);
        ww_thing_truth(&thing, truth);
        status = ww_thing_sprite(&sprite, &thing, NULL, view);
        if (status == WW_OK) {
            ww_sprite_place(&sprite, view, u, v, truth);
            ww_sprite_over(&sprite, view, truth->x_deg, truth->y_deg, rgb, mask, 1);
        }
        ww_sprite_free(&sprite);
        lose_colour(rgb, plane);
        ww_frame_grey(rgb, view);
    }
    for (int f = 1; f < view->frames; f++)
        memcpy(ww_frame_at(rgb, view, f), rgb, 3 * plane * sizeof *rgb);
    return status;
}

const ww_stimulus ww_stimulus_clutter = {
    .item = {.name = "clutter",
             .summary = "a face, an object or nothing among dead leaves",
             .sources = "serre2007b lee2001",
             .example = "whatwhere stimuli show clutter --set size_deg=5 -o sheet.png",
             .params = params,
             .params_size = sizeof(struct clutter)},
    .open = open,
    .draw = draw};
