/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The most memory that a process ever had which trains VGG for three steps, and before it did
 * anything; and how long processes take to the result of a small experiment. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/progress.h"
#include "engine/base/random.h"
#include "engine/store/file.h"
#include "engine/store/picture.h"
#include "tests/bench/parts/contest.h"

enum { STEPS = 3 };

static const char *const who_words[] = {"whatwhere", "PyTorch as it comes", "PyTorch tuned"};
static const char *const who_keys[] = {"whatwhere", "pytorch", "pytorch_tuned"};

/* The peak of a fresh worker that trains `steps` steps. */
static ww_status peak_of(ww_contest *c, ww_who who, const ww_net *net, ww_net_cell cell, int steps,
                         double *mib, double *planned)
{
    ww_child child;
    const char *greeting;
    WW_TRY(ww_contest_start(c, who, &child));
    if (who != WW_WHO_ENGINE)
        WW_TRY(ww_child_ask(&child, NULL, &greeting));
    if (steps > 0)
        WW_TRY(ww_contest_ask(c, &child, "memory", net, cell, who == WW_WHO_ENGINE ? "-" : "nchw",
                              steps, planned, 1, NULL));
    return ww_child_end(&child, mib);
}

ww_status ww_bench_memory(ww_contest *c)
{
    const ww_net *net = NULL;
    ww_net_cell cell = {WW_NET_TRAIN, 128, 0};
    for (size_t i = 0; i < ww_nets_count; i++)
        if (strcmp(ww_nets[i]->item.name, "vgg") == 0)
            net = ww_nets[i];
    if (net == NULL || !ww_contest_wants(c, net))
        return WW_OK;
    json_t *all = json_object();
    json_object_set_new(c->out, "memory", all);
    printf(
        "\nPeak memory of %d training steps of %s, batch %d: MiB of the process, of which idle\n",
        STEPS, net->item.name, cell.batch);
    WW_TRY(ww_contest_ask(c, &c->child[WW_WHO_ENGINE], "export", net, cell, "-", 1, NULL, 0, NULL));
    for (int who = 0; who <= WW_WHO_TUNED && (who == 0 || c->python != NULL); who++) {
        double idle, peak, planned = 0;
        WW_TRY(peak_of(c, who, net, cell, 0, &idle, &planned));
        WW_TRY(peak_of(c, who, net, cell, STEPS, &peak, &planned));
        printf("%-20s %8.0f %8.0f", who_words[who], peak, idle);
        if (who == WW_WHO_ENGINE)
            printf("  (planned for arrays: %.0f)", planned / (1 << 20));
        printf("\n");
        json_object_set_new(all, who_keys[who],
                            json_pack("{s:f, s:f}", "peak_mib", peak, "idle_mib", idle));
    }
    return WW_OK;
}

/* Seconds that a command takes from its start to its end and (unless NULL) to its first word. */
static ww_status seconds(ww_contest *c, const char *const *argv, double *first_s, double *s)
{
    static const char *const nothing[] = {NULL};
    ww_child child;
    double begin = ww_clock_s();
    WW_TRY(ww_child_start(&child, argv, nothing, c->log));
    if (first_s != NULL && getc(child.from) != EOF)
        *first_s = ww_clock_s() - begin;
    while (getc(child.from) != EOF)
        ; /* it must be able to say everything */
    WW_TRY(ww_child_end(&child, NULL));
    *s = ww_clock_s() - begin;
    return WW_OK;
}

/* A folder with one picture of noise, for `features`. */
static ww_status draw_picture(ww_contest *c, const char **folder)
{
    enum { SIDE = 224 };
    static float pixel[SIDE * SIDE];
    ww_random random = ww_random_at(1, SIDE);
    for (int i = 0; i < SIDE * SIDE; i++)
        pixel[i] = (float)ww_random_uniform(&random);
    *folder = ww_arena_printf(c->arena, "%s/start-up", c->folder);
    const char *path = ww_arena_printf(c->arena, "%s/start-up/noise.png", c->folder);
    if (*folder == NULL || path == NULL)
        return WW_ENOMEM;
    if (mkdir(*folder, 0777) != 0 && errno != EEXIST)
        return ww_file_fail(*folder, errno);
    return ww_picture_write_png(path, pixel, 1, SIDE, SIDE);
}

static void report(json_t *all, const char *key, const char *words, double *s, int n)
{
    ww_spread spread = ww_spread_of(s, n);
    printf("%-56s %6.3f [%.3f %.3f]\n", words, spread.middle, spread.low, spread.high);
    json_object_set_new(all, key, ww_spread_json(spread));
}

/* Two small experiments: what HMAX 2007 says of a picture, and a brain that is trained for two
 * steps, which is its first result, and tested. */
ww_status ww_bench_start_up(ww_contest *c)
{
    static double look[WW_ROUNDS_MAX], trained[WW_ROUNDS_MAX], tested[WW_ROUNDS_MAX];
    static double theirs[WW_ROUNDS_MAX];
    const char *pictures;
    const char *exe = ww_arena_printf(c->arena, "%.*s../whatwhere",
                                      (int)(strrchr(c->self, '/') - c->self) + 1, c->self);
    const char *out = ww_arena_printf(c->arena, "%s/start-up.h5", c->folder);
    if (exe == NULL || out == NULL)
        return WW_ENOMEM;
    WW_TRY(draw_picture(c, &pictures));
    const char *features[] = {exe, "features", "hmax-2007", pictures, "-q", "-o", out, NULL};
    const char *training[] = {exe,
                              "train",
                              "two-streams-small",
                              "-o",
                              out,
                              "--epochs",
                              "1",
                              "--test",
                              "50",
                              "--set",
                              "training.samples_per_epoch=64",
                              "--set",
                              "training.validation_samples=0",
                              NULL};
    const char *import[] = {c->python, "-c", "import torch", NULL};
    printf("\nStart-up: seconds of a process, median [quartiles] of %d\n", c->rounds);
    for (int i = 0; i < c->rounds; i++) {
        WW_TRY(seconds(c, features, NULL, &look[i]));
        WW_TRY(seconds(c, training, &trained[i], &tested[i]));
        if (c->python != NULL)
            WW_TRY(seconds(c, import, NULL, &theirs[i]));
    }
    json_t *all = json_object();
    json_object_set_new(c->out, "start_up", all);
    report(all, "whatwhere_features_s", "C2 responses of HMAX 2007 to one picture", look,
           c->rounds);
    report(all, "whatwhere_train_s", "a small brain, trained for 2 steps, in its file", trained,
           c->rounds);
    report(all, "whatwhere_train_and_test_s", "the same, and tested on 50 scenes", tested,
           c->rounds);
    if (c->python != NULL)
        report(all, "import_torch_s", "python -c 'import torch'", theirs, c->rounds);
    return WW_OK;
}
