// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for libmempolicy, over a kernel and a daemon of the test's own: what is told, in which calls, what
 * is done before, and who is asked where bpf(2) is forbidden or nobody answers.
 */
#include <linux/bpf.h>
#include <mempol/abi.h>
#include <mempolicy.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <systemd/sd-varlink.h>
#include <time.h>

#include "fixture.h"

#define INTERFACE "io.mempolicy.Manager"
#define PAGE 4096ULL
#define CALLS_MAX 2048
#define ADVICES_MAX 4096

/* --- the kernel --------------------------------------------------------------------------------------- */

/* How it answers, and what it was asked. */
static struct {
	int error; /* of bpf(2) itself, by errno */
	int answer; /* of the program */
	unsigned int pages_per_call; /* 0: any number */
	unsigned int capped_from; /* pages of one range beyond this are, 0: none */
	int range_error;
	unsigned int stalls; /* calls that get nowhere, with range_error */
	unsigned int sessions;
	struct mempol_hint calls[CALLS_MAX];
	unsigned int n;
} kernel;

/* In the order in which they were made. */
static struct {
	char kind; /* 'f'advise, 'm'advise, 's'ync, 'b'pf */
	uint64_t start, length;
	int advice;
} done[ADVICES_MAX];
static unsigned int n_done;

static void note(char kind, uint64_t start, uint64_t length, int advice)
{
	assert_true(n_done < ADVICES_MAX);
	done[n_done].kind = kind;
	done[n_done].start = start;
	done[n_done].length = length;
	done[n_done++].advice = advice;
}

static void answer_range(struct mempol_hint_range *range, unsigned int *pages)
{
	const uint64_t wanted = (range->length + PAGE - 1) / PAGE;
	uint64_t n = wanted;

	*range = (struct mempol_hint_range){
		.fd = range->fd, .verb = range->verb, .start = range->start, .length = range->length
	};
	if (kernel.range_error && (kernel.stalls || range->error != -EAGAIN)) {
		range->error = kernel.range_error;
		return;
	}
	if (kernel.pages_per_call && n > *pages)
		n = *pages;
	*pages -= kernel.pages_per_call ? (unsigned int)n : 0;
	range->done = n == wanted ? range->length : n * PAGE;
	range->error = n == wanted ? 0 : -EAGAIN;
	range->applied = (uint32_t)n;
	if (kernel.capped_from && n > kernel.capped_from) {
		range->capped = (uint32_t)n - kernel.capped_from;
		range->applied = kernel.capped_from;
		range->error = range->error ?: -EDQUOT;
	}
}

static long run_program(union bpf_attr *attr)
{
	struct mempol_hint *hint = (void *)(uintptr_t)attr->test.ctx_in;
	unsigned int pages = kernel.pages_per_call;

	if (kernel.error) {
		errno = kernel.error;
		return -1;
	}
	assert_int_equal(attr->test.ctx_size_in, sizeof(*hint));
	assert_int_equal(attr->test.ctx_size_out, 0);
	assert_int_equal(hint->version, MEMPOL_HINT_VERSION);
	assert_int_equal(hint->on_behalf, 0);
	assert_true(fcntl((int)attr->test.prog_fd, F_GETFD) >= 0);
	attr->test.retval = (uint32_t)kernel.answer;
	if (kernel.answer)
		return 0;
	if (hint->flags & MEMPOL_HINT_OPEN) {
		hint->session = open("/dev/null", O_RDWR | O_CLOEXEC);
		kernel.sessions++;
		return 0;
	}
	if (!hint->nr)
		return 0;
	assert_true(kernel.n < CALLS_MAX);
	note('b', hint->range[0].start, hint->range[0].length, 0);
	kernel.calls[kernel.n++] = *hint;
	for (unsigned int i = 0; i < hint->nr; i++)
		answer_range(&hint->range[i], &pages);
	if (kernel.stalls && !--kernel.stalls)
		kernel.range_error = 0;
	return 0;
}

