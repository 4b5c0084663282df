// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf_mempol_hint(): what programs say of ranges of the page cache. The agent's program
 * mempol_hint is what anybody may run who was given its descriptor, and BPF_PROG_RUN checks no
 * capability; so whose pages may be touched is looked at here and in mm, at each call. The
 * program runs in a read-side section of RCU Tasks Trace: nothing here waits.
 */
#include <linux/btf.h>
#include <linux/capability.h>
#include <linux/cgroup.h>
#include <linux/file.h>
#include <linux/memcontrol.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <mempol/abi.h>
#include "hints.h"

static_assert((int)MEMPOL_HINT_ACTIVATE == (int)MEMPOL_VERB_ACTIVATE);
static_assert((int)MEMPOL_HINT_DEACTIVATE == (int)MEMPOL_VERB_DEACTIVATE);
static_assert((int)MEMPOL_HINT_PIN == (int)MEMPOL_VERB_PIN);
static_assert((int)MEMPOL_HINT_UNPIN == (int)MEMPOL_VERB_UNPIN);
static_assert((int)MEMPOL_HINT_EVICT == (int)MEMPOL_VERB_EVICT);
static_assert((int)MEMPOL_HINT_PREFETCH == (int)MEMPOL_VERB_PREFETCH);
static_assert((int)MEMPOL_RESIDENCY_INACTIVE == (int)MEMPOL_WHERE_INACTIVE);
static_assert((int)MEMPOL_RESIDENCY_ACTIVE == (int)MEMPOL_WHERE_ACTIVE);
static_assert((int)MEMPOL_RESIDENCY_UNEVICTABLE == (int)MEMPOL_WHERE_UNEVICTABLE);
static_assert((int)MEMPOL_RESIDENCY_COLD == (int)MEMPOL_WHERE_COLD);
static_assert((int)MEMPOL_RESIDENCY_PINNED == (int)MEMPOL_WHERE_PINNED);
static_assert((int)MEMPOL_RESIDENCY_REJECTED == (int)MEMPOL_WHERE_REJECTED);
static_assert((int)MEMPOL_RESIDENCY_LIST == (int)MEMPOL_WHERE_LIST);
static_assert(MEMPOL_RESIDENCY_DIRTY == MEMPOL_WHERE_DIRTY);
static_assert(MEMPOL_RESIDENCY_WRITEBACK == MEMPOL_WHERE_WRITEBACK);

/* Ranges that wait to be evicted; of what is beyond, it stays with going first. */
#define MEMPOL_MAX_EVICTIONS 256

/* Clean pages of a range are to be freed. */
struct mempol_eviction {
	struct list_head node;
	struct file *file;
	struct mem_cgroup *memcg;
	pgoff_t first;
	pgoff_t last;
};

static DEFINE_SPINLOCK(mempol_evictions_lock);
static LIST_HEAD(mempol_evictions); /* @mempol_nr_evictions of them, under the lock */
static unsigned int mempol_nr_evictions;

static void mempol_evictions_fn(struct work_struct *work)
{
	struct mempol_eviction *eviction;
	struct address_space *mapping;

	for (;;) {
		spin_lock(&mempol_evictions_lock);
		eviction =
			list_first_entry_or_null(&mempol_evictions, struct mempol_eviction, node);
		if (eviction) {
			list_del(&eviction->node);
			mempol_nr_evictions--;
		}
		spin_unlock(&mempol_evictions_lock);
		if (!eviction)
			break;
		mapping = mempol_tell_mapping(eviction->file);
		if (!IS_ERR(mapping))
			mempol_evict_pages(mapping, eviction->first, eviction->last,
					   eviction->memcg);
		fput(eviction->file);
		mem_cgroup_put(eviction->memcg);
		kfree(eviction);
		cond_resched();
	}
}

static DECLARE_WORK(mempol_evictions_work, mempol_evictions_fn);

static void mempol_evict_soon(struct mempol_telling *telling, struct file *file, u64 start, u64 end)
{
	struct mempol_eviction *eviction =
		kzalloc(sizeof(*eviction), GFP_NOWAIT | __GFP_NOWARN | __GFP_ACCOUNT);
	bool queued = false;

	if (!eviction)
		return;
	eviction->first = start >> PAGE_SHIFT;
	eviction->last = (end - 1) >> PAGE_SHIFT;
	spin_lock(&mempol_evictions_lock);
	if (mempol_nr_evictions < MEMPOL_MAX_EVICTIONS) {
		eviction->file = get_file(file);
		eviction->memcg = telling->memcg;
		if (eviction->memcg)
			css_get(&eviction->memcg->css);
		list_add_tail(&eviction->node, &mempol_evictions);
		mempol_nr_evictions++;
		queued = true;
	}
	spin_unlock(&mempol_evictions_lock);
	if (queued)
		queue_work(system_unbound_wq, &mempol_evictions_work);
	else
		kfree(eviction);
}

