/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects under check (check-object.h): the daemon's own loader, and its problems told with the source line
 * and what to do.
 */
#include <errno.h>
#include <string.h>

#include "../mempolicyd/loader.h"
#include "check-object.h"
#include "engine.h"
#include "engine_file.h"
#include "file.h"
#include "strutil.h"
#include "verifier.h"

#define OBJECT_SUFFIX ".bpf.o"

bool ctl_is_object(const char *path)
{
	return mp_ends_with(path, OBJECT_SUFFIX);
}

static int bad(struct mp_errors *errors, const char *path, unsigned int line, const char *problem)
{
	int r = mp_errors_add(errors, path, line, "%s", problem);

	return r < 0 ? r : -EBADMSG;
}

/* @log: of libbpf and the verifier, or NULL when they were not asked. */
static int tell_refusal(const char *path, int error, const char *problem, const char *log,
			struct mp_errors *errors)
{
	_cleanup_verdict_ struct mp_verdict verdict = {};
	int r;

	if (error == -EPERM && geteuid())
		return bad(errors, path, 1, "--load is for root: only root may load BPF programs");
	r = mp_verifier_read(log ?: "", &verdict);
	if (r < 0)
		return r;
	r = mp_errors_add(errors, verdict.file ?: path, verdict.line, "%s%s%s%s%s%s",
			  problem ?: strerror(-error), verdict.source ? "; at: " : "",
			  verdict.source ?: "", verdict.advice ? ". " : "", verdict.advice ?: "",
			  verdict.advice ? "." : "");
	return r < 0 ? r : -EBADMSG;
}

static int load(const char *path, enum mempol_mechanism_id mechanism,
		const struct mp_policy *policy, struct mp_errors *errors)
{
	struct mp_ops_values values = { .policy_id = 1 };
	_cleanup_loaded_ struct mp_loaded *loaded = NULL;
	_cleanup_image_ struct mp_image *image = NULL;
	_cleanup_free_ char *problem = NULL, *log = NULL;
	int r;

	/* Whether others could change it was asked where a policy names it; here it governs nothing. */
	r = mp_image_read(path, false, mechanism, &image, &problem);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return bad(errors, path, 1, problem ?: strerror(-r));
	if (policy) {
		values.tunings = policy->tunings;
		values.n_tunings = policy->n_tunings;
	}
	mp_loader_init();
	r = mp_loaded_new(image, &values, &loaded, &problem, &log);
	if (r >= 0 || r == -ENOMEM)
		return r;
	return tell_refusal(path, r, problem, log, errors);
}

int ctl_check_object(const char *path, bool load_it, struct mp_errors *errors)
{
	_cleanup_engine_object_ struct mp_engine_object object = {};
	_cleanup_free_ char *bytes = NULL, *problem = NULL;
	enum mempol_mechanism_id mechanism;
	size_t size;
	int r;

	r = mp_file_read(path, MP_ENGINE_FILE_MAX, &bytes, &size);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		problem = mp_owned(mp_file_problem(r, MP_ENGINE_FILE_MAX));
		return problem ? bad(errors, path, 1, problem) : -ENOMEM;
	}
	mechanism = mp_engine_bytes_mechanism(bytes, size);
	r = mp_engine_bytes_read(bytes, size, mechanism, &object, &problem);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return bad(errors, path, 1, problem);
	return load_it ? load(path, mechanism, NULL, errors) : 0;
}

int ctl_check_load(const struct mp_policy *policy, const char *engine_dir, struct mp_errors *errors)
{
	const struct mp_engine_choice *choice = &policy->choice;
	_cleanup_free_ char *path = NULL;
	int r = mp_engine_object_path(engine_dir, choice->mechanism, choice->engine, &path);

	return r < 0 ? r : load(path, choice->mechanism, policy, errors);
}
