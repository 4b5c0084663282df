// SPDX-License-Identifier: GPL-2.0-only
/*
 * The balloon's methods (methods.h): between the wire and balloon.c.
 */
#include "balloon.h"
#include "method.h"
#include "methods.h"

#define ERROR_BALLOON_CANNOT MP_INTERFACE ".BalloonCannot"

static int on_balloon_status(sd_varlink *link, sd_json_variant *parameters,
			     sd_varlink_method_flags_t flags, void *userdata)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_free_ char *problem = NULL;
	struct mp_manager *m;
	int r;

	(void)flags;
	(void)userdata;
	r = mp_method_look(link, parameters, NULL, NULL, &m);
	if (r != 0)
		return r;
	r = mp_balloon_status(m, &v, &problem);
	return mp_method_answer(link, r, v, problem, ERROR_BALLOON_CANNOT);
}

static const sd_json_dispatch_field size_fields[] = {
	{ "bytes", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64, 0, SD_JSON_MANDATORY },
	{},
};

static int wish(sd_varlink *link, sd_json_variant *parameters, const sd_json_dispatch_field *fields,
		enum mp_balloon_wish what)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_free_ char *problem = NULL;
	struct mp_manager *m;
	uint64_t bytes = 0;
	int r;

	r = mp_method_change(link, parameters, fields, &bytes, &m);
	if (r != 0)
		return r;
	r = mp_balloon_wish(m, what, bytes, &v, &problem);
	return mp_method_answer(link, r, v, problem, ERROR_BALLOON_CANNOT);
}

static int on_balloon_inflate(sd_varlink *link, sd_json_variant *parameters,
			      sd_varlink_method_flags_t flags, void *userdata)
{
	(void)flags;
	(void)userdata;
	return wish(link, parameters, size_fields, MP_BALLOON_INFLATE);
}

static int on_balloon_deflate(sd_varlink *link, sd_json_variant *parameters,
			      sd_varlink_method_flags_t flags, void *userdata)
{
	(void)flags;
	(void)userdata;
	return wish(link, parameters, size_fields, MP_BALLOON_DEFLATE);
}

static int on_balloon_auto(sd_varlink *link, sd_json_variant *parameters,
			   sd_varlink_method_flags_t flags, void *userdata)
{
	(void)flags;
	(void)userdata;
	return wish(link, parameters, NULL, MP_BALLOON_ENGINE);
}

int mp_balloon_methods_bind(sd_varlink_server *server)
{
	return sd_varlink_server_bind_method_many(
		server, MP_INTERFACE ".BalloonStatus", on_balloon_status,
		MP_INTERFACE ".BalloonInflate", on_balloon_inflate, MP_INTERFACE ".BalloonDeflate",
		on_balloon_deflate, MP_INTERFACE ".BalloonAuto", on_balloon_auto);
}
