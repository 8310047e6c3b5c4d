#include "cli/trust.h"

#include <tad/trust.h>

#include <stdlib.h>

enum { MOST_KINKS = 8, MOST_ENTRIES = 24 };

static const double near = 1e-3; /* what a difference or a step of training may easily cross */

/* ---- Kinks ---- */

typedef struct kinks {
    tad__output *json; /* NULL: text */
    size_t       count;
} kinks;

static bool show_kink(void *user, const tad_near_kink *kink)
{
    kinks        *k = user;
    const char   *name = tad_name(kink->node);
    const tad_op *op = tad_op_of(kink->node);
    const char   *what = op && op->name ? op->name : "";
    if (k->json) {
        tad__output_text(k->json, k->count ? ", {\"operation\": " : "{\"operation\": ");
        cli_json_text(k->json, what);
        cli_json_key(k->json, false, "name");
        cli_json_text(k->json, name ? name : "");
        cli_json_key(k->json, false, "element");
        tad__output_add(k->json, "%lld", (long long)kink->element);
        cli_json_key(k->json, false, "distance");
        tad__output_number(k->json, kink->distance);
        tad__output_text(k->json, "}");
    } else if (k->count < MOST_KINKS)
        printf("  kink of %s%s%s nearby: %g away\n", what, name ? " in " : "", name ? name : "", kink->distance);
    k->count++;
    return true;
}

/* ---- Digits ---- */

static void show_digits(tad__output *out, bool json, size_t n, const tad_var x[], const char *const names[],
                        const tad_digits digits[])
{
    size_t shown = 0, at = 0;
    for (size_t k = 0; k < n; k++) {
        int64_t count = tad_count(x[k]);
        if (json) {
            cli_json_key(out, k == 0, names[k]);
            tad__output_text(out, "[");
        }
        for (int64_t i = 0; i < count; i++, at++) {
            const tad_digits *d = &digits[at];
            if (json) {
                tad__output_text(out, i ? ", " : "");
                tad__output_number(out, d->digits);
            } else if (shown++ < MOST_ENTRIES) {
                char element[32] = "";
                if (tad_rank(x[k]) > 0)
                    snprintf(element, sizeof element, "[%lld]", (long long)i);
                printf("  digits to trust by %s%s: %.1f%s\n", names[k], element, d->digits,
                       d->estimated ? " (estimated)" : "");
            }
        }
        if (json)
            tad__output_text(out, "]");
    }
    if (!json && shown > MOST_ENTRIES)
        printf("  (and %zu more; --json has all)\n", shown - MOST_ENTRIES);
}

int cli_show_trust(const cli_model *m, tad__output *out, tad_var y, size_t n, const tad_var x[],
                   const char *const names[])
{
    bool          json = m->cli->options.json;
    tad_nonfinite found;
    kinks         k = {.json = json ? out : NULL};
    size_t        count = 0;
    for (size_t i = 0; i < n; i++)
        count += (size_t)tad_count(x[i]);
    tad_digits *digits = cli_room(m->cli, count, sizeof *digits);
    if (!digits)
        return CLI_WRONG;
    tad_status status = tad_tape_find_nonfinite(m->tape, y, &found);
    if (status == TAD_OK && json) {
        cli_json_key(out, false, "trust");
        tad__output_text(out, "{\"nonfinite\": ");
        if (found.origin == TAD_ALL_FINITE)
            tad__output_text(out, "null");
        else
            cli_json_text(out, found.text);
        tad__output_text(out, ", \"kinks\": [");
    } else if (status == TAD_OK && found.origin != TAD_ALL_FINITE)
        printf("  first NaN or infinity, %s: %s\n", tad_nonfinite_origin_name(found.origin), found.text);
    if (status == TAD_OK)
        status = tad_near_kinks(y, near, show_kink, &k);
    if (k.count > MOST_KINKS && !json)
        printf("  (and %zu more kinks; --json has all)\n", k.count - MOST_KINKS);
    if (status == TAD_OK && count > 0)
        status = tad_trusted_digits(y, n, x, count, digits);
    if (status == TAD_OK) {
        if (json)
            tad__output_text(out, "], \"digits\": {");
        show_digits(out, json, n, x, names, digits);
        if (json)
            tad__output_text(out, "}}");
    }
    free(digits);
    return status == TAD_OK ? CLI_DONE : cli_complain_tape(m, status);
}
