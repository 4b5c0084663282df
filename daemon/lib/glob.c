/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Globs of Cgroup= and Unit= before they are matched: what could match nothing, or means something in a
 * neighbouring language, is found and named; what systemd escapes is made ready for fnmatch(3). Called
 * by the setters of both keys; it matches nothing itself.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "match.h"
#include "strutil.h"

/* Units of the other types have no cgroup. */
static const char *const unit_suffixes[] = {
	".service", ".scope", ".slice", ".socket", ".mount", ".swap",
};

static bool class_known(const char *name, size_t length)
{
	static const char *const classes[] = {
		"alnum", "alpha", "blank", "cntrl", "digit", "graph",
		"lower", "print", "punct", "space", "upper", "xdigit",
	};

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (strlen(classes[i]) == length && !strncmp(classes[i], name, length))
			return true;
	return false;
}

/*
 * One element of a bracket at @s: its length, 0 if it is bad (then *ret_problem). *ret_letter is
 * the letter it stands for, -1 for a class.
 */
static size_t bracket_element(const char *s, int *ret_letter, const char **ret_problem)
{
	const char *end;

	if (s[0] == '[' && s[1] && strchr(":.=", s[1])) {
		char close[] = { s[1], ']', '\0' };

		end = strstr(s + 2, close);
		if (!end) {
			*ret_problem = "a '[' is not closed";
			return 0;
		}
		if (s[1] != ':' || !class_known(s + 2, end - s - 2)) {
			*ret_problem = "there is no such character class";
			return 0;
		}
		*ret_letter = -1;
		return end + 2 - s;
	}
	if (s[0] == '\\' && s[1]) {
		*ret_letter = (unsigned char)s[1];
		return 2;
	}
	*ret_letter = (unsigned char)s[0];
	return 1;
}

/* @s is behind the '['. Returns what is behind the ']', or NULL and the problem. */
static const char *skip_bracket(const char *s, bool is_path, const char **ret_problem)
{
	int letter, last;
	size_t n;

	if (*s == '!' || *s == '^')
		s++;
	for (bool first = true; *s != ']' || first; first = false) {
		if (!*s) {
			*ret_problem = "a '[' is not closed";
			return NULL;
		}
		n = bracket_element(s, &letter, ret_problem);
		if (!n)
			return NULL;
		if (is_path && letter == '/') {
			*ret_problem = "a '/' cannot stand between '[' and ']'";
			return NULL;
		}
		s += n;
		if (letter < 0 || s[0] != '-' || s[1] == ']' || !s[1])
			continue;
		n = bracket_element(s + 1, &last, ret_problem);
		if (!n)
			return NULL;
		if (last < letter) {
			*ret_problem = "a range between '[' and ']' is backwards";
			return NULL;
		}
		s += 1 + n;
	}
	return s + 1;
}

