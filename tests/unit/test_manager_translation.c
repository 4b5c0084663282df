// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for page tables in the manager: parts of the kernel's answer become ranges with a reason, a reply has
 * a limit and says where to go on, no table is counted twice, and whoever cannot be answered learns why.
 */
#include <sys/wait.h>

#include "../../daemon/mempolicyd/kernel.h"
#include "../../daemon/mempolicyd/mechanism-events.h"
#include "../../daemon/mempolicyd/translation.h"
#include "fake-kernel.h"

#define MIB (1ULL << 20)

enum { USER = 4711, PROGRAM = 5 };

static struct {
	unsigned int calls, looks;
	uint64_t ranges; /* of 1 MiB each, from 1 GiB on */
	uint64_t pieces; /* in how many calls one range is told */
	int error;
	uint32_t last_none;
	uint64_t last_start, last_program;
	pid_t killed; /* during the call */
	unsigned int becomes_roots; /* the call from which on the process is root's */
	bool owner_only;
} fake;

/* Range i begins at 1 GiB + i MiB: two of them share a leaf table. */
static void add(struct mempol_walk *walk, uint64_t i)
{
	uint64_t start = 1024 * MIB + i * MIB, leaf = 0x1000000 + (i / 2) * 4096;

	walk->out.ranges[walk->nr++] = (struct mempol_walk_range){
		.start = start,
		.end = start + MIB,
		.from = walk->next > start ? walk->next : start,
		.to = start + MIB,
		.flags = MEMPOL_WALK_READ | MEMPOL_WALK_ANON,
		.present = 256,
		.full = 1,
		.levels = { { leaf, leaf, 1, 0 },
			    { 0x2000, 0x2000, 1, 0 },
			    { 0x3000, 0x3000, 1, 0 } },
	};
}

static int answer_ranges(struct mempol_walk *walk)
{
	uint64_t first = walk->next > 1024 * MIB ? (walk->next - 1024 * MIB) / MIB : 0;

	fake.last_none = walk->max_none;
	if (walk->end) {
		fake.looks++;
		if (walk->next >= 1024 * MIB && first < fake.ranges)
			add(walk, first);
		walk->next = MEMPOL_WALK_END;
		return 0;
	}
	while (walk->nr < MEMPOL_WALK_RANGES && first < fake.ranges)
		add(walk, first++);
	walk->next = first < fake.ranges ? 1024 * MIB + first * MIB : MEMPOL_WALK_END;
	return 0;
}

/* One range of 8 MiB, told in pieces of which none but the last is whole. */
static int answer_pieces(struct mempol_walk *walk)
{
	uint64_t start = 1024 * MIB, size = 8 * MIB / fake.pieces,
		 from = walk->next > start ? walk->next : start;

	walk->out.ranges[0] = (struct mempol_walk_range){
		.start = start,
		.end = start + 8 * MIB,
		.from = from,
		.to = from + size,
		.flags = MEMPOL_WALK_ANON,
		.full = (uint32_t)(size / (2 * MIB)),
	};
	walk->nr = 1;
	walk->next = from + size < start + 8 * MIB ? from + size : MEMPOL_WALK_END;
	return 0;
}

static int answer(struct mempol_call *call)
{
	struct mempol_walk *walk = &call->body.walk;

	fake.calls++;
	fake.last_start = walk->start_ns;
	fake.last_program = walk->program;
	if (fake.killed) {
		kill(fake.killed, SIGKILL);
		waitpid(fake.killed, NULL, 0);
	}
	if (fake.error)
		return fake.error;
	walk->nr = 0;
	walk->start_ns = 77;
	walk->program = PROGRAM;
	walk->owner = fake.becomes_roots && fake.calls >= fake.becomes_roots ? 0 : USER;
	walk->levels = 5;
	walk->root = 0x5000;
	walk->table_bytes = 123;
	if (call->op == MEMPOL_CALL_WALK_RANGES)
		return fake.pieces ? answer_pieces(walk) : answer_ranges(walk);
	assert_int_equal(call->op, MEMPOL_CALL_WALK_ENTRIES);
	walk->out.entries[walk->nr++] = (struct mempol_walk_entry){
		.va = 0x200000, .pa = 0x7000, .count = 9, .level = 1, .flags = MEMPOL_WALK_TABLE
	};
	walk->next = fake.calls < 3 ? walk->next + 4096 : MEMPOL_WALK_END;
	return 0;
}

