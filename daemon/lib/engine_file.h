/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looks into an engine's object file without loading it: is it a BPF ELF object that holds exactly
 * one struct_ops of the mechanism? Called by `mempolctl check` (no root, no kernel support) and by
 * the daemon before it hands the file to libbpf. It must never execute or load what it reads. On a
 * damaged object libbpf talks through its print callback, which is the program's to set.
 */
#ifndef MP_ENGINE_FILE_H
#define MP_ENGINE_FILE_H

#include "errors.h"
#include "macro.h"
#include "mempol/abi.h"
#include "policy.h"

/* A BPF object is some tens of KiB; what is larger is not read into memory. */
#define MP_ENGINE_FILE_MAX (16 * 1024 * 1024)

/*
 * Reads an object that a policy names by its path. Returns 0; or -errno and one sentence that says what is
 * wrong with the file: -EPERM when others could change it (trust.h, also for @ret_warning).
 * Never blocks on a FIFO.
 */
int mp_engine_file_read(const char *path, char **ret_bytes, size_t *ret_size, char **ret_warning,
			char **ret_problem);

/*
 * Looks at what was read: the daemon loads exactly what it checked. Returns 0 and the name of the struct_ops
 * variable (= its libbpf map name); or -errno and one sentence, without the path.
 */
int mp_engine_bytes_check(const void *bytes, size_t size, enum mempol_mechanism_id mechanism,
			  char **ret_variable, char **ret_problem);

/*
 * Checks Engine= of @policy if it is a path, and adds an entry to @errors (or to its warnings) at the line
 * where it stands. Returns 0, -EBADMSG when something was added, or -ENOMEM.
 */
int mp_policy_check_engines(const struct mp_policy *policy, struct mp_errors *errors);

#endif
