/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * What crosses between the kernel module, the BPF programs and user space: identifiers, counters,
 * events and the replies of the agent's SYSCALL programs. Included by all three, so it uses only
 * fixed-size kernel types (a BPF program declares them in its CO-RE stubs, the module has
 * <linux/types.h>). It must never hold a pointer or a type whose size depends on the machine.
 */
#ifndef MEMPOL_ABI_H
#define MEMPOL_ABI_H

#ifdef __KERNEL__
#include <linux/types.h>
#elif !defined(__bpf__)
#include <linux/types.h>
#endif

#include "abi-hint.h"
#include "abi-tea.h"
#include "abi-walk.h"

/* Raised when the layout or the meaning of anything below changes. */
#define MEMPOL_ABI_VERSION 4

/* A policy's NAME with its terminating zero: [A-Za-z0-9_.@-]{1,63}. */
#define MEMPOL_NAME_LEN 64
/* An engine's name as its ops struct carries it. */
#define MEMPOL_ENGINE_LEN 32
/*
 * In flags of an ops struct.
 *  HEARTBEAT  no callback runs while the daemon's heartbeat is missing
 *  TO_KERNEL  the kernel's own ways are the policy: no callback runs, and what it governs costs what
 *             an ungoverned cgroup does. For mechanisms that are attached to cgroups.
 */
#define MEMPOL_OPS_HEARTBEAT (1U << 0)
#define MEMPOL_OPS_TO_KERNEL (1U << 1)
/* Why a policy was ejected, one sentence, and the dump that goes with it. */
#define MEMPOL_REASON_LEN 128
#define MEMPOL_DUMP_LEN 768

enum mempol_mechanism_id {
	MEMPOL_MECH_NONE = 0,
	MEMPOL_MECH_CACHE = 1,
	MEMPOL_MECH_PLACEMENT = 2,
	MEMPOL_MECH_BALLOON = 3,
	MEMPOL_MECH_REFCOUNT = 4,
	MEMPOL_MECH_TRANSLATION = 5,
};

/* What becomes of an engine's decisions. This version carries out or refuses to attach. */
enum mempol_mode {
	MEMPOL_MODE_ENFORCE = 0, /* they are carried out */
	MEMPOL_MODE_OBSERVE = 1, /* it is told what happens and decides nothing */
	MEMPOL_MODE_DRY_RUN = 2, /* they are counted, the kernel's own ways are carried out */
};

/*
 * Counters that every policy has.
 *  calls    callbacks that ran
 *  call_ns   CPU time in nanoseconds that they took on all CPUs, kfuncs included; as exact as the scheduler's
 *            tick, so true of many and not of one. What it grows by in a second is the share of one CPU: this
 *            is what a limit on a policy's CPU time reads. Where interrupts are off it is by the wall clock.
 *  nested    callbacks left out because another policy's ran in the same context; the kernel decided
 *  kfunc_ns  what of call_ns the kernel took in kfuncs, waiting for its locks included; the rest is the engine's
 *            own, and what its budget is for
 */
#define MEMPOL_COMMON_COUNTERS(X) \
	X(CALLS, calls)           \
	X(CALL_NS, call_ns)       \
	X(NESTED, nested)         \
	X(KFUNC_NS, kfunc_ns)

enum mempol_common_counter {
#define MEMPOL_X(upper, lower) MEMPOL_COMMON_##upper,
	MEMPOL_COMMON_COUNTERS(MEMPOL_X)
#undef MEMPOL_X
		MEMPOL_NR_COMMON,
};

/*
 * Counters of a cache policy, in pages unless they say otherwise. The order is the ABI; the names
 * are the JSON keys.
 *  governed_pages  on the policy's lists now
 *  added           given to a list by the engine, or by the kernel on its behalf
 *  accessed        accesses seen by the kernel (read and write system calls) while governed, plus
 *                  accessed bits harvested from page tables
 *  evicted         reclaimed from the policy's lists
 *  removed         left the page cache otherwise: truncated, invalidated
 *  refaults        added that had been evicted recently (the kernel kept a shadow entry)
 *  refused         engine requests that were refused as invalid (a count of requests)
 *  forced          reclaimed without or against the engine's verdict
 *  ejections       0 or 1 for one attachment (a count)
 *  held            shown to the engine and not named, while something had a reference to them that
 *                  neither page cache nor page tables account for; dirty, locked ones are not counted
 *  pinned          likewise, where the references are most likely for a device; not in held
 *  pinned_pages    pinned by programs now: the kernel takes them last
 *  pins_refused    not pinned, because more may not be
 *  pins_broken     pinned, and taken nevertheless: nothing else could be freed, or the limit was lowered
 *  cold_pages      said to be of no more use, and not reclaimed yet
 *  cold_evicted    of these, reclaimed before the engine was asked
 *  cold_rescued    of these, used again in time, and the engine's again
 *  told            moved because a program said so
 */
