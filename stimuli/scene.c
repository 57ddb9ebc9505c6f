/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scene: one face, word or object moving before a cluttered ground. It asks everything at once of
 * a brain: what it is (category, identity, colour) and where it is and goes (position, direction).
 *
 * The ground is 1/f noise (Field 1987, J Opt Soc Am A 4:2379) with scraps of strokes. Size and
 * place are drawn independently of identity, as in Majaj, Hong, Solomon & DiCarlo (2015, J Neurosci
 * 35:13402), so that no pixel tells the category. The item is dark on a bright ground or bright on
 * a dark one; words and objects have one of `n_colours` hues that differ in no luminance; faces
 * keep their own tones and carry no colour label. The item moves in one of `n_directions`
 * directions and truth holds the centre of mass of its visible area in the last frame. */
#include <stdlib.h>

#include "stimuli/parts/frame.h"
#include "stimuli/parts/noise.h"
#include "stimuli/parts/thing.h"

struct scene {
    bool faces, words, objects;
    int n_faces, n_words, n_objects, n_colours, n_directions, scraps, face_space;
    double size_min_deg, size_max_deg, speed_deg_s, ground_contrast, ground_slope, contrast_min;
    double yaw_max_deg, tilt_max_deg;
};

static const ww_param params[] = {
    WW_BOOL(struct scene, faces, true, "show faces", ""),
    WW_BOOL(struct scene, words, true, "show words", ""),
    WW_BOOL(struct scene, objects, true, "show objects", ""),
    WW_INT(struct scene, n_faces, 20, 1, 100000, "", "number of persons", ""),
    WW_INT(struct scene, n_words, 20, 1, WW_WORDS, "", "number of words", ""),
    WW_INT(struct scene, n_objects, 20, 1, WW_OBJECTS, "", "number of shapes", ""),
    WW_INT(struct scene, n_colours, 8, 1, 64, "", "number of hues", "derrington1984"),
    WW_INT(struct scene, n_directions, 8, 1, 360, "", "equally spaced directions of motion", ""),
    WW_INT(struct scene, scraps, 4, 0, 100, "", "strokes scattered on the ground", ""),
    WW_INT(struct scene, face_space, 1, 0, 1000000, "", "which population the persons are from",
           ""),
    WW_REAL(struct scene, size_min_deg, 4, 0.1, 180, "deg", "smallest item (larger side)", ""),
    WW_REAL(struct scene, size_max_deg, 6, 0.1, 180, "deg", "largest item (larger side)", ""),
    WW_REAL(struct scene, speed_deg_s, 6, 0, 1000, "deg/s", "speed of the item", ""),
    WW_REAL(struct scene, ground_contrast, 0.2, 0, 1, "", "rms contrast of the ground", ""),
    WW_REAL(struct scene, ground_slope, 1, 0, 3, "", "fall of its amplitude with frequency",
            "field1987"),
    WW_REAL(struct scene, contrast_min, 0.7, 0, 1, "", "lowest contrast of the whole picture", ""),
    WW_REAL(struct scene, yaw_max_deg, 20, 0, 60, "deg", "largest turn of a head", ""),
    WW_REAL(struct scene, tilt_max_deg, 10, 0, 180, "deg", "largest tilt of words and objects", ""),
    WW_PARAM_END};

struct shared {
    ww_noise *noise;
    ww_word_set *words;
};

/* What is drawn at random for one picture. */
struct plan {
    ww_thing thing;
    int bright;                    /* a bright item on a dark ground, or the reverse */
    double ground, contrast, u, v; /* u, v: the place, 0 .. 1 of where it fits */
    double direction_deg;
};

static void close(void *state)
{
    struct shared *shared = state;
    if (!shared)
        return;
    ww_noise_close(shared->noise);
    ww_word_set_close(shared->words);
    free(shared);
}

