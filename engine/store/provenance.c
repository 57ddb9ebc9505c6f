/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What it takes to repeat a run, in the file of its results. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/plan.h"
#include "engine/base/threads.h"
#include "engine/base/version.h"
#include "engine/store/h5_file.h"

#define GROUP "/provenance/"

static ww_status write_text(ww_h5 *file, const char *name, const char *text)
{
    return ww_h5_write_texts(file, name, &text, -1);
}

/* "gsl 2.7.1, hdf5 1.10.8" as a list. */
static ww_status write_libraries(ww_h5 *file, ww_arena *arena)
{
    char *all = ww_arena_strdup(arena, ww_libraries()), *rest = NULL;
    const char *list[64];
    int64_t n = 0;
    if (all == NULL)
        return WW_ENOMEM;
    for (char *one = strtok_r(all, ",", &rest); one && n < 64; one = strtok_r(NULL, ",", &rest))
        list[n++] = one + strspn(one, " ");
    return ww_h5_write_texts(file, GROUP "libraries", list, n);
}

static ww_status write_place(ww_h5 *file)
{
    char host[256] = "", date[32];
    struct tm utc;
    time_t now = time(NULL);
    gethostname(host, sizeof host - 1);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    WW_TRY(write_text(file, GROUP "host", host));
    return write_text(file, GROUP "date", date);
}

ww_status ww_h5_follow_plan(const char *path)
{
    ww_h5 *file = NULL;
    const char *const *lines;
    size_t n = 0;
    ww_arena *arena = ww_arena_create();
    if (arena == NULL)
        return WW_ENOMEM;
    ww_status status = ww_h5_open(&file, path);
    if (status == WW_OK)
        status = ww_h5_read_texts(file, GROUP "plan", &lines, &n, arena);
    for (size_t i = 0; i < n && status == WW_OK; i++)
        status = ww_plan_read_line(lines[i], path);
    ww_h5_close(file);
    ww_arena_free(arena);
    return status;
}

/* Which kernels were chosen. */
static ww_status write_plan(ww_h5 *file, ww_arena *arena)
{
    char line[512];
    size_t n = 0;
    while (ww_plan_line(n, line, sizeof line))
        n++;
    const char **lines = ww_arena_array(arena, n, sizeof *lines);
    if (lines == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < n; i++)
        if (!ww_plan_line(i, line, sizeof line) ||
            (lines[i] = ww_arena_strdup(arena, line)) == NULL)
            return WW_ENOMEM;
    return ww_h5_write_texts(file, GROUP "plan", lines, (int64_t)n);
}

ww_status ww_h5_plan(ww_h5 *file)
{
    ww_arena *arena = ww_arena_create();
    ww_status status = arena != NULL ? write_plan(file, arena) : WW_ENOMEM;
    ww_arena_free(arena);
    return status;
}

ww_status ww_inputs_measure(ww_inputs *out, const char *const *path, size_t n, ww_arena *arena)
{
    int64_t *bytes = ww_arena_array(arena, n, sizeof *bytes);
    uint32_t *crc = ww_arena_array(arena, n, sizeof *crc);
    *out = (ww_inputs){n, path, bytes, crc};
    if (bytes == NULL || crc == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < n; i++)
        WW_TRY(ww_file_checksum(&crc[i], &bytes[i], path[i]));
    return WW_OK;
}

static ww_status write_inputs(ww_h5 *file, const ww_inputs *inputs, ww_arena *arena)
{
    int64_t count = (int64_t)inputs->count;
    const char **sums = ww_arena_array(arena, inputs->count, sizeof *sums);
    if (sums == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < inputs->count; i++)
        if ((sums[i] = ww_arena_printf(arena, "%08x", (unsigned)inputs->crc32[i])) == NULL)
            return WW_ENOMEM;
    WW_TRY(ww_h5_write_texts(file, GROUP "inputs/path", inputs->path, count));
    WW_TRY(ww_h5_write_texts(file, GROUP "inputs/crc32", sums, count));
    return ww_h5_write_ints(file, GROUP "inputs/bytes", inputs->bytes, 1, &count);
}

ww_status ww_h5_inputs(ww_h5 *file, const ww_inputs *inputs)
{
    ww_arena *arena = ww_arena_create();
    ww_status status = arena != NULL ? write_inputs(file, inputs, arena) : WW_ENOMEM;
    ww_arena_free(arena);
    return status;
}

ww_status ww_h5_provenance(ww_h5 *file, const char *configuration, uint64_t seed,
                           const char *command_line, const char *const *inputs, size_t n_inputs)
{
    int64_t threads = ww_threads();
    WW_TRY(write_text(file, GROUP "version", ww_version()));
    WW_TRY(write_text(file, GROUP "commit", ww_commit()));
    WW_TRY(write_text(file, GROUP "compiler", ww_compiler()));
    WW_TRY(write_text(file, GROUP "configuration", configuration));
    WW_TRY(write_text(file, GROUP "command_line", command_line));
    WW_TRY(write_place(file));
    WW_TRY(ww_h5_write_ints(file, GROUP "threads", &threads, 0, NULL));
    WW_TRY(
        ww_h5_write(file, GROUP "seed", H5T_STD_U64LE, H5T_NATIVE_UINT64, &seed, 0, NULL, false));
    ww_arena *arena = ww_arena_create();
    ww_inputs measured;
    ww_status status = arena != NULL ? write_libraries(file, arena) : WW_ENOMEM;
    if (status == WW_OK)
        status = write_plan(file, arena);
    if (status == WW_OK)
        status = ww_inputs_measure(&measured, inputs, n_inputs, arena);
    if (status == WW_OK)
        status = write_inputs(file, &measured, arena);
    ww_arena_free(arena);
    return status;
}
