/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of words behind names.h, from the X-macros of abi.h where the kernel owns the list. A
 * number that is out of range gives NULL, never a guess.
 */
#include <errno.h>
#include <string.h>

#include "names.h"

static const char *const states[_MP_STATE_MAX] = {
#define MP_X(upper, lower) [MP_STATE_##upper] = #lower,
	MP_STATES(MP_X)
#undef MP_X
};

static const char *const mechanisms[] = {
	[MEMPOL_MECH_CACHE] = "cache",
	[MEMPOL_MECH_PLACEMENT] = "placement",
	[MEMPOL_MECH_BALLOON] = "balloon",
	[MEMPOL_MECH_REFCOUNT] = "refcount",
	[MEMPOL_MECH_TRANSLATION] = "translation",
};

static const struct {
	const char *word;
	const char *text;
} exit_kinds[] = {
	[MEMPOL_EXIT_NONE] = { "none", "it is attached" },
	[MEMPOL_EXIT_DETACHED] = { "detached", "its link was closed" },
	[MEMPOL_EXIT_REPLACED] = { "replaced", "another engine took over its lists" },
	[MEMPOL_EXIT_CGROUP] = { "cgroup", "its cgroup was removed" },
	[MEMPOL_EXIT_STALLED] = { "stalled", "it withheld pages while memory was short" },
	[MEMPOL_EXIT_ERROR] = { "error", "it made too many invalid requests" },
	[MEMPOL_EXIT_SLOW] = { "slow", "its callbacks ran too long" },
};

static const char *const cache_counters[MEMPOL_CACHE_NR_COUNTERS] = {
#define MP_X(upper, lower) [MEMPOL_CACHE_##upper] = #lower,
	MEMPOL_CACHE_COUNTERS(MP_X)
#undef MP_X
};

static const char *const balloon_counters[MEMPOL_BALLOON_NR_COUNTERS] = {
#define MP_X(upper, lower) [MEMPOL_BALLOON_##upper] = #lower,
	MEMPOL_BALLOON_COUNTERS(MP_X)
#undef MP_X
};

static const struct {
	const char *word;
	const char *text;
} causes[] = {
	[MEMPOL_BALLOON_BY_ENGINE] = { "engine", "the engine wants it so" },
	[MEMPOL_BALLOON_BY_REQUEST] = { "request", "somebody asked for a size" },
	[MEMPOL_BALLOON_BY_HOST] = { "host", "the host asked for another size" },
	[MEMPOL_BALLOON_BY_OOM] = { "oom", "memory had run out" },
	[MEMPOL_BALLOON_BY_PRESSURE] = { "pressure", "tasks had to wait for memory" },
	[MEMPOL_BALLOON_BY_GUARD] = { "guard", MP_PASSIVE_TEXT ", or the policy was ejected" },
	[MEMPOL_BALLOON_BY_DEVICE] = { "device", "the device or its memory came or went" },
};

static const struct {
	const char *word;
	const char *text;
} refusals[MEMPOL_NR_REFUSALS] = {
#define MP_X(upper, lower, text) [MEMPOL_REFUSED_##upper] = { #lower, text },
	MEMPOL_REFUSALS(MP_X)
#undef MP_X
};

static const struct {
	unsigned int type;
	const char *word;
} event_types[] = {
	{ MEMPOL_EV_ATTACHED, "attached" },
	{ MEMPOL_EV_DETACHED, "detached" },
	{ MEMPOL_EV_DRAINED, "drained" },
	{ MEMPOL_EV_EJECTED, "ejected" },
	{ MEMPOL_EV_FORCED, "forced" },
	{ MEMPOL_EV_REFUSED, "refused" },
	{ MEMPOL_EV_REPLACED, "replaced" },
	{ MEMPOL_EV_PASSIVE, "passive" },
	{ MEMPOL_EV_ACTIVE, "active" },
	{ MEMPOL_EV_RESIZED, "resized" },
	{ MP_EVENT_LOADED, "loaded" },
	{ MP_EVENT_FAILED, "failed" },
	{ MP_EVENT_KEPT, "kept" },
	{ MP_EVENT_REMOVED, "removed" },
	{ MP_EVENT_RELOADED, "reloaded" },
	{ MP_EVENT_LOST, "lost" },
	{ MP_EVENT_QUARANTINED, "quarantined" },
	{ MP_EVENT_RESET, "reset" },
};

const char *mp_state_to_string(enum mp_state state)
{
	return (unsigned int)state < _MP_STATE_MAX ? states[state] : NULL;
}

const char *mp_mechanism_to_string(enum mempol_mechanism_id mechanism)
{
	return (unsigned int)mechanism < ARRAY_SIZE(mechanisms) ? mechanisms[mechanism] : NULL;
}

const char *mp_exit_kind_to_string(enum mempol_exit_kind kind)
{
	return (unsigned int)kind < ARRAY_SIZE(exit_kinds) ? exit_kinds[kind].word : NULL;
}

const char *mp_exit_kind_text(enum mempol_exit_kind kind)
{
	return (unsigned int)kind < ARRAY_SIZE(exit_kinds) ? exit_kinds[kind].text : NULL;
}

const char *mp_event_type_to_string(unsigned int type)
{
	for (size_t i = 0; i < ARRAY_SIZE(event_types); i++)
		if (event_types[i].type == type)
			return event_types[i].word;
	return NULL;
}

static const char *const common_counters[MEMPOL_NR_COMMON] = {
#define MP_X(upper, lower) [MEMPOL_COMMON_##upper] = #lower,
	MEMPOL_COMMON_COUNTERS(MP_X)
#undef MP_X
};

const char *mp_common_counter_name(unsigned int index)
{
	return index < ARRAY_SIZE(common_counters) ? common_counters[index] : NULL;
}

const char *mp_counter_name(enum mempol_mechanism_id mechanism, unsigned int index)
{
	if (mechanism == MEMPOL_MECH_CACHE && index < ARRAY_SIZE(cache_counters))
		return cache_counters[index];
	if (mechanism == MEMPOL_MECH_BALLOON && index < ARRAY_SIZE(balloon_counters))
		return balloon_counters[index];
	return NULL;
}

const char *mp_balloon_cause_to_string(unsigned int cause)
{
	return cause < ARRAY_SIZE(causes) ? causes[cause].word : NULL;
}

const char *mp_balloon_cause_text(unsigned int cause)
{
	return cause < ARRAY_SIZE(causes) ? causes[cause].text : NULL;
}

const char *mp_refusal_name(unsigned int index)
{
	return index < MEMPOL_NR_REFUSALS ? refusals[index].word : NULL;
}

const char *mp_refusal_text(unsigned int index)
{
	return index < MEMPOL_NR_REFUSALS ? refusals[index].text : NULL;
}

static int find_word(const char *const words[], size_t n_words, const char *word)
{
	for (size_t i = 0; i < n_words; i++)
		if (words[i] && !strcmp(words[i], word))
			return i;
	return -EINVAL;
}

int mp_state_from_string(const char *word)
{
	return find_word(states, ARRAY_SIZE(states), word);
}

int mp_mechanism_from_string(const char *word)
{
	return find_word(mechanisms, ARRAY_SIZE(mechanisms), word);
}
