// SPDX-License-Identifier: GPL-2.0-only
/*
 * The methods of placement (methods.h): between the wire and placement.c. How full pools are is for the group; which
 * page lies where tells of the memory of other users, and is for root.
 */
#include <errno.h>
#include <string.h>

#include "method.h"
#include "methods.h"
#include "placement.h"

#define ERROR_PLACEMENT_CANNOT MP_INTERFACE ".PlacementCannot"

static const sd_json_dispatch_field name_fields[] = {
	{ "name", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string,
	  offsetof(struct mp_placement_wish, name), SD_JSON_NULLABLE },
	{},
};

static const sd_json_dispatch_field frames_fields[] = {
	{ "name", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string,
	  offsetof(struct mp_placement_wish, name), SD_JSON_MANDATORY },
	{ "cgroup", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string,
	  offsetof(struct mp_placement_wish, cgroup), SD_JSON_NULLABLE },
	{ "first", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct mp_placement_wish, first), SD_JSON_MANDATORY },
	{},
};

typedef int (*answer_t)(struct mp_manager *m, const struct mp_placement_wish *wish,
			sd_json_variant **ret, char **ret_problem);
typedef int (*begin_t)(sd_varlink *link, sd_json_variant *parameters,
		       const sd_json_dispatch_field *fields, void *into, struct mp_manager **ret);

static int answer(sd_varlink *link, sd_json_variant *parameters,
		  const sd_json_dispatch_field *fields, begin_t begin, answer_t make)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_free_ char *problem = NULL;
	struct mp_placement_wish wish = {};
	struct mp_manager *m;
	int r;

	r = begin(link, parameters, fields, &wish, &m);
	if (r != 0)
		return r;
	if (wish.name && !mp_policy_name_valid(wish.name, strlen(wish.name)))
		return mp_method_wrong(link, "name");
	r = make(m, &wish, &v, &problem);
	if (r == -ESRCH)
		return sd_varlink_errorbo(link, MP_ERROR_NO_SUCH_POLICY,
					  SD_JSON_BUILD_PAIR_STRING("name", wish.name));
	return mp_method_answer(link, r, v, problem, ERROR_PLACEMENT_CANNOT);
}

static int on_placement_status(sd_varlink *link, sd_json_variant *parameters,
			       sd_varlink_method_flags_t flags, void *userdata)
{
	(void)flags;
	(void)userdata;
	return answer(link, parameters, name_fields, mp_method_look, mp_placement_status);
}

static int on_placement_frames(sd_varlink *link, sd_json_variant *parameters,
			       sd_varlink_method_flags_t flags, void *userdata)
{
	(void)flags;
	(void)userdata;
	return answer(link, parameters, frames_fields, mp_method_change, mp_placement_frames);
}

static int on_placement_reset(sd_varlink *link, sd_json_variant *parameters,
			      sd_varlink_method_flags_t flags, void *userdata)
{
	(void)flags;
	(void)userdata;
	return answer(link, parameters, name_fields, mp_method_change, mp_placement_reset);
}

int mp_placement_methods_bind(sd_varlink_server *server)
{
	return sd_varlink_server_bind_method_many(
		server, MP_INTERFACE ".PlacementStatus", on_placement_status,
		MP_INTERFACE ".PlacementFrames", on_placement_frames,
		MP_INTERFACE ".PlacementReset", on_placement_reset);
}
