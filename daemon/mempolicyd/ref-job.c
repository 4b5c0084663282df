// SPDX-License-Identifier: GPL-2.0-only
/*
 * The thread and its way back to the loop; see ref-job.h.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "ref-job.h"

/* Links within links within a path. */
#define STACK_BYTES (1024 * 1024)

enum { RUNNING, ENDED, ABANDONED };

struct mp_ref_job {
	/* The thread's until it has ended. */
	struct mp_patterns patterns;
	struct mp_ref_id *known;
	size_t n_known, fds_max;
	struct mp_ref_look look;
	int error;
	int wake_fd;
	/* The thread and the loop each set it once; the one that comes second frees the job. */
	atomic_int state;
	/* The loop's. */
	sd_event_source *source;
	mp_ref_job_done_t done;
	void *userdata;
};

static atomic_uint jobs;

static struct mp_ref_job *job_free(struct mp_ref_job *job)
{
	if (!job)
		return NULL;
	mp_patterns_reset(&job->patterns);
	mp_ref_look_done(&job->look);
	free(job->known);
	mp_closep(&job->wake_fd);
	free(job);
	return NULL;
}

MP_DEFINE_CLEANUP(struct mp_ref_job *, job_free)

static void *run(void *userdata)
{
	struct mp_ref_job *job = userdata;

	job->error = mp_ref_look(&job->patterns, job->known, job->n_known, job->fds_max, NULL,
				 &job->look);
	atomic_fetch_sub(&jobs, 1);
	/* With the state below the job is the loop's, which may free it at once: it is woken before. */
	(void)eventfd_write(job->wake_fd, 1);
	if (atomic_exchange(&job->state, ENDED) == ABANDONED)
		job_free(job);
	return NULL;
}

static int on_wake(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct mp_ref_job *job = userdata;
	struct mp_ref_look look;

	(void)source;
	(void)fd;
	(void)revents;
	/* The thread has written to the eventfd, and is about to set the state: the loop calls again. */
	if (atomic_load(&job->state) == RUNNING)
		return 0;
	look = TAKE(job->look, (struct mp_ref_look){});
	job->source = sd_event_source_disable_unref(job->source);
	job->done(&look, job->error, job->userdata);
	job_free(job);
	return 0;
}

static int start_thread(struct mp_ref_job *job)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int r = pthread_attr_init(&attributes);

	if (r)
		return -r;
	(void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	r = pthread_create(&thread, &attributes, run, job);
	pthread_attr_destroy(&attributes);
	return -r;
}

static int fill(struct mp_ref_job *job, const struct mp_patterns *patterns,
		const struct mp_ref_id *known, size_t n_known)
{
	int r = mp_patterns_copy(patterns, &job->patterns);

	if (r < 0)
		return r;
	job->known = calloc(n_known + 1, sizeof(*known));
	if (!job->known)
		return -ENOMEM;
	if (n_known)
		memcpy(job->known, known, n_known * sizeof(*known));
	job->n_known = n_known;
	job->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return job->wake_fd < 0 ? -errno : 0;
}

int mp_ref_job_start(sd_event *event, const struct mp_patterns *patterns,
		     const struct mp_ref_id *known, size_t n_known, size_t fds_max,
		     mp_ref_job_done_t done, void *userdata, struct mp_ref_job **ret)
{
	_cleanup_(job_freep) struct mp_ref_job *job = mp_owned(calloc(1, sizeof(*job)));
	int r;

	if (atomic_load(&jobs) >= MP_REF_JOBS_MAX)
		return -EAGAIN;
	if (!job)
		return -ENOMEM;
	job->wake_fd = -1;
	job->fds_max = fds_max;
	job->done = done;
	job->userdata = userdata;
	r = fill(job, patterns, known, n_known);
	if (r >= 0)
		r = sd_event_add_io(event, &job->source, job->wake_fd, EPOLLIN, on_wake, job);
	if (r < 0)
		return r;
	atomic_fetch_add(&jobs, 1);
	r = start_thread(job);
	if (r < 0) {
		atomic_fetch_sub(&jobs, 1);
		job->source = sd_event_source_disable_unref(job->source);
		return r;
	}
	*ret = TAKE_PTR(job);
	return 0;
}

struct mp_ref_job *mp_ref_job_abandon(struct mp_ref_job *job)
{
	if (!job)
		return NULL;
	job->source = sd_event_source_disable_unref(job->source);
	if (atomic_exchange(&job->state, ABANDONED) == ENDED)
		job_free(job);
	return NULL;
}
