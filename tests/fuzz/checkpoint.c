/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any HDF5 file either is refused in one line or read. The input starts with '@' and is the file
 * itself, or it is a list of changes of four bytes each (place, place, place, value) to a good
 * checkpoint: random bytes alone would never get past the superblock. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/learning/checkpoint.h"
#include "engine/store/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);

/* HDF5 1.10 itself takes as much memory for a text as a damaged file says and forgets some of it
 * when it fails; here such a request is refused, and what HDF5 forgets is not counted. */
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1:max_allocation_size_mb=256";
}

const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

enum { MOST_DEPTH = 8, MOST_MEMBERS = 64, MOST_FLOATS = 1 << 20 };

static ww_arena *kept;
static ww_graph *graph;
static ww_values *values;
static char *good;
static size_t good_bytes;
static char path[64];

static void must(bool held)
{
    if (!held)
        abort();
}

static void make_good(void)
{
    size_t n;
    ww_graph *g = graph = ww_graph_create();
    kept = ww_arena_create();
    ww_var w = ww_parameter(g, "V4/weight", WW_SHAPE(4, 5, 3), (ww_init){.kind = WW_INIT_HE}, 1);
    ww_state(g, "V4/mean", WW_SHAPE(4), 0.25);
    ww_graph_output(g, "weight", w);
    must(ww_graph_end(g) == WW_OK && ww_values_create(&values, g, 1) == WW_OK);
    ww_checkpoint c = {.optimiser = "adam", .metadata = "brain: x", .slots = 1};
    c.slot[0] = ww_values_parameters(values, &n); /* as good numbers as any */
    must(ww_checkpoint_write(path, values, &c) == WW_OK);
    must(ww_file_read(&good, &good_bytes, path, 1 << 20, kept) == WW_OK);
}

static void visit(const ww_h5 *file, const char *name, int depth, ww_arena *arena)
{
    const char *const *names, *text;
    size_t count;
    int64_t dim[8], size = 1;
    int rank;
    double real;
    (void)ww_h5_read_attribute(file, name, "format", &text, arena);
    (void)ww_h5_read_attribute_real(file, name, "version", &real);
    (void)ww_h5_read_texts(file, name, &names, &count, arena);
    if (ww_h5_shape(file, name, &rank, dim) == WW_OK) {
        for (int i = 0; i < rank; i++)
            size = dim[i] < MOST_FLOATS && size < MOST_FLOATS ? size * dim[i] : MOST_FLOATS;
        float *numbers = ww_arena_array(arena, (size_t)size, sizeof *numbers);
        if (size < MOST_FLOATS)
            (void)ww_h5_read_floats(file, name, numbers, (size_t)size);
    }
    if (depth == MOST_DEPTH || ww_h5_list(file, name, &names, &count, arena) != WW_OK)
        return;
    for (size_t i = 0; i < count && i < MOST_MEMBERS; i++)
        visit(file, ww_arena_printf(arena, "%s/%s", depth == 0 ? "" : name, names[i]), depth + 1,
              arena);
}

/* Whether a place lies in a collection of the global heap, where the texts of attributes are: the
 * one part of our files that has no check sum, and that HDF5 1.10 reads without looking at its
 * sizes. */
static bool in_heap(size_t at)
{
    for (size_t i = 0; i + 16 <= good_bytes; i++)
        if (memcmp(good + i, "GCOL", 4) == 0) {
            uint64_t size;
            memcpy(&size, good + i + 8, sizeof size);
            if (at >= i && at - i < size)
                return true;
        }
    return false;
}

static void put(const uint8_t *data, size_t bytes)
{
    FILE *stream = fopen(path, "wb");
    must(stream != NULL);
    if (bytes > 0 && data[0] == '@') {
        must(fwrite(data + 1, 1, bytes - 1, stream) == bytes - 1);
    } else {
        must(fwrite(good, 1, good_bytes, stream) == good_bytes);
        for (size_t i = 0; i + 4 <= bytes; i += 4) {
            size_t at = data[i] + 256u * data[i + 1] + 65536u * data[i + 2];
            if (!in_heap(at % good_bytes)) {
                fseek(stream, (long)(at % good_bytes), SEEK_SET);
                fputc(data[i + 3], stream);
            }
        }
    }
    must(fclose(stream) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    ww_h5 *file;
    const char *metadata;
    ww_checkpoint c;
    if (good == NULL) {
        snprintf(path, sizeof path, "/dev/shm/ww-fuzz-checkpoint-%ld", (long)getpid());
        make_good();
    }
    put(data, bytes);
    ww_arena *arena = ww_arena_create();
    ww_error_clear();
    if (ww_h5_open(&file, path) == WW_OK) {
        visit(file, "/", 0, arena);
        ww_h5_close(file);
        (void)ww_checkpoint_metadata(path, &metadata, arena);
        ww_error_clear();
        must(ww_checkpoint_read(path, values, &c, arena) == WW_OK || ww_error_message()[0] != '\0');
    } else {
        must(ww_error_message()[0] != '\0');
    }
    ww_arena_free(arena);
    unlink(path);
    return 0;
}
