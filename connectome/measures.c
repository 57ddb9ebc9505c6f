/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Measures of a directed graph of areas, and of its hierarchy.
 *
 * With a_ij = 1 for a pathway from i to j and n areas:
 *
 *   density       sum a_ij / (n (n - 1))
 *   reciprocity   share of the links i > j for which j > i exists too
 *   path length   mean over ordered pairs i != j of the fewest links from i to j, pairs without a
 *                 way left out (and counted)
 *   clustering    of area i: directed triangles over the possible ones (Fagiolo 2007, equation 8),
 *                     C_i = [(A + A')^3]_ii / (2 [d_i (d_i - 1) - 2 b_i])
 *                 d_i = in-degree + out-degree, b_i = links of i that are reciprocated; 0 where an
 *                 area has no triangle. The mean of C_i is reported. This is what the Brain
 *                 Connectivity Toolbox calls clustering_coef_bd (Rubinov & Sporns 2010).
 *
 * The hierarchy is that of the table's levels (Felleman & Van Essen 1991): a pathway ascends if its
 * target lies higher, and skips if it climbs more than one level. A direction is thus never at
 * odds with the levels, and the ascending pathways form no cycle; what can go wrong is that an area
 * is left without any ascending input, and these are counted (orphans).
 *
 * Strictly ascending ways from a root: w(root) = 1, w(j) = sum over ascending i > j of w(i), taken
 * in the order of the levels. */
#include "connectome/measures.h"

#include <math.h>
#include <string.h>

typedef struct digraph {
    int n;
    const ww_atlas *atlas;
    unsigned char *link; /* [n][n] */
} digraph;

static int linked(const digraph *g, int from, int to)
{
    return g->link[(size_t)from * (size_t)g->n + (size_t)to];
}

static ww_status digraph_of(digraph *g, const ww_atlas *atlas, ww_arena *arena)
{
    size_t n = (size_t)atlas->n_areas;
    *g = (digraph){atlas->n_areas, atlas, ww_arena_array(arena, n * n + 1, 1)};
    if (g->link == NULL)
        return WW_ENOMEM;
    for (int p = 0; p < atlas->n_paths; p++)
        g->link[(size_t)atlas->path[p].from * n + (size_t)atlas->path[p].to] = 1;
    return WW_OK;
}

static ww_status measure_links(ww_measures *m, const digraph *g, ww_arena *arena)
{
    int *out = ww_arena_array(arena, (size_t)g->n + 1, sizeof *out);
    int *in = ww_arena_array(arena, (size_t)g->n + 1, sizeof *in);
    if (out == NULL || in == NULL)
        return WW_ENOMEM;
    for (int i = 0; i < g->n; i++)
        for (int j = 0; j < g->n; j++) {
            out[i] += linked(g, i, j);
            in[j] += linked(g, i, j);
            m->links += linked(g, i, j);
            m->reciprocated += linked(g, i, j) && linked(g, j, i);
            m->pairs += i < j && (linked(g, i, j) || linked(g, j, i));
        }
    m->areas = g->n;
    m->reciprocal_pairs = m->reciprocated / 2;
    m->density = g->n > 1 ? (double)m->links / g->n / (g->n - 1) : NAN;
    m->degree_mean = g->n > 0 ? 2.0 * m->links / g->n : NAN;
    for (int i = 0; i < g->n; i++) {
        int degree = in[i] + out[i];
        if (i == 0 || degree < m->degree_min)
            m->degree_min = degree;
        if (degree > m->degree_max)
            m->degree_max = degree;
    }
    m->out_degree = out;
    m->in_degree = in;
    return WW_OK;
}

/* Fewest links from `root` to every area, -1 if there is no way; `queue` holds n numbers. */
static void breadth_first(const digraph *g, int root, int *steps, int *queue)
{
    int head = 0, tail = 0;
    for (int i = 0; i < g->n; i++)
        steps[i] = -1;
    steps[root] = 0;
    queue[tail++] = root;
    while (head < tail) {
        int i = queue[head++];
        for (int j = 0; j < g->n; j++)
            if (linked(g, i, j) && steps[j] < 0) {
                steps[j] = steps[i] + 1;
                queue[tail++] = j;
            }
    }
}

static ww_status measure_ways(ww_measures *m, const digraph *g, int root, ww_arena *arena)
{
    int *steps = ww_arena_array(arena, (size_t)g->n + 1, sizeof *steps);
    int *queue = ww_arena_array(arena, (size_t)g->n + 1, sizeof *queue);
    if (steps == NULL || queue == NULL)
        return WW_ENOMEM;
    double sum = 0;
    int reached = 0;
    for (int i = 0; i < g->n; i++) {
        breadth_first(g, i, steps, queue);
        for (int j = 0; j < g->n; j++) {
            reached += steps[j] > 0;
            sum += steps[j] > 0 ? steps[j] : 0;
            m->unreachable += steps[j] < 0;
            m->diameter = steps[j] > m->diameter ? steps[j] : m->diameter;
        }
    }
    m->path_length = reached > 0 ? sum / reached : NAN;
    if (root >= 0)
        breadth_first(g, root, steps, queue);
    m->steps = steps;
    return WW_OK;
}

static double clustering_of(const digraph *g, int i)
{
    int triangles = 0, degree = 0, reciprocated = 0; /* triangles: [(A + A')^3]_ii */
    for (int j = 0; j < g->n; j++) {
        int ij = linked(g, i, j) + linked(g, j, i);
        degree += ij;
        reciprocated += ij == 2;
        for (int k = 0; ij > 0 && k < g->n; k++)
            triangles +=
                ij * (linked(g, j, k) + linked(g, k, j)) * (linked(g, k, i) + linked(g, i, k));
    }
    if (triangles == 0)
        return 0;
    return triangles / (2.0 * (degree * (degree - 1.0) - 2.0 * reciprocated));
}

static void measure_clustering(ww_measures *m, const digraph *g)
{
    double sum = 0;
    for (int i = 0; i < g->n; i++)
        sum += clustering_of(g, i);
    m->clustering = g->n > 0 ? sum / g->n : NAN;
}

static int span_of(const digraph *g, int from, int to)
{
    return g->atlas->area[to].level - g->atlas->area[from].level;
}

static ww_status measure_hierarchy(ww_measures *m, const digraph *g, int root, ww_arena *arena)
{
    for (int i = 0; i < g->n; i++)
        for (int j = 0; j < g->n; j++)
            m->most_span = span_of(g, i, j) > m->most_span ? span_of(g, i, j) : m->most_span;
    int *by_span = ww_arena_array(arena, (size_t)m->most_span + 1, sizeof *by_span);
    int *pairs = ww_arena_array(arena, (size_t)m->most_span + 1, sizeof *pairs);
    if (by_span == NULL || pairs == NULL)
        return WW_ENOMEM;
    double climbed = 0;
    for (int j = 0; j < g->n; j++) {
        int arrive = 0;
        for (int i = 0; i < g->n; i++) {
            int span = span_of(g, i, j), is = linked(g, i, j);
            m->ascending += is && span > 0;
            m->lateral += is && span == 0;
            m->descending += is && span < 0;
            m->skip += is && span > 1;
            m->skip_two += is && span > 2;
            if (span > 0 || (span == 0 && i < j))
                pairs[span]++;
            if (span <= 0 || !is)
                continue;
            by_span[span]++;
            climbed += span;
            arrive++;
        }
        if (root >= 0 && span_of(g, root, j) > 0 && arrive == 0)
            m->orphans++;
    }
    m->mean_span = m->ascending > 0 ? climbed / m->ascending : NAN;
    m->by_span = by_span;
    m->pairs_a_span = pairs;
    return WW_OK;
}

static ww_status measure_ascent(ww_measures *m, const digraph *g, int root, ww_arena *arena)
{
    double *ways = ww_arena_array(arena, (size_t)g->n + 1, sizeof *ways);
    int *longest = ww_arena_array(arena, (size_t)g->n + 1, sizeof *longest);
    if (ways == NULL || longest == NULL)
        return WW_ENOMEM;
    for (int j = 0; j < g->n; j++)
        longest[j] = -1;
    if (root >= 0) {
        ways[root] = 1;
        longest[root] = 0;
    }
    for (int climb = 1; root >= 0 && climb <= m->most_span; climb++)
        for (int j = 0; j < g->n; j++) {
            if (span_of(g, root, j) != climb)
                continue;
            for (int i = 0; i < g->n; i++)
                if (linked(g, i, j) && span_of(g, i, j) > 0 && longest[i] >= 0) {
                    ways[j] += ways[i];
                    longest[j] = longest[i] + 1 > longest[j] ? longest[i] + 1 : longest[j];
                }
        }
    m->ways = ways;
    m->longest_way = longest;
    return WW_OK;
}

static void measure_streams(ww_measures *m, const digraph *g)
{
    for (int i = 0; i < g->n; i++)
        for (int j = 0; j < g->n; j++) {
            int from = (int)g->atlas->area[i].stream, to = (int)g->atlas->area[j].stream;
            m->stream_pairs[from][to] += i != j;
            m->stream_links[from][to] += linked(g, i, j);
        }
}

ww_status ww_measures_compute(ww_measures *out, const ww_atlas *atlas, int root, ww_arena *arena)
{
    digraph g;
    *out = (ww_measures){0};
    WW_TRY(digraph_of(&g, atlas, arena));
    WW_TRY(measure_links(out, &g, arena));
    WW_TRY(measure_ways(out, &g, root, arena));
    measure_clustering(out, &g);
    WW_TRY(measure_hierarchy(out, &g, root, arena));
    WW_TRY(measure_ascent(out, &g, root, arena));
    measure_streams(out, &g);
    return WW_OK;
}

ww_status ww_atlas_among(ww_atlas **out, const ww_atlas *atlas, const bool *keep, ww_arena *arena)
{
    ww_atlas *part = ww_arena_alloc(arena, sizeof *part);
    int *number = ww_arena_array(arena, (size_t)atlas->n_areas + 1, sizeof *number);
    ww_atlas_area *area = ww_arena_array(arena, (size_t)atlas->n_areas + 1, sizeof *area);
    ww_atlas_path *path = ww_arena_array(arena, (size_t)atlas->n_paths + 1, sizeof *path);
    if (part == NULL || number == NULL || area == NULL || path == NULL)
        return WW_ENOMEM;
    *part = (ww_atlas){.name = atlas->name, .area = area, .path = path};
    for (int i = 0; i < atlas->n_areas; i++) {
        number[i] = keep[i] ? part->n_areas : -1;
        if (keep[i])
            area[part->n_areas++] = atlas->area[i];
    }
    for (int p = 0; p < atlas->n_paths; p++) {
        const ww_atlas_path *of = &atlas->path[p];
        if (number[of->from] >= 0 && number[of->to] >= 0)
            path[part->n_paths++] = (ww_atlas_path){number[of->from], number[of->to], of->source};
    }
    *out = part;
    return WW_OK;
}

ww_status ww_brain_atlas(ww_atlas **out, const ww_brain *brain, ww_arena *arena)
{
    ww_atlas *atlas = ww_arena_alloc(arena, sizeof *atlas);
    ww_atlas_area *area = ww_arena_array(arena, (size_t)brain->n_areas + 1, sizeof *area);
    ww_atlas_path *path = ww_arena_array(arena, (size_t)brain->n_paths + 1, sizeof *path);
    if (atlas == NULL || area == NULL || path == NULL)
        return WW_ENOMEM;
    for (int i = 0; i < brain->n_areas; i++) {
        const ww_brain_area *a = &brain->area[i];
        area[i] = (ww_atlas_area){a->name, a->stream, a->level, a->surface_mm2, a->rf_deg, ""};
    }
    for (int p = 0; p < brain->n_paths; p++)
        path[p] = (ww_atlas_path){brain->path[p].from, brain->path[p].to, brain->path[p].source};
    *atlas = (ww_atlas){brain->name, brain->n_areas, brain->n_paths, area, path};
    *out = atlas;
    return WW_OK;
}
