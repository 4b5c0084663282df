// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions in a list; see sessions.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#include "log.h"
#include "passed.h"
#include "sessions.h"

/* A session that neither asks nor follows has gone to sleep with one of the connections. */
#define IDLE_USEC (5 * 1000 * 1000ULL)
/* A connection that is one too many lives until its first question is answered with an error. */
#define REFUSED_USEC (1000 * 1000ULL)

void mp_session_busy(sd_varlink *link)
{
	struct mp_session *session = sd_varlink_get_userdata(link);

	if (session)
		(void)sd_event_source_set_time_relative(session->idle, IDLE_USEC);
}

static int too_many(sd_varlink *link, const char *why)
{
	return sd_varlink_errorbo(link, MP_ERROR_TOO_MANY_CONNECTIONS, SD_JSON_BUILD_PAIR_STRING("reason", why)) ?:
		       -EUSERS;
}

int mp_session_passed(sd_varlink *link)
{
	struct mp_session *session = sd_varlink_get_userdata(link);
	int fd = session->passed;

	session->passed = -1;
	return fd;
}

int mp_session_begin(sd_varlink *link, struct mp_manager **ret)
{
	struct mp_session *session = sd_varlink_get_userdata(link);

	mp_passed_close(mp_session_passed(link));
	if (session->peer.refused)
		return too_many(link, "too many connections");
	mp_session_busy(link);
	*ret = session->all->manager;
	return 0;
}

int mp_session_reply(sd_varlink *link, int r, sd_json_variant *v)
{
	if (r < 0) {
		mp_log_errno(LOG_DEBUG, r, "Failed to build a reply");
		return sd_varlink_error_errno(link, r);
	}
	return sd_varlink_reply(link, v);
}

bool mp_session_is_root(sd_varlink *link)
{
	const struct mp_session *session = sd_varlink_get_userdata(link);

	return session->peer.is_root;
}

int mp_session_refuse_change(sd_varlink *link)
{
	if (mp_session_is_root(link))
		return 0;
	return sd_varlink_error(link, SD_VARLINK_ERROR_PERMISSION_DENIED, NULL) ?: -EPERM;
}

int mp_session_refuse_other(sd_varlink *link, uid_t uid)
{
	const struct mp_session *session = sd_varlink_get_userdata(link);

	return session->peer.uid == uid ? 0 : mp_session_refuse_change(link);
}

bool mp_session_may_look_into(sd_varlink *link, int fd)
{
	const struct mp_session *session = sd_varlink_get_userdata(link);

	return session->peer.is_root || mp_passed_is_users(fd, session->peer.uid);
}

static struct mp_peers count_peers(const struct mp_sessions *all, uid_t uid)
{
	struct mp_peers peers = {};

	for (const struct mp_session *session = all->first; session; session = session->next)
		mp_peers_add(&peers, &session->peer, uid);
	return peers;
}

int mp_session_may_follow(sd_varlink *link)
{
	const struct mp_session *session = sd_varlink_get_userdata(link);
	struct mp_peers peers = count_peers(session->all, session->peer.uid);

	if (session->peer.follows || session->peer.holds || mp_peers_may_follow(&peers))
		return 1;
	return too_many(link, "too many connections follow the events or hold pins");
}

int mp_session_may_hold(sd_varlink *link)
{
	const struct mp_session *session = sd_varlink_get_userdata(link);
	struct mp_peers peers = count_peers(session->all, session->peer.uid);

	return mp_peers_may_hold(&peers) ? 1 : too_many(link, "too many connections hold pins");
}

int mp_session_follow(sd_varlink *link)
{
	struct mp_session *session = sd_varlink_get_userdata(link);

	session->peer.follows = true;
	return sd_event_source_set_enabled(session->idle, SD_EVENT_OFF);
}

int mp_session_hold(sd_varlink *link, int fd)
{
	struct mp_session *session = sd_varlink_get_userdata(link);
	uint64_t name[2];
	int r;

	if (getrandom(name, sizeof(name), GRND_NONBLOCK) != sizeof(name))
		return -EAGAIN;
	r = sd_event_source_set_enabled(session->idle, SD_EVENT_OFF);
	if (r < 0)
		return r;
	snprintf(session->held_name, sizeof(session->held_name), "%016" PRIx64 "%016" PRIx64,
		 name[0], name[1]);
	session->held = fd;
	session->peer.holds = true;
	return 0;
}

const char *mp_session_held_name(sd_varlink *link)
{
	const struct mp_session *session = sd_varlink_get_userdata(link);

	return session->held >= 0 ? session->held_name : NULL;
}

int mp_session_held(sd_varlink *link, const char *name)
{
	const struct mp_session *session = sd_varlink_get_userdata(link);

	for (const struct mp_session *other = session->all->first; other; other = other->next)
		if (other->held >= 0 && other->peer.uid == session->peer.uid &&
		    !strcmp(other->held_name, name))
			return other->held;
	return -ENOENT;
}

