// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * The library's functions (mempolicy.h): ranges are gathered, neighbours become one, and all are told in calls of as
 * many as the kernel takes. How they are told is in tell.h.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "tell.h"

/* So much of neighbours is told without waiting for more: who reads a file from end to end has but one range. */
#define WAITING_BYTES (1024 * 1024)
/* What is pinned and fetched goes step by step, so that what was read first is pinned before the last is read. */
#define FETCH_BYTES (8ULL * 1024 * 1024)
/* Calls in a row that get nowhere: somebody changes the address space, or there is no memory without waiting. */
#define STALLS_MAX 1000
#define STALL_NSEC 1000000

#define FLAGS_ALL (MEMPOLICY_FALLBACK | MEMPOLICY_FETCH)

_Static_assert((int)MEMPOLICY_ACTIVATE == (int)MEMPOL_HINT_ACTIVATE, "verbs are the kernel's");
_Static_assert((int)MEMPOLICY_PREFETCH == (int)MEMPOL_HINT_PREFETCH, "verbs are the kernel's");

/* --- opening ------------------------------------------------------------------------------------------ */

/* A call without ranges: may this program be run here, and does the module know it? */
static int find_way(struct mempolicy *m)
{
	struct mempol_hint hint = {};
	int r = mp_tell_daemon_open(m);

	if (r < 0)
		return r;
	r = mp_tell_kernel(m, &hint);
	if (r == 0)
		m->way = MEMPOLICY_BY_KERNEL;
	else if (mp_tell_is_forbidden(r))
		m->way = MEMPOLICY_BY_DAEMON;
	else
		return r == -EINVAL ? -EOPNOTSUPP : r; /* another version */
	return 0;
}

int mempolicy_open_at(struct mempolicy **ret, unsigned int flags, const char *socket)
{
	struct mempolicy *m;
	int r;

	if (flags & ~FLAGS_ALL)
		return -EINVAL;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->flags = flags;
	m->program = -1;
	m->residency = -1;
	m->session = -1;
	m->socket = strdup(socket);
	r = m->socket ? find_way(m) : -ENOMEM;
	if (r < 0 && r != -ENOMEM && flags & MEMPOLICY_FALLBACK) {
		m->way = MEMPOLICY_BY_ADVICE;
		r = 0;
	}
	if (r < 0) {
		mempolicy_close(m);
		return r;
	}
	*ret = m;
	return 0;
}

int mempolicy_open(struct mempolicy **ret, unsigned int flags)
{
	return mempolicy_open_at(ret, flags, MP_TELL_SOCKET);
}

struct mempolicy *mempolicy_close(struct mempolicy *m)
{
	if (!m)
		return NULL;
	sd_varlink_close_unref(m->holder);
	free(m->holder_name);
	if (m->session >= 0)
		close(m->session);
	if (m->program >= 0)
		close(m->program);
	if (m->residency >= 0)
		close(m->residency);
	free(m->socket);
	free(m);
	return NULL;
}

enum mempolicy_way mempolicy_way(const struct mempolicy *m)
{
	return m->way;
}

/* --- the session -------------------------------------------------------------------------------------- */

static int need_session(struct mempolicy *m)
{
	int r;

	switch (m->way) {
	case MEMPOLICY_BY_KERNEL:
		if (m->session < 0) {
			r = mp_tell_kernel_session(m);
			if (r < 0)
				return r;
			m->session = r;
		}
		return 0;
	case MEMPOLICY_BY_DAEMON:
		return m->holder ? 0 : mp_tell_daemon_session(m);
	default:
		return -EOPNOTSUPP;
	}
}

int mempolicy_session(struct mempolicy *m)
{
	int r = need_session(m);

	if (r < 0)
		return r;
	return m->holder ? sd_varlink_get_fd(m->holder) : m->session;
}

/* --- telling ------------------------------------------------------------------------------------------ */

static void note_error(struct mempolicy *m, int error)
{
	if (error < 0 && !m->error)
		m->error = error;
}

static void add_counts(struct mempolicy_result *sum, const struct mempol_hint_range *range)
{
	sum->bytes += range->done;
	sum->applied += range->applied;
	sum->already += range->already;
	sum->absent += range->absent;
	sum->foreign += range->foreign;
	sum->capped += range->capped;
	sum->unevictable += range->unevictable;
	sum->busy += range->busy;
	sum->other += range->other;
}

/* Takes the answers in; what has to be told again goes to the front. True: it got somewhere. */
static bool take_answers(struct mempolicy *m, struct mempol_hint *hint)
{
	bool moved = false;
	unsigned int left = 0;

	for (unsigned int i = 0; i < hint->nr; i++) {
		struct mempol_hint_range *range = &hint->range[i];

		add_counts(&m->result, range);
		/* Hidden by -EAGAIN, which is told of a part. */
		if (range->capped)
			note_error(m, -EDQUOT);
		if (range->error != -EAGAIN && range->error != -ENOMEM) {
			note_error(m, range->error);
			moved = true;
			continue;
		}
		moved |= range->done > 0;
		if (range->done > range->length)
			range->done = range->length;
		range->start += range->done;
		range->length -= range->done;
		hint->range[left++] = *range;
	}
	hint->nr = left;
	return moved;
}

/* Those of the first one's file, which are put to the front; by kernel all of them. */
static unsigned int gather(const struct mempolicy *m, struct mempol_hint_range *ranges,
			   unsigned int n)
{
	unsigned int same = 1;

	if (m->way == MEMPOLICY_BY_KERNEL)
		return n;
	for (unsigned int i = 1; i < n; i++) {
		struct mempol_hint_range range = ranges[i];

		if (range.fd != ranges[0].fd)
			continue;
		/* In their order, which may matter. */
		memmove(&ranges[same + 1], &ranges[same], (i - same) * sizeof(range));
		ranges[same++] = range;
	}
	return same;
}

