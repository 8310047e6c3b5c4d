# tad: build, test, install. `make help` lists what it can do; GNU make 4.2 or newer.
#
# Everything that is built goes to build/CONFIG, and nothing is configured beforehand:
#
#     CONFIG=release   release, debug, san (AddressSanitizer, UBSan), tsan (ThreadSanitizer), cov (coverage), fuzz (clang)
#     BLAS=auto        auto (OpenBLAS if pkg-config knows it), openblas (required), none (portable kernels)
#     WERROR=yes       no: compiler warnings are not errors
#     CC, CFLAGS, CPPFLAGS, LDFLAGS, LDLIBS, PREFIX, LIBDIR, DESTDIR as usual; flags are added behind our own

.DEFAULT_GOAL := all
quiet := $(or $(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS)))),$(filter demo,$(MAKECMDGOALS)))
MAKEFLAGS += --no-builtin-rules
ifeq (0,$(MAKELEVEL))
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2) # a -j of yours wins
endif

# Goals that change what other goals look at go first, one by one; the rest is then read afresh by a make of its own,
# so that `make setup demo` sees what setup has installed, and -j cannot mix them up.
first := $(filter setup setup-dev clean headers docs format,$(MAKECMDGOALS))
ifneq (,$(and $(first),$(word 2,$(MAKECMDGOALS))))
.PHONY: $(MAKECMDGOALS) in-order
$(MAKECMDGOALS): in-order ; @:
in-order:
	@set -e; for goal in $(first); do $(MAKE) --no-print-directory $$goal; done
	@$(if $(filter-out $(first),$(MAKECMDGOALS)),$(MAKE) --no-print-directory $(filter-out $(first),$(MAKECMDGOALS)))
else

# ---- What is built ----

CONFIG ?= release
BUILD  ?= build/$(CONFIG)
ifeq (default,$(origin CXX))
CXX := c++
endif
HOSTCC ?= $(CC)
AR     ?= ar

