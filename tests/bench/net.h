/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_TESTS_BENCH_NET_H
#define WW_TESTS_BENCH_NET_H

/* Nets that are timed, one a file in nets/, each ending with its descriptor ww_net_<file>. */

#include "engine/base/registry.h"
#include "engine/tensor/ops.h"

/** WW_NET_SMOOTH: training of the net without kinks (ww_net_rectify, ww_net_pool). */
typedef enum ww_net_pass { WW_NET_TRAIN, WW_NET_INFER, WW_NET_SMOOTH } ww_net_pass;
const char *ww_net_pass_name(ww_net_pass pass); /* "train", "infer", "smooth" */

/** One thing to time: a pass at a batch size, on pictures of a side (0: as usual). */
typedef struct ww_net_cell {
    ww_net_pass pass;
    int batch;
    int side_px;
} ww_net_cell;

typedef struct ww_net {
    ww_item item;
    /** Builds the net into an empty graph and seals it. Labels are inputs of ww_cross_entropy. */
    ww_status (*build)(ww_graph *graph, int side_px);
    const char *optimiser; /* of training: "sgd" (momentum 0.9) or "adamw"; NULL: never trained */
    double rate, weight_decay;
    bool labelled; /* learns pictures "x" with "labels" */
    bool has_port; /* another's program for PyTorch does the same: "port", in torch/worker.py */
    const ww_net_cell *cells;  /* ends with a batch of 0 */
    const ww_net_cell *decade; /* two whose cost differs by about ten, more pairs after; likewise */
} ww_net;

extern const ww_net *const ww_nets[];
extern const size_t ww_nets_count;

/* ---- layers, as the nets of the literature have them (parts/layers.c) ---- */

/** Filters [k, C, size, size] from He et al. 2015, with no bias, `pad` zeros around. */
ww_var ww_net_conv(ww_graph *g, const char *name, ww_var x, int k, int size, int stride, int pad);

/** Batch normalisation with gain 1, bias 0. */
ww_var ww_net_norm(ww_graph *g, const char *name, ww_var x);

/** Adds a bias that starts at 0. */
ww_var ww_net_bias(ww_graph *g, const char *name, ww_var x);

/** A brain of connectome/brains with a view of `side_px` (0: its own); seals the graph. */
ww_status ww_net_brain(ww_graph *g, const char *name, int side_px);

/** While true, nets are built without kinks: softplus for rectification, means for maxima. */
extern bool ww_net_smooth;

/** Rectification, or softplus. */
ww_var ww_net_rectify(ww_graph *g, ww_var x);

/** The greatest of 2x2, or their mean. */
ww_var ww_net_pool(ww_graph *g, ww_var x);

/** A fully connected layer with bias: [N, F] -> [N, k]. */
ww_var ww_net_linear(ww_graph *g, const char *name, ww_var x, int k);

/** Output "logits" and the loss against the input "labels"; seals the graph. */
ww_status ww_net_classify(ww_graph *g, ww_var logits);

#endif
