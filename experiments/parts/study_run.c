/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running a study: one process a model, so many at a time, each with its share of the cores; or one
 * model after the other in this process. Children report their progress as lines on a pipe:
 * "P DONE TOTAL TASK" and "L TEXT"; on stderr they leave the one line of their failure. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/threads.h"
#include "experiments/parts/study_files.h"

enum { LINE = 512, POLL_MS = 200 };

/* Share of a model's work that is training; the rest is its lesions. A guess for the bar alone. */
static const double TRAINING = 0.85;

struct child {
    pid_t pid;
    int out, err; /* pipes, -1: closed */
    int brain, seed;
    char line[LINE];
    size_t used;
    char said[LINE]; /* on stderr */
    size_t said_used;
    double share; /* of its work that is done */
};

struct run {
    const ww_study *study;
    const ww_study_options *options;
    struct child *child; /* [jobs] pid 0: free */
    int jobs, threads, next, finished, models;
    ww_status status;
    bool stopping;
};

static void job_step(ww_progress *self, const char *task, double done, double total,
                     const char *note)
{
    double now = ww_clock_s();
    (void)note;
    if (now - self->shown_s < 0.2 && done < total)
        return;
    self->shown_s = now;
    printf("P %.6g %.6g %s\n", done, total, task);
    if (fflush(stdout) != 0)
        ww_interrupt(); /* no one is there any more to be told */
}

static void job_line(ww_progress *self, const char *text)
{
    (void)self;
    printf("L %s\n", text);
    fflush(stdout);
}

ww_progress ww_study_job_progress(void)
{
    return (ww_progress){.step = job_step, .line = job_line};
}

/* Signals of Ctrl-C and of a polite kill are held back while a child is made. It takes them as a
 * fresh process does: our own handler would only set a flag, which exec forgets, and the child
 * would go on for ever. */
static void hold_signals(sigset_t *before)
{
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigprocmask(SIG_BLOCK, &held, before);
}

static void become_worker(const struct run *run, int brain, int seed)
{
    char job[40], threads[20];
    const ww_study *s = run->study;
    int n = 0, sets = 0;
    while (s->command_set != NULL && s->command_set[sets] != NULL)
        sets++;
    const char **argv = calloc((size_t)(2 * sets + 14), sizeof *argv);
    if (argv == NULL)
        _exit(127);
    snprintf(job, sizeof job, "%d:%d", brain, seed);
    snprintf(threads, sizeof threads, "%d", run->threads);
    argv[n++] = run->options->worker;
    argv[n++] = "run";
    argv[n++] = "--job";
    argv[n++] = job;
    argv[n++] = "--threads";
    argv[n++] = threads;
    argv[n++] = "-o";
    argv[n++] = run->options->folder;
    if (run->options->plan != NULL) {
        argv[n++] = "--plan";
        argv[n++] = run->options->plan;
    }
    for (int i = 0; i < sets; i++) {
        argv[n++] = "--set";
        argv[n++] = s->command_set[i];
    }
    argv[n++] = "--";
    argv[n++] = s->file;
    setenv("OMP_WAIT_POLICY", "passive", 0); /* the cores are shared with the other jobs */
    execv(run->options->worker, (char *const *)argv);
    _exit(127);
}

