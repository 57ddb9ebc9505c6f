/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/base/progress.h"

#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

void ww_interrupt(void)
{
    interrupted = 1;
}

bool ww_interrupted(void)
{
    return interrupted != 0;
}

void ww_interrupt_clear(void)
{
    interrupted = 0;
}

double ww_clock_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void print_time(FILE *stream, double seconds, const char *what)
{
    if (seconds < 90)
        fprintf(stream, "%.0f s %s", seconds, what);
    else if (seconds < 5400)
        fprintf(stream, "%.0f min %s", seconds / 60, what);
    else
        fprintf(stream, "%.1f h %s", seconds / 3600, what);
}

static void draw(ww_progress *self, double done, double total, const char *note, double now)
{
    enum { WIDTH = 24 };
    double share = total > 0 ? done / total : 0;
    double passed = now - self->started_s;
    if (self->terminal) {
        char bar[WIDTH + 1];
        for (int i = 0; i < WIDTH; i++)
            bar[i] = i < (int)(share * WIDTH + 0.5) ? '#' : '.';
        bar[WIDTH] = '\0';
        fprintf(self->stream, "\r\033[K%s [%s] %3.0f %%  ", self->task, bar, 100 * share);
    } else {
        fprintf(self->stream, "%s: %.0f %%, ", self->task, 100 * share);
    }
    if (share > 0)
        print_time(self->stream, passed * (1 - share) / share, "left");
    else
        print_time(self->stream, passed, "so far");
    if (note != NULL && note[0] != '\0')
        fprintf(self->stream, "  %s", note);
    if (!self->terminal)
        fputc('\n', self->stream);
    fflush(self->stream);
    self->open = self->terminal;
    self->shown_s = now;
    self->shown_done = done;
}

/* A terminal's line is written anew as often as an eye follows; elsewhere each stays, so there is
 * one when something has been done, and one a minute. */
static bool due(const ww_progress *self, double done, double now)
{
    double since = now - self->shown_s;
    if (self->terminal)
        return since >= 0.1;
    return since >= 60 || (since >= 5 && done != self->shown_done);
}

static void terminal_step(ww_progress *self, const char *task, double done, double total,
                          const char *note)
{
    double now = ww_clock_s();
    if (strncmp(task, self->task, sizeof self->task - 1) != 0) {
        ww_progress_end(self);
        snprintf(self->task, sizeof self->task, "%s", task);
        self->started_s = now;
        self->shown_s = now + (self->terminal ? 1.9 : -3);
        self->shown_done = 0;
    }
    if (self->quiet)
        return;
    if (due(self, done, now) && now - self->started_s >= 2)
        draw(self, done, total, note, now);
    if (done >= total)
        ww_progress_end(self);
}

static void terminal_line(ww_progress *self, const char *text)
{
    ww_progress_end(self);
    if (!self->quiet)
        fprintf(self->stream, "%s\n", text);
}

ww_progress ww_progress_terminal(FILE *stream, bool quiet)
{
    return (ww_progress){.step = terminal_step,
                         .line = terminal_line,
                         .stream = stream,
                         .quiet = quiet,
                         .terminal = isatty(fileno(stream)) == 1};
}

void ww_progress_step(ww_progress *progress, const char *task, double done, double total,
                      const char *note)
{
    if (progress != NULL)
        progress->step(progress, task, done, total, note);
}

void ww_progress_line(ww_progress *progress, const char *format, ...)
{
    if (progress == NULL)
        return;
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    progress->line(progress, text);
}

void ww_progress_end(ww_progress *progress)
{
    if (progress == NULL || !progress->open)
        return;
    fputs("\r\033[K", progress->stream);
    fflush(progress->stream);
    progress->open = false;
}
