/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's own BPF object: the ring buffer through which the module's events arrive, and the
 * SYSCALL program that asks the module about a policy and tells it what a user wants. Called by the
 * manager. It holds a reference to the module as long as it is loaded, so it is loaded only while a
 * policy is in the kernel, or rmmod would never work.
 */
#ifndef MP_AGENT_H
#define MP_AGENT_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "macro.h"
#include "mempol/abi.h"

struct mp_agent;

typedef void (*mp_agent_event_t)(const struct mempol_event *event, void *userdata);

/*
 * Returns 0, or -errno and a sentence. @bytes are those of the object, @path is for messages. Events arrive
 * through @event's loop.
 */
int mp_agent_new(sd_event *event, const char *path, const void *bytes, size_t size,
		 mp_agent_event_t callback, void *userdata, struct mp_agent **ret,
		 char **ret_problem);
struct mp_agent *mp_agent_free(struct mp_agent *agent);
MP_DEFINE_CLEANUP(struct mp_agent *, mp_agent_free)

/*
 * What the kernel knows of @policy_id now. 0, -ENOENT when it knows nothing, or another -errno.
 */
int mp_agent_query(struct mp_agent *agent, uint64_t policy_id, struct mempol_policy_info *ret);

/*
 * Any other op of the module (enum mempol_call_op), a mechanism's own among them. 0, or -errno of the call
 * or of what was asked for; -ENODEV when @agent is NULL.
 */
int mp_agent_call(struct mp_agent *agent, struct mempol_call *call);

/*
 * What programs say of cached pages, and are told of them: the agent's programs mempol_hint and mempol_residency. Their
 * descriptors, which stay the agent's, are the only ones that may be given away: whoever has one runs the program as
 * itself. -ENOENT: the object has no such program.
 */
int mp_agent_hint_fd(const struct mp_agent *agent);
int mp_agent_residency_fd(const struct mp_agent *agent);
/* Runs the first for the daemon; @hint is answered in place. 0, or -errno of the whole call. */
int mp_agent_hint(struct mp_agent *agent, struct mempol_hint *hint);

/* The daemon is alive (heartbeat.h). Returns 0 or -errno. */
int mp_agent_beat(struct mp_agent *agent);

/* Takes what is in the ring buffer without waiting for the loop. */
void mp_agent_drain(struct mp_agent *agent);

/* Events for which the ring buffer had no room since the agent was loaded. */
uint64_t mp_agent_lost(const struct mp_agent *agent);

#endif
