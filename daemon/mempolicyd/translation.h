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
	uid_t uid; /* who may look into it, as the kernel says */
	char comm[32];
};

/* 0; or -errno and a sentence (NULL: memory is short). */
int mp_translation_open(uint64_t pid, struct mp_translation_process *ret, char **ret_problem);
void mp_translation_close(struct mp_translation_process *process);

/*
 * A part of the answer from address @from on, of the process that began at @start_ns (0: whichever there is). They
 * return 0 and a reply, or -errno and a sentence: -EOPNOTSUPP when the kernel cannot, -EAGAIN when another try may help.
 */
int mp_translation_walk(struct mp_manager *manager, const struct mp_translation_process *process,
			uint64_t from, uint64_t start_ns, sd_json_variant **ret,
			char **ret_problem);
int mp_translation_tables(struct mp_manager *manager, const struct mp_translation_process *process,
			  uint64_t from, uint64_t start_ns, sd_json_variant **ret,
			  char **ret_problem);

#endif
