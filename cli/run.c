/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An experiment with the study that belongs to it, or a study of one's own: trains what is not
 * trained, measures what is not measured, and prints what was claimed and what was found. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "engine/base/data_path.h"
#include "engine/base/threads.h"
#include "experiments/parts/study.h"

struct run {
    bool demo, fresh;
    int jobs, seeds, trials;
    const char *brain, *job;
};

static const ww_param params[] = {
    WW_BOOL(struct run, demo, false, "the small study that takes minutes", ""),
    WW_BOOL(struct run, fresh, false, "forget what an earlier run has done", ""),
    WW_INT(struct run, jobs, 0, 0, 1024, "", "models at a time; 0: one a core", ""),
    WW_INT(struct run, seeds, 0, 0, 10000, "", "models of each brain; 0: as the study says", ""),
    WW_INT(struct run, trials, 0, 0, 1000000, "", "scenes a lesion is tested on; 0: as it says",
           ""),
    WW_TEXT(struct run, brain, "",
            "name, YAML file or checkpoint instead of the study's; once "
            "for each brain",
            ""),
    WW_TEXT(struct run, job, "", "only the model BRAIN:SEED, by number (for its own processes)",
            ""),
    WW_PARAM_END};

static ww_status find_study(char *path, size_t bytes, const char *name, bool demo)
{
    const ww_family *family;
    size_t i, n = strlen(name);
    char relative[300];
    if (n > 5 && strcmp(name + n - 5, ".yaml") == 0) {
        snprintf(path, bytes, "%s", name);
        return demo ? ww_usage_error("--demo goes with an experiment, not with a study") : WW_OK;
    }
    WW_TRY(ww_family_find(&family, "experiments"));
    WW_TRY(ww_usage(ww_item_find(&i, family, name)));
    const char *study = ww_experiments[i]->study;
    if (study == NULL)
        return ww_usage_error("%s has no study of its own; name it in a study file", name);
    if (demo)
        snprintf(relative, sizeof relative, "%.*s-demo.yaml", (int)strlen(study) - 5, study);
    else
        snprintf(relative, sizeof relative, "%s", study);
    return ww_data_path(path, bytes, relative);
}

static void print_number(double value)
{
    if (isfinite(value))
        printf(" %8.3f", value);
    else
        printf(" %8s", "-");
}

/* What stands behind the values, where an experiment says it. */
static void print_measured(const ww_claim *claim, int n, int wide)
{
    bool first = true;
    for (int i = 0; i < n; i++) {
        if (claim[i].measured == NULL)
            continue;
        if (first)
            puts("Losses behind the values, as shares of what the intact brain does above chance "
                 "(means over seeds):");
        first = false;
        printf("  %-*s %-20s %s\n", wide, claim[i].id, claim[i].brain, claim[i].measured);
    }
}

static void print_claims(const ww_claim *claim, int n)
{
    static const char *const verdict[] = {"held", "NOT HELD", "untested"};
    int wide = 18;
    for (int i = 0; i < n; i++)
        wide = (int)strlen(claim[i].id) > wide ? (int)strlen(claim[i].id) : wide;
    printf("\n%-*s %-20s %-9s %8s %8s %8s %8s  %s\n", wide, "claim", "brain", "kind", "value",
           "low", "high", "bound", "verdict");
    for (int i = 0; i < n; i++) {
        const ww_claim *c = &claim[i];
        printf("%-*s %-20s %-9s", wide, c->id, c->brain, c->wired ? "wired" : "emergent");
        print_number(c->value);
        print_number(c->low);
        print_number(c->high);
        print_number(c->bound);
        printf("  %s%s%s\n", verdict[c->verdict], c->why[0] ? ": " : "", c->why);
    }
    puts("\nlow and high: 95 % t interval over seeds, from 3 seeds on.");
    print_measured(claim, n, wide);
    puts("\nWhat is claimed:");
    for (int i = 0; i < n; i++) {
        const ww_claim *c = &claim[i];
        bool first = i == 0 || strcmp(claim[i - 1].brain, c->brain) == 0;
        if (!first)
            break;
        printf("  %-*s %s\n  %*s   in life: %s [%s%s]\n  %*s   held if: %s\n", wide, c->id,
               c->finding, wide, "", c->published, c->source, c->from_memory ? ", from memory" : "",
               wide, "", c->rule);
    }
}

