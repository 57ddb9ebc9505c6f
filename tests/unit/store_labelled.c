/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Labelled pictures in every layout, made here, and damaged in every way that is told. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "engine/store/file.h"
#include "engine/store/labelled.h"
#include "engine/store/picture.h"
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

TestSuite(store_labelled, .init = begin, .fini = end);

static ww_labelled *set;

static ww_status read_split(const char *name, ww_split split, int train_per_class)
{
    return ww_labelled_read(&set, ww_path(name), split, train_per_class, 0, 0, arena);
}

static void gz_file(const char *name, const void *data, size_t bytes)
{
    gzFile file = gzopen(ww_path(name), "wb");
    cr_assert_eq(gzwrite(file, data, (unsigned)bytes), (int)bytes);
    gzclose(file);
}

/* n pictures of 2 x 3 whose pixels count upwards from `start`, and labels 0, step, 2 step ... */
static void idx_files(const char *head, int n, int start, int step, bool gzipped)
{
    unsigned char images[1000] = {0, 0, 8, 3, 0, 0, 0, (unsigned char)n, 0, 0, 0, 2, 0, 0, 0, 3};
    unsigned char labels[100] = {0, 0, 8, 1, 0, 0, 0, (unsigned char)n};
    static const char *const kind[] = {"images-idx3-ubyte", "labels-idx1-ubyte"};
    char name[64];
    for (int i = 0; i < 6 * n; i++)
        images[16 + i] = (unsigned char)(start + i);
    for (int i = 0; i < n; i++)
        labels[8 + i] = (unsigned char)(i * step);
    for (int k = 0; k < 2; k++) {
        const unsigned char *data = k == 0 ? images : labels;
        size_t bytes = (size_t)(k == 0 ? 16 + 6 * n : 8 + n);
        snprintf(name, sizeof name, "%s-%s%s", head, kind[k], gzipped ? ".gz" : "");
        if (gzipped)
            gz_file(name, data, bytes);
        else
            ww_file_with(name, data, bytes);
    }
}

Test(store_labelled, idx)
{
    idx_files("train", 5, 10, 1, false);
    idx_files("t10k", 3, 100, 3, true);
    for (int split = 0; split < 2; split++) {
        expect_ok(read_split("", split ? WW_SPLIT_TEST : WW_SPLIT_TRAIN, 0));
        cr_assert_eq(set->count, split ? 3 : 5);
        cr_assert(set->channels == 1 && set->height == 2 && set->width == 3);
        cr_assert_eq(set->classes, 7, "both splits have the classes of either");
        cr_assert_str_eq(set->class_name[6], "6");
        cr_assert_null(set->file);
        for (size_t i = 0; i < set->count * 6; i++)
            cr_assert_eq(set->pixel[i], (split ? 100 : 10) + i);
        for (size_t i = 0; i < set->count; i++)
            cr_assert_eq(set->label[i], (int)i * (split ? 3 : 1));
    }
}

