// SPDX-License-Identifier: GPL-2.0-only
/*
 * inotify on policy directories, their parents, their drop-in directories, and on the directories
 * that links in them point to; see watch.h.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "log.h"
#include "policy.h"
#include "watch.h"

/* Names and directories watched: parents, policy and drop-in directories, targets of links. */
#define WATCHES_MAX 2048
/* As many as the kernel follows. */
#define LINKS_MAX 40
/* Editors and package managers write in bursts; "within 1 s" leaves room for this. */
#define SETTLE_USEC (30 * 1000ULL)
/* Somebody waits for it; the default of 250 ms is for what nobody does. */
#define ACCURACY_USEC (10 * 1000ULL)
/* A regular file that was just created is read when it is closed, or after this. */
#define CREATED_USEC (400 * 1000ULL)
#define PARENT_MASK (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR)
#define DIR_MASK (PARENT_MASK | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF)
/* Of the directory that holds a link's target; and of a file that has a second name somewhere. */
#define TARGET_MASK (PARENT_MASK | IN_CLOSE_WRITE)
#define FILE_MASK IN_CLOSE_WRITE

struct item {
	int wd;
	char *path;
	char *only; /* the one name in it that counts; NULL: all */
};

struct mp_watch {
	sd_event *event;
	const char *const *dirs;
	int fd;
	sd_event_source *io, *timer;
	struct item items[WATCHES_MAX];
	size_t n;
	mp_watch_changed_t changed;
	void *userdata;
};

static void clear(struct mp_watch *w)
{
	for (size_t i = 0; i < w->n; i++) {
		free(w->items[i].path);
		free(w->items[i].only);
	}
	w->n = 0;
	w->io = sd_event_source_disable_unref(w->io);
	mp_closep(&w->fd);
	w->fd = -1;
}

static bool has(const struct mp_watch *w, int wd, const char *only)
{
	for (size_t i = 0; i < w->n; i++) {
		const char *o = w->items[i].only;

		if (w->items[i].wd == wd && (only && o ? !strcmp(only, o) : only == o))
			return true;
	}
	return false;
}

static int add(struct mp_watch *w, const char *path, const char *only, uint32_t mask)
{
	_cleanup_free_ char *p = mp_owned(strdup(path)), *o = NULL;
	int wd;

	if (only)
		o = mp_owned(strdup(only));
	if (!p || (only && !o))
		return -ENOMEM;
	if (w->n == WATCHES_MAX)
		return -E2BIG;
	/* The same directory may be parent of several: masks add up. */
	wd = inotify_add_watch(w->fd, path, mask | IN_MASK_ADD);
	if (wd < 0)
		return -errno;
	if (!has(w, wd, only))
		w->items[w->n++] = (struct item){ wd, TAKE_PTR(p), TAKE_PTR(o) };
	return 0;
}

/* What does not exist is waited for in its parent; anything else is worth a word. */
static void warn_unless_missing(int error, const char *path)
{
	if (error == -E2BIG)
		mp_log(LOG_WARNING,
		       "Too many directories to watch, ignoring %s: changes there need a reload.",
		       path);
	else if (error < 0 && error != -ENOENT && error != -ENOTDIR)
		mp_log_errno(LOG_WARNING, error,
			     "Cannot watch %s, ignoring: changes there need a reload", path);
}

/* A path that is being followed: @done has no links in it, @todo comes after it. */
struct way {
	char done[PATH_MAX], todo[PATH_MAX];
	unsigned int links;
};

/* Cuts the first component off @todo. NULL: there is none. */
static char *next_component(struct way *way, char name[static NAME_MAX + 1])
{
	size_t skip = strspn(way->todo, "/"), n = strcspn(way->todo + skip, "/");

	if (!n || n > NAME_MAX)
		return NULL;
	memcpy(name, way->todo + skip, n);
	name[n] = '\0';
	memmove(way->todo, way->todo + skip + n, strlen(way->todo + skip + n) + 1);
	return name;
}

