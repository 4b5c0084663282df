/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines to a policy by way of the key table (parse.h). It names no key: what is particular to one
 * is a row of a section's keys and a setter. It opens no file.
 */
#include <errno.h>
#include <string.h>

#include "mechanism.h"
#include "parse.h"
#include "text.h"

void mp_parse_begin(struct mp_parse *parse, struct mp_policy *policy, struct mp_errors *errors)
{
	*parse = (struct mp_parse){
		.policy = policy,
		.errors = errors,
		.errors_before = errors->total,
	};
}

void mp_parse_done(struct mp_parse *parse)
{
	for (size_t i = 0; i < ARRAY_SIZE(parse->seen_file); i++)
		free(parse->seen_file[i]);
}

static int unknown_section(struct mp_parse *parse, const struct mp_line *line)
{
	_cleanup_free_ char *advice = NULL;
	int r;

	parse->unknown_section = true;
	r = mp_section_suggest(line->section, &advice);
	if (r < 0)
		return r;
	return mp_errors_add(parse->errors, parse->file, line->number,
			     "unknown section [%.60s], %s", line->section, advice);
}

static int take_section(struct mp_parse *parse, const struct mp_line *line)
{
	const struct mp_section *section = mp_section_find(line->section);
	size_t i;

	parse->in_section = true;
	parse->section = NULL;
	if (!section)
		return unknown_section(parse, line);

	i = mp_section_index(section);
	if (!parse->seen_line[i]) {
		parse->seen_line[i] = line->number;
		parse->seen_file[i] = strdup(parse->file);
		if (!parse->seen_file[i])
			return -ENOMEM;
	}
	if (!section->available)
		return mp_errors_add(parse->errors, parse->file, line->number,
				     "[%s]: not available in this version", section->name);
	parse->section = section;
	return 0;
}

static int complain_of_key(struct mp_errors *errors, const char *file, unsigned int line,
			   const struct mp_section *section, const char *key)
{
	_cleanup_free_ char *advice = NULL;
	int r = mp_key_suggest(section, key, &advice);

	if (r < 0)
		return r;
	return mp_errors_add(errors, file, line, "unknown key '%.60s' in [%s], %s", key,
			     section->name, advice);
}

/* "mru # best": a text may hold that, any other value would only be called wrong. */
static bool ends_in_comment(const char *value)
{
	for (const char *s = value; *s; s++)
		if ((*s == '#' || *s == ';') && s > value && (s[-1] == ' ' || s[-1] == '\t'))
			return true;
	return false;
}

static int comment_behind(struct mp_parse *parse, const struct mp_line *line)
{
	return mp_errors_add(parse->errors, parse->file, line->number,
			     "%.60s=%.60s: a comment has a line of its own, this one would be "
			     "part of the value",
			     line->key, line->value);
}

/* Whether it is one of the engine's own is known when the engine is. */
static bool may_be_tunable(const struct mp_section *section, const char *key)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_";

	return section->mechanism && section->mechanism->has_tunables && !key[strspn(key, letters)];
}

static int unknown_key(struct mp_parse *parse, const struct mp_line *line)
{
	const struct mp_section *home = mp_key_home(line->key);
	int r = -E2BIG;

	if (home)
		return mp_errors_add(parse->errors, parse->file, line->number,
				     "unknown key '%s' in [%s], it belongs to [%s]", line->key,
				     parse->section->name, home->name);
	if (may_be_tunable(parse->section, line->key)) {
		if (ends_in_comment(line->value))
			return comment_behind(parse, line);
		r = mp_policy_tune(parse->policy, parse->file, line->number, line->key,
				   line->value);
	}
	if (r != -E2BIG)
		return r;
	return complain_of_key(parse->errors, parse->file, line->number, parse->section, line->key);
}

static int key_not_built(struct mp_parse *parse, const struct mp_line *line,
			 const struct mp_key *key)
{
	return mp_errors_add(parse->errors, parse->file, line->number,
			     "%s=: not available in this version%s%s", key->name,
			     *key->doc ? ", use " : "", key->doc);
}

static int take_key(struct mp_parse *parse, const struct mp_line *line)
{
	const struct mp_key *key;

	if (!parse->in_section)
		return mp_errors_add(parse->errors, parse->file, line->number,
				     "'%.60s=' stands before any [Section]", line->key);
	if (!parse->section) /* the section was refused; its keys would only repeat that */
		return 0;

	key = mp_key_find(parse->section, line->key);
	if (!key)
		return unknown_key(parse, line);
	if (!key->set)
		return key_not_built(parse, line, key);
	if (!key->list && strcmp(key->type, "text") && ends_in_comment(line->value))
		return comment_behind(parse, line);
	return key->set(parse->policy,
			&(struct mp_place){ parse->file, line->number, parse->errors,
					    parse->section->mechanism },
			line->value);
}

static int take_line(const struct mp_line *line, void *userdata)
{
	struct mp_parse *parse = userdata;
	size_t before = parse->errors->total;
	int r;

	if (line->section)
		return take_section(parse, line);
	r = take_key(parse, line);
	if (parse->section && parse->errors->total > before)
		parse->bad_section[mp_section_index(parse->section)] = true;
	return r;
}

