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
#include "tunable.h"
#include "tuning.h"

/* A BPF object is some tens of KiB; what is larger is not read into memory. */
#define MP_ENGINE_FILE_MAX (16 * 1024 * 1024)

/*
 * Reads an object that a policy names by its path. Returns 0; or -errno and one sentence that says what is
 * wrong with the file: -EPERM when others could change it (trust.h, also for @ret_warning).
 * Never blocks on a FIFO.
 */
int mp_engine_file_read(const char *path, char **ret_bytes, size_t *ret_size, char **ret_warning,
			char **ret_problem);

#define MP_ENGINE_WORDS_MAX 64

/* What an object says of itself. Zero-initialised is empty. */
struct mp_engine_object {
	char *variable; /* the struct_ops variable (= its libbpf map name) */
	struct mp_tunables tunables;
	/* For people: callbacks by the names of their sections, and functions of the kernel that are called. */
	char *callbacks[MP_ENGINE_WORDS_MAX];
	size_t n_callbacks;
	char *calls[MP_ENGINE_WORDS_MAX];
	size_t n_calls;
};

void mp_engine_object_done(struct mp_engine_object *object);
#define _cleanup_engine_object_ _cleanup_(mp_engine_object_done)

/*
 * Looks at what was read: the daemon loads exactly what it checked. Returns 0; or -errno and one sentence,
 * without the path.
 */
int mp_engine_bytes_read(const void *bytes, size_t size, enum mempol_mechanism_id mechanism,
			 struct mp_engine_object *ret, char **ret_problem);

/* The same when only the name of the struct_ops variable is wanted. */
int mp_engine_bytes_check(const void *bytes, size_t size, enum mempol_mechanism_id mechanism,
			  char **ret_variable, char **ret_problem);

/* The mechanism whose engine the object is; of what is none, one that can say why: mp_engine_bytes_read(). */
enum mempol_mechanism_id mp_engine_bytes_mechanism(const void *bytes, size_t size);

/*
 * Checks Engine= of @policy if it is a path, and the keys that are the engine's own, and adds entries to
 * @errors (or to its warnings) at the lines where they stand. @engine_dir: where shipped engines lie. Returns
 * 0, -EBADMSG when something was added, or -ENOMEM.
 */
int mp_policy_check_engines(const struct mp_policy *policy, const char *engine_dir,
			    struct mp_errors *errors);

/*
 * Checks the keys of @policy that are the engine's own against its tunables. Returns 0, -EBADMSG when entries
 * were added, or -ENOMEM.
 */
int mp_policy_check_tunings(const struct mp_policy *policy, const struct mp_tunables *tunables,
			    struct mp_errors *errors);

/* The values that the engine's keys have under @policy, whose tunings are good. Returns how many there are. */
size_t mp_policy_tuned(const struct mp_policy *policy, const struct mp_tunables *tunables,
		       struct mp_tuned ret[static MP_TUNABLES_MAX]);

#endif
