/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ownership in twenty lines: every local frees itself, and what leaves a function is taken from
 * its local by name. Included by all of daemon/ and its tests; it must never grow helpers that are
 * not about ownership or sizes.
 */
#ifndef MP_MACRO_H
#define MP_MACRO_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _printf_(a, b) __attribute__((format(printf, a, b)))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The value goes to the caller, the local forgets it. */
#define TAKE(x, empty)                    \
	({                                \
		__auto_type _taken = (x); \
		(x) = (empty);            \
		_taken;                   \
	})
#define TAKE_PTR(p) TAKE(p, NULL)
#define TAKE_FD(fd) TAKE(fd, -1)

/* Makes mp_x_freep() for _cleanup_() out of a free function that takes NULL. */
#define MP_DEFINE_CLEANUP(type, function)       \
	static inline void function##p(type *p) \
	{                                       \
		if (*p)                         \
			function(*p);           \
	}

static inline void mp_freep(void *p)
{
	free(*(void **)p);
}

static inline void mp_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

MP_DEFINE_CLEANUP(FILE *, fclose)
MP_DEFINE_CLEANUP(DIR *, closedir)

/*
 * clang's analyzer does not know that a cleanup attribute frees, and calls what a local got straight
 * from an allocation leaked. For it alone the pointer passes through a function it cannot see into.
 */
#ifdef __clang_analyzer__
void *mp_owned(void *p);
#else
#define mp_owned(p) (p)
#endif

#define _cleanup_free_ _cleanup_(mp_freep)
#define _cleanup_close_ _cleanup_(mp_closep)
#define _cleanup_fclose_ _cleanup_(fclosep)
#define _cleanup_closedir_ _cleanup_(closedirp)

#endif
