/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_STORE_TABLE_H
#define WW_ENGINE_STORE_TABLE_H

/* Tables of text: TSV (no quoting) and CSV (RFC 4180). Lines that are empty or start with '#' are
 * passed over; the first other line names the columns. */

#include <stdio.h>

#include "engine/base/arena.h"
#include "engine/base/status.h"

typedef struct ww_table {
    const char *file;
    size_t columns, rows;
    const char *const *name;        /* [columns] */
    const char *const *const *cell; /* [rows][columns], never NULL */
    const int *line;                /* [rows] the line of each row in the file */
} ww_table;

/** Reads "*.csv" as CSV and anything else as TSV into `arena`; gzipped if the name ends with ".gz".
 * Errors: WW_EIO; WW_EPARSE for a row with another number of cells ("areas.tsv:7: 5 cells, 8
 * wanted") or a column named twice. */
ww_status ww_table_read(ww_table **out, const char *path, ww_arena *arena);
/** The same from memory; `file` is the name for messages. */
ww_status ww_table_parse(ww_table **out, const char *text, const char *file, ww_arena *arena);
/** The number of a column; WW_ENOTFOUND with a suggestion. */
ww_status ww_table_column(size_t *out, const ww_table *table, const char *name);
/** A cell as a number: WW_EPARSE "areas.tsv:7: surface_mm2: 'x' is not a number". An empty cell,
 * "-", "NA" or "NaN" gives NAN if `missing`, else the same error. */
ww_status ww_table_real(double *out, const ww_table *table, size_t row, size_t column,
                        bool missing);

/** Writes rows as they come: ww_rows_open, then cells left to right, ww_rows_end at the end of each
 * row, ww_rows_commit (renames) or ww_rows_close (throws away). TSV or CSV by the ending. What goes
 * wrong on the way is told by ww_rows_commit: WW_EIO, or WW_EINVAL for a text that TSV cannot hold
 * (a tab, a line break). `rows` is gone after it, whatever it returns. */
typedef struct ww_rows ww_rows;

/** Begins a file with these column names, which are copied. `*out` ends with ww_rows_commit or
 * ww_rows_close. Errors: WW_EIO, WW_ENOMEM. */
ww_status ww_rows_open(ww_rows **out, const char *path, const char *const *names, size_t columns);
/** The next cell: text, quoted where the form asks for it. */
void ww_rows_text(ww_rows *rows, const char *text);
/** The next cell: a number in the shortest form that reads back; NAN: empty. */
void ww_rows_real(ww_rows *rows, double value);
/** Ends a row, which must have as many cells as there are columns. */
void ww_rows_end(ww_rows *rows);
/** Gives the file its name and frees `rows`. Errors: those of all calls before. */
ww_status ww_rows_commit(ww_rows *rows);
/** Throws away what was written and frees `rows`; NULL is allowed. */
void ww_rows_close(ww_rows *rows);

#endif
