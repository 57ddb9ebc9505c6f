/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why does V1 have the receptive fields that it has? A code of natural pictures that leaves most of
 * its units silent learns fields like those of simple cells: local, oriented, band-pass (Olshausen
 * & Field 1996; the code and its learning are in parts/sparse.c).
 *
 * The fields are fitted by Gabors, and their bandwidths and orientations are shown beside those of
 * macaque V1. They need not agree: the fields of such codes are tuned to spatial frequency
 * otherwise than cells of V1 are, so what is claimed is that they are Gabors, of moderate
 * bandwidth, that the coefficients are far sparser than those of principal components, and that all
 * orientations are there. Pictures are a folder's, or dead leaves. */
#include <gsl/gsl_eigen.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/figures/figure.h"
#include "analysis/parts/statistics.h"
#include "areas/parts/gabor.h"
#include "areas/parts/population.h"
#include "experiments/parts/claims.h"
#include "experiments/parts/described.h"
#include "experiments/parts/sparse.h"

struct sparse_coding {
    const char *pictures;
    int n_pictures, picture_px, side_px, units, patches, updates, batch, steps;
    double sparseness;
};

static const ww_param params[] = {
    WW_TEXT(struct sparse_coding, pictures, "",
            "folder of PNG, JPEG or PGM pictures; without one dead leaves are drawn", ""),
    WW_INT(struct sparse_coding, n_pictures, 20, 1, 100000, "", "pictures that are used", ""),
    WW_INT(struct sparse_coding, picture_px, 256, 32, 4096, "px",
           "side of the square that is taken of each", ""),
    WW_INT(struct sparse_coding, side_px, 12, 4, 32, "px", "side of a patch", "olshausen1996"),
    WW_INT(struct sparse_coding, units, 192, 8, 4096, "", "fields", "olshausen1996"),
    WW_INT(struct sparse_coding, patches, 40000, 100, 10000000, "", "patches to draw from", ""),
    WW_INT(struct sparse_coding, updates, 3000, 1, 10000000, "", "of the fields", ""),
    WW_INT(struct sparse_coding, batch, 100, 1, 100000, "", "patches for an update",
           "olshausen1996"),
    WW_INT(struct sparse_coding, steps, 30, 1, 1000, "", "of the search for coefficients", ""),
    WW_REAL(struct sparse_coding, sparseness, 0.14, 0, 10, "", "lambda / sigma", "olshausen1996"),
    WW_PARAM_END};

enum { M_GABORS, M_OCTAVES, M_WIDTH, M_KURTOSIS, M_BINS, MEASURES };
static const ww_measure measures[MEASURES] = {
    {"gabors", "share of units", "fields of which a Gabor explains at least .7", false},
    {"octaves", "octaves", "median bandwidth of spatial frequency of these", false},
    {"width", "deg", "median bandwidth of orientation of these", false},
    {"kurtosis", "", "of the coefficients, over that of principal components", false},
    {"orientations", "", "of eight bins of orientation, how many have a field", false}};

enum { FIT_NUMBERS = sizeof(ww_gabor_fit) / sizeof(double), SHEET = 16 };

struct state {
    struct sparse_coding params;
    ww_patches patches;
    ww_code code;
    ww_gabor_fit *fit; /* [units] */
    uint64_t seed;
};