static void begin(struct daemon *d, void *tree)
{
	kernel.call = answer;
	start(d, tree);
}

static char *ask(struct daemon *d, bool tables, uint64_t pid, uint64_t from, uint64_t start_ns)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	struct mp_translation_process process;
	char *problem = NULL, *text = NULL;
	int r = mp_translation_open(pid, &process, &problem);

	if (r < 0)
		return problem;
	assert_int_equal(process.uid, geteuid());
	process.uid = USER;
	process.owner_only = fake.owner_only;
	r = (tables ? mp_translation_tables : mp_translation_walk)(
		d->m, &process,
		&(struct mp_translation_part){
			.from = from, .began_ns = start_ns, .program = start_ns ? PROGRAM : 0 },
		&v, &problem);
	mp_translation_close(&process);
	if (r < 0)
		return problem;
	assert_true(sd_json_variant_format(v, 0, &text) >= 0);
	return text;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in '%s'", part, text);
}

static void test_ranges_have_a_reason_and_tables_are_counted_once(void **state)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_daemon_ struct daemon d = {};

	begin(&d, *state);
	fake.ranges = 20;
	text = ask(&d, false, (uint64_t)getpid(), 0, 0);
	assert_int_equal(fake.calls, 3);
	assert_int_equal(fake.last_none, 511);
	assert_has(text, "\"vm_pte_bytes\":123,");
	assert_has(text, "\"tables\":[10,1,1,0],");
	assert_has(text, "\"page_table_bytes\":49152,");
	assert_has(text,
		   "\"start\":1073741824,\"end\":1074790400,\"kind\":\"anon\",\"rights\":\"r---\"");
	assert_has(text, "\"reason\":\"small\"");
	assert_null(strstr(text, "\"next\""));
}

static void test_a_reply_has_a_limit_and_the_next_one_counts_no_table_again(void **state)
{
	_cleanup_free_ char *first = NULL, *second = NULL;
	_cleanup_daemon_ struct daemon d = {};

	begin(&d, *state);
	fake.ranges = 301;
	/* 32 calls of 8 ranges. */
	first = ask(&d, false, (uint64_t)getpid(), 0, 0);
	assert_has(first, "\"tables\":[128,1,1,0],");
	assert_has(first, "\"next\":1342177280}");
	assert_int_equal(fake.looks, 0);
	/* One further on: the middle of a window. */
	second = ask(&d, false, (uint64_t)getpid(), 1342177280 + MIB, 77);
	assert_int_equal(fake.looks, 1);
	assert_int_equal(fake.last_start, 77);
	assert_int_equal(fake.last_program, PROGRAM);
	assert_has(second, "\"tables\":[22,0,0,0],");
	assert_null(strstr(second, "\"next\""));
}

static void test_pieces_of_a_range_are_one(void **state)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_daemon_ struct daemon d = {};

	begin(&d, *state);
	fake.pieces = 4;
	text = ask(&d, false, (uint64_t)getpid(), 0, 0);
	assert_int_equal(fake.calls, 4);
	assert_has(text, "\"full\":4,");
	assert_null(strstr(strstr(text, "\"start\"") + 1, "\"start\""));
}

static void test_events_say_how_many_runs_and_tables(void **state)
{
	const struct mp_mechanism_events *events = mp_mechanism_events_of(MEMPOL_MECH_TRANSLATION);
	struct mempol_event event = { .type = MEMPOL_EV_TABLES,
				      .body.tables = { 1, 2, 3, 4, 5, 6, 7 } };
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_free_ char *text = NULL;

	assert_non_null(events);
	assert_int_equal(sd_json_variant_new_object(&v, NULL, 0), 0);
	assert_true(events->add_fields(&v, &event) >= 0);
	assert_true(sd_json_variant_format(v, 0, &text) >= 0);
	assert_string_equal(text, "{\"created\":1,\"grown\":2,\"freed\":3,\"failed\":4,"
				  "\"moved\":5,\"teas\":6,\"tea_pages\":7}");
	event.type = MEMPOL_EV_ATTACHED;
	v = sd_json_variant_unref(v);
	assert_int_equal(sd_json_variant_new_object(&v, NULL, 0), 0);
	assert_int_equal(events->add_fields(&v, &event), 0);
	assert_int_equal(sd_json_variant_elements(v), 0);
}

