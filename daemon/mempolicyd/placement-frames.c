// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames of a pool; see placement-frames.h. Free frames are not told of: there is nothing to say of them.
 */
#include <errno.h>
#include <string.h>

#include "attachments.h"
#include "engine_file.h"
#include "errors.h"
#include "kernel.h"
#include "mechanism-placement.h"
#include "placement-dump.h"
#include "placement-frames.h"
#include "size.h"

#define _cleanup_json_ _cleanup_(sd_json_variant_unrefp)

/*
 * Of one reply: 2,048 frames, or what the kernel tells of in that time, which is less where pages are being evicted.
 * Other users wait for the daemon meanwhile, and a connection that is silent for five seconds is closed.
 */
#define CALLS_MAX 64
#define REPLY_USEC (200 * 1000ULL)

static int waits(const struct mp_attachment *at, char **ret_problem)
{
	const struct mp_placement *placement = mp_placement_of(at->slot->policy);
	char size[MP_SIZE_TEXT];

	return mp_problem(
		ret_problem, -EAGAIN,
		"%s:%u: Pool=%s: policy %s waits, its pool has %llu of %llu pages: wait until "
		"memory is free (mempolctl events -f tells when), or make Pool= smaller",
		placement->pool_at.file ?: at->slot->path, placement->pool_at.line ?: 1,
		mp_size_format(placement->pool, size), at->name,
		(unsigned long long)at->info.counters[MEMPOL_PLACEMENT_POOL_PAGES],
		(unsigned long long)at->info.counters[MEMPOL_PLACEMENT_WANTED_PAGES]);
}

int mp_placement_refused(const struct mp_attachment *at, int error, char **ret_problem)
{
	_cleanup_free_ char *why = TAKE_PTR(*ret_problem);

	switch (error) {
	case -EAGAIN:
		return waits(at, ret_problem);
	case -ENODEV:
		return mp_problem(ret_problem, -EOPNOTSUPP, "%s", why ?: "it cannot be asked");
	case -ENOENT:
		return mp_problem(ret_problem, error,
				  "Policy %s has just left the kernel; see mempolctl show %s",
				  at->name, at->name);
	case -EOPNOTSUPP:
		return mp_problem(ret_problem, error,
				  "module mempol is of another version, and does not know the "
				  "question");
	default:
		return mp_problem(ret_problem, error, "The kernel refused: %s", strerror(-error));
	}
}

/* ---- by which rules they were given out --------------------------------------------------------------- */

static const struct mp_tuned *find_key(const struct mp_tuned tuned[], size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(tuned[i].key, key))
			return &tuned[i];
	return NULL;
}

/*
 * The keys of the engine that say where a page may lie. Left out where an engine has no such keys, or where another
 * version of the policy runs than the one that was read.
 */
static int add_geometry(sd_json_variant **v, const struct mp_attachment *at)
{
	static const char *const keys[] = { "Front", "Back", "Choices", "Seed", "Key" };
	static const char *const fields[] = { "front", "back", "choices", "seed", "by_object" };
	_cleanup_json_ sd_json_variant *geometry = NULL;
	struct mp_tuned tuned[MP_TUNABLES_MAX];
	char seed[32];
	size_t n;
	int r = 0;

	if (at->version != mp_attachment_wanted_version(at))
		return 0;
	n = mp_policy_tuned(at->slot->policy, mp_image_tunables(at->slot->image), tuned);
	for (size_t i = 0; i < ARRAY_SIZE(keys) && r >= 0; i++) {
		const struct mp_tuned *t = find_key(tuned, n, keys[i]);

		if (!t)
			return 0;
		/* A seed has 64 bits, and a number of the interface is signed. */
		snprintf(seed, sizeof(seed), "0x%llx", (unsigned long long)t->value);
		if (!strcmp(fields[i], "seed"))
			r = sd_json_variant_set_field_string(&geometry, fields[i], seed);
		else if (!strcmp(fields[i], "by_object"))
			r = sd_json_variant_set_field_boolean(&geometry, fields[i], t->value);
		else
			r = sd_json_variant_set_field_unsigned(&geometry, fields[i], t->value);
	}
	return r < 0 ? r : sd_json_variant_set_field(v, "geometry", geometry);
}

static int add_segments(sd_json_variant **v, const struct mempol_call *pool)
{
	_cleanup_json_ sd_json_variant *segments = NULL;
	uint32_t nr = pool->body.place_pool.nr;
	int r = sd_json_variant_new_array(&segments, NULL, 0);

	for (uint32_t i = 0; i < nr && i < MEMPOL_PLACE_SEGMENTS && r >= 0; i++) {
		const struct mempol_place_segment *s = &pool->body.place_pool.segments[i];

		r = sd_json_variant_append_arraybo(
			&segments, SD_JSON_BUILD_PAIR_UNSIGNED("node", s->nid),
			SD_JSON_BUILD_PAIR_UNSIGNED("first_bucket", s->first_bucket),
			SD_JSON_BUILD_PAIR_UNSIGNED("buckets", s->nr_buckets));
	}
	return r < 0 ? r : sd_json_variant_set_field(v, "segments", segments);
}

/* ---- the frames themselves ---------------------------------------------------------------------------- */

static int flags_json(uint32_t flags, sd_json_variant **ret)
{
	int r = sd_json_variant_new_array(ret, NULL, 0);

	for (unsigned int bit = 0; mp_placed_flag_to_string(bit) && r >= 0; bit++)
		if (flags & (1U << bit))
			r = sd_json_variant_append_arrayb(
				ret, SD_JSON_BUILD_STRING(mp_placed_flag_to_string(bit)));
	return r;
}

