/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is particular to the policies of reference counts: the values of [Refcount], the causes of an event about a
 * file, and why the kernel does not opt a file in. Included by the mechanism's own files of the library, the daemon
 * and the tests.
 */
#ifndef MP_MECHANISM_REFCOUNT_H
#define MP_MECHANISM_REFCOUNT_H

#include <stdint.h>

#include "macro.h"
#include "mempol/abi.h"
#include "policy.h"

#define MP_REF_FILES_MAX 1024
#define MP_REF_SAMPLE_MIN 16
#define MP_REF_SAMPLE_MAX (1024 * 1024)
#define MP_REF_PERIOD_MIN_MS 1000
#define MP_REF_PERIOD_MAX_MS (60 * 60 * 1000)

/* What [Refcount] says beside its engine and the engine's tunables. */
struct mp_refcount {
	struct mp_patterns files; /* globs of absolute paths */
	uint32_t max_files;
	uint32_t sample; /* one cached read in so many is looked at */
	uint32_t period_ms; /* of the engine's review, and of looking at FilePath= again */
};

/* When [Refcount] says nothing. */
extern const struct mp_refcount mp_refcount_default;

/* What @policy says, or the defaults when it has no such section. */
static inline struct mp_refcount *mp_refcount_of(const struct mp_policy *policy)
{
	return policy->settings[MEMPOL_MECH_REFCOUNT];
}

/* Why a file is in or out; NULL past the last. */
const char *mp_ref_cause_to_string(unsigned int cause); /* "sample" */
const char *mp_ref_cause_text(unsigned int cause, bool on); /* "it is idle" */

/* Why the kernel did not opt a file in, with the remedy where there is one; NULL: strerror() says as much. */
const char *mp_ref_file_problem(int error);

/* @name, which the kernel has cut at its front when the path was longer, as text that is sound. */
void mp_ref_name(const char name[static MEMPOL_REF_NAME_LEN],
		 char ret[static MEMPOL_REF_NAME_LEN + 4]);

#endif