LAYERS   := base tensor ops tape diff tools nn io
VERSION  := $(shell sed -n 's/.*define TAD_VERSION "\(.*\)".*/\1/p' include/tad/base.h)
MAJOR    := $(firstword $(subst ., ,$(VERSION)))
HEADERS  := $(sort $(wildcard include/tad/*.h))
FAMILIES := $(shell sed -n 's/^FAMILY.\([a-z]*\),.*/\1/p' src/host/families.def)
GENERATED := $(patsubst %,include/tad/%.h,elementwise operations $(FAMILIES)) docs/errors.md

SOURCES  := $(sort $(wildcard $(LAYERS:%=src/%/*.c)))
EXAMPLES := $(sort $(wildcard examples/*.c))
COMMAND  := $(sort $(wildcard src/cli/*.c))
TESTS    := $(sort $(wildcard tests/*.c))
BENCH    := $(sort $(wildcard tests/bench/*.c))

objects   = $(patsubst %,$(BUILD)/obj/%.o,$(basename $(1)))
STATIC   := $(BUILD)/libtad.a
SHARED   := $(BUILD)/libtad.so.$(VERSION)
LINKS    := $(BUILD)/libtad.so.$(MAJOR) $(BUILD)/libtad.so
UNIT     := $(BUILD)/tests/check_tad
PROGRAMS := $(EXAMPLES:examples/%.c=$(BUILD)/examples/%)
PROGRAM  := $(BUILD)/tad

# ---- What the machine has ----

PKG_CONFIG ?= pkg-config
pkg_exists = $(shell $(PKG_CONFIG) --exists $(1) 2>/dev/null && echo yes)
pkg_cflags = $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags $(1)))
pkg_libs   = $(shell $(PKG_CONFIG) --libs $(1))
have_pkg_config := $(shell command -v $(PKG_CONFIG) 2>/dev/null)

BLAS ?= auto
have_openblas := $(if $(filter auto openblas,$(BLAS)),$(call pkg_exists,openblas))
have_libdw    := $(call pkg_exists,libdw)
have_check    := $(call pkg_exists,check)

# A peer in precision, which comes with GCC.
have_quadmath := $(shell echo 'int main(void) { return 0; }' | $(CC) -x c - -lquadmath -o /dev/null 2>/dev/null && echo yes)

features := $(if $(have_openblas),-DTAD_HAVE_CBLAS $(call pkg_cflags,openblas)) \
            $(if $(have_libdw),-DTAD_HAVE_LIBDW $(call pkg_cflags,libdw))
LIBS     := $(if $(have_openblas),$(call pkg_libs,openblas)) -lz -lm -ldl

# ---- How it is compiled ----

WERROR ?= yes
warnings := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wwrite-strings -Wundef \
            -Wpointer-arith -Wdouble-promotion -Wfloat-conversion $(if $(filter no,$(WERROR)),,-Werror)
codegen  := -g -fPIC -fvisibility=hidden -ffp-contract=off -fno-math-errno -fno-trapping-math

OPT_release := -O2
OPT_debug   := -O0
OPT_san     := -O1
OPT_tsan    := -O1
OPT_cov     := -O0
OPT_fuzz    := -O1
INSTRUMENT_san  := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
INSTRUMENT_tsan := -fsanitize=thread -fno-omit-frame-pointer
INSTRUMENT_cov  := --coverage
INSTRUMENT_fuzz := $(INSTRUMENT_san) -fsanitize=fuzzer-no-link
OPT        ?= $(OPT_$(CONFIG))
KERNEL_OPT ?= $(if $(filter -O2,$(OPT)),-O3,$(OPT))
instrument := $(INSTRUMENT_$(CONFIG))

cflags   := -std=c11 $(warnings) $(codegen) $(instrument)
compile  = $(CC) $(cflags) $(opt) $(includes) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
link     = $(CC) $(instrument) $(LDFLAGS) -o $@ $(filter %.o %.a,$^)

# Whoever runs a program of ours that is instrumented wants to hear of every finding, and at once: the first one ends the run.
# All tests in one process, because looking for leaks at the end of each of 1,600 processes took seven times as long.
run_san  := ASAN_OPTIONS=detect_leaks=1:intercept_tls_get_addr=0:detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
            CK_FORK=no
run_tsan := TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1 CK_FORK=no OPENBLAS_NUM_THREADS=1

ifdef V
tell = $(1)
else
tell = @$(if $(quiet),,printf '  %-4s %s\n' $(2) $(if $(filter c%,$(2)),$<,$@) &&) $(1)
endif

.PHONY: all lib tad examples tests FORCE
.DELETE_ON_ERROR:

all: lib tad examples   ## library, command and examples (the default)
lib: $(STATIC) $(LINKS) ## libtad.a and libtad.so
tad: $(PROGRAM)         ## the command
examples: $(PROGRAMS)   ## the programs in examples/
tests: $(UNIT)

problem := $(strip \
    $(if $(filter release debug san tsan cov fuzz,$(CONFIG)),,CONFIG=$(CONFIG): expected release, debug, san, tsan, cov or fuzz) \
    $(if $(filter auto openblas none,$(BLAS)),,BLAS=$(BLAS): expected auto, openblas or none) \
    $(if $(filter openblas,$(BLAS)),$(if $(have_openblas),,BLAS=openblas, but pkg-config finds no openblas: try make setup)))

# Objects depend on this file, which is written anew when compiler or flags differ from those of the last time.
flags := $(strip $(CC) $(cflags) $(OPT) $(KERNEL_OPT) $(features) $(CPPFLAGS) $(CFLAGS) : $(LDFLAGS) $(LIBS) $(LDLIBS))
ifneq ($(file <$(BUILD)/flags),$(flags)$(problem))
$(BUILD)/flags: FORCE
endif
$(BUILD)/flags:
	$(if $(problem),$(error $(problem)))
	@echo '#include <uthash.h>' | $(CC) $(CPPFLAGS) $(CFLAGS) -x c -E - >/dev/null 2>&1 || \
	    { echo 'tad needs uthash.h (Debian: uthash-dev), and a C compiler with its headers. Try: make setup' >&2; exit 1; }
	$(if $(have_pkg_config),,@echo 'tad: there is no pkg-config, so: portable kernels, no OpenBLAS, no libdw')
	$(shell mkdir -p $(@D))$(file >$@,$(flags))

# The table of operations: whatever src/ops/*.c defines, by name.
operations := $(patsubst tad__op_%,OPERATION(%),$(sort $(filter tad__op_%,\
              $(shell grep -hoE 'const tad_op tad__op_[a-z0-9_]+' $(wildcard src/ops/*.c) /dev/null))))
operations_file := $(BUILD)/gen/operations.inc
define newline


endef
ifneq ($(sort $(file <$(operations_file))),$(sort $(operations)))
$(operations_file): FORCE
endif
$(operations_file):
	$(shell mkdir -p $(@D))$(file >$@,$(subst $(newline) ,$(newline),$(foreach row,$(operations),$(row)$(newline))))

# The parts of the page that tad_write_html writes, as C.
page_files := $(BUILD)/gen/page_files.inc
$(page_files): build/host/embed $(sort $(wildcard src/tools/page/*))
	@mkdir -p $(@D)
	@$< $(filter src/tools/page/%,$^) > $@

# ---- Library ----

library_objects := $(call objects,$(SOURCES))
$(library_objects): includes = $(features) -Iinclude -Isrc -I$(BUILD)/gen
$(library_objects): opt = $(OPT)
$(call objects,$(filter src/tensor/% src/ops/kernels_%,$(SOURCES))): opt = $(KERNEL_OPT)
$(call objects,src/tensor/indexed.c): opt = $(KERNEL_OPT) -ffp-contract=fast
$(call objects,src/ops/table.c): $(operations_file)
$(call objects,src/tools/page_files.c): $(page_files)

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,$(compile),cc)

# A source that was removed must leave the libraries, though nothing that is left is newer.
ifneq ($(file <$(BUILD)/sources),$(SOURCES))
$(BUILD)/sources: FORCE
endif
$(BUILD)/sources:
	$(shell mkdir -p $(@D))$(file >$@,$(SOURCES))

$(STATIC): $(library_objects) $(BUILD)/sources
	@rm -f $@
	$(call tell,$(AR) rcs $@ $(library_objects),ar)

$(SHARED): $(library_objects) $(BUILD)/sources
	$(call tell,$(link) -shared -Wl$(comma)-soname$(comma)libtad.so.$(MAJOR) $(LDLIBS) $(LIBS),ld)

$(LINKS): $(SHARED)
	@ln -sf $(<F) $@

comma := ,

# ---- Programs on top of it ----

example_objects := $(call objects,$(EXAMPLES))
$(example_objects): includes = -Iinclude
$(example_objects): opt = $(OPT)
$(PROGRAMS): $(BUILD)/examples/%: $(BUILD)/obj/examples/%.o $(STATIC)
	@mkdir -p $(@D)
	$(call tell,$(link) $(LDLIBS) $(LIBS),ld)

# The command. It is linked with the static library, so that it runs wherever it is copied to.
command_objects := $(call objects,$(COMMAND))
$(command_objects): includes = -Iinclude -Isrc
$(command_objects): opt = $(OPT)
$(PROGRAM): $(command_objects) $(STATIC)
	$(call tell,$(link) $(LDLIBS) $(LIBS),ld)

test_objects := $(call objects,$(TESTS))
$(test_objects): includes = $(features) $(call pkg_cflags,check) -Iinclude -Itests -Isrc -I$(BUILD)/gen
$(test_objects): opt = $(OPT)
$(UNIT): $(test_objects) $(STATIC)
	@mkdir -p $(@D)
	$(call tell,$(link) $(LDLIBS) $(call pkg_libs,check) $(if $(have_quadmath),-lquadmath) $(LIBS) -pthread,ld)
ifeq (,$(have_check))
$(test_objects): no-check
.PHONY: no-check
no-check:
	@echo 'The unit tests need Check (Debian: check) and pkg-config. Try: make setup' >&2; exit 1
endif

# What writes docs/operations.md, with the parts of the tests that it measures with.
TABLE_PROGRAM := $(BUILD)/table/operations_table
table_objects := $(call objects,tests/table/operations_table.c tests/precision.c tests/samples.c tests/terms.c)
$(call objects,tests/table/operations_table.c): includes = $(features) -Iinclude -Itests -Isrc -I$(BUILD)/gen
$(call objects,tests/table/operations_table.c): opt = $(OPT)
$(call objects,tests/table/operations_table.c): $(BUILD)/gen/sections.inc
$(BUILD)/gen/sections.inc: build/host/headers $(wildcard src/ops/*.c)
	@mkdir -p $(@D)
	@build/host/headers sections $(sort $(wildcard src/ops/*.c)) > $@
$(TABLE_PROGRAM): $(table_objects) $(STATIC)
	@mkdir -p $(@D)
	$(call tell,$(link) $(LDLIBS) $(if $(have_quadmath),-lquadmath) $(LIBS),ld)

# Fuzzers: programs that run the texts of their corpus, and with CONFIG=fuzz look for more.
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(sort $(wildcard tests/fuzz/*.c)))
fuzz_objects := $(call objects,$(sort $(wildcard tests/fuzz/*.c)))
$(fuzz_objects): includes = $(features) -Iinclude -Isrc $(if $(filter fuzz,$(CONFIG)),-DFUZZING)
$(fuzz_objects): opt = $(OPT)
$(FUZZERS): $(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/%.o $(STATIC)
	@mkdir -p $(@D)
	$(call tell,$(link) $(if $(filter fuzz,$(CONFIG)),-fsanitize=fuzzer) $(LDLIBS) $(LIBS),ld)

# What writes the pages that tests/scripts/check_page.sh opens in a browser.
PAGES_PROGRAM := $(BUILD)/page/write_pages
pages_objects := $(call objects,tests/page/write_pages.c tests/page_models.c tests/samples.c tests/terms.c)
$(call objects,tests/page/write_pages.c): includes = $(features) -Iinclude -Itests -Isrc -I$(BUILD)/gen
$(call objects,tests/page/write_pages.c): opt = $(OPT)
$(PAGES_PROGRAM): $(pages_objects) $(STATIC)
	@mkdir -p $(@D)
	$(call tell,$(link) $(LDLIBS) $(if $(have_quadmath),-lquadmath) $(LIBS),ld)

# The benchmark has a peer, ADOL-C, where that and a C++ compiler are installed.
adolc := $(and $(wildcard /usr/include/adolc/adolc.h),$(shell command -v $(CXX) 2>/dev/null),$(wildcard tests/bench/*.cpp))
bench_objects := $(call objects,$(BENCH) $(adolc))
$(bench_objects): includes = $(features) -Iinclude -Itests -Itests/bench -Isrc $(if $(adolc),-DTAD_BENCH_ADOLC)
$(bench_objects): opt = $(OPT)
$(BUILD)/obj/%.o: %.cpp $(BUILD)/flags
	@mkdir -p $(@D)
	$(call tell,$(CXX) -std=c++14 -O3 -g $(includes) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<,c++)
$(BUILD)/bench/bench: $(bench_objects) $(STATIC)
	@mkdir -p $(@D)
	$(call tell,$(link) $(LDLIBS) $(if $(adolc),-ladolc -lstdc++) $(LIBS),ld)

# ---- What is written from the operations and the list of statuses ----

build/host/%: src/host/%.c
	@mkdir -p $(@D)
	$(call tell,$(HOSTCC) -std=c11 -O1 -Wall -Wextra -Iinclude -Isrc -MMD -MP -MT $@ -MF $@.d -o $@ $<,cc)

.PHONY: headers generated
headers: generated ## write what is written from src/ops and the status list: headers, docs/errors.md
	@for file in $(GENERATED); do \
	    cmp -s build/host/$$file $$file || { cp build/host/$$file $$file && echo "  wrote $$file"; } || exit 1; \
	done

generated: build/host/headers
	@rm -rf build/host/include; mkdir -p $(sort $(dir $(GENERATED:%=build/host/%)))
	@for name in elementwise operations; do build/host/headers $$name > build/host/include/tad/$$name.h || exit 1; done
	@for name in $(FAMILIES); do \
	    build/host/headers $$name $(sort $(wildcard src/ops/*.c)) > build/host/include/tad/$$name.h || exit 1; \
	done
	@build/host/headers errors > build/host/docs/errors.md

.PHONY: docs
docs: generated $(TABLE_PROGRAM) $(PROGRAM) ## write docs/operations.md (measured), docs/tad.1 and docs/completion
	@$(PROGRAM) help man > docs/tad.1
	@$(PROGRAM) help bash > docs/completion/tad.bash
	@$(PROGRAM) help zsh > docs/completion/_tad
	@$(TABLE_PROGRAM) > build/host/operations.md
	@cmp -s build/host/operations.md docs/operations.md || { cp build/host/operations.md docs/operations.md && echo '  wrote docs/operations.md'; }

# ---- Running and testing ----

.PHONY: demo bench check check-all check-asan check-unit check-scripts coverage golden-torch

demo: $(BUILD)/examples/network ## build and run examples/network.c
	@$<

bench: $(BUILD)/bench/bench ## measure speed; BENCH_ARGS are passed on
	$(if $(adolc),,@echo 'bench: without ADOL-C (make setup-dev installs it)')
	@env -u OPENBLAS_CORETYPE $< $(BENCH_ARGS)

scripts := tests/scripts
script_environment = BUILD='$(BUILD)' CC='$(CC)' CXX='$(CXX)' MAKE='$(MAKE)' LIBS='$(LDFLAGS) $(LDLIBS) $(LIBS)'

check: lib tad examples $(if $(have_check),,no-check) ## everything quick: scripts, unit tests with sanitizers, unit tests
	@$(MAKE) --no-print-directory CONFIG=san BUILD=$(dir $(BUILD))san lib tad tests
	@$(MAKE) --no-print-directory -Oline check-scripts check-asan
	@$(MAKE) --no-print-directory check-unit

check-scripts: lib tad examples $(TABLE_PROGRAM) $(PAGES_PROGRAM)
	@$(script_environment) $(scripts)/check_layers.sh
	@$(script_environment) $(scripts)/check_headers.sh
	@$(script_environment) $(scripts)/check_public_headers.sh
	@$(script_environment) $(scripts)/check_symbols.sh
	@$(script_environment) $(scripts)/check_install.sh
	@$(script_environment) $(scripts)/check_golden.sh
	@$(script_environment) $(scripts)/check_graphs.sh
	@$(script_environment) $(scripts)/check_examples_memory.sh
	@$(script_environment) $(scripts)/check_readme.sh
	@$(script_environment) $(scripts)/check_command.sh
	@$(script_environment) $(scripts)/check_new_operation.sh
	@$(script_environment) $(scripts)/check_mutants.sh
	@$(script_environment) $(scripts)/check_operations.sh
	@$(script_environment) $(scripts)/check_page.sh
	@$(script_environment) $(scripts)/check_kill.sh

check-unit: $(UNIT) $(FUZZERS)
	@$(run_$(CONFIG)) $<
	@$(run_$(CONFIG)) $(BUILD)/fuzz/fuzz_model tests/fuzz/corpus/model/* examples/*.tad
	@$(run_$(CONFIG)) $(BUILD)/fuzz/fuzz_files $(wildcard tests/data/*)

FUZZ_SECONDS ?= 60
fuzz: ## look for models and files that the readers cannot stand, with clang's libFuzzer (FUZZ_SECONDS=60)
	@$(MAKE) --no-print-directory CONFIG=fuzz CC=clang BUILD=$(dir $(BUILD))fuzz run-fuzz

.PHONY: fuzz run-fuzz
run-fuzz: $(FUZZERS)
	@mkdir -p $(BUILD)/corpus/model
	@$(run_san) $(BUILD)/fuzz/fuzz_model -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=20 -rss_limit_mb=512 \
	    -dict=tests/fuzz/model.dict -artifact_prefix=$(BUILD)/ -print_final_stats=1 \
	    $(BUILD)/corpus/model tests/fuzz/corpus/model examples
	@mkdir -p $(BUILD)/corpus/files
	@$(run_san) $(BUILD)/fuzz/fuzz_files -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=20 -rss_limit_mb=512 \
	    -artifact_prefix=$(BUILD)/ -print_final_stats=1 $(BUILD)/corpus/files tests/data

check-asan: ## unit tests with AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory CONFIG=san BUILD=$(dir $(BUILD))san check-unit

check-all: check ## check, and: clang, -O0 to -O3, no BLAS, TSan, valgrind, small stack
	@$(script_environment) $(scripts)/check_all.sh

coverage: ## lines and branches of src/ that the unit tests reach
	@$(MAKE) --no-print-directory CONFIG=cov BUILD=$(dir $(BUILD))cov tests
	@$(script_environment) BUILD=$(dir $(BUILD))cov $(scripts)/coverage.sh

PYTHON ?= python3
golden-torch: ## write tests/torch/*.txt: what the tests hold tad to, by PyTorch (PYTHON=... has it)
	@$(PYTHON) tests/torch/make_golden.py

# ---- Installing ----

PREFIX     ?= /usr/local
INCLUDEDIR ?= $(PREFIX)/include
LIBDIR     ?= $(PREFIX)/lib
INSTALLED  := bin/tad share/man/man1/tad.1 share/bash-completion/completions/tad share/zsh/site-functions/_tad
.PHONY: install uninstall

install: lib tad ## install command, headers, libraries and tad.pc to $(DESTDIR)$(PREFIX)
	@install -d $(sort $(foreach place,$(INSTALLED),'$(DESTDIR)$(PREFIX)/$(dir $(place))'))
	@install -m 755 $(PROGRAM) '$(DESTDIR)$(PREFIX)/bin/tad'
	@install -m 644 docs/tad.1 '$(DESTDIR)$(PREFIX)/share/man/man1/tad.1'
	@install -m 644 docs/completion/tad.bash '$(DESTDIR)$(PREFIX)/share/bash-completion/completions/tad'
	@install -m 644 docs/completion/_tad '$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_tad'
	@install -d '$(DESTDIR)$(INCLUDEDIR)/tad' '$(DESTDIR)$(LIBDIR)/pkgconfig'
	@install -m 644 $(HEADERS) '$(DESTDIR)$(INCLUDEDIR)/tad/'
	@install -m 644 $(STATIC) '$(DESTDIR)$(LIBDIR)/'
	@install -m 755 $(SHARED) '$(DESTDIR)$(LIBDIR)/'
	@for link in $(notdir $(LINKS)); do ln -sf $(notdir $(SHARED)) '$(DESTDIR)$(LIBDIR)'/$$link || exit 1; done
	@up=$$(realpath -m --relative-to='$(LIBDIR)/pkgconfig' '$(PREFIX)') && \
	    inc=$$(realpath -m --relative-to='$(PREFIX)' '$(INCLUDEDIR)') && \
	    lib=$$(realpath -m --relative-to='$(PREFIX)' '$(LIBDIR)') && \
	    sed -e "s|@PREFIX@|\$${pcfiledir}/$$up|; s|@INCLUDE@|$$inc|; s|@LIB@|$$lib|; s|@VERSION@|$(VERSION)|" \
	        -e 's|@LIBS@|$(LIBS)|' src/tad.pc.in > '$(DESTDIR)$(LIBDIR)/pkgconfig/tad.pc'
	@chmod 644 '$(DESTDIR)$(LIBDIR)/pkgconfig/tad.pc'
	@echo "installed tad $(VERSION) to $(DESTDIR)$(PREFIX)"

uninstall: ## remove what install installed
	@cd '$(DESTDIR)$(INCLUDEDIR)/tad' 2>/dev/null && rm -f $(notdir $(HEADERS)) && cd .. && rmdir tad 2>/dev/null || true
	@rm -f $(patsubst %,'$(DESTDIR)$(LIBDIR)/%',$(notdir $(STATIC) $(SHARED) $(LINKS)) pkgconfig/tad.pc)
	@rm -f $(foreach place,$(INSTALLED),'$(DESTDIR)$(PREFIX)/$(place)')
	@echo "removed tad from $(DESTDIR)$(PREFIX)"

# ---- Housekeeping ----

.PHONY: format format-check tidy setup setup-dev clean help
c_files := $(sort $(filter-out $(GENERATED),$(wildcard include/tad/*.h src/*/*.[ch] tests/*.[ch] tests/table/*.c tests/page/*.c \
           tests/bench/*.[ch] tests/bench/*.cpp tests/fuzz/*.c tests/command/*.[ch] examples/*.[ch])))

format: ## lay the sources out with clang-format
	@clang-format -i $(c_files)

format-check: ## fail if `make format` would change something
	@clang-format --dry-run -Werror $(c_files)

tidy: $(operations_file) $(page_files) ## look for mistakes with clang-tidy
	@clang-tidy --quiet $(SOURCES) -- -std=c11 $(features) -Iinclude -Isrc -I$(BUILD)/gen 2>/dev/null

setup: ## install with apt-get what building and testing need and the machine lacks
	@$(scripts)/setup.sh

setup-dev: ## the same, and what check-all, format, tidy and bench need
	@$(scripts)/setup.sh dev

clean: ## remove build/
	@rm -rf build

help: ## this list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 21
	@echo
	@sed -nE '/^#     /s/^#  //p' $(firstword $(MAKEFILE_LIST))

print-%:
	@echo '$($*)'

-include $(patsubst %.o,%.d,$(library_objects) $(command_objects) $(example_objects) $(test_objects) $(table_objects) $(fuzz_objects) \
    $(pages_objects) $(bench_objects)) build/host/headers.d build/host/embed.d

endif
