/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The language of lesions: words and YAML, and every way of writing them wrong. */
#include <criterion/criterion.h>
#include <string.h>

#include "connectome/lesion.h"
#include "tests/support/small_brain.h"

static ww_arena *arena;

static void begin(void)
{
    arena = ww_arena_create();
}

static void end(void)
{
    ww_arena_free(arena);
}

TestSuite(connectome_lesion_words, .init = begin, .fini = end);

static ww_lesion lesion_of(const char *word)
{
    ww_lesion lesion;
    cr_assert_eq(ww_lesion_parse(&lesion, word, "", small_brain(), arena), WW_OK, "%s: %s", word,
                 ww_error_message());
    return lesion;
}

/* Each word, and the canonical one; that one reads back to itself. */
Test(connectome_lesion_words, words)
{
    static const char *const word[][2] = {
        {"none", "none"},
        {"FFA", "FFA"},
        {"ffa:1", "FFA"},
        {"V4:0.5", "V4:0.5"},
        {" V4 : 0.50 ", "V4:0.5"},
        {"V4:dose=0.25", "V4:0.25"},
        {"lip+7A:hemifield=Left", "LIP+7a:hemifield=left"},
        {"LIP + 7a:0.5:hemifield=right", "LIP+7a:0.5:hemifield=right"},
        {"V1>MT", "V1>MT"},
        {"v1 > mt:0.3,seed=7", "V1>MT:0.3:seed=7"},
        {"V1>MT+V2>MT:how=gain,dose=0.5", "V1>MT+V2>MT:0.5:how=gain"},
        {"LGN:class=m", "LGN:class=M"},
        {"V1:class=complex,how=noise,dose=2", "V1:2:class=complex,how=noise"},
        {"IT:most=face,count=50", "IT:most=face,count=50"},
        {"it:count=5,most=word,how=gain,dose=0.5", "IT:0.5:most=word,count=5,how=gain"},
        {"PIT:0.1:most=object", "PIT:0.1:most=object"},
        {"PIT:0.1:by=unit,most=object", "PIT:0.1:most=object"},
        {"PIT:0.1:by=map,most=object", "PIT:0.1:most=object,by=map"},
        {"V4:0.5:by=MAP", "V4:0.5:by=map"},
        {"MT:how=noise,dose=0.3", "MT:0.3:how=noise"},
        {"MT:how=disconnect", "MT:how=disconnect"},
        {"MT:how=decay,dose=0.4", "MT:0.4:how=decay"},
        {"V4:patch=1/-2/1.5", "V4:patch=1/-2/1.5"},
        {"V4:patch= 1 / -2 / 1.5,hemifield=right", "V4:hemifield=right,patch=1/-2/1.5"},
        {"random(size=FFA)", "random(size=FFA)"},
        {"random(size=it):0.5:seed=3", "random(size=IT):0.5:seed=3"},
        {"V4:0", "V4:0"}};
    for (size_t i = 0; i < sizeof word / sizeof word[0]; i++) {
        ww_lesion lesion = lesion_of(word[i][0]);
        cr_expect_str_eq(lesion.text, word[i][1]);
        cr_expect_str_eq(lesion_of(word[i][1]).text, word[i][1]);
    }
    ww_lesion l = lesion_of("LIP+7a:0.5:hemifield=left,patch=-1/2/3,seed=9");
    cr_expect_eq(l.n_targets, 2);
    cr_expect_str_eq(l.target[1], "7a");
    cr_expect_eq(l.hemifield, WW_LEFT_FIELD);
    cr_expect(l.has_patch && l.patch_x_deg == -1 && l.patch_y_deg == 2 && l.patch_radius_deg == 3);
    cr_expect_eq(l.seed, 9);
    cr_expect_str_eq(ww_lesion_at_dose(&l, 0.125, arena).text,
                     "LIP+7a:0.125:hemifield=left,patch=-1/2/3,seed=9");
    cr_expect_eq(lesion_of("none").n_targets, 0);
}

