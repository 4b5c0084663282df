/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Varlink client (client.h). What fails is told by failure.c, so that every verb fails alike.
 */
#include <errno.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <systemd/sd-varlink.h>

#include "client.h"
#include "failure.h"
#include "policy.h"
#include "strutil.h"
#include "text.h"

/* A reload verifies every engine it loads; nothing a user asks for takes longer than this. */
#define ANSWER_USEC (30 * 1000000ULL)
#define QUIET_USEC (1 * 1000000ULL)

static int open_link(const struct ctl *ctl, uint64_t usec, sd_varlink **ret)
{
	_cleanup_(sd_varlink_unrefp) sd_varlink *link = NULL;
	int r;

	r = sd_varlink_connect_address(&link, ctl->socket);
	if (r < 0)
		return r;
	r = sd_varlink_set_relative_timeout(link, usec);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(link);
	return 0;
}

static int full_name(const char *method, char **ret)
{
	return asprintf(ret, CTL_INTERFACE ".%s", method) < 0 ? -ENOMEM : 0;
}

/* It goes with the next message. */
static int push_file(sd_varlink *link, int fd)
{
	int r;

	if (fd < 0)
		return 0;
	r = sd_varlink_set_allow_fd_passing_output(link, true);
	return r < 0 ? r : sd_varlink_push_dup_fd(link, fd);
}

static const char *end_of(const char *name, const char *const *ends)
{
	for (; ends && *ends; ends++)
		if (mp_ends_with(name, *ends))
			return *ends;
	return NULL;
}

/* @except: of errors that are not told, the ends of their names, up to NULL; *@ret_met is one of these then. */
static enum ctl_exit call(const struct ctl *ctl, const char *method, sd_json_variant *parameters,
			  int fd, const char *const *except, const char **ret_met,
			  sd_json_variant **ret_reply)
{
	_cleanup_(sd_varlink_unrefp) sd_varlink *link = NULL;
	_cleanup_free_ char *name = NULL;
	sd_json_variant *reply = NULL;
	const char *error_id = NULL;
	int r;

	r = open_link(ctl, ANSWER_USEC, &link);
	if (r < 0)
		return ctl_fail_transport(ctl, r);
	r = full_name(method, &name);
	if (r >= 0)
		r = push_file(link, fd);
	if (r < 0)
		return ctl_fail_transport(ctl, r);
	r = sd_varlink_call(link, name, parameters, &reply, &error_id);
	if (error_id && end_of(error_id, except)) {
		*ret_met = end_of(error_id, except);
		return CTL_FAILED;
	}
	if (error_id)
		return ctl_fail_reply(ctl, error_id, reply);
	if (r < 0)
		return ctl_fail_transport(ctl, r);
	*ret_reply = sd_json_variant_ref(reply);
	return CTL_OK;
}

enum ctl_exit ctl_call_with_file(const struct ctl *ctl, const char *method,
				 sd_json_variant *parameters, int fd, sd_json_variant **ret_reply)
{
	return call(ctl, method, parameters, fd, NULL, NULL, ret_reply);
}

enum ctl_exit ctl_call_except(const struct ctl *ctl, const char *method,
			      sd_json_variant *parameters, const char *const *except,
			      const char **ret_met, sd_json_variant **ret_reply)
{
	*ret_met = NULL;
	return call(ctl, method, parameters, -1, except, ret_met, ret_reply);
}

enum ctl_exit ctl_call(const struct ctl *ctl, const char *method, sd_json_variant *parameters,
		       sd_json_variant **ret_reply)
{
	return ctl_call_with_file(ctl, method, parameters, -1, ret_reply);
}

static enum ctl_exit refuse_name(const char *name)
{
	_cleanup_free_ char *shown = strdup(name);

	if (shown)
		mp_text_clean(shown);
	fprintf(stderr,
		"'%s' is no policy name: 1 to %d letters, digits and _ . @ - (the first neither . "
		"nor -), as in the name of its file, without directory and %s\n",
		shown ?: "", MEMPOL_NAME_LEN - 1, MP_POLICY_SUFFIX);
	return CTL_USAGE;
}

enum ctl_exit ctl_call_policy(const struct ctl *ctl, const char *method, const char *name,
			      sd_json_variant **ret_reply)
{
	_cleanup_json_ sd_json_variant *parameters = NULL;
	int r;

	if (!name)
		return ctl_call(ctl, method, NULL, ret_reply);
	if (!mp_policy_name_valid(name, strlen(name)))
		return refuse_name(name);
	r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR("name", SD_JSON_BUILD_STRING(name)));
	if (r < 0)
		return ctl_fail_transport(ctl, r);
	return ctl_call(ctl, method, parameters, ret_reply);
}

