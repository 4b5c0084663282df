/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * audit: does every page lie where mosaic may put it? Pages come from the daemon or from a dump, the verdicts from
 * daemon/lib/placement-audit.c, which shares no code with the engine.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "../lib/placement-audit.h"
#include "complain.h"
#include "output.h"
#include "placement.h"
#include "table.h"

/* In the order of the table, which is that of the verdicts. */
static const struct ctl_column columns[] = {
	{ "POLICY", "policy", false, 0 },
	{ "CGROUP", "cgroup", false, CTL_COLUMN_SHORTEN },
	{ "OK", "ok", true, 0 },
	{ "STALE", "stale", true, 0 },
	{ "SHARED", "shared", true, 0 },
	{ "SWAP CACHE", "swap-cache", true, 0 },
	{ "EXEMPT", "exempt", true, 0 },
	{ "BUSY", "busy", true, 0 },
	{ "VIOLATIONS", "violation", true, 0 },
};

static int judge(const struct placement_source *source, const struct mp_placed_page *page,
		 void *userdata)
{
	if (source->has_geometry)
		mp_placement_audit_add(userdata, &source->pool, page);
	return 0;
}

/* A row of the table; the first violation is told in words. */
static int append(sd_json_variant **rows, const struct placement_source *source,
		  const struct mp_placement_audit *audit)
{
	_cleanup_json_ sd_json_variant *v = NULL;
	_cleanup_free_ char *text = NULL;
	int r;

	r = sd_json_buildo(&v, SD_JSON_BUILD_PAIR_STRING("policy", source->policy),
			   SD_JSON_BUILD_PAIR_STRING("cgroup", source->cgroup),
			   SD_JSON_BUILD_PAIR_UNSIGNED("frames", source->pool.frames),
			   SD_JSON_BUILD_PAIR_UNSIGNED("busy", source->busy));
	for (unsigned int k = 0; k < MP_VERDICTS && r >= 0; k++)
		r = sd_json_variant_set_field_unsigned(&v, mp_verdict_to_string(k),
						       audit->pages[k]);
	if (r >= 0 && audit->pages[MP_VERDICT_VIOLATION]) {
		text = mp_owned(mp_placement_explain(&audit->pool, &audit->first));
		r = text ? sd_json_variant_set_field_string(&v, "first", text) : -ENOMEM;
	}
	return r < 0 ? r : sd_json_variant_append_array(rows, v);
}

static enum ctl_exit out_of_memory(void)
{
	ctl_complain("placement audit", "out of memory");
	return CTL_FAILED;
}

/* Of each row the first violation, below the table: a sentence is wider than a column. */
static bool print_violations(sd_json_variant *rows, bool quiet)
{
	bool found = false;

	for (size_t i = 0; i < sd_json_variant_elements(rows); i++) {
		sd_json_variant *row = sd_json_variant_by_index(rows, i);
		const char *text = ctl_string(row, "first");

		if (!text)
			continue;
		found = true;
		if (!quiet)
			printf("%s: %s\n", ctl_string(row, "policy") ?: "-", text);
	}
	return found;
}

static enum ctl_exit print(const struct placement_request *request, sd_json_variant *rows)
{
	_cleanup_json_ sd_json_variant *reply = NULL;
	enum ctl_exit result;

	if (request->ctl.json) {
		if (sd_json_buildo(&reply, SD_JSON_BUILD_PAIR_VARIANT("audits", rows)) < 0)
			return out_of_memory();
		result = ctl_print_json(reply);
	} else {
		result = ctl_table(&request->ctl, columns, ARRAY_SIZE(columns), rows);
	}
	if (result != CTL_OK)
		return result;
	return print_violations(rows, request->ctl.json) ? CTL_FAILED : CTL_OK;
}

/* A dump that somebody has kept; nobody else is asked. */
static enum ctl_exit audit_file(const struct placement_request *request, sd_json_variant **rows)
{
	_cleanup_errors_ struct mp_errors errors = {};
	const struct placement_source source = { .policy = request->file };
	struct mp_placement_audit audit;
	FILE *f = strcmp(request->file, "-") ? fopen(request->file, "re") : stdin;
	int r;

	if (!f) {
		ctl_complain("placement audit", "%s: %s", request->file, strerror(errno));
		return CTL_FAILED;
	}
	r = mp_placement_audit_read(f, request->file, &errors, &audit);
	if (f != stdin)
		fclose(f);
	for (size_t i = 0; i < errors.count; i++)
		fprintf(stderr, "%s\n", errors.items[i]);
	if (r < 0 && r != -EBADMSG)
		ctl_complain("placement audit", "%s: %s", request->file, strerror(-r));
	if (r < 0)
		return CTL_FAILED;
	return append(rows, &source, &audit) < 0 ? out_of_memory() : CTL_OK;
}

static enum ctl_exit audit_row(const struct placement_request *request, sd_json_variant *row,
			       sd_json_variant **rows)
{
	struct mp_placement_audit audit = {};
	struct placement_source source;
	const char *engine = ctl_string(row, "engine");
	enum ctl_exit result = placement_walk(request, row, &source, judge, &audit);

	if (result != CTL_OK)
		return result;
	if (!source.has_geometry) {
		ctl_complain(
			"placement audit",
			"where pages of policy %s may lie is not known: engine %s has no "
			"Front=, Back=, Choices=, Seed= and Key=, or its last change is not in "
			"force (mempolctl show %s)",
			source.policy, engine ?: "-", source.policy);
		return CTL_FAILED;
	}
	return append(rows, &source, &audit) < 0 ? out_of_memory() : CTL_OK;
}

static enum ctl_exit audit_all(const struct placement_request *request, sd_json_variant **rows)
{
	_cleanup_json_ sd_json_variant *pools = NULL;
	enum ctl_exit result = placement_rows(request, &pools);

	for (size_t i = 0; result == CTL_OK && i < sd_json_variant_elements(pools); i++)
		result = audit_row(request, sd_json_variant_by_index(pools, i), rows);
	if (result == CTL_OK && !sd_json_variant_elements(*rows)) {
		ctl_complain("placement audit",
			     "no pool is there to be audited; see mempolctl placement status");
		return CTL_FAILED;
	}
	return result;
}

enum ctl_exit placement_audit(const struct placement_request *request)
{
	_cleanup_json_ sd_json_variant *rows = NULL;
	enum ctl_exit result;

	if (sd_json_variant_new_array(&rows, NULL, 0) < 0)
		return out_of_memory();
	result = request->file ? audit_file(request, &rows) : audit_all(request, &rows);
	return result == CTL_OK ? print(request, rows) : result;
}
