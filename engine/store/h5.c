/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HDF5 files: making, opening, closing, and turning its error stack into one line. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/store/h5_file.h"

/* Called for each entry of the error stack, the innermost first. */
static herr_t keep_first(unsigned n, const H5E_error2_t *entry, void *reason)
{
    if (n == 0)
        snprintf(reason, 200, "%s", entry->desc);
    return 0;
}

ww_status ww_h5_fail(const ww_h5 *file, ww_status code, const char *name, const char *what)
{
    char reason[200] = "";
    if (file->disk.error != 0)
        return ww_file_fail(file->path, file->disk.error);
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, reason);
    unsigned long long is, base, was; /* "truncated file: eof = 9, sblock->base_addr = 0, ..." */
    if (sscanf(reason, "truncated file: eof = %llu, sblock->base_addr = %llu, stored_eof = %llu",
               &is, &base, &was) == 3)
        snprintf(reason, sizeof reason, "cut short: %llu bytes where %llu are wanted", is, was);
    return WW_FAIL(code, "%s: %s%s%s%s%s", file->path, name ? name : "", name ? ": " : "", what,
                   reason[0] ? ": " : "", reason);
}

void ww_h5_drop(hid_t handle)
{
    if (handle >= 0)
        H5Idec_ref(handle);
}

const char *ww_h5_path(const ww_h5 *file)
{
    return file->path;
}

/* A struct without a file behind it yet. */
static ww_h5 *start(const char *path)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* the library must not print */
    ww_arena *arena = ww_arena_create();
    ww_h5 *file = arena ? ww_arena_alloc(arena, sizeof *file) : NULL;
    const char *copy = file ? ww_arena_strdup(arena, path) : NULL;
    if (copy == NULL) {
        ww_arena_free(arena);
        return NULL;
    }
    *file =
        (ww_h5){.arena = arena, .path = copy, .disk.fd = -1, .id = -1, .links = -1, .parent = -1};
    file->text_type = H5Tcopy(H5T_C_S1);
    H5Tset_size(file->text_type, H5T_VARIABLE);
    H5Tset_cset(file->text_type, H5T_CSET_UTF8);
    file->links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_char_encoding(file->links, H5T_CSET_UTF8);
    file->groups = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_obj_track_times(file->groups, 0);
    file->plain = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(file->plain, 0);
    return file;
}

/* Closes HDF5's side of a file and frees the struct, but not the descriptor. */
static void finish(ww_h5 *file)
{
    ww_h5_drop(file->parent);
    ww_h5_drop(file->id);
    ww_h5_drop(file->links);
    ww_h5_drop(file->groups);
    ww_h5_drop(file->plain);
    ww_h5_drop(file->text_type);
    ww_arena_free(file->arena);
}

/* In the format of HDF5 1.8 on: older readers are rare, and unlike the first format it has a check
 * sum on every header, so that a damaged file is refused where HDF5 would follow wild addresses. */
static ww_status create(ww_h5 *file)
{
    WW_TRY(ww_draft_open(&file->draft, file->path));
    if (ww_draft_is_direct(file->draft))
        return WW_FAIL(WW_EIO, "%s: HDF5 needs a regular file", file->path);
    file->disk.fd = ww_draft_descriptor(file->draft);
    hid_t access = ww_h5_driver(&file->disk), root = H5Pcreate(H5P_FILE_CREATE);
    H5Pset_obj_track_times(root, 0);
    H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18);
    file->id = H5Fcreate(file->path, H5F_ACC_TRUNC, root, access);
    ww_status status = WW_OK;
    if (file->id < 0)
        status = ww_h5_fail(file, WW_EIO, NULL, "cannot be made");
    ww_h5_drop(root);
    ww_h5_drop(access);
    return status;
}

ww_status ww_h5_create(ww_h5 **out, const char *path)
{
    *out = NULL;
    ww_h5 *file = start(path);
    if (file == NULL)
        return WW_ENOMEM;
    file->writable = true;
    ww_status status = create(file);
    if (status != WW_OK)
        ww_h5_close(file);
    else
        *out = file;
    return status;
}

/* The signature stands at the beginning, or behind a user block of 512, 1024, 2048 ... bytes. */
static bool has_signature(int fd, off_t bytes)
{
    for (off_t at = 0; at < bytes; at = at == 0 ? 512 : 2 * at) {
        char found[8];
        if (pread(fd, found, 8, at) == 8 && memcmp(found, "\211HDF\r\n\032\n", 8) == 0)
            return true;
    }
    return false;
}

static ww_status open_existing(ww_h5 *file)
{
    struct stat about;
    file->disk.fd = open(file->path, (file->writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (file->disk.fd < 0 || fstat(file->disk.fd, &about) != 0)
        return ww_file_fail(file->path, errno);
    if (S_ISDIR(about.st_mode))
        return ww_file_fail(file->path, EISDIR);
    if (!S_ISREG(about.st_mode) || !has_signature(file->disk.fd, about.st_size))
        return WW_FAIL(WW_EPARSE, "%s: no HDF5 file", file->path);
    hid_t access = ww_h5_driver(&file->disk);
    H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_LATEST);
    file->id = H5Fopen(file->path, file->writable ? H5F_ACC_RDWR : H5F_ACC_RDONLY, access);
    ww_status status = WW_OK;
    if (file->id < 0)
        status = ww_h5_fail(file, WW_EPARSE, NULL, "a damaged HDF5 file");
    ww_h5_drop(access);
    return status;
}

static ww_status open_as(ww_h5 **out, const char *path, bool writable)
{
    *out = NULL;
    ww_h5 *file = start(path);
    if (file == NULL)
        return WW_ENOMEM;
    file->writable = writable;
    ww_status status = open_existing(file);
    if (status != WW_OK)
        ww_h5_close(file);
    else
        *out = file;
    return status;
}

ww_status ww_h5_open(ww_h5 **out, const char *path)
{
    return open_as(out, path, false);
}

ww_status ww_h5_open_update(ww_h5 **out, const char *path)
{
    return open_as(out, path, true);
}

void ww_h5_close(ww_h5 *file)
{
    if (file == NULL)
        return;
    ww_draft *draft = file->draft;
    int fd = file->disk.fd;
    if (draft != NULL)
        file->disk.error = ECANCELED; /* what is thrown away need not be written */
    finish(file);
    if (draft == NULL && fd >= 0)
        close(fd);
    ww_draft_discard(draft);
}

ww_status ww_h5_commit(ww_h5 *file)
{
    ww_status status = WW_OK;
    ww_h5_drop(file->parent);
    file->parent = -1;
    H5Fflush(file->id, H5F_SCOPE_GLOBAL);
    if (H5Fclose(file->id) < 0 || file->disk.error != 0)
        status = ww_h5_fail(file, WW_EIO, NULL, "cannot be closed");
    file->id = -1;
    if (status == WW_OK && file->draft == NULL && fsync(file->disk.fd) != 0)
        status = ww_file_fail(file->path, errno);
    if (status == WW_OK && file->draft != NULL) {
        ww_draft *draft = file->draft;
        finish(file);
        return ww_draft_commit(draft);
    }
    ww_h5_close(file);
    return status;
}
