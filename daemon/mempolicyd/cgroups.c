// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cgroup tree by inotify, with a walk from time to time as the way out; see cgroups.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>

#include "cgroups.h"
#include "clock.h"
#include "log.h"
#include "text.h"

#define WATCH_BUCKETS 1024
/* cgroupfs has no limit of its own that is lower; a path of PATH_MAX has 2,048 components. */
#define DEPTH_MAX 512
/* Any user with a delegated cgroup can make the tree large: reading it may take 1/51 of a CPU. */
#define PAUSE_FACTOR 50
#define PAUSE_MIN_USEC (1000 * 1000ULL)
/* A link count that some file systems do not keep: 1. Theirs is 2 for a directory without children. */
#define NLINK_LEAF 2
#define WATCH_MASK \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR | IN_DONT_FOLLOW)

struct mp_cgroups {
	char *root;
	unsigned int watches_max, n_watches, walk;
	bool incomplete; /* something is not watched: walk again and again */
	uint64_t walked_usec, cost_usec; /* when the last walk ended, and its CPU time */
	int fd;
	sd_event_source *io, *timer;
	struct mp_cgroup **items;
	size_t n, room;
	struct mp_cgroup *buckets[WATCH_BUCKETS];
	mp_cgroups_changed_t changed;
	void *userdata;
};

