/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/parts/damage.h"

enum { STATISTICS_TRIALS = 600 };

bool ww_damage_wants_statistics(const ww_lesion *lesion)
{
    return lesion->how == WW_NOISE || lesion->most != NULL;
}

ww_status ww_damage_apply(ww_damage *damage, ww_model *model, const ww_lesion *lesion,
                          uint64_t seed, ww_arena *arena)
{
    ww_lesion_clear(model->brain, model->values);
    if (ww_damage_wants_statistics(lesion) && !damage->has_statistics) {
        ww_trials *trials;
        WW_TRY(ww_trials_draw(&trials, model->brain, STATISTICS_TRIALS, seed, "statistics"));
        ww_status status = ww_model_statistics(model, trials, &damage->statistics, arena);
        ww_trials_free(trials);
        WW_TRY(status);
        damage->has_statistics = true;
    }
    return ww_lesion_apply(model->brain, model->values, lesion, 1, seed,
                           damage->has_statistics ? &damage->statistics : NULL);
}
