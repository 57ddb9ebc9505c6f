/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A face space: each person is a point around a mean face (Valentine 1991, Q J Exp Psychol
 * 43A:161), here with features of line-drawn faces as in Brunswik & Reiter's schematic faces and
 * the parametric cartoon faces of Freiwald, Tsao & Livingstone (2009, Nat Neurosci 12:1187), whose
 * dimensions (aspect of the head, height and spacing of the eyes, brows, nose, mouth, hair) single
 * cells of the face patches encode.
 *
 * The head is a cylinder: a feature at x0 on a head of half-width w turned by yaw stands at
 * w sin(asin(x0 / w) + yaw) and is narrowed by the cosine. */
#include <math.h>

#include "engine/base/random.h"
#include "stimuli/parts/face.h"
#include "stimuli/parts/frame.h"

struct head {
    cairo_t *cr;
    const ww_face *face;
    double half_width, half_height, turn; /* of the head; radians */
    ww_rgb skin, shade, hair;
    double smile;
};

ww_face ww_face_identity(uint64_t space, int identity)
{
    ww_random random = ww_random_stream(space, "stimuli/face space", (uint64_t)identity);
    double v[15];
    for (int i = 0; i < 15; i++)
        v[i] = ww_random_range(&random, -1, 1);
    return (ww_face){.head_width = v[0],
                     .jaw = v[1],
                     .eye_spacing = v[2],
                     .eye_size = v[3],
                     .eye_height = v[4],
                     .brow_angle = v[5],
                     .brow_weight = v[6],
                     .nose_length = v[7],
                     .nose_width = v[8],
                     .mouth_width = v[9],
                     .mouth_height = v[10],
                     .lip_fullness = v[11],
                     .skin = v[12],
                     .hair_tone = v[13],
                     .iris = v[14],
                     .hair = (identity + identity / WW_FACE_HAIRS) % WW_FACE_HAIRS};
}

ww_face ww_face_morph(const ww_face *a, const ww_face *b, double t)
{
#define WW_BETWEEN(field) .field = a->field + t * (b->field - a->field)
    return (ww_face){WW_BETWEEN(head_width),   WW_BETWEEN(jaw),
                     WW_BETWEEN(eye_spacing),  WW_BETWEEN(eye_size),
                     WW_BETWEEN(eye_height),   WW_BETWEEN(brow_angle),
                     WW_BETWEEN(brow_weight),  WW_BETWEEN(nose_length),
                     WW_BETWEEN(nose_width),   WW_BETWEEN(mouth_width),
                     WW_BETWEEN(mouth_height), WW_BETWEEN(lip_fullness),
                     WW_BETWEEN(skin),         WW_BETWEEN(hair_tone),
                     WW_BETWEEN(iris),         .hair = t < 0.5 ? a->hair : b->hair};
#undef WW_BETWEEN
}

/* A point of a scale of colours; `at` runs from -1 to 1. */
static ww_rgb tone(const ww_rgb *scale, int n, double at)
{
    double place = ww_clamp(0.5 * (at + 1), 0, 1) * (n - 1);
    int i = place >= n - 1 ? n - 2 : (int)place;
    return ww_rgb_mix(scale[i], scale[i + 1], place - i);
}

static ww_rgb skin_tone(double at)
{
    static const ww_rgb scale[] = {
        {0.22, 0.12, 0.075}, {0.42, 0.24, 0.15}, {0.68, 0.44, 0.31}, {0.86, 0.66, 0.54}};
    return tone(scale, 4, at);
}

static ww_rgb hair_tone(double at)
{
    static const ww_rgb scale[] = {{0.02, 0.015, 0.012}, {0.10, 0.05, 0.03}, {0.30, 0.13, 0.05},
                                   {0.45, 0.14, 0.04},   {0.70, 0.50, 0.22}, {0.72, 0.70, 0.68}};
    return tone(scale, 6, at);
}

