/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the cgroup file system; see record-cgroup.h.
 */
#include "record-cgroup.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "cgroup_tree.h"
#include "errors.h"

/* Pages that wait on a CPU for their place on a list; large folios wait as well, and are few. */
#define BATCH_BYTES (31 * 4096)

static char *file_of(const char *root, const char *path, const char *name)
{
	char *full;

	if (asprintf(&full, "%s%s/%s", root, path[1] ? path : "", name) < 0)
		return NULL;
	return full;
}

/*
 * As the shell has completed it, or as the kernel's files show it. The level is counted in it and a policy may be
 * written from it: it has no empty component and leads nowhere else.
 */
static int below_root(const char *root, const char *cgroup, char **ret, char **ret_problem)
{
	size_t n = strlen(root), length;
	char *path, *end;

	if (!strncmp(cgroup, root, n) && (!cgroup[n] || cgroup[n] == '/'))
		cgroup += n;
	path = end = malloc(strlen(cgroup) + 2);
	if (!path)
		return -ENOMEM;
	for (; (length = strcspn(cgroup, "/")) || *cgroup; cgroup += length ?: 1) {
		if (!length)
			continue;
		if (!strncmp(cgroup, "..", length) && length <= 2) {
			free(path);
			(void)mp_problem(ret_problem, -EINVAL,
					 "a cgroup's path has neither . nor ..: write it from "
					 "the root on, as in --cgroup /system.slice");
			return -EINVAL;
		}
		*end++ = '/';
		end = mempcpy(end, cgroup, length);
	}
	if (end == path)
		*end++ = '/';
	*end = '\0';
	*ret = path;
	return 0;
}

static int find_unit(const char *root, const char *unit, char **ret, char **ret_problem)
{
	_cleanup_paths_ struct mp_paths paths = {};
	const char *found = NULL;
	int r = mp_cgroup_tree_read(root, &paths);

	if (r < 0)
		return r;
	for (size_t i = 0; i < paths.count; i++) {
		const char *last = strrchr(paths.items[i], '/');

		if (!last || strcmp(last + 1, unit))
			continue;
		if (found)
			return mp_problem(ret_problem, -ENOTUNIQ,
					  "%s and %s are both called %s: name one with --cgroup",
					  found, paths.items[i], unit);
		found = paths.items[i];
	}
	if (!found)
		return mp_problem(ret_problem, -ENOENT,
				  "there is no unit %s that runs: see systemctl list-units", unit);
	*ret = strdup(found);
	return *ret ? 0 : -ENOMEM;
}

static int identify(const char *root, struct record_cgroup *cgroup, char **ret_problem)
{
	_cleanup_free_ char *directory = mp_owned(file_of(root, cgroup->path, ""));
	_cleanup_free_ char *procs = mp_owned(file_of(root, cgroup->path, "cgroup.procs"));
	struct stat st;

	if (!directory || !procs)
		return -ENOMEM;
	if (stat(directory, &st) < 0 || !S_ISDIR(st.st_mode) || access(procs, F_OK) < 0)
		return mp_problem(ret_problem, -ENOENT,
				  "there is no cgroup %s: write its path below %s, as in "
				  "--cgroup /system.slice, or --unit NAME; see systemd-cgls",
				  cgroup->path, root);
	cgroup->id = st.st_ino;
	for (const char *c = cgroup->path; cgroup->path[1] && *c; c++)
		cgroup->level += *c == '/';
	return 0;
}

int record_cgroup_find(const char *root, const char *cgroup, const char *unit,
		       struct record_cgroup *ret, char **ret_problem)
{
	struct record_cgroup found = {};
	int r;

	*ret_problem = NULL;
	if (unit)
		r = find_unit(root, unit, &found.path, ret_problem);
	else
		r = below_root(root, cgroup, &found.path, ret_problem);
	if (r == 0)
		r = identify(root, &found, ret_problem);
	if (r < 0) {
		record_cgroup_done(&found);
		return r;
	}
	*ret = found;
	return 0;
}

void record_cgroup_done(struct record_cgroup *cgroup)
{
	free(cgroup->path);
	*cgroup = (struct record_cgroup){};
}

bool record_cgroup_is_there(const char *root, const struct record_cgroup *cgroup)
{
	_cleanup_free_ char *directory = mp_owned(file_of(root, cgroup->path, ""));
	struct stat st;

	return directory && stat(directory, &st) == 0 && st.st_ino == cgroup->id;
}

/* A number in a file of its own; @otherwise for "max", and where there is none. */
static uint64_t read_number(const char *root, const char *path, const char *name,
			    uint64_t otherwise)
{
	_cleanup_free_ char *file = mp_owned(file_of(root, path, name));
	_cleanup_fclose_ FILE *f = mp_owned(file ? fopen(file, "re") : NULL);
	uint64_t number;

	return f && fscanf(f, "%" SCNu64, &number) == 1 ? number : otherwise;
}

static void read_stat(const char *root, const char *path, struct record_memory *memory)
{
	_cleanup_free_ char *file = mp_owned(file_of(root, path, "memory.stat"));
	_cleanup_fclose_ FILE *f = mp_owned(file ? fopen(file, "re") : NULL);
	uint64_t number, shmem = 0;
	char key[64];

	while (f && fscanf(f, "%63s %" SCNu64, key, &number) == 2) {
		if (!strcmp(key, "file"))
			memory->file_bytes = number;
		else if (!strcmp(key, "shmem"))
			shmem = number;
		else if (!strcmp(key, "mempol_file"))
			memory->governed_bytes = number;
	}
	memory->file_bytes -= shmem < memory->file_bytes ? shmem : memory->file_bytes;
}

/* What a limit leaves to the cgroup that has @current_bytes itself: what others below it have now is theirs. */
static uint64_t left_by(const char *root, const char *path, uint64_t current_bytes)
{
	uint64_t limit = read_number(root, path, "memory.max", UINT64_MAX);
	uint64_t all = read_number(root, path, "memory.current", 0);
	uint64_t others = all > current_bytes ? all - current_bytes : 0;

	if (limit == UINT64_MAX)
		return limit;
	return limit > others ? limit - others : 0;
}

int record_cgroup_memory(const char *root, const struct record_cgroup *cgroup,
			 struct record_memory *ret)
{
	struct record_memory memory = { .limit_bytes = UINT64_MAX };
	_cleanup_free_ char *path = mp_owned(strdup(cgroup->path));
	char *slash;

	if (!path)
		return -ENOMEM;
	read_stat(root, path, &memory);
	memory.current_bytes = read_number(root, path, "memory.current", 0);
	while (path[1] && (slash = strrchr(path, '/'))) {
		uint64_t limit = left_by(root, path, memory.current_bytes);

		if (limit < memory.limit_bytes)
			memory.limit_bytes = limit;
		slash[slash == path] = '\0';
	}
	*ret = memory;
	return 0;
}

bool record_is_governed(const struct record_memory *memory, unsigned int cpus)
{
	uint64_t batches = (uint64_t)cpus * BATCH_BYTES, hundredth = memory->file_bytes / 100;

	return memory->file_bytes <=
	       memory->governed_bytes + (batches > hundredth ? batches : hundredth);
}

uint64_t record_cache_bytes(const struct record_memory *memory)
{
	uint64_t rest = memory->current_bytes > memory->file_bytes ?
				memory->current_bytes - memory->file_bytes :
				0;

	if (memory->limit_bytes == UINT64_MAX || rest >= memory->limit_bytes)
		return memory->file_bytes;
	return memory->limit_bytes - rest;
}
