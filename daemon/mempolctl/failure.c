/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Failures (failure.h). With --json an error of the daemon is passed on as it came; what happens on
 * the way to it has words of our own, "mempolctl.NotRunning", and the sentence as a parameter.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <systemd/sd-varlink.h>

#include "complain.h"
#include "failure.h"
#include "output.h"
#include "strutil.h"
#include "text.h"

/* If this fails, the sentence on stderr is all there is. */
static void print_object(const char *error, sd_json_variant *parameters)
{
	_cleanup_json_ sd_json_variant *object = NULL;
	int r;

	if (parameters)
		r = sd_json_buildo(
			&object, SD_JSON_BUILD_PAIR("error", SD_JSON_BUILD_STRING(error)),
			SD_JSON_BUILD_PAIR("parameters", SD_JSON_BUILD_VARIANT(parameters)));
	else
		r = sd_json_buildo(&object,
				   SD_JSON_BUILD_PAIR("error", SD_JSON_BUILD_STRING(error)),
				   SD_JSON_BUILD_PAIR("parameters", SD_JSON_BUILD_EMPTY_OBJECT));
	if (r >= 0)
		ctl_print_json(object);
}

static enum ctl_exit fail(const struct ctl *ctl, enum ctl_exit code, const char *error,
			  const char *format, ...) _printf_(4, 5);

static enum ctl_exit fail(const struct ctl *ctl, enum ctl_exit code, const char *error,
			  const char *format, ...)
{
	_cleanup_json_ sd_json_variant *parameters = NULL;
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = mp_owned(ctl_clean_text(format, ap));
	va_end(ap);
	fprintf(stderr, "%s\n", text ?: "Out of memory");
	if (ctl->json && text &&
	    sd_json_buildo(&parameters,
			   SD_JSON_BUILD_PAIR("message", SD_JSON_BUILD_STRING(text))) >= 0)
		print_object(error, parameters);
	return code;
}

enum ctl_exit ctl_fail_transport(const struct ctl *ctl, int error)
{
	switch (error) {
	case -ENOENT:
	case -ECONNREFUSED:
		return fail(ctl, CTL_NOBODY_LISTENS, "mempolctl.NotRunning",
			    "mempolicyd is not running (systemctl start mempolicyd)");
	case -EACCES:
	case -EPERM:
		return fail(ctl, CTL_NOT_PERMITTED, "mempolctl.NotPermitted",
			    "You may not talk to mempolicyd: its socket %s is for root and the "
			    "group mempolicy",
			    ctl->socket);
	case -ETIME:
	case -ETIMEDOUT:
		return fail(ctl, CTL_FAILED, "mempolctl.Timeout",
			    "mempolicyd did not answer in time");
	case -ECONNRESET:
	case -EPIPE:
	case -ENOTCONN:
		return fail(ctl, CTL_FAILED, "mempolctl.Disconnected",
			    "mempolicyd closed the connection without an answer");
	default:
		return fail(ctl, CTL_FAILED, "mempolctl.Failed",
			    "Failed to talk to mempolicyd at %s: %s", ctl->socket,
			    strerror(-error));
	}
}

enum ctl_exit ctl_fail_ended(const struct ctl *ctl)
{
	return fail(ctl, CTL_NOBODY_LISTENS, "mempolctl.Ended", "mempolicyd ended");
}

/* @text may come from a file's name, which a terminal must not obey. */
static void say(const char *before, const char *text, const char *after)
{
	_cleanup_free_ char *copy = mp_owned(strdup(text));

	if (!copy)
		return;
	mp_text_clean(copy);
	fprintf(stderr, "%s%s%s\n", before, copy, after);
}

static void say_errors(sd_json_variant *errors)
{
	for (size_t i = 0; errors && i < sd_json_variant_elements(errors); i++) {
		sd_json_variant *entry = sd_json_variant_by_index(errors, i);

		if (sd_json_variant_is_string(entry))
			say("", sd_json_variant_string(entry), "");
	}
}

/* The errors of our interface, by the word behind its name. */
static enum ctl_exit say_ours(const char *word, sd_json_variant *reply)
{
	const char *reason = reply ? ctl_string(reply, "reason") : NULL;

	if (!strcmp(word, "NoSuchPolicy")) {
		say("There is no policy '", (reply ? ctl_string(reply, "name") : NULL) ?: "?", "'");
		return CTL_FAILED;
	}
	if (!strcmp(word, "NoSuchCgroup")) {
		say("There is no cgroup '", (reply ? ctl_string(reply, "cgroup") : NULL) ?: "?",
		    "'; a cgroup is a path below /sys/fs/cgroup, such as /system.slice");
		return CTL_FAILED;
	}
	if (!strcmp(word, "NoSuchPinSet")) {
		say("There is no set of pins '", (reply ? ctl_string(reply, "set") : NULL) ?: "?",
		    "'; mempolctl cache pins lists them");
		return CTL_FAILED;
	}
	if (!strcmp(word, "TooManyConnections")) {
		say("mempolicyd has ", reason ?: "too many connections", "; try again later");
		return CTL_FAILED;
	}
	if (!strcmp(word, "InvalidPolicies")) {
		say_errors(reply ? ctl_array(reply, "errors") : NULL);
		return CTL_FAILED;
	}
	if (!strcmp(word, "KernelCannot")) {
		say("This kernel cannot: ", reason ?: "no reason given", "");
		return CTL_KERNEL_CANNOT;
	}
	/* A mechanism's own; its reason is a whole sentence. */
	if ((mp_ends_with(word, "Cannot") || mp_ends_with(word, "Busy")) && reason)
		say("", reason, "");
	else
		say("mempolicyd refused: " CTL_INTERFACE ".", word, "");
	return CTL_FAILED;
}

/* systemd has moved errors between its own and the standard's interface. */
static enum ctl_exit say_standard(const char *error_id)
{
	if (mp_ends_with(error_id, ".PermissionDenied") ||
	    mp_ends_with(error_id, ".InteractiveAuthenticationRequired")) {
		fprintf(stderr, "Not permitted: mempolicyd does this for root only, use sudo\n");
		return CTL_NOT_PERMITTED;
	}
	if (mp_ends_with(error_id, ".MethodNotFound") ||
	    mp_ends_with(error_id, ".MethodNotImplemented"))
		fprintf(stderr, "This mempolicyd does not know the question; is it of another "
				"version?\n");
	else
		say("mempolicyd refused: ", error_id, "");
	return CTL_FAILED;
}

enum ctl_exit ctl_fail_reply(const struct ctl *ctl, const char *error_id, sd_json_variant *reply)
{
	static const char ours[] = CTL_INTERFACE ".";

	if (!strcmp(error_id, SD_VARLINK_ERROR_TIMEOUT))
		return ctl_fail_transport(ctl, -ETIME);
	if (!strcmp(error_id, SD_VARLINK_ERROR_DISCONNECTED))
		return ctl_fail_transport(ctl, -ECONNRESET);
	if (ctl->json)
		print_object(error_id, reply);
	if (!strncmp(error_id, ours, strlen(ours)))
		return say_ours(error_id + strlen(ours), reply);
	return say_standard(error_id);
}
