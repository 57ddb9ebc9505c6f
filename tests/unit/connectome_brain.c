/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connectome/measures.h"

static ww_arena *arena;

static void begin(void)
{
    arena = ww_arena_create();
}

static void end(void)
{
    ww_arena_free(arena);
}

TestSuite(connectome_brain, .init = begin, .fini = end);

#define HEAD                                                                                       \
    "brain: test\n"                                                                                \
    "view: {width_px: 32, height_px: 24, frames: 2}\n"                                             \
    "steps: 2\n"                                                                                   \
    "stimulus: {scene: {n_faces: 7, n_words: 6, n_objects: 5, n_colours: 4, n_directions: 3}}\n"
#define AREAS                                                                                      \
    "areas:\n"                                                                                     \
    "  7a: {grid: 8}\n"                                                                            \
    "  VIP: {}\n"                                                                                  \
    "  LIP: {grid: 8, channels: 5}\n"                                                              \
    "  retina: {}\n"                                                                               \
    "  LGN:\n"                                                                                     \
    "  v1: {orientations: 6, frequencies_cpd: [0.5, 1.5]}\n"                                       \
    "  V2: {}\n"                                                                                   \
    "  MT: {}\n"                                                                                   \
    "  PO: {}\n"
#define WIRING                                                                                     \
    "wiring:\n"                                                                                    \
    "  table: felleman_vanessen_1991\n"                                                            \
    "  use: [ascending, feedback]\n"                                                               \
    "  add: [VIP > LIP, V1 > 7a, 7a > retina]\n"                                                   \
    "  drop: [LGN > MT, 7a>PO]\n"                                                                  \
    "  cost: 0.25\n"
#define TASKS                                                                                      \
    "tasks:\n"                                                                                     \
    "  face_identity: {reads: V2, loss: cross-entropy, dropout: 0.5}\n"                            \
    "  what: {reads: [V2, V1], label: category, readout: max, weight: 2}\n"                        \
    "  motion: {reads: MT, label: direction}\n"                                                    \
    "  position: {reads: [LIP, 7A], loss: squared-error}\n"                                        \
    "  colour: {reads: V1}\n"                                                                      \
    "  digit: {reads: V2, label: class, classes: 10, readout: average}\n"
#define TAIL                                                                                       \
    "training: {epochs: 3, rate: 0.01, samples_per_epoch: 100}\n"                                  \
    "augment: {flip: yes}\n"

static const char whole[] = HEAD AREAS WIRING TASKS TAIL;

static ww_brain *brain_of(const char *yaml, const char *const *set)
{
    ww_brain *brain = NULL;
    cr_assert_eq(ww_brain_parse(&brain, yaml, "b.yaml", set, arena), WW_OK, "%s",
                 ww_error_message());
    return brain;
}

static const ww_brain_area *area_of(const ww_brain *brain, const char *name)
{
    int i = ww_brain_area_find(brain, name);
    cr_assert_geq(i, 0, "%s", name);
    return &brain->area[i];
}

static const ww_brain_path *path_of(const ww_brain *brain, const char *name)
{
    int i = ww_brain_path_find(brain, name);
    cr_assert_geq(i, 0, "%s", name);
    return &brain->path[i];
}

Test(connectome_brain, areas_and_their_order)
{
    const ww_brain *brain = brain_of(whole, NULL);
    static const char *const order[] = {"retina", "LGN", "V1",  "V2", "MT",
                                        "PO",     "VIP", "LIP", "7a"};
    cr_expect_str_eq(brain->name, "test");
    cr_expect_eq(brain->steps, 2);
    cr_expect_eq(brain->view.frames, 2);
    cr_expect_str_eq(brain->stimulus->item.name, "scene");
    cr_assert_eq(brain->n_areas, 9);
    for (int i = 0; i < 9; i++)
        cr_expect_str_eq(brain->area[i].name, order[i]); /* VIP is before LIP in the file too */
    const ww_brain_area *v1 = area_of(brain, "V1");
    cr_expect_eq(v1->level, 2);
    cr_expect_eq(v1->surface_mm2, 1484.63);
    cr_expect_eq(v1->rf_deg, 1.3);
    cr_expect(isnan(area_of(brain, "LIP")->rf_deg));
    cr_expect_eq(area_of(brain, "LIP")->stream, WW_STREAM_DORSAL);
    cr_expect_eq(area_of(brain, "7a")->width, 8);
    cr_expect_eq(area_of(brain, "7a")->height, 6);
    cr_expect_eq(((const ww_area_common *)area_of(brain, "LIP")->params)->channels, 5);
    cr_expect_eq(brain->training.epochs, 3);
    cr_expect_eq(brain->samples_per_epoch, 100);
    cr_expect_eq(brain->validation_samples, 256);
    cr_expect(brain->augment.flip);
}

