/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What areas have in common. A unit sums its afferents over a small neighbourhood of the map,
 *
 *     drive(k, x) = decay * sum over pathways p, channels c, offsets d of w_p(k, c, d) a_p(c, x +
 * d)
 *
 * with the same weights all over the visual field, is scaled to the range that it meets (Ioffe &
 * Szegedy 2015; here the gain control of single cells), and answers with what exceeds its
 * threshold. The weights of a pathway are a parameter of their own, so that it can be analysed,
 * charged for its wire and cut; pathways of one kernel are joined and summed by one convolution.
 *
 * Pathways from far below, and those that descend, are summed point by point (1 x 1): on the grid
 * of a much higher area a neighbourhood of theirs would span many receptive fields of the source,
 * and long wire is dear. */
#include "areas/parts/cortex.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/text.h"

/* Afferents that one convolution sums, on a grid of so many rows. */
struct group {
    int kernel, stride, rows, n;
    const ww_afferent *member[WW_OP_MAX_IN];
    ww_var map[WW_OP_MAX_IN];
};

enum { GROUPS = 10, NAME_BYTES = 96 };

bool ww_cortex_reached(const ww_area_site *site, const char *ports)
{
    for (int i = 0; i < site->n_afferents; i++)
        if (ports == NULL || ww_text_in_list(site->afferent[i].port, ports))
            return true;
    return false;
}

ww_var ww_cortex_decay(ww_area_site *site)
{
    return ww_control(site->graph, "decay", WW_SHAPE(1), 1);
}

/* Finds the afferent's group, or opens one. */
static struct group *group_of(struct group *groups, int *n_groups, int kernel, int stride, int rows)
{
    for (int i = 0; i < *n_groups; i++)
        if (groups[i].kernel == kernel && groups[i].stride == stride && groups[i].rows == rows &&
            groups[i].n < WW_OP_MAX_IN)
            return &groups[i];
    if (*n_groups == GROUPS)
        return NULL;
    groups[*n_groups] = (struct group){.kernel = kernel, .stride = stride, .rows = rows};
    return &groups[(*n_groups)++];
}

/* Sorts the afferents of `ports` into groups. Near maps on a grid that is finer by a whole factor
 * are sampled by a stride, with a kernel of the parity that centres it on each unit. Coarser maps
 * that are summed point by point stay on their own grid, since it is cheaper to interpolate the
 * sum. All others are brought onto the area's grid. */
static int sort_afferents(ww_area_site *site, const char *ports, int kernel, int reach,
                          struct group *groups)
{
    int n_groups = 0;
    for (int i = 0; i < site->n_afferents; i++) {
        const ww_afferent *a = &site->afferent[i];
        ww_shape shape = ww_var_shape(site->graph, a->map);
        if (ports != NULL && a->port[0] != '\0' && !ww_text_in_list(a->port, ports))
            continue;
        if (shape.rank != 4)
            return 0;
        int rows = (int)shape.dim[2], stride = rows / site->height;
        bool near = a->span >= 0 && a->span <= reach;
        bool whole = stride >= 1 && rows == stride * site->height &&
                     shape.dim[3] == (int64_t)stride * site->width;
        ww_var map = a->map;
        if (!(near && whole) && !(!near && rows < site->height)) {
            map = ww_area_regrid(site->graph, map, site->height, site->width, WW_POOL_AVERAGE);
            rows = site->height;
        }
        stride = near && whole ? stride : 1;
        int across = near ? kernel + (stride % 2 == 0) : 1; /* even: centred on a block of 2 x 2 */
        struct group *group = group_of(groups, &n_groups, across, stride, rows);
        if (group == NULL) {
            ww_graph_fail(site->graph, WW_EINVAL, "area %s: its afferents come on too many grids",
                          site->name);
            return 0;
        }
        group->map[group->n] = map;
        group->member[group->n++] = a;
    }
    return n_groups;
}

static ww_var sum_group(ww_area_site *site, const char *tag, const struct group *group,
                        int channels, int fan_in)
{
    ww_graph *g = site->graph;
    ww_var weight[WW_OP_MAX_IN];
    for (int i = 0; i < group->n; i++) {
        const ww_afferent *a = group->member[i];
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "%s%sweight.%s%s%s", tag, tag[0] ? "." : "", a->source,
                 a->port[0] ? "." : "", a->port);
        ww_shape shape =
            WW_SHAPE(channels, ww_var_shape(g, group->map[i]).dim[1], group->kernel, group->kernel);
        weight[i] = ww_parameter(g, name, shape,
                                 (ww_init){.kind = WW_INIT_HE, .value = 1, .fan_in = fan_in}, 1);
        ww_area_cost(site, weight[i], a->cost);
    }
    ww_var map = group->n > 1 ? ww_concat(g, group->n, group->map, 1) : group->map[0];
    ww_var all = group->n > 1 ? ww_concat(g, group->n, weight, 1) : weight[0];
    all = ww_mul(g, all, ww_cortex_decay(site));
    ww_var sum = ww_conv2d(
        g, map, all,
        (ww_conv2d_attr){.stride = group->stride, .pad = (group->kernel - group->stride + 1) / 2});
    return ww_area_regrid(g, sum, site->height, site->width, WW_POOL_AVERAGE);
}

