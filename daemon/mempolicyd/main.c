// SPDX-License-Identifier: GPL-2.0-only
/*
 * mempolicyd: options, signals, the event loop. Everything else is the manager's and the control
 * socket's. Started by systemd (mempolicyd.service), or by a test with its own directories.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <systemd/sd-daemon.h>

#include "control.h"
#include "engine.h"
#include "log.h"
#include "manager.h"

#ifndef MP_AGENT_PATH
#define MP_AGENT_PATH "/usr/lib/mempolicyd/agent/agent.bpf.o"
#endif
#ifndef MP_SOCKET_PATH
#define MP_SOCKET_PATH "/run/mempolicyd/io.mempolicy.Manager"
#endif

static const char help[] =
	"Usage: mempolicyd [OPTION]...\n"
	"Loads, attaches, guards and reports memory policies; started by mempolicyd.service.\n"
	"\n"
	"  --debug             log more\n"
	"  --version           print the version and exit\n"
	"  --help              print this and exit\n"
	"\n"
	"For tests, other places than the usual ones:\n"
	"  --policy-dir DIR    read policies from DIR (may be repeated, the first is the strongest)\n"
	"  --cgroup-root DIR   instead of /sys/fs/cgroup\n"
	"  --engine-dir DIR    instead of " MP_ENGINE_DIR "\n"
	"  --agent FILE        instead of " MP_AGENT_PATH "\n"
	"  --socket PATH       instead of " MP_SOCKET_PATH "\n"
	"  --sys DIR           instead of /sys\n"
	"  --watches-max N     watch at most N cgroup directories\n"
	"\n"
	"See mempolicyd(8), mempolctl(1) and mempolicy(5).\n";

struct options {
	struct mp_config config;
	int log_level;
	bool done; /* --help, --version: nothing more to do */
};

static int usage(const char *word)
{
	fprintf(stderr, "mempolicyd: %s\nTry 'mempolicyd --help'.\n", word);
	return -EINVAL;
}

/* strtoul() takes signs, spaces and what follows the digits; a count has none of them. */
static int parse_watches(const char *word, unsigned int *ret)
{
	unsigned long n;

	if (!*word || strspn(word, "0123456789") != strlen(word))
		return usage("--watches-max takes a number of directories, such as 8192");
	errno = 0;
	n = strtoul(word, NULL, 10);
	if (errno || n > INT_MAX)
		return usage("--watches-max is too large");
	*ret = n;
	return 0;
}

static int parse_options(int argc, char *argv[], struct options *o)
{
	enum { POLICY_DIR = 256, CGROUP_ROOT, ENGINE_DIR, AGENT, SOCKET, SYS, WATCHES, DEBUG };
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ "debug", no_argument, NULL, DEBUG },
		{ "policy-dir", required_argument, NULL, POLICY_DIR },
		{ "cgroup-root", required_argument, NULL, CGROUP_ROOT },
		{ "engine-dir", required_argument, NULL, ENGINE_DIR },
		{ "agent", required_argument, NULL, AGENT },
		{ "socket", required_argument, NULL, SOCKET },
		{ "sys", required_argument, NULL, SYS },
		{ "watches-max", required_argument, NULL, WATCHES },
		{},
	};
	size_t n_dirs = 0;
	int c;

	while ((c = getopt_long(argc, argv, "hV", options, NULL)) >= 0) {
		switch (c) {
		case 'h':
			fputs(help, stdout);
			o->done = true;
			return 0;
		case 'V':
			puts("mempolicyd " MP_VERSION);
			o->done = true;
			return 0;
		case DEBUG:
			o->log_level = LOG_DEBUG;
			break;
		case POLICY_DIR:
			if (n_dirs == MP_POLICY_DIRS_MAX)
				return usage("too many policy directories");
			if (optarg[0] != '/')
				return usage("a policy directory must be an absolute path");
			o->config.policy_dirs[n_dirs++] = optarg;
			o->config.policy_dirs[n_dirs] = NULL;
			break;
		case CGROUP_ROOT:
			o->config.cgroup_root = optarg;
			break;
		case ENGINE_DIR:
			o->config.engine_dir = optarg;
			break;
		case AGENT:
			o->config.agent = optarg;
			break;
		case SOCKET:
			o->config.socket = optarg;
			break;
		case SYS:
			o->config.sys = optarg;
			break;
		case WATCHES:
			if (parse_watches(optarg, &o->config.watches_max) < 0)
				return -EINVAL;
			break;
		default:
			return -EINVAL;
		}
	}
	return optind < argc ? usage("no arguments are expected") : 0;
}

