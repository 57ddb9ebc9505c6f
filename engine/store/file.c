/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/store/file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_READ_BYTES = 16 * 1024, MOST_NAMES = 1 << 20 };

ww_status ww_file_fail(const char *path, int error_number)
{
    char reason[128];
    strncpy(reason, strerror(error_number), sizeof reason - 1);
    reason[sizeof reason - 1] = '\0';
    reason[0] = (char)tolower((unsigned char)reason[0]);
    return WW_FAIL(WW_EIO, "%s: %s", path, reason);
}

/* Reads from `fd` to its end, in blocks that double. */
static ww_status read_all(int fd, const char *path, size_t expected, size_t most, char **data,
                          size_t *bytes, ww_arena *arena)
{
    size_t size = expected + 1, used = 0; /* one more, so that the end is seen without growing */
    char *text = ww_arena_alloc(arena, size + 1);
    if (text == NULL)
        return WW_ENOMEM;
    for (;;) {
        ssize_t got = read(fd, text + used, size - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ww_file_fail(path, errno);
        if (got == 0)
            break;
        used += (size_t)got;
        if (used > most)
            return WW_FAIL(WW_EPARSE, "%s: larger than %zu bytes", path, most);
        if (used == size) {
            char *larger = ww_arena_alloc(arena, 2 * size + 1);
            if (larger == NULL)
                return WW_ENOMEM;
            text = memcpy(larger, text, used);
            size *= 2;
        }
    }
    text[used] = '\0';
    *data = text;
    *bytes = used;
    return WW_OK;
}

ww_status ww_file_read(char **data, size_t *bytes, const char *path, size_t most, ww_arena *arena)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ww_file_fail(path, errno);
    struct stat about;
    ww_status status;
    if (fstat(fd, &about) != 0)
        status = ww_file_fail(path, errno);
    else if (S_ISREG(about.st_mode) && (size_t)about.st_size > most)
        status = WW_FAIL(WW_EPARSE, "%s: larger than %zu bytes", path, most);
    else
        status =
            read_all(fd, path, S_ISREG(about.st_mode) ? (size_t)about.st_size : FIRST_READ_BYTES,
                     most, data, bytes, arena);
    close(fd);
    return status;
}

int ww_natural_order(const char *a, const char *b)
{
    const char *whole_a = a, *whole_b = b;
    while (*a != '\0' && *b != '\0') {
        if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
            a += strspn(a, "0");
            b += strspn(b, "0");
            size_t na = strspn(a, "0123456789"), nb = strspn(b, "0123456789");
            int order = na != nb ? (na < nb ? -1 : 1) : strncmp(a, b, na);
            if (order != 0)
                return order;
            a += na;
            b += nb;
        } else if (*a != *b) {
            break;
        } else {
            a++;
            b++;
        }
    }
    int order = (unsigned char)*a - (unsigned char)*b;
    return order != 0 ? order : strcmp(whole_a, whole_b); /* "01" and "1" keep an order */
}

static int compare_names(const void *a, const void *b)
{
    return ww_natural_order(*(const char *const *)a, *(const char *const *)b);
}

ww_status ww_folder_list(const char *const **names, size_t *count, const char *path,
                         ww_arena *arena)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return ww_file_fail(path, errno);
    const char **list = NULL;
    size_t n = 0, room = 0;
    ww_status status = WW_OK;
    for (struct dirent *entry; status == WW_OK && (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        if (n == MOST_NAMES)
            status = WW_FAIL(WW_EPARSE, "%s: more than %d files", path, MOST_NAMES);
        if (n == room) {
            const char **larger = ww_arena_array(arena, room = room ? 2 * room : 64, sizeof *list);
            if (larger != NULL && n > 0)
                memcpy(larger, list, n * sizeof *list);
            list = larger;
        }
        if (list == NULL || (list[n++] = ww_arena_strdup(arena, entry->d_name)) == NULL)
            status = WW_ENOMEM;
    }
    closedir(folder);
    if (status != WW_OK)
        return status;
    if (n > 0)
        qsort(list, n, sizeof *list, compare_names);
    *names = list;
    *count = n;
    return WW_OK;
}
