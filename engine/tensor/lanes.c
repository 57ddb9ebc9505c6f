/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lanes: independent steps of a run side by side, each on one thread.
 *
 * A brain is wide and its maps are small: the areas of one level do not wait for each other, while
 * sharing one of their convolutions among threads takes as long as the convolution. So where the
 * work of a step is little, each thread takes whole steps instead.
 *
 * A step may begin when all earlier steps whose memory it touches are done: those that wrote what
 * it reads or writes, and those that read what it writes. That covers the flow of data, the order
 * in which contributions to a gradient are added up, and memory that several arrays share; so the
 * result has the same bits as the steps one after another. Memory is cut into cells at the borders
 * of all that is touched; each cell knows its last writer and who has read it since. Of the steps
 * that may begin, the one with the most work behind it goes first (list scheduling by critical
 * path; Graham 1969, "Bounds on multiprocessing timing anomalies"). How long steps take is first
 * believed; after a few runs it has been measured, and who goes first is found anew. A thread that
 * finds no step takes turns of the loop that another is at (engine/base/shares.c). */

#include <math.h>
#include <omp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/threads.h"
#include "engine/tensor/lanes.h"

enum { WORD = 64, PATIENCE = 256, MEASURED = 3 };

/* What is believed of a core: multiply-adds and floats a second, seconds of a call; seconds to
 * share a call among threads, from how many seconds on that is done, how much longer the threads
 * then take; how much longer side by side takes than these beliefs have it. */
static const double PRODUCTS_S = 200e9, FLOATS_S = 7e9, CALL_S = 0.5e-6;
static const double SHARE_S = 5e-6, SHARED_FROM_S = 50e-6, SHARED = 1.1, MISJUDGED = 1.05;

typedef struct cell {
    int writer; /* a step, or -1 */
    ww_lane_link *readers;
} cell;

/* A range of memory that a step touches, in floats from the program's memory. */
typedef struct touch {
    size_t begin, end;
    bool writes;
} touch;

/* ---- whether ---- */

static double forward_s(const ww_program *program, const ww_unit *unit)
{
    double floats = (double)program->arrays[unit->id].floats;
    for (int k = 0; k < unit->node->n_in; k++)
        floats += (double)program->arrays[unit->node->in[k]].floats;
    return CALL_S + ww_unit_products(unit) / PRODUCTS_S + floats / FLOATS_S;
}

static double backward_s(const ww_program *program, const ww_unit *unit)
{
    if (!unit->differentiated)
        return 0;
    int gradients = 0;
    for (int k = 0; k < unit->node->n_in; k++)
        gradients += program->arrays[unit->node->in[k]].wanted;
    return forward_s(program, unit) * (ww_unit_products(unit) > 0 ? gradients : 1);
}

static double shared_s(double alone_s, int threads)
{
    return alone_s < SHARED_FROM_S ? alone_s : SHARE_S + SHARED * alone_s / threads;
}

/* A unit of a race side by side. */
typedef struct racer {
    double cost, path; /* path: from its beginning to the end of all that waits for it */
    double begin;      /* when all it waits for are done */
    int waits;         /* for how many that have not begun */
    int after;         /* the first link of those that wait for it; -1: none */
} racer;

typedef struct race {
    const ww_program *program;
    racer *unit;
    struct {
        int unit, next;
    } * link;
    int *ready, n_ready; /* units that wait for none that has not begun */
} race;

static void race_free(race *r)
{
    free(r->unit);
    free(r->link);
    free(r->ready);
}