void mempol_hints_flush(void)
{
	flush_work(&mempol_evictions_work);
	mempol_pins_flush();
}

/* As many pages as one call goes through. */
static int mempol_hint_unpin(struct mempol_telling *telling, struct file *file,
			     struct mempol_session *session, struct address_space *mapping,
			     u64 *start, u64 end)
{
	pgoff_t first = *start >> PAGE_SHIFT, last = (end - 1) >> PAGE_SHIFT;
	const struct mempol_told before = telling->told;
	int err;

	if (!telling->pages)
		return -EAGAIN;
	if (last - first >= telling->pages)
		last = first + telling->pages - 1;
	err = mempol_pin_remove(session, mapping, first, last, &telling->told);
	/* Any range can be a session's, and those who may not look learn nothing by it. */
	if (!mempol_tell_may_look(file)) {
		telling->told.already = before.already;
		telling->told.busy = before.busy;
	}
	if (err)
		return err;
	telling->pages -= last - first + 1;
	*start = min_t(u64, (u64)(last + 1) << PAGE_SHIFT, end);
	return *start < end ? -EAGAIN : 0;
}

/* A range of one file, which may be one of a mapping of the caller's. */
static int mempol_hint_file(struct mempol_telling *telling, struct file *file, u64 *start, u64 end,
			    void *data)
{
	struct mempol_session *session = data;
	struct address_space *mapping = mempol_tell_mapping(file);
	pgoff_t first, last;
	u64 from = *start;
	int err;

	if (IS_ERR(mapping))
		return PTR_ERR(mapping);
	if (from >= end)
		return 0;
	first = from >> PAGE_SHIFT;
	last = (end - 1) >> PAGE_SHIFT;

	switch (telling->verb) {
	case MEMPOL_VERB_UNPIN:
		return mempol_hint_unpin(telling, file, session, mapping, start, end);
	case MEMPOL_VERB_PIN:
		err = mempol_pin_add(session, file, mapping, first, last);
		if (err)
			return err;
		break;
	default:
		break;
	}
	err = mempol_tell_file(telling, file, start, end);
	if (telling->verb == MEMPOL_VERB_EVICT && *start > from)
		mempol_evict_soon(telling, file, from, *start);
	return err;
}

static int mempol_hint_tell(struct mempol_telling *telling, struct mempol_hint_range *range,
			    struct mempol_session *session)
{
	u64 start = range->start, end;
	struct file *file;
	int err;

	if (telling->verb < MEMPOL_VERB_ACTIVATE || telling->verb >= MEMPOL_NR_VERBS ||
	    check_add_overflow(range->start, range->length, &end) ||
	    (range->fd >= 0 && end > MAX_LFS_FILESIZE))
		return -EINVAL;
	if (!session && (telling->verb == MEMPOL_VERB_PIN || telling->verb == MEMPOL_VERB_UNPIN))
		return -EBADF;

	if (range->fd == -1) {
		err = mempol_tell_addresses(telling, &start, end, mempol_hint_file, session);
	} else {
		file = range->fd < 0 ? NULL : fget(range->fd);
		if (!file)
			return -EBADF;
		err = mempol_hint_file(telling, file, &start, end, session);
		fput(file);
	}
	range->done = start - range->start;
	return err;
}

static void mempol_hint_range(struct mempol_telling *telling, struct mempol_hint_range *range,
			      struct mempol_session *session)
{
	const struct mempol_told *told = &telling->told;

	telling->verb = range->verb;
	telling->error = 0;
	memset(&telling->told, 0, sizeof(telling->told));
	range->done = 0;
	range->error = mempol_hint_tell(telling, range, session);
	range->applied = told->applied;
	range->already = told->already;
	range->absent = told->absent;
	range->foreign = told->foreign;
	range->capped = told->capped;
	range->unevictable = told->unevictable;
	range->busy = told->busy;
	range->other = told->other;
	if (!range->error)
		range->error = telling->error;
	if (!range->error && told->capped)
		range->error = -EDQUOT;
}

