# yujing: build, test, run.
#
#   make            build/yujing and nothing else
#   make run        the worked example, a heavy-pollution episode of November 2015
#   make test       everything a commit must pass; the last line counts what passed, failed and was skipped
#   make test-long  the same, with long fuzzing and the slow checks
#   make bench      measurements; BENCH="a b" chooses
#   make fuzz       libFuzzer on every parser, FUZZ_SECONDS each (60)
#   make format tidy install clean
#
# Variants stand side by side, each in its own folder:
#   make SANITIZE=address,undefined      build/asan
#   make CC=clang                        build/clang
#   make BUILD=build/mine CFLAGS=-O0     build/mine
#   make tests LAYERS="base model"       only these layers and their unit tests

ifeq ($(origin CC),default)
CC := gcc
endif
IS_CLANG := $(findstring clang,$(notdir $(CC)))
SANITIZE ?=
BUILD ?= build$(if $(IS_CLANG),/clang)$(if $(SANITIZE),/asan)
PREFIX ?= /usr/local
# One short line for each thing made; V=1 shows the commands.
run = $(if $(V),,@printf '%-5s %s\n' $(1) $@;)
FUZZ_SECONDS ?= 60
LONG_FUZZ_SECONDS ?= 600

# ---- packages ------------------------------------------------------------------------------------
# What Debian and Ubuntu call what we need.  run, test, bench and fuzz install what is missing; a package
# with a ? is needed only where the distribution has it by that name.

BUILD_PACKAGES := build-essential pkg-config libuv1-dev liblua5.4-dev libyaml-dev libjansson-dev \
	libsqlite3-dev libssl-dev libutf8proc-dev
TEST_PACKAGES := $(BUILD_PACKAGES) libcriterion-dev clang libclang-rt-14-dev? clang-format lua5.4 python3 mandoc?
BENCH_PACKAGES := $(BUILD_PACKAGES) libclips-dev lua5.4 time

LIBS := libuv lua5.4 yaml-0.1 jansson sqlite3 libcrypto libutf8proc
MISSING_LIBS := $(shell for lib in $(LIBS); do pkg-config --exists $$lib 2>/dev/null || echo $$lib; done)

