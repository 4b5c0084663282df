/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon knows: policies by name (slots), where each of them is attached or would be
 * (attachments), and the parts that watch and ask. Included by every file that works on it; the functions
 * here only look, tell and schedule. Files above this one, from the bottom: departed, attachments, load,
 * kernel and slots, steps, converge, manager. The kernel's state is read before it is told, never remembered
 * instead.
 */
#ifndef MP_STATE_H
#define MP_STATE_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "agent.h"
#include "backoff.h"
#include "cgroups.h"
#include "events.h"
#include "heartbeat.h"
#include "loader.h"
#include "macro.h"
#include "mechanism.h"
#include "names.h"
#include "policy.h"
#include "probe.h"
#include "watch.h"

#define MP_POLICY_DIRS_MAX 8
/* A glob that matches everything must not fill the kernel with copies of an engine. */
#define MP_ATTACHMENTS_MAX 1024
/* Of a policy: the cgroups where another policy governs are listed up to this number, then counted. */
#define MP_STANDING_BACK_MAX 16
/* Policies that left the kernel and whose last events may still come. */
#define MP_DEPARTED_MAX 256

/* In the version of what is loaded: it is the engine of an exclusion. */
#define MP_VERSION_LEAVES 1

/* Where things are; all of it can be somewhere else for a test. */
struct mp_config {
	const char *policy_dirs[MP_POLICY_DIRS_MAX + 1]; /* strongest first, ends with NULL */
	const char *cgroup_root;
	const char *engine_dir;
	const char *agent;
	const char *socket;
	const char *sys;
	unsigned int watches_max;
};

/* A policy by name. */
struct mp_slot {
	char *name;
	char *path;
	struct mp_policy *policy; /* the good version in force; NULL: there never was one */
	struct mp_image *image; /* its engine */
	uint64_t version; /* of what has to be loaded; a new one replaces what is attached */
	uint64_t generation; /* counts the changes of the policy's file or engine */
	bool verified; /* the kernel's verifier has seen the image */
	/* What verifying left behind, already made for a cgroup; gone after the next steps. */
	struct mp_loaded *preloaded;
	uint64_t preloaded_cgroup_id;
	bool unloadable; /* the verifier refused it, or no version could ever be kept */
	struct mp_errors errors; /* of the files as they are now; not empty: the last edit is bad */
	char *log; /* what the verifier said of the last engine it refused */
	uint64_t since_usec;
	bool seen;
	/* Of the last assignment: matching cgroups, those without a place, those where another governs. */
	size_t n_matched, n_left_out, n_standing_back;
	size_t n_not_excluded; /* to be excluded, but there is no place for that either */
};

/*
 * A policy at a cgroup, or at the machine. An attachment that has failed for good, or that the kernel
 * ejected, remembers the policy's generation and is tried again only when the generation has moved on.
 */
struct mp_attachment {
	struct mp_slot *slot; /* NULL: the policy is gone, the attachment is about to go */
	char *name;
	const struct mp_mechanism *mechanism;
	char *cgroup; /* NULL, 0: the whole machine */
	uint64_t cgroup_id;
	bool excluded; /* it is to leave the cgroup to the kernel, below one that the policy governs */
	enum mp_state state;
	char *reason;
	uint64_t since_usec;
	struct mp_loaded *loaded;
	uint64_t version; /* of what is loaded */
	struct mp_loaded *preloaded; /* for the next attempt, the last one was too early */
	uint64_t preloaded_version;
	uint64_t given_up_generation; /* quarantined or failed for good */
	uint64_t ejected_generation; /* what the kernel ejected; another one starts with nothing */
	uint64_t failed_generation; /* of the last attempt that failed */
	struct mp_backoff backoff;
	uint64_t ejections; /* since the attachment was made: the kernel counts one engine's only */
	unsigned int attempts;
	uint64_t retry_usec; /* CLOCK_MONOTONIC; 0: now */
	uint64_t request; /* what a user asked of it, in the mechanism's own terms */
	char *note; /* what its mechanism says of it while it is active; NULL: nothing */
	struct mempol_policy_info info; /* the kernel's word when it was last asked */
	int info_error; /* 0: info is good; -ENODATA: never asked */
	bool wanted, winner;
};

