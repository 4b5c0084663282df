// SPDX-License-Identifier: GPL-2.0-only
/*
 * The balloon's methods (methods.h): between the wire and balloon.c.
 */
#include <errno.h>

#include "balloon.h"
#include "methods.h"
#include "sessions.h"

#define ERROR_BALLOON_CANNOT MP_INTERFACE ".BalloonCannot"

static int reply_balloon(sd_varlink *link, int r, sd_json_variant *v, const char *problem)
{
	if (r >= 0 || !problem)
		return mp_session_reply(link, r, v);
	return sd_varlink_errorbo(link,
				  r == -EOPNOTSUPP ? MP_ERROR_KERNEL_CANNOT : ERROR_BALLOON_CANNOT,
				  SD_JSON_BUILD_PAIR_STRING("reason", problem));
}

static int on_balloon_status(sd_varlink *link, sd_json_variant *parameters,
			     sd_varlink_method_flags_t flags, void *userdata)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_free_ char *problem = NULL;
	struct mp_manager *m;
	int r;

	(void)parameters;
	(void)flags;
	(void)userdata;
	r = mp_session_begin(link, &m);
	if (r != 0)
		return r;
	r = mp_balloon_status(m, &v, &problem);
	return reply_balloon(link, r, v, problem);
}

static int wish(sd_varlink *link, enum mp_balloon_wish what, uint64_t bytes)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_free_ char *problem = NULL;
	struct mp_manager *m;
	int r;

	r = mp_session_begin(link, &m);
	if (r != 0)
		return r;
	r = mp_session_refuse_change(link);
	if (r != 0)
		return r;
	r = mp_balloon_wish(m, what, bytes, &v, &problem);
	return reply_balloon(link, r, v, problem);
}

static int wish_size(sd_varlink *link, sd_json_variant *parameters, enum mp_balloon_wish what)
{
	static const sd_json_dispatch_field fields[] = {
		{ "bytes", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64, 0,
		  SD_JSON_MANDATORY },
		{},
	};
	struct mp_manager *m;
	uint64_t bytes = 0;
	int r;

	r = mp_session_begin(link, &m);
	if (r != 0)
		return r;
	r = sd_varlink_dispatch(link, parameters, fields, &bytes);
	return r != 0 ? r : wish(link, what, bytes);
}

static int on_balloon_inflate(sd_varlink *link, sd_json_variant *parameters,
			      sd_varlink_method_flags_t flags, void *userdata)
{
	(void)flags;
	(void)userdata;
	return wish_size(link, parameters, MP_BALLOON_INFLATE);
}

static int on_balloon_deflate(sd_varlink *link, sd_json_variant *parameters,
			      sd_varlink_method_flags_t flags, void *userdata)
{
	(void)flags;
	(void)userdata;
	return wish_size(link, parameters, MP_BALLOON_DEFLATE);
}

static int on_balloon_auto(sd_varlink *link, sd_json_variant *parameters,
			   sd_varlink_method_flags_t flags, void *userdata)
{
	(void)parameters;
	(void)flags;
	(void)userdata;
	return wish(link, MP_BALLOON_ENGINE, 0);
}

int mp_balloon_methods_bind(sd_varlink_server *server)
{
	return sd_varlink_server_bind_method_many(
		server, MP_INTERFACE ".BalloonStatus", on_balloon_status,
		MP_INTERFACE ".BalloonInflate", on_balloon_inflate, MP_INTERFACE ".BalloonDeflate",
		on_balloon_deflate, MP_INTERFACE ".BalloonAuto", on_balloon_auto);
}
