/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rapid categorisation in clutter (Serre, Oliva & Poggio 2007, Proc Natl Acad Sci USA 104:6424):
 * is there an animal in this scene? People who see a scene for 20 ms before a mask, and HMAX with a
 * linear classifier, are right in about 80 % of the trials, and the less often the more of the
 * picture is clutter: the animal from near, at medium distance, far away.
 *
 * Here the question is whether there is a face among dead leaves, or an object of the same size
 * (stimulus clutter); from size to size the thing covers half as much. Prototypes of S2 are pieces
 * of some pictures, the classifier learns others, both of all sizes mixed, and it is tested on yet
 * others. A lesion meets the brain after that. A seed is another set of pictures.
 *
 * What is so read could be had more cheaply: the same classifier reads a few statistics of
 * luminance, and coarse pixels. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/parts/least_squares.h"
#include "connectome/imprint.h"
#include "connectome/model_parts.h"
#include "engine/tensor/program.h"
#include "experiments/parts/hmax_clutter.h"
#include "stimuli/parts/frame.h"

struct hmax_clutter {
    int imprinted, learned, trials;
};

static const ww_param params[] = {WW_INT(struct hmax_clutter, imprinted, 100, 4, 100000, "pictures",
                                         "that prototypes are taken from", "serre2007b"),
                                  WW_INT(struct hmax_clutter, learned, 100, 4, 1000, "pictures",
                                         "of each size that the classifier learns", "serre2007b"),
                                  WW_INT(struct hmax_clutter, trials, 300, 4, 100000, "pictures",
                                         "of each size that it is tested with", "serre2007b"),
                                  WW_PARAM_END};

static const ww_measure measures[MEASURES] = {
    {"accuracy_70", "share correct", "thing as large as 70 % of the picture's side", false},
    {"accuracy_50", "share correct", "50 %", false},
    {"accuracy_35", "share correct", "35 %", false},
    {"accuracy_25", "share correct", "25 %", false},
    {"loss_50", "share correct", "accuracy lost from 70 to 50 %", false},
    {"loss_35", "share correct", "accuracy lost from 50 to 35 %", false},
    {"loss_25", "share correct", "accuracy lost from 35 to 25 %", false},
    {"accuracy", "share correct", "all sizes, from C2", false},
    {"accuracy_statistics", "share correct", "all sizes, from statistics of luminance", false},
    {"accuracy_pixels", "share correct", "all sizes, from coarse pixels", false},
    {"gain_statistics", "share correct", "C2 over statistics of luminance", false},
    {"gain_pixels", "share correct", "C2 over coarse pixels", false}};

enum { BATCH = 8, MOMENTS = 6, BLOCKS = 14 };

struct state {
    const struct hmax_clutter *params;
    ww_model *model;
    ww_program *program;
    char area[128]; /* that is imprinted and read */
    uint64_t seed;
    size_t width[READ]; /* numbers of a picture */
    ww_least_squares fit[READ];
    double accuracy[READ][SIZES]; /* intact */
    double *decision; /* likewise [SIZES][trials], of C2, above 0: a face; even trials are faces */
};

/* ---- pictures ---- */

extern const ww_stimulus ww_stimulus_clutter;

ww_clutter_picture ww_clutter_picture_of(int set, size_t at)
{
    ww_clutter_picture p = {set, (int)(at / 2 % SIZES), at % 2 == 0, 0};
    p.index = ((uint64_t)set << 40) + at;
    return p;
}

static ww_status draw(const struct state *s, const ww_clutter_picture *p, float *movie)
{
    const ww_view *view = &s->model->brain->view;
    const ww_param *table = ww_stimulus_clutter.item.params;
    double side = fmin(ww_view_width_deg(view), ww_view_height_deg(view));
    char size[32];
    ww_truth truth;
    ww_arena *arena = ww_arena_create();
    void *settings =
        arena == NULL ? NULL : ww_arena_alloc(arena, ww_stimulus_clutter.item.params_size);
    ww_status status = settings == NULL ? WW_FAIL(WW_ENOMEM, "out of memory for a picture") : WW_OK;
    snprintf(size, sizeof size, "%.17g", ww_clutter_share[p->size] * side);
    if (status == WW_OK) {
        ww_params_defaults(table, settings);
        status = ww_params_set(table, settings, "size_deg", size, "", arena);
    }
    if (status == WW_OK)
        status = ww_params_set(table, settings, p->face ? "objects" : "faces", "no", "", arena);
    if (status == WW_OK)
        status =
            ww_stimulus_clutter.draw(NULL, settings, view, s->seed, p->index, movie, NULL, &truth);
    ww_arena_free(arena);
    return status;
}

