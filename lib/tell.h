/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * What the library's files share: the object, and the three ways in which ranges are told, and the two in which it is
 * told where pages are. Nothing of it is exported;
 * mempolicy.h is what programs see.
 */
#ifndef MP_TELL_H
#define MP_TELL_H

#include <mempol/abi.h>
#include <mempolicy.h>
#include <systemd/sd-varlink.h>

#include "macro.h"

#define MP_TELL_SOCKET "/run/mempolicyd/io.mempolicy.Hints"

struct mempolicy {
	unsigned int flags;
	enum mempolicy_way way;
	char *socket;
	int program; /* mempol_hint's, or -1 */
	int residency; /* mempol_residency's, or -1 */
	int session; /* that holds the pins, or -1 */
	/* In its place by daemon: a connection, and the name of what the daemon holds as long as it lasts. */
	sd_varlink *holder;
	char *holder_name;
	struct mempol_hint_range ranges[MEMPOL_HINT_RANGES]; /* that wait to be told */
	unsigned int n;
	uint64_t waiting; /* bytes of them */
	struct mempolicy_result result; /* since the last flush */
	int error; /* the first one since */
};

/* tell-kernel.c: the program is run in the caller's context. 0 or -errno; the ranges have answers only with 0. */
int mp_tell_kernel(const struct mempolicy *m, struct mempol_hint *hint);
/* -errno, and how it may be: bpf(2) is forbidden here. */
int mp_tell_kernel_session(const struct mempolicy *m);
bool mp_tell_is_forbidden(int error);
/* Where the pages of a file are: @map is answered in place. -EOPNOTSUPP: there is no such program. */
int mp_tell_kernel_residency(const struct mempolicy *m, struct mempol_residency *map);

/* tell-daemon.c: the daemon is asked for the programs, or to run the first. */
int mp_tell_daemon_open(struct mempolicy *m);
/* One file's ranges, all of @hint; answers as above. */
int mp_tell_daemon(const struct mempolicy *m, struct mempol_hint *hint, int fd);
int mp_tell_daemon_session(struct mempolicy *m);

/* tell-advice.c: what the caller's own system calls do. */
/* Before a range is told: reading and writing back, which may wait. */
void mp_tell_prepare(const struct mempol_hint_range *range);
/* Reads what is not cached, and waits until that is done. */
void mp_tell_fetch(const struct mempol_hint_range *range);
/* In place of telling it: answers as above. */
void mp_tell_advise(struct mempol_hint_range *range);

/* cached.c: what any kernel tells of pages, a byte each: enum mempolicy_page. */
int mp_cached(int fd, uint64_t page, uint8_t *ret, size_t pages);

#endif
