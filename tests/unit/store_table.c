/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables read and written, and the drafts below them. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "engine/store/file.h"
#include "engine/store/table.h"
#include "tests/support/folder.h"

static ww_arena *arena;

static void begin(void)
{
    ww_folder_make();
    arena = ww_arena_create();
}

static void end(void)
{
    ww_arena_free(arena);
    ww_folder_remove();
}

TestSuite(store_table, .init = begin, .fini = end);

static void expect_cells(const ww_table *t, const char *const *cells)
{
    for (size_t row = 0; row < t->rows; row++)
        for (size_t column = 0; column < t->columns; column++, cells++)
            cr_assert_str_eq(t->cell[row][column], *cells);
}

Test(store_table, reads_tsv)
{
    ww_table *t;
    expect_ok(ww_table_parse(&t,
                             "# areas\n\nname\tlevel\tsource\r\n"
                             "V1\t1\t\"quoted\", not\r\n# between\n\n\t\t\nMT \t -\tx",
                             "areas.tsv", arena));
    const char *const cells[] = {"V1", "1", "\"quoted\", not", "", "", "", "MT ", " -", "x"};
    cr_assert_eq(t->columns, 3);
    cr_assert_eq(t->rows, 3);
    cr_assert_str_eq(t->name[0], "name");
    cr_assert_str_eq(t->name[2], "source");
    expect_cells(t, cells);
    cr_assert(t->line[0] == 4 && t->line[1] == 7 && t->line[2] == 8);
}

Test(store_table, reads_csv)
{
    ww_table *t;
    expect_ok(ww_table_parse(&t,
                             "\xef\xbb\xbf"
                             "a,\"b \"\"x\"\"\",c\n"
                             "1,\"two, and\r\n\"\"three\"\"\",\n"
                             "\"\",\"#\",plain \"quote\"\n\"#x\",\"1\",2\r\n",
                             "data.CSV", arena));
    const char *const cells[] = {
        "1", "two, and\r\n\"three\"", "", "", "#", "plain \"quote\"", "#x", "1", "2"};
    cr_assert_eq(t->columns, 3);
    cr_assert_eq(t->rows, 3);
    cr_assert_str_eq(t->name[1], "b \"x\"");
    expect_cells(t, cells);
    cr_assert(t->line[0] == 2 && t->line[1] == 4 && t->line[2] == 5, "%d %d", t->line[0],
              t->line[1]);
}

Test(store_table, says_what_is_wrong_and_where)
{
    static const struct {
        const char *text, *file, *message;
    } bad[] = {
        {"", "a.tsv", "a.tsv: no line that names the columns"},
        {"# x\n\n", "a.tsv", "a.tsv: no line that names the columns"},
        {"a\tb\n1\t2\n\n1\t2\t3\n", "a.tsv", "a.tsv:4: 3 cells, 2 wanted"},
        {"a\tb\n1\n", "a.tsv", "a.tsv:2: 1 cell, 2 wanted"},
        {"#\na,b,a\n", "a.csv", "a.csv:2: column 'a' is named twice"},
        {"a,b\n1,\"x\n\n", "a.csv", "a.csv:2: a quoted cell that does not end"},
        {"a,b\n\"x\ny\" ,1\n", "a.csv", "a.csv:3: text behind a closing quote; ',' is wanted"},
    };
    ww_table *t;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_failure(ww_table_parse(&t, bad[i].text, bad[i].file, arena), WW_EPARSE,
                       bad[i].message);
    expect_failure(ww_table_read(&t, ww_path("no.tsv"), arena), WW_EIO,
                   "@/no.tsv: no such file or directory");
    expect_failure(ww_table_read(&t, ww_path(""), arena), WW_EIO, "@/: is a directory");
    expect_failure(ww_table_read(&t, ww_file_with("nul.tsv", "a\0b", 3), arena), WW_EPARSE,
                   "@/nul.tsv: no text file; it holds a NUL character");
    expect_ok(ww_table_parse(&t, ",a,\n1,2,3\n", "unnamed.csv", arena));
    cr_assert_eq(t->columns, 3);
}

