/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * run: a command in a scope of its own, under a policy of the page cache that goes with it. The command waits until its
 * policy governs, pins what it is to have pinned, as itself, and only then begins; run.h has the parts.
 */
#include <errno.h>
#include <fcntl.h>
#include <mempolicy.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "client.h"
#include "complain.h"
#include "failure.h"
#include "file-range.h"
#include "hint_words.h"
#include "mechanism.h"
#include "open-hints.h"
#include "output.h"
#include "run.h"
#include "size.h"

const struct option ctl_run_options[] = {
	{ "engine", required_argument, NULL, 'e' },
	{ "pin", required_argument, NULL, 'p' },
	{ "pin-max", required_argument, NULL, 'm' },
	{ "memory-max", required_argument, NULL, 'M' },
	{ "socket", required_argument, NULL, 's' },
	{ "help", no_argument, NULL, 'h' },
	{},
};

static void print_help(void)
{
	printf("Usage: mempolctl run --engine NAME [OPTION...] -- COMMAND [ARG...]\n\n"
	       "Run a command in a scope of its own, under a policy of the page cache that goes\n"
	       "with it.\n\n"
	       "Options:\n"
	       "  --engine NAME      who decides, as in a policy file\n"
	       "  --pin PATH[:OFFSET+LENGTH]\n"
	       "                     is read, and stays cached; may be given several times\n"
	       "  --pin-max VALUE    how much may be pinned, as PinMax=; default 10%%\n"
	       "  --memory-max SIZE  a limit of the scope's memory, without swap\n"
	       "  --socket PATH      talk to the daemon at PATH\n"
	       "  -h, --help         this text\n\n"
	       "Only for root. The exit status is the command's, or 128 and the signal that\n"
	       "ended it. See mempolctl(1).\n");
}

/* --- the command's process ------------------------------------------------------------------------------ */

/* 0, or 1 and what is wrong has been told. */
static int pin_one(struct mempolicy *m, const char *word)
{
	const char *range = ctl_range_find(word);
	_cleanup_free_ char *path = mp_owned(range ? ctl_range_path(word, range) : strdup(word));
	_cleanup_free_ char *problem = NULL;
	_cleanup_close_ int fd = -1;
	uint64_t offset = 0, length = 0;
	int r;

	if (!path || (range && ctl_range_parse(range, &offset, &length, &problem) < 0)) {
		ctl_complain("run", "--pin %s: %s", word, problem ?: "out of memory");
		return 1;
	}
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	r = fd < 0 ? -errno : mempolicy_file(m, MEMPOLICY_PIN, fd, offset, length);
	if (r >= 0)
		r = mempolicy_flush(m, NULL);
	if (r < 0)
		ctl_complain("run", "--pin %s: %s", word,
			     (fd < 0 ? NULL : mp_hint_problem(r)) ?: strerror(-r));
	/* What could be pinned is, and the command runs all the same. */
	return r < 0 && r != -EDQUOT && r != -ENOLINK;
}

/* The session is the command's from now on, and whoever inherits it from there. */
static int pin_all(const struct run_request *request)
{
	struct mempolicy *m = NULL;
	int r, session, bad = 0;

	r = ctl_open_hints(&request->ctl, MEMPOLICY_FETCH, &m);
	if (r < 0) {
		ctl_complain("run", "nothing can be pinned: %s; mempolctl features says why",
			     strerror(-r));
		return 1;
	}
	for (size_t i = 0; i < request->n_pins && !bad; i++)
		bad = pin_one(m, request->pins[i]);
	session = bad ? -1 : dup(mempolicy_session(m));
	mempolicy_close(m);
	return bad || session < 0;
}

