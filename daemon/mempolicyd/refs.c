// SPDX-License-Identifier: GPL-2.0-only
/*
 * References for their users; see refs.h.
 */
#include <errno.h>
#include <string.h>

#include "../lib/refs.h"
#include "errors.h"
#include "kernel.h"
#include "mechanism-refcount.h"
#include "refs.h"

#define _cleanup_json_ _cleanup_(sd_json_variant_unrefp)

/* Limits of one reply: other users wait for the daemon meanwhile, and a Varlink message may not be longer. */
#define CALLS_MAX 64
#define RUNS_MAX 256

/* What a failed call means, whatever was asked. */
static int explain(char **ret_problem, int error)
{
	_cleanup_free_ char *why = TAKE_PTR(*ret_problem);

	switch (error) {
	case -ENODEV:
		return mp_problem(ret_problem, -EOPNOTSUPP, "%s", why ?: "it cannot be asked");
	case -EOPNOTSUPP:
		return mp_problem(ret_problem, error,
				  "module mempol is of another version, and does not know the "
				  "question");
	case -EBADF:
		return mp_problem(ret_problem, error, "The file was not opened for reading");
	case -EINVAL:
		return mp_problem(
			ret_problem, error,
			"It is neither a regular file nor a block device: nothing else has "
			"pages of its own");
	default:
		return mp_problem(ret_problem, error, "The kernel refused: %s", strerror(-error));
	}
}

static int flags_json(uint32_t flags, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *v = NULL;
	int r = sd_json_variant_new_array(&v, NULL, 0);

	for (unsigned int bit = 0; mp_ref_flag_name(bit) && r >= 0; bit++)
		if (flags & (1U << bit))
			r = sd_json_variant_append_arrayb(
				&v, SD_JSON_BUILD_STRING(mp_ref_flag_name(bit)));
	if (r < 0)
		return r;
	*ret = TAKE_PTR(v);
	return 0;
}

static int add_run(sd_json_variant **array, const struct mp_ref_run *run,
		   enum mp_ref_question question, bool drained)
{
	const struct mempol_ref_page *page = &run->page;
	enum mp_ref_reason reason = mp_ref_why(page, question, drained);
	_cleanup_json_ sd_json_variant *flags = NULL;
	bool accounted = mp_ref_is_accounted(page);
	char why[MP_REF_TEXT];
	int r = flags_json(page->flags, &flags);

	if (r < 0)
		return r;
	return sd_json_variant_append_arraybo(
		array, SD_JSON_BUILD_PAIR_UNSIGNED("index", page->index),
		SD_JSON_BUILD_PAIR_UNSIGNED("folios", run->folios),
		SD_JSON_BUILD_PAIR_UNSIGNED("pages", page->nr_pages),
		SD_JSON_BUILD_PAIR_UNSIGNED("refs", page->refs),
		SD_JSON_BUILD_PAIR_UNSIGNED("mapped", page->mapped),
		SD_JSON_BUILD_PAIR_CONDITION(accounted, "expected",
					     SD_JSON_BUILD_UNSIGNED(page->expected)),
		SD_JSON_BUILD_PAIR_CONDITION(accounted, "extra",
					     SD_JSON_BUILD_INTEGER(page->extra)),
		SD_JSON_BUILD_PAIR_UNSIGNED("hidden", page->hidden),
		SD_JSON_BUILD_PAIR_VARIANT("flags", flags),
		SD_JSON_BUILD_PAIR_CONDITION(page->nid != MEMPOL_REF_NOWHERE, "node",
					     SD_JSON_BUILD_UNSIGNED(page->nid)),
		SD_JSON_BUILD_PAIR_STRING("reason", mp_ref_reason_word(reason)),
		SD_JSON_BUILD_PAIR_STRING("why", mp_ref_why_text(page, reason, why)));
}

/* What one call has told; false: there are too many runs, and @call goes on at the first of those left. */
static bool collect(struct mp_ref_run runs[static RUNS_MAX], size_t *n, struct mempol_call *call)
{
	size_t nr = call->body.refs.nr < MEMPOL_REF_PAGES ? call->body.refs.nr : MEMPOL_REF_PAGES;

	for (size_t i = 0; i < nr; i++) {
		const struct mempol_ref_page *page = &call->body.refs.pages[i];

		if (*n && mp_ref_run_append(&runs[*n - 1], page))
			continue;
		if (*n == RUNS_MAX) {
			call->body.refs.first = page->index;
			return false;
		}
		runs[(*n)++] = (struct mp_ref_run){ .page = *page, .folios = 1 };
	}
	return call->body.refs.first <= call->body.refs.last;
}

