/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checkpoints: what goes in comes out, and every file that is none is refused. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/learning/checkpoint.h"
#include "tests/support/folder.h"

static ww_arena *arena;

static void setup(void)
{
    ww_folder_make();
    arena = ww_arena_create();
}

static void teardown(void)
{
    ww_arena_free(arena);
    ww_folder_remove();
}

TestSuite(checkpoint, .init = setup, .fini = teardown);

struct brain {
    ww_graph *graph;
    ww_values *values;
};

/* V4: weight [channels, 16, 3, 3] and state mean [channels]; IT: a weight [5, 3] if there is IT. */
static struct brain brain_of(int channels, bool it, uint64_t seed)
{
    struct brain brain = {.graph = ww_graph_create()};
    ww_graph *g = brain.graph;
    ww_init he = {.kind = WW_INIT_HE, .value = 1};
    ww_graph_scope(g, "V4");
    ww_var w = ww_parameter(g, "weight", WW_SHAPE(channels, 16, 3, 3), he, 1);
    ww_state(g, "mean", WW_SHAPE(channels), 0.25 * (double)seed);
    ww_control(g, "gain", WW_SHAPE(channels, 1, 1), 1);
    ww_graph_scope(g, "IT");
    if (it)
        ww_parameter(g, "weight", WW_SHAPE(5, 3), he, 1);
    ww_graph_scope(g, NULL);
    ww_graph_output(g, "weight", w);
    expect_ok(ww_graph_end(g));
    expect_ok(ww_values_create(&brain.values, g, seed));
    return brain;
}

static void forget(struct brain *brain)
{
    ww_values_free(brain->values);
    ww_graph_free(brain->graph);
}

static bool same_values(struct brain *a, struct brain *b)
{
    for (size_t i = 0; i < ww_values_count(a->values); i++) {
        const ww_value *v = ww_values_at(a->values, i), *w = ww_values_find(b->values, v->name);
        if (v->kind != WW_NODE_CONTROL && memcmp(v->data, w->data, v->size * sizeof(float)) != 0)
            return false;
    }
    return true;
}

