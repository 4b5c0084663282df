/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of an engine's object: read, checked, given its place and figures, verified by the kernel,
 * attached, handed over to a successor, closed. Called by the manager only. It never decides
 * whether an engine should run, never logs above debug, and never pins anything: when the process
 * dies, the kernel's default is back.
 */
#ifndef MP_LOADER_H
#define MP_LOADER_H

#include <stdint.h>

#include "macro.h"
#include "mempol/abi.h"
#include "policy.h"
#include "tunable.h"

/*
 * The bytes of an engine's file as they were checked. Kept in memory so that an attachment reads
 * no disk while memory is short, and loads exactly what was verified.
 */
struct mp_image;

/*
 * Returns 0, or -errno and a sentence without the path. @is_own: a policy names the path, which nobody but
 * root may be able to change (trust.h); else it is a shipped engine's.
 */
int mp_image_read(const char *path, bool is_own, enum mempol_mechanism_id mechanism,
		  struct mp_image **ret, char **ret_problem);
struct mp_image *mp_image_unref(struct mp_image *image);
bool mp_image_equal(const struct mp_image *a, const struct mp_image *b);

MP_DEFINE_CLEANUP(struct mp_image *, mp_image_unref)
#define _cleanup_image_ _cleanup_(mp_image_unrefp)

#define MP_OPS_VALUES_MAX 8

/* What an ops struct is given before it is loaded: its head, and members of the mechanism's own. */
struct mp_ops_values {
	uint64_t policy_id;
	uint64_t cgroup_id; /* 0: the machine */
	struct mp_ops_value {
		const char *member;
		size_t size; /* 4 or 8 bytes */
		uint64_t value;
		bool optional; /* an engine of before the member was goes without it */
	} own[MP_OPS_VALUES_MAX];
	size_t n_own;
	bool leaves; /* it is for a cgroup that the policy excludes, with the engine for that */
	/* For the engine's tunables, checked against them; those without an entry keep their default. */
	const struct mp_tuning *tunings;
	size_t n_tunings;
};

/* @size is that of the member: 4 or 8 bytes. */
void mp_ops_values_add(struct mp_ops_values *values, const char *member, size_t size,
		       uint64_t value);
/* Likewise a member that objects of older engines may lack. */
void mp_ops_values_add_optional(struct mp_ops_values *values, const char *member, size_t size,
				uint64_t value);

/* What the engine of the image lets be set. */
const struct mp_tunables *mp_image_tunables(const struct mp_image *image);

/* One engine in the kernel: its programs are verified, its map exists. */
struct mp_loaded;

/*
 * Returns 0, or -errno, a sentence, and what libbpf and the verifier said (may be NULL).
 */
int mp_loaded_new(const struct mp_image *image, const struct mp_ops_values *values,
		  struct mp_loaded **ret, char **ret_problem, char **ret_log);
uint64_t mp_loaded_policy_id(const struct mp_loaded *loaded);

int mp_loaded_attach(struct mp_loaded *loaded);

/*
 * @old's link goes over to @new; the governed pages stay governed. On failure nothing changed. Only for
 * mechanisms that say so (replaces_live).
 */
int mp_loaded_replace(struct mp_loaded *old, struct mp_loaded *new);

/* Closes the link; the kernel may still be asked about the policy until it is freed. */
void mp_loaded_detach(struct mp_loaded *loaded);
bool mp_loaded_is_attached(const struct mp_loaded *loaded);

struct mp_loaded *mp_loaded_free(struct mp_loaded *loaded);
MP_DEFINE_CLEANUP(struct mp_loaded *, mp_loaded_free)
#define _cleanup_loaded_ _cleanup_(mp_loaded_freep)

/* Sends libbpf's words to the debug log from now on. */
void mp_loader_init(void);

#endif
