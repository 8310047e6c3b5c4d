/* The inside of a tape. A scalar node costs 32 bytes: 16 in `nodes`, 8 in `values`, 8 in `adjoints`. Tensors, attributes
 * and operands beyond two stand in records in the arena. */
#ifndef TAD__TAPE_TAPE_H
#define TAD__TAPE_TAPE_H

#include "base/memory.h"
#include "ops/elementwise.h"
#include "tensor/array.h"

enum {
    TAD__LEAF = 1,
    TAD__SCALAR = 2,         /* rank 0 and f64: the value is values[id] */
    TAD__DIFFERENTIABLE = 4, /* depends on a differentiable leaf */
    TAD__RECORD = 8,         /* in[0] is the number of a record, which has the rest */
    TAD__WANT_A = 16,        /* scalars: is operand 0 differentiable? */
    TAD__WANT_B = 32,        /* scalars: is operand 1? */
    TAD__VIEW = 64,          /* a record whose array lies in that of operand 0, or in the copy of a scalar */
    TAD__STAGED = 256,       /* a leaf whose next value is known */
    TAD__USED = 512,         /* a leaf that is a parameter: see tape/use.c */
    TAD__STEPS = 128,        /* piecewise constant, as a comparison: who reads its value may branch on it */
};

/* The flags of a row of scalars, from those of its operands. */
static inline uint16_t tad__scalar_flags(unsigned a, unsigned b)
{
    unsigned wants = (a & TAD__DIFFERENTIABLE) * (TAD__WANT_A / TAD__DIFFERENTIABLE) |
                     (b & TAD__DIFFERENTIABLE) * (TAD__WANT_B / TAD__DIFFERENTIABLE);
    return (uint16_t)(((a | b) & TAD__DIFFERENTIABLE) | TAD__SCALAR | wants);
}

typedef struct tad__node {
    uint16_t row; /* of elementwise.def, unless it is a leaf or has a record */
    uint16_t flags;
    uint32_t in[2]; /* operands; a unary row has the same one twice */
    uint32_t birth;
} tad__node;

typedef struct tad__record {
    const tad_op *op; /* NULL for a leaf */
    uint32_t      id; /* of its node */
    int           n;
    uint32_t     *in;
    void         *attributes;
    tad_array     array; /* the value, unless the node is a scalar */
} tad__record;

typedef union tad__adjoint {
    double   number; /* of a scalar */
    void    *data;   /* of any other node, in C order */
    uint64_t bits;
} tad__adjoint;

/* The adjoint of a node that the sweep has not reached: a signalling NaN, which no arithmetic gives. So a node out of
 * reach is told from an adjoint of 0, and the first contribution is written, not added. */
#define TAD__UNREACHED UINT64_C(0x7ff4746164000001)

/* The id in the handle of an operation that failed. */
#define TAD__INVALID UINT32_MAX

typedef struct tad__label {
    uint32_t id;
    uint32_t serial; /* later labels have higher ones */
    char    *text;
    size_t   room;
} tad__label;

/* A place where the program read a value that it may have branched on. */
typedef struct tad__branch {
    uint32_t    id;
    bool        truth; /* only whether it is 0 matters */
    const void *caller;
} tad__branch;

/* The next value of a leaf, and while a replay is under way the one before. */
typedef struct tad__staged {
    uint32_t id;
    double   number; /* of a scalar */
    void    *data;   /* of any other leaf, in C order */
} tad__staged;

/* A leaf that is a parameter, and the version of the parameter that was recorded. */
typedef struct tad__use {
    uint32_t          id;
    struct tad_param *param;
    uint64_t          version;
} tad__use;

typedef struct tad__spare tad__spare;
typedef struct tad__rules tad__rules;

