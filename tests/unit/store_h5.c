/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HDF5 files: round trips, files of other programs, damaged files, and disks that are full. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <hdf5.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/store/file.h"
#include "engine/store/h5.h"
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

TestSuite(store_h5, .init = begin, .fini = end);

enum { N = 50000 };
static float floats[N];
static unsigned char bytes[N];

static void fill(void)
{
    for (int i = 0; i < N; i++) {
        floats[i] = sinf(0.01f * (float)i);
        bytes[i] = (unsigned char)(i * 7 / 5);
    }
}

static const char *write_all(const char *name)
{
    static const int64_t plane[] = {5, 100, 100}, none[] = {0, 3};
    static const double doubles[] = {1e300, -0.1, 1.0 / 3};
    static const int64_t ints[] = {INT64_MIN, -1, INT64_MAX};
    const char *const texts[] = {"V1", NULL, "inférotemporal"};
    const char *where = ww_path(name);
    ww_h5 *file;
    fill();
    expect_ok(ww_h5_create(&file, where));
    cr_assert_str_eq(ww_h5_path(file), where);
    expect_ok(ww_h5_write_floats(file, "/values/V1/weight", floats, 3, plane, true));
    expect_ok(ww_h5_write_floats(file, "/values/V1/plain", floats, 3, plane, false));
    expect_ok(ww_h5_write_floats(file, "/values/none", NULL, 2, none, true));
    expect_ok(ww_h5_write_floats(file, "/scalar", floats + 1, 0, NULL, true));
    expect_ok(ww_h5_write_doubles(file, "/doubles", doubles, 1, (int64_t[]){3}));
    expect_ok(ww_h5_write_ints(file, "/ints", ints, 1, (int64_t[]){3}));
    expect_ok(ww_h5_write_bytes(file, "/bytes", bytes, 3, plane, true));
    expect_ok(ww_h5_write_texts(file, "/texts", texts, 3));
    expect_ok(ww_h5_write_texts(file, "/no-texts", texts, 0));
    expect_ok(ww_h5_write_texts(file, "/note", (const char *const[]){"one\nnote"}, -1));
    expect_ok(ww_h5_attribute(file, "/values/V1/weight", "unit", "deg"));
    expect_ok(ww_h5_attribute_real(file, "/values", "rate", 0.25));
    expect_ok(ww_h5_attribute(file, "/", "program", "whatwhere"));
    cr_assert_neq(access(where, F_OK), 0, "there is no file before the commit");
    expect_ok(ww_h5_commit(file));
    return where;
}

Test(store_h5, what_is_written_reads_back)
{
    ww_h5 *file;
    expect_ok(ww_h5_open(&file, write_all("run.h5")));
    static float weight[N], plain[N], scalar;
    static unsigned char more_bytes[N];
    double doubles[3];
    int64_t ints[3], dim[8];
    int rank;
    expect_ok(ww_h5_shape(file, "/values/V1/weight", &rank, dim));
    cr_assert(rank == 3 && dim[0] == 5 && dim[1] == 100 && dim[2] == 100);
    expect_ok(ww_h5_shape(file, "/scalar", &rank, dim));
    cr_assert_eq(rank, 0);
    expect_ok(ww_h5_shape(file, "/values/none", &rank, dim));
    cr_assert(rank == 2 && dim[0] == 0 && dim[1] == 3);
    expect_ok(ww_h5_read_floats(file, "/values/V1/weight", weight, N));
    expect_ok(ww_h5_read_floats(file, "/values/V1/plain", plain, N));
    expect_ok(ww_h5_read_floats(file, "/values/none", NULL, 0));
    expect_ok(ww_h5_read_floats(file, "/scalar", &scalar, 1));
    expect_ok(ww_h5_read_bytes(file, "/bytes", more_bytes, N));
    cr_assert_arr_eq(weight, floats, sizeof floats);
    cr_assert_arr_eq(plain, floats, sizeof floats);
    cr_assert_arr_eq(more_bytes, bytes, sizeof bytes);
    cr_assert_eq(scalar, floats[1]);
    expect_ok(ww_h5_read_doubles(file, "/doubles", doubles, 3));
    cr_assert(doubles[0] == 1e300 && doubles[1] == -0.1 && doubles[2] == 1.0 / 3);
    expect_ok(ww_h5_read_ints(file, "/ints", ints, 3));
    cr_assert(ints[0] == INT64_MIN && ints[1] == -1 && ints[2] == INT64_MAX);
    const char *const *texts, *text;
    size_t count;
    expect_ok(ww_h5_read_texts(file, "/texts", &texts, &count, arena));
    cr_assert_eq(count, 3);
    cr_assert_str_eq(texts[0], "V1");
    cr_assert_str_eq(texts[1], "");
    cr_assert_str_eq(texts[2], "inférotemporal");
    expect_ok(ww_h5_read_texts(file, "/no-texts", &texts, &count, arena));
    cr_assert_eq(count, 0);
    expect_ok(ww_h5_read_texts(file, "/note", &texts, &count, arena));
    cr_assert_eq(count, 1);
    cr_assert_str_eq(texts[0], "one\nnote");
    expect_ok(ww_h5_read_attribute(file, "/values/V1/weight", "unit", &text, arena));
    cr_assert_str_eq(text, "deg");
    expect_ok(ww_h5_read_attribute(file, "/", "program", &text, arena));
    cr_assert_str_eq(text, "whatwhere");
    expect_ok(ww_h5_read_attribute_real(file, "/values", "rate", doubles));
    cr_assert_eq(doubles[0], 0.25);
    expect_ok(ww_h5_list(file, "/values/V1", &texts, &count, arena));
    cr_assert(count == 2 && strcmp(texts[0], "plain") == 0 && strcmp(texts[1], "weight") == 0);
    expect_ok(ww_h5_list(file, "/", &texts, &count, arena));
    cr_assert_eq(count, 8);
    ww_h5_close(file);
    ww_h5_close(NULL);
}

