/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Competition among S cells (Fukushima 1980, 1988, 2003).
 *
 * What a cell sees is taken as the vector sqrt(c) x of its window; in this space the answer of a
 * plane follows from the cosine with the sum of what it learned (areas/parts/neocognitron.c). For
 * each picture all answers are computed with the planes as they were before it, sorted, and gone
 * through from the largest: that is the same as to look for the maximum again after each winner has
 * silenced its plane and its neighbourhood. A winner's connections grow by q c x (q = 1).
 *
 * The order of sums does not depend on the number of threads. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "connectome/neocognitron_parts.h"
#include "engine/base/arena.h"
#include "engine/tensor/backend/blas.h"

struct seed {
    float answer;
    int place, plane;
};

struct ww_neo_planes {
    ww_neo_rules rules;
    int count;
    size_t size;            /* of a window with all its channels */
    float *root;            /* [kernel * kernel] sqrt(c) */
    float *sum, *unit;      /* [most][size] of sqrt(c) x, and the same with length 1 */
    float *loud, *power;    /* windows [places][size] of the loud places, norms [places] */
    float *product;         /* [places][most] */
    struct seed *seed;      /* [places * most] */
    int *place;             /* [places] where the loud ones are */
    unsigned char *silent;  /* [places] of the loud ones */
    unsigned char *away;    /* [places] near a winner */
    unsigned char *has_won; /* [most] */
};

