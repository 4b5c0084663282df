/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Owner and mode of files and of the directories that lead to them (trust.h).
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "trust.h"

#define LINKS_MAX 40 /* as the kernel has it */
#define OTHERS_MAY_WRITE (S_IWGRP | S_IWOTH)

struct judgement {
	char **ret_warning;
	char **ret_problem;
	unsigned int links;
};

static int refuse_mode(const struct stat *st, const char *path, char **ret_problem)
{
	if (!S_ISDIR(st->st_mode))
		return mp_problem(ret_problem, -EPERM,
				  "others than its owner may write to it: chmod go-w %s", path);
	if (st->st_mode & S_ISVTX)
		return mp_problem(
			ret_problem, -EPERM,
			"everybody may write to the directory %s: keep the file elsewhere", path);
	return mp_problem(ret_problem, -EPERM,
			  "others than its owner may write to the directory %s: chmod go-w %s",
			  path, path);
}

static int refuse_owner(const struct stat *st, const char *path, char **ret_warning,
			char **ret_problem)
{
	const char *owned = S_ISDIR(st->st_mode) ? "the directory belongs" : "it belongs";
	char **ret = ret_warning ? ret_warning : ret_problem;

	if (ret_warning && *ret_warning)
		return 0;
	return mp_problem(ret, ret_warning ? 0 : -EPERM,
			  "%s to the user with the number %u, not to root: chown root %s", owned,
			  (unsigned int)st->st_uid, path);
}

int mp_trust_stat(const struct stat *st, const char *path, char **ret_warning, char **ret_problem)
{
	if (st->st_mode & OTHERS_MAY_WRITE)
		return refuse_mode(st, path, ret_problem);
	if (st->st_uid && st->st_uid != geteuid())
		return refuse_owner(st, path, ret_warning, ret_problem);
	return 0;
}

static int judge_way(struct judgement *j, const char *path);

/* @link is the first @length bytes of @path; what it points to and the rest are another way. */
static int follow(struct judgement *j, const char *link, const char *path, size_t length)
{
	_cleanup_free_ char *other = NULL;
	char target[PATH_MAX];
	ssize_t n = readlink(link, target, sizeof(target) - 1);
	size_t parent = strrchr(link, '/') + 1 - link;

	if (n < 0 || j->links++ == LINKS_MAX)
		return 0;
	target[n] = '\0';
	if (asprintf(&other, "%.*s%s%s", *target == '/' ? 0 : (int)parent, link, target,
		     path + length) < 0) {
		other = NULL;
		return -ENOMEM;
	}
	return judge_way(j, other);
}

/* 1: the way went on elsewhere. */
static int judge_step(struct judgement *j, const char *path, size_t length)
{
	_cleanup_free_ char *step = mp_owned(strndup(path, length));
	struct stat st;
	int r;

	if (!step)
		return -ENOMEM;
	if (lstat(step, &st) < 0)
		return 0;
	if (S_ISLNK(st.st_mode)) {
		r = follow(j, step, path, length);
		return r < 0 ? r : 1;
	}
	return S_ISDIR(st.st_mode) && path[length] ?
		       mp_trust_stat(&st, step, j->ret_warning, j->ret_problem) :
		       0;
}

static int judge_way(struct judgement *j, const char *path)
{
	struct stat root;
	int r;

	if (stat("/", &root) == 0) {
		r = mp_trust_stat(&root, "/", j->ret_warning, j->ret_problem);
		if (r < 0)
			return r;
	}
	for (size_t n = strspn(path, "/"); path[n]; n += strspn(path + n, "/")) {
		n += strcspn(path + n, "/");
		r = judge_step(j, path, n);
		if (r)
			return r < 0 ? r : 0;
	}
	return 0;
}

int mp_trust_way(const char *path, char **ret_warning, char **ret_problem)
{
	struct judgement j = { .ret_warning = ret_warning, .ret_problem = ret_problem };

	return judge_way(&j, path);
}

/* A link says nothing of itself; where it leads counts. */
static int judge_link(const char *path, char **ret_warning, char **ret_problem)
{
	_cleanup_free_ char *real = NULL;
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISLNK(st.st_mode))
		return 0;
	real = realpath(path, NULL);
	return real ? mp_trust_way(real, ret_warning, ret_problem) : 0;
}

int mp_trust_complain(const struct stat *st, const char *path, struct mp_errors *errors)
{
	_cleanup_free_ char *warning = NULL, *problem = NULL;
	char **ret_warning = errors->warnings ? &warning : NULL;
	int r;

	r = mp_trust_stat(st, path, ret_warning, &problem);
	if (r == 0)
		r = judge_link(path, ret_warning, &problem);
	if (r == -ENOMEM)
		return r;
	if (warning && mp_errors_add(errors->warnings, path, 1, "warning: %s", warning) < 0)
		return -ENOMEM;
	if (r == 0)
		return 0;
	r = mp_errors_add(errors, path, 1, "%s", problem);
	return r < 0 ? r : 1;
}

int mp_trust_complain_of_dir(DIR *dir, const char *path, struct mp_errors *errors)
{
	int fd = dirfd(dir);
	struct stat st;
	int r;

	if (fd >= 0 && fstat(fd, &st) == 0)
		return mp_trust_complain(&st, path, errors);
	r = mp_errors_add(errors, path, 1, "the directory cannot be judged: %s", strerror(errno));
	return r < 0 ? r : 1;
}
