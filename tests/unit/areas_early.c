/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Retina, LGN and V1 do what Livingstone & Hubel (1987, table 2) say of the three pathways. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "areas/area.h"
#include "engine/base/random.h"
#include "engine/tensor/program.h"

extern const ww_area ww_area_retina, ww_area_lgn, ww_area_v1;

static const ww_view view = {64, 64, 4, 0.125, 50}; /* 8 x 8 deg */
static const double pi = 3.14159265358979323846;
static const double grey[3] = {0.5, 0.5, 0.5};
static const double luminance[3] = {0.2, 0.2, 0.2};
/* red and green in equal luminance (ITU-R BT.709), and blue and yellow */
static const double red_green[3] = {0.3, -0.3 * 0.2126 / 0.7152, 0};
static const double blue_yellow[3] = {0, -0.4 * 0.0722 / 0.7152, 0.4};

/* Retina, LGN and V1 in one graph; every port is an output "V1/4B". */
struct stem {
    ww_arena *arena;
    ww_graph *graph;
    ww_values *values;
    ww_program *program;
};

/* `setting`: keys and values of the area's parameters, NULL-terminated, or NULL. */
static void build_one(struct stem *s, const ww_area *type, const char *const *setting,
                      const char *name, int grid, int step, const ww_area_site *below,
                      ww_area_site *site)
{
    ww_afferent *afferent = ww_arena_array(s->arena, WW_AREA_PORTS, sizeof *afferent);
    void *params = ww_arena_alloc(s->arena, type->item.params_size);
    ww_params_defaults(type->item.params, params);
    for (const char *const *p = setting; p != NULL && *p != NULL; p += 2)
        cr_assert_eq(ww_params_set(type->item.params, params, p[0], p[1], "", s->arena), WW_OK,
                     "%s", ww_error_message());
    *site = (ww_area_site){.graph = s->graph,
                           .name = name,
                           .view = &view,
                           .height = grid,
                           .width = grid,
                           .step = step,
                           .steps = 1,
                           .afferent = afferent};
    if (below == NULL)
        site->movie = ww_input(s->graph, "movie", WW_SHAPE(WW_BATCH, 12, 64, 64));
    for (int i = 0; below != NULL && i < below->n_ports; i++)
        afferent[site->n_afferents++] =
            (ww_afferent){below->name, below->port[i].name, below->port[i].map, 1, 0};
    ww_graph_scope(s->graph, name);
    type->build(site, params);
    ww_graph_scope(s->graph, NULL);
    for (int i = 0; i < site->n_ports; i++) {
        char output[64];
        snprintf(output, sizeof output, "%s/%s", name, site->port[i].name);
        ww_graph_output(s->graph, output, site->port[i].map);
    }
}

static struct stem stem_with(const char *const *v1_setting)
{
    struct stem s = {.arena = ww_arena_create(), .graph = ww_graph_create()};
    ww_area_site retina, lgn, v1;
    build_one(&s, &ww_area_retina, NULL, "retina", 64, 0, NULL, &retina);
    build_one(&s, &ww_area_lgn, NULL, "LGN", 64, 0, &retina, &lgn);
    build_one(&s, &ww_area_v1, v1_setting, "V1", 32, 0, &lgn, &v1);
    cr_assert_eq(ww_graph_end(s.graph), WW_OK, "%s", ww_error_message());
    cr_assert_eq(ww_values_create(&s.values, s.graph, 1), WW_OK);
    ww_compile_options options = {.batch = 1, .mode = WW_INFER};
    cr_assert_eq(ww_compile(&s.program, s.graph, s.values, options), WW_OK);
    return s;
}

static struct stem stem_new(void)
{
    return stem_with(NULL);
}

static void stem_free(struct stem *s)
{
    ww_program_free(s->program);
    ww_values_free(s->values);
    ww_graph_free(s->graph);
    ww_arena_free(s->arena);
}

/* Shows mean + amplitude * a drifting wave and runs. */
static void show(struct stem *s, const double *mean, const double *amplitude, double cpd,
                 double normal_deg, double hz, double phase)
{
    size_t n;
    float *movie = ww_program_input(s->program, "movie", &n);
    for (int t = 0; t < 4; t++)
        for (int y = 0; y < 64; y++)
            for (int x = 0; x < 64; x++) {
                double u = (x - 31.5) * 0.125 * cos(normal_deg * pi / 180) +
                           (31.5 - y) * 0.125 * sin(normal_deg * pi / 180);
                double wave = cos(2 * pi * (cpd * u - hz * t * 0.05) + phase);
                for (int c = 0; c < 3; c++)
                    movie[((t * 3 + c) * 64 + y) * 64 + x] = (float)(mean[c] + amplitude[c] * wave);
            }
    cr_assert_eq(ww_program_run(s->program, 0), WW_OK, "%s", ww_error_message());
}

