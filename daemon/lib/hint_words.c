// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables of words; see hint_words.h.
 */
#include <errno.h>
#include <string.h>

#include "hint_words.h"
#include "macro.h"
#include "mempol/abi.h"

static const char *const verbs[] = {
	[MEMPOL_HINT_ACTIVATE] = "activate", [MEMPOL_HINT_DEACTIVATE] = "deactivate",
	[MEMPOL_HINT_PIN] = "pin",	     [MEMPOL_HINT_UNPIN] = "unpin",
	[MEMPOL_HINT_EVICT] = "evict",	     [MEMPOL_HINT_PREFETCH] = "prefetch",
};

const char *mp_hint_verb_to_string(unsigned int verb)
{
	return verb < ARRAY_SIZE(verbs) ? verbs[verb] : NULL;
}

unsigned int mp_hint_verb_from_string(const char *word)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(verbs); i++)
		if (verbs[i] && !strcmp(verbs[i], word))
			return i;
	return 0;
}

const char *mp_hint_problem(int error)
{
	switch (-error) {
	case EBADF:
		return "the file is open in a way in which its pages cannot be named (O_PATH)";
	case EISDIR:
		return "it is a directory: name its files, or use -r";
	case ESPIPE:
	case EOPNOTSUPP:
		return "its pages cannot be reclaimed, so nothing can be said of them: it is on tmpfs, "
		       "hugetlbfs or DAX, or it is a device or a pipe";
	case EACCES:
		return "it is not open for reading";
	case EINVAL:
		return "no file has such a range";
	case EDQUOT:
		return "no more may be pinned: what fitted is; raise PinMax= of the policy";
	case ENOLINK:
		return "no policy governs some of its pages, and only governed pages can be pinned: "
		       "mempolctl explain says which cgroup is governed, and pages are its own that it "
		       "has read in";
	case EHOSTDOWN:
		return "the policy is paused, because its daemon gave no sign of life";
	case ENOSPC:
		return "there are as many pinned ranges as one owner may have: use larger ones";
	case EMFILE:
		return "there are as many owners of pins as one user may have: end one";
	default:
		return NULL;
	}
}
