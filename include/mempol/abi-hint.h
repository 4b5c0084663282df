/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * What programs say of ranges of the page cache, through the agent's SYSCALL program mempol_hint, whose descriptor
 * the daemon hands out: anybody may run it, and it does what the caller may have done to the pages of its own cgroup.
 * Part of <mempol/abi.h>.
 */
#ifndef MEMPOL_ABI_HINT_H
#define MEMPOL_ABI_HINT_H

/* Raised when the layout or the meaning of anything below changes. */
#define MEMPOL_HINT_VERSION 1

/*
 * ACTIVATE    it is used again and again: as if it had been read four times
 * DEACTIVATE  it goes before anything else, unless it is used again
 * PIN         it goes after everything else; needs a session
 * UNPIN       no longer, unless another session has pinned it too; likewise
 * EVICT       as DEACTIVATE, and what is clean is freed soon, by a work item
 * PREFETCH    nothing is done: how much is cached? Reading is for the caller's own posix_fadvise()
 */
enum mempol_hint_verb {
	MEMPOL_HINT_ACTIVATE = 1,
	MEMPOL_HINT_DEACTIVATE = 2,
	MEMPOL_HINT_PIN = 3,
	MEMPOL_HINT_UNPIN = 4,
	MEMPOL_HINT_EVICT = 5,
	MEMPOL_HINT_PREFETCH = 6,
};

/* A range, and what has become of its pages. */
struct mempol_hint_range {
	__s32 fd; /* of the caller; -1: start is an address of the caller's */
	__u32 verb; /* enum mempol_hint_verb */
	__u64 start; /* bytes */
	__u64 length;
	__u64 done; /* out: bytes that were gone through; with -EAGAIN go on behind them */
	/* Out, in pages. */
	__u32 applied;
	__u32 already; /* there was nothing to do, or it is pinned */
	__u32 absent; /* not cached */
	/*
	 * Charged to a cgroup that is neither the caller's nor below it; or not cached, if the caller may not know
	 * which it is: who has not opened the file for writing, does not own it and has no privileges.
	 */
	__u32 foreign;
	__u32 capped; /* more may not be pinned */
	__u32 unevictable; /* mlock()ed */
	__u32 busy; /* being read, or isolated by somebody */
	__u32 other; /* nothing of which this can be said */
	/*
	 * Out: 0, or
	 *  -EBADF       no such descriptor, or O_PATH; PIN, UNPIN: no session
	 *  -EISDIR, -ESPIPE, -EOPNOTSUPP  no file whose pages can be reclaimed: a directory, a pipe, tmpfs, a device ...
	 *  -EACCES      PREFETCH: not open for reading
	 *  -EINVAL      no such verb, the range wraps or is beyond what a file can have
	 *  -ENXIO       no such file is mapped there
	 *  -EDQUOT      PIN: some of it is beyond the cap; the rest is pinned
	 *  -ENOLINK     PIN: no policy governs some of it
	 *  -EHOSTDOWN   a policy is paused, because its daemon gives no sign of life
	 *  -ENOSPC      PIN, UNPIN: the session would have more than MEMPOL_HINT_MAX_PINS ranges
	 *  -ENOMEM      PIN, UNPIN: there is no memory without waiting; try again
	 *  -EAGAIN      there is more than one call does, or the address space is being changed: go on
	 *  -EINTR       the caller is being killed
	 */
	__s32 error;
	__u32 pad;
};

/* Ranges in one call, ranges that a session may have pinned, and sessions of a user. */
#define MEMPOL_HINT_RANGES 32
#define MEMPOL_HINT_MAX_PINS 4096
#define MEMPOL_HINT_MAX_SESSIONS 64

/* In flags. OPEN: nothing but a session, which is a descriptor; what it has pinned is unpinned with its last copy. */
#define MEMPOL_HINT_OPEN (1U << 0)

struct mempol_hint {
	__u32 version; /* MEMPOL_HINT_VERSION */
	__u32 nr; /* of ranges */
	__s32 session; /* in, with OPEN out; -1: none */
	__u32 flags;
	__u64 on_behalf; /* id of the cgroup whose pages may be touched, 0: the caller's; needs CAP_SYS_ADMIN */
	struct mempol_hint_range range[MEMPOL_HINT_RANGES];
};

/*
 * Where a page of a file is, of struct mempol_residency: the agent's program mempol_residency, for whoever may write
 * to the file, owns it, or is privileged.
 */
enum mempol_residency_place {
	MEMPOL_RESIDENCY_ABSENT = 0, /* not cached */
	MEMPOL_RESIDENCY_INACTIVE = 1, /* the kernel's */
	MEMPOL_RESIDENCY_ACTIVE = 2,
	MEMPOL_RESIDENCY_UNEVICTABLE = 3, /* mlock()ed */
	MEMPOL_RESIDENCY_COLD = 4,
	MEMPOL_RESIDENCY_PINNED = 5,
	MEMPOL_RESIDENCY_REJECTED = 6, /* was to be evicted and could not */
	MEMPOL_RESIDENCY_LIST = 8, /* and the number of a policy's list, up to 7 */
	MEMPOL_RESIDENCY_PLACE = 0x0f, /* mask of these */
};

#define MEMPOL_RESIDENCY_DIRTY 0x40
#define MEMPOL_RESIDENCY_WRITEBACK 0x80
#define MEMPOL_RESIDENCY_PAGES 32768

struct mempol_residency {
	__u32 version; /* MEMPOL_HINT_VERSION */
	__s32 fd; /* of the caller */
	__u64 first; /* page */
	__u32 nr; /* of pages, MEMPOL_RESIDENCY_PAGES at most */
	__u32 pad;
	__u8 page[MEMPOL_RESIDENCY_PAGES]; /* out */
};

#ifndef __bpf__
_Static_assert(sizeof(struct mempol_residency) == 32792, "mempol_residency is ABI");
_Static_assert(sizeof(struct mempol_hint_range) == 72, "mempol_hint_range is ABI");
_Static_assert(sizeof(struct mempol_hint) == 2328, "mempol_hint is ABI");
#endif

#endif
