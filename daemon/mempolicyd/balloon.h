/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a user may ask of the balloon: how it is, and a size that is not its engine's. Called by
 * control.c, answered from the kernel. It attaches nothing and remembers only that it asked.
 */
#ifndef MP_BALLOON_H
#define MP_BALLOON_H

#include <systemd/sd-json.h>

#include "state.h"

enum mp_balloon_wish {
	MP_BALLOON_INFLATE, /* hold so much in all */
	MP_BALLOON_DEFLATE, /* hold so much less than now */
	MP_BALLOON_ENGINE, /* what the engine says */
};

/*
 * Both return 0 and a reply, or -errno and a sentence that says why not and what to do (NULL: memory
 * is short): -EOPNOTSUPP when the kernel or the machine cannot, another one when it could.
 */
int mp_balloon_status(struct mp_manager *manager, sd_json_variant **ret, char **ret_problem);
int mp_balloon_wish(struct mp_manager *manager, enum mp_balloon_wish wish, uint64_t bytes,
		    sd_json_variant **ret, char **ret_problem);

#endif
