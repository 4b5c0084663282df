// SPDX-License-Identifier: GPL-2.0-only
/*
 * Varlink methods, peers and limits; see control.h.
 */
#include <errno.h>
#include <string.h>
#include <systemd/sd-varlink.h>

#include "balloon.h"
#include "control.h"
#include "interface.h"
#include "log.h"
#include "peers.h"
#include "report.h"
#include "socket.h"

/* A client that neither asks nor follows has gone to sleep with one of the connections. */
#define IDLE_USEC (5 * 1000 * 1000ULL)
/* A connection that is one too many lives until its first question is answered with an error. */
#define REFUSED_USEC (1000 * 1000ULL)

#define ERROR_NO_SUCH_POLICY MP_INTERFACE ".NoSuchPolicy"
#define ERROR_INVALID_POLICIES MP_INTERFACE ".InvalidPolicies"
#define ERROR_KERNEL_CANNOT MP_INTERFACE ".KernelCannot"
#define ERROR_BALLOON_CANNOT MP_INTERFACE ".BalloonCannot"
#define ERROR_TOO_MANY_CONNECTIONS MP_INTERFACE ".TooManyConnections"

struct client {
	struct mp_control *control;
	sd_varlink *link;
	sd_event_source *idle;
	struct mp_peer peer;
	struct client *next;
};

struct mp_control {
	struct mp_manager *manager;
	sd_varlink_server *server;
	struct client *clients;
	int lock_fd;
};

static void client_busy(sd_varlink *link)
{
	struct client *client = sd_varlink_get_userdata(link);

	if (client)
		(void)sd_event_source_set_time_relative(client->idle, IDLE_USEC);
}

static int too_many(sd_varlink *link, const char *why)
{
	return sd_varlink_errorbo(link, ERROR_TOO_MANY_CONNECTIONS, SD_JSON_BUILD_PAIR_STRING("reason", why)) ?:
		       -EUSERS;
}

/* Each method begins here. Not 0: this connection is one too many, and has been told so. */
static int begin(sd_varlink *link, struct mp_manager **ret)
{
	struct client *client = sd_varlink_get_userdata(link);

	if (client->peer.refused)
		return too_many(link, "too many connections");
	client_busy(link);
	*ret = client->control->manager;
	return 0;
}

static int reply(sd_varlink *link, int r, sd_json_variant *v)
{
	if (r < 0) {
		mp_log_errno(LOG_DEBUG, r, "Failed to build a reply");
		return sd_varlink_error_errno(link, r);
	}
	return sd_varlink_reply(link, v);
}

struct name_parameter {
	const char *name;
};

static const sd_json_dispatch_field name_fields[] = {
	{ "name", SD_JSON_VARIANT_STRING, sd_json_dispatch_const_string,
	  offsetof(struct name_parameter, name), SD_JSON_NULLABLE },
	{},
};

static int no_such_policy(sd_varlink *link, const char *name)
{
	return sd_varlink_errorbo(link, ERROR_NO_SUCH_POLICY,
				  SD_JSON_BUILD_PAIR_STRING("name", name));
}

/* A name that no file can have is not looked for. */
static int check_name(sd_varlink *link, const char *name)
{
	if (name && !mp_policy_name_valid(name, strlen(name)))
		return sd_varlink_error_invalid_parameter_name(link, "name") ?: -EINVAL;
	return 0;
}

/* A name that has to be given. */
static int dispatch_name(sd_varlink *link, sd_json_variant *parameters, struct name_parameter *p)
{
	int r = sd_varlink_dispatch(link, parameters, name_fields, p);

	if (r != 0)
		return r;
	if (!p->name)
		return sd_varlink_error_invalid_parameter_name(link, "name") ?: -EINVAL;
	return check_name(link, p->name);
}

/* A method without parameters is what a report says. */
static int report(sd_varlink *link, int (*make)(struct mp_manager *m, sd_json_variant **ret))
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	struct mp_manager *m;
	int r;

	r = begin(link, &m);
	if (r != 0)
		return r;
	r = make(m, &v);
	return reply(link, r, v);
}

static int on_status(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		     void *userdata)
{
	(void)parameters;
	(void)flags;
	(void)userdata;
	return report(link, mp_report_status);
}

static int rows(sd_varlink *link, sd_json_variant *parameters, bool counters)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	struct name_parameter p = {};
	struct mp_manager *m;
	int r;

	r = begin(link, &m);
	if (r != 0)
		return r;
	r = sd_varlink_dispatch(link, parameters, name_fields, &p);
	if (r != 0)
		return r;
	r = check_name(link, p.name);
	if (r != 0)
		return r;
	r = mp_report_list(m, p.name, counters, &v);
	if (r == -ESRCH)
		return no_such_policy(link, p.name);
	return reply(link, r, v);
}

