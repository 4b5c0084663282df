/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Candidates for the shell, from the table of verbs and the daemon's list. Called by the completion
 * script through the hidden --complete; it is silent and quick whatever is wrong.
 */
#include <string.h>

#include "client.h"
#include "output.h"

static void offer(const char *candidate, const char *prefix)
{
	if (!strncmp(candidate, prefix, strlen(prefix)))
		puts(candidate);
}

static void offer_policies(const struct ctl *ctl, const char *prefix)
{
	_cleanup_json_ sd_json_variant *reply = ctl_ask_quietly(ctl, "List");
	sd_json_variant *policies = reply ? ctl_array(reply, "policies") : NULL;
	const char *before = NULL;

	for (size_t i = 0; policies && i < sd_json_variant_elements(policies); i++) {
		const char *name = ctl_string(sd_json_variant_by_index(policies, i), "name");

		if (name && (!before || strcmp(name, before)))
			offer(name, prefix);
		before = name;
	}
}

static void offer_options(const struct ctl_verb *verb, const char *prefix)
{
	static const char *const options[] = { "--json", "--no-legend", "--help", "--version",
					       "--socket" };

	const struct option *own = verb ? ctl_verb_options(verb) : NULL;

	for (; own && own->name; own++) {
		char option[64];

		snprintf(option, sizeof(option), "--%s", own->name);
		offer(option, prefix);
	}
	if (verb && ctl_verb_options(verb))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		offer(options[i], prefix);
	if (verb && verb->can_follow)
		offer("--follow", prefix);
}

enum ctl_exit ctl_complete(const struct ctl *ctl, int argc, char *argv[])
{
	const char *prefix = argc ? argv[argc - 1] : "";
	const struct ctl_verb *verb = NULL;
	int n_args = 0;

	for (int i = 0; i + 1 < argc; i++) {
		if (*argv[i] == '-')
			continue;
		if (verb)
			n_args++;
		else
			verb = ctl_verb_find(argv[i]);
	}

	if (*prefix == '-') {
		offer_options(verb, prefix);
	} else if (!verb) {
		for (const struct ctl_verb *v = ctl_verbs; v->name; v++)
			if (v->run)
				offer(v->name, prefix);
	} else if (verb->complete == CTL_COMPLETE_POLICY && n_args < verb->max_args) {
		offer_policies(ctl, prefix);
	} else if (verb->complete == CTL_COMPLETE_BALLOON && !n_args) {
		for (size_t i = 0; ctl_balloon_verb(i); i++)
			offer(ctl_balloon_verb(i), prefix);
	} else if (verb->complete == CTL_COMPLETE_FILE) {
		puts("FILE"); /* the shell knows files better */
	} else if (verb->complete == CTL_COMPLETE_PATH) {
		puts("PATH");
	}
	return CTL_OK;
}
