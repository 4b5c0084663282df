// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who has pinned what. A session is a descriptor: it may be inherited and passed on, and
 * when its last copy is closed, at the latest by the end of the last process, a work item
 * unpins what no other session has pinned. A page knows that it is pinned, and not by whom.
 *
 * Locking: mempol_pins_lock > lru_lock. It is held while a step of pages is unpinned, so that
 * nobody pins them in between; no more than a step, and nothing waits under it. What anybody
 * has pinned is in one tree, so that a step does not take longer if others have pinned much.
 */
#include <linux/anon_inodes.h>
#include <linux/cred.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/interval_tree_generic.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <mempol/abi.h>
#include "hints.h"

/* Pages that are looked at under one hold of the lock, and ranges of a session that ends. */
#define MEMPOL_UNPIN_STEP 128
/* An isolated folio is tried again after DELAY, after TRIES of these after LATER. */
#define MEMPOL_UNPIN_DELAY (HZ / 20)
#define MEMPOL_UNPIN_LATER HZ
#define MEMPOL_UNPIN_TRIES 50

/*
 * A range of pages of a file that a session has pinned, and then it is in the tree; or that
 * nobody has any more.
 */
struct mempol_pin {
	struct list_head node;
	struct rb_node rb;
	u128 end_below;
	struct file *file;
	struct address_space *mapping;
	pgoff_t first;
	pgoff_t last;
	unsigned int tries;
};

static DEFINE_SPINLOCK(mempol_pins_lock);
static LIST_HEAD(mempol_sessions);
static LIST_HEAD(mempol_orphans); /* ranges that are to be unpinned */
static struct rb_root_cached mempol_pinned = RB_ROOT_CACHED;

/* Pages of all files in one order. */
static u128 mempol_page_key(struct address_space *mapping, pgoff_t index)
{
	return (u128)(unsigned long)mapping << BITS_PER_LONG | index;
}

#define mempol_pin_start(pin) mempol_page_key((pin)->mapping, (pin)->first)
#define mempol_pin_end(pin) mempol_page_key((pin)->mapping, (pin)->last)

INTERVAL_TREE_DEFINE(struct mempol_pin, rb, u128, end_below, mempol_pin_start, mempol_pin_end,
		     static inline, mempol_pin_tree)

static void mempol_orphans_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(mempol_orphans_work, mempol_orphans_fn);

static struct mempol_pin *mempol_pin_alloc(struct file *file, struct address_space *mapping)
{
	struct mempol_pin *pin = kzalloc(sizeof(*pin), GFP_NOWAIT | __GFP_NOWARN | __GFP_ACCOUNT);

	if (pin) {
		pin->file = get_file(file);
		pin->mapping = mapping;
	}
	return pin;
}

static void mempol_pin_free(struct mempol_pin *pin)
{
	if (pin) {
		fput(pin->file);
		kfree(pin);
	}
}

static void mempol_pins_free(struct list_head *pins)
{
	struct mempol_pin *pin, *next;

	list_for_each_entry_safe(pin, next, pins, node)
		mempol_pin_free(pin);
}

static void mempol_pin_link(struct mempol_session *session, struct mempol_pin *pin)
{
	list_add(&pin->node, &session->pins);
	mempol_pin_tree_insert(pin, &mempol_pinned);
	session->nr++;
}

/* To @list, which is not the session's. */
static void mempol_pin_unlink(struct mempol_session *session, struct mempol_pin *pin,
			      struct list_head *list)
{
	mempol_pin_tree_remove(pin, &mempol_pinned);
	list_move(&pin->node, list);
	session->nr--;
}

/* Another range for @pin, which is linked. */
static void mempol_pin_resize(struct mempol_pin *pin, pgoff_t first, pgoff_t last)
{
	mempol_pin_tree_remove(pin, &mempol_pinned);
	pin->first = first;
	pin->last = last;
	mempol_pin_tree_insert(pin, &mempol_pinned);
}

/*
 * Is page @first pinned by a session? @last becomes the last page up to which that is so,
 * or is not.
 */
static bool mempol_is_covered(struct address_space *mapping, pgoff_t first, pgoff_t *last)
{
	const u128 from = mempol_page_key(mapping, first);
	struct mempol_pin *pin;

	pin = mempol_pin_tree_iter_first(&mempol_pinned, from, from);
	if (pin) {
		*last = min(*last, pin->last);
		return true;
	}
	pin = mempol_pin_tree_iter_first(&mempol_pinned, from, mempol_page_key(mapping, *last));
	if (pin)
		*last = pin->first - 1;
	return false;
}

/* Step by step; nobody who pins meanwhile is harmed. */
static void mempol_unpin_uncovered(struct address_space *mapping, pgoff_t first, pgoff_t last,
				   struct mempol_told *told)
{
	pgoff_t end;