#define MEMPOL_CACHE_COUNTERS(X)          \
	X(GOVERNED_PAGES, governed_pages) \
	X(ADDED, added)                   \
	X(ACCESSED, accessed)             \
	X(EVICTED, evicted)               \
	X(REMOVED, removed)               \
	X(REFAULTS, refaults)             \
	X(REFUSED, refused)               \
	X(FORCED, forced)                 \
	X(EJECTIONS, ejections)           \
	X(HELD, held)                     \
	X(PINNED, pinned)                 \
	X(PINNED_PAGES, pinned_pages)     \
	X(PINS_REFUSED, pins_refused)     \
	X(PINS_BROKEN, pins_broken)       \
	X(COLD_PAGES, cold_pages)         \
	X(COLD_EVICTED, cold_evicted)     \
	X(COLD_RESCUED, cold_rescued)     \
	X(TOLD, told)

enum mempol_cache_counter {
#define MEMPOL_X(upper, lower) MEMPOL_CACHE_##upper,
	MEMPOL_CACHE_COUNTERS(MEMPOL_X)
#undef MEMPOL_X
		MEMPOL_CACHE_NR_COUNTERS,
};

/*
 * Counters of a balloon policy, in pages unless they say otherwise.
 *  held_pages         in blocks that the host has
 *  small_pages        asked of the device's own balloon beside the blocks
 *  host_pages         what the host asks for
 *  target_pages       what is aimed at: the engine's answer, or a request, within the guard's limits
 *  taken              into blocks since it was attached
 *  returned           likewise
 *  kicks              requests to the host (a count)
 *  discards           ranges the host was told of (a count)
 *  refused_floor      blocks not taken because their zone needs its free memory (a count)
 *  refused_block      no free block of the order (a count)
 *  refused_score      free blocks the engine did not want (a count)
 *  refused_host       blocks the host did not take (a count)
 *  refused_busy       named blocks that something was in (a count)
 *  deflated_oom       returned because of an OOM
 *  deflated_pressure  returned because tasks had to wait for memory
 *  deflated_guard     returned because the daemon's beat is missing, or it was ejected
 *  leaked             lost because the host was told of them and never answered
 *  moving             1: a request is being carried out; 0 once it is as far as it gets (a count)
 */
#define MEMPOL_BALLOON_COUNTERS(X)              \
	X(HELD_PAGES, held_pages)               \
	X(SMALL_PAGES, small_pages)             \
	X(HOST_PAGES, host_pages)               \
	X(TARGET_PAGES, target_pages)           \
	X(TAKEN, taken)                         \
	X(RETURNED, returned)                   \
	X(KICKS, kicks)                         \
	X(DISCARDS, discards)                   \
	X(REFUSED_FLOOR, refused_floor)         \
	X(REFUSED_BLOCK, refused_block)         \
	X(REFUSED_SCORE, refused_score)         \
	X(REFUSED_HOST, refused_host)           \
	X(REFUSED_BUSY, refused_busy)           \
	X(DEFLATED_OOM, deflated_oom)           \
	X(DEFLATED_PRESSURE, deflated_pressure) \
	X(DEFLATED_GUARD, deflated_guard)       \
	X(LEAKED, leaked)                       \
	X(MOVING, moving)

enum mempol_balloon_counter {
#define MEMPOL_X(upper, lower) MEMPOL_BALLOON_##upper,
	MEMPOL_BALLOON_COUNTERS(MEMPOL_X)
#undef MEMPOL_X
		MEMPOL_BALLOON_NR_COUNTERS,
};

/*
 * Counters of a refcount policy: counts, not pages. Exact in sum; what is known of one file is estimated from
 * samples.
 *  files      opted in now
 *  reads      folios read that were counted in a cell of a CPU
 *  fell_back  reads of opted-in files that went the kernel's own way: no cell free, the folio frozen, or gone
 *  unmarked   likewise because the read had to mark the folio as used
 *  moved      counts taken back on another CPU than they were made on
 *  converted  counts turned into references, because their folio left the page cache or a file was opted out
 *  queries    times the cells were asked whether a folio is being read
 *  busy       of these, the answer was yes
 *  opted_in   files, since the policy was attached
 *  opted_out  likewise
 *  refused    files that could not be opted in
 *  ejections  0 or 1 for one attachment
 */
#define MEMPOL_REFCOUNT_COUNTERS(X) \
	X(FILES, files)             \
	X(READS, reads)             \
	X(FELL_BACK, fell_back)     \
	X(UNMARKED, unmarked)       \
	X(MOVED, moved)             \
	X(CONVERTED, converted)     \
	X(QUERIES, queries)         \
	X(BUSY, busy)               \
	X(OPTED_IN, opted_in)       \
	X(OPTED_OUT, opted_out)     \
	X(REFUSED, refused)         \
	X(EJECTIONS, ejections)

