// SPDX-License-Identifier: GPL-2.0-only
/*
 * The socket for everybody, unless another one is named; see open-hints.h.
 */
#include <string.h>

#include "open-hints.h"

int ctl_open_hints(const struct ctl *ctl, unsigned int flags, struct mempolicy **ret)
{
	return strcmp(ctl->socket, CTL_SOCKET) ? mempolicy_open_at(ret, flags, ctl->socket) :
						 mempolicy_open(ret, flags);
}
