// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files with sorted ranges; see pin_set.h.
 */
#include <errno.h>
#include <string.h>

#include "pin_set.h"
#include "policy.h"

bool mp_pin_set_name_valid(const char *name)
{
	return mp_policy_name_valid(name, strlen(name));
}

static struct mp_pin_file *find(struct mp_pin_set *set, dev_t dev, ino_t ino)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->files[i].dev == dev && set->files[i].ino == ino)
			return &set->files[i];
	return NULL;
}

static void file_done(struct mp_pin_file *file)
{
	free(file->path);
	free(file->ranges);
}

static struct mp_pin_file *add_file(struct mp_pin_set *set, dev_t dev, ino_t ino, const char *path)
{
	struct mp_pin_file *more = reallocarray(set->files, set->n + 1, sizeof(*more)), *file;

	if (!more)
		return NULL;
	set->files = more;
	file = &set->files[set->n];
	*file = (struct mp_pin_file){ .dev = dev, .ino = ino, .path = strdup(path) };
	if (!file->path)
		return NULL;
	set->n++;
	return file;
}

static void drop_if_empty(struct mp_pin_set *set, struct mp_pin_file *file)
{
	if (file->n)
		return;
	file_done(file);
	set->n--;
	memmove(file, file + 1, (size_t)(set->files + set->n - file) * sizeof(*file));
}

/* The ranges from @first that meet @range, which may touch them; how many. */
static size_t meet(const struct mp_pin_file *file, const struct mp_pin_range *range, size_t *ret)
{
	size_t first = 0, n = 0;

	while (first < file->n && file->ranges[first].end < range->start)
		first++;
	while (first + n < file->n && file->ranges[first + n].start <= range->end)
		n++;
	*ret = first;
	return n;
}

/* In place of @n ranges from @first come @m others; there is room. */
static void replace(struct mp_pin_file *file, size_t first, size_t n,
		    const struct mp_pin_range *others, size_t m)
{
	struct mp_pin_range *at = file->ranges + first;

	memmove(at + m, at + n, (file->n - first - n) * sizeof(*at));
	for (size_t i = 0; i < m; i++)
		at[i] = others[i];
	file->n = file->n - n + m;
}

static int make_room(struct mp_pin_file *file)
{
	struct mp_pin_range *more = reallocarray(file->ranges, file->n + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	file->ranges = more;
	return 0;
}

int mp_pin_set_add(struct mp_pin_set *set, dev_t dev, ino_t ino, const char *path,
		   const struct mp_pin_range *range)
{
	struct mp_pin_file *file = find(set, dev, ino) ?: add_file(set, dev, ino, path);
	struct mp_pin_range whole = *range;
	size_t first, n;

	if (!file)
		return -ENOMEM;
	if (make_room(file) < 0) {
		drop_if_empty(set, file);
		return -ENOMEM;
	}
	n = meet(file, range, &first);
	if (n) {
		const struct mp_pin_range *last = &file->ranges[first + n - 1];

		if (file->ranges[first].start < whole.start)
			whole.start = file->ranges[first].start;
		if (last->end > whole.end)
			whole.end = last->end;
	}
	replace(file, first, n, &whole, 1);
	return 0;
}

int mp_pin_set_remove(struct mp_pin_set *set, dev_t dev, ino_t ino,
		      const struct mp_pin_range *range)
{
	struct mp_pin_file *file = find(set, dev, ino);
	struct mp_pin_range left[2];
	size_t first, n, m = 0;

	if (!file)
		return 0;
	if (make_room(file) < 0)
		return -ENOMEM;
	n = meet(file, range, &first);
	if (!n)
		return 0;
	if (file->ranges[first].start < range->start)
		left[m++] = (struct mp_pin_range){ file->ranges[first].start,
						   file->ranges[first].end < range->start ?
							   file->ranges[first].end :
							   range->start };
	if (file->ranges[first + n - 1].end > range->end)
		left[m++] = (struct mp_pin_range){ file->ranges[first + n - 1].start > range->end ?
							   file->ranges[first + n - 1].start :
							   range->end,
						   file->ranges[first + n - 1].end };
	replace(file, first, n, left, m);
	drop_if_empty(set, file);
	return 0;
}

void mp_pin_set_done(struct mp_pin_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		file_done(&set->files[i]);
	free(set->files);
	free(set->name);
	*set = (struct mp_pin_set){};
}
