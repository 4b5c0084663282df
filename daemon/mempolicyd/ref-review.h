/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy's files between two looks: what the last one has found, compared with the kernel's table, and the calls that
 * follow from it. Called by ref-files.c, which says when; it starts no look and knows no other policy.
 */
#ifndef MP_REF_REVIEW_H
#define MP_REF_REVIEW_H

#include "ref-job.h"
#include "state.h"

#define MP_REF_NEVER_USEC UINT64_MAX
#define MP_REF_SOON_USEC (1000 * 1000ULL)
#define MP_REF_STUCK_USEC (30 * 1000 * 1000ULL)

/* A file that matches, or did when it was opted in. */
struct mp_ref_entry {
	char *path;
	char *glob; /* of the pattern that hits it */
	struct mp_ref_id id; /* by stat() */
	uint64_t table_id; /* by the kernel's table, while it is in */
	bool in;
	bool wanted; /* it is to be in */
	bool tried; /* since the look of this period */
	bool asked_out; /* by mempolctl refs off */
	int fd;
	char *reason; /* why it is not in */
	char *said; /* the reason that was logged last */
};

struct mp_ref_review {
	struct mp_manager *m;
	char *name; /* of the policy */
	uint64_t policy_id; /* in the kernel */
	uint64_t generation; /* of the policy */
	unsigned int reloads;
	struct mp_patterns patterns; /* of the last look */
	uint32_t max_files, period_ms;
	struct mp_ref_entry *entries; /* by path */
	size_t n;
	bool looked; /* ever */
	bool working; /* there are calls to make */
	struct mp_ref_job *job;
	uint64_t job_usec; /* since when; CLOCK_MONOTONIC, as all here */
	uint64_t next_usec; /* when to look, MP_REF_NEVER_USEC: there is nothing to look at */
	uint64_t round_usec; /* when what was refused is tried again */
	bool stuck;
	int error; /* of the last try, said once */
	bool truncated, empty; /* said */
	unsigned int logged; /* refusals, since the calls began */
};

struct mp_ref_review *
mp_ref_review_free(struct mp_ref_review *review); /* returns NULL, takes NULL */

/*
 * What the look has found becomes the entries, and calls to make. Takes the descriptors out of @look. 0; or -errno, and
 * nothing has changed but that the kernel's word on the old entries is known.
 */
int mp_ref_review_compare(struct mp_ref_review *review, struct mp_ref_look *look);

/* Makes some of the calls; @working says whether there are more. */
void mp_ref_review_work(struct mp_ref_review *review);

/* It could not be done now: said once, tried again soon. */
void mp_ref_review_failed(struct mp_ref_review *review, int error);

/* How it is becomes the reason of the policy's row. */
void mp_ref_review_note(const struct mp_ref_review *review);

#endif
