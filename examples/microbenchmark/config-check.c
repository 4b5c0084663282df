// SPDX-License-Identifier: GPL-2.0-only
/*
 * What only the whole configuration shows: missing keys, and values that fit one by one but not
 * together. Called by the parser after the last line. It must never change a value to make it fit.
 */
#include "config-parser.h"

#include <stdbool.h>

static void check_percent(struct mb_parser *p, enum mb_pattern pattern, const char *key,
			  u64 percent)
{
	if (mb_config_pages(&p->config) * percent / 100 == 0)
		mb_complain(p, mb_line_of(p, pattern, key),
			    "%s = %llu %% of %llu pages is no page: raise it, or file_size", key,
			    (unsigned long long)percent,
			    (unsigned long long)mb_config_pages(&p->config));
}

static void check_entry(struct mb_parser *p, enum mb_pattern pattern)
{
	const struct mb_config *config = &p->config;
	u64 pages = mb_config_pages(config);

	switch (pattern) {
	case MB_RANDOM_OLDER:
		return check_percent(p, pattern, "range", config->older.range_percent);
	case MB_SMALL_REGION:
		return check_percent(p, pattern, "region_size", config->region.region_percent);
	case MB_CYCLIC_SCAN:
		if (config->cyclic.block_bytes % MB_PAGE_SIZE)
			mb_complain(p, mb_line_of(p, pattern, "block_size"),
				    "block_size = %llu is no multiple of 4096",
				    (unsigned long long)config->cyclic.block_bytes);
		return;
	case MB_GET_SCAN:
		if (config->get_scan.scan_length > pages)
			mb_complain(p, mb_line_of(p, pattern, "scan_length"),
				    "scan_length = %llu is longer than the file's %llu pages",
				    (unsigned long long)config->get_scan.scan_length,
				    (unsigned long long)pages);
		if (pages > 1ULL << 26) /* 12 bytes of tables a page: 768 MiB */
			mb_complain(p, mb_line_of(p, MB_GENERAL, "file_size"),
				    "GetScan takes files up to 256G: lower file_size");
		return;
	case MB_TRACE:
		if (!config->trace.file)
			mb_complain(p, mb_line_of(p, pattern, "trace_file"),
				    "Trace needs trace_file = NAME in a [Trace] section");
		return;
	default:
		return;
	}
}

void mb_config_check(struct mb_parser *p)
{
	const struct mb_config *config = &p->config;
	bool checked[MB_NR_PATTERNS] = { false };

	if (p->nr_errors) /* a key whose value was refused is not missing */
		return;
	if (!config->file_name)
		mb_complain(p, p->line,
			    "no file_name: add file_name = PATH before the first section");
	if (!config->file_size)
		mb_complain(p, p->line,
			    "no file_size: add file_size = 64M before the first section");
	if (!config->nr_entries)
		mb_complain(p, p->line, "no execution_sequence: name at least one pattern to run");
	if (p->nr_errors)
		return;
	for (unsigned int i = 0; i < config->nr_entries; i++) {
		if (!checked[config->sequence[i]])
			check_entry(p, config->sequence[i]);
		checked[config->sequence[i]] = true;
	}
}