Test(store_labelled, damaged_idx)
{
    static const unsigned char wrong[] = {0, 0, 8, 1, 0, 0, 0, 1};
    static const unsigned char vast[] = {0, 0, 8, 3, 0, 255, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0};
    static const unsigned char wide[] = {0, 0, 8, 3, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1};
    static const unsigned char none[] = {0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3};
    const char *images = "train-images-idx3-ubyte", *labels = "train-labels-idx1-ubyte";
    char *data;
    size_t bytes;
    idx_files("train", 5, 10, 1, false);
    expect_failure(read_split("", WW_SPLIT_TEST, 0), WW_EIO,
                   "@: no t10k-images-idx3-ubyte[.gz] in it");
    expect_ok(ww_file_read(&data, &bytes, ww_path(images), 1000, arena));
    ww_file_with(images, data, bytes - 1);
    expect_failure(read_split("", WW_SPLIT_TRAIN, 0), WW_EPARSE,
                   "@/train-images-idx3-ubyte: cut short: 29 bytes where 30 are wanted");
    ww_file_with(images, data, 13);
    expect_failure(read_split("", WW_SPLIT_TRAIN, 0), WW_EPARSE,
                   "@/train-images-idx3-ubyte: cut short: 13 bytes where 16 are wanted");
    ww_file_with(images, data, bytes + 1);
    expect_failure(read_split("", WW_SPLIT_TRAIN, 0), WW_EPARSE,
                   "@/train-images-idx3-ubyte: more data than its header says");
    ww_file_with(images, wrong, sizeof wrong);
    expect_failure(read_split("", WW_SPLIT_TRAIN, 0), WW_EPARSE,
                   "@/train-images-idx3-ubyte: cut short: 8 bytes where 16 are wanted");
    memcpy(data, wrong, 4);
    ww_file_with(images, data, bytes);
    expect_failure(read_split("", WW_SPLIT_TRAIN, 0), WW_EPARSE,
                   "@/train-images-idx3-ubyte: magic number 0x00000801; 0x00000803 is wanted");
    ww_file_with(images, vast, sizeof vast);
    expect_failure(read_split("", WW_SPLIT_TRAIN, 0), WW_EPARSE,
                   "@/train-images-idx3-ubyte: cut short: it cannot hold 1095216660480 bytes");
    ww_file_with(images, wide, sizeof wide);
    expect_failure(read_split("", WW_SPLIT_TRAIN, 0), WW_EPARSE,
                   "@/train-images-idx3-ubyte: pictures of more than 32768 a side");
    ww_file_with(images, none, sizeof none);
    expect_failure(read_split("", WW_SPLIT_TRAIN, 0), WW_EPARSE,
                   "@/train-images-idx3-ubyte: nothing in it");
    idx_files("train", 5, 10, 1, false);
    ww_file_with(labels, "\0\0\10\1\0\0\0\4abcd", 12);
    expect_failure(read_split("", WW_SPLIT_TRAIN, 0), WW_EPARSE,
                   "@/train-labels-idx1-ubyte: 4 labels for 5 images");
    cr_assert_eq(remove(ww_path(labels)), 0);
    expect_failure(read_split("", WW_SPLIT_TRAIN, 0), WW_EIO,
                   "@: no train-labels-idx1-ubyte[.gz] in it");
    expect_failure(read_split("no", WW_SPLIT_TRAIN, 0), WW_EIO, "@/no: no such file or directory");
    expect_failure(read_split(images, WW_SPLIT_TRAIN, 0), WW_EIO,
                   "@/train-images-idx3-ubyte: not a directory");
}

Test(store_labelled, damaged_gzip)
{
    const char *images = "train-images-idx3-ubyte.gz";
    char *data;
    size_t bytes;
    idx_files("train", 5, 10, 1, true);
    expect_ok(ww_file_read(&data, &bytes, ww_path(images), 1000, arena));
    for (size_t n = 11; n < bytes; n++) {
        ww_file_with(images, data, n);
        expect_failure(read_split("", WW_SPLIT_TRAIN, 0), WW_EPARSE,
                       "@/train-images-idx3-ubyte.gz: cut short");
    }
    data[bytes - 7] ^= 1;
    ww_file_with(images, data, bytes);
    expect_failure(read_split("", WW_SPLIT_TRAIN, 0), WW_EPARSE,
                   "@/train-images-idx3-ubyte.gz: incorrect data check");
}

enum { RECORD = 3073 };

static void cifar_record(unsigned char *record, int label, int start)
{
    record[0] = (unsigned char)label;
    for (int i = 1; i < RECORD; i++)
        record[i] = (unsigned char)(start + i * 7);
}

Test(store_labelled, cifar)
{
    static unsigned char data[3 * RECORD + 1];
    for (int i = 0; i < 3; i++)
        cifar_record(data + i * RECORD, 9 - i, i);
    ww_file_with("data_batch_10.bin", data, RECORD);
    gz_file("data_batch_2.bin.gz", data + RECORD, 2 * RECORD);
    ww_file_with("data_batch_2.bin", data + RECORD, 2 * RECORD); /* the same unpacked */
    ww_file_with_text("readme.html", "");
    expect_failure(read_split("", WW_SPLIT_TEST, 0), WW_EIO, "@: no *test*.bin[.gz] in it");
    gz_file("a_test_subset.bin.gz", data, 2 * RECORD);
    expect_ok(read_split("", WW_SPLIT_TRAIN, 0));
    cr_assert_eq(set->count, 3);
    cr_assert(set->channels == 3 && set->height == 32 && set->width == 32 && set->classes == 10);
    cr_assert(set->label[0] == 8 && set->label[1] == 7 && set->label[2] == 9, "2 before 10");
    cr_assert_str_eq(set->class_name[9], "truck");
    cr_assert_arr_eq(set->pixel, data + RECORD + 1, RECORD - 1);
    cr_assert_arr_eq(set->pixel + 2 * (RECORD - 1), data + 1, RECORD - 1);
    expect_ok(read_split("", WW_SPLIT_TEST, 0));
    cr_assert(set->count == 2 && set->label[1] == 8);
    cr_assert_eq(set->sources, 1);
    cr_assert_str_eq(set->source[0], ww_path("a_test_subset.bin.gz"));

    ww_file_with("data_batch_10.bin", data, 2 * RECORD + 5);
    expect_failure(read_split("", WW_SPLIT_TRAIN, 0), WW_EPARSE,
                   "@/data_batch_10.bin: cut short: 5 bytes where 3073 are wanted");
    ww_file_with("data_batch_10.bin", data, 0);
    expect_failure(read_split("", WW_SPLIT_TRAIN, 0), WW_EPARSE,
                   "@/data_batch_10.bin: nothing in it");
    data[RECORD] = 10;
    ww_file_with("data_batch_10.bin", data, 3 * RECORD);
    expect_failure(read_split("", WW_SPLIT_TRAIN, 0), WW_EPARSE,
                   "@/data_batch_10.bin: picture 1 has the label 10; 0 to 9 are wanted");
}

