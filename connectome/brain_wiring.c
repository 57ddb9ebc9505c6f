/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pathways of a brain, and the order in which a time step runs its areas.
 *
 * Of the table come the pathways among the areas of the brain, of the directions that `use` names;
 * then `drop` takes some away and `add` brings others. A pathway's direction follows from the
 * levels, except that one of `add` between two areas of one level ascends: it acts within the time
 * step (a lateral one of the table does so once it is added). So the ascending pathways can only
 * form a cycle within a level, and an addition that would close one is refused.
 *
 * Order: of the areas whose ascending sources have all run, the first by level and then by the
 * order in the file. */
#include <stdlib.h>
#include <string.h>

#include "connectome/brain_parts.h"
#include "engine/base/text.h"

static const char *const wiring_keys[] = {"table", "use", "add", "drop", "cost", NULL};
static const char *const kind_word[] = {"ascending", "lateral", "feedback", NULL};

/* A pathway between areas of the file. */
typedef struct link {
    bool there;
    ww_path_kind kind;
} link;

typedef struct net {
    const ww_brain_draft *draft;
    int n;
    link *link; /* [n][n] */
} net;

static link *between(const net *w, int from, int to)
{
    return &w->link[(size_t)from * (size_t)w->n + (size_t)to];
}

/* ---- reading ---- */

static ww_status read_use(ww_brain_draft *d, const ww_yaml *node)
{
    const char *const *words;
    int count;
    memset(d->use, 0, sizeof d->use);
    WW_TRY(ww_yaml_words(node, &words, &count, d->arena));
    for (int i = 0; i < count; i++) {
        int kind = 0;
        while (kind_word[kind] != NULL && strcmp(kind_word[kind], words[i]) != 0)
            kind++;
        if (kind_word[kind] == NULL) {
            const char *near = ww_text_nearest(words[i], kind_word, 3);
            return WW_LINE_FAIL(d, node->line,
                                "wiring.use: '%s' is not one of ascending, lateral, "
                                "feedback%s%s%s",
                                words[i], near ? "; did you mean '" : "", near ? near : "",
                                near ? "'?" : "");
        }
        d->use[kind] = true;
    }
    return WW_OK;
}

ww_status ww_brain_read_table(ww_brain_draft *d, const ww_yaml *wiring)
{
    static const char *const except[] = {"table", "use", "add", "drop", NULL};
    const ww_yaml *node, *at = wiring;
    ww_atlas *atlas = NULL;
    d->table = "felleman_vanessen_1991";
    d->use[0] = d->use[1] = d->use[2] = true;
    if (wiring != NULL) {
        WW_TRY(ww_yaml_expect(wiring, WW_YAML_MAP));
        WW_TRY(ww_yaml_only(wiring, wiring_keys, "wiring"));
        WW_TRY(ww_yaml_params(wiring, ww_brain_wiring_params, &d->numbers, "wiring.", except,
                              d->arena));
        if ((node = ww_yaml_find(wiring, "table")) != NULL) {
            WW_TRY(ww_yaml_expect(node, WW_YAML_SCALAR));
            d->table = node->text;
            at = node;
        }
        if ((node = ww_yaml_find(wiring, "use")) != NULL)
            WW_TRY(read_use(d, node));
    }
    ww_status status = ww_atlas_read(&atlas, d->table, d->arena);
    if (status != WW_OK && at != NULL)
        ww_error_prefix("%s:%d: wiring.table: ", d->file, at->line);
    d->atlas = atlas;
    return status;
}

static ww_status read_end(int *out, const ww_brain_draft *d, const char *key, int line,
                          const char *text, size_t length)
{
    while (length > 0 && (text[0] == ' ' || text[0] == '\t'))
        text++, length--;
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    const char *name = ww_arena_printf(d->arena, "%.*s", (int)length, text);
    if (name == NULL)
        return WW_ENOMEM;
    *out = ww_brain_draft_area(d, name);
    if (*out < 0)
        return WW_LINE_FAIL(d, line, "wiring.%s: the brain has no area '%s'%s", key, name,
                            ww_brain_draft_hint(d, name));
    return WW_OK;
}

