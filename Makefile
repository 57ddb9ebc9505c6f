# whatwhere: the only makefile. `make help` lists the targets and the knobs.
VERSION := 0.1.0
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc
ifeq ($(origin CC),default)
CC      := gcc
endif
SAN     ?=
COV     ?=
WERROR  ?=
V       ?=
comma   := ,
B       := build/$(notdir $(CC))$(if $(SAN),-$(subst $(comma),-,$(SAN)))$(if $(COV),-coverage)
Q       := $(if $(V),,@)
say      = @$(if $(V),:,printf '  %-5s %s\n' $(1) $(2))
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: all test test-all effects fuzz fuzz-here bench demo docs check check-install check-docs coverage install \
        uninstall clean help FORCE
.SECONDARY:

# family:singular:folder, in the order in which `whatwhere list` shows them
FAMILIES := $(strip \
  $(if $(wildcard areas/*.c),areas:area:areas) \
  $(if $(wildcard stimuli/*.c),stimuli:stimulus:stimuli) \
  $(if $(wildcard experiments/*.c),experiments:experiment:experiments) \
  $(if $(wildcard analysis/*.c),analyses:analysis:analysis) \
  $(if $(wildcard analysis/figures/*.c),figures:figure:analysis/figures) \
  $(if $(wildcard engine/tensor/ops/*.c),ops:op:engine/tensor/ops) \
  $(if $(wildcard engine/learning/optimisers/*.c),optimisers:optimiser:engine/learning/optimisers))
COMMANDS := $(if $(wildcard cli/*.c),commands:command:cli)

LAYERS   := engine/base engine/store engine/tensor engine/learning stimuli areas connectome \
            analysis experiments
SRC_LIB  := $(sort $(foreach d,$(LAYERS),$(wildcard $(d)/*.c $(d)/*/*.c)))
SRC_CLI  := $(sort $(wildcard cli/*.c cli/parts/*.c))
SRC_TEST := $(sort $(wildcard tests/unit/*.c tests/contract/*.c tests/support/*.c))

# what pkg-config knows, and two that it does not; tools/packages.txt has their names for apt and brew
PACKAGES := gsl hdf5 fftw3f openblas yaml-0.1 popt pangocairo libpng libjpeg jansson zlib
BARE     := dnnl.h Random123/philox.h
ifneq ($(filter-out clean help,$(or $(MAKECMDGOALS),all)),)
missing := $(shell CC='$(CC)' tools/missing.sh $(PACKAGES) $(BARE))
ifneq ($(missing),)
$(error $(missing))
endif
PKG_CFLAGS := $(shell pkg-config --cflags $(PACKAGES))
# GSL's own slow CBLAS stays out: OpenBLAS serves GSL too
PKG_LIBS   := $(filter-out -lgslcblas,$(shell pkg-config --libs $(PACKAGES)))
# the loader seeks each name in one library after the other, and OpenBLAS has 12 000 of its own
PKG_LIBS   := $(filter -L%,$(PKG_LIBS)) $(filter -lopenblas%,$(PKG_LIBS)) \
  $(filter-out -L% -lopenblas%,$(PKG_LIBS))
endif

OPT      ?= -O3 -fno-math-errno
CFLAGS   ?= -g
SHARED   := -fPIC -fno-semantic-interposition # the same objects serve both libraries
ALL_CFLAGS := -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -I. $(PKG_CFLAGS) $(OPT) \
  $(CFLAGS) $(SHARED) -fopenmp -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
  -Wmissing-prototypes -Wvla -Wwrite-strings $(if $(findstring clang,$(CC)),-Wno-pass-failed \
    -Wno-missing-field-initializers) \
  $(if $(WERROR),-Werror) \
  $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=undefined -fno-omit-frame-pointer) \
  $(if $(COV),--coverage)
LDLIBS   := $(PKG_LIBS) -ldnnl -lm -lpthread
LDFLAGS  += $(if $(filter Darwin,$(shell uname -s)),,-Wl,--as-needed) -fopenmp $(if $(SAN),-fsanitize=$(SAN)) $(if $(COV),--coverage)

obj = $(patsubst %.c,$(B)/%.o,$(1))
LIB  := $(B)/libwhatwhere.a
EXE  := $(B)/whatwhere
TEST := $(B)/ww-test

all: $(LIB) $(if $(SRC_CLI),$(EXE))  ## library and command

# `$(call keep,TEXT)`: the recipe of a file that holds TEXT and is touched only when TEXT changes
keep = @mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(1))' > $@.new; \
       cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# a change of the compiler, its flags or a value below rebuilds what depends on it, and only that
$(B)/flags: FORCE
	$(call keep,$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(LDLIBS))

COMMIT    := $(or $(shell git describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null),unknown)
LIBRARIES := $(shell CC='$(CC)' tools/libraries.sh $(PACKAGES))
$(B)/engine/base/version.o: DEFS = -DWW_VERSION='"$(VERSION)"' -DWW_COMMIT='"$(COMMIT)"' \
  -DWW_LIBRARIES='"$(LIBRARIES)"'
$(B)/engine/base/version.o: $(B)/build-of
$(B)/build-of: FORCE
	$(call keep,$(VERSION) $(COMMIT) $(LIBRARIES))

$(B)/engine/base/data_path.o: DEFS = -DWW_SOURCE_TREE='"$(CURDIR)"' \
  -DWW_DATA_FOLDER='"$(PREFIX)/share/whatwhere"'
$(B)/engine/base/data_path.o: $(B)/folders
$(B)/folders: FORCE
	$(call keep,$(CURDIR) $(PREFIX))

$(B)/tests/unit/cli_run.o $(B)/tests/support/killed_study.o: \
  DEFS = -DWW_EXE='"$(CURDIR)/$(EXE)"' -DWW_ROOT='"$(CURDIR)"'

# the library's registry leaves out the commands, which belong to the executable
$(B)/registry.c: FAMILY_LIST = $(FAMILIES)
$(B)/registry_all.c: FAMILY_LIST = $(FAMILIES) $(COMMANDS)
$(B)/registry.c $(B)/registry_all.c $(B)/registry_bench.c: FORCE
	@mkdir -p $(B); tools/registry.sh $(FAMILY_LIST) > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(B)/registry.o $(B)/registry_all.o $(B)/registry_bench.o: %.o: %.c $(B)/flags
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(B)/%.o: %.c $(B)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(DEFS) -MMD -MP -c $< -o $@

$(LIB): $(call obj,$(SRC_LIB)) $(B)/registry.o
	$(call say,AR,$@)
	@rm -f $@
	$(Q)ar rcs $@ $^

# registry_all.o stands before the library, so that the library's own registry stays out
$(EXE): $(call obj,$(SRC_CLI)) $(B)/registry_all.o $(LIB) $(B)/hdf5.libs
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(subst -lhdf5,$$(cat $(B)/hdf5.libs),$(LDLIBS))

$(B)/hdf5.libs: tools/hdf5_libs.sh $(B)/flags
	@CC='$(CC)' CFLAGS='$(ALL_CFLAGS)' tools/hdf5_libs.sh > $@

$(TEST): $(call obj,$(SRC_TEST) $(filter-out cli/main.c,$(SRC_CLI))) $(B)/registry_all.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcriterion

# Criterion has a test's verdict before the leak checker runs, so leaks and the like go to files
# SANLOG.PID, and any line of theirs fails the run but NOLEAK: libgomp detaches the threads of a
# team whose master ends, and one may be ending while the leak checker asks for its registers.
# Threads that wait do not spin: tests share the cores.
JOBS    ?= $(shell getconf _NPROCESSORS_ONLN)
TIMEOUT ?= $(if $(SAN)$(COV),900,240)
SANLOG  := $(CURDIR)/$(B)/sanitizer
NOLEAK  := ^==[0-9]*==Unable to get registers from thread [0-9]*[.]$$
run_tests = @rm -f $(SANLOG).*; \
  OMP_WAIT_POLICY=passive G_SLICE=always-malloc ASAN_OPTIONS=log_path=$(SANLOG) UBSAN_OPTIONS=print_stacktrace=1 \
  LSAN_OPTIONS=suppressions=$(CURDIR)/tests/support/lsan.supp:print_suppressions=0 \
  $(1) --jobs $(JOBS) --timeout $(TIMEOUT); status=$$?; \
  ! grep -hv '$(NOLEAK)' $(SANLOG).* 2> /dev/null && exit $$status

# Criterion is asked for by the tests alone
$(call obj,$(SRC_TEST) $(wildcard tests/effects/*.c)): | $(B)/criterion
$(B)/criterion:
	@missing=$$(tools/missing.sh criterion); [ -z "$$missing" ] || { echo "$$missing" >&2; exit 1; }
	@mkdir -p $(B); touch $@

test: $(TEST) $(if $(SRC_CLI),$(EXE))  ## unit, contract and command tests
	$(call run_tests,$(TEST))

# what the library reads at run time
DATA := $(sort $(wildcard connectome/*.tsv connectome/brains/*.yaml $(foreach e,tsv csv yaml, \
          experiments/*.$(e) experiments/*/*.$(e))))

