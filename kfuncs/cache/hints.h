/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files about hints share: hints.c has the kfuncs and checks who calls, pins.c
 * remembers who has pinned what, and what is done to folios is mm's.
 */
#ifndef _MEMPOL_HINTS_H
#define _MEMPOL_HINTS_H

#ifdef CONFIG_MEMPOL_VERBS

#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mempol_verbs.h>
#include <linux/uidgid.h>

/**
 * struct mempol_session - somebody who pins: a descriptor, and what it has pinned
 * @pins: its ranges; @nr of them.
 * @uid: who has opened it.
 * @node: in the list of all.
 *
 * All of it is under the lock of pins.c.
 */
struct mempol_session {
	struct list_head pins;
	unsigned int nr;
	kuid_t uid;
	struct list_head node;
};

/* pins.c. The descriptor of a new session, or -errno: -EMFILE: the user has too many. */
int mempol_session_open(void);

/* That of @file, NULL: it is none. */
struct mempol_session *mempol_session_of(struct file *file);

/*
 * Remember that pages of @file are pinned, before they are, so that nobody unpins them for
 * somebody else's sake; does not wait. 0, -ENOSPC, -ENOMEM.
 */
int mempol_pin_add(struct mempol_session *session, struct file *file, struct address_space *mapping,
		   pgoff_t first, pgoff_t last);

/* The session's no more: unpin what no other has pinned; likewise. */
int mempol_pin_remove(struct mempol_session *session, struct address_space *mapping, pgoff_t first,
		      pgoff_t last, struct mempol_told *told);

/* The module goes: there is no session any more, but what the last one had may be in the works. */
void mempol_pins_flush(void);

/* hints.c. Likewise what is to be evicted. */
void mempol_hints_flush(void);

#else

static inline void mempol_hints_flush(void)
{
}

#endif /* CONFIG_MEMPOL_VERBS */

#endif /* _MEMPOL_HINTS_H */
