// SPDX-License-Identifier: GPL-2.0-only
/*
 * A list of requests, and what follows from it for each attachment; see samples.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "attachments.h"
#include "kernel.h"
#include "log.h"
#include "samples.h"

struct mp_sample {
	char *cgroup;
	uint32_t shift;
	mp_samples_changed_t changed;
	void *userdata;
	sd_json_variant *reply; /* the last one */
	const struct mp_attachment
		*governor; /* of the cgroup itself; NULL: it is left to the kernel */
	struct mp_sample *next;
};

static struct mp_sample **samples(struct mp_manager *m)
{
	return (struct mp_sample **)&m->own[MEMPOL_MECH_CACHE];
}

static struct mp_sample *sample_free(struct mp_sample *sample)
{
	if (!sample)
		return NULL;
	sd_json_variant_unref(sample->reply);
	free(sample->cgroup);
	free(sample);
	return NULL;
}

MP_DEFINE_CLEANUP(struct mp_sample *, sample_free)

static bool is_cache(const struct mp_attachment *at)
{
	return at->mechanism->id == MEMPOL_MECH_CACHE && mp_loaded_is_attached(at->loaded);
}

/* Is @cgroup the same as @above, or below it? */
static bool is_within(const char *cgroup, const char *above)
{
	size_t n = strlen(above);

	if (n == 1)
		return true;
	return !strncmp(cgroup, above, n) && (!cgroup[n] || cgroup[n] == '/');
}

/* What governs @cgroup itself: the attachment at it, or at the nearest one above. */
static const struct mp_attachment *governor_of(const struct mp_manager *m, const char *cgroup)
{
	const struct mp_attachment *nearest = NULL;

	for (size_t i = 0; i < m->n_attachments; i++) {
		const struct mp_attachment *at = m->attachments[i];

		if (is_cache(at) && is_within(cgroup, at->cgroup) &&
		    (!nearest || strlen(at->cgroup) > strlen(nearest->cgroup)))
			nearest = at;
	}
	return nearest;
}

/* Does it govern something that @sample is about? An exclusion governs nothing. */
static bool is_wanted(const struct mp_sample *sample, const struct mp_attachment *at)
{
	return is_cache(at) && !mp_attachment_leaves(at) &&
	       (at == sample->governor || is_within(at->cgroup, sample->cgroup));
}

static int tell_kernel(struct mp_manager *m, struct mp_attachment *at, bool on, uint32_t *shift,
		       char **ret_problem)
{
	struct mempol_call call = {
		.op = MEMPOL_CALL_CACHE_SAMPLE,
		.body.sample = {
			.policy_id = mp_loaded_policy_id(at->loaded),
			.on = on,
			.shift = on ? *shift : 0,
		},
	};
	int r = mp_kernel_call(m, &call, ret_problem);

	if (r == -EOPNOTSUPP && !*ret_problem)
		*ret_problem = strdup("its module mempol is older than mempolicyd and cannot tell "
				      "of accesses: load the one of this version");
	*shift = call.body.sample.shift;
	return r;
}

/* An attachment whose engine was replaced has another number, and is not sampled yet. */
static bool is_sampled(const struct mp_attachment *at)
{
	return at->sampled_id && at->sampled_id == mp_loaded_policy_id(at->loaded);
}

static void note(struct mp_attachment *at)
{
	char text[96];

	if (!at->sampled_id) {
		mp_attachment_note(at, NULL);
		return;
	}
	snprintf(text, sizeof(text),
		 "recorded: the kernel tells of accesses to one page in %" PRIu64,
		 UINT64_C(1) << (at->sampled_shift & 63));
	mp_attachment_note(at, text);
}

/* @shift: the finest of those that want it, UINT32_MAX: nobody does. */
static int set(struct mp_manager *m, struct mp_attachment *at, uint32_t shift, char **ret_problem)
{
	bool on = shift != UINT32_MAX;
	int r;

	*ret_problem = NULL;
	if (on ? is_sampled(at) && at->wanted_shift == shift : !at->sampled_id)
		return 0;
	at->wanted_shift = shift;
	r = on || is_sampled(at) ? tell_kernel(m, at, on, &shift, ret_problem) : 0;
	at->sampled_id = on && r >= 0 ? mp_loaded_policy_id(at->loaded) : 0;
	at->sampled_shift = shift;
	note(at);
	return r;
}

