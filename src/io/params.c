/* A store of parameters to a file and back. */
#include "io/archive.h"

#include <string.h>

static tad_element element_of(const tad_param *param)
{
    return param->dtype == TAD_F32 ? TAD_ELEMENT_F32 : TAD_ELEMENT_F64;
}

static tad_status refuse(tad_file_error *error, tad_status status, const char *path, const char *what, const char *name)
{
    return tad__file_refuse(error, status, -1, "was the file written by another model?", "%s: %s \"%s\"",
                            tad__show(path, strlen(path)).text, what, tad__show(name, strlen(name)).text);
}

tad_status tad_params_save(const tad_params *params, const char *path, tad_file_error *error)
{
    tad_file_error own;
    error = error ? error : &own;
    if (!params || !path)
        return tad__file_refuse(error, TAD_EARG, -1, NULL, "an argument is NULL");
    tad_archive *archive = tad_archive_new(NULL);
    tad_status   status = archive ? TAD_OK : TAD_ENOMEM;
    for (size_t i = 0; i < tad_params_count(params) && status == TAD_OK; i++) {
        const tad_param *p = tad_params_at(params, i);
        status = tad_archive_add(archive, p->name, element_of(p), p->rank, p->dims, p->value, NULL);
    }
    if (status == TAD_OK)
        status = tad_archive_save(archive, path, NULL, error);
    else
        tad__file_no_memory(error, 1);
    tad_archive_free(archive);
    return status;
}

static tad_status check(const tad_params *params, const tad_archive *archive, const char *path, tad_file_error *error)
{
    for (size_t i = 0; i < tad_params_count(params); i++) {
        const tad_param *p = tad_params_at(params, i);
        const tad_entry *entry = tad_archive_find(archive, p->name);
        if (!entry)
            return refuse(error, TAD_EARG, path, "there is no entry for the parameter", p->name);
        if (entry->rank != p->rank || (p->rank && memcmp(entry->dims, p->dims, (size_t)p->rank * sizeof *p->dims) != 0))
            return refuse(error, TAD_ESHAPE, path, "the shape is not the parameter's: entry", p->name);
        if (entry->element == TAD_ELEMENT_F8_E5M2 || entry->element == TAD_ELEMENT_F8_E4M3)
            return refuse(error, TAD_EDTYPE, path, "8-bit floating point is not converted: entry", p->name);
    }
    for (size_t i = 0; i < tad_archive_count(archive); i++)
        if (!tad_params_find(params, tad_archive_at(archive, i)->name))
            return refuse(error, TAD_EARG, path, "there is no parameter for the entry",
                          tad_archive_at(archive, i)->name);
    return TAD_OK;
}

tad_status tad_params_load(tad_params *params, const char *path, tad_file_error *error)
{
    tad_file_error own;
    error = error ? error : &own;
    if (!params || !path)
        return tad__file_refuse(error, TAD_EARG, -1, NULL, "an argument is NULL");
    tad_archive *archive;
    tad_status   status = tad_archive_load(path, NULL, &archive, error);
    if (status == TAD_OK)
        status = check(params, archive, path, error);
    for (size_t i = 0; i < tad_params_count(params) && status == TAD_OK; i++) {
        tad_param *p = tad_params_at(params, i);
        status = tad_entry_read(tad_archive_find(archive, p->name), p->dtype, p->value, p->count);
        tad_param_touch(p);
    }
    tad_archive_free(archive);
    return status;
}
