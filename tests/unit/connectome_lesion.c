/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectome/lesion.h"
#include "tests/support/small_brain.h"

static ww_arena *arena;
static ww_graph *graph;
static ww_values *values;

static void begin(void)
{
    arena = ww_arena_create();
    graph = small_brain_graph(&values);
}

static void end(void)
{
    ww_values_free(values);
    ww_graph_free(graph);
    ww_arena_free(arena);
}

TestSuite(connectome_lesion, .init = begin, .fini = end);

static ww_lesion lesion_of(const char *word)
{
    ww_lesion lesion;
    cr_assert_eq(ww_lesion_parse(&lesion, word, "", small_brain(), arena), WW_OK, "%s: %s", word,
                 ww_error_message());
    return lesion;
}

static const ww_value *value_of(const char *name)
{
    const ww_value *value = ww_values_find(values, name);
    cr_assert_not_null(value, "%s", name);
    return value;
}

static int silent(const char *gate)
{
    char name[64];
    snprintf(name, sizeof name, "%s/gain", gate);
    const ww_value *gain = value_of(name);
    int count = 0;
    for (size_t i = 0; i < gain->size; i++) {
        cr_expect(gain->data[i] == 0 || gain->data[i] == 1);
        count += gain->data[i] == 0;
    }
    return count;
}

static void apply(const char *word, uint64_t seed)
{
    ww_lesion lesion = lesion_of(word);
    cr_assert_eq(ww_lesion_apply(small_brain(), values, &lesion, 1, seed, NULL), WW_OK, "%s",
                 ww_error_message());
}

static bool untouched(void)
{
    for (size_t i = 0; i < ww_values_count(values); i++) {
        const ww_value *v = ww_values_at(values, i);
        float wanted = strstr(v->name, "/noise") ? 0 : 1;
        for (size_t j = 0; j < v->size; j++)
            if (memcmp(&v->data[j], &wanted, sizeof wanted) != 0)
                return false;
    }
    return true;
}

Test(connectome_lesion, areas_classes_and_pathways)
{
    const ww_brain *brain = small_brain();
    apply("V4", 1);
    cr_expect_eq(silent("V4/gate"), 4 * 36);
    cr_expect_eq(ww_lesion_units(brain, values), 4 * 36);
    apply("V4:0.5", 1);
    cr_expect_eq(ww_lesion_units(brain, values), 2 * 36);
    apply("LGN", 1); /* every output of the LGN is a class */
    cr_expect_eq(silent("LGN/gate.P"), 256);
    cr_expect_eq(silent("LGN/gate.M"), 32);
    cr_expect_eq(ww_lesion_units(brain, values), 320);
    apply("LGN:class=M", 1);
    cr_expect_eq(silent("LGN/gate.M"), 32);
    cr_expect_eq(ww_lesion_units(brain, values), 32);
    apply("V1", 1); /* its outputs, not the units inside */
    cr_expect_eq(silent("V1/gate.simple"), 0);
    cr_expect_eq(silent("V1/gate.interblob"), 256);
    cr_expect_eq(silent("V1/gate.4B"), 256);
    cr_expect_eq(silent("V1/gate.blob"), 128);
    apply("V1:class=simple", 1);
    cr_expect_eq(silent("V1/gate.simple"), 256);
    cr_expect_eq(ww_lesion_units(brain, values), 256);
    apply("PIT", 1);
    cr_expect_eq(ww_lesion_units(brain, values), 72);
    apply("IT", 1);
    cr_expect_eq(ww_lesion_units(brain, values), 72 + 16);
    apply("V1>MT", 1);
    cr_expect_eq(silent("V1>MT"), 48);
    cr_expect_eq(ww_lesion_units(brain, values), 48);
    apply("MT:how=disconnect", 1);
    cr_expect_eq(silent("V1>MT") + silent("V2>MT") + silent("MT>LIP") + silent("MT>V4"),
                 48 + 48 + 147 + 108);
    cr_expect_eq(ww_lesion_units(brain, values), 351);
    apply("V1+V2:0.5:how=disconnect", 1); /* V1>V2 and V2>V1 are shared, and cut once */
    cr_expect_eq(silent("V1>V2"), 38);
    cr_expect_eq(ww_lesion_units(brain, values), 96 + 96 + 38 + 24 + 24);
    apply("V4:0.25:how=decay", 1);
    cr_expect_eq(value_of("V4/decay")->data[0], 0.75f);
    cr_expect_eq(ww_lesion_units(brain, values), 144);
    apply("V4:0.25:how=gain", 1);
    cr_expect_eq(value_of("V4/gate/gain")->data[17], 0.75f);
    apply("none", 1);
    cr_expect(untouched());
}