Test(store_h5, reading_says_what_is_wrong)
{
    ww_h5 *file;
    float x[3];
    int64_t n[3], dim[8];
    unsigned char b[3];
    int rank;
    double real;
    const char *const *list, *text;
    size_t count;
    expect_ok(ww_h5_open(&file, write_all("run.h5")));
    cr_assert(ww_h5_has(file, "/") && ww_h5_has(file, "/values/V1") && ww_h5_has(file, "/ints"));
    cr_assert(!ww_h5_has(file, "/value") && !ww_h5_has(file, "/a/b") && !ww_h5_has(file, "ints") &&
              !ww_h5_has(file, "/ints/b"));
    expect_failure(ww_h5_read_floats(file, "/a/b", x, 3), WW_ENOTFOUND,
                   "@/run.h5: /a/b: not there");
    expect_failure(ww_h5_shape(file, "/a", &rank, dim), WW_ENOTFOUND, "@/run.h5: /a: not there");
    expect_failure(ww_h5_list(file, "/a", &list, &count, arena), WW_ENOTFOUND,
                   "@/run.h5: /a: not there");
    expect_failure(ww_h5_read_floats(file, "/values", x, 3), WW_EPARSE,
                   "@/run.h5: /values: no dataset");
    expect_failure(ww_h5_list(file, "/ints", &list, &count, arena), WW_EPARSE,
                   "@/run.h5: /ints: no group");
    expect_failure(ww_h5_read_floats(file, "/values/V1/weight", x, 3), WW_ESHAPE,
                   "@/run.h5: /values/V1/weight: 50000 numbers in the file, 3 wanted");
    expect_failure(ww_h5_read_floats(file, "/texts", x, 3), WW_EPARSE,
                   "@/run.h5: /texts: no numbers");
    expect_failure(ww_h5_read_ints(file, "/doubles", n, 3), WW_EPARSE,
                   "@/run.h5: /doubles: a number that is no integer of 64 bits");
    expect_failure(ww_h5_read_bytes(file, "/ints", b, 3), WW_EPARSE,
                   "@/run.h5: /ints: a number that is no integer from 0 to 255");
    expect_failure(ww_h5_read_texts(file, "/ints", &list, &count, arena), WW_EPARSE,
                   "@/run.h5: /ints: no text");
    expect_failure(ww_h5_read_attribute(file, "/ints", "unit", &text, arena), WW_ENOTFOUND,
                   "@/run.h5: /ints: no attribute 'unit'");
    expect_failure(ww_h5_read_attribute(file, "/int", "unit", &text, arena), WW_ENOTFOUND,
                   "@/run.h5: /int: not there");
    expect_failure(ww_h5_read_attribute(file, "/values", "rate", &text, arena), WW_EPARSE,
                   "@/run.h5: /values: no text");
    expect_failure(ww_h5_read_attribute_real(file, "/", "program", &real), WW_EPARSE,
                   "@/run.h5: /: attribute 'program' is no number");
    ww_h5_close(file);
}

