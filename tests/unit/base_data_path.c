/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/data_path.h"
#include "engine/base/version.h"

static char home[64];

static void write_file(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", home, name);
    FILE *file = fopen(path, "w");
    cr_assert(file != NULL);
    fclose(file);
}

static void make_home(void)
{
    char path[128];
    strcpy(home, "/tmp/ww-data-XXXXXX");
    cr_assert(mkdtemp(home) != NULL);
    snprintf(path, sizeof path, "%s/brains", home);
    cr_assert(mkdir(path, 0700) == 0);
    write_file("brains/two-streams.yaml");
    setenv("WHATWHERE_HOME", home, 1);
}

static void remove_home(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", home);
    cr_assert(system(command) == 0);
}

TestSuite(base_data_path, .init = make_home, .fini = remove_home);

Test(base_data_path, the_folder_of_the_environment_comes_first)
{
    char path[256], wanted[256];
    snprintf(wanted, sizeof wanted, "%s/Makefile", home);
    cr_assert_eq(ww_data_path(path, sizeof path, "Makefile"), WW_OK);
    cr_assert_str_neq(path, wanted, "the source tree has the file, the home not yet");
    write_file("Makefile");
    cr_assert_eq(ww_data_path(path, sizeof path, "Makefile"), WW_OK);
    cr_assert_str_eq(path, wanted);
    unsetenv("WHATWHERE_HOME");
    cr_assert_eq(ww_data_path(path, sizeof path, "Makefile"), WW_OK);
    cr_assert_str_neq(path, wanted);
}

Test(base_data_path, a_missing_file_is_named_with_all_folders_and_a_neighbour)
{
    char path[256], wanted[1024], where[800] = "";
    const char *folder[4];
    ww_data_folders(folder);
    cr_assert_str_eq(folder[0], home);
    for (int i = 0; folder[i] != NULL; i++) {
        strcat(where, i ? ", " : "");
        strcat(where, folder[i]);
    }
    cr_assert_eq(ww_data_path(path, sizeof path, "brains/two-stream.yaml"), WW_ENOTFOUND);
    snprintf(wanted, sizeof wanted,
             "brains/two-stream.yaml not found in %s; did you mean 'brains/two-streams.yaml'?",
             where);
    cr_assert_str_eq(ww_error_message(), wanted);
    cr_assert_eq(ww_data_path(path, sizeof path, "nowhere/zebra.tsv"), WW_ENOTFOUND);
    snprintf(wanted, sizeof wanted, "nowhere/zebra.tsv not found in %s", where);
    cr_assert_str_eq(ww_error_message(), wanted);
}

Test(base_data_path, a_path_without_room_is_refused)
{
    char path[20], wanted[256];
    cr_assert_eq(ww_data_path(path, sizeof path, "brains/two-streams.yaml"), WW_EINVAL);
    snprintf(wanted, sizeof wanted, "%s/brains/two-streams.yaml: the path is too long", home);
    cr_assert_str_eq(ww_error_message(), wanted);
}

Test(base_version, says_what_was_built)
{
    int major, minor, patch;
    cr_assert_eq(sscanf(ww_version(), "%d.%d.%d", &major, &minor, &patch), 3);
    cr_assert(strlen(ww_commit()) >= 7);
    cr_assert(strstr(ww_libraries(), "hdf5 1.") != NULL && strstr(ww_libraries(), "dnnl ") != NULL);
    cr_assert(strncmp(ww_compiler(), "gcc ", 4) == 0 || strncmp(ww_compiler(), "clang ", 6) == 0);
}