ww_var ww_cortex_drive(ww_area_site *site, const char *tag, const char *ports, int channels,
                       int kernel, int reach)
{
    ww_graph *g = site->graph;
    struct group groups[GROUPS];
    int n_groups = sort_afferents(site, ports, kernel, reach, groups);
    if (n_groups == 0)
        return ww_graph_fail(g, WW_EINVAL, "area %s: nothing reaches it", site->name);
    int64_t fan_in = 0;
    for (int i = 0; i < n_groups; i++)
        for (int k = 0; k < groups[i].n; k++)
            fan_in +=
                ww_var_shape(g, groups[i].map[k]).dim[1] * groups[i].kernel * groups[i].kernel;
    ww_var drive = sum_group(site, tag, &groups[0], channels, (int)fan_in);
    for (int i = 1; i < n_groups; i++)
        drive = ww_add(g, drive, sum_group(site, tag, &groups[i], channels, (int)fan_in));
    return drive;
}

ww_var ww_cortex_respond(ww_area_site *site, const char *tag, ww_var drive)
{
    ww_graph *g = site->graph;
    ww_shape units = WW_SHAPE(ww_var_shape(g, drive).dim[1]);
    if (ww_var_shape(g, drive).rank != 4)
        return drive;
    char name[4][NAME_BYTES];
    const char *dot = tag[0] ? "." : "";
    snprintf(name[0], NAME_BYTES, "%s%sgain", tag, dot);
    snprintf(name[1], NAME_BYTES, "%s%sthreshold", tag, dot);
    snprintf(name[2], NAME_BYTES, "%s%smean.t%d", tag, dot, site->step);
    snprintf(name[3], NAME_BYTES, "%s%svariance.t%d", tag, dot, site->step);
    ww_init one = {.kind = WW_INIT_CONSTANT, .value = 1}, zero = {.kind = WW_INIT_CONSTANT};
    ww_var scaled = ww_batch_norm(
        g, drive, ww_parameter(g, name[0], units, one, 0), ww_parameter(g, name[1], units, zero, 0),
        ww_state(g, name[2], units, 0), ww_state(g, name[3], units, 1), 0);
    return ww_relu(g, scaled);
}

ww_var ww_cortex_modulate(ww_area_site *site, const char *tag, ww_var map)
{
    ww_graph *g = site->graph;
    ww_shape shape = ww_var_shape(g, map);
    ww_afferent back[WW_OP_MAX_IN];
    ww_area_site higher = *site;
    higher.n_afferents = 0;
    for (int i = 0; i < site->n_afferents; i++)
        if (site->afferent[i].span < 0 && higher.n_afferents < WW_OP_MAX_IN)
            back[higher.n_afferents++] = site->afferent[i];
    if (higher.n_afferents == 0 || shape.rank != 4)
        return map;
    higher.afferent = back;
    higher.height = (int)shape.dim[2];
    higher.width = (int)shape.dim[3];
    ww_var drive = ww_cortex_drive(&higher, tag, NULL, (int)shape.dim[1], 1, 0);
    memcpy(site->cost, higher.cost, sizeof site->cost);
    site->n_costs = higher.n_costs;
    return ww_mul(g, map, ww_affine(g, ww_sigmoid(g, drive), 2, 0));
}

ww_var ww_cortex(ww_area_site *site, const ww_cortex_params *p)
{
    if (p->kernel % 2 == 0)
        return ww_graph_fail(site->graph, WW_EINVAL, "area %s: kernel = %d is not odd", site->name,
                             p->kernel);
    ww_var drive = ww_cortex_drive(site, "", NULL, p->common.channels, p->kernel, p->reach);
    ww_var map = ww_cortex_respond(site, "", drive);
    if (p->sigma > 0)
        map = ww_divisive_norm(site->graph, map, (ww_divisive_norm_attr){.sigma = p->sigma});
    return map;
}

void ww_cortex_build(ww_area_site *site, const void *params)
{
    ww_area_emit(site, "", ww_cortex(site, params));
}

ww_var ww_cortex_surround(ww_area_site *site, ww_var map, int size, double weight)
{
    ww_graph *g = site->graph;
    if (weight == 0)
        return map;
    ww_pool_attr pool = {.kind = WW_POOL_AVERAGE, .size = size, .stride = 1, .pad = size / 2};
    return ww_sub(g, map, ww_affine(g, ww_pool(g, map, pool), weight, 0));
}

ww_var ww_cortex_compete(ww_area_site *site, ww_var map, double sigma)
{
    ww_graph *g = site->graph;
    ww_var pool = ww_reduce(g, map, WW_MEAN, WW_BIT(1) | WW_BIT(2) | WW_BIT(3));
    pool = ww_reshape(g, ww_affine(g, pool, 1, sigma), WW_SHAPE(WW_BATCH, 1, 1, 1));
    return ww_div(g, map, pool);
}