static int tell_once(const struct mempolicy *m, struct mempol_hint *hint)
{
	if (m->way == MEMPOLICY_BY_KERNEL)
		return mp_tell_kernel(m, hint);
	if (m->way == MEMPOLICY_BY_DAEMON && hint->range[0].fd >= 0)
		return mp_tell_daemon(m, hint, hint->range[0].fd);
	/* The daemon does not know the caller's addresses. */
	if (m->way == MEMPOLICY_BY_DAEMON && !(m->flags & MEMPOLICY_FALLBACK))
		return -EOPNOTSUPP;
	for (unsigned int i = 0; i < hint->nr; i++)
		mp_tell_advise(&hint->range[i]);
	return 0;
}

static void wait_a_moment(unsigned int stalls)
{
	const struct timespec moment = { .tv_nsec = STALL_NSEC };

	if (stalls < 10)
		sched_yield();
	else
		nanosleep(&moment, NULL);
}

/* Until all of them have an answer. */
static int tell(struct mempolicy *m, struct mempol_hint *hint)
{
	unsigned int stalls = 0;
	int r;

	while (hint->nr) {
		r = tell_once(m, hint);
		if (r < 0)
			return r;
		if (take_answers(m, hint)) {
			stalls = 0;
			continue;
		}
		if (++stalls == STALLS_MAX)
			return hint->range[0].error;
		wait_a_moment(stalls);
	}
	return 0;
}

static void tell_all(struct mempolicy *m)
{
	unsigned int nr;

	m->result.ranges += m->n;
	if (m->way != MEMPOLICY_BY_ADVICE)
		for (unsigned int i = 0; i < m->n; i++)
			mp_tell_prepare(&m->ranges[i]);
	for (unsigned int told = 0; told < m->n; told += nr) {
		struct mempol_hint hint = {};

		nr = gather(m, &m->ranges[told], m->n - told);
		hint.nr = nr;
		memcpy(hint.range, &m->ranges[told], nr * sizeof(hint.range[0]));
		note_error(m, tell(m, &hint));
	}
	m->n = 0;
	m->waiting = 0;
}

int mempolicy_flush(struct mempolicy *m, struct mempolicy_result *ret)
{
	int r;

	tell_all(m);
	r = m->error;
	if (ret)
		*ret = m->result;
	m->error = 0;
	m->result = (struct mempolicy_result){};
	return r;
}

/* --- gathering ---------------------------------------------------------------------------------------- */

/* @range joins one that waits, if it overlaps or touches it and nothing else is said in between. */
static bool join(struct mempolicy *m, const struct mempol_hint_range *range)
{
	const uint64_t end = range->start + range->length;

	for (unsigned int i = m->n; i-- > 0;) {
		struct mempol_hint_range *other = &m->ranges[i];
		const uint64_t other_end = other->start + other->length;

		if (other->verb != range->verb)
			return false;
		if (other->fd != range->fd || other->start > end || other_end < range->start)
			continue;
		other->start = other->start < range->start ? other->start : range->start;
		other->length = (other_end > end ? other_end : end) - other->start;
		return true;
	}
	return false;
}

static void add(struct mempolicy *m, const struct mempol_hint_range *range)
{
	if (!join(m, range)) {
		if (m->n == MEMPOL_HINT_RANGES)
			tell_all(m);
		m->ranges[m->n++] = *range;
	}
	m->waiting += range->length;
	if (m->waiting >= WAITING_BYTES)
		tell_all(m);
}

/* What is beyond the cap need not be read. */
static void fetch_and_pin(struct mempolicy *m, const struct mempol_hint_range *range)
{
	struct mempol_hint_range step = *range;
	uint64_t left = range->length;
	int before;

	tell_all(m);
	before = TAKE(m->error, 0);
	while (left && !m->error) {
		step.length = left < FETCH_BYTES ? left : FETCH_BYTES;
		mp_tell_fetch(&step);
		m->ranges[m->n++] = step;
		tell_all(m);
		step.start += step.length;
		left -= step.length;
	}
	m->error = before ?: m->error;
}

static int say(struct mempolicy *m, enum mempolicy_verb verb, int fd, uint64_t start,
	       uint64_t length)
{
	const struct mempol_hint_range range = {
		.fd = fd, .verb = verb, .start = start, .length = length
	};
	int r;

	if ((int)verb < MEMPOLICY_ACTIVATE || verb > MEMPOLICY_PREFETCH || start + length < start)
		return -EINVAL;
	if (verb == MEMPOLICY_PIN || verb == MEMPOLICY_UNPIN) {
		r = need_session(m);
		if (r < 0)
			return r;
	}
	if (verb == MEMPOLICY_PIN && m->flags & MEMPOLICY_FETCH)
		fetch_and_pin(m, &range);
	else
		add(m, &range);
	return 0;
}

int mempolicy_file(struct mempolicy *m, enum mempolicy_verb verb, int fd, uint64_t offset,
		   uint64_t length)
{
	struct stat st;

	if (fd < 0)
		return -EBADF;
	if (length)
		return say(m, verb, fd, offset, length);
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode) && offset >= (uint64_t)st.st_size)
		return 0;
	/* What is no file has no end: it is told, so that the answer says what it is. */
	return say(m, verb, fd, offset, S_ISREG(st.st_mode) ? (uint64_t)st.st_size - offset : 1);
}

int mempolicy_range(struct mempolicy *m, enum mempolicy_verb verb, const void *address,
		    size_t length)
{
	return length ? say(m, verb, -1, (uintptr_t)address, length) : -EINVAL;
}