/* A port's map, its channels and the length of a side. */
static const float *port(const struct stem *s, const char *name, int *channels, int *side)
{
    ww_shape shape;
    const float *map = ww_program_output(s->program, name, &shape);
    cr_assert(map != NULL, "no port %s", name);
    *channels = (int)shape.dim[1];
    *side = (int)shape.dim[2];
    return map;
}

/* Largest magnitude of channels first .. last - 1 in the middle of the map. */
static double largest(const struct stem *s, const char *name, int first, int last)
{
    int channels, side;
    double most = 0;
    const float *map = port(s, name, &channels, &side);
    for (int c = first; c < last && c < channels; c++)
        for (int y = side / 4; y < 3 * side / 4; y++)
            for (int x = side / 4; x < 3 * side / 4; x++)
                most = fmax(most, fabs((double)map[(c * side + y) * side + x]));
    return most;
}

static double at_centre(const struct stem *s, const char *name, int channel)
{
    int channels, side;
    const float *map = port(s, name, &channels, &side);
    return map[(channel * side + side / 2) * side + side / 2];
}

Test(early, uniform_grey_is_silent)
{
    struct stem s = stem_new();
    static const double none[3] = {0};
    show(&s, grey, none, 1, 0, 0, 0);
    static const char *const ports[] = {"retina/midget", "retina/parasol", "retina/bistratified",
                                        "LGN/P",         "LGN/M",          "LGN/K",
                                        "V1/4B"};
    for (int i = 0; i < 7; i++)
        cr_assert_float_eq(largest(&s, ports[i], 0, 99), 0, 1e-6, "%s", ports[i]);
    /* another grey is no colour and, being still, nothing for M cells */
    static const double bright[3] = {0.8, 0.8, 0.8};
    show(&s, bright, none, 1, 0, 0, 0);
    cr_assert_float_eq(largest(&s, "LGN/P", 1, 2), 0, 1e-6);
    cr_assert_float_eq(largest(&s, "LGN/K", 0, 1), 0, 1e-6);
    cr_assert_float_eq(largest(&s, "LGN/M", 0, 99), 0, 1e-6);
    cr_assert(largest(&s, "LGN/P", 0, 1) > 0.01);
    stem_free(&s);
}

Test(early, equiluminant_motion_is_seen_by_p_and_k_but_not_by_m)
{
    struct stem s = stem_new();
    show(&s, grey, luminance, 0.6, 0, 5, 0);
    double magno = largest(&s, "LGN/M", 0, 99), motion = largest(&s, "V1/4B", 0, 99);
    cr_assert(magno > 0.3 && motion > 0.5, "%g %g", magno, motion);
    cr_assert_float_eq(largest(&s, "LGN/P", 1, 2), 0, 1e-6); /* and grey waves are no colour */
    cr_assert_float_eq(largest(&s, "LGN/K", 0, 1), 0, 1e-6);
    show(&s, grey, red_green, 0.6, 0, 5, 0);
    cr_assert(largest(&s, "LGN/M", 0, 99) < 1e-5 * magno);
    cr_assert(largest(&s, "V1/4B", 0, 99) < 1e-3 * motion);
    cr_assert(largest(&s, "LGN/P", 1, 2) > 0.3);
    show(&s, grey, blue_yellow, 0.6, 0, 5, 0);
    cr_assert(largest(&s, "LGN/M", 0, 99) < 1e-5 * magno);
    cr_assert(largest(&s, "LGN/K", 0, 1) > 0.3);
    stem_free(&s);
}

Test(early, a_still_picture_is_nothing_to_m)
{
    struct stem s = stem_new();
    show(&s, grey, luminance, 0.6, 30, 0, 0);
    cr_assert_float_eq(largest(&s, "LGN/M", 0, 99), 0, 1e-6);
    cr_assert(largest(&s, "LGN/P", 0, 1) > 0.05);
    stem_free(&s);
}

/* Channels of V1: complex cells [frequency][orientation], then simple ones
 * [sign][frequency][even, odd][orientation]. */
enum { ORIENTATIONS = 8, FREQUENCIES = 2, COMPLEX = ORIENTATIONS * FREQUENCIES };

