/* SPDX-License-Identifier: GPL-3.0-or-later */
/* V2: three kinds of stripes, each fed by its compartment of V1 and feeding streams of its own
 * (Livingstone & Hubel 1987, 1988; DeYoe & Van Essen 1985):
 *
 *     4B -> thick stripes -> MT, V3 and the dorsal stream     motion, depth
 *     blob -> thin stripes -> V4                              colour
 *     interblob -> pale stripes -> V4, VP                     form, contours
 *
 * Each sums its own afferents alone; feedback reaches all three. */
#include <string.h>

#include "areas/parts/cortex.h"
#include "engine/base/text.h"

struct v2 {
    ww_cortex_params cortex;
    int thin_channels, thick_channels;
};

static const ww_param params[] = {
    WW_CORTEX_PARAMS(struct v2, 16, 32, 3, 1),
    WW_INT(struct v2, thin_channels, 16, 1, 4096, "", "channels of the thin stripes", ""),
    WW_INT(struct v2, thick_channels, 16, 1, 4096, "", "channels of the thick stripes", ""),
    WW_PARAM_END};

static void stripe(ww_area_site *site, const struct v2 *p, const char *name, const char *from,
                   int channels)
{
    if (!ww_cortex_reached(site, from))
        return;
    ww_var map = ww_cortex_respond(
        site, name, ww_cortex_drive(site, name, from, channels, p->cortex.kernel, p->cortex.reach));
    if (p->cortex.sigma > 0)
        map = ww_divisive_norm(site->graph, map, (ww_divisive_norm_attr){.sigma = p->cortex.sigma});
    ww_area_emit(site, name, map);
}

static void build(ww_area_site *site, const void *params_)
{
    const struct v2 *p = params_;
    stripe(site, p, "pale", "interblob", p->cortex.common.channels);
    stripe(site, p, "thin", "blob K", p->thin_channels);
    stripe(site, p, "thick", "4B M", p->thick_channels);
    if (site->n_ports == 0)
        ww_graph_fail(site->graph, WW_EINVAL, "area %s: nothing from V1 reaches it", site->name);
}

static const char *port_to(const void *params_, const char *target)
{
    (void)params_;
    if (ww_text_in_list(target, "V4 VOT PITd PITv CITd CITv AITd AITv FFA VWFA"))
        return "pale thin";
    if (ww_text_in_list(target, "V1 V3"))
        return "pale thick";
    return strcmp(target, "VP") == 0 ? "pale thin" : "thick";
}

const ww_area ww_area_v2 = {
    .item = {.name = "V2",
             .summary = "pale, thin and thick stripes: form, colour, motion",
             .sources = "livingstone1987 deyoe1985",
             .example = "whatwhere show area V2",
             .params = params,
             .params_size = sizeof(struct v2)},
    .stream = WW_STREAM_EARLY,
    .convergence = WW_POOL_AVERAGE,
    .native = true,
    .port_to = port_to,
    .build = build,
    .classes = "pale thin thick"};
