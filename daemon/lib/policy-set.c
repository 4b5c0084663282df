/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All policies of a list of directories, with masking (policy.h). Each file stands alone: a bad
 * one is an entry with errors and never keeps the others from being read.
 */
#include <errno.h>
#include <string.h>

#include "mechanism.h"
#include "policy.h"
#include "strutil.h"
#include "trust.h"

static void entry_done(struct mp_policy_entry *entry)
{
	free(entry->name);
	free(entry->path);
	mp_policy_free(entry->policy);
	mp_errors_done(&entry->errors);
}

void mp_policy_set_done(struct mp_policy_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		entry_done(&set->items[i]);
	free(set->items);
	mp_errors_done(&set->errors);
	*set = (struct mp_policy_set){};
}

struct mp_policy_entry *mp_policy_set_find(const struct mp_policy_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (!strcmp(set->items[i].name, name))
			return &set->items[i];
	return NULL;
}

/* A file that is no policy's is passed by, unless it was surely meant as one. */
static int refuse_name(struct mp_policy_set *set, const char *dir, const char *file)
{
	_cleanup_free_ char *path = NULL;

	if (*file != '-' || !mp_ends_with(file, MP_POLICY_SUFFIX))
		return 0;
	if (asprintf(&path, "%s/%s", dir, file) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	return mp_errors_add(&set->errors, path, 1,
			     "the name of a policy cannot begin with '-': rename the file");
}

static int set_add(struct mp_policy_set *set, const char *const dirs[], unsigned int rank,
		   const char *file)
{
	struct mp_policy_entry entry = { .rank = rank }, *items;
	int r;

	r = mp_policy_name_from_path(file, &entry.name);
	if (r < 0)
		return r == -EINVAL ? refuse_name(set, dirs[rank], file) : r;
	if (mp_policy_set_find(set, entry.name)) {
		free(entry.name);
		return 0;
	}
	items = reallocarray(set->items, set->count + 1, sizeof(*items));
	if (items)
		set->items = items;
	if (!items || asprintf(&entry.path, "%s/%s", dirs[rank], file) < 0) {
		free(entry.name);
		return -ENOMEM;
	}
	items[set->count++] = entry;
	return 0;
}

static int set_add_dir(struct mp_policy_set *set, const char *const dirs[], unsigned int rank)
{
	_cleanup_closedir_ DIR *d = opendir(dirs[rank]);
	struct dirent *de;
	int r;

	if (!d && errno == ENOENT)
		return 0;
	if (!d)
		return mp_errors_add(&set->errors, dirs[rank], 1,
				     "the directory cannot be read: %s", strerror(errno));
	r = mp_trust_complain_of_dir(d, dirs[rank], &set->errors);
	if (r)
		return r < 0 ? r : 0;
	while ((de = readdir(d))) {
		r = set_add(set, dirs, rank, de->d_name);
		if (r < 0)
			return r;
	}
	return 0;
}

static int entry_compare(const void *a, const void *b)
{
	return strcmp(((const struct mp_policy_entry *)a)->name,
		      ((const struct mp_policy_entry *)b)->name);
}

int mp_policy_set_list(const char *const dirs[], struct mp_errors *warnings,
		       struct mp_policy_set *ret_set)
{
	_cleanup_policy_set_ struct mp_policy_set set = { .errors.warnings = warnings };
	int r;

	for (unsigned int i = 0; dirs[i]; i++) {
		r = set_add_dir(&set, dirs, i);
		if (r < 0)
			return r;
	}
	if (set.count)
		qsort(set.items, set.count, sizeof(*set.items), entry_compare);
	*ret_set = TAKE(set, (struct mp_policy_set){});
	return 0;
}

/* What is masked, and what is gone by now, has neither a policy nor errors. */
static int entry_read(struct mp_policy_entry *entry, const char *const dirs[])
{
	int r = mp_policy_read(entry->path, dirs, &entry->errors, &entry->policy);

	if (r == 0)
		entry->policy->rank = entry->rank;
	return r == -EBADMSG || r == -ERFKILL || r == -ENOENT ? 0 : r;
}

static void drop_empty(struct mp_policy_set *set)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->count; i++) {
		if (set->items[i].policy || set->items[i].errors.count)
			set->items[kept++] = set->items[i];
		else
			entry_done(&set->items[i]);
	}
	set->count = kept;
}

int mp_policy_set_check(const struct mp_policy_set *set, size_t n, const struct mp_policy *policy,
			struct mp_errors *errors)
{
	const struct mp_mechanism *mechanism = mp_policy_mechanism(policy);
	size_t before = errors->total;
	int r = 0;

	if (!mechanism || !mechanism->check_pair)
		return 0;
	for (size_t i = 0; i < n && r >= 0 && errors->total == before; i++) {
		const struct mp_policy *other = set->items[i].policy;

		if (other && strcmp(other->name, policy->name) &&
		    mp_policy_mechanism(other) == mechanism)
			r = mechanism->check_pair(other, policy, errors);
	}
	return r < 0 ? r : errors->total > before ? -EBADMSG : 0;
}

/* Of two that do not go together the one with the earlier name stays. */
static int check_entry(struct mp_policy_set *set, size_t index)
{
	struct mp_policy_entry *entry = &set->items[index];
	int r;

	if (!entry->policy)
		return 0;
	r = mp_policy_set_check(set, index, entry->policy, &entry->errors);
	if (r == -EBADMSG)
		entry->policy = mp_policy_free(entry->policy);
	return r == -EBADMSG ? 0 : r;
}

int mp_policy_set_read(const char *const dirs[], struct mp_policy_set *ret_set)
{
	_cleanup_policy_set_ struct mp_policy_set set = {};
	int r;

	r = mp_policy_set_list(dirs, NULL, &set);
	for (size_t i = 0; r >= 0 && i < set.count; i++)
		r = entry_read(&set.items[i], dirs);
	for (size_t i = 0; r >= 0 && i < set.count; i++)
		r = check_entry(&set, i);
	if (r < 0)
		return r;
	drop_empty(&set);
	*ret_set = TAKE(set, (struct mp_policy_set){});
	return 0;
}
