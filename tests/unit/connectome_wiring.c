/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connectome/wiring.h"
#include "engine/store/file.h"

static ww_arena *arena;
static char folder[] = "/tmp/ww-wiring-XXXXXX";
static char path[128];

static void begin(void)
{
    arena = ww_arena_create();
    cr_assert_not_null(mkdtemp(folder));
}

static void end(void)
{
    static const char *const name[] = {"w.dot", "w.svg", "w.png", "w.pdf"};
    for (size_t i = 0; i < sizeof name / sizeof name[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, name[i]);
        remove(path);
    }
    cr_expect_eq(rmdir(folder), 0, "something else was left in the folder");
    ww_arena_free(arena);
}

TestSuite(connectome_wiring, .init = begin, .fini = end);

static const char *in_folder(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const ww_atlas *small(void)
{
    static const ww_atlas_area area[] = {{"LGN", WW_STREAM_EARLY, 1, NAN, NAN, "x"},
                                         {"V1", WW_STREAM_EARLY, 2, NAN, NAN, "x"},
                                         {"V4 \"a\"", WW_STREAM_VENTRAL, 6, NAN, NAN, "x"},
                                         {"MT", WW_STREAM_DORSAL, 6, NAN, NAN, "x"}};
    static const ww_atlas_path link[] = {{0, 1, "x"}, {0, 3, "x"}, {1, 2, "x"},
                                         {1, 3, "x"}, {2, 3, "x"}, {3, 1, "x"}};
    static const ww_atlas atlas = {"small", 4, 6, area, link};
    return &atlas;
}

static int count(const char *text, const char *word)
{
    int n = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at += strlen(word))
        n++;
    return n;
}

static char *read_file(const char *name)
{
    char *text;
    size_t bytes;
    cr_assert_eq(ww_file_read(&text, &bytes, in_folder(name), 1 << 24, arena), WW_OK, "%s",
                 ww_error_message());
    return text;
}

Test(connectome_wiring, the_text_holds_every_area_and_pathway)
{
    cr_assert_eq(ww_wiring_draw(small(), in_folder("w.dot"), false, arena), WW_OK, "%s",
                 ww_error_message());
    char *dot = read_file("w.dot");
    cr_expect_eq(count(dot, " -> "), 4 + 2, "ascending pathways and two lines of the legend");
    cr_expect_eq(count(dot, "\"LGN\" -> \"V1\" [color=\"#555555E6\", penwidth=1.3]"), 1);
    cr_expect_eq(count(dot, "\"LGN\" -> \"MT\" [color=\"#55555570\""), 1, "a skip looks different");
    cr_expect_eq(count(dot, "\"V4 \\\"a\\\"\" [label="), 1);
    cr_expect_eq(count(dot, "label=\"limbic\""), 0, "only streams that occur");
    cr_assert_eq(ww_wiring_draw(small(), in_folder("w.dot"), true, arena), WW_OK);
    dot = read_file("w.dot");
    cr_expect_eq(count(dot, " -> "), 6 + 4);
    double x[4], y[4];
    for (int i = 0; i < 4; i++) {
        static const char *const start[] = {"\"LGN\" [", "\"V1\" [", "\"V4 \\\"a\\\"\" [",
                                            "\"MT\" ["};
        const char *at = strstr(strstr(dot, start[i]), "pos=");
        cr_assert_eq(sscanf(at, "pos=\"%lf,%lf\"", &x[i], &y[i]), 2);
    }
    cr_expect(y[0] < y[1] && y[1] < y[2] && y[2] == y[3]);
    cr_expect(x[3] < x[1] && x[1] < x[2], "dorsal to the left, ventral to the right");
}

static bool have_graphviz(void)
{
    return system("dot -V >/dev/null 2>&1") == 0;
}

Test(connectome_wiring, drawings)
{
    if (!have_graphviz())
        cr_skip_test("graphviz is not installed");
    static const char *const name[] = {"w.svg", "w.png", "w.pdf"}, *const magic[] = {
                                                                       "<?xml", "\x89PNG", "%PDF"};
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(ww_wiring_draw(small(), in_folder(name[i]), false, arena), WW_OK, "%s",
                     ww_error_message());
        cr_expect_eq(strncmp(read_file(name[i]), magic[i], strlen(magic[i])), 0, "%s", name[i]);
    }
    /* boxes that touch would make graphviz draw straight through them, and say so */
    ww_atlas *whole;
    char command[512];
    cr_assert_eq(ww_atlas_read(&whole, "felleman_vanessen_1991", arena), WW_OK);
    for (int k = 0; k < 4; k++) {
        cr_assert_eq(ww_wiring_draw(k < 2 ? small() : whole, in_folder("w.dot"), k % 2, arena),
                     WW_OK);
        snprintf(command, sizeof command,
                 "test -z \"$(dot -Kneato -n2 -Tsvg -o %s/w.svg %s/w.dot 2>&1)\"", folder, folder);
        cr_expect_eq(system(command), 0, "graphviz complains of drawing %d", k);
    }
    cr_assert_eq(ww_wiring_draw(small(), in_folder("w.svg"), false, arena), WW_OK);
    char *svg = read_file("w.svg");
    cr_expect_eq(count(svg, ">MT</text>"), 1);
    cr_expect_eq(count(svg, "class=\"edge\""), 6);
}

Test(connectome_wiring, errors)
{
    char wanted[512];
    cr_expect_eq(ww_wiring_draw(small(), in_folder("w.gif"), false, arena), WW_EINVAL);
    snprintf(wanted, sizeof wanted, "%s/w.gif: a drawing ends with .pdf, .svg, .png or .dot",
             folder);
    cr_expect_str_eq(ww_error_message(), wanted);
    cr_expect_eq(ww_wiring_draw(small(), in_folder("none/w.dot"), false, arena), WW_EIO);
    setenv("PATH", folder, 1);
    cr_expect_eq(ww_wiring_draw(small(), in_folder("w.svg"), false, arena), WW_ENOTFOUND);
    snprintf(wanted, sizeof wanted,
             "%s/w.svg: 'dot' of graphviz could not be run; install graphviz, or draw %s/w.dot "
             "elsewhere",
             folder, folder);
    cr_expect_str_eq(ww_error_message(), wanted);
    read_file("w.dot");
    FILE *fake = fopen(in_folder("dot"), "w");
    fputs("#!/bin/sh\necho it hurts\nexit 3\n", fake);
    fclose(fake);
    chmod(in_folder("dot"), 0755);
    cr_expect_eq(ww_wiring_draw(small(), in_folder("w.svg"), false, arena), WW_EBACKEND);
    snprintf(wanted, sizeof wanted, "dot on %s/w.dot: it hurts", folder);
    cr_expect_str_eq(ww_error_message(), wanted);
    remove(in_folder("dot"));
}
