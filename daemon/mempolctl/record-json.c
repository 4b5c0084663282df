/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recording as mempolctl --json record prints it: what record_report() says in words. See record.h. It prints
 * nothing itself.
 */
#include "record.h"

static const char *hook_of(const struct recording *recording)
{
	if (recording->left_policy)
		return "left-policy";
	return recording->policies ? "policy" : "every-hit";
}

static int cost_json(const struct recording *recording, sd_json_variant **ret)
{
	const struct recorder_cost *cost = &recording->cost;

	return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_UNSIGNED("programs", cost->programs),
			      SD_JSON_BUILD_PAIR_UNSIGNED("runs", cost->runs),
			      SD_JSON_BUILD_PAIR_UNSIGNED("run_ns", cost->run_ns),
			      SD_JSON_BUILD_PAIR_UNSIGNED("own_ns", recording->own_ns));
}

int record_json(const struct recording *recording, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *cost = NULL;
	struct sample_count count;
	int r = cost_json(recording, &cost);

	if (r < 0)
		return r;
	sample_count(&recording->sample, &count);
	return sd_json_buildo(
		ret, SD_JSON_BUILD_PAIR_STRING("cgroup", recording->cgroup),
		SD_JSON_BUILD_PAIR_UNSIGNED("duration_ms", (uint64_t)(recording->seconds * 1000)),
		SD_JSON_BUILD_PAIR_UNSIGNED("shift", recording->sample.shift),
		SD_JSON_BUILD_PAIR_UNSIGNED("uses", count.uses),
		SD_JSON_BUILD_PAIR_UNSIGNED("mapped_uses", count.mapped),
		SD_JSON_BUILD_PAIR_UNSIGNED("added_pages", recording->added),
		SD_JSON_BUILD_PAIR_UNSIGNED("lost_records", recording->lost),
		SD_JSON_BUILD_PAIR_BOOLEAN("gone", recording->gone),
		SD_JSON_BUILD_PAIR_BOOLEAN("interrupted", recording->interrupted),
		SD_JSON_BUILD_PAIR_BOOLEAN("governed", recording->governed),
		SD_JSON_BUILD_PAIR_STRING("hook", hook_of(recording)),
		SD_JSON_BUILD_PAIR_CONDITION(!!recording->policies, "policies",
					     SD_JSON_BUILD_STRING(recording->policies)),
		SD_JSON_BUILD_PAIR_CONDITION(recording->governed && recording->not_told, "reason",
					     SD_JSON_BUILD_STRING(recording->not_told)),
		SD_JSON_BUILD_PAIR_VARIANT("cost", cost));
}