/* "." and ".." are no names to wait for. */
static bool is_dots(struct way *way, const char *name)
{
	char *slash = strrchr(way->done, '/');

	if (!strcmp(name, ".."))
		*(slash ?: way->done) = '\0';
	else if (strcmp(name, ".") != 0)
		return false;
	return true;
}

/* Puts the target of the link @full before what is still to do. */
static bool enter_link(struct way *way, const char *full)
{
	char target[PATH_MAX], todo[PATH_MAX];
	ssize_t n = readlink(full, target, sizeof(target) - 1);

	if (n <= 0 || ++way->links > LINKS_MAX)
		return false;
	target[n] = '\0';
	if (snprintf(todo, sizeof(todo), "%s/%s", target, way->todo) >= (int)sizeof(todo))
		return false;
	if (*target == '/')
		way->done[0] = '\0';
	strcpy(way->todo, todo);
	return true;
}

/* One step; false: it ends here. */
static bool add_component(struct mp_watch *w, struct way *way)
{
	char name[NAME_MAX + 1], full[PATH_MAX];
	const char *parent = way->done[0] ? way->done : "/";
	struct stat st;
	int r;

	if (!next_component(way, name))
		return false;
	if (is_dots(way, name))
		return true;
	if (snprintf(full, sizeof(full), "%s/%s", way->done, name) >= (int)sizeof(full))
		return false;
	/* First watch, then look: what comes in between is told. */
	r = add(w, parent, name, PARENT_MASK);
	if (r < 0 || lstat(full, &st) < 0) {
		warn_unless_missing(r, parent);
		return false;
	}
	if (S_ISLNK(st.st_mode))
		return enter_link(way, full);
	/* A device, as /dev/null is of masked policies, is written to by everybody. */
	if (S_ISREG(st.st_mode))
		warn_unless_missing(add(w, parent, name, TARGET_MASK), parent);
	strcpy(way->done, full);
	return true;
}

/*
 * Each component of @path is watched for in the directory that holds it, as far as there is one, and
 * so is what links on the way point to.
 */
static void add_way(struct mp_watch *w, const char *path)
{
	struct way way = {};

	if (path[0] != '/' || strlen(path) >= sizeof(way.todo))
		return;
	strcpy(way.todo, path);
	while (add_component(w, &way))
		;
}

/* A file in a watched directory: it may be a link, or have a second name through which it is written. */
static void add_file(struct mp_watch *w, const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return;
	if (S_ISLNK(st.st_mode))
		add_way(w, path);
	else if (S_ISREG(st.st_mode) && st.st_nlink > 1)
		warn_unless_missing(add(w, path, NULL, FILE_MASK), path);
}

/* Calls @each with the path of every name in @dir that ends so. */
static void for_each_name(struct mp_watch *w, const char *dir, const char *suffix,
			  void (*each)(struct mp_watch *w, const char *path))
{
	_cleanup_closedir_ DIR *d = opendir(dir);
	size_t m = strlen(suffix);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		_cleanup_free_ char *path = NULL;
		size_t n = strlen(entry->d_name);

		if (n <= m || strcmp(entry->d_name + n - m, suffix) != 0)
			continue;
		if (asprintf(&path, "%s/%s", dir, entry->d_name) < 0) {
			path = NULL;
			return;
		}
		each(w, path);
	}
}

static void add_dropins(struct mp_watch *w, const char *path)
{
	add_file(w, path);
	warn_unless_missing(add(w, path, NULL, DIR_MASK), path);
	for_each_name(w, path, ".conf", add_file);
}

static void add_dir(struct mp_watch *w, const char *path)
{
	add_way(w, path);
	warn_unless_missing(add(w, path, NULL, DIR_MASK), path);
	for_each_name(w, path, MP_POLICY_SUFFIX, add_file);
	for_each_name(w, path, MP_POLICY_SUFFIX ".d", add_dropins);
}

