/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MT (V5): the direction and the speed of motion (Dubner & Zeki 1971; Britten et al. 1992).
 *
 * Direction-selective signals of layer 4B and the thick stripes are summed over a larger field,
 * and then two things happen that V1 lacks: opposite motions inhibit each other (motion opponency,
 * Snowden et al. 1991; Adelson & Bergen 1985), and so does motion in the surround (Allman et al.
 * 1985). Channel k and channel k + K/2 are an opponent pair:
 *
 *     r = max(0, normalised drive)
 *     out_k = max(0, r_k - opponency * r_pair(k) - surround * mean of r_k around)
 *
 * then divisive normalisation over all channels (Simoncelli & Heeger 1998). Allman et al. find, in
 * more than 90 % of the cells of the owl monkey, surrounds of 50 to 100 times the area of the
 * classical field. The default here is smaller, 5 x 5 units around a field of 3 x 3: on a grid of
 * 16 a surround of 50 times the field is the whole view. */
#include "areas/parts/cortex.h"

struct mt {
    ww_cortex_params cortex;
    int surround_size;
    double opponency, surround;
};

static const ww_param params[] = {
    WW_CORTEX_PARAMS(struct mt, 16, 24, 3, 1),
    WW_REAL(struct mt, opponency, 0.5, 0, 2, "", "inhibition by the opposite direction",
            "snowden1991"),
    WW_INT(struct mt, surround_size, 5, 1, 63, "", "units across the surround (odd)", "allman1985"),
    WW_REAL(struct mt, surround, 0.3, 0, 2, "", "inhibition by motion around", "allman1985"),
    WW_PARAM_END};

static void build(ww_area_site *site, const void *params_)
{
    const struct mt *p = params_;
    ww_graph *g = site->graph;
    int n = p->cortex.common.channels;
    if (p->surround_size % 2 == 0 || p->cortex.kernel % 2 == 0) {
        ww_graph_fail(g, WW_EINVAL, "area %s: kernel = %d and surround_size = %d must be odd",
                      site->name, p->cortex.kernel, p->surround_size);
        return;
    }
    ww_var map = ww_cortex_respond(
        site, "", ww_cortex_drive(site, "", NULL, n, p->cortex.kernel, p->cortex.reach));
    ww_var inhibited = ww_cortex_surround(site, map, p->surround_size, p->surround);
    if (p->opponency > 0 && n % 2 == 0) {
        ww_var halves[2] = {ww_slice(g, map, 1, n / 2, n), ww_slice(g, map, 1, 0, n / 2)};
        ww_var opposite = ww_concat(g, 2, halves, 1);
        inhibited = ww_sub(g, inhibited, ww_affine(g, opposite, p->opponency, 0));
    }
    map = ww_relu(g, inhibited);
    if (p->cortex.sigma > 0)
        map = ww_divisive_norm(g, map, (ww_divisive_norm_attr){.sigma = p->cortex.sigma});
    ww_area_emit(site, "", map);
}

const ww_area ww_area_mt = {
    .item = {.name = "MT",
             .summary = "direction of motion: opponency and suppressive surround",
             .sources = "dubner1971 snowden1991 allman1985 simoncelli1998",
             .example = "whatwhere show area MT",
             .params = params,
             .params_size = sizeof(struct mt)},
    .stream = WW_STREAM_DORSAL,
    .convergence = WW_POOL_AVERAGE,
    .build = build};
