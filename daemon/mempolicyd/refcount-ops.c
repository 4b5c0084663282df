// SPDX-License-Identifier: GPL-2.0-only
/*
 * The row of the reference counts in the daemon's table of mechanisms (mechanism-ops.h): what their ops struct is
 * given, and what explain and show know of files. Which files are in is ref-files.c's, what events say is in
 * refcount-events.c.
 */
#include <errno.h>
#include <string.h>

#include "mechanism-ops.h"
#include "mechanism-refcount.h"
#include "ref-files.h"

/* explain names so many. */
#define NAMED_MAX 8

static int fill(const struct mp_manager *m, const struct mp_policy *policy,
		struct mp_ops_values *values, char **ret_problem)
{
	const struct mp_refcount *refcount = mp_refcount_of(policy);

	(void)m;
	(void)ret_problem;
	mp_ops_values_add(values, "sample", 4, refcount->sample);
	mp_ops_values_add(values, "period_ms", 4, refcount->period_ms);
	mp_ops_values_add(values, "max_files", 4, refcount->max_files);
	return 0;
}

static void name_files(FILE *f, const struct mp_manager *m, const struct mp_slot *slot,
		       const struct mempol_ref_file *table, size_t n)
{
	for (size_t i = 0; i < n && i < NAMED_MAX; i++) {
		const char *path = mp_ref_files_path(m, slot, table[i].id);
		const char *cause = mp_ref_cause_to_string(table[i].cause);
		char name[MEMPOL_REF_NAME_LEN + 4];

		mp_ref_name(table[i].name, name);
		fprintf(f, "%s%s (%s)", i ? ", " : ": ", path ?: name, cause ?: "?");
	}
	if (n > NAMED_MAX)
		fprintf(f, " and %zu more", n - NAMED_MAX);
}

/* The engine is asked of no read there: it answers all of them with no. */
static bool samples(const struct mp_slot *slot)
{
	return strcmp(mp_slot_engine(slot), mp_mechanism_refcount.leaving_engine) != 0;
}

static char *explain(const struct mp_manager *m, const struct mp_slot *slot,
		     const struct mp_attachment *at)
{
	const struct mp_attachment *carrier = mp_ref_files_carrier(m, slot);
	_cleanup_free_ struct mempol_ref_file *table = NULL;
	char *text = NULL;
	size_t size, n = 0;
	FILE *f;

	if (!carrier)
		return NULL;
	if (at && mp_attachment_leaves(at))
		at = NULL;
	f = open_memstream(&text, &size);
	if (!f)
		return NULL;
	if (samples(slot))
		fprintf(f, "1 in %u of its cached reads is %s; ",
			(unsigned int)mp_refcount_of(slot->policy)->sample,
			at ? "sampled" : "not sampled");
	if (mp_ref_table_read(m->agent, mp_loaded_policy_id((at ?: carrier)->loaded), &table, &n) <
	    0)
		fprintf(f, "which files are in cannot be read now");
	else if (!n)
		fprintf(f, "no file is in");
	else
		fprintf(f, "%zu file%s in, for every task of the machine", n,
			n == 1 ? " is" : "s are");
	name_files(f, m, slot, table, n);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

const struct mp_mechanism_ops mp_refcount_ops = {
	.mechanism = &mp_mechanism_refcount,
	.fill = fill,
	.attend = mp_ref_files_attend,
	.done = mp_ref_files_done,
	.told = mp_ref_files_told,
	.add_show_fields = mp_ref_files_json,
	.explain = explain,
};
