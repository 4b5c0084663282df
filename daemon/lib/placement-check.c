/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What [Placement] says that cannot be, though each key of it could: yards that make no bucket, pools that are one and
 * differ, a pool that is larger than the machine allows. Called through the table of mechanisms, with the policy read
 * whole.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "file.h"
#include "mechanism-placement.h"
#include "placement-dump.h"
#include "size.h"

#define MEMINFO_BYTES 8192
/* A page has so many frames at most: 7 bits, and one code says that there is none. */
#define CODES 126U

/* ---- yards ------------------------------------------------------------------------------------------- */

/* NULL: the engine has no such key. */
static const struct mp_tuned *find_key(const struct mp_tuned tuned[], size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(tuned[i].key, key))
			return &tuned[i];
	return NULL;
}

static int complain_of_sum(const struct mp_tuned *front, const struct mp_tuned *back,
			   struct mp_errors *errors)
{
	const struct mp_tuned *at = back->said ? back : front, *other = back->said ? front : back;

	return mp_errors_add(errors, at->said->file, at->said->line,
			     "%s=%" PRIu64 ": a bucket has %u frames, and Front=%" PRIu64
			     " and Back=%" PRIu64 " make %" PRIu64 ": write %s=%" PRIu64
			     ", or %s=%" PRIu64,
			     at->key, at->value, MP_PLACEMENT_BUCKET, front->value, back->value,
			     front->value + back->value, at->key,
			     MP_PLACEMENT_BUCKET - other->value, other->key,
			     MP_PLACEMENT_BUCKET - at->value);
}

static int complain_of_codes(const struct mp_tuned *front, const struct mp_tuned *back,
			     const struct mp_tuned *choices, struct mp_errors *errors)
{
	const struct mp_tuned *at = choices->said ? choices : back->said ? back : front;
	uint64_t most = (CODES - front->value) / back->value;
	char remedy[64] = "make Back= smaller";

	if (most)
		snprintf(remedy, sizeof(remedy), "write Choices=%" PRIu64 " at most", most);
	return mp_errors_add(errors, at->said->file, at->said->line,
			     "%s=%" PRIu64 ": a page would have %" PRIu64 " frames (Front=%" PRIu64
			     " and %" PRIu64 " times Back=%" PRIu64 "), and 7 bits name %u: %s",
			     at->key, at->value, front->value + choices->value * back->value,
			     front->value, choices->value, back->value, CODES, remedy);
}

/* Whatever engine has these keys means the same by them: also a copy of mosaic with another name. */
int mp_placement_check_tuned(const struct mp_tuned tuned[], size_t n, struct mp_errors *errors)
{
	const struct mp_tuned *front = find_key(tuned, n, "Front");
	const struct mp_tuned *back = find_key(tuned, n, "Back");
	const struct mp_tuned *choices = find_key(tuned, n, "Choices");

	if (!front || !back || !choices)
		return 0;
	/* What the engine has by default is its own affair. */
	if ((front->said || back->said) && front->value + back->value != MP_PLACEMENT_BUCKET)
		return complain_of_sum(front, back, errors);
	if ((front->said || back->said || choices->said) &&
	    front->value + choices->value * back->value > CODES)
		return complain_of_codes(front, back, choices, errors);
	return 0;
}

/* ---- pools ------------------------------------------------------------------------------------------- */

/* The pools of two policies that are one: are they of one size and in one place? */
int mp_placement_check_pair(const struct mp_policy *other, const struct mp_policy *policy,
			    struct mp_errors *errors)
{
	const struct mp_placement *a = mp_placement_of(other), *b = mp_placement_of(policy);
	const struct mp_where *at = b->pool_at.file ? &b->pool_at : &b->name_at;
	char mine[MP_SIZE_TEXT], theirs[MP_SIZE_TEXT];

	if (!a->pool || !b->pool ||
	    strcmp(mp_placement_pool_name(other), mp_placement_pool_name(policy)))
		return 0;
	if (a->pool != b->pool)
		return mp_errors_add(
			errors, at->file, at->line,
			"Pool=%s: policy %s (%s:%u) has a pool of the same PoolName=%s with "
			"Pool=%s: write the same size in both, or another PoolName=",
			mp_size_format(b->pool, mine), other->name, a->pool_at.file,
			a->pool_at.line, mp_placement_pool_name(policy),
			mp_size_format(a->pool, theirs));
	if (a->nodes == b->nodes && a->contiguous == b->contiguous)
		return 0;
	return mp_errors_add(errors, at->file, at->line,
			     "PoolName=%s: policy %s (%s:%u) has the same pool with another %s=: "
			     "write the same in both, or another PoolName=",
			     mp_placement_pool_name(policy), other->name, a->pool_at.file,
			     a->pool_at.line, a->nodes != b->nodes ? "Nodes" : "Contiguous");
}

/* "Node 0 MemTotal:  1017888 kB"; 0: it cannot be read, or there is no such node. */
static uint64_t node_bytes(const char *sys, unsigned int node)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	const char *total;
	uint64_t kib;
	size_t size;

	if (asprintf(&path, "%s/devices/system/node/node%u/meminfo", sys, node) < 0) {
		path = NULL;
		return 0;
	}
	if (mp_file_read(path, MEMINFO_BYTES, &text, &size) < 0)
		return 0;
	total = strstr(text, "MemTotal:");
	if (!total || sscanf(total, "MemTotal: %" SCNu64 " kB", &kib) != 1)
		return 0;
	return kib * 1024;
}

int mp_placement_check_room(const struct mp_policy *policy, const char *sys,
			    struct mp_errors *errors)
{
	const struct mp_placement *placement = mp_placement_of(policy);
	char wanted[MP_SIZE_TEXT], room[MP_SIZE_TEXT];
	uint64_t bytes = 0;

	for (unsigned int node = 0; placement->pool && node < MP_PLACEMENT_NODES; node++)
		if (!placement->nodes || placement->nodes >> node & 1)
			bytes += node_bytes(sys, node);
	if (!bytes || placement->pool <= bytes / 2)
		return 0;
	return mp_errors_add(
		errors, placement->pool_at.file, placement->pool_at.line,
		"Pool=%s: a pool may have half of the memory of its nodes, which is %s here: "
		"make it smaller%s",
		mp_size_format(placement->pool, wanted),
		mp_size_format(bytes / 2 / (1 << 20) * (1 << 20), room),
		placement->nodes ? ", or let it have more nodes with Nodes=" : "");
}
