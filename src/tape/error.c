/* The first error of a tape: kept in words, without allocating. Its file and line are looked up when it is read. */
#include "base/callsite.h"
#include "tape/tape.h"

#include <stdio.h>
#include <string.h>

/* A message has room for the shapes of so many operands, and for its words. */
enum { MOST_SHAPES = 8 };

static tad__text message_of(tad_tape *tape)
{
    return (tad__text){.out = tape->message, .size = sizeof tape->message};
}

/* Returns the message's beginning, to go on with. */
static tad__text keep(tad_tape *tape, const void *caller, tad_status status)
{
    tad__text text = message_of(tape);
    tape->status = status;
    tape->caller = tape->frame.caller ? tape->frame.caller : caller;
    tape->located = false;
    if (tape->frame.name)
        tad__text_add(&text, "%s: ", tape->frame.name);
    return text;
}

tad_frame tad_enter(tad_tape *tape, const char *name, const void *caller)
{
    tad_frame outer = {0};
    if (!tape)
        return outer;
    outer = tape->frame;
    if (!outer.caller)
        tape->frame = (tad_frame){name, caller};
    return outer;
}

void tad_leave(tad_tape *tape, tad_frame outer)
{
    if (tape)
        tape->frame = outer;
}

tad_status tad__fail(tad_tape *tape, const void *caller, tad_status status, const char *format, ...)
{
    if (tape->status != TAD_OK)
        return status;
    tad__text text = keep(tape, caller, status);
    va_list   list;
    va_start(list, format);
    tad__text_add_list(&text, format, list);
    va_end(list);
    return status;
}

tad_status tad__fail_memory(tad_tape *tape, const void *caller, const char *name)
{
    return tad__fail(tape, caller, TAD_ENOMEM, "%s: out of memory with %u nodes on the tape", name, tape->count);
}

tad_status tad_refuse(const tad_call *call, tad_status status, const char *format, ...)
{
    tad_tape *tape = call->tape;
    if (call->refused)
        *call->refused = status;
    if (tape->status != TAD_OK)
        return status;
    tad__text text = keep(tape, call->caller, status);
    tad__text_add(&text, "%s(", call->op->name);
    for (int i = 0; i < call->n && i < MOST_SHAPES; i++) {
        tad__text_add(&text, i ? ", " : "");
        tad__text_add_shape(&text, &call->in[i]);
    }
    if (call->n > MOST_SHAPES)
        tad__text_add(&text, ", ... %d operands", call->n);
    tad__text_add(&text, "): ");
    va_list list;
    va_start(list, format);
    tad__text_add_list(&text, format, list);
    va_end(list);
    return status;
}

const char *tad__handle_problem(const tad_tape *tape, tad_var x)
{
    if (!x.tape)
        return "a zeroed handle";
    if (x.tape != tape)
        return "a handle of another tape";
    if (x.id == TAD__INVALID)
        return "the invalid result of a failed operation";
    return "a stale handle, from before a rewind";
}

tad_status tad__handle_status(const tad_tape *tape, tad_var x)
{
    if (x.tape != tape)
        return TAD_ETAPE;
    if (x.id == TAD__INVALID)
        return TAD_EARG;
    return tad__is_on(tape, x) ? TAD_OK : TAD_ESTALE;
}

tad_status tad__check(tad_var x, const char *name, const void *caller)
{
    if (!x.tape)
        return TAD_ETAPE;
    tad_status status = tad__handle_status(x.tape, x);
    if (status != TAD_OK)
        tad__fail(x.tape, caller, status, "%s: the handle is %s; expected a value recorded on this tape", name,
                  tad__handle_problem(x.tape, x));
    return status;
}

tad_status tad_tape_status(const tad_tape *tape)
{
    return tape ? tape->status : TAD_EARG;
}

const char *tad_tape_message(const tad_tape *tape)
{
    if (!tape)
        return "the tape is NULL: out of memory in tad_tape_new?";
    if (tape->status == TAD_OK)
        return "";
    if (!tape->located) {
        tad_tape *writable = (tad_tape *)(uintptr_t)tape; /* the message is completed on first reading */
        writable->located = true;
        char      place[160] = "";
        tad__text where = {.out = place, .size = sizeof place};
        tad__callsite_add(&where, tape->caller);
        tad__text text = message_of(writable);
        text.length = strlen(tape->message);
        if (where.length > 0)
            tad__text_add(&text, ", at %s", place);
    }
    return tape->message;
}

void tad_tape_clear_error(tad_tape *tape)
{
    if (!tape)
        return;
    tape->status = TAD_OK;
    tape->message[0] = '\0';
}
