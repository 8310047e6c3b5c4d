/* Scopes: parts of a tape that have a name, for tools that show it. Nodes know nothing of them. */
#include "base/text.h"
#include "tape/tape.h"

#include <string.h>

/* Cuts a text that is too long where a character of UTF-8 begins. */
static void copy_name(char *to, size_t size, const char *from)
{
    size_t length = strlen(from);
    if (length >= size)
        for (length = size - 1; length > 0 && ((unsigned char)from[length] & 0xc0) == 0x80; length--)
            ;
    memcpy(to, from, length);
    to[length] = '\0';
}

void tad_scope_begin(tad_tape *tape, const char *name)
{
    if (!tape)
        return;
    if (!name) {
        tad__fail(tape, TAD_CALLER, TAD_EARG, "tad_scope_begin: the name is NULL");
        return;
    }
    if (!tad__reserve(&tape->allocator, (void **)&tape->scopes, &tape->scope_capacity, tape->scope_count + 1,
                      sizeof *tape->scopes)) {
        tad__fail_memory(tape, TAD_CALLER, "tad_scope_begin");
        return;
    }
    tad__scope *scope = &tape->scopes[tape->scope_count++];
    *scope = (tad__scope){.from = tape->count, .to = TAD__STILL_OPEN};
    tape->scope_last = tape->count;
    copy_name(scope->name, sizeof scope->name, name);
}

void tad_scope_end(tad_tape *tape)
{
    if (!tape)
        return;
    size_t i = tape->scope_count;
    while (i > 0 && tape->scopes[i - 1].to != TAD__STILL_OPEN)
        i--;
    if (i == 0) {
        tad__fail(tape, TAD_CALLER, TAD_EARG, "tad_scope_end: no scope is open");
        return;
    }
    tad__scope *scope = &tape->scopes[i - 1];
    scope->to = tape->scope_last = tape->count;
    if (scope->from == scope->to && i == tape->scope_count) /* nothing was recorded in it */
        tape->scope_count--;
}

size_t tad_scope_of(tad_var x, char *out, size_t size)
{
    tad__text text = {.out = out, .size = out ? size : 0};
    if (text.size)
        *out = '\0';
    if (tad__check(x, "tad_scope_of", TAD_CALLER) != TAD_OK)
        return 0;
    for (size_t i = 0; i < x.tape->scope_count; i++) {
        const tad__scope *scope = &x.tape->scopes[i];
        if (scope->from <= x.id && x.id < scope->to)
            tad__text_add(&text, "%s%s", text.length ? "/" : "", scope->name);
    }
    return text.length;
}

/* A scope that is open stays so: whoever began it will end it. */
void tad__forget_scopes(tad_tape *tape, uint32_t id)
{
    size_t kept = 0;
    if (id >= tape->scope_last)
        return;
    tape->scope_last = id;
    for (size_t i = 0; i < tape->scope_count; i++) {
        tad__scope scope = tape->scopes[i];
        bool       open = scope.to == TAD__STILL_OPEN;
        if (!open && scope.from >= id)
            continue;
        if (scope.from > id)
            scope.from = id;
        if (!open && scope.to > id)
            scope.to = id;
        tape->scopes[kept++] = scope;
    }
    tape->scope_count = kept;
}
