/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * lfu's decision, apart from how it is carried out: how often must a folio have been used to stay? Pure;
 * compiled into the engine and natively into its unit test.
 *
 * The window is a histogram of the access counts met lately. A folio goes if its count is among the lowest
 * eighth of the window, so that a batch of hot folios yields none. A batch yields few at most, even if all
 * its counts are equal: else a loop over more than fits finds nothing of its last turn, as under FIFO.
 */
#ifndef MEMPOL_LFU_H
#define MEMPOL_LFU_H

/* To the verifier a plain loop is all of its turns, and this is called in a loop. */
#ifndef bpf_for
#define bpf_for(i, start, end) for (i = (start); i < (end); i++)
#endif

#define LFU_COUNTS 64 /* counts are 0 to 63 */
#define LFU_QUANTILE 8 /* the lowest eighth goes */
#define LFU_QUANTILE_BEHIND 2 /* the lowest half, where too few have gone */
#define LFU_VICTIMS 6 /* but at most so many of a batch */
#define LFU_WINDOW 4096 /* looks remembered; then all weigh half */
#define LFU_AGE_INTERVAL 256 /* every so many survivors one's count is halved */

struct lfu_window {
	unsigned int histogram[LFU_COUNTS];
	unsigned int total;
};

/*
 * A folio that was read ahead and has not been read yet is no less used than one that was read once: the
 * read that it is there for comes, or it goes with those that were read once.
 */
static inline unsigned int lfu_uses(unsigned int count, _Bool unread)
{
	return count + unread;
}

static inline void lfu_note(struct lfu_window *window, unsigned int count)
{
	window->histogram[count & (LFU_COUNTS - 1)]++;
	window->total++;
}

/* The highest count that goes, if it is to be the lowest @quantile-th of what was met lately. */
static inline unsigned int lfu_threshold(struct lfu_window *window, unsigned int quantile)
{
	unsigned int sum = 0, threshold = 0, count;

	if (window->total > LFU_WINDOW) {
		window->total = 0;
		bpf_for(count, 0, LFU_COUNTS)
		{
			window->histogram[count] /= 2;
			window->total += window->histogram[count];
		}
	}
	bpf_for(count, 0, LFU_COUNTS)
	{
		threshold = count;
		sum += window->histogram[count];
		if (sum * quantile >= window->total)
			break;
	}
	return threshold;
}

#endif