/* A PGM of one grey, or a PPM of one colour. */
static void picture(const char *folder, int number, const char *ending, int grey)
{
    char name[64], text[200];
    cr_assert_eq(mkdir(ww_path(folder), 0777) == 0 || number > 1, true);
    snprintf(name, sizeof name, "%s/%d.%s", folder, number, ending);
    if (strcmp(ending, "pgm") == 0)
        snprintf(text, sizeof text, "P2 2 1 255 %d %d", grey, grey);
    else
        snprintf(text, sizeof text,
                 "P3 4 2 255 %d 0 100 %d 0 100 %d 0 100 %d 0 100 "
                 "%d 0 100 %d 0 100 %d 0 100 %d 0 100",
                 grey, grey, grey, grey, grey, grey, grey, grey);
    ww_file_with_text(name, text);
}

Test(store_labelled, class_folders)
{
    for (int k = 0; k < 3; k++)
        for (int i = 1; i <= 11; i++) {
            char folder[16];
            snprintf(folder, sizeof folder, "s%d", k == 2 ? 10 : k + 1);
            picture(folder, i, "pgm", 20 * k + i);
        }
    ww_file_with_text("README", "not a class");
    ww_file_with_text("s1/notes.txt", "not a picture");
    expect_ok(read_split("", WW_SPLIT_TRAIN, 4));
    cr_assert(set->count == 12 && set->classes == 3);
    cr_assert(set->channels == 1 && set->height == 1 && set->width == 2);
    cr_assert_str_eq(set->class_name[1], "s2");
    cr_assert_str_eq(set->class_name[2], "s10");
    for (int i = 0; i < 12; i++) {
        cr_assert_eq(set->label[i], i / 4);
        cr_assert_eq(set->pixel[2 * i], 20 * (i / 4) + i % 4 + 1,
                     "1, 2, 3, 4 and not 1, 10, 11, 2");
        cr_assert_eq(set->pixel[2 * i + 1], set->pixel[2 * i]);
    }
    cr_assert_str_eq(set->file[5], ww_path("s2/2.pgm"));
    expect_ok(read_split("", WW_SPLIT_TEST, 4));
    cr_assert(set->count == 21 && set->pixel[0] == 5 && set->label[20] == 2);
    cr_assert_eq(set->pixel[2 * 20], 51);
    expect_ok(read_split("", WW_SPLIT_TRAIN, 0));
    cr_assert_eq(set->count, 18);
    expect_ok(read_split("", WW_SPLIT_TEST, 0));
    cr_assert_eq(set->count, 15);
    expect_ok(ww_labelled_read(&set, ww_path(""), WW_SPLIT_TEST, 10, 3, 5, arena));
    cr_assert(set->count == 3 && set->height == 3 && set->width == 5 && set->pixel[14] == 11);
    expect_failure(read_split("", WW_SPLIT_TEST, 11), WW_EPARSE,
                   "@: no picture is left for the test");
    expect_failure(read_split("", WW_SPLIT_TRAIN, 12), WW_EPARSE,
                   "@/s1: 11 pictures; 12 are wanted for training");
    ww_file_with_text("s2/3.pgm", "P2 2 1 255 7");
    expect_failure(read_split("", WW_SPLIT_TRAIN, 4), WW_EPARSE,
                   "@/s2/3.pgm: cut short: 2 x 1 pixels are more than the file can hold");
    cr_assert_eq(mkdir(ww_path("s3"), 0777), 0);
    expect_failure(read_split("", WW_SPLIT_TRAIN, 4), WW_EPARSE,
                   "@/s3: no picture (png, jpg, pgm, ppm) in it");
}

