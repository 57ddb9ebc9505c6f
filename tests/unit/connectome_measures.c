/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectome/measures.h"

enum { MOST = 64 };

static ww_arena *arena;

static void open_arena(void)
{
    arena = ww_arena_create();
}

static void close_arena(void)
{
    ww_arena_free(arena);
}

TestSuite(connectome_measures, .init = open_arena, .fini = close_arena);

/* A table of n areas from an adjacency matrix; all at level 0 unless given. */
static const ww_atlas *atlas_of(int n, unsigned char link[MOST][MOST], const int *level,
                                const ww_stream *stream)
{
    static ww_atlas_area area[MOST];
    static ww_atlas_path path[MOST * MOST];
    static ww_atlas atlas;
    atlas = (ww_atlas){"test", n, 0, area, path};
    for (int i = 0; i < n; i++) {
        area[i] = (ww_atlas_area){.name = "x", .surface_mm2 = NAN, .rf_deg = NAN, .source = ""};
        area[i].level = level ? level[i] : 0;
        area[i].stream = stream ? stream[i] : WW_STREAM_EARLY;
        for (int j = 0; j < n; j++)
            if (link[i][j])
                path[atlas.n_paths++] = (ww_atlas_path){i, j, ""};
    }
    return &atlas;
}

static ww_measures measured(int n, unsigned char link[MOST][MOST], const int *level, int root)
{
    ww_measures m;
    cr_assert_eq(ww_measures_compute(&m, atlas_of(n, link, level, NULL), root, arena), WW_OK);
    return m;
}

/* Ring of n, each linked both ways with its k nearest on either side (Watts & Strogatz 1998):
 * C = 3 (k - 1) / (2 (2 k - 1)), L = mean of ceil(d / k) over distances. */
Test(connectome_measures, rings)
{
    for (int n = 8; n <= 33; n += 5)
        for (int k = 1; k <= 3; k++) {
            unsigned char link[MOST][MOST] = {{0}};
            double length = 0;
            for (int i = 0; i < n; i++)
                for (int d = 1; d <= k; d++)
                    link[i][(i + d) % n] = link[(i + d) % n][i] = 1;
            for (int d = 1; d < n; d++) {
                int way = d < n - d ? d : n - d;
                length += (way + k - 1) / k;
            }
            ww_measures m = measured(n, link, NULL, 0);
            cr_expect_eq(m.links, 2 * k * n);
            cr_expect_eq(m.reciprocated, m.links);
            cr_expect_eq(m.pairs, k * n);
            cr_expect_eq(m.reciprocal_pairs, k * n);
            cr_expect_eq(m.diameter, (n / 2 + k - 1) / k);
            cr_expect_eq(m.unreachable, 0);
            cr_expect_eq(m.degree_min, 4 * k);
            cr_expect_eq(m.degree_max, 4 * k);
            cr_expect_float_eq(m.path_length, length / (n - 1), 1e-12);
            if (n > 3 * k) /* the ring does not close on itself */
                cr_expect_float_eq(m.clustering, 3.0 * (k - 1) / (2 * (2 * k - 1)), 1e-12, "n %d",
                                   n);
            cr_expect_eq(m.lateral, m.links);
        }
}

/* One way round: L = n / 2, no link reciprocated, no triangle unless n is 3; of three areas each
 * has one of the 2 (2 - 1) = 2 directed triangles: C = 1 / 2. */
Test(connectome_measures, directed_cycles_and_complete_graphs)
{
    for (int n = 2; n <= 20; n++) {
        unsigned char cycle[MOST][MOST] = {{0}}, full[MOST][MOST] = {{0}};
        for (int i = 0; i < n; i++) {
            cycle[i][(i + 1) % n] = 1;
            for (int j = 0; j < n; j++)
                full[i][j] = i != j;
        }
        ww_measures m = measured(n, cycle, NULL, 0);
        cr_expect_eq(m.links, n);
        cr_expect_eq(m.reciprocated, n == 2 ? 2 : 0);
        cr_expect_float_eq(m.path_length, n / 2.0, 1e-12);
        cr_expect_eq(m.diameter, n - 1);
        cr_expect_float_eq(m.clustering, n == 3 ? 0.5 : 0, 1e-12);
        m = measured(n, full, NULL, 0);
        cr_expect_float_eq(m.density, 1, 1e-12);
        cr_expect_eq(m.reciprocated, m.links);
        cr_expect_float_eq(m.path_length, 1, 1e-12);
        cr_expect_eq(m.diameter, 1);
        cr_expect_float_eq(m.clustering, n >= 3 ? 1 : 0, 1e-12);
    }
}