Test(store_h5, files_are_changed_in_place)
{
    const char *where = write_all("run.h5");
    ww_h5 *file;
    const float two[] = {1, 2};
    float x[2];
    const char *text;
    expect_ok(ww_h5_open_update(&file, where));
    expect_ok(ww_h5_write_floats(file, "/ints", two, 1, (int64_t[]){2}, false));
    expect_ok(ww_h5_write_floats(file, "/new/a/b", two, 1, (int64_t[]){2}, false));
    expect_ok(ww_h5_attribute(file, "/", "program", "another"));
    expect_failure(ww_h5_write_floats(file, "/values", two, 1, (int64_t[]){2}, false), WW_EINVAL,
                   "@/run.h5: /values: there is a group of this name");
    expect_failure(ww_h5_write_floats(file, "/doubles/a/b", two, 1, (int64_t[]){2}, false),
                   WW_EINVAL, "@/run.h5: /doubles/a/b: '/doubles' is no group");
    expect_failure(ww_h5_write_floats(file, "/x", two, 2, (int64_t[]){INT64_MAX / 4, 3}, false),
                   WW_EINVAL, "@/run.h5: /x: too large an array");
    expect_failure(ww_h5_attribute(file, "/nowhere", "a", "b"), WW_ENOTFOUND,
                   "@/run.h5: /nowhere: not there");
    expect_ok(ww_h5_commit(file));
    expect_ok(ww_h5_open(&file, where));
    expect_ok(ww_h5_read_floats(file, "/ints", x, 2));
    cr_assert_eq(x[1], 2);
    expect_ok(ww_h5_read_floats(file, "/new/a/b", x, 2));
    expect_ok(ww_h5_read_attribute(file, "/", "program", &text, arena));
    cr_assert_str_eq(text, "another");
    ww_h5_close(file);
}

Test(store_h5, the_same_content_gives_the_same_bytes)
{
    char *a, *b;
    size_t na, nb;
    expect_ok(ww_file_read(&a, &na, write_all("a.h5"), 1 << 24, arena));
    sleep(1); /* times in the file would differ now */
    expect_ok(ww_file_read(&b, &nb, write_all("b.h5"), 1 << 24, arena));
    cr_assert_eq(na, nb);
    cr_assert_arr_eq(a, b, na);
    cr_assert_lt(na, 2 * sizeof floats, "the compressed array is smaller than the plain one");
}

Test(store_h5, what_is_not_committed_is_thrown_away)
{
    ww_h5 *file;
    expect_ok(ww_h5_create(&file, ww_path("run.h5")));
    fill();
    expect_ok(ww_h5_write_floats(file, "/x", floats, 1, (int64_t[]){N}, false));
    cr_assert_eq(ww_folder_entries(), 1);
    ww_h5_close(file);
    cr_assert_eq(ww_folder_entries(), 0);
}

Test(store_h5, files_that_are_no_hdf5)
{
    ww_h5 *file;
    expect_failure(ww_h5_open(&file, ww_path("no.h5")), WW_EIO,
                   "@/no.h5: no such file or directory");
    expect_failure(ww_h5_open(&file, ww_path("")), WW_EIO, "@/: is a directory");
    expect_failure(ww_h5_create(&file, ww_path("")), WW_EIO, "@/: is a directory");
    expect_failure(ww_h5_create(&file, ww_path("no/x.h5")), WW_EIO,
                   "@/no/x.h5: no such file or directory");
    expect_failure(ww_h5_create(&file, "/dev/full"), WW_EIO,
                   "/dev/full: HDF5 needs a regular file");
    expect_failure(ww_h5_open(&file, "/dev/zero"), WW_EPARSE, "/dev/zero: no HDF5 file");
    expect_failure(ww_h5_open(&file, ww_file_with_text("a.h5", "")), WW_EPARSE,
                   "@/a.h5: no HDF5 file");
    expect_failure(ww_h5_open_update(&file, ww_file_with_text("a.h5", "brain: x\n")), WW_EPARSE,
                   "@/a.h5: no HDF5 file");
    expect_failure(ww_h5_open(&file, ww_file_with("a.h5", "\211HDF\r\n\032\nrest", 12)), WW_EPARSE,
                   "@/a.h5: a damaged HDF5 file: bad superblock version number");
}

