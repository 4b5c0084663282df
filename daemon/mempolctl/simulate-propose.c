/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * simulate --propose: the outcomes of a simulation as those a proposal is made from (propose.h). Called by
 * verb-simulate.c.
 */
#include <errno.h>
#include <string.h>

#include "engine.h"
#include "native.h"
#include "propose.h"
#include "simulate.h"
#include "size.h"

#define NOTES_MAX 5

/* An engine of the user's own is compared, and is none that a policy file can name. */
static bool is_loadable(const struct sim_policy *policy)
{
	return policy->engine && sim_policy_find(policy->name) == policy &&
	       mp_engine_find(MEMPOL_MECH_NONE, policy->name);
}

void simulate_to_outcomes(const struct simulate_outcome *outcome, struct ctl_outcome *ret)
{
	for (size_t i = 0; i < outcome->n_jobs; i++) {
		const struct sim_job *job = &outcome->jobs[i];

		ret[i] = (struct ctl_outcome){
			.policy = job->policy->name,
			.loadable = is_loadable(job->policy),
			.ejected = job->result.ejected_at,
			.size_bytes = job->setup.cache_pages * SIM_PAGE_SIZE,
			.references = job->result.references,
			.misses = job->result.misses,
			.read_bytes = job->result.missed_pages * SIM_PAGE_SIZE,
		};
	}
}

/* Of what else was asked for than a plain simulation. */
static void fill_notes(const struct simulate_request *request, const struct sim_trace *trace,
		       char buffers[static NOTES_MAX][64], const char *notes[static NOTES_MAX])
{
	uint64_t window = (uint64_t)request->readahead_pages * SIM_PAGE_SIZE;
	char size[MP_SIZE_TEXT];
	size_t n = 0;

	if (window) {
		snprintf(buffers[n], 64, "Readahead: %s", mp_size_format(window, size));
		notes[n] = buffers[n];
		n++;
	}
	if (request->dirty_pages) {
		snprintf(buffers[n], 64, "Pages that stay dirty: %u", request->dirty_pages);
		notes[n] = buffers[n];
		n++;
	}
	if (trace->sample_shift) {
		snprintf(buffers[n], 64, "A sample of one page in %u", 1U << trace->sample_shift);
		notes[n] = buffers[n];
		n++;
	}
	if (request->accessed_bits)
		notes[n++] = "Accesses as through mmap";
	notes[n] = NULL;
}

/* Those of --set that are the chosen engine's; of those with the same key the last. */
static int fill_settings(const struct simulate_request *request, const char *engine,
			 const char *settings[static SIMULATE_LIST_MAX + 1])
{
	size_t n = 0;

	for (size_t i = 0; engine && i < request->n_settings; i++) {
		const char *setting;
		size_t at = 0;
		int r = ctl_native_setting(sim_policy_find(engine), request->settings[i], &setting);

		if (r < 0)
			return r;
		if (!setting)
			continue;
		while (at < n && strncmp(settings[at], setting, strcspn(setting, "=") + 1))
			at++;
		settings[at] = setting;
		n += at == n;
	}
	settings[n] = NULL;
	return 0;
}

int simulate_propose(const struct simulate_request *request, const struct simulate_outcome *outcome)
{
	_cleanup_free_ struct ctl_outcome *outcomes =
		mp_owned(calloc(outcome->n_jobs + 1, sizeof(*outcomes)));
	_cleanup_free_ char *text = NULL, *problem = NULL;
	const char *notes[NOTES_MAX], *settings[SIMULATE_LIST_MAX + 1];
	char buffers[NOTES_MAX][64];
	struct ctl_proposal proposal = {
		.match_key = request->match_key,
		.match = request->match,
		.trace = request->source.path,
		.working_set_bytes = outcome->working_set_pages * SIM_PAGE_SIZE,
		.notes = notes,
		.settings = settings,
		.outcomes = outcomes,
		.n_outcomes = outcome->n_jobs,
	};
	int r;

	if (!outcomes)
		return simulate_complain("out of memory");
	simulate_to_outcomes(outcome, outcomes);
	ctl_propose_choose(outcomes, outcome->n_jobs, proposal.working_set_bytes, &proposal.choice);
	fill_notes(request, outcome->trace, buffers, notes);
	r = fill_settings(request, proposal.choice.engine, settings);
	if (r == 0)
		r = ctl_propose_text(&proposal, &text, &problem);
	if (r < 0)
		return simulate_complain("no policy can be written: %s",
					 problem ? problem : strerror(-r));
	return ctl_propose_deliver("simulate", request->propose, &proposal.choice, text);
}
