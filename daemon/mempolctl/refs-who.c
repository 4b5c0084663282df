/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looks through /proc for processes that may hold pages of a file; see refs.h. A process may end meanwhile, or
 * be another user's: what cannot be read is passed over.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "refs.h"
#include "utf8.h"

/* Of one process. */
struct holder {
	const struct stat *st;
	const char *path;
	uint64_t maps, open, pinned_bytes, io_uring_buffers;
	bool vfio;
};

static FILE *open_at(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (!f && fd >= 0)
		close(fd);
	return f;
}

/* A path of PATH_MAX and what stands before it in a line of maps. */
#define LINE_SIZE (PATH_MAX + 128)

/*
 * A line of maps: "START-END PERMS OFFSET MAJOR:MINOR INODE PATH". Where a file system has device numbers of its
 * own for stat(), as btrfs, the path decides.
 */
static bool maps_file(const char *line, const struct holder *h)
{
	unsigned int major, minor;
	unsigned long inode;
	int at = 0;

	if (sscanf(line, "%*s %*s %*s %x:%x %lu %n", &major, &minor, &inode, &at) != 3 ||
	    inode != h->st->st_ino)
		return false;
	if (makedev(major, minor) == h->st->st_dev)
		return true;
	return at && h->path && !strncmp(line + at, h->path, strlen(h->path)) &&
	       line[at + strlen(h->path)] == '\n';
}

/* 0, or -errno where the process cannot be looked into. */
static int read_maps(int dir, struct holder *h)
{
	_cleanup_fclose_ FILE *f = mp_owned(open_at(dir, "maps"));
	char line[LINE_SIZE];

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f))
		h->maps += maps_file(line, h);
	return ferror(f) ? -EACCES : 0;
}

static uint64_t read_field(int dir, const char *file, const char *name)
{
	_cleanup_fclose_ FILE *f = mp_owned(open_at(dir, file));
	char line[LINE_SIZE];
	uint64_t value = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			value += strtoull(line + strlen(name) + 1, NULL, 10);
	return value;
}

static void look_at_descriptor(int dir, const char *name, struct holder *h)
{
	char link[128], file[288];
	struct stat st;
	ssize_t n;

	snprintf(file, sizeof(file), "fd/%s", name);
	n = readlinkat(dir, file, link, sizeof(link) - 1);
	if (n < 0)
		return;
	link[n] = '\0';
	if (!strcmp(link, "anon_inode:[io_uring]")) {
		snprintf(file, sizeof(file), "fdinfo/%s", name);
		h->io_uring_buffers += read_field(dir, file, "UserBufs");
	} else if (!strncmp(link, "/dev/vfio/", 10) || !strncmp(link, "anon_inode:[vfio", 16)) {
		h->vfio = true;
	} else if (*link == '/' && fstatat(dir, file, &st, 0) == 0) {
		h->open += st.st_dev == h->st->st_dev && st.st_ino == h->st->st_ino;
	}
}

static void read_descriptors(int dir, struct holder *h)
{
	int fd = openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_closedir_ DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!entries && fd >= 0)
		close(fd);
	while (entries && (entry = readdir(entries)))
		if (isdigit((unsigned char)*entry->d_name))
			look_at_descriptor(dir, entry->d_name, h);
}

static void read_command(int dir, char command[static 64])
{
	_cleanup_fclose_ FILE *f = mp_owned(open_at(dir, "comm"));

	if (!f || !fgets(command, 64, f))
		strcpy(command, "?");
	command[strcspn(command, "\n")] = '\0';
	/* A process calls itself what it likes. */
	mp_text_clean(command);
}

static int add_holder(sd_json_variant **rows, int dir, const char *pid, const struct holder *h)
{
	char command[64];

	read_command(dir, command);
	return sd_json_variant_append_arraybo(
		rows, SD_JSON_BUILD_PAIR_UNSIGNED("pid", strtoull(pid, NULL, 10)),
		SD_JSON_BUILD_PAIR_STRING("command", command),
		SD_JSON_BUILD_PAIR_UNSIGNED("maps", h->maps),
		SD_JSON_BUILD_PAIR_UNSIGNED("open", h->open),
		SD_JSON_BUILD_PAIR_UNSIGNED("pinned_bytes", h->pinned_bytes),
		SD_JSON_BUILD_PAIR_UNSIGNED("io_uring_buffers", h->io_uring_buffers),
		SD_JSON_BUILD_PAIR_BOOLEAN("vfio", h->vfio));
}

static int look_at_process(sd_json_variant **rows, int proc, const char *pid, const struct stat *st,
			   const char *path, unsigned int *hidden)
{
	_cleanup_close_ int dir = openat(proc, pid, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct holder h = { .st = st, .path = path };
	int r;

	if (dir < 0)
		return 0;
	r = read_maps(dir, &h);
	if (r == -EACCES || r == -EPERM)
		(*hidden)++;
	if (r < 0)
		return 0;
	read_descriptors(dir, &h);
	if (!h.maps && !h.open)
		return 0;
	h.pinned_bytes = read_field(dir, "status", "VmPin") * 1024;
	return add_holder(rows, dir, pid, &h);
}

int refs_who(const char *proc, const struct stat *st, const char *path, sd_json_variant **ret,
	     unsigned int *ret_hidden)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *rows = NULL;
	_cleanup_closedir_ DIR *entries = mp_owned(opendir(proc));
	const struct dirent *entry;
	char self[32];
	int fd, r;

	if (!entries)
		return -errno;
	fd = dirfd(entries);
	if (fd < 0)
		return -errno;
	*ret_hidden = 0;
	snprintf(self, sizeof(self), "%d", getpid());
	r = sd_json_variant_new_array(&rows, NULL, 0);
	while (r >= 0 && (entry = readdir(entries))) {
		if (!isdigit((unsigned char)*entry->d_name) || !strcmp(entry->d_name, self))
			continue;
		r = look_at_process(&rows, fd, entry->d_name, st, path, ret_hidden);
	}
	if (r < 0)
		return r;
	*ret = TAKE_PTR(rows);
	return 0;
}
