/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a user may ask about page tables: what maps a process' memory, in counts, the tables and frames themselves, and
 * (translation-change.c) that empty tables are freed and others are moved. Called by translation-methods.c, answered
 * from the kernel. It remembers nothing.
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

/* Is it the process that was opened still? Then its number was its own all the time. */
bool mp_translation_is_there(const struct mp_translation_process *process);

/* The sentence for an error of the kernel's answer; @begun: there have been others. Returns @error. */
int mp_translation_explain(const struct mp_translation_process *process, bool begun,
			   char **ret_problem, int error);

/*
 * Where a part of the answer begins, and of which process and program: all by the reply before, or 0. @node: of a
 * move only.
 */
struct mp_translation_part {
	uint64_t from, began_ns, program;
	uint64_t node;
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
/* Likewise: tables without an entry are freed; those that are not on a node move there; and which TEAs there are. */
int mp_translation_trim(struct mp_manager *manager, const struct mp_translation_process *process,
			const struct mp_translation_part *part, sd_json_variant **ret,
			char **ret_problem);
int mp_translation_move(struct mp_manager *manager, const struct mp_translation_process *process,
			const struct mp_translation_part *part, sd_json_variant **ret,
			char **ret_problem);
int mp_translation_areas(struct mp_manager *manager, const struct mp_translation_process *process,
			 const struct mp_translation_part *part, sd_json_variant **ret,
			 char **ret_problem);

#endif
