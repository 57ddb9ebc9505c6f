/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_OP_H
#define WW_ENGINE_TENSOR_OP_H

/* The contract of an operator; engine/tensor/ops/ holds one a file.
 *
 * An operator maps one or more arrays to one array. Its file holds: the mathematics as a comment,
 * its attributes (a plain struct), `infer`, forward and backward (fast), forward and backward
 * (reference: plain C, obviously right), the cases that the contract suite runs, and the
 * descriptor ww_op_<file>. The constructors for graphs are declared together in ops.h.
 *
 * Who does what: the compiler owns all memory. `prepare` runs once per compiled node and says how
 * much `saved` (lives from forward to backward) and `scratch` (lives during one call) it wants;
 * forward and backward allocate nothing. backward *overwrites* grad_in[k] for every k where it is
 * not NULL, and the program adds up the contributions of several uses; an operator that can do that
 * itself says so (can_add), and is told where it should (add).
 *
 * Reductions that matter accumulate in double (sums of normalisation and of biases take sixteen
 * numbers at a time in float first, scaling.h), in a fixed order that does not depend on the number
 * of threads: the same bits for any number of threads. */

#include <stdint.h>

#include "engine/base/registry.h"
#include "engine/tensor/shape.h"

enum { WW_OP_MAX_IN = 40, WW_OP_CASE_MAX_IN = 6 };

typedef enum ww_mode {
    WW_INFER,   /* forward only; statistics frozen, dropout off */
    WW_TRAIN,   /* forward and backward with respect to the trainable parameters */
    WW_GRADIENT /* WW_INFER's forward, backward also with respect to the inputs */
} ww_mode;

/** Whether an operator can do a rectification that is its output's only reader in its own loop:
 * with call->rectify, out is max(0, out) (what is not a number stays so), and grad_out is that of
 * the rectified out. Forward and backward then do both; the references need not. */
typedef enum ww_rectifies {
    WW_RECTIFIES_NOT,
    WW_RECTIFIES,              /* backward finds where out > 0 from what it reads anyway */
    WW_RECTIFIES_KEEPS_OUT,    /* backward then reads out */
    WW_RECTIFIES_SUM_KEEPS_OUT /* backward then reads out if something is added (adds of ww_op) */
} ww_rectifies;

/** Maps [N, C, H, W] lie in memory in this order, or in blocks: [N, C / L, H, W, L], L channels of
 * a pixel side by side, L the lanes of a vector (ww_block_channels), where C is a multiple of it.
 * Kernels that have channels in their lanes are faster on blocks; who can have what is the
 * operators' to say (blocks of ww_op), and the compiler's to choose (blocks.c). In a mask of
 * operands bit k is in[k], with its gradient, and this bit is out. */
#define WW_BLOCKED_OUT (1u << 31)

/** What an operator does with one sample after the other, forward or backward, and another can do
 * for it while those samples are in its cache: sums over them, or what comes after all sums. */
typedef enum ww_op_part { WW_PART_SUMS, WW_PART_REST } ww_op_part;

/** A part of another operator's call; call: NULL: none. Of the host, `before` is done before it
 * reads some samples (of in[0], of grad_out), `after` when it has written some (of out, of
 * grad_in[0]). */
typedef struct ww_guest {
    const struct ww_op *op;
    struct ww_op_call *call;
    ww_op_part part;
    bool backward;
} ww_guest;

/** One compiled node, as the functions of its operator see it. All shapes have their batch. */
typedef struct ww_op_call {
    const void *attr; /* the operator's attribute struct */
    void *plan;       /* whatever `prepare` made; `release` frees it */
    int n_in;
    const ww_shape *in_shape; /* [n_in] */
    ww_shape out_shape;
    float *const *in; /* [n_in]; read only, except inputs that the operator owns as state */
    float *out;
    const float *grad_out; /* d loss / d out */
    float *const *grad_in; /* [n_in], NULL where not wanted */
    float *saved, *scratch;
    size_t saved_floats, scratch_floats; /* set by prepare */
    unsigned can_add;                    /* bit k, set by prepare: backward can add to grad_in[k] */
    unsigned add;                        /* bit k: it does, and does not overwrite that */
    unsigned blocked;                    /* which operands lie in blocks */
    unsigned wants; /* bit k: backward may be asked for grad_in[k]; known to prepare */
    ww_guest before, after;
    ww_guest remake;    /* where in[0] is NULL, `before` makes it forward, this backward (near) */
    unsigned elsewhere; /* bit WW_PART_..: another does that */
    bool again;         /* the same forward call once more in a run: states have moved already */
    ww_mode mode;
    bool neutral;  /* out is in[0], and need not be written (neutral of ww_op) */
    bool rectify;  /* the operator does the rectification that follows it too (ww_rectifies) */
    uint64_t seed; /* differs per node and per step: the key of this call's random numbers */
} ww_op_call;

