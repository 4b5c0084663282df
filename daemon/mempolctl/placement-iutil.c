/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iutil: how far pools fill before pages get in each other's way, how full they are now, and how their buckets are.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "client.h"
#include "complain.h"
#include "output.h"
#include "placement.h"
#include "size.h"
#include "table.h"

struct fill {
	unsigned char *used; /* frames in use of each bucket */
	uint32_t buckets;
	uint64_t pages;
};

/* A bucket has 0 to 64 frames in use; full ones are most. */
static const struct {
	uint32_t from, to;
	const char *label;
} classes[] = {
	{ 64, 64, "64" },    { 60, 63, "60-63" }, { 56, 59, "56-59" }, { 48, 55, "48-55" },
	{ 32, 47, "32-47" }, { 1, 31, "1-31" },	  { 0, 0, "0" },
};

static int count(const struct placement_source *source, const struct mp_placed_page *page,
		 void *userdata)
{
	struct fill *fill = userdata;

	if (!fill->used) {
		fill->buckets = source->pool.frames / MP_PLACEMENT_BUCKET;
		fill->used = calloc(fill->buckets, 1);
		if (!fill->used)
			return -ENOMEM;
	}
	fill->used[page->frame / MP_PLACEMENT_BUCKET]++;
	fill->pages++;
	return 0;
}

/* How many buckets have how many frames in use, from 0 to 64. */
static int histogram(const struct fill *fill, uint32_t buckets, sd_json_variant **ret)
{
	uint64_t n[MP_PLACEMENT_BUCKET + 1] = { fill->used ? 0 : buckets };
	int r = sd_json_variant_new_array(ret, NULL, 0);

	for (uint32_t i = 0; fill->used && i < fill->buckets; i++)
		n[fill->used[i] < MP_PLACEMENT_BUCKET ? fill->used[i] : MP_PLACEMENT_BUCKET]++;
	for (uint32_t k = 0; k <= MP_PLACEMENT_BUCKET && r >= 0; k++)
		r = sd_json_variant_append_arrayb(ret, SD_JSON_BUILD_UNSIGNED(n[k]));
	return r;
}

static int add_row(sd_json_variant **rows, sd_json_variant *row,
		   const struct placement_source *source, const struct fill *fill)
{
	sd_json_variant *counters = sd_json_variant_by_key(row, "counters");
	_cleanup_json_ sd_json_variant *buckets = NULL;
	int r = histogram(fill, source->pool.frames / MP_PLACEMENT_BUCKET, &buckets);

	if (r < 0)
		return r;
	return sd_json_variant_append_arraybo(
		rows, SD_JSON_BUILD_PAIR_STRING("policy", source->policy),
		SD_JSON_BUILD_PAIR_STRING("cgroup", source->cgroup),
		SD_JSON_BUILD_PAIR_UNSIGNED("pool_pages", source->pool.frames),
		SD_JSON_BUILD_PAIR_UNSIGNED("conflict_pages",
					    ctl_number(counters, "conflict_pages")),
		SD_JSON_BUILD_PAIR_UNSIGNED("used_pages", fill->pages + source->busy),
		SD_JSON_BUILD_PAIR_VARIANT("buckets", buckets));
}

/* ---- for people ---------------------------------------------------------------------------------------- */

static const char *share(uint64_t part, uint64_t of, char text[static 32])
{
	uint64_t permyriad = of ? (uint64_t)((unsigned __int128)part * 10000 / of) : 0;

	snprintf(text, 32, "%" PRIu64 ".%02" PRIu64 " %%", permyriad / 100, permyriad % 100);
	return text;
}

static int bucket_rows(sd_json_variant *buckets, sd_json_variant **ret)
{
	int r = sd_json_variant_new_array(ret, NULL, 0);
	uint64_t all = 0;
	char text[32];

	for (size_t k = 0; k < sd_json_variant_elements(buckets); k++)
		all += sd_json_variant_unsigned(sd_json_variant_by_index(buckets, k));
	for (size_t i = 0; i < ARRAY_SIZE(classes) && r >= 0; i++) {
		uint64_t n = 0;

		for (uint32_t k = classes[i].from; k <= classes[i].to; k++)
			n += sd_json_variant_unsigned(sd_json_variant_by_index(buckets, k));
		if (n)
			r = sd_json_variant_append_arraybo(
				ret, SD_JSON_BUILD_PAIR_STRING("in_use", classes[i].label),
				SD_JSON_BUILD_PAIR_UNSIGNED("buckets", n),
				SD_JSON_BUILD_PAIR_STRING("share", share(n, all, text)));
	}
	return r;
}

