/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What fnmatch(3) would silently take as "matches nothing" is found here and named. Called by the
 * setters of Cgroup= and Unit=; it matches nothing itself.
 */
#include <string.h>

#include "match.h"

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

static const char *path_problem(const char *glob)
{
	if (strstr(glob, "//"))
		return "it has an empty path component";
	if (!strncmp(glob, "/sys/fs/cgroup", strlen("/sys/fs/cgroup")))
		return "the path begins below the cgroup root: leave /sys/fs/cgroup out";
	for (const char *s = glob; *s; s += strcspn(s, "/")) {
		size_t n;

		s += strspn(s, "/");
		n = strcspn(s, "/");
		if ((n == 1 && s[0] == '.') || (n == 2 && s[0] == '.' && s[1] == '.'))
			return "it has a '.' or '..' component";
	}
	return NULL;
}

const char *mp_glob_problem(const char *glob, bool is_path)
{
	const char *problem = NULL;

	if (!*glob)
		return "it is empty";
	if (!is_path && strchr(glob, '/'))
		return "it is one path component and cannot hold a '/'";
	for (const char *s = glob; *s;) {
		if (*s == '\\' && !s[1])
			return "it ends in a backslash";
		if (*s == '\\') {
			s += 2;
		} else if (*s == '[') {
			s = skip_bracket(s + 1, is_path, &problem);
			if (!s)
				return problem;
		} else {
			s++;
		}
	}
	return is_path ? path_problem(glob) : NULL;
}