/* The units of a smaller dose are among those of a larger; another seed draws others. */
Test(connectome_lesion, doses_are_nested)
{
    static const char *const target[] = {"V4",          "LIP+7a",          "V1>MT",
                                         "LGN:class=P", "random(size=IT)", "LIP:hemifield=left"};
    enum { n = 4096 };
    for (size_t t = 0; t < sizeof target / sizeof target[0]; t++) {
        ww_lesion lesion = lesion_of(target[t]);
        static float last[n], now[n];
        size_t before = 0, all = 0, size = 0;
        for (int d = 0; d <= 20; d++) {
            ww_lesion graded = ww_lesion_at_dose(&lesion, d / 20.0, arena);
            cr_assert_eq(ww_lesion_apply(small_brain(), values, &graded, 1, 5, NULL), WW_OK);
            size = 0;
            for (size_t i = 0; i < ww_values_count(values); i++) {
                const ww_value *v = ww_values_at(values, i);
                cr_assert_lt(size + v->size, n);
                for (size_t j = 0; strstr(v->name, "/gain") && j < v->size; j++)
                    now[size++] = v->data[j];
            }
            size_t units = ww_lesion_units(small_brain(), values);
            cr_expect_geq(units, before);
            for (size_t i = 0; d > 0 && i < size; i++)
                cr_expect_leq(now[i], last[i], "%s", target[t]);
            cr_expect(d > 0 || untouched(), "%s", target[t]);
            memcpy(last, now, sizeof now);
            before = all = units;
        }
        cr_expect_gt(all, 0);
        ww_lesion half = ww_lesion_at_dose(&lesion, 0.5, arena);
        cr_assert_eq(ww_lesion_apply(small_brain(), values, &half, 1, 5, NULL), WW_OK);
        memset(now, 0, sizeof now);
        memset(last, 0, sizeof last);
        for (int seed = 5; seed <= 6; seed++) {
            cr_assert_eq(ww_lesion_apply(small_brain(), values, &half, 1, (uint64_t)seed, NULL),
                         WW_OK);
            size = 0;
            for (size_t i = 0; i < ww_values_count(values); i++) {
                const ww_value *v = ww_values_at(values, i);
                for (size_t j = 0; strstr(v->name, "/gain") && j < v->size; j++)
                    (seed == 5 ? last : now)[size++] = v->data[j];
            }
        }
        cr_expect_neq(memcmp(now, last, sizeof now), 0, "%s", target[t]);
    }
    apply("random(size=IT)", 3);
    cr_expect_eq(ww_lesion_units(small_brain(), values), 88);
}

/* Left and right are mirror images, and the middle column of an odd map belongs to neither. */
Test(connectome_lesion, hemifields_are_mirror_images)
{
    static const char *const area[] = {"V4", "LIP", "V2", "CITv"};
    static const int width[] = {6, 7, 5, 2};
    for (size_t a = 0; a < sizeof area / sizeof area[0]; a++) {
        char word[64], name[64];
        float left[256];
        int w = width[a];
        snprintf(name, sizeof name, "%s/gate/gain", area[a]);
        snprintf(word, sizeof word, "%s:hemifield=left", area[a]);
        apply(word, 1);
        const ww_value *gain = value_of(name);
        memcpy(left, gain->data, gain->size * sizeof *left);
        snprintf(word, sizeof word, "%s:hemifield=right", area[a]);
        apply(word, 1);
        for (int i = 0; i < (int)gain->size; i++) {
            int x = i % w;
            cr_expect_eq(left[i], 2 * x + 1 < w ? 0 : 1);
            cr_expect_eq(gain->data[i], left[i - x + (w - 1 - x)]);
        }
    }
    apply("V1>MT:hemifield=left", 1);
    cr_expect_eq(silent("V1>MT"), 24);
}

/* A patch silences as many units as its area holds, around its centre, y upward. */
Test(connectome_lesion, patches)
{
    for (double r = 1; r <= 3; r += 0.5) {
        char word[64];
        snprintf(word, sizeof word, "V1:patch=0.5/-0.5/%g", r);
        apply(word, 1);
        double per_unit = (64 * 0.125 / 8) * (64 * 0.125 / 8), area = acos(-1) * r * r / per_unit;
        cr_expect_float_eq(silent("V1/gate.4B") / 4.0, area, 3.5, "r %g", r);
    }
    apply("V4:patch=-4/4/0.95", 1); /* the top left corner unit alone; units are 1.33 deg wide */
    const ww_value *gain = value_of("V4/gate/gain");
    for (int i = 0; i < (int)gain->size; i++)
        cr_expect_eq(gain->data[i], i % 36 == 0 ? 0 : 1);
    apply("V4:patch=-4/-4/0.95", 1);
    cr_expect_eq(gain->data[30], 0);
    apply("LIP:hemifield=right,patch=0/0/2", 1);
    int whole, right = silent("LIP/gate");
    apply("LIP:hemifield=left,patch=0/0/2", 1);
    cr_expect_eq(silent("LIP/gate"), right);
    apply("LIP:patch=0/0/2", 1);
    whole = silent("LIP/gate");
    cr_expect_lt(2 * right, whole);
    cr_expect_gt(right, 0);
}