long __real_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f);
int __wrap_posix_fadvise(int fd, off_t offset, off_t length, int advice);
int __wrap_sync_file_range(int fd, off_t offset, off_t length, unsigned int flags);
int __wrap_madvise(void *address, size_t length, int advice);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left);

long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	if (number != SYS_bpf)
		return __real_syscall(number, a, b, c, d, e, f);
	assert_int_equal(a, BPF_PROG_TEST_RUN);
	return run_program((union bpf_attr *)b);
}

int __wrap_posix_fadvise(int fd, off_t offset, off_t length, int advice)
{
	note('f', (uint64_t)offset, (uint64_t)length, advice);
	return fcntl(fd, F_GETFD) < 0 ? EBADF : 0;
}

int __wrap_sync_file_range(int fd, off_t offset, off_t length, unsigned int flags)
{
	note('s', (uint64_t)offset, (uint64_t)length, (int)flags);
	return 0;
}

int __wrap_madvise(void *address, size_t length, int advice)
{
	note('m', (uint64_t)(uintptr_t)address, length, advice);
	return 0;
}

int __wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
	return 0;
}

/* --- the daemon --------------------------------------------------------------------------------------- */

/* Set before it is forked: the error of OpenHints. */
static const char *refusal;

#define SESSION "0123456789abcdef"
static sd_varlink *holder; /* in the daemon: whose connection the session is */

static int on_open(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		   void *userdata)
{
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC), i;

	if (refusal)
		return sd_varlink_error(link, refusal, NULL);
	if (fd < 0 || sd_varlink_set_allow_fd_passing_output(link, true) < 0)
		abort();
	i = sd_varlink_push_fd(link, fd);
	return sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_INTEGER("program", i));
}

static int on_session(sd_varlink *link, sd_json_variant *parameters,
		      sd_varlink_method_flags_t flags, void *userdata)
{
	holder = link;
	return sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_STRING("session", SESSION));
}

/*
 * In place of counts, what the test wants to know: the file's inode, its place in the call, whether the session was
 * named; of the second verb on it is told of in halves.
 */
static int answer_one(sd_json_variant **answers, sd_json_variant *range, size_t i, uint64_t ino,
		      bool session)
{
	const char *verb = sd_json_variant_string(sd_json_variant_by_key(range, "verb"));
	uint64_t length = sd_json_variant_unsigned(sd_json_variant_by_key(range, "length"));
	bool half = !strcmp(verb, "prefetch") && length > PAGE;

	return sd_json_variant_append_arraybo(
		answers, SD_JSON_BUILD_PAIR_UNSIGNED("done", half ? length / 2 : length),
		SD_JSON_BUILD_PAIR_UNSIGNED("applied", ino & 0xffff),
		SD_JSON_BUILD_PAIR_UNSIGNED("already", i), SD_JSON_BUILD_PAIR_UNSIGNED("absent", 1),
		SD_JSON_BUILD_PAIR_UNSIGNED("foreign", session),
		SD_JSON_BUILD_PAIR_UNSIGNED("capped", 0),
		SD_JSON_BUILD_PAIR_UNSIGNED("unevictable", 0),
		SD_JSON_BUILD_PAIR_UNSIGNED("busy", 0), SD_JSON_BUILD_PAIR_UNSIGNED("other", 0),
		SD_JSON_BUILD_PAIR_INTEGER("error", half ? EAGAIN : 0));
}

static int on_hint(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		   void *userdata)
{
	sd_json_variant *ranges = sd_json_variant_by_key(parameters, "ranges");
	sd_json_variant *session = sd_json_variant_by_key(parameters, "session");
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *answers = NULL;
	_cleanup_close_ int fd = sd_varlink_take_fd(link, 0);
	struct stat st;

	if (fstat(fd, &st) < 0 || sd_json_variant_new_array(&answers, NULL, 0) < 0)
		abort();
	/* It has ended with the connection that held it. */
	if (session && (!holder || strcmp(sd_json_variant_string(session), SESSION) != 0))
		return sd_varlink_error(link, INTERFACE ".NoSuchSession", NULL);
	for (size_t i = 0; i < sd_json_variant_elements(ranges); i++)
		if (answer_one(&answers, sd_json_variant_by_index(ranges, i), i, st.st_ino,
			       session) < 0)
			abort();
	return sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_VARIANT("ranges", answers));
}