static void fire_in(struct mp_watch *w, uint64_t usec)
{
	int enabled = SD_EVENT_OFF;
	uint64_t now, due;

	/* An earlier appointment stands. */
	(void)sd_event_source_get_enabled(w->timer, &enabled);
	if (enabled != SD_EVENT_OFF && sd_event_source_get_time(w->timer, &due) >= 0 &&
	    sd_event_now(w->event, CLOCK_MONOTONIC, &now) >= 0 && due <= now + usec)
		return;
	(void)sd_event_source_set_time_relative(w->timer, usec);
	(void)sd_event_source_set_enabled(w->timer, SD_EVENT_ONESHOT);
}

static bool is_plain_new_file(const struct item *item, const char *name)
{
	_cleanup_free_ char *path = NULL;
	struct stat st;

	if (asprintf(&path, "%s/%s", item->path, name) < 0) {
		path = NULL;
		return false;
	}
	return lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Policies, their drop-in directories and drop-ins; not the copies and locks editors make. */
static bool is_relevant(const char *name)
{
	static const char *const ends[] = { MP_POLICY_SUFFIX, MP_POLICY_SUFFIX ".d", ".conf" };
	size_t n = strlen(name);

	/* No name: the directory itself. */
	for (size_t i = 0; n > 0 && i < ARRAY_SIZE(ends); i++) {
		size_t m = strlen(ends[i]);

		if (n > m && !strcmp(name + n - m, ends[i]))
			return true;
	}
	return n == 0;
}

static void on_record(struct mp_watch *w, const struct inotify_event *e)
{
	const char *name = e->len ? e->name : "";

	if (e->mask & IN_Q_OVERFLOW) {
		fire_in(w, SETTLE_USEC);
		return;
	}
	for (size_t i = 0; i < w->n; i++) {
		const struct item *item = &w->items[i];

		if (item->wd != e->wd)
			continue;
		if (item->only ? !strcmp(item->only, name) : is_relevant(name))
			fire_in(w, e->mask & IN_CREATE && is_plain_new_file(item, name) ?
					   CREATED_USEC :
					   SETTLE_USEC);
	}
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	char buffer[8192] __attribute__((aligned(__alignof__(struct inotify_event))));
	struct mp_watch *w = userdata;
	ssize_t n = read(fd, buffer, sizeof(buffer));

	(void)source;
	(void)revents;
	for (char *p = buffer; n > 0 && p < buffer + n;) {
		struct inotify_event *e = (struct inotify_event *)p;

		on_record(w, e);
		p += sizeof(*e) + e->len;
	}
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct mp_watch *w = userdata;

	(void)source;
	(void)usec;
	w->changed(w->userdata);
	return 0;
}

/* A handful of watches: making them all anew is simpler than following what became of each. */
int mp_watch_rearm(struct mp_watch *w)
{
	clear(w);
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd < 0)
		return -errno;
	for (size_t i = 0; w->dirs[i]; i++)
		add_dir(w, w->dirs[i]);
	return sd_event_add_io(w->event, &w->io, w->fd, EPOLLIN, on_io, w);
}

int mp_watch_new(sd_event *event, const char *const dirs[], mp_watch_changed_t changed,
		 void *userdata, struct mp_watch **ret)
{
	_cleanup_(mp_watch_freep) struct mp_watch *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->fd = -1;
	w->event = sd_event_ref(event);
	w->dirs = dirs;
	w->changed = changed;
	w->userdata = userdata;
	r = sd_event_add_time_relative(event, &w->timer, CLOCK_MONOTONIC, 0, ACCURACY_USEC,
				       on_timer, w);
	if (r < 0)
		return r;
	r = sd_event_source_set_enabled(w->timer, SD_EVENT_OFF);
	if (r < 0)
		return r;
	r = mp_watch_rearm(w);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(w);
	return 0;
}

struct mp_watch *mp_watch_free(struct mp_watch *w)
{
	if (!w)
		return NULL;
	clear(w);
	sd_event_source_disable_unref(w->timer);
	sd_event_unref(w->event);
	free(w);
	return NULL;
}