ww_status ww_neo_planes_create(ww_neo_planes **out, const ww_neo_rules *rules)
{
    ww_neo_planes *p = calloc(1, sizeof *p);
    *out = p;
    if (p == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for cell-planes");
    size_t places = (size_t)rules->height * (size_t)rules->width, most = (size_t)rules->most;
    size_t taps = (size_t)rules->kernel * (size_t)rules->kernel;
    p->rules = *rules;
    p->size = taps * (size_t)rules->channels;
    p->root = malloc(taps * sizeof *p->root);
    p->sum = calloc(most * p->size, sizeof *p->sum);
    p->unit = calloc(most * p->size, sizeof *p->unit);
    p->loud = malloc(places * p->size * sizeof *p->loud);
    p->power = malloc(places * sizeof *p->power);
    p->product = malloc(places * most * sizeof *p->product);
    p->seed = malloc(places * most * sizeof *p->seed);
    p->place = malloc(places * sizeof *p->place);
    p->silent = malloc(places);
    p->away = malloc(places);
    p->has_won = malloc(most);
    if (!p->root || !p->sum || !p->unit || !p->loud || !p->power || !p->product || !p->seed ||
        !p->place || !p->silent || !p->away || !p->has_won) {
        ww_neo_planes_free(p);
        *out = NULL;
        return WW_FAIL(WW_ENOMEM, "out of memory for cell-planes");
    }
    for (size_t i = 0; i < taps; i++)
        p->root[i] = sqrtf(rules->window[i]);
    return WW_OK;
}

void ww_neo_planes_free(ww_neo_planes *p)
{
    if (p == NULL)
        return;
    free(p->root), free(p->sum), free(p->unit), free(p->loud), free(p->power), free(p->product);
    free(p->seed), free(p->place), free(p->silent), free(p->away), free(p->has_won);
    free(p);
}

int ww_neo_planes_count(const ww_neo_planes *p)
{
    return p->count;
}

void ww_neo_planes_weights(const ww_neo_planes *p, float *weights)
{
    size_t taps = (size_t)p->rules.kernel * (size_t)p->rules.kernel;
    for (size_t i = 0; i < (size_t)p->rules.most * p->size; i++)
        weights[i] = p->root[i % taps] * p->sum[i];
}

/* The window around a place, sqrt(c) x; zeros beyond the edge. Returns its length. */
static float window_at(const ww_neo_planes *p, const float *map, int place, float *out)
{
    const ww_neo_rules *r = &p->rules;
    int k = r->kernel, top = place / r->width - k / 2, left = place % r->width - k / 2;
    double power = 0;
    for (int c = 0; c < r->channels; c++)
        for (int i = 0; i < k * k; i++) {
            int y = top + i / k, x = left + i % k;
            bool inside = y >= 0 && x >= 0 && y < r->height && x < r->width;
            float value = inside ? p->root[i] * map[(c * r->height + y) * r->width + x] : 0;
            out[c * k * k + i] = value;
            power += (double)value * (double)value;
        }
    return (float)sqrt(power);
}

/* Gathers the windows of the loud places; returns their number. */
static int listen(ww_neo_planes *p, const float *map)
{
    const ww_neo_rules *r = &p->rules;
    int places = r->height * r->width, n = 0;
    float loudest = 0;
#pragma omp parallel for schedule(static)
    for (int i = 0; i < places; i++)
        p->power[i] = window_at(p, map, i, p->loud + (size_t)i * p->size);
    for (int i = 0; i < places; i++)
        loudest = fmaxf(loudest, p->power[i]);
    for (int i = 0; i < places; i++) {
        if (!(p->power[i] > 0) || p->power[i] < (float)r->quiet * loudest)
            continue;
        if (n < i)
            memcpy(p->loud + (size_t)n * p->size, p->loud + (size_t)i * p->size,
                   p->size * sizeof *p->loud);
        p->power[n] = p->power[i];
        p->place[n++] = i;
    }
    return n;
}

static int stronger(const void *a, const void *b)
{
    const struct seed *x = a, *y = b;
    if (x->answer != y->answer)
        return x->answer < y->answer ? 1 : -1;
    return x->place != y->place ? x->place - y->place : x->plane - y->plane;
}

/* All answers above 0 of the planes to the n loud places, the strongest first. */
static int answers(ww_neo_planes *p, int n)
{
    int seeds = 0;
    double theta = p->rules.theta, gain = p->rules.gain;
    ww_matrix windows = {p->loud, (int64_t)p->size, false};
    ww_matrix planes = {p->unit, (int64_t)p->size, true};
    if (p->count > 0)
        ww_product(n, p->count, (int64_t)p->size, windows, planes, p->product);
    for (int i = 0; i < n; i++) {
        p->silent[i] = 1;
        for (int k = 0; k < p->count; k++) {
            double v = (double)p->power[i];
            double e = (double)p->product[(size_t)i * (size_t)p->count + (size_t)k];
            if (e <= theta * v)
                continue;
            p->silent[i] = 0;
            p->seed[seeds++] =
                (struct seed){(float)(gain * (e - theta * v) / (1 + theta * gain * v)), i, k};
        }
    }
    qsort(p->seed, (size_t)seeds, sizeof *p->seed, stronger);
    return seeds;
}

/* Adds the window of a loud place to a plane. */
static void reinforce(ww_neo_planes *p, int plane, int loud)
{
    float *sum = p->sum + (size_t)plane * p->size, *unit = p->unit + (size_t)plane * p->size;
    const float *seen = p->loud + (size_t)loud * p->size;
    double power = 0;
    for (size_t i = 0; i < p->size; i++) {
        sum[i] += seen[i];
        power += (double)sum[i] * (double)sum[i];
    }
    for (size_t i = 0; i < p->size; i++)
        unit[i] = (float)((double)sum[i] / sqrt(power));
}

static void keep_away(ww_neo_planes *p, int place)
{
    int width = p->rules.width, reach = p->rules.compete;
    int row = place / width, column = place % width;
    for (int y = row - reach; y <= row + reach; y++)
        for (int x = column - reach; x <= column + reach; x++)
            if (y >= 0 && x >= 0 && y < p->rules.height && x < width)
                p->away[y * width + x] = 1;
}

/* Loud places where all planes are silent become planes, the loudest first. */
static void add_planes(ww_neo_planes *p, int n)
{
    while (p->count < p->rules.most) {
        int loudest = -1;
        for (int i = 0; i < n; i++)
            if (p->silent[i] && (loudest < 0 || p->power[i] > p->power[loudest]))
                loudest = i;
        if (loudest < 0)
            return;
        const float *unit = p->unit + (size_t)p->count * p->size;
        reinforce(p, p->count++, loudest);
        for (int i = 0; i < n; i++) {
            double e = 0;
            for (size_t j = 0; j < p->size && p->silent[i]; j++)
                e += (double)unit[j] * (double)p->loud[(size_t)i * p->size + j];
            if (i == loudest || e > p->rules.theta * (double)p->power[i])
                p->silent[i] = 0;
        }
    }
}

void ww_neo_planes_see(ww_neo_planes *p, const float *map)
{
    int n = listen(p, map), seeds = answers(p, n);
    memset(p->away, 0, (size_t)p->rules.height * (size_t)p->rules.width);
    memset(p->has_won, 0, (size_t)p->rules.most);
    for (int i = 0; i < seeds; i++) {
        const struct seed *seed = &p->seed[i];
        if (p->has_won[seed->plane] || p->away[p->place[seed->place]])
            continue;
        p->has_won[seed->plane] = 1;
        reinforce(p, seed->plane, seed->place);
        keep_away(p, p->place[seed->place]);
    }
    add_planes(p, n);
}

/* ---- labelled cells ---- */

struct cells {
    size_t n;          /* patterns */
    const float *gram; /* [n][n] products of patterns */
    int count, most;   /* cells */
    int per_class;
    float **raw;               /* [most] products [n] with every pattern, or NULL */
    double *power;             /* [most] squared length */
    int *label, *row, *filled; /* [most], [most], [classes] */
};

static void cells_free(struct cells *c)
{
    for (int i = 0; i < c->most && c->raw != NULL; i++)
        free(c->raw[i]);
    free(c->raw), free(c->power), free(c->label), free(c->row), free(c->filled);
}

static ww_status cells_make(struct cells *c, const float *gram, size_t n, int classes,
                            int per_class)
{
    int most = classes * per_class;
    *c = (struct cells){.n = n,
                        .gram = gram,
                        .most = most,
                        .per_class = per_class,
                        .raw = calloc((size_t)most, sizeof *c->raw),
                        .power = calloc((size_t)most, sizeof *c->power),
                        .label = calloc((size_t)most, sizeof *c->label),
                        .row = calloc((size_t)most, sizeof *c->row),
                        .filled = calloc((size_t)classes, sizeof *c->filled)};
    if (!c->raw || !c->power || !c->label || !c->row || !c->filled)
        return WW_FAIL(WW_ENOMEM, "out of memory for labelled cells");
    return WW_OK;
}

/* Adds pattern i to a cell. */
static void learn(struct cells *c, int cell, size_t i)
{
    float *raw = c->raw[cell];
    c->power[cell] += 2 * (double)raw[i] + (double)c->gram[i * c->n + i];
    for (size_t j = 0; j < c->n; j++)
        raw[j] += c->gram[i * c->n + j];
}

/* A new cell of a class; -1: the class has no room, or there is no memory (*status). */
static int make(struct cells *c, int label, ww_status *status)
{
    int cell = c->count;
    if (c->filled[label] == c->per_class)
        return -1;
    c->raw[cell] = calloc(c->n, sizeof *c->raw[cell]);
    if (c->raw[cell] == NULL) {
        *status = WW_FAIL(WW_ENOMEM, "out of memory for labelled cells");
        return -1;
    }
    c->label[cell] = label;
    c->row[cell] = label * c->per_class + c->filled[label]++;
    c->count++;
    return cell;
}

/* The cell that pattern i resembles most, and how much. */
static int nearest(const struct cells *c, size_t i, double *cosine)
{
    int best = -1;
    *cosine = 0;
    for (int k = 0; k < c->count; k++) {
        double s = (double)c->raw[k][i] / sqrt(c->power[k]);
        if (best < 0 || s > *cosine) {
            best = k;
            *cosine = s;
        }
    }
    return best;
}

ww_status ww_neo_label(const float *pattern, const int *label, size_t n, size_t size, int classes,
                       int per_class, double theta, int passes, float *weights, int *cells,
                       size_t *wrong)
{
    struct cells c = {0};
    bool fits = (double)n * (double)n * sizeof(float) < ww_machine_bytes();
    float *gram = fits ? malloc(n * n * sizeof *gram + 1) : NULL;
    ww_status status =
        gram != NULL ? cells_make(&c, gram, n, classes, per_class)
                     : WW_FAIL(WW_ENOMEM, "out of memory for the products of %zu pictures", n);
    if (status == WW_OK) {
        ww_product((int64_t)n, (int64_t)n, (int64_t)size,
                   (ww_matrix){pattern, (int64_t)size, false},
                   (ww_matrix){pattern, (int64_t)size, true}, gram);
        memset(weights, 0, (size_t)c.most * size * sizeof *weights);
    }
    bool settled = false;
    *wrong = 0;
    for (int pass = 0; pass < passes && !settled && status == WW_OK; pass++) {
        *wrong = 0;
        for (size_t i = 0; i < n && status == WW_OK; i++) {
            double cosine;
            if (!(gram[i * n + i] > 0))
                continue;
            int cell = nearest(&c, i, &cosine);
            if (cell < 0 || c.label[cell] != label[i] || cosine <= theta) {
                ++*wrong;
                cell = make(&c, label[i], &status);
            }
            if (cell < 0)
                continue;
            learn(&c, cell, i);
            float *row = weights + (size_t)c.row[cell] * size;
            for (size_t j = 0; j < size; j++)
                row[j] += pattern[i * size + j];
        }
        settled = *wrong == 0;
    }
    *cells = c.count;
    cells_free(&c);
    free(gram);
    return status;
}
