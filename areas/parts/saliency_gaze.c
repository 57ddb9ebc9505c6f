/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the gaze goes (Itti, Koch & Niebur 1998, section II.D; after Koch & Ullman 1985). Each
 * place of the saliency map charges a leaky capacitor V, which charges the threshold neuron U of a
 * winner-take-all network:
 *
 *     tau_s dV/dt = S - g - V,   tau_w dU/dt = max(V, 0),   the first U to reach 1 wins
 *
 * with S scaled to a maximum of 1, tau_s = 10 ms and tau_w = 30 ms, so that the focus moves every
 * 40 to 70 ms as there. The winner draws the focus, all U are set back to 0, and the disc of the
 * focus is inhibited (g = 1) for `inhibit_ms`; what lies within two radii is excited a little,
 * which keeps the gaze near. Steps of 1 ms; of neurons that fire in one step the most charged wins.
 */
#include <math.h>
#include <stdlib.h>

#include "areas/parts/saliency.h"

static const double saliency_ms = 10, winner_ms = 30, longest_ms = 10000;

/* Voltage, charge of the threshold neuron, end of inhibition and of excitation at each place. */
struct place {
    double v, u, inhibited_ms, excited_ms;
};

/* One step; returns the winner or -1. */
static int step(struct place *place, const float *map, int n, double time_ms, double proximity)
{
    int winner = -1;
    for (int i = 0; i < n; i++) {
        struct place *p = &place[i];
        double input = map[i];
        if (time_ms < p->inhibited_ms)
            input -= 1;
        else if (time_ms < p->excited_ms)
            input += proximity * map[i];
        p->v += (input - p->v) / saliency_ms;
        p->u += p->v > 0 ? p->v / winner_ms : 0;
        if (p->u >= 1 && (winner < 0 || p->u > place[winner].u))
            winner = i;
    }
    return winner;
}

/* Moves the focus to the winner: everything restarts, its disc is inhibited. */
static void attend(struct place *place, const ww_saliency *s, int winner, double focus,
                   double until_ms)
{
    double wide = (double)s->picture_width / s->width, high = (double)s->picture_height / s->height;
    double shorter = fmin(s->picture_width, s->picture_height);
    for (int i = 0; i < s->height * s->width; i++) {
        double dx = (i % s->width - winner % s->width) * wide;
        double dy = (i / s->width - winner / s->width) * high;
        double radii = hypot(dx, dy) / (focus * shorter);
        place[i].u = 0;
        if (radii <= 1)
            place[i].inhibited_ms = until_ms;
        else if (radii <= 2)
            place[i].excited_ms = until_ms;
    }
}

int ww_saliency_gaze(const ww_saliency *s, const ww_saliency_params *p, ww_fixation *out)
{
    int n = s->height * s->width, found = 0;
    struct place *place = calloc((size_t)n, sizeof *place);
    if (place == NULL)
        return 0;
    for (double t = 1; t <= longest_ms && found < p->fixations; t++) {
        int winner = step(place, s->map, n, t, p->proximity);
        if (winner < 0)
            continue;
        double x = (winner % s->width + 0.5) * s->picture_width / s->width - 0.5;
        double y = (winner / s->width + 0.5) * s->picture_height / s->height - 0.5;
        out[found++] = (ww_fixation){x, y, t, s->map[winner]};
        attend(place, s, winner, p->focus, t + p->inhibit_ms);
    }
    free(place);
    return found;
}
