/* "Did you mean ...?": the name nearest to a word. */
#ifndef TAD__BASE_NEAREST_H
#define TAD__BASE_NEAREST_H

#include <stddef.h>

/* The i-th of some names; NULL past the last. */
typedef const char *tad__name_list(const void *user, size_t i);

/* The nearest name by Levenshtein's distance, unless it is more than two letters off, or as many as the word has: NULL. */
const char *tad__nearest(const char *word, size_t length, tad__name_list *list, const void *user);

#endif
