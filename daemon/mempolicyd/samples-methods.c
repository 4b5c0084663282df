// SPDX-License-Identifier: GPL-2.0-only
/*
 * The method of recorders (methods.h): between the wire and samples.c. A recorder keeps its connection, and what it
 * asked for ends with it, however that ends.
 */
#include <errno.h>

#include "methods.h"
#include "samples.h"
#include "sessions.h"

struct sample_parameters {
	const char *cgroup;
	uint64_t shift;
};

static void on_changed(sd_json_variant *reply, void *userdata)
{
	mp_session_notify(userdata, reply);
}

static void on_closed(struct mp_manager *m, void *userdata)
{
	mp_samples_end(m, userdata);
}

static int begin(sd_varlink *link, struct mp_manager *m, const struct sample_parameters *p)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_free_ char *problem = NULL;
	struct mp_sample *sample;
	int r;

	r = mp_samples_begin(m, p->cgroup, p->shift, on_changed, link, &sample, &v, &problem);
	if (r < 0 && problem)
		return sd_varlink_errorbo(link, MP_ERROR_KERNEL_CANNOT,
					  SD_JSON_BUILD_PAIR_STRING("reason", problem));
	if (r < 0)
		return mp_session_reply(link, r, NULL);
	r = mp_session_keep(link, on_closed, sample);
	return r < 0 ? r : sd_varlink_notify(link, v);
}

static int on_sample(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		     void *userdata)
{
	static const sd_json_dispatch_field fields[] = {
		{ "cgroup", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string,
		  offsetof(struct sample_parameters, cgroup), SD_JSON_MANDATORY },
		{ "shift", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
		  offsetof(struct sample_parameters, shift), SD_JSON_MANDATORY },
		{},
	};
	struct sample_parameters p = {};
	struct mp_manager *m;
	int r;

	(void)userdata;
	r = mp_session_begin(link, &m);
	if (r != 0)
		return r;
	r = sd_varlink_dispatch(link, parameters, fields, &p);
	if (r != 0)
		return r;
	r = mp_session_refuse_change(link);
	if (r != 0)
		return r;
	if (p.shift > MP_SAMPLES_SHIFT_MAX)
		return sd_varlink_error_invalid_parameter_name(link, "shift") ?: -EINVAL;
	if (!(flags & SD_VARLINK_METHOD_MORE))
		return sd_varlink_error(link, SD_VARLINK_ERROR_EXPECTED_MORE, NULL);
	if (!mp_cgroups_find(m->cgroups, p.cgroup))
		return sd_varlink_errorbo(link, MP_ERROR_NO_SUCH_CGROUP,
					  SD_JSON_BUILD_PAIR_STRING("cgroup", p.cgroup));
	return begin(link, m, &p);
}

int mp_samples_methods_bind(sd_varlink_server *server)
{
	return sd_varlink_server_bind_method(server, MP_INTERFACE ".Sample", on_sample);
}
