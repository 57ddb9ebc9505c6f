/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The truth of a scene, held against its pixels, and the things that scenes are made of. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "stimuli/parts/canvas.h"
#include "stimuli/parts/face.h"
#include "stimuli/parts/frame.h"
#include "stimuli/parts/object.h"
#include "stimuli/parts/sheet.h"
#include "stimuli/parts/word.h"

extern const ww_stimulus ww_stimulus_scene;

enum { SIDE = 64, FRAMES = 4 };
static const ww_view view = {SIDE, SIDE, FRAMES, 0.125, 50};
static float rgb[FRAMES * 3 * SIDE * SIDE];
static unsigned char mask[SIDE * SIDE];

struct scene {
    ww_arena *arena;
    void *params, *state;
};

static struct scene scene_open(const char *const *settings)
{
    const ww_item *item = &ww_stimulus_scene.item;
    struct scene scene = {.arena = ww_arena_create()};
    scene.params = ww_arena_alloc(scene.arena, item->params_size);
    ww_params_defaults(item->params, scene.params);
    for (; *settings; settings += 2)
        cr_assert_eq(
            ww_params_set(item->params, scene.params, settings[0], settings[1], "", scene.arena),
            WW_OK, "%s", ww_error_message());
    cr_assert_eq(ww_stimulus_scene.open(&scene.state, scene.params, &view), WW_OK);
    return scene;
}

static void scene_close(struct scene *scene)
{
    ww_stimulus_scene.close(scene->state);
    ww_arena_free(scene->arena);
}

static ww_truth scene_draw(const struct scene *scene, uint64_t index)
{
    ww_truth truth;
    cr_assert_eq(
        ww_stimulus_scene.draw(scene->state, scene->params, &view, 1, index, rgb, mask, &truth),
        WW_OK);
    return truth;
}

/* Chi square of counts against even odds lies within 5 standard deviations of its mean. */
static void check_even(const char *what, const int *count, int n)
{
    double total = 0, chi = 0;
    for (int i = 0; i < n; i++)
        total += count[i];
    for (int i = 0; i < n; i++)
        chi += (count[i] - total / n) * (count[i] - total / n) / (total / n);
    cr_assert(chi < n - 1 + 5 * sqrt(2.0 * (n - 1)), "%s: chi square %g with %d", what, chi, n - 1);
}

Test(scene, labels_are_drawn_evenly)
{
    int category[3] = {0}, which[3][20] = {{0}}, colour[8] = {0}, direction[8] = {0};
    const char *const none[] = {"scraps", "0", NULL};
    struct scene scene = scene_open(none);
    for (uint64_t i = 0; i < 3000; i++) {
        ww_truth t = scene_draw(&scene, i);
        int label[3] = {t.face, t.word, t.object};
        category[t.category]++;
        for (int c = 0; c < 3; c++)
            cr_assert((label[c] != WW_UNKNOWN) == (c == t.category));
        which[t.category][label[t.category]]++;
        direction[t.direction]++;
        cr_assert((t.colour == WW_UNKNOWN) == (t.category == 0));
        if (t.category != 0)
            colour[t.colour]++;
    }
    check_even("category", category, 3);
    check_even("colour", colour, 8);
    check_even("direction", direction, 8);
    for (int c = 0; c < 3; c++)
        check_even("item", which[c], 20);
    scene_close(&scene);
}

Test(scene, the_mask_is_where_the_truth_says)
{
    const char *const none[] = {NULL};
    struct scene scene = scene_open(none);
    for (uint64_t i = 0; i < 200; i++) {
        ww_truth t = scene_draw(&scene, i);
        double n = 0, x = 0, y = 0;
        for (int row = 0; row < SIDE; row++)
            for (int column = 0; column < SIDE; column++)
                if (mask[row * SIDE + column]) {
                    n++;
                    x += ww_frame_x_deg(&view, column);
                    y += ww_frame_y_deg(&view, row);
                }
        cr_assert(n > 0);
        cr_assert_float_eq(x / n, t.x_deg, 0.15, "item %d: %g, not %g", (int)i, x / n, t.x_deg);
        cr_assert_float_eq(y / n, t.y_deg, 0.15, "item %d: %g, not %g", (int)i, y / n, t.y_deg);
    }
    scene_close(&scene);
}

/* Centre of what differs from the mean of the even ground at the borders. */
static void centre_of(int frame, double *x, double *y)
{
    const float *p = rgb + frame * 3 * SIDE * SIDE;
    double sum = 0;
    *x = *y = 0;
    for (int row = 0; row < SIDE; row++)
        for (int column = 0; column < SIDE; column++) {
            double away = 0;
            for (int c = 0; c < 3; c++)
                away +=
                    fabs((double)(p[c * SIDE * SIDE + row * SIDE + column] - p[c * SIDE * SIDE]));
            sum += away;
            *x += away * ww_frame_x_deg(&view, column);
            *y += away * ww_frame_y_deg(&view, row);
        }
    *x /= sum;
    *y /= sum;
}

