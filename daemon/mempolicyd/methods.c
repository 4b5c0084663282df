// SPDX-License-Identifier: GPL-2.0-only
/*
 * The methods that belong to no mechanism; see methods.h.
 */
#include <errno.h>
#include <string.h>

#include "explain.h"
#include "manager.h"
#include "method.h"
#include "methods.h"
#include "report.h"

struct name_parameter {
	const char *name;
};

static const sd_json_dispatch_field name_fields[] = {
	{ "name", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string,
	  offsetof(struct name_parameter, name), SD_JSON_NULLABLE },
	{},
};

static int no_such_policy(sd_varlink *link, const char *name)
{
	return sd_varlink_errorbo(link, MP_ERROR_NO_SUCH_POLICY,
				  SD_JSON_BUILD_PAIR_STRING("name", name));
}

/* A name that no file can have is not looked for. */
static int check_name(sd_varlink *link, const char *name)
{
	if (name && !mp_policy_name_valid(name, strlen(name)))
		return mp_method_wrong(link, "name");
	return 0;
}

/* A name that has to be given. */
static int need_name(sd_varlink *link, const char *name)
{
	return name ? check_name(link, name) : mp_method_wrong(link, "name");
}

/* A method without parameters is what a report says. */
static int report(sd_varlink *link, sd_json_variant *parameters,
		  int (*make)(struct mp_manager *m, sd_json_variant **ret))
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	struct mp_manager *m;
	int r;

	r = mp_method_look(link, parameters, NULL, NULL, &m);
	if (r != 0)
		return r;
	r = make(m, &v);
	return mp_session_reply(link, r, v);
}

static int on_status(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		     void *userdata)
{
	(void)flags;
	(void)userdata;
	return report(link, parameters, mp_report_status);
}

static int rows(sd_varlink *link, sd_json_variant *parameters, bool counters)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	struct name_parameter p = {};
	struct mp_manager *m;
	int r;

	r = mp_method_look(link, parameters, name_fields, &p, &m);
	if (r != 0)
		return r;
	r = check_name(link, p.name);
	if (r != 0)
		return r;
	r = mp_report_list(m, p.name, counters, &v);
	if (r == -ESRCH)
		return no_such_policy(link, p.name);
	return mp_session_reply(link, r, v);
}

static int on_list(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		   void *userdata)
{
	(void)flags;
	(void)userdata;
	return rows(link, parameters, false);
}

static int on_stats(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		    void *userdata)
{
	(void)flags;
	(void)userdata;
	return rows(link, parameters, true);
}

static int on_show(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		   void *userdata)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	struct name_parameter p = {};
	struct mp_manager *m;
	int r;

	(void)flags;
	(void)userdata;
	r = mp_method_look(link, parameters, name_fields, &p, &m);
	if (r == 0)
		r = need_name(link, p.name);
	if (r != 0)
		return r;
	r = mp_report_show(m, p.name, &v);
	if (r == -ESRCH)
		return no_such_policy(link, p.name);
	return mp_session_reply(link, r, v);
}

static int on_engines(sd_varlink *link, sd_json_variant *parameters,
		      sd_varlink_method_flags_t flags, void *userdata)
{
	(void)flags;
	(void)userdata;
	return report(link, parameters, mp_report_engines);
}

static int on_features(sd_varlink *link, sd_json_variant *parameters,
		       sd_varlink_method_flags_t flags, void *userdata)
{
	(void)flags;
	(void)userdata;
	return report(link, parameters, mp_report_features);
}

static int on_explain(sd_varlink *link, sd_json_variant *parameters,
		      sd_varlink_method_flags_t flags, void *userdata)
{
	static const sd_json_dispatch_field fields[] = {
		{ "cgroup", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, 0,
		  SD_JSON_MANDATORY },
		{},
	};
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	const char *cgroup = NULL;
	struct mp_manager *m;
	int r;

	(void)flags;
	(void)userdata;
	r = mp_method_look(link, parameters, fields, &cgroup, &m);
	if (r != 0)
		return r;
	r = mp_explain(m, cgroup, &v);
	if (r == -ESRCH)
		return sd_varlink_errorbo(link, MP_ERROR_NO_SUCH_CGROUP,
					  SD_JSON_BUILD_PAIR_STRING("cgroup", cgroup));
	return mp_session_reply(link, r, v);
}

static int on_events(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		     void *userdata)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *array = NULL, *v = NULL;
	struct mp_manager *m;
	int follow = 0, r;
	const sd_json_dispatch_field fields[] = {
		{ "follow", SD_JSON_VARIANT_BOOLEAN, sd_json_dispatch_intbool, 0,
		  SD_JSON_NULLABLE },
		{},
	};

	(void)userdata;
	r = mp_method_look(link, parameters, fields, &follow, &m);
	if (r != 0)
		return r;
	follow = follow && flags & SD_VARLINK_METHOD_MORE;
	if (follow) {
		r = mp_session_may_follow(link);
		if (r <= 0)
			return r;
	}
	r = mp_events_json(m->events, &array);
	if (r >= 0)
		r = sd_json_buildo(&v, SD_JSON_BUILD_PAIR_VARIANT("events", array));
	if (r < 0 || !follow)
		return mp_session_reply(link, r, v);

	r = sd_varlink_notify(link, v);
	if (r < 0)
		return r;
	return mp_session_follow(link);
}

static int on_reset(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		    void *userdata)
{
	struct name_parameter p = {};
	struct mp_slot *slot;
	struct mp_manager *m;
	int r;

	(void)flags;
	(void)userdata;
	r = mp_method_change(link, parameters, name_fields, &p, &m);
	if (r == 0)
		r = need_name(link, p.name);
	if (r != 0)
		return r;
	slot = mp_slot_find(m, p.name);
	if (!slot)
		return no_such_policy(link, p.name);
	r = mp_manager_reset(m, slot);
	return sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_INTEGER("changed", r));
}

static int on_reload(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		     void *userdata)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_errors_ struct mp_errors errors = {};
	struct mp_manager *m;
	int r;

	(void)flags;
	(void)userdata;
	r = mp_method_change(link, parameters, NULL, NULL, &m);
	if (r != 0)
		return r;
	r = mp_manager_reload(m, &errors);
	mp_session_busy(link);
	if (r >= 0)
		return sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_INTEGER("changed", r));
	if (r != -EBADMSG)
		return sd_varlink_error_errno(link, r);
	r = sd_json_variant_new_array(&v, NULL, 0);
	for (size_t i = 0; i < errors.count && r >= 0; i++)
		r = sd_json_variant_append_arrayb(&v, SD_JSON_BUILD_STRING(errors.items[i]));
	if (r < 0)
		return r;
	return sd_varlink_errorbo(link, MP_ERROR_INVALID_POLICIES,
				  SD_JSON_BUILD_PAIR_VARIANT("errors", v));
}

int mp_methods_bind(sd_varlink_server *server)
{
	return sd_varlink_server_bind_method_many(
		server, MP_INTERFACE ".Status", on_status, MP_INTERFACE ".List", on_list,
		MP_INTERFACE ".Stats", on_stats, MP_INTERFACE ".Show", on_show,
		MP_INTERFACE ".Explain", on_explain, MP_INTERFACE ".Events", on_events,
		MP_INTERFACE ".Reload", on_reload, MP_INTERFACE ".Reset", on_reset,
		MP_INTERFACE ".Engines", on_engines, MP_INTERFACE ".Features", on_features);
}