static int runs_json(const struct mp_ref_run *runs, size_t n, enum mp_ref_question question,
		     bool drained, const struct mempol_call *call, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *pages = NULL;
	int r = sd_json_variant_new_array(&pages, NULL, 0);

	for (size_t i = 0; i < n && r >= 0; i++)
		r = add_run(&pages, &runs[i], question, drained);
	if (r < 0)
		return r;
	return sd_json_buildo(
		ret, SD_JSON_BUILD_PAIR_VARIANT("pages", pages),
		SD_JSON_BUILD_PAIR_CONDITION(call->body.refs.first <= call->body.refs.last, "next",
					     SD_JSON_BUILD_UNSIGNED(call->body.refs.first)));
}

int mp_refs_look(struct mp_manager *m, int fd, const struct mp_refs_range *range,
		 sd_json_variant **ret, char **ret_problem)
{
	_cleanup_free_ struct mp_ref_run *runs =
		mp_owned(calloc(RUNS_MAX, sizeof(struct mp_ref_run)));
	struct mempol_call call = { .op = MEMPOL_CALL_REFS,
				    .body.refs = { .first = range->first,
						   .last = range->last,
						   .fd = fd,
						   .drain = range->drain } };
	enum mp_ref_question question = fd < 0 ? MP_REF_MOVES : MP_REF_GOES;
	unsigned int calls = 0;
	size_t n = 0;
	int r;

	*ret_problem = NULL;
	if (!runs)
		return -ENOMEM;
	do {
		r = mp_kernel_call(m, &call, ret_problem);
		if (r < 0)
			return explain(ret_problem, r);
		call.body.refs.drain = 0;
	} while (collect(runs, &n, &call) && ++calls < CALLS_MAX);
	return runs_json(runs, n, question, range->drain, &call, ret);
}

static const char *policy_of(const struct mp_manager *m, uint64_t policy_id)
{
	for (size_t i = 0; i < m->n_attachments; i++) {
		const struct mp_attachment *at = m->attachments[i];

		if (mp_loaded_is_attached(at->loaded) &&
		    mp_loaded_policy_id(at->loaded) == policy_id)
			return at->name;
	}
	return NULL;
}

static int add_file(const struct mp_manager *m, sd_json_variant **array,
		    const struct mempol_ref_file *file)
{
	char name[MEMPOL_REF_NAME_LEN + 4], device[32];

	mp_ref_name(file->name, name);
	/* new_encode_dev() */
	snprintf(device, sizeof(device), "%u:%u", (file->dev & 0xfff00) >> 8,
		 (file->dev & 0xff) | ((file->dev >> 12) & 0xfff00));
	return sd_json_variant_append_arraybo(
		array, SD_JSON_BUILD_PAIR_STRING("policy", policy_of(m, file->policy_id) ?: ""),
		SD_JSON_BUILD_PAIR_STRING("name", name),
		SD_JSON_BUILD_PAIR_STRING("device", device),
		SD_JSON_BUILD_PAIR_UNSIGNED("inode", file->ino),
		SD_JSON_BUILD_PAIR_STRING("cause", mp_ref_cause_to_string(file->cause) ?: "?"),
		SD_JSON_BUILD_PAIR_UNSIGNED("age_ms", file->age_ms),
		SD_JSON_BUILD_PAIR_UNSIGNED("reads", file->reads),
		SD_JSON_BUILD_PAIR_UNSIGNED("fell_back", file->fell_back),
		SD_JSON_BUILD_PAIR_UNSIGNED("busy", file->busy));
}

/* The mechanism that counts reads in cells, whether this version has it or not. */
static bool counts_in_cells(const struct mp_attachment *at)
{
	return at->mechanism == mp_mechanism_find("refcount") && mp_loaded_is_attached(at->loaded);
}

static bool has_refcount(const struct mp_manager *m)
{
	for (size_t i = 0; i < m->n_attachments; i++)
		if (counts_in_cells(m->attachments[i]))
			return true;
	return false;
}

