// SPDX-License-Identifier: GPL-2.0-only
/*
 * Beginnings and ends of methods; see method.h.
 */
#include <errno.h>

#include "method.h"

int mp_method_look(sd_varlink *link, sd_json_variant *parameters,
		   const sd_json_dispatch_field *fields, void *into, struct mp_manager **ret)
{
	int r = mp_session_begin(link, ret);

	return r != 0 || !fields ? r : sd_varlink_dispatch(link, parameters, fields, into);
}

int mp_method_change(sd_varlink *link, sd_json_variant *parameters,
		     const sd_json_dispatch_field *fields, void *into, struct mp_manager **ret)
{
	int r = mp_method_look(link, parameters, fields, into, ret);

	return r != 0 ? r : mp_session_refuse_change(link);
}

int mp_method_answer(sd_varlink *link, int r, sd_json_variant *v, const char *problem,
		     const char *error)
{
	if (r >= 0 || !problem)
		return mp_session_reply(link, r, v);
	return sd_varlink_errorbo(link, r == -EOPNOTSUPP ? MP_ERROR_KERNEL_CANNOT : error,
				  SD_JSON_BUILD_PAIR_STRING("reason", problem));
}

int mp_method_wrong(sd_varlink *link, const char *parameter)
{
	return sd_varlink_error_invalid_parameter_name(link, parameter) ?: -EINVAL;
}