Test(connectome_brain, pathways)
{
    const ww_brain *brain = brain_of(whole, NULL);
    cr_expect_eq(path_of(brain, "V1>V2")->kind, WW_PATH_ASCENDING);
    cr_expect_str_eq(path_of(brain, "V1>V2")->source, "felleman1991 rubinov2010");
    cr_expect(!path_of(brain, "V1>V2")->skip);
    cr_expect(path_of(brain, "V1>MT")->skip);
    cr_expect_eq(path_of(brain, "V1>MT")->span, 4);
    cr_expect_eq(path_of(brain, "MT>V1")->kind, WW_PATH_FEEDBACK);
    cr_expect_eq(path_of(brain, "7a>retina")->kind, WW_PATH_FEEDBACK);
    cr_expect_eq(path_of(brain, "V1>7a")->kind, WW_PATH_ASCENDING);
    cr_expect_eq(path_of(brain, "VIP>LIP")->kind, WW_PATH_ASCENDING, "added within a level");
    cr_expect(!path_of(brain, "VIP>LIP")->skip);
    cr_expect_eq(ww_brain_path_find(brain, "LIP>VIP"), -1, "lateral ones are not used");
    cr_expect_eq(ww_brain_path_find(brain, "LGN>MT"), -1);
    cr_expect_eq(ww_brain_path_find(brain, "7a>PO"), -1);
    cr_expect_eq(brain->wiring_cost, 0.25);
    for (int p = 0; p < brain->n_paths; p++) {
        const ww_brain_path *path = &brain->path[p];
        cr_expect_eq(path->cost, 0.25);
        cr_expect(p == 0 || path[-1].to < path->to ||
                  (path[-1].to == path->to && path[-1].from < path->from));
        cr_expect(path->kind != WW_PATH_ASCENDING || path->from < path->to);
    }
    /* the other way round LIP runs first, whatever the file says */
    brain = brain_of(HEAD AREAS "wiring: {add: [LIP > VIP]}\n", NULL);
    cr_expect_lt(ww_brain_area_find(brain, "LIP"), ww_brain_area_find(brain, "VIP"));
    cr_expect_eq(path_of(brain, "VIP>LIP")->kind, WW_PATH_LATERAL, "all directions by default");
    ww_atlas *atlas;
    ww_measures m;
    cr_assert_eq(ww_brain_atlas(&atlas, brain, arena), WW_OK);
    cr_assert_eq(ww_measures_compute(&m, atlas, 0, arena), WW_OK);
    cr_expect_eq(m.links, brain->n_paths);
    cr_expect_eq(m.orphans, 0);
}

Test(connectome_brain, tasks)
{
    const ww_brain *brain = brain_of(whole, NULL);
    static const struct {
        const char *name;
        ww_label label;
        int classes, readout;
    } want[] = {{"face_identity", WW_LABEL_FACE, 7, WW_READ_FLAT},
                {"what", WW_LABEL_CATEGORY, 3, WW_READ_MAX},
                {"motion", WW_LABEL_DIRECTION, 3, WW_READ_FLAT},
                {"position", WW_LABEL_POSITION, 2, WW_READ_PLACE},
                {"colour", WW_LABEL_COLOUR, 4, WW_READ_FLAT},
                {"digit", WW_LABEL_CLASS, 10, WW_READ_AVERAGE}};
    cr_assert_eq(brain->n_tasks, 6);
    for (int t = 0; t < 6; t++) {
        const ww_task *task = &brain->task[t];
        cr_expect_str_eq(task->name, want[t].name);
        cr_expect_eq(task->label, want[t].label, "%s", task->name);
        cr_expect_eq(task->classes, want[t].classes, "%s", task->name);
        cr_expect_eq(task->readout, want[t].readout, "%s", task->name);
    }
    int where = ww_brain_task_find(brain, "position");
    cr_expect_eq(brain->task[where].n_reads, 2);
    cr_expect_str_eq(brain->area[brain->task[where].reads[0]].name, "LIP");
    cr_expect_str_eq(brain->area[brain->task[where].reads[1]].name, "7a");
    cr_expect_eq(brain->task[0].dropout, 0.5);
    cr_expect_eq(brain->task[1].weight, 2);
    cr_expect_eq(ww_brain_task_find(brain, "taste"), -1);
}

