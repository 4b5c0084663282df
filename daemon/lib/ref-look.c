/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks along globs, directory by directory, by descriptors (ref-look.h). glob(3) would read each directory to its
 * end, go by path again at each level and follow every link.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "errors.h"
#include "ref-look.h"
#include "trust.h"
#include "utf8.h"

#define LINKS_MAX 40 /* as the kernel has it */
#define WILDCARDS "*?["

struct walk {
	const struct mp_patterns *patterns;
	size_t *hits;
	struct mp_ref_look *look;
	size_t pattern;
	bool literal; /* the pattern is one path */
	size_t entries;
	unsigned int links;
	char path[PATH_MAX]; /* of what is looked at */
};

/* A place in the tree. */
struct spot {
	int fd; /* O_PATH */
	struct stat st;
};

static void spot_done(struct spot *spot)
{
	mp_closep(&spot->fd);
}

int mp_ref_id_compare(const void *a, const void *b)
{
	const struct mp_ref_id *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return (x->ino > y->ino) - (x->ino < y->ino);
}

void mp_ref_look_done(struct mp_ref_look *look)
{
	for (size_t i = 0; i < look->count; i++) {
		free(look->matches[i].path);
		mp_closep(&look->matches[i].fd);
	}
	free(look->matches);
	free(look->error_path);
	*look = (struct mp_ref_look){};
}

/* --- what was found ------------------------------------------------------------------------------------- */

/* Counts which patterns match the path. Return: no pattern with a '!' excludes it. */
static bool count_hits(struct walk *w)
{
	bool wanted = true;

	for (size_t i = 0; i < w->patterns->count; i++) {
		const struct mp_pattern *pattern = &w->patterns->items[i];

		if (!pattern->negated || (strcmp(pattern->glob, w->path) &&
					  fnmatch(pattern->glob, w->path, FNM_PATHNAME) != 0))
			continue;
		wanted = false;
		if (w->hits)
			w->hits[i]++;
	}
	if (w->hits)
		w->hits[w->pattern]++;
	return wanted;
}

static int found(struct walk *w, const struct mp_ref_id *id, const char *problem)
{
	struct mp_ref_look *look = w->look;
	struct mp_ref_match *matches,
		match = { .pattern = w->pattern, .problem = problem, .fd = -1 };

	if (!count_hits(w))
		return 0;
	if (look->count == MP_REF_MATCHES_MAX) {
		look->truncated = true;
		return 0;
	}
	if (id)
		match.id = *id;
	matches = reallocarray(look->matches, look->count + 1, sizeof(*matches));
	if (!matches)
		return -ENOMEM;
	look->matches = matches;
	match.path = strdup(w->path);
	if (!match.path)
		return -ENOMEM;
	matches[look->count++] = match;
	return 0;
}

/* A file that does not exist yet is no error. */
static int could_not(struct walk *w, int error)
{
	if (error == ENOMEM)
		return -ENOMEM;
	if (error == ENOENT || error == ENOTDIR || error == ELOOP || w->look->error)
		return 0;
	w->look->error_path = strdup(w->path);
	if (!w->look->error_path)
		return -ENOMEM;
	w->look->error = -error;
	return 0;
}

static bool is_dax(int fd)
{
	struct statx stx = {};

	return syscall(SYS_statx, fd, "", AT_EMPTY_PATH, 0, &stx) == 0 &&
	       stx.stx_attributes & STATX_ATTR_DAX;
}

/* Why the kernel is going to refuse the regular file. */
static const char *file_problem(const struct spot *spot)
{
	struct statfs fs;

	if (fstatfs(spot->fd, &fs) < 0)
		return NULL;
	if (fs.f_type == TMPFS_MAGIC || fs.f_type == HUGETLBFS_MAGIC)
		return "it is on tmpfs or hugetlbfs, whose files cannot be in: name a file on a disk";
	if (is_dax(spot->fd))
		return "it is read past the page cache (DAX), where no page is counted: take it out of FilePath=";
	return NULL;
}

/* The whole pattern matches what is at @spot. */
static int arrive(struct walk *w, const struct spot *spot)
{
	const struct mp_ref_id id = { spot->st.st_dev, spot->st.st_ino };

	if (S_ISREG(spot->st.st_mode))
		return found(w, &id, file_problem(spot));
	/* Among what a wildcard hits there may be anything. */
	if (!w->literal)
		return 0;
	if (S_ISDIR(spot->st.st_mode))
		return found(w, &id, "it is a directory: for the files in it write /* behind it");
	return found(w, &id, "it is no regular file: name one");
}

