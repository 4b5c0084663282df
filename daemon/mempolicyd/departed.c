// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bounded list of departed policies; see departed.h.
 */
#include <string.h>

#include "departed.h"

/* A drain of 100,000 folios a second has taken back 12 GB by then; more events are not waited for. */
#define DEPARTED_USEC (30 * 1000 * 1000ULL)

struct mp_departed *mp_departed_find(struct mp_manager *m, uint64_t policy_id)
{
	for (size_t i = 0; i < m->n_departed; i++)
		if (m->departed[i].policy_id == policy_id)
			return &m->departed[i];
	return NULL;
}

static void forget(struct mp_manager *m, size_t i)
{
	free(m->departed[i].name);
	free(m->departed[i].cgroup);
	free(m->departed[i].engine);
	memmove(&m->departed[i], &m->departed[i + 1],
		(m->n_departed - i - 1) * sizeof(*m->departed));
	m->n_departed--;
}

void mp_departed_add(struct mp_manager *m, const struct mp_attachment *at)
{
	const char *engine = mp_attachment_engine(at);
	struct mp_departed *d;

	if (!at->loaded)
		return;
	d = mp_departed_find(m, mp_loaded_policy_id(at->loaded));
	if (d) {
		/* It was about to leave before, and stayed. */
		d->left_usec = mp_manager_now(m);
		return;
	}
	if (m->n_departed == MP_DEPARTED_MAX)
		forget(m, 0);
	d = &m->departed[m->n_departed++];
	*d = (struct mp_departed){
		.policy_id = mp_loaded_policy_id(at->loaded),
		.left_usec = mp_manager_now(m),
		.name = strdup(at->name),
		.cgroup = at->cgroup ? strdup(at->cgroup) : NULL,
		.engine = engine ? strdup(engine) : NULL,
	};
}

bool mp_departed_remain(struct mp_manager *m)
{
	uint64_t now = mp_manager_now(m);

	for (size_t i = m->n_departed; i > 0; i--)
		if (m->departed[i - 1].drained ||
		    now - m->departed[i - 1].left_usec > DEPARTED_USEC)
			forget(m, i - 1);
	return m->n_departed > 0;
}

void mp_departed_forget_all(struct mp_manager *m)
{
	while (m->n_departed > 0)
		forget(m, m->n_departed - 1);
}
