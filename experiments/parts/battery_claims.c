/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The claims of the lesion battery: findings in patients and monkeys, and what the model did.
 *
 * A claim "X costs A at least three times what it costs B" is held against the contrast
 * loss(A) - 3 max(loss(B), 0) of each seed, which stays finite when B loses nothing: it holds if
 * the lower end of its 95 % t interval over seeds is above 0. "No selective pattern" is a ratio of
 * 0.5 to 2 between any two identity losses: loss(A) - 2 max(loss(B), 0) of the worst pair stays
 * below 0.05, which is as good as nothing (two losses near nothing have no ratio). With fewer than
 * three seeds there is no interval worth the name, and the mean alone decides; the rule says so.
 *
 * A claim is *wired* if the task that suffers is read from nothing but the lesioned areas; that is
 * found from the brain, not typed here. What was published, in whom, and what of it was read:
 * docs/findings.md. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/parts/statistics.h"
#include "experiments/parts/battery.h"

enum { SEEDS_MOST = 1000 };

enum { LABELS = 6 };
static const int all_labels[LABELS] = {WW_M_CATEGORY, WW_M_FACE,   WW_M_WORD,
                                       WW_M_OBJECT,   WW_M_COLOUR, WW_M_MOTION};

int ww_grid_condition(const ww_grid *grid, const char *lesion)
{
    for (int c = 0; c < grid->n_conditions; c++)
        if (strcmp(grid->condition[c], lesion) == 0)
            return c;
    return -1;
}

double ww_grid_loss(const ww_grid *grid, int brain, int seed, int condition, int measure)
{
    double intact = *ww_grid_at(grid, brain, seed, 0, measure);
    double lesioned = *ww_grid_at(grid, brain, seed, condition, measure);
    double blind = grid->chance[((size_t)brain * (size_t)grid->n_seeds + (size_t)seed) *
                                    (size_t)grid->n_measures +
                                (size_t)measure];
    return ww_task_can_lose(&grid->measure[measure], intact, blind)
               ? ww_task_loss(intact, lesioned, blind)
               : NAN;
}

/* What one claim needs: a number for each seed, which has to be above (or below) a bound. */
typedef struct rule {
    const char *id, *finding, *published, *source;
    bool from_memory; /* the publication itself was not read */
    const char *lesion, *second;
    int hurt;                /* the measure that suffers */
    int spared[6], n_spared; /* those that do not */
    double factor;
    double (*number)(const ww_grid *grid, int brain, int seed, const struct rule *rule);
    const char *what; /* how the number is made */
    bool below;       /* it has to be below the bound */
    double bound;
} rule;

static double worst(const ww_grid *grid, int b, int s, int condition, const rule *r)
{
    double most = 0;
    for (int i = 0; i < r->n_spared; i++)
        most = fmax(most, ww_grid_loss(grid, b, s, condition, r->spared[i]));
    return most;
}

static double contrast(const ww_grid *grid, int b, int s, const rule *r)
{
    int c = ww_grid_condition(grid, r->lesion);
    return ww_grid_loss(grid, b, s, c, r->hurt) - r->factor * worst(grid, b, s, c, r);
}

/* Both lesions of a double dissociation in one number: the smaller of the two contrasts. */
static double crossed(const ww_grid *grid, int b, int s, const rule *r)
{
    int one = ww_grid_condition(grid, r->lesion), two = ww_grid_condition(grid, r->second);
    double first =
        ww_grid_loss(grid, b, s, one, WW_M_FACE) - ww_grid_loss(grid, b, s, one, WW_M_WORD);
    double second =
        ww_grid_loss(grid, b, s, two, WW_M_WORD) - ww_grid_loss(grid, b, s, two, WW_M_FACE);
    return fmin(first, second);
}

static double least_of_all(const ww_grid *grid, int b, int s, const rule *r)
{
    int c = ww_grid_condition(grid, r->lesion);
    double least = INFINITY;
    for (int i = 0; i < LABELS; i++)
        least = fmin(least, ww_grid_loss(grid, b, s, c, all_labels[i]));
    return least;
}

static double above_chance(const ww_grid *grid, int b, int s, const rule *r)
{
    int c = ww_grid_condition(grid, r->lesion);
    return 1 - ww_grid_loss(grid, b, s, c, r->hurt);
}

/* By how much the largest of the rule's losses is above twice the smallest. */
static double unequal(const ww_grid *grid, int b, int s, const rule *r)
{
    int c = ww_grid_condition(grid, r->lesion);
    double low = ww_grid_loss(grid, b, s, c, r->hurt), high = low;
    for (int i = 0; i < r->n_spared; i++) {
        double loss = ww_grid_loss(grid, b, s, c, r->spared[i]);
        low = fmin(low, loss);
        high = fmax(high, loss);
    }
    return high - 2 * fmax(low, 0);
}

