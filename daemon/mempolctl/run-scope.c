/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * systemd is asked for a scope (run.h), over the system's bus. It ends with its last process.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>

#include "errors.h"
#include "file.h"
#include "run.h"

#define WAIT_TRIES 1000
#define WAIT_NSEC 10000000

/* The process has been moved: the job is done. */
static bool is_in(pid_t pid, const char *unit)
{
	_cleanup_free_ char *text = NULL;
	char path[32], *end;
	size_t size;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	if (mp_file_read(path, 16384, &text, &size) < 0)
		return false;
	end = strstr(text, "0::/");
	if (!end)
		return false;
	end[strcspn(end, "\n")] = '\0';
	end = strrchr(end, '/');
	return !strcmp(end + 1, unit);
}

static int add_properties(sd_bus_message *m, const struct run_request *request, pid_t pid)
{
	int r = sd_bus_message_append(m, "(sv)(sv)(sv)(sv)", "Description", "s",
				      "A command that mempolctl runs", "PIDs", "au", 1,
				      (uint32_t)pid, "MemoryAccounting", "b", 1, "CollectMode", "s",
				      "inactive-or-failed");

	if (r >= 0 && request->memory_max)
		r = sd_bus_message_append(m, "(sv)(sv)", "MemoryMax", "t",
					  request->memory_max_bytes, "MemorySwapMax", "t",
					  (uint64_t)0);
	return r;
}

static int ask(sd_bus *bus, const struct run_request *request, const char *unit, pid_t pid,
	       sd_bus_error *error)
{
	_cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
	int r;

	r = sd_bus_message_new_method_call(bus, &m, "org.freedesktop.systemd1",
					   "/org/freedesktop/systemd1",
					   "org.freedesktop.systemd1.Manager",
					   "StartTransientUnit");
	if (r >= 0)
		r = sd_bus_message_append(m, "ss", unit, "fail");
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', "(sv)");
	if (r >= 0)
		r = add_properties(m, request, pid);
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	if (r >= 0)
		r = sd_bus_message_append(m, "a(sa(sv))", 0);
	return r < 0 ? r : sd_bus_call(bus, m, 0, error, NULL);
}

int run_scope_start(const struct run_request *request, const char *unit, pid_t pid,
		    char **ret_problem)
{
	_cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
	_cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
	const struct timespec pause = { .tv_nsec = WAIT_NSEC };
	int r;

	*ret_problem = NULL;
	r = sd_bus_open_system(&bus);
	if (r < 0)
		return mp_problem(ret_problem, r, "systemd cannot be asked for a scope: %s",
				  strerror(-r));
	r = ask(bus, request, unit, pid, &error);
	if (r < 0)
		return mp_problem(ret_problem, r, "systemd does not start %s: %s", unit,
				  error.message ?: strerror(-r));
	for (unsigned int i = 0; i < WAIT_TRIES; i++) {
		if (is_in(pid, unit))
			return 0;
		nanosleep(&pause, NULL);
	}
	return mp_problem(ret_problem, -ETIMEDOUT, "systemd did not start %s in time", unit);
}
