/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy file and its drop-ins from the file system (policy.h). It finds and orders files;
 * what they mean is parse.c. Every path comes from the caller.
 */
#include <errno.h>

#include "file.h"
#include "mechanism.h"
#include "parse.h"
#include "policy.h"
#include "strutil.h"
#include "trust.h"

#define DROPIN_SUFFIX ".conf"

struct dropin {
	char *name;
	char *path;
};

struct dropins {
	struct dropin *items;
	size_t count;
};

static void dropins_done(struct dropins *dropins)
{
	for (size_t i = 0; i < dropins->count; i++) {
		free(dropins->items[i].name);
		free(dropins->items[i].path);
	}
	free(dropins->items);
}

static bool dropins_have(const struct dropins *dropins, const char *name)
{
	for (size_t i = 0; i < dropins->count; i++)
		if (!strcmp(dropins->items[i].name, name))
			return true;
	return false;
}

static int dropins_add(struct dropins *dropins, const char *dir, const char *name)
{
	struct dropin dropin = {}, *items;

	items = reallocarray(dropins->items, dropins->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	dropins->items = items;

	dropin.name = strdup(name);
	if (!dropin.name)
		return -ENOMEM;
	if (asprintf(&dropin.path, "%s/%s", dir, name) < 0) {
		free(dropin.name);
		return -ENOMEM;
	}
	dropins->items[dropins->count++] = dropin;
	return 0;
}

static bool is_dropin_name(const char *name)
{
	return *name != '.' && mp_ends_with(name, DROPIN_SUFFIX);
}

/* True for a link that points nowhere, too: that is not a file that is gone. */
static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static int dropins_collect(struct dropins *dropins, const char *dir, struct mp_errors *errors)
{
	_cleanup_closedir_ DIR *d = opendir(dir);
	int error = errno;
	struct dirent *de;
	int r;

	/* A directory above that cannot be entered is complained of once, not by every policy. */
	if (!d && !is_there(dir))
		return 0;
	if (!d)
		return mp_errors_add(errors, dir, 1, "the drop-ins cannot be read: %s",
				     strerror(error));
	r = mp_trust_complain_of_dir(d, dir, errors);
	if (r)
		return r < 0 ? r : 0;
	while ((de = readdir(d))) {
		if (!is_dropin_name(de->d_name) || dropins_have(dropins, de->d_name))
			continue;
		if (dropins->count == MP_POLICY_DROPINS_MAX)
			return mp_errors_add(errors, dir, 1, "there are more than %d drop-ins",
					     MP_POLICY_DROPINS_MAX);
		r = dropins_add(dropins, dir, de->d_name);
		if (r < 0)
			return r;
	}
	return 0;
}

static int dropin_compare(const void *a, const void *b)
{
	return strcmp(((const struct dropin *)a)->name, ((const struct dropin *)b)->name);
}

/* Of every directory that may hold drop-ins for the policy, in the order they apply. */
static int dropins_find(struct dropins *dropins, const struct mp_policy *policy,
			const char *const dirs[], struct mp_errors *errors)
{
	_cleanup_free_ char *beside = NULL;
	int r;

	if (!dirs) {
		if (asprintf(&beside, "%s.d", policy->path) < 0) {
			beside = NULL;
			return -ENOMEM;
		}
		r = dropins_collect(dropins, beside, errors);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; dirs && dirs[i]; i++) {
		_cleanup_free_ char *dir = NULL;

		if (asprintf(&dir, "%s/%s" MP_POLICY_SUFFIX ".d", dirs[i], policy->name) < 0) {
			dir = NULL;
			return -ENOMEM;
		}
		r = dropins_collect(dropins, dir, errors);
		if (r < 0)
			return r;
	}
	if (dropins->count)
		qsort(dropins->items, dropins->count, sizeof(*dropins->items), dropin_compare);
	return 0;
}

static int add_problem(const char *path, int error, struct mp_errors *errors)
{
	_cleanup_free_ char *problem = mp_file_problem(error, MP_POLICY_FILE_MAX);

	if (!problem)
		return -ENOMEM;
	return mp_errors_add(errors, path, 1, "%s", problem);
}

/* Reads and parses one file. -ENOENT: it is gone. -ERFKILL: it is masked. */
static int read_one(struct mp_parse *parse, const char *path)
{
	_cleanup_free_ char *text = NULL;
	struct stat st;
	size_t size;
	int r;

	r = mp_file_read_stat(path, MP_POLICY_FILE_MAX, &text, &size, &st);
	if (r == -ENOMEM || r == -ERFKILL)
		return r;
	if (r == -ENOENT && !is_there(path))
		return r;
	if (r < 0) {
		parse->unreadable = true;
		return add_problem(path, r, parse->errors);
	}
	r = mp_trust_complain(&st, path, parse->errors);
	if (r) {
		parse->unreadable = true;
		return r < 0 ? r : 0;
	}
	return mp_parse_file(parse, path, text, size);
}

static int add_file(struct mp_policy *policy, const char *path)
{
	char **files, *copy;

	files = reallocarray(policy->files, policy->n_files + 2, sizeof(*files));
	if (!files)
		return -ENOMEM;
	policy->files = files;

	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	files[policy->n_files++] = copy;
	files[policy->n_files] = NULL;
	return 0;
}

static int read_dropins(struct mp_parse *parse, const char *const dirs[])
{
	_cleanup_(dropins_done) struct dropins dropins = {};
	int r;

	r = dropins_find(&dropins, parse->policy, dirs, parse->errors);
	if (r < 0)
		return r;
	for (size_t i = 0; i < dropins.count; i++) {
		r = read_one(parse, dropins.items[i].path);
		if (r == -ERFKILL || r == -ENOENT)
			continue;
		if (r < 0)
			return r;
		r = add_file(parse->policy, dropins.items[i].path);
		if (r < 0)
			return r;
	}
	return 0;
}

/* What counts where a section says nothing. */
static int fill_settings(struct mp_policy *policy)
{
	for (size_t i = 0; i < mp_mechanisms_count; i++) {
		const struct mp_mechanism *mechanism = mp_mechanisms[i];
		void *settings;

		if (!mechanism->settings_size)
			continue;
		settings = malloc(mechanism->settings_size);
		if (!settings)
			return -ENOMEM;
		memcpy(settings, mechanism->defaults, mechanism->settings_size);
		policy->settings[mechanism->id] = settings;
	}
	return 0;
}

/* A policy that has its name and path and nothing else. */
static int policy_new(const char *path, struct mp_errors *errors, struct mp_policy **ret)
{
	_cleanup_policy_ struct mp_policy *policy = mp_owned(calloc(1, sizeof(*policy)));
	int r;

	if (!policy)
		return -ENOMEM;
	r = fill_settings(policy);
	if (r < 0)
		return r;
	r = mp_policy_name_from_path(path, &policy->name);
	if (r == -EINVAL) {
		r = mp_errors_add(
			errors, path, 1,
			"a policy file is called NAME" MP_POLICY_SUFFIX
			", NAME being 1 to %d of A-Z a-z 0-9 _ . @ - and not beginning with . or -",
			MEMPOL_NAME_LEN - 1);
		return r < 0 ? r : -EBADMSG;
	}
	if (r < 0)
		return r;
	policy->path = strdup(path);
	if (!policy->path)
		return -ENOMEM;
	r = add_file(policy, path);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(policy);
	return 0;
}

int mp_policy_read(const char *path, const char *const dirs[], struct mp_errors *errors,
		   struct mp_policy **ret_policy)
{
	_cleanup_policy_ struct mp_policy *policy = NULL;
	_cleanup_parse_ struct mp_parse parse = {};
	int r;

	r = policy_new(path, errors, &policy);
	if (r < 0)
		return r;
	mp_parse_begin(&parse, policy, errors);
	r = read_one(&parse, path);
	if (r < 0)
		return r;
	r = read_dropins(&parse, dirs);
	if (r < 0)
		return r;
	r = mp_parse_end(&parse);
	if (r < 0)
		return r;
	*ret_policy = TAKE_PTR(policy);
	return 0;
}

int mp_policy_parse_in(const char *path, const char *const dirs[], const char *text, size_t size,
		       struct mp_errors *errors, struct mp_policy **ret_policy)
{
	_cleanup_policy_ struct mp_policy *policy = NULL;
	_cleanup_parse_ struct mp_parse parse = {};
	int r;

	r = policy_new(path, errors, &policy);
	if (r < 0)
		return r;
	mp_parse_begin(&parse, policy, errors);
	if (size > MP_POLICY_FILE_MAX) {
		r = add_problem(path, -EFBIG, errors);
		return r < 0 ? r : -EBADMSG;
	}
	r = mp_parse_file(&parse, path, text, size);
	if (r < 0)
		return r;
	r = read_dropins(&parse, dirs);
	if (r < 0)
		return r;
	r = mp_parse_end(&parse);
	if (r < 0)
		return r;
	*ret_policy = TAKE_PTR(policy);
	return 0;
}

int mp_policy_parse(const char *path, const char *text, size_t size, struct mp_errors *errors,
		    struct mp_policy **ret_policy)
{
	static const char *const nowhere[] = { NULL };

	return mp_policy_parse_in(path, nowhere, text, size, errors, ret_policy);
}
