/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * libmempolicy: a program says what becomes of its own cached pages, by ranges of files and of its own addresses.
 * Installed as <mempolicy.h>; see mempolicy(3). Link with -lmempolicy.
 */
#ifndef MEMPOLICY_H
#define MEMPOLICY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* As in <mempol/abi.h>: enum mempol_hint_verb. */
enum mempolicy_verb {
	MEMPOLICY_ACTIVATE = 1, /* it is used again and again */
	MEMPOLICY_DEACTIVATE = 2, /* it goes before anything else, unless it is used again */
	MEMPOLICY_PIN = 3, /* it goes after everything else */
	MEMPOLICY_UNPIN = 4,
	MEMPOLICY_EVICT = 5, /* it is written back and freed soon */
	MEMPOLICY_PREFETCH = 6, /* it is read, without waiting for it */
};

/* Of mempolicy_open(). */
enum mempolicy_flag {
	MEMPOLICY_FALLBACK = 1, /* where nobody answers, posix_fadvise(2) and madvise(2) */
	MEMPOLICY_FETCH = 2, /* what is to be pinned and not cached is read first */
};

/* Who does what is said: mempolicy_way(). */
enum mempolicy_way {
	MEMPOLICY_BY_KERNEL = 1, /* the caller's own call */
	MEMPOLICY_BY_DAEMON = 2, /* bpf(2) is forbidden: files only */
	MEMPOLICY_BY_ADVICE = 3, /* posix_fadvise(2), madvise(2) */
};

/* What has become of the ranges, in pages. */
struct mempolicy_result {
	uint64_t bytes; /* that were gone through */
	uint64_t ranges; /* as they were told, neighbours as one */
	uint64_t applied;
	uint64_t already; /* there was nothing to do */
	uint64_t absent; /* not cached */
	uint64_t foreign; /* charged to another cgroup */
	uint64_t capped; /* no more may be pinned */
	uint64_t unevictable; /* locked in memory */
	uint64_t busy; /* being read, or moved */
	uint64_t other; /* nothing of which this can be said */
	uint64_t reserved[6];
};

/* An object belongs to one thread at a time. */
struct mempolicy;

/* Functions return 0 or a negative errno, and leave *@ret alone in that case. */
int mempolicy_open(struct mempolicy **ret, unsigned int flags);
/* With the daemon's socket in another place. */
int mempolicy_open_at(struct mempolicy **ret, unsigned int flags, const char *socket);

/* Unpins what nobody else has pinned; forgets what was not flushed. Returns NULL, takes NULL. */
struct mempolicy *mempolicy_close(struct mempolicy *m);

/*
 * Ranges are gathered, 32 of them or 1 MiB, and told at the latest by mempolicy_flush(): until then @fd must stay open.
 * @length 0: to the present end of the file.
 */
int mempolicy_file(struct mempolicy *m, enum mempolicy_verb verb, int fd, uint64_t offset,
		   uint64_t length);
int mempolicy_range(struct mempolicy *m, enum mempolicy_verb verb, const void *address,
		    size_t length);

/* Returns the first error since the last flush; the counts since then are in *@ret in any case. @ret may be NULL. */
int mempolicy_flush(struct mempolicy *m, struct mempolicy_result *ret);

enum mempolicy_way mempolicy_way(const struct mempolicy *m);

/*
 * The descriptor that holds the pins, made if there is none yet: they last until its last copy is closed. It stays
 * the object's, and is closed on exec.
 */
int mempolicy_session(struct mempolicy *m);

#ifdef __cplusplus
}
#endif

#endif
