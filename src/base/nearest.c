#include "base/nearest.h"

#include <string.h>

/* Longer words have no nearest name. */
enum { MAX_WORD = 32 };

/* Levenshtein's distance: how many letters to insert, delete or replace. MAX_WORD if a word is longer. */
static size_t distance(const char *word, size_t length, const char *name)
{
    size_t row[MAX_WORD + 1], n = strlen(name);
    if (n > MAX_WORD || length > MAX_WORD)
        return MAX_WORD;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; i < length; i++) {
        size_t replaced = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t least = replaced + (word[i] != name[j]);
            replaced = row[j + 1];
            least = row[j] + 1 < least ? row[j] + 1 : least;
            row[j + 1] = replaced + 1 < least ? replaced + 1 : least;
        }
    }
    return row[n];
}

const char *tad__nearest(const char *word, size_t length, tad__name_list *list, const void *user)
{
    const char *name, *nearest = NULL;
    size_t      least = length < 3 ? length : 3;
    for (size_t i = 0; (name = list(user, i)) != NULL; i++) {
        size_t d = distance(word, length, name);
        if (d < least) {
            least = d;
            nearest = name;
        }
    }
    return nearest;
}
