// SPDX-License-Identifier: GPL-2.0-only
/*
 * The formats of traces by name. Called by mempolctl, which completes and explains them. A new format is one line
 * here and its reader in trace.c.
 */
#include <string.h>
#include <strings.h>

#include "sim.h"

#define PLAIN(name, description, format) { name, description, SIM_FORMAT_##format, NULL, '\0' }
#define COLUMNS(name, description) { name, description, SIM_FORMAT_CSV, name, '\0' }
#define BLKPARSE(name, description, action) { name, description, SIM_FORMAT_BLKPARSE, NULL, action }

const struct sim_format_name sim_formats[] = {
	PLAIN("text", "OP PAGE [COUNT], as of the microbenchmark", TEXT),
	PLAIN("csv", "time,object,size,op, or what --columns says", CSV),
	COLUMNS("msr", "block requests in the columns of MSR Cambridge"),
	COLUMNS("cloudphysics", "block requests in those of CloudPhysics"),
	BLKPARSE("blkparse", "block requests queued, in blkparse's text", 'Q'),
	BLKPARSE("blkparse-d", "likewise those issued to the device", 'D'),
	BLKPARSE("blkparse-c", "likewise those completed", 'C'),
	PLAIN("fio", "iologs of fio, versions 2 and 3", FIO),
	PLAIN("record", "of mempolctl record; a file's first line says so", RECORD),
	PLAIN("lirs", "one page number a line", LIRS),
	PLAIN("oracle", "oracleGeneral, 24 bytes a record", ORACLE),
};

const size_t sim_formats_count = sizeof(sim_formats) / sizeof(sim_formats[0]);

const struct sim_format_name *sim_format_find(const char *name)
{
	for (size_t i = 0; i < sim_formats_count; i++)
		if (!strcmp(sim_formats[i].name, name))
			return &sim_formats[i];
	return NULL;
}

static bool take_end(const char *path, size_t *length, const char *end)
{
	size_t n = strlen(end);

	if (*length <= n || strncasecmp(path + *length - n, end, n))
		return false;
	*length -= n;
	return true;
}

enum sim_format sim_format_guess(const char *path)
{
	static const char *const packed[] = { ".gz", ".zst", ".xz", ".bz2", ".lz4" };
	size_t length = strlen(path);

	for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++)
		if (take_end(path, &length, packed[i]))
			break;
	if (take_end(path, &length, ".csv"))
		return SIM_FORMAT_CSV;
	take_end(path, &length, ".bin");
	return take_end(path, &length, ".oracleGeneral") ? SIM_FORMAT_ORACLE : SIM_FORMAT_TEXT;
}

bool sim_source_has_pages(const struct sim_source *source)
{
	if (source->format == SIM_FORMAT_CSV)
		return source->columns.offset || source->columns.sector;
	return source->format != SIM_FORMAT_ORACLE;
}
