/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection to the daemon that is kept; see record-policy.h.
 */
#include "record-policy.h"

#include <errno.h>
#include <string.h>
#include <systemd/sd-varlink.h>

#include "errors.h"
#include "output.h"
#include "text.h"

/* The daemon answers at once, unless it verifies engines meanwhile. */
#define ANSWER_USEC (30 * 1000000ULL)

struct record_policy {
	sd_varlink *link;
	sd_json_variant *policies; /* as they were first */
	char *names, *problem;
	uint32_t shift;
	int error;
	bool answered, gone;
};

static bool is_same(sd_json_variant *a, sd_json_variant *b, const char *key)
{
	return !strcmp(ctl_string(a, key) ?: "", ctl_string(b, key) ?: "");
}

/* Is each of those that were there first still there? Its engine may be another. */
static bool has_all(sd_json_variant *first, sd_json_variant *now)
{
	for (size_t i = 0; i < sd_json_variant_elements(first); i++) {
		sd_json_variant *policy = sd_json_variant_by_index(first, i);
		bool found = false;

		for (size_t k = 0; k < sd_json_variant_elements(now) && !found; k++) {
			sd_json_variant *other = sd_json_variant_by_index(now, k);

			found = is_same(policy, other, "policy") &&
				is_same(policy, other, "cgroup");
		}
		if (!found)
			return false;
	}
	return true;
}

static char *name_all(sd_json_variant *policies)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (size_t i = 0; f && i < sd_json_variant_elements(policies); i++) {
		sd_json_variant *policy = sd_json_variant_by_index(policies, i);

		fprintf(f, "%s%s (%s) at %s", i ? ", " : "", ctl_string(policy, "policy") ?: "?",
			ctl_string(policy, "engine") ?: "?", ctl_string(policy, "cgroup") ?: "?");
	}
	if (f && fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

/* The coarsest of them is what is told of everywhere. */
static void take_shift(struct record_policy *policy, sd_json_variant *policies)
{
	for (size_t i = 0; i < sd_json_variant_elements(policies); i++) {
		sd_json_variant *shift =
			sd_json_variant_by_key(sd_json_variant_by_index(policies, i), "shift");
		uint64_t value = shift ? sd_json_variant_unsigned(shift) : 0;

		if (value > policy->shift && value < 64)
			policy->shift = value;
	}
}

static void take_first(struct record_policy *policy, sd_json_variant *policies)
{
	policy->policies = sd_json_variant_ref(policies);
	policy->names = name_all(policies);
	if (!policy->names)
		policy->error = -ENOMEM;
	else if (!sd_json_variant_elements(policies))
		policy->error = mp_problem(&policy->problem, -ENOENT,
					   "mempolicyd governs nothing of it (mempolctl explain)");
}

static int refuse(struct record_policy *policy, const char *error, sd_json_variant *reply)
{
	const char *reason = reply ? ctl_string(reply, "reason") : NULL;

	if (!strcmp(error, SD_VARLINK_ERROR_METHOD_NOT_FOUND))
		return mp_problem(&policy->problem, -EOPNOTSUPP,
				  "mempolicyd is older than mempolctl: restart it (systemctl "
				  "restart mempolicyd)");
	if (!strcmp(error, SD_VARLINK_ERROR_DISCONNECTED))
		return mp_problem(&policy->problem, -ECONNRESET,
				  "mempolicyd closed the connection (systemctl status mempolicyd)");
	return mp_problem(&policy->problem, -EOPNOTSUPP, "mempolicyd refused: %s", reason ?: error);
}

static int on_reply(sd_varlink *link, sd_json_variant *reply, const char *error_id,
		    sd_varlink_reply_flags_t flags, void *userdata)
{
	struct record_policy *policy = userdata;
	sd_json_variant *policies = reply && !error_id ? ctl_array(reply, "policies") : NULL;

	(void)link;
	if (!policy->answered && policies)
		take_first(policy, policies);
	else if (!policy->answered)
		policy->error = refuse(policy, error_id ?: "an answer without policies", reply);
	else if (!policies || !has_all(policy->policies, policies))
		policy->gone = true;
	policy->answered = true;
	policy->gone = policy->gone || policy->error || !(flags & SD_VARLINK_REPLY_CONTINUES);
	if (policies)
		take_shift(policy, policies);
	return 0;
}

static int ask(struct record_policy *policy, const char *socket, const char *cgroup)
{
	_cleanup_json_ sd_json_variant *parameters = NULL;
	int r = sd_varlink_connect_address(&policy->link, socket);

	if (r < 0)
		return r;
	sd_varlink_set_userdata(policy->link, policy);
	r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_STRING("cgroup", cgroup),
			   SD_JSON_BUILD_PAIR_UNSIGNED("shift", policy->shift));
	if (r >= 0)
		r = sd_varlink_set_relative_timeout(policy->link, ANSWER_USEC);
	if (r >= 0)
		r = sd_varlink_bind_reply(policy->link, on_reply);
	if (r >= 0)
		r = sd_varlink_observe(policy->link, "io.mempolicy.Manager.Sample", parameters);
	while (r >= 0 && !policy->answered) {
		r = sd_varlink_process(policy->link);
		if (r == 0)
			r = sd_varlink_wait(policy->link, UINT64_MAX);
	}
	if (r < 0)
		return r;
	return policy->error ?: sd_varlink_set_relative_timeout(policy->link, UINT64_MAX);
}

int record_policy_new(const char *socket, const char *cgroup, uint32_t shift,
		      struct record_policy **ret, char **ret_problem)
{
	struct record_policy *policy = calloc(1, sizeof(*policy));
	int r;

	*ret_problem = NULL;
	if (!policy)
		return -ENOMEM;
	policy->shift = shift;
	r = ask(policy, socket, cgroup);
	if (r >= 0) {
		*ret = policy;
		return 0;
	}
	*ret_problem = TAKE_PTR(policy->problem);
	if (!*ret_problem)
		(void)mp_problem(
			ret_problem, r,
			"mempolicyd does not answer at %s: %s (systemctl status mempolicyd)",
			socket, strerror(-r));
	record_policy_free(policy);
	return r;
}

struct record_policy *record_policy_free(struct record_policy *policy)
{
	if (!policy)
		return NULL;
	sd_varlink_close_unref(policy->link);
	sd_json_variant_unref(policy->policies);
	free(policy->names);
	free(policy->problem);
	free(policy);
	return NULL;
}

bool record_policy_is_there(struct record_policy *policy)
{
	int r = 1;

	while (r > 0 && !policy->gone)
		r = sd_varlink_process(policy->link);
	if (r < 0)
		policy->gone = true;
	return !policy->gone;
}

uint32_t record_policy_shift(const struct record_policy *policy)
{
	return policy->shift;
}

const char *record_policy_names(const struct record_policy *policy)
{
	return policy->names;
}
