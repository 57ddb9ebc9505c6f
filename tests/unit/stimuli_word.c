/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of written words that several share. */
#include <criterion/criterion.h>
#include <pthread.h>

#include "stimuli/parts/word.h"

static ww_word_set *opened(int n)
{
    ww_word_set *set = NULL;
    cr_assert_eq(ww_word_set_open(&set, n), WW_OK, "%s", ww_error_message());
    return set;
}

Test(stimuli_word, what_was_set_is_kept_for_the_next_who_wants_no_more)
{
    ww_word_set *first = opened(5);
    ww_word_set_close(first);
    ww_word_set *again = opened(5), *fewer = opened(3);
    cr_assert(again == first && fewer == first);
    ww_word_set_close(again);
    ww_word_set_close(fewer);
}

Test(stimuli_word, who_wants_more_words_leaves_others_theirs)
{
    double aspect[5];
    ww_word_set *few = opened(5);
    for (int i = 0; i < 5; i++)
        aspect[i] = ww_word_aspect(few, i, 1);
    ww_word_set *many = opened(12);
    cr_assert(many != few);
    cr_assert_gt(ww_word_aspect(many, 11, WW_WORD_FONTS - 1), 0);
    for (int i = 0; i < 5; i++)
        cr_assert(ww_word_aspect(few, i, 1) == aspect[i] &&
                  ww_word_aspect(many, i, 1) == aspect[i]);
    ww_word_set_close(many);
    ww_word_set_close(few);
    few = opened(5);
    cr_assert(few == many);
    ww_word_set_close(few);
}

static void *open_and_close(void *unused)
{
    for (int n = 1; n < 12; n++) {
        ww_word_set *set = opened(n);
        cr_assert_gt(ww_word_aspect(set, n - 1, 0), 0);
        ww_word_set_close(set);
    }
    return unused;
}

Test(stimuli_word, threads_open_and_close_at_once)
{
    pthread_t thread[3];
    for (int i = 0; i < 3; i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, open_and_close, NULL), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
}