static int on_connect(sd_varlink_server *server, sd_varlink *link, void *userdata)
{
	return sd_varlink_set_allow_fd_passing_input(link, true);
}

static void on_disconnect(sd_varlink_server *server, sd_varlink *link, void *userdata)
{
	if (holder == link)
		holder = NULL;
}

static void serve(const char *socket, int ready)
{
	sd_varlink_server *server = NULL;
	sd_event *event = NULL;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (sd_event_new(&event) < 0 || sd_varlink_server_new(&server, 0) < 0 ||
	    sd_varlink_server_bind_method_many(server, INTERFACE ".OpenHints", on_open,
					       INTERFACE ".HintSession", on_session,
					       INTERFACE ".Hint", on_hint) < 0 ||
	    sd_varlink_server_bind_connect(server, on_connect) < 0 ||
	    sd_varlink_server_listen_address(server, socket, 0600) < 0 ||
	    sd_varlink_server_attach_event(server, event, 0) < 0)
		abort();
	sd_varlink_server_bind_disconnect(server, on_disconnect);
	if (write(ready, "", 1) != 1)
		abort();
	sd_event_loop(event);
	_exit(0);
}

/* --- the tests' tools --------------------------------------------------------------------------------- */

struct world {
	char *tree;
	char *socket;
	pid_t server;
	int fd; /* a file of 100 pages */
	ino_t ino;
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct stat st;
	void *tree;
	char *path;

	memset(&kernel, 0, sizeof(kernel));
	n_done = 0;
	refusal = NULL;
	if (!w || tree_setup(&tree) < 0)
		return -1;
	w->tree = tree;
	w->socket = tree_path(w->tree, "socket");
	path = tree_path(w->tree, "file");
	w->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	free(path);
	if (w->fd < 0 || ftruncate(w->fd, 100 * PAGE) < 0 || fstat(w->fd, &st) < 0)
		return -1;
	w->ino = st.st_ino;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	void *tree = w->tree;

	if (w->server) {
		kill(w->server, SIGKILL);
		waitpid(w->server, NULL, 0);
	}
	close(w->fd);
	free(w->socket);
	free(w);
	return tree_teardown(&tree);
}

static void start_daemon(struct world *w)
{
	char byte;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	w->server = fork();
	assert_true(w->server >= 0);
	if (w->server == 0)
		serve(w->socket, fds[1]);
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	close(fds[0]);
}

static struct mempolicy *open_library(struct world *w, unsigned int flags)
{
	struct mempolicy *m = NULL;

	if (!w->server)
		start_daemon(w);
	assert_int_equal(mempolicy_open_at(&m, flags, w->socket), 0);
	return m;
}

static void say(struct mempolicy *m, enum mempolicy_verb verb, int fd, uint64_t first_page,
		uint64_t pages)
{
	assert_int_equal(mempolicy_file(m, verb, fd, first_page * PAGE, pages * PAGE), 0);
}

static void assert_told(unsigned int call, unsigned int i, enum mempolicy_verb verb,
			uint64_t first_page, uint64_t pages)
{
	const struct mempol_hint *hint = &kernel.calls[call];

	assert_true(call < kernel.n);
	assert_true(i < hint->nr);
	assert_int_equal(hint->range[i].verb, verb);
	assert_int_equal(hint->range[i].start, first_page * PAGE);
	assert_int_equal(hint->range[i].length, pages * PAGE);
}

/* --- ranges ------------------------------------------------------------------------------------------- */