/* Mean, sd, skewness and excess kurtosis of luminance, and mean differences of neighbours. */
static void find_moments(const float *plane, const ww_view *view, float out[MOMENTS])
{
    size_t width = (size_t)view->width_px, n = ww_frame_plane(view);
    double mean = 0, m2 = 0, m3 = 0, m4 = 0, across = 0, down = 0;
    for (size_t i = 0; i < n; i++)
        mean += (double)plane[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        double d = (double)plane[i] - mean;
        m2 += d * d / (double)n;
        m3 += d * d * d / (double)n;
        m4 += d * d * d * d / (double)n;
        across += i % width > 0 ? fabs((double)(plane[i] - plane[i - 1])) : 0;
        down += i >= width ? fabs((double)(plane[i] - plane[i - width])) : 0;
    }
    double sd = sqrt(m2);
    const double all[MOMENTS] = {
        mean, sd, sd > 0 ? m3 / (m2 * sd) : 0, sd > 0 ? m4 / (m2 * m2) - 3 : 0, across, down};
    for (int i = 0; i < MOMENTS; i++)
        out[i] = (float)all[i];
}

static void find_blocks(const float *plane, const ww_view *view, float out[BLOCKS * BLOCKS])
{
    int count[BLOCKS * BLOCKS] = {0};
    memset(out, 0, BLOCKS * BLOCKS * sizeof *out);
    for (int y = 0; y < view->height_px; y++)
        for (int x = 0; x < view->width_px; x++) {
            int block = y * BLOCKS / view->height_px * BLOCKS + x * BLOCKS / view->width_px;
            out[block] += plane[y * view->width_px + x];
            count[block]++;
        }
    for (int i = 0; i < BLOCKS * BLOCKS; i++)
        out[i] /= (float)(count[i] > 0 ? count[i] : 1);
}

static const float *output(const struct state *s, const char *name, ww_shape *shape)
{
    return ww_program_output(s->program, name, shape);
}

/* Draws pictures first .. first + now - 1 of a set and shows them. */
static ww_status show_batch(const struct state *s, int set, size_t first, size_t now, float *movie,
                            size_t floats)
{
    ww_status status = WW_OK;
    for (size_t i = now; i < BATCH; i++)
        memset(movie + i * floats, 0, floats * sizeof *movie);
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t i = 0; i < now; i++) {
        ww_clutter_picture p = ww_clutter_picture_of(set, first + i);
        ww_status one = draw(s, &p, movie + i * floats);
        if (one != WW_OK) {
#pragma omp critical
            status = one;
        }
    }
    return status == WW_OK ? ww_program_run(s->program, first) : status;
}

/* Shows n pictures of a set; x[k][n][width[k]] gets what is read of each. */
static ww_status show(const struct state *s, int set, size_t n, float *const x[READ])
{
    const ww_view *view = &s->model->brain->view;
    size_t floats;
    ww_shape shape;
    float *movie = ww_program_input(s->program, "movie", &floats);
    floats /= BATCH;
    for (size_t first = 0; first < n; first += BATCH) {
        size_t now = n - first < BATCH ? n - first : BATCH;
        WW_TRY(show_batch(s, set, first, now, movie, floats));
        memcpy(x[C2] + first * s->width[C2], output(s, s->area, &shape),
               now * s->width[C2] * sizeof(float));
        for (size_t i = 0; i < now; i++) {
            find_moments(movie + i * floats, view, x[STATISTICS] + (first + i) * MOMENTS);
            find_blocks(movie + i * floats, view, x[PIXELS] + (first + i) * BLOCKS * BLOCKS);
        }
        if (ww_interrupted())
            return WW_FAIL(WW_EINTERRUPTED, "interrupted; what is done is kept");
    }
    return WW_OK;
}