static ww_status open(void **state, const void *params_, const ww_view *view)
{
    const struct scene *p = params_;
    *state = NULL;
    if (!p->faces && !p->words && !p->objects)
        return WW_FAIL(WW_EINVAL, "stimulus scene: one of faces, words and objects must be yes");
    if (p->size_min_deg > p->size_max_deg)
        return WW_FAIL(WW_EINVAL, "stimulus scene: size_min_deg = %g is above size_max_deg = %g",
                       p->size_min_deg, p->size_max_deg);
    WW_TRY(ww_thing_check("scene", "size_max_deg", p->size_max_deg, view));
    struct shared *shared = calloc(1, sizeof *shared);
    if (!shared)
        return WW_FAIL(WW_ENOMEM, "stimulus scene: out of memory");
    ww_status status =
        ww_noise_open(&shared->noise, view->width_px, view->height_px, p->ground_slope);
    if (status == WW_OK && p->words)
        status = ww_word_set_open(&shared->words, p->n_words);
    if (status != WW_OK) {
        close(shared);
        return status;
    }
    *state = shared;
    return WW_OK;
}

static int draw_category(const struct scene *p, ww_random *random)
{
    int able[WW_CATEGORIES], n = 0;
    if (p->faces)
        able[n++] = WW_FACE;
    if (p->words)
        able[n++] = WW_WORD;
    if (p->objects)
        able[n++] = WW_OBJECT;
    return able[ww_random_below(random, (uint64_t)n)];
}

static void make_plan(struct plan *plan, const struct scene *p, ww_random *random, ww_truth *truth)
{
    ww_thing *thing = &plan->thing;
    thing->category = draw_category(p, random);
    int counts[WW_CATEGORIES] = {p->n_faces, p->n_words, p->n_objects};
    thing->which = (int)ww_random_below(random, (uint64_t)counts[thing->category]);
    thing->size_deg = ww_random_range(random, p->size_min_deg, p->size_max_deg);
    plan->bright = (int)ww_random_below(random, 2);
    plan->ground =
        plan->bright ? ww_random_range(random, 0.18, 0.30) : ww_random_range(random, 0.60, 0.75);
    plan->contrast = ww_random_range(random, p->contrast_min, 1);
    plan->u = ww_random_uniform(random);
    plan->v = ww_random_uniform(random);
    int direction = (int)ww_random_below(random, (uint64_t)p->n_directions);
    plan->direction_deg = 360.0 * direction / p->n_directions;
    if (thing->category == WW_FACE) {
        thing->face = ww_face_identity((uint64_t)p->face_space, thing->which);
        thing->pose.yaw_deg = p->yaw_max_deg * ww_random_range(random, -1, 1);
        thing->pose.expression = ww_random_range(random, -0.7, 0.7);
        thing->light = ww_random_range(random, -0.3, 0.3);
    } else {
        double luminance = plan->bright ? ww_random_range(random, 0.55, 0.65)
                                        : ww_random_range(random, 0.18, 0.28);
        truth->colour = (int)ww_random_below(random, (uint64_t)p->n_colours);
        thing->colour = ww_rgb_hue(truth->colour, p->n_colours, luminance);
        thing->font = (int)ww_random_below(random, WW_WORD_FONTS);
        thing->texture = (int)ww_random_below(random, WW_TEXTURES);
        thing->tilt_deg = p->tilt_max_deg * ww_random_range(random, -1, 1);
    }
    ww_thing_truth(thing, truth);
    truth->speed_deg_s = p->speed_deg_s;
    if (p->speed_deg_s > 0)
        truth->direction = direction;
}

