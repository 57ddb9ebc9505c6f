/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lateral geniculate nucleus: three kinds of layers that stay apart (Livingstone & Hubel 1987,
 * J Neurosci 7:3416, table 2; Hendry & Reid 2000 for the koniocellular layers).
 *
 *   P  fine, colour-opponent, sustained; low contrast gain: the midget cells' signals as they are
 *   M  coarse, luminance alone, transient: differences of successive frames; high contrast gain,
 *      which saturates (Kaplan & Shapley 1986, who find the difference between M and P already in
 *      the retina; the default of the gain is ours): tanh(gain * difference). A still or an
 *      equiluminant picture is nothing to it. With one frame: the onset from grey.
 *   K  coarse, blue against yellow */
#include <string.h>

#include "areas/parts/cortex.h"

struct lgn {
    ww_area_common common;
    double magno_gain;
};

static const ww_param params[] = {WW_AREA_GRID(struct lgn, common, 64),
                                  WW_REAL(struct lgn, magno_gain, 5, 0.01, 1000, "",
                                          "contrast gain of M cells at low contrast", "kaplan1986"),
                                  WW_PARAM_END};

static ww_var transient(ww_graph *g, ww_var frames, double gain)
{
    int64_t n = ww_var_shape(g, frames).dim[1];
    if (n > 1)
        frames = ww_sub(g, ww_slice(g, frames, 1, 1, n), ww_slice(g, frames, 1, 0, n - 1));
    return ww_tanh(g, ww_affine(g, frames, gain, 0));
}

static void build(ww_area_site *site, const void *params_)
{
    const struct lgn *p = params_;
    ww_graph *g = site->graph;
    for (int i = 0; i < site->n_afferents; i++) {
        ww_var map = site->afferent[i].map;
        const char *port = site->afferent[i].port, *layer = NULL;
        if (strcmp(port, "midget") == 0) {
            layer = "P";
            map = ww_area_regrid(g, map, site->height, site->width, WW_POOL_AVERAGE);
        } else if (strcmp(port, "parasol") == 0) {
            layer = "M";
            map = transient(g, map, p->magno_gain);
        } else if (strcmp(port, "bistratified") == 0)
            layer = "K";
        if (layer != NULL)
            ww_area_emit(site, layer, ww_cortex_modulate(site, layer, map));
    }
    if (site->n_ports == 0)
        ww_graph_fail(g, WW_EINVAL, "area %s: nothing from the retina reaches it", site->name);
}

/* The pathway past V1 to MT carries M and K cells (Sincich et al. 2004, Nat Neurosci 7:1123: mostly
 * K, and as many cells as 10 % of those of V1 that reach MT; the K cells here know of blue and
 * yellow alone). */
static const char *port_to(const void *params_, const char *target)
{
    (void)params_;
    if (strcmp(target, "V1") == 0)
        return "P M K";
    return strcmp(target, "MT") == 0 ? "M K" : "K";
}

const ww_area ww_area_lgn = {
    .item = {.name = "LGN",
             .summary = "P, M and K layers: fine colour-opponent, transient, blue-yellow",
             .sources = "livingstone1987 kaplan1986 hendry2000 sincich2004",
             .example = "whatwhere show area LGN",
             .params = params,
             .params_size = sizeof(struct lgn)},
    .stream = WW_STREAM_EARLY,
    .convergence = WW_POOL_AVERAGE,
    .native = true,
    .port_to = port_to,
    .build = build,
    .classes = "P M K"};
