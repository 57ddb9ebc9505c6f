/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_COMPILE_H
#define WW_ENGINE_TENSOR_COMPILE_H

/* The inside of a program, shared by compile.c, backward.c, memory.c, neutral.c, run.c and
 * check.c.
 *
 * Time: unit u of n (an operator that runs) goes forward at time u; the backward pass starts at
 * time n with the weights of the losses; unit u goes backward at time 3n - 2u. Between two of these
 * lies a time at which units go forward once more (recompute.c). */

#include "engine/tensor/layout.h"
#include "engine/tensor/program.h"

enum { WW_NO_BUFFER = -1, WW_BEFORE = -1, WW_GUARD_FLOATS = WW_ALIGNMENT / sizeof(float) };

/** What fills memory around and, before the first run, in buffers under WW_SENTINELS=1: a quiet
 * NaN, so that what is read where nothing was written shows. */
#define WW_SENTINEL UINT32_C(0x7fc5e17e)

/** What the compiler knows of one node of the graph. */
typedef struct ww_array {
    const ww_node *node;
    const ww_value *value; /* named arrays */
    ww_shape shape;        /* at the batch size */
    size_t floats;
    int unit;                    /* operators that run, else -1 */
    bool needed;                 /* reaches a result */
    int uses;                    /* how often it is read, or is a result */
    bool added, rectified;       /* of an addition, a rectification that the operator does too which
                                    gives one of its inputs */
    bool varies;                 /* depends on something that is differentiated */
    bool wanted;                 /* its gradient is computed */
    bool blocked;                /* it, and its gradient, lie in blocks of channels (blocks.c) */
    bool near;                   /* made anew, by a guest, wherever it is read (guests.c); its
                                    memory is that of the reader */
    double loss_weight;          /* d loss / d this, directly */
    int last;                    /* time of the last read of the value */
    int buffer, gradient_buffer; /* WW_NO_BUFFER where the numbers are elsewhere */
    float *data, *gradient;
    int stand_in;   /* the array that is read instead of it while its operator is neutral
                       (neutral.c); -1: none */
    bool again;     /* backward finds it computed again, elsewhere (recompute.c) */
    int again_last; /* time of the last read of that one; WW_BEFORE: none */
    int again_buffer;
    float *again_data;
} ww_array;

/** Where the backward function of a unit puts its gradient with respect to one input. */
typedef enum ww_target_kind {
    WW_TARGET_NONE,  /* not wanted */
    WW_TARGET_FIRST, /* into the gradient itself */
    WW_TARGET_ADDED, /* added to that */
    WW_TARGET_EXTRA  /* into a buffer, which is then added to the gradient */
} ww_target_kind;

typedef struct ww_target {
    ww_target_kind kind;
    int buffer; /* EXTRA */
} ww_target;

/** One operator that runs. */
typedef struct ww_unit {
    int id; /* of its node */
    const ww_node *node;
    const char *op;                              /* "bias", "bias+relu" */
    bool differentiated;                         /* has a backward call */
    bool late;                                   /* leaves the gradient of its weights (late.c) */
    ww_status (*run_forward)(ww_op_call *call);  /* fast or reference */
    ww_status (*run_backward)(ww_op_call *call); /* likewise */
    ww_op_call forward, backward;                /* the same but for what is still alive */
    ww_shape *in_shape;                          /* [n_in] */
    float **in, **kept_in, **grad_in;            /* [n_in] */
    ww_target *target;                           /* [n_in] */
    int sums_host, rest_host; /* the units that do its sums, and what comes after them (guests.c);
                                 -1: itself */
    int back_sums_host, back_rest_host; /* the same backward */
    int saved, scratch;                 /* buffers */
    uint64_t key;                       /* of its random numbers */
    int segment;                        /* of the units (recompute.c) */
    bool repeats;                       /* goes forward once more, by the call `again` */
    ww_op_call again;
    float **again_in; /* [n_in] */
    double forward_s, backward_s;
} ww_unit;

/** One thing to do in a run: a call, or to = value, or to += from. */
typedef struct ww_step {
    ww_status (*run)(ww_op_call *call); /* NULL: not a call */
    ww_op_call *call;
    ww_unit *unit; /* NULL: a loss's weight */
    float *to;
    const float *from; /* NULL: to[0] = value */
    float value;
    size_t floats;
} ww_step;

typedef struct ww_lanes ww_lanes;

