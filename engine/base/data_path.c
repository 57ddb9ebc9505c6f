/* SPDX-License-Identifier: GPL-3.0-or-later */
/* WW_SOURCE_TREE and WW_DATA_FOLDER come from the makefile, for this file alone. */
#include "engine/base/data_path.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/text.h"

enum { MOST_NEIGHBOURS = 256, PATH_BYTES = 4096 };

void ww_data_folders(const char *folder[4])
{
    const char *home = getenv("WHATWHERE_HOME");
    int n = 0;
    if (home != NULL && home[0] != '\0')
        folder[n++] = home;
    if (access(WW_SOURCE_TREE, F_OK) == 0)
        folder[n++] = WW_SOURCE_TREE;
    folder[n++] = WW_DATA_FOLDER;
    folder[n] = NULL;
}

/* Appends to `names` copies of what lies in `folder`; returns the new count. */
static size_t add_neighbours(const char *folder, char **names, size_t count)
{
    DIR *stream = opendir(folder);
    if (stream == NULL)
        return count;
    for (struct dirent *entry; (entry = readdir(stream)) != NULL && count < MOST_NEIGHBOURS;)
        if (entry->d_name[0] != '.' && (names[count] = strdup(entry->d_name)) != NULL)
            count++;
    closedir(stream);
    return count;
}

/* The message names all folders, and a file beside the missing one whose name is like it. */
static ww_status not_found(const char *const *folder, const char *relative)
{
    char where[PATH_BYTES] = "", beside[PATH_BYTES], *names[MOST_NEIGHBOURS];
    size_t used = 0, count = 0;
    const char *slash = strrchr(relative, '/');
    int stem = slash != NULL ? (int)(slash - relative) + 1 : 0;
    for (int i = 0; folder[i] != NULL; i++) {
        if (used < sizeof where)
            used += (size_t)snprintf(where + used, sizeof where - used, "%s%s", i ? ", " : "",
                                     folder[i]);
        snprintf(beside, sizeof beside, "%s/%.*s", folder[i], stem, relative);
        count = add_neighbours(beside, names, count);
    }
    const char *near = ww_text_nearest(relative + stem, (const char *const *)names, count);
    ww_status status = near == NULL
                           ? WW_FAIL(WW_ENOTFOUND, "%s not found in %s", relative, where)
                           : WW_FAIL(WW_ENOTFOUND, "%s not found in %s; did you mean '%.*s%s'?",
                                     relative, where, stem, relative, near);
    while (count > 0)
        free(names[--count]);
    return status;
}

ww_status ww_data_path(char *out, size_t bytes, const char *relative)
{
    const char *folder[4];
    ww_data_folders(folder);
    for (int i = 0; folder[i] != NULL; i++) {
        int length = snprintf(out, bytes, "%s/%s", folder[i], relative);
        if (length < 0 || (size_t)length >= bytes)
            return WW_FAIL(WW_EINVAL, "%s/%s: the path is too long", folder[i], relative);
        if (access(out, F_OK) == 0)
            return WW_OK;
    }
    return not_found(folder, relative);
}
