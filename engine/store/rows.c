/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables written row by row. A failure on the way waits for ww_rows_commit, so that the code which
 * writes the cells of a trial reads as a list of its columns. */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "engine/store/file.h"
#include "engine/store/table.h"

struct ww_rows {
    ww_draft *draft;
    FILE *stream;
    bool csv;
    size_t columns, cell; /* cells written of this row */
    int line, bad_line;   /* of the first cell that a TSV file cannot hold, 0 if none */
    char bad[80];
};

ww_status ww_rows_open(ww_rows **out, const char *path, const char *const *names, size_t columns)
{
    assert(columns > 0);
    *out = NULL;
    ww_rows *rows = calloc(1, sizeof *rows);
    if (rows == NULL)
        return WW_FAIL(WW_ENOMEM, "%s: out of memory", path);
    size_t length = strlen(path);
    rows->csv = length >= 4 && strcasecmp(path + length - 4, ".csv") == 0;
    rows->columns = columns;
    rows->line = 1;
    ww_status status = ww_draft_open(&rows->draft, path);
    int fd = status == WW_OK ? dup(ww_draft_descriptor(rows->draft)) : -1;
    if (status == WW_OK && (fd < 0 || (rows->stream = fdopen(fd, "w")) == NULL)) {
        status = ww_file_fail(path, errno);
        if (fd >= 0)
            close(fd);
    }
    if (status != WW_OK) {
        ww_rows_close(rows);
        return status;
    }
    for (size_t i = 0; i < columns; i++)
        ww_rows_text(rows, names[i]);
    ww_rows_end(rows);
    *out = rows;
    return WW_OK;
}

/* Whether a cell would be read as something else if it stood there as it is. */
static bool is_special(const ww_rows *rows, const char *text)
{
    if (rows->cell == 0 && (text[0] == '#' || (text[0] == '\0' && rows->columns == 1)))
        return true; /* the line would be a comment, or empty */
    if (rows->cell == 0 && rows->line == 1 && strncmp(text, "\xef\xbb\xbf", 3) == 0)
        return true;
    return strpbrk(text, rows->csv ? ",\"\r\n" : "\t\r\n") != NULL;
}

void ww_rows_text(ww_rows *rows, const char *text)
{
    assert(rows->cell < rows->columns);
    bool special = is_special(rows, text);
    if (rows->cell++ > 0)
        fputc(rows->csv ? ',' : '\t', rows->stream);
    if (special && rows->csv) {
        fputc('"', rows->stream);
        for (const char *c = text; *c != '\0'; c++) {
            if (*c == '"')
                fputc('"', rows->stream);
            fputc(*c, rows->stream);
        }
        fputc('"', rows->stream);
        return;
    }
    if (special && rows->bad_line == 0) {
        rows->bad_line = rows->line;
        snprintf(rows->bad, sizeof rows->bad, "%s", text);
    }
    fputs(text, rows->stream);
}

void ww_rows_real(ww_rows *rows, double value)
{
    char text[32] = "";
    if (!isnan(value)) {
        snprintf(text, sizeof text, "%.15g", value);
        if (strtod(text, NULL) != value)
            snprintf(text, sizeof text, "%.16g", value);
        if (strtod(text, NULL) != value)
            snprintf(text, sizeof text, "%.17g", value);
    }
    ww_rows_text(rows, text);
}

void ww_rows_end(ww_rows *rows)
{
    assert(rows->cell == rows->columns);
    fputc('\n', rows->stream);
    rows->cell = 0;
    rows->line++;
}

ww_status ww_rows_commit(ww_rows *rows)
{
    ww_draft *draft = rows->draft;
    ww_status status = WW_OK;
    assert(rows->cell == 0);
    errno = 0;
    bool failed = ferror(rows->stream) != 0;
    if (fclose(rows->stream) != 0 || failed)
        status = ww_file_fail(ww_draft_path(draft), errno != 0 ? errno : EIO);
    else if (rows->bad_line != 0)
        status = WW_FAIL(WW_EINVAL, "%s:%d: '%s' cannot stand in a TSV file; CSV can hold it",
                         ww_draft_path(draft), rows->bad_line, rows->bad);
    rows->stream = NULL;
    if (status == WW_OK) {
        rows->draft = NULL;
        status = ww_draft_commit(draft);
    }
    ww_rows_close(rows);
    return status;
}

void ww_rows_close(ww_rows *rows)
{
    if (rows == NULL)
        return;
    if (rows->stream != NULL)
        fclose(rows->stream);
    ww_draft_discard(rows->draft);
    free(rows);
}
