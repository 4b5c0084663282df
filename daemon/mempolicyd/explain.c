// SPDX-License-Identifier: GPL-2.0-only
/*
 * One verdict a policy; see explain.h.
 */
#include <errno.h>
#include <string.h>

#include "attachments.h"
#include "explain.h"
#include "kernel.h"
#include "match.h"
#include "mechanism-ops.h"

#define _cleanup_json_ _cleanup_(sd_json_variant_unrefp)

/* What a policy says of the cgroup, by this word in replies. */
enum verdict {
	GOVERNS, /* from here or from a cgroup above */
	LEAVES, /* it governs above and leaves this cgroup to the kernel */
	WOULD, /* it should, and cannot now */
	STANDS_BACK, /* another one governs */
	NO_MATCH,
};

static const char *const verdicts[] = {
	[GOVERNS] = "governs",	       [LEAVES] = "excludes",	[WOULD] = "would-govern",
	[STANDS_BACK] = "stands-back", [NO_MATCH] = "no-match",
};

struct place {
	const char *cgroup;
	/* The nearest attachment in the kernel, at the cgroup or above; one a mechanism. */
	const struct mp_attachment *governor;
};

static char *normal_path(const char *cgroup)
{
	size_t n = strlen(cgroup);
	char *path;

	while (n > 1 && cgroup[n - 1] == '/')
		n--;
	return asprintf(&path, "%s%.*s", *cgroup == '/' ? "" : "/", (int)n, cgroup) < 0 ? NULL :
											  path;
}

/* "/a" of "/a/b", "/" of "/a"; false at the root. */
static bool to_parent(char *path)
{
	char *slash = strrchr(path, '/');

	if (!path[1])
		return false;
	slash[slash == path] = '\0';
	return true;
}

static const struct mp_attachment *
attached_at(const struct mp_manager *m, const struct mp_mechanism *mechanism, const char *cgroup)
{
	for (size_t i = 0; i < m->n_attachments; i++) {
		const struct mp_attachment *at = m->attachments[i];

		if (at->mechanism == mechanism && at->cgroup && !strcmp(at->cgroup, cgroup) &&
		    mp_loaded_is_attached(at->loaded))
			return at;
	}
	return NULL;
}

static int find_governor(const struct mp_manager *m, const struct mp_mechanism *mechanism,
			 struct place *place)
{
	_cleanup_free_ char *path = mp_owned(strdup(place->cgroup));

	if (!path)
		return -ENOMEM;
	do
		place->governor = attached_at(m, mechanism, path);
	while (!place->governor && to_parent(path));
	return 0;
}

static const struct mp_attachment *attachment_here(const struct mp_manager *m,
						   const struct mp_slot *slot, const char *cgroup)
{
	for (size_t i = 0; i < m->n_attachments; i++)
		if (m->attachments[i]->slot == slot && m->attachments[i]->cgroup &&
		    !strcmp(m->attachments[i]->cgroup, cgroup))
			return m->attachments[i];
	return NULL;
}

static char *text(const char *format, ...) _printf_(1, 2);

static char *text(const char *format, ...)
{
	char *t;
	va_list ap;
	int r;

	va_start(ap, format);
	r = vasprintf(&t, format, ap);
	va_end(ap);
	return r < 0 ? NULL : t;
}

static enum verdict judge_governor(const struct place *place, char **ret)
{
	const struct mp_attachment *g = place->governor;
	bool here = !strcmp(g->cgroup, place->cgroup);

	if (mp_attachment_leaves(g)) {
		*ret = here ? text("the policy governs a cgroup above and excludes this one") :
			      text("through %s, which the policy excludes", g->cgroup);
		return LEAVES;
	}
	if (g->state != MP_STATE_ACTIVE)
		*ret = text("%s%s%s%s: %s", here ? "" : "through ", here ? "" : g->cgroup,
			    here ? "" : ", ", mp_state_to_string(g->state),
			    g->reason ?: "no reason given");
	else
		*ret = here ? NULL : text("through %s", g->cgroup);
	return GOVERNS;
}

/* The policy's own attachment that would govern the cgroup, there or above; NULL: none. */
static const struct mp_attachment *own_winner(const struct mp_manager *m,
					      const struct mp_slot *slot, const char *cgroup)
{
	_cleanup_free_ char *path = mp_owned(strdup(cgroup));
	const struct mp_attachment *at;

	if (!path)
		return NULL;
	do {
		at = attachment_here(m, slot, path);
		if (at && at->winner)
			return at;
	} while (to_parent(path));
	return NULL;
}