Test(store_labelled, train_and_test_folders)
{
    expect_failure(read_split("", WW_SPLIT_TRAIN, 0), WW_EPARSE,
                   "@: no IDX files, no CIFAR files, no folders of classes in it");
    cr_assert(mkdir(ww_path("train"), 0777) == 0 && mkdir(ww_path("test"), 0777) == 0);
    picture("train/cat", 1, "ppm", 200);
    expect_failure(read_split("", WW_SPLIT_TRAIN, 0), WW_EPARSE,
                   "@/train/cat: no class of this name in @/test");
    picture("test/cat", 1, "pgm", 60);
    expect_failure(read_split("", WW_SPLIT_TRAIN, 0), WW_EPARSE,
                   "@/train: only one class, 'cat'; at least two are wanted");
    picture("test/dog", 1, "ppm", 40);
    expect_failure(read_split("", WW_SPLIT_TEST, 0), WW_EPARSE,
                   "@/test/dog: no class of this name in @/train");
    picture("train/dog", 1, "ppm", 40);
    expect_ok(read_split("", WW_SPLIT_TEST, 0));
    cr_assert(set->count == 2 && set->channels == 3 && set->height == 2 && set->width == 4);
    for (int i = 0; i < 24; i++) /* grey, half the size */
        cr_assert_eq(set->pixel[i], 60);
    cr_assert(set->pixel[24] == 40 && set->pixel[32] == 0 && set->pixel[40] == 100);
    picture("train/ant", 1, "pgm", 3);
    picture("test/ant", 1, "ppm", 50);
    expect_ok(read_split("", WW_SPLIT_TEST, 0));
    cr_assert(set->count == 3 && set->channels == 1 && set->height == 1 && set->width == 2);
    cr_assert_eq(set->pixel[0], 26, "0.299 * 50 + 0.114 * 100 = 26.35");
    cr_assert_str_eq(set->class_name[0], "ant");
}

/* What stands in place of the names of the sources, at least one. */
static const char *const *sources(size_t *n, int train_per_class)
{
    const char *const *source;
    ww_labelled *both[2];
    for (int s = 0; s < 2; s++) {
        expect_ok(read_split("", s ? WW_SPLIT_TEST : WW_SPLIT_TRAIN, train_per_class));
        both[s] = set;
    }
    expect_ok(
        ww_labelled_sources(&source, n, (const ww_labelled *const[]){both[0], both[1]}, 2, arena));
    return source;
}

Test(store_labelled, sources_are_files_or_of_many_pictures_folders)
{
    enum { MOST = WW_LABELLED_MOST_SOURCES };
    size_t n;
    picture("b", 1, "pgm", 4);
    for (int i = 1; i < MOST; i++)
        picture("a", i, "pgm", i % 256);
    const char *const *source = sources(&n, 1);
    cr_assert_eq(n, MOST);
    cr_assert_str_eq(source[0], ww_path("a/1.pgm"), "the learned ones first");
    cr_assert_str_eq(source[1], ww_path("b/1.pgm"));
    cr_assert_str_eq(source[MOST - 1], ww_path("a/999.pgm"));
    picture("b", 2, "pgm", 5);
    source = sources(&n, 1);
    cr_assert_eq(n, 2, "%zu", n);
    cr_assert_str_eq(source[0], ww_path("a"));
    cr_assert_str_eq(source[1], ww_path("b"));
    idx_files("train", 5, 10, 1, false);
    idx_files("t10k", 3, 100, 1, true);
    source = sources(&n, 0);
    cr_assert_eq(n, 4);
    cr_assert_str_eq(source[0], ww_path("train-images-idx3-ubyte"));
    cr_assert_str_eq(source[3], ww_path("t10k-labels-idx1-ubyte.gz"));
}

Test(store_labelled, checksum_is_that_of_labels_and_pixels)
{
    static const unsigned char bytes[] = {0, 0, 0, 0, 1, 2, 3, 4, 5, 6,
                                          2, 1, 0, 0, 7, 8, 9, 1, 2, 3};
    const unsigned char pixel[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3};
    const int label[] = {0, 258};
    ww_labelled two = {.count = 2,
                       .channels = 3,
                       .height = 1,
                       .width = 2,
                       .classes = 300,
                       .pixel = pixel,
                       .label = label};
    cr_assert_eq(ww_labelled_crc32(&two), crc32(crc32(0, NULL, 0), bytes, sizeof bytes));
}

static size_t histogram(int *of, int classes)
{
    size_t n = 0;
    memset(of, 0, 100 * sizeof *of);
    for (; n < set->count; n++) {
        cr_assert(set->label[n] >= 0 && set->label[n] < classes);
        of[set->label[n]]++;
    }
    return n;
}

