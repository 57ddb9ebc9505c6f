/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connectome/measures.h"
#include "engine/base/data_path.h"
#include "engine/store/file.h"

static ww_arena *arena;
static char folder[] = "/tmp/ww-atlas-XXXXXX";
static char file[64];

static void begin(void)
{
    arena = ww_arena_create();
    cr_assert_not_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/t.tsv", folder);
}

static void end(void)
{
    ww_arena_free(arena);
    remove(file);
    rmdir(folder);
}

TestSuite(connectome_atlas, .init = begin, .fini = end);

static const char head[] =
    "# a table\nkind\tarea\ttarget\tstream\tlevel\tsurface_mm2\trf_deg\tsource\n"
    "area\tV1\t-\tearly\t2\t1484.63\t1.3\tfelleman1991\n"
    "area\tMT\t-\tdorsal\t6\t-\t\tfelleman1991\n";

static ww_status read_text(ww_atlas **atlas, const char *rows)
{
    FILE *f = fopen(file, "w");
    cr_assert_not_null(f);
    fprintf(f, "%s%s", head, rows);
    fclose(f);
    return ww_atlas_read(atlas, file, arena);
}

Test(connectome_atlas, rows)
{
    ww_atlas *atlas;
    cr_assert_eq(read_text(&atlas, "pathway\tMT\tV1\t-\t-\t-\t-\tx\n"
                                   "pathway\tV1\tMT\t-\t-\t-\t-\tshipp1989 x\n"),
                 WW_OK, "%s", ww_error_message());
    cr_expect_eq(atlas->n_areas, 2);
    cr_expect_str_eq(atlas->area[1].name, "MT");
    cr_expect_eq(atlas->area[1].stream, WW_STREAM_DORSAL);
    cr_expect_eq(atlas->area[1].level, 6);
    cr_expect_eq(atlas->area[0].surface_mm2, 1484.63);
    cr_expect_eq(atlas->area[0].rf_deg, 1.3);
    cr_expect(isnan(atlas->area[1].surface_mm2) && isnan(atlas->area[1].rf_deg));
    cr_assert_eq(atlas->n_paths, 2);
    cr_expect_eq(atlas->path[0].from, 0); /* sorted */
    cr_expect_str_eq(atlas->path[0].source, "shipp1989 x");
    cr_expect_eq(ww_atlas_span(atlas, &atlas->path[0]), 4);
    cr_expect_eq(ww_atlas_span(atlas, &atlas->path[1]), -4);
    cr_expect_eq(ww_atlas_find(atlas, "V2"), -1);
}

Test(connectome_atlas, rows_that_are_wrong)
{
    static const char *const row[][2] = {
        {"region\tV2\t-\tearly\t3\t-\t-\tx\n", "5: kind: 'region' is neither area nor pathway"},
        {"area\tV1\t-\tearly\t3\t-\t-\tx\n", "5: area 'V1' is there already, in line 3"},
        {"area\tV 2\t-\tearly\t3\t-\t-\tx\n", "5: area: 'V 2' is no name of an area"},
        {"area\tV2\tMT\tearly\t3\t-\t-\tx\n", "5: an area has no target, but 'MT' is given"},
        {"area\tV2\t-\tvental\t3\t-\t-\tx\n", "5: stream: 'vental' is not one of early, ventral, "
                                              "dorsal, frontal, limbic; did you mean 'ventral'?"},
        {"area\tV2\t-\tearly\tthree\t-\t-\tx\n",
         "5: level: 'three' is not a whole number from 0 to 999"},
        {"area\tV2\t-\tearly\t-1\t-\t-\tx\n", "5: level: '-1' is not a whole number from 0 to 999"},
        {"area\tV2\t-\tearly\t3\tbig\t-\tx\n", "5: surface_mm2: 'big' is not a number"},
        {"area\tV2\t-\tearly\t3\t-\t0\tx\n", "5: rf_deg: 0 is not above 0"},
        {"area\tV2\t-\tearly\t3\t-\t-\t-\n", "5: source is missing"},
        {"pathway\tV1\tMTT\t-\t-\t-\t-\tx\n",
         "5: target: no area 'MTT' in this table; did you mean 'MT'?"},
        {"pathway\tLGN\tV1\t-\t-\t-\t-\tx\n", "5: area: no area 'LGN' in this table"},
        {"pathway\tV1\tV1\t-\t-\t-\t-\tx\n", "5: a pathway from V1 to itself"},
        {"pathway\tV1\tMT\t-\t-\t-\t-\tx\npathway\tV1\tMT\t-\t-\t-\t-\ty\n",
         "6: the pathway from V1 to MT is there already"},
        {"pathway\tV1\tMT\tx\n", "5: 4 cells, 8 wanted"}};
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        ww_atlas *atlas;
        char wanted[300];
        snprintf(wanted, sizeof wanted, "%s:%s", file, row[i][1]);
        cr_expect_eq(read_text(&atlas, row[i][0]), WW_EPARSE, "%s", row[i][0]);
        cr_expect_str_eq(ww_error_message(), wanted);
    }
    ww_atlas *atlas;
    cr_expect_eq(ww_atlas_read(&atlas, "felleman_vanessen_1992", arena), WW_ENOTFOUND);
    cr_expect_not_null(strstr(ww_error_message(), "did you mean "
                                                  "'connectome/felleman_vanessen_1991.tsv'?"),
                       "%s", ww_error_message());
}