int mp_parse_file(struct mp_parse *parse, const char *file, const char *text, size_t size)
{
	int r;

	parse->file = file;
	parse->section = NULL;
	parse->in_section = false;

	r = mp_text_check(file, text, size, parse->errors);
	if (r == -EBADMSG) {
		parse->unreadable = true;
		return 0;
	}
	if (r < 0)
		return r;
	return mp_text_walk(file, text, size, parse->errors, take_line, parse);
}

/* The entry stands where the section was first seen. */
static int complain_of(struct mp_parse *parse, const struct mp_section *section,
		       const char *problem)
{
	size_t i = mp_section_index(section);

	return mp_errors_add(parse->errors, parse->seen_file[i], parse->seen_line[i], "[%s]%s",
			     section->name, problem);
}

/* How many mechanism sections were seen, and the last one of the table. */
static size_t find_mechanism(const struct mp_parse *parse, const struct mp_section **ret)
{
	const struct mp_section *section;
	size_t n = 0;

	for (size_t i = 0; (section = mp_section_at(i)); i++) {
		if (!section->mechanism || !parse->seen_line[i])
			continue;
		*ret = section;
		n++;
	}
	return n;
}

/* The sections of the mechanisms that a policy can have, for a message: "[Cache] or [Balloon]". */
static void name_sections(char *text, size_t size)
{
	const char *between = "";

	*text = '\0';
	for (size_t i = 0; i < mp_mechanisms_count; i++) {
		const struct mp_section *section = &mp_mechanisms[i]->section;
		size_t used = strlen(text);

		if (!section->available)
			continue;
		snprintf(text + used, size - used, "%s[%s]", between, section->name);
		between = " or ";
	}
}

/* @mechanism: NULL when there is none. */
static int check_match(struct mp_parse *parse, const char *path, const struct mp_section *mechanism)
{
	const struct mp_section *section = mp_section_find("Match");
	const struct mp_match *match = &parse->policy->match;
	size_t i = mp_section_index(section);

	if (mechanism && mechanism->mechanism->host_wide) {
		if (!parse->seen_line[i])
			return 0;
		return mp_errors_add(parse->errors, parse->seen_file[i], parse->seen_line[i],
				     "[Match]: [%s] is for the whole machine, take [Match] out",
				     mechanism->name);
	}
	if (!parse->seen_line[i])
		return mp_errors_add(parse->errors, path, 1,
				     "there is no [Match] section: nothing would be governed");
	if (match->cgroup.count || match->unit.count || parse->bad_section[i])
		return 0;
	return complain_of(parse, section, " has neither Cgroup= nor Unit=");
}

static int complain_of_tunings(struct mp_parse *parse, const struct mp_section *section)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < parse->policy->n_tunings; i++) {
		const struct mp_tuning *tuning = &parse->policy->tunings[i];

		r = complain_of_key(parse->errors, tuning->file, tuning->line, section,
				    tuning->key);
	}
	return r;
}

/* A bad key was left out, so what is missing now may not be. */
static int check_keys(struct mp_parse *parse, const struct mp_section *section)
{
	if (!section->mechanism->check || parse->bad_section[mp_section_index(section)])
		return 0;
	return section->mechanism->check(parse->policy, parse->errors);
}

static int check_mechanism(struct mp_parse *parse, const char *path,
			   const struct mp_section *section)
{
	char names[128];

	if (!section) {
		name_sections(names, sizeof(names));
		return mp_errors_add(parse->errors, path, 1, "there is no mechanism section (%s)",
				     names);
	}
	if (!section->available)
		return 0;
	if (parse->policy->choice.engine)
		return check_keys(parse, section);
	/* There is no engine that could know them. */
	if (parse->policy->n_tunings)
		return complain_of_tunings(parse, section);
	if (parse->bad_section[mp_section_index(section)])
		return 0;
	return complain_of(parse, section, " has no Engine=");
}

/* A policy is one engine; those that are not available have their entry already. */
static int check_only_one(struct mp_parse *parse, const struct mp_section *section)
{
	const struct mp_section *seen;

	for (size_t i = 0; (seen = mp_section_at(i)); i++)
		if (seen->mechanism && parse->seen_line[i] && !seen->available)
			return 0;
	return complain_of(parse, section,
			   ": a policy has one mechanism, put this section into a file of its own");
}

static int check_whole(struct mp_parse *parse, const char *path)
{
	const struct mp_section *section = NULL;
	size_t n = find_mechanism(parse, &section);
	int r;

	if (n > 1)
		return check_only_one(parse, section);
	r = check_match(parse, path, section);
	if (r < 0)
		return r;
	return check_mechanism(parse, path, section);
}

int mp_parse_end(struct mp_parse *parse)
{
	int r;

	if (!parse->unreadable && !parse->unknown_section) {
		r = check_whole(parse, parse->policy->path);
		if (r < 0)
			return r;
	}
	return parse->errors->total > parse->errors_before ? -EBADMSG : 0;
}