Test(scene, the_item_moves_at_its_speed)
{
    const char *const settings[] = {"ground_contrast", "0", "scraps",       "0", "faces", "no",
                                    "size_min_deg",    "2", "size_max_deg", "3", NULL};
    struct scene scene = scene_open(settings);
    int checked = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        ww_truth t = scene_draw(&scene, i);
        double x0, y0, x1, y1, reach = 4 - 2.5 - 0.9;
        if (fabs(t.x_deg) > reach || fabs(t.y_deg) > reach)
            continue; /* may come in over the border */
        centre_of(0, &x0, &y0);
        centre_of(FRAMES - 1, &x1, &y1);
        cr_assert_float_eq(x1 - x0, 6 * 0.15 * cos(t.direction * WW_PI / 4), 0.02);
        cr_assert_float_eq(y1 - y0, 6 * 0.15 * sin(t.direction * WW_PI / 4), 0.02);
        checked++;
    }
    cr_assert_gt(checked, 20);
    scene_close(&scene);
}

Test(colour, hues_have_one_luminance)
{
    for (int k = 0; k < 8; k++) {
        ww_rgb hue = ww_rgb_hue(k, 8, 0.3);
        cr_assert_float_eq(ww_rgb_luminance(hue), 0.3, 1e-9);
        cr_assert(fmin(hue.r, fmin(hue.g, hue.b)) >= 0 && fmax(hue.r, fmax(hue.g, hue.b)) <= 1);
    }
}

Test(canvas, planes_go_in_and_come_out)
{
    float in[3 * 6], out[3 * 6] = {0};
    for (int i = 0; i < 18; i++)
        in[i] = (float)(i * 15) / 255;
    ww_canvas canvas;
    cr_assert_eq(ww_canvas_open(&canvas, 3, 2, 1), WW_OK);
    ww_canvas_load(&canvas, in);
    ww_canvas_over(&canvas, out);
    for (int i = 0; i < 18; i++)
        cr_assert_float_eq((double)in[i], (double)out[i], 1e-6);
    ww_canvas_close(&canvas);
}

Test(face, persons_differ_and_morphs_lie_between)
{
    for (int i = 0; i < 20; i++)
        for (int j = 0; j < i; j++) {
            ww_face a = ww_face_identity(1, i), b = ww_face_identity(1, j);
            cr_assert_gt(fabs(a.head_width - b.head_width) + fabs(a.eye_spacing - b.eye_spacing) +
                             fabs(a.mouth_width - b.mouth_width) + fabs(a.skin - b.skin),
                         0.1);
        }
    ww_face a = ww_face_identity(1, 0), b = ww_face_identity(1, 1), m = ww_face_morph(&a, &b, 0.25);
    cr_assert_float_eq(m.iris, 0.75 * a.iris + 0.25 * b.iris, 1e-12);
    cr_assert_float_eq(m.lip_fullness, 0.75 * a.lip_fullness + 0.25 * b.lip_fullness, 1e-12);
    cr_assert_eq(m.hair, a.hair);
}

Test(vocabulary, names_are_all_there_and_all_different)
{
    for (int i = 0; i < WW_OBJECTS; i++)
        for (int j = 0; j < i; j++)
            cr_assert_str_neq(ww_object_name(i), ww_object_name(j));
    for (int i = 0; i < WW_WORDS; i++) {
        cr_assert(strlen(ww_word_text(i)) >= 3 && strlen(ww_word_text(i)) <= 5);
        for (int j = 0; j < i; j++)
            cr_assert_str_neq(ww_word_text(i), ww_word_text(j));
    }
}

Test(sheet, holds_the_last_frame_of_each_item)
{
    static float sheet_rgb[3 * 131 * 66];
    const char *const none[] = {NULL};
    const ww_sheet sheet = {.items = 2, .columns = 2, .gap_px = 1, .zoom = 1};
    struct scene scene = scene_open(none);
    int width, height;
    ww_sheet_size(&sheet, &view, &width, &height);
    cr_assert(width == 131 && height == 66);
    cr_assert_eq(ww_sheet_draw(&sheet, &ww_stimulus_scene, scene.params, &view, 1, sheet_rgb),
                 WW_OK);
    scene_draw(&scene, 1);
    for (int c = 0; c < 3; c++)
        for (int row = 0; row < SIDE; row++)
            cr_assert_eq(memcmp(rgb + ((FRAMES - 1) * 3 + c) * SIDE * SIDE + row * SIDE,
                                sheet_rgb + (c * height + row + 1) * width + 66,
                                SIDE * sizeof(float)),
                         0);
    scene_close(&scene);
}
