/* SPDX-License-Identifier: GPL-3.0-or-later */
/* YAML trees: what is read, what is refused and in which words. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/store/yaml.h"
#include "tests/support/folder.h"

static ww_arena *arena;

static void begin(void)
{
    ww_folder_make();
    arena = ww_arena_create();
}

static void end(void)
{
    ww_arena_free(arena);
    ww_folder_remove();
}

TestSuite(store_yaml, .init = begin, .fini = end);

static ww_yaml *parse(const char *text)
{
    ww_yaml *doc;
    expect_ok(ww_yaml_parse(&doc, text, "brain.yaml", arena));
    return doc;
}

Test(store_yaml, reads_a_tree_with_lines)
{
    const ww_yaml *doc = parse("# a comment\n"
                               "brain: two-streams\n"
                               "areas:\n"
                               "  V1: {orientations: 8, frequencies_cpd: [1, 2, 4]}\n"
                               "  V4:\n"
                               "note: |\n"
                               "  two\n"
                               "  lines\n"
                               "quoted: 'a: b'\n"
                               "escaped: \"\\u00e9\\t#\"\n");
    cr_assert_eq(doc->kind, WW_YAML_MAP);
    cr_assert_eq(doc->count, 5);
    cr_assert_str_eq(doc->file, "brain.yaml");
    cr_assert_str_eq(ww_yaml_find(doc, "brain")->text, "two-streams");
    cr_assert_eq(ww_yaml_find(doc, "brain")->line, 2);
    const ww_yaml *areas = ww_yaml_find(doc, "areas");
    cr_assert_eq(areas->line, 3, "the line of a member is that of its key");
    cr_assert_eq(ww_yaml_find(areas, "V4")->kind, WW_YAML_SCALAR);
    cr_assert_str_eq(ww_yaml_find(areas, "V4")->text, "");
    cr_assert_eq(ww_yaml_find(areas, "V4")->line, 5);
    const ww_yaml *list = ww_yaml_find(ww_yaml_find(areas, "V1"), "frequencies_cpd");
    cr_assert_eq(list->kind, WW_YAML_LIST);
    cr_assert_eq(list->count, 3);
    cr_assert_str_eq(list->item[2]->text, "4");
    cr_assert_null(list->item[2]->key);
    cr_assert_str_eq(ww_yaml_find(doc, "note")->text, "two\nlines\n");
    cr_assert_str_eq(ww_yaml_find(doc, "quoted")->text, "a: b");
    cr_assert_str_eq(ww_yaml_find(doc, "escaped")->text, "\xc3\xa9\t#");
    cr_assert_null(ww_yaml_find(doc, "absent"));
    cr_assert_null(ww_yaml_find(list, "absent"));
}

Test(store_yaml, aliases_stand_for_their_anchors)
{
    const ww_yaml *doc = parse("base: &b {gain: 2, rest: [x, y]}\n"
                               "V1: *b\n"
                               "V2: [*b, &c 3]\n"
                               "again: &b other\n"
                               "V3: *b\n"
                               "*c : key\n");
    const ww_yaml *v1 = ww_yaml_find(doc, "V1");
    cr_assert_str_eq(v1->key, "V1");
    cr_assert_eq(v1->line, 2);
    cr_assert_str_eq(ww_yaml_find(v1, "gain")->text, "2");
    cr_assert_eq(ww_yaml_find(v1, "gain")->line, 1);
    cr_assert_str_eq(ww_yaml_find(doc, "base")->key, "base");
    cr_assert_null(ww_yaml_find(doc, "V2")->item[0]->key);
    cr_assert_str_eq(ww_yaml_find(doc, "V3")->text, "other", "the latest anchor of a name counts");
    cr_assert_str_eq(ww_yaml_find(doc, "3")->text, "key");
}

Test(store_yaml, says_what_is_wrong_and_where)
{
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"", "brain.yaml:1: nothing but blanks and comments"},
        {"# only this\n", "brain.yaml:1: nothing but blanks and comments"},
        {"a: 1\nb: 2\na: 3\n", "brain.yaml:3: 'a' stands twice; the first is in line 1"},
        {"a: {x: 1, y: 2,\n  x: 3}\n", "brain.yaml:2: 'x' stands twice; the first is in line 1"},
        {"a: 1\n---\nb: 2\n", "brain.yaml:2: a second document"},
        {"a: [1, 2\nb: 3\n", "brain.yaml:2: did not find expected ',' or ']' while parsing a flow "
                             "sequence that starts in line 1"},
        {"a: 1\n\tb: 2\n", "brain.yaml:2: found a tab character that violates indentation while "
                           "scanning a plain scalar that starts in line 1"},
        {"a: 'x\n", "brain.yaml:2: found unexpected end of stream while scanning a quoted scalar "
                    "that starts in line 1"},
        {"a: *nowhere\n", "brain.yaml:1: '*nowhere' has no anchor '&nowhere' before it"},
        {"a: &x [1, *x]\n", "brain.yaml:1: '*x' has no anchor '&x' before it"},
        {"a: 1\n[1, 2]: 3\n", "brain.yaml:2: a key that is no text"},
        {"a: 1\nb: \"\\0\"\n", "brain.yaml:2: a text with a NUL character"},
        {"a: 1\nb: \xff\n", "brain.yaml:2: invalid leading UTF-8 octet"},
        {"a: 1\nb: \x01\n", "brain.yaml:2: control characters are not allowed"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ww_yaml *doc;
        expect_failure(ww_yaml_parse(&doc, bad[i].text, "brain.yaml", arena), WW_EPARSE,
                       bad[i].message);
    }
}

Test(store_yaml, refuses_what_would_never_end)
{
    ww_yaml *doc;
    char deep[201], laughs[2000] = "a0: &a0 lol\n";
    memset(deep, '[', 200);
    deep[200] = '\0';
    expect_failure(ww_yaml_parse(&doc, deep, "deep.yaml", arena), WW_EPARSE,
                   "deep.yaml:1: nested more than 64 deep");
    for (int i = 1; i < 20; i++) /* 9^19 values in 20 lines */
        sprintf(laughs + strlen(laughs),
                "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1, i - 1,
                i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    expect_failure(ww_yaml_parse(&doc, laughs, "laughs.yaml", arena), WW_EPARSE,
                   "laughs.yaml:7: more than 250000 values, aliases expanded");
}

