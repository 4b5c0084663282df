/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which files the globs of FilePath= match now. Called by mempolctl check and, in a thread of its own, by the daemon:
 * a file system may hang. The patterns are root's and some of the directories are not, so a symbolic link is followed
 * only where nobody but root could have made it; a file is opened only after it was seen to be a regular one.
 */
#ifndef MP_REF_LOOK_H
#define MP_REF_LOOK_H

#include <stdint.h>
#include <sys/types.h>

#include "macro.h"
#include "policy.h"

/* One look goes no further; what was found until then stands. */
#define MP_REF_ENTRIES_MAX 200000 /* names that wildcards are compared with */
#define MP_REF_MATCHES_MAX 4096
#define MP_REF_TOO_MUCH \
	"there is more than is looked at in one go (200,000 names, 4,096 matches): let it match fewer"

/* A file as stat(2) shows it. */
struct mp_ref_id {
	dev_t dev;
	ino_t ino;
};

struct mp_ref_match {
	char *path; /* that matches, to be shown: links are not resolved in it, bad bytes are '?' */
	size_t pattern; /* the first that hits it */
	struct mp_ref_id id; /* 0, 0 with some problems */
	const char *
		problem; /* why it cannot be opted in, as far as can be seen from here; NULL: nothing */
	int fd; /* open for reading; -1: it was not asked for, or open_error */
	int open_error;
};

/* Zero-initialised is empty. */
struct mp_ref_look {
	struct mp_ref_match *matches; /* sorted by path, each file once */
	size_t count;
	bool truncated; /* see the limits above */
	int error; /* of the first directory that could not be looked at, and its path; 0: all could */
	char *error_path;
};

/*
 * Looks. Of files that are not among @known (sorted by mp_ref_id_compare()) the first @fds_max are opened for
 * reading. @hits (may be NULL) gets for each pattern how many paths it matches, excluded ones and those with a
 * problem included. Returns 0 whatever the file systems say, or -ENOMEM.
 */
int mp_ref_look(const struct mp_patterns *patterns, const struct mp_ref_id *known, size_t n_known,
		size_t fds_max, size_t hits[], struct mp_ref_look *ret);
void mp_ref_look_done(struct mp_ref_look *look);
#define _cleanup_ref_look_ _cleanup_(mp_ref_look_done)

/* For qsort() and bsearch(). */
int mp_ref_id_compare(const void *a, const void *b);

#endif