$(B)/documented: $(call obj,tools/documented.c $(filter-out cli/main.c,$(SRC_CLI))) \
                 $(B)/registry_all.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

check: $(B)/documented  ## format, layers, headers, sizes, documentation
	@CC='$(CC)' CFLAGS='$(ALL_CFLAGS)' tools/check.sh '$(B)/documented $(filter %.tsv,$(DATA))'

# Effects: published findings that trained brains show. Fuzzing: each reader on made-up files.
SRC_EFFECTS := $(wildcard tests/effects/*.c)
EFFECTS     := $(B)/ww-effects
$(EFFECTS): $(call obj,$(SRC_EFFECTS) $(wildcard tests/support/*.c) $(filter-out cli/main.c,$(SRC_CLI))) \
            $(B)/registry_all.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcriterion

effects: $(if $(SRC_EFFECTS),$(EFFECTS) $(EXE))  ## what trained brains show, and the long kill test (minutes)
	$(if $(SRC_EFFECTS),$(call run_tests,$(EFFECTS)))
effects: TIMEOUT = 3600

SRC_FUZZ     := $(wildcard tests/fuzz/*.c)
FUZZ_SECONDS ?= 10
$(B)/fuzz/%: $(B)/tests/fuzz/%.o $(LIB)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(subst fuzzer-no-link,fuzzer,$(LDFLAGS)) -o $@ $^ $(LDLIBS)

fuzz:
	@if command -v clang > /dev/null; then \
	  $(MAKE) CC=clang SAN=fuzzer-no-link,address,undefined OPT=-O1 fuzz-here; \
	else echo 'fuzz: skipped, there is no clang'; fi

fuzz-here: $(SRC_FUZZ:tests/fuzz/%.c=$(B)/fuzz/%)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tools/fuzz.sh $^

test-all: test effects fuzz check-install check-docs $(BENCHES)  ## the same, effects, fuzzing and installation

# One program a file of tests/bench; engine also has the nets (a family) and the parts beside it.
SRC_BENCH := $(wildcard tests/bench/*.c)
BENCHES   := $(SRC_BENCH:tests/bench/%.c=$(B)/bench/%)
$(B)/registry_bench.c: FAMILY_LIST = $(FAMILIES) nets:net:tests/bench/nets
$(B)/bench/engine: $(call obj,$(sort $(wildcard tests/bench/nets/*.c tests/bench/parts/*.c))) \
                   $(B)/registry_bench.o
$(B)/bench/%: $(B)/tests/bench/%.o $(LIB)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LDLIBS)

PYTHON ?= python3
bench: $(BENCHES) $(EXE)  ## speed, agreement, memory; against PyTorch where PYTHON has it
	@mkdir -p build/bench
	$(B)/bench/conv2d | tee build/bench/conv2d.txt
	$(B)/bench/engine --python '$(PYTHON)' $(BENCH)

demo: $(EXE)  ## train a small brain, lesion it, print the table and draw the figure
	$(EXE) run lesion-battery --demo

docs: $(EXE)  ## chapters and reference pages, in build/docs
	tools/docs.sh $(EXE) build/docs

coverage:  ## which lines the tests run
	@$(MAKE) COV=1 OPT=-O0 test
	@tools/coverage.sh build/$(notdir $(CC))-coverage

# The library for linking, static and (where the linker is GNU's) shared.
SONAME := libwhatwhere.so.$(word 1,$(subst ., ,$(VERSION)))
SO     := $(if $(filter Darwin,$(shell uname -s)),,$(B)/libwhatwhere.so.$(VERSION))
$(B)/libwhatwhere.so.$(VERSION): $(call obj,$(SRC_LIB)) $(B)/registry.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -shared -Wl,-soname,$(SONAME) $(if $(SAN),,-Wl,--no-undefined) -o $@ $^ $(LDLIBS)

define PC
prefix=$(PREFIX)
includedir=$${prefix}/include/whatwhere
libdir=$${prefix}/lib

Name: whatwhere
Description: simulates the visual streams of the primate brain
Version: $(VERSION)
Requires.private: cairo
Cflags: -I$${includedir}
Libs: -L$${libdir} -lwhatwhere
Libs.private: $(filter-out -lpopt,$(LDLIBS)) -fopenmp
endef
$(B)/whatwhere.pc: FORCE
	@mkdir -p $(@D)
	$(file > $@,$(PC))

$(B)/whatwhere.1: tools/manpage.sh $(EXE)
	@tools/manpage.sh $(EXE) $(VERSION) > $@

$(B)/whatwhere.bash: $(EXE)
	@$(EXE) completion bash > $@

HEADERS := $(sort $(foreach d,$(LAYERS),$(wildcard $(d)/*.h $(d)/*/*.h)))
ROOT     = $(DESTDIR)$(PREFIX)
put      = @for f in $(2); do install -D -m 644 $$f $(1)/$$f; done

