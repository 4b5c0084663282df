// SPDX-License-Identifier: GPL-2.0-only
/*
 * The microbenchmark's traces, a reference for each page. What a line means is the microbenchmark's own
 * parser's affair, so that both replay the same.
 */
#include <errno.h>
#include <string.h>

#include "../examples/microbenchmark/trace.h"
#include "reader.h"

int sim_read_text_line(struct sim_reader *reader, char *line)
{
	const char *problem = NULL;
	struct mb_trace_ref ref;
	enum sim_op op;
	int r = mb_trace_parse_line(line, UINT64_MAX, &ref, &problem);

	/* The microbenchmark's advice is about its file, and here is none. */
	if (r == -EFBIG)
		return sim_reader_refuse(reader, "page beyond the last one, %llu",
					 (unsigned long long)UINT64_MAX - 1);
	if (r < 0)
		return sim_reader_refuse(reader, "%s", problem);
	if (r == 0)
		return 0;
	/* Known before the first is kept: a count costs no memory to write. */
	if (ref.count > SIM_MAX_REFS - reader->trace.nr_refs)
		return sim_reader_refuse(reader, SIM_TOO_MANY, SIM_MAX_REFS);
	op = ref.op == MB_OP_READ ? SIM_READ : SIM_WRITE;
	r = sim_reader_set_thread(reader, ref.thread);
	if (r < 0)
		return r;
	for (uint64_t page = ref.page; page < ref.page + ref.count; page++) {
		r = sim_reader_add_value(reader, page, 1, op);
		if (r < 0)
			return r;
		if (op == SIM_READ && reader->requests)
			op = SIM_READ_ON;
	}
	return 0;
}

/* One page number a line, as in the traces of LIRS; some end with a star. */
int sim_read_lirs_line(struct sim_reader *reader, char *line)
{
	uint64_t page = 0;
	size_t length;

	line += strspn(line, " \t");
	length = strcspn(line, " \t");
	if (!length || *line == '#' || *line == '*')
		return 0;
	for (size_t i = 0; i < length; i++) {
		if (line[i] < '0' || line[i] > '9' || length > 18)
			return sim_reader_refuse(reader, "'%.40s' is no page number: one a line",
						 line);
		page = page * 10 + (uint64_t)(line[i] - '0');
	}
	if (line[length + strspn(line + length, " \t")])
		return sim_reader_refuse(reader, "there is more than a page number: one a line");
	return sim_reader_add_value(reader, page, 1, SIM_READ);
}