static void test_neighbours_are_told_as_one(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);
	struct mempolicy_result result;

	say(m, MEMPOLICY_ACTIVATE, w->fd, 10, 5);
	say(m, MEMPOLICY_ACTIVATE, w->fd, 15, 5);
	say(m, MEMPOLICY_ACTIVATE, w->fd, 5, 5);
	say(m, MEMPOLICY_ACTIVATE, w->fd, 8, 3);
	say(m, MEMPOLICY_ACTIVATE, w->fd, 50, 1);
	assert_int_equal(kernel.n, 0);
	assert_int_equal(mempolicy_flush(m, &result), 0);
	assert_int_equal(kernel.n, 1);
	assert_int_equal(kernel.calls[0].nr, 2);
	assert_told(0, 0, MEMPOLICY_ACTIVATE, 5, 15);
	assert_told(0, 1, MEMPOLICY_ACTIVATE, 50, 1);
	assert_int_equal(result.ranges, 2);
	assert_int_equal(result.applied, 16);
	assert_int_equal(result.bytes, 16 * PAGE);
	assert_null(mempolicy_close(m));
}

static void test_what_is_said_later_is_told_later(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);

	say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 4);
	say(m, MEMPOLICY_DEACTIVATE, w->fd, 0, 4);
	say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 4);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	assert_int_equal(kernel.calls[0].nr, 3);
	assert_told(0, 2, MEMPOLICY_ACTIVATE, 0, 4);
	mempolicy_close(m);
}

static void test_other_files_are_no_neighbours(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);
	_cleanup_close_ int other = dup(w->fd);

	say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 4);
	say(m, MEMPOLICY_ACTIVATE, other, 4, 4);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	assert_int_equal(kernel.calls[0].nr, 2);
	mempolicy_close(m);
}

static void test_as_many_as_one_call_takes_are_told_without_being_asked(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);
	struct mempolicy_result result;

	for (unsigned int i = 0; i <= MEMPOL_HINT_RANGES; i++)
		say(m, MEMPOLICY_ACTIVATE, w->fd, 2 * i, 1);
	assert_int_equal(kernel.n, 1);
	assert_int_equal(kernel.calls[0].nr, MEMPOL_HINT_RANGES);
	assert_int_equal(mempolicy_flush(m, &result), 0);
	assert_int_equal(kernel.n, 2);
	assert_int_equal(result.ranges, MEMPOL_HINT_RANGES + 1);
	assert_int_equal(result.applied, MEMPOL_HINT_RANGES + 1);
	mempolicy_close(m);
}

static void test_who_goes_through_a_file_is_not_kept_waiting(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);

	for (unsigned int i = 0; i < 600; i++)
		say(m, MEMPOLICY_DEACTIVATE, w->fd, i, 1);
	/* 1 MiB each. */
	assert_int_equal(kernel.n, 2);
	assert_told(1, 0, MEMPOLICY_DEACTIVATE, 256, 256);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	assert_told(2, 0, MEMPOLICY_DEACTIVATE, 512, 88);
	mempolicy_close(m);
}

static void test_addresses_are_told_as_such(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);
	char *at = (char *)(16 * PAGE);

	assert_int_equal(mempolicy_range(m, MEMPOLICY_DEACTIVATE, at, PAGE), 0);
	assert_int_equal(mempolicy_range(m, MEMPOLICY_DEACTIVATE, at + PAGE, PAGE), 0);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	assert_int_equal(kernel.calls[0].nr, 1);
	assert_told(0, 0, MEMPOLICY_DEACTIVATE, 16, 2);
	assert_int_equal(kernel.calls[0].range[0].fd, -1);
	assert_int_equal(mempolicy_way(m), MEMPOLICY_BY_KERNEL);
	mempolicy_close(m);
}

static void test_without_a_length_it_is_the_rest_of_the_file(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);

	assert_int_equal(mempolicy_file(m, MEMPOLICY_ACTIVATE, w->fd, 90 * PAGE, 0), 0);
	assert_int_equal(mempolicy_file(m, MEMPOLICY_ACTIVATE, w->fd, 100 * PAGE, 0), 0);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	assert_int_equal(kernel.calls[0].nr, 1);
	assert_told(0, 0, MEMPOLICY_ACTIVATE, 90, 10);
	mempolicy_close(m);
}

/* --- answers ------------------------------------------------------------------------------------------ */