enum mempol_refcount_counter {
#define MEMPOL_X(upper, lower) MEMPOL_REFCOUNT_##upper,
	MEMPOL_REFCOUNT_COUNTERS(MEMPOL_X)
#undef MEMPOL_X
		MEMPOL_REFCOUNT_NR_COUNTERS,
};

/*
 * Counters of a placement policy: pages, unless they say otherwise.
 *  pool_pages       frames of its pool; other policies may share it
 *  wanted_pages     that it is to have: until then the policy waits, and places nothing
 *  used_pages       frames in use: given out less come back
 *  free_pages       frames that are free, counted by looking at each
 *  lost_pages       frames that will not come back: memory failed there
 *  placed           given a frame that the engine named
 *  evicted          of these, frames that were emptied for it
 *  ordinary         given a frame of the kernel's, because the engine named none that could be had
 *  exempt           likewise without asking the engine: all reasons
 *  exempt_large     of these: the page is part of a larger folio
 *  exempt_node      of these: it may not have a frame of the nodes that the pool is of
 *  races            answers that named a free frame which somebody else took first (a count)
 *  busy             answers that named a page which cannot be evicted now: locked, pinned, being brought in (a count)
 *  failed           evictions that did not free their frame: swap is full, somebody has a reference (a count)
 *  protected        answers that named a page of a cgroup within its memory.min (a count)
 *  gated            times that eviction was not offered, because the node is short of memory (a count)
 *  paused           likewise because 64 evictions in a row had failed, for a second (a count)
 *  kept             pages that compaction, balancing or demotion wanted to move
 *  moved            pages that left their frame because somebody asked for it, such as move_pages(2)
 *  looks            frames whose accessed bits the engine had read
 *  accessed         of these, those that had been accessed
 *  conflict_pages   used_pages when the engine first named a frame in use, or none; 0: never
 *  refused          answers and calls that were refused as invalid (a count)
 *  ejections        0 or 1 for one attachment (a count)
 */
#define MEMPOL_PLACEMENT_COUNTERS(X)      \
	X(POOL_PAGES, pool_pages)         \
	X(WANTED_PAGES, wanted_pages)     \
	X(USED_PAGES, used_pages)         \
	X(FREE_PAGES, free_pages)         \
	X(LOST_PAGES, lost_pages)         \
	X(PLACED, placed)                 \
	X(EVICTED, evicted)               \
	X(ORDINARY, ordinary)             \
	X(EXEMPT, exempt)                 \
	X(EXEMPT_LARGE, exempt_large)     \
	X(EXEMPT_NODE, exempt_node)       \
	X(RACES, races)                   \
	X(BUSY, busy)                     \
	X(FAILED, failed)                 \
	X(PROTECTED, protected)           \
	X(GATED, gated)                   \
	X(PAUSED, paused)                 \
	X(KEPT, kept)                     \
	X(MOVED, moved)                   \
	X(LOOKS, looks)                   \
	X(ACCESSED, accessed)             \
	X(CONFLICT_PAGES, conflict_pages) \
	X(REFUSED, refused)               \
	X(EJECTIONS, ejections)

enum mempol_placement_counter {
#define MEMPOL_X(upper, lower) MEMPOL_PLACEMENT_##upper,
	MEMPOL_PLACEMENT_COUNTERS(MEMPOL_X)
#undef MEMPOL_X
		MEMPOL_PLACEMENT_NR_COUNTERS,
};

/*
 * Counters of a translation policy: tables, each of which maps 2 MiB of addresses, unless they say otherwise.
 *  teas             that it has now (a count)
 *  tea_pages        frames that they have; idle or not
 *  processes        that it governs, as of its last round (a count)
 *  ranges           of them, those that the engine wanted (a count)
 *  tables           that map these ranges
 *  placed_tables    of these, those at their computed address
 *  huge_windows     windows of these ranges that have a huge page instead
 *  claimed          taken by page faults
 *  busy             ordinary ones taken by page faults, because the frame was not free yet
 *  swapped          taken out, for their window to become a huge page
 *  missed           ordinary ones taken by page faults, because the frame had been given back
 *  released         frames given back: idle while memory was short, or idle for long
 *  moved            moved into a TEA
 *  vacated          moved out of one
 *  relocated        moved to another node
 *  trimmed          freed, because they had no entry
 *  created          TEAs, since the policy was attached (a count)
 *  grown            of these, those that took the place of smaller ones
 *  freed            TEAs that went, since it was attached; those that others took the place of not counted
 *  failed           TEAs for which there was no run of frames (a count)
 *  refused_windows  not moved: all reasons
 *  refused_busy     of these: somebody was busy with their pages
 *  refused_locks    of these: more mappings than can be locked at a time
 *  batches          times that a process' mappings were locked (a count)
 *  held_max_ns      for how long at most (nanoseconds)
 *  rounds           through its processes (a count)
 *  refused          answers that were refused as invalid (a count)
 *  ejections        0 or 1 for one attachment (a count)
 */