struct ww_program {
    ww_arena *arena;
    const ww_graph *graph;
    ww_values *values;
    ww_compile_options options;
    bool sentinels;
    ww_array *arrays; /* one a node of the graph */
    size_t n_arrays;
    ww_unit *units;
    int n_units;
    ww_step *steps;
    size_t n_steps;
    ww_buffer *buffers;
    int n_buffers;
    int *late; /* [n_late] units with late gradients, in the order of the parameters */
    int n_late;
    int parameter_gradients; /* buffer */
    size_t parameter_floats;
    float *memory;
    float *spare; /* of what is made anew, while there are no guests; else NULL */
    size_t memory_floats, unshared_floats;
    int lanes;          /* threads that take steps side by side; 1: one step at a time */
    int scratch;        /* the buffer that all units share, in a part for each lane */
    size_t lane_floats; /* of a part */
    ww_lanes *beside;   /* lanes > 1 (lanes.c) */
    uint64_t runs;
};

/** Whether bit k (or the bit for any k) of an operator's mask is set. */
static inline bool ww_mask_has(unsigned mask, int k)
{
    return (mask & WW_BIT(31)) != 0 || (k < 31 && (mask & WW_BIT(k)) != 0);
}

/** When a unit goes backward; forward, unit u goes at time u. */
static inline int ww_time_backward(const ww_program *program, int unit)
{
    return 3 * program->n_units - 2 * unit;
}

/** When the units of a segment whose last one is `unit` go forward once more. */
static inline int ww_time_again(const ww_program *program, int unit)
{
    return ww_time_backward(program, unit) - 1;
}

/** After everything. */
static inline int ww_time_end(const ww_program *program)
{
    return 3 * program->n_units + 1;
}

/** Whether the backward call of `unit` reads input k. */
bool ww_unit_keeps_in(const ww_unit *unit, int k);

/** Whether the backward call of `unit` reads its output. */
bool ww_unit_keeps_out(const ww_unit *unit);

/** Decides whose gradients are computed (backward.c). */
void ww_backward_mark(ww_program *program);

/** Decides which arrays lie in blocks of channels, and tells the calls (blocks.c). */
void ww_blocks_mark(ww_program *program);

/** Decides which units do parts of others (guests.c). */
void ww_guests_mark(ww_program *program);
/** Tells the calls, once all is at its place, or takes it back. What is made anew then has memory
 * that it does not have otherwise. Errors: WW_ENOMEM; nothing has changed. */
ww_status ww_guests_tell(ww_program *program, bool invited);
/** When all that unit u does forward is done, by itself or by its host. */
int ww_guest_forward(const ww_program *program, int u);
/** The same backward. */
int ww_guest_backward(const ww_program *program, int u);
/** When the first part of what unit u does backward is done, by itself or by its host. */
int ww_guest_backward_begins(const ww_program *program, int u);

/** Decides which gradients are left as factors, if options.late says so (late.c). */
ww_status ww_late_mark(ww_program *program);

/** The factors of a late unit, for weights at `offset`. */
ww_factors ww_late_factors(const ww_unit *unit, size_t offset);

/** Decides which arrays are computed again for the backward pass, if options.recompute says so
 * (recompute.c). */
void ww_recompute_mark(ww_program *program);

/** Which units repeat, once it is known which arrays backward reads; they read others in turn. */
void ww_recompute_lives(ww_program *program);

/** The last unit of the segment of unit u. */
int ww_recompute_end(const ww_program *program, int u);

/** Finds lives, decides what works in place, plans and allocates all memory, and points everything
 * at its place (memory.c). */
ww_status ww_memory_plan(ww_program *program);

/** A new buffer; counts it as unshared too (memory.c). */
int ww_buffer_add(ww_program *program, ww_buffer buffer);

/** Finds the arrays that others may stand in for, once all is at its place (neutral.c). */
void ww_neutral_plan(ww_program *program);
/** Before a run: points the readers of each such array at the other while its operator is neutral,
 * and back when it no longer is (neutral.c). */
void ww_neutral_update(ww_program *program);

/** Gives every gradient and contribution its buffer (backward.c, called by ww_memory_plan). */
ww_status ww_backward_buffers(ww_program *program);

/** Writes the list of what a run does (run.c). */
ww_status ww_steps_list(ww_program *program);

/** Multiply-adds of the forward call of what consists of sums of products; else 0 (run.c). */
double ww_unit_products(const ww_unit *unit);

/** Scratch of one lane (memory.c). */
float *ww_lane_scratch(const ww_program *program, int lane);

/** Does one step (run.c). */
ww_status ww_step_do(const ww_step *step);

/** Sets the keys of the random numbers of a run (run.c). */
void ww_program_key(ww_program *program, uint64_t step);

#endif