/* It matches, and another one governs, or none. */
static enum verdict judge_match(const struct mp_manager *m, const struct mp_slot *slot,
				const struct place *place, char **ret)
{
	const struct mp_attachment *here = attachment_here(m, slot, place->cgroup), *own;
	const struct mp_slot *governor = place->governor ? place->governor->slot : NULL;

	if (here && !here->winner) {
		*ret = text("%s", here->reason ?: "another policy governs it");
		return STANDS_BACK;
	}
	if (!here && governor && governor->policy &&
	    mp_policy_compare(governor->policy, slot->policy) > 0) {
		*ret = text("policy %s governs it", governor->name);
		return STANDS_BACK;
	}
	own = own_winner(m, slot, place->cgroup);
	if (own) {
		*ret = text("%s%s%s%s%s%s", own == here ? "" : "through ",
			    own == here ? "" : own->cgroup, own == here ? "" : ", ",
			    mp_state_to_string(own->state), own->reason ? ": " : "",
			    own->reason ?: "");
		return WOULD;
	}
	if (slot->n_left_out) {
		*ret = text("it has no place: at most %d cgroups can be governed in all",
			    MP_ATTACHMENTS_MAX);
		return WOULD;
	}
	*ret = governor ? text("policy %s governs it", governor->name) :
			  text("it is not worked out yet");
	return STANDS_BACK;
}

/* One policy's verdict; *ret says why, or is NULL where nothing is to be said. */
static enum verdict judge(const struct mp_manager *m, const struct mp_slot *slot,
			  const struct place *place, char **ret)
{
	*ret = NULL;
	if (place->governor && place->governor->slot == slot)
		return judge_governor(place, ret);
	if (!slot->policy || slot->unloadable) {
		*ret = text("the policy cannot run: %s",
			    mp_slot_problem(slot) ?: "its file is bad");
		return slot->policy && mp_match_cgroup(&slot->policy->match, place->cgroup) ?
			       WOULD :
			       NO_MATCH;
	}
	if (mp_match_cgroup(&slot->policy->match, place->cgroup))
		return judge_match(m, slot, place, ret);
	if (mp_match_excludes(&slot->policy->match, place->cgroup))
		*ret = text("an exclusion of the policy matches");
	return NO_MATCH;
}

/* What the mechanism has to say beside the verdict. */
static void add_words(const struct mp_manager *m, const struct mp_slot *slot,
		      const struct place *place, enum verdict verdict, char **reason)
{
	const struct mp_mechanism *mechanism = mp_slot_mechanism(slot);
	const struct mp_mechanism_ops *ops = mechanism ? mp_mechanism_ops_of(mechanism->id) : NULL;
	_cleanup_free_ char *words = NULL, *before = NULL;

	if (!ops || !ops->explain || verdict == WOULD || verdict == STANDS_BACK)
		return;
	words = mp_owned(ops->explain(m, slot, verdict == NO_MATCH ? NULL : place->governor));
	if (!words)
		return;
	before = TAKE_PTR(*reason);
	*reason = text("%s%s%s", before ?: "", before ? "; " : "", words);
}

static int append(const struct mp_manager *m, const struct mp_slot *slot, const struct place *place,
		  sd_json_variant **array)
{
	const struct mp_mechanism *mechanism = mp_slot_mechanism(slot);
	_cleanup_free_ char *reason = NULL;
	enum verdict verdict = judge(m, slot, place, &reason);

	add_words(m, slot, place, verdict, &reason);

	return sd_json_variant_append_arraybo(
		array, SD_JSON_BUILD_PAIR_STRING("policy", slot->name),
		SD_JSON_BUILD_PAIR_STRING("mechanism", mechanism ? mechanism->name : ""),
		SD_JSON_BUILD_PAIR_STRING("engine", mp_slot_engine(slot) ?: ""),
		SD_JSON_BUILD_PAIR_INTEGER("priority", slot->policy ? slot->policy->priority : 0),
		SD_JSON_BUILD_PAIR_STRING("verdict", verdicts[verdict]),
		SD_JSON_BUILD_PAIR_STRING("reason", reason));
}

/* Policies of @mechanism, and with the first one those that never could be read. */
static int append_all(const struct mp_manager *m, const struct mp_mechanism *mechanism,
		      const struct place *place, bool unread, sd_json_variant **array)
{
	int r = 0;

	for (size_t i = 0; i < m->n_slots && r >= 0; i++) {
		const struct mp_mechanism *own = mp_slot_mechanism(m->slots[i]);

		if (own == mechanism || (!own && unread))
			r = append(m, m->slots[i], place, array);
	}
	return r;
}

int mp_explain(struct mp_manager *m, const char *cgroup, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *array = NULL;
	_cleanup_free_ char *path = mp_owned(normal_path(cgroup));
	struct place place = { .cgroup = path };
	const char *missing = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	if (!mp_cgroups_find(m->cgroups, path))
		return -ESRCH;
	for (size_t i = 0; i < m->n_attachments; i++)
		mp_kernel_refresh(m, m->attachments[i]);
	r = sd_json_variant_new_array(&array, NULL, 0);
	for (size_t i = 0, n = 0; i < mp_mechanisms_count && r >= 0; i++) {
		const struct mp_mechanism *mechanism = mp_mechanisms[i];

		if (!mechanism->ops_type || mechanism->host_wide)
			continue;
		missing = missing ?: m->features.missing[mechanism->id];
		r = find_governor(m, mechanism, &place);
		if (r >= 0)
			r = append_all(m, mechanism, &place, !n++, &array);
	}
	if (r < 0)
		return r;
	return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_STRING("cgroup", path),
			      SD_JSON_BUILD_PAIR_VARIANT("policies", array),
			      SD_JSON_BUILD_PAIR_STRING("missing", missing));
}