Test(early, complex_cells_ignore_phase_and_simple_ones_follow_it)
{
    struct stem s = stem_new();
    enum { PHASES = 32 };
    double sum = 0, square = 0, f0 = 0, f1[2] = {0};
    for (int k = 0; k < PHASES; k++) {
        double phase = 2 * pi * k / PHASES;
        show(&s, grey, luminance, 1.4, 0, 0, phase);
        double complex = at_centre(&s, "V1/interblob", ORIENTATIONS);
        double simple = at_centre(&s, "V1/interblob", COMPLEX + 2 * ORIENTATIONS);
        sum += complex;
        square += complex * complex;
        f0 += simple / PHASES;
        f1[0] += 2 * simple * cos(phase) / PHASES;
        f1[1] += 2 * simple * sin(phase) / PHASES;
    }
    double mean = sum / PHASES, sd = sqrt(fmax(0, square / PHASES - mean * mean));
    cr_assert(mean > 0.2 && sd / mean < 0.05, "complex: mean %g, sd/mean %g", mean, sd / mean);
    double ratio = hypot(f1[0], f1[1]) / f0; /* half-wave rectification: pi / 2 */
    cr_assert_float_eq(ratio, pi / 2, 0.06, "simple: F1/F0 = %g", ratio);
    stem_free(&s);
}

/* ---- what V1 pools over ---- */

enum { SIDE = 32, PLACES = SIDE * SIDE, SIMPLE = 4 * COMPLEX };

/* Grey noise, every pixel of its own, the same in all frames. */
static void show_noise(struct stem *s, uint64_t seed)
{
    size_t n;
    ww_random random = ww_random_stream(seed, "test", 0);
    float *movie = ww_program_input(s->program, "movie", &n);
    for (int i = 0; i < 64 * 64; i++) {
        float grey_here = (float)ww_random_uniform(&random);
        for (int t = 0; t < 12; t++)
            movie[t * 64 * 64 + i] = grey_here;
    }
    cr_assert_eq(ww_program_run(s->program, 0), WW_OK, "%s", ww_error_message());
}

/* What the simple cells of a stem without pool_deg tell of its divisor: they are p / n, and the
 * squares p^2 of a place sum to the energy of all its pairs, so n^2 = sigma^2 + mean(E) follows
 * from r = mean(E) / n^2: n^2 = sigma^2 / (1 - r). (Grey has no energy in red against green.) */
static void divisors(const float *simple, double sigma, double *n, double *mean_energy)
{
    for (int i = 0; i < PLACES; i++) {
        double r = 0;
        for (int k = 0; k < SIMPLE; k++)
            r += pow((double)simple[k * PLACES + i], 2) / COMPLEX;
        n[i] = sigma / sqrt(1 - r);
        mean_energy[i] = r * n[i] * n[i];
    }
}

/* The largest response of the simple cells of orientation o, before division, within `reach`. */
static double strongest_near(const float *simple, const double *n, int o, int place, int reach)
{
    double most = 0;
    for (int y = place / SIDE - reach; y <= place / SIDE + reach; y++)
        for (int x = place % SIDE - reach; x <= place % SIDE + reach; x++)
            for (int k = o; k < SIMPLE && x >= 0 && y >= 0 && x < SIDE && y < SIDE;
                 k += ORIENTATIONS)
                most = fmax(most, (double)simple[k * PLACES + y * SIDE + x] * n[y * SIDE + x]);
    return most;
}

Test(early, complex_cells_by_max_are_the_strongest_of_their_simple_cells)
{
    static const char *const size[] = {"1", "3", "7"};
    double n[PLACES], energy[PLACES];
    for (int k = 0; k < 3; k++) {
        const char *const setting[] = {"complex", "max", "max_units", size[k],
                                       "sigma",   "0.1", NULL};
        struct stem s = stem_with(setting);
        int channels, side;
        show_noise(&s, 1);
        const float *map = port(&s, "V1/interblob", &channels, &side);
        cr_assert(channels == ORIENTATIONS + SIMPLE && side == SIDE);
        divisors(map + ORIENTATIONS * PLACES, 0.1, n, energy);
        for (int i = 0; i < ORIENTATIONS * PLACES; i++) {
            int place = i % PLACES;
            double most =
                strongest_near(map + ORIENTATIONS * PLACES, n, i / PLACES, place, k * (k + 1) / 2);
            cr_assert(most > 0);
            cr_assert_float_eq((double)map[i] * n[place], most, 1e-4 * most, "%s: cell %d: %g, %g",
                               size[k], i, (double)map[i] * n[place], most);
        }
        stem_free(&s);
    }
}

