/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CONNECTOME_BRAIN_H
#define WW_CONNECTOME_BRAIN_H

/* Brains: which areas, how wired, with which read-outs; a YAML file (connectome/brains/NAME.yaml).
 *
 *     brain: two-streams
 *     summary: ...
 *     view: {width_px: 64, height_px: 64, frames: 4, deg_per_px: 0.125, frame_ms: 50}
 *     steps: 1                      # time steps; feedback acts from one to the next
 *     stimulus: {scene: {size_min_deg: 3, size_max_deg: 4}}
 *     areas:                        # every area that takes part, with its parameters
 *       retina: {}
 *       V1: {orientations: 8}
 *     wiring:
 *       table: felleman_vanessen_1991
 *       use: [ascending, lateral, feedback]    # of the table, among the areas above
 *       add: [PITv > FFA]
 *       drop: [V1 > MT]
 *       cost: 0                     # wiring cost: L1 penalty on the weights of pathways
 *     tasks:
 *       face_identity: {reads: FFA, label: face, loss: cross-entropy}
 *       position: {reads: [LIP, 7a], label: position, loss: squared-error}
 *     training: {epochs: 20, batch: 32, rate: 0.001}
 *
 * Ascending pathways act within a time step, so they must form no cycle. A pathway's direction
 * follows from the levels of the table; one of `add` between two areas of the same level ascends
 * too (also where the table has it as lateral), and is refused if it closes a cycle. The order of
 * the areas is by level, then by the order in the file, as far as the ascending pathways allow.
 * Lateral and feedback pathways act from the maps of the step before.
 *
 * An area of any name may say of which `type` it is (V1: {type: hmax-c1}); it is then built as that
 * type is, and keeps its own name in pathways, lesions and results.
 *
 * What may be left out: `wiring` (that table, all directions), `use` (all three), `stimulus`
 * (scene), the label of a task whose name begins with it (face_identity), its loss and its number
 * of classes, which follow from the label and the stimulus. An area that the table does not have
 * gives its `level`; one that has it may. The label `class` wants `classes: N`. `training` also
 * takes samples_per_epoch and validation_samples; `augment: {...}` stands beside it. */

#include "connectome/atlas.h"
#include "engine/learning/augment.h"
#include "engine/learning/train.h"
#include "engine/store/yaml.h"

typedef enum ww_path_kind { WW_PATH_ASCENDING, WW_PATH_LATERAL, WW_PATH_FEEDBACK } ww_path_kind;

typedef struct ww_brain_area {
    const char *name;
    const ww_area *type;
    void *params; /* of the type; starts with ww_area_common */
    ww_stream stream;
    int level;
    double surface_mm2, rf_deg; /* NAN if unknown */
    int height, width;          /* its grid */
} ww_brain_area;

typedef struct ww_brain_path {
    const char *name; /* "V1>MT" */
    int from, to;     /* indices of areas */
    ww_path_kind kind;
    int span;    /* levels climbed */
    bool skip;   /* ascending and bypasses at least one level */
    double cost; /* wiring-cost weight */
    const char *source;
} ww_brain_path;

/** What a read-out has to say: a label of ww_truth, or a place. */
typedef enum ww_label {
    WW_LABEL_CATEGORY,
    WW_LABEL_FACE,
    WW_LABEL_WORD,
    WW_LABEL_OBJECT,
    WW_LABEL_COLOUR,
    WW_LABEL_DIRECTION,
    WW_LABEL_POSITION, /* x and y of the item */
    WW_LABEL_CLASS     /* the class of a labelled picture (real data) */
} ww_label;

typedef enum ww_readout_kind {
    WW_READ_FLAT,    /* all units of the maps */
    WW_READ_AVERAGE, /* the mean of each map */
    WW_READ_MAX,     /* the maximum of each map */
    WW_READ_PLACE    /* population vector: softmax over a map of the field, mean of its places */
} ww_readout_kind;

typedef struct ww_task {
    const char *name; /* "face_identity" */
    int n_reads;
    const int *reads; /* areas */
    ww_label label;
    int classes;    /* of a label; 2 for a position */
    int readout;    /* ww_readout_kind */
    double weight;  /* in the loss */
    double dropout; /* before the read-out */
} ww_task;

typedef struct ww_brain {
    const char *name, *summary, *file;
    ww_view view;
    int steps;
    const ww_stimulus *stimulus; /* what it learns from by default */
    void *stimulus_params;
    int n_areas, n_paths, n_tasks;
    const ww_brain_area *area; /* in the order in which a time step runs them */
    const ww_brain_path *path; /* grouped by target, in the order of the areas */
    const ww_task *task;
    double wiring_cost;
    ww_training training;
    int samples_per_epoch, validation_samples;
    ww_augment augment;
    const char *yaml; /* as resolved: every parameter of every area, ready to be read again */
} ww_brain;

/** Reads the brain called `name` (a file of connectome/brains, or a path). `set` is a list of
 * "key=value" (NULL-terminated, or NULL): "area.V1.orientations=8", "training.epochs=3",
 * "stimulus.n_faces=10", "view.width_px=48", "steps=2", "wiring.cost=1e-4", "augment.flip=yes",
 * "task.colour.weight=2".
 * Errors are one line with file, line and key, and a suggestion. */
ww_status ww_brain_read(ww_brain **out, const char *name, const char *const *set, ww_arena *arena);

/** The same from the text of a YAML document (the metadata of a checkpoint). */
ww_status ww_brain_parse(ww_brain **out, const char *yaml, const char *file, const char *const *set,
                         ww_arena *arena);

/** Index of an area; -1 if there is none. */
int ww_brain_area_find(const ww_brain *brain, const char *name);
/** Index of a pathway ("V1>MT"); -1 if there is none. */
int ww_brain_path_find(const ww_brain *brain, const char *name);
/** Index of a task ("colour"); -1 if there is none. */
int ww_brain_task_find(const ww_brain *brain, const char *name);

/** Whether a pathway has no effect: lateral and feedback ones act from one time step to the next,
 * and the brain runs only one. */
bool ww_brain_path_idle(const ww_brain *brain, int path);
/** How many pathways have no effect. */
int ww_brain_idle_paths(const ww_brain *brain);

/** Builds the brain into an empty graph and seals it. Inputs: "movie" [N, 3 frames, H, W] and for
 * each task "label/TASK" ([N], -1: unknown; or [N, 2] for a position, in units of half the view's
 * width and height from the centre, y up; not a number: unknown). Outputs: "TASK" (logits, or x and
 * y) and "area/AREA" (its first port, last step); losses "loss/TASK" and "loss/wiring".
 * Controls, all neutral: for each output port of an area "AREA/gate.PORT/gain" and ".../noise"
 * [C, H, W] ("AREA/gate/gain" if it has one port), so silencing an area is to set all its gates;
 * "AREA/decay" [1], a factor on all weights that reach it; for each pathway "FROM>TO/gain" and
 * "/noise" [C, H, W], and if it carries several ports "FROM>TO.PORT/gain" for each of them. Ports
 * may differ in their grids: the shape of the control says. */
ww_status ww_brain_build(ww_graph *graph, const ww_brain *brain);

/** The same without tasks but with a probe on area number `area`: input "probe" of the shape of the
 * area's first port, and the loss "loss/probe", the sum of probe * response. In WW_GRADIENT its
 * gradient with respect to "movie" is the receptive field of the units that the probe picks.
 * "area/AREA" of that area is an output, and what stands above it is not run. The values of the
 * brain's own graph fit it. */
ww_status ww_brain_build_probe(ww_graph *graph, const ww_brain *brain, int area);

#endif
