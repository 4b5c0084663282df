/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the verbs of mempolctl share: the options of one call, the exit codes, the table of verbs.
 * Included by mempolctl only. It knows the Varlink interface and daemon/lib's reader and words,
 * never the daemon's insides.
 */
#ifndef MP_CTL_H
#define MP_CTL_H

#include <getopt.h>
#include <systemd/sd-json.h>

#include "macro.h"

/* Also in mempolctl(1). */
enum ctl_exit {
	CTL_OK = 0,
	CTL_FAILED = 1,
	CTL_USAGE = 2,
	CTL_KERNEL_CANNOT = 3,
	CTL_NOT_PERMITTED = 4,
	CTL_NOBODY_LISTENS = 7,
};

#define CTL_SOCKET "/run/mempolicyd/io.mempolicy.Manager"
#define CTL_INTERFACE "io.mempolicy.Manager"

struct ctl {
	const char *socket;
	bool json;
	bool legend;
	bool follow; /* events -f */
};

enum ctl_complete {
	CTL_COMPLETE_NOTHING,
	CTL_COMPLETE_POLICY,
	CTL_COMPLETE_FILE, /* of policies */
	CTL_COMPLETE_PATH, /* any file */
	CTL_COMPLETE_BALLOON, /* verbs of its own */
};

struct ctl_verb {
	const char *name;
	const char *args; /* for help */
	int min_args;
	int max_args; /* -1: any number */
	enum ctl_complete complete;
	bool can_follow;
	enum ctl_exit (*run)(const struct ctl *ctl, int argc, char *argv[]); /* NULL: not built */
	const char *help;
};

extern const struct ctl_verb ctl_verbs[]; /* ends with a row without name */

const struct ctl_verb *ctl_verb_find(const char *name);

/* Those of a verb that reads its options itself, NULL for the others. */
const struct option *ctl_verb_options(const struct ctl_verb *verb);
extern const struct option ctl_simulate_options[];

/* The verbs; argv holds the arguments behind the verb. */
enum ctl_exit ctl_status(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_list(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_show(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_stats(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_events(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_check(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_reload(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_reset(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_engines(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_features(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_simulate(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_balloon(const struct ctl *ctl, int argc, char *argv[]);

/* The verbs of balloon in turn, NULL past the last. */
const char *ctl_balloon_verb(size_t index);

/* Hidden `mempolctl --complete WORD...`: one candidate a line for the last word. */
enum ctl_exit ctl_complete(const struct ctl *ctl, int argc, char *argv[]);

#define _cleanup_json_ _cleanup_(sd_json_variant_unrefp)

#endif
