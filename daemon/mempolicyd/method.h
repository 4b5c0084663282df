/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How each method begins and ends: who asks is let in, the parameters are taken apart, and there is an answer. Called
 * by the files of methods (methods.h); sessions.h has what lies below it. It knows no method.
 */
#ifndef MP_METHOD_H
#define MP_METHOD_H

#include <systemd/sd-varlink.h>

#include "sessions.h"

/*
 * For methods that look: the parameters go into @into by @fields (NULL: there are none). Not 0: the peer has been told
 * why it gets no answer.
 */
int mp_method_look(sd_varlink *link, sd_json_variant *parameters,
		   const sd_json_dispatch_field *fields, void *into, struct mp_manager **ret);

/* Likewise for methods that change something, which only root may. */
int mp_method_change(sd_varlink *link, sd_json_variant *parameters,
		     const sd_json_dispatch_field *fields, void *into, struct mp_manager **ret);

/*
 * Answers with @v. For @r < 0 with the sentence @problem, as KernelCannot if that is why and else as @error; with an
 * errno if there is no sentence.
 */
int mp_method_answer(sd_varlink *link, int r, sd_json_variant *v, const char *problem,
		     const char *error);

/* That parameter is wrong: an error of the method, which the peer has been told. */
int mp_method_wrong(sd_varlink *link, const char *parameter);

#endif
