/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_CONV_H
#define WW_ENGINE_TENSOR_BACKEND_CONV_H

/* The kernels that compete for a convolution, and the choice between them (engine/base/plan.h). */

#include <stdbool.h>

#include "engine/tensor/backend/onednn.h"

/** What is to be done. */
typedef struct ww_conv_task {
    ww_conv_size size;
    ww_conv_pass pass;
    int threads; /* at most, in all runs */
    bool keep;   /* weights change seldom: what is made of them may be kept from run to run */
    bool local;  /* no rounding errors from pixels that the filter does not meet */
    int64_t x_lanes,
        y_lanes; /* x, y lie in blocks of so many channels (blocks.h); 0: they do not */
} ww_conv_task;

/** What takes less than this stays on one thread: others take tens of microseconds to wake. */
#define WW_CONV_SMALL_S 50e-6

/** One that can do some of it. Arrays are dense, as in ww_onednn_conv_run, but for maps in blocks.
 */
typedef struct ww_conv_kernel {
    const char *name;
    bool (*supports)(const ww_conv_task *task); /* but for task->local */
    /** Seconds on one core of the machine that the models were fitted on (conv_kernels.c): only the
     * order counts. Must not depend on the number of threads, or the plan would. */
    double (*estimate_s)(const ww_conv_task *task);
    /** Prepares it; *state is NULL, without error, where it turns out not to be supported. */
    ww_status (*create)(void **state, size_t *scratch_floats, const ww_conv_task *task);
    ww_status (*run)(void *state, float *x, float *weight, float *y, float *scratch);
    void (*destroy)(void *state); /* NULL is allowed */
    bool spreads; /* transforms tiles: a faint output beside a bright one has the latter's errors */
    /** Runs WW_CONV_DATA and adds it to x; NULL: no state of this kernel can. */
    ww_status (*run_add)(void *state, float *x, float *weight, float *y, float *scratch);
    bool (*can_add)(const void *state); /* whether this one can */
    bool blocks;                        /* maps in blocks are supported, or `supports` says which */
    /** Runs WW_CONV_FORWARD with something else around it, and both gradients at once, as in
     * winograd.h, and which states can; NULL: none. */
    bool (*can_around)(const void *state);
    void (*run_around)(void *state, float *x, float *weight, float *y, float *scratch,
                       const ww_around *around);
    bool (*can_both)(const void *data, const void *weights);
    bool (*can_near)(const void *forward, const void *data, const void *weights);
    size_t (*both_scratch)(const void *data, const void *weights);
    void (*run_both)(void *data, void *weights, float *x, float *weight, float *y,
                     float *x_gradient, float *weight_gradient, float *scratch, bool add,
                     const ww_around *around);
} ww_conv_kernel;

extern const ww_conv_kernel *const ww_conv_kernels[];
enum { WW_N_CONV_KERNELS = 7 };

/** A task with its kernel. */
typedef struct ww_conv {
    const ww_conv_kernel *kernel; /* NULL: none yet */
    void *state;
    size_t scratch_floats; /* aligned to 64 bytes */
    int threads;           /* at most; 1 for little work, which would be over before others wake */
} ww_conv;

/** Whether maps with these blocks are within reach of kernels that are made for them. */
bool ww_conv_blocks(const ww_conv_task *task);

/** Seconds of the kernel that is thought to be the fastest, as in ww_conv_kernel. */
double ww_conv_estimate_s(const ww_conv_task *task);

/** Takes the kernel that the plan names, else chooses one and puts it into the plan. Errors:
 * WW_EINVAL for a plan that names a kernel which cannot do it; WW_ENOMEM; those of the kernels. */
ww_status ww_conv_prepare(ww_conv *out, const ww_conv_task *task);
/** Runs it on dense arrays x [n, c, h, w], weight [k, c / groups, kh, kw], y [n, k, oh, ow], of
 * which the pass writes one, with scratch_floats of scratch. Errors: those of the kernel. */
ww_status ww_conv_run(const ww_conv *conv, float *x, float *weight, float *y, float *scratch);
/** Whether ww_conv_run_add can be called: of WW_CONV_DATA alone, with some kernels. */
bool ww_conv_can_add(const ww_conv *conv);
/** Runs it and adds to x what ww_conv_run would put there. */
ww_status ww_conv_run_add(const ww_conv *conv, float *x, float *weight, float *y, float *scratch);
/** Whether WW_CONV_FORWARD can run with something else around it, and that. */
bool ww_conv_can_around(const ww_conv *conv);
void ww_conv_run_around(const ww_conv *conv, float *x, float *weight, float *y, float *scratch,
                        const ww_around *around);
/** Whether x of both need not be in memory, but is made by what is done around. */
bool ww_conv_can_near(const ww_conv *forward, const ww_conv *data, const ww_conv *weights);
/** With how much scratch WW_CONV_DATA and WW_CONV_WEIGHTS can run at once (0: they cannot), and
 * that: x, weight and y are read; around: NULL, or what is done before
 * y is, and after x_gradient is written. */
size_t ww_conv_both_scratch(const ww_conv *data, const ww_conv *weights);
void ww_conv_run_both(const ww_conv *data, const ww_conv *weights, float *x, float *weight,
                      float *y, float *x_gradient, float *weight_gradient, float *scratch, bool add,
                      const ww_around *around);
/** Frees what the kernel keeps; one that has none is allowed. */
void ww_conv_release(ww_conv *conv);

#endif