#define MEMPOL_TRANSLATION_COUNTERS(X)      \
	X(TEAS, teas)                       \
	X(TEA_PAGES, tea_pages)             \
	X(PROCESSES, processes)             \
	X(RANGES, ranges)                   \
	X(TABLES, tables)                   \
	X(PLACED_TABLES, placed_tables)     \
	X(HUGE_WINDOWS, huge_windows)       \
	X(CLAIMED, claimed)                 \
	X(BUSY, busy)                       \
	X(SWAPPED, swapped)                 \
	X(MISSED, missed)                   \
	X(RELEASED, released)               \
	X(MOVED, moved)                     \
	X(VACATED, vacated)                 \
	X(RELOCATED, relocated)             \
	X(TRIMMED, trimmed)                 \
	X(CREATED, created)                 \
	X(GROWN, grown)                     \
	X(FREED, freed)                     \
	X(FAILED, failed)                   \
	X(REFUSED_WINDOWS, refused_windows) \
	X(REFUSED_BUSY, refused_busy)       \
	X(REFUSED_LOCKS, refused_locks)     \
	X(BATCHES, batches)                 \
	X(HELD_MAX_NS, held_max_ns)         \
	X(ROUNDS, rounds)                   \
	X(REFUSED, refused)                 \
	X(EJECTIONS, ejections)

enum mempol_translation_counter {
#define MEMPOL_X(upper, lower) MEMPOL_TRANSLATION_##upper,
	MEMPOL_TRANSLATION_COUNTERS(MEMPOL_X)
#undef MEMPOL_X
		MEMPOL_TRANSLATION_NR_COUNTERS,
};

/* Room for the counters of any mechanism, for those that all have, and for reasons of refusals. */
#define MEMPOL_MAX_COUNTERS 64
#define MEMPOL_MAX_COMMON 8
#define MEMPOL_MAX_REFUSALS 32

/*
 * Why a request of an engine was refused; one counter each and mechanism (docs/contract.md, K2). A
 * mechanism uses those that fit, and may append its own.
 */
#define MEMPOL_REFUSALS(X)                                           \
	X(LIST, list, "no such list")                                \
	X(INDEX, index, "index outside the batch")                   \
	X(VERDICT, verdict, "unknown verdict")                       \
	X(TWICE, twice, "second verdict for one folio")              \
	X(NO_BATCH, no_batch, "verdict or look without a batch")     \
	X(SIZE, size, "wrong structure size or version")             \
	X(BUDGET, budget, "more than one callback may ask for")      \
	X(CONTEXT, context, "call from a wrong context")             \
	X(TOKEN, token, "a counter's token that does not fit")       \
	X(KIND, kind, "a file of a kind that cannot be opted in")    \
	X(OWNED, owned, "a file that another policy has")            \
	X(FULL, full, "more files than there is room for")           \
	X(RATE, rate, "more files than may be opted in in a second") \
	X(FRAME, frame, "a frame that the page may not have")        \
	X(VICTIM, victim, "a page that another policy governs")

enum mempol_refusal {
#define MEMPOL_X(upper, lower, text) MEMPOL_REFUSED_##upper,
	MEMPOL_REFUSALS(MEMPOL_X)
#undef MEMPOL_X
		MEMPOL_NR_REFUSALS,
};

/* Why a policy left the kernel. */
enum mempol_exit_kind {
	MEMPOL_EXIT_NONE = 0, /* it is attached */
	MEMPOL_EXIT_DETACHED = 1, /* its link was closed: the daemon's wish, or its death */
	MEMPOL_EXIT_REPLACED = 2, /* another engine took its lists over; only exit() is told */
	MEMPOL_EXIT_CGROUP = 3, /* its cgroup was removed */
	MEMPOL_EXIT_STALLED = 4, /* ejected: it withheld pages while there was pressure */
	MEMPOL_EXIT_ERROR = 5, /* ejected: too many invalid requests */
	MEMPOL_EXIT_SLOW = 6, /* ejected: its callbacks took too much CPU time */
};

enum mempol_event_type {
	MEMPOL_EV_ATTACHED = 1, /* body.state: governed cgroups */
	MEMPOL_EV_DETACHED = 2, /* body.exit: no callback runs any more */
	MEMPOL_EV_DRAINED = 3, /* body.state: every page is back on the kernel's lists */
	MEMPOL_EV_EJECTED = 4, /* body.exit */
	MEMPOL_EV_FORCED = 5, /* body.forced, coalesced: at most one a second and policy */
	MEMPOL_EV_REFUSED = 6, /* body.refused, coalesced likewise */
	MEMPOL_EV_REPLACED = 7, /* body.state */
	MEMPOL_EV_PASSIVE = 8, /* body.state: the daemon's beat is missing, no callback runs */
	MEMPOL_EV_ACTIVE = 9, /* body.state: it is back */
	MEMPOL_EV_RESIZED = 10, /* body.resized, coalesced likewise if by engine, request or host */
	MEMPOL_EV_REF_FILE = 11, /* body.file: a file's reads are counted in cells, or no longer */
	MEMPOL_EV_POOL = 12, /* body.pool: its frames have become more or less */
	MEMPOL_EV_CONFLICT = 13, /* body.conflict: a page found no free frame, the first time */
	MEMPOL_EV_TABLES = 14, /* body.tables: page tables in rows, coalesced likewise */
};

