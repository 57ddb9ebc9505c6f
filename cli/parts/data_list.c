/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/parts/data_list.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/data_path.h"
#include "engine/store/yaml.h"

enum { PATH_BYTES = 4096 };

const ww_data_kind ww_data_kinds[] = {{"brains", "brain", "connectome/brains"},
                                      {"studies", "study", "experiments"},
                                      {NULL, NULL, NULL}};

const ww_data_kind *ww_data_kind_find(const char *name)
{
    for (const ww_data_kind *kind = ww_data_kinds; kind->name != NULL; kind++)
        if (strcasecmp(name, kind->name) == 0 || strcasecmp(name, kind->singular) == 0)
            return kind;
    return NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A list of names that grows in an arena. */
typedef struct name_list {
    const char **name;
    size_t count, room;
    ww_arena *arena;
} name_list;

static ww_status add_name(name_list *list, const char *name, size_t length)
{
    for (size_t i = 0; i < list->count; i++)
        if (strlen(list->name[i]) == length && strncmp(list->name[i], name, length) == 0)
            return WW_OK;
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 32 : 2 * list->room;
        const char **longer = ww_arena_array(list->arena, room, sizeof *longer);
        if (longer == NULL)
            return WW_ENOMEM;
        if (list->count > 0)
            memcpy(longer, list->name, list->count * sizeof *longer);
        list->name = longer;
        list->room = room;
    }
    const char *copy = ww_arena_printf(list->arena, "%.*s", (int)length, name);
    if (copy == NULL)
        return WW_ENOMEM;
    list->name[list->count++] = copy;
    return WW_OK;
}

static ww_status add_folder(name_list *list, const char *path)
{
    DIR *stream = opendir(path);
    ww_status status = WW_OK;
    if (stream == NULL)
        return WW_OK;
    for (struct dirent *entry; status == WW_OK && (entry = readdir(stream)) != NULL;) {
        size_t length = strlen(entry->d_name);
        if (length > 5 && strcmp(entry->d_name + length - 5, ".yaml") == 0)
            status = add_name(list, entry->d_name, length - 5);
    }
    closedir(stream);
    return status;
}

ww_status ww_data_names(const ww_data_kind *kind, const char *const **names, size_t *count,
                        ww_arena *arena)
{
    const char *folder[4];
    char path[PATH_BYTES];
    name_list list = {.arena = arena};
    ww_data_folders(folder);
    for (int i = 0; folder[i] != NULL; i++) {
        snprintf(path, sizeof path, "%s/%s", folder[i], kind->folder);
        WW_TRY(add_folder(&list, path));
    }
    if (list.count > 0)
        qsort(list.name, list.count, sizeof *list.name, by_name);
    *names = list.name;
    *count = list.count;
    return WW_OK;
}

static ww_status print_summary(const ww_data_kind *kind, const char *name, int width,
                               ww_arena *arena)
{
    char relative[PATH_BYTES], path[PATH_BYTES];
    ww_yaml *document;
    snprintf(relative, sizeof relative, "%s/%s.yaml", kind->folder, name);
    WW_TRY(ww_data_path(path, sizeof path, relative));
    WW_TRY(ww_yaml_read(&document, path, arena));
    const ww_yaml *summary = ww_yaml_find(document, "summary");
    printf("%-*s  %s\n", width, name,
           summary != NULL && summary->kind == WW_YAML_SCALAR ? summary->text : "");
    return WW_OK;
}

ww_status ww_list_data(const ww_data_kind *kind, bool names, ww_arena *arena)
{
    const char *const *name;
    size_t count;
    int widest = 0;
    WW_TRY(ww_data_names(kind, &name, &count, arena));
    for (size_t i = 0; i < count; i++)
        widest = (int)strlen(name[i]) > widest ? (int)strlen(name[i]) : widest;
    for (size_t i = 0; i < count; i++) {
        if (names)
            puts(name[i]);
        else
            WW_TRY(print_summary(kind, name[i], widest, arena));
    }
    return WW_OK;
}
