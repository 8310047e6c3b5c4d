/* The files of src/tools/page, which src/host/embed.c wrote as arrays. */
#include "tools/page.h"

#include "page_files.inc"