/* Who waits for whom; costs are there. Links of a unit go to later units alone. */
static bool line_up(race *r)
{
    const ww_program *p = r->program;
    size_t n = (size_t)p->n_units, links = 1;
    for (size_t u = 0; u < n; u++)
        links += (size_t)p->units[u].node->n_in;
    r->link = calloc(links, sizeof *r->link);
    r->ready = calloc(n + 1, sizeof *r->ready);
    if (r->link == NULL || r->ready == NULL)
        return false;
    int made = 0;
    for (int u = 0; u < p->n_units; u++) {
        for (int k = 0; k < p->units[u].node->n_in; k++) {
            int before = p->arrays[p->units[u].node->in[k]].unit;
            if (before < 0)
                continue;
            r->link[made].unit = u;
            r->link[made].next = r->unit[before].after;
            r->unit[before].after = made++;
            r->unit[u].waits++;
        }
        if (r->unit[u].waits == 0)
            r->ready[r->n_ready++] = u;
    }
    for (int u = p->n_units; u-- > 0;) {
        double after = 0;
        for (int l = r->unit[u].after; l >= 0; l = r->link[l].next)
            after = fmax(after, r->unit[r->link[l].unit].path);
        r->unit[u].path = after + r->unit[u].cost;
    }
    return true;
}

/* Which of the ready a lane takes that is free from `now` on: of those that may begin first, the
 * one with the longest path. */
static int choose_ready(const race *r, double now)
{
    int chosen = 0;
    for (int i = 1; i < r->n_ready; i++) {
        const racer *a = &r->unit[r->ready[i]], *b = &r->unit[r->ready[chosen]];
        double from = fmax(a->begin, now), best = fmax(b->begin, now);
        if (from < best || (from == best && a->path > b->path))
            chosen = i;
    }
    return chosen;
}

/* When all units are done on so many lanes. */
static double race_s(race *r, int lanes)
{
    double end = 0, idle[WW_LANES_MOST] = {0};
    while (r->n_ready > 0) {
        int lane = 0;
        for (int l = 1; l < lanes; l++)
            lane = idle[l] < idle[lane] ? l : lane;
        int chosen = choose_ready(r, idle[lane]);
        const racer *unit = &r->unit[r->ready[chosen]];
        double done = idle[lane] = fmax(unit->begin, idle[lane]) + unit->cost;
        r->ready[chosen] = r->ready[--r->n_ready];
        for (int l = unit->after; l >= 0; l = r->link[l].next) {
            racer *next = &r->unit[r->link[l].unit];
            next->begin = fmax(next->begin, done);
            if (--next->waits == 0)
                r->ready[r->n_ready++] = r->link[l].unit;
        }
        end = fmax(end, done);
    }
    return end;
}

/* Forward and backward go the same ways, so they are raced as one. */
int ww_lanes_choose(const ww_program *program)
{
    int threads = ww_threads() < WW_LANES_MOST ? ww_threads() : WW_LANES_MOST, lanes = 1;
    const ww_compile_options *o = &program->options;
    race r = {.program = program};
    double shared = 0;
    if (threads < 2 || o->profile || o->recompute || o->reference || o->unshared)
        return 1;
    r.unit = calloc((size_t)program->n_units + 1, sizeof *r.unit);
    for (int u = 0; u < program->n_units && r.unit != NULL; u++) {
        double forward = forward_s(program, &program->units[u]);
        double backward = backward_s(program, &program->units[u]);
        r.unit[u] = (racer){.cost = forward + backward, .after = -1};
        shared += shared_s(forward, threads) + shared_s(backward, threads);
    }
    if (r.unit != NULL && line_up(&r))
        lanes = MISJUDGED * race_s(&r, threads) < shared ? threads : 1;
    race_free(&r);
    return lanes;
}

/* ---- who waits for whom ---- */

typedef struct planner {
    ww_program *program;
    ww_lanes *lanes;
    touch *touches; /* of one step after the other */
    size_t *first;  /* [n_steps + 1] */
    size_t n_touches;
    size_t *border;
    size_t n_borders;
    cell *cells;
    int *seen; /* [n_steps]: the last step that was found to wait for it */
} planner;

