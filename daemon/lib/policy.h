/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Policy files: from directories and bytes to struct mp_policy, or to a list of "FILE:LINE:
 * message". Called by the daemon (start, inotify, reload), by `mempolctl check` and by the fuzzer.
 * Every path comes from the caller; nothing here blocks on a FIFO, logs, or keeps state.
 */
#ifndef MP_POLICY_H
#define MP_POLICY_H

#include <stdint.h>

#include "errors.h"
#include "macro.h"
#include "mempol/abi.h"
#include "patterns.h"

#define MP_POLICY_SUFFIX ".mempolicy"
#define MP_POLICY_FILE_MAX (64 * 1024) /* bytes */
#define MP_POLICY_LINE_MAX 4096 /* bytes of one line of the file, its newline not counted */
#define MP_POLICY_DROPINS_MAX 64 /* files for one policy */
#define MP_PRIORITY_MIN (-1000000)
#define MP_PRIORITY_MAX 1000000

/*
 * Where policies live, the first wins. The daemon passes exactly these; tests pass their own.
 * Ends with NULL.
 */
extern const char *const mp_policy_dirs[]; /* /etc/mempolicyd/policy.d, /run/..., /usr/lib/... */

struct mp_match {
	struct mp_patterns cgroup;
	struct mp_patterns unit;
};

/* What the mechanism section says: a policy has one. */
struct mp_engine_choice {
	enum mempol_mechanism_id mechanism; /* of the section */
	char *engine; /* a shipped name, or an absolute path that ends in .bpf.o */
	char *file; /* where Engine= stands, for messages */
	unsigned int line;
};

#define MP_TUNINGS_MAX 64

/* A key of the mechanism's section that is none of the mechanism's own, so the engine's: see tunable.h. */
struct mp_tuning {
	char *key;
	char *value; /* "": the default */
	char *file; /* where it stands */
	unsigned int line;
};

struct mp_policy {
	char *name; /* without .mempolicy */
	char *path; /* of the main file */
	unsigned int rank; /* index of the directory it came from, 0 is the strongest */
	char **files; /* path, then its drop-ins in the order they were applied; NULL-terminated */
	size_t n_files;
	char *description; /* may be NULL */
	int priority; /* 0 when not said */
	struct mp_match match;
	struct mp_engine_choice choice;
	struct mp_tuning *tunings; /* of the engine; not checked against it yet */
	size_t n_tunings;
	/* What a mechanism's section says beside Engine=, by mechanism; NULL where there is nothing to say. */
	void *settings[MEMPOL_MAX_MECHANISMS];
};

struct mp_policy *mp_policy_free(struct mp_policy *policy); /* returns NULL, takes NULL */
MP_DEFINE_CLEANUP(struct mp_policy *, mp_policy_free)
#define _cleanup_policy_ _cleanup_(mp_policy_freep)

/*
 * Sets, or with the empty value resets, a key that is the engine's own. Returns 0, -E2BIG when there are
 * MP_TUNINGS_MAX, or -ENOMEM.
 */
int mp_policy_tune(struct mp_policy *policy, const char *file, unsigned int line, const char *key,
		   const char *value);

/* True when both would do the same (where the files lie does not count, what they say does). */
bool mp_policy_equal(const struct mp_policy *a, const struct mp_policy *b);

/*
 * True when what runs for the one could go on running for the other: all of it but [Match], and what a mechanism
 * can change under a running engine.
 */
bool mp_policy_runs_alike(const struct mp_policy *a, const struct mp_policy *b);

/* "enforce": the only mode of this version. */
const char *mp_policy_mode(const struct mp_policy *policy);

/* [A-Za-z0-9_.@-]{1,63}, not beginning with '-' or '.' */
bool mp_policy_name_valid(const char *name, size_t length);

/* "60-search" of "/any/60-search.mempolicy". -EINVAL when it is no policy's file name. */
int mp_policy_name_from_path(const char *path, char **ret_name);

/*
 * Reads the policy file at @path and its drop-ins: "@name.mempolicy.d/" is looked for in each of
 * @dirs (NULL-terminated; the first holder of a drop-in's file name wins, a link to /dev/null
 * masks it), applied in the order of their file names. dirs == NULL: only beside @path.
 *
 * Returns 0 and a policy; -EBADMSG with at least one entry in @errors when the files are bad or
 * cannot be read; -ENOENT without entry when @path itself does not exist; -ERFKILL without entry
 * when it is a link to /dev/null; -ENOMEM. Does not look into an engine's object file: see
 * engine_file.h.
 */
int mp_policy_read(const char *path, const char *const dirs[], struct mp_errors *errors,
		   struct mp_policy **ret_policy);

/*
 * The same from bytes in memory, without drop-ins (the fuzzer, tests). @path is for messages and
 * gives the name.
 */
int mp_policy_parse(const char *path, const char *text, size_t size, struct mp_errors *errors,
		    struct mp_policy **ret_policy);

/*
 * The same as if the file were in the first of @dirs, with the drop-ins for its name there (mempolctl's
 * standard input).
 */
int mp_policy_parse_in(const char *path, const char *const dirs[], const char *text, size_t size,
		       struct mp_errors *errors, struct mp_policy **ret_policy);

/* One NAME of the directories: exactly one of policy and errors is set once it has been read. */
struct mp_policy_entry {
	char *name;
	char *path;
	unsigned int rank;
	struct mp_policy *policy; /* NULL: bad */
	struct mp_errors errors;
};

/* Sorted by name. Zero-initialised is empty. */
struct mp_policy_set {
	struct mp_policy_entry *items;
	size_t count;
	struct mp_errors errors; /* of the directories themselves */
};

/*
 * Reads every NAME.mempolicy of @dirs (NULL-terminated, strongest first). A name in an earlier
 * directory masks the same name in later ones; a masked name (link to /dev/null) has no entry. Files that
 * begin with '.' or have other names are passed by; one that begins with '-' is an error of the set.
 * Directories that do not exist are skipped. Returns 0 whatever the files say, or -ENOMEM.
 */
int mp_policy_set_read(const char *const dirs[], struct mp_policy_set *ret_set);

/*
 * What @policy says that does not go with one of the first @n of the set, one of its own name aside: 0, -EBADMSG with
 * an entry of @errors, or -ENOMEM. mp_policy_set_read() asks it of each with those before it, so that the files of a
 * set stand alone but for this.
 */
int mp_policy_set_check(const struct mp_policy_set *set, size_t n, const struct mp_policy *policy,
			struct mp_errors *errors);

/*
 * The same names, but none of the files is read: masks are among them. @warnings as in struct mp_errors, for
 * the directories. Returns 0 or -ENOMEM.
 */
int mp_policy_set_list(const char *const dirs[], struct mp_errors *warnings,
		       struct mp_policy_set *ret_set);

struct mp_policy_entry *mp_policy_set_find(const struct mp_policy_set *set, const char *name);

void mp_policy_set_done(struct mp_policy_set *set);
#define _cleanup_policy_set_ _cleanup_(mp_policy_set_done)

#endif