int mp_refs_files(struct mp_manager *m, sd_json_variant **ret, char **ret_problem)
{
	struct mempol_call call = { .op = MEMPOL_CALL_REFCOUNT_FILES };
	_cleanup_json_ sd_json_variant *files = NULL;
	int r = sd_json_variant_new_array(&files, NULL, 0);

	*ret_problem = NULL;
	/* No file is in without a policy, so the kernel need not be asked. */
	while (r >= 0 && has_refcount(m)) {
		r = mp_kernel_call(m, &call, ret_problem);
		if (r < 0)
			return explain(ret_problem, r);
		for (size_t i = 0; i < call.body.ref_files.nr && i < MEMPOL_REF_FILES && r >= 0;
		     i++)
			r = add_file(m, &files, &call.body.ref_files.files[i]);
		if (!call.body.ref_files.cursor)
			break;
	}
	return r < 0 ? r : sd_json_buildo(ret, SD_JSON_BUILD_PAIR_VARIANT("files", files));
}

/* Why the file is not in now, or not out; @owner: the policy that has it. */
static int explain_switch(const struct mp_manager *m, char **ret_problem, int error, uint64_t owner)
{
	switch (error) {
	case -EALREADY:
		return mp_problem(ret_problem, error,
				  "The file's reads are counted in cells already");
	case -EBUSY:
		return mp_problem(ret_problem, error, "The file belongs to policy %s",
				  policy_of(m, owner) ?: "that has just left");
	case -ENOENT:
		return mp_problem(ret_problem, error,
				  "The file's reads are not counted in cells; mempolctl refs files "
				  "says whose are");
	case -ENOSPC:
		return mp_problem(
			ret_problem, error,
			"There are as many files as there may be: raise MaxFiles=, or take "
			"one out with mempolctl refs off");
	case -EINVAL:
		return mp_problem(ret_problem, error,
				  "It is no regular file whose reads go through the page cache");
	case -EOPNOTSUPP:
		return mp_problem(ret_problem, -EINVAL,
				  "Reads of files in a file system like this one (DAX, tmpfs, "
				  "hugetlbfs) are not counted in cells");
	case -ETXTBSY:
		return mp_problem(ret_problem, error, "It is a swap file");
	case -EPERM:
		return mp_problem(ret_problem, error, "Its pages are not to be read by the kernel");
	default:
		return explain(ret_problem, error);
	}
}

/* Puts the file in or out by one policy: 0, or -errno and the policy that has it. */
static int switch_by(struct mp_manager *m, const struct mp_attachment *at, int fd, bool on,
		     uint64_t *ret_owner, char **ret_problem)
{
	struct mempol_call call = {
		.op = MEMPOL_CALL_REFCOUNT_FILE,
		.body.ref_file = { .policy_id = mp_loaded_policy_id(at->loaded),
				   .fd = fd,
				   .on = on,
				   .cause = MEMPOL_REF_BY_REQUEST },
	};
	int r = mp_kernel_call(m, &call, ret_problem);

	*ret_owner = call.body.ref_file.owner;
	return r;
}

int mp_refs_switch(struct mp_manager *m, int fd, bool on, sd_json_variant **ret, char **ret_problem)
{
	const struct mp_mechanism *cells = mp_mechanism_find("refcount");
	const char *missing = cells ? m->features.missing[cells->id] : NULL;
	uint64_t owner = 0;
	int r = -ENODEV;

	*ret_problem = NULL;
	for (size_t i = 0; i < m->n_attachments; i++) {
		const struct mp_attachment *at = m->attachments[i];

		if (!counts_in_cells(at))
			continue;
		r = switch_by(m, at, fd, on, &owner, ret_problem);
		if (r >= 0)
			return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_STRING("policy", at->name));
		/* Another policy may have the file, or room for it. */
		if (on ? r != -ENOSPC : r != -EBUSY && r != -ENOENT)
			return explain_switch(m, ret_problem, r, owner);
	}
	if (r != -ENODEV)
		return explain_switch(m, ret_problem, r, owner);
	if (missing)
		return mp_problem(ret_problem, -EOPNOTSUPP, "%s", missing);
	return mp_problem(
		ret_problem, -ENOENT,
		"There is no active policy of reference counts: put a file with [Refcount] "
		"into %s, such as /usr/share/mempolicyd/policies/refcount.mempolicy",
		m->config->policy_dirs[0]);
}
