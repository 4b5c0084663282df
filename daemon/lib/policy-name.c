/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a policy may be called (policy.h). Its file is named after it, and so is its pool of memory.
 */
#include <errno.h>
#include <string.h>

#include "policy.h"
#include "strutil.h"

#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.@-"

bool mp_policy_name_valid(const char *name, size_t length)
{
	/* A command line would take the one for an option, and people hide files with the other. */
	if (!length || length >= MEMPOL_NAME_LEN || *name == '-' || *name == '.')
		return false;
	for (size_t i = 0; i < length; i++)
		if (!name[i] || !strchr(NAME_CHARS, name[i]))
			return false;
	return true;
}

int mp_policy_name_from_path(const char *path, char **ret_name)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	char *name;
	size_t n;

	if (!mp_ends_with(base, MP_POLICY_SUFFIX))
		return -EINVAL;
	n = strlen(base) - strlen(MP_POLICY_SUFFIX);
	if (!mp_policy_name_valid(base, n))
		return -EINVAL;

	name = strndup(base, n);
	if (!name)
		return -ENOMEM;
	*ret_name = name;
	return 0;
}
