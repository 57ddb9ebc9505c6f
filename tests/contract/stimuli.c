/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every stimulus promises, whatever it shows. */
#include <criterion/criterion.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "stimuli/stimulus.h"

static const ww_view view = {64, 64, 4, 8.0 / 64, 50};

struct film {
    float *rgb;
    unsigned char *mask;
    ww_truth truth;
};

static size_t plane_of(const ww_view *v)
{
    return (size_t)v->width_px * (size_t)v->height_px;
}

static size_t bytes_of(const ww_view *v)
{
    return 3 * plane_of(v) * (size_t)v->frames * sizeof(float);
}

static struct film film_new(const ww_view *v)
{
    struct film film = {malloc(bytes_of(v)), malloc(plane_of(v)), {0}};
    cr_assert(film.rgb && film.mask);
    memset(film.rgb, 0xff, bytes_of(v)); /* not a number, wherever nothing is drawn */
    memset(film.mask, 0xff, plane_of(v));
    return film;
}

static void film_free(struct film *film)
{
    free(film->rgb);
    free(film->mask);
}

static void *defaults(const ww_stimulus *s)
{
    void *params = calloc(1, s->item.params_size + 1);
    ww_params_defaults(s->item.params, params);
    return params;
}

static void *opened(const ww_stimulus *s, const void *params, const ww_view *v)
{
    void *state = NULL;
    if (s->open)
        cr_assert_eq(s->open(&state, params, v), WW_OK, "%s: %s", s->item.name, ww_error_message());
    return state;
}

static void closed(const ww_stimulus *s, void *state, void *params)
{
    if (s->close)
        s->close(state);
    free(params);
}

static struct film drawn(const ww_stimulus *s, void *state, const void *params, const ww_view *v,
                         uint64_t seed, uint64_t index)
{
    struct film film = film_new(v);
    ww_status status = s->draw(state, params, v, seed, index, film.rgb, film.mask, &film.truth);
    cr_assert_eq(status, WW_OK, "%s: %s", s->item.name, ww_error_message());
    return film;
}

/* A label counts from 0 to what the parameter `count` says. */
static void check_label(const ww_stimulus *s, const void *params, const char *count, int label)
{
    const ww_param *row = ww_params_find(s->item.params, count);
    int n = 0;
    if (row)
        memcpy(&n, (const char *)params + row->offset, sizeof n);
    cr_assert(label == WW_UNKNOWN || (label >= 0 && label < n), "%s: label %d of %d %s",
              s->item.name, label, n, count);
}

static void check_truth(const ww_stimulus *s, const void *params, const ww_truth *truth)
{
    cr_assert(truth->category >= WW_UNKNOWN && truth->category <= 2);
    check_label(s, params, "n_faces", truth->face);
    check_label(s, params, "n_words", truth->word);
    check_label(s, params, "n_objects", truth->object);
    check_label(s, params, "n_colours", truth->colour);
    check_label(s, params, "n_directions", truth->direction);
    cr_assert(isfinite(truth->x_deg) && isfinite(truth->y_deg) && isfinite(truth->size_deg) &&
              isfinite(truth->speed_deg_s) && isfinite(truth->orientation_deg));
}

static void check_film(const ww_stimulus *s, const struct film *film, const ww_view *v)
{
    size_t n = bytes_of(v) / sizeof(float);
    for (size_t i = 0; i < n; i++)
        cr_assert(film->rgb[i] >= 0 && film->rgb[i] <= 1, "%s: pixel %zu is %g", s->item.name, i,
                  (double)film->rgb[i]);
    for (size_t i = 0; i < plane_of(v); i++)
        cr_assert(film->mask[i] <= 1, "%s: mask %zu is %d", s->item.name, i, film->mask[i]);
}

Test(stimuli, pixels_masks_and_truth_are_in_range)
{
    const ww_view views[] = {view, {48, 48, 1, 8.0 / 48, 50}, {90, 63, 2, 0.11, 20}};
    for (size_t k = 0; k < ww_stimuli_count; k++)
        for (size_t j = 0; j < sizeof views / sizeof views[0]; j++) {
            const ww_stimulus *s = ww_stimuli[k];
            void *params = defaults(s), *state = opened(s, params, &views[j]);
            for (uint64_t i = 0; i < 20; i++) {
                struct film film = drawn(s, state, params, &views[j], 3, i);
                check_film(s, &film, &views[j]);
                check_truth(s, params, &film.truth);
                film_free(&film);
            }
            closed(s, state, params);
        }
}

