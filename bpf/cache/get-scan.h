/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * get-scan's decision, apart from how it is carried out: may a page of a run that comes back be kept as one that
 * is read here and there? Pure; compiled into the engine and natively into its unit test.
 *
 * Where files are read whole and come back by popularity, evicting the newest of a run first evicts what is
 * popular now, and keeps what was once. A loop over more than fits looks the same at first: pages come back soon
 * after they have been evicted. But of a loop's pages that are kept each one is used in each turn. So samples of
 * what is kept are looked at; only where next to all of them have been used, nothing of a run is let in.
 */
#ifndef MEMPOL_GET_SCAN_H
#define MEMPOL_GET_SCAN_H

#define GET_SCAN_SOON 4 /* back before this part of all pages has been evicted */
#define GET_SCAN_USED 32 /* all but one of so many samples used: a loop */
#define GET_SCAN_WINDOW \
	64 /* this part of all pages is the number of samples remembered; then all weigh half */
#define GET_SCAN_SAMPLE 16 /* this part of what is wanted is looked at, of what is kept of runs, */
#define GET_SCAN_SAMPLE_MAIN 32 /* or of the main queue, where that is larger */

/* What samples of what is kept have shown lately. */
struct get_scan_window {
	unsigned int met;
	unsigned int used;
	unsigned long long governed; /* pages, when one came back last; 0: none has */
};

/* Before any page of a run has come back, none can have been used a second time. */
static inline void get_scan_note(struct get_scan_window *window, _Bool used)
{
	if (!window->governed)
		return;
	if (window->met > window->governed / GET_SCAN_WINDOW) {
		window->met /= 2;
		window->used /= 2;
	}
	window->met++;
	if (used)
		window->used++;
}

static inline _Bool get_scan_is_loop(const struct get_scan_window *window)
{
	return window->used * GET_SCAN_USED >= window->met * (GET_SCAN_USED - 1);
}

/* May a page of a run that comes back after @distance others were evicted be kept as others are? */
static inline _Bool get_scan_lets_in(struct get_scan_window *window, unsigned long long distance,
				     unsigned long long governed)
{
	if (distance > governed / GET_SCAN_SOON)
		return 0;
	window->governed = governed;
	return !get_scan_is_loop(window);
}

#endif
