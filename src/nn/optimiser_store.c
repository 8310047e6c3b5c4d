/* An optimiser of a whole store. */
#include <tad/optim.h>

tad_status tad_optimiser_add_all(tad_optimiser *optimiser, tad_params *params)
{
    if (!optimiser || !params)
        return TAD_EARG;
    tad_status status = TAD_OK;
    for (size_t i = 0; i < tad_params_count(params) && status == TAD_OK; i++)
        status = tad_optimiser_add(optimiser, tad_params_at(params, i));
    return status;
}
