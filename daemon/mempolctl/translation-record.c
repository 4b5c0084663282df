/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs a command under valgrind's lackey, which writes down each address that it refers to, and dumps its page tables
 * at the last moment: the process is stopped on its way out (PTRACE_O_TRACEEXIT), when its memory is still there. See
 * translation.h. DIR gets `trace` and `tables`, which predict --trace and --from read.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "new-file.h"
#include "translation.h"

#define TOOL "valgrind"

static bool have_valgrind(void)
{
	const char *path = getenv("PATH");
	_cleanup_free_ char *copy = mp_owned(strdup(path ?: "/usr/bin:/bin"));
	char *rest = copy, *dir;

	while (rest && (dir = strsep(&rest, ":"))) {
		_cleanup_free_ char *program = NULL;

		if (asprintf(&program, "%s/" TOOL, *dir ? dir : ".") < 0)
			program = NULL;
		else if (access(program, X_OK) == 0)
			return true;
	}
	return false;
}

/* ---- the command ------------------------------------------------------------------------------------ */

/* In the child; it goes on when it is being watched. */
static _Noreturn void run_command(int go, const char *log, int argc, char *argv[])
{
	_cleanup_free_ char **words = calloc((size_t)argc + 5, sizeof(*words));
	char c;

	if (!words || read(go, &c, 1) != 1)
		_exit(127);
	words[0] = (char[]){ TOOL };
	words[1] = (char[]){ "--tool=lackey" };
	words[2] = (char[]){ "--trace-mem=yes" };
	if (asprintf(&words[3], "--log-file=%s", log) < 0)
		_exit(127);
	for (int i = 0; i < argc; i++)
		words[4 + i] = argv[i];
	execvp(TOOL, words);
	_exit(127);
}

static int start(const char *log, int argc, char *argv[], pid_t *ret)
{
	int go[2], r = 0;
	pid_t pid = -1;

	if (pipe2(go, O_CLOEXEC) < 0)
		return -errno;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		run_command(go[0], log, argc, argv);
	}
	if (pid < 0)
		r = -errno;
	else if (ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACEEXIT) < 0)
		r = -errno;
	close(go[0]);
	if (r == 0 && write(go[1], "", 1) != 1)
		r = -errno;
	close(go[1]);
	/* Without a word it has read the end of the pipe, and ends. */
	if (r < 0 && pid > 0)
		waitpid(pid, NULL, 0);
	*ret = pid;
	return r;
}

/* ---- its tables --------------------------------------------------------------------------------------- */

struct job {
	const struct translation_request *request;
	const struct translation_walk *walk;
	enum ctl_exit result;
};

static int write_tables(void *userdata, int fd)
{
	struct job *job = userdata;
	_cleanup_fclose_ FILE *file = mp_owned(ctl_stream_over(fd));

	if (!file)
		return -errno;
	job->result = translation_dump(&job->request->ctl, job->walk, file);
	return job->result == CTL_OK ? 0 : -ECANCELED;
}

static enum ctl_exit dump(const struct translation_request *request, pid_t pid, const char *path)
{
	struct translation_walk walk = {};
	struct job job = { .request = request, .walk = &walk };
	int r;

	job.result = translation_ask_walk(&request->ctl, (uint64_t)pid, false, &walk);
	if (job.result == CTL_OK) {
		r = ctl_new_file(path, write_tables, &job);
		if (r < 0 && r != -ECANCELED) {
			translation_complain("%s: %s", path, strerror(-r));
			job.result = CTL_FAILED;
		}
	}
	translation_walk_done(&walk);
	return job.result;
}

/* Signals that stop it are its own affair; others are handed over. */
static int signal_of(int status)
{
	int event = status >> 16, number = WSTOPSIG(status);

	return event ? 0 : number;
}

/* Until it is gone; its tables are dumped on its way out. */
static enum ctl_exit watch(const struct translation_request *request, pid_t pid, const char *tables,
			   int *ret_status)
{
	enum ctl_exit result = CTL_FAILED;
	bool dumped = false;

	for (;;) {
		int status;
		long r;

		if (waitpid(pid, &status, 0) < 0) {
			if (errno == EINTR)
				continue;
			translation_complain("the command was lost: %s", strerror(errno));
			return CTL_FAILED;
		}
		if (!WIFSTOPPED(status)) {
			*ret_status = status;
			if (!dumped)
				translation_complain("the command was killed before its page "
						     "tables could be read");
			return result;
		}
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8)) {
			result = dump(request, pid, tables);
			dumped = true;
		}
		if (status >> 16 == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP)
			r = ptrace(PTRACE_LISTEN, pid, NULL, NULL);
		else
			r = ptrace(PTRACE_CONT, pid, NULL, (long)signal_of(status));
		/* It may have been killed meanwhile: waitpid() tells. */
		(void)r;
	}
}

/* ---- the verb ----------------------------------------------------------------------------------------- */

static enum ctl_exit tell(const struct translation_request *request, const char *trace, int status)
{
	struct stat st;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 127 && stat(trace, &st) < 0) {
		translation_complain(TOOL " could not be started");
		return CTL_FAILED;
	}
	if (WIFSIGNALED(status))
		fprintf(stderr, "The command was killed by signal %d; what was recorded is kept.\n",
			WTERMSIG(status));
	else if (WEXITSTATUS(status))
		fprintf(stderr, "The command ended with status %d; what was recorded is kept.\n",
			WEXITSTATUS(status));
	printf("%s has the trace and the page tables. Next:\n"
	       "  mempolctl translation predict --from %s/tables --trace %s/trace\n",
	       request->output, request->output, request->output);
	return CTL_OK;
}

static enum ctl_exit record(const struct translation_request *request, const char *trace,
			    const char *tables, int argc, char *argv[])
{
	enum ctl_exit result;
	int status = 0, r;
	pid_t pid = -1;

	r = start(trace, argc, argv, &pid);
	if (r < 0) {
		translation_complain("the command cannot be watched: %s", strerror(-r));
		return CTL_FAILED;
	}
	result = watch(request, pid, tables, &status);
	return result == CTL_OK ? tell(request, trace, status) : result;
}

enum ctl_exit translation_record(const struct translation_request *request, int argc, char *argv[])
{
	_cleanup_free_ char *trace = NULL, *tables = NULL;

	if (!have_valgrind()) {
		translation_complain("record needs " TOOL
				     ", which is not installed: install it (package " TOOL ")");
		return CTL_FAILED;
	}
	if (asprintf(&trace, "%s/trace", request->output) < 0)
		trace = NULL;
	if (asprintf(&tables, "%s/tables", request->output) < 0)
		tables = NULL;
	if (!trace || !tables)
		return CTL_FAILED;
	if (mkdir(request->output, 0777) < 0) {
		translation_complain("--output %s: %s", request->output,
				     errno == EEXIST ? "it exists, and nothing is overwritten" :
						       strerror(errno));
		return errno == EACCES || errno == EPERM ? CTL_NOT_PERMITTED : CTL_FAILED;
	}
	return record(request, trace, tables, argc, argv);
}
