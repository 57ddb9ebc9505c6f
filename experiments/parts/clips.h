/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_CLIPS_H
#define WW_EXPERIMENTS_PARTS_CLIPS_H

/* Displays of paperclips, shown to a brain with view-tuned units. */

#include "connectome/model.h"
#include "stimuli/parts/paperclip.h"

/** One or two clips on a dark field. */
typedef struct ww_clip_display {
    int clip;
    ww_paperclip_pose pose;
    int other; /* a second clip; -1: none */
    ww_paperclip_pose other_pose;
    /** The square around a clip in the middle is cut into tiles x tiles (at most 16 x 16) squares,
     * which are shuffled; 0, 1: it is not. */
    int tiles;
} ww_clip_display;

/** A brain on which clips are shown. */
typedef struct ww_clip_bench {
    ww_model *model;
    struct ww_program *program;
    int units_area, features_area; /* the view-tuned units, and what they read */
    int units, features;
    uint64_t set; /* of clips */
} ww_clip_bench;

/** Finds the area of type view-tuned and the one that it reads, and compiles; `model` stays the
 * caller's and must outlive the bench. WW_EINVAL where the brain has no such areas. */
ww_status ww_clip_bench_open(ww_clip_bench *bench, ww_model *model, uint64_t set);
/** Frees what the bench has compiled, not the model; once more does nothing. */
void ww_clip_bench_close(ww_clip_bench *bench);

/** How a clip is learned: upright, in the middle, 2 deg in size. */
ww_clip_display ww_clip_learned(int clip);

/** Shows n displays to the brain as it is lesioned just now. `units`[n][bench->units] and
 * `features`[n][bench->features] get its responses (either may be NULL). */
ww_status ww_clip_show(ww_clip_bench *bench, const ww_clip_display *display, size_t n, float *units,
                       float *features);

/** Shows each unit its clip (unit k clip k) as it is learned: the features that answer to it become
 * the unit's centre, and the `afferents` strongest of them are what it hears. */
ww_status ww_clip_learn(ww_clip_bench *bench, int afferents);

#endif
