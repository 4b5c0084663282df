/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every word that leaves the daemon and belongs to no mechanism: states, exit kinds, refusals, events,
 * and the sentence that says of an event what happened and why. Called by the daemon, mempolctl
 * and the tests, so that journal, JSON and tables cannot disagree. It must never decide anything.
 */
#ifndef MP_NAMES_H
#define MP_NAMES_H

#include <inttypes.h>

#include "macro.h"
#include "mempol/abi.h"

/*
 * STATE of one row of `list`:
 *  loaded       its file is good; another policy governs the cgroup (the reason says which)
 *  waiting      its file is good; no cgroup matches yet, or the kernel cannot (reason)
 *  active       attached, callbacks run
 *  degraded     attached, but passive or not in place everywhere (reason)
 *  ejected      the kernel threw it out (reason)
 *  failed       its file, its engine or its attachment is bad (reason)
 *  quarantined  ejected too often; it is not tried again before it changes
 *  unavailable  the machine lacks the device it is for (reason); looked for again now and then
 */
#define MP_STATES(X)                \
	X(LOADED, loaded)           \
	X(WAITING, waiting)         \
	X(ACTIVE, active)           \
	X(DEGRADED, degraded)       \
	X(EJECTED, ejected)         \
	X(FAILED, failed)           \
	X(QUARANTINED, quarantined) \
	X(UNAVAILABLE, unavailable)

enum mp_state {
#define MP_X(upper, lower) MP_STATE_##upper,
	MP_STATES(MP_X)
#undef MP_X
		_MP_STATE_MAX,
};

/*
 * Event types: the kernel's own keep their numbers of enum mempol_event_type, the daemon's begin
 * at 64.
 */
enum mp_event_type {
	MP_EVENT_LOADED = 64, /* a good policy file was read, new or changed */
	MP_EVENT_FAILED = 65, /* a file, an engine or an attachment is bad */
	MP_EVENT_KEPT = 66, /* a bad edit: the last good version keeps running */
	MP_EVENT_REMOVED = 67, /* the policy file is gone or masked */
	MP_EVENT_RELOADED = 68, /* a reload went through */
	MP_EVENT_LOST = 69, /* the ring buffer or the queue was full */
	MP_EVENT_QUARANTINED = 70, /* ejected too often in a row */
	MP_EVENT_RESET = 71, /* somebody let it start anew */
};

/* NULL when the number is not known. */
const char *mp_state_to_string(enum mp_state state);
const char *mp_exit_kind_to_string(enum mempol_exit_kind kind); /* "stalled" */
const char *mp_event_type_to_string(unsigned int type); /* "ejected" */

/* JSON keys of counters and refusals; NULL when @index is past the last. */
const char *mp_common_counter_name(unsigned int index); /* what every policy has */
const char *mp_refusal_name(unsigned int index); /* "no_batch" */
const char *mp_refusal_text(unsigned int index); /* "verdict or look without a batch" */

/* Sentence for an exit kind: "it withheld pages while memory was short". */
const char *mp_exit_kind_text(enum mempol_exit_kind kind);

/* Of an event of type DETACHED or EJECTED: the kernel's sentence if it gave one, else the kind's. */
const char *mp_event_exit_reason(const struct mempol_event *event, char reason[MEMPOL_REASON_LEN]);
const char *mp_event_exit_verb(const struct mempol_event *event); /* "no longer governs" */

/* What a policy without cgroup governs. */
#define MP_HOST_TEXT "the machine"

/* Why a policy is passive. */
#define MP_PASSIVE_TEXT "the daemon's heartbeat is missing"

/* Why it is not in place everywhere. */
#define MP_MISSING_FORMAT                                                             \
	"of the cgroups that it should govern, the kernel had no memory for %" PRIu64 \
	" and tries again"

/*
 * One sentence without a final stop: what happened to which policy where, and why. @policy,
 * @engine and @cgroup may be NULL when unknown (the cgroup is then named by its id, or as the machine).
 * Text that comes from the kernel is cut at its array's end and cleaned of control characters. Returns 0,
 * -ENOMEM, or -EPROTO when the version or the type of @event is not ours.
 */
int mp_event_format(const struct mempol_event *event, const char *policy, const char *engine,
		    const char *cgroup, char **ret_message);

#endif
