/* libdw (elfutils) reads debugging information. It is opened only when a message is asked for, so that programs neither
 * link nor load it; where it is missing the message gives module and offset. */
#define _GNU_SOURCE
#include "base/callsite.h"

#include <string.h>

#if defined(__linux__) && defined(__GLIBC__)
#include <dlfcn.h>
#include <unistd.h>

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

#ifdef TAD_HAVE_LIBDW
#include <elfutils/libdwfl.h>

/* The functions of libdw used here, by their own names and types. */
#define LIBDW(X)                                                                                                       \
    X(dwfl_begin)                                                                                                      \
    X(dwfl_end)                                                                                                        \
    X(dwfl_linux_proc_report)                                                                                          \
    X(dwfl_report_end)                                                                                                 \
    X(dwfl_linux_proc_find_elf)                                                                                        \
    X(dwfl_standard_find_debuginfo)                                                                                    \
    X(dwfl_getsrc)                                                                                                     \
    X(dwfl_lineinfo)                                                                                                   \
    X(dwfl_addrmodule)                                                                                                 \
    X(dwfl_module_addrname)

typedef struct libdw {
#define MEMBER(name) __typeof__(&name) name;
    LIBDW(MEMBER)
#undef MEMBER
} libdw;

static bool load(void *library, libdw *dw)
{
#define LOAD(name)                                                                                                     \
    void *symbol_##name = dlsym(library, #name);                                                                       \
    if (!symbol_##name)                                                                                                \
        return false;                                                                                                  \
    memcpy(&dw->name, &symbol_##name, sizeof dw->name);
    LIBDW(LOAD)
#undef LOAD
    return true;
}

static bool add_line(tad__text *text, Dwarf_Addr address)
{
    void *library = dlopen("libdw.so.1", RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE); /* the next message is then quick */
    if (!library)
        return false;
    bool  found = false;
    libdw dw;
    if (load(library, &dw)) {
        char                *debug_path = NULL;
        const Dwfl_Callbacks callbacks = {.find_elf = dw.dwfl_linux_proc_find_elf,
                                          .find_debuginfo = dw.dwfl_standard_find_debuginfo,
                                          .debuginfo_path = &debug_path};
        Dwfl                *dwfl = dw.dwfl_begin(&callbacks);
        if (dwfl && dw.dwfl_linux_proc_report(dwfl, getpid()) == 0 && dw.dwfl_report_end(dwfl, NULL, NULL) == 0) {
            Dwfl_Line  *line = dw.dwfl_getsrc(dwfl, address);
            int         number = 0;
            const char *file = line ? dw.dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;
            if (file) {
                Dwfl_Module *module = dw.dwfl_addrmodule(dwfl, address);
                const char  *function = module ? dw.dwfl_module_addrname(module, address) : NULL;
                tad__text_add(text, "%s:%d", base_name(file), number);
                if (function)
                    tad__text_add(text, " (%s)", function);
                found = true;
            }
        }
        if (dwfl)
            dw.dwfl_end(dwfl);
    }
    dlclose(library);
    return found;
}
#else
static bool add_line(tad__text *text, uintptr_t address)
{
    (void)text;
    (void)address;
    return false;
}
#endif

void tad__callsite_add(tad__text *text, const void *address)
{
    if (!address)
        return;
    uintptr_t call = (uintptr_t)address - 1; /* the call is before the instruction it returns to */
    if (add_line(text, call))
        return;
    Dl_info info;
    if (dladdr((const void *)call, &info) && info.dli_fname)
        tad__text_add(text, "%s+0x%zx", base_name(info.dli_fname), (size_t)(call - (uintptr_t)info.dli_fbase));
}
#else
void tad__callsite_add(tad__text *text, const void *address)
{
    (void)text;
    (void)address;
}
#endif