Test(connectome_lesion_words, words_that_are_wrong)
{
    static const char *const word[][2] = {
        {"", "an empty target; an area or 'none' is wanted"},
        {"V4+", "an empty target; an area or 'none' is wanted"},
        {"FFFA", "unknown area 'FFFA'; did you mean 'FFA'?"},
        {"cerebellum", "unknown area 'cerebellum'; there are LGN, V1, V2, MT, V4, PITd, PITv, "
                       "CITv, FFA, LIP, 7a, VIP, random, none"},
        {"V1>MTT", "unknown pathway 'V1>MTT'; did you mean 'V1>MT'?"},
        {"FFA>LGN", "unknown pathway 'FFA>LGN'"},
        {"V4+V4", "V4 is named twice"},
        {"V4+none", "'none' cannot be joined with other targets"},
        {"random(size=FFA)+V4", "'random' cannot be joined with other targets"},
        {"none:0.5", "'none' takes no dose and no key"},
        {"random", "'random' is not random(size=AREA)"},
        {"random(size=FAF)", "unknown area 'FAF'; did you mean 'FFA'?"},
        {"V4:half", "dose 'half' is not a number"},
        {"V4:", "dose '' is not a number"},
        {"V4:1.5", "dose: 1.5 is outside 0 to 1"},
        {"V4:-0.5", "dose: -0.5 is outside 0 to 1"},
        {"V4:how=noise,dose=101", "dose: 101 is outside 0 to 100"},
        {"V4:0.5:dose=0.5", "dose is given twice"},
        {"V4:hemfield=left", "unknown key 'hemfield'; did you mean 'hemifield'?"},
        {"V4:x=1", "unknown key 'x'; there are by, class, count, dose, hemifield, how, most, "
                   "patch, seed"},
        {"V4:by=maps", "unknown by 'maps'; did you mean 'map'?"},
        {"V4:by=map,how=gain", "'by=map' does not go with gain"},
        {"V1>MT:by=map", "'by=map' does not go with a pathway"},
        {"random(size=FFA):by=map", "'by=map' does not go with random units"},
        {"V4:hemifield=lift", "unknown hemifield 'lift'; did you mean 'left'?"},
        {"V4:hemifield=both", "unknown hemifield 'both'; there are left, right"},
        {"V4:how=cut", "unknown how 'cut'; there are ablate, noise, gain, decay, disconnect"},
        {"V4:most=faces", "unknown most 'faces'; did you mean 'face'?"},
        {"V4:most=face,count=0", "count '0' is not a whole number from 1"},
        {"V4:count=5", "'count' is a number of most selective units; 'most' is missing"},
        {"V4:most=face,how=gain", "'count' is missing: the dose of gain is no share of the units"},
        {"V4:seed=-1", "seed '-1' is not a whole number from 0"},
        {"V4:class=M", "V4 has no unit classes"},
        {"LGN:class=Q", "LGN has no unit class 'Q'; there are P, M, K"},
        {"V1:class=simpel", "V1 has no unit class 'simpel'; did you mean 'simple'?"},
        {"V4:patch=1/2", "patch '1/2' is not X/Y/RADIUS in deg, as 1/-2/1.5"},
        {"V4:patch=1/b/2", "patch 'b' is not a number"},
        {"V4:patch=1/2/0", "patch '1/2/0': the radius has to be above 0 deg"},
        {"V4:patch=20/0/1", "no unit of V4 lies in the patch 20/0/1"},
        {"FFA:hemifield=left", "FFA has no hemifields: its maps are one unit wide"},
        {"V1>MT:class=M", "'class' does not go with a pathway"},
        {"V1>MT:most=face", "'most' does not go with a pathway"},
        {"V1>MT:how=decay", "decay is for areas, not for the pathway V1>MT; gain does it"},
        {"LGN:class=M,how=disconnect", "'class' does not go with disconnect"},
        {"MT:how=decay,hemifield=left", "'hemifield' does not go with decay"},
        {"LGN:class=M,most=face", "'class' does not go with most"},
        {"random(size=FFA):hemifield=left", "'hemifield' does not go with random units"},
        {"random(size=FFA):how=decay", "decay is for areas, not for random units"}};
    for (size_t i = 0; i < sizeof word / sizeof word[0]; i++) {
        ww_lesion lesion;
        char wanted[300];
        snprintf(wanted, sizeof wanted, "--lesion: %s", word[i][1]);
        cr_expect_eq(ww_lesion_parse(&lesion, word[i][0], "--lesion: ", small_brain(), arena),
                     WW_EPARSE, "%s", word[i][0]);
        cr_expect_str_eq(ww_error_message(), wanted, "%s: %s", word[i][0], ww_error_message());
    }
}

