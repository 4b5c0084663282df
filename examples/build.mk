# SPDX-License-Identifier: GPL-2.0-only
#
# The examples that are programs: so far the microbenchmark. Included by the top Makefile, which sets
# BUILD, CC, CFLAGS and LDFLAGS; it needs libm and nothing else, and nothing here knows the daemon.

BUILD ?= build

MB_DIR := examples/microbenchmark
MB_CPPFLAGS := -D_GNU_SOURCE
MB_CFLAGS := -std=gnu17 -O2 -g -Wall -Wextra -Wshadow -Wmissing-prototypes
MB_LIBS := -lm

MICROBENCHMARK := $(BUILD)/$(MB_DIR)/microbenchmark
MB_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(MB_DIR)/*.c))

# All but main.o, for the unit test and for who replays its traces.
MB_LIB := $(BUILD)/$(MB_DIR)/libmb.a
MB_LIB_OBJ := $(filter-out %/main.o,$(MB_OBJ))

$(BUILD)/$(MB_DIR)/%.o: $(MB_DIR)/%.c
	@mkdir -p $(@D)
	$(CC) $(MB_CPPFLAGS) $(MB_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(MB_LIB): $(MB_LIB_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

$(MICROBENCHMARK): $(BUILD)/$(MB_DIR)/main.o $(MB_LIB)
	$(CC) $(LDFLAGS) -o $@ $^ $(MB_LIBS)

# The program is also found beside its configurations; relative, so that a moved tree keeps working.
$(MB_DIR)/microbenchmark: $(MICROBENCHMARK)
	ln -sfn ../../$< $@

# Explicit, because this test links the benchmark and not the daemon's library.
MB_TEST := $(BUILD)/tests/unit/test_microbenchmark
$(MB_TEST): tests/unit/test_microbenchmark.c $(MB_LIB)
	@mkdir -p $(@D)
	$(CC) $(MB_CPPFLAGS) $(MB_CFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(MB_LIB) $(MB_LIBS) -lcmocka

.PHONY: examples examples-install
examples: $(MICROBENCHMARK) $(MB_DIR)/microbenchmark

examples-install: $(MICROBENCHMARK)
	install -D -m 0755 $(MICROBENCHMARK) $(DESTDIR)/usr/bin/mempol-microbenchmark
	install -d $(DESTDIR)/usr/share/doc/mempolicyd/examples/microbenchmark
	install -m 0644 $(wildcard $(MB_DIR)/*.cfg) $(MB_DIR)/README.md \
		$(DESTDIR)/usr/share/doc/mempolicyd/examples/microbenchmark

-include $(MB_OBJ:.o=.d) $(MB_TEST).d
