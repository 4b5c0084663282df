/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One policy in the making: files go in one after the other, the finished policy comes out. Called
 * by policy-read.c only, which knows where the files are; this knows what they mean.
 */
#ifndef MP_PARSE_H
#define MP_PARSE_H

#include "errors.h"
#include "keys.h"
#include "policy.h"

struct mp_parse {
	struct mp_policy *policy;
	struct mp_errors *errors;
	const char *file; /* being parsed now */
	const struct mp_section *section; /* NULL before the first and in an unknown one */
	bool in_section;
	bool unreadable; /* a file was no text: what it would have said is not known */
	bool unknown_section; /* a misspelt [Match] must not be called missing as well */
	bool bad_section[MP_SECTIONS_MAX]; /* has an entry: it may lack a value for that reason */
	size_t errors_before;
	unsigned int seen_line[MP_SECTIONS_MAX]; /* by mp_section_index(), 0: not seen */
	char *seen_file[MP_SECTIONS_MAX];
};

/* @policy has its name and path. */
void mp_parse_begin(struct mp_parse *parse, struct mp_policy *policy, struct mp_errors *errors);

/* One file, the main one first. 0 (also with entries) or -ENOMEM. */
int mp_parse_file(struct mp_parse *parse, const char *file, const char *text, size_t size);

/*
 * What only the whole can tell: one mechanism is there with its Engine=, and [Match] says something
 * unless the mechanism is for the whole machine.
 * Returns 0 for a good policy, -EBADMSG or -ENOMEM.
 */
int mp_parse_end(struct mp_parse *parse);

/* Frees what the parse itself holds, not the policy. */
void mp_parse_done(struct mp_parse *parse);
#define _cleanup_parse_ _cleanup_(mp_parse_done)

#endif