/* Two complete halves without a link between them, and graphs of nothing. */
Test(connectome_measures, disconnected_graphs)
{
    unsigned char link[MOST][MOST] = {{0}};
    for (int i = 0; i < 10; i++)
        for (int j = 0; j < 10; j++)
            link[i][j] = i != j && i / 5 == j / 5;
    ww_measures m = measured(10, link, NULL, 0);
    cr_expect_eq(m.unreachable, 50);
    cr_expect_float_eq(m.path_length, 1, 1e-12);
    cr_expect_eq(m.steps[4], 1);
    cr_expect_eq(m.steps[5], -1);
    memset(link, 0, sizeof link);
    m = measured(5, link, NULL, -1);
    cr_expect_eq(m.unreachable, 20);
    cr_expect(isnan(m.path_length) && isnan(m.mean_span));
    cr_expect_eq(m.diameter, 0);
    m = measured(0, link, NULL, -1);
    cr_expect(isnan(m.density) && isnan(m.clustering));
}

/* All links upward among n levels of one area each: 2^(j - 1) ways to level j, spans n - s. */
Test(connectome_measures, ascending_ways_double_with_each_level)
{
    enum { n = 12 };
    unsigned char link[MOST][MOST] = {{0}};
    int level[n];
    for (int i = 0; i < n; i++) {
        level[i] = i;
        for (int j = i + 1; j < n; j++)
            link[i][j] = 1;
    }
    link[7][2] = 1;
    ww_measures m = measured(n, link, level, 0);
    cr_expect_eq(m.ascending, n * (n - 1) / 2);
    cr_expect_eq(m.descending, 1);
    cr_expect_eq(m.most_span, n - 1);
    cr_expect_eq(m.skip, m.ascending - (n - 1));
    cr_expect_eq(m.skip_two, m.ascending - (n - 1) - (n - 2));
    cr_expect_eq(m.orphans, 0);
    for (int j = 1; j < n; j++) {
        cr_expect_float_eq(m.ways[j], ldexp(1, j - 1), 1e-9);
        cr_expect_eq(m.longest_way[j], j);
        cr_expect_eq(m.by_span[j], n - j);
        cr_expect_eq(m.pairs_a_span[j], n - j);
    }
    for (int i = 0; i < n; i++)
        link[i][9] = 0;
    m = measured(n, link, level, 0);
    cr_expect_eq(m.orphans, 1);
    cr_expect_eq(m.longest_way[9], -1);
    cr_expect_eq(m.ways[9], 0);
}

struct fve30 {
    const char *name;
    int level;
    ww_stream stream;
};

/* Names as in the array; levels of Felleman & Van Essen 1991; FEF and the parahippocampal areas
 * counted to the stream they belong to, area 46 to neither. */
static const struct fve30 fve30[30] = {
    {"V1", 1, WW_STREAM_EARLY},     {"V2", 2, WW_STREAM_EARLY},     {"V3", 3, WW_STREAM_DORSAL},
    {"VP", 3, WW_STREAM_VENTRAL},   {"V3a", 4, WW_STREAM_DORSAL},   {"V4", 5, WW_STREAM_VENTRAL},
    {"VOT", 6, WW_STREAM_VENTRAL},  {"V4t", 5, WW_STREAM_DORSAL},   {"MT", 5, WW_STREAM_DORSAL},
    {"FST", 7, WW_STREAM_DORSAL},   {"PITd", 7, WW_STREAM_VENTRAL}, {"PITv", 7, WW_STREAM_VENTRAL},
    {"CITd", 8, WW_STREAM_VENTRAL}, {"CITv", 8, WW_STREAM_VENTRAL}, {"AITd", 9, WW_STREAM_VENTRAL},
    {"AITv", 9, WW_STREAM_VENTRAL}, {"STPp", 8, WW_STREAM_DORSAL},  {"STPa", 9, WW_STREAM_DORSAL},
    {"TF", 10, WW_STREAM_VENTRAL},  {"TH", 10, WW_STREAM_VENTRAL},  {"MSTd", 7, WW_STREAM_DORSAL},
    {"MSTl", 7, WW_STREAM_DORSAL},  {"PO", 5, WW_STREAM_DORSAL},    {"PIP", 4, WW_STREAM_DORSAL},
    {"LIP", 7, WW_STREAM_DORSAL},   {"VIP", 7, WW_STREAM_DORSAL},   {"DP", 6, WW_STREAM_DORSAL},
    {"7a", 8, WW_STREAM_DORSAL},    {"FEF", 8, WW_STREAM_DORSAL},   {"46", 10, WW_STREAM_FRONTAL}};