/* --- one step -------------------------------------------------------------------------------------------- */

/* 0: nobody but root (or who runs a test) can have made the link @st, which lies in @dir. -EXDEV, -ENOMEM. */
static int judge_link(const struct spot *dir, const struct stat *st)
{
	_cleanup_free_ char *problem = NULL;
	int r;

	if (st->st_uid && st->st_uid != geteuid())
		return -EXDEV;
	r = mp_trust_stat(&dir->st, "", NULL, &problem);
	return r == -EPERM ? -EXDEV : r;
}

static int chase(struct walk *w, const struct spot *dir, const char *target, struct spot *ret);

/* @ret is what @name leads to. 0; -EXDEV: through a link that may be anybody's; or what open(2) says. */
static int enter(struct walk *w, const struct spot *dir, const char *name, struct spot *ret)
{
	_cleanup_(spot_done) struct spot spot = { .fd = -1 };
	char target[PATH_MAX];
	ssize_t n;
	int r;

	spot.fd = openat(dir->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (spot.fd < 0 || fstat(spot.fd, &spot.st) < 0)
		return -errno;
	if (!S_ISLNK(spot.st.st_mode)) {
		*ret = TAKE(spot, ((struct spot){ .fd = -1 }));
		return 0;
	}
	r = judge_link(dir, &spot.st);
	if (r < 0)
		return r;
	if (w->links++ == LINKS_MAX)
		return -ELOOP;
	n = readlinkat(spot.fd, "", target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	return chase(w, dir, target, ret);
}

static int open_root(struct spot *ret)
{
	ret->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return ret->fd < 0 || fstat(ret->fd, &ret->st) < 0 ? -errno : 0;
}

/* Where a link leads to, each step judged as those of the pattern are. */
static int chase(struct walk *w, const struct spot *dir, const char *target, struct spot *ret)
{
	_cleanup_(spot_done) struct spot at = { .fd = -1 };
	char name[NAME_MAX + 1];
	int r = 0;

	if (*target == '/')
		r = open_root(&at);
	for (const char *s = target + strspn(target, "/"); r == 0 && *s; s += strspn(s, "/")) {
		size_t n = strcspn(s, "/");
		struct spot next = { .fd = -1 };

		if (n > NAME_MAX)
			return -ENAMETOOLONG;
		memcpy(name, s, n);
		name[n] = '\0';
		s += n;
		r = enter(w, at.fd < 0 ? dir : &at, name, &next);
		spot_done(&at);
		at = next;
	}
	if (r < 0)
		return r;
	/* No link has an empty target; if one had, it would lead nowhere. */
	*ret = TAKE(at, ((struct spot){ .fd = -1 }));
	return ret->fd < 0 ? -ENOENT : 0;
}

/* --- along the pattern ------------------------------------------------------------------------------------ */

static int step(struct walk *w, const struct spot *dir, size_t length, const char *rest);

/* @name matched what is before @rest. */
static int visit(struct walk *w, const struct spot *dir, size_t length, const char *name,
		 const char *rest)
{
	_cleanup_(spot_done) struct spot spot = { .fd = -1 };
	size_t n = strlen(name);
	struct stat st;
	int r;

	if (length + 1 + n >= sizeof(w->path))
		return 0;
	w->path[length] = '/';
	memcpy(w->path + length + 1, name, n + 1);
	w->links = 0;
	r = enter(w, dir, name, &spot);
	/* Of what a wildcard matches, a link that leads to no directory is not on the way to any file. */
	if (r == -EXDEV && *rest && (fstatat(dir->fd, name, &st, 0) < 0 || !S_ISDIR(st.st_mode)))
		return 0;
	if (r == -EXDEV)
		return found(
			w, NULL,
			"a symbolic link that others than root can make leads to it: name the path "
			"that it leads to");
	if (r < 0)
		return could_not(w, -r);
	if (!*rest)
		return arrive(w, &spot);
	return S_ISDIR(spot.st.st_mode) ? step(w, &spot, length + 1 + n, rest) : 0;
}

/* The names in @dir that match @glob. */
static int search(struct walk *w, const struct spot *dir, size_t length, const char *glob,
		  const char *rest)
{
	_cleanup_closedir_ DIR *d = NULL;
	struct dirent *entry;
	int fd = openat(dir->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

	w->path[length] = '\0';
	if (fd < 0)
		return could_not(w, errno);
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	while (r == 0 && (entry = readdir(d))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (w->entries++ >= MP_REF_ENTRIES_MAX) {
			w->look->truncated = true;
			return 0;
		}
		if (strcmp(glob, entry->d_name) && fnmatch(glob, entry->d_name, 0) != 0)
			continue;
		r = visit(w, dir, length, entry->d_name, rest);
	}
	return r;
}

/* Takes the backslashes from a component without wildcards, in place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (*s == '\\' && s[1])
			s++;
		*to++ = *s;
	}
	*to = '\0';
}

static bool has_wildcard(const char *glob)
{
	for (; *glob; glob++) {
		if (*glob == '\\' && glob[1])
			glob++;
		else if (strchr(WILDCARDS, *glob))
			return true;
	}
	return false;
}

/* @dir is the first @length bytes of the path, @rest what is left of the pattern, beginning with a slash. */
static int step(struct walk *w, const struct spot *dir, size_t length, const char *rest)
{
	size_t n = strcspn(rest + 1, "/");
	_cleanup_free_ char *glob = mp_owned(strndup(rest + 1, n));

	if (!glob)
		return -ENOMEM;
	rest += 1 + n;
	if (has_wildcard(glob))
		return search(w, dir, length, glob, rest);
	unescape(glob);
	return visit(w, dir, length, glob, rest);
}

/* --- the end ----------------------------------------------------------------------------------------------- */

static int compare_files(const void *a, const void *b)
{
	const struct mp_ref_match *x = a, *y = b;

	return mp_ref_id_compare(&x->id, &y->id) ?: strcmp(x->path, y->path);
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(((const struct mp_ref_match *)a)->path,
		      ((const struct mp_ref_match *)b)->path);
}

static bool is_same(const struct mp_ref_match *a, const struct mp_ref_match *b)
{
	return !mp_ref_id_compare(&a->id, &b->id) && (a->id.ino || !strcmp(a->path, b->path));
}

/* A file that two patterns hit, or two of its names, is one. */
static void make_unique(struct mp_ref_look *look)
{
	size_t kept = 0;

	if (!look->count)
		return;
	qsort(look->matches, look->count, sizeof(*look->matches), compare_files);
	for (size_t i = 1; i < look->count; i++) {
		if (is_same(&look->matches[kept], &look->matches[i]))
			free(look->matches[i].path);
		else
			look->matches[++kept] = look->matches[i];
	}
	look->count = kept + 1;
	qsort(look->matches, look->count, sizeof(*look->matches), compare_paths);
}

/* Nothing is opened by it any more. JSON and terminals do not take every byte that a name may have. */
static void make_legible(struct mp_ref_look *look)
{
	for (size_t i = 0; i < look->count; i++)
		mp_text_clean(look->matches[i].path);
	if (look->error_path)
		mp_text_clean(look->error_path);
}

/*
 * Along its path once more, and through its descriptor: what was put in its place meanwhile, a device that does
 * something when it is opened, is not opened.
 */
static void open_match(const struct spot *root, struct mp_ref_match *match)
{
	_cleanup_(spot_done) struct spot spot = { .fd = -1 };
	char path[sizeof("/proc/self/fd/") + 11];
	struct walk w = {};
	int r = chase(&w, root, match->path, &spot);

	if (r < 0 || !S_ISREG(spot.st.st_mode) || spot.st.st_dev != match->id.dev ||
	    spot.st.st_ino != match->id.ino) {
		match->open_error = r < 0 ? r : -ESTALE;
		return;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", spot.fd);
	match->fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	match->open_error = match->fd < 0 ? -errno : 0;
}

int mp_ref_look(const struct mp_patterns *patterns, const struct mp_ref_id *known, size_t n_known,
		size_t fds_max, size_t hits[], struct mp_ref_look *ret)
{
	_cleanup_ref_look_ struct mp_ref_look look = {};
	struct walk w = { .patterns = patterns, .hits = hits, .look = &look };
	_cleanup_(spot_done) struct spot root = { .fd = -1 };
	int r = open_root(&root);

	for (size_t i = 0; r == 0 && i < patterns->count; i++) {
		w.pattern = i;
		w.literal = !has_wildcard(patterns->items[i].glob);
		if (!patterns->items[i].negated)
			r = step(&w, &root, 0, patterns->items[i].glob);
	}
	if (r < 0)
		return r;
	make_unique(&look);
	for (size_t i = 0; fds_max && i < look.count; i++) {
		struct mp_ref_match *match = &look.matches[i];

		if (match->problem || (n_known && bsearch(&match->id, known, n_known,
							  sizeof(*known), mp_ref_id_compare)))
			continue;
		open_match(&root, match);
		fds_max--;
	}
	make_legible(&look);
	*ret = TAKE(look, (struct mp_ref_look){});
	return 0;
}
