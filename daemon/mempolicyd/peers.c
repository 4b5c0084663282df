// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counting and deciding; see peers.h.
 */
#include "peers.h"

void mp_peers_add(struct mp_peers *peers, const struct mp_peer *peer, uid_t uid)
{
	if (peer->refused) {
		peers->refused++;
		return;
	}
	peers->served++;
	peers->others += !peer->is_root;
	peers->same_user += peer->uid == uid;
	peers->followers += peer->follows || peer->holds;
	peers->holders += peer->holds;
}

bool mp_peers_may_connect(const struct mp_peers *peers, bool is_root)
{
	if (peers->served >= MP_PEERS_MAX)
		return false;
	return is_root ||
	       (peers->others < MP_PEERS_OTHERS_MAX && peers->same_user < MP_PEERS_PER_USER_MAX);
}

bool mp_peers_may_follow(const struct mp_peers *peers)
{
	return peers->followers < MP_PEERS_FOLLOWERS_MAX;
}

bool mp_peers_may_hold(const struct mp_peers *peers)
{
	return mp_peers_may_follow(peers) && peers->holders < MP_PEERS_HOLDERS_MAX;
}

bool mp_peers_may_be_refused(const struct mp_peers *peers)
{
	return peers->refused < MP_PEERS_REFUSED_MAX;
}