static void test_more_than_one_call_does_goes_on_where_it_stopped(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);
	struct mempolicy_result result;

	kernel.pages_per_call = 8;
	say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 20);
	say(m, MEMPOLICY_ACTIVATE, w->fd, 30, 2);
	assert_int_equal(mempolicy_flush(m, &result), 0);
	assert_int_equal(kernel.n, 3);
	assert_told(1, 0, MEMPOLICY_ACTIVATE, 8, 12);
	assert_told(2, 0, MEMPOLICY_ACTIVATE, 16, 4);
	assert_told(2, 1, MEMPOLICY_ACTIVATE, 30, 2);
	assert_int_equal(result.applied, 22);
	assert_int_equal(result.bytes, 22 * PAGE);
	mempolicy_close(m);
}

static void test_an_address_space_that_is_being_changed_is_tried_again(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);
	struct mempolicy_result result;

	kernel.range_error = -EAGAIN;
	kernel.stalls = 50;
	say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 4);
	assert_int_equal(mempolicy_flush(m, &result), 0);
	assert_int_equal(kernel.n, 51);
	assert_int_equal(result.applied, 4);
	mempolicy_close(m);
}

static void test_what_never_gets_anywhere_ends(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);

	kernel.range_error = -EAGAIN;
	kernel.stalls = CALLS_MAX;
	say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 4);
	assert_int_equal(mempolicy_flush(m, NULL), -EAGAIN);
	assert_in_range(kernel.n, 100, CALLS_MAX - 1);
	mempolicy_close(m);
}

static void test_an_error_is_returned_once(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);
	struct mempolicy_result result;

	kernel.range_error = -EHOSTDOWN;
	say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 4);
	assert_int_equal(mempolicy_flush(m, &result), -EHOSTDOWN);
	assert_int_equal(result.ranges, 1);
	assert_int_equal(mempolicy_flush(m, &result), 0);
	assert_int_equal(result.ranges, 0);
	mempolicy_close(m);
}

static void test_a_cap_is_not_hidden_by_what_follows(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);
	struct mempolicy_result result;

	kernel.pages_per_call = 8;
	kernel.capped_from = 6;
	say(m, MEMPOLICY_PIN, w->fd, 0, 10);
	assert_int_equal(mempolicy_flush(m, &result), -EDQUOT);
	assert_int_equal(result.capped, 2);
	assert_int_equal(result.applied, 8);
	mempolicy_close(m);
}

static void test_bad_arguments_are_refused_at_once(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0), *other = NULL;

	assert_int_equal(mempolicy_file(m, 0, w->fd, 0, PAGE), -EINVAL);
	assert_int_equal(mempolicy_file(m, MEMPOLICY_PREFETCH + 1, w->fd, 0, PAGE), -EINVAL);
	assert_int_equal(mempolicy_file(m, MEMPOLICY_ACTIVATE, -1, 0, PAGE), -EBADF);
	assert_int_equal(mempolicy_file(m, MEMPOLICY_ACTIVATE, w->fd, PAGE, UINT64_MAX), -EINVAL);
	assert_int_equal(mempolicy_range(m, MEMPOLICY_ACTIVATE, &m, 0), -EINVAL);
	assert_int_equal(mempolicy_open_at(&other, 4, w->socket), -EINVAL);
	assert_null(other);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	assert_int_equal(kernel.n, 0);
	mempolicy_close(m);
	assert_null(mempolicy_close(NULL));
}

/* --- pins --------------------------------------------------------------------------------------------- */

static void test_one_session_is_opened_when_it_is_needed(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);
	int session;

	say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 1);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	assert_int_equal(kernel.sessions, 0);
	say(m, MEMPOLICY_PIN, w->fd, 0, 1);
	say(m, MEMPOLICY_UNPIN, w->fd, 0, 1);
	session = mempolicy_session(m);
	assert_true(session >= 0);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	assert_int_equal(kernel.sessions, 1);
	assert_int_equal(kernel.calls[0].session, -1);
	assert_int_equal(kernel.calls[1].session, session);
	mempolicy_close(m);
	assert_int_equal(fcntl(session, F_GETFD), -1);
}

