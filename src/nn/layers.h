/* What layers share. */
#ifndef TAD__NN_LAYERS_H
#define TAD__NN_LAYERS_H

#include <tad/params.h>

/* The longest name of a parameter that a layer makes; a longer one is cut. */
enum { TAD__LONGEST_NAME = 256 };

/* Writes "name.part" to `out`; "" if `name` is NULL. Returns `out`. */
const char *tad__layer_name(char out[TAD__LONGEST_NAME], const char *name, const char *part);

/* The parameter "name.part". */
tad_param *tad__layer_param(tad_params *params, const char *name, const char *part, tad_dtype dtype, int rank,
                            const int64_t dims[], tad_init init);

/* The parameter on the tape of x. A bad handle x is the error that counts. */
tad_var tad__layer_use(tad_var x, tad_param *param);

#endif
