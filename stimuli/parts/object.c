/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A vocabulary of shapes that differ in the dimensions to which V4 and IT answer: curvature, number
 * of points and of holes, aspect, symmetry (Pasupathy & Connor 2001, J Neurophysiol 86:2505;
 * Kayaert, Biederman & Vogels 2003). Outlines are polygons, superformula curves (Gielis 2003, Am J
 * Bot 90:333) or a few arcs; holes come from the even-odd rule. */
#include "stimuli/parts/object.h"

#include <math.h>

#include "stimuli/parts/frame.h"

static void polygon(cairo_t *cr, const double (*point)[2], int n)
{
    cairo_new_sub_path(cr);
    for (int i = 0; i < n; i++)
        cairo_line_to(cr, point[i][0], point[i][1]);
    cairo_close_path(cr);
}
#define POLYGON(cr, points) polygon(cr, points, (int)(sizeof points / sizeof points[0]))

/* r(a) = (|cos(m a / 4)|^n2 + |sin(m a / 4)|^n3)^(-1 / n1), scaled to the box */
static void superformula(cairo_t *cr, double m, double n1, double n2, double n3)
{
    enum { STEPS = 96 };
    double x[STEPS], y[STEPS], reach = 0;
    for (int i = 0; i < STEPS; i++) {
        double a = 2 * WW_PI * i / STEPS;
        double r = pow(pow(fabs(cos(m * a / 4)), n2) + pow(fabs(sin(m * a / 4)), n3), -1 / n1);
        x[i] = -r * sin(a);
        y[i] = r * cos(a);
        reach = fmax(reach, fmax(fabs(x[i]), fabs(y[i])));
    }
    cairo_new_sub_path(cr);
    for (int i = 0; i < STEPS; i++)
        cairo_line_to(cr, 0.5 * x[i] / reach, 0.5 * y[i] / reach);
    cairo_close_path(cr);
}

static void star(cairo_t *cr, int points, double inner)
{
    cairo_new_sub_path(cr);
    for (int i = 0; i < 2 * points; i++) {
        double r = i % 2 ? 0.5 * inner : 0.5, a = WW_PI * i / points;
        cairo_line_to(cr, -r * sin(a), r * cos(a));
    }
    cairo_close_path(cr);
}

