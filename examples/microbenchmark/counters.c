// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads /proc/diskstats, memory.stat and getrusage(). Called by the runner at the ends of each stretch
 * that is measured, never within. It must never guess: a counter that cannot be found is an error.
 */
#include "counters.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

int mb_diskstats_read(const char *path, unsigned int major, unsigned int minor, u64 *ret_sectors)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	if (!file)
		return -errno;
	while (getline(&line, &size, file) >= 0) {
		unsigned int line_major, line_minor;
		unsigned long long sectors;

		/* major minor name reads merged sectors ...: a partition has a line of its own */
		if (sscanf(line, "%u %u %*s %*u %*u %llu", &line_major, &line_minor, &sectors) != 3)
			continue;
		if (line_major != major || line_minor != minor)
			continue;
		*ret_sectors = sectors;
		return 0;
	}
	return -ENODEV;
}

int mb_keyed_read(const char *path, const char *key, u64 *ret_value)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0, length = strlen(key);

	if (!file)
		return -errno;
	while (getline(&line, &size, file) >= 0) {
		if (strncmp(line, key, length) || line[length] != ' ')
			continue;
		*ret_value = strtoull(line + length + 1, NULL, 10);
		return 0;
	}
	return -ENOENT;
}

/* mountinfo writes blanks, tabs, newlines and backslashes as \ooo. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] && s[3]) {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/*
 * The first mount of a device (type NULL), or of a file system type (major and minor ignored):
 * "id parent major:minor root mountpoint options [tags] - type source options".
 */
static int find_mount(const char *root, const char *type, unsigned int major, unsigned int minor,
		      char **ret_point, char **ret_source)
{
	_cleanup_fclose_ FILE *file = NULL;
	_cleanup_free_ char *path = NULL, *line = NULL;
	size_t size = 0;

	if (asprintf(&path, "%s/proc/self/mountinfo", root) < 0)
		return -ENOMEM;
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (getline(&line, &size, file) >= 0) {
		_cleanup_free_ char *point = NULL, *found = NULL, *source = NULL;
		unsigned int line_major, line_minor;
		char *tail = strstr(line, " - ");

		if (!tail ||
		    sscanf(line, "%*u %*u %u:%u %*s %ms", &line_major, &line_minor, &point) != 3 ||
		    sscanf(tail, " - %ms %ms", &found, &source) != 2)
			continue;
		if (type ? strcmp(type, found) != 0 : line_major != major || line_minor != minor)
			continue;
		unescape(point);
		unescape(source);
		*ret_point = point;
		*ret_source = source;
		point = source = NULL;
		return 0;
	}
	return -ENOENT;
}

/* A queue can be told not to count; a partition's queue is its parent's. */
static bool counts_nothing(const struct mb_probe *probe, const char *root)
{
	static const char *const places[] = { "queue", "../queue" };

	for (size_t i = 0; i < MB_ARRAY_SIZE(places); i++) {
		_cleanup_fclose_ FILE *file = NULL;
		_cleanup_free_ char *path = NULL;

		if (asprintf(&path, "%s/sys/dev/block/%u:%u/%s/iostats", root, probe->major,
			     probe->minor, places[i]) < 0)
			return false;
		file = fopen(path, "re");
		if (file)
			return getc(file) == '0';
	}
	return false;
}

/* Btrfs and others give files a device number of their own: their mount names the real one. */
static int find_device(struct mb_probe *probe, const char *root, dev_t dev)
{
	_cleanup_free_ char *point = NULL, *source = NULL, *path = NULL;
	struct stat st;
	u64 sectors;

	probe->major = major(dev);
	probe->minor = minor(dev);
	if (mb_diskstats_read(probe->diskstats, probe->major, probe->minor, &sectors) == 0)
		return 0;
	if (find_mount(root, NULL, major(dev), minor(dev), &point, &source) < 0)
		return -ENODEV;
	if (asprintf(&path, "%s%s", root, source) < 0)
		return -ENOMEM;
	if (*source != '/' || stat(path, &st) < 0 || !st.st_rdev)
		return -ENODEV;
	probe->major = major(st.st_rdev);
	probe->minor = minor(st.st_rdev);
	return mb_diskstats_read(probe->diskstats, probe->major, probe->minor, &sectors);
}

