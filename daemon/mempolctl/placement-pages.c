/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frames of pools, asked of the daemon part by part (placement.h). What a reply leaves out is taken as nothing: a
 * daemon of another version may do so.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "client.h"
#include "complain.h"
#include "output.h"
#include "placement.h"

static enum ctl_exit failed(const char *problem)
{
	ctl_complain("placement", "%s", problem);
	return CTL_FAILED;
}

static bool is_meant(const struct placement_request *request, sd_json_variant *row)
{
	const char *cgroup = ctl_string(row, "cgroup");
	sd_json_variant *counters = sd_json_variant_by_key(row, "counters");

	return counters && sd_json_variant_is_object(counters) &&
	       (!request->cgroup || (cgroup && !strcmp(cgroup, request->cgroup)));
}

enum ctl_exit placement_rows(const struct placement_request *request, sd_json_variant **ret_rows)
{
	_cleanup_json_ sd_json_variant *reply = NULL, *rows = NULL;
	sd_json_variant *all;
	enum ctl_exit result =
		ctl_call_policy(&request->ctl, "PlacementStatus", request->name, &reply);
	int r;

	if (result != CTL_OK)
		return result;
	all = ctl_array(reply, "pools");
	r = sd_json_variant_new_array(&rows, NULL, 0);
	for (size_t i = 0; all && i < sd_json_variant_elements(all) && r >= 0; i++) {
		sd_json_variant *row = sd_json_variant_by_index(all, i);

		if (is_meant(request, row))
			r = sd_json_variant_append_array(&rows, row);
	}
	if (r < 0)
		return failed("out of memory");
	*ret_rows = TAKE_PTR(rows);
	return CTL_OK;
}

/* ---- what a reply says --------------------------------------------------------------------------------- */

static bool read_geometry(sd_json_variant *reply, struct mp_placement_pool *pool)
{
	sd_json_variant *geometry = sd_json_variant_by_key(reply, "geometry"), *by_object;
	const char *seed;

	if (!geometry || !sd_json_variant_is_object(geometry))
		return false;
	by_object = sd_json_variant_by_key(geometry, "by_object");
	seed = ctl_string(geometry, "seed");
	pool->front = ctl_number(geometry, "front");
	pool->back = ctl_number(geometry, "back");
	pool->choices = ctl_number(geometry, "choices");
	pool->seed = seed ? strtoull(seed, NULL, 16) : 0;
	pool->by_object = by_object && sd_json_variant_is_boolean(by_object) &&
			  sd_json_variant_boolean(by_object);
	return pool->front && pool->front + pool->back == MP_PLACEMENT_BUCKET && pool->choices;
}

/* The buckets of all nodes, one behind the other, are those of the pool; the audit relies on it. */
static bool read_segments(sd_json_variant *reply, struct mp_placement_pool *pool)
{
	sd_json_variant *segments = ctl_array(reply, "segments");
	size_t n = segments ? sd_json_variant_elements(segments) : 0;
	uint64_t bucket = 0;

	for (size_t i = 0; i < n && i < MP_PLACEMENT_SEGMENTS_MAX; i++) {
		sd_json_variant *s = sd_json_variant_by_index(segments, i);
		uint64_t buckets = ctl_number(s, "buckets");

		if (ctl_number(s, "first_bucket") != bucket || !buckets)
			return false;
		pool->segments[pool->nr_segments++] = (struct mp_placement_segment){
			.node = ctl_number(s, "node"),
			.first_bucket = bucket,
			.nr_buckets = buckets,
		};
		bucket += buckets;
	}
	return bucket && bucket * MP_PLACEMENT_BUCKET == pool->frames;
}

static unsigned int read_flags(sd_json_variant *page)
{
	sd_json_variant *words = ctl_array(page, "flags");
	unsigned int flags = 0;

	for (size_t i = 0; words && i < sd_json_variant_elements(words); i++) {
		sd_json_variant *word = sd_json_variant_by_index(words, i);
		const char *flag;

		for (unsigned int bit = 0; (flag = mp_placed_flag_to_string(bit)); bit++)
			if (sd_json_variant_is_string(word) &&
			    !strcmp(sd_json_variant_string(word), flag))
				flags |= 1U << bit;
	}
	return flags;
}

static int hand_over(const struct placement_source *source, sd_json_variant *reply,
		     placement_handler handler, void *userdata)
{
	sd_json_variant *pages = ctl_array(reply, "pages");
	int r = 0;

	for (size_t i = 0; pages && i < sd_json_variant_elements(pages) && r >= 0; i++) {
		sd_json_variant *page = sd_json_variant_by_index(pages, i);
		const struct mp_placed_page placed = {
			.in_pool = true,
			.frame = ctl_number(page, "frame"),
			.space = ctl_number(page, "space"),
			.vpn = ctl_number(page, "vpn"),
			.index = ctl_number(page, "index"),
			.flags = read_flags(page),
		};

		if (placed.frame < source->pool.frames)
			r = handler(source, &placed, userdata);
	}
	return r;
}

/* ---- part by part -------------------------------------------------------------------------------------- */

static enum ctl_exit ask_part(const struct placement_request *request,
			      const struct placement_source *source, uint64_t first,
			      sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *parameters = NULL;
	int r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_STRING("name", source->policy),
			       SD_JSON_BUILD_PAIR_CONDITION(!!source->cgroup, "cgroup",
							    SD_JSON_BUILD_STRING(source->cgroup)),
			       SD_JSON_BUILD_PAIR_UNSIGNED("first", first));

	if (r < 0)
		return failed("out of memory");
	return ctl_call(&request->ctl, "PlacementFrames", parameters, ret);
}

/* The first part says what the pool is; the others must be of the same. */
static bool begin(struct placement_source *source, sd_json_variant *reply)
{
	source->pool.frames = ctl_number(reply, "frames");
	source->has_geometry = read_geometry(reply, &source->pool);
	return read_segments(reply, &source->pool);
}

enum ctl_exit placement_walk(const struct placement_request *request, sd_json_variant *row,
			     struct placement_source *source, placement_handler handler,
			     void *userdata)
{
	uint64_t first = 0, next;

	*source = (struct placement_source){
		.policy = ctl_string(row, "policy") ?: "",
		.cgroup = ctl_string(row, "cgroup"),
		.engine = ctl_string(row, "engine") ?: "",
	};
	do {
		_cleanup_json_ sd_json_variant *reply = NULL;
		enum ctl_exit result = ask_part(request, source, first, &reply);
		int r;

		if (result != CTL_OK)
			return result;
		if (first ? ctl_number(reply, "frames") != source->pool.frames :
			    !begin(source, reply))
			return failed("the pool changed while it was read: ask again");
		source->busy += ctl_number(reply, "busy");
		source->absent += ctl_number(reply, "absent");
		r = hand_over(source, reply, handler, userdata);
		if (r < 0)
			return failed(strerror(-r));
		next = ctl_number(reply, "next");
		first = next > first ? next : 0;
	} while (first);
	return CTL_OK;
}