static int fve30_index(const char *name)
{
    for (int i = 0; i < 30; i++)
        if (strcmp(fve30[i].name, name) == 0)
            return i;
    cr_assert_fail("no %s", name);
    return -1;
}

static bool read_fve30(unsigned char link[MOST][MOST])
{
    const char *data = getenv("WW_DATA");
    char path[4096];
    snprintf(path, sizeof path, "%s/connectome/bct/fve30.csv", data ? data : "../shared/data");
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    for (int i = 0; i < 900; i++) {
        int value;
        cr_assert_eq(fscanf(file, "%d%*1[,]", &value), 1);
        link[i / 30][i % 30] = (unsigned char)value;
    }
    fclose(file);
    return true;
}

/* The published figures of the array fve30 (30 areas of Felleman & Van Essen 1991). */
Test(connectome_measures, felleman_van_essen_30)
{
    unsigned char link[MOST][MOST] = {{0}};
    int level[30];
    ww_stream stream[30];
    if (!read_fve30(link))
        cr_skip_test("no connectome/bct/fve30.csv under WW_DATA");
    for (int i = 0; i < 30; i++) {
        level[i] = fve30[i].level;
        stream[i] = fve30[i].stream;
    }
    ww_measures m;
    cr_assert_eq(ww_measures_compute(&m, atlas_of(30, link, level, stream), 0, arena), WW_OK);
    cr_expect_eq(m.links, 311);
    cr_expect_float_eq(m.density, 0.357, 5e-4);
    cr_expect_float_eq((double)m.reciprocated / m.links, 0.778, 5e-4);
    cr_expect_eq(m.reciprocal_pairs, 121);
    cr_expect_eq(m.pairs, 190);
    cr_expect_float_eq(m.path_length, 1.716, 5e-4);
    cr_expect_float_eq(m.clustering, 0.551, 5e-4);
    cr_expect_eq(m.diameter, 4);
    cr_expect_eq(m.degree_min, 7);
    cr_expect_eq(m.degree_max, 39);
    cr_expect_float_eq(m.degree_mean, 20.7, 0.05);
    cr_expect_eq(m.ascending, 140);
    cr_expect_eq(m.descending, 120);
    cr_expect_eq(m.lateral, 51);
    const int span[] = {0, 51, 38, 22, 15, 10, 2, 2};
    const double density[] = {0, .53, .42, .31, .31, .27, .08, .14};
    for (int s = 1; s <= 7; s++) {
        cr_expect_eq(m.by_span[s], span[s]);
        cr_expect_float_eq((double)m.by_span[s] / m.pairs_a_span[s], density[s], 5e-3);
    }
    cr_expect_float_eq(m.mean_span, 2.35, 5e-3);
    cr_expect_float_eq((double)m.skip / m.ascending, 0.64, 5e-3);
    cr_expect_float_eq((double)m.skip_two / m.ascending, 0.36, 5e-3);
    static const struct {
        const char *name;
        double ways;
    } ways[] = {{"PITv", 17}, {"CITv", 49},  {"AITv", 113}, {"7a", 342},
                {"FEF", 453}, {"AITd", 876}, {"TF", 1466},  {"46", 2686}};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        cr_expect_float_eq(m.ways[fve30_index(ways[i].name)], ways[i].ways, 1e-9, "%s",
                           ways[i].name);
    const char *const two_steps[] = {"AITv", "46", "FEF", "7a", "TF"};
    for (size_t i = 0; i < sizeof two_steps / sizeof two_steps[0]; i++)
        cr_expect_eq(m.steps[fve30_index(two_steps[i])], 2, "%s", two_steps[i]);
    int d = WW_STREAM_DORSAL, v = WW_STREAM_VENTRAL;
    cr_expect_float_eq((double)m.stream_links[d][d] / m.stream_pairs[d][d], 0.55, 6e-3);
    cr_expect_float_eq((double)m.stream_links[v][v] / m.stream_pairs[v][v], 0.45, 6e-3);
    cr_expect_float_eq((double)(m.stream_links[d][v] + m.stream_links[v][d]) /
                           (m.stream_pairs[d][v] + m.stream_pairs[v][d]),
                       0.19, 6e-3);
}
