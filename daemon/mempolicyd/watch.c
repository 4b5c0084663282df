// SPDX-License-Identifier: GPL-2.0-only
/*
 * inotify on policy directories, their parents and their drop-in directories; see watch.h.
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

/* Directories watched: parents, the policy directories and their drop-in directories. */
#define WATCHES_MAX 512
/* Editors and package managers write in bursts; "within 1 s" leaves room for this. */
#define SETTLE_USEC (30 * 1000ULL)
/* Somebody waits for it; the default of 250 ms is for what nobody does. */
#define ACCURACY_USEC (10 * 1000ULL)
/* A regular file that was just created is read when it is closed, or after this. */
#define CREATED_USEC (400 * 1000ULL)
#define PARENT_MASK (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR)
#define DIR_MASK (PARENT_MASK | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF)

struct item {
	int wd;
	char *path;
	char *only; /* of a parent: the one name in it that counts; NULL: all */
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

static int add(struct mp_watch *w, const char *path, const char *only)
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
	wd = inotify_add_watch(w->fd, path, (only ? PARENT_MASK : DIR_MASK) | IN_MASK_ADD);
	if (wd < 0)
		return -errno;
	w->items[w->n++] = (struct item){ wd, TAKE_PTR(p), TAKE_PTR(o) };
	return 0;
}

/* Each component of @dir is watched for in its parent, as far as there is one. */
static void add_parents(struct mp_watch *w, const char *dir)
{
	char path[PATH_MAX];

	if (dir[0] != '/' || strlen(dir) >= sizeof(path))
		return;
	for (const char *slash = dir; slash; slash = strchr(slash + 1, '/')) {
		_cleanup_free_ char *name = mp_owned(strndup(slash + 1, strcspn(slash + 1, "/")));
		size_t n = slash == dir ? 1 : slash - dir;

		memcpy(path, dir, n);
		path[n] = '\0';
		if (!name || !*name || add(w, path, name) < 0)
			return;
	}
}

static void add_dropins(struct mp_watch *w, const char *dir)
{
	_cleanup_closedir_ DIR *d = opendir(dir);
	static const char suffix[] = MP_POLICY_SUFFIX ".d";
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		_cleanup_free_ char *path = NULL;
		size_t n = strlen(entry->d_name);

		if (n < sizeof(suffix) || strcmp(entry->d_name + n - sizeof(suffix) + 1, suffix))
			continue;
		if (asprintf(&path, "%s/%s", dir, entry->d_name) < 0) {
			path = NULL;
			return;
		}
		if (add(w, path, NULL) == -E2BIG) {
			mp_log(LOG_WARNING,
			       "Too many drop-in directories in %s to watch them all, ignoring.",
			       dir);
			return;
		}
	}
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
			fire_in(w, !item->only && e->mask & IN_CREATE &&
						   is_plain_new_file(item, name) ?
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
	int r;

	clear(w);
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd < 0)
		return -errno;
	for (size_t i = 0; w->dirs[i]; i++) {
		add_parents(w, w->dirs[i]);
		r = add(w, w->dirs[i], NULL);
		if (r == 0)
			add_dropins(w, w->dirs[i]);
		else if (r != -ENOENT && r != -ENOTDIR)
			mp_log_errno(LOG_WARNING, r, "Cannot watch %s, ignoring", w->dirs[i]);
	}
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
