/* The sweeps that the public functions of derivatives are made of: in numbers (backward.c), and recorded, from several values
 * at once (gradient.c). */
#ifndef TAD__DIFF_SWEEP_H
#define TAD__DIFF_SWEEP_H

#include "tape/tape.h"

/* A reverse sweep in numbers over the nodes low to high, which sees nothing below low. tad__sweep_start, then seeds
 * added to the arrays of tad__adjoint_array (diff/adjoints.h), then tad__sweep_run, then adjoints read, as long as nothing
 * else is swept. Checkpoints are recorded again in passing, and forgotten. */
typedef struct tad__sweep {
    tad_tape   *tape;
    uint32_t    low, high;
    const char *name; /* the public function, for errors */
    const void *caller;
} tad__sweep;

tad_status tad__sweep_start(const tad__sweep *s);
tad_status tad__sweep_run(const tad__sweep *s);

/* tad_backward for the function `name`. `place` is called when no adjoint is reached yet, and may place some. */
typedef void tad__place_adjoints(const tad__sweep *s, void *user);
tad_status   tad__backward(tad_var y, tad__place_adjoints *place, void *user, const char *name, const void *caller);

/* Around what a public function records: errors are the caller's, a pause is ended. At the end, after an error, the tape
 * is as it was; where there was a pause it goes on, and the n results are constants. Returns `status`, or a new error. */
typedef struct tad__recording {
    tad_frame outer;
    size_t    mark;
    uint32_t  paused;
} tad__recording;

tad__recording tad__begin_recording(tad_tape *tape, const void *caller);
tad_status     tad__end_recording(tad_tape *tape, tad__recording r, tad_status status, size_t n, tad_var results[]);

/* Records gx[i] = sum over k of gy[k] dy[k]/dx[i]. The handles are good, and those of gy fit y. */
tad_status tad__record_vjps(size_t m, const tad_var y[], const tad_var gy[], size_t n, const tad_var x[], tad_var gx[],
                            const char *name, const void *caller);

/* Records dy[k] = sum over i of dy[k]/dx[i] dx[i]. The handles are good, and those of dx fit x. */
tad_status tad__record_jvps(size_t m, const tad_var y[], size_t n, const tad_var x[], const tad_var dx[], tad_var dy[],
                            const char *name, const void *caller);

/* Are these n handles on the tape, and floats? If not, the error is kept for the function `name`, with `list` for what
 * they are called. */
tad_status tad__check_list(tad_tape *tape, size_t n, const tad_var x[], const char *list, const char *name,
                           const void *caller);

#endif
