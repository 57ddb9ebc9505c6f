/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hierarchy as a drawing.
 *
 * A layout algorithm does not know what the drawing is for, so the places are our own: rows by
 * level, the retina at the bottom; in each row the dorsal areas to the left, the ventral to the
 * right, what belongs to neither in the middle. Graphviz routes the pathways around the boxes
 * (neato -n2: places as given). Pathways to the next level are dark, those that skip a level pale
 * and thin with an open arrow. Colours are those of Okabe & Ito (2008), told apart by all. */
#include "connectome/wiring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/store/file.h"

enum { COLUMN_PT = 92, ROW_PT = 96, LEGEND_PT = 340 };

static const struct look {
    const char *line, *fill;
    int side; /* -1 left, 0 middle, 1 right */
} look[] = {[WW_STREAM_EARLY] = {"#555555", "#EEEEEE", 0},
            [WW_STREAM_VENTRAL] = {"#D55E00", "#FBE5D6", 1},
            [WW_STREAM_DORSAL] = {"#0072B2", "#D9EAF5", -1},
            [WW_STREAM_FRONTAL] = {"#009E73", "#D5F0E7", 0},
            [WW_STREAM_LIMBIC] = {"#B0578D", "#F7E6EF", 0}};

typedef struct place {
    double x, y;
} place;

static int row_of(const ww_atlas *atlas, int level)
{
    int row = 0;
    for (int l = 0; l < level; l++)
        for (int i = 0; i < atlas->n_areas; i++)
            if (atlas->area[i].level == l) {
                row++;
                break;
            }
    return row;
}

/* Every second row is moved by half a column, so that lines pass between the boxes. */
static void place_areas(const ww_atlas *atlas, place *at)
{
    for (int i = 0; i < atlas->n_areas; i++) {
        int row = row_of(atlas, atlas->area[i].level), side = look[atlas->area[i].stream].side;
        int before = 0, middle = 0;
        for (int j = 0; j < atlas->n_areas; j++) {
            if (atlas->area[j].level != atlas->area[i].level)
                continue;
            int other = look[atlas->area[j].stream].side;
            before += j < i && other == side;
            middle += other == 0;
        }
        double x = before - (middle - 1) / 2.0;
        if (side != 0)
            x = side * (before + (middle + 1) / 2.0 + (middle == 0) * (0.25 + row % 2 / 2.0));
        at[i] = (place){COLUMN_PT * x, (double)ROW_PT * row};
    }
}

static void quoted(FILE *dot, const char *text)
{
    fputc('"', dot);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', dot);
        fputc(*text, dot);
    }
    fputc('"', dot);
}

static void write_box(FILE *dot, const char *id, const char *label, ww_stream stream, place at)
{
    fputs("  ", dot);
    quoted(dot, id);
    fputs(" [label=", dot);
    quoted(dot, label);
    fprintf(dot, ", pos=\"%.1f,%.1f\", color=\"%s\", fillcolor=\"%s\"];\n", at.x, at.y,
            look[stream].line, look[stream].fill);
}

static void write_text(FILE *dot, const char *id, const char *text, place at, double width_in)
{
    fprintf(dot,
            "  \"%s\" [label=\"%s\\l\", shape=plaintext, style=\"\", fixedsize=true, height=0.2, "
            "width=%.2f, "
            "pos=\"%.1f,%.1f\", fontcolor=\"#555555\", fontsize=13];\n",
            id, text, width_in, at.x, at.y);
}

static void write_link(FILE *dot, const char *from, const char *to, ww_stream stream, int span)
{
    fputs("  ", dot);
    quoted(dot, from);
    fputs(" -> ", dot);
    quoted(dot, to);
    if (span == 1)
        fprintf(dot, " [color=\"%sE6\", penwidth=1.3];\n", look[stream].line);
    else if (span > 1)
        fprintf(dot, " [color=\"%s70\", penwidth=0.8, arrowhead=vee];\n", look[stream].line);
    else
        fprintf(dot, " [color=\"%s60\", penwidth=0.7, style=%s, arrowhead=empty];\n",
                look[stream].line, span == 0 ? "dashed" : "dotted");
}

/* Boxes of the streams that occur and a sample of each kind of line, beside the lowest rows. */
static void write_legend(FILE *dot, const ww_atlas *atlas, bool all, place corner)
{
    static const char *const words[] = {"descends", "lateral", "to the next level",
                                        "skips at least one level"};
    char id[32];
    int line = 0;
    for (int span = all ? -1 : 1; span <= 2; span++, line++) {
        double y = corner.y + 30 * line;
        for (int end = 0; end < 2; end++)
            fprintf(dot,
                    "  \"legend %d %d\" [label=\"\", shape=point, width=0.01, style=invis, "
                    "pos=\"%.1f,%.1f\"];\n",
                    span, end, corner.x + 60 * end, y);
        char from[32];
        snprintf(from, sizeof from, "legend %d 0", span);
        snprintf(id, sizeof id, "legend %d 1", span);
        write_link(dot, from, id, WW_STREAM_EARLY, span);
        snprintf(id, sizeof id, "legend %d", span);
        write_text(dot, id, words[span + 1], (place){corner.x + 170, y}, 2.8);
    }
    for (int s = (int)(sizeof look / sizeof look[0]) - 1; s >= 0; s--) {
        bool there = false;
        for (int i = 0; i < atlas->n_areas; i++)
            there = there || (int)atlas->area[i].stream == s;
        if (!there)
            continue;
        snprintf(id, sizeof id, "stream %d", s);
        write_box(dot, id, ww_stream_names[s], (ww_stream)s,
                  (place){corner.x + 30, corner.y + 36 * line++ + 8});
    }
}

