/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The wiring of a table or of a brain: what is in it, its graph measures, and a drawing. Of a table
 * that holds more than the areas of Felleman & Van Essen (1991), these stand beside the whole. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/parts/data_list.h"
#include "connectome/measures.h"
#include "connectome/wiring.h"
#include "engine/base/data_path.h"
#include "engine/base/text.h"

enum { MOST_NAMES = 256 };
static const char fv91[] = "felleman_vanessen_1991", fv91_key[] = "felleman1991";

struct connectome {
    bool areas, all_pathways;
};

static const ww_param params[] = {
    WW_BOOL(struct connectome, areas, false, "a line for each area too", ""),
    WW_BOOL(struct connectome, all_pathways, false,
            "draw lateral and descending pathways, not the ascending alone", ""),
    WW_PARAM_END};

/* ---- what is measured ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length > tail && strcmp(text + length - tail, end) == 0;
}

static bool is_there(const char *format, const char *name)
{
    char relative[512], path[4096];
    snprintf(relative, sizeof relative, format, name);
    bool there = ww_data_path(path, sizeof path, relative) == WW_OK;
    ww_error_clear();
    return there;
}

static ww_status unknown(const ww_cli *cli, const char *name)
{
    const char *const *brains;
    const char *names[MOST_NAMES] = {fv91};
    size_t count;
    WW_TRY(ww_data_names(ww_data_kind_find("brains"), &brains, &count, cli->arena));
    for (size_t i = 0; i < count && i + 1 < MOST_NAMES; i++)
        names[i + 1] = brains[i];
    const char *near = ww_text_nearest(name, names, count < MOST_NAMES ? count + 1 : MOST_NAMES);
    return ww_usage_error("unknown table or brain '%s'%s%s%s", name, near ? "; did you mean '" : "",
                          near ? near : "", near ? "'?" : "");
}

static ww_status read_wiring(ww_atlas **out, const ww_cli *cli, const char *name)
{
    ww_brain *brain;
    bool table = ends_with(name, ".tsv") || ends_with(name, ".csv");
    bool file = ends_with(name, ".yaml") || ends_with(name, ".yml");
    if (!table && !file) {
        table = is_there("connectome/%s.tsv", name);
        if (!table && !is_there("connectome/brains/%s.yaml", name))
            return unknown(cli, name);
    }
    if (table && cli->set[0] != NULL)
        return ww_usage_error("--set: a table has no parameters; name a brain");
    if (table)
        return ww_atlas_read(out, name, cli->arena);
    WW_TRY(ww_brain_read(&brain, name, cli->set, cli->arena));
    return ww_brain_atlas(out, brain, cli->arena);
}

static int root_of(const ww_atlas *atlas)
{
    int root = ww_atlas_find(atlas, "V1");
    for (int i = 0; root < 0 && i < atlas->n_areas; i++)
        root = i;
    for (int i = 0; i < atlas->n_areas && strcmp(atlas->area[root].name, "V1") != 0; i++)
        if (atlas->area[i].level < atlas->area[root].level)
            root = i;
    return root;
}

/* The cortical areas of 1991, NULL if the table holds nothing else or none. */
static ww_status cortex_of(ww_atlas **out, const ww_atlas *atlas, ww_arena *arena)
{
    bool *keep = ww_arena_array(arena, (size_t)atlas->n_areas + 1, sizeof *keep);
    int count = 0, v1 = ww_atlas_find(atlas, "V1");
    *out = NULL;
    if (keep == NULL)
        return WW_ENOMEM;
    for (int i = 0; v1 >= 0 && i < atlas->n_areas; i++) {
        keep[i] = ww_text_in_list(fv91_key, atlas->area[i].source) &&
                  atlas->area[i].level >= atlas->area[v1].level;
        count += keep[i];
    }
    return count == 0 || count == atlas->n_areas ? WW_OK : ww_atlas_among(out, atlas, keep, arena);
}

/* ---- printing ---- */

/* One line of the table: a whole number, or a share or mean with three decimals. */
static void row(const char *name, int columns, double first, double second, bool whole)
{
    double value[2] = {first, second};
    printf("%-40s", name);
    for (int i = 0; i < columns; i++)
        if (isnan(value[i]))
            printf(" %12s", "-");
        else
            printf(" %12.*f", whole ? 0 : 3, value[i]);
    putchar('\n');
}

static double share(int part, int of)
{
    return of > 0 ? (double)part / of : NAN;
}

static void print_measures(const ww_measures *m, int columns)
{
    const ww_measures *a = &m[0], *b = &m[columns - 1];
#define WHOLE(name, field) row(name, columns, a->field, b->field, true)
#define REAL(name, field)  row(name, columns, a->field, b->field, false)
#define SHARE(name, part, of)                                                                      \
    row(name, columns, share(a->part, a->of), share(b->part, b->of), false)
    WHOLE("areas", areas);
    WHOLE("pathways", links);
    REAL("density", density);
    SHARE("reciprocity (of pathways)", reciprocated, links);
    SHARE("reciprocity (of connected pairs)", reciprocal_pairs, pairs);
    REAL("path length (directed)", path_length);
    WHOLE("diameter", diameter);
    WHOLE("ordered pairs without a way", unreachable);
    REAL("clustering (directed)", clustering);
    REAL("degree (in + out), mean", degree_mean);
    WHOLE("  least", degree_min);
    WHOLE("  most", degree_max);
    WHOLE("ascending pathways", ascending);
    WHOLE("lateral pathways", lateral);
    WHOLE("descending pathways", descending);
    REAL("levels that ascending ones climb, mean", mean_span);
    SHARE("ascending that skip a level or more", skip, ascending);
    SHARE("ascending that skip two or more", skip_two, ascending);
    WHOLE("areas that no ascending one reaches", orphans);
#undef WHOLE
#undef REAL
#undef SHARE
}