/* Our cgroup's path in the unified hierarchy: the line "0::/path". */
static int own_cgroup(const char *root, char **ret_path)
{
	_cleanup_fclose_ FILE *file = NULL;
	_cleanup_free_ char *path = NULL, *line = NULL;
	size_t size = 0;

	if (asprintf(&path, "%s/proc/self/cgroup", root) < 0)
		return -ENOMEM;
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (getline(&line, &size, file) >= 0) {
		if (strncmp(line, "0::/", 4))
			continue;
		line[strcspn(line, "\n")] = '\0';
		*ret_path = strdup(line + 3);
		return *ret_path ? 0 : -ENOMEM;
	}
	return -ENOENT;
}

/* Where the memory controller is off, the nearest ancestor that has it is charged. */
static int find_memory_stat(const char *root, char **ret_path)
{
	_cleanup_free_ char *point = NULL, *source = NULL, *cgroup = NULL;
	int r;

	r = find_mount(root, "cgroup2", 0, 0, &point, &source);
	if (r >= 0)
		r = own_cgroup(root, &cgroup);
	while (r >= 0) {
		char *path, *slash;
		u64 value;

		slash = strrchr(cgroup, '/');
		if (slash && !slash[1])
			*slash = '\0';
		if (asprintf(&path, "%s%s%s/memory.stat", root, point, cgroup) < 0)
			return -ENOMEM;
		r = mb_keyed_read(path, "workingset_refault_file", &value);
		if (r >= 0) {
			*ret_path = path;
			return 0;
		}
		free(path);
		slash = strrchr(cgroup, '/');
		if (!slash)
			break;
		*slash = '\0';
		r = 0;
	}
	return r < 0 ? r : -ENOENT;
}

static int find_refaults(struct mb_probe *probe, const char *root)
{
	u64 value;

	if (find_memory_stat(root, &probe->refault_file) >= 0)
		return 0;
	if (asprintf(&probe->refault_file, "%s/proc/vmstat", root) < 0) {
		probe->refault_file = NULL;
		return -ENOMEM;
	}
	probe->refaults_of_system = true;
	return mb_keyed_read(probe->refault_file, "workingset_refault_file", &value);
}

int mb_probe_init(struct mb_probe *ret_probe, const char *root, dev_t dev)
{
	struct mb_probe probe = { 0 };
	int r;

	if (asprintf(&probe.diskstats, "%s/proc/diskstats", root) < 0)
		return -ENOMEM;
	r = find_device(&probe, root, dev);
	if (r >= 0 && counts_nothing(&probe, root))
		r = -EOPNOTSUPP;
	if (r >= 0)
		r = find_refaults(&probe, root);
	if (r < 0) {
		mb_probe_free(&probe);
		return r;
	}
	*ret_probe = probe;
	return 0;
}

void mb_probe_free(struct mb_probe *probe)
{
	free(probe->diskstats);
	free(probe->refault_file);
	*probe = (struct mb_probe){ 0 };
}

static void read_own(struct mb_counters *counters)
{
	struct timespec now;
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	clock_gettime(CLOCK_MONOTONIC, &now);
	counters->major_faults = (u64)usage.ru_majflt;
	counters->minor_faults = (u64)usage.ru_minflt;
	counters->time_ns = (u64)now.tv_sec * 1000000000ULL + (u64)now.tv_nsec;
}

static int read_system(const struct mb_probe *probe, struct mb_counters *counters)
{
	int r = mb_keyed_read(probe->refault_file, "workingset_refault_file", &counters->refaults);

	if (r < 0)
		return r;
	return mb_diskstats_read(probe->diskstats, probe->major, probe->minor,
				 &counters->sectors_read);
}

int mb_counters_begin(const struct mb_probe *probe, struct mb_counters *ret)
{
	int r = read_system(probe, ret);

	read_own(ret);
	return r;
}

int mb_counters_end(const struct mb_probe *probe, struct mb_counters *ret)
{
	read_own(ret);
	return read_system(probe, ret);
}

static u64 difference(u64 begin, u64 end)
{
	return end > begin ? end - begin : 0;
}

void mb_counters_add(struct mb_counters *sum, const struct mb_counters *begin,
		     const struct mb_counters *end)
{
	sum->sectors_read += difference(begin->sectors_read, end->sectors_read);
	sum->refaults += difference(begin->refaults, end->refaults);
	sum->major_faults += difference(begin->major_faults, end->major_faults);
	sum->minor_faults += difference(begin->minor_faults, end->minor_faults);
	sum->time_ns += difference(begin->time_ns, end->time_ns);
}
