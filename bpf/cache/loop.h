/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * loop's decisions, apart from how they are carried out: how much is looked for at the old end, and of which
 * list. Pure; compiled into the engine and natively into its unit test.
 */
#ifndef MEMPOL_LOOP_H
#define MEMPOL_LOOP_H

#define LOOP_OLD_MOST 16 /* pages, of a callback */

/* Half of what is wanted, at most so many; of a single page every second time. */
static inline unsigned int loop_old_pages(unsigned int want, unsigned int turn)
{
	unsigned int half = want > 1 ? want / 2 : want & turn;

	return half < LOOP_OLD_MOST ? half : LOOP_OLD_MOST;
}

/*
 * Is it the turn of the second list? Each has its turns by its size, so that all of what is kept is looked at as
 * often: turns step round a circle by the golden ratio, and the second list has its share of it.
 */
static inline _Bool loop_second(unsigned int turn, unsigned long long first,
				unsigned long long second)
{
	unsigned long long at = turn * 0x9e3779b9U >> 16;

	return at * (first + second) < second << 16;
}

#endif