/* Lateral and feedback pathways act from one time step to the next: in one step they do nothing. */
Test(connectome_lesion_words, a_pathway_without_effect_is_refused)
{
    static const char *const idle[] = {"V2>V1", "mt > v4:0.5:how=gain", "V2>V1:0"};
    static const char *const name[] = {"V2>V1", "MT>V4", "V2>V1"};
    ww_brain one = *small_brain(), two = one;
    ww_lesion lesion;
    char wanted[300];
    one.steps = 1;
    two.steps = 2;
    cr_expect(ww_brain_idle_paths(&one) == 2 && ww_brain_idle_paths(&two) == 0);
    for (int i = 0; i < 3; i++) {
        snprintf(
            wanted, sizeof wanted,
            "--lesion: %s acts from one time step to the next, and the brain was made with one "
            "(steps: 1): a lesion of it has no effect; --set steps=2 gives it one",
            name[i]);
        cr_expect_eq(ww_lesion_parse(&lesion, idle[i], "--lesion: ", &one, arena), WW_EPARSE);
        cr_expect_str_eq(ww_error_message(), wanted, "%s", ww_error_message());
        cr_expect_eq(ww_lesion_parse(&lesion, idle[i], "--lesion: ", &two, arena), WW_OK, "%s",
                     ww_error_message());
    }
    cr_expect_eq(ww_lesion_parse(&lesion, "V1>V2", "", &one, arena), WW_OK);
    cr_expect_eq(ww_lesion_parse(&lesion, "V4:how=disconnect", "", &one, arena), WW_OK);
}

static ww_status from_yaml(ww_lesion *lesion, const char *text)
{
    ww_yaml *node;
    WW_TRY(ww_yaml_parse(&node, text, "study.yaml", arena));
    return ww_lesion_yaml(lesion, ww_yaml_find(node, "lesion"), "lesion", small_brain(), arena);
}

Test(connectome_lesion_words, yaml)
{
    static const char *const good[][2] = {
        {"lesion: V4:0.5\n", "V4:0.5"},
        {"lesion: {target: [LIP, 7a], dose: 0.5, how: ablate, hemifield: left, seed: 3}\n",
         "LIP+7a:0.5:hemifield=left,seed=3"},
        {"lesion: {target: V4, patch: [1, -2, 1.5]}\n", "V4:patch=1/-2/1.5"},
        {"lesion: {target: V4, patch: 1/-2/1.5}\n", "V4:patch=1/-2/1.5"},
        {"lesion: {target: random, size: FFA, dose: 0.25}\n", "random(size=FFA):0.25"},
        {"lesion: {target: none}\n", "none"},
        {"lesion:\n  target: V1 > MT\n", "V1>MT"}};
    static const char *const bad[][2] = {
        {"lesion: V5\n", "study.yaml:1: lesion: unknown area 'V5'; did you mean 'V1'?"},
        {"lesion:\n  target: V4\n  dose: much\n",
         "study.yaml:3: lesion: dose 'much' is not a number"},
        {"lesion:\n  target: V4\n  doze: 1\n",
         "study.yaml:3: lesion: unknown key 'doze'; did you mean 'dose'?"},
        {"lesion: {target: V4, size: FFA}\n",
         "study.yaml:1: lesion: size goes with the target 'random'"},
        {"lesion:\n  dose: 1\n", "study.yaml:1: lesion: 'target' is missing"}};
    ww_lesion lesion;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        cr_expect_eq(from_yaml(&lesion, good[i][0]), WW_OK, "%s: %s", good[i][0],
                     ww_error_message());
        cr_expect_str_eq(lesion.text, good[i][1]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect_eq(from_yaml(&lesion, bad[i][0]), WW_EPARSE, "%s", bad[i][0]);
        cr_expect_str_eq(ww_error_message(), bad[i][1]);
    }
}
