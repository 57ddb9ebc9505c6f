/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paperclips: geometry in three dimensions, seen in two. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stimuli/parts/paperclip.h"

enum { SIDE = 160, N = SIDE * SIDE };
static const ww_view view = {SIDE, SIDE, 1, 1.0 / 32, 50};
static float plane[3][N];

static void draw(int which, const ww_paperclip *clip, ww_paperclip_pose pose)
{
    memset(plane[which], 0, sizeof plane[which]);
    ww_paperclip_draw(clip, &pose, &view, 1, plane[which], NULL);
}

static double sum(int which)
{
    double all = 0;
    for (int i = 0; i < N; i++)
        all += (double)plane[which][i];
    return all;
}

Test(stimuli_paperclip, corners_fit_a_sphere_and_bend)
{
    for (int number = 0; number < 50; number++) {
        ww_paperclip clip = ww_paperclip_make(3, number, 7);
        double reach = 0, length = 0, along[8][3];
        cr_assert_eq(clip.n_segments, 7);
        for (int s = 0; s <= 7; s++) {
            const double *c = clip.corner[s];
            reach = fmax(reach, sqrt(c[0] * c[0] + c[1] * c[1] + c[2] * c[2]));
            for (int i = 0; i < 3 && s < 7; i++)
                along[s][i] = clip.corner[s + 1][i] - c[i];
        }
        cr_assert_float_eq(reach, 0.5, 1e-12);
        for (int s = 0; s < 7; s++) {
            double own = 0, cosine = 0;
            for (int i = 0; i < 3; i++) {
                own += along[s][i] * along[s][i];
                cosine += s > 0 ? along[s][i] * along[s - 1][i] : 0;
            }
            length = s == 0 ? own : length;
            cr_assert_float_eq(own, length, 1e-12);
            cr_assert(fabs(cosine) <= 0.7072 * length);
        }
    }
    ww_paperclip a = ww_paperclip_make(3, 4, 7), b = ww_paperclip_make(4, 4, 7);
    cr_assert_neq(memcmp(&a, &b, sizeof a), 0);
}

Test(stimuli_paperclip, turns_shifts_and_grows)
{
    ww_paperclip clip = ww_paperclip_make(1, 0, 7);
    ww_paperclip_pose pose = {.rotation_deg = 20, .size_deg = 2, .thickness = 0.06}, other = pose;
    draw(0, &clip, pose);
    cr_assert(sum(0) > 200);
    other.rotation_deg = 380;
    draw(1, &clip, other);
    for (int i = 0; i < N; i++)
        cr_assert_float_eq(plane[0][i], plane[1][i], 1e-6);

    other = pose; /* by whole pixels: the same picture elsewhere */
    other.x_deg = 16.0 / 32;
    other.y_deg = 8.0 / 32;
    draw(1, &clip, other);
    for (int row = 8; row < SIDE; row++)
        for (int column = 0; column + 16 < SIDE; column++)
            cr_assert_float_eq(plane[1][(row - 8) * SIDE + column + 16],
                               plane[0][row * SIDE + column], 1e-5);

    other = pose; /* twice the size: four times the light */
    other.size_deg = 4;
    draw(1, &clip, other);
    cr_assert_float_eq(sum(1) / sum(0), 4, 0.02);
}

/* From behind, a wire's outline is the mirror image of that from the front. */
Test(stimuli_paperclip, from_behind_the_outline_is_mirrored)
{
    static unsigned char front[N], back[N];
    ww_paperclip clip = ww_paperclip_make(2, 5, 7);
    ww_paperclip_pose pose = {.size_deg = 3, .thickness = 0.05};
    ww_paperclip_draw(&clip, &pose, &view, 1, plane[0], front);
    pose.rotation_deg = 180;
    ww_paperclip_draw(&clip, &pose, &view, 1, plane[1], back);
    for (int i = 0; i < N; i++)
        cr_assert_eq(front[i], back[i / SIDE * SIDE + SIDE - 1 - i % SIDE], "%d", i);
}

/* A rod that faces the viewer: its area, and the light on its middle line. */
Test(stimuli_paperclip, a_straight_rod_has_its_area_and_shade)
{
    ww_paperclip rod = {.n_segments = 1, .corner = {{-0.5, 0, 0}, {0.5, 0, 0}}};
    ww_paperclip_pose pose = {.size_deg = 4, .thickness = 12.0 / 128};
    static unsigned char mask[N];
    double area = 0;
    memset(plane[0], 0, sizeof plane[0]);
    ww_paperclip_draw(&rod, &pose, &view, 0.5, plane[0], mask);
    for (int i = 0; i < N; i++)
        area += mask[i];
    double length_px = 4 * 32, width_px = 12, pi = 3.14159265358979;
    cr_assert_float_eq(area, length_px * width_px + pi * width_px * width_px / 4, 0.02 * area);
    double middle = 0.5 * ((double)plane[0][79 * SIDE + 80] + (double)plane[0][80 * SIDE + 80]);
    cr_assert_float_eq(middle, 0.5 * (0.25 + 0.75 * 0.81649658), 0.01);
    cr_assert(plane[0][75 * SIDE + 80] > plane[0][84 * SIDE + 80]); /* lit from above */
}

/* Of two that cross, the nearer one is seen. */
Test(stimuli_paperclip, the_nearer_rod_hides_the_farther)
{
    for (int sign = -1; sign <= 1; sign += 2) {
        ww_paperclip cross = {.n_segments = 3,
                              .corner = {{-0.4, 0, sign * 0.2},
                                         {0.4, 0, sign * 0.2},
                                         {0, 0.4, -sign * 0.2},
                                         {0, -0.4, -sign * 0.2}}};
        ww_paperclip across = {.n_segments = 1, .corner = {{-0.4, 0, 0}, {0.4, 0, 0}}};
        ww_paperclip upright = {.n_segments = 1, .corner = {{0, 0.4, 0}, {0, -0.4, 0}}};
        ww_paperclip_pose pose = {.size_deg = 4, .thickness = 0.1};
        draw(0, &cross, pose);
        draw(1, sign > 0 ? &across : &upright, pose);
        cr_assert_float_eq(plane[0][77 * SIDE + 82], plane[1][77 * SIDE + 82], 1e-6);
        draw(1, sign > 0 ? &upright : &across, pose);
        cr_assert(fabsf(plane[0][77 * SIDE + 82] - plane[1][77 * SIDE + 82]) > 0.05F);
    }
}
