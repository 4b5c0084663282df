// SPDX-License-Identifier: GPL-2.0-only
/*
 * The methods of hints (methods.h): between the wire and hints.c. Files come as descriptors, so that a caller can say
 * something only of files that the caller could open; and the pages are those of the caller's cgroup. The daemon's own
 * rights are for root alone, who may pin anybody's.
 */
#include <errno.h>

#include "hint_words.h"
#include "hints.h"
#include "kept-pins.h"
#include "method.h"
#include "methods.h"
#include "passed.h"
#include "peer-cgroup.h"

#define ERROR_HINTS_CANNOT MP_INTERFACE ".HintsCannot"
#define ERROR_NO_SUCH_SESSION MP_INTERFACE ".NoSuchSession"
#define ERROR_NO_SUCH_PIN_SET MP_INTERFACE ".NoSuchPinSet"

static int on_open_hints(sd_varlink *link, sd_json_variant *parameters,
			 sd_varlink_method_flags_t flags, void *userdata)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_free_ char *problem = NULL;
	struct mp_manager *m;
	int r, first, second = -1, hint, residency;

	(void)flags;
	(void)userdata;
	r = mp_method_look(link, parameters, NULL, NULL, &m);
	if (r != 0)
		return r;
	r = mp_hints_programs(m, &hint, &residency, &problem);
	if (r >= 0)
		r = sd_varlink_set_allow_fd_passing_output(link, true);
	if (r >= 0)
		r = first = sd_varlink_push_dup_fd(link, hint);
	if (r >= 0 && residency >= 0)
		r = second = sd_varlink_push_dup_fd(link, residency);
	if (r >= 0)
		r = sd_json_buildo(&v, SD_JSON_BUILD_PAIR_INTEGER("program", first),
				   SD_JSON_BUILD_PAIR_CONDITION(second >= 0, "residency",
								SD_JSON_BUILD_INTEGER(second)));
	return mp_method_answer(link, r, v, problem, ERROR_HINTS_CANNOT);
}

/* The connection holds the session as long as it lasts. */
static int on_hint_session(sd_varlink *link, sd_json_variant *parameters,
			   sd_varlink_method_flags_t flags, void *userdata)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_free_ char *problem = NULL;
	_cleanup_close_ int fd = -1;
	struct mp_manager *m;
	int r;

	(void)flags;
	(void)userdata;
	r = mp_method_look(link, parameters, NULL, NULL, &m);
	if (r != 0)
		return r;
	if (!mp_session_held_name(link)) {
		r = mp_session_may_hold(link);
		if (r <= 0)
			return r;
		r = mp_hints_session(m, &fd, &problem);
		if (r >= 0)
			r = mp_session_hold(link, fd);
		if (r >= 0)
			fd = -1;
	}
	if (r >= 0)
		r = sd_json_buildo(&v, SD_JSON_BUILD_PAIR_STRING("session",
								 mp_session_held_name(link)));
	return mp_method_answer(link, r, v, problem, ERROR_HINTS_CANNOT);
}

/* --- ranges -------------------------------------------------------------------------------------------- */

struct hint_parameters {
	uint64_t file;
	const char *session;
	sd_json_variant *ranges;
};

struct range_parameters {
	const char *verb;
	uint64_t offset, length;
};

static const sd_json_dispatch_field hint_fields[] = {
	{ "file", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct hint_parameters, file), SD_JSON_MANDATORY },
	{ "session", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string,
	  offsetof(struct hint_parameters, session), SD_JSON_NULLABLE },
	{ "ranges", SD_JSON_VARIANT_ARRAY, sd_json_dispatch_variant_noref,
	  offsetof(struct hint_parameters, ranges), SD_JSON_MANDATORY },
	{},
};

static const sd_json_dispatch_field range_fields[] = {
	{ "verb", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string,
	  offsetof(struct range_parameters, verb), SD_JSON_MANDATORY },
	{ "offset", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct range_parameters, offset), SD_JSON_MANDATORY },
	{ "length", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct range_parameters, length), SD_JSON_MANDATORY },
	{},
};

/* False: they are not as they have to be. */
static bool take_ranges(sd_json_variant *ranges, int fd, struct mempol_hint *hint)
{
	size_t n = sd_json_variant_elements(ranges);

	if (n > MEMPOL_HINT_RANGES)
		return false;
	for (size_t i = 0; i < n; i++) {
		struct range_parameters p = {};

		if (sd_json_dispatch(sd_json_variant_by_index(ranges, i), range_fields, 0, &p) < 0)
			return false;
		hint->range[i] = (struct mempol_hint_range){
			.fd = fd,
			.verb = mp_hint_verb_from_string(p.verb),
			.start = p.offset,
			.length = p.length,
		};
		if (!hint->range[i].verb)
			return false;
	}
	hint->nr = (uint32_t)n;
	return true;
}

static int take_session(sd_varlink *link, const char *name, struct mempol_hint *hint)
{
	hint->session = name ? mp_session_held(link, name) : -1;
	if (!name || hint->session >= 0)
		return 0;
	return sd_varlink_error(link, ERROR_NO_SUCH_SESSION, NULL) ?: -ENOENT;
}

