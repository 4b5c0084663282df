/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a user may ask about references: those of pages, by file or by page frame, which files count their reads
 * in cells, and to count so for one file or no longer. Called by refs-methods.c, answered from the kernel. It
 * opens no file and remembers nothing.
 */
#ifndef MP_REFS_ASK_H
#define MP_REFS_ASK_H

#include <systemd/sd-json.h>

#include "state.h"

struct mp_refs_range {
	uint64_t first, last; /* inclusive; in pages of the file, or page frame numbers */
	bool drain; /* empty the batches of the LRU lists first */
};

/*
 * All of them return 0 and a reply, or -errno and a sentence that says why not and what to do (NULL: memory is
 * short): -EOPNOTSUPP when the kernel cannot. @fd is a file of the caller's; -1: the machine's memory.
 */
int mp_refs_look(struct mp_manager *manager, int fd, const struct mp_refs_range *range,
		 sd_json_variant **ret, char **ret_problem);
int mp_refs_files(struct mp_manager *manager, sd_json_variant **ret, char **ret_problem);
int mp_refs_switch(struct mp_manager *manager, int fd, bool on, sd_json_variant **ret,
		   char **ret_problem);

#endif
