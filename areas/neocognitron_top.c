/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The highest stage of the neocognitron (Fukushima 2003): S cells that see the whole picture, each
 * with the label of a class, and one C cell a class.
 *
 * An S cell answers by how much what it sees, x, resembles what it learned, a:
 *
 *     s = sum a x / (|a| |x|)
 *
 * (the cosine: an S cell with strong connections and no threshold). Of each class there are up to
 * per_class cells; rows k per_class .. (k + 1) per_class - 1 of "AREA/weight" are those of class k,
 * all 0 where none was made. With `answer: winner` the C cell of a class says what its best S cell
 * says.
 *
 * With `answer: interpolating` (Fukushima 2013, the interpolating vector) it says how much x
 * resembles the best mixture of two S cells of its class. For cells with answers s, t and cosine r
 * of what they learned, the best p a + q a' with p, q >= 0 has
 *
 *     s^2 - 2 s t r + t^2 over 1 - r^2, the square of its cosine,
 *
 * where s > t r and t > s r; elsewhere the better of the two alone is best. */
#include <math.h>

#include "areas/parts/neocognitron.h"

static const char *const answers[] = {"winner", "interpolating", NULL};

static const ww_param params[] = {
    WW_AREA_INT(ww_neo_top, "classes", common.channels, 10, 1, 4096, "classes of pictures"),
    WW_INT(ww_neo_top, per_class, 100, 1, 10000, "", "labelled S cells of a class at most",
           "fukushima2003"),
    WW_REAL(ww_neo_top, theta_learning, 0.8, 0, 1, "",
            "while learning, a cell answers only from this cosine on", "fukushima2003"),
    WW_CHOICE(ww_neo_top, answer, WW_NEO_WINNER, answers,
              "the best labelled cell, or the best mixture of two of a class",
              "fukushima2003 fukushima2013"),
    WW_PARAM_END};

/* Rows of unit length; what is 0 stays so. */
static ww_var unit_rows(ww_graph *g, ww_var x, int64_t rows)
{
    ww_var power = ww_reduce(g, ww_square(g, x), WW_SUM, WW_BIT(1));
    ww_var norm = ww_sqrt(g, ww_affine(g, power, 1, 1e-20));
    return ww_div(g, x, ww_reshape(g, norm, WW_SHAPE(rows, 1)));
}

/* 1 where x > 0, else 0. */
static ww_var positive(ww_graph *g, ww_var x)
{
    ww_var d = ww_relu(g, x);
    return ww_div(g, d, ww_affine(g, d, 1, 1e-20));
}

/* The cosines [classes, P, P] of the cells of each class; those of a cell with itself, and of cells
 * that were never made, are 0. */
static ww_var cosines(ww_graph *g, ww_var unit, int classes, int per_class)
{
    ww_var one[WW_OP_MAX_IN], all = {-1};
    for (int k = 0, n = 0; k < classes; k++) {
        ww_var rows = ww_slice(g, unit, 0, (int64_t)k * per_class, (int64_t)(k + 1) * per_class);
        one[n++] = ww_linear(g, rows, rows);
        if (n == WW_OP_MAX_IN || k + 1 == classes) {
            all = ww_concat(g, n, one, 0);
            one[0] = all;
            n = 1;
        }
    }
    return ww_reshape(g, all, WW_SHAPE(1, classes, per_class, per_class));
}

/* The cosine with the best mixture of two cells of each class; s [N, classes, P] is not negative.
 */
static ww_var interpolated(ww_graph *g, ww_var s, ww_var unit, int classes, int per_class)
{
    ww_var r = cosines(g, unit, classes, per_class);
    ww_var a = ww_reshape(g, s, WW_SHAPE(WW_BATCH, classes, per_class, 1));
    ww_var b = ww_reshape(g, s, WW_SHAPE(WW_BATCH, classes, 1, per_class));
    ww_var p = ww_sub(g, a, ww_mul(g, b, r)), q = ww_sub(g, b, ww_mul(g, a, r));
    ww_var two = ww_add(g, ww_mul(g, a, p), ww_mul(g, b, q));  /* s^2 - 2 s t r + t^2 */
    ww_var rest = ww_affine(g, ww_square(g, r), -1, 1 - 1e-6); /* below 0: nearly one direction */
    ww_var mixed = ww_div(g, two, ww_affine(g, ww_relu(g, rest), 1, 1e-6));
    ww_var inside = ww_mul(g, ww_mul(g, positive(g, p), positive(g, q)), positive(g, rest));
    ww_var best = ww_reduce(g, ww_mul(g, mixed, inside), WW_MAX, WW_BIT(3));
    ww_var alone = ww_square(g, s);
    ww_var pair[] = {ww_reshape(g, best, WW_SHAPE(WW_BATCH, classes, per_class, 1)),
                     ww_reshape(g, alone, WW_SHAPE(WW_BATCH, classes, per_class, 1))};
    ww_var both = ww_reduce(g, ww_concat(g, 2, pair, 3), WW_MAX, WW_BIT(3));
    return ww_sqrt(g, both);
}

static void build(ww_area_site *site, const void *params_)
{
    const ww_neo_top *p = params_;
    ww_graph *g = site->graph;
    int classes = p->common.channels;
    int64_t rows = (int64_t)classes * p->per_class;
    if (site->n_afferents != 1) {
        ww_graph_fail(g, WW_EINVAL, "area %s: %d maps reach it; it reads one area", site->name,
                      site->n_afferents);
        return;
    }
    ww_shape in = ww_var_shape(g, site->afferent[0].map);
    if (in.rank != 4)
        return;
    int64_t cells = in.dim[1] * in.dim[2] * in.dim[3];
    ww_var x = ww_reshape(g, site->afferent[0].map, WW_SHAPE(WW_BATCH, cells));
    ww_var weights = ww_parameter(g, "weight", WW_SHAPE(rows, cells),
                                  (ww_init){.kind = WW_INIT_UNIFORM, .value = 1}, 0);
    ww_var unit = unit_rows(g, ww_relu(g, weights), rows);
    ww_var power = ww_reduce(g, ww_square(g, x), WW_SUM, WW_BIT(1));
    ww_var norm = ww_sqrt(g, ww_affine(g, power, 1, 1e-20));
    ww_var s = ww_div(g, ww_linear(g, x, unit), ww_reshape(g, norm, WW_SHAPE(WW_BATCH, 1)));
    s = ww_relu(g, ww_mul(g, s, ww_neo_decay(site)));
    s = ww_reshape(g, s, WW_SHAPE(WW_BATCH, classes, p->per_class));
    if (p->answer == WW_NEO_INTERPOLATING)
        s = interpolated(g, s, unit, classes, p->per_class);
    ww_var c = ww_reduce(g, s, WW_MAX, WW_BIT(2));
    ww_area_emit(site, "", ww_reshape(g, c, WW_SHAPE(WW_BATCH, classes, 1, 1)));
}

static void one_place(const void *params_, const ww_view *view, int *height, int *width)
{
    (void)params_;
    (void)view;
    *height = *width = 1;
}

const ww_area ww_area_neocognitron_top = {
    .item = {.name = "neocognitron-top",
             .summary = "highest stage of the neocognitron: labelled cells, one answer a class",
             .sources = "fukushima2003 fukushima2013",
             .example = "whatwhere show area neocognitron-top",
             .params = params,
             .params_size = sizeof(ww_neo_top)},
    .stream = WW_STREAM_VENTRAL,
    .convergence = WW_POOL_AVERAGE,
    .native = true,
    .sampling = one_place,
    .reads = "neocognitron-edges neocognitron-stage",
    .build = build};
