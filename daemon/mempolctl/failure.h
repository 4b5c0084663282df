/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a question that fails looks like: a sentence on stderr, with --json an object on stdout too,
 * and the exit code. Called by the client only.
 */
#ifndef MP_CTL_FAILURE_H
#define MP_CTL_FAILURE_H

#include "ctl.h"

/* Nothing came back: @error is why, negative. */
enum ctl_exit ctl_fail_transport(const struct ctl *ctl, int error);

/* An error came back, with parameters that may be NULL. */
enum ctl_exit ctl_fail_reply(const struct ctl *ctl, const char *error_id, sd_json_variant *reply);

/* The daemon has gone in the middle of a conversation. */
enum ctl_exit ctl_fail_ended(const struct ctl *ctl);

#endif
