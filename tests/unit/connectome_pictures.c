/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a checkpoint says of the pictures that were learned. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "connectome/model.h"
#include "engine/store/file.h"
#include "tests/support/folder.h"
#include "tests/support/tiny.h"

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

TestSuite(pictures, .init = begin, .fini = end);

enum { SIDE = 4, CLASSES = 3, MOST = 6 };

/* Grey squares, the lighter the higher the class, of the classes 0, 1, 2, 0, 1, 2 ... */
static ww_labelled squares(size_t count, const char *const *name)
{
    static unsigned char pixel[MOST * SIDE * SIDE];
    static const int label[MOST] = {0, 1, 2, 0, 1, 2};
    for (size_t i = 0; i < sizeof pixel; i++)
        pixel[i] = (unsigned char)(40 + 80 * label[i / (SIDE * SIDE)]);
    return (ww_labelled){.count = count,
                         .channels = 1,
                         .height = SIDE,
                         .width = SIDE,
                         .classes = CLASSES,
                         .class_name = name,
                         .pixel = pixel,
                         .label = label};
}

static const char *const names[] = {"dark", "grey", "light", "white"};

/* The record of 5 squares learned and 4 tested, from two files and a brain to start from. */
static ww_pictures recorded(const char *start)
{
    static const char *source[2][1];
    static ww_labelled train, test;
    ww_pictures record;
    source[0][0] = ww_file_with_text("train.bin", "123456789");
    source[1][0] = ww_file_with_text("test.bin", "x");
    train = squares(5, names);
    test = squares(4, names);
    train.source = source[0], test.source = source[1];
    train.sources = test.sources = 1;
    expect_ok(ww_pictures_of(&record, &train, &test, 7, start, arena));
    return record;
}

static void expect_input(const char *checkpoint, size_t index, size_t of, const char *path,
                         const char *crc)
{
    ww_h5 *file;
    const char *const *text;
    size_t n;
    expect_ok(ww_h5_open(&file, checkpoint));
    expect_ok(ww_h5_read_texts(file, "/provenance/inputs/path", &text, &n, arena));
    cr_assert_eq(n, of);
    cr_assert_str_eq(text[index], path);
    expect_ok(ww_h5_read_texts(file, "/provenance/inputs/crc32", &text, &n, arena));
    if (crc != NULL)
        cr_assert_str_eq(text[index], crc);
    ww_h5_close(file);
}

static void expect_command_line(const char *checkpoint, const char *wanted)
{
    ww_h5 *file;
    const char *const *text;
    size_t n;
    expect_ok(ww_h5_open(&file, checkpoint));
    expect_ok(ww_h5_read_texts(file, "/provenance/command_line", &text, &n, arena));
    cr_assert_str_eq(text[0], wanted);
    ww_h5_close(file);
}

static void expect_record(const ww_pictures *r)
{
    static const int64_t learned[] = {2, 2, 1}, tested[] = {2, 1, 1};
    cr_assert_eq(r->classes, CLASSES);
    for (int c = 0; c < CLASSES; c++) {
        cr_assert_str_eq(r->class_name[c], names[c]);
        cr_assert(r->learned[c] == learned[c] && r->tested[c] == tested[c], "class %d", c);
    }
    ww_labelled test = squares(4, names);
    cr_assert_eq(r->test_crc32, ww_labelled_crc32(&test));
    cr_assert(r->per_class == 7 && r->channels == 1 && r->height == SIDE && r->width == SIDE);
}

/* Trained whole or its read-out alone, the checkpoint says the same; keeping another record changes
 * neither weights nor place in the training. */
