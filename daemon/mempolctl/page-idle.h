/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which pages are used, by the kernel's page_idle: what a page's frame has been marked idle, and is not any more, was
 * used meanwhile. Called by translation-predict.c. It needs root.
 */
#ifndef MP_CTL_PAGE_IDLE_H
#define MP_CTL_PAGE_IDLE_H

#include "predict.h"

#define PAGE_IDLE_BITMAP "/sys/kernel/mm/page_idle/bitmap"
#define PAGE_IDLE_FLAGS "/proc/kpageflags"
#define PAGE_IDLE_PERIODS 10

/*
 * Watches the frames of all pages for @ms; the heat of a page is the number of periods in which it was used. 0, or
 * -errno and what could not be done.
 */
int page_idle_watch(const char *bitmap, const char *flags, struct predict_heat *heat, uint64_t ms,
		    char **ret_problem);

#endif
