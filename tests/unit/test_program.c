// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages are a program's, by the mappings of their file, without a kernel: trees of mappings as the kernel has them.
 * Run by make check and make test; what engines do with such pages is in test_sim_program.
 */
#include "../../bpf/cache/program.bpf.h"

#include "fixture.h"

long bpf_probe_read_kernel(void *to, unsigned int size, const void *from)
{
	memcpy(to, from, size);
	return 0;
}

#define VM_READ 1

/* A tree of mappings of a library: headers, text, data that is only read, data. */
static struct vm_area_struct headers = { VM_READ, 0, {} },
			     text = { VM_READ | PROGRAM_VM_EXEC, 10, {} },
			     constants = { VM_READ, 50, {} }, data = { VM_READ, 60, {} };

static bool is_program(struct vm_area_struct *root, unsigned long index)
{
	struct address_space mapping = { .i_mmap.rb_root.rb_node = root ? &root->shared.rb : NULL };
	struct folio folio = { .mapping = &mapping, .index = index };

	return program_has(&folio);
}

static void a_page_is_what_its_mapping_is(void **state)
{
	constants.shared.rb =
		(struct rb_node){ .rb_left = &text.shared.rb, .rb_right = &data.shared.rb };
	text.shared.rb = (struct rb_node){ .rb_left = &headers.shared.rb };
	assert_false(is_program(&constants, 0));
	assert_false(is_program(&constants, 9));
	assert_true(is_program(&constants, 10));
	assert_true(is_program(&constants, 49));
	assert_false(is_program(&constants, 50));
	assert_false(is_program(&constants, 60));
	assert_false(is_program(&constants, ~0UL));
}

static void what_nobody_maps_is_no_program(void **state)
{
	assert_false(is_program(NULL, 10));
}

/* Before its first mapping there is nothing. */
static void a_page_before_all_mappings_is_no_program(void **state)
{
	text.shared.rb = (struct rb_node){};
	assert_false(is_program(&text, 9));
	assert_true(is_program(&text, 10));
}

/* A tree that is damaged, or as deep as none is, ends somewhere. */
static void a_circle_of_mappings_ends(void **state)
{
	headers.shared.rb = (struct rb_node){ .rb_right = &headers.shared.rb };
	assert_false(is_program(&headers, 5));
	headers.shared.rb = (struct rb_node){};
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_what_its_mapping_is),
		cmocka_unit_test(what_nobody_maps_is_no_program),
		cmocka_unit_test(a_page_before_all_mappings_is_no_program),
		cmocka_unit_test(a_circle_of_mappings_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
