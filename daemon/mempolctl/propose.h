/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From simulated outcomes to a policy file. Which engine is best over several sizes is decided by a pure function
 * (propose.c); the file with the evidence in its comments is written by propose-file.c. Called by simulate
 * --propose and by advise, which must never come to different conclusions.
 */
#ifndef MP_CTL_PROPOSE_H
#define MP_CTL_PROPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CTL_PROPOSE_ALL 10000U /* what lru reads, in permyriad */
#define CTL_PROPOSE_MARGIN \
	500U /* permyriad: an engine that saves less than 5 % of lru's reads is not proposed */
#define CTL_PROPOSE_TIE 100U /* an engine that reads 1 % more than the best is as good */

/* What one policy of the simulator did in a cache of one size. */
struct ctl_outcome {
	const char *policy; /* "lru" is what the others are compared with */
	bool loadable; /* an engine that a policy file can name; lru, belady and the like are none */
	bool ejected; /* the kernel would throw it out */
	uint64_t size_bytes; /* of the cache */
	uint64_t references;
	uint64_t misses;
	uint64_t read_bytes; /* of all that was missed, or read ahead: what a disk reads */
};

enum ctl_choice_reason {
	CTL_CHOICE_ENGINE, /* there is one */
	CTL_CHOICE_NO_GAIN, /* no engine saves the margin */
	CTL_CHOICE_FITS, /* every size holds the whole working set: all engines are alike */
	CTL_CHOICE_NO_BASE, /* lru was not simulated, or no engine was */
};

struct ctl_choice {
	enum ctl_choice_reason reason;
	const char *engine; /* one of the outcomes' names; NULL without one */
	/* Of the engine with the least reads, where another one that is as good was chosen; else NULL. */
	const char *least;
	unsigned int least_mean;
	/* Of the best engine, proposed or not; NULL: none. Its reads in lru's, in permyriad: */
	const char *best;
	unsigned int mean; /* over the sizes that tell something */
	unsigned int worst; /* in the size where it is worst */
	size_t n_sizes; /* that tell something */
};

/*
 * Compares each loadable policy with lru in every size that is smaller than the working set (0: not known, then
 * all sizes count). The best has the least mean of its reads relative to lru's; of those within 1 % of it, which
 * are as good, it is the first in the order of ctl_propose_order. An engine is out if the kernel
 * ejects it in any of these sizes, if it was not simulated in all of them, or if it reads more than lru by more
 * than the margin in any. Pure: it reads nothing but its arguments.
 */
extern const char *const ctl_propose_order[]; /* ends with NULL */
void ctl_propose_choose(const struct ctl_outcome outcomes[], size_t n, uint64_t working_set_bytes,
			struct ctl_choice *ret_choice);

struct ctl_proposal {
	const char *match_key; /* "Unit" or "Cgroup" */
	const char *match;
	const char *trace; /* for the comments: where the figures come from */
	uint64_t working_set_bytes;
	/* Further lines of the comments, as "readahead of 128K"; NULL-terminated, may be NULL. */
	const char *const *notes;
	/* Further lines of the mechanism's section, as "Scan=backup"; NULL-terminated, may be NULL. */
	const char *const *settings;
	const struct ctl_outcome *outcomes;
	size_t n_outcomes;
	struct ctl_choice choice;
};

/*
 * The policy file's text, which the reader of policy files has accepted. With a choice that has no engine it is
 * comments alone, which say "no policy" and why. 0, -EINVAL with a message for users in @ret_problem (allocated:
 * the match is none, ...), or -ENOMEM.
 */
int ctl_propose_text(const struct ctl_proposal *proposal, char **ret_text, char **ret_problem);

/* One sentence for a terminal: which engine and why, or why "no policy". */
void ctl_propose_say(FILE *f, const struct ctl_choice *choice);

/*
 * Can @path ("-": standard output) become the policy file: is it called like one, and not there yet? 0, or -EINVAL
 * with a message on stderr after "mempolctl @verb: ". Before much work is done for it.
 */
int ctl_propose_check(const char *verb, const char *path);

/*
 * Says of @verb what was chosen and, if an engine was, or to standard output, saves the text: comments alone are no
 * policy, a file of them would only be an error to the daemon. 0 or -errno, see ctl_propose_save().
 */
int ctl_propose_deliver(const char *verb, const char *path, const struct ctl_choice *choice,
			const char *text);

/*
 * Writes the text to @path ("-": standard output), which may not exist yet, whole or not at all. 0 or -errno;
 * what is wrong has been said on stderr after "mempolctl @verb: ".
 */
int ctl_propose_save(const char *verb, const char *path, const char *text);

#endif