Test(store_h5, damaged_files_are_refused)
{
    char *data;
    size_t size;
    ww_h5 *file;
    expect_ok(ww_file_read(&data, &size, write_all("run.h5"), 1 << 24, arena));
    for (size_t i = 0; i < 200; i++) { /* cut anywhere */
        ww_status status = ww_h5_open(&file, ww_file_with("cut.h5", data, size * i / 200));
        cr_assert_eq(status, WW_EPARSE);
        cr_assert_not_null(strstr(ww_error_message(),
                                  i == 0 ? "no HDF5 file" : "a damaged HDF5 file: cut short: "));
    }
    for (size_t i = 0; i + 2 < size; i++) /* the beginning of a deflated chunk */
        if (data[i] == 0x78 && data[i + 1] == 0x01)
            data[i] = 0x79;
    expect_ok(ww_h5_open(&file, ww_file_with("bad.h5", data, size)));
    expect_ok(ww_h5_read_floats(file, "/values/V1/plain", floats, N));
    expect_failure(ww_h5_read_floats(file, "/values/V1/weight", floats, N), WW_EPARSE,
                   "@/bad.h5: /values/V1/weight: cannot be read: inflate() failed");
    expect_failure(ww_h5_read_bytes(file, "/bytes", bytes, N), WW_EPARSE,
                   "@/bad.h5: /bytes: cannot be read: inflate() failed");
    ww_h5_close(file);
}

static ww_status write_large(ww_h5 *file, bool compress)
{
    static const int64_t dim[] = {N};
    for (int i = 0; i < 40; i++) {
        char name[32];
        snprintf(name, sizeof name, "/group%d/x", i);
        WW_TRY(ww_h5_write_floats(file, name, floats, 1, dim, compress));
        WW_TRY(ww_h5_attribute(file, name, "unit", "deg"));
    }
    return WW_OK;
}

/* Whatever the write that fails, nothing is left behind and what was there stays there. */
Test(store_h5, a_full_disk_is_told_and_harmless)
{
    const char *where = ww_file_with_text("run.h5", "old");
    fill();
    for (int compress = 0; compress < 2; compress++)
        for (size_t limit = 0; limit < 8000000; limit += limit < 20000 ? 1500 : 500009) {
            ww_h5 *file;
            ww_status status;
            expect_ok(ww_h5_create(&file, where));
            ww_limit_file_size(limit);
            status = write_large(file, compress);
            if (status == WW_OK)
                status = ww_h5_commit(file);
            else
                ww_h5_close(file);
            ww_unlimit_file_size();
            if (compress && status == WW_OK)
                break;
            expect_failure(status, WW_EIO, "@/run.h5: file too large");
            cr_assert_eq(ww_folder_entries(), 1);
        }
    ww_h5 *file;
    ww_file_with_text("run.h5", "old");
    expect_ok(ww_h5_create(&file, where));
    ww_limit_file_size(100000);
    ww_status status = write_large(file, false);
    cr_assert_eq(status, WW_EIO);
    expect_failure(ww_h5_write_ints(file, "/n", (int64_t[]){1}, 0, NULL), WW_EIO,
                   "@/run.h5: file too large");
    status = ww_h5_commit(file);
    ww_unlimit_file_size();
    expect_failure(status, WW_EIO, "@/run.h5: file too large");
    char *text;
    size_t size;
    expect_ok(ww_file_read(&text, &size, where, 10, arena));
    cr_assert_str_eq(text, "old");
    cr_assert_eq(ww_folder_entries(), 1);
}