/* n numbers without a pattern. */
static float *numbers(size_t n, float from)
{
    float *x = ww_arena_array(arena, n, sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = from * (float)sin(2.385 * (double)(i + 1));
    return x;
}

static ww_checkpoint example(struct brain *brain)
{
    size_t n;
    ww_values_parameters(brain->values, &n);
    return (ww_checkpoint){.epoch = 17,
                           .step = 3000000000u,
                           .seed = 0xfedcba9876543210u,
                           .samples = 100000,
                           .batch = 32,
                           .optimiser = "adam",
                           .loss = 0.1,
                           .loss_sum = 1.0 / 3,
                           .best_score = 0.93,
                           .best_epoch = 12,
                           .stale = 5,
                           .restored = true,
                           .metadata = "brain: two-streams\nareas: {V1: {}}\n",
                           .slots = 2,
                           .slot = {numbers(n, 1.37f), numbers(n, 0.02f)},
                           .best = numbers(n, 2.2f),
                           .best_state = numbers(8, 0.7f)};
}

static void same_floats(const float *a, const float *b, size_t n)
{
    cr_assert_not_null(b);
    cr_assert(memcmp(a, b, n * sizeof *a) == 0);
}

Test(checkpoint, comes_back_as_it_was_written)
{
    struct brain a = brain_of(8, true, 1), b = brain_of(8, true, 2);
    ww_checkpoint c = example(&a), d;
    const char *path = ww_path("brain.h5");
    size_t n;
    ww_values_parameters(a.values, &n);
    ww_values_find(b.values, "V4/gain")->data[3] = 0; /* a lesion is not of the training */
    expect_ok(ww_checkpoint_write(path, a.values, &c));
    cr_assert_eq(ww_folder_entries(), 1);
    cr_assert_not(same_values(&a, &b));
    expect_ok(ww_checkpoint_read(path, b.values, &d, arena));
    cr_assert(same_values(&a, &b));
    cr_assert(ww_values_find(b.values, "V4/gain")->data[3] == 0);
    cr_assert(d.epoch == c.epoch && d.step == c.step && d.seed == c.seed);
    cr_assert(d.samples == c.samples && d.batch == c.batch && d.loss == c.loss);
    cr_assert(d.loss_sum == c.loss_sum && d.best_score == c.best_score);
    cr_assert(d.best_epoch == c.best_epoch && d.stale == c.stale && d.restored && d.slots == 2);
    cr_assert_str_eq(d.optimiser, c.optimiser);
    cr_assert_str_eq(d.metadata, c.metadata);
    same_floats(c.slot[0], d.slot[0], n);
    same_floats(c.slot[1], d.slot[1], n);
    same_floats(c.best, d.best, n);
    cr_assert_eq(ww_checkpoint_states(a.values), 8);
    same_floats(c.best_state, d.best_state, 8);
    const char *metadata;
    expect_ok(ww_checkpoint_metadata(path, &metadata, arena));
    cr_assert_str_eq(metadata, c.metadata);
    forget(&a);
    forget(&b);
}

static long bytes_of(struct brain *brain, const char *path)
{
    struct stat stat_of;
    ww_checkpoint c = {.metadata = "{}"};
    expect_ok(ww_checkpoint_write(path, brain->values, &c));
    cr_assert_eq(stat(path, &stat_of), 0);
    return (long)stat_of.st_size;
}

/* [400, 16, 3, 3] are 230 kB. */
Test(checkpoint, what_has_not_been_learned_takes_no_room)
{
    struct brain brain = brain_of(400, true, 1), again = brain_of(400, true, 2);
    ww_value *weight = ww_values_find(brain.values, "V4/weight");
    long full = bytes_of(&brain, ww_path("full.h5"));
    memset(weight->data, 0, weight->size * sizeof(float) * 9 / 10);
    long sparse = bytes_of(&brain, ww_path("sparse.h5"));
    cr_assert(full - sparse > 180000, "%ld and %ld bytes", full, sparse);
    ww_checkpoint c;
    expect_ok(ww_checkpoint_read(ww_path("sparse.h5"), again.values, &c, arena));
    cr_assert(same_values(&brain, &again));
    forget(&brain), forget(&again);
}

Test(checkpoint, without_optimiser_best_and_metadata)
{
    struct brain a = brain_of(8, true, 1);
    ww_checkpoint c = {.optimiser = "none", .metadata = "", .best_score = -INFINITY}, d;
    expect_ok(ww_checkpoint_write(ww_path("brain.h5"), a.values, &c));
    expect_ok(ww_checkpoint_read(ww_path("brain.h5"), a.values, &d, arena));
    cr_assert(d.slots == 0 && d.best == NULL && d.best_state == NULL && isinf(d.best_score));
    cr_assert_str_eq(d.metadata, "");
    forget(&a);
}

Test(checkpoint, is_laid_out_for_other_readers_with_its_provenance)
{
    struct brain a = brain_of(8, true, 1);
    ww_checkpoint c = example(&a);
    ww_h5 *file;
    float weight[15];
    expect_ok(ww_checkpoint_write(ww_path("brain.h5"), a.values, &c));
    expect_ok(ww_h5_open(&file, ww_path("brain.h5")));
    static const char *const names[] = {"/values/V4/weight", "/values/V4/mean", "/optimiser/slot0",
                                        "/optimiser/slot1",  "/training/best",  "/training/step",
                                        "/metadata",         "/provenance"};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        cr_assert(ww_h5_has(file, names[k]), "%s", names[k]);
    cr_assert_not(ww_h5_has(file, "/values/V4/gain"));
    expect_ok(ww_h5_read_floats(file, "/values/IT/weight", weight, 15));
    same_floats(ww_values_find(a.values, "IT/weight")->data, weight, 15);
    ww_h5_close(file);
    forget(&a);
}

Test(checkpoint, another_brain_is_refused_and_stays_as_it_is)
{
    struct brain small = brain_of(32, false, 1), large = brain_of(64, false, 2);
    struct brain more = brain_of(32, true, 3), kept = brain_of(64, false, 2);
    ww_checkpoint c = {.optimiser = "none", .metadata = ""}, d;
    const char *path = ww_path("brain.h5");
    expect_ok(ww_checkpoint_write(path, small.values, &c));
    expect_failure(ww_checkpoint_read(path, large.values, &d, arena), WW_ESHAPE,
                   "@/brain.h5: /values/V4/weight: [32, 16, 3, 3] in the file, [64, 16, 3, 3] in "
                   "the brain");
    cr_assert(same_values(&large, &kept));
    struct brain before = brain_of(32, true, 3);
    expect_failure(ww_checkpoint_read(path, more.values, &d, arena), WW_ENOTFOUND,
                   "@/brain.h5: /values/IT/weight: not in the file, [5, 3] in the brain");
    cr_assert(same_values(&more, &before));      /* although V4 would have fitted */
    struct brain fewer = brain_of(32, false, 9); /* the file may hold more */
    expect_ok(ww_checkpoint_write(path, more.values, &c));
    expect_ok(ww_checkpoint_read(path, fewer.values, &d, arena));
    cr_assert(same_values(&fewer, &more));
    struct brain *all[] = {&small, &large, &more, &kept, &before, &fewer};
    for (int k = 0; k < 6; k++)
        forget(all[k]);
}

/* A file that has been tampered with: `change` adds to a whole checkpoint. */
static const char *changed(struct brain *brain, ww_checkpoint c, ww_status (*change)(ww_h5 *file))
{
    ww_h5 *file;
    const char *path = ww_path("brain.h5");
    expect_ok(ww_checkpoint_write(path, brain->values, &c));
    expect_ok(ww_h5_open_update(&file, path));
    expect_ok(change(file));
    ww_h5_close(file);
    return path;
}

static ww_status deepen(ww_h5 *file)
{
    const int64_t dim[8] = {8, 16, 3, 3, 1, 1, 1, 1};
    return ww_h5_write_floats(file, "/values/V4/weight", numbers(1152, 1), 8, dim, false);
}

static ww_status date_forward(ww_h5 *file)
{
    return ww_h5_attribute_real(file, "/training", "version", 2);
}

static ww_status disguise(ww_h5 *file)
{
    return ww_h5_attribute(file, "/training", "format", "another checkpoint");
}

Test(checkpoint, foreign_and_later_files_are_refused)
{
    struct brain a = brain_of(8, true, 1), before = brain_of(8, true, 1);
    ww_checkpoint c = example(&a), d;
    const char *text, *path = changed(&a, c, date_forward);
    expect_failure(ww_checkpoint_read(path, a.values, &d, arena), WW_EPARSE,
                   "@/brain.h5: a checkpoint of format 2, this version reads 1");
    path = changed(&a, c, disguise);
    expect_failure(ww_checkpoint_read(path, a.values, &d, arena), WW_EPARSE,
                   "@/brain.h5: no checkpoint of whatwhere");
    path = changed(&a, c, deepen);
    expect_failure(ww_checkpoint_read(path, a.values, &d, arena), WW_ESHAPE,
                   "@/brain.h5: /values/V4/weight: 8 dimensions in the file, [8, 16, 3, 3] in the "
                   "brain");
    c.best = NULL; /* and still says that it was put back */
    expect_ok(ww_checkpoint_write(path, a.values, &c));
    expect_failure(ww_checkpoint_read(path, a.values, &d, arena), WW_ENOTFOUND,
                   "@/brain.h5: /training/best: not in the file");
    ww_h5 *file;
    const int64_t one = 1;
    expect_ok(ww_h5_create(&file, ww_path("other.h5")));
    expect_ok(ww_h5_write_floats(file, "/values/V4/weight", numbers(1, 1), 1, &one, false));
    expect_ok(ww_h5_commit(file));
    expect_failure(ww_checkpoint_read(ww_path("other.h5"), a.values, &d, arena), WW_EPARSE,
                   "@/other.h5: no checkpoint of whatwhere");
    expect_failure(ww_checkpoint_metadata(ww_path("other.h5"), &text, arena), WW_EPARSE,
                   "@/other.h5: no checkpoint of whatwhere");
    cr_assert(same_values(&a, &before));
    forget(&a);
    forget(&before);
}

/* Cut off anywhere, the file is refused, and the brain stays as it was. */
Test(checkpoint, a_cut_file_is_refused)
{
    struct brain a = brain_of(8, true, 1), b = brain_of(8, true, 2), before = brain_of(8, true, 2);
    ww_checkpoint c = example(&a), d;
    static char data[1 << 20];
    expect_ok(ww_checkpoint_write(ww_path("brain.h5"), a.values, &c));
    FILE *stream = fopen(ww_path("brain.h5"), "rb");
    size_t bytes = fread(data, 1, sizeof data, stream);
    fclose(stream);
    cr_assert(bytes > 1000 && bytes < sizeof data);
    for (size_t part = 0; part < 40; part++) {
        ww_file_with("cut.h5", data, bytes * part / 40);
        cr_assert_neq(ww_checkpoint_read(ww_path("cut.h5"), b.values, &d, arena), WW_OK);
        cr_assert(strstr(ww_error_message(), "cut.h5") != NULL, "%s", ww_error_message());
        cr_assert(same_values(&b, &before));
    }
    forget(&a);
    forget(&b);
    forget(&before);
}

Test(checkpoint, a_full_disk_leaves_the_old_one)
{
    struct brain a = brain_of(8, true, 1), b = brain_of(8, true, 2), c = brain_of(8, true, 3);
    ww_checkpoint old = example(&a), new = example(&b), d;
    const char *path = ww_path("brain.h5");
    new.epoch = 18;
    expect_ok(ww_checkpoint_write(path, a.values, &old));
    for (size_t bytes = 0; bytes < 40000; bytes += 2500) {
        ww_limit_file_size(bytes);
        ww_status status = ww_checkpoint_write(path, b.values, &new);
        ww_unlimit_file_size();
        cr_assert_eq(status, WW_EIO, "%zu bytes: %s", bytes, ww_error_message());
        cr_assert(strstr(ww_error_message(), "brain.h5") != NULL, "%s", ww_error_message());
        cr_assert_eq(ww_folder_entries(), 1);
        expect_ok(ww_checkpoint_read(path, c.values, &d, arena));
        cr_assert(same_values(&a, &c) && d.epoch == 17);
    }
    expect_ok(ww_checkpoint_write(path, b.values, &new));
    expect_ok(ww_checkpoint_read(path, c.values, &d, arena));
    cr_assert(same_values(&b, &c) && d.epoch == 18);
    forget(&a);
    forget(&b);
    forget(&c);
}
