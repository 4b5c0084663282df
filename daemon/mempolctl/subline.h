/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The line of a verb that has verbs of its own and reads its options itself: which options there are, for which of the
 * verbs each is, and what they are given. Called by such verbs; it knows none of them.
 */
#ifndef MP_CTL_SUBLINE_H
#define MP_CTL_SUBLINE_H

#include "ctl.h"

struct ctl_subline {
	const char *verb; /* "translation" */
	const struct ctl_verb *verbs; /* ends with a row without name */
	const struct option *options;
	const char *letters; /* as getopt(3) wants them, ':' and 'h' among them */
	/* For which rows of @verbs an option is: a bit each. */
	unsigned int (*rows_of)(int letter);
	/* 0, or -EINVAL, and what is wrong has been told. */
	int (*take)(void *request, int letter, const char *value);
	enum ctl_exit (*run)(void *request, size_t row, int argc, char *argv[]);
	void (*print_help)(void);
	enum ctl_exit (*usage)(void);
};

/* @argv holds the arguments behind the verb. */
enum ctl_exit ctl_subline_run(const struct ctl_subline *line, void *request, int argc,
			      char *argv[]);

#endif
