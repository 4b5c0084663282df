/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One question to the daemon and its answer, with a deadline. Called by the verbs; it never prints
 * an answer.
 */
#ifndef MP_CTL_CLIENT_H
#define MP_CTL_CLIENT_H

#include "ctl.h"

/*
 * Calls CTL_INTERFACE.@method. CTL_OK and a reply to be unref'd, else the failure has been
 * told.
 * @parameters may be NULL.
 */
enum ctl_exit ctl_call(const struct ctl *ctl, const char *method, sd_json_variant *parameters,
		       sd_json_variant **ret_reply);

/* The same with a descriptor, for which @parameters has 0; it stays the caller's. -1: without one. */
enum ctl_exit ctl_call_with_file(const struct ctl *ctl, const char *method,
				 sd_json_variant *parameters, int fd, sd_json_variant **ret_reply);

/*
 * The same about the policy @name, which is looked at before anybody is asked; about all when @name
 * is NULL.
 */
enum ctl_exit ctl_call_policy(const struct ctl *ctl, const char *method, const char *name,
			      sd_json_variant **ret_reply);

typedef void (*ctl_reply_handler)(const struct ctl *ctl, sd_json_variant *reply);

/*
 * Calls with `more` and hands every reply to @handler until the daemon ends, stdout has no reader any
 * more, or writing there fails. There is a deadline for the first reply only.
 */
enum ctl_exit ctl_follow(const struct ctl *ctl, const char *method, sd_json_variant *parameters,
			 ctl_reply_handler handler);

/*
 * As ctl_call(), but an error of the daemon whose name has one of the ends @except, up to NULL, is not told: *@ret_met
 * is that end then, and the result CTL_FAILED. "" is the end of any.
 */
enum ctl_exit ctl_call_except(const struct ctl *ctl, const char *method,
			      sd_json_variant *parameters, const char *const *except,
			      const char **ret_met, sd_json_variant **ret_reply);

/* Without messages, with a deadline of a second: for completion. NULL when it fails. */
sd_json_variant *ctl_ask_quietly(const struct ctl *ctl, const char *method);
/* Likewise with parameters and a descriptor, as above: for what is shown if it can be had. */
sd_json_variant *ctl_ask_file_quietly(const struct ctl *ctl, const char *method,
				      sd_json_variant *parameters, int fd);

#endif
