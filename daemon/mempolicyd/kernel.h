/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel says: events through the agent's ring buffer, and answers to questions about a policy.
 * Called by converge.c, steps.c, the manager, the reports and the mechanisms. The agent is loaded only while a
 * policy is in the kernel or on its way out, because it holds a reference to the module.
 */
#ifndef MP_KERNEL_H
#define MP_KERNEL_H

#include "state.h"

/* Reads the agent's object, which is not loaded yet. A failure is told when it is needed. */
void mp_kernel_read_agent(struct mp_manager *manager);
/* Loads the agent unless it is there. A failure is logged and tried again later. */
void mp_kernel_need_agent(struct mp_manager *manager);
/* Lets the agent go when nothing is in the kernel and nothing on its way out. */
void mp_kernel_release_agent(struct mp_manager *manager);
/* When loading the agent is to be tried again; UINT64_MAX: not at all. */
uint64_t mp_kernel_next_agent(const struct mp_manager *manager);

/* Something is in the kernel, or about to be attached again. */
bool mp_kernel_is_used(const struct mp_manager *manager);

/* @at was just attached: its event is told. */
void mp_kernel_attached(struct mp_manager *manager, const struct mp_attachment *at);

/* Asks the kernel how @at is; called before anything is told of @at. */
void mp_kernel_refresh(struct mp_manager *manager, struct mp_attachment *at);

/*
 * Whatever is asked of the module, with or without a policy in the kernel: the agent is loaded for it, and goes
 * when nothing needs it. Returns 0 or -errno; a sentence as well where the kernel cannot be asked at all.
 */
int mp_kernel_call(struct mp_manager *manager, struct mempol_call *call, char **ret_problem);

/*
 * Likewise for what programs say of cached pages: @hint is answered in place, or nobody can be asked, and *@ret_problem
 * says why. The others are descriptors of programs, which may be given away and stay the agent's.
 */
int mp_kernel_hint(struct mp_manager *manager, struct mempol_hint *hint, char **ret_problem);
int mp_kernel_hint_fd(struct mp_manager *manager, char **ret_problem);
int mp_kernel_residency_fd(struct mp_manager *manager, char **ret_problem);

/* Lets agent, heartbeat and the departed go. */
void mp_kernel_done(struct mp_manager *manager);

#endif
