/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stimuli/stimulus.h"

ww_truth ww_truth_unknown(void)
{
    return (ww_truth){.category = WW_UNKNOWN,
                      .face = WW_UNKNOWN,
                      .word = WW_UNKNOWN,
                      .object = WW_UNKNOWN,
                      .colour = WW_UNKNOWN,
                      .direction = WW_UNKNOWN};
}