static void disc(cairo_t *cr)
{
    ww_canvas_ellipse(cr, 0, 0, 0.5, 0.5);
}
static void ring(cairo_t *cr)
{
    disc(cr);
    ww_canvas_ellipse(cr, 0, 0, 0.27, 0.27);
}
static void square(cairo_t *cr)
{
    cairo_rectangle(cr, -0.44, -0.44, 0.88, 0.88);
}
static void frame(cairo_t *cr)
{
    square(cr);
    cairo_rectangle(cr, -0.24, -0.24, 0.48, 0.48);
}
static void triangle(cairo_t *cr)
{
    static const double p[][2] = {{0, 0.5}, {-0.5, -0.42}, {0.5, -0.42}};
    POLYGON(cr, p);
}
static void star5(cairo_t *cr)
{
    star(cr, 5, 0.42);
}
static void star8(cairo_t *cr)
{
    star(cr, 8, 0.6);
}
static void cross(cairo_t *cr)
{
    static const double p[][2] = {{-0.16, 0.5},   {0.16, 0.5},   {0.16, 0.16}, {0.5, 0.16},
                                  {0.5, -0.16},   {0.16, -0.16}, {0.16, -0.5}, {-0.16, -0.5},
                                  {-0.16, -0.16}, {-0.5, -0.16}, {-0.5, 0.16}, {-0.16, 0.16}};
    POLYGON(cr, p);
}
static void heart(cairo_t *cr)
{
    cairo_move_to(cr, 0, -0.5);
    cairo_curve_to(cr, -0.75, 0.05, -0.5, 0.55, -0.22, 0.48);
    cairo_curve_to(cr, -0.08, 0.45, 0, 0.32, 0, 0.24);
    cairo_curve_to(cr, 0, 0.32, 0.08, 0.45, 0.22, 0.48);
    cairo_curve_to(cr, 0.5, 0.55, 0.75, 0.05, 0, -0.5);
    cairo_close_path(cr);
}
static void arrow(cairo_t *cr)
{
    static const double p[][2] = {{0, 0.5},      {0.46, 0.02},  {0.17, 0.02}, {0.17, -0.5},
                                  {-0.17, -0.5}, {-0.17, 0.02}, {-0.46, 0.02}};
    POLYGON(cr, p);
}
static void crescent(cairo_t *cr)
{
    cairo_new_sub_path(cr);
    cairo_arc(cr, 0.05, 0, 0.5, 0.28 * WW_PI, 1.72 * WW_PI);
    cairo_arc_negative(cr, 0.22, 0, 0.42, 1.62 * WW_PI, 0.38 * WW_PI);
    cairo_close_path(cr);
}
static void key(cairo_t *cr)
{
    static const double p[][2] = {{-0.06, 0.085}, {0.06, 0.085},  {0.06, -0.5},   {-0.28, -0.5},
                                  {-0.28, -0.37}, {-0.06, -0.37}, {-0.06, -0.26}, {-0.22, -0.26},
                                  {-0.22, -0.13}, {-0.06, -0.13}};
    POLYGON(cr, p);
    ww_canvas_ellipse(cr, 0, 0.29, 0.23, 0.21);
    ww_canvas_ellipse(cr, 0, 0.29, 0.11, 0.10);
}
static void cup(cairo_t *cr)
{
    static const double p[][2] = {{-0.5, 0.4}, {0.24, 0.4}, {0.14, -0.45}, {-0.4, -0.45}};
    POLYGON(cr, p);
    cairo_new_sub_path(cr);
    cairo_arc(cr, 0.22, 0.05, 0.27, -0.5 * WW_PI, 0.5 * WW_PI);
    cairo_arc_negative(cr, 0.20, 0.05, 0.15, 0.5 * WW_PI, -0.5 * WW_PI);
    cairo_close_path(cr);
}
static void house(cairo_t *cr)
{
    static const double p[][2] = {{0, 0.5},     {-0.5, 0.08}, {-0.36, 0.08}, {-0.36, -0.5},
                                  {0.36, -0.5}, {0.36, 0.08}, {0.5, 0.08}};
    POLYGON(cr, p);
    cairo_rectangle(cr, -0.12, -0.5, 0.24, 0.36);
}
static void fish(cairo_t *cr)
{
    cairo_move_to(cr, -0.5, 0);
    cairo_curve_to(cr, -0.3, 0.38, 0.1, 0.32, 0.26, 0.06);
    cairo_line_to(cr, 0.5, 0.3);
    cairo_line_to(cr, 0.5, -0.3);
    cairo_line_to(cr, 0.26, -0.06);
    cairo_curve_to(cr, 0.1, -0.32, -0.3, -0.38, -0.5, 0);
    cairo_close_path(cr);
    ww_canvas_ellipse(cr, -0.28, 0.06, 0.045, 0.045);
}
static void bolt(cairo_t *cr)
{
    static const double p[][2] = {{0.1, 0.5},    {-0.36, -0.06}, {-0.04, -0.06},
                                  {-0.14, -0.5}, {0.36, 0.12},   {0.04, 0.12}};
    POLYGON(cr, p);
}
static void hourglass(cairo_t *cr)
{
    static const double p[][2] = {{-0.4, 0.5}, {0.4, 0.5},   {0.07, 0},
                                  {0.4, -0.5}, {-0.4, -0.5}, {-0.07, 0}};
    POLYGON(cr, p);
}
static void flower(cairo_t *cr)
{
    for (int i = 0; i < 5; i++) {
        double a = 2 * WW_PI * i / 5;
        cairo_save(cr);
        cairo_rotate(cr, a);
        cairo_new_sub_path(cr);
        cairo_move_to(cr, 0, 0.06);
        cairo_curve_to(cr, -0.34, 0.32, -0.2, 0.5, 0, 0.5);
        cairo_curve_to(cr, 0.2, 0.5, 0.34, 0.32, 0, 0.06);
        cairo_close_path(cr);
        cairo_restore(cr);
    }
}
static void drop(cairo_t *cr)
{
    cairo_move_to(cr, 0, 0.5);
    cairo_curve_to(cr, -0.06, 0.2, -0.36, 0.0, -0.36, -0.18);
    cairo_curve_to(cr, -0.36, -0.6, 0.36, -0.6, 0.36, -0.18);
    cairo_curve_to(cr, 0.36, 0.0, 0.06, 0.2, 0, 0.5);
    cairo_close_path(cr);
}
static void hexagon(cairo_t *cr)
{
    star(cr, 3, 1);
}
static void clover(cairo_t *cr)
{
    superformula(cr, 4, 2, 8, 8);
}
static void spindle(cairo_t *cr)
{
    cairo_move_to(cr, -0.5, 0);
    cairo_curve_to(cr, -0.2, 0.32, 0.2, 0.32, 0.5, 0);
    cairo_curve_to(cr, 0.2, -0.32, -0.2, -0.32, -0.5, 0);
    cairo_close_path(cr);
}
static void bell(cairo_t *cr)
{
    cairo_move_to(cr, -0.46, -0.32);
    cairo_curve_to(cr, -0.2, -0.2, -0.36, 0.5, 0, 0.5);
    cairo_curve_to(cr, 0.36, 0.5, 0.2, -0.2, 0.46, -0.32);
    cairo_close_path(cr);
    cairo_new_sub_path(cr);
    cairo_arc(cr, 0, -0.36, 0.13, 0, 2 * WW_PI);
    cairo_close_path(cr);
}
static void letter_like(cairo_t *cr) /* a chair seen from the side */
{
    static const double p[][2] = {{-0.4, 0.5},   {-0.24, 0.5}, {-0.24, 0.02}, {0.4, 0.02},
                                  {0.4, -0.5},   {0.24, -0.5}, {0.24, -0.14}, {-0.24, -0.14},
                                  {-0.24, -0.5}, {-0.4, -0.5}};
    POLYGON(cr, p);
}
static void pin(cairo_t *cr)
{
    cairo_new_sub_path(cr);
    cairo_arc(cr, 0, 0.2, 0.3, -0.15 * WW_PI, 1.15 * WW_PI);
    cairo_line_to(cr, 0, -0.5);
    cairo_close_path(cr);
    ww_canvas_ellipse(cr, 0, 0.2, 0.13, 0.13);
}