/* What is written down reads back to the same brain, and settings are part of it. */
Test(connectome_brain, round_trip)
{
    const char *const set[] = {"area.V1.orientations=12",
                               "area.v2.channels=9",
                               "training.epochs=5",
                               "training.samples_per_epoch=64",
                               "stimulus.n_faces=11",
                               "view.width_px=48",
                               "steps=3",
                               "wiring.cost=1e-4",
                               "augment.contrast=0.3",
                               "task.what.weight=0.5",
                               NULL};
    for (int with = 0; with < 2; with++) {
        const ww_brain *brain = brain_of(whole, with ? set : NULL);
        const ww_brain *again = brain_of(brain->yaml, NULL);
        cr_expect_str_eq(brain->yaml, again->yaml);
        cr_assert_eq(brain->n_areas, again->n_areas);
        cr_assert_eq(brain->n_paths, again->n_paths);
        for (int i = 0; i < brain->n_areas; i++) {
            cr_expect_str_eq(brain->area[i].name, again->area[i].name);
            cr_expect_eq(brain->area[i].height, again->area[i].height);
        }
        for (int p = 0; p < brain->n_paths; p++) {
            cr_expect_str_eq(brain->path[p].name, again->path[p].name);
            cr_expect_eq(brain->path[p].kind, again->path[p].kind);
            cr_expect_eq(brain->path[p].cost, again->path[p].cost);
        }
        for (int t = 0; t < brain->n_tasks; t++)
            cr_expect_eq(brain->task[t].classes, again->task[t].classes);
    }
    const ww_brain *brain = brain_of(whole, set);
    cr_expect_eq(brain->training.epochs, 5);
    cr_expect_eq(brain->samples_per_epoch, 64);
    cr_expect_eq(brain->steps, 3);
    cr_expect_eq(brain->view.width_px, 48);
    cr_expect_eq(brain->area[brain->n_areas - 1].height, 4, "8 columns of 48 x 24 pixels");
    cr_expect_eq(brain->task[0].classes, 11);
    cr_expect_eq(brain->task[1].weight, 0.5);
    cr_expect_eq(brain->wiring_cost, 1e-4);
    cr_expect_eq(brain->augment.contrast, 0.3);
    cr_expect_eq(((const ww_area_common *)area_of(brain, "V2")->params)->channels, 9);
    cr_expect_not_null(strstr(brain->yaml, "orientations: 12"));
    brain = brain_of("brain: least\nareas: {retina: {level: 3}, LGN: {level: 5}}\n", NULL);
    cr_expect_eq(path_of(brain, "retina>LGN")->span, 2, "the file's levels, the table's pathway");
    cr_expect_str_eq(brain->yaml, brain_of(brain->yaml, NULL)->yaml);
}