Test(store_yaml, files_that_cannot_be_read)
{
    ww_yaml *doc;
    expect_failure(ww_yaml_read(&doc, ww_path("no.yaml"), arena), WW_EIO,
                   "@/no.yaml: no such file or directory");
    expect_failure(ww_yaml_read(&doc, ww_path("."), arena), WW_EIO, "@/.: is a directory");
    expect_failure(ww_yaml_read(&doc, "/dev/zero", arena), WW_EPARSE,
                   "/dev/zero: larger than 16777216 bytes");
    const char *good = ww_file_with("nul.yaml", "a: 1\nb: \0\n", 10);
    expect_failure(ww_yaml_read(&doc, good, arena), WW_EPARSE,
                   "@/nul.yaml:2: control characters are not allowed");
    expect_ok(ww_yaml_read(&doc,
                           ww_file_with_text("good.yaml", "\xef\xbb\xbf"
                                                          "a: 1\r\n"),
                           arena));
    cr_assert_str_eq(ww_yaml_find(doc, "a")->text, "1");
}

Test(store_yaml, checks_keys_and_kinds)
{
    const char *const keys[] = {"brain", "areas", "wiring", NULL};
    const ww_yaml *doc = parse("brain: x\nareas: [1]\nwirng: 2\nempty:\n"), *found;
    expect_ok(ww_yaml_get(&found, doc, "brain"));
    expect_failure(ww_yaml_get(&found, doc, "tasks"), WW_EPARSE,
                   "brain.yaml:1: 'tasks' is missing");
    expect_failure(ww_yaml_get(&found, ww_yaml_find(doc, "empty"), "a"), WW_EPARSE,
                   "brain.yaml:4: 'a' is missing");
    expect_failure(ww_yaml_get(&found, ww_yaml_find(doc, "areas"), "a"), WW_EPARSE,
                   "brain.yaml:2: areas: a map is wanted");
    expect_failure(ww_yaml_only(doc, keys, "a brain"), WW_EPARSE,
                   "brain.yaml:3: unknown key 'wirng' of a brain; did you mean 'wiring'?");
    expect_failure(ww_yaml_only(doc, keys, NULL), WW_EPARSE,
                   "brain.yaml:3: unknown key 'wirng'; did you mean 'wiring'?");
    expect_failure(ww_yaml_only(parse("brain: 1\nzzzzzzz: 1"), keys, NULL), WW_EPARSE,
                   "brain.yaml:2: unknown key 'zzzzzzz'; known here: brain, areas, wiring");
    expect_ok(ww_yaml_only(parse("wiring: 1\nbrain: 1"), keys, NULL));
    expect_ok(ww_yaml_only(ww_yaml_find(doc, "empty"), keys, NULL));
    expect_failure(ww_yaml_expect(ww_yaml_find(doc, "brain"), WW_YAML_LIST), WW_EPARSE,
                   "brain.yaml:1: brain: a list is wanted");
    expect_failure(ww_yaml_expect(ww_yaml_find(doc, "areas"), WW_YAML_SCALAR), WW_EPARSE,
                   "brain.yaml:2: areas: one value is wanted");
    expect_failure(ww_yaml_expect(ww_yaml_find(doc, "areas")->item[0], WW_YAML_MAP), WW_EPARSE,
                   "brain.yaml:2: a map is wanted");
    expect_ok(ww_yaml_expect(doc, WW_YAML_MAP));
}

