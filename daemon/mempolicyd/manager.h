/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The manager owns everything: policies, their rows (one per cgroup), what is in the kernel. It
 * compares what should be with what is and takes the steps between (plan.h). main.c makes it,
 * control.c asks and commands it. The kernel's state is read before it is told, never remembered
 * instead.
 */
#ifndef MP_MANAGER_H
#define MP_MANAGER_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "agent.h"
#include "backoff.h"
#include "cgroups.h"
#include "events.h"
#include "features.h"
#include "heartbeat.h"
#include "loader.h"
#include "macro.h"
#include "names.h"
#include "policy.h"
#include "watch.h"

#define MP_POLICY_DIRS_MAX 8
/* A glob that matches everything must not fill the kernel with copies of an engine. */
#define MP_ROWS_MAX 1024
/* Policies that left the kernel and whose last events may still come. */
#define MP_FORMER_MAX 256

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
struct mp_unit {
	char *name;
	char *path;
	struct mp_policy *policy; /* the good version in force; NULL: there never was one */
	struct mp_image *image; /* its engine */
	uint64_t version; /* of what has to be loaded; another one means a replacement */
	uint64_t edition; /* of the file and engine; another one is a reason to try again */
	bool verified; /* the kernel's verifier has seen the image */
	/* What verifying left behind, already made for a cgroup; gone after the next steps. */
	struct mp_loaded *spare;
	uint64_t spare_cgroup_id;
	bool unloadable; /* and did not take it, or there is none that could be kept */
	struct mp_errors errors; /* of the files as they are now; not empty: the last edit is bad */
	char *log; /* what the verifier said of the last engine it refused */
	uint64_t since_usec;
	bool seen;
};

/* A policy at a cgroup, or at the machine. */
struct mp_row {
	struct mp_unit *unit; /* NULL: the policy is gone, the row is about to go */
	char *name;
	enum mempol_mechanism_id mechanism;
	char *cgroup; /* NULL, 0: the whole machine */
	uint64_t cgroup_id;
	enum mp_state state;
	char *reason;
	uint64_t since_usec;
	struct mp_loaded *loaded;
	uint64_t version; /* of what is loaded */
	uint64_t spent_edition; /* quarantined or failed for good: not again before it changes */
	uint64_t backoff_edition; /* what was thrown out; another one starts with nothing */
	struct mp_backoff backoff;
	uint64_t ejections; /* since the row was made: the kernel counts one attachment's only */
	unsigned int attempts;
	uint64_t failed_edition; /* of the last attempt that failed */
	uint64_t retry_usec; /* CLOCK_MONOTONIC; 0: now */
	/* Of a balloon: what a user asked for; the kernel does not tell, and forgets with the attachment. */
	uint64_t request_pages;
	struct mempol_policy_info info; /* the kernel's word when it was last asked */
	int info_error; /* 0: info is good; -ENODATA: never asked */
	bool wanted, winner;
};

/* Somebody who left the kernel. */
struct mp_former {
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
	struct mp_unit **units; /* sorted by name */
	size_t n_units;
	struct mp_row **rows; /* sorted by name, then cgroup */
	size_t n_rows;
	struct mp_former former[MP_FORMER_MAX];
	size_t n_former;
	uint64_t next_id;
	uint64_t lost_events, agent_lost;
	bool missed; /* events were lost: the rows may not be what they seem */
	sd_event_source *converge_source, *tick_source;
};

int mp_manager_new(sd_event *event, const struct mp_config *config, struct mp_manager **ret);
struct mp_manager *mp_manager_free(struct mp_manager *manager);
MP_DEFINE_CLEANUP(struct mp_manager *, mp_manager_free)

/* Reads the policies and attaches what can be attached. */
int mp_manager_start(struct mp_manager *manager);
/* Closes every link; the kernel's default is back. */
void mp_manager_stop(struct mp_manager *manager);

/* Sets the timer for whatever has to be looked at again; off when there is nothing. */
void mp_manager_arm(struct mp_manager *manager);
/*
 * One transaction. Returns how many policies are new, different or gone; or -EBADMSG with all that
 * is wrong in @errors, and nothing changed.
 */
int mp_manager_reload(struct mp_manager *manager, struct mp_errors *errors);

/* Lets the policy try again wherever it was thrown out. Returns at how many cgroups that was news. */
int mp_manager_reset(struct mp_manager *manager, struct mp_unit *unit);
/* Works out soon, not now, what a change means. */
void mp_manager_changed(struct mp_manager *manager);

/* units.c: each file stands alone; or all together. */
int mp_manager_scan(struct mp_manager *manager);
int mp_manager_reload_units(struct mp_manager *manager, struct mp_errors *errors);
void mp_manager_verify(struct mp_manager *manager);
struct mp_unit *mp_manager_find_unit(struct mp_manager *manager, const char *name);
struct mp_unit *mp_unit_free(struct mp_unit *unit);
/* mp_loaded_new() with a new id and what @policy says. */
int mp_manager_load(struct mp_manager *manager, const struct mp_policy *policy,
		    const struct mp_image *image, uint64_t cgroup_id, struct mp_loaded **ret,
		    char **ret_problem, char **ret_log);

/* converge.c: the steps between what is and what should be. */
void mp_manager_converge(struct mp_manager *manager);
void mp_manager_refresh(struct mp_manager *manager, struct mp_row *row);
void mp_manager_free_rows(struct mp_manager *manager);
void mp_row_detach(struct mp_manager *manager, struct mp_row *row);
/* Its cgroup, or words for the machine. */
const char *mp_row_place(const struct mp_row *row);
struct mp_row *mp_manager_row_of(struct mp_manager *manager, uint64_t policy_id);
uint64_t mp_manager_now(struct mp_manager *manager);

/* When the next attempt is due; UINT64_MAX: never. */
uint64_t mp_manager_next_retry(struct mp_manager *manager);

/* kernel.c: the agent and what arrives through it. */
void mp_kernel_need_agent(struct mp_manager *manager);
void mp_kernel_release_agent(struct mp_manager *manager);
bool mp_kernel_is_used(struct mp_manager *manager);
void mp_kernel_attached(struct mp_manager *manager, const struct mp_row *row);
void mp_kernel_left(struct mp_manager *manager, const struct mp_row *row);
void mp_kernel_eject(struct mp_manager *manager, struct mp_row *row, const char *reason);
/* After each step that can take seconds: whoever asks whether the daemon hangs is told that it does not. */
void mp_kernel_alive(struct mp_manager *manager);
void mp_kernel_done(struct mp_manager *manager);

/* The daemon's own events. */
void mp_manager_tell(struct mp_manager *manager, enum mp_event_type type, const char *policy,
		     const char *reason, const char *format, ...) _printf_(5, 6);
void mp_manager_update_status(struct mp_manager *manager);

/* Why this kernel cannot do what the policies want, or anything; NULL: it can. */
const char *mp_manager_missing(const struct mp_manager *manager);

/* The engine's name or path; NULL when the policy never could be read. */
const char *mp_unit_engine(const struct mp_unit *unit);
enum mempol_mechanism_id mp_unit_mechanism(const struct mp_unit *unit);

/* The first of a unit's errors, or NULL. */
const char *mp_unit_problem(const struct mp_unit *unit);

#endif