	/* From one that is cached to the next: the range may be of a size that no file has. */
	while (first <= last && xa_find(&mapping->i_pages, &first, last, XA_PRESENT)) {
		end = last;
		spin_lock(&mempol_pins_lock);
		if (!mempol_is_covered(mapping, first, &end)) {
			end = min(end, first + MEMPOL_UNPIN_STEP - 1);
			mempol_unpin_pages(mapping, first, end, told);
		}
		spin_unlock(&mempol_pins_lock);
		if (end == last)
			break;
		first = end + 1;
		cond_resched();
	}
}

static void mempol_orphans_fn(struct work_struct *work)
{
	struct mempol_pin *pin, *next;
	unsigned long delay = MEMPOL_UNPIN_LATER;
	struct mempol_told told;
	LIST_HEAD(orphans);
	bool again;

	spin_lock(&mempol_pins_lock);
	list_splice_init(&mempol_orphans, &orphans);
	spin_unlock(&mempol_pins_lock);

	/* What is in a batch of another CPU has no list, and cannot be told anything. */
	lru_add_drain_all();
	list_for_each_entry_safe(pin, next, &orphans, node) {
		memset(&told, 0, sizeof(told));
		mempol_unpin_uncovered(pin->mapping, pin->first, pin->last, &told);
		/* An isolated folio is put back some time, and is pinned then. */
		if (told.busy) {
			if (pin->tries++ < MEMPOL_UNPIN_TRIES)
				delay = MEMPOL_UNPIN_DELAY;
			continue;
		}
		list_del(&pin->node);
		mempol_pin_free(pin);
		cond_resched();
	}

	spin_lock(&mempol_pins_lock);
	list_splice(&orphans, &mempol_orphans);
	again = !list_empty(&mempol_orphans);
	spin_unlock(&mempol_pins_lock);
	if (again)
		schedule_delayed_work(&mempol_orphans_work, delay);
}

/* What was pinned for @pins' sake only is unpinned soon. */
static void mempol_orphan(struct list_head *pins)
{
	bool any = !list_empty(pins);

	spin_lock(&mempol_pins_lock);
	list_splice_init(pins, &mempol_orphans);
	spin_unlock(&mempol_pins_lock);
	if (any)
		mod_delayed_work(system_wq, &mempol_orphans_work, 0);
}

static int mempol_session_release(struct inode *inode, struct file *file)
{
	struct mempol_session *session = file->private_data;
	LIST_HEAD(pins);
	unsigned int i;

	/* Nobody else has it any more. */
	while (session->nr) {
		spin_lock(&mempol_pins_lock);
		for (i = 0; i < MEMPOL_UNPIN_STEP && session->nr; i++)
			mempol_pin_unlink(session,
					  list_first_entry(&session->pins, struct mempol_pin, node),
					  &pins);
		spin_unlock(&mempol_pins_lock);
		cond_resched();
	}
	spin_lock(&mempol_pins_lock);
	list_del(&session->node);
	spin_unlock(&mempol_pins_lock);
	mempol_orphan(&pins);
	kfree(session);
	return 0;
}

static const struct file_operations mempol_session_fops = {
	.owner = THIS_MODULE,
	.release = mempol_session_release,
	.llseek = noop_llseek,
};

struct mempol_session *mempol_session_of(struct file *file)
{
	return file->f_op == &mempol_session_fops ? file->private_data : NULL;
}

/* Under the lock. */
static unsigned int mempol_sessions_of(kuid_t uid)
{
	struct mempol_session *session;
	unsigned int nr = 0;

	list_for_each_entry(session, &mempol_sessions, node)
		nr += uid_eq(session->uid, uid);
	return nr;
}

int mempol_session_open(void)
{
	struct mempol_session *session = kzalloc(sizeof(*session), GFP_NOWAIT | __GFP_ACCOUNT);
	unsigned int noio;
	int fd = -EMFILE;

	if (!session)
		return -ENOMEM;
	INIT_LIST_HEAD(&session->pins);
	session->uid = current_uid();
	spin_lock(&mempol_pins_lock);
	if (mempol_sessions_of(session->uid) < MEMPOL_HINT_MAX_SESSIONS) {
		list_add(&session->node, &mempol_sessions);
		fd = 0;
	}
	spin_unlock(&mempol_pins_lock);
	if (fd) {
		kfree(session);
		return fd;
	}
	/* RCU Tasks Trace is held off: reclaim may run, but asks no disk and no server. */
	noio = memalloc_noio_save();
	fd = anon_inode_getfd("[mempol-session]", &mempol_session_fops, session,
			      O_RDWR | O_CLOEXEC);
	memalloc_noio_restore(noio);
	if (fd < 0) {
		spin_lock(&mempol_pins_lock);
		list_del(&session->node);
		spin_unlock(&mempol_pins_lock);
		kfree(session);
	}
	return fd;
}