/* Short bent strokes in dull colours, so that an edge or a colour is not yet an item. */
static ww_status draw_scraps(const struct scene *p, const ww_view *view, ww_random *random,
                             float *frame)
{
    if (p->scraps == 0)
        return WW_OK;
    ww_canvas canvas;
    ww_status status =
        ww_canvas_open(&canvas, view->width_px, view->height_px, 1 / view->deg_per_px);
    double w = 0.5 * ww_view_width_deg(view), h = 0.5 * ww_view_height_deg(view);
    for (int i = 0; i < p->scraps && status == WW_OK; i++) {
        double reach = 0.25 * ww_random_range(random, p->size_min_deg, p->size_max_deg);
        double x = ww_random_range(random, -w, w), y = ww_random_range(random, -h, h), d[6];
        for (int k = 0; k < 6; k++)
            d[k] = reach * ww_random_range(random, -1, 1);
        double luminance = ww_random_range(random, 0.15, 0.75);
        ww_rgb hue = ww_rgb_hue((int)ww_random_below(random, 64), 64, luminance);
        ww_rgb grey = {luminance, luminance, luminance};
        ww_canvas_colour(canvas.cr, ww_rgb_mix(grey, hue, ww_random_range(random, 0, 0.6)), 1);
        cairo_set_line_width(canvas.cr, reach * ww_random_range(random, 0.15, 0.5));
        cairo_move_to(canvas.cr, x, y);
        cairo_rel_curve_to(canvas.cr, d[0], d[1], d[2], d[3], d[4], d[5]);
        cairo_stroke(canvas.cr);
    }
    if (status == WW_OK)
        status = ww_canvas_finish(&canvas);
    if (status == WW_OK)
        ww_canvas_over(&canvas, frame);
    ww_canvas_close(&canvas);
    return status;
}

static ww_status draw_ground(const struct shared *shared, const struct scene *p,
                             const ww_view *view, const struct plan *plan, ww_random *random,
                             float *frame)
{
    size_t n = ww_frame_plane(view);
    WW_TRY(ww_noise_draw(shared->noise, random, frame));
    float swing = (float)(p->ground_contrast * plan->ground), level = (float)plan->ground;
    for (size_t i = 0; i < n; i++)
        frame[i] = ww_lower(ww_higher(level + swing * frame[i], 0), 1);
    ww_frame_grey(frame, view);
    WW_TRY(draw_scraps(p, view, random, frame));
    float keep = (float)plan->contrast, grey = (float)(0.5 * (1 - plan->contrast));
    for (size_t i = 0; i < 3 * n; i++)
        frame[i] = keep * frame[i] + grey;
    return WW_OK;
}

static void animate(const ww_sprite *sprite, const struct scene *p, const ww_view *view,
                    const struct plan *plan, float *rgb, unsigned char *mask, ww_truth *truth)
{
    size_t n = ww_frame_plane(view);
    ww_sprite_place(sprite, view, plan->u, plan->v, truth);
    for (int f = 1; f < view->frames; f++)
        memcpy(ww_frame_at(rgb, view, f), rgb, 3 * n * sizeof *rgb);
    if (mask)
        memset(mask, 0, n);
    for (int f = 0; f < view->frames; f++) {
        double back = p->speed_deg_s * (view->frames - 1 - f) * view->frame_ms / 1000;
        ww_sprite_over(sprite, view, truth->x_deg - back * ww_cos_deg(plan->direction_deg),
                       truth->y_deg - back * ww_sin_deg(plan->direction_deg),
                       ww_frame_at(rgb, view, f), f == view->frames - 1 ? mask : NULL, 1);
    }
}

static ww_status draw(void *state, const void *params_, const ww_view *view, uint64_t seed,
                      uint64_t index, float *rgb, unsigned char *mask, ww_truth *truth)
{
    const struct scene *p = params_;
    const struct shared *shared = state;
    ww_random random = ww_random_stream(seed, "stimuli/scene", index);
    ww_random clutter = ww_random_stream(seed, "stimuli/scene ground", index);
    struct plan plan = {0};
    ww_sprite sprite = {0};
    *truth = ww_truth_unknown();
    make_plan(&plan, p, &random, truth);
    ww_status status = draw_ground(shared, p, view, &plan, &clutter, rgb);
    if (status == WW_OK)
        status = ww_thing_sprite(&sprite, &plan.thing, shared->words, view);
    if (status == WW_OK) {
        ww_sprite_contrast(&sprite, plan.contrast);
        animate(&sprite, p, view, &plan, rgb, mask, truth);
    }
    ww_sprite_free(&sprite);
    return status;
}

const ww_stimulus ww_stimulus_scene = {
    .item = {.name = "scene",
             .summary = "a moving face, word or object before a cluttered ground",
             .sources = "majaj2015 field1987 derrington1984",
             .example = "whatwhere stimuli show scene --set words=no -o sheet.png",
             .params = params,
             .params_size = sizeof(struct scene)},
    .open = open,
    .close = close,
    .draw = draw};