/* The index of @path, or where it would have to be inserted. */
static size_t position(const struct mp_cgroups *c, const char *path, bool *ret_found)
{
	size_t low = 0, high = c->n;

	*ret_found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(c->items[middle]->path, path);

		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct mp_cgroup *mp_cgroups_find(const struct mp_cgroups *c, const char *path)
{
	bool found;
	size_t i = position(c, path, &found);

	return found ? c->items[i] : NULL;
}

struct mp_cgroup *const *mp_cgroups_list(const struct mp_cgroups *c, size_t *ret_n)
{
	*ret_n = c->n;
	return c->items;
}

static struct mp_cgroup *find_watch(struct mp_cgroups *c, int watch)
{
	struct mp_cgroup *g = c->buckets[(unsigned int)watch % WATCH_BUCKETS];

	while (g && g->watch != watch)
		g = g->next_watch;
	return g;
}

/* cgroupfs does not send IN_IGNORED for a removed directory, so the watch is always taken down. */
static void unwatch(struct mp_cgroups *c, struct mp_cgroup *g)
{
	struct mp_cgroup **p;

	if (g->watch < 0)
		return;
	p = &c->buckets[(unsigned int)g->watch % WATCH_BUCKETS];
	while (*p != g)
		p = &(*p)->next_watch;
	*p = g->next_watch;
	(void)inotify_rm_watch(c->fd, g->watch);
	g->watch = -1;
	c->n_watches--;
}

/* True when it is watched from now on. */
static bool watch(struct mp_cgroups *c, struct mp_cgroup *g, const char *full)
{
	if (g->watch >= 0)
		return false;
	if (c->n_watches >= c->watches_max) {
		c->incomplete = true;
		return false;
	}
	g->watch = inotify_add_watch(c->fd, full, WATCH_MASK);
	if (g->watch < 0) {
		/* ENOSPC: the user's limit; whatever else it is, the walk copes with it. */
		c->incomplete = true;
		return false;
	}
	if (find_watch(c, g->watch)) {
		/* The same directory under two names: only a test's tree can do that. */
		g->watch = -1;
		c->incomplete = true;
		return false;
	}
	g->next_watch = c->buckets[(unsigned int)g->watch % WATCH_BUCKETS];
	c->buckets[(unsigned int)g->watch % WATCH_BUCKETS] = g;
	c->n_watches++;
	return true;
}

/* Names are shown in JSON and on terminals; what those cannot hold is governed by its parent. */
static bool name_is_clean(const char *name)
{
	char copy[NAME_MAX + 1];

	if (strlen(name) >= sizeof(copy))
		return false;
	strcpy(copy, name);
	mp_text_clean(copy);
	return !strcmp(copy, name);
}

static bool is_dot(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static void free_cgroup(struct mp_cgroup *g)
{
	free(g->path);
	free(g);
}

static void remove_at(struct mp_cgroups *c, size_t i)
{
	unwatch(c, c->items[i]);
	free_cgroup(c->items[i]);
	memmove(&c->items[i], &c->items[i + 1], (c->n - i - 1) * sizeof(*c->items));
	c->n--;
}

/* Removes @path and all below it; true when there was something. */
static bool remove_tree(struct mp_cgroups *c, const char *path)
{
	size_t length = strlen(path), before = c->n;

	for (size_t i = c->n; i > 0; i--) {
		const char *p = c->items[i - 1]->path;

		if (!strncmp(p, path, length) && (p[length] == '\0' || p[length] == '/'))
			remove_at(c, i - 1);
	}
	return c->n != before;
}

static int insert(struct mp_cgroups *c, const char *path, uint64_t id, struct mp_cgroup **ret)
{
	struct mp_cgroup *g;
	bool found;
	size_t i;

	if (c->n == c->room) {
		size_t room = c->room ? c->room * 2 : 64;
		struct mp_cgroup **items = reallocarray(c->items, room, sizeof(*items));

		if (!items)
			return -ENOMEM;
		c->items = items;
		c->room = room;
	}
	g = calloc(1, sizeof(*g));
	if (!g)
		return -ENOMEM;
	g->watch = -1;
	g->id = id;
	g->path = strdup(path);
	if (!g->path) {
		free(g);
		return -ENOMEM;
	}
	i = position(c, path, &found);
	memmove(&c->items[i + 1], &c->items[i], (c->n - i) * sizeof(*c->items));
	c->items[i] = g;
	c->n++;
	*ret = g;
	return 0;
}

/*
 * Adds the directory and all below it. The watch comes before the reading, so that nothing is made
 * unseen in between. Returns whether something is new.
 */
static bool add_tree(struct mp_cgroups *c, const char *path, unsigned int depth)
{
	_cleanup_closedir_ DIR *dir = NULL;
	_cleanup_free_ char *full = NULL;
	struct mp_cgroup *g;
	bool found, changed = false;
	struct dirent *entry;
	struct stat st;
	size_t i;

	if (asprintf(&full, "%s%s", c->root, path[1] ? path : "") < 0) {
		full = NULL;
		c->incomplete = true;
		return false;
	}
	if (lstat(full, &st) < 0 || !S_ISDIR(st.st_mode))
		return false;
	i = position(c, path, &found);
	if (found && c->items[i]->id != st.st_ino) {
		/* Another directory of the same name: what hung on the old one is gone. */
		changed = path[1] ? remove_tree(c, path) : (remove_at(c, i), true);
		found = false;
	}
	if (found) {
		g = c->items[i];
	} else {
		if (insert(c, path, st.st_ino, &g) < 0) {
			c->incomplete = true;
			return changed;
		}
		changed = true;
	}
	g->seen = c->walk;
	if (watch(c, g, full))
		/* Counted anew: a child may have come before the watch. */
		(void)lstat(full, &st);

	dir = depth < DEPTH_MAX && st.st_nlink != NLINK_LEAF ? opendir(full) : NULL;
	while (dir && (entry = readdir(dir))) {
		_cleanup_free_ char *child = NULL;

		if (entry->d_type != DT_DIR || is_dot(entry->d_name) ||
		    !name_is_clean(entry->d_name))
			continue;
		if (asprintf(&child, "%s/%s", path[1] ? path : "", entry->d_name) < 0) {
			child = NULL;
			c->incomplete = true;
			break;
		}
		changed |= add_tree(c, child, depth + 1);
	}
	return changed;
}

uint64_t mp_cgroups_pause_usec(uint64_t cost_usec, bool lost)
{
	uint64_t pause = cost_usec * PAUSE_FACTOR;

	return !lost && pause < PAUSE_MIN_USEC ? PAUSE_MIN_USEC : pause;
}

/* @lost: something has happened that is not in the list. What is due earlier stays so. */
static void arm(struct mp_cgroups *c, bool lost)
{
	uint64_t due = c->walked_usec + mp_cgroups_pause_usec(c->cost_usec, lost), earlier;
	int enabled = SD_EVENT_OFF;

	(void)sd_event_source_get_enabled(c->timer, &enabled);
	if (enabled != SD_EVENT_OFF && sd_event_source_get_time(c->timer, &earlier) >= 0 &&
	    earlier <= due)
		return;
	(void)sd_event_source_set_time(c->timer, due);
	(void)sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT);
}

static bool walk(struct mp_cgroups *c)
{
	bool changed;

	c->walk++;
	changed = add_tree(c, "/", 0);
	for (size_t i = c->n; i > 0; i--) {
		if (c->items[i - 1]->seen != c->walk) {
			remove_at(c, i - 1);
			changed = true;
		}
	}
	return changed;
}

bool mp_cgroups_rescan(struct mp_cgroups *c)
{
	uint64_t start = mp_clock_usec(CLOCK_THREAD_CPUTIME_ID);
	bool changed, was = c->incomplete;

	c->incomplete = false;
	changed = walk(c);
	if (c->n == 0)
		c->incomplete = true;
	c->cost_usec = mp_clock_usec(CLOCK_THREAD_CPUTIME_ID) - start;
	c->walked_usec = mp_clock_usec(CLOCK_MONOTONIC);
	if (c->incomplete && !was)
		mp_log(LOG_NOTICE,
		       "Cannot watch every directory below %s, reading the tree every second, or less often if that takes long.",
		       c->root);
	(void)sd_event_source_set_enabled(c->timer, SD_EVENT_OFF);
	if (c->incomplete)
		arm(c, false);
	return changed;
}

/* True when the tree changed. */
static bool on_record(struct mp_cgroups *c, const struct inotify_event *e)
{
	_cleanup_free_ char *path = NULL;
	struct mp_cgroup *parent;

	if (e->mask & IN_Q_OVERFLOW) {
		arm(c, true);
		return false;
	}
	if (e->mask & IN_IGNORED || !(e->mask & IN_ISDIR) || !e->len)
		return false;
	parent = find_watch(c, e->wd);
	if (!parent || !name_is_clean(e->name))
		return false;
	if (asprintf(&path, "%s/%s", parent->path[1] ? parent->path : "", e->name) < 0) {
		path = NULL;
		c->incomplete = true;
		return false;
	}
	if (e->mask & (IN_CREATE | IN_MOVED_TO))
		return add_tree(c, path, 0);
	return remove_tree(c, path);
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	char buffer[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	struct mp_cgroups *c = userdata;
	bool changed = false;
	ssize_t n;

	(void)source;
	(void)revents;
	n = read(fd, buffer, sizeof(buffer));
	for (char *p = buffer; n > 0 && p < buffer + n;) {
		struct inotify_event *e = (struct inotify_event *)p;

		changed |= on_record(c, e);
		p += sizeof(*e) + e->len;
	}
	if (c->incomplete)
		arm(c, false);
	if (changed)
		c->changed(c->userdata);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct mp_cgroups *c = userdata;

	(void)source;
	(void)usec;
	if (mp_cgroups_rescan(c))
		c->changed(c->userdata);
	return 0;
}

int mp_cgroups_new(sd_event *event, const char *root, unsigned int watches_max,
		   mp_cgroups_changed_t changed, void *userdata, struct mp_cgroups **ret)
{
	_cleanup_(mp_cgroups_freep) struct mp_cgroups *c =
		mp_owned(calloc(1, sizeof(struct mp_cgroups)));
	int r;

	if (!c)
		return -ENOMEM;
	c->fd = -1;
	c->watches_max = watches_max;
	c->changed = changed;
	c->userdata = userdata;
	c->root = strdup(root);
	if (!c->root)
		return -ENOMEM;
	c->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (c->fd < 0)
		return -errno;
	r = sd_event_add_io(event, &c->io, c->fd, EPOLLIN, on_io, c);
	if (r < 0)
		return r;
	r = sd_event_add_time_relative(event, &c->timer, CLOCK_MONOTONIC, PAUSE_MIN_USEC, 0,
				       on_timer, c);
	if (r < 0)
		return r;
	(void)mp_cgroups_rescan(c);
	*ret = TAKE_PTR(c);
	return 0;
}

struct mp_cgroups *mp_cgroups_free(struct mp_cgroups *c)
{
	if (!c)
		return NULL;
	sd_event_source_disable_unref(c->io);
	sd_event_source_disable_unref(c->timer);
	for (size_t i = 0; i < c->n; i++)
		free_cgroup(c->items[i]);
	free(c->items);
	mp_closep(&c->fd);
	free(c->root);
	free(c);
	return NULL;
}
