// SPDX-License-Identifier: GPL-2.0-only
/*
 * One sorted array of attachments; see attachments.h.
 */
#include <errno.h>
#include <string.h>

#include "attachments.h"
#include "departed.h"

void mp_attachment_set(struct mp_attachment *at, enum mp_state state, const char *reason)
{
	char *copy;

	if (at->since_usec && at->state == state && !strcmp(at->reason ?: "", reason ?: ""))
		return;
	copy = reason ? strdup(reason) : NULL;
	if (!at->since_usec || at->state != state)
		at->since_usec = mp_events_realtime(0);
	at->state = state;
	free(at->reason);
	at->reason = copy;
}

static struct mp_attachment *attachment_free(struct mp_attachment *at)
{
	if (!at)
		return NULL;
	mp_loaded_free(at->loaded);
	mp_loaded_free(at->preloaded);
	free(at->name);
	free(at->cgroup);
	free(at->reason);
	free(at->note);
	free(at);
	return NULL;
}

void mp_attachment_detach(struct mp_manager *m, struct mp_attachment *at)
{
	if (mp_loaded_is_attached(at->loaded))
		mp_departed_add(m, at);
	at->loaded = mp_loaded_free(at->loaded);
	at->info_error = -ENODATA;
}

void mp_attachments_free(struct mp_manager *m)
{
	for (size_t i = 0; i < m->n_attachments; i++) {
		mp_attachment_detach(m, m->attachments[i]);
		attachment_free(m->attachments[i]);
	}
	free(m->attachments);
	m->attachments = NULL;
	m->n_attachments = 0;
}

void mp_attachments_drop_unwanted(struct mp_manager *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->n_attachments; i++) {
		struct mp_attachment *at = m->attachments[i];

		if (at->wanted) {
			m->attachments[kept++] = at;
			continue;
		}
		mp_attachment_detach(m, at);
		attachment_free(at);
	}
	m->n_attachments = kept;
}

struct mp_attachment *mp_attachment_of(struct mp_manager *m, uint64_t policy_id)
{
	for (size_t i = 0; i < m->n_attachments; i++)
		if (m->attachments[i]->loaded &&
		    mp_loaded_policy_id(m->attachments[i]->loaded) == policy_id)
			return m->attachments[i];
	return NULL;
}

struct mp_attachment *mp_attachment_in_charge(const struct mp_manager *m,
					      const struct mp_mechanism *mechanism)
{
	for (size_t i = 0; i < m->n_attachments; i++) {
		struct mp_attachment *at = m->attachments[i];

		if (at->mechanism == mechanism && mp_loaded_is_attached(at->loaded))
			return at;
	}
	return NULL;
}

const char *mp_attachment_place(const struct mp_attachment *at)
{
	return at->cgroup ?: MP_HOST_TEXT;
}

static int compare(const struct mp_attachment *a, const char *name, const char *cgroup,
		   uint64_t cgroup_id)
{
	int order = strcmp(a->name, name);

	if (!order)
		order = strcmp(a->cgroup ?: "", cgroup ?: "");
	/* A cgroup that was made anew under the path of one that is going away. */
	return order ?: (a->cgroup_id > cgroup_id) - (a->cgroup_id < cgroup_id);
}

/* Where it is, or where it would have to be. */
static size_t place_of(const struct mp_manager *m, const char *name, const char *cgroup,
		       uint64_t cgroup_id)
{
	size_t low = 0, high = m->n_attachments;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (compare(m->attachments[middle], name, cgroup, cgroup_id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct mp_attachment *mp_attachment_find(struct mp_manager *m, const struct mp_slot *slot,
					 const struct mp_mechanism *mechanism,
					 const struct mp_cgroup *cgroup)
{
	const char *path = cgroup ? cgroup->path : NULL;
	uint64_t id = cgroup ? cgroup->id : 0;

	for (size_t i = place_of(m, slot->name, path, id); i < m->n_attachments; i++) {
		struct mp_attachment *at = m->attachments[i];

		if (compare(at, slot->name, path, id))
			return NULL;
		if (at->slot == slot && at->mechanism == mechanism)
			return at;
	}
	return NULL;
}

struct mp_attachment *mp_attachment_add(struct mp_manager *m, struct mp_slot *slot,
					const struct mp_mechanism *mechanism,
					const struct mp_cgroup *cgroup)
{
	struct mp_attachment **attachments, *at;
	size_t i;

	attachments =
		reallocarray(m->attachments, m->n_attachments + 1, sizeof(struct mp_attachment *));
	if (!attachments)
		return NULL;
	m->attachments = attachments;
	at = calloc(1, sizeof(*at));
	if (!at)
		return NULL;
	at->slot = slot;
	at->mechanism = mechanism;
	at->cgroup_id = cgroup ? cgroup->id : 0;
	at->info_error = -ENODATA;
	at->name = strdup(slot->name);
	at->cgroup = cgroup ? strdup(cgroup->path) : NULL;
	if (!at->name || !at->cgroup != !cgroup)
		return attachment_free(at);
	i = place_of(m, at->name, at->cgroup, at->cgroup_id);
	memmove(&attachments[i + 1], &attachments[i],
		(m->n_attachments - i) * sizeof(struct mp_attachment *));
	attachments[i] = at;
	m->n_attachments++;
	return at;
}

uint64_t mp_attachment_wanted_version(const struct mp_attachment *at)
{
	return at->slot->version * 2 + (at->excluded ? MP_VERSION_LEAVES : 0);
}

const char *mp_attachment_active_reason(const struct mp_attachment *at)
{
	return mp_attachment_leaves(at) ? "the policy excludes it: left to the kernel" : at->note;
}

void mp_attachment_note(struct mp_attachment *at, const char *note)
{
	char *copy = note ? strdup(note) : NULL;
	bool shown = at->state == MP_STATE_ACTIVE && mp_loaded_is_attached(at->loaded) &&
		     at->version == mp_attachment_wanted_version(at);

	free(at->note);
	at->note = copy;
	if (shown)
		mp_attachment_set(at, MP_STATE_ACTIVE, mp_attachment_active_reason(at));
}

bool mp_attachment_is_given_up(const struct mp_attachment *at)
{
	return at->slot && at->given_up_generation == at->slot->generation;
}

void mp_attachment_forgive(struct mp_attachment *at)
{
	at->backoff = (struct mp_backoff){};
	at->given_up_generation = 0;
	at->attempts = 0;
	at->retry_usec = 0;
	if (!mp_loaded_is_attached(at->loaded))
		mp_attachment_set(at, MP_STATE_WAITING, NULL);
}
