/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_TESTS_SUPPORT_FOLDER_H
#define WW_TESTS_SUPPORT_FOLDER_H

/* A folder of its own for each test, and checks of whole messages in which "@" stands for that
 * folder: expect_failure(ww_table_read(&t, ww_path("a.tsv"), arena), WW_EPARSE, "@/a.tsv:7: ...").
 */

#include <criterion/criterion.h>
#include <stddef.h>

#include "engine/base/status.h"

/** For Criterion's .init and .fini: make the folder, and remove it with all that is in it. */
void ww_folder_make(void);
void ww_folder_remove(void);

/** "FOLDER/name"; the text lives as long as the test. */
const char *ww_path(const char *name);

/** Writes a file into the folder and returns its path. */
const char *ww_file_with(const char *name, const void *data, size_t bytes);
const char *ww_file_with_text(const char *name, const char *text);

/** How many entries the folder has, hidden ones included. */
int ww_folder_entries(void);

/** Where a topic of the data folder lies, or NULL after the test was marked as skipped. */
const char *ww_data_folder(const char *topic);

/** Fails the test unless the last message is `wanted`. */
void ww_expect_message(const char *wanted, const char *file, int line);

/** Makes all writes of this process fail that would make a file larger than `bytes`. */
void ww_limit_file_size(size_t bytes);
void ww_unlimit_file_size(void);

#define expect_failure(call, status, message)                                                      \
    do {                                                                                           \
        ww_status got_ = (call);                                                                   \
        cr_assert_eq(got_, (status), "%s, not %s: %s", ww_status_text(got_),                       \
                     ww_status_text(status), ww_error_message());                                  \
        ww_expect_message(message, __FILE__, __LINE__);                                            \
    } while (0)

#define expect_ok(call) cr_assert_eq((call), WW_OK, "%s", ww_error_message())

#endif