/** Where the random values of a contract case are drawn from. */
typedef enum ww_draw {
    WW_DRAW_NORMAL,   /* standard normal */
    WW_DRAW_POSITIVE, /* uniform 0.5 .. 2 */
    WW_DRAW_AWAY,     /* normal, kept 0.1 away from 0: no kink within a difference step */
    WW_DRAW_DISTINCT, /* a shuffled ladder with steps of 0.05: no ties within a difference step */
    WW_DRAW_LABEL,    /* whole numbers 0 .. label_classes-1; never differentiated */
    WW_DRAW_UNIT      /* uniform 0.05 .. 0.95: probabilities */
} ww_draw;

/** One case of the contract suite: shapes, attributes and values. Shapes that begin with WW_BATCH
 * are run with batches of 1, 3 and (for the threads) 64. Keep cases small, but let one operator's
 * cases reach every branch of it. */
typedef struct ww_op_case {
    const char *name; /* "3x3 stride 2, odd size"; NULL ends the list */
    const void *attr;
    int n_in;
    ww_shape in[WW_OP_CASE_MAX_IN];
    ww_draw draw[WW_OP_CASE_MAX_IN];
    int label_classes;
} ww_op_case;

#define WW_BIT(k) (1u << (k))

typedef struct ww_op ww_op;
struct ww_op {
    ww_item item;
    size_t attr_size;
    int min_in, max_in;

    /** Checks the inputs and says the shape of the output. Batch dimensions may be WW_BATCH.
     * The message names both shapes ("[N, 3, 8, 8] and [16, 4, 3, 3]: ..."). May normalise
     * `attr` (fill in defaults). */
    ww_status (*infer)(void *attr, int n_in, const ww_shape *in, ww_shape *out);

    /** Once per compiled node: sets saved_floats and scratch_floats, makes `plan`. May be NULL. */
    ww_status (*prepare)(ww_op_call *call);
    void (*release)(void *plan);

    ww_status (*forward)(ww_op_call *call);
    ww_status (*backward)(ww_op_call *call); /* NULL: not differentiable */

    /** The same in plain C, from the inputs alone (no plan; saved and scratch as prepared). NULL
     * where forward itself is the plain C (element-wise operators). */
    ww_status (*forward_reference)(ww_op_call *call);
    ww_status (*backward_reference)(ww_op_call *call);

    /** Whether it can run with these operands in blocks and the others as they are; asked only of
     * operands whose shapes allow it, before `prepare`. NULL: with none. The references never do.
     */
    bool (*blocks)(const ww_op_call *call, unsigned blocked);
    /** Seconds that forward and backward are thought to take with call->blocked, before `prepare`;
     * only differences between layouts count. NULL: none. */
    double (*estimate_s)(const ww_op_call *call);

    /** A part of a call, of samples first .. last-1; which of several threads does it, and in which
     * order, changes nothing. NULL: the operator has none. */
    void (*part)(ww_op_call *call, bool backward, ww_op_part part, int64_t first, int64_t last);
    /** Whether a call has parts that others can do; NULL: if `part` is not NULL. */
    bool (*parts)(const ww_op_call *call);
    /** Whether it can do parts of others around it, forward or backward; after `prepare`. */
    bool (*hosts)(const ww_op_call *call, bool backward);
    /** Whether in[0] then need not be in memory, but is made by guests where it is read; after
     * `prepare`. NULL: it has to be. */
    bool (*near)(const ww_op_call *call);

    /** Whether out would be in[0], bit for bit, by what the other inputs hold now. NULL: never. */
    bool (*neutral)(const ww_op_call *call);

    unsigned keeps_in; /* bit k: backward reads in[k] (31: any k) */
    bool keeps_out;    /* backward reads out */
    bool in_place;     /* out may share memory with in[0], and grad_in[0] with grad_out, where
                          they are of one size; where something is added (adds), the gradient of
                          that with grad_out */
    bool late_weights; /* in[0] is [N, F], in[1] is [K, F], out is [N, K], and the gradient of in[1]
                          is grad_out' in[0] (late.c) */
    ww_rectifies rectifies;
    bool adds;          /* one input more than min_in, of the shape of in[0], is added to the output
                           (before the rectification): so the operator does an addition after it */
    unsigned linear_in; /* bit k: linear (or affine) in in[k], the others fixed: the adjoint
                           identity is tested */
    unsigned fixed_in;  /* bit k: in[k] is never differentiated (labels, running statistics) */
    bool random;        /* draws random numbers in WW_TRAIN: finite differences keep the seed */
    double tolerance;   /* of fast against reference, relative rms; 0: 1e-5 */

    const ww_op_case *cases;
};

/** Whether backward reads out, of a call with so many inputs. */
static inline bool ww_op_keeps_out(const ww_op *op, int n_in, bool rectify)
{
    return op->keeps_out ||
           (rectify && (op->rectifies == WW_RECTIFIES_KEEPS_OUT ||
                        (op->rectifies == WW_RECTIFIES_SUM_KEEPS_OUT && n_in > op->min_in)));
}

extern const ww_op *const ww_ops[];
extern const size_t ww_ops_count;

#endif
