// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attach, replace, detach; see steps.h.
 */
#include <errno.h>
#include <string.h>

#include "attachments.h"
#include "departed.h"
#include "file.h"
#include "kernel.h"
#include "load.h"
#include "mechanism-ops.h"
#include "steps.h"

/* A device that is missing may be plugged in; each look loads the engine anew. */
#define DEVICE_USEC (10 * 1000 * 1000ULL)
/* Of cgroup.controllers: some twenty words. */
#define CONTROLLERS_BYTES 4096

static const char *problem_text(const struct mp_mechanism *mechanism, int error, char *buffer,
				size_t size)
{
	const char *text = mechanism->attach_problem ? mechanism->attach_problem(error) : NULL;

	if (text)
		return text;
	snprintf(buffer, size, "the kernel refused the attachment: %s", strerror(-error));
	return buffer;
}

static void tell_failed(struct mp_manager *m, const struct mp_attachment *at, const char *problem)
{
	mp_manager_tell(m, MP_EVENT_FAILED, at->name, problem, "policy %s cannot govern %s: %s",
			at->name, mp_attachment_place(at), problem);
}

static void device_absent(struct mp_manager *m, struct mp_attachment *at, const char *problem)
{
	at->retry_usec = mp_manager_now(m) + DEVICE_USEC;
	if (at->state != MP_STATE_UNAVAILABLE)
		tell_failed(m, at, problem);
	mp_attachment_set(at, MP_STATE_UNAVAILABLE, problem);
}

/* What runs at the cgroup keeps running; @at is tried again later, or when the policy changes. */
static void step_failed(struct mp_manager *m, struct mp_attachment *at, int error,
			const char *problem)
{
	char buffer[256], kept[512];
	bool waits = mp_plan_error_is_transient(error);
	bool by_kernel = !problem; /* and not by the loader */
	bool absent = by_kernel && error == at->mechanism->absent_error;

	if (!problem)
		problem = problem_text(at->mechanism, error, buffer, sizeof(buffer));
	at->failed_generation = at->slot->generation;
	if (absent) {
		device_absent(m, at, problem);
		return;
	}
	if (waits) {
		at->retry_usec = mp_manager_now(m) + mp_plan_retry_usec(at->attempts++);
	} else {
		at->given_up_generation = at->slot->generation;
		at->retry_usec = 0;
		/* The cgroup is going away, and inotify is about to say the same. */
		waits = by_kernel && error == -ENOENT && !at->mechanism->host_wide;
		if (!waits)
			tell_failed(m, at, problem);
	}
	if (mp_loaded_is_attached(at->loaded)) {
		snprintf(kept, sizeof(kept), "kept the last good version: %s", problem);
		mp_attachment_set(at, MP_STATE_ACTIVE, kept);
	} else {
		mp_attachment_set(at, waits ? MP_STATE_WAITING : MP_STATE_FAILED, problem);
	}
}

static void attached(struct mp_manager *m, struct mp_attachment *at, struct mp_loaded *loaded)
{
	const struct mp_mechanism_ops *ops = mp_mechanism_ops_of(at->mechanism->id);

	mp_backoff_attached(&at->backoff, mp_manager_now(m));
	at->loaded = loaded;
	at->version = mp_attachment_wanted_version(at);
	at->attempts = 0;
	at->retry_usec = 0;
	at->info_error = -ENODATA;
	at->note = (free(at->note), NULL);
	if (ops && ops->attached)
		ops->attached(at);
	mp_attachment_set(at, MP_STATE_ACTIVE, mp_attachment_active_reason(at));
}

/* Whether the cgroup lacks what the mechanism needs. Asked before an engine is loaded for nothing. */
static bool lacks_controller(const struct mp_manager *m, const struct mp_attachment *at)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	const char *wanted = at->mechanism->controller;
	char *rest, *word;
	size_t size;

	if (!wanted || !at->cgroup)
		return false;
	if (asprintf(&path, "%s%s/cgroup.controllers", m->config->cgroup_root, at->cgroup) < 0) {
		path = NULL;
		return false;
	}
	if (mp_file_read(path, CONTROLLERS_BYTES, &text, &size) < 0)
		return false;
	rest = text;
	while ((word = strsep(&rest, " \n")))
		if (!strcmp(word, wanted))
			return false;
	return true;
}