/* It waits for a byte; without one there is nothing to run. */
static _Noreturn void be_command(const struct run_request *request, int go, char *argv[])
{
	char byte;

	if (read(go, &byte, 1) != 1)
		_exit(1);
	close(go);
	if (request->n_pins && pin_all(request))
		_exit(1);
	execvp(argv[0], argv);
	ctl_complain("run", "'%s' cannot be run: %s", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

/* --- its parent ----------------------------------------------------------------------------------------- */

static enum ctl_exit fail(const char *problem, int error)
{
	ctl_complain("run", "%s", problem ?: "out of memory");
	return error == -EACCES || error == -EPERM ? CTL_NOT_PERMITTED : CTL_FAILED;
}

static enum ctl_exit prepare(const struct run_request *request, const struct run_names *names,
			     const char *text, pid_t pid)
{
	_cleanup_free_ char *problem = NULL;
	int r;

	r = run_policy_write(names, text);
	if (r < 0) {
		ctl_complain("run", "%s: %s", names->path, strerror(-r));
		return r == -EACCES || r == -EPERM ? CTL_NOT_PERMITTED : CTL_FAILED;
	}
	r = run_scope_start(request, names->unit, pid, &problem);
	return r < 0 ? fail(problem, r) : run_policy_wait(&request->ctl, names);
}

static volatile pid_t command;

static void hand_over(int number)
{
	(void)kill(command, number);
}

/* The policy file is taken away when the command has ended, whoever wants it to. */
static void leave_signals_to_command(pid_t pid)
{
	command = pid;
	/* These the terminal sends to both. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGTERM, hand_over);
	signal(SIGHUP, hand_over);
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static enum ctl_exit run_command(const struct run_request *request, char *argv[])
{
	_cleanup_free_ char *text = NULL, *problem = NULL;
	struct run_names names;
	enum ctl_exit result;
	int fds[2], r;
	pid_t pid;

	run_sweep(RUN_DIR, RUN_SCOPES);
	run_names_make(getpid(), &names);
	r = run_policy_text(request, &names, &text, &problem);
	if (r < 0) {
		ctl_complain("run", "%s", problem ?: "out of memory");
		return r == -EBADMSG ? CTL_USAGE : CTL_FAILED;
	}
	if (pipe2(fds, O_CLOEXEC) < 0)
		return fail(strerror(errno), -errno);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		close(fds[1]);
		be_command(request, fds[0], argv);
	}
	close(fds[0]);
	if (pid > 0)
		leave_signals_to_command(pid);
	result = pid < 0 ? fail(strerror(errno), -errno) : prepare(request, &names, text, pid);
	if (result == CTL_OK && write(fds[1], "", 1) != 1)
		result = CTL_FAILED;
	close(fds[1]);
	r = pid < 0 ? 0 : wait_for(pid);
	run_policy_remove(&names);
	return result == CTL_OK ? (enum ctl_exit)r : result;
}

/* Before anything is begun: is there somebody who can? */
static enum ctl_exit check_kernel(const struct ctl *ctl)
{
	_cleanup_json_ sd_json_variant *reply = NULL;
	enum ctl_exit result = ctl_call(ctl, "Features", NULL, &reply);
	sd_json_variant *features = result == CTL_OK ? ctl_array(reply, "features") : NULL;

	for (size_t i = 0; features && i < sd_json_variant_elements(features); i++) {
		sd_json_variant *one = sd_json_variant_by_index(features, i);
		const char *name = ctl_string(one, "name");

		if (name && !strcmp(name, ctl_mechanism_cache.name) && ctl_string(one, "reason"))
			return ctl_fail_reply(ctl, CTL_INTERFACE ".KernelCannot", one);
	}
	return result;
}

/* --- the line ------------------------------------------------------------------------------------------- */

static int take_option(struct run_request *request, int c, const char *value)
{
	switch (c) {
	case 'e':
		request->engine = value;
		return 0;
	case 'p':
		if (request->n_pins == RUN_PINS_MAX)
			return ctl_complain("run", "--pin: %d are the most", RUN_PINS_MAX);
		request->pins[request->n_pins++] = value;
		return 0;
	case 'm':
		request->pin_max = value;
		return 0;
	case 'M':
		request->memory_max = value;
		if (mp_size_parse(value, &request->memory_max_bytes) < 0)
			return ctl_complain("run",
					    "--memory-max %s: a size in bytes or with K, M, G or T",
					    value);
		return 0;
	default:
		request->ctl.socket = value;
		return 0;
	}
}

/* 1 when there is nothing more to do. */
static int take_options(struct run_request *request, int argc, char *argv[])
{
	int c, r = 0;

	optind = 0;
	/* What follows the command is the command's. */
	while (!r && (c = getopt_long(argc, argv, "+:h", ctl_run_options, NULL)) >= 0) {
		if (c == 'h') {
			print_help();
			return 1;
		}
		if (c == ':')
			return ctl_complain("run", "'%s' needs a value", argv[optind - 1]);
		if (c == '?')
			return ctl_complain("run", "unknown option '%s'; see mempolctl run --help",
					    argv[optind - 1]);
		r = take_option(request, c, optarg);
	}
	return r;
}

enum ctl_exit ctl_run(const struct ctl *ctl, int argc, char *argv[])
{
	struct run_request request = { .ctl = *ctl };
	int r = take_options(&request, argc + 1, argv - 1);
	enum ctl_exit result;

	if (r)
		return r == 1 ? CTL_OK : CTL_USAGE;
	argc -= optind - 1;
	argv += optind - 1;
	if (!request.engine || !argc) {
		fprintf(stderr,
			"Usage: mempolctl run --engine NAME [--pin PATH]... -- COMMAND [ARG...]\n");
		return CTL_USAGE;
	}
	result = check_kernel(&request.ctl);
	return result == CTL_OK ? run_command(&request, argv) : result;
}
