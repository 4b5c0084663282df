/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A look at the files of FilePath= (ref-look.h) in a thread of its own: a directory may be huge, and a network file
 * system may not answer for hours. Called by ref-files.c. The thread gets copies, touches nothing of the daemon's, and
 * ends by itself; nobody waits for one that hangs.
 */
#ifndef MP_REF_JOB_H
#define MP_REF_JOB_H

#include <systemd/sd-event.h>

#include "ref-look.h"

/* Threads at once, those included whose answer nobody wants any more. */
#define MP_REF_JOBS_MAX 8

struct mp_ref_job;

/* @look is the callee's; @error is 0 or -ENOMEM. Called from the loop; the job is gone then. */
typedef void (*mp_ref_job_done_t)(struct mp_ref_look *look, int error, void *userdata);

/* As mp_ref_look(). 0; -EAGAIN: MP_REF_JOBS_MAX are under way; or another -errno. */
int mp_ref_job_start(sd_event *event, const struct mp_patterns *patterns,
		     const struct mp_ref_id *known, size_t n_known, size_t fds_max,
		     mp_ref_job_done_t done, void *userdata, struct mp_ref_job **ret);

/* The answer is not wanted any more. Returns NULL, takes NULL. */
struct mp_ref_job *mp_ref_job_abandon(struct mp_ref_job *job);

#endif