static void test_the_settings_are_the_machines(void **state)
{
	_cleanup_free_ char *text = NULL, *sys = NULL;
	_cleanup_daemon_ struct daemon d = {};

	begin(&d, *state);
	tree_write(*state, "sys/kernel/mm/transparent_hugepage/enabled",
		   "[always] madvise never\n");
	tree_write(*state, "sys/kernel/mm/transparent_hugepage/khugepaged/max_ptes_none", "7\n");
	d.config.sys = sys = tree_path(*state, "sys");
	fake.ranges = 1;
	text = ask(&d, false, (uint64_t)getpid(), 0, 0);
	assert_has(text, "\"enabled\":\"always\"");
	assert_int_equal(fake.last_none, 7);
}

static void test_tables_are_numbers(void **state)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_daemon_ struct daemon d = {};

	begin(&d, *state);
	text = ask(&d, true, (uint64_t)getpid(), 0, 0);
	assert_has(text,
		   "\"root\":20480,\"entries\":[1,1,2097152,28672,9,0,1,1,2097152,28672,9,0,1,1,"
		   "2097152,28672,9,0]}");
}

static void test_whoever_cannot_be_answered_learns_why(void **state)
{
	static const struct {
		int error;
		const char *text;
	} errors[] = {
		{ -ESRCH, "has ended, or is about to (No such process)" },
		{ -EINVAL,
		  "is a thread of the kernel's: it has no page tables of its own (Invalid argument)" },
		{ -ESTALE,
		  "has executed another program while its page tables were read (Stale file handle)" },
		{ -EAGAIN, "try again later (Resource temporarily unavailable)" },
		{ -EOPNOTSUPP,
		  "module mempol is of another version, and does not know the question" },
		{ -EINTR, "The kernel refused: Interrupted system call" },
	};
	_cleanup_daemon_ struct daemon d = {};
	char *none;

	begin(&d, *state);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		_cleanup_free_ char *text = NULL;

		fake.error = errors[i].error;
		text = ask(&d, false, (uint64_t)getpid(), 0, 0);
		assert_has(text, errors[i].text);
	}
	none = ask(&d, false, 0, 0, 0);
	assert_string_equal(none, "There is no process 0 (No such process)");
	free(none);
	none = ask(&d, false, 1ULL << 40, 0, 0);
	assert_string_equal(none, "There is no process 1099511627776 (No such process)");
	free(none);
}

/* It executes a program that is set-user-ID between two pieces: what its user was allowed to see, it is no longer. */
static void test_a_process_that_becomes_roots_is_told_to_root_alone(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	begin(&d, *state);
	fake.ranges = 100;
	for (unsigned int call = 1; call <= 4; call++)
		for (int tables = 0; tables < 2; tables++) {
			_cleanup_free_ char *user = NULL, *root = NULL;

			fake.becomes_roots = call;
			fake.calls = 0;
			fake.owner_only = true;
			user = ask(&d, tables, (uint64_t)getpid(), 0, 0);
			if (call == 4 && tables)
				assert_has(user, "\"entries\"");
			else
				assert_has(user, "is not its user's to look into");
			/* It is not asked about any further. */
			assert_int_equal(fake.calls, call == 4 && tables ? 3 : call);
			fake.owner_only = false;
			root = ask(&d, tables, (uint64_t)getpid(), 0, 0);
			assert_has(root, "\"program\":5");
		}
}

/* Its number may be another one's by then, so the answer is not given. */
static void test_a_process_that_ends_meanwhile_is_told(void **state)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_daemon_ struct daemon d = {};
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	begin(&d, *state);
	fake.ranges = 1;
	fake.killed = pid;
	text = ask(&d, false, (uint64_t)pid, 0, 5);
	assert_has(text, "has ended while its page tables were read (No such process)");
}

static int setup(void **state)
{
	fake_reset();
	memset(&fake, 0, sizeof(fake));
	return tree_setup(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, tree_teardown)
		T(test_ranges_have_a_reason_and_tables_are_counted_once),
		T(test_a_reply_has_a_limit_and_the_next_one_counts_no_table_again),
		T(test_pieces_of_a_range_are_one),
		T(test_events_say_how_many_runs_and_tables),
		T(test_the_settings_are_the_machines),
		T(test_tables_are_numbers),
		T(test_whoever_cannot_be_answered_learns_why),
		T(test_a_process_that_becomes_roots_is_told_to_root_alone),
		T(test_a_process_that_ends_meanwhile_is_told),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
