/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What user space knows of each mechanism: one struct a mechanism, one array of them. The reader of
 * policy files, the assignment of cgroups, the names of counters, the sentences of events and the check
 * of engine objects walk the array and know no mechanism by its id. A mechanism's own file is
 * mechanism-NAME.c; what the daemon and mempolctl do with it stands in tables of their own.
 */
#ifndef MP_MECHANISM_H
#define MP_MECHANISM_H

#include "engine.h"
#include "keys.h"
#include "macro.h"
#include "mempol/abi.h"
#include "names.h"
#include "policy.h"
#include "tuning.h"

/* The words of a sentence about an event; none is NULL. */
struct mp_event_words {
	const char *policy;
	const char *engine;
	const char *cgroup; /* a path, an id, or words for the machine */
};

struct mp_mechanism {
	enum mempol_mechanism_id id;
	const char *name; /* "cache": in replies, events and the module's parameters */
	struct mp_section section; /* of a policy file */
	const char *ops_type; /* "mempol_cache_ops"; NULL: not built in this version */
	/* It governs the machine, not cgroups: a policy of it has no [Match], and one is in charge. */
	bool host_wide;
	/*
	 * A successor takes over what its predecessor governs (a link's update). Otherwise the kernel has
	 * one place, which must be empty first.
	 */
	bool replaces_live;
	/*
	 * Of a live replacement: what is governed is not for the successor, which has to begin anew in the place of its
	 * predecessor. 0: there is no such error.
	 */
	int anew_error;
	/* What the kernel tells right after an attachment must not be lost: the agent is there before it. */
	bool agent_first;
	/* The controller that a cgroup needs, NULL: none. */
	const char *controller;
	/* The engine that leaves a cgroup to the kernel, which an exclusion attaches; NULL: none. */
	const char *leaving_engine;
	/* The kernel's option without which the module lacks it, for a message; NULL: it is the module's alone. */
	const char *kernel_option;
	/* It cannot start where more CPUs are possible; 0: it can. */
	unsigned int cpus_max;

	const struct mp_engine *engines; /* the shipped ones and those of the design */
	size_t n_engines;

	const char *const *counters; /* JSON keys, by the mechanism's enum */
	size_t n_counters;
	unsigned int held_counter; /* how many pages it has now */
	int ejections_counter; /* counts one attachment's only, the daemon knows of all; -1: none */

	bool has_tunables; /* an engine may bring keys for the section (tunable.h) */
	/* What its section says beside Engine=: a struct of its own, kept in struct mp_policy. */
	const void *defaults;
	size_t settings_size; /* 0: nothing */
	bool (*settings_equal)(const void *a, const void *b);
	/* Of two that are not equal: what runs for the one could run on for the other. NULL: it never can. */
	bool (*settings_run_alike)(const void *a, const void *b);
	/* Frees what a struct of settings points to, not the struct. NULL: it points to nothing. */
	void (*settings_done)(void *settings);
	/* Keys that only together make no sense become entries of @errors. 0 or -ENOMEM. NULL: there are none. */
	int (*check)(const struct mp_policy *policy, struct mp_errors *errors);
	/* Likewise keys of the engine's own, each of which is good. NULL: there are none that depend on each other. */
	int (*check_tuned)(const struct mp_tuned tuned[], size_t n, struct mp_errors *errors);
	/* Likewise what does not go with @other, another policy of the mechanism. NULL: they have nothing in common. */
	int (*check_pair)(const struct mp_policy *other, const struct mp_policy *policy,
			  struct mp_errors *errors);
	/* Likewise what this machine cannot, as far as is seen below @sys ("/sys"). NULL: the kernel says so. */
	int (*check_machine)(const struct mp_policy *policy, const char *sys,
			     struct mp_errors *errors);

	/* A list of the section's whose values match things of the machine, and its key; NULL: none. */
	const char *list_key;
	const struct mp_patterns *(*list)(const struct mp_policy *policy);
	/*
	 * Looks at the machine as it is now, for mempolctl check: how many things each value of the list hits, what
	 * cannot be, and what is odd. 0 or -errno.
	 */
	int (*look)(const struct mp_policy *policy, size_t hits[], struct mp_errors *errors,
		    struct mp_errors *warnings);

	/* Why the kernel refused an attachment; NULL: the general sentence for -@error. */
	const char *(*attach_problem)(int error);
	/* Errors that mean: the machine lacks the device, look again now and then. 0: none. */
	int absent_error;
	/*
	 * Attached and not passive, is it what it is to be? ACTIVE; or another state, and why in @reason. NULL: it is.
	 */
	enum mp_state (*attached_state)(const struct mempol_policy_info *info, char *reason,
					size_t size);

	/*
	 * A sentence for an event that says more, or something else, than the general one. Returns the
	 * length, 0 for the general sentence, or -1 as asprintf() does.
	 */
	int (*format_event)(const struct mempol_event *event, const struct mp_event_words *words,
			    char **ret);
};

extern const struct mp_mechanism mp_mechanism_cache;
extern const struct mp_mechanism mp_mechanism_placement;
extern const struct mp_mechanism mp_mechanism_balloon;
extern const struct mp_mechanism mp_mechanism_refcount;
extern const struct mp_mechanism mp_mechanism_translation;

/* In the order of their sections in the manual page. */
extern const struct mp_mechanism *const mp_mechanisms[];
extern const size_t mp_mechanisms_count;

/* NULL for NONE and for numbers that are not known. */
const struct mp_mechanism *mp_mechanism_get(enum mempol_mechanism_id id);

/* JSON words; NULL when the number is not known or past the last. */
const char *mp_mechanism_to_string(enum mempol_mechanism_id id); /* "cache" */
const char *mp_counter_name(enum mempol_mechanism_id id, unsigned int index); /* "governed_pages" */

/* NULL when the word is not known. */
const struct mp_mechanism *mp_mechanism_find(const char *name);

/* The one whose engines have such an ops type ("mempol_cache_ops", or a local flavour of it), or NULL. */
const struct mp_mechanism *mp_mechanism_of_type(const char *type);

/* "mempol_cache_ops" and its local flavours, as libbpf does: what follows "___" does not count. */
bool mp_ops_type_is(const char *type, const char *wanted);

/* Of a policy: NULL when it has no mechanism section. */
const struct mp_mechanism *mp_policy_mechanism(const struct mp_policy *policy);

#endif