/* sd[area][unit] = unit number, selectivity[k][area][unit] likewise but scattered. */
static ww_unit_statistics statistics(void)
{
    static float sd[12][256], selective[12][256];
    static float of_maps[12][256];
    static const float *sds[12], *selectives[12], *map_selectives[12];
    for (int a = 0; a < 12; a++) {
        for (int u = 0; u < 256; u++) {
            sd[a][u] = (float)(u + 1);
            selective[a][u] = (float)((u * 37 + a) % 251);
            of_maps[a][u] = (float)((u * 101 + 31 * a) % 253);
        }
        sds[a] = sd[a];
        selectives[a] = selective[a];
        map_selectives[a] = of_maps[a];
    }
    return (ww_unit_statistics){.sd = sds,
                                .selectivity = {selectives, NULL, NULL},
                                .map_selectivity = {map_selectives, NULL, NULL}};
}

static int map_count(const char *area)
{
    char gate[32];
    snprintf(gate, sizeof gate, "%s/gate/gain", area);
    return (int)value_of(gate)->shape.dim[0];
}

/* Silent maps of an area; the most and least selective of the left and of the silent ones. */
static int silent_maps(const char *area, const float *of_map, float *least_taken, float *most_left)
{
    char gate[32];
    snprintf(gate, sizeof gate, "%s/gate/gain", area);
    const ww_value *gain = value_of(gate);
    int size = (int)(gain->shape.dim[1] * gain->shape.dim[2]), silent = 0;
    for (int c = 0; c < (int)gain->shape.dim[0]; c++) {
        bool taken = gain->data[c * size] == 0;
        for (int i = 0; i < size; i++) /* all of a map, or nothing */
            cr_expect_eq(gain->data[c * size + i], taken ? 0 : 1);
        silent += taken;
        if (taken)
            *least_taken = fminf(*least_taken, of_map[c]);
        else
            *most_left = fmaxf(*most_left, of_map[c]);
    }
    return silent;
}

Test(connectome_lesion, whole_maps)
{
    ww_unit_statistics known = statistics();
    static const struct {
        const char *word;
        double share;
        int count;
    } want[] = {{"IT:0.25:most=face,by=map", 0.25, 0}, {"IT:0.5:most=face,by=map,count=4", 0, 2}};
    static const char *const name[] = {"PITd", "PITv", "CITv"};
    for (int i = 0; i < 2; i++) {
        ww_lesion lesion = lesion_of(want[i].word);
        cr_assert_eq(ww_lesion_apply(small_brain(), values, &lesion, 1, 1, &known), WW_OK);
        float least_taken = 1e9f, most_left = -1;
        int silent_count = 0, maps = 0;
        for (int k = 0; k < 3; k++) {
            int area = ww_brain_area_find(small_brain(), name[k]);
            silent_count +=
                silent_maps(name[k], known.map_selectivity[0][area], &least_taken, &most_left);
            maps += map_count(name[k]);
        }
        cr_expect_geq(least_taken, most_left);
        cr_expect_eq(silent_count, want[i].count > 0 ? want[i].count : lround(want[i].share * maps),
                     "%s: %d of %d", want[i].word, silent_count, maps);
    }
    float ignored[2] = {1e9f, -1}, none[256] = {0};
    int before = 0;
    for (int dose = 1; dose <= 4; dose++) { /* nested, and its share at every dose */
        char word[32];
        snprintf(word, sizeof word, "V4:%g:by=map", dose / 4.0);
        apply(word, 1);
        int count = silent_maps("V4", none, &ignored[0], &ignored[1]);
        cr_expect_eq(count, lround(dose / 4.0 * map_count("V4")));
        cr_expect_gt(count, before);
        before = count;
    }
    apply("V4:0.5:by=map", 1);
    size_t size = value_of("V4/gate/gain")->size, same = 0;
    float *first = malloc(size * sizeof *first);
    cr_assert_not_null(first);
    memcpy(first, value_of("V4/gate/gain")->data, size * sizeof *first);
    for (uint64_t seed = 2; seed < 6; seed++) { /* another seed, other maps */
        apply("V4:0.5:by=map", seed);
        same += memcmp(first, value_of("V4/gate/gain")->data, size * sizeof *first) == 0;
    }
    cr_expect_lt(same, 4);
    free(first);
    ww_lesion_clear(small_brain(), values);
    cr_expect(untouched());
}