static const struct shape {
    const char *name;
    void (*outline)(cairo_t *);
} shapes[WW_OBJECTS] = {
    {"disc", disc},   {"star", star5},          {"cross", cross},       {"heart", heart},
    {"arrow", arrow}, {"ring", ring},           {"crescent", crescent}, {"key", key},
    {"cup", cup},     {"house", house},         {"fish", fish},         {"triangle", triangle},
    {"bolt", bolt},   {"hourglass", hourglass}, {"flower", flower},     {"drop", drop},
    {"frame", frame}, {"clover", clover},       {"spindle", spindle},   {"chair", letter_like},
    {"bell", bell},   {"sun", star8},           {"hexagon", hexagon},   {"pin", pin}};

const char *ww_object_name(int i)
{
    return shapes[i].name;
}

static void texture_path(cairo_t *cr, int texture)
{
    enum { BANDS = 6 };
    double pitch = 1.0 / BANDS;
    for (int j = 0; j < BANDS; j++) {
        if (texture == 1) {
            if (j % 2)
                cairo_rectangle(cr, -0.5, -0.5 + j * pitch, 1, pitch);
            continue;
        }
        for (int i = 0; i < BANDS; i++) {
            double x = -0.5 + (i + 0.5) * pitch, y = -0.5 + (j + 0.5) * pitch;
            if (texture == 2 && (i + j) % 2)
                cairo_rectangle(cr, x - 0.5 * pitch, y - 0.5 * pitch, pitch, pitch);
            if (texture == 3)
                ww_canvas_ellipse(cr, x, y, 0.27 * pitch, 0.27 * pitch);
        }
    }
}

void ww_object_draw(cairo_t *cr, int i, int texture, ww_rgb colour)
{
    cairo_save(cr);
    cairo_set_fill_rule(cr, CAIRO_FILL_RULE_EVEN_ODD);
    cairo_new_path(cr);
    shapes[i].outline(cr);
    ww_canvas_colour(cr, colour, 1);
    cairo_fill_preserve(cr);
    if (texture > 0) { /* darker, of the same hue */
        cairo_clip(cr);
        cairo_new_path(cr);
        texture_path(cr, texture);
        cairo_set_fill_rule(cr, CAIRO_FILL_RULE_WINDING);
        ww_canvas_colour(cr, ww_rgb_mix(colour, (ww_rgb){0, 0, 0}, 0.45), 1);
        cairo_fill(cr);
    }
    cairo_restore(cr);
}