struct tad_tape {
    tad__node *nodes;
    double    *values;
    uint32_t   count, capacity; /* capacity: of both arrays; 0 while paused, so that nothing takes the short way */
    uint32_t   birth;
    uint32_t   paused; /* tad_tape_pause minus tad_tape_resume */
    uint32_t   swept;  /* adjoints of nodes below this are those of the last sweep; 0: none since the last rewind */

    tad__adjoint *adjoints;
    size_t        node_capacity, value_capacity, adjoint_capacity;

    tad__record **records;
    size_t        record_count, record_capacity;
    tad__spare   *spare_adjoints[8 * sizeof(size_t)]; /* in adjoint_arena, by size: see diff/adjoints.c */
    tad__arena    arena;                              /* records and values, in the order of recording */
    tad__arena    adjoint_arena;                      /* adjoints of tensors, of one sweep */
    tad__arena    scratch;                            /* taken and given back within a function, last in, first out */

    tad__label *labels; /* ascending by id */
    size_t      label_count, label_capacity;
    uint32_t    label_serial;
    tad__arena  label_arena;

    tad__branch *branches; /* ascending by id */
    size_t       branch_count, branch_capacity;
    tad__staged *staged; /* in the order of tad_set */
    size_t       staged_count, staged_capacity;
    tad__arena   staged_arena;

    tad__use *uses; /* ascending by id */
    size_t    use_count, use_capacity;

    tad__rules *rules; /* derivatives parsed so far: see diff/rules.h */
    void (*free_rules)(tad_tape *tape);

    tad_allocator allocator;

    int  depth; /* of checkpoints that a recorded derivative is in */
    bool busy;  /* a function is recorded again, or for a checkpoint: nobody may sweep or replay in between */

    tad_status  status;
    const void *caller;  /* where the first error happened */
    tad_frame   frame;   /* while rules and compositions record: what they record for */
    bool        located; /* has the message got its file and line? */
    char        message[640];
};

/* ---- handles ---- */

/* TAD_OK, TAD_ETAPE, TAD_ESTALE, or TAD_EARG for the result of a failed operation. x.tape is not NULL. */
tad_status tad__handle_status(const tad_tape *tape, tad_var x);

/* What is wrong with it, for messages. */
const char *tad__handle_problem(const tad_tape *tape, tad_var x);

/* Is x valid? If not, the error is kept on its tape (if it has one) for the function `name`. */
tad_status tad__check(tad_var x, const char *name, const void *caller);

static inline tad_var tad__handle(tad_tape *tape, uint32_t id)
{
    return (tad_var){tape, id, tape->nodes[id].birth};
}

static inline tad_var tad__invalid(tad_tape *tape)
{
    return (tad_var){tape, TAD__INVALID, 0};
}

static inline bool tad__is_on(const tad_tape *tape, tad_var x)
{
    return x.tape == tape && x.id < tape->count && tape->nodes[x.id].birth == x.birth;
}

/* ---- errors ---- */

/* Keeps the error if it is the first. Allocates nothing. Returns `status`. */
tad_status tad__fail(tad_tape *tape, const void *caller, tad_status status, const char *format, ...) TAD_PRINTF(4, 5);

/* "out of memory", for the function `name`. */
tad_status tad__fail_memory(tad_tape *tape, const void *caller, const char *name);

/* ---- nodes ---- */

/* How many nodes ahead recording and sweeping ask for memory. A tape longer than the cache is walked at the pace of memory;
 * asking early halves the time a node takes there and costs nothing in cache (measured: 32, 64 and 256 are slower). */
enum { TAD__AHEAD = 128 };

/* Rules differentiate what they record, so derivatives are recorded as if there were no pause: this ends it, and returns
 * what tad__pause_again wants. */
uint32_t tad__end_pause(tad_tape *tape);
void     tad__pause_again(tad_tape *tape, uint32_t paused);

/* Makes room for one more node; false and an error if there is none. */
bool tad__grow(tad_tape *tape, const void *caller, const char *name);