Test(connectome_lesion, noise_selectivity_and_composition)
{
    ww_unit_statistics known = statistics();
    ww_lesion lesion = lesion_of("MT:0.3:how=noise");
    cr_assert_eq(ww_lesion_apply(small_brain(), values, &lesion, 1, 1, &known), WW_OK);
    const ww_value *noise = value_of("MT/gate/noise");
    for (int i = 0; i < (int)noise->size; i++)
        cr_expect_float_eq(noise->data[i], 0.3 * (i + 1), 1e-5);
    ww_lesion two[] = {lesion_of("MT:0.3:how=noise"), lesion_of("MT:0.4:how=noise"),
                       lesion_of("V4:0.5:how=gain"), lesion_of("V4:0.2:how=gain")};
    cr_assert_eq(ww_lesion_apply(small_brain(), values, two, 4, 1, &known), WW_OK);
    for (int i = 0; i < (int)noise->size; i++)
        cr_expect_float_eq(noise->data[i], 0.5 * (i + 1), 1e-4);
    cr_expect_float_eq(value_of("V4/gate/gain")->data[3], 0.4, 1e-7);
    cr_expect_eq(ww_lesion_units(small_brain(), values), 64 + 144);

    lesion = lesion_of("V1:0.5:how=noise"); /* the second output: root mean square of the first */
    cr_assert_eq(ww_lesion_apply(small_brain(), values, &lesion, 1, 1, &known), WW_OK);
    cr_expect_float_eq(value_of("V1/gate.interblob/noise")->data[9], 5, 1e-5);
    cr_expect_float_eq(value_of("V1/gate.blob/noise")->data[9], 0.5 * sqrt(257.0 * 513 / 6), 1e-3);

    lesion = lesion_of("IT:most=face,count=10");
    cr_assert_eq(ww_lesion_apply(small_brain(), values, &lesion, 1, 1, &known), WW_OK);
    cr_expect_eq(ww_lesion_units(small_brain(), values), 10);
    float least_taken = 1e9f, most_left = -1;
    static const char *const name[] = {"PITd", "PITv", "CITv"};
    for (int k = 0; k < 3; k++) {
        char gate[32];
        snprintf(gate, sizeof gate, "%s/gate/gain", name[k]);
        const ww_value *gain = value_of(gate);
        const float *s = known.selectivity[0][ww_brain_area_find(small_brain(), name[k])];
        for (size_t u = 0; u < gain->size; u++)
            if (gain->data[u] == 0)
                least_taken = fminf(least_taken, s[u]);
            else
                most_left = fmaxf(most_left, s[u]);
    }
    cr_expect_geq(least_taken, most_left);
    lesion = lesion_of("IT:0.25:most=face");
    cr_assert_eq(ww_lesion_apply(small_brain(), values, &lesion, 1, 1, &known), WW_OK);
    cr_expect_eq(ww_lesion_units(small_brain(), values), 22);
    ww_lesion_clear(small_brain(), values);
    cr_expect(untouched());
}

Test(connectome_lesion, statistics_that_are_missing)
{
    static const char *const word[][2] = {
        {"MT:0.3:how=noise", "lesion MT:0.3:how=noise: noise wants the standard deviation of each "
                             "unit"},
        {"IT:most=word", "lesion IT:most=word: 'most' wants the selectivity of each unit"}};
    ww_unit_statistics known = statistics();
    known.sd = NULL;
    for (int i = 0; i < 2; i++) {
        ww_lesion lesion[] = {lesion_of("V4"), lesion_of(word[i][0])};
        cr_expect_eq(ww_lesion_apply(small_brain(), values, lesion, 2, 1, &known), WW_EINVAL);
        cr_expect_str_eq(ww_error_message(), word[i][1]);
        cr_expect(untouched()); /* nothing half done */
        cr_expect_eq(ww_lesion_apply(small_brain(), values, lesion, 2, 1, NULL), WW_EINVAL);
        ww_lesion zero = ww_lesion_at_dose(&lesion[1], 0, arena);
        cr_expect_eq(ww_lesion_apply(small_brain(), values, &zero, 1, 1, NULL), WW_OK);
        cr_expect(untouched());
    }
}
