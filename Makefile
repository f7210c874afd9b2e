# yujing: build, test, run.
#
#   make            build/yujing and nothing else
#   make run        the worked example, a heavy-pollution episode of November 2015
#   make test       everything a commit must pass; the last line counts what passed, failed and was skipped
#   make test-long  the same, with long fuzzing and the slow checks
#   make bench      measurements; BENCH="a b" chooses
#   make fuzz       libFuzzer on every parser, FUZZ_SECONDS each (60)
#   make install    under PREFIX (/usr/local) and DESTDIR; make deb: a Debian package under build/
#   make format tidy clean
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
	libsqlite3-dev libssl-dev libutf8proc-dev libxml2-dev libcurl4-openssl-dev libpaho-mqtt-dev libmosquitto-dev libmicrohttpd-dev libgnutls28-dev zlib1g-dev
TEST_PACKAGES := $(BUILD_PACKAGES) libcriterion-dev clang libclang-rt-14-dev? clang-format lua5.4 python3 mandoc? fiu-utils? faketime? libxml2-utils mosquitto mosquitto-clients opensmtpd? python3-aiosmtpd nginx-light nodejs openssl prometheus lintian dpkg-dev strace iproute2 systemd python3-seccomp?
BENCH_PACKAGES := $(BUILD_PACKAGES) libclips-dev lua5.4 time python3 curl redis-server prometheus-alertmanager

LIBS := libuv lua5.4 yaml-0.1 jansson sqlite3 libcrypto libutf8proc libmicrohttpd gnutls zlib libxml-2.0 libcurl libmosquitto
MISSING_LIBS := $(shell for lib in $(LIBS); do pkg-config --exists $$lib 2>/dev/null || echo $$lib; done; \
	[ -e /usr/include/MQTTClient.h ] || echo libpaho-mqtt)

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
LIB_LDLIBS := $(shell pkg-config --libs $(LIBS) 2>/dev/null) -lpaho-mqtt3cs -lpthread -lm

# ---- what is built from what -----------------------------------------------------------------------

