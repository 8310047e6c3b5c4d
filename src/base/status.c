#include <tad/base.h>

typedef struct description {
    const char *name, *meaning, *hint;
} description;

static const description statuses[] = {
#define DESCRIBE(name, meaning, hint) {"TAD_" #name, meaning, hint},
    TAD_STATUS_LIST(DESCRIBE)
#undef DESCRIBE
};

static const description *describe(tad_status status)
{
    static const description unknown = {"unknown status", "unknown status", "this number is not a tad_status"};
    size_t                   i = (size_t)status;
    return i < sizeof statuses / sizeof *statuses ? &statuses[i] : &unknown;
}

const char *tad_status_name(tad_status status)
{
    return describe(status)->name;
}

const char *tad_status_meaning(tad_status status)
{
    return describe(status)->meaning;
}

const char *tad_status_hint(tad_status status)
{
    return describe(status)->hint;
}

static const struct {
    const char *name;
    size_t      bytes;
} dtypes[] = {{"f32", sizeof(float)}, {"f64", sizeof(double)}, {"i64", sizeof(int64_t)}};

static bool is_dtype(tad_dtype dtype)
{
    return (size_t)dtype < sizeof dtypes / sizeof *dtypes;
}

size_t tad_dtype_size(tad_dtype dtype)
{
    return is_dtype(dtype) ? dtypes[dtype].bytes : 0;
}

const char *tad_dtype_name(tad_dtype dtype)
{
    return is_dtype(dtype) ? dtypes[dtype].name : "?";
}