# ---- flags ---------------------------------------------------------------------------------------
# -ffp-contract=off and no -march: every build must compute the same figures.
# -fno-plt: rules call into Lua a dozen times a value; a direct call there is worth a tenth.
# -Wno-format-nonliteral: a format is often tr("english", "中文"), which the compiler checks all the same.

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	-Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wformat=2 -Wno-format-nonliteral
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 $(WARNINGS) $(CFLAGS) -ffp-contract=off -fno-strict-aliasing \
	-fstack-protector-strong -fPIE -fno-plt -D_GNU_SOURCE -Icore $(LIB_CFLAGS) -MMD -MP
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(LDFLAGS)
ifeq ($(SANITIZE),)
ALL_CFLAGS += $(if $(filter -O0,$(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
else
ALL_CFLAGS += -fsanitize=$(SANITIZE) -fno-sanitize-recover=undefined -fno-omit-frame-pointer
ALL_LDFLAGS += -fsanitize=$(SANITIZE)
endif
# As system headers, so that our warnings judge only our code.
LIB_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(LIBS) 2>/dev/null))
LIB_LDLIBS := $(shell pkg-config --libs $(LIBS) 2>/dev/null) -lpthread -lm

# ---- what is built from what -----------------------------------------------------------------------

MAIN := core/cli/main.c
LAYERS ?= *
SOURCES := $(filter-out $(MAIN),$(wildcard $(LAYERS:%=core/%/*.c)))
OBJECTS := $(SOURCES:%.c=$(BUILD)/obj/%.o) $(BUILD)/resources.o
TEST_SOURCES := $(sort $(shell find $(LAYERS:%=tests/%) -name '*.c' -not -path 'tests/fuzz/*' \
	-not -path 'tests/bench/*' 2>/dev/null))
TEST_OBJECTS := $(TEST_SOURCES:%.c=$(BUILD)/obj/%.o)
BENCHES := $(patsubst tests/bench/%.c,$(BUILD)/%,$(wildcard tests/bench/bench_*.c))
RESOURCES := $(sort $(wildcard policies/national/*.yaml scripts/lib/*.lua core/store/*.sql))

.PHONY: all run test test-long bench bench-programs tests fuzz format tidy install clean \
	deps test-deps bench-deps packages-present always
.DELETE_ON_ERROR:

all: $(BUILD)/yujing

$(BUILD)/yujing: $(MAIN:%.c=$(BUILD)/obj/%.o) $(BUILD)/libyujing.a
	$(call run,link) $(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LDLIBS)

# Made anew each time, so that a source that was removed leaves no ghost behind.
$(BUILD)/libyujing.a: $(OBJECTS)
	@rm -f $@
	$(call run,ar) $(AR) rcs $@ $^

$(BUILD)/obj/%.o: %.c | packages-present
	@mkdir -p $(@D)
	$(call run,cc) $(CC) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/resources.o: $(BUILD)/resources.c $(RESOURCES) | packages-present
	$(call run,cc) $(CC) $(ALL_CFLAGS) -c -o $@ $<

# The files that travel inside the binary, each taken in whole by the assembler's .incbin.
$(BUILD)/resources.c: $(BUILD)/resources.list $(RESOURCES)
	@{ echo '/* Made by the Makefile out of its RESOURCES; not to be edited. */'; \
	  echo '#include "base/resource.h"'; n=0; \
	  for file in $(RESOURCES); do n=$$((n + 1)); \
	    printf 'extern const unsigned char resource_%s[];\n' $$n; \
	    printf '__asm__(".section .rodata\\n.balign 16\\nresource_%s:\\n.incbin \\"%s\\"\\n.byte 0\\n.previous");\n' \
	      $$n $$file; \
	  done; \
	  echo 'const struct resource resources[] = {'; n=0; \
	  for file in $(RESOURCES); do n=$$((n + 1)); \
	    printf '    {"%s", resource_%s, %s},\n' $$file $$n $$(wc -c <$$file); \
	  done; \
	  echo '    {0},'; echo '};'; } >$@

# Changes only when a file is added or removed.
$(BUILD)/resources.list: always
	@mkdir -p $(@D)
	@echo '$(RESOURCES)' | cmp -s - $@ || echo '$(RESOURCES)' >$@

packages-present:
ifneq ($(MISSING_LIBS),)
	@echo 'missing libraries: $(MISSING_LIBS)' >&2
	@echo 'install them with: apt-get install $(BUILD_PACKAGES)' >&2
	@echo '(make run and make test do so by themselves)' >&2
	@exit 1
endif

# ---- tests, fuzzing, measurements ------------------------------------------------------------------
# All unit tests are one Criterion program, so that there is one synthesis.

tests: $(BUILD)/tests
$(BUILD)/tests: $(TEST_OBJECTS) $(BUILD)/libyujing.a
	$(call run,link) $(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LDLIBS) -lcriterion

$(BUILD)/obj/tests/%.o: ALL_CFLAGS += -Itests

bench-programs: $(BENCHES)
$(BUILD)/bench_%: $(BUILD)/obj/tests/bench/bench_%.o $(BUILD)/libyujing.a
	$(call run,link) $(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LDLIBS)

run: deps
	@$(MAKE) --no-print-directory all
	@if [ -e examples/2015-11-shenyang/run.sh ]; then sh examples/2015-11-shenyang/run.sh; fi

test: test-deps
	@tests/run.sh

test-long: test-deps
	@LONG=1 LONG_FUZZ_SECONDS=$(LONG_FUZZ_SECONDS) tests/run.sh

bench: bench-deps
	@$(MAKE) --no-print-directory all bench-programs
	@BENCH='$(BENCH)' tests/bench/run.sh

# The library is built by clang with the same eyes that watch the fuzzer.
FUZZ_BUILD := build/fuzz
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz: test-deps
	@$(MAKE) --no-print-directory CC=clang SANITIZE=address,undefined,fuzzer-no-link \
		BUILD=$(FUZZ_BUILD) $(FUZZERS:%=$(FUZZ_BUILD)/%)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz.sh $(FUZZERS)

$(FUZZ_BUILD)/fuzz_%: $(FUZZ_BUILD)/obj/tests/fuzz/fuzz_%.o $(FUZZ_BUILD)/libyujing.a
	$(call run,link) $(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer,address,undefined -o $@ $^ $(LIB_LDLIBS)

# ---- packages, installed only when missing ---------------------------------------------------------

deps: ; @tests/deps.sh $(BUILD_PACKAGES)
test-deps: ; @tests/deps.sh $(TEST_PACKAGES)
bench-deps: ; @tests/deps.sh $(BENCH_PACKAGES)

# ---- housekeeping ----------------------------------------------------------------------------------

format:
	find core tests -name '*.[ch]' | sort | xargs clang-format -i

tidy:
	clang-tidy --quiet $(SOURCES) $(MAIN) -- $(filter-out -MMD -MP -Werror,$(ALL_CFLAGS))

# Pages and completion come out of the program's own option tables.
SHARE = $(DESTDIR)$(PREFIX)/share
install: all
	install -Dm755 $(BUILD)/yujing $(DESTDIR)$(PREFIX)/bin/yujing
	mkdir -p $(SHARE)/yujing $(SHARE)/man/man1 $(SHARE)/bash-completion/completions \
		$(SHARE)/zsh/site-functions
	cp -R scripts policies $(SHARE)/yujing/
	$(BUILD)/yujing man > $(SHARE)/man/man1/yujing.1
	for verb in check test replay diff why why-not drill run list aqi; do \
		$(BUILD)/yujing man $$verb > $(SHARE)/man/man1/yujing-$$verb.1 || exit 1; done
	$(BUILD)/yujing completion bash > $(SHARE)/bash-completion/completions/yujing
	$(BUILD)/yujing completion zsh > $(SHARE)/zsh/site-functions/_yujing

clean:
	rm -rf build

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