Test(store_yaml, words)
{
    const ww_yaml *doc = parse("a: [x, y]\nb: z\nc: {k: v}\nd: [x, [y]]\ne: []\n");
    const char *const *words;
    int count;
    expect_ok(ww_yaml_words(ww_yaml_find(doc, "a"), &words, &count, arena));
    cr_assert_eq(count, 2);
    cr_assert_str_eq(words[1], "y");
    expect_ok(ww_yaml_words(ww_yaml_find(doc, "b"), &words, &count, arena));
    cr_assert_eq(count, 1);
    cr_assert_str_eq(words[0], "z");
    expect_ok(ww_yaml_words(ww_yaml_find(doc, "e"), &words, &count, arena));
    cr_assert_eq(count, 0);
    expect_failure(ww_yaml_words(ww_yaml_find(doc, "c"), &words, &count, arena), WW_EPARSE,
                   "brain.yaml:3: c: a list is wanted");
    expect_failure(ww_yaml_words(ww_yaml_find(doc, "d"), &words, &count, arena), WW_EPARSE,
                   "brain.yaml:4: one value is wanted");
}

struct v1 {
    double sigma_deg;
    int channels;
    ww_reals orientations;
    const char *note;
};

static const ww_param params[] = {
    WW_REAL(struct v1, sigma_deg, 1, 0.01, 10, "deg", "width", ""),
    WW_INT(struct v1, channels, 8, 1, 64, "", "channels", ""),
    WW_REALS(struct v1, orientations, "0, 90", 0, 180, "deg", "orientations", ""),
    WW_TEXT(struct v1, note, "none", "note", ""),
    WW_PARAM_END,
};