Test(store_table, columns_and_numbers)
{
    ww_table *t;
    size_t column;
    double x;
    expect_ok(ww_table_parse(&t,
                             "name\tsurface_mm2\tx\nV1\t1120.5\t \nV2\t-\tNA\nV3\t1e3x\t-1e-3 \n",
                             "areas.tsv", arena));
    expect_ok(ww_table_column(&column, t, "surface_mm2"));
    cr_assert_eq(column, 1);
    expect_failure(ww_table_column(&column, t, "surfaec_mm2"), WW_ENOTFOUND,
                   "areas.tsv: no column 'surfaec_mm2'; did you mean 'surface_mm2'?");
    expect_failure(ww_table_column(&column, t, "receptive"), WW_ENOTFOUND,
                   "areas.tsv: no column 'receptive'; there are name, surface_mm2, x");
    expect_ok(ww_table_real(&x, t, 0, 1, false));
    cr_assert_eq(x, 1120.5);
    expect_ok(ww_table_real(&x, t, 2, 2, false));
    cr_assert_eq(x, -1e-3);
    for (size_t row = 0; row < 2; row++) {
        expect_ok(ww_table_real(&x, t, row, 2, true));
        cr_assert(isnan(x));
    }
    expect_ok(ww_table_real(&x, t, 1, 1, true));
    cr_assert(isnan(x));
    expect_failure(ww_table_real(&x, t, 1, 1, false), WW_EPARSE,
                   "areas.tsv:3: surface_mm2: '-' is not a number");
    expect_failure(ww_table_real(&x, t, 0, 2, false), WW_EPARSE,
                   "areas.tsv:2: x: ' ' is not a number");
    expect_failure(ww_table_real(&x, t, 2, 1, true), WW_EPARSE,
                   "areas.tsv:4: surface_mm2: '1e3x' is not a number");
}

Test(store_table, what_is_written_reads_back)
{
    const char *const names[] = {"#n", "a,b", "c"};
    static const char *const texts[] = {"plain",        "",       "#", "a,b", "\"",
                                        "two\r\nlines", "\"\"x,", "é"};
    const double reals[] = {0.1, 1.0 / 3, 1e300, -5e-324, 12345678, 0, 2.385};
    const char *where = ww_path("out.csv");
    size_t n = sizeof texts / sizeof texts[0], m = sizeof reals / sizeof reals[0];
    ww_rows *rows;
    expect_ok(ww_rows_open(&rows, where, names, 3));
    for (size_t i = 0; i < n; i++) {
        ww_rows_text(rows, texts[i]);
        ww_rows_real(rows, reals[i % m]);
        ww_rows_text(rows, texts[n - 1 - i]);
        ww_rows_end(rows);
    }
    cr_assert_neq(access(where, F_OK), 0, "there is no file before the commit");
    expect_ok(ww_rows_commit(rows));
    cr_assert_eq(ww_folder_entries(), 1);
    ww_table *t;
    expect_ok(ww_table_read(&t, where, arena));
    cr_assert_eq(t->rows, n);
    for (size_t i = 0; i < 3; i++)
        cr_assert_str_eq(t->name[i], names[i]);
    for (size_t i = 0; i < n; i++) {
        double x;
        cr_assert_str_eq(t->cell[i][0], texts[i]);
        cr_assert_str_eq(t->cell[i][2], texts[n - 1 - i]);
        expect_ok(ww_table_real(&x, t, i, 1, false));
        cr_assert_eq(x, reals[i % m]);
    }
}