MAIN := core/cli/main.c
LAYERS ?= *
SOURCES := $(filter-out $(MAIN),$(wildcard $(LAYERS:%=core/%/*.c)))
OBJECTS := $(SOURCES:%.c=$(BUILD)/obj/%.o) $(BUILD)/resources.o
TEST_SOURCES := $(sort $(shell find $(LAYERS:%=tests/%) -name '*.c' -not -path 'tests/fuzz/*' \
	-not -path 'tests/bench/*' -not -path 'tests/faults/*' -not -path 'tests/e2e/*' -not -path 'tests/sim/*' 2>/dev/null))
TEST_OBJECTS := $(TEST_SOURCES:%.c=$(BUILD)/obj/%.o)
BENCHES := $(patsubst tests/bench/%.c,$(BUILD)/%,$(wildcard tests/bench/bench_*.c))
RESOURCES := $(sort $(wildcard policies/national/*.yaml scripts/lib/*.lua core/store/*.sql core/shell/*.css core/shell/*.json))

.PHONY: all run test test-long bench bench-programs fault-programs tests fuzz format tidy install deb clean \
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

# Programs of the checks from outside, which build what they need.
$(BUILD)/e2e_%: $(BUILD)/obj/tests/e2e/e2e_%.o $(BUILD)/libyujing.a
	$(call run,link) $(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LDLIBS)

# Faults: a program that journals, and shims that are loaded before libc to make it fail.
FAULTS := $(BUILD)/fault_feeder $(patsubst tests/faults/shim_%.c,$(BUILD)/shim_%.so,$(wildcard tests/faults/shim_*.c))
fault-programs: $(FAULTS)
$(BUILD)/fault_%: $(BUILD)/obj/tests/faults/fault_%.o $(BUILD)/libyujing.a
	$(call run,link) $(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LDLIBS)
$(BUILD)/shim_%.so: tests/faults/shim_%.c
	$(call run,cc) $(CC) $(filter-out -MMD -MP -fPIE,$(ALL_CFLAGS)) -fPIC -shared -o $@ $< -ldl

# The simulated city: the real core between a disk, a clock, a net and people that are made up.
$(BUILD)/sim: $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/sim/*.c)) $(BUILD)/libyujing.a
	$(call run,link) $(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LDLIBS)

run: deps
	@$(MAKE) --no-print-directory all
	@if [ -e examples/2015-11-shenyang/run.sh ]; then sh examples/2015-11-shenyang/run.sh; fi
	@printf '%s\n' '' '守护进程 / the daemon:' \
		'  sh examples/city-in-a-box/run.sh    一分多钟演完一次过程：签发、发送、签收、催告、核查、更正、解除、交接 / a whole city on this machine, live, two kills included' \
		'  examples/daemon/run.sh              影子运行，不对外发送 / in shadow: decides and records, sends nothing' \
		'  build/yujing run -c FILE --check    检查自己的配置（样例 examples/daemon/yujing.yaml）/ your own configuration, looked at'

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

# Pages and completion come out of the program's own option tables.  What stands in SYSCONFDIR already is
# the administrator's and is left as it is.
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
SHARE = $(DESTDIR)$(PREFIX)/share
MANUALS := check test replay diff why why-not drill run ctl account list store audit aqi hj212 webhook cloudevents
OPERATIONS := examples/operations
# NAME FOLDER: the configuration of an installed daemon, out of the example.
configure = sed 's|\.\./\.\./policies|$(PREFIX)/share/yujing/policies|; s|\bvar/|/var/lib/$(2)/|g' $(1)
install: all
	install -Dm755 $(BUILD)/yujing $(DESTDIR)$(PREFIX)/bin/yujing
	mkdir -p $(SHARE)/yujing $(SHARE)/man/man1 $(SHARE)/bash-completion/completions \
		$(SHARE)/zsh/vendor-completions $(SHARE)/doc/yujing $(DESTDIR)$(UNITDIR) \
		$(DESTDIR)$(SYSCONFDIR)/yujing $(DESTDIR)$(SYSCONFDIR)/yujing-drill $(DESTDIR)$(SYSCONFDIR)/default
	cp -R scripts policies $(SHARE)/yujing/
	$(BUILD)/yujing man > $(SHARE)/man/man1/yujing.1
	for verb in $(MANUALS); do \
		$(BUILD)/yujing man $$verb > $(SHARE)/man/man1/yujing-$$verb.1 || exit 1; done
	$(BUILD)/yujing completion bash > $(SHARE)/bash-completion/completions/yujing
	$(BUILD)/yujing completion zsh > $(SHARE)/zsh/vendor-completions/_yujing
	for unit in yujing yujing-drill; do \
		sed 's|/usr/|$(PREFIX)/|g' $(OPERATIONS)/systemd/$$unit.service > $(DESTDIR)$(UNITDIR)/$$unit.service || exit 1; done
	install -Dm644 $(OPERATIONS)/systemd/sysusers.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d/yujing.conf
	install -Dm644 $(OPERATIONS)/systemd/tmpfiles.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/yujing.conf
	$(call configure,examples/daemon/yujing.yaml,yujing) > $(SHARE)/doc/yujing/yujing.yaml
	$(call configure,$(OPERATIONS)/drill.yaml,yujing-drill) > $(SHARE)/doc/yujing/drill.yaml
	cp -R $(OPERATIONS)/runbooks.md $(OPERATIONS)/prometheus $(OPERATIONS)/grafana $(SHARE)/doc/yujing/
	cd $(DESTDIR)$(SYSCONFDIR) && \
	{ [ -e yujing/yujing.yaml ] || cp $(abspath $(SHARE))/doc/yujing/yujing.yaml yujing/yujing.yaml; } && \
	{ [ -e yujing-drill/yujing.yaml ] || cp $(abspath $(SHARE))/doc/yujing/drill.yaml yujing-drill/yujing.yaml; } && \
	{ [ -e default/yujing ] || cp $(abspath $(OPERATIONS))/systemd/yujing.default default/yujing; }

# build/yujing_VERSION_ARCH.deb
deb: all
	@$(OPERATIONS)/debian/build.sh $(BUILD)

clean:
	rm -rf build

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
