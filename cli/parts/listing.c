/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/parts/listing.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/parts/data_list.h"

enum { WIDTH = 96, INDENT = 14 };

static bool filled(const char *text)
{
    return text != NULL && text[0] != '\0';
}

void ww_print_wrapped(const char *head, const char *const *name, size_t count)
{
    int column = printf("%-*s", INDENT - 1, head);
    for (size_t i = 0; i < count; i++) {
        if (column + 1 + (int)strlen(name[i]) > WIDTH && i > 0)
            column = printf("\n%*s", INDENT - 1, "") - 1;
        column += printf(" %s", name[i]);
    }
    putchar('\n');
}

ww_status ww_list_families(bool names, ww_arena *arena)
{
    for (size_t f = 0; f < ww_families_count; f++) {
        const ww_family *family = &ww_families[f];
        const char **name = ww_arena_array(arena, family->count + 1, sizeof *name);
        if (name == NULL)
            return WW_ENOMEM;
        for (size_t i = 0; i < family->count; i++)
            name[i] = family->items[i]->name;
        if (names)
            puts(family->name);
        else
            ww_print_wrapped(family->name, name, family->count);
    }
    for (const ww_data_kind *kind = ww_data_kinds; kind->name != NULL && !names; kind++) {
        const char *const *name;
        size_t count;
        WW_TRY(ww_data_names(kind, &name, &count, arena));
        if (count > 0)
            ww_print_wrapped(kind->name, name, count);
    }
    return WW_OK;
}

/* One name, or "V3A (V3Ad V3Av)" where a file serves several. */
static int print_name(const ww_item *item, FILE *stream)
{
    if (!filled(item->members))
        return fprintf(stream, "%s", item->name);
    return fprintf(stream, "%s (%s)", item->name, item->members);
}

static void print_members(const char *members)
{
    for (const char *c = members; c != NULL && *c != '\0';) {
        c += strspn(c, " ");
        int length = (int)strcspn(c, " ");
        if (length > 0)
            printf("%.*s\n", length, c);
        c += length;
    }
}

void ww_list_items(const ww_family *family, bool names)
{
    int widest = 0;
    for (size_t i = 0; i < family->count; i++) {
        const ww_item *item = family->items[i];
        int width = (int)strlen(item->name);
        if (filled(item->members))
            width += (int)strlen(item->members) + 3;
        widest = width > widest ? width : widest;
    }
    for (size_t i = 0; i < family->count; i++) {
        const ww_item *item = family->items[i];
        if (names) {
            printf("%s\n", item->name);
            print_members(item->members);
        } else {
            int width = print_name(item, stdout);
            printf("%*s  %s\n", widest - width, "", item->summary);
        }
    }
}

void ww_list_files(const ww_family *family)
{
    for (size_t i = 0; i < family->count; i++)
        printf("%s\t%s\n", family->items[i]->name, family->files[i]);
}

/* The default of a row as text: what a struct that holds only defaults prints. */
static ww_status default_text(const ww_item *item, const ww_param *row, char *out, size_t bytes,
                              ww_arena *arena)
{
    void *self = ww_arena_alloc(arena, item->params_size + 1);
    if (self == NULL)
        return WW_ENOMEM;
    ww_params_defaults(item->params, self);
    ww_param_print(row, self, out, bytes);
    return WW_OK;
}

static void print_field(const char *name, const char *text)
{
    if (filled(text))
        printf("%-*s%s\n", INDENT, name, text);
}

ww_status ww_show_item(const ww_family *family, size_t index, ww_arena *arena)
{
    const ww_item *item = family->items[index];
    printf("%s ", family->singular);
    print_name(item, stdout);
    printf(": %s\n", item->summary);
    print_field("file", family->files[index]);
    print_field("sources", item->sources);
    print_field("example", item->example);
    if (ww_params_count(item->params) == 0)
        return WW_OK;
    char value[512], range[512];
    int names = 9, values = 7, ranges = 5;
    for (const ww_param *row = item->params; row->name != NULL; row++) {
        WW_TRY(default_text(item, row, value, sizeof value, arena));
        int lengths[] = {(int)strlen(row->name), (int)strlen(value),
                         (int)strlen(ww_param_range(row, range, sizeof range))};
        names = lengths[0] > names ? lengths[0] : names;
        values = lengths[1] > values ? lengths[1] : values;
        ranges = lengths[2] > ranges ? lengths[2] : ranges;
    }
    printf("\n%-*s  %-*s  %-*s  meaning\n", names, "parameter", values, "default", ranges, "range");
    for (const ww_param *row = item->params; row->name != NULL; row++) {
        WW_TRY(default_text(item, row, value, sizeof value, arena));
        ww_param_range(row, range, sizeof range);
        printf("%-*s  %-*s  %-*s  %s", names, row->name, values, value, ranges, range, row->help);
        printf(filled(row->source) ? " [%s]\n" : "\n", row->source);
    }
    return WW_OK;
}

/* Text in a table cell: a bar would end the cell. */
static void print_cell(const char *text)
{
    fputs(" ", stdout);
    for (const char *c = text; c != NULL && *c != '\0'; c++)
        if (*c == '|')
            fputs("\\|", stdout);
        else
            putchar(*c);
    fputs(" |", stdout);
}

ww_status ww_show_item_markdown(const ww_family *family, size_t index, ww_arena *arena)
{
    const ww_item *item = family->items[index];
    printf("## ");
    print_name(item, stdout);
    printf("\n\n%s. Source file: `%s`.\n", item->summary, family->files[index]);
    if (filled(item->sources))
        printf("\nSources: %s.\n", item->sources);
    if (filled(item->example))
        printf("\n    %s\n", item->example);
    if (ww_params_count(item->params) == 0)
        return WW_OK;
    puts("\n| parameter | type | default | range | meaning | source |\n"
         "| --- | --- | --- | --- | --- | --- |");
    for (const ww_param *row = item->params; row->name != NULL; row++) {
        char value[512], range[512];
        WW_TRY(default_text(item, row, value, sizeof value, arena));
        const char *cells[] = {row->name, ww_param_type_name(row->type),
                               value,     ww_param_range(row, range, sizeof range),
                               row->help, row->source};
        fputs("|", stdout);
        for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
            print_cell(cells[i]);
        putchar('\n');
    }
    return WW_OK;
}