static void test_what_is_fetched_is_pinned_step_by_step_up_to_the_cap(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, MEMPOLICY_FETCH);
	struct mempolicy_result result;
	unsigned int pins = 0;

	assert_int_equal(ftruncate(w->fd, 8192 * PAGE), 0);
	kernel.capped_from = 2000;
	assert_int_equal(mempolicy_file(m, MEMPOLICY_PIN, w->fd, 0, 0), 0);
	assert_int_equal(mempolicy_flush(m, &result), -EDQUOT);
	/* Of 32 MiB, the first 8 were read, before they were pinned. */
	assert_int_equal(kernel.n, 1);
	assert_told(0, 0, MEMPOLICY_PIN, 0, 2048);
	for (unsigned int i = 0; i < n_done; i++) {
		pins += done[i].kind == 'b';
		if (done[i].kind == 'f')
			assert_int_equal(pins, 0);
	}
	assert_int_equal(n_done, 64 + 1);
	assert_int_equal(result.applied, 2000);
	mempolicy_close(m);
}

/* --- what is done before ------------------------------------------------------------------------------- */

static void test_reading_is_the_callers_own_and_comes_first(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);

	say(m, MEMPOLICY_PREFETCH, w->fd, 0, 64);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	/* In windows of 128 KiB: of more, one call reads but one window. */
	assert_int_equal(n_done, 3);
	assert_int_equal(done[0].kind, 'f');
	assert_int_equal(done[0].length, 32 * PAGE);
	assert_int_equal(done[1].start, 32 * PAGE);
	assert_int_equal(done[1].advice, POSIX_FADV_WILLNEED);
	assert_int_equal(done[2].kind, 'b');
	mempolicy_close(m);
}

static void test_what_is_to_go_is_written_back_first(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = open_library(w, 0);

	say(m, MEMPOLICY_EVICT, w->fd, 4, 4);
	say(m, MEMPOLICY_ACTIVATE, w->fd, 4, 4);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	assert_int_equal(n_done, 2);
	assert_int_equal(done[0].kind, 's');
	assert_int_equal(done[0].start, 4 * PAGE);
	assert_int_equal(done[0].advice, SYNC_FILE_RANGE_WRITE);
	mempolicy_close(m);
}

/* --- who answers --------------------------------------------------------------------------------------- */

static void test_without_a_daemon_it_is_an_error_or_advice(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = NULL;
	struct mempolicy_result result;

	assert_int_equal(mempolicy_open_at(&m, 0, w->socket), -ENOENT);
	assert_null(m);
	assert_int_equal(mempolicy_open_at(&m, MEMPOLICY_FALLBACK, w->socket), 0);
	assert_int_equal(mempolicy_way(m), MEMPOLICY_BY_ADVICE);
	say(m, MEMPOLICY_DEACTIVATE, w->fd, 0, 2);
	say(m, MEMPOLICY_EVICT, w->fd, 2, 2);
	say(m, MEMPOLICY_PREFETCH, w->fd, 4, 2);
	say(m, MEMPOLICY_ACTIVATE, w->fd, 6, 2);
	/* Whole pages, and those of which a part is meant. */
	assert_int_equal(mempolicy_range(m, MEMPOLICY_DEACTIVATE, (char *)(PAGE + 1), PAGE), 0);
	assert_int_equal(mempolicy_range(m, MEMPOLICY_EVICT, (char *)(8 * PAGE), PAGE), 0);
	assert_int_equal(mempolicy_flush(m, &result), 0);
	assert_int_equal(kernel.n, 0);
	assert_int_equal(n_done, 5);
	assert_int_equal(done[0].advice, POSIX_FADV_DONTNEED);
	assert_int_equal(done[1].advice, POSIX_FADV_DONTNEED);
	assert_int_equal(done[2].advice, POSIX_FADV_WILLNEED);
	assert_int_equal(done[3].kind, 'm');
	assert_int_equal(done[3].advice, MADV_COLD);
	assert_int_equal(done[3].start, PAGE);
	assert_int_equal(done[3].length, 2 * PAGE);
	assert_int_equal(done[4].advice, MADV_PAGEOUT);
	assert_int_equal(result.bytes, 10 * PAGE);
	/* No system call of the stock kernel's has a cap and an owner. */
	assert_int_equal(mempolicy_file(m, MEMPOLICY_PIN, w->fd, 0, PAGE), -EOPNOTSUPP);
	assert_int_equal(mempolicy_session(m), -EOPNOTSUPP);
	mempolicy_close(m);
}

