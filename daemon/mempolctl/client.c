/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Varlink client (client.h). Errors become exit codes in one place, so that every verb fails
 * alike.
 */
#include <errno.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <systemd/sd-varlink.h>

#include "client.h"
#include "text.h"

/* A reload verifies every engine it loads; nothing a user asks for takes longer than this. */
#define ANSWER_USEC (30 * 1000000ULL)
#define COMPLETION_USEC (1 * 1000000ULL)

static enum ctl_exit fail_transport(const struct ctl *ctl, int error)
{
	switch (error) {
	case -ENOENT:
	case -ECONNREFUSED:
		fprintf(stderr, "mempolicyd is not running (systemctl start mempolicyd)\n");
		return CTL_NOBODY_LISTENS;
	case -EACCES:
	case -EPERM:
		fprintf(stderr,
			"You may not talk to mempolicyd: its socket %s is for root and the "
			"group mempolicy\n",
			ctl->socket);
		return CTL_NOT_PERMITTED;
	case -ETIME:
	case -ETIMEDOUT:
		fprintf(stderr, "mempolicyd did not answer in time\n");
		return CTL_FAILED;
	case -ECONNRESET:
	case -EPIPE:
	case -ENOTCONN:
		fprintf(stderr, "mempolicyd closed the connection without an answer\n");
		return CTL_FAILED;
	default:
		fprintf(stderr, "Failed to talk to mempolicyd at %s: %s\n", ctl->socket,
			strerror(-error));
		return CTL_FAILED;
	}
}

static const char *string_field(sd_json_variant *object, const char *name)
{
	sd_json_variant *field = object ? sd_json_variant_by_key(object, name) : NULL;

	return field && sd_json_variant_is_string(field) ? sd_json_variant_string(field) : NULL;
}

static void print_clean(const char *text)
{
	_cleanup_free_ char *copy = strdup(text);

	if (!copy)
		return;
	mp_text_clean(copy);
	fprintf(stderr, "%s\n", copy);
}

