/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks a cgroup tree (cgroup_tree.h), breadth first, so that depth costs no stack.
 */
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "cgroup_tree.h"

bool mp_cgroup_root_is_real(const char *root)
{
	struct statfs fs;

	return statfs(root, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

void mp_paths_done(struct mp_paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		free(paths->items[i]);
	free(paths->items);
	*paths = (struct mp_paths){};
}

static int add(struct mp_paths *paths, const char *parent, const char *name)
{
	char **items, *path;

	items = reallocarray(paths->items, paths->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	paths->items = items;
	if (asprintf(&path, "%s/%s", parent, name) < 0)
		return -ENOMEM;
	items[paths->count++] = path;
	return 0;
}

/* The directories within @path, which may be gone by now. */
static int add_children(struct mp_paths *paths, const char *root, const char *path)
{
	const char *parent = path[1] ? path : "";
	_cleanup_closedir_ DIR *dir = NULL;
	_cleanup_free_ char *full = NULL;
	struct dirent *entry;
	int r = 0;

	if (asprintf(&full, "%s%s", root, parent) < 0) {
		full = NULL;
		return -ENOMEM;
	}
	dir = opendir(full);
	if (!dir)
		return -errno;
	while (r == 0 && (entry = readdir(dir)))
		if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") &&
		    strcmp(entry->d_name, ".."))
			r = add(paths, parent, entry->d_name);
	return r;
}

int mp_cgroup_tree_read(const char *root, struct mp_paths *ret)
{
	_cleanup_paths_ struct mp_paths paths = {};
	int r;

	r = add(&paths, "", "");
	if (r < 0)
		return r;
	for (size_t i = 0; i < paths.count; i++) {
		r = add_children(&paths, root, paths.items[i]);
		if (r == -ENOMEM || (r < 0 && !i))
			return r;
	}
	*ret = TAKE(paths, (struct mp_paths){});
	return 0;
}
