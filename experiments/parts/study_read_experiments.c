/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The experiments of a study file, with their parameters. */
#include <string.h>

#include "experiments/parts/study_read.h"

/* `of` is the member of a map of experiments; NULL in a list of names. */
static ww_status find_experiment(ww_study_reader *r, const ww_yaml *node, const ww_yaml *of,
                                 const char *name, int i)
{
    const ww_family *family;
    size_t found;
    ww_study *s = r->study;
    WW_TRY(ww_family_find(&family, "experiments"));
    if (ww_item_find(&found, family, name) != WW_OK) {
        ww_error_prefix("%s:%d: ", node->file, node->line);
        return WW_ENOTFOUND;
    }
    for (int k = 0; k < i; k++)
        if (s->experiment[k] == ww_experiments[found])
            return WW_FAIL(WW_EPARSE, "%s:%d: experiments: %s stands twice", node->file, node->line,
                           name);
    const ww_experiment *experiment = ww_experiments[found];
    void *params = ww_arena_alloc(r->arena, experiment->item.params_size + 1);
    if (params == NULL)
        return WW_ENOMEM;
    ww_params_defaults(experiment->item.params, params);
    ((const ww_experiment **)s->experiment)[i] = experiment;
    ((void **)s->experiment_params)[i] = params;
    const char *path = ww_arena_printf(r->arena, "experiments.%s.", name);
    if (path == NULL)
        return WW_ENOMEM;
    if (of != NULL)
        WW_TRY(ww_yaml_params(of, experiment->item.params, params, path, NULL, r->arena));
    const ww_yaml *trials = ww_study_find(r, "trials");
    if (trials == NULL || ww_params_find(experiment->item.params, "tasks.trials") == NULL)
        return WW_OK;
    return ww_params_set(experiment->item.params, params, "tasks.trials", trials->text,
                         "--trials: ", r->arena);
}

/* Sets "KEY=VALUE" of the command line in every experiment that has the key; if none has, the first
 * one says so. */
static ww_status set_parameter(ww_study_reader *r, const char *word)
{
    const ww_study *s = r->study;
    const char *equals = strchr(word, '=');
    const char *key = ww_arena_printf(r->arena, "%.*s", (int)(equals - word), word);
    int found = 0;
    if (key == NULL)
        return WW_ENOMEM;
    for (int e = 0; e <= s->n_experiments; e++) {
        bool last = e == s->n_experiments;
        if (last && found > 0)
            break;
        int at = last ? 0 : e;
        const ww_param *table = s->experiment[at]->item.params;
        if (!last && ww_params_find(table, key) == NULL)
            continue;
        WW_TRY(ww_params_set(table, s->experiment_params[at], key, equals + 1, "--set experiment.",
                             r->arena));
        found++;
    }
    return WW_OK;
}

/* --trials is not lost on a study whose experiments have none. */
static ww_status check_trials(const ww_study_reader *r)
{
    for (int e = 0; e < r->study->n_experiments; e++)
        if (ww_params_find(r->study->experiment[e]->item.params, "tasks.trials") != NULL)
            return WW_OK;
    if (ww_study_find(r, "trials") == NULL)
        return WW_OK;
    return WW_FAIL(WW_EPARSE,
                   "--trials: no experiment of %s has 'tasks.trials'; --set "
                   "experiment.KEY=VALUE sets what they have",
                   r->study->file);
}

ww_status ww_study_read_experiments(ww_study_reader *r)
{
    const ww_yaml *node;
    ww_study *s = r->study;
    WW_TRY(ww_yaml_get(&node, r->root, "experiments"));
    bool map = node->kind == WW_YAML_MAP;
    const char *const *words = NULL;
    if (!map)
        WW_TRY(ww_yaml_words(node, &words, &s->n_experiments, r->arena));
    else
        s->n_experiments = node->count;
    s->experiment = ww_study_list(r, (size_t)s->n_experiments, sizeof(void *));
    s->experiment_params = ww_study_list(r, (size_t)s->n_experiments, sizeof(void *));
    if (s->experiment == NULL || s->experiment_params == NULL)
        return WW_ENOMEM;
    for (int i = 0; i < s->n_experiments; i++)
        WW_TRY(map ? find_experiment(r, node->item[i], node->item[i], node->item[i]->key, i)
                   : find_experiment(r, node, NULL, words[i], i));
    if (s->n_experiments < 1)
        return WW_FAIL(WW_EPARSE, "%s:%d: experiments: at least one is wanted", node->file,
                       node->line);
    WW_TRY(check_trials(r));
    for (int i = 0; i < s->n_experiments; i++)
        s->train = s->train || s->experiment[i]->wants == WW_WANTS_TRAINED;
    for (int i = 0; r->parameter[i] != NULL; i++)
        WW_TRY(set_parameter(r, r->parameter[i]));
    return WW_OK;
}
