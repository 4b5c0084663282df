/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options of mempolctl: one table, from which the parser, help and completion come. Called by
 * main, help and completion; options that a verb reads itself are the verb's affair.
 */
#ifndef MP_CTL_OPTIONS_H
#define MP_CTL_OPTIONS_H

#include "ctl.h"

struct ctl_option {
	const char *name;
	int value; /* its letter, or a number that is none */
	const char *arg; /* NULL: it takes none */
	enum ctl_complete complete; /* of its argument */
	const char *help;
};

/* What the options of a line say. */
struct ctl_request {
	struct ctl ctl;
	bool help;
	bool version;
};

/* In turn, those that @verb (may be NULL: any) takes; NULL past the last. */
const struct ctl_option *ctl_option_at(const struct ctl_verb *verb, size_t index);

/* By "--name"; NULL when there is none. */
const struct ctl_option *ctl_option_find(const char *word);

/*
 * Reads options into @request. Without @verb it stops at the first word that is no option, else it
 * moves the options of the whole line to the front. argv[0] is passed by. Returns the index of the
 * first word behind the options, -EINVAL with a message on stderr, -ENOMEM.
 */
int ctl_options_take(struct ctl_request *request, const struct ctl_verb *verb, int argc,
		     char *argv[]);

#endif
