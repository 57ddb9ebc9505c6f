/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_OPS_H
#define WW_ENGINE_TENSOR_OPS_H

/* The constructors of all operators: the vocabulary in which areas and losses are written.
 *
 * Each is defined in ops/<name>.c beside its mathematics. Maps are [N, C, H, W], vectors [N, F].
 * None of them fails by itself: the graph's status is sticky (graph.h). An attribute struct that
 * is all zero means the defaults named beside its fields. */

#include "engine/tensor/graph.h"

/* ---- linear maps ---- */

typedef struct ww_conv2d_attr {
    int stride;   /* 0 means 1 */
    int pad;      /* zeros on each side */
    int dilation; /* 0 means 1 */
    int groups;   /* 0 means 1; = channels: depthwise */
} ww_conv2d_attr;

/** Cross-correlation: x[N, C, H, W] with weight[K, C/groups, kh, kw] -> [N, K, H', W'],
 * H' = (H + 2 pad - dilation (kh - 1) - 1) / stride + 1. */
ww_var ww_conv2d(ww_graph *g, ww_var x, ww_var weight, ww_conv2d_attr attr);

/** x[N, F] times weight[K, F] transposed -> [N, K]. */
ww_var ww_linear(ww_graph *g, ww_var x, ww_var weight);

/** a[..., M, K] times b[..., K, P] (leading dimensions equal, or absent in b) -> [..., M, P]. */
ww_var ww_matmul(ww_graph *g, ww_var a, ww_var b);

/** Adds bias[C] along axis 1 of x[N, C, ...]. */
ww_var ww_bias(ww_graph *g, ww_var x, ww_var bias);

/* ---- element-wise, with NumPy's broadcasting ---- */

/** a + b. */
ww_var ww_add(ww_graph *g, ww_var a, ww_var b);
/** a - b. */
ww_var ww_sub(ww_graph *g, ww_var a, ww_var b);
/** a b, element by element. */
ww_var ww_mul(ww_graph *g, ww_var a, ww_var b);
/** a / b, element by element; b = 0 gives infinities or NaN. */
ww_var ww_div(ww_graph *g, ww_var a, ww_var b);

/** The sum of n >= 1 arrays of one shape (at most WW_OP_MAX_IN). */
ww_var ww_sum_of(ww_graph *g, int n, const ww_var *x);

/** max(0, x); the derivative at 0 is taken as 0. */
ww_var ww_relu(ww_graph *g, ww_var x);
/** x where x > 0, else slope x, 0 <= slope <= 1. */
ww_var ww_leaky_relu(ww_graph *g, ww_var x, double slope);
/** The hyperbolic tangent. */
ww_var ww_tanh(ww_graph *g, ww_var x);
/** 1 / (1 + exp(-x)). */
ww_var ww_sigmoid(ww_graph *g, ww_var x);
/** log(1 + exp(x)). */
ww_var ww_softplus(ww_graph *g, ww_var x);
/** exp(x). */
ww_var ww_exp(ww_graph *g, ww_var x);
/** The natural logarithm, of x > 0. */
ww_var ww_log(ww_graph *g, ww_var x);
/** The square root, of x >= 0; the derivative at 0 is taken as 0. */
ww_var ww_sqrt(ww_graph *g, ww_var x);
/** x^2. */
ww_var ww_square(ww_graph *g, ww_var x);
/** |x|; the derivative at 0 is taken as 0. */
ww_var ww_abs(ww_graph *g, ww_var x);
/** The energy of pairs x[N, 2 C, ...], even then odd: x_c^2 + x_(C + c)^2, [N, C, ...]. */
ww_var ww_energy(ww_graph *g, ww_var x);
/** max(0, x), then max(0, -x), of x[N, C, ...]: [N, 2 C, ...]; derivatives at 0 are taken as 0. */
ww_var ww_on_off(ww_graph *g, ww_var x);
/** a x + b. */
ww_var ww_affine(ww_graph *g, ww_var x, double a, double b);

/* ---- moving things about ---- */

/** Joins n arrays along `axis`; all other dimensions agree. */
ww_var ww_concat(ww_graph *g, int n, const ww_var *x, int axis);

/** Elements begin .. end-1 of `axis` (axis 0 of a batched array excepted). */
ww_var ww_slice(ww_graph *g, ww_var x, int axis, int64_t begin, int64_t end);

/** The same elements in another shape; an open batch stays first. */
ww_var ww_reshape(ww_graph *g, ww_var x, ww_shape shape);

/** Every stride-th pixel of maps, and maps of zeros behind them up to so many channels. */
ww_var ww_shortcut(ww_graph *g, ww_var x, int channels, int stride);

/** Zeros around maps. */
ww_var ww_pad(ww_graph *g, ww_var x, int top, int bottom, int left, int right);

typedef enum ww_resize_kind { WW_NEAREST, WW_BILINEAR } ww_resize_kind;

/** Maps at another size; pixel centres aligned (the corner pixels are not). */
ww_var ww_resize(ww_graph *g, ww_var x, int height, int width, ww_resize_kind kind);

/** Samples x[N, C, H, W] bilinearly at grid[H', W', 2] = (x, y) in pixels of x, zero outside:
 * the map of one area on the grid of another. `grid` is not differentiated. */
ww_var ww_warp(ww_graph *g, ww_var x, ww_var grid);

/** Rows of table[V, D] numbered by index[N] or [N, L] (whole numbers as floats) -> [N(, L), D]. */
ww_var ww_gather(ww_graph *g, ww_var table, ww_var index);

/* ---- pooling and reductions ---- */