/* States lie outside the program's memory, one cell each behind it. */
static void touch_state(planner *p, const ww_array *array)
{
    size_t at = 0;
    while (p->program->arrays[at].data != array->data)
        at++;
    at += p->program->memory_floats;
    p->touches[p->n_touches++] = (touch){at, at + 1, true};
}

static void touch_range(planner *p, const float *data, size_t floats, bool writes)
{
    const float *memory = p->program->memory;
    if (data == NULL || floats == 0 || data < memory || data >= memory + p->program->memory_floats)
        return;
    size_t begin = (size_t)(data - memory);
    p->touches[p->n_touches++] = (touch){begin, begin + floats, writes};
}

static void touch_call(planner *p, const ww_step *step)
{
    const ww_unit *unit = step->unit;
    const ww_op_call *call = step->call;
    bool backward = call == &unit->backward;
    size_t floats = p->program->arrays[unit->id].floats;
    for (int k = 0; k < unit->node->n_in; k++) {
        const ww_array *in = &p->program->arrays[unit->node->in[k]];
        touch_range(p, call->in[k], in->floats, false);
        if (in->stand_in >= 0)
            touch_range(p, p->program->arrays[in->stand_in].data, in->floats, false);
        if (backward)
            touch_range(p, call->grad_in[k], in->floats, true);
        if (in->node->kind == WW_NODE_STATE)
            touch_state(p, in);
    }
    touch_range(p, call->out, floats, !backward);
    touch_range(p, call->saved, call->saved_floats, true);
    if (backward)
        touch_range(p, call->grad_out, floats, false);
}

static void touch_step(planner *p, const ww_step *step)
{
    if (step->run != NULL) {
        touch_call(p, step);
        return;
    }
    touch_range(p, step->to, step->from == NULL ? 1 : step->floats, true);
    touch_range(p, step->from, step->floats, false);
}

static int by_place(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return x < y ? -1 : x > y;
}

static ww_status find_borders(planner *p)
{
    ww_arena *arena = p->program->arena;
    p->border = ww_arena_array(arena, 2 * p->n_touches + 1, sizeof *p->border);
    if (p->border == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < p->n_touches; i++) {
        p->border[2 * i] = p->touches[i].begin;
        p->border[2 * i + 1] = p->touches[i].end;
    }
    qsort(p->border, 2 * p->n_touches, sizeof *p->border, by_place);
    for (size_t i = 0; i < 2 * p->n_touches; i++)
        if (p->n_borders == 0 || p->border[i] != p->border[p->n_borders - 1])
            p->border[p->n_borders++] = p->border[i];
    p->cells = ww_arena_array(arena, p->n_borders + 1, sizeof *p->cells);
    if (p->cells == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < p->n_borders; i++)
        p->cells[i].writer = -1;
    return WW_OK;
}

static ww_status push(ww_arena *arena, ww_lane_link **list, int step)
{
    ww_lane_link *new = ww_arena_alloc(arena, sizeof *new);
    if (new == NULL)
        return WW_ENOMEM;
    *new = (ww_lane_link){step, *list};
    *list = new;
    return WW_OK;
}

static ww_status wait_for(planner *p, int step, int before)
{
    if (before < 0 || before == step || p->seen[before] == step)
        return WW_OK;
    p->seen[before] = step;
    p->lanes->step[step].waits++;
    return push(p->program->arena, &p->lanes->step[before].after, step);
}

static ww_status wait_at(planner *p, int step, cell *c, bool writes)
{
    WW_TRY(wait_for(p, step, c->writer));
    if (!writes)
        return push(p->program->arena, &c->readers, step);
    for (const ww_lane_link *r = c->readers; r != NULL; r = r->next)
        WW_TRY(wait_for(p, step, r->step));
    *c = (cell){.writer = step};
    return WW_OK;
}