static enum ctl_exit print_row(const struct ctl *ctl, sd_json_variant *row)
{
	static const struct ctl_column columns[] = {
		{ "FRAMES IN USE", "in_use", true, 0 },
		{ "BUCKETS", "buckets", true, 0 },
		{ "SHARE", "share", true, 0 },
	};
	uint64_t pool = ctl_number(row, "pool_pages"), used = ctl_number(row, "used_pages");
	uint64_t conflict = ctl_number(row, "conflict_pages");
	_cleanup_json_ sd_json_variant *rows = NULL;
	char text[32];

	ctl_print_label("Policy", ctl_string(row, "policy"));
	ctl_print_label("Cgroup", ctl_string(row, "cgroup"));
	if (conflict)
		ctl_print_labelf("Conflict",
				 "the first with %s in use (%" PRIu64 " of %" PRIu64 " pages)",
				 share(conflict, pool, text), conflict, pool);
	else
		ctl_print_label("Conflict", "none yet");
	ctl_print_labelf("Now", "%s (%" PRIu64 " of %" PRIu64 " pages)", share(used, pool, text),
			 used, pool);
	if (bucket_rows(ctl_array(row, "buckets"), &rows) < 0) {
		ctl_complain("placement iutil", "out of memory");
		return CTL_FAILED;
	}
	putchar('\n');
	return ctl_table(ctl, columns, ARRAY_SIZE(columns), rows);
}

/* ---- the verb ------------------------------------------------------------------------------------------ */

static enum ctl_exit reset(const struct placement_request *request)
{
	_cleanup_json_ sd_json_variant *reply = NULL;
	enum ctl_exit result =
		ctl_call_policy(&request->ctl, "PlacementReset", request->name, &reply);
	uint64_t n;

	if (result != CTL_OK)
		return result;
	if (request->ctl.json)
		return ctl_print_json(reply);
	n = ctl_number(reply, "changed");
	printf("the first conflict is forgotten at %" PRIu64 " cgroup%s\n", n, n == 1 ? "" : "s");
	return CTL_OK;
}

static enum ctl_exit look_at(const struct placement_request *request, sd_json_variant *row,
			     sd_json_variant **rows)
{
	struct placement_source source;
	struct fill fill = {};
	enum ctl_exit result = placement_walk(request, row, &source, count, &fill);
	int r = result == CTL_OK ? add_row(rows, row, &source, &fill) : 0;

	free(fill.used);
	if (r < 0) {
		ctl_complain("placement iutil", "out of memory");
		return CTL_FAILED;
	}
	return result;
}

static enum ctl_exit print(const struct placement_request *request, sd_json_variant *rows)
{
	_cleanup_json_ sd_json_variant *reply = NULL;
	enum ctl_exit result = CTL_OK;

	if (request->ctl.json) {
		if (sd_json_buildo(&reply, SD_JSON_BUILD_PAIR_VARIANT("pools", rows)) < 0)
			return CTL_FAILED;
		return ctl_print_json(reply);
	}
	for (size_t i = 0; result == CTL_OK && i < sd_json_variant_elements(rows); i++) {
		if (i)
			putchar('\n');
		result = print_row(&request->ctl, sd_json_variant_by_index(rows, i));
	}
	return result;
}

enum ctl_exit placement_iutil(const struct placement_request *request)
{
	_cleanup_json_ sd_json_variant *pools = NULL, *rows = NULL;
	enum ctl_exit result;

	if (request->reset)
		return reset(request);
	result = placement_rows(request, &pools);
	if (result == CTL_OK && sd_json_variant_new_array(&rows, NULL, 0) < 0)
		result = CTL_FAILED;
	for (size_t i = 0; result == CTL_OK && i < sd_json_variant_elements(pools); i++)
		result = look_at(request, sd_json_variant_by_index(pools, i), &rows);
	if (result == CTL_OK && !sd_json_variant_elements(rows)) {
		ctl_complain("placement iutil",
			     "there is no pool now; see mempolctl placement status");
		return CTL_FAILED;
	}
	return result == CTL_OK ? print(request, rows) : result;
}
