/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LONGEST_WORD = 64 };

bool ww_text_to_real(const char *text, double *value)
{
    if (text[0] == '\0' || isspace((unsigned char)text[0]))
        return false;
    char *end;
    double number = strtod(text, &end);
    if (*end != '\0' || !isfinite(number))
        return false;
    *value = number;
    return true;
}

bool ww_text_to_int(const char *text, long long *value)
{
    if (text[0] == '\0' || isspace((unsigned char)text[0]))
        return false;
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (*end != '\0' || errno != 0)
        return false;
    *value = number;
    return true;
}

static double substitution(char a, char b)
{
    if (a == b)
        return 0;
    return tolower((unsigned char)a) == tolower((unsigned char)b) ? 0.5 : 1;
}

double ww_text_distance(const char *a, const char *b)
{
    size_t na = strnlen(a, LONGEST_WORD), nb = strnlen(b, LONGEST_WORD);
    double row[3][LONGEST_WORD + 1]; /* rows i-2, i-1 and i of the table */
    for (size_t j = 0; j <= nb; j++)
        row[0][j] = (double)j;
    for (size_t i = 1; i <= na; i++) {
        double *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = (double)i;
        for (size_t j = 1; j <= nb; j++) {
            double best = last[j - 1] + substitution(a[i - 1], b[j - 1]);
            best = fmin(best, fmin(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = fmin(best, before[j - 2] + 1);
            now[j] = best;
        }
    }
    return row[na % 3][nb];
}

const char *ww_text_nearest(const char *word, const char *const *names, size_t count)
{
    const char *best = NULL;
    double least = 1 + (double)strnlen(word, LONGEST_WORD) / 4; /* more is another word */
    for (size_t i = 0; i < count; i++) {
        double distance = ww_text_distance(word, names[i]);
        if (distance < least && distance < (double)strlen(names[i])) {
            least = distance;
            best = names[i];
        }
    }
    return best;
}

bool ww_text_in_list(const char *word, const char *list)
{
    size_t length = strlen(word);
    while (list != NULL && *list != '\0') {
        list += strspn(list, " ");
        size_t item = strcspn(list, " ");
        if (item == length && length > 0 && strncasecmp(word, list, item) == 0)
            return true;
        list += item;
    }
    return false;
}