/* ---- before any lesion: prototypes and classifiers ---- */

static ww_status imprint(struct state *s)
{
    size_t n = (size_t)s->params->imprinted, floats;
    ww_imprint *imprint;
    ww_shape shape;
    float *movie = ww_program_input(s->program, "movie", &floats);
    WW_TRY(ww_imprint_open(&imprint, s->model, n, s->seed));
    ww_status status = WW_OK;
    for (size_t first = 0; first < n && status == WW_OK; first += BATCH) {
        size_t now = n - first < BATCH ? n - first : BATCH;
        status = show_batch(s, IMPRINTED, first, now, movie, floats / BATCH);
        const float *map = output(s, ww_imprint_source(imprint), &shape);
        size_t each = ww_shape_size(&shape) / BATCH;
        for (size_t i = 0; i < now && status == WW_OK; i++)
            status = ww_imprint_take(imprint, first + i, map + i * each, (int)shape.dim[2],
                                     (int)shape.dim[3]);
    }
    ww_imprint_free(imprint);
    return status;
}

static void free_all(float *x[READ])
{
    for (int k = 0; k < READ; k++)
        free(x[k]);
}

/* Room for what is read of n pictures; free_all also after a failure. */
static ww_status make_room(const struct state *s, size_t n, float *x[READ])
{
    bool room = true;
    for (int k = 0; k < READ; k++) {
        x[k] = calloc(n * s->width[k], sizeof *x[k]);
        room = room && x[k] != NULL;
    }
    return room ? WW_OK : WW_FAIL(WW_ENOMEM, "out of memory for %zu pictures", n);
}

static ww_status learn(struct state *s)
{
    size_t n = SIZES * (size_t)s->params->learned;
    float *x[READ];
    bool *label = calloc(n, sizeof *label);
    ww_status status = make_room(s, n, x);
    if (status == WW_OK && label == NULL)
        status = WW_FAIL(WW_ENOMEM, "out of memory for %zu pictures", n);
    if (status == WW_OK)
        status = show(s, LEARNED, n, x);
    for (size_t i = 0; i < n && status == WW_OK; i++)
        label[i] = ww_clutter_picture_of(LEARNED, i).face;
    for (int k = 0; k < READ && status == WW_OK; k++)
        status = ww_least_squares_fit(&s->fit[k], x[k], label, n, s->width[k]);
    free_all(x);
    free(label);
    return status;
}

static ww_status check_even(const char *key, int n)
{
    if (n % 2 != 0)
        return WW_FAIL(WW_EINVAL,
                       "hmax-clutter: %s = %d: an even number is wanted, half of the pictures "
                       "have a face",
                       key, n);
    return WW_OK;
}

static ww_status find_area(struct state *s)
{
    const ww_brain *brain = s->model->brain;
    WW_TRY(check_even("learned", s->params->learned));
    WW_TRY(check_even("trials", s->params->trials));
    for (int a = 0; a < brain->n_areas; a++)
        if (brain->area[a].type->imprinted)
            snprintf(s->area, sizeof s->area, "area/%s", brain->area[a].name);
    if (s->area[0] == '\0')
        return WW_FAIL(WW_EINVAL, "brain %s has no area whose prototypes are imprinted (hmax-c2)",
                       brain->name);
    if (brain->view.frames != 1)
        return WW_FAIL(WW_EINVAL, "brain %s: pictures are shown as one frame, not as %d",
                       brain->name, brain->view.frames);
    return WW_OK;
}

static void close(void *state)
{
    struct state *s = state;
    if (s == NULL)
        return;
    ww_program_free(s->program);
    for (int k = 0; k < READ; k++)
        ww_least_squares_free(&s->fit[k]);
    free(s->decision);
    free(s);
}

