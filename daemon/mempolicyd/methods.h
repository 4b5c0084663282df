/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The methods of the interface, bound to a server: the general ones, and those of each mechanism that users
 * can ask something of. Called by control.c.
 */
#ifndef MP_METHODS_H
#define MP_METHODS_H

#include <systemd/sd-varlink.h>

int mp_methods_bind(sd_varlink_server *server);
int mp_placement_methods_bind(sd_varlink_server *server);
int mp_balloon_methods_bind(sd_varlink_server *server);
int mp_refs_methods_bind(sd_varlink_server *server);
int mp_translation_methods_bind(sd_varlink_server *server);
int mp_hints_methods_bind(sd_varlink_server *server);
/* Of these the ones that are for whoever may run a program here: what is said of one's own pages. */
int mp_hints_methods_bind_everybody(sd_varlink_server *server);

#endif
