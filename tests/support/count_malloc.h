/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_TESTS_SUPPORT_COUNT_MALLOC_H
#define WW_TESTS_SUPPORT_COUNT_MALLOC_H

/* How often the heap was asked for memory so far, by any thread and any library; always 0 under a
 * sanitizer, which has a heap of its own. */
unsigned long ww_count_malloc(void);

#endif