/* Does @pin overlap or touch the range? */
static bool mempol_pin_meets(struct mempol_pin *pin, struct address_space *mapping, pgoff_t first,
			     pgoff_t last)
{
	return pin->mapping == mapping && (pin->first <= last || pin->first - 1 == last) &&
	       (pin->last >= first || pin->last + 1 == first);
}

int mempol_pin_add(struct mempol_session *session, struct file *file, struct address_space *mapping,
		   pgoff_t first, pgoff_t last)
{
	struct mempol_pin *fresh = mempol_pin_alloc(file, mapping), *pin, *next;
	LIST_HEAD(merged);
	int err = 0;

	if (!fresh)
		return -ENOMEM;
	fresh->first = first;
	fresh->last = last;

	spin_lock(&mempol_pins_lock);
	list_for_each_entry_safe(pin, next, &session->pins, node) {
		if (!mempol_pin_meets(pin, mapping, fresh->first, fresh->last))
			continue;
		fresh->first = min(fresh->first, pin->first);
		fresh->last = max(fresh->last, pin->last);
		mempol_pin_unlink(session, pin, &merged);
	}
	if (session->nr < MEMPOL_HINT_MAX_PINS) {
		mempol_pin_link(session, fresh);
	} else {
		list_add(&fresh->node, &merged);
		err = -ENOSPC;
	}
	spin_unlock(&mempol_pins_lock);

	mempol_pins_free(&merged);
	return err;
}

/*
 * Take the range out of @pin, and in @spare if that leaves two pieces; what is left of none
 * goes to @gone. Under the lock.
 */
static void mempol_pin_cut(struct mempol_session *session, struct mempol_pin *pin, pgoff_t first,
			   pgoff_t last, struct mempol_pin **spare, struct list_head *gone)
{
	if (pin->first >= first && pin->last <= last) {
		mempol_pin_unlink(session, pin, gone);
	} else if (pin->first < first && pin->last > last) {
		(*spare)->first = last + 1;
		(*spare)->last = pin->last;
		mempol_pin_resize(pin, pin->first, first - 1);
		mempol_pin_link(session, *spare);
		*spare = NULL;
	} else if (pin->first < first) {
		mempol_pin_resize(pin, pin->first, first - 1);
	} else {
		mempol_pin_resize(pin, last + 1, pin->last);
	}
}

int mempol_pin_remove(struct mempol_session *session, struct address_space *mapping, pgoff_t first,
		      pgoff_t last, struct mempol_told *told)
{
	struct mempol_pin *spare = NULL, *orphan = NULL, *pin, *next;
	struct file *file = NULL;
	LIST_HEAD(gone);
	int err = 0;

	/* The file that the session remembers is referenced as long as it has a range of it. */
	spin_lock(&mempol_pins_lock);
	list_for_each_entry(pin, &session->pins, node) {
		if (pin->mapping == mapping && pin->first <= last && pin->last >= first) {
			file = get_file(pin->file);
			break;
		}
	}
	spin_unlock(&mempol_pins_lock);
	if (!file)
		return 0;

	spare = mempol_pin_alloc(file, mapping);
	orphan = mempol_pin_alloc(file, mapping);
	fput(file);
	if (!spare || !orphan) {
		mempol_pin_free(spare);
		mempol_pin_free(orphan);
		return -ENOMEM;
	}
	orphan->first = first;
	orphan->last = last;

	spin_lock(&mempol_pins_lock);
	list_for_each_entry_safe(pin, next, &session->pins, node) {
		if (pin->mapping != mapping || pin->first > last || pin->last < first)
			continue;
		/* Its ranges do not overlap, so that none but this one is cut in two. */
		if (pin->first < first && pin->last > last && session->nr >= MEMPOL_HINT_MAX_PINS) {
			err = -ENOSPC;
			break;
		}
		mempol_pin_cut(session, pin, first, last, &spare, &gone);
	}
	spin_unlock(&mempol_pins_lock);

	mempol_pins_free(&gone);
	mempol_pin_free(spare);
	if (err) {
		mempol_pin_free(orphan);
		return err;
	}
	mempol_unpin_uncovered(mapping, first, last, told);
	if (told->busy) {
		INIT_LIST_HEAD(&gone);
		list_add(&orphan->node, &gone);
		mempol_orphan(&gone);
	} else {
		mempol_pin_free(orphan);
	}
	return 0;
}

void mempol_pins_flush(void)
{
	bool more;

	do {
		mod_delayed_work(system_wq, &mempol_orphans_work, 0);
		flush_delayed_work(&mempol_orphans_work);
		spin_lock(&mempol_pins_lock);
		more = !list_empty(&mempol_orphans);
		spin_unlock(&mempol_pins_lock);
		if (more)
			msleep(20);
	} while (more);
	cancel_delayed_work_sync(&mempol_orphans_work);
}
