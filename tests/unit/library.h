/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of libmempolicy share: a kernel and a daemon of the test's own, which answer as they are told to and
 * keep what they were asked. Included by tests/unit/test_library*.c.
 */
#ifndef TESTS_LIBRARY_H
#define TESTS_LIBRARY_H

#include <linux/bpf.h>
#include <linux/mman.h>
#include <mempol/abi.h>
#include <mempolicy.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <systemd/sd-varlink.h>
#include <time.h>

#include "fixture.h"

#define INTERFACE "io.mempolicy.Manager"
#define PAGE 4096ULL
#define CALLS_MAX 2048
#define FILE_PAGES_MAX 70000
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
	/* Where the pages of a file are, as enum mempolicy_page has it, and which call is forbidden or not there. */
	uint8_t pages[FILE_PAGES_MAX];
	int residency_answer, cachestat_error;
	unsigned int residencies, cachestats, mincores; /* calls */
	uint32_t residency_pages; /* of the last call */
} kernel;

/* In the order in which they were made. */
static struct {
	char kind; /* 'f'advise, 'm'advise, 's'ync, 'b'pf */
	uint64_t start, length;
	int advice;
} done[ADVICES_MAX];
static unsigned int n_done;

/* In place of programs: /dev/zero and /dev/full. */
#define HINT_DEVICE makedev(1, 5)
#define RESIDENCY_DEVICE makedev(1, 7)

static inline void note(char kind, uint64_t start, uint64_t length, int advice)
{
	assert_true(n_done < ADVICES_MAX);
	done[n_done].kind = kind;
	done[n_done].start = start;
	done[n_done].length = length;
	done[n_done++].advice = advice;
}

static inline void answer_range(struct mempol_hint_range *range, unsigned int *pages)
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

static inline long run_residency(union bpf_attr *attr)
{
	struct mempol_residency *map = (void *)(uintptr_t)attr->test.ctx_in;

	assert_int_equal(map->version, MEMPOL_HINT_VERSION);
	assert_in_range(map->nr, 1, MEMPOL_RESIDENCY_PAGES);
	assert_true(map->first + map->nr <= FILE_PAGES_MAX);
	kernel.residencies++;
	kernel.residency_pages = map->nr;
	attr->test.retval = (uint32_t)kernel.residency_answer;
	if (!kernel.residency_answer)
		memcpy(map->page, kernel.pages + map->first, map->nr);
	return 0;
}

static inline long run_program(union bpf_attr *attr)
{
	struct mempol_hint *hint = (void *)(uintptr_t)attr->test.ctx_in;
	unsigned int pages = kernel.pages_per_call;
	struct stat st;

	if (kernel.error) {
		errno = kernel.error;
		return -1;
	}
	assert_int_equal(attr->test.ctx_size_out, 0);
	assert_int_equal(fstat((int)attr->test.prog_fd, &st), 0);
	if (st.st_rdev == RESIDENCY_DEVICE) {
		assert_int_equal(attr->test.ctx_size_in, sizeof(struct mempol_residency));
		return run_residency(attr);
	}
	assert_int_equal(st.st_rdev, HINT_DEVICE);
	assert_int_equal(attr->test.ctx_size_in, sizeof(*hint));
	assert_int_equal(hint->version, MEMPOL_HINT_VERSION);
	assert_int_equal(hint->on_behalf, 0);
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

static inline long count_cached(const struct cachestat_range *range, struct cachestat *cs)
{
	const uint64_t first = range->off / PAGE, n = range->len / PAGE;

	kernel.cachestats++;
	if (kernel.cachestat_error) {
		errno = kernel.cachestat_error;
		return -1;
	}
	/* To the end of the file, that would mean. */
	assert_true(n > 0);
	assert_true(first + n <= FILE_PAGES_MAX);
	*cs = (struct cachestat){};
	for (uint64_t i = first; i < first + n; i++) {
		cs->nr_cache += (kernel.pages[i] & MEMPOLICY_PAGE_PLACE) != MEMPOLICY_PAGE_ABSENT;
		cs->nr_dirty += !!(kernel.pages[i] & MEMPOLICY_PAGE_DIRTY);
		cs->nr_writeback += !!(kernel.pages[i] & MEMPOLICY_PAGE_WRITEBACK);
	}
	return 0;
}

long __real_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f);
int __wrap_posix_fadvise(int fd, off_t offset, off_t length, int advice);
int __wrap_sync_file_range(int fd, off_t offset, off_t length, unsigned int flags);
int __wrap_madvise(void *address, size_t length, int advice);
int __wrap_mincore(void *address, size_t length, unsigned char *vec);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left);

