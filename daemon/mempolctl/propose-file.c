/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy file that is proposed, with the evidence in its comments; see propose.h. It is read by the reader of
 * policy files before anybody sees it, and it appears whole or not at all.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "new-file.h"
#include "policy.h"
#include "propose.h"
#include "size.h"
#include "text.h"

#define CHECKED_AS "proposal" MP_POLICY_SUFFIX
#define ROWS_MAX 256 /* of the table: a policy file is no place for more */

/* Rounded as the table of simulate rounds. */
static void print_share(FILE *f, uint64_t permyriad)
{
	unsigned int permille = (permyriad + 5) / 10;

	fprintf(f, "%u.%u %%", permille / 10, permille % 10);
}

void ctl_propose_say(FILE *f, const struct ctl_choice *choice)
{
	switch (choice->reason) {
	case CTL_CHOICE_ENGINE:
		fprintf(f, "%s reads ", choice->engine);
		print_share(f, choice->mean);
		fprintf(f, " of what LRU reads");
		if (choice->n_sizes > 1) {
			fprintf(f, ", the mean of %zu cache sizes, and ", choice->n_sizes);
			print_share(f, choice->worst);
			fprintf(f, " where it is worst");
		}
		if (choice->least) {
			fprintf(f, ", as good as %s with ", choice->least);
			print_share(f, choice->least_mean);
		}
		fputs(".\n", f);
		return;
	case CTL_CHOICE_FITS:
		fputs("no policy: the cache holds all that the trace uses, every engine reads the "
		      "same. Try a smaller size.\n",
		      f);
		return;
	case CTL_CHOICE_NO_BASE:
		fputs("no policy: lru and at least one engine have to be simulated.\n", f);
		return;
	case CTL_CHOICE_NO_GAIN:
		break;
	}
	fprintf(f, "no policy: no engine reads %u %% less than LRU", CTL_PROPOSE_MARGIN / 100);
	if (choice->best) {
		fprintf(f, "; the best, %s, reads ", choice->best);
		print_share(f, choice->mean);
	}
	fputs(".\n", f);
}

/* What lru reads in a cache of the same size; NULL: it was not simulated. */
static const struct ctl_outcome *base_of(const struct ctl_proposal *proposal,
					 const struct ctl_outcome *outcome)
{
	for (size_t i = 0; i < proposal->n_outcomes; i++)
		if (proposal->outcomes[i].size_bytes == outcome->size_bytes &&
		    !strcmp(proposal->outcomes[i].policy, "lru"))
			return &proposal->outcomes[i];
	return NULL;
}

static bool is_shown(const struct ctl_proposal *proposal, const struct ctl_outcome *outcome)
{
	const char *best = proposal->choice.best;

	return proposal->n_outcomes <= ROWS_MAX || !strcmp(outcome->policy, "lru") ||
	       (best && !strcmp(outcome->policy, best));
}

static void print_row(FILE *f, const struct ctl_proposal *proposal,
		      const struct ctl_outcome *outcome)
{
	const struct ctl_outcome *base = base_of(proposal, outcome);
	char size[MP_SIZE_TEXT], read[MP_SIZE_TEXT];

	fprintf(f, "#   %-12s %8s %12llu %12llu %12s", outcome->policy,
		mp_size_format(outcome->size_bytes, size), (unsigned long long)outcome->references,
		(unsigned long long)outcome->misses, mp_size_format(outcome->read_bytes, read));
	if (base && base->read_bytes) {
		fputs("  ", f);
		print_share(f, (uint64_t)((unsigned __int128)outcome->read_bytes * CTL_PROPOSE_ALL /
					  base->read_bytes));
	}
	fprintf(f, "%s\n", outcome->ejected ? "  ejected by the kernel" : "");
}

static void print_evidence(FILE *f, const struct ctl_proposal *proposal)
{
	char size[MP_SIZE_TEXT];

	fprintf(f, "# Proposed by mempolctl %s: ", MP_VERSION);
	ctl_propose_say(f, &proposal->choice);
	fprintf(f,
		"# It has been simulated, not tried: look at \"mempolctl stats\" when it runs.\n#\n");
	fprintf(f, "# Trace: %s\n", proposal->trace);
	if (proposal->working_set_bytes)
		fprintf(f, "# Working set: %s\n",
			mp_size_format(proposal->working_set_bytes, size));
	for (size_t i = 0; proposal->notes && proposal->notes[i]; i++)
		fprintf(f, "# %s\n", proposal->notes[i]);
	fprintf(f, "#\n#   %-12s %8s %12s %12s %12s  %s\n", "ENGINE", "SIZE", "REFERENCES",
		"MISSES", "READ", "OF LRU");
	for (size_t i = 0; i < proposal->n_outcomes; i++)
		if (is_shown(proposal, &proposal->outcomes[i]))
			print_row(f, proposal, &proposal->outcomes[i]);
}