static ww_status start(struct run *run, struct child *child)
{
    int out[2], err[2];
    sigset_t before;
    *child = (struct child){.out = -1, .err = -1};
    child->brain = run->next / run->study->n_seeds;
    child->seed = run->next % run->study->n_seeds;
    run->next++;
    if (pipe(out) != 0)
        return WW_FAIL(WW_EIO, "a pipe could not be made: %s", strerror(errno));
    if (pipe(err) != 0) {
        close(out[0]);
        close(out[1]);
        return WW_FAIL(WW_EIO, "a pipe could not be made: %s", strerror(errno));
    }
    /* other children hold no end of it: a child whose parent is gone shall find its pipe broken */
    fcntl(out[0], F_SETFD, FD_CLOEXEC);
    fcntl(err[0], F_SETFD, FD_CLOEXEC);
    hold_signals(&before);
    child->pid = fork();
    if (child->pid == 0) {
        signal(SIGINT, SIG_DFL);
        signal(SIGTERM, SIG_DFL);
        sigprocmask(SIG_SETMASK, &before, NULL);
        dup2(out[1], STDOUT_FILENO);
        dup2(err[1], STDERR_FILENO);
        close(out[0]);
        close(out[1]);
        close(err[0]);
        close(err[1]);
        become_worker(run, child->brain, child->seed);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(out[1]);
    close(err[1]);
    child->out = out[0];
    child->err = err[0];
    if (child->pid < 0) {
        child->pid = 0;
        return WW_FAIL(WW_EIO, "a process could not be started: %s", strerror(errno));
    }
    return WW_OK;
}

static void take_line(struct run *run, struct child *child)
{
    double done, total;
    int at = 0;
    child->line[child->used] = '\0';
    child->used = 0;
    if (strncmp(child->line, "L ", 2) == 0) {
        ww_progress_line(run->options->progress, "%s seed %llu: %s",
                         run->study->brain_name[child->brain],
                         (unsigned long long)run->study->seed[child->seed], child->line + 2);
    } else if (sscanf(child->line, "P %lf %lf %n", &done, &total, &at) == 2 && total > 0) {
        double share = done / total;
        bool training = strcmp(child->line + at, "lesions") != 0;
        child->share = training ? TRAINING * share : TRAINING + (1 - TRAINING) * share;
    }
}

/* Reads what there is; false at the end of the pipe. */
static bool take_output(struct run *run, struct child *child)
{
    char piece[LINE];
    ssize_t n = read(child->out, piece, sizeof piece);
    for (ssize_t i = 0; i < n; i++) {
        if (piece[i] == '\n')
            take_line(run, child);
        else if (child->used + 1 < sizeof child->line)
            child->line[child->used++] = piece[i];
    }
    return n > 0 || (n < 0 && errno == EINTR);
}

static bool take_errors(struct child *child)
{
    char piece[LINE];
    ssize_t n = read(child->err, piece, sizeof piece);
    for (ssize_t i = 0; i < n && child->said_used + 1 < sizeof child->said; i++)
        child->said[child->said_used++] = piece[i];
    return n > 0 || (n < 0 && errno == EINTR);
}

/* The failure of a child in its own words. */
static ww_status failure_of(const struct run *run, struct child *child, int status)
{
    char *line = child->said;
    static const char prefix[] = "whatwhere: ";
    child->said[child->said_used] = '\0';
    if (strncmp(line, prefix, sizeof prefix - 1) == 0)
        line += sizeof prefix - 1;
    line[strcspn(line, "\n")] = '\0';
    const char *brain = run->study->brain_name[child->brain];
    unsigned long long seed = run->study->seed[child->seed];
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return WW_FAIL(WW_EIO, "%s could not be started", run->options->worker);
    if (WIFSIGNALED(status))
        return WW_FAIL(WW_EIO, "%s seed %llu: its process died of signal %d", brain, seed,
                       WTERMSIG(status));
    if (line[0] == '\0')
        return WW_FAIL(WW_EIO, "%s seed %llu: its process ended with status %d", brain, seed,
                       WEXITSTATUS(status));
    return WW_FAIL(WW_EIO, "%s seed %llu: %s", brain, seed, line);
}

static void finish(struct run *run, struct child *child)
{
    int status = 0;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    child->pid = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        run->finished++;
    else if (run->status == WW_OK && ww_interrupted())
        run->status = WW_EINTERRUPTED;
    else if (run->status == WW_OK)
        run->status = failure_of(run, child, status);
}

/* After a failure or Ctrl-C the others are asked to stop; each keeps what it has. */
static void ask_to_stop(struct run *run)
{
    run->stopping = true;
    for (int i = 0; i < run->jobs; i++)
        if (run->child[i].pid > 0)
            kill(run->child[i].pid, SIGTERM);
}

static void show(const struct run *run)
{
    double done = run->finished;
    for (int i = 0; i < run->jobs; i++)
        if (run->child[i].pid > 0)
            done += run->child[i].share;
    char note[64];
    snprintf(note, sizeof note, "%d of %d models done", run->finished, run->models);
    ww_progress_step(run->options->progress, run->study->name, done, run->models, note);
}

/* Waits for any child to say something, and takes it; true while any child lives. */
static void listen_to(struct run *run)
{
    struct pollfd *fd = calloc((size_t)run->jobs * 2, sizeof *fd);
    if (fd == NULL)
        return;
    for (int i = 0; i < run->jobs; i++) {
        bool alive = run->child[i].pid > 0;
        fd[2 * i] = (struct pollfd){.fd = alive ? run->child[i].out : -1, .events = POLLIN};
        fd[2 * i + 1] = (struct pollfd){.fd = alive ? run->child[i].err : -1, .events = POLLIN};
    }
    poll(fd, (nfds_t)run->jobs * 2, POLL_MS);
    for (int i = 0; i < run->jobs; i++) {
        struct child *child = &run->child[i];
        if (child->pid <= 0)
            continue;
        if (fd[2 * i].revents != 0 && !take_output(run, child)) {
            close(child->out);
            child->out = -1;
        }
        if (fd[2 * i + 1].revents != 0 && !take_errors(child)) {
            close(child->err);
            child->err = -1;
        }
        if (child->out < 0 && child->err < 0)
            finish(run, child);
    }
    free(fd);
}

static ww_status run_processes(struct run *run)
{
    int alive;
    run->child = calloc((size_t)run->jobs, sizeof *run->child);
    if (run->child == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    do {
        alive = 0;
        for (int i = 0; i < run->jobs; i++) {
            bool wanted = run->next < run->models && run->status == WW_OK && !ww_interrupted();
            if (run->child[i].pid == 0 && wanted)
                run->status = start(run, &run->child[i]);
            alive += run->child[i].pid > 0;
        }
        if ((run->status != WW_OK || ww_interrupted()) && !run->stopping)
            ask_to_stop(run);
        if (alive > 0)
            listen_to(run);
        show(run);
    } while (alive > 0);
    free(run->child);
    if (run->status == WW_OK && run->finished < run->models)
        return WW_EINTERRUPTED;
    return run->status;
}

static ww_status run_here(struct run *run)
{
    for (; run->next < run->models; run->next++)
        WW_TRY(ww_study_job(run->study, run->options->folder, run->next / run->study->n_seeds,
                            run->next % run->study->n_seeds, run->options->progress));
    return WW_OK;
}

static void forget(const ww_study *study, const char *folder)
{
    char path[WW_STUDY_PATH];
    for (int b = 0; b < study->n_brains; b++)
        for (int s = 0; s < study->n_seeds; s++) {
            ww_study_part_path(path, folder, study->brain_name[b], study->seed[s]);
            unlink(path);
            ww_study_model_path(path, folder, study->brain_name[b], study->seed[s]);
            unlink(path);
        }
}

ww_status ww_study_run(const ww_study *study, const ww_study_options *options, ww_claim **claims,
                       int *n_claims, ww_arena *arena)
{
    struct run run = {.study = study, .options = options};
    int cores = options->threads > 0 ? options->threads : ww_cores();
    run.models = study->n_brains * study->n_seeds;
    run.jobs = options->jobs > 0 ? options->jobs : cores;
    run.jobs = run.jobs < run.models ? run.jobs : run.models;
    run.threads = cores / run.jobs > 1 ? cores / run.jobs : 1;
    WW_TRY(ww_study_folders(options->folder));
    if (options->fresh)
        forget(study, options->folder);
    ww_status status = options->worker != NULL ? run_processes(&run) : run_here(&run);
    ww_progress_end(options->progress);
    ww_study_sweep(options->folder); /* of jobs that were killed */
    if (status == WW_EINTERRUPTED)
        return WW_FAIL(WW_EINTERRUPTED, "interrupted; what is done is kept in %s", options->folder);
    WW_TRY(status);
    return ww_study_results(study, options, claims, n_claims, arena);
}