static int on_hint(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		   void *userdata)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL, *ranges = NULL;
	_cleanup_(mp_passed_closep) int fd = mp_session_passed(link);
	_cleanup_free_ char *problem = NULL;
	struct hint_parameters p = {};
	struct mempol_hint hint = {};
	uint64_t cgroup_id = 0;
	struct mp_manager *m;
	int r;

	(void)flags;
	(void)userdata;
	r = mp_method_look(link, parameters, hint_fields, &p, &m);
	if (r != 0)
		return r;
	if (p.file != 0 || fd < 0)
		return mp_method_wrong(link, "file");
	if (!take_ranges(p.ranges, fd, &hint))
		return mp_method_wrong(link, "ranges");
	r = take_session(link, p.session, &hint);
	if (r != 0)
		return r;
	r = mp_peer_cgroup(link, m->config->cgroup_root, &cgroup_id);
	hint.on_behalf = cgroup_id;
	if (r >= 0)
		r = mp_hints_tell(m, &hint, &problem);
	if (r >= 0)
		r = mp_hints_json(&hint, mp_session_may_look_into(link, fd), &ranges);
	if (r >= 0)
		r = sd_json_buildo(&v, SD_JSON_BUILD_PAIR_VARIANT("ranges", ranges));
	return mp_method_answer(link, r, v, problem, ERROR_HINTS_CANNOT);
}

/* --- sets ---------------------------------------------------------------------------------------------- */

struct pin_parameters {
	const char *set;
	uint64_t file, offset, length;
};

static const sd_json_dispatch_field pin_fields[] = {
	{ "set", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string,
	  offsetof(struct pin_parameters, set), SD_JSON_MANDATORY },
	{ "file", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct pin_parameters, file), SD_JSON_MANDATORY },
	{ "offset", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct pin_parameters, offset), SD_JSON_MANDATORY },
	{ "length", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct pin_parameters, length), SD_JSON_MANDATORY },
	{},
};

static int no_such_set(sd_varlink *link, const char *set)
{
	return sd_varlink_errorbo(link, ERROR_NO_SUCH_PIN_SET,
				  SD_JSON_BUILD_PAIR_STRING("set", set));
}

static int change_pins(sd_varlink *link, sd_json_variant *parameters, bool pin)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_(mp_passed_closep) int fd = mp_session_passed(link);
	_cleanup_free_ char *problem = NULL;
	struct pin_parameters p = {};
	struct mp_pin_request request;
	struct mp_manager *m;
	int r;

	r = mp_method_change(link, parameters, pin_fields, &p, &m);
	if (r != 0)
		return r;
	if (!mp_pin_set_name_valid(p.set))
		return mp_method_wrong(link, "set");
	if (p.file != 0 || fd < 0)
		return mp_method_wrong(link, "file");
	if (!p.length || p.length > INT64_MAX || p.offset > INT64_MAX - p.length)
		return mp_method_wrong(link, "length");
	request = (struct mp_pin_request){ p.set, fd, p.offset, p.length };
	r = pin ? mp_pins_add(m, &request, &v, &problem) :
		  mp_pins_remove(m, &request, &v, &problem);
	if (r == -ESRCH && !problem)
		return no_such_set(link, p.set);
	return mp_method_answer(link, r, v, problem, ERROR_HINTS_CANNOT);
}

static int on_pin(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		  void *userdata)
{
	(void)flags;
	(void)userdata;
	return change_pins(link, parameters, true);
}

static int on_unpin(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		    void *userdata)
{
	(void)flags;
	(void)userdata;
	return change_pins(link, parameters, false);
}

static int on_unpin_set(sd_varlink *link, sd_json_variant *parameters,
			sd_varlink_method_flags_t flags, void *userdata)
{
	static const sd_json_dispatch_field fields[] = {
		{ "set", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string, 0,
		  SD_JSON_MANDATORY },
		{},
	};
	const char *set = NULL;
	struct mp_manager *m;
	int r;

	(void)flags;
	(void)userdata;
	r = mp_method_change(link, parameters, fields, &set, &m);
	if (r != 0)
		return r;
	if (mp_kept_drop(m, set) < 0)
		return no_such_set(link, set);
	return sd_varlink_reply(link, NULL);
}

static int on_pins(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		   void *userdata)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	struct mp_manager *m;
	int r;

	(void)flags;
	(void)userdata;
	r = mp_method_look(link, parameters, NULL, NULL, &m);
	if (r != 0)
		return r;
	r = mp_kept_json(m, &v);
	return mp_session_reply(link, r, v);
}

int mp_hints_methods_bind_everybody(sd_varlink_server *server)
{
	return sd_varlink_server_bind_method_many(server, MP_INTERFACE ".OpenHints", on_open_hints,
						  MP_INTERFACE ".HintSession", on_hint_session,
						  MP_INTERFACE ".Hint", on_hint);
}

int mp_hints_methods_bind(sd_varlink_server *server)
{
	int r = mp_hints_methods_bind_everybody(server);

	return r < 0 ? r :
		       sd_varlink_server_bind_method_many(server, MP_INTERFACE ".Pin", on_pin,
							  MP_INTERFACE ".Unpin", on_unpin,
							  MP_INTERFACE ".UnpinSet", on_unpin_set,
							  MP_INTERFACE ".Pins", on_pins);
}
