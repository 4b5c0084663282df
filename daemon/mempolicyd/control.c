// SPDX-License-Identifier: GPL-2.0-only
/*
 * The Varlink server and its methods, put together; see control.h.
 */
#include <errno.h>
#include <systemd/sd-varlink.h>

#include "control.h"
#include "log.h"
#include "methods.h"
#include "sessions.h"
#include "socket.h"

static int (*const bind_methods[])(sd_varlink_server *server) = {
	mp_methods_bind,      mp_placement_methods_bind,   mp_balloon_methods_bind,
	mp_refs_methods_bind, mp_translation_methods_bind, mp_hints_methods_bind,
};

struct mp_control {
	struct mp_sessions sessions;
	sd_varlink_server *server;
	int lock_fd;
};

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

static int bind_all(struct mp_control *c)
{
	int r;

	r = sd_varlink_server_add_interface(c->server, &vl_interface_io_mempolicy_Manager);
	for (size_t i = 0; i < ARRAY_SIZE(bind_methods) && r >= 0; i++)
		r = bind_methods[i](c->server);
	if (r >= 0)
		r = sd_varlink_server_bind_connect(c->server, mp_session_open);
	if (r >= 0)
		r = sd_varlink_server_bind_disconnect(c->server, mp_session_close);
	return r;
}

static int set_up(struct mp_control *c)
{
	int r;

	/* Without SD_VARLINK_SERVER_ACCOUNT_UID: its limit for each user would be root's as well. */
	r = sd_varlink_server_new(&c->server, 0);
	if (r < 0)
		return r;
	sd_varlink_server_set_userdata(c->server, &c->sessions);
	(void)sd_varlink_server_set_info(c->server, "mempolicyd", "mempolicyd", MP_VERSION, NULL);
	/* One more than there can be: mp_session_open() decides. */
	r = sd_varlink_server_set_connections_max(c->server,
						  MP_PEERS_MAX + MP_PEERS_REFUSED_MAX + 1);
	if (r < 0)
		return r;
	r = bind_all(c);
	if (r < 0)
		return r;
	return sd_varlink_server_attach_event(c->server, c->sessions.manager->event,
					      SD_EVENT_PRIORITY_NORMAL);
}

int mp_control_new(struct mp_manager *manager, struct mp_control **ret)
{
	_cleanup_(mp_control_freep) struct mp_control *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->sessions.manager = manager;
	c->lock_fd = -1;
	r = set_up(c);
	if (r < 0)
		return mp_log_errno(LOG_ERR, r, "Failed to set up the control socket");
	r = listen_at(c, manager->config->socket);
	if (r < 0)
		return r;
	mp_events_listen(manager->events, mp_sessions_tell, &c->sessions);
	*ret = TAKE_PTR(c);
	return 0;
}

struct mp_control *mp_control_free(struct mp_control *c)
{
	if (!c)
		return NULL;
	mp_events_listen(c->sessions.manager->events, NULL, NULL);
	/* Closes the connections, which frees the sessions. */
	(void)sd_varlink_server_shutdown(c->server);
	while (c->sessions.first)
		(void)sd_varlink_close(c->sessions.first->link);
	sd_varlink_server_unref(c->server);
	if (c->lock_fd >= 0)
		(void)unlink(c->sessions.manager->config->socket);
	mp_closep(&c->lock_fd);
	free(c);
	return NULL;
}
