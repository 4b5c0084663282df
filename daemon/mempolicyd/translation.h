/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a user may ask about page tables: what maps a process' memory, in counts, and the tables and frames
 * themselves. Called by translation-methods.c, answered from the kernel. It changes nothing and remembers nothing.
 */
#ifndef MP_TRANSLATION_H
#define MP_TRANSLATION_H

#include <sys/types.h>
#include <systemd/sd-json.h>

#include "state.h"

/* A process that is asked about. Its directory in /proc is its own for good: another one with its number has another. */
struct mp_translation_process {
	pid_t pid;
	int dir_fd;
	uid_t uid; /* its effective user */
	bool owner_only; /* who asks is that user and not root: no answer unless the kernel says that it may look */
	char comm[32];
};

/* 0; or -errno and a sentence (NULL: memory is short). */
int mp_translation_open(uint64_t pid, struct mp_translation_process *ret, char **ret_problem);
void mp_translation_close(struct mp_translation_process *process);

/* Where a part of the answer begins, and of which process and program: all by the reply before, or 0. */
struct mp_translation_part {
	uint64_t from, began_ns, program;
};

/*
 * They return 0 and a reply, or -errno and a sentence: -EOPNOTSUPP when the kernel cannot, -EAGAIN when another try may
 * help, -EPERM when the process is not its user's to look into.
 */
int mp_translation_walk(struct mp_manager *manager, const struct mp_translation_process *process,
			const struct mp_translation_part *part, sd_json_variant **ret,
			char **ret_problem);
int mp_translation_tables(struct mp_manager *manager, const struct mp_translation_process *process,
			  const struct mp_translation_part *part, sd_json_variant **ret,
			  char **ret_problem);

#endif
