/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The attachments: made, found, given a state, taken out of the kernel, forgiven, freed. Called by
 * converge.c, steps.c, kernel.c, explain.c and the manager. It decides nothing: which attachments there should
 * be is converge.c's.
 */
#ifndef MP_ATTACHMENTS_H
#define MP_ATTACHMENTS_H

#include "state.h"

/* NULL when memory is short. */
struct mp_attachment *mp_attachment_add(struct mp_manager *manager, struct mp_slot *slot,
					const struct mp_mechanism *mechanism,
					const struct mp_cgroup *cgroup);
struct mp_attachment *mp_attachment_find(struct mp_manager *manager, const struct mp_slot *slot,
					 const struct mp_mechanism *mechanism,
					 const struct mp_cgroup *cgroup);
struct mp_attachment *mp_attachment_of(struct mp_manager *manager, uint64_t policy_id);

/* Of a mechanism that governs the machine: the one that is in the kernel, as far as we know; or NULL. */
struct mp_attachment *mp_attachment_in_charge(const struct mp_manager *manager,
					      const struct mp_mechanism *mechanism);

/* @reason may be NULL. Nothing happens when both are what they were. */
void mp_attachment_set(struct mp_attachment *at, enum mp_state state, const char *reason);

/* The version of what has to be loaded, the exclusion's object being another than the engine's. */
uint64_t mp_attachment_wanted_version(const struct mp_attachment *at);

/* The reason beside the state "active", NULL where none is needed. */
const char *mp_attachment_active_reason(const struct mp_attachment *at);

/* What its mechanism has to say of it while it is active; NULL: nothing. */
void mp_attachment_note(struct mp_attachment *at, const char *note);

/* Its cgroup, or words for the machine. */
const char *mp_attachment_place(const struct mp_attachment *at);

/* It is not tried again before its policy changes. */
bool mp_attachment_is_given_up(const struct mp_attachment *at);

/* It starts anew, as if nothing had failed and nothing had been ejected. */
void mp_attachment_forgive(struct mp_attachment *at);

/* Closes the link and forgets the object; the kernel gives the pages back by itself. */
void mp_attachment_detach(struct mp_manager *manager, struct mp_attachment *at);

/* Removes those that are not wanted; all of them. */
void mp_attachments_drop_unwanted(struct mp_manager *manager);
void mp_attachments_free(struct mp_manager *manager);

#endif