static ww_status read_words(ww_path_word **out, int *count, const ww_brain_draft *d,
                            const ww_yaml *wiring, const char *key)
{
    const char *const *words;
    const ww_yaml *node = wiring ? ww_yaml_find(wiring, key) : NULL;
    if (node == NULL || (node->kind == WW_YAML_SCALAR && node->text[0] == '\0'))
        return WW_OK;
    WW_TRY(ww_yaml_words(node, &words, count, d->arena));
    ww_path_word *path = ww_arena_array(d->arena, (size_t)*count + 1, sizeof *path);
    if (path == NULL)
        return WW_ENOMEM;
    for (int i = 0; i < *count; i++) {
        int line = node->kind == WW_YAML_LIST ? node->item[i]->line : node->line;
        const char *arrow = strchr(words[i], '>');
        if (arrow == NULL)
            return WW_LINE_FAIL(d, line, "wiring.%s: '%s' is no pathway; 'A > B' is wanted", key,
                                words[i]);
        path[i].line = line;
        WW_TRY(read_end(&path[i].from, d, key, line, words[i], (size_t)(arrow - words[i])));
        WW_TRY(read_end(&path[i].to, d, key, line, arrow + 1, strlen(arrow + 1)));
        if (path[i].from == path[i].to)
            return WW_LINE_FAIL(d, line, "wiring.%s: a pathway from %s to itself", key,
                                d->area[path[i].to].name);
    }
    *out = path;
    return WW_OK;
}

ww_status ww_brain_read_wiring(ww_brain_draft *d, const ww_yaml *wiring)
{
    WW_TRY(read_words(&d->add, &d->n_add, d, wiring, "add"));
    return read_words(&d->drop, &d->n_drop, d, wiring, "drop");
}

/* ---- pathways ---- */

static ww_path_kind kind_of(const ww_brain_draft *d, int from, int to)
{
    int span = d->area[to].level - d->area[from].level;
    return span > 0 ? WW_PATH_ASCENDING : span == 0 ? WW_PATH_LATERAL : WW_PATH_FEEDBACK;
}

static void use_table(net *w)
{
    const ww_brain_draft *d = w->draft;
    for (int p = 0; p < d->atlas->n_paths; p++) {
        const ww_atlas_path *path = &d->atlas->path[p];
        int from = ww_brain_draft_area(d, d->atlas->area[path->from].name);
        int to = ww_brain_draft_area(d, d->atlas->area[path->to].name);
        if (from >= 0 && to >= 0 && d->use[kind_of(d, from, to)])
            *between(w, from, to) = (link){true, kind_of(d, from, to)};
    }
}

static ww_status drop(net *w)
{
    const ww_brain_draft *d = w->draft;
    for (int i = 0; i < d->n_drop; i++) {
        link *l = between(w, d->drop[i].from, d->drop[i].to);
        if (!l->there)
            return WW_LINE_FAIL(d, d->drop[i].line, "wiring.drop: there is no pathway %s > %s",
                                d->area[d->drop[i].from].name, d->area[d->drop[i].to].name);
        l->there = false;
    }
    return WW_OK;
}

/* An ascending way from one area to another as "LIP > VIP > 7a", or NULL. Ways are short: what
 * could lead back stays within a level. */
static const char *way(const net *w, int from, int to, int left)
{
    const char *name = w->draft->area[from].name;
    if (from == to)
        return name;
    for (int k = 0; k < w->n && left > 0; k++) {
        const link *l = between(w, from, k);
        if (!l->there || l->kind != WW_PATH_ASCENDING ||
            w->draft->area[k].level != w->draft->area[to].level)
            continue;
        const char *rest = way(w, k, to, left - 1);
        if (rest != NULL)
            return ww_arena_printf(w->draft->arena, "%s > %s", name, rest);
    }
    return NULL;
}

static ww_status add(net *w)
{
    const ww_brain_draft *d = w->draft;
    for (int i = 0; i < d->n_add; i++) {
        int from = d->add[i].from, to = d->add[i].to;
        ww_path_kind kind = kind_of(d, from, to);
        if (kind == WW_PATH_LATERAL) {
            const char *back = way(w, to, from, w->n);
            if (back != NULL)
                return WW_LINE_FAIL(d, d->add[i].line,
                                    "wiring.add: %s > %s closes the cycle %s > %s; a cycle needs "
                                    "a pathway that descends",
                                    d->area[from].name, d->area[to].name, d->area[from].name, back);
            kind = WW_PATH_ASCENDING;
        }
        *between(w, from, to) = (link){true, kind};
    }
    return WW_OK;
}

