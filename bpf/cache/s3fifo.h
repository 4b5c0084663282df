/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * s3fifo's decisions, apart from how they are carried out: from which queue, who has been used, who goes
 * to the main queue at once. Pure; compiled into the engine and natively into its unit test.
 *
 * Yang et al., "FIFO queues are all you need for cache eviction" (SOSP 2023), with one difference. Their
 * ghost queue remembers what the small queue evicted; the kernel's refault distance does not know which
 * queue a folio was evicted from. Taken as it is, a loop over more than fits would pass through the main
 * queue, where each turn evicts what the next one needs. So when the main queue mostly evicts what it has
 * not seen used, only every so many refaults may enter: what is there then stays long enough to be used.
 */
#ifndef MEMPOL_S3FIFO_H
#define MEMPOL_S3FIFO_H

#define S3FIFO_USES \
	3 /* more do not count: turns a folio has in the main queue without being used */
#define S3FIFO_NONE 0xff /* no number of uses: cannot go now */
#define S3FIFO_WINDOW \
	512 /* folios met at the main queue's end and remembered; then all weigh half */
#define S3FIFO_USEFUL 4 /* one in so many of them used: the main queue is worth entering */
#define S3FIFO_LOOKS 64 /* second looks at a time: a batch */
#define S3FIFO_ADMIT 16 /* of the refaults every so many-th enters a main queue that is not */

/* How useful the main queue has been lately, and refaults since. */
struct s3fifo_window {
	unsigned int met;
	unsigned int used;
	unsigned int refaults;
};

/* @percent of all pages: the small queue's share. */
static inline _Bool s3fifo_from_small(unsigned long long small, unsigned long long main,
				      unsigned int percent)
{
	return !main || small * 100 > (small + main) * percent;
}

/*
 * Uses after the one that brought the folio in: read() counts that one, of a mapped folio the kernel
 * discounts it.
 */
static inline unsigned int s3fifo_uses(unsigned int count, _Bool mapped)
{
	unsigned int uses = !mapped && count ? count - 1 : count;

	return uses < S3FIFO_USES ? uses : S3FIFO_USES;
}

/* The count that says so many uses. */
static inline unsigned int s3fifo_count(unsigned int uses, _Bool mapped)
{
	return mapped ? uses : uses + 1;
}

/*
 * So many of the @looked pages that wait for a second look have it now: as often as the small queue turns, since what
 * is not used meanwhile would leave that. @due: what is left of a page, for the next time.
 */
static inline unsigned int s3fifo_second_looks(unsigned long long *due, unsigned long long looked,
					       unsigned long long small, unsigned int want)
{
	unsigned long long looks;

	*due += looked * want;
	looks = *due / (small + 1);
	*due -= looks * (small + 1);
	return looks < S3FIFO_LOOKS ? (unsigned int)looks : S3FIFO_LOOKS;
}

/* So many of those wanted must be named: below a quarter the kernel takes the rest by force. */
static inline unsigned int s3fifo_enough(unsigned int want)
{
	return (want + 3) / 4;
}

/* A folio was met at the end of the main queue. */
static inline void s3fifo_note(struct s3fifo_window *window, unsigned int uses)
{
	if (window->met >= S3FIFO_WINDOW) {
		window->met /= 2;
		window->used /= 2;
	}
	window->met++;
	if (uses)
		window->used++;
}

/*
 * May a folio that comes in go to the main queue? Its distance is measured against all that is governed:
 * against the main queue alone, which at first is empty, no refault would count until it is filled
 * otherwise; once it is filled the two differ by a tenth, and what is simulated by less than 2 %.
 */
static inline _Bool s3fifo_admit(struct s3fifo_window *window, unsigned long long distance,
				 unsigned long long governed)
{
	if (distance > governed)
		return 0;
	return window->used * S3FIFO_USEFUL >= window->met ||
	       ++window->refaults % S3FIFO_ADMIT == 0;
}

#endif