/* Why a balloon changed its size. */
enum mempol_balloon_cause {
	MEMPOL_BALLOON_BY_ENGINE = 0,
	MEMPOL_BALLOON_BY_REQUEST = 1, /* mempolctl balloon inflate, deflate */
	MEMPOL_BALLOON_BY_HOST = 2, /* the host asked for another size */
	MEMPOL_BALLOON_BY_OOM = 3,
	MEMPOL_BALLOON_BY_PRESSURE = 4,
	MEMPOL_BALLOON_BY_GUARD = 5, /* no beat, or ejected */
	MEMPOL_BALLOON_BY_DEVICE = 6, /* it went, came back, or memory went offline */
};

/* Why a file was opted in or out. */
enum mempol_ref_cause {
	MEMPOL_REF_BY_POLICY = 0, /* FilePath= names it, or does no longer; or its policy went */
	MEMPOL_REF_BY_SAMPLE = 1, /* the engine's answer to a sample */
	MEMPOL_REF_BY_REVIEW = 2, /* the engine's answer to a review: it is idle */
	MEMPOL_REF_BY_EVICTION = 3, /* its inode left memory, or its file system was unmounted */
	MEMPOL_REF_BY_REQUEST = 4, /* mempolctl refs on, off */
	MEMPOL_REF_BY_GUARD = 5, /* no beat, or ejected */
};

/* pool_flags of the ops struct of placement. */
enum mempol_pool_flag {
	MEMPOL_POOL_CONTIGUOUS = 1 << 0, /* one range of physical memory on each node, or nothing */
};

/* Why a pool has another number of frames. */
enum mempol_pool_cause {
	MEMPOL_POOL_BY_CLAIM = 0, /* they were taken from the kernel: the policy begins */
	MEMPOL_POOL_BY_OFFLINE = 1, /* memory goes offline */
	MEMPOL_POOL_BY_OOM = 2, /* blocks that were wholly free went to whoever ran out of memory */
};

/* The end of a file's path as its records carry it, with the terminating zero. */
#define MEMPOL_REF_NAME_LEN 128

/*
 * One record of the ring buffer. version is MEMPOL_ABI_VERSION, time_ns is CLOCK_MONOTONIC,
 * cgroup_id the cgroup the policy is attached to.
 */
struct mempol_event {
	__u16 version;
	__u16 type; /* enum mempol_event_type */
	__u32 mechanism; /* enum mempol_mechanism_id */
	__u64 policy_id;
	__u64 cgroup_id;
	__u64 time_ns;
	union {
		struct {
			__u64 pages; /* governed, or returned */
			__u64 cgroups; /* governed cgroups */
		} state;
		struct {
			__u32 kind; /* enum mempol_exit_kind */
			__u32 pad;
			__u64 pages; /* governed when it happened */
			char reason[MEMPOL_REASON_LEN];
		} exit;
		struct {
			__u64 pages; /* taken since the last such event */
		} forced;
		struct {
			__u64 count; /* since the last such event */
			__u32 reason; /* the last one: enum mempol_refusal */
			__u32 pad;
		} refused;
		struct {
			__u64 held; /* pages */
			__u64 target;
			__u64 host;
			__u32 cause; /* enum mempol_balloon_cause */
			__u32 pad;
		} resized;
		struct {
			__u64 ino;
			__u32 dev; /* as the table of files has it: new_encode_dev() */
			__u16 on; /* 1: opted in, 0: out */
			__u16 cause; /* enum mempol_ref_cause */
			char name[MEMPOL_REF_NAME_LEN]; /* the end of its path when it was opted in */
			__u64 id; /* of struct mempol_ref_file */
		} file;
		struct {
			__u64 pages; /* frames that it has */
			__u64 wanted;
			__u32 cause; /* enum mempol_pool_cause */
			__u32 pad;
		} pool;
		struct {
			__u64 used; /* pages, at that time */
			__u64 pages; /* frames of the pool */
		} conflict;
		struct {
			__u32 created; /* since the last such event: rows (TEAs) that were made, */
			__u32 grown; /* of these, in place of smaller ones, */
			__u32 freed; /* that were given up, */
			__u32 failed; /* and that had no run of frames */
			__u64 moved; /* page tables that were moved to their place */
			__u64 teas; /* that there are now */
			__u64 pages; /* frames that these have */
		} tables;
		__u8 raw[160];
	} body;
};

