/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A daemon for tests of mempolctl's verbs: gives fixed replies over a real socket. Included by the
 * tests that name the replies; it knows every method and no policy.
 */
#ifndef MP_TEST_MEMPOLCTL_SERVER_H
#define MP_TEST_MEMPOLCTL_SERVER_H

#include "mempolctl.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-event.h>
#include <systemd/sd-varlink.h>
#include <time.h>

#define INTERFACE "io.mempolicy.Manager."

/*
 * What the server replies with: JSON of the parameters, or an error and its parameters. "close" in
 * place of JSON closes the connection, "hold" in place of the error leaves it open.
 */
struct reply {
	const char *method;
	const char *error;
	const char *json;
};

/* What a method must be asked with; one that is not listed may be asked anything. */
struct question {
	const char *method;
	const char *json;
};

/* Set by main(); the questions end with an empty one. */
static const struct reply *server_replies;
static size_t n_server_replies;
static const struct question *server_questions;

/* Replaces the reply of one method for one test; set before the server is forked. */
static struct reply special;

static bool is_as_wanted(const char *method, sd_json_variant *parameters)
{
	for (const struct question *q = server_questions; q && q->method; q++) {
		_cleanup_free_ char *text = NULL;

		if (!strcmp(q->method, method))
			return sd_json_variant_format(parameters, 0, &text) >= 0 &&
			       !strcmp(text, q->json);
	}
	return true;
}

static int answer(sd_varlink *link, sd_varlink_method_flags_t flags, const char *method,
		  sd_json_variant *parameters)
{
	const struct reply *reply = NULL;
	sd_json_variant *json = NULL;

	for (size_t i = 0; i < n_server_replies; i++)
		if (!strcmp(server_replies[i].method, method))
			reply = &server_replies[i];
	if (special.method && !strcmp(special.method, method))
		reply = &special;
	if (!reply)
		abort();
	if (!is_as_wanted(method, parameters))
		return sd_varlink_error(link, "com.example.WrongParameters", NULL);
	if (!strcmp(reply->json, "close"))
		return sd_varlink_close(link);
	if (sd_json_parse(reply->json, 0, &json, NULL, NULL) < 0)
		abort();
	if (reply->error && !strcmp(reply->error, "hold")) /* more is to come, and never does */
		return sd_varlink_notify(link, json);
	if (reply->error)
		return sd_varlink_error(link, reply->error, json);
	/* It gives a descriptor away. */
	if (!strcmp(method, "OpenHints") &&
	    (sd_varlink_set_allow_fd_passing_output(link, true) < 0 ||
	     sd_varlink_push_fd(link, open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0))
		abort();
	if (flags & SD_VARLINK_METHOD_MORE)
		sd_varlink_notify(link, json);
	return sd_varlink_reply(link, json);
}

#define METHODS(X)           \
	X(Status)            \
	X(List)              \
	X(Stats)             \
	X(Engines)           \
	X(Explain)           \
	X(Features)          \
	X(Show)              \
	X(Reload)            \
	X(Reset)             \
	X(Events)            \
	X(PlacementStatus)   \
	X(PlacementFrames)   \
	X(PlacementReset)    \
	X(BalloonStatus)     \
	X(BalloonInflate)    \
	X(BalloonDeflate)    \
	X(BalloonAuto)       \
	X(RefsFile)          \
	X(RefsMemory)        \
	X(RefsFiles)         \
	X(RefsOn)            \
	X(RefsOff)           \
	X(TranslationWalk)   \
	X(TranslationTables) \
	X(TranslationTrim)   \
	X(TranslationMove)   \
	X(TranslationAreas)  \
	X(OpenHints)         \
	X(HintSession)       \
	X(Hint)              \
	X(Pin)               \
	X(Unpin)             \
	X(UnpinSet)          \
	X(Pins)

#define X(name)                                                               \
	static int on_##name(sd_varlink *link, sd_json_variant *parameters,   \
			     sd_varlink_method_flags_t flags, void *userdata) \
	{                                                                     \
		return answer(link, flags, #name, parameters);                \
	}
METHODS(X)
#undef X

static void serve(const char *socket, int ready)
{
	sd_varlink_server *server = NULL;
	sd_event *event = NULL;

	/* A failed assertion jumps over the cleanup that would end this process. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (sd_event_new(&event) < 0 || sd_varlink_server_new(&server, 0) < 0)
		abort();
#define X(name)                                                                    \
	if (sd_varlink_server_bind_method(server, INTERFACE #name, on_##name) < 0) \
		abort();
	METHODS(X)
#undef X
	if (sd_varlink_server_listen_address(server, socket, 0600) < 0 ||
	    sd_varlink_server_attach_event(server, event, 0) < 0)
		abort();
	if (write(ready, "", 1) != 1)
		abort();
	sd_event_loop(event);
	_exit(0);
}

static void start_server(struct run *run)
{
	_cleanup_free_ char *socket = tree_path(run->tree, "socket");
	char byte;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	run->server = fork();
	assert_true(run->server >= 0);
	if (run->server == 0)
		serve(socket, fds[1]);
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	close(fds[0]);
}

#endif
