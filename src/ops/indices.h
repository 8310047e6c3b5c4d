/* What operations with index operands share. */
#ifndef TAD__OPS_INDICES_H
#define TAD__OPS_INDICES_H

#include <tad/op.h>

/* Is every index of operand k within an axis of that size? If not, the call is refused with the first that is not. */
tad_status tad__check_indices(const tad_call *call, int k, int axis, int64_t size);

#endif