static const char *component_problem(const char *glob)
{
	if (strstr(glob, "//"))
		return "it has an empty path component";
	for (const char *s = glob; *s; s += strcspn(s, "/")) {
		size_t n;

		s += strspn(s, "/");
		n = strcspn(s, "/");
		if ((n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.'))
			return "it has a '.' or '..' component";
	}
	return NULL;
}

static const char *path_problem(const char *glob)
{
	if (!strncmp(glob, "/sys/fs/cgroup", strlen("/sys/fs/cgroup")))
		return "the path begins below the cgroup root: leave /sys/fs/cgroup out";
	return component_problem(glob);
}

/* "\x2d" is what systemd writes for a '-' in a name: four letters of the name, not an escaped x. */
static bool is_systemd_escape(const char *s)
{
	return s[0] == '\\' && s[1] == 'x' && isxdigit((unsigned char)s[2]) &&
	       isxdigit((unsigned char)s[3]) && !isupper((unsigned char)s[2]) &&
	       !isupper((unsigned char)s[3]);
}

static const char *escape_problem(const char *s)
{
	if (!s[1])
		return "it ends in a backslash (a space within a name is matched by ?)";
	if (s[1] == 'x' && !is_systemd_escape(s))
		return "after \\x come two hexadecimal digits in lower case, as systemd writes them";
	return NULL;
}

/* What other languages give a meaning and no name is likely to hold. */
static const char *letter_problem(const char *s, bool is_path)
{
	switch (*s) {
	case '"':
	case '\'':
		return "quotes are not removed, write the value without them "
		       "(a quote within a name is written \\\" or \\')";
	case ',':
		return "values are separated by spaces, not by commas "
		       "(a comma within a name is written \\,)";
	case '{':
	case '}':
		return "braces are not expanded, write each value by itself, separated by spaces "
		       "(a brace within a name is written \\{ or \\})";
	case '%':
		return "specifiers are not expanded, write what they stand for, or * "
		       "(a % within a name is written \\%)";
	case '@':
		return s[1] == '.' ? "a template has no cgroup, its instances have: for all of "
				     "them write @*. instead of @." :
				     NULL;
	case '*':
		if (s[1] != '*')
			return NULL;
		return is_path ? "** is no more than *: what lies below a matched cgroup is "
				 "governed with it, and for any depth there is Unit=" :
				 "** is no more than *, write one";
	default:
		return NULL;
	}
}

/*
 * One step through a glob: what is behind the next letter, bracket or escape, or NULL and the problem.
 * *ret_literal: it stands for one letter, itself.
 */
static const char *next(const char *s, bool is_path, bool *ret_literal, const char **ret_problem)
{
	*ret_literal = false;
	if (*s == '[')
		return skip_bracket(s + 1, is_path, ret_problem);
	*ret_problem = *s == '\\' ? escape_problem(s) : letter_problem(s, is_path);
	if (*ret_problem)
		return NULL;
	*ret_literal = *s != '*' && *s != '?';
	if (*s == '\\')
		return s + (is_systemd_escape(s) ? 4 : 2);
	return s + 1;
}

static bool is_tail_of_suffix(const char *tail)
{
	for (size_t i = 0; i < ARRAY_SIZE(unit_suffixes); i++)
		if (mp_ends_with(unit_suffixes[i], tail))
			return true;
	return false;
}

static bool has_suffix(const char *tail)
{
	for (size_t i = 0; i < ARRAY_SIZE(unit_suffixes); i++)
		if (mp_ends_with(tail, unit_suffixes[i]))
			return true;
	return false;
}

/* @tail: what is behind the last wildcard, or all of the glob. */
static const char *tail_problem(const char *glob, const char *tail, bool is_path)
{
	if (is_path)
		return mp_ends_with(tail, "-") && !mp_ends_with(tail, "\\-") ?
			       "no name ends in '-': a prefix is written with * behind it" :
			       NULL;
	if (has_suffix(tail) || (tail != glob && is_tail_of_suffix(tail)))
		return NULL;
	return "no cgroup of a unit ends so: add the suffix (.service, .scope, .slice, .socket, "
	       ".mount or .swap), or use Cgroup= for what is no unit";
}

/* Two stars, and what no name holds; a '@' is a letter like any other. */
static const char *file_letter_problem(const char *s)
{
	if (s[0] == '*' && s[1] == '*')
		return "** is no more than *: write a * for each level of directories";
	if (s[0] == '\\' && !s[1])
		return "it ends in a backslash (a space within a name is matched by ?)";
	return *s == '@' || *s == '\\' ? NULL : letter_problem(s, true);
}

/* What is left when each letter means something. */
static const char *file_path_problem(const char *glob)
{
	const char *problem = component_problem(glob);
	size_t depth = 0;

	if (problem)
		return problem;
	if (mp_ends_with(glob, "/"))
		return "it ends in a '/', and a file's path does not";
	for (const char *s = glob; *s; s++)
		depth += *s == '/';
	return depth > MP_FILE_GLOB_DEPTH ? "it is too many directories deep" : NULL;
}

const char *mp_file_glob_problem(const char *glob)
{
	const char *problem;

	if (*glob != '/')
		return "it must be absolute: begin with '/'";
	for (const char *s = glob; *s;) {
		problem = file_letter_problem(s);
		if (problem)
			return problem;
		if (*s != '[') {
			s += *s == '\\' ? 2 : 1;
			continue;
		}
		s = skip_bracket(s + 1, true, &problem);
		if (!s)
			return problem;
	}
	return file_path_problem(glob);
}

const char *mp_glob_problem(const char *glob, bool is_path)
{
	const char *problem = NULL, *tail = glob;
	bool literal;

	if (!*glob)
		return "it is empty";
	if (!is_path && strchr(glob, '/'))
		return "it is one path component and cannot hold a '/'";
	for (const char *s = glob; *s;) {
		s = next(s, is_path, &literal, &problem);
		if (!s)
			return problem;
		if (!literal)
			tail = s;
	}
	problem = tail_problem(glob, tail, is_path);
	return problem || !is_path ? problem : path_problem(glob);
}

int mp_glob_for_fnmatch(const char *glob, char **ret)
{
	const char *problem, *behind;
	char *text, *to;
	bool literal;

	if (!strstr(glob, "\\x")) {
		*ret = NULL;
		return 0;
	}
	text = to = malloc(2 * strlen(glob) + 1);
	if (!text)
		return -ENOMEM;
	for (const char *s = glob; *s; s = behind) {
		behind = next(s, false, &literal, &problem);
		if (is_systemd_escape(s))
			*to++ = '\\';
		to = mempcpy(to, s, behind - s);
	}
	*to = '\0';
	*ret = text;
	return 0;
}