Test(pictures, stand_in_the_checkpoint)
{
    static const char *const set[] = {"training.epochs=1", "training.batch=5", NULL};
    ww_labelled train = squares(5, names);
    ww_train_report report;
    ww_model *model, *opened;
    ww_pictures read;
    for (int frozen = 0; frozen < 2; frozen++) {
        const char *path = ww_path(frozen ? "frozen.h5" : "whole.h5");
        const char *start = frozen ? ww_path("whole.h5") : NULL;
        ww_pictures record = recorded(start);
        size_t inputs = frozen ? 3 : 2;
        ww_picture_training how = {.brain = ww_tiny_brain(),
                                   .set = set,
                                   .pictures = &train,
                                   .seed = 3,
                                   .frozen = frozen,
                                   .start = start,
                                   .checkpoint = path,
                                   .record = &record,
                                   .command_line = "whatwhere train tiny"};
        expect_ok(ww_model_train_labelled(&model, &how, &report));
        for (int kept = 0; kept < 2; kept++) {
            expect_ok(ww_pictures_read(&read, path, arena));
            expect_record(&read);
            cr_assert(kept ? read.correct == 0.5 && read.low == 0.15 && read.high == 0.85
                           : isnan(read.correct) && isnan(read.low) && isnan(read.high));
            expect_input(path, 0, inputs, ww_path("train.bin"), "cbf43926");
            expect_input(path, 1, inputs, ww_path("test.bin"), "8cdc1683");
            if (frozen)
                expect_input(path, 2, inputs, ww_path("whole.h5"), NULL);
            expect_command_line(path, "whatwhere train tiny");
            record.correct = 0.5, record.low = 0.15, record.high = 0.85;
            expect_ok(ww_model_keep_record(model, path, &record));
        }
        expect_ok(ww_model_open(&opened, path));
        size_t n;
        const float *a = ww_values_parameters(model->values, &n);
        cr_assert_eq(memcmp(a, ww_values_parameters(opened->values, &n), n * sizeof *a), 0);
        cr_assert_eq(opened->seed, 3);
        ww_model_free(model), ww_model_free(opened);
    }
}

/* Interrupts after so many steps of training. */
static int steps, stop_after;

static void stop_at(ww_progress *self, const char *task, double done, double total,
                    const char *note)
{
    (void)self, (void)task, (void)done, (void)total, (void)note;
    if (++steps == stop_after)
        ww_interrupt();
}

static void no_line(ww_progress *self, const char *text)
{
    (void)self, (void)text;
}

static ww_status learn(const char *file, const ww_labelled *train, const ww_pictures *record,
                       bool resume, int stop, ww_model **model)
{
    static const char *const set[] = {"training.epochs=3", "training.batch=2", "augment.shift_px=1",
                                      NULL};
    ww_progress progress = {.step = stop_at, .line = no_line};
    ww_train_report report;
    ww_picture_training how = {.brain = ww_path("tiny.yaml"),
                               .set = set,
                               .pictures = train,
                               .seed = 3,
                               .resume = resume,
                               .checkpoint = ww_path(file),
                               .record = record,
                               .progress = &progress};
    steps = 0;
    stop_after = stop;
    ww_interrupt_clear();
    ww_status status = ww_model_train_labelled(model, &how, &report);
    ww_interrupt_clear();
    return status;
}

