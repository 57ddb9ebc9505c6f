/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text, as CSV or TSV, either is refused in one line or makes a table whose CSV form reads
 * back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/store/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void expect_same(const ww_table *t, ww_arena *arena)
{
    char file[64];
    snprintf(file, sizeof file, "/dev/shm/ww-fuzz-table-%ld.csv", (long)getpid());
    ww_rows *rows;
    ww_table *again;
    if (ww_rows_open(&rows, file, t->name, t->columns) != WW_OK)
        abort();
    for (size_t row = 0; row < t->rows; row++) {
        for (size_t column = 0; column < t->columns; column++)
            ww_rows_text(rows, t->cell[row][column]);
        ww_rows_end(rows);
    }
    if (ww_rows_commit(rows) != WW_OK || ww_table_read(&again, file, arena) != WW_OK ||
        again->rows != t->rows || again->columns != t->columns)
        abort();
    for (size_t row = 0; row < t->rows; row++)
        for (size_t column = 0; column < t->columns; column++)
            if (strcmp(t->cell[row][column], again->cell[row][column]) != 0)
                abort();
    unlink(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    ww_arena *arena = ww_arena_create();
    char *text = ww_arena_alloc(arena, bytes + 1);
    ww_table *table;
    if (bytes > 0)
        memcpy(text, data, bytes);
    for (int csv = 0; csv < 2; csv++) {
        ww_error_clear();
        if (ww_table_parse(&table, text, csv ? "fuzz.csv" : "fuzz.tsv", arena) == WW_OK) {
            double x;
            for (size_t row = 0; row < table->rows; row++)
                for (size_t column = 0; column < table->columns; column++)
                    (void)ww_table_real(&x, table, row, column, true);
            expect_same(table, arena);
        } else if (ww_error_message()[0] == '\0') {
            abort();
        }
    }
    ww_arena_free(arena);
    return 0;
}
