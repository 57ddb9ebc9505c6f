/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/store/file.h"

enum { MACHINE_BYTES = 32 };

struct ww_draft {
    ww_arena *arena; /* holds the draft itself */
    const char *path, *target;
    const char *temporary; /* NULL: written directly */
    int fd;
};

static const char temporary_mark[] = ".tmp-";

/* The name of this machine, up to its first dot, of letters, digits and '_'. */
static void name_machine(char name[MACHINE_BYTES])
{
    char host[256] = "";
    if (gethostname(host, sizeof host - 1) != 0 || host[0] == '\0')
        strcpy(host, "host");
    size_t n = 0;
    for (; n < MACHINE_BYTES - 1 && host[n] != '\0' && host[n] != '.'; n++)
        name[n] = isalnum((unsigned char)host[n]) ? host[n] : '_';
    name[n] = '\0';
}

void ww_draft_mark(char mark[WW_DRAFT_MARK])
{
    static atomic_uint drafts;
    char machine[MACHINE_BYTES];
    name_machine(machine);
    snprintf(mark, WW_DRAFT_MARK, "%s%s-%ld-%u", temporary_mark, machine, (long)getpid(),
             atomic_fetch_add(&drafts, 1));
}

/* Not mkstemp: that makes files which only their owner can read. */
static ww_status open_temporary(ww_draft *draft, mode_t mode)
{
    char mark[WW_DRAFT_MARK];
    do {
        ww_draft_mark(mark);
        draft->temporary = ww_arena_printf(draft->arena, "%s%s", draft->target, mark);
        if (draft->temporary == NULL)
            return WW_ENOMEM;
        draft->fd = open(draft->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (draft->fd < 0 && errno == EEXIST);
    if (draft->fd < 0) {
        draft->temporary = NULL;
        return ww_file_fail(draft->path, errno);
    }
    if (mode != 0 && fchmod(draft->fd, mode) != 0)
        return ww_file_fail(draft->path, errno);
    return WW_OK;
}

/* The process of "NAME.tmp-MACHINE-PID-N"; 0 if it is no name of a draft, or of another machine,
 * whose processes cannot be seen from here. */
static long process_of(const char *name)
{
    char machine[MACHINE_BYTES];
    const char *mark = NULL, *at = name;
    while ((at = strstr(at, temporary_mark)) != NULL)
        mark = at++;
    if (mark == NULL || mark == name)
        return 0;
    name_machine(machine);
    size_t length = strlen(machine);
    const char *host = mark + strlen(temporary_mark);
    if (strncmp(host, machine, length) != 0 || host[length] != '-')
        return 0;
    const char *pid = host + length + 1, *number = pid + strspn(pid, "0123456789");
    size_t digits = number[0] == '-' ? strspn(number + 1, "0123456789") : 0;
    if (number == pid || number - pid > 10 || digits == 0 || number[1 + digits] != '\0')
        return 0;
    return strtol(pid, NULL, 10);
}

/* Removes a file, or a folder with the files in it. */
static void remove_at(int folder, const char *name)
{
    int inside = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *stream = inside >= 0 ? fdopendir(inside) : NULL;
    for (struct dirent *entry; stream != NULL && (entry = readdir(stream)) != NULL;)
        unlinkat(inside, entry->d_name, 0);
    unlinkat(folder, name, stream != NULL ? AT_REMOVEDIR : 0);
    if (stream != NULL)
        closedir(stream);
    else if (inside >= 0)
        close(inside);
}

void ww_drafts_sweep(const char *folder)
{
    DIR *stream = opendir(folder);
    if (stream == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        long pid = process_of(entry->d_name);
        if (pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH)
            remove_at(dirfd(stream), entry->d_name);
    }
    closedir(stream);
}

void ww_drafts_sweep_beside(const char *path)
{
    char *folder = strdup(path);
    if (folder == NULL)
        return;
    ww_drafts_sweep(dirname(folder));
    free(folder);
}

static ww_status open_draft(ww_draft *draft)
{
    struct stat about;
    if (stat(draft->path, &about) != 0)
        return open_temporary(draft, 0);
    if (S_ISDIR(about.st_mode))
        return ww_file_fail(draft->path, EISDIR);
    if (!S_ISREG(about.st_mode)) {
        draft->fd = open(draft->path, O_WRONLY | O_CLOEXEC);
        return draft->fd < 0 ? ww_file_fail(draft->path, errno) : WW_OK;
    }
    if (access(draft->path, W_OK) != 0)
        return ww_file_fail(draft->path, errno);
    char *real = realpath(draft->path, NULL);
    if (real == NULL)
        return ww_file_fail(draft->path, errno);
    draft->target = ww_arena_strdup(draft->arena, real);
    free(real);
    return draft->target == NULL ? WW_ENOMEM : open_temporary(draft, about.st_mode & 07777);
}

ww_status ww_draft_open(ww_draft **out, const char *path)
{
    *out = NULL;
    ww_arena *arena = ww_arena_create();
    ww_draft *draft = arena ? ww_arena_alloc(arena, sizeof *draft) : NULL;
    const char *copy = draft ? ww_arena_strdup(arena, path) : NULL;
    if (copy == NULL) {
        ww_arena_free(arena);
        return WW_ENOMEM;
    }
    *draft = (ww_draft){.arena = arena, .path = copy, .target = copy, .fd = -1};
    ww_status status = open_draft(draft);
    if (status != WW_OK)
        ww_draft_discard(draft);
    else
        *out = draft;
    return status;
}

int ww_draft_descriptor(const ww_draft *draft)
{
    return draft->fd;
}

const char *ww_draft_path(const ww_draft *draft)
{
    return draft->path;
}

bool ww_draft_is_direct(const ww_draft *draft)
{
    return draft->temporary == NULL;
}

ww_status ww_draft_write(ww_draft *draft, const void *data, size_t bytes)
{
    for (const char *from = data; bytes > 0;) {
        ssize_t put = write(draft->fd, from, bytes);
        if (put < 0 && errno != EINTR)
            return ww_file_fail(draft->path, errno);
        if (put > 0) {
            from += put;
            bytes -= (size_t)put;
        }
    }
    return WW_OK;
}

ww_status ww_draft_commit(ww_draft *draft)
{
    ww_status status = WW_OK;
    if (!ww_draft_is_direct(draft) && fsync(draft->fd) != 0)
        status = ww_file_fail(draft->path, errno);
    if (close(draft->fd) != 0 && status == WW_OK)
        status = ww_file_fail(draft->path, errno);
    draft->fd = -1;
    if (status == WW_OK && !ww_draft_is_direct(draft)) {
        if (rename(draft->temporary, draft->target) != 0)
            status = ww_file_fail(draft->path, errno);
        else
            draft->temporary = NULL;
    }
    ww_draft_discard(draft);
    return status;
}

void ww_draft_discard(ww_draft *draft)
{
    if (draft == NULL)
        return;
    if (draft->fd >= 0)
        close(draft->fd);
    if (draft->temporary != NULL)
        unlink(draft->temporary);
    ww_arena_free(draft->arena);
}

ww_status ww_file_write(const char *path, const void *data, size_t bytes)
{
    ww_draft *draft;
    WW_TRY(ww_draft_open(&draft, path));
    ww_status status = ww_draft_write(draft, data, bytes);
    if (status != WW_OK) {
        ww_draft_discard(draft);
        return status;
    }
    return ww_draft_commit(draft);
}
