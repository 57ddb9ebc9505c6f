/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paperclips (Buelthoff & Edelman 1992, Proc Natl Acad Sci 89:60; Logothetis, Pauls & Poggio 1995,
 * Curr Biol 5:552). A wire is a chain of pieces of equal length; from one to the next its direction
 * turns by 45 to 135 deg, about an axis at random. It is seen from afar (parallel projection).
 *
 * A piece is a round rod with round ends. What the eye meets at a point of the picture is the rod
 * whose surface is nearest there: the point of its axis below, plus sqrt(r^2 - d^2) at a distance d
 * from the axis. The surface is dull: its luminance goes with the cosine between normal and light
 * (Lambert), over a quarter that comes from everywhere. Edges are smoothed by SAMPLES x SAMPLES
 * samples a pixel. */
#include "stimuli/parts/paperclip.h"

#include "engine/base/random.h"
#include "stimuli/parts/frame.h"

enum { SAMPLES = 3 };

static double dot(const double *a, const double *b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void random_direction(ww_random *random, double *out)
{
    double norm;
    do {
        for (int i = 0; i < 3; i++)
            out[i] = ww_random_normal(random);
        norm = sqrt(dot(out, out));
    } while (norm < 1e-6);
    for (int i = 0; i < 3; i++)
        out[i] /= norm;
}

ww_paperclip ww_paperclip_make(uint64_t set, int number, int n_segments)
{
    ww_random random = ww_random_stream(set, "stimuli/paperclip/shape", (uint64_t)number);
    ww_paperclip clip = {.n_segments = n_segments};
    double along[3], centre[3] = {0}, reach = 0;
    random_direction(&random, along);
    for (int s = 1; s <= n_segments; s++) {
        double next[3], cosine;
        do {
            random_direction(&random, next);
            cosine = dot(next, along);
        } while (fabs(cosine) > 0.70710678);
        for (int i = 0; i < 3; i++) {
            clip.corner[s][i] = clip.corner[s - 1][i] + next[i];
            along[i] = next[i];
        }
    }
    for (int s = 0; s <= n_segments; s++)
        for (int i = 0; i < 3; i++)
            centre[i] += clip.corner[s][i] / (n_segments + 1);
    for (int s = 0; s <= n_segments; s++) {
        for (int i = 0; i < 3; i++)
            clip.corner[s][i] -= centre[i];
        reach = fmax(reach, sqrt(dot(clip.corner[s], clip.corner[s])));
    }
    for (int s = 0; s <= n_segments; s++)
        for (int i = 0; i < 3; i++)
            clip.corner[s][i] *= 0.5 / reach;
    return clip;
}

/* The clip as it is posed, in degrees. */
struct posed {
    int n;
    double corner[WW_PAPERCLIP_SEGMENTS + 1][3];
    double radius;
};

static struct posed posed(const ww_paperclip *clip, const ww_paperclip_pose *pose)
{
    struct posed p = {.n = clip->n_segments, .radius = 0.5 * pose->thickness * pose->size_deg};
    double c = ww_cos_deg(pose->rotation_deg), s = ww_sin_deg(pose->rotation_deg);
    for (int i = 0; i <= p.n; i++) {
        const double *from = clip->corner[i];
        p.corner[i][0] = pose->x_deg + pose->size_deg * (c * from[0] + s * from[2]);
        p.corner[i][1] = pose->y_deg + pose->size_deg * from[1];
        p.corner[i][2] = pose->size_deg * (c * from[2] - s * from[0]);
    }
    return p;
}

/* The luminance of what is met at (x, y): 0 to 1, -1 where there is nothing. */
static double met(const struct posed *p, double x, double y)
{
    static const double light[3] = {-0.40824829, 0.40824829, 0.81649658};
    double nearest = -INFINITY, shade = -1;
    for (int i = 0; i < p->n; i++) {
        const double *a = p->corner[i], *b = p->corner[i + 1];
        double dx = b[0] - a[0], dy = b[1] - a[1], length = dx * dx + dy * dy;
        double t = length > 0 ? ((x - a[0]) * dx + (y - a[1]) * dy) / length : 0;
        t = ww_clamp(t, 0, 1);
        double ox = x - a[0] - t * dx, oy = y - a[1] - t * dy;
        double rest = p->radius * p->radius - ox * ox - oy * oy;
        if (rest < 0)
            continue;
        double up = sqrt(rest), z = a[2] + t * (b[2] - a[2]) + up;
        if (z <= nearest)
            continue;
        double normal[3] = {ox / p->radius, oy / p->radius, up / p->radius};
        nearest = z;
        shade = 0.25 + 0.75 * fmax(0, dot(normal, light));
    }
    return shade;
}

/* The first and last of `length` pixels that a clip between `low` and `high` pixels can touch. */
static void range(double low, double high, int length, int *first, int *last)
{
    *first = (int)ww_clamp(floor(low), 0, length);
    *last = (int)ww_clamp(ceil(high), -1, length - 1);
}

void ww_paperclip_draw(const ww_paperclip *clip, const ww_paperclip_pose *pose, const ww_view *view,
                       double luminance, float *plane, unsigned char *mask)
{
    struct posed p = posed(clip, pose);
    double reach = 0.5 * pose->size_deg + p.radius, step = view->deg_per_px / SAMPLES;
    double x_px = pose->x_deg / view->deg_per_px + 0.5 * (view->width_px - 1);
    double y_px = 0.5 * (view->height_px - 1) - pose->y_deg / view->deg_per_px;
    double reach_px = reach / view->deg_per_px + 1;
    int left, right, top, bottom;
    range(x_px - reach_px, x_px + reach_px, view->width_px, &left, &right);
    range(y_px - reach_px, y_px + reach_px, view->height_px, &top, &bottom);
    for (int row = top; row <= bottom; row++)
        for (int column = left; column <= right; column++) {
            double sum = 0;
            int hits = 0;
            for (int i = 0; i < SAMPLES * SAMPLES; i++) {
                double x = ww_frame_x_deg(view, column) + (i % SAMPLES - (SAMPLES - 1) / 2) * step;
                double y = ww_frame_y_deg(view, row) + (i / SAMPLES - (SAMPLES - 1) / 2) * step;
                double shade = met(&p, x, y);
                hits += shade >= 0;
                sum += shade >= 0 ? shade : 0;
            }
            int at = row * view->width_px + column;
            double share = (double)hits / (SAMPLES * SAMPLES);
            plane[at] =
                (float)((1 - share) * (double)plane[at] + luminance * sum / (SAMPLES * SAMPLES));
            if (mask != NULL && 2 * hits >= SAMPLES * SAMPLES)
                mask[at] = 1;
        }
}