static ww_rgb iris_tone(double at)
{
    static const ww_rgb scale[] = {{0.10, 0.05, 0.02}, {0.12, 0.20, 0.08}, {0.10, 0.22, 0.42}};
    return tone(scale, 3, at);
}

/* Where a feature of the head's front stands after the turn, and by how much it is narrowed. */
static double turned(const struct head *h, double x, double *narrowed)
{
    double angle = asin(ww_clamp(x / h->half_width, -0.95, 0.95)) + h->turn;
    *narrowed = fmax(cos(angle), 0.15) / sqrt(fmax(1 - x * x / h->half_width / h->half_width, 0.1));
    return h->half_width * sin(angle);
}

static void head_outline(const struct head *h)
{
    double w = h->half_width, t = h->half_height, jaw = w * (0.62 + 0.3 * h->face->jaw);
    cairo_t *cr = h->cr;
    cairo_new_path(cr);
    cairo_move_to(cr, -w, 0.04);
    cairo_curve_to(cr, -w, 0.8 * t, -0.62 * w, t, 0, t);
    cairo_curve_to(cr, 0.62 * w, t, w, 0.8 * t, w, 0.04);
    cairo_curve_to(cr, w, -0.55 * t, jaw, -t, 0, -t);
    cairo_curve_to(cr, -jaw, -t, -w, -0.55 * t, -w, 0.04);
    cairo_close_path(cr);
}

static void hair_behind(const struct head *h)
{
    cairo_t *cr = h->cr;
    double w = h->half_width, t = h->half_height;
    cairo_new_path(cr);
    if (h->face->hair == 2) { /* long, down to below the chin */
        cairo_move_to(cr, -1.22 * w, -t - 0.04);
        cairo_curve_to(cr, -1.35 * w, 0.4 * t, -1.25 * w, t + 0.055, 0, t + 0.055);
        cairo_curve_to(cr, 1.25 * w, t + 0.055, 1.35 * w, 0.4 * t, 1.22 * w, -t - 0.04);
        cairo_close_path(cr);
    } else if (h->face->hair == 3) { /* to the jaw */
        cairo_move_to(cr, -1.2 * w, -0.5 * t);
        cairo_curve_to(cr, -1.45 * w, 0.6 * t, -1.1 * w, t + 0.05, 0, t + 0.05);
        cairo_curve_to(cr, 1.1 * w, t + 0.05, 1.45 * w, 0.6 * t, 1.2 * w, -0.5 * t);
        cairo_close_path(cr);
    } else if (h->face->hair == 5) {
        ww_canvas_ellipse(cr, 0, 0.32 * t, 1.4 * w, 0.80 * t);
    } else if (h->face->hair != 0) {
        ww_canvas_ellipse(cr, 0, 0.42 * t, 1.08 * w, 0.62 * t + 0.03);
    }
    ww_canvas_colour(cr, h->hair, 1);
    cairo_fill(cr);
}

