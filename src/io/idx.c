/* IDX, the format of MNIST: 0, 0, type, rank; sizes and elements, big-endian. And plain text. */
#include "io/archive.h"

static const char hint[] = "was it cut short, or is it another kind of file? Get it again";

static bool big_endian(void)
{
    const uint16_t one = 1;
    return *(const unsigned char *)&one == 0;
}

static const struct {
    unsigned char code;
    tad_element   element;
} types[] = {{0x08, TAD_ELEMENT_U8},  {0x09, TAD_ELEMENT_I8},  {0x0b, TAD_ELEMENT_I16},
             {0x0c, TAD_ELEMENT_I32}, {0x0d, TAD_ELEMENT_F32}, {0x0e, TAD_ELEMENT_F64}};

TAD__READER(idx)
{
    (void)options;
    const unsigned char *at = (unsigned char *)archive->file;
    size_t               bytes = archive->file_bytes, type = 0;
    int64_t              dims[TAD_MAX_RANK] = {0}, count;
    size_t               needed;
    if (bytes < 4)
        return tad__file_refuse(error, TAD_EARG, 0, hint, "an IDX file has at least 4 bytes; this one has %zu", bytes);
    if (at[0] != 0 || at[1] != 0)
        return tad__file_refuse(error, TAD_EARG, 0, hint, "an IDX file begins with two bytes of 0");
    while (type < sizeof types / sizeof *types && types[type].code != at[2])
        type++;
    if (type == sizeof types / sizeof *types)
        return tad__file_refuse(error, TAD_EARG, 2, hint, "type 0x%02x of elements is not known; expected 0x08 to 0x0e",
                                at[2]);
    int rank = at[3];
    if (rank > TAD_MAX_RANK)
        return tad__file_refuse(error, TAD_EARG, 3, hint, "it has %d axes; expected at most %d", rank, TAD_MAX_RANK);
    size_t header = 4 + 4 * (size_t)rank;
    if (bytes < header)
        return tad__file_refuse(error, TAD_EARG, 4, hint, "%d sizes need %zu bytes, but the file has %zu", rank, header,
                                bytes);
    for (int i = 0; i < rank; i++)
        for (int k = 0; k < 4; k++)
            dims[i] = dims[i] << 8 | at[4 + 4 * i + k];
    if (!tad__element_bytes(types[type].element, rank, dims, &count, &needed))
        return tad__file_refuse(error, TAD_EARG, 4, hint, "its shape has too many elements");
    if (needed != bytes - header)
        return tad__file_refuse(error, TAD_EARG, (int64_t)header, hint,
                                "its shape needs %zu bytes, but %zu follow the header", needed, bytes - header);
    char *data = archive->file + header;
    if (!big_endian())
        tad__swap_bytes(data, (size_t)count, tad_element_size(types[type].element));
    tad_status status = tad__archive_put(archive, "data", types[type].element, rank, dims, data, false);
    return status == TAD_OK ? status : tad__file_no_memory(error, needed);
}

TAD__READER(text)
{
    (void)options;
    int64_t    dims[] = {(int64_t)archive->file_bytes};
    char      *data = archive->file;
    tad_status status = tad__archive_put(archive, "data", TAD_ELEMENT_U8, 1, dims, data, false);
    return status == TAD_OK ? status : tad__file_no_memory(error, archive->file_bytes);
}