/* A policy that left the kernel. */
struct mp_departed {
	uint64_t policy_id;
	uint64_t left_usec; /* CLOCK_MONOTONIC */
	char *name, *cgroup, *engine;
	bool drained;
};

struct mp_manager {
	sd_event *event;
	const struct mp_config *config;
	struct mp_features features;
	struct mp_events *events;
	struct mp_cgroups *cgroups;
	struct mp_watch *watch;
	struct mp_agent *agent;
	struct mp_heartbeat *heartbeat; /* while there is an agent */
	char *agent_problem;
	/* Of the agent's object: an upgrade of the package does not change them under a running daemon. */
	char *agent_bytes;
	size_t agent_size;
	unsigned int agent_attempts; /* that failed in a row */
	uint64_t agent_retry_usec; /* CLOCK_MONOTONIC; 0: at the next need */
	struct mp_image *leaving[MEMPOL_MAX_MECHANISMS]; /* the engines that exclusions attach */
	struct mp_slot **slots; /* sorted by name */
	size_t n_slots;
	struct mp_attachment **attachments; /* sorted by name, then cgroup */
	size_t n_attachments;
	size_t n_left_out; /* matching cgroups without a place, as last logged */
	struct mp_departed departed[MP_DEPARTED_MAX];
	size_t n_departed;
	uint64_t next_id;
	uint64_t lost_events, agent_lost;
	uint64_t converge_retry_usec; /* CLOCK_MONOTONIC; 0: the last one went through */
	bool missed; /* events were lost: the attachments may not be what they seem */
	unsigned int reloads;
	void *own[MEMPOL_MAX_MECHANISMS]; /* what a mechanism keeps (mechanism-ops.h) */
	sd_event_source *converge_source, *tick_source;
};

uint64_t mp_manager_now(struct mp_manager *manager); /* CLOCK_MONOTONIC, microseconds */

/* Works out soon, not now, what a change means. */
void mp_manager_changed(struct mp_manager *manager);

/* The daemon's own events. */
void mp_manager_tell(struct mp_manager *manager, enum mp_event_type type, const char *policy,
		     const char *reason, const char *format, ...) _printf_(5, 6);

/* After each step that can take seconds: the watchdog and the kernel are told that the daemon lives. */
void mp_manager_alive(struct mp_manager *manager);

/* Why this kernel cannot do what the policies want, or anything; NULL: it can. */
const char *mp_manager_missing(const struct mp_manager *manager);

struct mp_slot *mp_slot_find(struct mp_manager *manager, const char *name);
/* The engine's name or path; NULL when the policy never could be read. */
const char *mp_slot_engine(const struct mp_slot *slot);
/* What runs at the attachment, or would, leaves the cgroup to the kernel: an exclusion. */
bool mp_attachment_leaves(const struct mp_attachment *at);
/* The same for an attachment, which may be an exclusion. */
const char *mp_attachment_engine(const struct mp_attachment *at);
/* NULL when the policy never could be read. */
const struct mp_mechanism *mp_slot_mechanism(const struct mp_slot *slot);
/* The first of a slot's errors, or NULL. */
const char *mp_slot_problem(const struct mp_slot *slot);

/* What the status lines count: by policy, each once. */
struct mp_counts {
	size_t policies;
	size_t active; /* attached somewhere, degraded ones included */
	size_t failed; /* bad files, and failed, ejected or quarantined somewhere */
	size_t attachments; /* in the kernel now */
	size_t left_out; /* matching cgroups without a place */
};
void mp_manager_count(const struct mp_manager *manager, struct mp_counts *ret);

#endif
