/* SPDX-License-Identifier: GPL-3.0-or-later */
/* V4 and V4t: colour that is seen relative to its surroundings, and the curvature of contours.
 *
 * V4 hears from thin stripes (colour) and pale ones (form). A colour cell of V4 answers to the
 * colour of a surface and not to the wavelengths that leave it (Zeki 1983): what a large silent
 * surround holds on average is subtracted (Schein & Desimone 1990). Form cells answer to curved
 * contour fragments at a place relative to the object (Pasupathy & Connor 2001), sums of V2's
 * orientations over a neighbourhood. V4t, between V4 and MT, has the same circuit with other
 * afferents (Desimone & Ungerleider 1986). */
#include "areas/parts/cortex.h"

struct v4 {
    ww_cortex_params cortex;
    int surround_size;
    double surround;
};

static const ww_param params[] = {WW_CORTEX_PARAMS(struct v4, 16, 32, 3, 0),
                                  WW_INT(struct v4, surround_size, 7, 1, 63, "",
                                         "units across the silent surround (odd)", "schein1990"),
                                  WW_REAL(struct v4, surround, 0.5, 0, 1, "",
                                          "share of the surround's mean that is subtracted",
                                          "schein1990"),
                                  WW_PARAM_END};

static void build(ww_area_site *site, const void *params_)
{
    const struct v4 *p = params_;
    ww_graph *g = site->graph;
    if (p->surround_size % 2 == 0 || p->cortex.kernel % 2 == 0) {
        ww_graph_fail(g, WW_EINVAL, "area %s: kernel = %d and surround_size = %d must be odd",
                      site->name, p->cortex.kernel, p->surround_size);
        return;
    }
    ww_var drive = ww_cortex_drive(site, "", NULL, p->cortex.common.channels, p->cortex.kernel,
                                   p->cortex.reach);
    drive = ww_cortex_surround(site, drive, p->surround_size, p->surround);
    ww_var map = ww_cortex_respond(site, "", drive);
    if (p->cortex.sigma > 0)
        map = ww_divisive_norm(g, map, (ww_divisive_norm_attr){.sigma = p->cortex.sigma});
    ww_area_emit(site, "", map);
}

const ww_area ww_area_v4 = {
    .item = {.name = "V4",
             .members = "V4 V4t",
             .summary = "colour relative to its surround, and curvature: V4 and V4t",
             .sources = "zeki1983 schein1990 pasupathy2001 desimone1986",
             .example = "whatwhere show area V4",
             .params = params,
             .params_size = sizeof(struct v4)},
    .stream = WW_STREAM_VENTRAL,
    .convergence = WW_POOL_AVERAGE,
    .build = build};