static void write_dot(FILE *dot, const ww_atlas *atlas, const place *at, bool all)
{
    place least = {0, 0}, most = {0, 0};
    fputs("digraph wiring {\n"
          "  graph [layout=neato, splines=true, outputorder=edgesfirst, size=\"7.5,10.5\", "
          "margin=0.1, pad=0.1, fontname=\"Helvetica\"];\n"
          "  node [shape=box, style=\"filled,rounded\", penwidth=1.6, fontname=\"Helvetica\", "
          "fontsize=15, height=0.36, width=0.62, margin=\"0.08,0.04\"];\n"
          "  edge [arrowsize=0.55];\n",
          dot);
    for (int i = 0; i < atlas->n_areas; i++) {
        least.x = at[i].x < least.x ? at[i].x : least.x;
        most.x = at[i].x > most.x ? at[i].x : most.x;
        write_box(dot, atlas->area[i].name, atlas->area[i].name, atlas->area[i].stream, at[i]);
    }
    for (int i = 0; i < atlas->n_areas; i++) {
        bool first = true;
        for (int j = 0; j < i; j++)
            first = first && atlas->area[j].level != atlas->area[i].level;
        char id[32], text[32];
        snprintf(id, sizeof id, "level %d", atlas->area[i].level);
        snprintf(text, sizeof text, "%d", atlas->area[i].level);
        if (first)
            write_text(dot, id, text, (place){least.x - COLUMN_PT, at[i].y}, 0.6);
    }
    write_text(dot, "level", "level", (place){least.x - COLUMN_PT, -0.4 * ROW_PT}, 0.6);
    for (int p = 0; p < atlas->n_paths; p++) {
        const ww_atlas_path *path = &atlas->path[p];
        int span = ww_atlas_span(atlas, path);
        if (span > 0 || all)
            write_link(dot, atlas->area[path->from].name, atlas->area[path->to].name,
                       atlas->area[path->from].stream, span);
    }
    place corner = {most.x - 150, -0.3 * ROW_PT}; /* beside the boxes of the lowest rows */
    for (int i = 0; i < atlas->n_areas; i++)
        if (at[i].y < corner.y + LEGEND_PT && corner.x < at[i].x + COLUMN_PT)
            corner.x = at[i].x + COLUMN_PT;
    write_legend(dot, atlas, all, corner);
    fputs("}\n", dot);
}

/* Runs graphviz; its first line of complaint becomes the message. */
static ww_status run_graphviz(const char *dot, const char *format, const char *to, const char *path)
{
    int ends[2], status = -1;
    char said[300] = "", type[16];
    snprintf(type, sizeof type, "-T%s", format);
    if (pipe(ends) != 0)
        return WW_FAIL(WW_EIO, "dot: %s", strerror(errno));
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execlp("dot", "dot", "-Kneato", "-n2", "-Gdpi=200", type, "-o", to, dot, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    size_t used = 0;
    char piece[256];
    for (ssize_t n; (n = read(ends[0], piece, sizeof piece)) > 0;)
        for (ssize_t i = 0; i < n && used < sizeof said - 1; i++)
            said[used++] = piece[i];
    close(ends[0]);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (child < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 127))
        return WW_FAIL(WW_ENOTFOUND,
                       "%s: 'dot' of graphviz could not be run; install graphviz, or draw %s "
                       "elsewhere",
                       path, dot);
    said[strcspn(said, "\n")] = '\0';
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return WW_FAIL(WW_EBACKEND, "dot on %s: %s", dot, said[0] ? said : "it failed");
    return WW_OK;
}

static ww_status draw_file(const char *dot, const char *path, const char *format, ww_arena *arena)
{
    const char *part = ww_arena_printf(arena, "%s.%ld.part", path, (long)getpid());
    if (part == NULL)
        return WW_ENOMEM;
    ww_status status = run_graphviz(dot, format, part, path);
    if (status == WW_OK && rename(part, path) != 0)
        status = ww_file_fail(path, errno);
    if (status != WW_OK)
        remove(part);
    return status;
}

ww_status ww_wiring_draw(const ww_atlas *atlas, const char *path, bool all, ww_arena *arena)
{
    const char *ending = strrchr(path, '.');
    if (ending == NULL || (strcmp(ending, ".pdf") != 0 && strcmp(ending, ".svg") != 0 &&
                           strcmp(ending, ".png") != 0 && strcmp(ending, ".dot") != 0))
        return WW_FAIL(WW_EINVAL, "%s: a drawing ends with .pdf, .svg, .png or .dot", path);
    const char *dot = ww_arena_printf(arena, "%.*s.dot", (int)(ending - path), path);
    place *at = ww_arena_array(arena, (size_t)atlas->n_areas + 1, sizeof *at);
    char *text = NULL;
    size_t bytes = 0;
    FILE *memory = dot && at ? open_memstream(&text, &bytes) : NULL;
    if (memory == NULL)
        return WW_FAIL(WW_ENOMEM, "no memory for a drawing");
    place_areas(atlas, at);
    write_dot(memory, atlas, at, all);
    bool bad = ferror(memory) != 0;
    bad = fclose(memory) != 0 || bad;
    ww_status status =
        bad ? WW_FAIL(WW_ENOMEM, "no memory for a drawing") : ww_file_write(dot, text, bytes);
    free(text);
    if (status == WW_OK && strcmp(ending, ".dot") != 0)
        status = draw_file(dot, path, ending + 1, arena);
    return status;
}
