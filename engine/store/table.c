/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TSV and CSV to cells. The text is split in place: every cell is a piece of one copy of the file.
 * A quoted CSV cell may hold separators, line breaks and, doubled, quotes (RFC 4180). */
#include "engine/store/table.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/text.h"
#include "engine/store/file.h"
#include "engine/store/labelled_format.h"

enum { MOST_BYTES = 512 * 1024 * 1024, FIRST_BYTES = 64 * 1024 };

struct reader {
    const char *file;
    char *at; /* where reading stands; the text ends with a NUL */
    int line;
    bool csv;
    const char **cell; /* all cells so far, row after row */
    int *row_line;
    size_t cells, cell_room, rows, row_room, columns;
};

static bool ends(const char *file, const char *ending)
{
    size_t length = strlen(file), n = strlen(ending);
    return length >= n && strcasecmp(file + length - n, ending) == 0;
}

static bool is_csv(const char *file)
{
    return ends(file, ".csv") || ends(file, ".csv.gz");
}

/* Makes room for one more item in a growing list. */
static ww_status grow(void **list, size_t *room, size_t count, size_t size, const char *file)
{
    if (count < *room)
        return WW_OK;
    size_t larger = *room == 0 ? 256 : 2 * *room;
    void *moved = realloc(*list, larger * size);
    if (moved == NULL)
        return WW_FAIL(WW_ENOMEM, "%s: out of memory", file);
    *list = moved;
    *room = larger;
    return WW_OK;
}

static bool at_line_end(const char *at)
{
    return *at == '\0' || *at == '\n' || (*at == '\r' && (at[1] == '\n' || at[1] == '\0'));
}

/* Passes over empty lines and comments. */
static void skip_lines(struct reader *r)
{
    while (*r->at != '\0' && (*r->at == '#' || at_line_end(r->at))) {
        r->at += strcspn(r->at, "\n");
        if (*r->at == '\n') {
            r->at++;
            r->line++;
        }
    }
}

/* Takes a quoted cell, whose opening quote is at r->at; leaves r->at behind the closing one. */
static ww_status take_quoted(struct reader *r, char **cell_end)
{
    int first_line = r->line;
    char *from = r->at + 1, *to = from;
    for (;; from++) {
        if (*from == '\0')
            return WW_FAIL(WW_EPARSE, "%s:%d: a quoted cell that does not end", r->file,
                           first_line);
        if (*from == '"' && *++from != '"')
            break;
        r->line += *from == '\n';
        *to++ = *from;
    }
    r->at = from;
    *cell_end = to;
    if (*from != ',' && !at_line_end(from))
        return WW_FAIL(WW_EPARSE, "%s:%d: text behind a closing quote; ',' is wanted", r->file,
                       r->line);
    return WW_OK;
}

/* Takes one cell; `last` says whether its line ends with it. */
static ww_status take_cell(struct reader *r, bool *last)
{
    char separator = r->csv ? ',' : '\t', *end = NULL;
    void *list = r->cell;
    WW_TRY(grow(&list, &r->cell_room, r->cells, sizeof *r->cell, r->file));
    r->cell = list;
    if (r->csv && *r->at == '"') {
        r->cell[r->cells++] = r->at + 1;
        WW_TRY(take_quoted(r, &end));
    } else {
        r->cell[r->cells++] = r->at;
        while (*r->at != separator && !at_line_end(r->at))
            r->at++;
        end = r->at;
    }
    *last = *r->at != separator;
    if (*r->at == '\r')
        r->at++;
    if (*r->at == '\n')
        r->line++;
    if (*r->at != '\0')
        r->at++;
    *end = '\0';
    return WW_OK;
}

/* Takes the cells of one line, all of which must be there. */
static ww_status take_row(struct reader *r)
{
    size_t first = r->cells;
    int line = r->line;
    for (bool last = false; !last;)
        WW_TRY(take_cell(r, &last));
    size_t cells = r->cells - first;
    if (r->columns == 0)
        r->columns = cells;
    if (cells != r->columns)
        return WW_FAIL(WW_EPARSE, "%s:%d: %zu cell%s, %zu wanted", r->file, line, cells,
                       cells == 1 ? "" : "s", r->columns);
    void *list = r->row_line;
    WW_TRY(grow(&list, &r->row_room, r->rows, sizeof *r->row_line, r->file));
    r->row_line = list;
    r->row_line[r->rows++] = line;
    return WW_OK;
}

static ww_status check_names(const struct reader *r)
{
    for (size_t i = 0; i < r->columns; i++)
        for (size_t j = 0; j < i; j++)
            if (r->cell[i][0] != '\0' && strcmp(r->cell[i], r->cell[j]) == 0)
                return WW_FAIL(WW_EPARSE, "%s:%d: column '%s' is named twice", r->file,
                               r->row_line[0], r->cell[i]);
    return WW_OK;
}

static ww_status take_rows(struct reader *r)
{
    skip_lines(r);
    if (*r->at == '\0')
        return WW_FAIL(WW_EPARSE, "%s: no line that names the columns", r->file);
    WW_TRY(take_row(r));
    WW_TRY(check_names(r));
    for (skip_lines(r); *r->at != '\0'; skip_lines(r))
        WW_TRY(take_row(r));
    return WW_OK;
}

