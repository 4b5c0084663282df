/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traces that mempolctl record has written; see trace-record.c. They are known by their first line, whatever the
 * file is called. Called by trace.c.
 */
#ifndef SIM_RECORD_H
#define SIM_RECORD_H

#include "reader.h"

#define SIM_RECORD_MAGIC "# mempol-record "

/* Is it the first line of one? */
bool sim_is_record(const char *line);

/* As the other formats, see reader.h. */
int sim_read_record_line(struct sim_reader *reader, char *line);

#endif
