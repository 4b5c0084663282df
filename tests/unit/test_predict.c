// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold below mempolctl translation predict: a dump can always be read, whatever the process did meanwhile;
 * tables with huge pages, with a level more and with one less map the same addresses; what is drawn is drawn by heat; and
 * an estimate ranks small pages, huge ones and a guest as the trace does that it was made of.
 */
#include <fcntl.h>
#include <sys/mman.h>

#include "../../daemon/mempolctl/page-idle.h"
#include "../../daemon/mempolctl/predict.h"
#include "../../daemon/mempolctl/translation.h"
#include "mempol/abi.h"
#include "../../sim/walk/designs.h"
#include "../../sim/walk/generate.h"
#include "fixture.h"

#define WINDOW (1ULL << 21)
#define AT 0x7f0000000000ULL

/* ---- dumps --------------------------------------------------------------------------------------------- */

static void table(struct translation_dump *dump, uint64_t level, uint64_t va, uint64_t pa)
{
	translation_dump_entry(
		dump, &(struct translation_entry){
			      .level = level, .flags = MEMPOL_WALK_TABLE, .va = va, .pa = pa });
}

static void pages(struct translation_dump *dump, uint64_t level, uint64_t va, uint64_t pa,
		  uint64_t count)
{
	translation_dump_entry(dump, &(struct translation_entry){ .level = level,
								  .flags = MEMPOL_WALK_ACCESSED,
								  .va = va,
								  .pa = pa,
								  .count = count });
}

static void upper_tables(struct translation_dump *dump)
{
	table(dump, 3, 0x7f0000000000 & ~((1ULL << 39) - 1), 0x2000);
	table(dump, 2, AT, 0x3000);
}

static FILE *begin_dump(struct translation_dump *dump)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	*dump = (struct translation_dump){ .file = file };
	translation_dump_process(dump, 42, "a b\x1b", 4, 0x1000);
	return file;
}

/* What was written can be read; the caller has it. */
static void end_dump(struct translation_dump *dump, FILE *file, struct walk_dump *ret)
{
	assert_int_equal(translation_dump_end(dump), 0);
	rewind(file);
	if (walk_dump_read(ret, "dump", fileno(file), stderr) < 0)
		fail_msg("the dump cannot be read");
}