/* The hair on the forehead: what of the head's outline lies above a hairline. */
static void hair_before(const struct head *h)
{
    cairo_t *cr = h->cr;
    double w = h->half_width, t = h->half_height, shift = 0.3 * w * sin(h->turn);
    if (h->face->hair == 0)
        return;
    cairo_save(cr);
    head_outline(h);
    cairo_clip(cr);
    cairo_new_path(cr);
    cairo_move_to(cr, -1.5 * w, 1.2 * t);
    switch (h->face->hair) {
    case 1: /* short */
        cairo_line_to(cr, -1.1 * w, 0.45 * t);
        cairo_curve_to(cr, -0.8 * w, 0.72 * t, shift + 0.8 * w, 0.72 * t, 1.1 * w, 0.45 * t);
        break;
    case 2: /* long, parted in the middle */
        cairo_line_to(cr, -0.95 * w, -0.3 * t);
        cairo_curve_to(cr, -0.9 * w, 0.5 * t, shift - 0.3 * w, 0.7 * t, shift, 0.92 * t);
        cairo_curve_to(cr, shift + 0.3 * w, 0.7 * t, 0.9 * w, 0.5 * t, 0.95 * w, -0.3 * t);
        break;
    case 3: /* fringe */
        cairo_line_to(cr, -0.92 * w, 0.0);
        cairo_line_to(cr, -0.85 * w, 0.42 * t);
        cairo_line_to(cr, 0.85 * w, 0.42 * t);
        cairo_line_to(cr, 0.92 * w, 0.0);
        break;
    case 4: /* parted at the side */
        cairo_line_to(cr, -1.1 * w, 0.3 * t);
        cairo_curve_to(cr, -0.8 * w, 0.85 * t, shift - 0.5 * w, 0.75 * t, shift - 0.45 * w,
                       0.9 * t);
        cairo_curve_to(cr, shift, 0.4 * t, 0.7 * w, 0.62 * t, 1.1 * w, 0.2 * t);
        break;
    default: /* round */
        cairo_line_to(cr, -1.1 * w, 0.3 * t);
        cairo_curve_to(cr, -0.5 * w, 0.68 * t, shift + 0.5 * w, 0.68 * t, 1.1 * w, 0.3 * t);
        break;
    }
    cairo_line_to(cr, 1.5 * w, 1.2 * t);
    cairo_close_path(cr);
    ww_canvas_colour(cr, h->hair, 1);
    cairo_fill(cr);
    cairo_restore(cr);
}

static void ears(const struct head *h)
{
    for (int side = -1; side <= 1; side += 2) {
        double away = side * 1.0 * h->half_width - 0.03 * sin(h->turn);
        cairo_new_path(h->cr);
        ww_canvas_ellipse(h->cr, away, 0.0, 0.04, 0.075);
        ww_canvas_colour(h->cr, h->shade, 1);
        cairo_fill(h->cr);
    }
}

static void eye(const struct head *h, int side)
{
    const ww_face *f = h->face;
    cairo_t *cr = h->cr;
    double narrowed, x = side * h->half_width * (0.46 + 0.11 * f->eye_spacing);
    x = turned(h, x, &narrowed);
    double y = 0.055 + 0.035 * f->eye_height;
    double rx = (0.074 + 0.017 * f->eye_size) * narrowed, ry = 0.041 + 0.013 * f->eye_size;
    double iris = 0.036 + 0.004 * f->eye_size;
    ww_canvas_colour(cr, ww_rgb_mix(h->shade, (ww_rgb){0, 0, 0}, 0.55), 1);
    cairo_new_path(cr);
    ww_canvas_ellipse(cr, x, y + 0.008, rx * 1.12, ry * 1.2);
    cairo_fill(cr);
    ww_canvas_colour(cr, (ww_rgb){0.93, 0.93, 0.92}, 1);
    ww_canvas_ellipse(cr, x, y, rx, ry);
    cairo_fill(cr);
    double look = x + 0.012 * sin(h->turn);
    ww_canvas_colour(cr, iris_tone(f->iris), 1);
    ww_canvas_ellipse(cr, look, y, iris * sqrt(narrowed), fmin(iris, ry));
    cairo_fill(cr);
    ww_canvas_colour(cr, (ww_rgb){0.005, 0.005, 0.005}, 1);
    ww_canvas_ellipse(cr, look, y, 0.018, 0.018);
    cairo_fill(cr);

    double up = y + ry + 0.04 + 0.012 * f->brow_weight + 0.012 * h->smile;
    double tilt = 0.028 * f->brow_angle - 0.02 * fmin(h->smile, 0);
    cairo_move_to(cr, x - side * 1.05 * rx, up + tilt);
    cairo_curve_to(cr, x, up + 0.025, x + side * 0.5 * rx, up + 0.02, x + side * 1.25 * rx,
                   up - tilt);
    cairo_set_line_width(cr, 0.026 + 0.014 * f->brow_weight);
    ww_canvas_colour(cr, ww_rgb_mix(h->hair, (ww_rgb){0.03, 0.02, 0.02}, 0.5), 1);
    cairo_stroke(cr);
}