static ww_status run_job(ww_cli *cli, const struct run *p, const ww_study *study,
                         const char *folder)
{
    int brain, seed, used = 0;
    (void)cli;
    if (sscanf(p->job, "%d:%d%n", &brain, &seed, &used) != 2 || p->job[used] != '\0')
        return ww_usage_error("--job: '%s' is not BRAIN:SEED", p->job);
    ww_progress progress = ww_study_job_progress();
    return ww_study_job(study, folder, brain, seed, &progress);
}

/* The --set of the command line, and what the other options say of the study. */
static const char *const *settings(const ww_cli *cli, const struct run *p)
{
    size_t n = 0;
    while (cli->set[n] != NULL)
        n++;
    const char **set = ww_arena_array(cli->arena, n + 4, sizeof *set);
    for (size_t i = 0; set != NULL && i < n; i++)
        set[i] = cli->set[i];
    if (set != NULL && p->seeds > 0)
        set[n++] = ww_arena_printf(cli->arena, "study.seeds=%d", p->seeds);
    if (set != NULL && p->trials > 0)
        set[n++] = ww_arena_printf(cli->arena, "study.trials=%d", p->trials);
    if (set != NULL && p->brain[0] != '\0') {
        char *brains = ww_arena_printf(cli->arena, "study.brains=%s", p->brain);
        for (char *c = brains; c != NULL && *c != '\0'; c++)
            if (*c == '\n')
                *c = ',';
        set[n] = brains;
    }
    return set;
}

static ww_status run(ww_cli *cli, const void *self, int argc, const char *const *argv)
{
    const struct run *p = self;
    char path[4096], worker[4096];
    ww_study *study;
    ww_claim *claims;
    int n_claims;
    WW_TRY(ww_usage_count(argc, argv, 1, 1, "EXPERIMENT or STUDY.yaml"));
    WW_TRY(find_study(path, sizeof path, argv[0], p->demo));
    const char *const *set = settings(cli, p);
    if (set == NULL)
        return WW_ENOMEM;
    WW_TRY(ww_study_read(&study, path, set, cli->arena));
    const char *folder = cli->output;
    if (folder == NULL)
        folder = ww_arena_printf(cli->arena, "results-%s", study->name);
    if (folder == NULL)
        return WW_ENOMEM;
    if (p->job[0] != '\0')
        return run_job(cli, p, study, folder);
    if (study->set_left_out)
        printf("%s: set: left out, since trained brains keep their keys\n", study->file);
    ssize_t length = readlink("/proc/self/exe", worker, sizeof worker - 1);
    worker[length > 0 ? length : 0] = '\0';
    ww_study_options options = {.folder = folder,
                                .worker = length > 0 ? worker : NULL,
                                .jobs = p->jobs,
                                .threads = cli->threads > 0 ? cli->threads : ww_cores(),
                                .plan = cli->plan,
                                .fresh = p->fresh,
                                .progress = &cli->progress,
                                .command_line = cli->command_line};
    WW_TRY(ww_study_run(study, &options, &claims, &n_claims, cli->arena));
    if (n_claims > 0)
        print_claims(claims, n_claims);
    printf("\nresults: %s/results.h5\nfigures: %s/figures\n", folder, folder);
    return WW_OK;
}

const ww_command ww_command_run = {
    .item = {.name = "run",
             .summary = "runs an experiment, or a study of brains, lesions, doses and seeds",
             .example = "whatwhere run lesion-battery --demo",
             .params = params,
             .params_size = sizeof(struct run)},
    .repeats = "brain",
    .synopsis = "EXPERIMENT\nSTUDY.yaml",
    .sets = "keys of every brain of the study (training.epochs=3) and of its experiments "
            "(experiment.trials=500)",
    .writes = "the folder for models, results.h5 and figures; results-STUDY without one",
    .plans = true,
    .run = run};