static ww_status open(void **state, const void *params_, ww_model *model, uint64_t seed)
{
    struct state *s = calloc(1, sizeof *s);
    ww_shape shape;
    *state = s;
    if (s == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    s->params = params_;
    s->model = model;
    s->seed = seed;
    s->decision = calloc((size_t)(SIZES * s->params->trials), sizeof *s->decision);
    if (s->decision == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for %d trials", SIZES * s->params->trials);
    WW_TRY(find_area(s));
    ww_compile_options options = {.batch = BATCH, .mode = WW_INFER, .seed = model->seed};
    WW_TRY(ww_compile(&s->program, model->graph, model->values, options));
    output(s, s->area, &shape);
    s->width[C2] = ww_shape_size(&shape) / BATCH;
    s->width[STATISTICS] = MOMENTS;
    s->width[PIXELS] = BLOCKS * BLOCKS;
    WW_TRY(imprint(s));
    return learn(s);
}

/* ---- the test ---- */

/* accuracy[READ][SIZES] of the n pictures of the test, and if `keep` each decision. */
static void judge(struct state *s, float *const x[READ], size_t n, bool keep,
                  double (*accuracy)[SIZES])
{
    int trials = s->params->trials, seen[SIZES] = {0};
    memset(accuracy, 0, READ * sizeof *accuracy);
    for (size_t i = 0; i < n; i++) {
        ww_clutter_picture p = ww_clutter_picture_of(TESTED, i);
        for (int k = 0; k < READ; k++) {
            double said = ww_least_squares_of(&s->fit[k], x[k] + i * s->width[k]);
            accuracy[k][p.size] += ((said > 0) == p.face) / (double)trials;
            if (k == C2 && keep)
                s->decision[p.size * trials + seen[p.size]++] = said;
        }
    }
    if (keep)
        memcpy(s->accuracy, accuracy, sizeof s->accuracy);
}

static void sum_up(double (*accuracy)[SIZES], double *value)
{
    for (int k = 0; k < READ; k++) {
        value[M_OVERALL + k] = 0;
        for (int i = 0; i < SIZES; i++)
            value[M_OVERALL + k] += accuracy[k][i] / SIZES;
    }
    for (int i = 0; i < SIZES; i++) {
        value[M_ACCURACY + i] = accuracy[C2][i];
        if (i > 0)
            value[M_LOSS + i - 1] = accuracy[C2][i - 1] - accuracy[C2][i];
    }
    for (int k = STATISTICS; k < READ; k++)
        value[M_GAIN + k - 1] = value[M_OVERALL + C2] - value[M_OVERALL + k];
}

static ww_status measure(void *state, ww_model *model, double *value)
{
    struct state *s = state;
    size_t n = SIZES * (size_t)s->params->trials;
    double accuracy[READ][SIZES];
    float *x[READ];
    ww_status status = make_room(s, n, x);
    if (status == WW_OK)
        status = show(s, TESTED, n, x);
    if (status == WW_OK) {
        judge(s, x, n, ww_lesion_units(model->brain, model->values) == 0, accuracy);
        sum_up(accuracy, value);
    }
    free_all(x);
    return status;
}

static void chance(void *state, const ww_model *model, double *value)
{
    (void)state;
    (void)model;
    for (int m = 0; m < MEASURES; m++)
        value[m] = m < M_LOSS || (m >= M_OVERALL && m < M_GAIN) ? 0.5 : NAN;
}

static ww_status describe(void *state, ww_model *model, ww_h5 *file, const char *group)
{
    struct state *s = state;
    char name[300];
    (void)model;
    snprintf(name, sizeof name, "%s/accuracy", group);
    WW_TRY(ww_h5_write_doubles(file, name, &s->accuracy[0][0], 2, (const int64_t[]){READ, SIZES}));
    snprintf(name, sizeof name, "%s/decision", group);
    return ww_h5_write_doubles(file, name, s->decision, 2,
                               (const int64_t[]){SIZES, s->params->trials});
}

const ww_experiment ww_experiment_hmax_clutter = {
    .item = {.name = "hmax-clutter",
             .summary = "is there a face? The more of the picture is clutter, the less often right",
             .sources = "serre2007b",
             .example = "whatwhere run hmax-clutter -o clutter/",
             .params = params,
             .params_size = sizeof(struct hmax_clutter)},
    .wants = WW_WANTS_MADE,
    .study = "experiments/hmax-clutter.yaml",
    .brief = "imprinted=8 learned=8 trials=8",
    .n_measures = MEASURES,
    .measures = measures,
    .open = open,
    .close = close,
    .measure = measure,
    .chance = chance,
    .describe = describe,
    .report = ww_clutter_report};