Test(store_table, numbers_are_written_in_their_shortest_form)
{
    const char *const names[] = {"x", "y"};
    ww_rows *rows;
    char *text;
    size_t bytes;
    expect_ok(ww_rows_open(&rows, ww_path("out.tsv"), names, 2));
    ww_rows_real(rows, 0.1);
    ww_rows_real(rows, NAN);
    ww_rows_end(rows);
    ww_rows_real(rows, 0.1 + 0.2);
    ww_rows_real(rows, -3);
    ww_rows_end(rows);
    expect_ok(ww_rows_commit(rows));
    expect_ok(ww_file_read(&text, &bytes, ww_path("out.tsv"), 1000, arena));
    cr_assert_str_eq(text, "x\ty\n0.1\t\n0.30000000000000004\t-3\n");
}

static ww_status write_rows(const char *where, const char *cell, size_t columns, int n)
{
    const char *const names[] = {"a", "b"};
    ww_rows *rows;
    WW_TRY(ww_rows_open(&rows, where, names, columns));
    for (int i = 0; i < n; i++) {
        for (size_t k = 0; k < columns; k++)
            ww_rows_text(rows, cell);
        ww_rows_end(rows);
    }
    return ww_rows_commit(rows);
}

Test(store_table, what_cannot_be_written_is_told)
{
    const char *old = ww_file_with_text("old.tsv", "old\n");
    expect_failure(write_rows(old, "a\tb", 2, 2), WW_EINVAL,
                   "@/old.tsv:2: 'a?b' cannot stand in a TSV file; CSV can hold it");
    expect_failure(write_rows(old, "#", 2, 1), WW_EINVAL,
                   "@/old.tsv:2: '#' cannot stand in a TSV file; CSV can hold it");
    expect_failure(write_rows(old, "", 1, 1), WW_EINVAL,
                   "@/old.tsv:2: '' cannot stand in a TSV file; CSV can hold it");
    expect_failure(write_rows(ww_path("no/x.tsv"), "", 2, 1), WW_EIO,
                   "@/no/x.tsv: no such file or directory");
    expect_failure(write_rows(ww_path(""), "", 2, 1), WW_EIO, "@/: is a directory");
    expect_failure(write_rows("/dev/full", "x", 2, 1), WW_EIO,
                   "/dev/full: no space left on device");
    expect_failure(write_rows("/dev/full", "x", 2, 100000), WW_EIO,
                   "/dev/full: no space left on device");
    expect_ok(write_rows("/dev/null", "x", 2, 1));
    struct stat about;
    cr_assert(stat("/dev/null", &about) == 0 && S_ISCHR(about.st_mode), "a device stays a device");
    ww_limit_file_size(10000);
    ww_status status = write_rows(old, "xxxxxxxx", 2, 1000);
    ww_unlimit_file_size();
    expect_failure(status, WW_EIO, "@/old.tsv: file too large");

    ww_rows *rows;
    expect_ok(ww_rows_open(&rows, old, (const char *const[]){"a"}, 1));
    ww_rows_text(rows, "unfinished");
    ww_rows_close(rows);
    ww_rows_close(NULL);
    ww_table *t;
    expect_ok(ww_table_read(&t, old, arena));
    cr_assert_str_eq(t->name[0], "old", "what was there stays there");
    cr_assert_eq(ww_folder_entries(), 1, "nothing is left behind");
}

Test(store_table, drafts_follow_links_and_keep_the_mode)
{
    const char *old = ww_file_with_text("old.txt", "old"), *link = ww_path("link.txt");
    struct stat about;
    char *text;
    size_t bytes;
    cr_assert_eq(symlink("old.txt", link), 0);
    cr_assert_eq(chmod(old, 0640), 0);
    expect_ok(ww_file_write(link, "new", 3));
    cr_assert(lstat(link, &about) == 0 && S_ISLNK(about.st_mode));
    cr_assert(stat(old, &about) == 0 && (about.st_mode & 0777) == 0640);
    expect_ok(ww_file_read(&text, &bytes, old, 10, arena));
    cr_assert_str_eq(text, "new");
    umask(022);
    expect_ok(ww_file_write(ww_path("fresh.txt"), "", 0));
    cr_assert(stat(ww_path("fresh.txt"), &about) == 0 && (about.st_mode & 0777) == 0644);
    expect_failure(ww_file_read(&text, &bytes, old, 2, arena), WW_EPARSE,
                   "@/old.txt: larger than 2 bytes");
    expect_failure(ww_file_write("/dev/full", "x", 1), WW_EIO,
                   "/dev/full: no space left on device");
}