Test(stimuli, an_item_is_a_function_of_seed_and_index)
{
    for (size_t k = 0; k < ww_stimuli_count; k++) {
        const ww_stimulus *s = ww_stimuli[k];
        void *params = defaults(s), *state = opened(s, params, &view);
        struct film a = drawn(s, state, params, &view, 5, 11);
        struct film other = drawn(s, state, params, &view, 5, 12);
        struct film reseeded = drawn(s, state, params, &view, 6, 11);
        closed(s, state, params);
        params = defaults(s), state = opened(s, params, &view);
        struct film b = drawn(s, state, params, &view, 5, 11);
        cr_assert_eq(memcmp(a.rgb, b.rgb, bytes_of(&view)), 0, "%s", s->item.name);
        cr_assert_eq(memcmp(a.mask, b.mask, plane_of(&view)), 0, "%s", s->item.name);
        cr_assert_neq(memcmp(a.rgb, other.rgb, bytes_of(&view)), 0, "%s", s->item.name);
        cr_assert_neq(memcmp(a.rgb, reseeded.rgb, bytes_of(&view)), 0, "%s", s->item.name);
        closed(s, state, params);
        film_free(&a), film_free(&b), film_free(&other), film_free(&reseeded);
    }
}

Test(stimuli, a_mask_is_not_required)
{
    for (size_t k = 0; k < ww_stimuli_count; k++) {
        const ww_stimulus *s = ww_stimuli[k];
        void *params = defaults(s), *state = opened(s, params, &view);
        struct film a = drawn(s, state, params, &view, 5, 11), b = film_new(&view);
        cr_assert_eq(s->draw(state, params, &view, 5, 11, b.rgb, NULL, &b.truth), WW_OK);
        cr_assert_eq(memcmp(a.rgb, b.rgb, bytes_of(&view)), 0, "%s", s->item.name);
        closed(s, state, params);
        film_free(&a), film_free(&b);
    }
}

struct job {
    const ww_stimulus *s;
    void *state, *params;
    struct film film[16];
};

static void *draw_many(void *argument)
{
    struct job *job = argument;
    for (uint64_t i = 0; i < 16; i++) {
        struct film *film = &job->film[i];
        if (job->s->draw(job->state, job->params, &view, 9, i, film->rgb, film->mask,
                         &film->truth) != WW_OK)
            film->rgb[0] = -1;
    }
    return NULL;
}

Test(stimuli, two_threads_draw_the_same_bits)
{
    for (size_t k = 0; k < ww_stimuli_count; k++) {
        const ww_stimulus *s = ww_stimuli[k];
        void *params = defaults(s), *state = opened(s, params, &view);
        struct job job[2];
        pthread_t thread[2];
        for (int t = 0; t < 2; t++) {
            job[t] = (struct job){.s = s, .state = state, .params = params};
            for (int i = 0; i < 16; i++)
                job[t].film[i] = film_new(&view);
        }
        for (int t = 0; t < 2; t++)
            cr_assert_eq(pthread_create(&thread[t], NULL, draw_many, &job[t]), 0);
        for (int t = 0; t < 2; t++)
            pthread_join(thread[t], NULL);
        for (uint64_t i = 0; i < 16; i++) {
            struct film alone = drawn(s, state, params, &view, 9, i);
            for (int t = 0; t < 2; t++) {
                cr_assert_eq(memcmp(alone.rgb, job[t].film[i].rgb, bytes_of(&view)), 0, "%s",
                             s->item.name);
                film_free(&job[t].film[i]);
            }
            film_free(&alone);
        }
        closed(s, state, params);
    }
}

/* `key` = `value` must be refused with one line that names the key. */
static void refuses(const char *name, const char *key, const char *value)
{
    const ww_stimulus *s = NULL;
    for (size_t k = 0; k < ww_stimuli_count; k++)
        if (strcmp(ww_stimuli[k]->item.name, name) == 0)
            s = ww_stimuli[k];
    cr_assert(s);
    void *params = defaults(s), *state = NULL;
    ww_arena *arena = ww_arena_create();
    cr_assert_eq(ww_params_set(s->item.params, params, key, value, "", arena), WW_OK);
    cr_assert_eq(s->open(&state, params, &view), WW_EINVAL, "%s %s", name, key);
    cr_assert(state == NULL && strstr(ww_error_message(), key) && strstr(ww_error_message(), name));
    ww_arena_free(arena);
    free(params);
}

Test(stimuli, open_refuses_what_the_view_cannot_show)
{
    refuses("grating", "frequency_cpd", "4.1"); /* the limit is 4 cycles/deg */
    refuses("grating", "temporal_hz", "11");    /* and 10 Hz */
    refuses("gabor", "frequency_cpd", "5");
    refuses("plaid", "frequency_cpd", "5");
    refuses("face", "size_deg", "9");
    refuses("face", "identity", "20");
    refuses("word", "word", "30");
    refuses("object", "object", "22");
    refuses("scene", "size_max_deg", "9");
    refuses("scene", "size_min_deg", "7");
    refuses("search", "length_deg", "2.1"); /* 16 bars have 2 deg each */
}