static void nose(const struct head *h)
{
    const ww_face *f = h->face;
    cairo_t *cr = h->cr;
    double narrowed, x = turned(h, 0, &narrowed), tip = x + 0.05 * sin(h->turn);
    double w = 0.055 + 0.022 * f->nose_width, y = -0.095 - 0.035 * f->nose_length;
    cairo_new_path(cr);
    cairo_move_to(cr, x - 0.2 * w, 0.06);
    cairo_curve_to(cr, tip - 0.3 * w, 0, tip - w, y + 0.03, tip - w, y);
    cairo_curve_to(cr, tip - 0.6 * w, y - 0.025, tip + 0.6 * w, y - 0.025, tip + w, y);
    cairo_curve_to(cr, tip + w, y + 0.04, tip + 0.45 * w, 0, tip + 0.1 * w, 0.06);
    cairo_close_path(cr);
    ww_canvas_colour(cr, ww_rgb_mix(h->skin, h->shade, 0.7), 1);
    cairo_fill(cr);
    ww_canvas_colour(cr, ww_rgb_mix(h->shade, (ww_rgb){0, 0, 0}, 0.6), 1);
    ww_canvas_ellipse(cr, tip - 0.45 * w, y, 0.3 * w, 0.012);
    ww_canvas_ellipse(cr, tip + 0.45 * w, y, 0.3 * w, 0.012);
    cairo_fill(cr);
}

static void mouth(const struct head *h)
{
    const ww_face *f = h->face;
    cairo_t *cr = h->cr;
    double narrowed, x = turned(h, 0, &narrowed) + 0.02 * sin(h->turn);
    double w = (0.115 + 0.035 * f->mouth_width + 0.015 * h->smile) * narrowed;
    double y = -0.255 - 0.03 * f->mouth_height, bend = 0.05 * h->smile;
    double lip = 0.034 + 0.016 * f->lip_fullness;
    ww_rgb lips = ww_rgb_mix(h->shade, (ww_rgb){0.5, 0.06, 0.07}, 0.55);
    cairo_new_path(cr);
    cairo_move_to(cr, x - w, y + bend);
    cairo_curve_to(cr, x - 0.5 * w, y + 1.2 * lip - 0.4 * bend, x + 0.5 * w,
                   y + 1.2 * lip - 0.4 * bend, x + w, y + bend);
    cairo_curve_to(cr, x + 0.5 * w, y - 1.5 * lip - bend, x - 0.5 * w, y - 1.5 * lip - bend, x - w,
                   y + bend);
    cairo_close_path(cr);
    ww_canvas_colour(cr, lips, 1);
    cairo_fill(cr);
    cairo_move_to(cr, x - w, y + bend);
    cairo_curve_to(cr, x - 0.4 * w, y - 0.7 * bend, x + 0.4 * w, y - 0.7 * bend, x + w, y + bend);
    cairo_set_line_width(cr, 0.014);
    ww_canvas_colour(cr, ww_rgb_mix(lips, (ww_rgb){0, 0, 0}, 0.75), 1);
    cairo_stroke(cr);
}

void ww_face_draw(cairo_t *cr, const ww_face *face, const ww_face_pose *pose)
{
    struct head h = {.cr = cr, .face = face, .smile = pose->expression};
    h.half_width = 0.30 + 0.055 * face->head_width;
    h.half_height = 0.44;
    h.turn = pose->yaw_deg * WW_PI / 180;
    h.skin = skin_tone(face->skin);
    h.shade = ww_rgb_mix(h.skin, (ww_rgb){0.10, 0.03, 0.02}, 0.28);
    h.hair = hair_tone(face->hair_tone);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    hair_behind(&h);
    ears(&h);
    head_outline(&h);
    ww_canvas_colour(cr, h.skin, 1);
    cairo_fill(cr);
    hair_before(&h);
    nose(&h);
    eye(&h, -1);
    eye(&h, 1);
    mouth(&h);
}