install: all $(SO) $(B)/whatwhere.pc $(B)/whatwhere.1 $(B)/whatwhere.bash  ## to PREFIX (/usr/local), under DESTDIR
	@install -D -m 755 $(EXE) $(ROOT)/bin/whatwhere
	@install -D -m 644 $(LIB) $(ROOT)/lib/libwhatwhere.a
ifneq ($(SO),)
	@install -m 755 $(SO) $(ROOT)/lib/
	@ln -sf $(notdir $(SO)) $(ROOT)/lib/$(SONAME)
	@ln -sf $(SONAME) $(ROOT)/lib/libwhatwhere.so
endif
	$(call put,$(ROOT)/include/whatwhere,$(HEADERS))
	$(call put,$(ROOT)/share/whatwhere,$(DATA))
	@install -D -m 644 $(B)/whatwhere.pc $(ROOT)/lib/pkgconfig/whatwhere.pc
	@install -D -m 644 $(B)/whatwhere.1 $(ROOT)/share/man/man1/whatwhere.1
	@install -D -m 644 $(B)/whatwhere.bash $(ROOT)/share/bash-completion/completions/whatwhere

uninstall:  ## takes away what install put there
	rm -rf $(ROOT)/include/whatwhere $(ROOT)/share/whatwhere
	rm -f $(ROOT)/bin/whatwhere $(ROOT)/lib/libwhatwhere.* $(ROOT)/lib/pkgconfig/whatwhere.pc \
	  $(ROOT)/share/man/man1/whatwhere.1 $(ROOT)/share/bash-completion/completions/whatwhere

check-install: all
	@MAKE='$(MAKE)' CC='$(CC)' tools/check_install.sh

check-docs: all $(TEST)
	@OPT='$(OPT)' WERROR='$(WERROR)' tools/check_docs.sh $(B)

clean:  ## remove everything that was built
	rm -rf build

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## */  \1\t/p' Makefile | expand -t 16
	@echo '  knobs           CC=clang  SAN=address,undefined  WERROR=1  OPT=-O1  V=1  PREFIX=  DESTDIR='

-include $(patsubst %.o,%.d,$(call obj,$(SRC_LIB) $(SRC_CLI) $(SRC_TEST) $(SRC_EFFECTS) \
  $(SRC_FUZZ) $(SRC_BENCH) $(wildcard tests/bench/*/*.c) tools/documented.c) \
  $(B)/registry.o $(B)/registry_all.o $(B)/registry_bench.o)
