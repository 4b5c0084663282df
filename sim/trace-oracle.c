// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of oracleGeneral, the binary format in which many public cache traces are shared. Little-endian and without
 * padding: a time (32 bits), an object (64), its bytes (32), and the number of the record that uses it next (64,
 * signed), which is not needed here. Called by trace.c.
 */
#include "reader.h"

static uint64_t take(const unsigned char *at, unsigned int bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

int sim_read_oracle_record(struct sim_reader *reader, const unsigned char *record)
{
	uint64_t object = take(record + 4, 8), bytes = take(record + 12, 4);
	int64_t next = (int64_t)take(record + 16, 8);

	/* Never again is -1, or a number larger than any. Other formats have anything there. */
	if (next < -1)
		return sim_reader_refuse(reader,
					 "this is no record of oracleGeneral: it would be used "
					 "next in record %lld",
					 (long long)next);
	return sim_reader_add_value(
		reader, object, bytes ? (uint32_t)((bytes + SIM_PAGE_SIZE - 1) / SIM_PAGE_SIZE) : 1,
		SIM_READ);
}