static int on_list(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		   void *userdata)
{
	(void)flags;
	(void)userdata;
	return rows(link, parameters, false);
}

static int on_stats(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		    void *userdata)
{
	(void)flags;
	(void)userdata;
	return rows(link, parameters, true);
}

static int on_show(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		   void *userdata)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	struct name_parameter p = {};
	struct mp_manager *m;
	int r;

	(void)flags;
	(void)userdata;
	r = begin(link, &m);
	if (r != 0)
		return r;
	r = dispatch_name(link, parameters, &p);
	if (r != 0)
		return r;
	r = mp_report_show(m, p.name, &v);
	if (r == -ESRCH)
		return no_such_policy(link, p.name);
	return reply(link, r, v);
}

static int on_engines(sd_varlink *link, sd_json_variant *parameters,
		      sd_varlink_method_flags_t flags, void *userdata)
{
	(void)parameters;
	(void)flags;
	(void)userdata;
	return report(link, mp_report_engines);
}

static int on_features(sd_varlink *link, sd_json_variant *parameters,
		       sd_varlink_method_flags_t flags, void *userdata)
{
	(void)parameters;
	(void)flags;
	(void)userdata;
	return report(link, mp_report_features);
}

static struct mp_peers count_peers(const struct mp_control *c, uid_t uid)
{
	struct mp_peers peers = {};

	for (const struct client *client = c->clients; client; client = client->next)
		mp_peers_add(&peers, &client->peer, uid);
	return peers;
}

static bool may_follow(const struct client *client)
{
	struct mp_peers peers = count_peers(client->control, client->peer.uid);

	return client->peer.follows || mp_peers_may_follow(&peers);
}

static int on_events(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		     void *userdata)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *array = NULL, *v = NULL;
	struct client *client = sd_varlink_get_userdata(link);
	struct mp_manager *m;
	int follow = 0, r;
	const sd_json_dispatch_field fields[] = {
		{ "follow", SD_JSON_VARIANT_BOOLEAN, sd_json_dispatch_intbool, 0,
		  SD_JSON_NULLABLE },
		{},
	};

	(void)userdata;
	r = begin(link, &m);
	if (r != 0)
		return r;
	r = sd_varlink_dispatch(link, parameters, fields, &follow);
	if (r != 0)
		return r;
	follow = follow && flags & SD_VARLINK_METHOD_MORE;
	if (follow && !may_follow(client))
		return too_many(link, "too many connections follow the events");
	r = mp_events_json(m->events, &array);
	if (r >= 0)
		r = sd_json_buildo(&v, SD_JSON_BUILD_PAIR_VARIANT("events", array));
	if (r < 0 || !follow)
		return reply(link, r, v);

	r = sd_varlink_notify(link, v);
	if (r < 0)
		return r;
	client->peer.follows = true;
	return sd_event_source_set_enabled(client->idle, SD_EVENT_OFF);
}

/* Reading is for the group, changing for root. */
static int refuse_change(sd_varlink *link)
{
	const struct client *client = sd_varlink_get_userdata(link);

	if (client->peer.is_root)
		return 0;
	return sd_varlink_error(link, SD_VARLINK_ERROR_PERMISSION_DENIED, NULL) ?: -EPERM;
}

static int on_reset(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		    void *userdata)
{
	struct name_parameter p = {};
	struct mp_slot *slot;
	struct mp_manager *m;
	int r;

	(void)flags;
	(void)userdata;
	r = begin(link, &m);
	if (r != 0)
		return r;
	r = dispatch_name(link, parameters, &p);
	if (r != 0)
		return r;
	r = refuse_change(link);
	if (r != 0)
		return r;
	slot = mp_slot_find(m, p.name);
	if (!slot)
		return no_such_policy(link, p.name);
	r = mp_manager_reset(m, slot);
	return sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_INTEGER("changed", r));
}

static int on_reload(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		     void *userdata)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_errors_ struct mp_errors errors = {};
	struct mp_manager *m;
	int r;

	(void)parameters;
	(void)flags;
	(void)userdata;
	r = begin(link, &m);
	if (r != 0)
		return r;
	r = refuse_change(link);
	if (r != 0)
		return r;
	r = mp_manager_reload(m, &errors);
	client_busy(link);
	if (r >= 0)
		return sd_varlink_replybo(link, SD_JSON_BUILD_PAIR_INTEGER("changed", r));
	if (r != -EBADMSG)
		return sd_varlink_error_errno(link, r);
	r = sd_json_variant_new_array(&v, NULL, 0);
	for (size_t i = 0; i < errors.count && r >= 0; i++)
		r = sd_json_variant_append_arrayb(&v, SD_JSON_BUILD_STRING(errors.items[i]));
	if (r < 0)
		return r;
	return sd_varlink_errorbo(link, ERROR_INVALID_POLICIES,
				  SD_JSON_BUILD_PAIR_VARIANT("errors", v));
}

