/* What a gradient check found, as text and as JSON. */
#include "base/memory.h"
#include "base/output.h"
#include "base/text.h"

#include <tad/gradcheck.h>

#include <math.h>

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

const char *tad_cause_hint(tad_cause cause)
{
    static const char *const hints[] = {
#define HINT(name, words, hint) hint,
        TAD_CAUSE_LIST(HINT)
#undef HINT
    };
    size_t i = (size_t)cause;
    return i < sizeof hints / sizeof *hints ? hints[i] : "";
}

/* ---- text ---- */

static void add_entry(tad__text *text, const tad_gradcheck_entry *entry, bool by_hand)
{
    if (by_hand)
        tad__text_add(text, "grad[%lld] at x = %.6g: %.12g by hand, ", (long long)entry->element, entry->value,
                      entry->analytic);
    else
        tad__text_add(text, "input %zu, element %lld at %.6g: %.12g by tad_backward, %.12g by tad_gradient, ",
                      entry->input, (long long)entry->element, entry->value, entry->analytic, entry->recorded);
    if (!isnan(entry->forward) && entry->forward != entry->analytic)
        tad__text_add(text, "%.12g by forward mode, ", entry->forward);
    tad__text_add(text, "%.12g by differences", entry->numeric);
    if (entry->verdict != TAD_AGREES && entry->noise > 0)
        tad__text_add(text, " (+- %.1g)", entry->noise);
    tad__text_add(text, ": %s\n", tad_verdict_name(entry->verdict));
}

/* Is it the rule that is wrong, or are the differences too noisy to tell? */
static void add_trust(tad__text *text, const tad_gradcheck_report *report)
{
    bool known = !isnan(report->identity) && report->count > 0;
    if (known && report->identity > 1e-9)
        tad__text_add(text,
                      "forward and reverse mode disagree, by %.1e, whatever the differences say: a rule is wrong\n",
                      report->identity);
    else if (known && report->wrong == 0)
        tad__text_add(text, "forward and reverse mode agree: it is the differences that do not tell\n");
}

static void add_cause(tad__text *text, const tad_gradcheck_report *report)
{
    static const char *const modes[] = {"tad_backward", "tad_gradient", "forward mode"};
    const tad_blame         *blame = &report->blame;
    tad__text_add(text, "cause: %s\n", tad_cause_name(report->cause));
    if (report->evidence[0])
        tad__text_add(text, "  %s\n", report->evidence);
    if (report->modes && report->modes != (TAD_BY_BACKWARD | TAD_BY_GRADIENT | TAD_BY_FORWARD) &&
        !isnan(report->identity)) {
        tad__text_add(text, "  wrong is only:");
        for (unsigned k = 0; k < 3; k++)
            if (report->modes >> k & 1)
                tad__text_add(text, " %s", modes[k]);
        tad__text_add(text, "\n");
    }
    if (blame->operation[0]) {
        tad__text_add(text, "in: %s, node %zu", blame->call, blame->node);
        if (blame->where[0])
            tad__text_add(text, ", recorded at %s", blame->where);
        tad__text_add(text, "\n  its derivative by operand %d, element %lld (= %.6g) is %.12g; by differences %.12g\n",
                      blame->operand, (long long)blame->element, blame->value, blame->analytic, blame->numeric);
    }
    tad__text_add(text, "hint: %s\n", tad_cause_hint(report->cause));
}

size_t tad_gradcheck_write(const tad_gradcheck_report *report, bool all, char *out, size_t size)
{
    tad__text text = {.out = out, .size = size};
    if (size)
        *out = '\0';
    if (!report)
        return 0;
    for (size_t i = 0; i < report->count; i++)
        if (all || report->entries[i].verdict != TAD_AGREES)
            add_entry(&text, &report->entries[i], report->by_hand);
    tad__text_add(&text, "%zu entries: %zu agree, %zu wrong, %zu not smooth here, %zu undecided; worst error %.1e\n",
                  report->count, report->agree, report->wrong, report->not_smooth, report->undecided, report->worst);
    if (report->agree < report->count)
        add_trust(&text, report);
    if (report->cause != TAD_CAUSE_NONE)
        add_cause(&text, report);
    return text.length;
}

/* ---- JSON ---- */

static void add_member(tad__output *out, const char *name, double number)
{
    tad__output_add(out, ", \"%s\": ", name);
    tad__output_number(out, number);
}

static void add_string(tad__output *out, const char *name, const char *text)
{
    tad__output_add(out, ", \"%s\": \"", name);
    tad__output_json(out, text);
    tad__output_text(out, "\"");
}

static void add_json_entry(tad__output *out, const tad_gradcheck_entry *entry)
{
    const struct {
        const char *name;
        double      number;
    } numbers[] = {{"value", entry->value},     {"analytic", entry->analytic}, {"recorded", entry->recorded},
                   {"forward", entry->forward}, {"numeric", entry->numeric},   {"noise", entry->noise}};
    tad__output_add(out, "{\"input\": %zu, \"element\": %lld", entry->input, (long long)entry->element);
    for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
        add_member(out, numbers[k].name, numbers[k].number);
    add_string(out, "verdict", tad_verdict_name(entry->verdict));
    tad__output_text(out, "}");
}

static void add_json_blame(tad__output *out, const tad_blame *blame)
{
    tad__output_add(out, ", \"blame\": ");
    if (!blame->operation[0]) {
        tad__output_text(out, "null");
        return;
    }
    tad__output_add(out, "{\"node\": %zu, \"operand\": %d, \"element\": %lld", blame->node, blame->operand,
                    (long long)blame->element);
    add_string(out, "operation", blame->operation);
    add_string(out, "call", blame->call);
    add_string(out, "where", blame->where);
    add_member(out, "value", blame->value);
    add_member(out, "analytic", blame->analytic);
    add_member(out, "numeric", blame->numeric);
    tad__output_text(out, "}");
}

tad_status tad_gradcheck_json(const tad_gradcheck_report *report, tad_writer to)
{
    static const char *const modes[] = {"tad_backward", "tad_gradient", "forward"};
    tad__output              out;
    if (!report || !to.write)
        return TAD_EARG;
    tad__output_start(&out, to);
    tad__output_add(&out, "{\"count\": %zu, \"agree\": %zu, \"wrong\": %zu, \"not_smooth\": %zu, \"undecided\": %zu",
                    report->count, report->agree, report->wrong, report->not_smooth, report->undecided);
    add_member(&out, "worst", report->worst);
    tad__output_add(&out, ", \"worst_entry\": %zu", report->worst_entry);
    add_member(&out, "identity", report->identity);
    add_string(&out, "cause", tad_cause_name(report->cause));
    add_member(&out, "factor", report->factor);
    tad__output_text(&out, ", \"wrong_modes\": [");
    for (unsigned k = 0, any = 0; k < 3; k++)
        if (report->modes >> k & 1)
            tad__output_add(&out, "%s\"%s\"", any++ ? ", " : "", modes[k]);
    tad__output_text(&out, "]");
    add_string(&out, "evidence", report->evidence);
    add_string(&out, "hint", tad_cause_hint(report->cause));
    add_json_blame(&out, &report->blame);
    tad__output_text(&out, ", \"entries\": [");
    for (size_t i = 0; i < report->count; i++) {
        tad__output_text(&out, i ? ",\n" : "\n");
        add_json_entry(&out, &report->entries[i]);
    }
    tad__output_text(&out, "]}\n");
    return tad__output_end(&out);
}
