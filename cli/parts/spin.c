/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OpenMP's threads spin for milliseconds where they wait for each other; on cores that something
 * else uses too, that makes a training thirty times slower (102 s instead of 7 s where one of two
 * cores was busy). A hundredth of it costs little there (HMAX of 2007: 26 ms a picture; 22 with a
 * third of that) and nothing on idle cores (10.8 ms; 11.7).
 *
 * libgomp reads how long from its environment before main, so the command would have to start
 * itself once more, which takes 10 to 50 ms. With glibc there is an earlier moment: functions in
 * the section .preinit_array run before all libraries begin, with the environment as the kernel
 * left it on the stack. There is no room to add to it, but most have one of three variables in
 * which shells take notes that no program wants: the setting takes its place. */
#include "cli/parts/spin.h"

#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#define NAME  "GOMP_SPINCOUNT"
#define COUNT "3000"

#ifdef __GLIBC__
/* Nor has a sanitizer begun. */
#define UNCHECKED __attribute__((no_sanitize("address", "undefined", "thread")))

UNCHECKED static bool begins_with(const char *text, const char *with)
{
    while (*with != '\0')
        if (*text++ != *with++)
            return false;
    return true;
}

/* No library has begun, so none is called. */
UNCHECKED static void set_early(int argc, char **argv, char **environment)
{
    static char setting[] = NAME "=" COUNT;
    char **spare = NULL;
    (void)argc;
    (void)argv;
    for (char **e = environment; *e != NULL; e++) {
        if (begins_with(*e, NAME "=") || begins_with(*e, "OMP_WAIT_POLICY="))
            return;
        if (begins_with(*e, "_=") || begins_with(*e, "SHLVL=") || begins_with(*e, "OLDPWD="))
            spare = e;
    }
    if (spare != NULL)
        *spare = setting;
}

__attribute__((section(".preinit_array"), used)) static void (*const early)(int, char **,
                                                                            char **) = set_early;
#endif

void ww_spin_briefly(char **argv)
{
    if (getenv(NAME) != NULL || getenv("OMP_WAIT_POLICY") != NULL)
        return;
    if (setenv(NAME, COUNT, 0) == 0)
        execv("/proc/self/exe", argv); /* where that is not to be had, all goes on as it is */
}
