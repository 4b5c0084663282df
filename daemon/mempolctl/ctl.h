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
	CTL_COMPLETE_VERB,
};

enum ctl_access {
	CTL_ACCESS_ALONE, /* does not ask the daemon */
	CTL_ACCESS_EVERYBODY, /* any user, of what is the user's own */
	CTL_ACCESS_GROUP, /* root and the group mempolicy */
	CTL_ACCESS_ROOT,
};

struct ctl_verb {
	const char *name;
	const char *args; /* for help */
	int min_args;
	int max_args; /* -1: any number */
	enum ctl_access access;
	enum ctl_complete complete;
	bool can_follow;
	/* Verbs of its own, in place of a function or as its first word; ends with a row without name. */
	const struct ctl_verb *verbs;
	/* Set if the verb reads its options itself; the function completes the value of one. */
	const struct option *options;
	void (*complete_value)(const char *option, const char *prefix);
	/* @argv holds the arguments behind the verb. */
	enum ctl_exit (*run)(const struct ctl *ctl, int argc, char *argv[]);
	const char *help;
};

/* A word of the design that is neither run nor offered yet. */
#define CTL_NOT_BUILT(word) { .name = (word), .args = "...", .max_args = -1 }

extern const struct ctl_verb ctl_verb_table[]; /* ends with a row without name */

/* Before any verb is looked for: the table, to which the mechanisms' verbs are added. */
void ctl_verbs_init(const struct ctl_verb *verbs);

/* In turn, those of mechanisms last; NULL past the last. */
const struct ctl_verb *ctl_verb_at(size_t index);
const struct ctl_verb *ctl_verb_find(const char *name);
const struct ctl_verb *ctl_subverb_find(const struct ctl_verb *verb, const char *name);
bool ctl_verb_is_built(const struct ctl_verb *verb);

/* Say on stderr what is wrong with @word; CTL_USAGE. */
enum ctl_exit ctl_verb_unknown(const char *word);
enum ctl_exit ctl_verb_not_built(const struct ctl_verb *verb);
enum ctl_exit ctl_subverb_unknown(const struct ctl_verb *verb, const char *word);

/* The verbs. */
enum ctl_exit ctl_status(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_list(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_show(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_explain(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_stats(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_events(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_check(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_reload(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_reset(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_engines(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_features(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_simulate(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_test_engine(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_advise(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_record(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_refs(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_placement(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_translation(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_cache(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_run(const struct ctl *ctl, int argc, char *argv[]);
enum ctl_exit ctl_help(const struct ctl *ctl, int argc, char *argv[]);

extern const struct option ctl_check_options[];
extern const struct option ctl_simulate_options[];
extern const struct option ctl_test_engine_options[];
extern const struct option ctl_record_options[];
extern const struct option ctl_advise_options[];
extern const struct option ctl_refs_options[];
extern const struct ctl_verb ctl_refs_verbs[];
extern const struct option ctl_placement_options[];
extern const struct ctl_verb ctl_placement_verbs[];
void ctl_placement_complete(const char *option, const char *prefix);
extern const struct option ctl_run_options[];
extern const struct option ctl_cache_options[];
extern const struct ctl_verb ctl_cache_verbs[];
extern const struct option ctl_translation_options[];
extern const struct ctl_verb ctl_translation_verbs[];
void ctl_simulate_complete(const char *option, const char *prefix);
void ctl_record_complete(const char *option, const char *prefix);

/* Hidden `mempolctl --complete WORD...`: one candidate a line for the last word. */
enum ctl_exit ctl_complete(const struct ctl *ctl, int argc, char *argv[]);

/* One candidate, if it begins with @prefix. */
void ctl_offer(const char *candidate, const char *prefix);

#define _cleanup_json_ _cleanup_(sd_json_variant_unrefp)

#endif
