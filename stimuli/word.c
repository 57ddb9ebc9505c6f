/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A written word on an even ground, in one of several fonts: the same word in other letters stays
 * the same word, as it does for the visual word form area (Dehaene et al. 2001, Nat Neurosci 4:752;
 * Cohen et al. 2000, Brain 123:291). `word` and `font` fix what is shown; -1 draws one. */
#include "stimuli/parts/frame.h"
#include "stimuli/parts/thing.h"

struct word {
    int n_words, word, font;
    double size_deg, tilt_jitter_deg, ink, ground, spread_deg;
};

static const ww_param params[] = {
    WW_INT(struct word, n_words, 20, 1, WW_WORDS, "", "number of words", ""),
    WW_INT(struct word, word, -1, -1, WW_WORDS - 1, "", "which word is shown; -1 draws one", ""),
    WW_INT(struct word, font, -1, -1, WW_WORD_FONTS - 1, "", "in which font; -1 draws one", ""),
    WW_REAL(struct word, size_deg, 6, 0.1, 180, "deg", "width of the word", ""),
    WW_REAL(struct word, tilt_jitter_deg, 0, 0, 180, "deg", "random tilt, each way", ""),
    WW_REAL(struct word, ink, 0, 0, 1, "", "luminance of the letters", ""),
    WW_REAL(struct word, ground, 0.7, 0, 1, "", "luminance of the ground", ""),
    WW_REAL(struct word, spread_deg, 0, 0, 90, "deg", "random shift of the centre, each way", ""),
    WW_PARAM_END};

static ww_status open(void **state, const void *params_, const ww_view *view)
{
    const struct word *p = params_;
    ww_word_set *set = NULL;
    *state = NULL;
    if (p->word >= p->n_words)
        return WW_FAIL(WW_EINVAL, "stimulus word: word = %d, but there are %d words (from 0)",
                       p->word, p->n_words);
    WW_TRY(ww_thing_check("word", "size_deg", p->size_deg, view));
    WW_TRY(ww_word_set_open(&set, p->n_words));
    *state = set;
    return WW_OK;
}

static void close(void *state)
{
    ww_word_set_close(state);
}

static ww_status draw(void *state, const void *params_, const ww_view *view, uint64_t seed,
                      uint64_t index, float *rgb, unsigned char *mask, ww_truth *truth)
{
    const struct word *p = params_;
    ww_random random = ww_random_stream(seed, "stimuli/word", index);
    *truth = ww_truth_unknown();
    int word = (int)ww_random_below(&random, (uint64_t)p->n_words);
    int font = (int)ww_random_below(&random, WW_WORD_FONTS);
    ww_thing thing = {.category = WW_WORD,
                      .which = p->word >= 0 ? p->word : word,
                      .font = p->font >= 0 ? p->font : font,
                      .size_deg = p->size_deg,
                      .colour = {p->ink, p->ink, p->ink}};
    thing.tilt_deg = p->tilt_jitter_deg * ww_random_range(&random, -1, 1);
    double x = p->spread_deg * ww_random_range(&random, -1, 1);
    double y = p->spread_deg * ww_random_range(&random, -1, 1);
    return ww_thing_show(&thing, state, view, x, y, p->ground, rgb, mask, truth);
}

const ww_stimulus ww_stimulus_word = {
    .item = {.name = "word",
             .summary = "written word in one of several fonts",
             .sources = "cohen2000 dehaene2001",
             .example = "whatwhere stimuli show word --set n_words=40 -o sheet.png",
             .params = params,
             .params_size = sizeof(struct word)},
    .open = open,
    .close = close,
    .draw = draw};
