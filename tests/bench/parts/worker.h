/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_TESTS_BENCH_PARTS_WORKER_H
#define WW_TESTS_BENCH_PARTS_WORKER_H

/* Workers: processes that do what lines on their standard input ask for. One line,
 *
 *     VERB NET PASS BATCH SIDE VARIANT NUMBER PREFIX
 *
 * gives one line: "ok NUMBER ..." or "failed MESSAGE". The engine's worker is below, PyTorch's is
 * torch/worker.py; the driver (contest.h) knows no other way to either. Verbs:
 *
 *     export     write the net and NUMBER batches to PREFIX.* (the engine's worker alone)
 *     time       run for about NUMBER ms: milliseconds of each step (the first time: warmed up)
 *     gradient   one step from the exported values on batch NUMBER: writes PREFIX.gradients and
 *                says the loss; PyTorch's instead compares: loss, relative differences of all
 *                gradients together, engine to PyTorch, engine to PyTorch in double precision, and
 *                PyTorch to itself in double precision, and the same three of the parameter whose
 *                gradients differ most
 *     margin     of NUMBER batches the first five that come no nearer to a kink than 2e-5, each
 *                with its margin (torch/kinks.py; PyTorch's worker alone)
 *     outputs    one inference with the exported values: writes PREFIX.outputs; PyTorch's instead
 *                compares: relative root mean square difference, the largest, the largest output
 *     curve      NUMBER training steps from the exported values, around 8 batches, at a tenth of
 *                the learning rate: the losses
 *     work       multiply-adds of a step by the definition of the operators, whatever the
 *                kernels do (the engine's worker alone)
 *     stall      train for about NUMBER ms on pictures that a worker thread prepares: milliseconds
 *                of waiting for the first batch, of a step, and of waiting in a step (the engine's
 *                worker alone)
 *     memory     NUMBER steps, then the bytes that were planned; the peak is for the parent to ask
 *     forget     frees what was kept from the last line */

/** Serves lines until the end of standard input; returns the exit status. */
int ww_worker_serve(void);

#endif