/* The cgroup whose pages, and those below, may be touched; NULL: anybody's. With a reference. */
static struct mem_cgroup *mempol_hint_memcg(u64 on_behalf)
{
	bool capable = ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN);
	struct cgroup_subsys_state *css;
	struct cgroup *cgrp;

	if (mem_cgroup_disabled())
		return ERR_PTR(-EOPNOTSUPP);
	if (!on_behalf)
		return capable ? NULL : get_mem_cgroup_from_mm(current->mm);
	if (!capable)
		return ERR_PTR(-EPERM);
	cgrp = cgroup_get_from_id(on_behalf);
	if (IS_ERR(cgrp))
		return ERR_CAST(cgrp);
	css = cgroup_get_e_css(cgrp, &memory_cgrp_subsys);
	cgroup_put(cgrp);
	return mem_cgroup_from_css(css);
}

static struct mempol_hint *mempol_hint_of(void *hint, u32 size)
{
	struct mempol_hint *h = hint;

	return size < sizeof(*h) || h->version != MEMPOL_HINT_VERSION ? NULL : h;
}

__bpf_kfunc_start_defs();

/**
 * bpf_mempol_hint - tell the kernel what will become of ranges of the page cache
 * @hint: a struct mempol_hint, answered in place.
 * @hint__sz: its size.
 *
 * Of all its ranges together MEMPOL_TELL_FOLIOS folios are told.
 *
 * Context: process context, does not wait; SYSCALL programs only.
 * Return: 0, and the result of each range in it; -EINVAL: another version, too many
 * ranges, flags that nobody knows, -EBADF: @session is none, -EPERM: @on_behalf of another
 * cgroup without CAP_SYS_ADMIN, -ENOENT: there is no such cgroup.
 */
__bpf_kfunc int bpf_mempol_hint(void *hint, u32 hint__sz)
{
	struct mempol_telling telling = { .folios = MEMPOL_TELL_FOLIOS,
					  .pages = MEMPOL_TELL_PAGES };
	struct mempol_hint *h = mempol_hint_of(hint, hint__sz);
	struct mempol_session *session = NULL;
	struct file *file = NULL;
	int err = -EBADF;
	u32 i, nr;

	nr = h ? READ_ONCE(h->nr) : 0;
	if (!h || nr > MEMPOL_HINT_RANGES || h->flags)
		return -EINVAL;
	if (h->session != -1) {
		file = h->session < 0 ? NULL : fget(h->session);
		session = file ? mempol_session_of(file) : NULL;
		if (!session)
			goto out;
	}
	telling.memcg = mempol_hint_memcg(h->on_behalf);
	err = PTR_ERR_OR_ZERO(telling.memcg);
	if (err)
		goto out;

	for (i = 0; i < nr; i++)
		mempol_hint_range(&telling, &h->range[i], session);
	mem_cgroup_put(telling.memcg);
out:
	if (file)
		fput(file);
	return err;
}

/**
 * bpf_mempol_hint_open - a session, for who wants to pin
 * @hint: a struct mempol_hint; its session becomes a descriptor of the caller's.
 * @hint__sz: its size.
 *
 * Context: process context; SYSCALL programs only.
 * Return: 0, -EINVAL: another version or flag, -EMFILE: the user has MEMPOL_HINT_MAX_SESSIONS, or
 * the caller no descriptor free, -ENOMEM.
 */
__bpf_kfunc int bpf_mempol_hint_open(void *hint, u32 hint__sz)
{
	struct mempol_hint *h = mempol_hint_of(hint, hint__sz);
	int fd;

	if (!h || h->flags != MEMPOL_HINT_OPEN)
		return -EINVAL;
	fd = mempol_session_open();
	if (fd < 0)
		return fd;
	h->session = fd;
	return 0;
}

/**
 * bpf_mempol_residency - where are the pages of a file?
 * @map: a struct mempol_residency, answered in place.
 * @map__sz: its size.
 *
 * Context: process context, does not wait; SYSCALL programs only.
 * Return: 0; -EINVAL: another version, too many pages, or pages that no file has, -EBADF:
 * no such descriptor, or O_PATH, -EACCES: the caller may not know, -EISDIR, -ESPIPE,
 * -EOPNOTSUPP: no file whose pages can be reclaimed, -EINTR.
 */
__bpf_kfunc int bpf_mempol_residency(void *map, u32 map__sz)
{
	struct mempol_residency *r = map;
	struct file *file;
	int err;
	u32 nr;

	if (map__sz < sizeof(*r) || r->version != MEMPOL_HINT_VERSION)
		return -EINVAL;
	nr = READ_ONCE(r->nr);
	if (nr > MEMPOL_RESIDENCY_PAGES)
		return -EINVAL;
	file = r->fd < 0 ? NULL : fget(r->fd);
	if (!file)
		return -EBADF;
	err = mempol_residency(file, r->first, nr, r->page);
	fput(file);
	return err;
}

__bpf_kfunc_end_defs();