Test(store_yaml, sets_parameters)
{
    const char *const except[] = {"reads", NULL};
    struct v1 v1;
    ww_params_defaults(params, &v1);
    const ww_yaml *doc = parse("sigma_deg: 2.5\norientations: [0, 45, 90]\nreads: {a: b}\n"
                               "note: 'a, b'\n");
    expect_ok(ww_yaml_params(doc, params, &v1, "area.V1.", except, arena));
    cr_assert_eq(v1.sigma_deg, 2.5);
    cr_assert_eq(v1.channels, 8);
    cr_assert_eq(v1.orientations.count, 3);
    cr_assert_eq(v1.orientations.value[1], 45);
    cr_assert_str_eq(v1.note, "a, b");
    expect_ok(ww_yaml_params(ww_yaml_find(parse("V1:"), "V1"), params, &v1, "", NULL, arena));

    static const struct {
        const char *text, *message;
    } bad[] = {
        {"\n\nsigma_deg: 40", "lesion.yaml:3: area.V1.sigma_deg: 40 is outside 0.01 to 10 deg"},
        {"channels: 1\nsigma_deg: wide",
         "lesion.yaml:2: area.V1.sigma_deg: 'wide' is not a number"},
        {"sigma_deg: [1, 2]",
         "lesion.yaml:1: area.V1.sigma_deg: one value is wanted, this is a list"},
        {"orientation: 3", "lesion.yaml:1: area.V1.orientation: unknown key; did you mean "
                           "'orientations'?"},
        {"orientation: {a: 3}", "lesion.yaml:1: area.V1.orientation: unknown key; did you mean "
                                "'orientations'?"},
        {"orientations: [0, 200]", "lesion.yaml:1: area.V1.orientations: 200 is outside 0 to 180 "
                                   "deg"},
        {"orientations: []", "lesion.yaml:1: area.V1.orientations: '' is not a list of numbers"},
        {"channels: {a: 3}", "lesion.yaml:1: area.V1.channels: a value is wanted, this is a map"},
        {"channels: [[1]]", "lesion.yaml:1: area.V1.channels: one value is wanted, this is a list"},
        {"[1, 2]", "lesion.yaml:1: a map is wanted"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ww_yaml *lesion;
        expect_ok(ww_yaml_parse(&lesion, bad[i].text, "lesion.yaml", arena));
        expect_failure(ww_yaml_params(lesion, params, &v1, "area.V1.", except, arena), WW_EPARSE,
                       bad[i].message);
    }
}

static void expect_same(const ww_yaml *a, const ww_yaml *b)
{
    cr_assert_eq(a->kind, b->kind);
    cr_assert_eq(a->count, b->count);
    cr_assert_eq(a->key == NULL, b->key == NULL);
    if (a->key != NULL)
        cr_assert_str_eq(a->key, b->key);
    if (a->kind == WW_YAML_SCALAR)
        cr_assert_str_eq(a->text, b->text);
    for (int i = 0; i < a->count; i++)
        expect_same(a->item[i], b->item[i]);
}

Test(store_yaml, what_is_printed_reads_back)
{
    static const char *const texts[] = {
        "a: 1\nb: [1, 2, 3]\nc: {d: [], e: {}, f: ''}\n",
        "- - 1\n  - [a, {b: c}]\n- x\n",
        "just a word",
        "''",
        "k: \"  leading, trailing  \"\nl: \"line\\n  line\\n\\n\"\nm: \"\\x07\\t\\\\ \\u2028\"\n",
        "'? x': '- y'\n'#': '# z'\n'a: b': '*c'\n? \"two\\nlines\"\n: '&d'\n",
        "n: '~'\no: 'yes'\np: '1e5'\nq: |+\n  kept\n\n\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char *printed;
        const ww_yaml *tree = parse(texts[i]);
        expect_ok(ww_yaml_print(tree, &printed, arena));
        expect_same(tree, parse(printed));
    }
    char *printed;
    expect_ok(ww_yaml_print(parse("a: &x [1, 2]\nb: {c: *x, d: [{e: f}]}"), &printed, arena));
    cr_assert_str_eq(printed, "a: [1, 2]\nb:\n  c: [1, 2]\n  d:\n  - e: f\n");
    ww_yaml bad = {.kind = WW_YAML_SCALAR, .text = "\xff"};
    expect_failure(ww_yaml_print(&bad, &printed, arena), WW_EINVAL,
                   "a tree that cannot be written as YAML: a text is not UTF-8");
}
