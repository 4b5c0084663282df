// SPDX-License-Identifier: GPL-2.0-only
/*
 * The beat; see heartbeat.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "heartbeat.h"
#include "log.h"

/* Three beats may be late or lost. */
#define BEATS_PER_LIMIT 4
#define PERIOD_MAX_USEC (2500 * 1000ULL)
#define PERIOD_MIN_USEC (100 * 1000ULL)

struct mp_heartbeat {
	struct mp_agent *agent;
	sd_event_source *timer;
	char *parameter;
	int last_error;
};

uint64_t mp_heartbeat_period_usec(unsigned long limit_ms)
{
	uint64_t usec;

	if (!limit_ms || limit_ms > PERIOD_MAX_USEC / 1000 * BEATS_PER_LIMIT)
		return PERIOD_MAX_USEC;
	usec = limit_ms * 1000ULL / BEATS_PER_LIMIT;
	return usec > PERIOD_MIN_USEC ? usec : PERIOD_MIN_USEC;
}

/* Read each time: it can be changed while the daemon runs. */
static unsigned long read_limit(const struct mp_heartbeat *h)
{
	_cleanup_free_ char *text = NULL;
	size_t size;

	return mp_file_read(h->parameter, 8192, &text, &size) < 0 ? 0 : strtoul(text, NULL, 10);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct mp_heartbeat *h = userdata;
	int r = mp_agent_beat(h->agent);

	(void)usec;
	if (r < 0 && r != h->last_error)
		mp_log_errno(
			LOG_WARNING, r,
			"Failed to tell the kernel that the daemon is alive; policies will be passive");
	h->last_error = r;
	r = sd_event_source_set_time_relative(source, mp_heartbeat_period_usec(read_limit(h)));
	return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int mp_heartbeat_new(sd_event *event, struct mp_agent *agent, const char *sys,
		     struct mp_heartbeat **ret)
{
	struct mp_heartbeat *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return -ENOMEM;
	h->agent = agent;
	if (asprintf(&h->parameter, "%s/module/mempol/parameters/heartbeat_ms", sys) < 0) {
		h->parameter = NULL;
		mp_heartbeat_free(h);
		return -ENOMEM;
	}
	r = sd_event_add_time_relative(event, &h->timer, CLOCK_MONOTONIC, 0, PERIOD_MIN_USEC / 2,
				       on_timer, h);
	/* A long turn of the loop must not look like a daemon that hangs. */
	if (r >= 0)
		r = sd_event_source_set_priority(h->timer, SD_EVENT_PRIORITY_IMPORTANT);
	if (r < 0) {
		mp_heartbeat_free(h);
		return r;
	}
	*ret = h;
	return 0;
}

struct mp_heartbeat *mp_heartbeat_free(struct mp_heartbeat *h)
{
	if (!h)
		return NULL;
	sd_event_source_disable_unref(h->timer);
	free(h->parameter);
	free(h);
	return NULL;
}