static ww_status open(void **out, const void *params_, ww_model *model, uint64_t seed)
{
    struct state *s = calloc(1, sizeof *s);
    (void)model;
    *out = s;
    if (s == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    s->params = *(const struct sparse_coding *)params_;
    s->seed = seed;
    s->fit = calloc((size_t)s->params.units, sizeof *s->fit);
    if (s->fit == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    const struct sparse_coding *p = &s->params;
    WW_TRY(ww_patches_draw(&s->patches, p->pictures, p->n_pictures, p->picture_px, p->side_px,
                           (size_t)p->patches, seed));
    return ww_code_create(&s->code, p->side_px, p->units, p->sparseness, seed);
}

static void close(void *state)
{
    struct state *s = state;
    if (s == NULL)
        return;
    ww_patches_free(&s->patches);
    ww_code_free(&s->code);
    free(s->fit);
    free(s);
}

/* ---- how sparse ---- */

static double kurtosis(const float *x, size_t n, size_t stride)
{
    double m2 = 0, m4 = 0;
    for (size_t i = 0; i < n; i++) {
        double square = (double)x[i * stride] * (double)x[i * stride];
        m2 += square / (double)n;
        m4 += square * square / (double)n;
    }
    return m2 > 0 ? m4 / (m2 * m2) : NAN;
}

static double median_kurtosis(const float *x, size_t n, size_t columns)
{
    double *each = malloc((columns + 1) * sizeof *each);
    size_t found = 0;
    for (size_t k = 0; k < columns && each != NULL; k++) {
        double one = kurtosis(x + k, n, columns);
        if (isfinite(one))
            each[found++] = one;
    }
    if (each != NULL)
        gsl_sort(each, 1, found);
    double median = found > 0 ? ww_quantile(each, found, 0.5) : NAN;
    free(each);
    return median;
}

/* Coefficients [n][d] of the patches on their principal components. */
static ww_status components(const float *patch, size_t n, size_t d, float *out)
{
    gsl_matrix *covariance = gsl_matrix_calloc(d, d), *vector = gsl_matrix_alloc(d, d);
    gsl_vector *value = gsl_vector_alloc(d);
    gsl_eigen_symmv_workspace *w = gsl_eigen_symmv_alloc(d);
    for (size_t i = 0; i < n; i++)
        for (size_t a = 0; a < d; a++)
            for (size_t b = 0; b < d; b++)
                *gsl_matrix_ptr(covariance, a, b) +=
                    (double)patch[i * d + a] * (double)patch[i * d + b] / (double)n;
    gsl_eigen_symmv(covariance, value, vector, w);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < d; k++) {
            double sum = 0;
            for (size_t a = 0; a < d; a++)
                sum += (double)patch[i * d + a] * gsl_matrix_get(vector, a, k);
            out[i * d + k] = (float)sum;
        }
    gsl_eigen_symmv_free(w);
    gsl_matrix_free(covariance);
    gsl_matrix_free(vector);
    gsl_vector_free(value);
    return WW_OK;
}

static ww_status compare_kurtosis(const struct state *s, double *ratio)
{
    enum { MOST = 4000 };
    size_t d = (size_t)s->params.side_px * (size_t)s->params.side_px;
    size_t n = s->patches.count < MOST ? s->patches.count : MOST, k = (size_t)s->params.units;
    size_t columns = k > d ? k : d;
    float *a = malloc(n * columns * sizeof *a);
    if (a == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    ww_status status = components(s->patches.data, n, d, a);
    double plain = median_kurtosis(a, n, d);
    if (status == WW_OK)
        status = ww_code_infer(&s->code, s->patches.data, n, 3 * s->params.steps, a);
    *ratio = median_kurtosis(a, n, k) / plain;
    free(a);
    return status;
}

/* ---- measures ---- */

static bool is_gabor(const ww_gabor_fit *fit)
{
    return fit->r2 >= 0.7;
}

static double median_width(const struct state *s, bool octaves)
{
    double *x = malloc(((size_t)s->params.units + 1) * sizeof *x);
    size_t n = 0;
    for (int u = 0; u < s->params.units && x != NULL; u++) {
        double one =
            octaves ? ww_gabor_octaves(s->fit[u].nx) : ww_gabor_orientation_deg(s->fit[u].ny);
        if (is_gabor(&s->fit[u]) && isfinite(one))
            x[n++] = one;
    }
    if (x != NULL)
        gsl_sort(x, 1, n);
    double median = n > 0 ? ww_quantile(x, n, 0.5) : NAN;
    free(x);
    return median;
}

static ww_status measure(void *state, ww_model *model, double *value)
{
    struct state *s = state;
    const struct sparse_coding *p = &s->params;
    int gabors = 0, seen[8] = {0}, bins = 0;
    size_t d = (size_t)p->side_px * (size_t)p->side_px;
    (void)model;
    WW_TRY(ww_code_learn(&s->code, &s->patches, p->updates, p->batch, p->steps, s->seed));
    for (int u = 0; u < p->units; u++) {
        s->fit[u] = ww_gabor_fit_field(s->code.fields + (size_t)u * d, p->side_px);
        if (!is_gabor(&s->fit[u]))
            continue;
        gabors++;
        seen[(int)(s->fit[u].normal_deg / 22.5) % 8] = 1;
    }
    for (int b = 0; b < 8; b++)
        bins += seen[b];
    value[M_GABORS] = (double)gabors / p->units;
    value[M_OCTAVES] = median_width(s, true);
    value[M_WIDTH] = median_width(s, false);
    value[M_BINS] = bins;
    return compare_kurtosis(s, &value[M_KURTOSIS]);
}

static ww_status describe(void *state, ww_model *model, ww_h5 *file, const char *group)
{
    static const char *const columns[FIT_NUMBERS] = {"x_px",      "y_px", "cycles_px", "normal_deg",
                                                     "phase_deg", "nx",   "ny",        "r2"};
    const struct state *s = state;
    char name[300];
    int64_t side = s->params.side_px, units = s->params.units;
    (void)model;
    snprintf(name, sizeof name, "%s/fields", group);
    WW_TRY(ww_h5_write_floats(file, name, s->code.fields, 3, (int64_t[]){units, side, side}, true));
    snprintf(name, sizeof name, "%s/fits", group);
    WW_TRY(ww_h5_write_doubles(file, name, (const double *)s->fit, 2,
                               (int64_t[]){units, FIT_NUMBERS}));
    snprintf(name, sizeof name, "%s/fit_columns", group);
    return ww_h5_write_texts(file, name, columns, FIT_NUMBERS);
}

/* ---- figures ---- */

/* The fields, each to its own largest value, in rows of SHEET. */
static ww_status store_fields(const double *field, int units, int side, ww_h5 *results,
                              ww_arena *arena)
{
    int step = side + 1, rows = (units + SHEET - 1) / SHEET * step - 1, columns = SHEET * step - 1;
    double *value = ww_arena_array(arena, (size_t)rows * (size_t)columns, sizeof *value);
    const char **names = ww_arena_array(arena, (size_t)rows, sizeof *names);
    if (value == NULL || names == NULL)
        return WW_ENOMEM;
    for (int i = 0; i < rows * columns; i++)
        value[i] = NAN;
    for (int i = 0; i < rows; i++)
        names[i] = "";
    for (int u = 0; u < units; u++) {
        const double *one = field + (size_t)u * (size_t)(side * side);
        double most = 0;
        for (int k = 0; k < side * side; k++)
            most = fmax(most, fabs(one[k]));
        for (int k = 0; k < side * side && most > 0; k++)
            value[(u / SHEET * step + k / side) * columns + u % SHEET * step + k % side] =
                one[k] / most;
    }
    ww_figure_data figure = {.kind = "image",
                             .name = "fields",
                             .title = "fields of a sparse code of patches",
                             .caption = "first seed; each field scaled to its largest value",
                             .rows = rows,
                             .columns = columns,
                             .row_name = names,
                             .value = value,
                             .reference = NAN};
    return ww_figure_store(results, &figure);
}

/* Bandwidths of the fields beside those that nx or ny of macaque cells give. */
static ww_status store_widths(const double *fits, int units, bool octaves, ww_h5 *results,
                              ww_arena *arena)
{
    enum { BINS = 12, PIECES = 200 };
    static const char *const rows[] = {"sparse code", "macaque V1 (Ringach 2002)"};
    double *value = ww_arena_array(arena, 2 * BINS, sizeof *value);
    double *x = ww_arena_array(arena, BINS, sizeof *x), step = octaves ? 0.3 : 10, all = 0,
           cells = 0;
    ww_v1_statistics published;
    if (value == NULL || x == NULL)
        return WW_ENOMEM;
    WW_TRY(ww_v1_statistics_read(&published));
    for (int b = 0; b < BINS; b++)
        x[b] = (b + 0.5) * step;
    for (int u = 0; u < units; u++) {
        const ww_gabor_fit *fit = (const ww_gabor_fit *)fits + u;
        double w = octaves ? ww_gabor_octaves(fit->nx) : ww_gabor_orientation_deg(fit->ny);
        all += is_gabor(fit);
        if (is_gabor(fit) && w < BINS * step)
            value[(int)(w / step)]++;
    }
    const ww_histogram *h = &published.nx_ny;
    for (int i = 0; i < h->n; i++)
        for (int k = 0; k < PIECES; k++) {
            double low = octaves ? h->low[i] : h->low_2[i];
            double n = low * pow((octaves ? h->high[i] : h->high_2[i]) / low, (k + 0.5) / PIECES);
            double w = octaves ? ww_gabor_octaves(n) : ww_gabor_orientation_deg(n);
            cells += h->count[i] / PIECES;
            if (w < BINS * step)
                value[BINS + (int)(w / step)] += h->count[i] / PIECES;
        }
    for (int b = 0; b < BINS; b++) {
        value[b] /= all > 0 ? all : 1;
        value[BINS + b] /= cells;
    }
    ww_figure_data figure = {.kind = "histogram",
                             .name = octaves ? "octaves" : "width",
                             .title = octaves ? "bandwidth of spatial frequency"
                                              : "bandwidth of orientation",
                             .caption = "Gabors fitted to the fields of the first seed",
                             .x_label = octaves ? "full width at half height (octaves)"
                                                : "full width at half height (deg)",
                             .y_label = "share of units",
                             .rows = 2,
                             .columns = BINS,
                             .row_name = rows,
                             .x = x,
                             .value = value,
                             .reference = NAN};
    return ww_figure_store(results, &figure);
}

static const ww_range_rule rules[] = {
    {.id = "gabors",
     .finding = "at least 80 % of the fields are Gabors (R2 of .7)",
     .published = "localised, oriented, bandpass fields",
     .source = "olshausen1996",
     .measure = M_GABORS,
     .low = 0.8,
     .high = INFINITY},
    {.id = "octaves",
     .finding = "the median bandwidth of spatial frequency is .9 to 2 octaves",
     .published = "bandpass; not the tuning of macaque cells in detail",
     .source = "olshausen1996",
     .measure = M_OCTAVES,
     .low = 0.9,
     .high = 2},
    {.id = "sparse",
     .finding = "coefficients have at least 3 times the kurtosis of principal components",
     .published = "few units are active at a time",
     .source = "olshausen1996",
     .wired = true,
     .measure = M_KURTOSIS,
     .low = 3,
     .high = INFINITY},
    {.id = "orientations",
     .finding = "all eight bins of orientation have a field",
     .published = "a complete set of orientations",
     .source = "olshausen1996",
     .measure = M_BINS,
     .low = 7.999,
     .high = INFINITY}};

static ww_status report(const ww_grid *grid, ww_h5 *results, ww_claim **claims, int *n_claims,
                        ww_arena *arena)
{
    double *fields, *fits;
    int rank;
    int64_t dim[8];
    WW_TRY(ww_described_table(results, grid, 0, 0, "fields", &fields, &rank, dim, arena));
    if (fields != NULL)
        WW_TRY(store_fields(fields, (int)dim[0], (int)dim[1], results, arena));
    WW_TRY(ww_described_table(results, grid, 0, 0, "fits", &fits, &rank, dim, arena));
    if (fits != NULL) {
        WW_TRY(store_widths(fits, (int)dim[0], true, results, arena));
        WW_TRY(store_widths(fits, (int)dim[0], false, results, arena));
    }
    return ww_claims_in_range(grid, rules, sizeof rules / sizeof rules[0], claims, n_claims, arena);
}

const ww_experiment ww_experiment_sparse_coding = {
    .item = {.name = "sparse-coding",
             .summary = "receptive fields that a sparse code of natural pictures learns",
             .sources = "olshausen1996 lee2001",
             .example = "whatwhere run sparse-coding --set experiment.pictures=my-photographs",
             .params = params,
             .params_size = sizeof(struct sparse_coding)},
    .wants = WW_WANTS_NOTHING,
    .study = "experiments/sparse-coding.yaml",
    .brief = "n_pictures=1 picture_px=64 side_px=6 units=16 patches=200 updates=5 batch=20 steps=5",
    .n_measures = MEASURES,
    .measures = measures,
    .open = open,
    .close = close,
    .measure = measure,
    .describe = describe,
    .report = report};
