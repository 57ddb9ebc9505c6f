/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "connectome/brain.h"
#include "tests/bench/net.h"

enum { NAME_BYTES = 64 };

/* A parameter "NAME/WHAT". */
static ww_var parameter(ww_graph *g, const char *name, const char *what, ww_shape shape,
                        ww_init init)
{
    char full[NAME_BYTES];
    snprintf(full, sizeof full, "%s/%s", name, what);
    return ww_parameter(g, full, shape, init, 1);
}

ww_var ww_net_conv(ww_graph *g, const char *name, ww_var x, int k, int size, int stride, int pad)
{
    ww_shape filters = WW_SHAPE(k, ww_var_shape(g, x).dim[1], size, size);
    ww_var weight = parameter(g, name, "weight", filters, (ww_init){WW_INIT_HE, 1, 0, NULL});
    return ww_conv2d(g, x, weight, (ww_conv2d_attr){.stride = stride, .pad = pad});
}

ww_var ww_net_norm(ww_graph *g, const char *name, ww_var x)
{
    char mean[NAME_BYTES], variance[NAME_BYTES];
    ww_shape channels = WW_SHAPE(ww_var_shape(g, x).dim[1]);
    snprintf(mean, sizeof mean, "%s/mean", name);
    snprintf(variance, sizeof variance, "%s/variance", name);
    ww_var gain = parameter(g, name, "gain", channels, (ww_init){WW_INIT_CONSTANT, 1, 0, NULL});
    ww_var bias = parameter(g, name, "bias", channels, (ww_init){WW_INIT_CONSTANT, 0, 0, NULL});
    return ww_batch_norm(g, x, gain, bias, ww_state(g, mean, channels, 0),
                         ww_state(g, variance, channels, 1), 0);
}

ww_var ww_net_bias(ww_graph *g, const char *name, ww_var x)
{
    ww_shape channels = WW_SHAPE(ww_var_shape(g, x).dim[1]);
    return ww_bias(g, x,
                   parameter(g, name, "bias", channels, (ww_init){WW_INIT_CONSTANT, 0, 0, NULL}));
}

bool ww_net_smooth = false;

ww_var ww_net_rectify(ww_graph *g, ww_var x)
{
    return ww_net_smooth ? ww_softplus(g, x) : ww_relu(g, x);
}

ww_var ww_net_pool(ww_graph *g, ww_var x)
{
    ww_pool_kind kind = ww_net_smooth ? WW_POOL_AVERAGE : WW_POOL_MAX;
    return ww_pool(g, x, (ww_pool_attr){.kind = kind, .size = 2});
}

const char *ww_net_pass_name(ww_net_pass pass)
{
    static const char *const names[] = {"train", "infer", "smooth"};
    return names[pass];
}

ww_var ww_net_linear(ww_graph *g, const char *name, ww_var x, int k)
{
    ww_shape weights = WW_SHAPE(k, ww_var_shape(g, x).dim[1]);
    ww_var weight = parameter(g, name, "weight", weights, (ww_init){WW_INIT_HE, 1, 0, NULL});
    return ww_net_bias(g, name, ww_linear(g, x, weight));
}

ww_status ww_net_classify(ww_graph *g, ww_var logits)
{
    ww_var labels = ww_input(g, "labels", WW_SHAPE(WW_BATCH));
    ww_graph_output(g, "logits", logits);
    ww_graph_loss(g, "loss", ww_cross_entropy(g, logits, labels, 0), 1);
    return ww_graph_end(g);
}

ww_status ww_net_brain(ww_graph *g, const char *name, int side_px)
{
    char width[NAME_BYTES], height[NAME_BYTES];
    snprintf(width, sizeof width, "view.width_px=%d", side_px);
    snprintf(height, sizeof height, "view.height_px=%d", side_px);
    const char *const set[] = {width, height, NULL};
    ww_brain *brain;
    ww_arena *arena = ww_arena_create();
    if (arena == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    ww_status status = ww_brain_read(&brain, name, side_px > 0 ? set : NULL, arena);
    if (status == WW_OK)
        status = ww_brain_build(g, brain);
    ww_arena_free(arena);
    return status;
}
