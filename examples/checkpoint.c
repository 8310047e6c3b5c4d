/* A thousand steps of a swinging pendulum, and how its last angle depends on the first and on the damping: in full, and
 * with ten snapshots. The gradient is the same; the steps run a few more times, and the memory is another. */
#include <tad/tad.h>

#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 1000 };

typedef struct run {
    size_t calls, bytes, most; /* of step; of memory, now and at most */
} run;

static void *resize(void *user, void *block, size_t old_bytes, size_t new_bytes)
{
    run  *r = user;
    void *resized = NULL;
    if (new_bytes == 0)
        free(block);
    else if ((resized = realloc(block, new_bytes)) == NULL)
        return NULL;
    r->bytes += new_bytes - old_bytes;
    r->most = r->bytes > r->most ? r->bytes : r->most;
    return resized;
}

/* Angle and speed after a time of 0.01: angle'' = -sin(angle) - damping angle'. */
static void step(void *user, size_t i, const tad_var state[], const tad_var params[], tad_var next[])
{
    tad_var h = tad_constant(state[0].tape, 0.01), pull = tad_add(tad_sin(state[0]), tad_mul(params[0], state[1]));
    (void)i;
    ((run *)user)->calls++;
    next[0] = tad_add(state[0], tad_mul(h, state[1]));
    next[1] = tad_sub(state[1], tad_mul(h, pull));
}

static tad_status swing(size_t snapshots)
{
    run           r = {0};
    tad_allocator allocator = {resize, &r};
    tad_tape     *tape = tad_tape_new_with(&allocator);
    if (!tape) {
        fprintf(stderr, "checkpoint: out of memory\n");
        return TAD_ENOMEM;
    }
    tad_var       first[] = {tad_scalar(tape, 1), tad_scalar(tape, 0)}, damping = tad_scalar(tape, 0.1), last[2];
    tad_loop_args loop = {.step = step,
                          .user = &r,
                          .steps = STEPS,
                          .snapshots = snapshots,
                          .state_count = 2,
                          .state = first,
                          .param_count = 1,
                          .params = &damping};
    tad_status    status = tad_loop(&loop, last);
    if (status == TAD_OK)
        status = tad_backward(last[0]);
    if (status == TAD_OK) {
        printf("%5zu snapshots: angle %.6f, d/d first angle %.6f, d/d damping %.6f\n", snapshots, tad_value(last[0]),
               tad_grad(first[0]), tad_grad(damping));
        printf("                 %zu steps run, %s 1 MB of memory\n", r.calls,
               r.most < 1000000 ? "less than" : "more than");
    } else {
        fprintf(stderr, "checkpoint: %s: %s\n", tad_status_meaning(status), tad_tape_message(tape));
    }
    tad_tape_free(tape);
    return status;
}

int main(void)
{
    tad_status status = swing(STEPS);
    if (status == TAD_OK)
        status = swing(10);
    if (status == TAD_OK)
        status = swing(3);
    return status != TAD_OK;
}