static ww_status find_order(planner *p)
{
    for (int s = 0; s < (int)p->program->n_steps; s++)
        for (size_t t = p->first[s]; t < p->first[s + 1]; t++) {
            const touch *range = &p->touches[t];
            const size_t *at =
                bsearch(&range->begin, p->border, p->n_borders, sizeof *p->border, by_place);
            for (size_t c = (size_t)(at - p->border); p->border[c] < range->end; c++)
                WW_TRY(wait_at(p, s, &p->cells[c], range->writes));
        }
    return WW_OK;
}

/* ---- who goes first ---- */

static double step_s(const ww_program *program, const ww_step *step)
{
    if (step->run == NULL)
        return CALL_S + (double)step->floats / FLOATS_S;
    return step->call == &step->unit->backward ? backward_s(program, step->unit)
                                               : forward_s(program, step->unit);
}

static int by_path(const void *a, const void *b)
{
    const ww_lane_goer *x = a, *y = b;
    if (x->path_s != y->path_s)
        return x->path_s > y->path_s ? -1 : 1;
    return x->step - y->step;
}

static void rank(ww_lanes *lanes)
{
    int n = (int)lanes->program->n_steps;
    for (int s = n; s-- > 0;) {
        double after = 0;
        for (const ww_lane_link *l = lanes->step[s].after; l != NULL; l = l->next)
            after = fmax(after, lanes->goer[l->step].path_s);
        lanes->goer[s] = (ww_lane_goer){after + lanes->step[s].cost_s, s};
    }
    qsort(lanes->goer, (size_t)n, sizeof *lanes->goer, by_path);
    for (int r = 0; r < n; r++)
        lanes->step[lanes->goer[r].step].rank = r;
}

static ww_status allocate(planner *p)
{
    ww_arena *arena = p->program->arena;
    size_t n = p->program->n_steps, most = 0;
    for (size_t s = 0; s < n; s++)
        most += 4 + (p->program->steps[s].unit == NULL
                         ? 0
                         : 4 * (size_t)p->program->steps[s].unit->node->n_in);
    ww_lanes *lanes = p->lanes = ww_arena_alloc(arena, sizeof *lanes);
    p->touches = ww_arena_array(arena, most + 1, sizeof *p->touches);
    p->first = ww_arena_array(arena, n + 1, sizeof *p->first);
    p->seen = ww_arena_array(arena, n + 1, sizeof *p->seen);
    if (lanes == NULL || p->touches == NULL || p->first == NULL || p->seen == NULL)
        return WW_ENOMEM;
    lanes->words = (n + WORD - 1) / WORD;
    lanes->step = ww_arena_array(arena, n + 1, sizeof *lanes->step);
    lanes->goer = ww_arena_array(arena, n + 1, sizeof *lanes->goer);
    lanes->left_of = ww_arena_array(arena, n + 1, sizeof *lanes->left_of);
    lanes->ready = ww_arena_array(arena, lanes->words + 1, sizeof *lanes->ready);
    return lanes->step == NULL || lanes->goer == NULL || lanes->left_of == NULL ||
                   lanes->ready == NULL
               ? WW_ENOMEM
               : WW_OK;
}

ww_status ww_lanes_plan(ww_program *program)
{
    planner p = {.program = program};
    WW_TRY(allocate(&p));
    p.lanes->program = program;
    for (size_t s = 0; s < program->n_steps; s++) {
        p.first[s] = p.n_touches;
        p.seen[s] = -1;
        touch_step(&p, &program->steps[s]);
    }
    p.first[program->n_steps] = p.n_touches;
    WW_TRY(find_borders(&p));
    WW_TRY(find_order(&p));
    for (size_t s = 0; s < program->n_steps; s++)
        p.lanes->step[s].cost_s = step_s(program, &program->steps[s]);
    program->beside = p.lanes;
    rank(p.lanes);
    return WW_OK;
}

/* ---- running ---- */

static void make_ready(ww_lanes *lanes, int step)
{
    int rank = lanes->step[step].rank;
    atomic_fetch_or(&lanes->ready[rank / WORD], UINT64_C(1) << rank % WORD);
}

