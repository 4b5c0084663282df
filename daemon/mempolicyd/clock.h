/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A clock of the kernel's in microseconds, for what the event loop's own time (mp_manager_now()) does not say. It
 * waits for nothing.
 */
#ifndef MP_CLOCK_H
#define MP_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t mp_clock_usec(clockid_t clock)
{
	struct timespec ts;

	return clock_gettime(clock, &ts) < 0 ? 0 : ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

#endif
