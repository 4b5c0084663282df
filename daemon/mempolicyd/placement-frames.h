/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frames of a pool as a reply: a part of them at a time. Called by placement.c only.
 */
#ifndef MP_PLACEMENT_FRAMES_H
#define MP_PLACEMENT_FRAMES_H

#include <systemd/sd-json.h>

#include "state.h"

/* Why a call about the pool of @at came to nothing: @error, or what stands for it in a reply, and a sentence. */
int mp_placement_refused(const struct mp_attachment *at, int error, char **ret_problem);

/*
 * Which pages some frames of the pool have, from @first on; @pool: what MEMPOL_CALL_PLACEMENT_POOL answered. Returns as
 * the functions of placement.h do.
 */
int mp_placement_read(struct mp_manager *manager, const struct mp_attachment *at,
		      const struct mempol_call *pool, uint64_t first, sd_json_variant **ret,
		      char **ret_problem);

#endif