#define SELECTIVE_FACE "IT+FFA+VWFA:0.2:most=face,by=map"
#define SELECTIVE_WORD "IT+FFA+VWFA:0.2:most=word,by=map"
#define SELECTIVE_NONE "IT+FFA+VWFA:0.2:by=map"
#define NEGLECT        "LIP+7a:hemifield=left"
#define TIMES_THREE    "loss of the one - 3 x largest loss of the others"

static const rule rules[] = {
    {.id = "ffa-faces",
     .finding = "FFA costs faces at least 3 times what it costs words and objects",
     .published =
         "4 of 4 with right FFA lesions fail on faces; 4 of 5 prosopagnosics read normally",
     .source = "barton2002 susilo2015",
     .lesion = "FFA",
     .hurt = WW_M_FACE,
     .spared = {WW_M_WORD, WW_M_OBJECT},
     .n_spared = 2,
     .factor = 3,
     .number = contrast,
     .what = TIMES_THREE},
    {.id = "vwfa-words",
     .finding = "VWFA costs words at least 3 times what it costs faces and objects",
     .published =
         "resection: marked reading deficit, other categories intact; 100s of ms per letter",
     .source = "gaillard2006 starrfelt2009",
     .lesion = "VWFA",
     .hurt = WW_M_WORD,
     .spared = {WW_M_FACE, WW_M_OBJECT},
     .n_spared = 2,
     .factor = 3,
     .number = contrast,
     .what = TIMES_THREE},
    {.id = "ffa-vwfa",
     .finding = "FFA and VWFA dissociate faces and words both ways",
     .published = "4 of 5 prosopagnosics read normally; alexics with normal faces are reported too",
     .source = "susilo2015 robotham2017",
     .lesion = "FFA",
     .second = "VWFA",
     .hurt = WW_M_FACE,
     .spared = {WW_M_WORD},
     .n_spared = 1,
     .number = crossed,
     .what = "smaller of face - word loss (FFA) and word - face loss (VWFA)"},
    {.id = "mt-motion",
     .finding = "MT costs motion at least 3 times what it costs colour and identity",
     .published = "monkeys: motion thresholds strikingly up, contrast thresholds little or not",
     .source = "newsome1988 rudolph1999",
     .lesion = "MT",
     .hurt = WW_M_MOTION,
     .spared = {WW_M_COLOUR, WW_M_FACE, WW_M_WORD, WW_M_OBJECT},
     .n_spared = 4,
     .factor = 3,
     .number = contrast,
     .what = TIMES_THREE},
    {.id = "v4-colour",
     .finding = "V4 costs colour at least 3 times what it costs motion",
     .published =
         "4 of 4 monkeys: hue thresholds up; 3 of 3 achromats tell motion of colours normally",
     .source = "heywood1987 cavanagh1998",
     .lesion = "V4",
     .hurt = WW_M_COLOUR,
     .spared = {WW_M_MOTION},
     .n_spared = 1,
     .factor = 3,
     .number = contrast,
     .what = TIMES_THREE},
    {.id = "lgn-m-motion",
     .finding = "M layers of the LGN cost motion more than any other task",
     .published =
         "M lesions: fast motion and flicker lost (10 Hz blob unseen), still gratings unchanged",
     .source = "schiller1990b merigan1990",
     .lesion = "LGN:class=M",
     .hurt = WW_M_MOTION,
     .spared = {WW_M_CATEGORY, WW_M_FACE, WW_M_WORD, WW_M_OBJECT, WW_M_COLOUR},
     .n_spared = 5,
     .factor = 1,
     .number = contrast,
     .what = "motion loss - largest other loss"},
    {.id = "lgn-p-colour",
     .finding = "P layers of the LGN cost colour more than motion",
     .published = "P lesions: chromatic contrast sensitivity severely reduced; M lesion: unchanged",
     .source = "merigan1991",
     .lesion = "LGN:class=P",
     .hurt = WW_M_COLOUR,
     .spared = {WW_M_MOTION},
     .n_spared = 1,
     .factor = 1,
     .number = contrast,
     .what = "colour loss - motion loss"},
    {.id = "lgn-p-form",
     .finding = "P layers of the LGN cost fine form (words) more than motion",
     .published = "P lesions: acuity 3 to 4 times lower; M lesion: unchanged",
     .source = "merigan1991",
     .lesion = "LGN:class=P",
     .hurt = WW_M_WORD,
     .spared = {WW_M_MOTION},
     .n_spared = 1,
     .factor = 1,
     .number = contrast,
     .what = "word loss - motion loss"},
    {.id = "neglect",
     .finding = "right parietal loss costs places on the left at least 3 times those on the right",
     .published = "up to 40 % of targets missed on the left, none on the right",
     .source = "bonneh2008 mozer1997",
     .lesion = NEGLECT,
     .hurt = WW_M_POSITION_LEFT,
     .spared = {WW_M_POSITION_RIGHT},
     .n_spared = 1,
     .factor = 3,
     .number = contrast,
     .what = TIMES_THREE},
    {.id = "v1-all",
     .finding = "V1 costs every task at least half of what was above chance",
     .published = "visual experience is lost in the field of a V1 lesion",
     .source = "weiskrantz1986 schmid2010",
     .from_memory = true,
     .lesion = "V1",
     .hurt = WW_M_CATEGORY,
     .spared = {WW_M_FACE, WW_M_WORD, WW_M_OBJECT, WW_M_COLOUR, WW_M_MOTION},
     .n_spared = 5,
     .number = least_of_all,
     .what = "smallest loss of all tasks",
     .bound = 0.5},
    {.id = "blindsight",
     .finding = "without V1 some motion is still told (LGN > MT)",
     .published = "targets located without V1, not with LGN silenced; LGN>MT cells: 10 % of V1>MT",
     .source = "schmid2010 sincich2004",
     .lesion = "V1",
     .hurt = WW_M_MOTION,
     .number = above_chance,
     .what = "share of the motion performance above chance that is left",
     .bound = 0.02},
    {.id = "random-units",
     .finding = "as many random units as FFA has show no selective pattern",
     .published = "control lesion (size of the drops not found)",
     .source = "dobs2022",
     .from_memory = true,
     .lesion = "random(size=FFA)",
     .hurt = WW_M_FACE,
     .spared = {WW_M_WORD, WW_M_OBJECT},
     .n_spared = 2,
     .number = unequal,
     .what = "largest - 2 x smallest of the face, word and object losses",
     .below = true,
     .bound = 0.05},
    {.id = "selective-face",
     .finding =
         "the fifth most face-selective maps cost faces at least 3 times what they cost objects",
     .published = "networks trained on both tasks segregate into systems for faces and for objects",
     .source = "dobs2022",
     .lesion = SELECTIVE_FACE,
     .hurt = WW_M_FACE,
     .spared = {WW_M_OBJECT},
     .n_spared = 1,
     .factor = 3,
     .number = contrast,
     .what = TIMES_THREE},
    {.id = "selective-word",
     .finding =
         "the fifth most word-selective maps cost words at least 3 times what they cost objects",
     .published = "by analogy to faces",
     .source = "dobs2022",
     .from_memory = true,
     .lesion = SELECTIVE_WORD,
     .hurt = WW_M_WORD,
     .spared = {WW_M_OBJECT},
     .n_spared = 1,
     .factor = 3,
     .number = contrast,
     .what = TIMES_THREE},
    {.id = "selective-both",
     .finding = "face- and word-selective maps dissociate faces and words both ways",
     .published = "by analogy to faces and to patients",
     .source = "dobs2022",
     .from_memory = true,
     .lesion = SELECTIVE_FACE,
     .second = SELECTIVE_WORD,
     .hurt = WW_M_FACE,
     .spared = {WW_M_WORD},
     .n_spared = 1,
     .number = crossed,
     .what = "smaller of face - word loss and word - face loss"},
    {.id = "selective-control",
     .finding = "a random fifth of the same maps costs faces 0.5 to 2 times what it costs objects",
     .published = "control lesion (the ratio of 0.5 to 2 is ours, not published)",
     .source = "dobs2022",
     .from_memory = true,
     .lesion = SELECTIVE_NONE,
     .hurt = WW_M_FACE,
     .spared = {WW_M_OBJECT},
     .n_spared = 1,
     .number = unequal,
     .what = "larger - 2 x smaller of the face and object losses",
     .below = true,
     .bound = 0.05},
    {.id = "selective-control-words",
     .finding = "... and words alike",
     .published = "by analogy to faces",
     .source = "dobs2022",
     .from_memory = true,
     .lesion = SELECTIVE_NONE,
     .hurt = WW_M_FACE,
     .spared = {WW_M_WORD, WW_M_OBJECT},
     .n_spared = 2,
     .number = unequal,
     .what = "largest - 2 x smallest of the face, word and object losses",
     .below = true,
     .bound = 0.05}};