/*
 * What the module knows of one policy. Kept until the link is closed and what was governed has drained,
 * so the reason of an ejection can be read as long as the daemon holds the link. Grows at its end: who
 * asks says how much of it there is room for, and is told how much was filled in.
 */
struct mempol_policy_info {
	__u32 size; /* out: bytes filled in */
	__u32 mechanism; /* enum mempol_mechanism_id */
	__u64 policy_id;
	__u64 cgroup_id;
	__u32 attached; /* 1: it is in charge */
	__u32 exit_kind; /* enum mempol_exit_kind */
	__u32 passive; /* 1: in charge, but no callback runs before the daemon's next beat */
	__u32 mode; /* enum mempol_mode */
	__u64 cgroups; /* governed cgroups, the attached one included */
	__u32 nr_counters; /* of counters, those that are the mechanism's */
	__u32 nr_refusals; /* of refusals, likewise */
	__u64 common[MEMPOL_MAX_COMMON]; /* enum mempol_common_counter */
	__u64 counters[MEMPOL_MAX_COUNTERS]; /* the mechanism's enum, such as mempol_cache_counter */
	__u64 refusals[MEMPOL_MAX_REFUSALS]; /* enum mempol_refusal */
	char engine[MEMPOL_ENGINE_LEN];
	char reason[MEMPOL_REASON_LEN];
	char dump[MEMPOL_DUMP_LEN];
	__u64 missing; /* cgroups it should govern and does not yet: no memory; the kernel tries again */
};

/* What the module can do; by enum mempol_mechanism_id. */
#define MEMPOL_MAX_MECHANISMS 16

struct mempol_module_info {
	__u32 size; /* out: bytes filled in */
	__u32 pad;
	__u64 denied; /* calls refused because the caller is not privileged */
	__s32 error[MEMPOL_MAX_MECHANISMS]; /* 0: it can be attached; -errno of its init; -EOPNOTSUPP: not built in */
};

/* A manual size of the balloon, or none: what the engine says. */
#define MEMPOL_BALLOON_AUTO (~0ULL)

/* Flags of a mempol_ref_page: what the kernel says of a folio. A moment's. */
enum mempol_ref_page_flag {
	MEMPOL_REF_LOCKED = 1 << 0,
	MEMPOL_REF_WRITEBACK = 1 << 1,
	MEMPOL_REF_DIRTY = 1 << 2,
	MEMPOL_REF_UNEVICTABLE = 1 << 3,
	MEMPOL_REF_PINNED = 1 << 4, /* folio_maybe_dma_pinned() */
	MEMPOL_REF_FROZEN = 1 << 5, /* its count was 0 */
	MEMPOL_REF_LRU = 1 << 6, /* on a list of the kernel's or a policy's */
	MEMPOL_REF_ANON = 1 << 7,
	MEMPOL_REF_FILE = 1 << 8, /* in a page cache */
	MEMPOL_REF_SLAB = 1 << 9,
	MEMPOL_REF_TABLE = 1 << 10, /* a page table */
	MEMPOL_REF_OFFLINE = 1 << 11, /* balloon, hwpoison or not online */
	MEMPOL_REF_FREE = 1 << 12, /* in the buddy allocator */
	MEMPOL_REF_GOVERNED = 1 << 13, /* on a list of a cache policy */
	MEMPOL_REF_POISONED = 1 << 14,
	MEMPOL_REF_OTHER = 1 << 15, /* none of the kinds above: the kernel's own */
	MEMPOL_REF_MOVABLE = 1 << 16, /* likewise or offline, but its driver can move it */
};

/* In place of node and zone: there is no memory. */
#define MEMPOL_REF_NOWHERE 0xffff

/* A folio and its references. */
struct mempol_ref_page {
	__u64 index; /* of its first page in the file, or its pfn */
	__u32 refs; /* folio_ref_count(), without the asker's own */
	__u32 mapped; /* folio_mapcount() */
	__u32 expected; /* what page cache, private data and page tables account for */
	__s32 extra; /* refs - expected */
	__u32 hidden; /* reads counted in cells */
	__u32 nr_pages;
	__u32 flags; /* enum mempol_ref_page_flag */
	__u16 nid;
	__u16 zone;
};

/* Folios that one call tells of. */
#define MEMPOL_REF_PAGES 40

/* An opted-in file. Two files of btrfs can have the same dev and ino: its subvolumes share the device. */
struct mempol_ref_file {
	__u64 policy_id;
	__u64 id; /* of this file for as long as it is in; never another's, never 0 */
	__u64 ino;
	__u32 dev; /* new_encode_dev() */
	__u32 cause; /* enum mempol_ref_cause: why it is in */
	__u64 age_ms; /* since it is in */
	__u64 reads; /* estimated from samples */
	__u64 fell_back; /* likewise */
	__u64 busy; /* exact */
	char name[MEMPOL_REF_NAME_LEN];
};