/* The value of a node as an array. It stays valid until the next node is recorded. */
void tad__value_array(const tad_tape *tape, uint32_t id, tad_array *out);

const tad_op *tad__op_of_node(const tad_tape *tape, uint32_t id);

/* Operands of a node: returns their number. */
int tad__operands(const tad_tape *tape, uint32_t id, const uint32_t **in);

/* The attributes of a node; NULL if it has none. */
const void *tad__attributes(const tad_tape *tape, uint32_t id);

/* Records a row of scalars that are known to be on the tape. */
tad_var tad__record_scalar(tad_tape *tape, int row, uint32_t a, uint32_t b, const void *caller);

/* Takes a record for the next node from the arena, with room for n operands and attributes; the node, which is not yet
 * there, refers to it once tad__push_record is called. NULL and an error if there is no memory. */
tad__record *tad__new_record(tad_tape *tape, int n, size_t attribute_bytes, const void *caller, const char *name);

/* Behind a forward or backward: gives back what tad_scratch took, and returns what was refused, or TAD_OK. */
tad_status tad__end_call(const tad_call *call);

/* A constant leaf that refers to `data` (in C order), which has to live as long as the node. */
tad_var tad__constant_view(tad_tape *tape, const tad_array *array, const void *caller, const char *name);

/* Appends the node of `record`. */
tad_var tad__push_record(tad_tape *tape, tad__record *record, uint16_t flags);

/* ---- checkpoints: operations that are recorded, and forgotten but for their value ---- */

/* A derivative of a checkpoint that is recorded looks into the checkpoints in it, this deep: it recurses. */
enum { TAD__MAX_DEPTH = 32 };

/* Records op(x) by its composition, keeps its value, and forgets the rest. The operands are known to be on the tape. */
tad_var tad__checkpoint(tad_tape *tape, const tad_op *op, tad_args args);

/* Records the composition of a checkpoint again, whose result has to be like `value` in shape and type. Returns an invalid
 * handle, and keeps the error, if it is not. */
tad_var tad__record_again(tad_tape *tape, const tad_rule *rule, const tad_array *value, const void *caller);

/* What was recorded from `from` on, and the results y, must not use differentiable nodes below `base` other than the
 * operands: their gradient would be lost when it is forgotten. */
tad_status tad__check_captured(tad_tape *tape, const char *name, tad_args args, uint32_t base, uint32_t from, size_t m,
                               const tad_var y[]);

/* The x[k] as constants in place of all that was recorded from `from` on, differentiable if they were. False: no memory. */
bool tad__keep_values(tad_tape *tape, uint32_t from, size_t n, tad_var x[], const void *caller, const char *name);

/* ---- replay ---- */

/* Computes the scalars from id `id` to below `end` again, up to the first node with a record, whose id is returned, or
 * `end`. */
uint32_t tad__recompute_scalars(const tad_tape *tape, uint32_t id, uint32_t end);

/* Remembers that the program read a value that it may branch on. */
tad_status tad__add_branch(tad_tape *tape, uint32_t id, bool truth, const void *caller, const char *name);

/* Forgets branches and staged values of nodes from `id` on. */
void tad__forget_replay(tad_tape *tape, uint32_t id);

/* ---- parameters in use ---- */

/* May node `id` be differentiated? Not (TAD_ESTALE) if an operand is, or views, a parameter that was changed since: its rule
 * would read the new numbers. */
tad_status tad__check_uses(tad_tape *tape, uint32_t id, const char *name, const void *caller);

/* The error for a use whose parameter was changed; TAD_OK if it was not. */
tad_status tad__check_use(tad_tape *tape, const tad__use *use, const char *name, const void *caller);

/* Forgets uses from node `id` on. */
void tad__forget_uses(tad_tape *tape, uint32_t id);

/* Forgets the labels of nodes from `id` on. */
void tad__forget_labels(tad_tape *tape, uint32_t id);

#endif
