/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of verbs: dispatch, --help, completion and the manual page's check come from it. A word
 * of the design that is not built yet is a row without function.
 */
#include <string.h>

#include "ctl.h"

#define NOT_BUILT(word) \
	{ word, "...", 0, -1, CTL_COMPLETE_NOTHING, false, NULL, "not available in this version" }

const struct ctl_verb ctl_verbs[] = {
	{ "status", "", 0, 0, CTL_COMPLETE_NOTHING, false, ctl_status,
	  "how the daemon is and what it governs" },
	{ "list", "", 0, 0, CTL_COMPLETE_NOTHING, false, ctl_list,
	  "one row a policy, mechanism and cgroup" },
	{ "show", "NAME", 1, 1, CTL_COMPLETE_POLICY, false, ctl_show,
	  "all about one policy, its errors and why it was ejected" },
	{ "stats", "[NAME]", 0, 1, CTL_COMPLETE_POLICY, false, ctl_stats,
	  "the kernel's counters of each policy" },
	{ "events", "[-f]", 0, 0, CTL_COMPLETE_NOTHING, true, ctl_events,
	  "the last 1,000 events; -f goes on with new ones" },
	{ "check", "FILE...", 1, -1, CTL_COMPLETE_FILE, false, ctl_check,
	  "check policy files; needs no daemon" },
	{ "reload", "", 0, 0, CTL_COMPLETE_NOTHING, false, ctl_reload,
	  "read all policy files again, all or nothing" },
	{ "reset", "NAME", 1, 1, CTL_COMPLETE_POLICY, false, ctl_reset,
	  "let a policy that was ejected try again" },
	{ "engines", "", 0, 0, CTL_COMPLETE_NOTHING, false, ctl_engines,
	  "the engines, and whether each can be used" },
	{ "features", "", 0, 0, CTL_COMPLETE_NOTHING, false, ctl_features,
	  "what this kernel can, and why not" },
	NOT_BUILT("set-mode"),
	NOT_BUILT("explain"),
	NOT_BUILT("cache"),
	{ "balloon", "VERB [SIZE]", 1, 2, CTL_COMPLETE_BALLOON, false, ctl_balloon,
	  "status, inflate SIZE, deflate SIZE, auto: what the host has" },
	NOT_BUILT("refs"),
	NOT_BUILT("placement"),
	NOT_BUILT("translation"),
	{ "simulate", "--size SIZE TRACE", 1, -1, CTL_COMPLETE_PATH, false, ctl_simulate,
	  "what engines would miss of a trace; needs no daemon" },
	NOT_BUILT("top"),
	NOT_BUILT("metrics"),
	NOT_BUILT("dump"),
	{},
};

const struct option *ctl_verb_options(const struct ctl_verb *verb)
{
	return verb->run == ctl_simulate ? ctl_simulate_options : NULL;
}

const struct ctl_verb *ctl_verb_find(const char *name)
{
	for (const struct ctl_verb *verb = ctl_verbs; verb->name; verb++)
		if (!strcmp(verb->name, name))
			return verb;
	return NULL;
}
