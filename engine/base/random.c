/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/base/random.h"

#include <assert.h>
#include <math.h>

#include <Random123/philox.h>

void ww_random_block(uint64_t seed, uint64_t stream, uint64_t index, uint32_t word[4])
{
    philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    philox4x32_ctr_t counter = {
        {(uint32_t)index, (uint32_t)(index >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)}};
    philox4x32_ctr_t block = philox4x32(counter, key);
    for (int i = 0; i < 4; i++)
        word[i] = block.v[i];
}

ww_random ww_random_at(uint64_t seed, uint64_t stream)
{
    return (ww_random){.seed = seed, .stream = stream};
}

ww_random ww_random_stream(uint64_t seed, const char *purpose, uint64_t index)
{
    uint32_t word[4]; /* mixes purpose and index, so that neighbours share nothing */
    ww_random_block(ww_hash_text(purpose), 0x77777377u, index, word);
    return ww_random_at(seed, (uint64_t)word[1] << 32 | word[0]);
}

uint32_t ww_random_u32(ww_random *random)
{
    if (random->left == 0) {
        ww_random_block(random->seed, random->stream, random->index++, random->word);
        random->left = 4;
    }
    return random->word[4 - random->left--];
}

uint64_t ww_random_u64(ww_random *random)
{
    uint64_t low = ww_random_u32(random);
    return (uint64_t)ww_random_u32(random) << 32 | low;
}

double ww_random_uniform(ww_random *random)
{
    return (double)(ww_random_u64(random) >> 11) * 0x1p-53;
}

double ww_random_range(ww_random *random, double low, double high)
{
    return low + (high - low) * ww_random_uniform(random);
}

uint64_t ww_random_below(ww_random *random, uint64_t n)
{
    assert(n > 0);
    uint64_t limit = UINT64_MAX - UINT64_MAX % n, draw;
    do
        draw = ww_random_u64(random);
    while (draw >= limit);
    return draw % n;
}

double ww_random_normal(ww_random *random)
{
    if (random->has_spare) {
        random->has_spare = 0;
        return random->spare_normal;
    }
    double radius = sqrt(-2.0 * log(1.0 - ww_random_uniform(random)));
    double angle = 2.0 * 3.14159265358979323846 * ww_random_uniform(random);
    random->spare_normal = radius * sin(angle);
    random->has_spare = 1;
    return radius * cos(angle);
}

void ww_random_permutation(ww_random *random, uint64_t *order, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t j = (size_t)ww_random_below(random, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
}

uint64_t ww_hash_text(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
        hash = (hash ^ *c) * 0x100000001b3u;
    return hash;
}
