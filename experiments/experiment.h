/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_EXPERIMENT_H
#define WW_EXPERIMENTS_EXPERIMENT_H

/* Experiments: one a file, each ending with its descriptor ww_experiment_<file>.
 *
 * An experiment measures a model as it stands (intact or lesioned) on stimuli of its own, the same
 * ones for every lesion of one seed. A *study* (study.h) runs experiments over brains x seeds x
 * lesions and keeps the numbers in a grid; the experiment then holds the grid against published
 * findings: claims. A claim that does not hold is a finding, not an error.
 *
 * Not every experiment wants a brain that has learned (`wants`): physiology is done on brains as
 * they are made too, and a classical model that is no brain is built, and trained, by its own
 * experiment; its seeds are those of the study. */

#include "connectome/model.h"
#include "engine/store/h5.h"

/** One number that an experiment measures. */
typedef struct ww_measure {
    const char *name;    /* "face_identity" */
    const char *unit;    /* "share correct", "deg" */
    const char *summary; /* one line */
    bool is_error;       /* smaller is better */
} ww_measure;

/** The numbers of one experiment of a study: value[brain][seed][condition][measure]; not a number:
 * not measured (a brain without that task). */
typedef struct ww_grid {
    int n_brains, n_seeds, n_conditions, n_measures;
    const char *const *name;      /* of the brains */
    const ww_brain *const *brain; /* NULL: a model that is no brain */
    const uint64_t *seed;
    const char *const *condition; /* lesions as canonical words; the first is "none" */
    const ww_measure *measure;
    double *value;
    double *chance; /* [brain][seed][measure] what a blind answer gives */
} ww_grid;

/** One number of the grid. */
static inline double *ww_grid_at(const ww_grid *grid, int brain, int seed, int condition,
                                 int measure)
{
    return &grid->value[(((size_t)brain * (size_t)grid->n_seeds + (size_t)seed) *
                             (size_t)grid->n_conditions +
                         (size_t)condition) *
                            (size_t)grid->n_measures +
                        (size_t)measure];
}

/** A published finding, and what the model did. */
typedef struct ww_claim {
    const char *id;          /* "ffa-faces" */
    const char *finding;     /* "loss of FFA costs faces at least 3 times what it costs words" */
    const char *published;   /* in whom, and the size: "PS: 12 of 16 faces ..." */
    const char *source;      /* citation keys; the first has the numbers */
    bool from_memory;        /* the published number was not read in the source */
    bool wired;              /* the wiring forces it: the read-out hangs on the lesioned area */
    const char *brain;       /* the brain it was tested on */
    double value, low, high; /* the model's number with its 95 % interval over seeds */
    const char *measured;    /* what stands behind the number: "FFA: face 0.98, word 0.01" */
    double bound;            /* what it is held against */
    const char *rule;        /* "lower end of the interval above 3" */
    enum { WW_CLAIM_HELD, WW_CLAIM_NOT_HELD, WW_CLAIM_UNTESTED } verdict;
    char why[200]; /* of an untested claim: "two-streams-shared is not in the study" */
} ww_claim;

/** What an experiment asks of its study. */
typedef enum ww_wants {
    WW_WANTS_TRAINED, /* brains that the study trains; of a checkpoint, as it is */
    WW_WANTS_MADE,    /* brains; it does not train them (another experiment of the study may) */
    WW_WANTS_NOTHING  /* no brain: the study may leave `brains` out, and `model` is NULL then */
} ww_wants;

typedef struct ww_experiment {
    ww_item item;
    ww_wants wants;
    const char *study; /* its own study: "experiments/lesion-battery.yaml", or NULL */
    const char *brief; /* "key=value key=value": parameters with which it takes a moment, for tests;
                          NULL: the defaults with few trials */
    bool teaches; /* `open` teaches a model that has not learned (ww_model.learned); the study keeps
                     the taught brain in models/ and takes it up again */
    int n_measures;
    const ww_measure *measures;
    /** Draws the stimuli for one model and seed; the number of trials is among the params. */
    ww_status (*open)(void **state, const void *params, ww_model *model, uint64_t seed);
    void (*close)(void *state);
    /** Measures the model as it is lesioned just now: value[n_measures]. */
    ww_status (*measure)(void *state, ww_model *model, double *value);
    /** Measures what no seed changes, after `measure`; only for the first seed of a study, whose
     * numbers then stand for those of all seeds. Leaves other values alone; may be NULL. */
    ww_status (*measure_once)(void *state, ww_model *model, double *value);
    /** What a blind answer gives: chance[n_measures], not a number where that means nothing; may be
     * NULL. */
    void (*chance)(void *state, const ww_model *model, double *chance);
    /** Writes what else is worth keeping of the intact model (selectivity of its areas, tables
     * of its units) as datasets right below `group` of `file`; may be NULL. */
    ww_status (*describe)(void *state, ww_model *model, ww_h5 *file, const char *group);
    /** Writes figures to the results file and lists the claims (in `arena`); may be NULL. What
     * describe left is below /models/BRAIN-seedN in `results`. */
    ww_status (*report)(const ww_grid *grid, ww_h5 *results, ww_claim **claims, int *n_claims,
                        ww_arena *arena);
} ww_experiment;

extern const ww_experiment *const ww_experiments[];
extern const size_t ww_experiments_count;

#endif