Test(pictures, an_interrupted_training_goes_on_with_the_same_bits_on_the_same_pictures)
{
    ww_labelled train = squares(5, names), other = squares(5, names);
    ww_pictures record = recorded(NULL), another = record;
    ww_model *straight, *resumed;
    ww_tiny_brain();
    expect_ok(learn("straight.h5", &train, &record, true, 0, &straight));
    size_t n;
    const float *a = ww_values_parameters(straight->values, &n);
    for (int stop = 1; stop <= 5; stop += 2) { /* within an epoch, and between two */
        cr_assert_eq(learn("b.h5", &train, &record, false, stop, &resumed), WW_EINTERRUPTED);
        expect_ok(learn("b.h5", &train, &record, true, 0, &resumed));
        cr_assert_leq(steps, 6 - stop + 1, "%d steps after %d", steps, stop);
        const float *b = ww_values_parameters(resumed->values, &n);
        cr_assert_eq(memcmp(a, b, n * sizeof *a), 0, "stopped after %d", stop);
        ww_model_free(resumed);
    }
    ww_model_free(straight);
    another.train_crc32 = ww_labelled_crc32(&other) + 1;
    expect_failure(learn("b.h5", &other, &another, true, 0, &resumed), WW_EINVAL,
                   "@/b.h5: it learned other pictures");
    another = record;
    another.per_class = 8;
    expect_failure(learn("b.h5", &other, &another, true, 0, &resumed), WW_EINVAL,
                   "@/b.h5: it learned other pictures");
    static const char *const brief[] = {"training.epochs=0", NULL};
    ww_train_report report;
    expect_ok(ww_model_create(&straight, ww_path("tiny.yaml"), brief, 1));
    expect_ok(ww_model_train(straight, ww_path("s.h5"), false, false, NULL, &report));
    ww_model_free(straight);
    expect_failure(learn("s.h5", &train, &record, true, 0, &resumed), WW_EINVAL,
                   "@/s.h5: it learned scenes");
}

Test(pictures, a_missing_or_damaged_record_is_told)
{
    ww_pictures record = recorded(NULL), read;
    const char *text = "no sum";
    ww_h5 *file;
    expect_ok(ww_h5_create(&file, ww_path("r.h5")));
    expect_ok(ww_pictures_write(&record, file));
    expect_ok(ww_h5_write_ints(file, "/pictures/size", (int64_t[]){3, 0, 4}, 1, (int64_t[]){3}));
    expect_ok(ww_h5_commit(file));
    expect_failure(ww_pictures_read(&read, ww_path("r.h5"), arena), WW_EPARSE,
                   "@/r.h5: /pictures/size: 0 is outside 1 to 32768");
    expect_ok(ww_h5_open_update(&file, ww_path("r.h5")));
    expect_ok(ww_h5_write_texts(file, "/pictures/test_crc32", &text, -1));
    expect_ok(ww_h5_commit(file));
    expect_failure(ww_pictures_read(&read, ww_path("r.h5"), arena), WW_EPARSE,
                   "@/r.h5: /pictures/test_crc32: a check sum is wanted");
    record.per_class = -1;
    expect_ok(ww_h5_create(&file, ww_path("r.h5")));
    expect_ok(ww_pictures_write(&record, file));
    expect_ok(ww_h5_commit(file));
    expect_failure(ww_pictures_read(&read, ww_path("r.h5"), arena), WW_EPARSE,
                   "@/r.h5: /pictures/per_class: -1 is outside 0 to 1000000");
    expect_ok(ww_h5_create(&file, ww_path("r.h5")));
    expect_ok(ww_h5_commit(file));
    cr_assert_eq(ww_pictures_read(&read, ww_path("r.h5"), arena), WW_ENOTFOUND);
    cr_assert_eq(remove(ww_path("test.bin")), 0);
    ww_labelled set = squares(1, names);
    set.source = (const char *const[]){ww_path("test.bin")};
    set.sources = 1;
    expect_failure(ww_pictures_of(&record, &set, &set, 0, NULL, arena), WW_EIO,
                   "@/test.bin: no such file or directory");
}

Test(pictures, the_first_class_that_differs_is_named)
{
    ww_pictures record = recorded(NULL);
    ww_labelled set = squares(1, names);
    expect_ok(ww_pictures_same_classes(&record, &set, "faces"));
    set.classes = 4;
    expect_failure(ww_pictures_same_classes(&record, &set, "faces"), WW_EINVAL,
                   "faces: class 4, 'white', was not learned");
    set.classes = 2;
    expect_failure(ww_pictures_same_classes(&record, &set, "faces"), WW_EINVAL,
                   "faces: class 3, 'light', which was learned, is missing");
    set.class_name = (const char *const[]){"dark", "light"};
    expect_failure(ww_pictures_same_classes(&record, &set, "faces"), WW_EINVAL,
                   "faces: class 2 is 'light' where 'grey' was learned");
}