static void print_spans(const ww_measures *m)
{
    printf("\n%-8s %12s %12s %12s\n", "levels", "ascending", "pairs", "density");
    for (int span = 1; span <= m->most_span; span++)
        if (m->pairs_a_span[span] > 0)
            printf("%-8d %12d %12d %12.3f\n", span, m->by_span[span], m->pairs_a_span[span],
                   share(m->by_span[span], m->pairs_a_span[span]));
}

static void print_streams(const ww_measures *m, const ww_atlas *atlas)
{
    bool there[WW_STREAMS] = {false};
    for (int i = 0; i < atlas->n_areas; i++)
        there[atlas->area[i].stream] = true;
    printf("\n%-18s", "density, from\\to");
    for (int s = 0; s < WW_STREAMS; s++)
        if (there[s])
            printf(" %10s", ww_stream_names[s]);
    putchar('\n');
    for (int from = 0; from < WW_STREAMS; from++) {
        if (!there[from])
            continue;
        printf("%-18s", ww_stream_names[from]);
        for (int to = 0; to < WW_STREAMS; to++)
            if (there[to] && m->stream_pairs[from][to] == 0)
                printf(" %10s", "-");
            else if (there[to])
                printf(" %10.3f", share(m->stream_links[from][to], m->stream_pairs[from][to]));
        putchar('\n');
    }
}

static void print_levels(const ww_atlas *atlas)
{
    int most = 0;
    for (int i = 0; i < atlas->n_areas; i++)
        most = atlas->area[i].level > most ? atlas->area[i].level : most;
    printf("\nlevel  areas\n");
    for (int level = most; level >= 0; level--) {
        bool any = false;
        for (int i = 0; i < atlas->n_areas; i++) {
            if (atlas->area[i].level != level)
                continue;
            if (!any)
                printf("%5d ", level);
            printf(" %s", atlas->area[i].name);
            any = true;
        }
        if (any)
            putchar('\n');
    }
}

static void print_size(double value)
{
    if (isnan(value))
        printf(" %11s", "-");
    else
        printf(" %11.5g", value);
}

static void print_areas(const ww_atlas *atlas, const ww_measures *m, int root)
{
    const char *from = atlas->area[root].name;
    printf("\n%-8s %5s %-8s %11s %11s %4s %4s  steps and ascending ways from %s\n", "area", "level",
           "stream", "surface_mm2", "rf_deg", "in", "out", from);
    for (int i = 0; i < atlas->n_areas; i++) {
        const ww_atlas_area *a = &atlas->area[i];
        printf("%-8s %5d %-8s", a->name, a->level, ww_stream_names[a->stream]);
        print_size(a->surface_mm2);
        print_size(a->rf_deg);
        printf(" %4d %4d ", m->in_degree[i], m->out_degree[i]);
        if (m->steps[i] < 0)
            printf("%6s", "-");
        else
            printf("%6d", m->steps[i]);
        printf(" %8.0f\n", m->ways[i]);
    }
}

static ww_status run(ww_cli *cli, const void *self, int argc, const char *const *argv)
{
    const struct connectome *p = self;
    ww_atlas *atlas, *cortex;
    ww_measures m[2];
    WW_TRY(ww_usage_count(argc, argv, 0, 1, "TABLE or BRAIN"));
    if (cli->output == NULL)
        WW_TRY(ww_refuse(cli, "all-pathways", "it is about the drawing, which -o asks for"));
    WW_TRY(read_wiring(&atlas, cli, argc > 0 ? argv[0] : fv91));
    WW_TRY(cortex_of(&cortex, atlas, cli->arena));
    int root = root_of(atlas);
    WW_TRY(ww_measures_compute(&m[0], atlas, root, cli->arena));
    if (cortex != NULL)
        WW_TRY(ww_measures_compute(&m[1], cortex, root_of(cortex), cli->arena));
    if (cli->output != NULL)
        WW_TRY(ww_wiring_draw(atlas, cli->output, p->all_pathways, cli->arena));
    printf("%-40s %12s%s\n", atlas->name, "all", cortex ? "  cortex 1991" : "");
    print_measures(m, cortex ? 2 : 1);
    const ww_measures *shown = &m[cortex ? 1 : 0];
    print_spans(shown);
    print_streams(shown, cortex ? cortex : atlas);
    print_levels(atlas);
    if (p->areas)
        print_areas(atlas, &m[0], root);
    if (cortex != NULL)
        printf("\ncortex 1991: the areas of Felleman & Van Essen (1991), who count 305 pathways "
               "among 32;\nspans and streams are of these areas\n");
    return WW_OK;
}

const ww_command ww_command_connectome = {
    .item = {.name = "connectome",
             .summary = "measures and draws the wiring of a table or a brain",
             .sources = "felleman1991 fagiolo2007 rubinov2010",
             .example = "whatwhere connectome -o wiring.pdf",
             .params = params,
             .params_size = sizeof(struct connectome)},
    .synopsis = "[TABLE|BRAIN]",
    .sets = "a parameter of the brain, as area.V1.orientations=8",
    .writes = "the drawing: .pdf, .svg or .png, with its .dot beside it",
    .run = run};