static int reply_balloon(sd_varlink *link, int r, sd_json_variant *v, const char *problem)
{
	if (r >= 0 || !problem)
		return reply(link, r, v);
	return sd_varlink_errorbo(link,
				  r == -EOPNOTSUPP ? ERROR_KERNEL_CANNOT : ERROR_BALLOON_CANNOT,
				  SD_JSON_BUILD_PAIR_STRING("reason", problem));
}

static int on_balloon_status(sd_varlink *link, sd_json_variant *parameters,
			     sd_varlink_method_flags_t flags, void *userdata)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_free_ char *problem = NULL;
	struct mp_manager *m;
	int r;

	(void)parameters;
	(void)flags;
	(void)userdata;
	r = begin(link, &m);
	if (r != 0)
		return r;
	r = mp_balloon_status(m, &v, &problem);
	return reply_balloon(link, r, v, problem);
}

static int wish(sd_varlink *link, enum mp_balloon_wish what, uint64_t bytes)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_free_ char *problem = NULL;
	struct mp_manager *m;
	int r;

	r = begin(link, &m);
	if (r != 0)
		return r;
	r = refuse_change(link);
	if (r != 0)
		return r;
	r = mp_balloon_wish(m, what, bytes, &v, &problem);
	return reply_balloon(link, r, v, problem);
}

static int wish_size(sd_varlink *link, sd_json_variant *parameters, enum mp_balloon_wish what)
{
	static const sd_json_dispatch_field fields[] = {
		{ "bytes", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64, 0,
		  SD_JSON_MANDATORY },
		{},
	};
	uint64_t bytes = 0;
	int r = sd_varlink_dispatch(link, parameters, fields, &bytes);

	return r != 0 ? r : wish(link, what, bytes);
}

static int on_balloon_inflate(sd_varlink *link, sd_json_variant *parameters,
			      sd_varlink_method_flags_t flags, void *userdata)
{
	(void)flags;
	(void)userdata;
	return wish_size(link, parameters, MP_BALLOON_INFLATE);
}

static int on_balloon_deflate(sd_varlink *link, sd_json_variant *parameters,
			      sd_varlink_method_flags_t flags, void *userdata)
{
	(void)flags;
	(void)userdata;
	return wish_size(link, parameters, MP_BALLOON_DEFLATE);
}

static int on_balloon_auto(sd_varlink *link, sd_json_variant *parameters,
			   sd_varlink_method_flags_t flags, void *userdata)
{
	(void)parameters;
	(void)flags;
	(void)userdata;
	return wish(link, MP_BALLOON_ENGINE, 0);
}

/* A follower that does not read is cut off: it must not fill our memory. */
static void on_new_event(sd_json_variant *event, void *userdata)
{
	struct mp_control *c = userdata;
	struct client *next;

	for (struct client *client = c->clients; client; client = next) {
		int r;

		next = client->next;
		if (!client->peer.follows)
			continue;
		r = sd_varlink_notifybo(
			client->link,
			SD_JSON_BUILD_PAIR("events",
					   SD_JSON_BUILD_ARRAY(SD_JSON_BUILD_VARIANT(event))));
		if (r < 0) {
			mp_log_errno(LOG_DEBUG, r, "Failed to tell a follower, closing");
			client->peer.follows = false;
			(void)sd_event_source_set_time_relative(client->idle, 0);
			(void)sd_event_source_set_enabled(client->idle, SD_EVENT_ONESHOT);
		}
	}
}

