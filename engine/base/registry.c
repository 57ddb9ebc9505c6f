/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/base/registry.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "engine/base/text.h"

enum { MOST_NAMES = 512, NAME_BYTES = 64 };

ww_status ww_family_find(const ww_family **out, const char *name)
{
    const char *names[64] = {0};
    size_t count = 0;
    for (size_t i = 0; i < ww_families_count; i++) {
        const ww_family *family = &ww_families[i];
        if (strcasecmp(name, family->name) == 0 || strcasecmp(name, family->singular) == 0) {
            *out = family;
            return WW_OK;
        }
        if (count < sizeof names / sizeof names[0])
            names[count++] = family->name;
    }
    const char *near = ww_text_nearest(name, names, count);
    if (near != NULL)
        return WW_FAIL(WW_ENOTFOUND, "unknown family '%s'; did you mean '%s'?", name, near);
    char known[400] = "";
    size_t used = 0;
    for (size_t i = 0; i < count && used + strlen(names[i]) + 3 < sizeof known; i++)
        used +=
            (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", names[i]);
    return WW_FAIL(WW_ENOTFOUND, "unknown family '%s'; there are %s", name, known);
}

/* Copies the blank-separated words of `list` into `store` and appends them to `names`. */
static size_t add_members(const char *list, char store[][NAME_BYTES], const char **names,
                          size_t count)
{
    while (list != NULL && *list != '\0' && count < MOST_NAMES) {
        list += strspn(list, " ");
        size_t length = strcspn(list, " ");
        if (length > 0 && length < NAME_BYTES) {
            memcpy(store[count], list, length);
            store[count][length] = '\0';
            names[count] = store[count];
            count++;
        }
        list += length;
    }
    return count;
}

ww_status ww_item_find(size_t *out, const ww_family *family, const char *name)
{
    for (size_t i = 0; i < family->count; i++)
        if (strcasecmp(name, family->items[i]->name) == 0 ||
            ww_text_in_list(name, family->items[i]->members)) {
            *out = i;
            return WW_OK;
        }
    const char *names[MOST_NAMES] = {0};
    static _Thread_local char store[MOST_NAMES][NAME_BYTES];
    size_t count = 0;
    for (size_t i = 0; i < family->count && count < MOST_NAMES; i++) {
        names[count++] = family->items[i]->name;
        count = add_members(family->items[i]->members, store, names, count);
    }
    const char *near = ww_text_nearest(name, names, count);
    if (near != NULL)
        return WW_FAIL(WW_ENOTFOUND, "unknown %s '%s'; did you mean '%s'?", family->singular, name,
                       near);
    return WW_FAIL(WW_ENOTFOUND, "unknown %s '%s'; 'whatwhere list %s' shows those that exist",
                   family->singular, name, family->name);
}