/* Files that one call tells of. */
#define MEMPOL_REF_FILES 8

/* A recorder that goes without a word is forgotten after so long at most. */
#define MEMPOL_CACHE_RECORD_MS 10000

/* What a frame of a pool is. A moment's. */
enum mempol_place_state {
	MEMPOL_PLACE_ABSENT = 0, /* not of the pool: memory failed there, or went offline */
	MEMPOL_PLACE_IS_FREE = 1,
	MEMPOL_PLACE_IS_USED = 2, /* by a page that the other fields tell of */
	MEMPOL_PLACE_IS_HELD = 3, /* it is being emptied for another page; likewise */
	MEMPOL_PLACE_IS_BUSY =
		4, /* in use, and its page could not be looked at: locked, being freed or brought in */
};

/* Flags of a mempol_place_frame. The daemon writes them into dumps by the same words. */
enum mempol_place_frame_flag {
	MEMPOL_PLACE_SHARED = 1 << 0, /* more than one space maps it; space is one of them */
	MEMPOL_PLACE_INHERITED =
		1 << 1, /* its mapping came by fork: another space may have brought it in */
	MEMPOL_PLACE_SWAP_CACHE = 1 << 2,
	MEMPOL_PLACE_MOVED =
		1 << 3, /* it was brought in at another address, or may have been (UFFDIO_MOVE) */
	MEMPOL_PLACE_KSM = 1 << 4,
	MEMPOL_PLACE_HUGE = 1 << 5, /* of a folio of several pages */
	MEMPOL_PLACE_OTHER = 1 << 6, /* of a cgroup that this policy does not govern */
};

struct mempol_place_frame {
	__u64 pfn;
	__u64 space; /* as the engine was told; 0: nothing maps it, or its state says why */
	__u64 vpn; /* where space maps it */
	__u64 index; /* linear page index there */
	__u32 state; /* enum mempol_place_state */
	__u32 age; /* ticks since it was stamped */
	__u32 mapped; /* folio_mapcount() */
	__u32 flags; /* enum mempol_place_frame_flag */
};

/* Frames that one call tells of: half a bucket. */
#define MEMPOL_PLACE_FRAMES 32

/* Buckets that a node has in a pool. */
struct mempol_place_segment {
	__u32 nid;
	__u32 first_bucket;
	__u32 nr_buckets;
	__u32 pad;
};

#define MEMPOL_PLACE_BUCKET 64 /* frames */
#define MEMPOL_PLACE_SEGMENTS 64

/*
 * What is asked of the module, by the daemon through the agent's SYSCALL program mempol_call, and by a recorder. All
 * of it needs CAP_SYS_ADMIN in the caller, whoever has loaded the program. The numbers are ABI.
 */
enum mempol_call_op {
	MEMPOL_CALL_MODULE = 1, /* body.module */
	MEMPOL_CALL_POLICY = 2, /* body.policy */
	MEMPOL_CALL_BEAT = 3, /* the daemon is alive: policies with MEMPOL_OPS_HEARTBEAT go on */
	MEMPOL_CALL_CACHE_RECORD =
		8, /* body.record: pass uses through the tracepoint mempol_cache_used, for a while */
	MEMPOL_CALL_BALLOON_SIZE =
		16, /* body.balloon: hold so many pages, whatever the engine says; see `moving` */
	MEMPOL_CALL_BALLOON_CLAIM =
		17, /* body.block: take the block of that order at pfn; while it runs: -EINPROGRESS */
	MEMPOL_CALL_BALLOON_BLOCK = 18, /* body.block: what the block at pfn is like */
	MEMPOL_CALL_BALLOON_DROP =
		19, /* body.balloon: reclaim so much page cache; likewise; out: pages reclaimed */
	MEMPOL_CALL_REFCOUNT_FILE = 32, /* body.ref_file: opt a file in or out */
	MEMPOL_CALL_REFCOUNT_FILES = 33, /* body.ref_files: which files are in */
	MEMPOL_CALL_REFS =
		34, /* body.refs: the references of pages, on any kernel with the module */
	MEMPOL_CALL_PLACEMENT_POOL = 48, /* body.place_pool: size and nodes of a policy's pool */
	MEMPOL_CALL_PLACEMENT_FRAMES = 49, /* body.place_frames: what some of its frames are */
	MEMPOL_CALL_PLACEMENT_RESET = 50, /* body.place_pool.policy_id: forget the first conflict */
	MEMPOL_CALL_WALK_RANGES = 64, /* body.walk: a process' mappings, and what maps them */
	MEMPOL_CALL_WALK_ENTRIES = 65, /* body.walk: its tables, and the frames of its pages */
	MEMPOL_CALL_TEA = 66, /* body.tea: what becomes of a process' leaf tables */
	MEMPOL_CALL_TEAS = 67, /* body.teas: which TEAs a process has */
};