void mp_sessions_tell(sd_json_variant *event, void *userdata)
{
	struct mp_sessions *all = userdata;
	struct mp_session *next;

	for (struct mp_session *session = all->first; session; session = next) {
		int r;

		next = session->next;
		if (!session->peer.follows)
			continue;
		r = sd_varlink_notifybo(
			session->link,
			SD_JSON_BUILD_PAIR("events",
					   SD_JSON_BUILD_ARRAY(SD_JSON_BUILD_VARIANT(event))));
		if (r < 0) {
			mp_log_errno(LOG_DEBUG, r, "Failed to tell a follower, closing");
			session->peer.follows = false;
			(void)sd_event_source_set_time_relative(session->idle, 0);
			(void)sd_event_source_set_enabled(session->idle, SD_EVENT_ONESHOT);
		}
	}
}

static int on_idle(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct mp_session *session = userdata;
	sd_varlink *link = sd_varlink_ref(session->link);

	(void)source;
	(void)usec;
	/* This calls mp_session_close(), which frees the session. */
	(void)sd_varlink_close(link);
	sd_varlink_unref(link);
	return 0;
}

/* A test's daemon is its user's: to it that user is root. */
static int identify(sd_varlink *link, struct mp_peer *ret)
{
	uid_t uid;
	int r = sd_varlink_get_peer_uid(link, &uid);

	if (r < 0)
		return r;
	*ret = (struct mp_peer){ .uid = uid, .is_root = uid == 0 || uid == geteuid() };
	return 0;
}

/*
 * In each turn of the event loop, of which sd-varlink does one thing: it reads, takes bytes for a message, calls the
 * method or refuses it, in which case it closes what came with it.
 */
static int on_turn(sd_event_source *source, void *userdata)
{
	struct mp_session *session = userdata;
	int fd = mp_passed_take(session->link);

	if (fd < 0)
		return 0;
	session->passed = fd;
	/* Of what comes later, bytes are read only. */
	(void)sd_varlink_set_allow_fd_passing_input(session->link, false);
	return sd_event_source_set_prepare(source, NULL);
}

/*
 * Descriptors may come with the first bytes. With later ones sd-varlink may take them for a violation of the protocol,
 * and closes them before anybody sees them; so it is told to read bytes only, and the kernel drops them.
 */
static int on_first(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct mp_session *session = userdata;

	(void)source;
	(void)revents;
	session->first = sd_event_source_disable_unref(session->first);
	if (mp_passed_may_come() && mp_passed_waits(fd) &&
	    sd_event_source_set_prepare(session->idle, on_turn) >= 0)
		(void)sd_varlink_set_allow_fd_passing_input(session->link, true);
	return sd_varlink_attach_event(session->link, session->all->manager->event,
				       SD_EVENT_PRIORITY_NORMAL);
}

/* sd-varlink reads nothing until it is known what comes. */
static int await_first(struct mp_session *session)
{
	int fd = sd_varlink_get_fd(session->link);

	if (fd < 0)
		return fd;
	sd_varlink_detach_event(session->link);
	return sd_event_add_io(session->all->manager->event, &session->first, fd, EPOLLIN, on_first,
			       session);
}

static void session_free(struct mp_session *session)
{
	sd_event_source_disable_unref(session->first);
	sd_event_source_disable_unref(session->idle);
	mp_passed_close(session->passed);
	mp_closep(&session->held);
	free(session);
}

int mp_session_open(sd_varlink_server *server, sd_varlink *link, void *userdata)
{
	struct mp_sessions *all = userdata;
	struct mp_peers peers;
	struct mp_peer peer;
	struct mp_session *session;
	int r;

	(void)server;
	r = identify(link, &peer);
	if (r < 0)
		return r;
	peers = count_peers(all, peer.uid);
	peer.refused = !mp_peers_may_connect(&peers, peer.is_root);
	if (peer.refused && !mp_peers_may_be_refused(&peers))
		return -EUSERS;
	session = calloc(1, sizeof(*session));
	if (!session)
		return -ENOMEM;
	session->all = all;
	session->link = link;
	session->peer = peer;
	session->passed = -1;
	session->held = -1;
	r = sd_event_add_time_relative(all->manager->event, &session->idle, CLOCK_MONOTONIC,
				       peer.refused ? REFUSED_USEC : IDLE_USEC, 0, on_idle,
				       session);
	if (r >= 0 && !peer.refused)
		r = await_first(session);
	if (r < 0) {
		session_free(session);
		return r;
	}
	session->next = all->first;
	all->first = session;
	sd_varlink_set_userdata(link, session);
	return 0;
}

void mp_session_close(sd_varlink_server *server, sd_varlink *link, void *userdata)
{
	struct mp_sessions *all = userdata;

	(void)server;
	for (struct mp_session **p = &all->first; *p; p = &(*p)->next) {
		struct mp_session *session = *p;

		if (session->link != link)
			continue;
		*p = session->next;
		session_free(session);
		sd_varlink_set_userdata(link, NULL);
		return;
	}
}
