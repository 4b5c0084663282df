// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold between a recorder and the daemon that samples a cgroup's policies for it: who is named, which rate
 * counts, when a policy counts as gone, and what is said when the daemon does not do it.
 */
#include <errno.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include "../../daemon/mempolctl/record-policy.h"
#include "fixture.h"

#define REPLY(policies) "{\"parameters\":{\"policies\":[" policies "]},\"continues\":true}"
#define POLICY(name, engine, cgroup, shift)                                             \
	"{\"policy\":\"" name "\",\"engine\":\"" engine "\",\"cgroup\":\"" cgroup "\"," \
	"\"shift\":" shift "}"

/* A daemon: its first reply comes to the call, each further one when the test says so. */
struct server {
	char *socket;
	pid_t pid;
	int next; /* a byte here is the next reply; closed, the connection is */
};

static void serve(int listener, int next, const char *const *replies)
{
	char request[4096], byte;
	int fd = accept(listener, NULL, NULL);

	/* A failed assertion jumps over the cleanup that would end this process. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fd < 0 || read(fd, request, sizeof(request) - 1) <= 0)
		_exit(1);
	if (!strstr(request, "io.mempolicy.Manager.Sample") || !strstr(request, "\"more\":true") ||
	    !strstr(request, "\"cgroup\":\"/a\"") || !strstr(request, "\"shift\":4"))
		_exit(2);
	do {
		size_t n = *replies ? strlen(*replies) + 1 : 0;

		if (n && write(fd, *replies++, n) != (ssize_t)n)
			_exit(3);
	} while (read(next, &byte, 1) == 1);
	_exit(0);
}

static void start(struct server *server, const char *tree, const char *const *replies)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fds[2];

	server->socket = tree_path(tree, "socket");
	strcpy(address.sun_path, server->socket);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(pipe(fds), 0);
	server->pid = fork();
	assert_true(server->pid >= 0);
	if (server->pid == 0) {
		close(fds[1]);
		serve(listener, fds[0], replies);
	}
	close(fds[0]);
	close(listener);
	server->next = fds[1];
}

static void stop(struct server *server)
{
	int status;

	close(server->next);
	assert_int_equal(waitpid(server->pid, &status, 0), server->pid);
	assert_int_equal(status, 0);
	free(server->socket);
}

static void say_next(struct server *server)
{
	assert_int_equal(write(server->next, "", 1), 1);
}

static struct record_policy *ask(struct server *server)
{
	_cleanup_free_ char *problem = NULL;
	struct record_policy *policy = NULL;

	if (record_policy_new(server->socket, "/a", 4, &policy, &problem) < 0)
		fail_msg("refused: %s", problem ?: "?");
	return policy;
}

/* However busy the machine is. */
static void wait_until_gone(struct record_policy *policy)
{
	while (record_policy_is_there(policy))
		usleep(1000);
}

static void wait_for_shift(struct record_policy *policy, uint32_t shift)
{
	while (record_policy_shift(policy) != shift) {
		assert_true(record_policy_is_there(policy));
		usleep(1000);
	}
}

static void all_policies_are_named_and_the_coarsest_counts(void **state)
{
	static const char *const replies[] = { REPLY(
		POLICY("p", "fifo", "/a", "4") "," POLICY("q", "/own.bpf.o", "/a/b", "7")) };
	struct record_policy *policy;
	struct server server;

	start(&server, *state, replies);
	policy = ask(&server);
	assert_string_equal(record_policy_names(policy), "p (fifo) at /a, q (/own.bpf.o) at /a/b");
	assert_int_equal(record_policy_shift(policy), 7);
	assert_true(record_policy_is_there(policy));
	record_policy_free(policy);
	stop(&server);
}

static void another_engine_is_the_same_policy(void **state)
{
	static const char *const replies[] = {
		REPLY(POLICY("p", "fifo", "/a", "4")),
		REPLY(POLICY("new", "lfu", "/a/b", "4") "," POLICY("p", "lfu", "/a", "9")),
		REPLY(POLICY("new", "lfu", "/a/b", "4")),
	};
	struct record_policy *policy;
	struct server server;

	start(&server, *state, replies);
	policy = ask(&server);
	say_next(&server);
	wait_for_shift(policy, 9);
	assert_true(record_policy_is_there(policy));
	/* A cgroup that it governs no longer counts. */
	say_next(&server);
	wait_until_gone(policy);
	record_policy_free(policy);
	stop(&server);
}

static void a_daemon_that_ends_takes_its_policies_along(void **state)
{
	static const char *const replies[] = { REPLY(POLICY("p", "fifo", "/a", "4")) };
	struct record_policy *policy;
	struct server server;

	start(&server, *state, replies);
	policy = ask(&server);
	stop(&server);
	wait_until_gone(policy);
	assert_false(record_policy_is_there(policy));
	record_policy_free(policy);
}

static void refused(void **state, const char *reply, int error, const char *said)
{
	const char *const replies[] = { reply, NULL };
	_cleanup_free_ char *problem = NULL;
	struct record_policy *policy = NULL;
	struct server server;

	start(&server, *state, replies);
	assert_int_equal(record_policy_new(server.socket, "/a", 4, &policy, &problem), error);
	assert_null(policy);
	if (!problem || !strstr(problem, said))
		fail_msg("'%s' lacks '%s'", problem ?: "", said);
	assert_int_equal(unlink(server.socket), 0);
	stop(&server);
}

static void each_refusal_has_its_remedy(void **state)
{
	_cleanup_free_ char *problem = NULL, *nowhere = tree_path(*state, "nowhere");
	struct record_policy *policy = NULL;

	refused(state, REPLY(""), -ENOENT, "governs nothing of it (mempolctl explain)");
	refused(state,
		"{\"error\":\"io.mempolicy.Manager.KernelCannot\",\"parameters\":"
		"{\"reason\":\"its module is older\"}}",
		-EOPNOTSUPP, "mempolicyd refused: its module is older");
	refused(state, "{\"error\":\"org.varlink.service.PermissionDenied\"}", -EOPNOTSUPP,
		"mempolicyd refused: org.varlink.service.PermissionDenied");
	refused(state,
		"{\"error\":\"org.varlink.service.MethodNotFound\",\"parameters\":"
		"{\"method\":\"Sample\"}}",
		-EOPNOTSUPP, "older than mempolctl: restart it");
	refused(state, "{\"parameters\":{},\"continues\":true}", -EOPNOTSUPP,
		"an answer without policies");
	assert_true(record_policy_new(nowhere, "/a", 4, &policy, &problem) < 0);
	assert_non_null(strstr(problem, "does not answer at"));
	assert_non_null(strstr(problem, "systemctl status mempolicyd"));
	record_policy_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_teardown)
		T(all_policies_are_named_and_the_coarsest_counts),
		T(another_engine_is_the_same_policy),
		T(a_daemon_that_ends_takes_its_policies_along),
		T(each_refusal_has_its_remedy),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
