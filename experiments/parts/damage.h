/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_DAMAGE_H
#define WW_EXPERIMENTS_PARTS_DAMAGE_H

/* A model under one lesion after the other. */

#include "connectome/model.h"

/** What lesions have to know of the intact model; zeroed at first. */
typedef struct ww_damage {
    ww_unit_statistics statistics;
    bool has_statistics;
} ww_damage;

/** Whether a lesion asks how the units of the intact model respond. */
bool ww_damage_wants_statistics(const ww_lesion *lesion);

/** Damages the model by this lesion and by no other. The responses of its units are measured (on
 * scenes of their own, drawn under `seed`, while it is intact) when first a lesion asks for them;
 * they live in `arena`. ww_lesion_clear heals. */
ww_status ww_damage_apply(ww_damage *damage, ww_model *model, const ww_lesion *lesion,
                          uint64_t seed, ww_arena *arena);

#endif