static void refused(struct world *w, const char *error, int expected)
{
	struct mempolicy *m = NULL;

	refusal = error;
	start_daemon(w);
	assert_int_equal(mempolicy_open_at(&m, 0, w->socket), expected);
	assert_int_equal(mempolicy_open_at(&m, MEMPOLICY_FALLBACK, w->socket), 0);
	assert_int_equal(mempolicy_way(m), MEMPOLICY_BY_ADVICE);
	mempolicy_close(m);
}

static void test_a_kernel_that_cannot_is_not_supported(void **state)
{
	refused(*state, INTERFACE ".KernelCannot", -EOPNOTSUPP);
}

static void test_an_older_daemon_is_not_supported(void **state)
{
	refused(*state, SD_VARLINK_ERROR_METHOD_NOT_FOUND, -EOPNOTSUPP);
}

static void test_who_may_not_ask_is_told_so(void **state)
{
	refused(*state, SD_VARLINK_ERROR_PERMISSION_DENIED, -EACCES);
}

static void test_a_module_without_verbs_is_not_supported(void **state)
{
	struct world *w = *state;
	struct mempolicy *m = NULL;

	start_daemon(w);
	kernel.answer = -EOPNOTSUPP;
	assert_int_equal(mempolicy_open_at(&m, 0, w->socket), -EOPNOTSUPP);
	kernel.answer = -EINVAL; /* another version */
	assert_int_equal(mempolicy_open_at(&m, 0, w->socket), -EOPNOTSUPP);
}

static void test_where_bpf_is_forbidden_the_daemon_is_asked(void **state)
{
	static const int errors[] = { EPERM, EACCES, ENOSYS };
	struct world *w = *state;
	struct mempolicy_result result;

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		struct mempolicy *m;

		kernel.error = errors[i];
		m = open_library(w, 0);
		assert_int_equal(mempolicy_way(m), MEMPOLICY_BY_DAEMON);
		say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 4);
		assert_int_equal(mempolicy_flush(m, &result), 0);
		assert_int_equal(result.applied, w->ino & 0xffff);
		assert_int_equal(result.bytes, 4 * PAGE);
		assert_int_equal(result.foreign, 0);
		mempolicy_close(m);
	}
}

static void test_the_daemon_is_asked_of_one_file_at_a_time(void **state)
{
	struct world *w = *state;
	_cleanup_close_ int other = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct mempolicy_result result;
	struct mempolicy *m;
	struct stat st;

	kernel.error = EPERM;
	m = open_library(w, 0);
	assert_int_equal(fstat(other, &st), 0);
	for (unsigned int i = 0; i < 3; i++) {
		say(m, MEMPOLICY_ACTIVATE, w->fd, 4 * i, 1);
		say(m, MEMPOLICY_ACTIVATE, other, 4 * i, 1);
	}
	assert_int_equal(mempolicy_flush(m, &result), 0);
	assert_int_equal(result.absent, 6);
	assert_int_equal(result.applied, 3 * (w->ino & 0xffff) + 3 * (st.st_ino & 0xffff));
	/* Their places in two calls of three. */
	assert_int_equal(result.already, 2 * (0 + 1 + 2));
	mempolicy_close(m);
}

static void test_the_daemon_is_asked_until_all_is_done(void **state)
{
	struct world *w = *state;
	struct mempolicy_result result;
	struct mempolicy *m;

	kernel.error = EPERM;
	m = open_library(w, 0);
	say(m, MEMPOLICY_PREFETCH, w->fd, 0, 8);
	assert_int_equal(mempolicy_flush(m, &result), 0);
	assert_int_equal(result.bytes, 8 * PAGE);
	assert_int_equal(result.absent, 4); /* halves */
	mempolicy_close(m);
}

