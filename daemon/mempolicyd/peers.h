/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may have one more connection to the control socket. sd-varlink may buffer 16 MiB a message,
 * so the number of connections bounds the daemon's memory; and whatever other users do, root must
 * be able to ask and to change. Called by control.c; it counts and decides, and holds no connection.
 */
#ifndef MP_PEERS_H
#define MP_PEERS_H

#include <stdbool.h>
#include <sys/types.h>

/* Connections that are served, in all and for each user but root. */
#define MP_PEERS_MAX 32
#define MP_PEERS_PER_USER_MAX 8
/* Only root may have the last ones. */
#define MP_PEERS_OTHERS_MAX (MP_PEERS_MAX - 8)
/* A follower never becomes idle, nor does who holds pins: the last connections are for questions, root's or not. */
#define MP_PEERS_FOLLOWERS_MAX (MP_PEERS_MAX - 4)
/* Each of these is an owner of pins in the kernel, where the daemon's are counted as one user's: see kept-pins.c. */
#define MP_PEERS_HOLDERS_MAX 16
/* Connections that wait for their question, to be told that they are one too many. */
#define MP_PEERS_REFUSED_MAX 8

struct mp_peer {
	uid_t uid;
	bool is_root;
	bool follows;
	bool holds; /* pins, as long as the connection lasts */
	bool refused; /* one too many: not among those that are served */
};

struct mp_peers {
	unsigned int served, others, same_user, followers, holders, refused;
};

/* Counts @peer in; @uid is the user whose connections are wanted as same_user. */
void mp_peers_add(struct mp_peers *peers, const struct mp_peer *peer, uid_t uid);

/* Whether one more may be served. */
bool mp_peers_may_connect(const struct mp_peers *peers, bool is_root);
/* Whether one more of those that are served may follow, or hold pins. */
bool mp_peers_may_follow(const struct mp_peers *peers);
bool mp_peers_may_hold(const struct mp_peers *peers);
/* Whether one more that is not served may wait for its error. */
bool mp_peers_may_be_refused(const struct mp_peers *peers);

#endif
