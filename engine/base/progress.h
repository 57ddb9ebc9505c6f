/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_BASE_PROGRESS_H
#define WW_ENGINE_BASE_PROGRESS_H

/* Progress of long work, and the wish to stop.
 *
 * The library never prints: it calls the ww_progress it was given. `ww_progress_terminal` (used by
 * the command) draws a bar on a terminal, writes a plain line every few seconds elsewhere, and is
 * silent when quiet. Work that lasts under two seconds shows nothing. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct ww_progress {
    /** Says that `done` of `total` steps of `task` are done; `note` ("loss 0.31") may be NULL. */
    void (*step)(struct ww_progress *self, const char *task, double done, double total,
                 const char *note);
    /** One whole line for the reader ("epoch 3: validation accuracy 0.93"). */
    void (*line)(struct ww_progress *self, const char *text);
    FILE *stream;
    bool quiet, terminal, open;
    double started_s, shown_s, shown_done;
    char task[80];
} ww_progress;

/** A progress that writes to `stream` (usually stderr). */
ww_progress ww_progress_terminal(FILE *stream, bool quiet);

/** Reports a step to `progress`; a NULL progress is silence. */
void ww_progress_step(ww_progress *progress, const char *task, double done, double total,
                      const char *note);

/** Reports a formatted line to `progress`; a NULL progress is silence. */
void ww_progress_line(ww_progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Wipes an unfinished bar, so that what follows starts on a line of its own. */
void ww_progress_end(ww_progress *progress);

/** Asks all long work of the process to stop at the next safe place; safe in a signal handler. */
void ww_interrupt(void);

/** Whether ww_interrupt was called. Long loops ask this once a step and return WW_EINTERRUPTED
 * after having saved what they have. */
bool ww_interrupted(void);

/** Forgets an earlier ww_interrupt. */
void ww_interrupt_clear(void);

/** Seconds on a clock that only moves forward. */
double ww_clock_s(void);

#endif