static void print_policy(FILE *f, const struct ctl_proposal *proposal)
{
	fprintf(f, "\n[Match]\n%s=%s\n\n[Cache]\nEngine=%s\n", proposal->match_key, proposal->match,
		proposal->choice.engine);
	for (size_t i = 0; proposal->settings && proposal->settings[i]; i++)
		fprintf(f, "%s\n", proposal->settings[i]);
}

/* Words of a user that end up in lines of their own must not make further lines. */
static bool is_one_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static int check_words(const struct ctl_proposal *proposal, char **ret_problem)
{
	if (!is_one_line(proposal->match))
		return mp_problem(ret_problem, -EINVAL, "%s= is no single line",
				  proposal->match_key);
	for (size_t i = 0; proposal->settings && proposal->settings[i]; i++)
		if (!is_one_line(proposal->settings[i]))
			return mp_problem(ret_problem, -EINVAL, "a setting is no single line");
	return 0;
}

/* By the daemon's own reader. */
static int check_text(const char *text, char **ret_problem)
{
	_cleanup_policy_ struct mp_policy *policy = NULL;
	_cleanup_errors_ struct mp_errors errors = {};
	int r = mp_policy_parse(CHECKED_AS, text, strlen(text), &errors, &policy);
	const char *message;

	if (r != -EBADMSG)
		return r;
	/* "FILE:LINE: " is of no use to anybody here. */
	message = errors.count ? strstr(errors.items[0], ": ") : NULL;
	return mp_problem(ret_problem, -EINVAL, "%s", message ? message + 2 : "is no policy");
}

int ctl_propose_text(const struct ctl_proposal *proposal, char **ret_text, char **ret_problem)
{
	_cleanup_free_ char *text = NULL, *trace = mp_owned(strdup(proposal->trace));
	struct ctl_proposal clean = *proposal;
	size_t size;
	FILE *f;
	int r = check_words(proposal, ret_problem);

	if (r < 0)
		return r;
	if (!trace)
		return -ENOMEM;
	mp_text_clean(trace);
	clean.trace = trace;
	f = open_memstream(&text, &size);
	if (!f)
		return -ENOMEM;
	print_evidence(f, &clean);
	if (proposal->choice.engine)
		print_policy(f, &clean);
	if (fclose(f) != 0)
		return -ENOMEM;
	r = proposal->choice.engine ? check_text(text, ret_problem) : 0;
	if (r < 0)
		return r;
	*ret_text = TAKE_PTR(text);
	return 0;
}

static int complain(const char *verb, const char *path, const char *problem)
{
	_cleanup_free_ char *name = mp_owned(strdup(path));

	if (name)
		mp_text_clean(name);
	fprintf(stderr, "mempolctl %s: %s: %s\n", verb, name ? name : "", problem);
	return -EINVAL;
}

int ctl_propose_check(const char *verb, const char *path)
{
	_cleanup_free_ char *name = NULL;
	char problem[160];
	int r;

	if (!strcmp(path, "-"))
		return 0;
	if (mp_policy_name_from_path(path, &name) < 0)
		return complain(verb, path,
				"a policy file is called NAME" MP_POLICY_SUFFIX
				", with letters, digits, '_', '.', '@' and '-' in the name");
	r = ctl_new_file_check(path);
	if (r == -EEXIST)
		return complain(verb, path, "it exists: remove it, or choose another name");
	if (r < 0) {
		snprintf(problem, sizeof(problem),
			 "%s: choose a directory that is there and can be written", strerror(-r));
		return complain(verb, path, problem);
	}
	return 0;
}

static int write_all(void *userdata, int fd)
{
	const char *text = userdata;
	size_t size = strlen(text);

	while (size) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno != EINTR)
			return -errno;
		text += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
	/* EINVAL: it keeps nothing back. */
	return fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
}

int ctl_propose_save(const char *verb, const char *path, const char *text)
{
	char problem[160];
	int r;

	if (!strcmp(path, "-")) {
		if (fputs(text, stdout) != EOF && fflush(stdout) != EOF)
			return 0;
		r = -errno;
		fprintf(stderr, "mempolctl %s: standard output: %s\n", verb, strerror(-r));
		return r;
	}
	if (ctl_propose_check(verb, path) < 0)
		return -EINVAL;
	r = ctl_new_file(path, write_all, (char *)text);
	if (r == 0)
		return 0;
	snprintf(problem, sizeof(problem), "cannot be written, and nothing is: %s", strerror(-r));
	complain(verb, path, problem);
	return r;
}

int ctl_propose_deliver(const char *verb, const char *path, const struct ctl_choice *choice,
			const char *text)
{
	fprintf(stderr, "mempolctl %s: ", verb);
	ctl_propose_say(stderr, choice);
	if (!choice->engine && strcmp(path, "-"))
		return 0;
	return ctl_propose_save(verb, path, text);
}
