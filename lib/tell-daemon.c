// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * Asks the daemon: for the programs that the caller then runs itself, or, where bpf(2) is forbidden, to run it. A file
 * goes with the first message of a connection only, so each call has its own. See tell.h.
 */
#include <errno.h>
#include <string.h>

#include "tell.h"

#define INTERFACE "io.mempolicy.Manager"
#define ANSWER_USEC (30 * 1000000ULL)

#define _cleanup_json_ _cleanup_(sd_json_variant_unrefp)
#define _cleanup_link_ _cleanup_(sd_varlink_unrefp)

/* As errno, whatever the daemon's word for it is. */
static int error_of(const char *error_id, sd_json_variant *reply)
{
	static const struct {
		const char *id;
		int error;
	} known[] = {
		{ INTERFACE ".KernelCannot", -EOPNOTSUPP },
		{ INTERFACE ".TooManyConnections", -EBUSY },
		{ INTERFACE ".NoSuchSession", -EBADF },
		{ SD_VARLINK_ERROR_INTERFACE_NOT_FOUND, -EOPNOTSUPP },
		{ SD_VARLINK_ERROR_METHOD_NOT_FOUND, -EOPNOTSUPP },
		{ SD_VARLINK_ERROR_PERMISSION_DENIED, -EACCES },
		{ SD_VARLINK_ERROR_DISCONNECTED, -ECONNRESET },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (!strcmp(error_id, known[i].id))
			return known[i].error;
	return sd_varlink_error_to_errno(error_id, reply);
}

static int connect_to(const struct mempolicy *m, sd_varlink **ret)
{
	_cleanup_link_ sd_varlink *link = NULL;
	int r;

	r = sd_varlink_connect_address(&link, m->socket);
	if (r >= 0)
		r = sd_varlink_set_relative_timeout(link, ANSWER_USEC);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(link);
	return 0;
}

/* The reply is the link's. */
static int call(sd_varlink *link, const char *method, sd_json_variant *parameters,
		sd_json_variant **ret)
{
	sd_json_variant *reply = NULL;
	const char *error_id = NULL;
	int r;

	r = sd_varlink_call(link, method, parameters, &reply, &error_id);
	if (error_id)
		return error_of(error_id, reply);
	if (r < 0)
		return r;
	*ret = reply;
	return 0;
}

static uint64_t number(sd_json_variant *v, const char *key)
{
	sd_json_variant *field = sd_json_variant_by_key(v, key);

	return field ? sd_json_variant_unsigned(field) : 0;
}

int mp_tell_daemon_open(struct mempolicy *m)
{
	_cleanup_link_ sd_varlink *link = NULL;
	sd_json_variant *reply;
	int r, fd;

	r = connect_to(m, &link);
	if (r >= 0)
		r = sd_varlink_set_allow_fd_passing_input(link, true);
	if (r >= 0)
		r = call(link, INTERFACE ".OpenHints", NULL, &reply);
	if (r < 0)
		return r;
	fd = sd_varlink_take_fd(link, (unsigned int)number(reply, "program"));
	if (fd < 0)
		return fd;
	m->program = fd;
	/* An older daemon keeps it to itself. */
	if (sd_json_variant_by_key(reply, "residency")) {
		fd = sd_varlink_take_fd(link, (unsigned int)number(reply, "residency"));
		m->residency = fd < 0 ? -1 : fd;
	}
	return 0;
}

/* As the interface has them. */
static const char *const verbs[] = {
	[MEMPOL_HINT_ACTIVATE] = "activate", [MEMPOL_HINT_DEACTIVATE] = "deactivate",
	[MEMPOL_HINT_PIN] = "pin",	     [MEMPOL_HINT_UNPIN] = "unpin",
	[MEMPOL_HINT_EVICT] = "evict",	     [MEMPOL_HINT_PREFETCH] = "prefetch",
};

/* --- ranges ------------------------------------------------------------------------------------------ */

static int ranges_json(const struct mempol_hint *hint, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *v = NULL;
	int r = sd_json_variant_new_array(&v, NULL, 0);

	for (unsigned int i = 0; i < hint->nr && r >= 0; i++)
		r = sd_json_variant_append_arraybo(
			&v, SD_JSON_BUILD_PAIR_STRING("verb", verbs[hint->range[i].verb]),
			SD_JSON_BUILD_PAIR_UNSIGNED("offset", hint->range[i].start),
			SD_JSON_BUILD_PAIR_UNSIGNED("length", hint->range[i].length));
	if (r < 0)
		return r;
	*ret = TAKE_PTR(v);
	return 0;
}

static void read_answer(sd_json_variant *v, struct mempol_hint_range *range)
{
	sd_json_variant *error = sd_json_variant_by_key(v, "error");

	range->done = number(v, "done");
	range->applied = (uint32_t)number(v, "applied");
	range->already = (uint32_t)number(v, "already");
	range->absent = (uint32_t)number(v, "absent");
	range->foreign = (uint32_t)number(v, "foreign");
	range->capped = (uint32_t)number(v, "capped");
	range->unevictable = (uint32_t)number(v, "unevictable");
	range->busy = (uint32_t)number(v, "busy");
	range->other = (uint32_t)number(v, "other");
	range->error = error ? -(int32_t)sd_json_variant_integer(error) : 0;
}

int mp_tell_daemon(const struct mempolicy *m, struct mempol_hint *hint, int fd)
{
	_cleanup_json_ sd_json_variant *parameters = NULL, *ranges = NULL;
	_cleanup_link_ sd_varlink *link = NULL;
	sd_json_variant *reply, *answers;
	int r;

	r = ranges_json(hint, &ranges);
	if (r >= 0)
		r = sd_json_buildo(
			&parameters, SD_JSON_BUILD_PAIR_UNSIGNED("file", 0),
			SD_JSON_BUILD_PAIR_CONDITION(!!m->holder_name, "session",
						     SD_JSON_BUILD_STRING(m->holder_name)),
			SD_JSON_BUILD_PAIR_VARIANT("ranges", ranges));
	if (r >= 0)
		r = connect_to(m, &link);
	if (r >= 0)
		r = sd_varlink_set_allow_fd_passing_output(link, true);
	if (r >= 0)
		r = sd_varlink_push_dup_fd(link, fd);
	if (r >= 0)
		r = call(link, INTERFACE ".Hint", parameters, &reply);
	if (r < 0)
		return r;
	answers = sd_json_variant_by_key(reply, "ranges");
	if (!answers || sd_json_variant_elements(answers) != hint->nr)
		return -EBADMSG;
	for (unsigned int i = 0; i < hint->nr; i++)
		read_answer(sd_json_variant_by_index(answers, i), &hint->range[i]);
	return 0;
}

/* The daemon holds the pins as long as this connection lasts, on which nothing more is said. */
int mp_tell_daemon_session(struct mempolicy *m)
{
	_cleanup_link_ sd_varlink *link = NULL;
	sd_json_variant *reply, *session;
	int r;

	r = connect_to(m, &link);
	if (r >= 0)
		r = call(link, INTERFACE ".HintSession", NULL, &reply);
	if (r < 0)
		return r;
	session = sd_json_variant_by_key(reply, "session");
	if (!session || !sd_json_variant_is_string(session))
		return -EBADMSG;
	m->holder_name = strdup(sd_json_variant_string(session));
	if (!m->holder_name)
		return -ENOMEM;
	m->holder = TAKE_PTR(link);
	return 0;
}
