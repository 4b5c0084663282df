/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * map: which page each frame of a pool has, as a dump (daemon/lib/placement-dump.h) that audit reads again, and that a
 * model of a TLB can take.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "complain.h"
#include "output.h"
#include "placement.h"

static void print_header(const struct placement_source *source)
{
	const struct mp_placement_pool *pool = &source->pool;

	printf("%s %d\n# policy %s", MP_PLACEMENT_MAGIC, MP_PLACEMENT_VERSION, source->policy);
	if (source->cgroup)
		printf(" at %s", source->cgroup);
	printf("\nengine=%s\nframes=%u\n", source->engine, pool->frames);
	if (source->has_geometry)
		printf("front=%u\nback=%u\nchoices=%u\nseed=0x%" PRIx64 "\nkey=%s\n", pool->front,
		       pool->back, pool->choices, pool->seed,
		       pool->by_object ? "object" : "address");
	for (uint32_t i = 0; i < pool->nr_segments; i++)
		printf("segment=%u,%u,%u\n", pool->segments[i].node, pool->segments[i].first_bucket,
		       pool->segments[i].nr_buckets);
	printf("pages\n");
}

static void print_flags(unsigned int flags)
{
	const char *flag, *between = "";

	for (unsigned int bit = 0; (flag = mp_placed_flag_to_string(bit)); bit++) {
		if (!(flags & 1U << bit))
			continue;
		printf("%s%s", between, flag);
		between = ",";
	}
	printf("%s\n", flags ? "" : "-");
}

static int print_page(const struct placement_source *source, const struct mp_placed_page *page,
		      void *userdata)
{
	bool *begun = userdata;

	if (!*begun)
		print_header(source);
	*begun = true;
	printf("%u %" PRIu64 " 0x%" PRIx64 " 0x%" PRIx64 " ", page->frame, page->space, page->vpn,
	       page->index);
	print_flags(page->flags);
	return 0;
}

/* One page as an object. */
static int append_page(const struct placement_source *source, const struct mp_placed_page *page,
		       void *userdata)
{
	_cleanup_json_ sd_json_variant *flags = NULL;
	sd_json_variant **pages = userdata;
	const char *flag;
	int r = sd_json_variant_new_array(&flags, NULL, 0);

	for (unsigned int bit = 0; r >= 0 && (flag = mp_placed_flag_to_string(bit)); bit++)
		if (page->flags & 1U << bit)
			r = sd_json_variant_append_arrayb(&flags, SD_JSON_BUILD_STRING(flag));
	if (r < 0)
		return r;
	return sd_json_variant_append_arraybo(pages,
					      SD_JSON_BUILD_PAIR_UNSIGNED("frame", page->frame),
					      SD_JSON_BUILD_PAIR_UNSIGNED("space", page->space),
					      SD_JSON_BUILD_PAIR_UNSIGNED("vpn", page->vpn),
					      SD_JSON_BUILD_PAIR_UNSIGNED("index", page->index),
					      SD_JSON_BUILD_PAIR_VARIANT("flags", flags));
}

static enum ctl_exit map_json(const struct placement_request *request, sd_json_variant *row)
{
	_cleanup_json_ sd_json_variant *pages = NULL, *reply = NULL;
	struct placement_source source;
	enum ctl_exit result;
	int r = sd_json_variant_new_array(&pages, NULL, 0);

	result = r < 0 ? CTL_FAILED : placement_walk(request, row, &source, append_page, &pages);
	if (result != CTL_OK)
		return result;
	r = sd_json_buildo(&reply, SD_JSON_BUILD_PAIR_STRING("policy", source.policy),
			   SD_JSON_BUILD_PAIR_STRING("cgroup", source.cgroup),
			   SD_JSON_BUILD_PAIR_STRING("engine", source.engine),
			   SD_JSON_BUILD_PAIR_UNSIGNED("frames", source.pool.frames),
			   SD_JSON_BUILD_PAIR_UNSIGNED("busy", source.busy),
			   SD_JSON_BUILD_PAIR_VARIANT("pages", pages));
	if (r >= 0)
		return ctl_print_json(reply);
	ctl_complain("placement map", "out of memory");
	return CTL_FAILED;
}

static enum ctl_exit map_text(const struct placement_request *request, sd_json_variant *row)
{
	struct placement_source source;
	bool begun = false;
	enum ctl_exit result = placement_walk(request, row, &source, print_page, &begun);

	if (result != CTL_OK)
		return result;
	if (!begun)
		print_header(&source);
	if (source.busy)
		fprintf(stderr,
			"%" PRIu64 " frame%s left out: their pages were locked at that moment\n",
			source.busy, source.busy == 1 ? " was" : "s were");
	return CTL_OK;
}

enum ctl_exit placement_map(const struct placement_request *request)
{
	_cleanup_json_ sd_json_variant *rows = NULL;
	enum ctl_exit result = placement_rows(request, &rows);

	if (result != CTL_OK)
		return result;
	if (!sd_json_variant_elements(rows)) {
		ctl_complain("placement map",
			     "policy %s has no pool%s%s now; see mempolctl show %s", request->name,
			     request->cgroup ? " at " : "", request->cgroup ?: "", request->name);
		return CTL_FAILED;
	}
	if (sd_json_variant_elements(rows) > 1) {
		ctl_complain("placement map",
			     "policy %s is attached at several control groups: add --cgroup, as in "
			     "--cgroup %s",
			     request->name,
			     ctl_string(sd_json_variant_by_index(rows, 0), "cgroup") ?: "/");
		return CTL_USAGE;
	}
	return request->ctl.json ? map_json(request, sd_json_variant_by_index(rows, 0)) :
				   map_text(request, sd_json_variant_by_index(rows, 0));
}
