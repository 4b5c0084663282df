/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A named set of ranges of files that the daemon has pinned for somebody: what is in it, so that it can be listed. The
 * kernel's session has the pins themselves. Pure bookkeeping; called by the daemon.
 */
#ifndef MP_PIN_SET_H
#define MP_PIN_SET_H

#include <stdint.h>
#include <sys/types.h>

#include "macro.h"

struct mp_pin_range {
	uint64_t start, end; /* bytes, the end is not in it */
};

/* Ranges do not overlap or touch, and are in their order. */
struct mp_pin_file {
	dev_t dev;
	ino_t ino;
	char *path; /* when it was pinned */
	struct mp_pin_range *ranges;
	size_t n;
};

struct mp_pin_set {
	char *name;
	struct mp_pin_file *files;
	size_t n;
};

/* As a policy's: [A-Za-z0-9_.@-]{1,63}, not beginning with '-' or '.' */
bool mp_pin_set_name_valid(const char *name);

/* 0 or -ENOMEM, with which nothing has changed. */
int mp_pin_set_add(struct mp_pin_set *set, dev_t dev, ino_t ino, const char *path,
		   const struct mp_pin_range *range);
/* 0 also if there is nothing of it in the set; -ENOMEM: it would be in two pieces. */
int mp_pin_set_remove(struct mp_pin_set *set, dev_t dev, ino_t ino,
		      const struct mp_pin_range *range);

/* Frees what @set points to, not the set. */
void mp_pin_set_done(struct mp_pin_set *set);

#endif
