/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration of a run: PagePatrol's file format, keys and patterns, and ours beside them.
 * Filled by config.c, read by everybody else, changed by nobody. README.md describes the format.
 */
#ifndef MB_CONFIG_H
#define MB_CONFIG_H

#include "util.h"

enum mb_pattern {
	MB_SEQUENTIAL_GAPS,
	MB_CYCLIC_BURSTS,
	MB_RANDOM_OLDER,
	MB_SMALL_REGION,
	MB_CYCLIC_SCAN,
	MB_GET_SCAN,
	MB_TRACE,
	MB_NR_PATTERNS,
};

/* The names of the sections, which are also the words of execution_sequence. */
extern const char *const mb_pattern_names[MB_NR_PATTERNS];

enum {
	MB_MAX_ENTRIES = 256, /* words in execution_sequence */
	MB_MAX_KEYS = 32, /* rows of config.c's key table */
	MB_MAX_CONFIG_BYTES = 64 << 10,
	MB_MAX_LINE_BYTES = 4096,
};

struct mb_config {
	char *file_name;
	u64 file_size; /* bytes */
	u64 iterations;
	u64 overwrite; /* a file that the benchmark did not make */
	u64 page_patrol;
	char *log_name; /* without ".log"; NULL: no log */
	u64 seed;
	enum mb_pattern sequence[MB_MAX_ENTRIES];
	unsigned int nr_entries;

	struct {
		u64 gap, deactivate;
	} sequential;
	struct {
		u64 window, stride;
	} bursts;
	struct {
		u64 repeats, range_percent;
	} older;
	struct {
		u64 repeats, region_percent, unpin_after_iter;
	} region;
	struct {
		u64 passes, prime, block_bytes;
	} cyclic;
	struct {
		u64 gets, scan_length;
		double theta, scan_probability;
	} get_scan;
	struct {
		char *file;
	} trace;

	unsigned int lines[MB_MAX_KEYS]; /* line that set each row of the key table, 0: default */
};

/* Whole pages of the file: a tail shorter than a page is never touched. */
static inline u64 mb_config_pages(const struct mb_config *config)
{
	return config->file_size / MB_PAGE_SIZE;
}

/*
 * Both write every error as "NAME:LINE: message" to @err and return 0 or -errno; *ret_config is
 * untouched on failure. mb_config_parse() reads nothing but its arguments.
 */
int mb_config_parse(const char *name, const char *text, size_t len, FILE *err,
		    struct mb_config *ret_config);
int mb_config_load(const char *path, FILE *err, struct mb_config *ret_config);
void mb_config_free(struct mb_config *config);

#endif
