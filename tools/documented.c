/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints what is missing in the descriptors of the registered parts, for `make check`: a summary, a
 * help text for every parameter, a default within its range, an example that names a command, and
 * sources that docs/references.bib knows. Sources named in the columns "source" and "sources" of
 * data tables are looked up too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/registry.h"

static char *bibliography;

static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return NULL;
    char *text = NULL;
    size_t bytes = 0;
    if (getdelim(&text, &bytes, '\0', file) < 0) {
        free(text);
        text = NULL;
    }
    fclose(file);
    return text;
}

static bool known(const char *key, size_t length)
{
    char entry[128];
    snprintf(entry, sizeof entry, "{%.*s,", (int)length, key);
    return strstr(bibliography, entry) != NULL;
}

static void check_sources(const char *file, const char *what, const char *keys)
{
    while (keys != NULL && *keys != '\0') {
        keys += strspn(keys, " ");
        size_t length = strcspn(keys, " ");
        if (length > 0 && !known(keys, length))
            printf("%s:1: %s: source %.*s is not in docs/references.bib\n", file, what, (int)length,
                   keys);
        keys += length;
    }
}

static bool empty(const char *text)
{
    return text == NULL || text[0] == '\0';
}

static void check_row(const ww_item *item, const ww_param *row, const char *file)
{
    char what[128];
    snprintf(what, sizeof what, "%s.%s", item->name, row->name);
    if (empty(row->help))
        printf("%s:1: %s: no help\n", file, what);
    if (row->unit == NULL)
        printf("%s:1: %s: no unit; \"\" stands for none\n", file, what);
    bool number = row->type == WW_PARAM_REAL || row->type == WW_PARAM_INT;
    if (number && (row->value < row->low || row->value > row->high))
        printf("%s:1: %s: the default is outside the range\n", file, what);
    check_sources(file, what, row->source);
}

/* An example is a command line of this program, or a line of YAML. */
static void check_example(const ww_item *item, const char *file)
{
    char command[64];
    const ww_family *family;
    size_t index;
    if (empty(item->example) || sscanf(item->example, "whatwhere %63s", command) != 1)
        return;
    if (ww_family_find(&family, "commands") != WW_OK ||
        ww_item_find(&index, family, command) != WW_OK)
        printf("%s:1: %s: the example '%s' names no command\n", file, item->name, item->example);
}

static void check_item(const ww_family *family, size_t index)
{
    const ww_item *item = family->items[index];
    const char *file = family->files[index];
    if (empty(item->name)) {
        printf("%s:1: no name\n", file);
        return;
    }
    if (empty(item->summary))
        printf("%s:1: %s: no summary\n", file, item->name);
    else if (item->summary[strlen(item->summary) - 1] == '.')
        printf("%s:1: %s: the summary ends with a full stop\n", file, item->name);
    for (size_t i = 0; i < index; i++)
        if (strcmp(family->items[i]->name, item->name) == 0)
            printf("%s:1: %s: %s has the same name\n", file, item->name, family->files[i]);
    for (const ww_param *row = item->params; row != NULL && row->name != NULL; row++)
        check_row(item, row, file);
    check_sources(file, item->name, item->sources);
    check_example(item, file);
}

/* The number of the column that holds sources, -1 if there is none. */
static int source_column(char *line)
{
    int column = 0;
    char *rest = NULL;
    for (char *cell = strtok_r(line, "\t", &rest); cell; cell = strtok_r(NULL, "\t", &rest)) {
        if (strcmp(cell, "source") == 0 || strcmp(cell, "sources") == 0)
            return column;
        column++;
    }
    return -1;
}

static void check_table(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[8192], what[64];
    int column = -2, number = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        number++;
        if (line[0] == '\0' || line[0] == '#')
            continue;
        if (column == -2) {
            column = source_column(line);
            continue;
        }
        char *cell = line;
        for (int i = 0; i < column && cell != NULL; i++)
            cell = strchr(cell, '\t') != NULL ? strchr(cell, '\t') + 1 : NULL;
        if (column < 0 || cell == NULL)
            continue;
        cell[strcspn(cell, "\t")] = '\0';
        snprintf(what, sizeof what, "line %d", number);
        check_sources(path, what, cell);
    }
    if (file != NULL)
        fclose(file);
}

int main(int argc, char **argv)
{
    bibliography = read_whole("docs/references.bib");
    if (bibliography == NULL)
        puts("docs/references.bib:1: cannot be read");
    for (size_t f = 0; f < ww_families_count && bibliography != NULL; f++)
        for (size_t i = 0; i < ww_families[f].count; i++)
            check_item(&ww_families[f], i);
    for (int i = 1; i < argc && bibliography != NULL; i++)
        check_table(argv[i]);
    free(bibliography);
    return 0;
}