static void print_errors(sd_json_variant *reply)
{
	sd_json_variant *errors = reply ? sd_json_variant_by_key(reply, "errors") : NULL;

	for (size_t i = 0; errors && i < sd_json_variant_elements(errors); i++) {
		sd_json_variant *entry = sd_json_variant_by_index(errors, i);

		if (sd_json_variant_is_string(entry))
			print_clean(sd_json_variant_string(entry));
	}
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

static enum ctl_exit fail_reply(const struct ctl *ctl, const char *error_id, sd_json_variant *reply)
{
	const char *text;

	if (!strcmp(error_id, CTL_INTERFACE ".NoSuchPolicy")) {
		text = string_field(reply, "name");
		fprintf(stderr, "There is no policy '%s'\n", text ? text : "?");
		return CTL_FAILED;
	}
	if (!strcmp(error_id, CTL_INTERFACE ".InvalidPolicies")) {
		print_errors(reply);
		return CTL_FAILED;
	}
	if (!strcmp(error_id, CTL_INTERFACE ".KernelCannot")) {
		text = string_field(reply, "reason");
		fprintf(stderr, "This kernel cannot: %s\n", text ? text : "no reason given");
		return CTL_KERNEL_CANNOT;
	}
	if (!strcmp(error_id, CTL_INTERFACE ".BalloonCannot")) {
		text = string_field(reply, "reason");
		print_clean(text ? text : "The balloon cannot");
		return CTL_FAILED;
	}
	/* systemd has moved these between its own and the standard's interface. */
	if (ends_with(error_id, ".PermissionDenied") ||
	    ends_with(error_id, ".InteractiveAuthenticationRequired")) {
		fprintf(stderr, "Not permitted: only root may change what mempolicyd does\n");
		return CTL_NOT_PERMITTED;
	}
	if (!strcmp(error_id, SD_VARLINK_ERROR_TIMEOUT))
		return fail_transport(ctl, -ETIME);
	if (!strcmp(error_id, SD_VARLINK_ERROR_DISCONNECTED))
		return fail_transport(ctl, -ECONNRESET);
	if (ends_with(error_id, ".MethodNotFound") || ends_with(error_id, ".MethodNotImplemented"))
		fprintf(stderr, "This mempolicyd does not know the question; is it of another "
				"version?\n");
	else
		fprintf(stderr, "mempolicyd refused: %s\n", error_id);
	return CTL_FAILED;
}

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

enum ctl_exit ctl_call(const struct ctl *ctl, const char *method, sd_json_variant *parameters,
		       sd_json_variant **ret_reply)
{
	_cleanup_(sd_varlink_unrefp) sd_varlink *link = NULL;
	_cleanup_free_ char *name = NULL;
	sd_json_variant *reply = NULL;
	const char *error_id = NULL;
	int r;

	r = open_link(ctl, ANSWER_USEC, &link);
	if (r < 0)
		return fail_transport(ctl, r);
	r = full_name(method, &name);
	if (r < 0)
		return fail_transport(ctl, r);
	r = sd_varlink_call(link, name, parameters, &reply, &error_id);
	if (error_id)
		return fail_reply(ctl, error_id, reply);
	if (r < 0)
		return fail_transport(ctl, r);
	*ret_reply = sd_json_variant_ref(reply);
	return CTL_OK;
}

enum ctl_exit ctl_call_string(const struct ctl *ctl, const char *method, const char *name,
			      const char *value, sd_json_variant **ret_reply)
{
	_cleanup_json_ sd_json_variant *parameters = NULL;
	int r;

	if (!value)
		return ctl_call(ctl, method, NULL, ret_reply);
	r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR(name, SD_JSON_BUILD_STRING(value)));
	if (r == -EUCLEAN || r == -EINVAL) {
		fprintf(stderr, "An argument is not UTF-8\n");
		return CTL_USAGE;
	}
	if (r < 0)
		return fail_transport(ctl, r);
	return ctl_call(ctl, method, parameters, ret_reply);
}

/* A conversation of many replies. */
struct follow {
	const struct ctl *ctl;
	ctl_reply_handler handler;
	sd_event *event;
	enum ctl_exit result;
};

static int on_reply(sd_varlink *link, sd_json_variant *reply, const char *error_id,
		    sd_varlink_reply_flags_t flags, void *userdata)
{
	struct follow *follow = userdata;

	if (error_id) {
		follow->result = fail_reply(follow->ctl, error_id, reply);
		return sd_event_exit(follow->event, 0);
	}
	follow->handler(follow->ctl, reply);
	if (!(flags & SD_VARLINK_REPLY_CONTINUES))
		return sd_event_exit(follow->event, 0);
	return sd_varlink_set_relative_timeout(link, UINT64_MAX);
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
		return fail_transport(ctl, r);
	follow.event = event;
	r = open_link(ctl, ANSWER_USEC, &link);
	if (r < 0)
		return fail_transport(ctl, r);
	r = follow_begin(&follow, link, method, parameters);
	if (r < 0)
		return fail_transport(ctl, r);
	r = sd_event_loop(event);
	if (r < 0)
		return fail_transport(ctl, r);
	return follow.result;
}

sd_json_variant *ctl_ask_quietly(const struct ctl *ctl, const char *method)
{
	_cleanup_(sd_varlink_unrefp) sd_varlink *link = NULL;
	_cleanup_free_ char *name = NULL;
	sd_json_variant *reply = NULL;
	const char *error_id = NULL;

	if (open_link(ctl, COMPLETION_USEC, &link) < 0 || full_name(method, &name) < 0)
		return NULL;
	if (sd_varlink_call(link, name, NULL, &reply, &error_id) < 0 || error_id)
		return NULL;
	return sd_json_variant_ref(reply);
}