static void test_a_dump_is_read_back(void **state)
{
	struct translation_dump dump;
	struct walk_dump read;
	FILE *file = begin_dump(&dump);
	char text[512] = "";

	(void)state;
	translation_dump_mapping(&dump, AT, AT + 2 * WINDOW, "rw--:anon");
	upper_tables(&dump);
	table(&dump, 1, AT, 0x4000);
	pages(&dump, 1, AT, 0x100000, 3);
	/* It goes on in the next part of the answer, which begins with the tables. */
	upper_tables(&dump);
	table(&dump, 1, AT, 0x4000);
	pages(&dump, 1, AT + 3 * 4096, 0x103000, 2);
	pages(&dump, 2, AT + WINDOW, 0x40000000, 1);
	end_dump(&dump, file, &read);
	assert_string_equal(read.comm, "a_b_");
	assert_int_equal(read.tgid, 42);
	assert_int_equal(read.tree.nr_pages[1], 5);
	assert_int_equal(walk_tree_data(&read.tree, AT + 4 * 4096 + 5), 0x104005);
	assert_int_equal(walk_tree_leaf(&read.tree, AT + WINDOW + 4096), 2);
	rewind(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
	assert_string_equal(text, "mempol-walk 1\n"
				  "M 42 a_b_ 4 1000\n"
				  "V 7f0000000000 7f0000400000 rw--:anon\n"
				  "T 3 7f0000000000 2000 0\n"
				  "T 2 7f0000000000 3000 0\n"
				  "T 1 7f0000000000 4000 0\n"
				  "P 7f0000000000 100000 5 a\n"
				  "P 7f0000200000 40000000 1 ha\n"
				  "E 7\n");
	walk_dump_done(&read);
	fclose(file);
}

static void test_what_contradicts_what_was_written_is_left_out(void **state)
{
	struct translation_dump dump;
	struct walk_dump read;
	FILE *file = begin_dump(&dump);

	(void)state;
	translation_dump_mapping(&dump, AT, AT + WINDOW, "rw");
	translation_dump_mapping(&dump, AT + 4096, AT + 2 * WINDOW, "rw"); /* grown meanwhile */
	translation_dump_mapping(&dump, AT, AT, "rw");
	upper_tables(&dump);
	table(&dump, 1, AT, 0x4000);
	pages(&dump, 1, AT, 0x100000, 1);
	/* Collapsed into a huge page, and split again. */
	pages(&dump, 2, AT, 0x40000000, 1);
	table(&dump, 1, AT, 0x5000);
	pages(&dump, 1, AT, 0x100000, 1);
	/* A table of which no page was told before it went. */
	table(&dump, 1, AT + WINDOW, 0x6000);
	pages(&dump, 2, AT + WINDOW, 0x40200000, 1);
	/* A huge page became small ones. */
	pages(&dump, 2, AT + 2 * WINDOW, 0x40400000, 1);
	table(&dump, 1, AT + 2 * WINDOW, 0x7000);
	pages(&dump, 1, AT + 2 * WINDOW + 4096, 0x108000, 1);
	/* The table above has been made anew elsewhere. */
	table(&dump, 2, AT, 0x9000);
	table(&dump, 1, AT + 3 * WINDOW, 0x8000);
	pages(&dump, 1, AT + 3 * WINDOW, 0x109000, 1);
	/* No level, and no pages. */
	table(&dump, 4, 0, 0x9000);
	pages(&dump, 4, AT + 4 * WINDOW, 0, 1);
	pages(&dump, 1, AT + 4 * WINDOW, 0, 0);
	end_dump(&dump, file, &read);
	assert_int_equal(read.tree.nr_pages[1], 2);
	assert_int_equal(read.tree.nr_pages[2], 1);
	walk_dump_done(&read);
	fclose(file);
}

static void test_a_full_disk_is_told(void **state)
{
	struct translation_dump dump = { .file = fopen("/dev/full", "we") };

	(void)state;
	assert_non_null(dump.file);
	translation_dump_process(&dump, 42, "a", 4, 0x1000);
	assert_int_equal(translation_dump_end(&dump), -ENOSPC);
	fclose(dump.file);
}

/* ---- tables as they could be ---------------------------------------------------------------------------- */

/* A window of small pages that is a mapping's own, one that is so in part, one of a file, and a huge page. */
static FILE *some_tables(struct walk_dump *read)
{
	struct translation_dump dump;
	FILE *file = begin_dump(&dump);

	translation_dump_mapping(&dump, AT, AT + WINDOW + 8192, "rw--:anon");
	translation_dump_mapping(&dump, AT + 2 * WINDOW, AT + 3 * WINDOW, "r---:file");
	translation_dump_mapping(&dump, AT + 3 * WINDOW, AT + 4 * WINDOW, "rw--:heap");
	upper_tables(&dump);
	table(&dump, 1, AT, 0x4000);
	pages(&dump, 1, AT, 0x100000, 100);
	table(&dump, 1, AT + WINDOW, 0x5000);
	pages(&dump, 1, AT + WINDOW, 0x800000, 2);
	table(&dump, 1, AT + 2 * WINDOW, 0x6000);
	pages(&dump, 1, AT + 2 * WINDOW, 0x900000, 512);
	pages(&dump, 2, AT + 3 * WINDOW, 0x40000000, 1);
	end_dump(&dump, file, read);
	return file;
}

static void test_huge_pages_are_made_of_windows_that_can_be(void **state)
{
	struct predict_mappings mappings;
	struct walk_dump read;
	struct walk_tree huge;
	uint64_t more;
	FILE *file = some_tables(&read);

	(void)state;
	rewind(file);
	assert_int_equal(predict_mappings_read(file, &mappings), 0);
	assert_int_equal(mappings.n, 2);
	assert_int_equal(predict_tree(&read.tree, 0, &mappings, &huge, &more), 0);
	assert_int_equal(more, 412);
	assert_int_equal(walk_tree_leaf(&huge, AT), 2);
	assert_int_equal(walk_tree_leaf(&huge, AT + 500 * 4096), 2);
	assert_int_equal(walk_tree_leaf(&huge, AT + WINDOW), 1);
	assert_int_equal(walk_tree_leaf(&huge, AT + 2 * WINDOW), 1);
	assert_int_equal(walk_tree_leaf(&huge, AT + 3 * WINDOW), 2);
	assert_int_equal(huge.nr_pages[1], 514);
	assert_int_equal(huge.nr_pages[2], 2);
	/* The tables that were read are as they were. */
	assert_int_equal(walk_tree_leaf(&read.tree, AT), 1);
	predict_tree_done(&huge);
	predict_mappings_done(&mappings);
	walk_dump_done(&read);
	fclose(file);
}

static void test_a_level_more_and_one_less_map_the_same(void **state)
{
	struct walk_tree five, four, none;
	struct walk_dump read;
	uint64_t more;
	FILE *file = some_tables(&read);

	(void)state;
	assert_int_equal(predict_tree(&read.tree, 5, NULL, &five, &more), 0);
	assert_int_equal(five.levels, 5);
	assert_int_equal(predict_tree(&five, 4, NULL, &four, &more), 0);
	assert_int_equal(four.levels, 4);
	for (uint64_t va = AT; va < AT + 4 * WINDOW; va += 4096) {
		assert_int_equal(walk_tree_data(&five, va), walk_tree_data(&read.tree, va));
		assert_int_equal(walk_tree_data(&four, va), walk_tree_data(&read.tree, va));
	}
	for (unsigned int level = 1; level <= 4; level++)
		assert_int_equal(walk_tree_entry(&five, AT, level),
				 walk_tree_entry(&four, AT, level));
	/* Addresses above those of four levels. */
	five.nodes[0]->slots[7] = five.nodes[0]->slots[0];
	assert_int_equal(predict_tree(&five, 4, NULL, &none, &more), -ERANGE);
	predict_tree_done(&five);
	predict_tree_done(&four);
	walk_dump_done(&read);
	fclose(file);
}

/* ---- heat ------------------------------------------------------------------------------------------------ */

static void test_what_is_drawn_is_drawn_by_heat(void **state)
{
	uint64_t references[4096], small = 0, huge = 0;
	struct predict_heat heat;
	struct walk_dump read;
	FILE *file = some_tables(&read);

	(void)state;
	assert_int_equal(predict_heat_init(&heat, &read.tree), 0);
	assert_int_equal(heat.n, 100 + 2 + 512 + 1);
	assert_int_equal(predict_heat_ready(&heat, 1), -ENODATA);
	free(heat.sums);
	for (size_t i = 0; i < heat.n; i++)
		if (heat.pages[i].va >= AT + 2 * WINDOW)
			heat.pages[i].heat = 3;
	assert_int_equal(predict_heat_ready(&heat, 1), 0);
	predict_heat_draw(&heat, references, ARRAY_SIZE(references));
	for (size_t i = 0; i < ARRAY_SIZE(references); i++) {
		uint64_t va = references[i] & WALK_ADDRESS_MASK;

		assert_true(walk_tree_leaf(&read.tree, va) && va >= AT + 2 * WINDOW);
		*(walk_tree_leaf(&read.tree, va) == 2 ? &huge : &small) += 1;
	}
	/* 512 small pages and a huge one, which counts as 512: half and half. */
	assert_in_range(huge, 1900, 2200);
	assert_int_equal(small + huge, 4096);
	predict_heat_done(&heat);
	walk_dump_done(&read);
	fclose(file);
}

/*
 * In a plain file what is written stays, so that all is idle that can be; what is on no list, or a part of a large folio,
 * has no heat whatever the bitmap says.
 */
static void test_what_stays_idle_is_cold(void **state)
{
	_cleanup_free_ char *bitmap = tree_path(*state, "bitmap"),
			    *none = tree_path(*state, "none"), *flags = tree_path(*state, "flags");
	_cleanup_free_ char *problem = NULL, *other = NULL;
	struct predict_heat heat;
	struct walk_dump read;
	FILE *file = some_tables(&read);

	tree_write(*state, "bitmap", "");
	tree_write(*state, "flags", "");
	assert_int_equal(truncate(bitmap, 1 << 20), 0);
	assert_int_equal(truncate(flags, 16 << 20), 0);
	assert_int_equal(predict_heat_init(&heat, &read.tree), 0);
	assert_int_equal(page_idle_watch(bitmap, flags, &heat, 10, &problem), 0);
	assert_null(problem);
	for (size_t i = 0; i < heat.n; i++)
		assert_int_equal(heat.pages[i].heat, 0);
	assert_true(page_idle_watch(none, flags, &heat, 10, &problem) < 0);
	assert_non_null(strstr(problem, "CONFIG_IDLE_PAGE_TRACKING"));
	assert_int_equal(page_idle_watch(bitmap, none, &heat, 10, &other), -ENOENT);
	predict_heat_done(&heat);
	walk_dump_done(&read);
	fclose(file);
}

/* A bitmap that reads as zeros and takes what is written: all is used all the time, but for what cannot be marked. */
static void test_what_is_never_idle_is_hot_if_it_could_be(void **state)
{
	_cleanup_free_ char *flags = tree_path(*state, "flags"), *problem = NULL;
	const uint64_t lru = 1 << 5, tail = 1 << 5 | 1 << 16;
	struct predict_heat heat;
	struct walk_dump read;
	FILE *file = some_tables(&read), *f;

	tree_write(*state, "flags", "");
	assert_int_equal(truncate(flags, 16 << 20), 0);
	f = fopen(flags, "r+e");
	assert_non_null(f);
	/* Of the first window's frames, which begin at 0x100. */
	assert_int_equal(fseek(f, 0x100 * 8, SEEK_SET), 0);
	assert_int_equal(fwrite(&lru, 8, 1, f), 1);
	assert_int_equal(fwrite(&tail, 8, 1, f), 1);
	fclose(f);
	assert_int_equal(predict_heat_init(&heat, &read.tree), 0);
	assert_int_equal(page_idle_watch("/dev/zero", flags, &heat, 10, &problem), 0);
	for (size_t i = 0; i < heat.n; i++)
		assert_int_equal(heat.pages[i].heat,
				 heat.pages[i].frame == 0x100 ? PAGE_IDLE_PERIODS : 0);
	predict_heat_done(&heat);
	walk_dump_done(&read);
	fclose(file);
}

/* ---- an estimate beside its trace --------------------------------------------------------------------------- */

enum {
	REFERENCES = 300000,
	SKIP = 100000,
	PERIODS = PAGE_IDLE_PERIODS,
	MACHINES = 2,
	RUNS = 3 * MACHINES,
};

static double cycles(const struct walk_run *run)
{
	return (double)run->machine.count.walk_cycles / (double)run->machine.count.references;
}

static void feed(struct walk_run runs[RUNS], const uint64_t *references, size_t n, uint64_t *done)
{
	bool warm = *done >= SKIP;

	*done += n;
	for (int i = 0; i < RUNS; i++) {
		walk_run_references(&runs[i], references, n);
		if (!warm && *done >= SKIP)
			walk_run_warm(&runs[i]);
	}
}

/* Small and huge pages, and a guest, on each of the machines. */
static void start_runs(struct walk_run runs[3], const struct walk_config *machine,
		       const struct walk_tree *now, const struct walk_tree *huge)
{
	const struct walk_world worlds[] = { { .bits = 40, .tree = now },
					     { .bits = 40, .tree = huge },
					     { .bits = 40, .tree = now } };

	for (int i = 0; i < 3; i++)
		assert_int_equal(walk_run_init(&runs[i], walk_design_find(i == 2 ? "2d" : "radix"),
					       machine, &worlds[i]),
				 0);
}

/* Tables of a footprint, all in small pages, whose frames lie anywhere. */
static FILE *tables_of(uint64_t footprint, struct walk_dump *read)
{
	uint64_t end = (footprint + WINDOW - 1) & ~(WINDOW - 1), next = 0x1000000000;
	struct translation_dump dump;
	FILE *file = begin_dump(&dump);

	translation_dump_mapping(&dump, 0, end, "rw--:anon");
	for (uint64_t va = 0; va < end; va += 4096) {
		if (va % (1ULL << 39) == 0)
			table(&dump, 3, va, next += 4096);
		if (va % (1ULL << 30) == 0)
			table(&dump, 2, va, next += 4096);
		if (va % WINDOW == 0)
			table(&dump, 1, va, next += 4096);
		pages(&dump, 1, va, walk_mix(va >> 12, 7) % (1 << 20) << 12, 1);
	}
	end_dump(&dump, file, read);
	return file;
}

/* Per cent; of nothing there is none. */
static double error(const struct walk_run *estimated, const struct walk_run *traced)
{
	return cycles(traced) > 0 ? 100 * (cycles(estimated) / cycles(traced) - 1) : 0;
}

static void assert_ranks(const char *name, const char *machine, const struct walk_run traced[3],
			 const struct walk_run estimated[3])
{
	/* docs/page-walks.md has these figures. */
	printf("# %-8s %s: trace: %6.2f small, %6.2f huge, %6.2f guest; estimate: %6.2f (%+.0f %%), "
	       "%6.2f (%+.0f %%), %6.2f (%+.0f %%)\n",
	       name, machine, cycles(&traced[0]), cycles(&traced[1]), cycles(&traced[2]),
	       cycles(&estimated[0]), error(&estimated[0], &traced[0]), cycles(&estimated[1]),
	       error(&estimated[1], &traced[1]), cycles(&estimated[2]),
	       error(&estimated[2], &traced[2]));
	assert_true(cycles(&traced[1]) < cycles(&traced[0]) &&
		    cycles(&traced[0]) < cycles(&traced[2]));
	assert_true(cycles(&estimated[1]) < cycles(&estimated[0]) &&
		    cycles(&estimated[0]) < cycles(&estimated[2]));
}

static void compare(const struct walk_workload *workload)
{
	struct walk_generator *g = calloc(1, sizeof(*g));
	/* The processor, and one whose TLBs do not hold all huge pages of so small a footprint either. */
	struct walk_config machines[MACHINES] = { walk_config_defaults, walk_config_defaults };
	struct walk_run traced[RUNS], estimated[RUNS];
	struct predict_mappings mappings;
	struct predict_heat heat;
	struct walk_dump read;
	struct walk_tree huge;
	uint64_t more, done = 0, period = 0, references[4096];
	bool *used;
	FILE *file;

	assert_non_null(g);
	walk_generator_start(g, workload, 1.0 / workload->gib / 16, 1);
	file = tables_of(g->stack_top + (8 << 10), &read);
	rewind(file);
	assert_int_equal(predict_mappings_read(file, &mappings), 0);
	assert_int_equal(predict_tree(&read.tree, 0, &mappings, &huge, &more), 0);
	assert_int_equal(predict_heat_init(&heat, &read.tree), 0);
	used = calloc(heat.n, sizeof(*used));
	assert_non_null(used);
	machines[1].dtlb_2m = (struct walk_array){ 4, 4 };
	machines[1].stlb = (struct walk_array){ 12, 12 };
	for (int i = 0; i < MACHINES; i++) {
		start_runs(&traced[3 * i], &machines[i], &read.tree, &huge);
		start_runs(&estimated[3 * i], &machines[i], &read.tree, &huge);
	}
	while (done < SKIP + REFERENCES) {
		walk_generator_next(g);
		feed(traced, g->batch, g->nr, &done);
		for (size_t i = 0; i < g->nr; i++)
			used[(g->batch[i] & WALK_ADDRESS_MASK) >> 12] = true;
		if (done / ((SKIP + REFERENCES) / PERIODS) == period)
			continue;
		period++;
		for (size_t i = 0; i < heat.n; i++) {
			heat.pages[i].heat += used[i];
			used[i] = false;
		}
	}
	assert_int_equal(predict_heat_ready(&heat, 1), 0);
	for (done = 0; done < SKIP + REFERENCES;) {
		predict_heat_draw(&heat, references, ARRAY_SIZE(references));
		feed(estimated, references, ARRAY_SIZE(references), &done);
	}
	assert_ranks(workload->name, "TLBs as they are", traced, estimated);
	assert_ranks(workload->name, "small TLBs", &traced[3], &estimated[3]);
	for (int i = 0; i < RUNS; i++) {
		walk_run_done(&traced[i]);
		walk_run_done(&estimated[i]);
	}
	free(used);
	free(g);
	predict_heat_done(&heat);
	predict_tree_done(&huge);
	predict_mappings_done(&mappings);
	walk_dump_done(&read);
	fclose(file);
}

static void test_an_estimate_ranks_as_the_trace_does(void **state)
{
	static const char *const names[] = { "gups", "btree", "xsbench", "redis", "bfs", "canneal" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		compare(walk_workload_find(names[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_dump_is_read_back),
		cmocka_unit_test(test_what_contradicts_what_was_written_is_left_out),
		cmocka_unit_test(test_a_full_disk_is_told),
		cmocka_unit_test(test_huge_pages_are_made_of_windows_that_can_be),
		cmocka_unit_test(test_a_level_more_and_one_less_map_the_same),
		cmocka_unit_test(test_what_is_drawn_is_drawn_by_heat),
		TREE_TEST(test_what_stays_idle_is_cold),
		TREE_TEST(test_what_is_never_idle_is_hot_if_it_could_be),
		cmocka_unit_test(test_an_estimate_ranks_as_the_trace_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
