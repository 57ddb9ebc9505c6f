/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _XOPEN_SOURCE 700 /* nftw */
#include "tests/support/folder.h"

#include <dirent.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/base/arena.h"

static char folder[64];
static ww_arena *names;

void ww_folder_make(void)
{
    strcpy(folder, "/tmp/ww-test-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    names = ww_arena_create();
}

static int remove_entry(const char *name, const struct stat *about, int type, struct FTW *place)
{
    (void)about, (void)type, (void)place;
    return remove(name);
}

void ww_folder_remove(void)
{
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    ww_arena_free(names);
}

const char *ww_path(const char *name)
{
    return ww_arena_printf(names, "%s/%s", folder, name);
}

const char *ww_file_with(const char *name, const void *data, size_t bytes)
{
    const char *where = ww_path(name);
    FILE *stream = fopen(where, "wb");
    cr_assert_not_null(stream);
    cr_assert_eq(fwrite(data, 1, bytes, stream), bytes);
    cr_assert_eq(fclose(stream), 0);
    return where;
}

const char *ww_file_with_text(const char *name, const char *text)
{
    return ww_file_with(name, text, strlen(text));
}

int ww_folder_entries(void)
{
    int n = -2; /* "." and ".." */
    DIR *stream = opendir(folder);
    while (readdir(stream) != NULL)
        n++;
    closedir(stream);
    return n;
}

const char *ww_data_folder(const char *topic)
{
    const char *root = getenv("WW_DATA");
    const char *where = ww_arena_printf(names, "%s/%s", root ? root : "../shared/data", topic);
    if (access(where, R_OK) == 0)
        return where;
    cr_skip_test("%s is absent", where);
    return NULL;
}

void ww_expect_message(const char *wanted, const char *file, int line)
{
    char full[2048];
    size_t used = 0;
    for (const char *c = wanted; *c != '\0'; c++)
        used += (size_t)snprintf(full + used, sizeof full - used, *c == '@' ? "%s" : "%.1s",
                                 *c == '@' ? folder : c);
    cr_assert_str_eq(ww_error_message(), full, "%s:%d:\n  got    %s\n  wanted %s", file, line,
                     ww_error_message(), full);
}

void ww_limit_file_size(size_t bytes)
{
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){bytes, RLIM_INFINITY}), 0);
}

void ww_unlimit_file_size(void)
{
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
}
