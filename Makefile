# whatwhere: the only makefile. `make help` lists the targets.
CC      ?= cc
ifeq ($(origin CC),default)
CC      := gcc
endif
SAN     ?=
WERROR  ?=
comma   := ,
B       := build/$(notdir $(CC))$(if $(SAN),-$(subst $(comma),-,$(SAN)))
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: all test clean help FORCE

# family:singular:folder, in the order in which `whatwhere list` shows them
FAMILIES := $(strip \
  $(if $(wildcard areas/*.c),areas:area:areas) \
  $(if $(wildcard stimuli/*.c),stimuli:stimulus:stimuli) \
  $(if $(wildcard experiments/*.c),experiments:experiment:experiments) \
  $(if $(wildcard analysis/*.c),analyses:analysis:analysis) \
  $(if $(wildcard engine/tensor/ops/*.c),ops:op:engine/tensor/ops) \
  $(if $(wildcard engine/learning/optimisers/*.c),optimisers:optimiser:engine/learning/optimisers) \
  $(if $(wildcard cli/*.c),commands:command:cli))

PACKAGES := gsl hdf5 fftw3f openblas yaml-0.1 popt pangocairo libpng libjpeg jansson zlib
LAYERS   := engine/base engine/store engine/tensor engine/learning stimuli areas connectome \
            analysis experiments
SRC_LIB  := $(sort $(foreach d,$(LAYERS),$(wildcard $(d)/*.c $(d)/*/*.c)))
SRC_CLI  := $(sort $(wildcard cli/*.c))
SRC_TEST := $(sort $(wildcard tests/unit/*.c tests/contract/*.c tests/support/*.c))

ifeq ($(filter clean help,$(MAKECMDGOALS)),)
missing := $(strip $(foreach p,$(PACKAGES),$(shell pkg-config --exists $(p) || echo $(p))))
ifneq ($(missing),)
$(error missing: $(missing); './setup.sh' installs what is missing)
endif
PKG_CFLAGS := $(shell pkg-config --cflags $(PACKAGES))
PKG_LIBS   := $(shell pkg-config --libs $(PACKAGES))
endif

OPT      ?= -O3 -fno-math-errno
CFLAGS   ?= -g
ALL_CFLAGS := -std=c11 -D_POSIX_C_SOURCE=200809L -D_DEFAULT_SOURCE -I. $(PKG_CFLAGS) $(OPT) $(CFLAGS) \
  -fopenmp -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
  -Wvla -Wwrite-strings $(if $(WERROR),-Werror) \
  $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer)
LDLIBS   := $(PKG_LIBS) -ldnnl -lm -lpthread
LDFLAGS  += -fopenmp $(if $(SAN),-fsanitize=$(SAN))

obj = $(patsubst %.c,$(B)/%.o,$(1))
LIB  := $(B)/libwhatwhere.a
EXE  := $(B)/whatwhere
TEST := $(B)/ww-test

all: $(LIB) $(if $(SRC_CLI),$(EXE))  ## library and command

$(B)/registry.c: FORCE
	@mkdir -p $(B); tools/registry.sh $(FAMILIES) > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# a change of compiler flags rebuilds
$(B)/flags: FORCE
	@mkdir -p $(B); echo '$(CC) $(ALL_CFLAGS)' > $@.new; cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(B)/registry.o: $(B)/registry.c $(B)/flags
	$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(LIB): $(call obj,$(SRC_LIB)) $(B)/registry.o
	@rm -f $@; ar rcs $@ $^

# the registry names the commands too, so they belong to what it is linked with
$(EXE): $(call obj,$(SRC_CLI)) $(LIB)
	$(CC) $(LDFLAGS) -o $@ $(call obj,$(SRC_CLI)) $(LIB) $(LDLIBS)

$(TEST): $(call obj,$(SRC_TEST) $(filter-out cli/main.c,$(SRC_CLI))) $(LIB)
	$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIB) $(LDLIBS) -lcriterion

test: $(TEST) $(if $(SRC_CLI),$(EXE))  ## unit, contract and command tests
	$(TEST) --jobs 2 --timeout 240

clean:  ## remove everything that was built
	rm -rf build

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## */  \1\t/p' Makefile | expand -t 16

-include $(patsubst %.o,%.d,$(call obj,$(SRC_LIB) $(SRC_CLI) $(SRC_TEST)))
