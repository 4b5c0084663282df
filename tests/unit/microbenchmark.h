/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the microbenchmark share: a configuration from a text, with what was complained about, and what
 * its stream says. Included by tests/unit/test_microbenchmark*.c.
 */
#ifndef TESTS_MICROBENCHMARK_H
#define TESTS_MICROBENCHMARK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "../../examples/microbenchmark/patterns.h"

/* Parses, and returns what was complained about (the caller frees it). */
static inline char *parse(const char *text, size_t len, int expected, struct mb_config *ret)
{
	char *said = NULL;
	size_t size;
	FILE *err = open_memstream(&said, &size);

	assert_non_null(err);
	assert_int_equal(mb_config_parse("c", text, len, err, ret), expected);
	fclose(err);
	return said;
}

static inline void parse_good(const char *text, struct mb_config *ret)
{
	char *said = parse(text, strlen(text), 0, ret);

	assert_string_equal(said, "");
	free(said);
}

/* What a stream says, as text, for the small cases. */
static inline int write_ref(void *arg, enum mb_op op, u64 page, u64 count)
{
	fprintf(arg, "%c%llu", "rwm"[op], (unsigned long long)page);
	if (count > 1)
		fprintf(arg, "+%llu", (unsigned long long)count);
	fputc(' ', arg);
	return 0;
}

static inline int write_phase(void *arg, enum mb_phase phase)
{
	fprintf(arg, "%c ", "!<>"[phase]);
	return 0;
}

static inline char *stream_text(const char *config_text, unsigned int runs)
{
	struct mb_config config;
	struct mb_stream stream;
	char *said = NULL;
	size_t size;
	FILE *out = open_memstream(&said, &size);
	struct mb_sink sink = { .ref = write_ref, .phase = write_phase, .arg = out };

	parse_good(config_text, &config);
	assert_int_equal(mb_stream_open(&stream, &config, stderr), 0);
	for (unsigned int i = 0; i < runs; i++)
		assert_int_equal(mb_stream_run(&stream, config.sequence[0], &sink), 0);
	mb_stream_close(&stream);
	mb_config_free(&config);
	fclose(out);
	return said;
}

static inline void expect_stream(const char *config_text, const char *expected)
{
	char *said = stream_text(config_text, 1);

	assert_string_equal(said, expected);
	free(said);
}

#define PAGES(n) "file_name = /f\nfile_size = " #n "K\nexecution_sequence = "

static inline char *new_dir(void)
{
	char *dir = strdup("/tmp/test_microbenchmark.XXXXXX");

	assert_non_null(mkdtemp(dir));
	return dir;
}

static inline void write_file(const char *dir, const char *name, const char *text, size_t len)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	for (char *slash = strchr(path + strlen(dir) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static inline void remove_dir(char *dir)
{
	char command[512];

	snprintf(command, sizeof(command), "rm -rf --one-file-system -- '%s'", dir);
	assert_int_equal(system(command), 0);
	free(dir);
}

#endif