static const char *const wrong_document[][2] = {
    {"- a\n", "b.yaml:1: a map is wanted"},
    {"areas: {}\n", "b.yaml:1: 'brain' is missing"},
    {"brain: x\n", "b.yaml:1: 'areas' is missing"},
    {"brain: x\nareas: {}\n", "b.yaml:2: areas: none is given"},
    {"brain: x\nareas: [V1]\n", "b.yaml:2: areas: a map is wanted"},
    {"brain: x\nlayers: {}\nareas: {retina: {}}\n",
     "b.yaml:2: unknown key 'layers'; known here: brain, summary, view, steps, stimulus, "
     "areas, "
     "wiring, tasks, training, augment"},
    {"brain: x\nweiring: {}\nareas: {retina: {}}\n",
     "b.yaml:2: unknown key 'weiring'; did you mean 'wiring'?"},
    {"brain: x\nsteps: 0\nareas: {retina: {}}\n", "b.yaml:2: steps: 0 is outside 1 to 32"},
    {"brain: x\nview: {width_px: wide}\nareas: {retina: {}}\n",
     "b.yaml:2: view.width_px: 'wide' is not an integer"},
    {"brain: x\nview: {with_px: 3}\nareas: {retina: {}}\n",
     "b.yaml:2: view.with_px: unknown key; did you mean 'width_px'?"},
    {"brain: x\nstimulus: scen\nareas: {retina: {}}\n",
     "b.yaml:2: stimulus: unknown stimulus 'scen'; did you mean 'scene'?"},
    {"brain: x\nstimulus: {scene: {n_faces: 0}}\nareas: {retina: {}}\n",
     "b.yaml:2: stimulus.n_faces: 0 is outside 1 to 100000"},
    {"brain: x\nstimulus: {scene: {}, dots: {}}\nareas: {retina: {}}\n",
     "b.yaml:2: stimulus: 2 are given, one is wanted"},
    {"brain: x\nareas:\n  retina: {}\n  V11: {}\n",
     "b.yaml:4: areas: unknown area 'V11'; did you mean 'V1'?"},
    {"brain: x\nareas:\n  retina: {}\n  Retina: {}\n", "b.yaml:4: areas: retina is there already"},
    {"brain: x\nareas:\n  retina:\n    surround: 40\n",
     "b.yaml:4: area.retina.surround: 40 is outside 0 to 1"},
    {"brain: x\nareas:\n  V1:\n    orientation: 4\n",
     "b.yaml:4: area.V1.orientation: unknown key; did you mean 'orientations'?"},
    {"brain: x\nareas:\n  retina: {level: -1}\n",
     "b.yaml:3: area.retina.level: -1 is outside 0 to 999"},
    {"brain: x\nareas:\n  retina: {}\n  V4: {}\n",
     "b.yaml:4: areas: no pathway leads to V4; wiring.add can name one"},
    {"brain: x\nwiring: {tabel: x}\nareas: {retina: {}}\n",
     "b.yaml:2: unknown key 'tabel' of wiring; did you mean 'table'?"},
    {"brain: x\nwiring: {use: [ascendin]}\nareas: {retina: {}}\n",
     "b.yaml:2: wiring.use: 'ascendin' is not one of ascending, lateral, feedback; did you "
     "mean 'ascending'?"},
    {"brain: x\nwiring: {cost: -1}\nareas: {retina: {}}\n",
     "b.yaml:2: wiring.cost: -1 is outside 0 to 1000"},
    {"brain: x\nwiring:\n  add: [V1 V2]\nareas: {retina: {}}\n",
     "b.yaml:3: wiring.add: 'V1 V2' is no pathway; 'A > B' is wanted"},
    {"brain: x\nwiring:\n  add: [retina > LNG]\nareas: {retina: {}, LGN: {}}\n",
     "b.yaml:3: wiring.add: the brain has no area 'LNG'; did you mean 'LGN'?"},
    {"brain: x\nwiring:\n  add: [LGN > LGN]\nareas: {retina: {}, LGN: {}}\n",
     "b.yaml:3: wiring.add: a pathway from LGN to itself"},
    {"brain: x\nwiring:\n  drop: [LGN > retina]\nareas: {retina: {}, LGN: {}}\n",
     "b.yaml:3: wiring.drop: there is no pathway LGN > retina"},
    {HEAD AREAS "wiring:\n  add:\n    - LIP > VIP\n    - VIP > LIP\n",
     "b.yaml:18: wiring.add: VIP > LIP closes the cycle VIP > LIP > VIP; a cycle needs a "
     "pathway that descends"},
    {HEAD AREAS "tasks:\n  face: {}\n", "b.yaml:16: 'reads' is missing"},
    {HEAD AREAS "tasks:\n  face: {reads: V22}\n",
     "b.yaml:16: tasks.face.reads: the brain has no area 'V22'; did you mean 'V2'?"},
    {HEAD AREAS "tasks:\n  face: {reads: [V2, v2]}\n",
     "b.yaml:16: tasks.face.reads: V2 is named twice"},
    {HEAD AREAS "tasks:\n  taste: {reads: V2}\n", "b.yaml:16: tasks.taste: 'label' is missing"},
    {HEAD AREAS "tasks:\n  taste: {reads: V2, label: colur}\n",
     "b.yaml:16: tasks.taste.label: 'colur' is not one of category, face, word, object, "
     "colour, direction, position, class; did you mean 'colour'?"},
    {HEAD AREAS "tasks:\n  position: {reads: LIP, loss: cross-entropy}\n",
     "b.yaml:16: tasks.position.loss: the label position wants squared-error, not "
     "cross-entropy"},
    {HEAD AREAS "tasks:\n  face: {reads: V2, loss: squared-error}\n",
     "b.yaml:16: tasks.face.loss: the label face wants cross-entropy, not squared-error"},
    {HEAD AREAS "tasks:\n  face: {reads: V2, readout: place}\n",
     "b.yaml:16: tasks.face.readout: 'place' is for positions, not for the label face"},
    {HEAD AREAS "tasks:\n  digit: {reads: V2, label: class}\n",
     "b.yaml:16: tasks.digit: the label 'class' wants 'classes', their number"},
    {HEAD AREAS "tasks:\n  face: {reads: V2, classes: 5}\n",
     "b.yaml:16: tasks.face.classes: only the label 'class' takes it; the stimulus says how "
     "many there are"},
    {"brain: x\nstimulus: grating\nareas: {retina: {}}\ntasks:\n  face: {reads: retina}\n",
     "b.yaml:5: tasks.face: the stimulus grating has no parameter n_faces to tell the classes "
     "from"},
    {HEAD AREAS "tasks:\n  face: {reads: V2, weigth: 2}\n",
     "b.yaml:16: tasks.face.weigth: unknown key; did you mean 'weight'?"},
    {"brain: x\nareas: {retina: {}}\ntraining: {epoch: 3}\n",
     "b.yaml:3: training.epoch: unknown key; did you mean 'epochs'?"},
    {"brain: x\nareas: {retina: {}}\ntraining: {optimiser: adan}\n",
     "b.yaml: training.optimiser: unknown optimiser 'adan'; did you mean 'adam'?"},
    {"brain: x\nareas: {retina: {}}\naugment: {flip: perhaps}\n",
     "b.yaml:3: augment.flip: 'perhaps' is not yes or no"}};

