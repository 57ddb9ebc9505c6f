/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CONNECTOME_LESION_H
#define WW_CONNECTOME_LESION_H

/* Virtual lesions: what is damaged, how, and how much. A lesion sets the gates of a brain between
 * runs; nothing is recompiled, and clearing it brings every bit back.
 *
 * As a word on the command line: TARGET[+TARGET...][:DOSE][:key=value,...]
 *
 *     FFA                          the whole area, dose 1
 *     V4:0.5                       half of its units
 *     LIP+7a:hemifield=left        what sees the left visual field
 *     V1>MT                        a pathway
 *     LGN:class=M                  a unit class
 *     IT:most=face,count=50        the 50 most face-selective units of the areas PIT, CIT, AIT
 *     IT:0.2:most=face,by=map      the fifth of their maps (features) that prefers faces most
 *     MT:how=noise,dose=0.3        noise of 0.3 standard deviations of the unit's own response
 *     V4:patch=1/-2/1.5            a disc of radius 1.5 deg centred at x 1, y -2 deg
 *     random(size=FFA)             as many units as FFA has, drawn from the whole brain
 *     none                         nothing
 *
 * PIT, CIT, AIT, MST and STP are the parts that the brain has of each (PITd and PITv), and IT is
 * all of PIT, CIT and AIT. A hemifield is left or right of the vertical meridian; the middle column
 * of an odd number of columns belongs to neither.
 *
 * As YAML: a word as above, or {target: [LIP, 7a], dose: 0.5, how: ablate, hemifield: left,
 * seed: 3}. Doses: ablate - share of the units that are silenced (nested: the units of a smaller
 * dose are among those of a larger; with `count`, the share of these); gain - responses are
 * multiplied by 1 - dose; noise - standard deviation in units of each unit's own; decay - its
 * weights are multiplied by 1 - dose; disconnect - share of the fibres that leave and reach it.
 *
 * by=map takes whole maps: one feature at every place, as Dobs et al. (2022) lesion a network.
 * Shares and counts are then of maps; how selective a map is, its maximum tells. */

#include "connectome/brain.h"
#include "engine/tensor/values.h"

typedef enum ww_lesion_how { WW_ABLATE, WW_NOISE, WW_GAIN, WW_DECAY, WW_DISCONNECT } ww_lesion_how;

typedef enum ww_hemifield { WW_BOTH_FIELDS, WW_LEFT_FIELD, WW_RIGHT_FIELD } ww_hemifield;

typedef struct ww_lesion {
    const char *text; /* as one word, canonical: names the lesion in tables and figures */
    int n_targets;
    const char *const *target; /* areas, families ("IT"), pathways; or "random" */
    const char *size_of;       /* of random: the area whose size is matched */
    ww_lesion_how how;
    double dose;
    const char *unit_class; /* or NULL */
    const char *most;       /* selective for "face", "word", "object", or NULL */
    bool by_map;            /* whole maps, not single units */
    int count;              /* of `most`: units (or maps); 0: the share `dose` */
    ww_hemifield hemifield;
    bool has_patch;
    double patch_x_deg, patch_y_deg, patch_radius_deg;
    uint64_t seed;
} ww_lesion;

/** Reads one word; `where` stands before messages ("--lesion: "). Checked against `brain`: unknown
 * areas, pathways and classes get a suggestion. */
ww_status ww_lesion_parse(ww_lesion *out, const char *word, const char *where,
                          const ww_brain *brain, ww_arena *arena);
/** Reads a node, which belongs to `key` of its file: messages begin with "FILE:LINE: KEY: ". */
ww_status ww_lesion_yaml(ww_lesion *out, const ww_yaml *node, const char *key,
                         const ww_brain *brain, ww_arena *arena);

/** The same lesion at another dose. */
ww_lesion ww_lesion_at_dose(const ww_lesion *lesion, double dose, ww_arena *arena);

/** What lesions need to know of a brain's responses: [area][unit], unit = (c, y, x) of its first
 * port. Either may be NULL where no lesion asks for it. */
typedef struct ww_unit_statistics {
    const float *const *sd;             /* of each unit's response (noise lesions) */
    const float *const *selectivity[3]; /* d' for faces, words, objects against the two others */
    /** The same of each map's maximum, [area][channel] of map_count[area]: the item in the
     * receptive field of one of its units. A unit alone sees few of the items that lie anywhere.
     * Lesions by map rank these. */
    const float *const *map_selectivity[3];
    const size_t *map_count;
} ww_unit_statistics;

/** Sets the gates (and for decay the weights) of `values` to the n lesions, which compose. `seed`
 * is mixed with each lesion's own. Errors: WW_EINVAL where statistics are wanted and missing. */
ww_status ww_lesion_apply(const ww_brain *brain, ww_values *values, const ww_lesion *lesion, int n,
                          uint64_t seed, const ww_unit_statistics *statistics);

/** Takes all lesions away: every bit as before. */
void ww_lesion_clear(const ww_brain *brain, ww_values *values);

/** How many units the lesions silence or change at the present setting of `values`. */
size_t ww_lesion_units(const ww_brain *brain, ww_values *values);

#endif