/* An area above the lowest level that nothing reaches could only be silent. */
static ww_status check_inputs(const net *w)
{
    const ww_brain_draft *d = w->draft;
    int lowest = d->area[0].level;
    for (int i = 1; i < w->n; i++)
        lowest = d->area[i].level < lowest ? d->area[i].level : lowest;
    for (int to = 0; to < w->n; to++) {
        bool reached = d->area[to].level == lowest;
        for (int from = 0; from < w->n; from++)
            reached = reached || between(w, from, to)->there;
        if (!reached)
            return WW_LINE_FAIL(d, d->area_line[to],
                                "areas: no pathway leads to %s; wiring.add can name one",
                                d->area[to].name);
    }
    return WW_OK;
}

/* Areas that understand the maps of one type alone. */
static ww_status check_sources(const net *w)
{
    const ww_brain_draft *d = w->draft;
    for (int to = 0; to < w->n; to++)
        for (int from = 0; from < w->n && d->area[to].type->reads != NULL; from++)
            if (between(w, from, to)->there &&
                !ww_text_in_list(d->area[from].type->item.name, d->area[to].type->reads))
                return WW_LINE_FAIL(d, d->area_line[to],
                                    "areas: %s reads an area of type %s, which %s is not",
                                    d->area[to].name, d->area[to].type->reads, d->area[from].name);
    return WW_OK;
}

/* ---- order ---- */

static bool ready(const net *w, const int *order, int area)
{
    for (int from = 0; from < w->n; from++) {
        const link *l = between(w, from, area);
        if (l->there && l->kind == WW_PATH_ASCENDING && order[from] < 0)
            return false;
    }
    return true;
}

/* order[i]: when area i of the file runs. The ascending pathways form no cycle, so one is always
 * ready. */
static void find_order(const net *w, int *order)
{
    for (int i = 0; i < w->n; i++)
        order[i] = -1;
    for (int turn = 0; turn < w->n; turn++) {
        int next = -1;
        for (int i = 0; i < w->n; i++)
            if (order[i] < 0 && ready(w, order, i) &&
                (next < 0 || w->draft->area[i].level < w->draft->area[next].level))
                next = i;
        order[next] = turn;
    }
}

static const char *source_of(const ww_brain_draft *d, const char *from, const char *to)
{
    int a = ww_atlas_find(d->atlas, from), b = ww_atlas_find(d->atlas, to);
    for (int p = 0; p < d->atlas->n_paths; p++)
        if (d->atlas->path[p].from == a && d->atlas->path[p].to == b)
            return d->atlas->path[p].source;
    return "";
}

static ww_status make_paths(const net *w, const int *at)
{
    const ww_brain_draft *d = w->draft;
    ww_brain *brain = d->brain;
    ww_brain_path *path = ww_arena_array(d->arena, (size_t)(w->n * w->n) + 1, sizeof *path);
    if (path == NULL)
        return WW_ENOMEM;
    for (int to = 0; to < w->n; to++)
        for (int from = 0; from < w->n; from++) {
            const link *l = between(w, at[from], at[to]);
            const ww_brain_area *a = &brain->area[from], *b = &brain->area[to];
            if (!l->there)
                continue;
            int span = b->level - a->level;
            ww_brain_path *p = &path[brain->n_paths++];
            *p = (ww_brain_path){.name = ww_arena_printf(d->arena, "%s>%s", a->name, b->name),
                                 .from = from,
                                 .to = to,
                                 .kind = l->kind,
                                 .span = span,
                                 .skip = span > 1,
                                 .cost = d->numbers.cost,
                                 .source = source_of(d, a->name, b->name)};
            if (p->name == NULL)
                return WW_ENOMEM;
        }
    brain->path = path;
    return WW_OK;
}

ww_status ww_brain_wire(ww_brain_draft *d, int **order)
{
    size_t n = (size_t)d->n_areas;
    net w = {d, d->n_areas, ww_arena_array(d->arena, n * n, sizeof *w.link)};
    int *at = ww_arena_array(d->arena, n, sizeof *at); /* which area of the file runs when */
    ww_brain_area *area = ww_arena_array(d->arena, n, sizeof *area);
    *order = ww_arena_array(d->arena, n, sizeof **order);
    if (w.link == NULL || at == NULL || area == NULL || *order == NULL)
        return WW_ENOMEM;
    use_table(&w);
    WW_TRY(drop(&w));
    WW_TRY(add(&w));
    WW_TRY(check_inputs(&w));
    WW_TRY(check_sources(&w));
    find_order(&w, *order);
    for (int i = 0; i < d->n_areas; i++) {
        at[(*order)[i]] = i;
        area[(*order)[i]] = d->area[i];
    }
    d->brain->area = area;
    d->brain->n_areas = d->n_areas;
    return make_paths(&w, at);
}
