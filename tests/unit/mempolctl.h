/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs mempolctl in a test's tree as a user would, by a line of the shell, and says what it printed.
 * Included by the tests of its verbs; a server, if a test has one, is the test's own.
 */
#ifndef MP_TEST_MEMPOLCTL_H
#define MP_TEST_MEMPOLCTL_H

#include "fixture.h"

#include <signal.h>
#include <sys/wait.h>

struct run {
	char *tree;
	pid_t server;
	char *out;
	char *err;
};

static void run_done(struct run *run)
{
	if (run->server > 0) {
		kill(run->server, SIGKILL);
		waitpid(run->server, NULL, 0);
	}
	free(run->out);
	free(run->err);
}

#define _cleanup_run_ _cleanup_(run_done)

static char *read_output(const char *tree, const char *name)
{
	_cleanup_free_ char *path = tree_path(tree, name);
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	char *text = calloc(1, 65536);

	assert_non_null(f);
	assert_true(fread(text, 1, 65535, f) < 65535);
	return text;
}

/* Runs a line of the shell with $M for mempolctl; the exit code. */
static int run(struct run *run, const char *line)
{
	_cleanup_free_ char *command = NULL;
	int status;

	free(run->out);
	free(run->err);
	assert_true(asprintf(&command,
			     "cd %s && export TZ=UTC LC_ALL=C MEMPOLCTL_SOCKET=%s/socket "
			     "M=" TEST_MEMPOLCTL "; (%s) >out 2>err </dev/null",
			     run->tree, run->tree, line) > 0);
	status = system(command);
	run->out = read_output(run->tree, "out");
	run->err = read_output(run->tree, "err");
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static inline void expect(struct run *r, const char *line, int code, const char *out,
			  const char *err)
{
	int status = run(r, line);

	if (status != code)
		fail_msg("%s: exit %d, not %d: %s%s", line, status, code, r->out, r->err);
	assert_string_equal(r->out, out);
	assert_string_equal(r->err, err);
}

#endif