/* 6 of a class, 3 of another, 1 of a third. */
Test(store_labelled, a_sample_has_its_share_of_each_class_and_another_seed_draws_others)
{
    static const int label[10] = {0, 1, 0, 2, 0, 1, 0, 0, 1, 0};
    static const char *const name[3] = {"a", "b", "c"};
    const char *file[10];
    unsigned char pixel[20];
    ww_labelled *some, *again;
    int differs = 0;
    for (int i = 0; i < 10; i++) {
        file[i] = ww_arena_printf(arena, "f%d", i);
        pixel[2 * i] = (unsigned char)i;
        pixel[2 * i + 1] = (unsigned char)(100 + i);
    }
    ww_labelled all = {.count = 10,
                       .channels = 1,
                       .height = 1,
                       .width = 2,
                       .classes = 3,
                       .class_name = name,
                       .pixel = pixel,
                       .label = label,
                       .file = file,
                       .source = file,
                       .sources = 10};
    for (size_t n = 1; n <= 12; n++)
        for (uint64_t seed = 1; seed < 20; seed++) {
            int of[3] = {0};
            expect_ok(ww_labelled_sample(&some, &all, n, seed, arena));
            size_t taken = n < 10 ? n : 10;
            cr_assert(some->count == taken && some->sources == taken && some->classes == 3);
            for (size_t i = 0; i < taken; i++) {
                int from = some->pixel[2 * i];
                of[some->label[i]]++;
                cr_assert(some->label[i] == label[from] && some->pixel[2 * i + 1] == 100 + from);
                cr_assert(some->file[i] == file[from] && some->source[i] == file[from]);
                cr_assert(i == 0 || from > some->pixel[2 * i - 2], "in order, none twice");
            }
            for (int c = 0; c < 3; c++) {
                double share = (double)taken * (c == 0 ? 6 : c == 1 ? 3 : 1) / 10;
                cr_expect(fabs(of[c] - share) < 1, "%zu: %d of class %d", n, of[c], c);
            }
            expect_ok(ww_labelled_sample(&again, &all, n, seed, arena));
            cr_expect_eq(ww_labelled_crc32(some), ww_labelled_crc32(again));
            expect_ok(ww_labelled_sample(&again, &all, n, seed + 20, arena));
            differs += ww_labelled_crc32(some) != ww_labelled_crc32(again);
        }
    cr_expect_gt(differs, 100);
}

Test(store_labelled, reads_the_sets_of_the_data_folder)
{
    const char *folder = ww_data_folder("images");
    char where[3][1024];
    int of[100];
    if (folder == NULL)
        return;
    snprintf(where[0], sizeof where[0], "%s/mnist", folder);
    snprintf(where[1], sizeof where[1], "%s/cifar10", folder);
    snprintf(where[2], sizeof where[2], "%s/orl_faces", folder);
    expect_ok(ww_labelled_read(&set, where[0], WW_SPLIT_TEST, 0, 0, 0, arena));
    cr_assert(set->count == 10000 && set->height == 28 && set->width == 28 && set->classes == 10);
    histogram(of, 10);
    cr_assert(of[0] == 980 && of[1] == 1135 && of[9] == 1009, "the published counts");
    expect_ok(ww_labelled_read(&set, where[0], WW_SPLIT_TRAIN, 0, 0, 0, arena));
    cr_assert_eq(set->count, 60000);
    histogram(of, 10);
    cr_assert(of[0] == 5923 && of[1] == 6742 && of[9] == 5949);
    for (int split = 0; split < 2; split++) {
        expect_ok(ww_labelled_read(&set, where[1], split ? WW_SPLIT_TEST : WW_SPLIT_TRAIN, 0, 0, 0,
                                   arena));
        cr_assert_eq(set->count, 2000);
        histogram(of, 10);
        for (int i = 0; i < 10; i++)
            cr_assert_eq(of[i], 200);
    }
    expect_ok(ww_labelled_read(&set, where[2], WW_SPLIT_TRAIN, 7, 0, 0, arena));
    cr_assert(set->count == 280 && set->height == 112 && set->width == 92 && set->classes == 40);
    cr_assert_str_eq(set->class_name[9], "s10");
    cr_assert_not_null(strstr(set->file[6], "s1/7.pgm"));
    expect_ok(ww_labelled_read(&set, where[2], WW_SPLIT_TEST, 7, 56, 46, arena));
    cr_assert(set->count == 120 && set->height == 56 && set->label[119] == 39);
    cr_assert_not_null(strstr(set->file[2], "s1/10.pgm"));
}
