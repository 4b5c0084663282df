/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between trace.c, which has the file, and the formats, which know one line each. A format says what is
 * wrong with a line and never where it is.
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
	unsigned long line; /* from 1 */
	char problem[256]; /* why the line is refused */
};

/* One line without its newline, which they may modify. 0, -EBADMSG with a problem, or -ENOMEM. */
int sim_read_text_line(struct sim_reader *reader, char *line);
int sim_read_csv_line(struct sim_reader *reader, char *line);

/* 0, -EBADMSG when there are too many, or -ENOMEM. */
int sim_reader_add(struct sim_reader *reader, const void *name, uint32_t length, uint32_t pages,
		   enum sim_op op);

/* Fills in the problem; returns -EBADMSG. */
int sim_reader_refuse(struct sim_reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