Test(connectome_brain, documents_that_are_wrong)
{
    for (size_t i = 0; i < sizeof wrong_document / sizeof wrong_document[0]; i++) {
        ww_brain *brain;
        cr_expect_neq(ww_brain_parse(&brain, wrong_document[i][0], "b.yaml", NULL, arena), WW_OK,
                      "%s", wrong_document[i][0]);
        cr_expect_str_eq(ww_error_message(), wrong_document[i][1]);
    }
}

Test(connectome_brain, settings_that_are_wrong)
{
    static const char *const bad[][2] = {
        {"steps", "--set: 'steps' is not key=value"},
        {"=3", "--set: '=3' is not key=value"},
        {"step=3", "--set step: unknown key; did you mean 'steps'?"},
        {"steps=many", "--set steps: 'many' is not an integer"},
        {"area.V1.sigma=400", "--set area.V1.sigma: 400 is outside 0.0001 to 100"},
        {"area.V3.grid=4", "--set area.V3: the brain has no area 'V3'; did you mean 'V1'?"},
        {"area.V1.orientation=4", "--set area.V1.orientation: unknown key; did you mean "
                                  "'orientations'?"},
        {"aera.V1.grid=4", "--set aera.V1.grid: unknown key 'aera'; did you mean 'area'?"},
        {"view.x.frames=4", "--set view.x.frames: too many dots"},
        {"veiw.frames=4", "--set veiw.frames: unknown key 'veiw'; did you mean 'view'?"},
        {"brain.x=4", "--set brain.x: unknown key 'brain'; there are area, task, view, stimulus, "
                      "wiring, steps, training, augment"},
        {"task.wat.weight=1", "--set task.wat: the brain has no task 'wat'; did you mean 'what'?"},
        {"wiring.cost=-1", "--set wiring.cost: -1 is outside 0 to 1000"},
        {"training.epochs=-1", "--set training.epochs: -1 is outside 0 to 1000000"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *const set[] = {bad[i][0], NULL};
        ww_brain *brain;
        cr_expect_eq(ww_brain_parse(&brain, whole, "b.yaml", set, arena), WW_EPARSE, "%s",
                     bad[i][0]);
        cr_expect_str_eq(ww_error_message(), bad[i][1]);
    }
}

Test(connectome_brain, files)
{
    char folder[] = "/tmp/ww-brain-XXXXXX", path[64], wanted[128];
    ww_brain *brain;
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/b.yaml", folder);
    FILE *file = fopen(path, "w");
    fputs(whole, file);
    fclose(file);
    cr_expect_eq(ww_brain_read(&brain, path, NULL, arena), WW_OK, "%s", ww_error_message());
    cr_expect_str_eq(brain->file, path);
    remove(path);
    cr_expect_eq(ww_brain_read(&brain, path, NULL, arena), WW_EIO);
    snprintf(wanted, sizeof wanted, "%s: no such file or directory", path);
    cr_expect_str_eq(ww_error_message(), wanted);
    cr_expect_eq(ww_brain_read(&brain, "no-such-brain", NULL, arena), WW_ENOTFOUND);
    rmdir(folder);
}
