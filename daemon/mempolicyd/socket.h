/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control socket as a file: which daemon may listen there, and which group may connect. Called
 * by control.c; nothing here speaks Varlink.
 */
#ifndef MP_SOCKET_H
#define MP_SOCKET_H

/*
 * Two daemons would take each other's socket away, so each holds a lock beside it until @ret is closed.
 * Returns 0, -EBUSY when another daemon has it, or -errno.
 */
int mp_socket_lock(const char *socket, int *ret);

/* Without the group only root can connect, and the log says so. */
void mp_socket_give_to_group(const char *socket);

#endif
