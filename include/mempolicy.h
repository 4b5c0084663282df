/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * libmempolicy: a program says what becomes of its own cached pages, by ranges of files and of its own addresses, and
 * sees where the pages of a file are. Installed as <mempolicy.h>; see mempolicy(3). Link with -lmempolicy.
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

/* Where a page of a file is, in one byte: one of the first ones, and flags. */
enum mempolicy_page {
	MEMPOLICY_PAGE_ABSENT = 0, /* not cached */
	MEMPOLICY_PAGE_INACTIVE = 1, /* on the kernel's lists */
	MEMPOLICY_PAGE_ACTIVE = 2,
	MEMPOLICY_PAGE_UNEVICTABLE = 3, /* locked in memory */
	MEMPOLICY_PAGE_COLD = 4, /* goes before anything else */
	MEMPOLICY_PAGE_PINNED = 5, /* goes after everything else */
	MEMPOLICY_PAGE_REJECTED = 6, /* was to be evicted, and could not be yet */
	MEMPOLICY_PAGE_CACHED = 7, /* where, is not known */
	MEMPOLICY_PAGE_LIST = 8, /* and up to 15: on a list of the policy's engine */
	MEMPOLICY_PAGE_PLACE = 0x0f, /* mask of these */
	MEMPOLICY_PAGE_UNSURE = 0x20, /* whether it is dirty or being written back is not known */
	MEMPOLICY_PAGE_DIRTY = 0x40,
	MEMPOLICY_PAGE_WRITEBACK = 0x80,
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

/*
 * Where @pages pages of a file are, from page @page on: a byte each, enum mempolicy_page. Where the kernel cannot be
 * asked, cachestat(2) or mincore(2) says as much as it can. -EACCES, as theirs: the file is neither the caller's nor
 * may the caller write to it.
 */
int mempolicy_residency(struct mempolicy *m, int fd, uint64_t page, uint8_t *ret, size_t pages);

#ifdef __cplusplus
}
#endif

#endif