long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	if (number == SYS_cachestat)
		return count_cached((const struct cachestat_range *)b, (struct cachestat *)c);
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

/* Of a mapping that begins where the last one ended: all tests go through the file in order. */
int __wrap_mincore(void *address, size_t length, unsigned char *vec)
{
	static size_t next;

	next = kernel.mincores++ ? next : 0;
	for (size_t i = 0; i < length / PAGE; i++, next++)
		vec[i] = (kernel.pages[next] & MEMPOLICY_PAGE_PLACE) != MEMPOLICY_PAGE_ABSENT ?
				 0xff :
				 0xfe;
	return 0;
}

int __wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
	return 0;
}

/* --- the daemon --------------------------------------------------------------------------------------- */

/* Set before it is forked: the error of OpenHints, or that it gives only the first program away. */
static const char *refusal;
static bool is_older;

#define SESSION "0123456789abcdef"
static sd_varlink *holder; /* in the daemon: whose connection the session is */

static inline int on_open(sd_varlink *link, sd_json_variant *parameters,
			  sd_varlink_method_flags_t flags, void *userdata)
{
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC), i, k;

	if (refusal)
		return sd_varlink_error(link, refusal, NULL);
	if (fd < 0 || sd_varlink_set_allow_fd_passing_output(link, true) < 0)
		abort();
	i = sd_varlink_push_fd(link, fd);
	if (is_older)
		return sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_INTEGER("program", i));
	fd = open("/dev/full", O_RDONLY | O_CLOEXEC);
	k = sd_varlink_push_fd(link, fd);
	return sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_INTEGER("program", i),
				  SD_JSON_BUILD_PAIR_INTEGER("residency", k));
}

static inline int on_session(sd_varlink *link, sd_json_variant *parameters,
			     sd_varlink_method_flags_t flags, void *userdata)
{
	holder = link;
	return sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_STRING("session", SESSION));
}

/*
 * In place of counts, what the test wants to know: the file's inode, its place in the call, whether the session was
 * named; of the second verb on it is told of in halves.
 */
static inline int answer_one(sd_json_variant **answers, sd_json_variant *range, size_t i,
			     uint64_t ino, bool session)
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

static inline int on_hint(sd_varlink *link, sd_json_variant *parameters,
			  sd_varlink_method_flags_t flags, void *userdata)
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

static inline int on_connect(sd_varlink_server *server, sd_varlink *link, void *userdata)
{
	return sd_varlink_set_allow_fd_passing_input(link, true);
}

static inline void on_disconnect(sd_varlink_server *server, sd_varlink *link, void *userdata)
{
	if (holder == link)
		holder = NULL;
}

static inline void serve(const char *socket, int ready)
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

static inline int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct stat st;
	void *tree;
	char *path;

	memset(&kernel, 0, sizeof(kernel));
	n_done = 0;
	refusal = NULL;
	is_older = false;
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

static inline int teardown(void **state)
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

static inline void start_daemon(struct world *w)
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

static inline struct mempolicy *open_library(struct world *w, unsigned int flags)
{
	struct mempolicy *m = NULL;

	if (!w->server)
		start_daemon(w);
	assert_int_equal(mempolicy_open_at(&m, flags, w->socket), 0);
	return m;
}

static inline void say(struct mempolicy *m, enum mempolicy_verb verb, int fd, uint64_t first_page,
		       uint64_t pages)
{
	assert_int_equal(mempolicy_file(m, verb, fd, first_page * PAGE, pages * PAGE), 0);
}

static inline void assert_told(unsigned int call, unsigned int i, enum mempolicy_verb verb,
			       uint64_t first_page, uint64_t pages)
{
	const struct mempol_hint *hint = &kernel.calls[call];

	assert_true(call < kernel.n);
	assert_true(i < hint->nr);
	assert_int_equal(hint->range[i].verb, verb);
	assert_int_equal(hint->range[i].start, first_page * PAGE);
	assert_int_equal(hint->range[i].length, pages * PAGE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
