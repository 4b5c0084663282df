/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One session a connection to the control socket: who the peer is, whether it follows the events, when it
 * has been idle for too long. Called by control.c (connections come and go) and by the methods, each of
 * which begins with mp_session_begin(). It knows no method.
 */
#ifndef MP_SESSIONS_H
#define MP_SESSIONS_H

#include <systemd/sd-varlink.h>

#include "interface.h"
#include "peers.h"
#include "state.h"

#define MP_ERROR_NO_SUCH_POLICY MP_INTERFACE ".NoSuchPolicy"
#define MP_ERROR_NO_SUCH_CGROUP MP_INTERFACE ".NoSuchCgroup"
#define MP_ERROR_INVALID_POLICIES MP_INTERFACE ".InvalidPolicies"
#define MP_ERROR_KERNEL_CANNOT MP_INTERFACE ".KernelCannot"
#define MP_ERROR_TOO_MANY_CONNECTIONS MP_INTERFACE ".TooManyConnections"

/* Of what a connection holds, with its final NUL: hexadecimal digits. */
#define MP_HELD_NAME_LEN 33

struct mp_session {
	struct mp_sessions *all;
	sd_varlink *link;
	sd_event_source *idle;
	sd_event_source *first; /* until the first bytes are here */
	int passed; /* a descriptor that came with them, or -1 */
	struct mp_peer peer;
	int held; /* a session of pins in the kernel, or -1 */
	char held_name[MP_HELD_NAME_LEN]; /* by which another connection of the same user's means it */
	struct mp_session *next;
};

struct mp_sessions {
	struct mp_manager *manager;
	struct mp_session *first;
};

/*
 * For sd_varlink_server_bind_connect() and _disconnect(): @userdata is struct mp_sessions. A negative value
 * closes the connection without a word: there are too many to refuse, even.
 */
int mp_session_open(sd_varlink_server *server, sd_varlink *link, void *userdata);
void mp_session_close(sd_varlink_server *server, sd_varlink *link, void *userdata);

/* Each method begins here. Not 0: this connection is one too many, and has been told so. */
int mp_session_begin(sd_varlink *link, struct mp_manager **ret);

/*
 * Before that: the descriptor that came with the first message of the connection, now the caller's (passed.h), or
 * -1. If the method does not ask, it is closed.
 */
int mp_session_passed(sd_varlink *link);

/* The connection is in use. */
void mp_session_busy(sd_varlink *link);

/* Answers with @v, or with an error for @r < 0. */
int mp_session_reply(sd_varlink *link, int r, sd_json_variant *v);

bool mp_session_is_root(sd_varlink *link);

/* Reading is for the group, changing for root. Not 0: the peer may not change, and has been told so. */
int mp_session_refuse_change(sd_varlink *link);

/* What is a user's own is for that user and root. Not 0: the peer is neither, and has been told so. */
int mp_session_refuse_other(sd_varlink *link, uid_t uid);

/* Whether the peer may be told which pages of the file are used: see mp_passed_is_users(); root is told of all. */
bool mp_session_may_look_into(sd_varlink *link, int fd);

/* 1: the peer may follow the events. Otherwise it has been told that it may not. */
int mp_session_may_follow(sd_varlink *link);
/* Likewise hold pins. */
int mp_session_may_hold(sd_varlink *link);
int mp_session_follow(sd_varlink *link);

/*
 * The connection holds a session of pins as long as it lasts: @fd becomes its own, and has a name that nobody can guess.
 * Only after mp_session_may_hold(). 0 or -errno.
 */
int mp_session_hold(sd_varlink *link, int fd);
const char *mp_session_held_name(sd_varlink *link); /* NULL: it holds none */
/* The session of that name, if a connection of the same user's holds it; it stays that one's. -ENOENT. */
int mp_session_held(sd_varlink *link, const char *name);

/* Tells every follower; one that does not read is cut off, as it must not fill the daemon's memory. */
void mp_sessions_tell(sd_json_variant *event, void *userdata);

#endif