Test(store_table, names_are_listed_in_natural_order)
{
    static const char *const sorted[] = {"1.pgm", "2.pgm", "10.pgm", "010.pgm", "a",    "a2b3",
                                         "a2b12", "a10",   "b",      "s1",      "s1.5", "s2"};
    size_t n = sizeof sorted / sizeof sorted[0], count;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            int order = ww_natural_order(sorted[i], sorted[j]);
            if (strstr(sorted[i], "10.pgm") == NULL || strstr(sorted[j], "10.pgm") == NULL)
                cr_assert_eq((order > 0) - (order < 0), (i > j) - (i < j), "%s %s", sorted[i],
                             sorted[j]);
        }
    cr_assert_neq(ww_natural_order("10.pgm", "010.pgm"), 0);
    for (size_t i = n; i-- > 0;)
        ww_file_with_text(sorted[i], "");
    ww_file_with_text(".hidden", "");
    const char *const *names;
    expect_ok(ww_folder_list(&names, &count, ww_path(""), arena));
    cr_assert_eq(count, n);
    cr_assert_str_eq(names[1], "2.pgm");
    cr_assert_str_eq(names[n - 1], "s2");
    expect_failure(ww_folder_list(&names, &count, ww_path("no"), arena), WW_EIO,
                   "@/no: no such file or directory");
}

Test(store_table, reads_the_tables_of_the_data_folder)
{
    const char *folder = ww_data_folder("human/crowding");
    if (folder == NULL)
        return;
    ww_table *t;
    size_t column;
    double x, sum = 0;
    char where[1024];
    snprintf(where, sizeof where, "%s/crowding_thresholds.csv", folder);
    expect_ok(ww_table_read(&t, where, arena));
    cr_assert_eq(t->rows, 784);
    for (column = 0; column < t->columns; column++)
        if (ww_table_real(&x, t, 0, column, false) == WW_OK)
            sum += x;
    cr_assert_gt(sum, 0);
}

Test(store_table, reads_what_is_packed)
{
    static const char text[] = "image,x\n1,2.5\n2,\"3\"\n";
    static char large[300000];
    ww_table *t;
    gzFile file = gzopen(ww_path("a.csv.gz"), "wb");
    cr_assert(file != NULL && gzwrite(file, text, sizeof text - 1) == (int)sizeof text - 1);
    gzclose(file);
    expect_ok(ww_table_read(&t, ww_path("a.csv.gz"), arena));
    cr_assert(t->rows == 2 && t->columns == 2);
    expect_cells(t, (const char *const[]){"1", "2.5", "2", "3"});
    for (size_t i = 0; i < sizeof large; i += 4) /* more than is unpacked at once */
        memcpy(large + i, i == 0 ? "a\tb\n" : "1\t2\n", 4);
    file = gzopen(ww_path("b.tsv.gz"), "wb");
    cr_assert(file != NULL && gzwrite(file, large, sizeof large) == (int)sizeof large);
    gzclose(file);
    expect_ok(ww_table_read(&t, ww_path("b.tsv.gz"), arena));
    cr_assert_eq(t->rows, sizeof large / 4 - 1);
    cr_assert_eq(truncate(ww_path("b.tsv.gz"), 200), 0);
    expect_failure(ww_table_read(&t, ww_path("b.tsv.gz"), arena), WW_EPARSE,
                   "@/b.tsv.gz: cut short");
    expect_failure(ww_table_read(&t, ww_path("c.csv.gz"), arena), WW_EIO,
                   "@/c.csv.gz: no such file or directory");
}
