/* What a gradient check found, as text. */
#include "base/memory.h"
#include "base/text.h"

#include <tad/gradcheck.h>

void tad_gradcheck_free(tad_gradcheck_report *report)
{
    if (!report)
        return;
    if (report->entries)
        tad__resize(&report->allocator, report->entries, report->count * sizeof *report->entries, 0);
    *report = (tad_gradcheck_report){0};
}

const char *tad_verdict_name(tad_verdict verdict)
{
    static const char *const names[] = {"agrees", "wrong", "not smooth here", "cannot be decided at this precision"};
    size_t                   i = (size_t)verdict;
    return i < sizeof names / sizeof *names ? names[i] : "unknown verdict";
}

size_t tad_gradcheck_write(const tad_gradcheck_report *report, bool all, char *out, size_t size)
{
    tad__text text = {.out = out, .size = size};
    if (size)
        *out = '\0';
    if (!report)
        return 0;
    for (size_t i = 0; i < report->count; i++) {
        const tad_gradcheck_entry *entry = &report->entries[i];
        if (!all && entry->verdict == TAD_AGREES)
            continue;
        tad__text_add(&text,
                      "input %zu, element %lld at %.6g: %.12g by tad_backward, %.12g by tad_gradient, %.12g by "
                      "differences: %s\n",
                      entry->input, (long long)entry->element, entry->value, entry->analytic, entry->recorded,
                      entry->numeric, tad_verdict_name(entry->verdict));
    }
    tad__text_add(&text,
                  "%zu entries: %zu agree, %zu wrong, %zu not smooth here, %zu not finite here; worst error %.1e\n",
                  report->count, report->agree, report->wrong, report->not_smooth, report->undecided, report->worst);
    return text.length;
}

const char *tad_cause_name(tad_cause cause)
{
    static const char *const names[] = {
#define NAME(name, words, hint) words,
        TAD_CAUSE_LIST(NAME)
#undef NAME
    };
    size_t i = (size_t)cause;
    return i < sizeof names / sizeof *names ? names[i] : "unknown cause";
}
