/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options from a parameter table, of every type, and --set. */
#include <criterion/criterion.h>
#include <string.h>

#include "cli/parts/options.h"

struct own {
    double size_deg;
    int items, kind;
    bool all_frames, colour;
    const char *lesion;
    ww_reals doses;
};

static const char *const kinds[] = {"ablate", "noise", NULL};
static const ww_param params[] = {WW_REAL(struct own, size_deg, 8, 0.5, 90, "deg", "size", ""),
                                  WW_INT(struct own, items, 24, 1, 100, "", "how many", ""),
                                  WW_CHOICE(struct own, kind, 0, kinds, "which", ""),
                                  WW_BOOL(struct own, all_frames, false, "all of them", ""),
                                  WW_BOOL(struct own, colour, true, "no colour", ""),
                                  WW_TEXT(struct own, lesion, "", "what", ""),
                                  WW_REALS(struct own, doses, "0, 1", 0, 1, "", "how much", ""),
                                  WW_PARAM_END};

static ww_status run(ww_cli *cli, const void *self, int argc, const char *const *argv)
{
    (void)cli, (void)self, (void)argc, (void)argv;
    return WW_OK;
}

static const ww_command command = {.item = {.name = "try",
                                            .summary = "tries",
                                            .example = "whatwhere try",
                                            .params = params,
                                            .params_size = sizeof(struct own)},
                                   .repeats = "lesion",
                                   .synopsis = "A\nB C",
                                   .sets = "what is tried",
                                   .draws = true,
                                   .plans = true,
                                   .writes = "the trial",
                                   .run = run};

static ww_cli cli;
static struct own own;
static ww_arguments rest;

static void begin(void)
{
    static const char *const nothing[] = {NULL};
    cli = (ww_cli){.seed = 1, .set = nothing, .arena = ww_arena_create()};
    ww_params_defaults(params, &own);
}

static void end(void)
{
    ww_arena_free(cli.arena);
}

/* Parses blank-separated words. */
static ww_status parse(const char *words)
{
    static char copy[512];
    const char *argv[32] = {"try"};
    int argc = 1;
    char *next = NULL;
    strcpy(copy, words);
    for (char *word = strtok_r(copy, " ", &next); word; word = strtok_r(NULL, " ", &next))
        argv[argc++] = word;
    return ww_options_parse(&rest, &cli, &command, &own, argc, argv);
}

TestSuite(cli_options, .init = begin, .fini = end);

Test(cli_options, every_type_is_read)
{
    cr_assert_eq(
        parse("A --size-deg 2.5 --items=7 --kind noise --all-frames --no-colour --doses "
              "0.25,0.5 B --lesion FFA --lesion V1>MT -o x.png --seed 18446744073709551615 "
              "--threads 2 --plan a.h5 -q --set a=1 --set b.c=d=e -- --C"),
        WW_OK, "%s", ww_error_message());
    cr_assert(own.size_deg == 2.5 && own.items == 7 && own.kind == 1);
    cr_assert(own.all_frames && !own.colour);
    cr_assert(own.doses.count == 2 && own.doses.value[0] == 0.25 && own.doses.value[1] == 0.5);
    cr_assert_str_eq(cli.output, "x.png");
    cr_assert_str_eq(cli.plan, "a.h5");
    cr_assert(cli.seed == UINT64_MAX && cli.threads == 2 && cli.quiet && !rest.help);
    cr_assert(rest.argc == 3 && strcmp(rest.argv[0], "A") == 0 && strcmp(rest.argv[2], "--C") == 0);
    const char *key, *value, *const *lesion;
    int n;
    cr_assert_eq(ww_set_split(&cli, 1, &key, &value), WW_OK);
    cr_assert_str_eq(key, "b.c");
    cr_assert_str_eq(value, "d=e");
    cr_assert(cli.set[2] == NULL);
    cr_assert_eq(ww_option_values(&cli, own.lesion, &lesion, &n), WW_OK);
    cr_assert(n == 2 && strcmp(lesion[0], "FFA") == 0 && strcmp(lesion[1], "V1>MT") == 0);
    cr_assert_eq(ww_option_values(&cli, "", &lesion, &n), WW_OK);
    cr_assert_eq(n, 0);
}

Test(cli_options, without_options_the_defaults_stay)
{
    cr_assert_eq(parse(""), WW_OK);
    cr_assert(own.size_deg == 8 && own.items == 24 && own.kind == 0 && !own.all_frames &&
              own.colour && own.lesion[0] == '\0' && own.doses.count == 2);
    cr_assert(cli.seed == 1 && cli.output == NULL && rest.argc == 0 && !rest.help);
}

