/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words for what programs say of cached pages (<mempol/abi.h>): the verbs, and what an answer's error means. Called by
 * the daemon and mempolctl, so that both use the same.
 */
#ifndef MP_HINT_WORDS_H
#define MP_HINT_WORDS_H

/* In turn, from 1: enum mempol_hint_verb; NULL past the last. */
const char *mp_hint_verb_to_string(unsigned int verb); /* "activate" */
/* 0: there is no such verb. */
unsigned int mp_hint_verb_from_string(const char *word);

/* Why a range has got that answer, with the remedy where there is one; NULL: strerror() says as much. */
const char *mp_hint_problem(int error);

#endif