static double mean_loss(const ww_grid *grid, int b, const char *lesion, int measure)
{
    double sum = 0;
    int n = 0, c = ww_grid_condition(grid, lesion);
    for (int s = 0; s < grid->n_seeds; s++) {
        double loss = ww_grid_loss(grid, b, s, c, measure);
        if (isfinite(loss)) {
            sum += loss;
            n++;
        }
    }
    return n > 0 ? sum / n : NAN;
}

/* What stands behind a claim's number: "FFA: face 0.98, word 0.01; VWFA: ..." */
static const char *losses_of(const ww_grid *grid, int b, const rule *r, ww_arena *arena)
{
    const char *text = "";
    for (int i = 0; i < 2 && text != NULL; i++) {
        const char *lesion = i == 0 ? r->lesion : r->second;
        if (lesion == NULL)
            break;
        text = ww_arena_printf(arena, "%s%s%s:", text, i > 0 ? "; " : "", lesion);
        for (int m = -1; m < r->n_spared && text != NULL; m++) {
            int measure = m < 0 ? r->hurt : r->spared[m];
            text = ww_arena_printf(arena, "%s%s %s %.2f", text, m < 0 ? "" : ",",
                                   ww_task_measures[measure].name,
                                   mean_loss(grid, b, lesion, measure));
        }
    }
    return text ? text : "";
}