static int add_frame(sd_json_variant **pages, uint32_t number,
		     const struct mempol_place_frame *frame)
{
	_cleanup_json_ sd_json_variant *flags = NULL;
	int r = flags_json(frame->flags, &flags);

	if (r < 0)
		return r;
	return sd_json_variant_append_arraybo(pages, SD_JSON_BUILD_PAIR_UNSIGNED("frame", number),
					      SD_JSON_BUILD_PAIR_UNSIGNED("pfn", frame->pfn),
					      SD_JSON_BUILD_PAIR_UNSIGNED("space", frame->space),
					      SD_JSON_BUILD_PAIR_UNSIGNED("vpn", frame->vpn),
					      SD_JSON_BUILD_PAIR_UNSIGNED("index", frame->index),
					      SD_JSON_BUILD_PAIR_UNSIGNED("age", frame->age),
					      SD_JSON_BUILD_PAIR_UNSIGNED("mapped", frame->mapped),
					      SD_JSON_BUILD_PAIR_VARIANT("flags", flags));
}

static bool is_used(const struct mempol_place_frame *frame)
{
	return frame->state == MEMPOL_PLACE_IS_USED || frame->state == MEMPOL_PLACE_IS_HELD;
}

static uint32_t count_of(const struct mempol_call *call)
{
	uint32_t nr = call->body.place_frames.nr;

	return nr < MEMPOL_PLACE_FRAMES ? nr : MEMPOL_PLACE_FRAMES;
}

static bool has_busy(const struct mempol_call *call)
{
	for (uint32_t i = 0; i < count_of(call); i++)
		if (call->body.place_frames.frames[i].state == MEMPOL_PLACE_IS_BUSY)
			return true;
	return false;
}

/* Pages that are locked for a moment are looked at once more. */
static int ask_frames(struct mp_manager *m, struct mempol_call *call, char **ret_problem)
{
	struct mempol_call again = *call;
	int r = mp_kernel_call(m, call, ret_problem);

	if (r < 0 || !has_busy(call))
		return r;
	r = mp_kernel_call(m, &again, ret_problem);
	for (uint32_t i = 0; r >= 0 && i < count_of(call) && i < count_of(&again); i++)
		if (call->body.place_frames.frames[i].state == MEMPOL_PLACE_IS_BUSY)
			call->body.place_frames.frames[i] = again.body.place_frames.frames[i];
	return r;
}

/* What was counted on the way. */
struct tally {
	uint64_t busy; /* frames whose page could not be looked at */
	uint64_t absent;
};

static int add_frames(sd_json_variant **pages, uint32_t first, const struct mempol_call *call,
		      struct tally *tally)
{
	int r = 0;

	for (uint32_t i = 0; i < count_of(call) && r >= 0; i++) {
		const struct mempol_place_frame *frame = &call->body.place_frames.frames[i];

		tally->busy += frame->state == MEMPOL_PLACE_IS_BUSY;
		tally->absent += frame->state == MEMPOL_PLACE_ABSENT;
		if (is_used(frame))
			r = add_frame(pages, first + i, frame);
	}
	return r;
}

int mp_placement_read(struct mp_manager *m, const struct mp_attachment *at,
		      const struct mempol_call *pool, uint64_t first, sd_json_variant **ret,
		      char **ret_problem)
{
	struct mempol_call call = {
		.op = MEMPOL_CALL_PLACEMENT_FRAMES,
		.body.place_frames = { .policy_id = mp_loaded_policy_id(at->loaded) },
	};
	_cleanup_json_ sd_json_variant *pages = NULL, *v = NULL;
	const uint64_t frames = pool->body.place_pool.pages;
	const uint64_t enough_usec = mp_manager_now(m) + REPLY_USEC;
	struct tally tally = {};
	int r = sd_json_variant_new_array(&pages, NULL, 0);

	for (unsigned int n = 0; n < CALLS_MAX && first < frames && r >= 0; n++) {
		call.body.place_frames.first = first;
		r = ask_frames(m, &call, ret_problem);
		if (r < 0)
			return mp_placement_refused(at, r, ret_problem);
		r = add_frames(&pages, first, &call, &tally);
		/* It may have become smaller meanwhile. */
		first = count_of(&call) && call.body.place_frames.first > first ?
				call.body.place_frames.first :
				frames;
		if (mp_manager_now(m) >= enough_usec)
			break;
	}
	if (r < 0)
		return r;
	r = sd_json_buildo(&v, SD_JSON_BUILD_PAIR_STRING("policy", at->name),
			   SD_JSON_BUILD_PAIR_STRING("engine", mp_attachment_engine(at) ?: ""),
			   SD_JSON_BUILD_PAIR_STRING("cgroup", at->cgroup),
			   SD_JSON_BUILD_PAIR_UNSIGNED("frames", frames),
			   SD_JSON_BUILD_PAIR_VARIANT("pages", pages),
			   SD_JSON_BUILD_PAIR_UNSIGNED("busy", tally.busy),
			   SD_JSON_BUILD_PAIR_UNSIGNED("absent", tally.absent),
			   SD_JSON_BUILD_PAIR_CONDITION(first < frames, "next",
							SD_JSON_BUILD_UNSIGNED(first)));
	if (r >= 0)
		r = add_segments(&v, pool);
	if (r >= 0)
		r = add_geometry(&v, at);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(v);
	return 0;
}
