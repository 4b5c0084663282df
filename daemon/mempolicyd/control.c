// SPDX-License-Identifier: GPL-2.0-only
/*
 * The Varlink server and its methods, put together; see control.h.
 */
#include <errno.h>
#include <string.h>
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

/* A socket and those who came by it. They do not take connections from those of the other one. */
struct door {
	struct mp_sessions sessions;
	sd_varlink_server *server;
	char *path; /* NULL: nobody listens there yet */
};

struct mp_control {
	struct door group; /* for root and the group: all methods */
	struct door everybody; /* what a program says of its own pages */
	int lock_fd;
};

static int listen_at(struct door *door, const char *path, mode_t mode)
{
	int r = sd_varlink_server_listen_address(door->server, path, mode);

	if (r >= 0 && !(door->path = strdup(path)))
		r = -ENOMEM;
	return r < 0 ? mp_log_errno(LOG_ERR, r, "Failed to listen at %s", path) : 0;
}

/* io.mempolicy.Hints beside io.mempolicy.Manager; SOCKET.hints beside a test's SOCKET. */
static char *beside(const char *socket)
{
	static const char manager[] = "Manager";
	size_t size = strlen(socket), tail = sizeof(manager) - 1;
	char *path;
	int r;

	if (size > tail && !strcmp(socket + size - tail, manager))
		r = asprintf(&path, "%.*sHints", (int)(size - tail), socket);
	else
		r = asprintf(&path, "%s.hints", socket);
	return r < 0 ? NULL : path;
}

static int listen_to_all(struct mp_control *c, const char *socket)
{
	_cleanup_free_ char *hints = beside(socket);
	int r;

	if (!hints)
		return -ENOMEM;
	r = mp_socket_lock(socket, &c->lock_fd);
	if (r == -EBUSY)
		return mp_log_errno(LOG_ERR, r, "Another mempolicyd listens at %s", socket);
	if (r < 0)
		return mp_log_errno(LOG_ERR, r, "Failed to lock %s", socket);
	r = listen_at(&c->group, socket, 0660);
	if (r < 0)
		return r;
	mp_socket_give_to_group(socket);
	return listen_at(&c->everybody, hints, 0666);
}

static int set_up(struct door *door, struct mp_manager *manager)
{
	int r;

	door->sessions.manager = manager;
	/* Without SD_VARLINK_SERVER_ACCOUNT_UID: its limit for each user would be root's as well. */
	r = sd_varlink_server_new(&door->server, 0);
	if (r < 0)
		return r;
	sd_varlink_server_set_userdata(door->server, &door->sessions);
	(void)sd_varlink_server_set_info(door->server, "mempolicyd", "mempolicyd", MP_VERSION,
					 NULL);
	/* One more than there can be: mp_session_open() decides. */
	r = sd_varlink_server_set_connections_max(door->server,
						  MP_PEERS_MAX + MP_PEERS_REFUSED_MAX + 1);
	if (r >= 0)
		r = sd_varlink_server_add_interface(door->server,
						    &vl_interface_io_mempolicy_Manager);
	if (r >= 0)
		r = sd_varlink_server_bind_connect(door->server, mp_session_open);
	if (r >= 0)
		r = sd_varlink_server_bind_disconnect(door->server, mp_session_close);
	if (r < 0)
		return r;
	return sd_varlink_server_attach_event(door->server, manager->event,
					      SD_EVENT_PRIORITY_NORMAL);
}

static int set_up_all(struct mp_control *c, struct mp_manager *manager)
{
	int r = set_up(&c->group, manager);

	for (size_t i = 0; i < ARRAY_SIZE(bind_methods) && r >= 0; i++)
		r = bind_methods[i](c->group.server);
	if (r >= 0)
		r = set_up(&c->everybody, manager);
	if (r >= 0)
		r = mp_hints_methods_bind_everybody(c->everybody.server);
	return r;
}

static void close_door(struct door *door)
{
	/* Closes the connections, which frees the sessions. */
	(void)sd_varlink_server_shutdown(door->server);
	while (door->sessions.first)
		(void)sd_varlink_close(door->sessions.first->link);
	sd_varlink_server_unref(door->server);
	if (door->path)
		(void)unlink(door->path);
	free(door->path);
}

int mp_control_new(struct mp_manager *manager, struct mp_control **ret)
{
	_cleanup_(mp_control_freep) struct mp_control *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->lock_fd = -1;
	r = set_up_all(c, manager);
	if (r < 0)
		return mp_log_errno(LOG_ERR, r, "Failed to set up the control socket");
	r = listen_to_all(c, manager->config->socket);
	if (r < 0)
		return r;
	mp_events_listen(manager->events, mp_sessions_tell, &c->group.sessions);
	*ret = TAKE_PTR(c);
	return 0;
}

struct mp_control *mp_control_free(struct mp_control *c)
{
	if (!c)
		return NULL;
	if (c->group.sessions.manager)
		mp_events_listen(c->group.sessions.manager->events, NULL, NULL);
	close_door(&c->everybody);
	close_door(&c->group);
	mp_closep(&c->lock_fd);
	free(c);
	return NULL;
}
