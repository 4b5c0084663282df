/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a format, which knows one line, is given: a trace that grows, and a place for what is wrong with the
 * line. A format never says where the line is, trace.c does. trace.c calls the formats, the formats call
 * reader.c, and nothing calls back.
 */
#ifndef SIM_READER_H
#define SIM_READER_H

#include "intern.h"
#include "known.h"
#include "sim.h"

#define SIM_TOO_MANY "more than %u references: split the trace"
#define SIM_NAME_MAX 4096 /* of an object or a file: a line */
#define SIM_SECTOR_SIZE 512
/* A page of a file is interned as one number. Files are so far apart that no window reaches from one to the next. */
#define SIM_FILE_SHIFT 40
#define SIM_MAX_FILES (1U << 19)
#define SIM_MAX_FILE_BYTES (((1ULL << SIM_FILE_SHIFT) - (1ULL << 20)) * SIM_PAGE_SIZE)

struct sim_reader {
	struct sim_trace trace;
	size_t capacity;
	struct sim_intern intern;
	struct sim_intern files; /* by name */
	bool has_files; /* numbers of objects have their file in them: sim_reader_add_request() */
	struct sim_columns columns; /* of csv */
	struct sim_op_words words; /* of csv */
	char action; /* of blkparse: which one counts */
	uint64_t nr_actions[3]; /* of blkparse: Q, D and C that have been seen */
	unsigned int version; /* of fio's iolog or a recording; 0: its first line has not been read */
	uint64_t memory_bytes; /* that it may take; 0: any */
	bool gives_back; /* pages have been given back: @known says which are there */
	struct sim_known known;
	bool requests; /* of several pages are told from as many requests: SIM_READ_ON */
	bool begun; /* a line that may be titles has been seen */
	uint32_t pages; /* of the first object that is referenced */
	size_t run_bytes; /* of trace.in_run */
	uint16_t thread; /* of the references that follow */
	char problem[1024]; /* why the line is refused */
};

/*
 * One line without its newline, and with a NUL behind it, which they may modify. 0, -EBADMSG with a
 * problem, or -ENOMEM.
 */
int sim_read_text_line(struct sim_reader *reader, char *line);
int sim_read_csv_line(struct sim_reader *reader, char *line);
int sim_read_blkparse_line(struct sim_reader *reader, char *line);
int sim_read_fio_line(struct sim_reader *reader, char *line);
int sim_read_lirs_line(struct sim_reader *reader, char *line);

/* A record of oracleGeneral; likewise. */
#define SIM_ORACLE_BYTES 24
int sim_read_oracle_record(struct sim_reader *reader, const unsigned char *record);

/* What else a user should know of a trace without a reference; "" if nothing. */
const char *sim_blkparse_hint(const struct sim_reader *reader);

/* A reference to an object by its name or number. 0, -EBADMSG when there are too many, or -ENOMEM. */
int sim_reader_add_name(struct sim_reader *reader, const char *name, uint32_t length,
			uint32_t pages, enum sim_op op);
int sim_reader_add_value(struct sim_reader *reader, uint64_t value, uint32_t pages, enum sim_op op);

/* The number of a file or disk by its name. 0, -EBADMSG when there are too many, or -ENOMEM. */
int sim_reader_file(struct sim_reader *reader, const char *name, uint32_t length,
		    uint32_t *ret_file);

/*
 * References to the pages that @bytes from @offset of a file touch; none without bytes. SIM_REMOVE is for those that
 * are known and wholly inside. 0, -EBADMSG, or -ENOMEM.
 */
int sim_reader_add_request(struct sim_reader *reader, uint32_t file, uint64_t offset,
			   uint64_t bytes, enum sim_op op);

/* Objects are pages of files, by their numbers: the trace remembers those. 0 or -ENOMEM. */
int sim_reader_keep_pages(struct sim_reader *reader);

/* Of a number that has been interned. */
uint32_t sim_reader_file_of(const struct sim_reader *reader, uint64_t number);
uint64_t sim_reader_page_of(const struct sim_reader *reader, uint64_t number);

/* Which thread the references that follow are of; at first 0. 0 or -ENOMEM. */
int sim_reader_set_thread(struct sim_reader *reader, uint16_t thread);

/* Would @nr_objects fit? 0 or -EBADMSG. */
int sim_reader_check_objects(struct sim_reader *reader, uint64_t nr_objects);

/* Fills in the problem; returns -EBADMSG. */
int sim_reader_refuse(struct sim_reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