/* As h5py and MATLAB write: fixed texts, integers as doubles, extents without end, no data. */
Test(store_h5, files_of_other_programs)
{
    const char *where = ww_path("other.h5");
    hid_t id = H5Fcreate(where, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hsize_t two = 2, many[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1}, huge = (hsize_t)1 << 50, chunk = 1000;
    hid_t pair = H5Screate_simple(1, &two, NULL), nine = H5Screate_simple(9, many, NULL);
    hid_t vast = H5Screate_simple(1, &huge, NULL), null = H5Screate(H5S_NULL);
    hid_t padded = H5Tcopy(H5T_C_S1), full = H5Tcopy(H5T_C_S1), how = H5Pcreate(H5P_DATASET_CREATE);
    H5Tset_size(padded, 4);
    H5Tset_strpad(padded, H5T_STR_SPACEPAD);
    H5Tset_size(full, 2);
    H5Tset_strpad(full, H5T_STR_NULLPAD);
    H5Tset_cset(full, H5T_CSET_UTF8);
    H5Pset_chunk(how, 1, &chunk);
    hid_t set[] = {
        H5Dcreate2(id, "padded", padded, pair, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
        H5Dcreate2(id, "full", full, pair, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
        H5Dcreate2(id, "n", H5T_IEEE_F64BE, pair, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
        H5Dcreate2(id, "nine", H5T_STD_I8LE, nine, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
        H5Dcreate2(id, "vast", H5T_STD_I8LE, vast, H5P_DEFAULT, how, H5P_DEFAULT),
        H5Dcreate2(id, "vast-texts", full, vast, H5P_DEFAULT, how, H5P_DEFAULT),
        H5Dcreate2(id, "null", H5T_STD_I8LE, null, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
        H5Acreate2(id, "pair", H5T_STD_I8LE, pair, H5P_DEFAULT, H5P_DEFAULT),
    };
    H5Dwrite(set[0], padded, H5S_ALL, H5S_ALL, H5P_DEFAULT, "V1  FFA ");
    H5Dwrite(set[1], full, H5S_ALL, H5S_ALL, H5P_DEFAULT, "V1MT");
    H5Dwrite(set[2], H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, (double[]){3, -7});
    H5Lcreate_soft("/nowhere", id, "dangling", H5P_DEFAULT, H5P_DEFAULT);
    for (size_t i = 0; i < sizeof set / sizeof set[0]; i++)
        H5Idec_ref(set[i]);
    H5Fclose(id);

    ww_h5 *file;
    const char *const *texts;
    size_t count;
    int64_t n[2], dim[8];
    int rank;
    double x;
    expect_ok(ww_h5_open(&file, where));
    expect_ok(ww_h5_read_texts(file, "/padded", &texts, &count, arena));
    cr_assert(count == 2 && strcmp(texts[0], "V1") == 0 && strcmp(texts[1], "FFA") == 0);
    expect_ok(ww_h5_read_texts(file, "/full", &texts, &count, arena));
    cr_assert(count == 2 && strcmp(texts[0], "V1") == 0 && strcmp(texts[1], "MT") == 0);
    expect_ok(ww_h5_read_ints(file, "/n", n, 2));
    cr_assert(n[0] == 3 && n[1] == -7);
    expect_ok(ww_h5_read_ints(file, "/null", NULL, 0));
    cr_assert(!ww_h5_has(file, "/dangling"));
    expect_failure(ww_h5_shape(file, "/nine", &rank, dim), WW_EPARSE,
                   "@/other.h5: /nine: 9 dimensions; at most 8 are wanted");
    expect_failure(ww_h5_shape(file, "/vast", &rank, dim), WW_EPARSE,
                   "@/other.h5: /vast: more data than the file can hold");
    expect_failure(ww_h5_read_texts(file, "/vast-texts", &texts, &count, arena), WW_EPARSE,
                   "@/other.h5: /vast-texts: more data than the file can hold");
    expect_failure(ww_h5_read_attribute_real(file, "/", "pair", &x), WW_EPARSE,
                   "@/other.h5: /: attribute 'pair': one value is wanted");
    ww_h5_close(file);
}

/* The driver takes no locks: a file that someone else has open and locked can be read. */
Test(store_h5, locks_do_not_get_in_the_way)
{
    const char *where = write_all("run.h5");
    hid_t other = H5Fopen(where, H5F_ACC_RDWR, H5P_DEFAULT);
    cr_assert_geq(other, 0);
    ww_h5 *file;
    int64_t ints[3];
    expect_ok(ww_h5_open(&file, where));
    expect_ok(ww_h5_read_ints(file, "/ints", ints, 3));
    ww_h5_close(file);
    H5Fclose(other);
}
