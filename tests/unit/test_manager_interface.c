// SPDX-License-Identifier: GPL-2.0-only
/*
 * The interface file that is installed is what the daemon serves. Prints the right text when run
 * with --print, to write the file anew after a change of interface.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../daemon/mempolicyd/interface.h"
#include "macro.h"

#define INTERFACE_FILE "daemon/" MP_INTERFACE ".varlink"

static void the_installed_file_is_what_is_served(void **state)
{
	_cleanup_free_ char *served = NULL;
	_cleanup_fclose_ FILE *f = fopen(INTERFACE_FILE, "re");
	char text[65536], *definition;
	size_t n;

	(void)state;
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	/* The licence comes first, then an empty line. */
	definition = strstr(text, "\n\n");
	assert_non_null(definition);
	assert_true(sd_varlink_idl_format(&vl_interface_io_mempolicy_Manager, &served) >= 0);
	assert_string_equal(definition + 2, served);
}

int main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_installed_file_is_what_is_served),
	};

	if (argc > 1 && !strcmp(argv[1], "--print")) {
		puts("# SPDX-License-Identifier: LGPL-2.1-or-later\n");
		return sd_varlink_idl_dump(stdout, &vl_interface_io_mempolicy_Manager, 0,
					   SIZE_MAX) < 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
