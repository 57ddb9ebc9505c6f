/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Written words. Frequent, concrete English words of three to five letters, short ones first; many
 * are neighbours (cat, car, cup), so that letters and not lengths tell them apart.
 *
 * Each word is set once per font by pango, which gives an outline; drawing only copies the outline
 * into a path, so it needs no font, no lock and no thread of its own. To find the fonts takes
 * pango longer than to draw a hundred scenes, and a brain is trained, validated and tested on the
 * same words: those of the list are kept for the next who opens them. */
#include "stimuli/parts/word.h"

#include <math.h>
#include <pango/pangocairo.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static const char *const words[WW_WORDS] = {
    "cat",  "dog",  "sun",   "bed",   "car",   "hat",   "pig",   "cup",   "man",   "box",
    "fish", "tree", "bird",  "door",  "hand",  "milk",  "lion",  "book",  "ship",  "wolf",
    "key",  "egg",  "leg",   "net",   "ant",   "king",  "moon",  "road",  "leaf",  "farm",
    "cake", "town", "horse", "table", "river", "bread", "glass", "stone", "plant", "chair"};

/* Families in order of preference; pango falls back on what there is. */
static const char *const fonts[WW_WORD_FONTS] = {"DejaVu Sans, Sans Bold 100",
                                                 "DejaVu Serif, Serif Bold 100",
                                                 "Liberation Sans, Arial, Sans Bold 100",
                                                 "Liberation Serif, Times, Serif Bold 100",
                                                 "DejaVu Sans Mono, Monospace Bold 100",
                                                 "Liberation Sans, Sans Bold Italic 100"};

struct outline {
    cairo_path_t *path;
    double x, y, width, height; /* of the ink */
};

struct ww_word_set {
    int n;
    atomic_int users;         /* it is freed when the last of them closes it */
    struct outline outline[]; /* [n][WW_WORD_FONTS] */
};

const char *ww_word_text(int i)
{
    return words[i];
}

static ww_status set_word(struct outline *outline, cairo_t *cr, PangoLayout *layout,
                          const char *text)
{
    pango_layout_set_text(layout, text, -1);
    cairo_new_path(cr);
    cairo_move_to(cr, 0, 0);
    pango_cairo_layout_path(cr, layout);
    double x1, y1, x2, y2;
    cairo_path_extents(cr, &x1, &y1, &x2, &y2);
    outline->path = cairo_copy_path(cr);
    if (!outline->path || outline->path->status != CAIRO_STATUS_SUCCESS)
        return WW_FAIL(WW_ENOMEM, "no memory for the outline of '%s'", text);
    if (!(x2 > x1 && y2 > y1))
        return WW_FAIL(WW_EBACKEND, "no font can write '%s'; install the DejaVu fonts", text);
    outline->x = x1;
    outline->y = y1;
    outline->width = x2 - x1;
    outline->height = y2 - y1;
    return WW_OK;
}

static ww_status set_font(ww_word_set *set, int font, cairo_t *cr, PangoContext *context,
                          const char *const *texts)
{
    PangoLayout *layout = pango_layout_new(context);
    PangoFontDescription *description = pango_font_description_from_string(fonts[font]);
    pango_layout_set_font_description(layout, description);
    pango_font_description_free(description);
    ww_status status = WW_OK;
    for (int i = 0; i < set->n && status == WW_OK; i++)
        status = set_word(&set->outline[i * WW_WORD_FONTS + font], cr, layout, texts[i]);
    g_object_unref(layout);
    return status;
}

/* The words of the list that were set last, or more than that; one of their users. */
static ww_word_set *kept;
static pthread_mutex_t keeping = PTHREAD_MUTEX_INITIALIZER;

ww_status ww_word_set_open(ww_word_set **out, int n)
{
    ww_status status = WW_OK;
    *out = NULL;
    if (n < 1 || n > WW_WORDS)
        return WW_FAIL(WW_EINVAL, "the list has %d words, not %d", WW_WORDS, n);
    pthread_mutex_lock(&keeping);
    if (kept == NULL || kept->n < n) {
        ww_word_set_close(kept);
        status = ww_word_set_open_texts(&kept, words, n);
    }
    if (status == WW_OK) {
        atomic_fetch_add(&kept->users, 1);
        *out = kept;
    }
    pthread_mutex_unlock(&keeping);
    return status;
}

ww_status ww_word_set_open_texts(ww_word_set **out, const char *const *texts, int n)
{
    *out = NULL;
    ww_word_set *set = calloc(1, sizeof *set + (size_t)n * WW_WORD_FONTS * sizeof(struct outline));
    if (!set)
        return WW_FAIL(WW_ENOMEM, "no memory for %d words", n);
    set->n = n;
    atomic_init(&set->users, 1);
    /* a recording surface has no pixels, so nothing is hinted to a grid */
    cairo_surface_t *surface = cairo_recording_surface_create(CAIRO_CONTENT_ALPHA, NULL);
    cairo_t *cr = cairo_create(surface);
    PangoFontMap *map = pango_cairo_font_map_new(); /* of our own: shared with no thread */
    PangoContext *context = pango_font_map_create_context(map);
    ww_status status = WW_OK;
    for (int font = 0; font < WW_WORD_FONTS && status == WW_OK; font++)
        status = set_font(set, font, cr, context, texts);
    g_object_unref(context);
    g_object_unref(map);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    if (status != WW_OK) {
        ww_word_set_close(set);
        return status;
    }
    *out = set;
    return WW_OK;
}

void ww_word_set_close(ww_word_set *set)
{
    if (!set || atomic_fetch_sub(&set->users, 1) > 1)
        return;
    for (int i = 0; i < set->n * WW_WORD_FONTS; i++)
        if (set->outline[i].path)
            cairo_path_destroy(set->outline[i].path);
    free(set);
}

double ww_word_aspect(const ww_word_set *set, int word, int font)
{
    const struct outline *outline = &set->outline[word * WW_WORD_FONTS + font];
    return outline->height / outline->width;
}

void ww_word_path(cairo_t *cr, const ww_word_set *set, int word, int font)
{
    const struct outline *outline = &set->outline[word * WW_WORD_FONTS + font];
    double scale = 1 / outline->width;
    cairo_save(cr);
    cairo_scale(cr, scale, -scale); /* pango's y runs down */
    cairo_translate(cr, -outline->x - 0.5 * outline->width, -outline->y - 0.5 * outline->height);
    cairo_append_path(cr, outline->path);
    cairo_restore(cr);
}