Test(cli_options, what_was_given_is_known_whatever_its_value)
{
    cr_assert_eq(parse("--items 24 -q --no-colour"), WW_OK);
    cr_expect(ww_given(&cli, "items") && ww_given(&cli, "quiet") && ww_given(&cli, "colour"));
    cr_expect(!ww_given(&cli, "item") && !ww_given(&cli, "tems") && !ww_given(&cli, "seed"));
    cr_expect_eq(ww_refuse(&cli, "seed item all-frames", "no"), WW_OK);
    cr_expect_eq(ww_refuse(&cli, "seed  items quiet", "not here"), WW_EINVAL);
    cr_expect_str_eq(ww_error_message(), "--items: not here");
    cr_expect(ww_usage_failed());
}

Test(cli_options, mistakes_are_named)
{
    static const struct {
        const char *words, *message;
    } bad[] = {
        {"--items 0", "--items: 0 is outside 1 to 100"},
        {"--items 2.5", "--items: '2.5' is not an integer"},
        {"--items many", "--items: 'many' is not an integer"},
        {"--items", "--items: a value is missing"},
        {"--size-deg 100", "--size-deg: 100 is outside 0.5 to 90 deg"},
        {"--size-deg wide", "--size-deg: 'wide' is not a number"},
        {"--size_deg 2", "--size_deg: unknown option; did you mean '--size-deg'?"},
        {"--kind nois", "--kind: 'nois' is not one of ablate, noise; did you mean 'noise'?"},
        {"--doses 0,2", "--doses: 2 is outside 0 to 1"},
        {"--doses x", "--doses: 'x' is not a list of numbers"},
        {"--all-frames=3", "--all-frames=3: it takes no value"},
        {"--set a", "--set a: write --set key=value"},
        {"--set =1", "--set =1: write --set key=value"},
        {"--threads 1025", "--threads: 1025 is outside 1 to 1024"},
        {"--items 2 --items 3", "--items: it was given twice"},
        {"--seed 2 --lesion FFA --lesion V4 --seed 2", "--seed: it was given twice"},
        {"-o a -q -q --set a=1 --set a=2 --output b", "--output: it was given twice"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cli.given = NULL;
        cr_expect_neq(parse(bad[i].words), WW_OK, "%s", bad[i].words);
        cr_expect_str_eq(ww_error_message(), bad[i].message);
        cr_expect(ww_usage_failed());
    }
}

Test(cli_options, set_goes_through_a_table)
{
    cr_assert_eq(parse("--set items=9 --set kind=noise"), WW_OK);
    cr_assert_eq(ww_set_all(&cli, params, &own), WW_OK);
    cr_assert(own.items == 9 && own.kind == 1);
    cr_assert_eq(parse("--set item=9"), WW_OK);
    cr_assert_eq(ww_set_all(&cli, params, &own), WW_EPARSE);
    cr_assert_str_eq(ww_error_message(), "--set item: unknown key; did you mean 'items'?");
    cr_assert(ww_usage_failed());
}

Test(cli_options, the_number_of_arguments_is_checked)
{
    cr_assert_eq(parse("one two"), WW_OK);
    cr_assert_eq(ww_usage_count(rest.argc, rest.argv, 1, 2, "A B"), WW_OK);
    cr_assert_eq(ww_usage_count(rest.argc, rest.argv, 0, 1, "A"), WW_EINVAL);
    cr_assert_str_eq(ww_error_message(), "'two' is one argument too many; wanted: A");
    cr_assert_eq(ww_usage_count(rest.argc, rest.argv, 3, 3, "A B C"), WW_EINVAL);
    cr_assert_str_eq(ww_error_message(), "an argument is missing; wanted: A B C");
}

Test(cli_options, help_shows_each_row)
{
    char text[4096];
    FILE *stream = fmemopen(text, sizeof text, "w");
    ww_options_help(&command, stream);
    fclose(stream);
    static const char *const wanted[] = {"Usage: whatwhere try A [options]\n",
                                         "\n       whatwhere try B C [options]\n",
                                         "--size-deg=NUMBER       size (8; 0.5 to 90 deg)\n",
                                         "--items=N               how many (24; 1 to 100)\n",
                                         "--kind=ablate|noise     which (ablate)\n",
                                         "--all-frames            all of them\n",
                                         "--no-colour             no colour\n",
                                         "--doses=NUMBERS         how much (0, 1)\n",
                                         "--set=KEY=VALUE         set what is tried\n",
                                         "-o, --output=FILE           write the trial\n"};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        cr_expect(strstr(text, wanted[i]) != NULL, "no '%s' in\n%s", wanted[i], text);
}