/* The object that an earlier attempt has left, or that the verifier was shown. */
static struct mp_loaded *take_preloaded(struct mp_attachment *at)
{
	struct mp_slot *slot = at->slot;
	struct mp_loaded *loaded = TAKE_PTR(at->preloaded);

	if (loaded && at->preloaded_version == mp_attachment_wanted_version(at))
		return loaded;
	mp_loaded_free(loaded);
	if (!at->excluded && slot->preloaded && slot->preloaded_cgroup_id == at->cgroup_id)
		return TAKE_PTR(slot->preloaded);
	return NULL;
}

static int load(struct mp_manager *m, struct mp_attachment *at, struct mp_loaded **ret)
{
	_cleanup_free_ char *problem = NULL, *log = NULL;
	struct mp_image *image = at->slot->image;
	int r = 0;

	if (lacks_controller(m, at)) {
		step_failed(m, at, -EOPNOTSUPP, NULL);
		return -EOPNOTSUPP;
	}
	*ret = take_preloaded(at);
	if (*ret)
		return 0;
	if (at->excluded)
		r = mp_load_leaving(m, at->mechanism, &image, &problem);
	if (r >= 0)
		r = mp_load(m, at->slot->policy, image, at->cgroup_id, ret, &problem, &log);
	if (r >= 0)
		return 0;
	if (log) {
		free(at->slot->log);
		at->slot->log = TAKE_PTR(log);
	}
	step_failed(m, at, r, problem);
	return r;
}

/* Too early: the verified object is kept for the next attempt. */
static void keep_loaded(struct mp_attachment *at, struct mp_loaded **loaded, int error)
{
	if (!mp_plan_error_is_transient(error))
		return;
	mp_loaded_free(at->preloaded);
	at->preloaded = TAKE_PTR(*loaded);
	at->preloaded_version = mp_attachment_wanted_version(at);
}

static void step_attach(struct mp_manager *m, struct mp_attachment *at)
{
	_cleanup_loaded_ struct mp_loaded *new = NULL;
	int r;

	if (load(m, at, &new) < 0)
		return;
	/* An ejected predecessor's object was kept for its dump until now. */
	mp_attachment_detach(m, at);
	if (at->mechanism->agent_first)
		mp_kernel_need_agent(m);
	r = mp_loaded_attach(new);
	if (r < 0) {
		keep_loaded(at, &new, r);
		step_failed(m, at, r, NULL);
		return;
	}
	attached(m, at, TAKE_PTR(new));
	mp_kernel_attached(m, at);
}

/* @new takes over from @from, or comes when @from has gone. */
static int change_over(struct mp_manager *m, struct mp_attachment *from, struct mp_loaded *new)
{
	int r = -EOPNOTSUPP;

	mp_departed_add(m, from);
	if (from->mechanism->replaces_live) {
		r = mp_loaded_replace(from->loaded, new);
		/* A predecessor that is still wanted goes on. */
		if (r >= 0 || (from->wanted && r != from->mechanism->anew_error))
			return r;
	}
	/* It has to go in any case, or there is no other way: the successor starts with nothing. */
	mp_attachment_detach(m, from);
	return mp_loaded_attach(new);
}

static void step_replace(struct mp_manager *m, struct mp_attachment *from, struct mp_attachment *to)
{
	_cleanup_loaded_ struct mp_loaded *new = NULL;
	int r;

	if (load(m, to, &new) < 0)
		return;
	r = change_over(m, from, new);
	if (r < 0) {
		if (from != to && !mp_loaded_is_attached(from->loaded))
			mp_attachment_set(from, MP_STATE_LOADED, NULL);
		step_failed(m, to, r, NULL);
		return;
	}
	from->loaded = mp_loaded_free(from->loaded);
	if (from != to) {
		from->info_error = -ENODATA;
		mp_attachment_set(from, MP_STATE_LOADED, NULL);
		to->loaded = mp_loaded_free(to->loaded);
	}
	attached(m, to, TAKE_PTR(new));
}

void mp_step_take(struct mp_manager *m, const struct mp_plan_step *step)
{
	switch (step->verb) {
	case MP_PLAN_REPLACE:
		step_replace(m, step->from->userdata, step->to->userdata);
		break;
	case MP_PLAN_DETACH:
		mp_attachment_detach(m, step->from->userdata);
		break;
	case MP_PLAN_ATTACH:
		step_attach(m, step->to->userdata);
		break;
	}
}