static int on_reload_signal(sd_event_source *source, const struct signalfd_siginfo *info,
			    void *userdata)
{
	_cleanup_errors_ struct mp_errors errors = {};
	int r = mp_manager_reload(userdata, &errors);

	(void)source;
	(void)info;
	for (size_t i = 0; i < errors.count; i++)
		mp_log(LOG_ERR, "%s", errors.items[i]);
	if (r < 0 && r != -EBADMSG)
		mp_log_errno(LOG_ERR, r, "Failed to reload, ignoring");
	return 0;
}

/*
 * The daemon must go on when the memory is short that it manages. Pages are locked as they are
 * touched: all of them at once would lock what libbpf maps and never reads.
 */
static void lock_memory(void)
{
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
		mp_log_errno(geteuid() == 0 ? LOG_WARNING : LOG_DEBUG, errno,
			     "Failed to lock the memory, ignoring");
}

static int set_up_loop(sd_event **ret)
{
	_cleanup_(sd_event_unrefp) sd_event *event = NULL;
	sigset_t mask;
	int r;

	sigemptyset(&mask);
	sigaddset(&mask, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
		return -errno;
	(void)signal(SIGPIPE, SIG_IGN);
	r = sd_event_new(&event);
	if (r < 0)
		return r;
	r = sd_event_set_signal_exit(event, true);
	if (r < 0)
		return r;
	r = sd_event_set_watchdog(event, true);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(event);
	return 0;
}

static int run(const struct mp_config *config)
{
	_cleanup_(sd_event_unrefp) sd_event *event = NULL;
	_cleanup_(mp_manager_freep) struct mp_manager *manager = NULL;
	_cleanup_(mp_control_freep) struct mp_control *control = NULL;
	int r;

	r = set_up_loop(&event);
	if (r < 0)
		return mp_log_errno(LOG_ERR, r, "Failed to set up the event loop");
	r = mp_manager_new(event, config, &manager);
	if (r < 0)
		return mp_log_errno(LOG_ERR, r, "Failed to set up the manager");
	r = sd_event_add_signal(event, NULL, SIGHUP, on_reload_signal, manager);
	if (r < 0)
		return mp_log_errno(LOG_ERR, r, "Failed to wait for SIGHUP");
	/* The socket comes first: it is the lock against a second daemon. */
	r = mp_control_new(manager, &control);
	if (r < 0)
		return r;
	r = mp_manager_start(manager);
	if (r < 0)
		return r;
	(void)sd_notify(0, "READY=1");
	r = sd_event_loop(event);
	(void)sd_notify(0, "STOPPING=1");
	mp_manager_stop(manager);
	if (r < 0)
		return mp_log_errno(LOG_ERR, r, "The event loop failed");
	return 0;
}

int main(int argc, char *argv[])
{
	struct options o = {
		.config = {
			.cgroup_root = "/sys/fs/cgroup",
			.engine_dir = MP_ENGINE_DIR,
			.agent = MP_AGENT_PATH,
			.socket = MP_SOCKET_PATH,
			.sys = "/sys",
			.watches_max = MP_CGROUPS_WATCHES_MAX,
		},
		.log_level = LOG_INFO,
	};

	for (size_t i = 0; mp_policy_dirs[i] && i < MP_POLICY_DIRS_MAX; i++)
		o.config.policy_dirs[i] = mp_policy_dirs[i];
	if (parse_options(argc, argv, &o) < 0)
		return 2;
	if (o.done)
		return EXIT_SUCCESS;
	mp_log_open(o.log_level);
	mp_loader_init();
	lock_memory();
	return run(&o.config) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
