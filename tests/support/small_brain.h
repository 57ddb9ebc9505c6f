/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_TESTS_SMALL_BRAIN_H
#define WW_TESTS_SMALL_BRAIN_H

/* A brain that is wired by hand and computes nothing: names, grids, gates. */

#include "connectome/brain.h"
#include "engine/tensor/values.h"

/** Areas LGN, V1, V2, MT, V4, PITd, PITv, CITv, FFA, LIP, 7a, VIP and some pathways. */
const ww_brain *small_brain(void);

/** Its gates and decays as controls; free with ww_values_free and ww_graph_free. */
ww_graph *small_brain_graph(ww_values **values);

#endif
