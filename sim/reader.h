/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a format, which knows one line, is given: a trace that grows, and a place for what is wrong with the
 * line. A format never says where the line is, trace.c does. trace.c calls the formats, the formats call
 * reader.c, and nothing calls back.
 */
#ifndef SIM_READER_H
#define SIM_READER_H

#include "intern.h"
#include "sim.h"

#define SIM_TOO_MANY "more than %u references: split the trace"

struct sim_reader {
	struct sim_trace trace;
	size_t capacity;
	struct sim_intern intern;
	struct sim_columns columns; /* of csv */
	uint64_t memory_bytes; /* that it may take; 0: any */
	bool requests; /* of several pages are told from as many requests: SIM_READ_ON */
	bool begun; /* a line that may be titles has been seen */
	uint32_t pages; /* of the first object that is referenced */
	char problem[1024]; /* why the line is refused */
};

/*
 * One line without its newline, and with a NUL behind it, which they may modify. 0, -EBADMSG with a
 * problem, or -ENOMEM.
 */
int sim_read_text_line(struct sim_reader *reader, char *line);
int sim_read_csv_line(struct sim_reader *reader, char *line);

/* A reference to an object by its name or number. 0, -EBADMSG when there are too many, or -ENOMEM. */
int sim_reader_add_name(struct sim_reader *reader, const char *name, uint32_t length,
			uint32_t pages, enum sim_op op);
int sim_reader_add_value(struct sim_reader *reader, uint64_t value, uint32_t pages, enum sim_op op);

/* Would @nr_objects fit? 0 or -EBADMSG. */
int sim_reader_check_objects(struct sim_reader *reader, uint64_t nr_objects);

/* Fills in the problem; returns -EBADMSG. */
int sim_reader_refuse(struct sim_reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