/* A conversation of many replies. */
struct follow {
	const struct ctl *ctl;
	ctl_reply_handler handler;
	sd_event *event;
	bool is_answered;
	enum ctl_exit result;
};

static enum ctl_exit fail_follow(const struct follow *follow, const char *error_id,
				 sd_json_variant *reply)
{
	if (follow->is_answered && !strcmp(error_id, SD_VARLINK_ERROR_DISCONNECTED))
		return ctl_fail_ended(follow->ctl);
	return ctl_fail_reply(follow->ctl, error_id, reply);
}

static int on_reply(sd_varlink *link, sd_json_variant *reply, const char *error_id,
		    sd_varlink_reply_flags_t flags, void *userdata)
{
	struct follow *follow = userdata;

	if (error_id) {
		follow->result = fail_follow(follow, error_id, reply);
		return sd_event_exit(follow->event, 0);
	}
	follow->is_answered = true;
	follow->handler(follow->ctl, reply);
	/* main() says that nothing can be written. */
	if (ferror(stdout))
		follow->result = CTL_FAILED;
	if (ferror(stdout) || !(flags & SD_VARLINK_REPLY_CONTINUES))
		return sd_event_exit(follow->event, 0);
	return sd_varlink_set_relative_timeout(link, UINT64_MAX);
}

/* As with head -1: the reader has what it wanted. */
static int on_reader_gone(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

/* epoll reports a hang-up and an error without being asked for them. It refuses plain files. */
static int watch_reader(struct follow *follow)
{
	int r = sd_event_add_io(follow->event, NULL, STDOUT_FILENO, 0, on_reader_gone, NULL);

	return r == -EPERM ? 0 : r;
}

static int follow_begin(struct follow *follow, sd_varlink *link, const char *method,
			sd_json_variant *parameters)
{
	_cleanup_free_ char *name = NULL;
	int r;

	r = full_name(method, &name);
	if (r < 0)
		return r;
	sd_varlink_set_userdata(link, follow);
	r = sd_varlink_bind_reply(link, on_reply);
	if (r < 0)
		return r;
	r = sd_varlink_attach_event(link, follow->event, SD_EVENT_PRIORITY_NORMAL);
	if (r < 0)
		return r;
	return sd_varlink_observe(link, name, parameters);
}

enum ctl_exit ctl_follow(const struct ctl *ctl, const char *method, sd_json_variant *parameters,
			 ctl_reply_handler handler)
{
	_cleanup_(sd_varlink_close_unrefp) sd_varlink *link = NULL;
	_cleanup_(sd_event_unrefp) sd_event *event = NULL;
	struct follow follow = { .ctl = ctl, .handler = handler, .result = CTL_OK };
	int r;

	r = sd_event_new(&event);
	if (r < 0)
		return ctl_fail_transport(ctl, r);
	follow.event = event;
	r = watch_reader(&follow);
	if (r < 0)
		return ctl_fail_transport(ctl, r);
	r = open_link(ctl, ANSWER_USEC, &link);
	if (r < 0)
		return ctl_fail_transport(ctl, r);
	r = follow_begin(&follow, link, method, parameters);
	if (r < 0)
		return ctl_fail_transport(ctl, r);
	r = sd_event_loop(event);
	if (r < 0)
		return ctl_fail_transport(ctl, r);
	return follow.result;
}

sd_json_variant *ctl_ask_file_quietly(const struct ctl *ctl, const char *method,
				      sd_json_variant *parameters, int fd)
{
	_cleanup_(sd_varlink_unrefp) sd_varlink *link = NULL;
	_cleanup_free_ char *name = NULL;
	sd_json_variant *reply = NULL;
	const char *error_id = NULL;

	if (open_link(ctl, QUIET_USEC, &link) < 0 || full_name(method, &name) < 0 ||
	    push_file(link, fd) < 0)
		return NULL;
	if (sd_varlink_call(link, name, parameters, &reply, &error_id) < 0 || error_id)
		return NULL;
	return sd_json_variant_ref(reply);
}

sd_json_variant *ctl_ask_quietly(const struct ctl *ctl, const char *method)
{
	return ctl_ask_file_quietly(ctl, method, NULL, -1);
}