static void test_the_daemon_holds_pins_as_long_as_a_connection(void **state)
{
	struct world *w = *state;
	struct mempolicy_result result;
	struct pollfd end;
	struct mempolicy *m;

	kernel.error = EPERM;
	m = open_library(w, 0);
	say(m, MEMPOLICY_PIN, w->fd, 0, 4);
	say(m, MEMPOLICY_UNPIN, w->fd, 2, 2);
	assert_int_equal(mempolicy_flush(m, &result), 0);
	assert_int_equal(result.foreign, 2);
	end = (struct pollfd){ .fd = dup(mempolicy_session(m)), .events = POLLIN };
	assert_true(end.fd >= 0);
	mempolicy_close(m);
	/* It lasts until its last copy is closed. */
	assert_int_equal(poll(&end, 1, 0), 0);
	close(end.fd);
}

static void test_the_daemon_knows_no_addresses(void **state)
{
	struct world *w = *state;
	struct mempolicy *m;

	kernel.error = EPERM;
	m = open_library(w, 0);
	assert_int_equal(mempolicy_range(m, MEMPOLICY_EVICT, (char *)(8 * PAGE), PAGE), 0);
	assert_int_equal(mempolicy_flush(m, NULL), -EOPNOTSUPP);
	mempolicy_close(m);
	m = open_library(w, MEMPOLICY_FALLBACK);
	n_done = 0;
	assert_int_equal(mempolicy_range(m, MEMPOLICY_EVICT, (char *)(8 * PAGE), PAGE), 0);
	say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 1);
	assert_int_equal(mempolicy_flush(m, NULL), 0);
	assert_int_equal(n_done, 1);
	assert_int_equal(done[0].advice, MADV_PAGEOUT);
	mempolicy_close(m);
}

static void test_a_daemon_that_ended_is_an_error(void **state)
{
	struct world *w = *state;
	struct mempolicy *m;

	kernel.error = EPERM;
	m = open_library(w, 0);
	kill(w->server, SIGKILL);
	waitpid(w->server, NULL, 0);
	w->server = 0;
	say(m, MEMPOLICY_ACTIVATE, w->fd, 0, 1);
	assert_int_equal(mempolicy_flush(m, NULL), -ECONNREFUSED);
	mempolicy_close(m);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_neighbours_are_told_as_one),
		TEST(test_what_is_said_later_is_told_later),
		TEST(test_other_files_are_no_neighbours),
		TEST(test_as_many_as_one_call_takes_are_told_without_being_asked),
		TEST(test_who_goes_through_a_file_is_not_kept_waiting),
		TEST(test_addresses_are_told_as_such),
		TEST(test_without_a_length_it_is_the_rest_of_the_file),
		TEST(test_more_than_one_call_does_goes_on_where_it_stopped),
		TEST(test_an_address_space_that_is_being_changed_is_tried_again),
		TEST(test_what_never_gets_anywhere_ends),
		TEST(test_an_error_is_returned_once),
		TEST(test_a_cap_is_not_hidden_by_what_follows),
		TEST(test_bad_arguments_are_refused_at_once),
		TEST(test_one_session_is_opened_when_it_is_needed),
		TEST(test_what_is_fetched_is_pinned_step_by_step_up_to_the_cap),
		TEST(test_reading_is_the_callers_own_and_comes_first),
		TEST(test_what_is_to_go_is_written_back_first),
		TEST(test_without_a_daemon_it_is_an_error_or_advice),
		TEST(test_a_kernel_that_cannot_is_not_supported),
		TEST(test_an_older_daemon_is_not_supported),
		TEST(test_who_may_not_ask_is_told_so),
		TEST(test_a_module_without_verbs_is_not_supported),
		TEST(test_where_bpf_is_forbidden_the_daemon_is_asked),
		TEST(test_the_daemon_is_asked_of_one_file_at_a_time),
		TEST(test_the_daemon_is_asked_until_all_is_done),
		TEST(test_the_daemon_holds_pins_as_long_as_a_connection),
		TEST(test_the_daemon_knows_no_addresses),
		TEST(test_a_daemon_that_ended_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
