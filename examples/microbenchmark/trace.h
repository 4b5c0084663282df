/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reference traces as text, for the pattern [Trace] (and for whoever else replays them). The format is
 * described here and nowhere else; trace.c reads it. It must stay readable by a five-line awk script.
 *
 * One reference a line: OP PAGE [COUNT] [@THREAD], separated by blanks or tabs.
 *	OP	r  pread of COUNT pages in one call
 *		w  pwrite of COUNT pages in one call
 *		m  one byte of each of COUNT pages incremented through a shared mapping
 *	PAGE	number of the first page in the file, from 0, decimal; a page has 4,096 bytes
 *	COUNT	consecutive pages from PAGE on, decimal, at least 1, default 1
 *	THREAD	which thread it is of, decimal, at most 65,535, default 0; for the simulator, whose engines may
 *		learn what threads do. The microbenchmark has one and passes over it.
 * Empty lines, lines that begin with #, and what follows a # after a blank are skipped. A page beyond
 * the file, an unknown OP, a line over 4,095 bytes or a NUL is an error.
 */
#ifndef MB_TRACE_H
#define MB_TRACE_H

#include "util.h"

enum mb_op { MB_OP_READ, MB_OP_WRITE, MB_OP_MAPPED };

struct mb_trace_ref {
	u64 page;
	u32 count;
	enum mb_op op : 8;
	u32 thread : 16;
};

struct mb_trace {
	struct mb_trace_ref *refs;
	size_t nr_refs;
};

enum { MB_MAX_TRACE_REFS = 16 << 20 }; /* 256 MiB of memory */

/*
 * Both return 0 or -errno and write errors as "FILE:LINE: message" to @err. mb_trace_parse_line()
 * returns 1 for a reference, 0 for a line without one and -EFBIG for a page beyond @nr_pages; it modifies
 * @line.
 */
int mb_trace_parse_line(char *line, u64 nr_pages, struct mb_trace_ref *ret_ref,
			const char **ret_problem);
int mb_trace_load(const char *path, u64 nr_pages, FILE *err, struct mb_trace *ret_trace);
void mb_trace_free(struct mb_trace *trace);

#endif
