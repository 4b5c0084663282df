# SPDX-License-Identifier: GPL-2.0-only
#
# libmempolicy.so.0, for programs that say what becomes of their cached pages; mempolctl and the microbenchmark have
# the same objects in them. Included by the top Makefile; it needs libc and libsystemd, and nothing here knows the daemon.

LIBMEMPOLICY := $(BUILD)/libmempolicy.so.0
LIBMEMPOLICY_SRC := $(wildcard lib/*.c)
LIBMEMPOLICY_OBJ := $(LIBMEMPOLICY_SRC:%.c=$(BUILD)/%.o)
LIBMEMPOLICY_A := $(BUILD)/lib/libmempolicy.a
LIBMEMPOLICY_CPPFLAGS := -D_GNU_SOURCE -Iinclude -Idaemon/lib

$(BUILD)/lib/%.o: lib/%.c
	@mkdir -p $(@D)
	$(CC) $(LIBMEMPOLICY_CPPFLAGS) $(CFLAGS) -fPIC -Wstrict-prototypes -Wformat=2 -Wvla -MMD -MP -c -o $@ $<

$(LIBMEMPOLICY): $(LIBMEMPOLICY_OBJ) lib/libmempolicy.sym
	$(CC) $(LDFLAGS) -shared -Wl,-soname,$(@F) -Wl,--version-script=lib/libmempolicy.sym -Wl,--no-undefined \
		-o $@ $(LIBMEMPOLICY_OBJ) -lsystemd
	@ln -sfn $(@F) $(BUILD)/libmempolicy.so

$(LIBMEMPOLICY_A): $(LIBMEMPOLICY_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

ALL += $(LIBMEMPOLICY) $(LIBMEMPOLICY_A)

-include $(LIBMEMPOLICY_OBJ:.o=.d)
