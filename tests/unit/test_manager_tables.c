// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for page tables that are freed and moved by hand, in the manager: the calls of a reply are added up, a
 * reply has a limit and says where to go on, of the same process and program, and whoever cannot be served learns why.
 */
#include "../../daemon/mempolicyd/kernel.h"
#include "../../daemon/mempolicyd/translation.h"
#include "fake-kernel.h"

#define GIB (1ULL << 30)

enum { PROGRAM = 5, BEGAN = 77 };

static struct {
	unsigned int calls;
	uint64_t whole; /* calls until all is done */
	int error;
	struct mempol_call last;
} fake;

static int answer(struct mempol_call *call)
{
	struct mempol_tea_request *tea = &call->body.tea;

	fake.calls++;
	fake.last = *call;
	if (fake.error) {
		/* The process was found, the node was not. */
		if (fake.error == -EINVAL)
			tea->process.start_ns = BEGAN;
		return fake.error;
	}
	if (call->op == MEMPOL_CALL_TEAS) {
		call->body.teas.process.start_ns = BEGAN;
		call->body.teas.process.program = PROGRAM;
		call->body.teas.nr = fake.whole > 1 ? MEMPOL_TEA_ENTRIES : 1;
		for (unsigned int i = 0; i < call->body.teas.nr; i++)
			call->body.teas.entries[i] =
				(struct mempol_tea_entry){ .start = GIB * (i + 1),
							   .windows = 32,
							   .frames = 31,
							   .placed = 30,
							   .idle = 2,
							   .pfn = 4096 };
		call->body.teas.from = GIB * 40;
		return 0;
	}
	assert_int_equal(call->op, MEMPOL_CALL_TEA);
	tea->process.start_ns = BEGAN;
	tea->process.program = PROGRAM;
	tea->end = 64 * GIB;
	tea->next = fake.calls < fake.whole ? tea->start + GIB : tea->end;
	tea->done = 10;
	tea->held_ns = fake.calls == 2 ? 900 : 300;
	tea->refused[MEMPOL_TEA_WHY_BUSY] = 1;
	return 0;
}

static char *ask(struct daemon *d,
		 int (*method)(struct mp_manager *, const struct mp_translation_process *,
			       const struct mp_translation_part *, sd_json_variant **, char **),
		 struct mp_translation_part part)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	struct mp_translation_process process;
	char *problem = NULL, *text = NULL;
	int r;

	assert_int_equal(mp_translation_open((uint64_t)getpid(), &process, &problem), 0);
	r = method(d->m, &process, &part, &v, &problem);
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

static void begin(struct daemon *d, void *tree)
{
	kernel.call = answer;
	start(d, tree);
}

static void test_calls_are_added_up(void **state)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_daemon_ struct daemon d = {};

	begin(&d, *state);
	fake.whole = 3;
	text = ask(&d, mp_translation_trim, (struct mp_translation_part){});
	assert_int_equal(fake.calls, 3);
	assert_int_equal(fake.last.body.tea.op, MEMPOL_TEA_OP_TRIM);
	/* The second call goes on where the first has ended, with the process that it has found. */
	assert_int_equal(fake.last.body.tea.start, 2 * GIB);
	assert_int_equal(fake.last.body.tea.process.start_ns, BEGAN);
	assert_int_equal(fake.last.body.tea.process.program, PROGRAM);
	assert_has(text, "\"tables\":30");
	assert_has(text, "\"held_ns\":900");
	assert_has(text, "\"busy\":3");
	assert_has(text, "\"special\":0");
	assert_null(strstr(text, "\"next\":"));
}

static void test_a_reply_has_a_limit(void **state)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_daemon_ struct daemon d = {};

	begin(&d, *state);
	fake.whole = 50;
	text = ask(&d, mp_translation_move,
		   (struct mp_translation_part){ .from = 3 * GIB + 4096, .node = 1 });
	assert_int_equal(fake.last.body.tea.op, MEMPOL_TEA_OP_NODE);
	assert_int_equal(fake.last.body.tea.nid, 1);
	/* Ranges begin on a boundary, wherever somebody says. */
	assert_int_equal(fake.last.body.tea.start % MEMPOL_TEA_WINDOW_BYTES, 0);
	assert_true(fake.calls < 50);
	assert_has(text, "\"next\":");
	assert_has(text, "\"began_ns\":77");
}

static void test_areas_are_told(void **state)
{
	_cleanup_free_ char *one = NULL, *many = NULL;
	_cleanup_daemon_ struct daemon d = {};

	begin(&d, *state);
	fake.whole = 1;
	one = ask(&d, mp_translation_areas, (struct mp_translation_part){});
	assert_has(one, "\"start\":1073741824,\"end\":1140850688,\"pfn\":4096");
	assert_has(one, "\"windows\":32,\"frames\":31,\"placed\":30");
	assert_null(strstr(one, "\"next\":"));
	fake.whole = 2;
	many = ask(&d, mp_translation_areas, (struct mp_translation_part){});
	assert_has(many, "\"next\":42949672960");
}

static void test_whoever_cannot_be_served_learns_why(void **state)
{
	static const struct {
		int error;
		const char *text;
	} rows[] = {
		{ -EOPNOTSUPP, "built without CONFIG_MEMPOL_TRANSLATION" },
		{ -ESRCH, "has ended" },
		{ -EINVAL, "There is no node 9 with memory (Invalid argument)" },
		{ -EAGAIN, "Somebody holds the memory map" },
		{ -ESTALE, "has executed another program" },
		{ -ENOMEM, "The kernel refused: Cannot allocate memory" },
	};
	_cleanup_daemon_ struct daemon d = {};

	begin(&d, *state);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = NULL;

		fake.error = rows[i].error;
		text = ask(&d, mp_translation_move, (struct mp_translation_part){ .node = 9 });
		assert_has(text, rows[i].text);
	}
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
		T(test_calls_are_added_up),
		T(test_a_reply_has_a_limit),
		T(test_areas_are_told),
		T(test_whoever_cannot_be_served_learns_why),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