typedef enum ww_pool_kind {
    WW_POOL_MAX,
    WW_POOL_AVERAGE, /* over the pixels inside the map */
    WW_POOL_SOFTMAX  /* sum of x exp(beta x) / sum of exp(beta x) (Riesenhuber & Poggio 1999) */
} ww_pool_kind;

typedef struct ww_pool_attr {
    int kind; /* ww_pool_kind */
    int size, stride, pad;
    double beta; /* of WW_POOL_SOFTMAX; 0 means 1 */
} ww_pool_attr;

/** Pools size x size neighbourhoods, `stride` (0 means size) apart. */
ww_var ww_pool(ww_graph *g, ww_var x, ww_pool_attr attr);

typedef struct ww_filter_pool_attr {
    int kind;         /* ww_pool_kind, over sizes and neighbourhoods */
    int size, stride; /* of the neighbourhoods in responses; a stride of 0 means size */
    double beta;      /* of WW_POOL_SOFTMAX; 0: the mean */
    bool inside;      /* a response is 0 where its filter reaches out of the picture */
} ww_filter_pool_attr;

/** Filters filter[j] [F, k_j, k_j] (odd k_j) on a picture x[N, 1, H, W], each response's magnitude
 * divided by the norm of what the filter sees, and pooled over the n sizes and neighbourhoods ->
 * [N, F, H', W'], H' = ceil((H - size) / stride) + 1. Needs no memory for the responses. Not
 * differentiable. */
ww_var ww_filter_pool(ww_graph *g, ww_var x, int n, const ww_var *filters,
                      ww_filter_pool_attr attr);

/** The least squared distance of any k x k part of n maps [N, C, H_m, W_m] to each of
 * prototypes[P, C, k, k] -> [N, P]. Not differentiable. */
ww_var ww_nearest(ww_graph *g, ww_var prototypes, int n, const ww_var *maps);

/** Pools each whole map: [N, C, H, W] -> [N, C]. */
ww_var ww_global_pool(ww_graph *g, ww_var x, ww_pool_kind kind);

typedef enum ww_reduce_kind { WW_SUM, WW_MEAN, WW_MAX } ww_reduce_kind;

/** Reduces the axes whose bits are set in `axes`; they disappear (all of them: shape [1]). */
ww_var ww_reduce(ww_graph *g, ww_var x, ww_reduce_kind kind, unsigned axes);

/** exp(x) over its sum along `axis`; the shape of x. */
ww_var ww_softmax(ww_graph *g, ww_var x, int axis);
/** The natural logarithm of that, worked out without overflow; the shape of x. */
ww_var ww_log_softmax(ww_graph *g, ww_var x, int axis);

/* ---- normalisation ---- */

/** Batch normalisation over axes 0, 2, 3 (Ioffe & Szegedy 2015) of [N, C, H, W] or [N, C]; gain,
 * bias, mean and variance are [C]. Training uses the batch and moves the states mean and variance
 * by `momentum` (0 means 0.1); WW_INFER and WW_GRADIENT use the states. */
ww_var ww_batch_norm(ww_graph *g, ww_var x, ww_var gain, ww_var bias, ww_var mean, ww_var variance,
                     double momentum);

/** Layer normalisation over all but axis 0; gain and bias have that shape (Ba et al. 2016). */
ww_var ww_layer_norm(ww_graph *g, ww_var x, ww_var gain, ww_var bias);

/** Group normalisation (Wu & He 2018): `groups` groups of channels of [N, C, H, W]. gain and bias
 * are [C]. */
ww_var ww_group_norm(ww_graph *g, ww_var x, ww_var gain, ww_var bias, int groups);
/** Instance normalisation (Ulyanov et al. 2016): the same with a group for each channel. */
ww_var ww_instance_norm(ww_graph *g, ww_var x, ww_var gain, ww_var bias);

typedef struct ww_divisive_norm_attr {
    int channels; /* pool over so many neighbouring channels, odd; 0: over all */
    int size;     /* and size x size pixels, odd; 0 means 1 */
    double sigma; /* semi-saturation constant; 0 means 1 */
} ww_divisive_norm_attr;

/** Divisive normalisation: x / sqrt(sigma^2 + mean of x^2 over the pool) (Carandini & Heeger
 * 2012, equation 1 with exponent 2 and even weights). */
ww_var ww_divisive_norm(ww_graph *g, ww_var x, ww_divisive_norm_attr attr);

/* ---- noise and lesions ---- */

/** Sets a share `rate` of the elements to 0 and scales the others by 1/(1-rate), in WW_TRAIN. */
ww_var ww_dropout(ww_graph *g, ww_var x, double rate);

/** The lesion gate: gain * x + noise * standard normal, in every mode. gain and noise are controls
 * of shape [C, H, W], [C, 1, 1] or [1, 1, 1] (vectors: [F] or [1]). A gain of 1 and a noise of 0
 * leave every bit; a gain of 0 gives exactly 0 whatever x is (also where x is not finite). */
ww_var ww_gate(ww_graph *g, ww_var x, ww_var gain, ww_var noise);

/* ---- losses: one number, the mean over the batch ---- */

/** -log softmax(logits[N, K])[label], the mean over the samples with label >= 0 (labels[N] are
 * whole numbers as floats; -1: not known, not counted). 0 when none is known. `smoothing` is label
 * smoothing (Szegedy et al. 2016). */
ww_var ww_cross_entropy(ww_graph *g, ww_var logits, ww_var labels, double smoothing);

/** Mean of (x - target)^2 over all elements whose target is finite (not a number: not known). */
ww_var ww_mean_squared_error(ww_graph *g, ww_var x, ww_var target);

/** Mean of -t log s(x) - (1 - t) log(1 - s(x)), s the logistic function, over known targets. */
ww_var ww_binary_cross_entropy(ww_graph *g, ww_var x, ww_var target);

#endif