static bool listed(const char *word, const char *list)
{
    const char *at = strstr(list, word);
    return at != NULL && (at == list || at[-1] == ' ');
}

/* What the comment at the head of the table says of it. */
Test(connectome_atlas, felleman_vanessen_1991)
{
    ww_atlas *atlas, *cortex;
    bool keep[64] = {false};
    int cortical = 0, ascend = 0;
    cr_assert_eq(ww_atlas_read(&atlas, "felleman_vanessen_1991", arena), WW_OK, "%s",
                 ww_error_message());
    cr_expect_eq(atlas->n_areas, 36);
    cr_expect_eq(atlas->n_paths, 329);
    for (int i = 0; i < atlas->n_areas; i++) {
        keep[i] = atlas->area[i].level >= 2 && listed("felleman1991", atlas->area[i].source);
        cortical += keep[i];
    }
    cr_expect_eq(cortical, 32);
    for (int p = 0; p < atlas->n_paths; p++)
        ascend += ww_atlas_span(atlas, &atlas->path[p]) > 0;
    cr_expect_eq(ascend, 142 + 3 + 4);
    cr_assert_eq(ww_atlas_among(&cortex, atlas, keep, arena), WW_OK);
    ww_measures m;
    cr_assert_eq(ww_measures_compute(&m, cortex, ww_atlas_find(cortex, "V1"), arena), WW_OK);
    cr_expect_eq(m.links, 317);
    cr_expect_eq(m.unreachable, 0);
    cr_expect_eq(cortex->area[ww_atlas_find(cortex, "46")].level, 11);
    cr_assert_eq(ww_measures_compute(&m, atlas, ww_atlas_find(atlas, "retina"), arena), WW_OK);
    cr_expect_eq(m.orphans, 2, "MIP and MDP have input from PO, of their own level");
    for (int i = 0; i < atlas->n_areas; i++)
        cr_expect_geq(m.steps[i], 0, "%s cannot be reached from the retina", atlas->area[i].name);
}

/* Every citation key of the table stands in the bibliography. */
Test(connectome_atlas, sources_are_known)
{
    char path[4096], *bib;
    size_t bytes;
    ww_atlas *atlas;
    if (ww_data_path(path, sizeof path, "docs/references.bib") != WW_OK)
        cr_skip_test("no docs/references.bib here");
    cr_assert_eq(ww_file_read(&bib, &bytes, path, 1 << 22, arena), WW_OK);
    cr_assert_eq(ww_atlas_read(&atlas, "felleman_vanessen_1991", arena), WW_OK);
    for (int i = 0; i < atlas->n_areas + atlas->n_paths; i++) {
        const char *source =
            i < atlas->n_areas ? atlas->area[i].source : atlas->path[i - atlas->n_areas].source;
        char *rest = NULL, *keys = ww_arena_strdup(arena, source);
        for (char *key = strtok_r(keys, " ", &rest); key; key = strtok_r(NULL, " ", &rest))
            cr_expect_not_null(strstr(bib, ww_arena_printf(arena, "{%s,", key)), "%s", key);
    }
}
