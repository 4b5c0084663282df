/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lfu's decision, apart from how it is carried out: which folios of a batch
 * have been used least. Pure; compiled into the engine and into its unit test.
 */
#ifndef MEMPOL_LFU_H
#define MEMPOL_LFU_H

/* Of each batch of 64 looked at this many go: sixteen looks a victim. */
#define LFU_VICTIMS 4
/* Every so many looks a survivor's count is halved: slowly, see below. */
#define LFU_AGE_INTERVAL 256

struct lfu_choice {
	unsigned int threshold; /* counts below go */
	unsigned int at; /* and this many of those at it */
};

/*
 * The LFU_VICTIMS least used of a batch: histogram[count] folios have count
 * accesses, a folio that cannot go is not in it.
 */
static inline struct lfu_choice lfu_choose(const unsigned char *histogram, unsigned int buckets)
{
	struct lfu_choice choice = { .threshold = buckets, .at = 0 };
	unsigned int left = LFU_VICTIMS;

	for (unsigned int count = 0; count < buckets; count++) {
		if (histogram[count] >= left) {
			choice.threshold = count;
			choice.at = left;
			break;
		}
		left -= histogram[count];
	}
	return choice;
}

#endif