struct mempol_call {
	__u32 version; /* MEMPOL_ABI_VERSION */
	__u32 op; /* enum mempol_call_op */
	__s64 error; /* out: 0 or -errno */
	union {
		struct mempol_module_info module; /* out */
		struct {
			__u64 policy_id;
			struct mempol_policy_info info; /* out */
		} policy;
		struct {
			/* Of the policy that governs it, and of those below it. */
			__u64 cgroup_id;
			__s32 shift; /* of folios with so many zero bits in their hash; -1: no more */
			__u32 ms; /* ends then, if it is not asked again; MEMPOL_CACHE_RECORD_MS at most */
			__u32 policies; /* out: whose uses are passed */
			__u32 fresh; /* out: of them those that did not pass them for this process before */
		} record;
		struct {
			__u64 policy_id;
			__u64 pages; /* or MEMPOL_BALLOON_AUTO */
		} balloon;
		struct {
			__u64 policy_id;
			__u64 pfn;
			__u32 order; /* in, out */
			__u32 flags; /* out */
		} block;
		struct {
			__u64 policy_id;
			__s32 fd; /* of the caller; -1, to opt out only: the file with id, or dev and ino */
			__u16 on;
			__u16 cause; /* MEMPOL_REF_BY_POLICY or _BY_REQUEST */
			__u64 owner; /* out: with -EBUSY, the policy that has it */
			/*
			 * In with fd -1, else out (also with -EALREADY): as the table of files has it, not
			 * stat(). With an id, ino and dev are not looked at.
			 */
			__u64 ino;
			__u32 dev;
			__u32 pad;
			__u64 id;
		} ref_file;
		struct {
			__u64 cursor; /* in, out: 0 begins; out 0: that was all */
			__u32 nr; /* out */
			__u32 pad;
			struct mempol_ref_file files[MEMPOL_REF_FILES]; /* out */
		} ref_files;
		struct {
			__u64 first; /* in, out: index, or pfn; out: where to go on */
			__u64 last; /* inclusive */
			__s32 fd; /* of the caller, or -1: pages by pfn */
			__u32 drain; /* 1: empty the per-CPU LRU batches first */
			__u32 nr; /* out: 0 with first > last: that was all */
			__u32 pad;
			struct mempol_ref_page pages[MEMPOL_REF_PAGES]; /* out */
		} refs;
		struct {
			__u64 policy_id;
			__u64 pool_id; /* out, like the rest */
			__u64 pages; /* frames that it has */
			__u64 wanted;
			__u64 tick_pages; /* a tick is so many placements */
			__u32 clock; /* ticks so far */
			__u32 policies; /* that share it */
			__u32 ready; /* 1: it is complete, pages are placed */
			__u32 nr; /* of segments; in the order of their buckets */
			struct mempol_place_segment segments[MEMPOL_PLACE_SEGMENTS];
		} place_pool;
		struct {
			__u64 policy_id;
			__u32 first; /* in, out: frame; out: where to go on */
			__u32 nr; /* out: 0: that was all */
			struct mempol_place_frame frames[MEMPOL_PLACE_FRAMES]; /* out */
		} place_frames;
		struct mempol_walk walk;
		struct mempol_tea_request tea;
		struct mempol_tea_list teas;
	} body;
};

#ifndef __bpf__
_Static_assert(MEMPOL_CACHE_NR_COUNTERS <= MEMPOL_MAX_COUNTERS, "room for the counters");
_Static_assert(MEMPOL_BALLOON_NR_COUNTERS <= MEMPOL_MAX_COUNTERS, "room for the counters");
_Static_assert(MEMPOL_REFCOUNT_NR_COUNTERS <= MEMPOL_MAX_COUNTERS, "room for the counters");
_Static_assert(MEMPOL_PLACEMENT_NR_COUNTERS <= MEMPOL_MAX_COUNTERS, "room for the counters");
_Static_assert(MEMPOL_TRANSLATION_NR_COUNTERS <= MEMPOL_MAX_COUNTERS, "room for the counters");
_Static_assert(MEMPOL_NR_COMMON <= MEMPOL_MAX_COMMON, "room for the counters");
_Static_assert(MEMPOL_NR_REFUSALS <= MEMPOL_MAX_REFUSALS, "room for the refusals");
_Static_assert(sizeof(struct mempol_event) == 192, "mempol_event is ABI");
_Static_assert(sizeof(struct mempol_policy_info) == 1824, "mempol_policy_info is ABI");
_Static_assert(sizeof(struct mempol_module_info) == 80, "mempol_module_info is ABI");
_Static_assert(sizeof(struct mempol_ref_page) == 40, "mempol_ref_page is ABI");
_Static_assert(sizeof(struct mempol_ref_file) == 192, "mempol_ref_file is ABI");
_Static_assert(sizeof(struct mempol_place_frame) == 48, "mempol_place_frame is ABI");
_Static_assert(sizeof(struct mempol_call) == 1848, "mempol_call is ABI");
#endif

#endif
