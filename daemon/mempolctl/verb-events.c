/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * events: the daemon's last thousand, and with -f the new ones as they come. One line an event in
 * both forms, flushed with each reply so that a pipe sees it at once.
 */
#include <string.h>

#include "client.h"
#include "output.h"
#include "text.h"

static void print_event(const struct ctl *ctl, sd_json_variant *event)
{
	_cleanup_free_ char *line = NULL;
	const char *type, *message;
	char time[64];

	if (ctl->json) {
		ctl_print_json(event);
		return;
	}
	type = ctl_string(event, "type");
	message = ctl_string(event, "message");
	if (asprintf(&line, "%s %-9s %s", ctl_time(ctl_number(event, "time_usec"), time),
		     type ? type : "-", message ? message : "-") < 0) {
		line = NULL;
		return;
	}
	mp_text_clean(line);
	puts(line);
}

static void print_reply(const struct ctl *ctl, sd_json_variant *reply)
{
	sd_json_variant *events = ctl_array(reply, "events");

	for (size_t i = 0; events && i < sd_json_variant_elements(events); i++)
		print_event(ctl, sd_json_variant_by_index(events, i));
	fflush(stdout);
}

enum ctl_exit ctl_events(const struct ctl *ctl, int argc, char *argv[])
{
	_cleanup_json_ sd_json_variant *parameters = NULL, *reply = NULL;
	enum ctl_exit result;
	int r;

	if (!ctl->follow) {
		result = ctl_call(ctl, "Events", NULL, &reply);
		if (result == CTL_OK)
			print_reply(ctl, reply);
		return result;
	}
	r = sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR("follow", SD_JSON_BUILD_BOOLEAN(true)));
	if (r < 0) {
		fprintf(stderr, "Failed to ask: %s\n", strerror(-r));
		return CTL_FAILED;
	}
	return ctl_follow(ctl, "Events", parameters, print_reply);
}