Test(early, max_over_an_even_number_of_places_is_refused)
{
    static const char *const setting[] = {"complex", "max", "max_units", "4", NULL};
    struct stem s = {.arena = ww_arena_create(), .graph = ww_graph_create()};
    ww_area_site retina, lgn, v1;
    build_one(&s, &ww_area_retina, NULL, "retina", 64, 0, NULL, &retina);
    build_one(&s, &ww_area_lgn, NULL, "LGN", 64, 0, &retina, &lgn);
    build_one(&s, &ww_area_v1, setting, "V1", 32, 0, &lgn, &v1);
    cr_assert_eq(ww_graph_end(s.graph), WW_EINVAL);
    cr_assert_str_eq(ww_error_message(), "area V1: max_units = 4 is not odd");
    stem_free(&s);
}

/* With pool_deg the energy is blurred by a Gaussian (that ends at 2.5 sd) before it divides; what
 * is divided stays. */
Test(early, a_normalisation_pool_blurs_the_energy_that_divides)
{
    static const char *const here[] = {"sigma", "0.1", NULL};
    static const char *const pool[] = {"sigma", "0.1", "pool_deg", "0.6", NULL};
    enum { REACH = 6 };
    const double sd = 0.6 * SIDE / 8; /* units */
    static float simple[SIMPLE * PLACES];
    double n[PLACES], energy[PLACES], least = 1e9, most = 0;
    int channels, side;
    struct stem alone = stem_with(here), pooled = stem_with(pool);
    show_noise(&alone, 2);
    show_noise(&pooled, 2);
    memcpy(simple, port(&alone, "V1/interblob", &channels, &side) + COMPLEX * PLACES,
           sizeof simple);
    divisors(simple, 0.1, n, energy);
    const float *blurred = port(&pooled, "V1/interblob", &channels, &side) + COMPLEX * PLACES;
    for (int i = 0; i < PLACES; i++) {
        double sum = 0, weights = 0;
        for (int y = i / SIDE - REACH; y <= i / SIDE + REACH; y++)
            for (int x = i % SIDE - REACH; x <= i % SIDE + REACH; x++) {
                double w = exp(-(pow(x - i % SIDE, 2) + pow(y - i / SIDE, 2)) / (2 * sd * sd));
                weights += w;
                sum += x < 0 || y < 0 || x >= SIDE || y >= SIDE ? 0 : w * energy[y * SIDE + x];
            }
        double wanted = n[i] / sqrt(0.01 + sum / weights);
        least = fmin(least, wanted);
        most = fmax(most, wanted);
        for (int k = 0; k < SIMPLE; k += 7)
            cr_assert_float_eq((double)blurred[k * PLACES + i],
                               (double)simple[k * PLACES + i] * wanted, 1e-5, "cell %d, place %d",
                               k, i);
    }
    cr_assert(most / least > 1.2, "the pool changes something: %g to %g", least, most);
    stem_free(&alone);
    stem_free(&pooled);
}

Test(early, cells_prefer_their_orientation_and_colour_borders_count)
{
    struct stem s = stem_new();
    for (int o = 0; o < ORIENTATIONS; o++)
        for (int colour = 0; colour < 2; colour++) {
            int best = 0;
            show(&s, grey, colour ? red_green : luminance, 1.4, 180.0 * o / ORIENTATIONS, 0, 0.3);
            for (int k = 1; k < ORIENTATIONS; k++)
                if (at_centre(&s, "V1/interblob", ORIENTATIONS + k) >
                    at_centre(&s, "V1/interblob", ORIENTATIONS + best))
                    best = k;
            cr_assert_eq(best, o, "colour %d: orientation %d drives cell %d", colour, o, best);
        }
    /* the blobs have no orientation: a grating or its transpose, seen at the centre */
    show(&s, grey, red_green, 0.3, 0, 0, 0);
    double upright = at_centre(&s, "V1/blob", 3);
    show(&s, grey, red_green, 0.3, 90, 0, 0);
    cr_assert_float_eq(at_centre(&s, "V1/blob", 3), upright, 0.05 * fabs(upright) + 1e-3);
    stem_free(&s);
}

Test(early, layer_4b_prefers_a_direction_of_motion)
{
    struct stem s = stem_new();
    enum { DIRECTIONS = 8 };
    for (int d = 0; d < DIRECTIONS; d++) {
        int best = 0;
        double response[DIRECTIONS];
        show(&s, grey, luminance, 0.6, 360.0 * d / DIRECTIONS, 3.6, 0.7); /* 6 deg/s */
        for (int k = 0; k < DIRECTIONS; k++) {
            response[k] = at_centre(&s, "V1/4B", k);
            best = response[k] > response[best] ? k : best;
        }
        cr_assert_eq(best, d, "direction %d drives cell %d", d, best);
        double opposite = response[(d + DIRECTIONS / 2) % DIRECTIONS];
        cr_assert(opposite < 0.5 * response[d], "direction %d: %g against %g", d, response[d],
                  opposite);
    }
    stem_free(&s);
}