/* Whether the task that suffers is read from nothing but areas that the lesion names. */
static bool is_wired(const ww_brain *brain, const rule *r)
{
    for (int t = 0; t < brain->n_tasks; t++) {
        static const ww_label label_of[] = {
            WW_LABEL_CATEGORY, WW_LABEL_FACE,     WW_LABEL_WORD,
            WW_LABEL_OBJECT,   WW_LABEL_COLOUR,   WW_LABEL_DIRECTION,
            WW_LABEL_POSITION, WW_LABEL_POSITION, WW_LABEL_POSITION};
        const ww_task *task = &brain->task[t];
        if (task->label != label_of[r->hurt])
            continue;
        for (int i = 0; i < task->n_reads; i++) {
            char target[200], word[80];
            snprintf(target, sizeof target, "+%.*s+", (int)strcspn(r->lesion, ":"), r->lesion);
            snprintf(word, sizeof word, "+%s+", brain->area[task->reads[i]].name);
            if (strstr(target, word) == NULL)
                return false;
        }
        return true;
    }
    return false;
}

static void judge(ww_claim *claim, const ww_grid *grid, int b, const rule *r, ww_arena *arena)
{
    double x[SEEDS_MOST];
    size_t n = 0;
    claim->verdict = WW_CLAIM_UNTESTED;
    claim->value = claim->low = claim->high = NAN;
    if (ww_grid_condition(grid, r->lesion) < 0 ||
        (r->second != NULL && ww_grid_condition(grid, r->second) < 0)) {
        snprintf(claim->why, sizeof claim->why, "the study does not run %s", r->lesion);
        return;
    }
    for (int s = 0; s < grid->n_seeds && n < SEEDS_MOST; s++) {
        double value = r->number(grid, b, s, r);
        if (isfinite(value))
            x[n++] = value;
    }
    if (n == 0) {
        snprintf(claim->why, sizeof claim->why, "no such task, or at chance when intact");
        return;
    }
    ww_estimate e = ww_mean_t("", x, n);
    bool interval = n >= WW_SEEDS_FOR_INTERVAL;
    claim->value = e.value;
    claim->measured = losses_of(grid, b, r, arena);
    claim->low = interval ? e.low : NAN;
    claim->high = interval ? e.high : NAN;
    double end = interval ? (r->below ? e.high : e.low) : e.value;
    bool held = r->below ? end < r->bound : end > r->bound;
    claim->verdict = held ? WW_CLAIM_HELD : WW_CLAIM_NOT_HELD;
    claim->rule =
        ww_arena_printf(arena, "%s %s %g (%s)", r->what, r->below ? "below" : "above", r->bound,
                        interval ? "95 % t interval over seeds" : "mean alone: fewer than 3 seeds");
}

ww_status ww_battery_claims(const ww_grid *grid, ww_claim **claims, int *n_claims, ww_arena *arena)
{
    int n = (int)(sizeof rules / sizeof rules[0]);
    ww_claim *claim = ww_arena_array(arena, (size_t)(n * grid->n_brains), sizeof *claim);
    if (claim == NULL)
        return WW_ENOMEM;
    *claims = claim;
    for (int b = 0; b < grid->n_brains; b++)
        for (int i = 0; i < n; i++, claim++) {
            const rule *r = &rules[i];
            *claim = (ww_claim){.id = r->id,
                                .finding = r->finding,
                                .published = r->published,
                                .source = r->source,
                                .from_memory = r->from_memory,
                                .wired = is_wired(grid->brain[b], r),
                                .brain = grid->name[b],
                                .bound = r->bound,
                                .rule = r->what};
            judge(claim, grid, b, r, arena);
        }
    *n_claims = n * grid->n_brains;
    return WW_OK;
}
