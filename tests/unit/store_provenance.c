/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a results file says of its run, and the checksums of what went in. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/plan.h"
#include "engine/base/threads.h"
#include "engine/base/version.h"
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

TestSuite(store_provenance, .init = begin, .fini = end);

static void expect_text(ww_h5 *file, const char *name, size_t index, const char *wanted)
{
    const char *const *texts;
    size_t count;
    expect_ok(ww_h5_read_texts(file, name, &texts, &count, arena));
    cr_assert_gt(count, index);
    cr_assert_str_eq(texts[index], wanted, "%s", name);
}

Test(store_provenance, everything_is_there)
{
    const char *inputs[] = {ww_file_with_text("a.tsv", "123456789"), ww_path("set")};
    ww_h5 *file;
    int64_t n[2];
    uint64_t seed = UINT64_MAX - 1;
    double real;
    const char *const *texts;
    size_t count;
    cr_assert_eq(mkdir(inputs[1], 0777), 0);
    ww_file_with_text("set/1.txt", "x");
    expect_ok(ww_plan_record("conv2d forward", "winograd"));
    expect_ok(ww_h5_create(&file, ww_path("run.h5")));
    for (int twice = 0; twice < 2; twice++)
        expect_ok(ww_h5_provenance(file, "brain: x\n", seed, "whatwhere run x", inputs, 2));
    expect_ok(ww_h5_commit(file));
    expect_ok(ww_h5_open(&file, ww_path("run.h5")));
    expect_text(file, "/provenance/version", 0, ww_version());
    expect_text(file, "/provenance/commit", 0, ww_commit());
    expect_text(file, "/provenance/compiler", 0, ww_compiler());
    expect_text(file, "/provenance/configuration", 0, "brain: x\n");
    expect_text(file, "/provenance/command_line", 0, "whatwhere run x");
    expect_text(file, "/provenance/inputs/path", 1, inputs[1]);
    expect_text(file, "/provenance/inputs/crc32", 0, "cbf43926"); /* the published check value */
    expect_ok(ww_h5_read_ints(file, "/provenance/inputs/bytes", n, 2));
    cr_assert(n[0] == 9 && n[1] == 1);
    expect_ok(ww_h5_read_ints(file, "/provenance/threads", n, 1));
    cr_assert_eq(n[0], ww_threads());
    expect_ok(ww_h5_read_doubles(file, "/provenance/seed", &real, 1));
    cr_assert_eq(real, (double)seed);
    expect_ok(ww_h5_read_texts(file, "/provenance/date", &texts, &count, arena));
    cr_assert(strlen(texts[0]) == 20 && texts[0][10] == 'T' && texts[0][19] == 'Z');
    expect_ok(ww_h5_read_texts(file, "/provenance/host", &texts, &count, arena));
    expect_ok(ww_h5_read_texts(file, "/provenance/libraries", &texts, &count, arena));
    size_t hdf5 = 0;
    for (size_t i = 0; i < count; i++)
        hdf5 += strncmp(texts[i], "hdf5 1.", 7) == 0;
    cr_assert_eq(hdf5, 1);
    ww_h5_close(file);
    char kernel[WW_PLAN_KERNEL];
    ww_plan_forget();
    cr_assert(!ww_plan_find("conv2d forward", kernel));
    expect_ok(ww_h5_follow_plan(ww_path("run.h5")));
    cr_assert(ww_plan_find("conv2d forward", kernel));
    cr_assert_str_eq(kernel, "winograd");
}

Test(store_provenance, a_file_without_a_plan)
{
    ww_h5 *file;
    char message[512];
    expect_ok(ww_h5_create(&file, ww_path("bare.h5")));
    expect_ok(ww_h5_commit(file));
    cr_assert_eq(ww_h5_follow_plan(ww_path("bare.h5")), WW_ENOTFOUND);
    snprintf(message, sizeof message, "%s: /provenance/plan: not there", ww_path("bare.h5"));
    cr_assert_str_eq(ww_error_message(), message);
}

Test(store_provenance, missing_inputs_are_told)
{
    ww_h5 *file;
    const char *input = ww_path("no.tsv");
    expect_ok(ww_h5_create(&file, ww_path("run.h5")));
    expect_failure(ww_h5_provenance(file, "", 1, "", &input, 1), WW_EIO,
                   "@/no.tsv: no such file or directory");
    expect_ok(ww_h5_provenance(file, "", 1, "", NULL, 0));
    expect_ok(ww_h5_commit(file));
}

Test(store_provenance, a_folder_changes_with_all_that_is_in_it)
{
    uint32_t first, crc;
    int64_t bytes;
    cr_assert(mkdir(ww_path("s1"), 0777) == 0 && mkdir(ww_path("s2"), 0777) == 0);
    ww_file_with_text("s1/1.pgm", "one");
    ww_file_with_text("s2/1.pgm", "two");
    expect_ok(ww_file_checksum(&first, &bytes, ww_path("")));
    cr_assert_eq(bytes, 6);
    ww_file_with_text("s2/1.pgm", "twp");
    expect_ok(ww_file_checksum(&crc, &bytes, ww_path("")));
    cr_assert_neq(crc, first);
    cr_assert_eq(rename(ww_file_with_text("s2/1.pgm", "two"), ww_path("s2/2.pgm")), 0);
    expect_ok(ww_file_checksum(&crc, &bytes, ww_path("")));
    cr_assert_neq(crc, first);
    cr_assert_eq(rename(ww_path("s2/2.pgm"), ww_path("s2/1.pgm")), 0);
    expect_ok(ww_file_checksum(&crc, &bytes, ww_path("")));
    cr_assert_eq(crc, first);
    cr_assert_eq(symlink(".", ww_path("loop")), 0);
    cr_assert_eq(ww_file_checksum(&crc, &bytes, ww_path("")), WW_EIO);
    cr_assert_not_null(strstr(ww_error_message(), "/loop"));
    expect_failure(ww_file_checksum(&crc, &bytes, "/dev/null"), WW_EIO,
                   "/dev/null: neither a file nor a folder");
}
