/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The definition of io.mempolicy.Manager. control.c binds its methods; a unit test compares it with
 * daemon/io.mempolicy.Manager.varlink, the file that is installed.
 */
#ifndef MP_INTERFACE_H
#define MP_INTERFACE_H

#include <systemd/sd-varlink-idl.h>

#define MP_INTERFACE "io.mempolicy.Manager"

extern const sd_varlink_interface vl_interface_io_mempolicy_Manager;

#endif
