/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pictures of a labelled set (bytes in memory, as CIFAR and IDX are read), shifted and flipped
 * anew each time, as `whatwhere train --data` with augmentation gives them. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/learning/augment.h"
#include "engine/learning/prefetch.h"
#include "tests/bench/parts/runner.h"

enum { PICTURES = 1024, SEED = 1 };

struct pictures {
    const unsigned char *pixel; /* [PICTURES][channels][side][side] */
    int channels, side;
};

static ww_status fetch(const ww_source *self, uint64_t epoch, const uint64_t *index, size_t n,
                       ww_feed *feed, size_t n_feeds)
{
    static const ww_augment augment = {.shift_px = 2, .flip = true};
    const struct pictures *p = self->context;
    float *plain = malloc((size_t)(p->channels * p->side * p->side) * sizeof *plain);
    if (plain == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    for (size_t f = 0; f < n_feeds; f++)
        for (size_t i = 0; i < n; i++) {
            float *to = feed[f].data + i * feed[f].floats;
            uint64_t which = index[i] % PICTURES;
            if (strcmp(feed[f].name, "x") != 0) {
                to[0] = (float)(which % 10);
                continue;
            }
            const unsigned char *from = p->pixel + which * feed[f].floats;
            for (size_t k = 0; k < feed[f].floats; k++)
                plain[k] = (float)from[k] / 255;
            ww_augment_picture(&augment, SEED, epoch, index[i], plain, to, p->channels, p->side,
                               p->side);
        }
    free(plain);
    return WW_OK;
}

/* The feeds as the program wants them; *p: pictures of that size. */
static ww_status prepare(ww_runner *r, struct pictures *p, ww_feed feed[2])
{
    const ww_node *node;
    size_t floats;
    int64_t classes;
    for (int i = 0; i < 2; i++) {
        float *data = ww_runner_input(r, i, &node, &floats, &classes);
        if (data == NULL || node->shape.rank != (i == 0 ? 4 : 1))
            return WW_FAIL(WW_EINVAL, "%s does not learn labelled pictures", r->net->item.name);
        feed[i] = (ww_feed){node->name, data, floats / (size_t)r->cell.batch};
        if (i == 0)
            *p = (struct pictures){.channels = (int)node->shape.dim[1],
                                   .side = (int)node->shape.dim[2]};
    }
    unsigned char *pixel = ww_arena_alloc(r->arena, PICTURES * feed[0].floats);
    if (pixel == NULL)
        return WW_ENOMEM;
    ww_random random = ww_random_stream(SEED, "pictures", 0);
    for (size_t i = 0; i < PICTURES * feed[0].floats; i++)
        pixel[i] = (unsigned char)ww_random_below(&random, 256);
    p->pixel = pixel;
    return WW_OK;
}

ww_status ww_runner_pipeline(ww_runner *r, int steps, ww_pipeline_times *out)
{
    ww_feed feed[2];
    const ww_feed *fetched;
    struct pictures p;
    ww_prefetch *prefetch;
    WW_TRY(prepare(r, &p, feed));
    size_t batch = (size_t)r->cell.batch;
    ww_source source = {(size_t)steps * batch, fetch, &p, NULL};
    WW_TRY(ww_prefetch_start(&prefetch, &source, SEED, batch, feed, 2, 0, (uint64_t)steps));
    double begin = 0;
    ww_status status = WW_OK;
    *out = (ww_pipeline_times){0};
    for (int step = 0; step < steps && status == WW_OK; step++) {
        if ((status = ww_prefetch_next(prefetch, &fetched)) != WW_OK)
            break;
        if (step == 0) {
            out->first_s = ww_prefetch_stall_s(prefetch);
            begin = ww_clock_s();
        }
        for (int i = 0; i < 2; i++)
            memcpy(feed[i].data, fetched[i].data, batch * feed[i].floats * sizeof(float));
        status = ww_runner_step(r, 0.1);
    }
    out->seconds = ww_clock_s() - begin;
    out->stall_s = ww_prefetch_stall_s(prefetch) - out->first_s;
    ww_prefetch_stop(prefetch);
    return status;
}