/* What each of them is to tell. 0, or the first failure of one that is wanted. */
static int set_all(struct mp_manager *m, char **ret_problem)
{
	int result = 0;

	*ret_problem = NULL;
	for (struct mp_sample *s = *samples(m); s; s = s->next)
		s->governor = governor_of(m, s->cgroup);
	for (size_t i = 0; i < m->n_attachments; i++) {
		struct mp_attachment *at = m->attachments[i];
		_cleanup_free_ char *problem = NULL;
		uint32_t shift = UINT32_MAX;
		int r;

		if (!is_cache(at))
			continue;
		for (const struct mp_sample *s = *samples(m); s; s = s->next)
			if (is_wanted(s, at) && s->shift < shift)
				shift = s->shift;
		r = set(m, at, shift, &problem);
		/* One that has left the kernel: the event that says so is on its way. */
		if (r >= 0 || r == -ENOENT)
			continue;
		mp_log_errno(LOG_DEBUG, r, "Failed to sample policy %s at %s: %s", at->name,
			     at->cgroup, problem ?: "no further reason");
		if (result == 0) {
			result = r;
			*ret_problem = TAKE_PTR(problem);
		}
	}
	return result;
}

static int make_reply(struct mp_manager *m, const struct mp_sample *sample, sd_json_variant **ret)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *array = NULL;
	int r = sd_json_variant_new_array(&array, NULL, 0);

	for (size_t i = 0; i < m->n_attachments && r >= 0; i++) {
		const struct mp_attachment *at = m->attachments[i];

		if (!is_wanted(sample, at) || !is_sampled(at))
			continue;
		r = sd_json_variant_append_arraybo(
			&array, SD_JSON_BUILD_PAIR_STRING("policy", at->name),
			SD_JSON_BUILD_PAIR_STRING("engine", mp_attachment_engine(at)),
			SD_JSON_BUILD_PAIR_STRING("cgroup", at->cgroup),
			SD_JSON_BUILD_PAIR_UNSIGNED("shift", at->sampled_shift));
	}
	return r < 0 ? r : sd_json_buildo(ret, SD_JSON_BUILD_PAIR_VARIANT("policies", array));
}

static void tell_change(struct mp_manager *m, struct mp_sample *sample)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *reply = NULL;

	if (make_reply(m, sample, &reply) < 0 || sd_json_variant_equal(reply, sample->reply))
		return;
	sd_json_variant_unref(sample->reply);
	sample->reply = sd_json_variant_ref(reply);
	sample->changed(reply, sample->userdata);
}

void mp_samples_attend(struct mp_manager *m)
{
	_cleanup_free_ char *problem = NULL;

	(void)set_all(m, &problem);
	for (struct mp_sample *s = *samples(m), *next; s; s = next) {
		next = s->next;
		tell_change(m, s);
	}
}

int mp_samples_begin(struct mp_manager *m, const char *cgroup, uint32_t shift,
		     mp_samples_changed_t changed, void *userdata, struct mp_sample **ret,
		     sd_json_variant **ret_reply, char **ret_problem)
{
	_cleanup_(sample_freep) struct mp_sample *sample = mp_owned(calloc(1, sizeof(*sample)));
	int r;

	*ret_problem = NULL;
	if (!sample)
		return -ENOMEM;
	*sample = (struct mp_sample){ .shift = shift, .changed = changed, .userdata = userdata };
	sample->cgroup = strdup(cgroup);
	if (!sample->cgroup)
		return -ENOMEM;
	sample->next = *samples(m);
	*samples(m) = sample;
	r = set_all(m, ret_problem);
	if (r >= 0)
		r = make_reply(m, sample, &sample->reply);
	if (r < 0) {
		mp_samples_end(m, TAKE_PTR(sample));
		return r;
	}
	*ret_reply = sd_json_variant_ref(sample->reply);
	*ret = TAKE_PTR(sample);
	return 0;
}

void mp_samples_end(struct mp_manager *m, struct mp_sample *sample)
{
	struct mp_sample **p = samples(m);

	while (*p && *p != sample)
		p = &(*p)->next;
	if (!*p)
		return;
	*p = sample->next;
	sample_free(sample);
	/* What it alone wanted ends. */
	mp_samples_attend(m);
}

void mp_samples_done(struct mp_manager *m)
{
	while (*samples(m)) {
		struct mp_sample *sample = *samples(m);

		*samples(m) = sample->next;
		sample_free(sample);
	}
}
