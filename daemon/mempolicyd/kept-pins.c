// SPDX-License-Identifier: GPL-2.0-only
/*
 * A short array of sets; see kept-pins.h.
 */
#include <errno.h>
#include <string.h>

#include "kept-pins.h"
#include "peers.h"

#define _cleanup_json_ _cleanup_(sd_json_variant_unrefp)

#define SETS_MAX 32
/* With those that connections to the two sockets hold they are what the kernel lets one user have. */
_Static_assert(SETS_MAX + 2 * MP_PEERS_HOLDERS_MAX <= MEMPOL_HINT_MAX_SESSIONS,
	       "root's sets have room whatever others hold");

struct sets {
	struct mp_kept *sets[SETS_MAX];
	size_t n;
};

static struct sets *sets_of(const struct mp_manager *m)
{
	return m->own[mp_mechanism_cache.id];
}

static void kept_free(struct mp_kept *kept)
{
	mp_pin_set_done(&kept->set);
	mp_closep(&kept->session);
	free(kept);
}

static size_t find(const struct sets *all, const char *name)
{
	size_t i = 0;

	while (i < all->n && strcmp(all->sets[i]->set.name, name) != 0)
		i++;
	return i;
}

struct mp_kept *mp_kept_find(const struct mp_manager *m, const char *name)
{
	const struct sets *all = sets_of(m);
	size_t i = all ? find(all, name) : 0;

	return all && i < all->n ? all->sets[i] : NULL;
}

int mp_kept_may_make(const struct mp_manager *m)
{
	return sets_of(m) && sets_of(m)->n == SETS_MAX ? -ENOSPC : 0;
}

int mp_kept_make(struct mp_manager *m, const char *name, int session, struct mp_kept **ret)
{
	struct sets *all = sets_of(m);
	struct mp_kept *kept;

	if (!all)
		all = m->own[mp_mechanism_cache.id] = calloc(1, sizeof(*all));
	kept = calloc(1, sizeof(*kept));
	if (kept)
		kept->set.name = strdup(name);
	if (!all || !kept || !kept->set.name) {
		if (kept)
			free(kept->set.name);
		free(kept);
		return -ENOMEM;
	}
	kept->session = session;
	*ret = all->sets[all->n++] = kept;
	return 0;
}

int mp_kept_drop(struct mp_manager *m, const char *name)
{
	struct sets *all = sets_of(m);
	size_t i = all ? find(all, name) : 0;

	if (!all || i == all->n)
		return -ENOENT;
	kept_free(all->sets[i]);
	memmove(&all->sets[i], &all->sets[i + 1], (--all->n - i) * sizeof(all->sets[0]));
	return 0;
}

/* --- the list ------------------------------------------------------------------------------------------ */

static int add_file(sd_json_variant **array, const struct mp_pin_file *file)
{
	_cleanup_json_ sd_json_variant *ranges = NULL;
	uint64_t bytes = 0;
	int r = sd_json_variant_new_array(&ranges, NULL, 0);

	for (size_t i = 0; i < file->n && r >= 0; i++) {
		const struct mp_pin_range *range = &file->ranges[i];

		bytes += range->end - range->start;
		r = sd_json_variant_append_arraybo(
			&ranges, SD_JSON_BUILD_PAIR_UNSIGNED("offset", range->start),
			SD_JSON_BUILD_PAIR_UNSIGNED("length", range->end - range->start));
	}
	if (r < 0)
		return r;
	return sd_json_variant_append_arraybo(array, SD_JSON_BUILD_PAIR_STRING("path", file->path),
					      SD_JSON_BUILD_PAIR_UNSIGNED("bytes", bytes),
					      SD_JSON_BUILD_PAIR_VARIANT("ranges", ranges));
}

static int add_set(sd_json_variant **array, const struct mp_pin_set *set)
{
	_cleanup_json_ sd_json_variant *files = NULL;
	int r = sd_json_variant_new_array(&files, NULL, 0);

	for (size_t i = 0; i < set->n && r >= 0; i++)
		r = add_file(&files, &set->files[i]);
	if (r < 0)
		return r;
	return sd_json_variant_append_arraybo(array, SD_JSON_BUILD_PAIR_STRING("name", set->name),
					      SD_JSON_BUILD_PAIR_VARIANT("files", files));
}

int mp_kept_json(const struct mp_manager *m, sd_json_variant **ret)
{
	const struct sets *all = sets_of(m);
	_cleanup_json_ sd_json_variant *sets = NULL;
	int r = sd_json_variant_new_array(&sets, NULL, 0);

	for (size_t i = 0; all && i < all->n && r >= 0; i++)
		r = add_set(&sets, &all->sets[i]->set);
	return r < 0 ? r : sd_json_buildo(ret, SD_JSON_BUILD_PAIR_VARIANT("sets", sets));
}

/* --- their end ----------------------------------------------------------------------------------------- */

static bool can_pin(const struct mp_manager *m)
{
	for (size_t i = 0; i < m->n_attachments; i++)
		if (m->attachments[i]->mechanism == &mp_mechanism_cache &&
		    mp_loaded_is_attached(m->attachments[i]->loaded) &&
		    !mp_attachment_leaves(m->attachments[i]))
			return true;
	return false;
}

void mp_kept_done(struct mp_manager *m)
{
	struct sets *all = sets_of(m);

	for (size_t i = 0; all && i < all->n; i++)
		kept_free(all->sets[i]);
	free(all);
	m->own[mp_mechanism_cache.id] = NULL;
}

void mp_kept_attend(struct mp_manager *m)
{
	/* With the last policy the pins have gone; the files would stay in use, and the module. */
	if (sets_of(m) && !can_pin(m))
		mp_kept_done(m);
}
