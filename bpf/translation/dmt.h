/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dmt's decisions, which are pure: which range is worth a TEA, and how much of it when frames are short. Compiled into
 * the engine and into its unit test.
 *
 * Source: Direct Memory Translation (ASPLOS 2024) has TEAs for the largest mappings first, and joins neighbours whose
 * gaps are small. That a range must be used already, and mostly by small pages, is ours: sparse reservations, and memory
 * that huge pages map, would get frames that nothing walks.
 */
#ifndef MEMPOL_DMT_H
#define MEMPOL_DMT_H

/*
 * Is a range of @windows wanted, of which @tables have a table and @huge a huge page, and @tea_windows have a TEA already?
 * @fill: percent that must be in use. 0: no; else its rank.
 */
static inline s32 dmt_rank(u32 windows, u32 tables, u32 huge, u32 tea_windows, u32 fill)
{
	u64 used = (u64)tables + huge;

	/* What has a TEA keeps it until half of that is left. */
	if (tea_windows)
		fill /= 2;
	if (used * 100 < (u64)windows * fill || huge > tables)
		return 0;
	return tables ? (s32)tables : 1;
}

/* There is no run of @windows frames: the largest power of two below. */
static inline s32 dmt_less(u32 windows, u32 min_windows)
{
	u32 less = 1;

	while (less < windows && less * 2 < windows && less < (1U << 20))
		less *= 2;
	return less >= windows || less < min_windows ? 0 : (s32)less;
}

/*
 * A range of @windows has @count TEAs, of which @largest windows is the largest. Is one for all of it worth that its tables
 * move? Each time only when the range has become half as large again, so that a heap that grows moves each table a few
 * times and no more.
 */
static inline s32 dmt_grows(u32 windows, u32 count, u32 largest)
{
	return count && (u64)windows * 2 >= (u64)largest * 3;
}

#endif
