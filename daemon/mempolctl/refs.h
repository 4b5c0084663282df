/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the verb refs: what is asked about (refs-target.c), who may hold it (refs-who.c), how the answer is
 * shown (refs-print.c). Called by verb-refs.c; none of them talks to the daemon.
 */
#ifndef MP_CTL_REFS_H
#define MP_CTL_REFS_H

#include <sys/stat.h>

#include "ctl.h"

/* What is asked about: pages of a file, or memory by page frame. */
struct refs_target {
	char *path; /* NULL: memory */
	int fd; /* -1: memory */
	struct stat st;
	uint64_t first, last; /* inclusive */
	bool empty; /* the file has no byte */
};

void refs_target_done(struct refs_target *target);

/*
 * FILE[:OFFSET+LENGTH], FIRST[-LAST], and the name of an area that CMA has, below @debugfs. They return 0 or
 * -errno and a sentence: -EACCES, -EPERM: not permitted; -EINVAL: the words are wrong.
 */
int refs_target_file(const char *word, struct refs_target *ret, char **ret_problem);
int refs_target_frames(const char *word, struct refs_target *ret, char **ret_problem);
int refs_target_cma(const char *debugfs, const char *name, struct refs_target *ret,
		    char **ret_problem);
/* FILE alone, the whole of it. */
int refs_target_open(const char *path, struct refs_target *ret, char **ret_problem);

/*
 * Processes that map the file or have it open, as an array of {pid, command, maps, open, pinned_bytes,
 * io_uring_buffers, vfio}: hints, for the kernel keeps no list of who holds a page. @ret_hidden: processes that
 * could not be looked into. Returns 0 or -errno.
 */
int refs_who(const char *proc, const struct stat *st, const char *path, sd_json_variant **ret,
	     unsigned int *ret_hidden);

/* Appends the pages of a reply to @rows, of which the last one may go on in the reply. */
int refs_join(sd_json_variant **rows, sd_json_variant *pages);

/*
 * What is shown: all rows, or with @held those that somebody may hold; and by reason the pages that were asked about,
 * whichever rows are shown.
 */
int refs_answer(sd_json_variant *rows, const struct refs_target *target, bool held,
		sd_json_variant **ret);

enum ctl_exit refs_print(const struct ctl *ctl, const struct refs_target *target,
			 sd_json_variant *answer);

#endif