/* Moves the lists of the reader into the arena, as a table. */
static ww_status keep(ww_table **out, const struct reader *r, ww_arena *arena)
{
    size_t rows = r->rows - 1; /* the first names the columns */
    ww_table *table = ww_arena_alloc(arena, sizeof *table);
    const char **cell = ww_arena_array(arena, r->cells, sizeof *cell);
    const char *const **row = ww_arena_array(arena, rows, sizeof *row);
    int *line = ww_arena_array(arena, rows, sizeof *line);
    if (table == NULL || cell == NULL || row == NULL || line == NULL)
        return WW_ENOMEM;
    memcpy(cell, r->cell, r->cells * sizeof *cell);
    memcpy(line, r->row_line + 1, rows * sizeof *line);
    for (size_t i = 0; i < rows; i++)
        row[i] = cell + (i + 1) * r->columns;
    *table = (ww_table){r->file, r->columns, rows, cell, row, line};
    *out = table;
    return WW_OK;
}

/* Splits `text`, which lies in the arena and ends with a NUL. */
static ww_status parse(ww_table **out, char *text, size_t bytes, const char *file, ww_arena *arena)
{
    struct reader r = {.file = ww_arena_strdup(arena, file), .at = text, .line = 1};
    *out = NULL;
    if (r.file == NULL)
        return WW_ENOMEM;
    if (strlen(text) != bytes)
        return WW_FAIL(WW_EPARSE, "%s: no text file; it holds a NUL character", file);
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
        r.at += 3; /* the byte order mark that spreadsheets write */
    r.csv = is_csv(file);
    ww_status status = take_rows(&r);
    if (status == WW_OK)
        status = keep(out, &r, arena);
    free(r.cell);
    free(r.row_line);
    return status;
}

ww_status ww_table_parse(ww_table **out, const char *text, const char *file, ww_arena *arena)
{
    char *copy = ww_arena_strdup(arena, text);
    return copy == NULL ? WW_ENOMEM : parse(out, copy, strlen(copy), file, arena);
}

/* The text of a gzipped file; a NUL follows it. */
static ww_status read_packed(char **text, size_t *bytes, const char *path, ww_arena *arena)
{
    gzFile file;
    size_t room = 0;
    bool end = false;
    char *all = NULL;
    WW_TRY(ww_gz_open(&file, path));
    ww_status status = WW_OK;
    *bytes = 0;
    while (status == WW_OK && !end) {
        if (*bytes == room) {
            char *larger = ww_arena_alloc(arena, (room = room ? 2 * room : FIRST_BYTES) + 1);
            if (larger == NULL) {
                status = WW_ENOMEM;
                break;
            }
            all = *bytes > 0 ? memcpy(larger, all, *bytes) : larger;
        }
        int got = gzread(file, all + *bytes, (unsigned)(room - *bytes));
        *bytes += got > 0 ? (size_t)got : 0;
        status = *bytes > MOST_BYTES
                     ? WW_FAIL(WW_EPARSE, "%s: unpacks to over %d bytes", path, MOST_BYTES)
                     : ww_gz_at_end(&end, file, path);
        if (status == WW_OK && got < 0)
            status = WW_FAIL(WW_EPARSE, "%s: damaged", path);
    }
    gzclose(file);
    *text = all;
    return status;
}

ww_status ww_table_read(ww_table **out, const char *path, ww_arena *arena)
{
    char *text;
    size_t bytes;
    *out = NULL;
    if (ends(path, ".gz"))
        WW_TRY(read_packed(&text, &bytes, path, arena));
    else
        WW_TRY(ww_file_read(&text, &bytes, path, MOST_BYTES, arena));
    return parse(out, text, bytes, path, arena);
}

ww_status ww_table_column(size_t *out, const ww_table *table, const char *name)
{
    for (size_t i = 0; i < table->columns; i++)
        if (strcmp(table->name[i], name) == 0) {
            *out = i;
            return WW_OK;
        }
    const char *near = ww_text_nearest(name, table->name, table->columns);
    if (near != NULL)
        return WW_FAIL(WW_ENOTFOUND, "%s: no column '%s'; did you mean '%s'?", table->file, name,
                       near);
    char known[400] = "";
    for (size_t i = 0; i < table->columns; i++)
        if (strlen(known) + strlen(table->name[i]) + 3 < sizeof known)
            strcat(strcat(known, i ? ", " : ""), table->name[i]);
    return WW_FAIL(WW_ENOTFOUND, "%s: no column '%s'; there are %s", table->file, name, known);
}

ww_status ww_table_real(double *out, const ww_table *table, size_t row, size_t column, bool missing)
{
    const char *cell = table->cell[row][column], *from = cell;
    char number[64] = "";
    while (isspace((unsigned char)*from))
        from++;
    size_t length = strlen(from);
    while (length > 0 && isspace((unsigned char)from[length - 1]))
        length--;
    if (length < sizeof number)
        memcpy(number, from, length);
    if (missing && (length == 0 || strcmp(number, "-") == 0 || strcasecmp(number, "na") == 0 ||
                    strcasecmp(number, "nan") == 0)) {
        *out = NAN;
        return WW_OK;
    }
    if (!ww_text_to_real(number, out))
        return WW_FAIL(WW_EPARSE, "%s:%d: %s: '%s' is not a number", table->file, table->line[row],
                       table->name[column], cell);
    return WW_OK;
}