static int on_idle(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct client *client = userdata;
	sd_varlink *link = sd_varlink_ref(client->link);

	(void)source;
	(void)usec;
	/* This calls on_disconnect(), which frees the client. */
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

/* A negative value closes the connection without a word: there are too many to refuse, even. */
static int on_connect(sd_varlink_server *server, sd_varlink *link, void *userdata)
{
	struct mp_control *c = userdata;
	struct mp_peers peers;
	struct mp_peer peer;
	struct client *client;
	int r;

	(void)server;
	r = identify(link, &peer);
	if (r < 0)
		return r;
	peers = count_peers(c, peer.uid);
	peer.refused = !mp_peers_may_connect(&peers, peer.is_root);
	if (peer.refused && !mp_peers_may_be_refused(&peers))
		return -EUSERS;
	client = calloc(1, sizeof(*client));
	if (!client)
		return -ENOMEM;
	client->control = c;
	client->link = link;
	client->peer = peer;
	r = sd_event_add_time_relative(c->manager->event, &client->idle, CLOCK_MONOTONIC,
				       peer.refused ? REFUSED_USEC : IDLE_USEC, 0, on_idle, client);
	if (r < 0) {
		free(client);
		return r;
	}
	client->next = c->clients;
	c->clients = client;
	sd_varlink_set_userdata(link, client);
	return 0;
}

static void on_disconnect(sd_varlink_server *server, sd_varlink *link, void *userdata)
{
	struct mp_control *c = userdata;

	(void)server;
	for (struct client **p = &c->clients; *p; p = &(*p)->next) {
		struct client *client = *p;

		if (client->link != link)
			continue;
		*p = client->next;
		sd_event_source_disable_unref(client->idle);
		free(client);
		sd_varlink_set_userdata(link, NULL);
		return;
	}
}

static int listen_at(struct mp_control *c, const char *path)
{
	int r;

	r = mp_socket_lock(path, &c->lock_fd);
	if (r == -EBUSY)
		return mp_log_errno(LOG_ERR, r, "Another mempolicyd listens at %s", path);
	if (r < 0)
		return mp_log_errno(LOG_ERR, r, "Failed to lock %s", path);
	r = sd_varlink_server_listen_address(c->server, path, 0660);
	if (r < 0)
		return mp_log_errno(LOG_ERR, r, "Failed to listen at %s", path);
	mp_socket_give_to_group(path);
	return 0;
}

static int bind_methods(struct mp_control *c)
{
	int r;

	r = sd_varlink_server_add_interface(c->server, &vl_interface_io_mempolicy_Manager);
	if (r < 0)
		return r;
	r = sd_varlink_server_bind_method_many(
		c->server, MP_INTERFACE ".Status", on_status, MP_INTERFACE ".List", on_list,
		MP_INTERFACE ".Stats", on_stats, MP_INTERFACE ".Show", on_show,
		MP_INTERFACE ".Events", on_events, MP_INTERFACE ".Reload", on_reload,
		MP_INTERFACE ".Reset", on_reset, MP_INTERFACE ".Engines", on_engines,
		MP_INTERFACE ".Features", on_features, MP_INTERFACE ".BalloonStatus",
		on_balloon_status, MP_INTERFACE ".BalloonInflate", on_balloon_inflate,
		MP_INTERFACE ".BalloonDeflate", on_balloon_deflate, MP_INTERFACE ".BalloonAuto",
		on_balloon_auto);
	if (r < 0)
		return r;
	r = sd_varlink_server_bind_connect(c->server, on_connect);
	if (r < 0)
		return r;
	return sd_varlink_server_bind_disconnect(c->server, on_disconnect);
}

static int set_up(struct mp_control *c)
{
	int r;

	/* Without SD_VARLINK_SERVER_ACCOUNT_UID: its limit for each user would be root's as well. */
	r = sd_varlink_server_new(&c->server, 0);
	if (r < 0)
		return r;
	sd_varlink_server_set_userdata(c->server, c);
	(void)sd_varlink_server_set_info(c->server, "mempolicyd", "mempolicyd", MP_VERSION, NULL);
	/* One more than there can be: on_connect() decides. */
	r = sd_varlink_server_set_connections_max(c->server,
						  MP_PEERS_MAX + MP_PEERS_REFUSED_MAX + 1);
	if (r < 0)
		return r;
	r = bind_methods(c);
	if (r < 0)
		return r;
	return sd_varlink_server_attach_event(c->server, c->manager->event,
					      SD_EVENT_PRIORITY_NORMAL);
}

int mp_control_new(struct mp_manager *manager, struct mp_control **ret)
{
	_cleanup_(mp_control_freep) struct mp_control *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->manager = manager;
	c->lock_fd = -1;
	r = set_up(c);
	if (r < 0)
		return mp_log_errno(LOG_ERR, r, "Failed to set up the control socket");
	r = listen_at(c, manager->config->socket);
	if (r < 0)
		return r;
	mp_events_listen(manager->events, on_new_event, c);
	*ret = TAKE_PTR(c);
	return 0;
}

struct mp_control *mp_control_free(struct mp_control *c)
{
	if (!c)
		return NULL;
	mp_events_listen(c->manager->events, NULL, NULL);
	/* Closes the connections, which frees the clients. */
	(void)sd_varlink_server_shutdown(c->server);
	while (c->clients)
		(void)sd_varlink_close(c->clients->link);
	sd_varlink_server_unref(c->server);
	if (c->lock_fd >= 0)
		(void)unlink(c->manager->config->socket);
	mp_closep(&c->lock_fd);
	free(c);
	return NULL;
}