/* A step that may begin, taken by this lane; -1 if there is none. */
static int take(ww_lanes *lanes)
{
    for (size_t w = 0; w < lanes->words; w++) {
        uint64_t bits = atomic_load(&lanes->ready[w]);
        while (bits != 0) {
            int bit = __builtin_ctzll(bits);
            uint64_t one = UINT64_C(1) << bit;
            if ((atomic_fetch_and(&lanes->ready[w], ~one) & one) != 0)
                return lanes->goer[(int)w * WORD + bit].step;
            bits = atomic_load(&lanes->ready[w]);
        }
    }
    return -1;
}

/* Messages belong to threads. */
static void keep_failure(ww_lanes *lanes, ww_status status)
{
    int none = WW_OK;
    if (atomic_compare_exchange_strong(&lanes->status, &none, (int)status))
        snprintf(lanes->message, sizeof lanes->message, "%s", ww_error_message());
}

static void do_step(ww_lanes *lanes, int lane, int s)
{
    const ww_step *step = &lanes->program->steps[s];
    if (step->call != NULL)
        step->call->scratch = ww_lane_scratch(lanes->program, lane);
    bool measured = lanes->runs > 0 && lanes->runs <= MEASURED;
    double begin = measured ? omp_get_wtime() : 0;
    ww_status status = ww_step_do(step);
    if (measured) {
        double took = omp_get_wtime() - begin;
        double *cost = &lanes->step[s].cost_s;
        *cost = lanes->runs == 1 || took < *cost ? took : *cost;
    }
    if (status != WW_OK) { /* nothing that waits for it may begin */
        keep_failure(lanes, status);
        return;
    }
    for (const ww_lane_link *l = lanes->step[s].after; l != NULL; l = l->next)
        if (atomic_fetch_sub(&lanes->left_of[l->step], 1) == 1)
            make_ready(lanes, l->step);
    atomic_fetch_sub(&lanes->left, 1);
}

/* Takes a turn of another lane's loop. */
static bool help(ww_lanes *lanes, int lane)
{
    float *scratch = ww_lane_scratch(lanes->program, lane);
    for (int l = 0; l < lanes->program->lanes; l++)
        if (l != lane && ww_turns_help(&lanes->offer[l], scratch, lanes->program->lane_floats))
            return true;
    return false;
}

static void work(ww_lanes *lanes, int lane)
{
    ww_threads_set(1);
    ww_turns_offer(&lanes->offer[lane]);
    for (int idle = 0; atomic_load(&lanes->left) > 0 && atomic_load(&lanes->status) == WW_OK;) {
        int step = take(lanes);
        if (step >= 0)
            do_step(lanes, lane, step);
        idle = step >= 0 || help(lanes, lane) ? 0 : idle + 1;
        if (idle > PATIENCE)
            sched_yield(); /* the cores may be shared with others */
    }
    ww_turns_offer(NULL);
}

ww_status ww_lanes_run(ww_lanes *lanes)
{
    int n = (int)lanes->program->n_steps;
    atomic_store(&lanes->left, n);
    atomic_store(&lanes->status, WW_OK);
    for (size_t w = 0; w < lanes->words; w++)
        atomic_store(&lanes->ready[w], 0);
    for (int s = 0; s < n; s++)
        atomic_store(&lanes->left_of[s], lanes->step[s].waits);
    for (int s = 0; s < n; s++)
        if (lanes->step[s].waits == 0)
            make_ready(lanes, s);
#pragma omp parallel num_threads(lanes->program->lanes)
    work(lanes, omp_get_thread_num());
    ww_status status = (ww_status)atomic_load(&lanes->status);
    if (lanes->runs <= MEASURED && lanes->runs++ == MEASURED)
        rank(lanes);
    return status == WW_OK ? WW_OK : WW_FAIL(status, "%s", lanes->message);
}
