// SPDX-License-Identifier: GPL-2.0-only
/*
 * However many connections other users and followers have, root can still ask.
 */
#include "fixture.h"

#include "../../daemon/mempolicyd/peers.h"

static void add(struct mp_peers *peers, unsigned int n, struct mp_peer peer)
{
	for (unsigned int i = 0; i < n; i++)
		mp_peers_add(peers, &peer, 1000);
}

static void a_user_may_have_eight_connections_and_root_more(void **state)
{
	struct mp_peers peers = {};

	add(&peers, 7, (struct mp_peer){ .uid = 1000 });
	assert_true(mp_peers_may_connect(&peers, false));
	add(&peers, 1, (struct mp_peer){ .uid = 1000 });
	assert_false(mp_peers_may_connect(&peers, false));
	assert_true(mp_peers_may_connect(&peers, true));
}

static void the_connections_of_one_user_are_not_counted_against_another(void **state)
{
	struct mp_peers peers = {};

	add(&peers, 8, (struct mp_peer){ .uid = 1001 });
	assert_int_equal(peers.same_user, 0);
	assert_true(mp_peers_may_connect(&peers, false));
}

static void eight_of_all_connections_are_kept_for_root(void **state)
{
	struct mp_peers peers = {};

	for (uid_t uid = 2000; uid < 2003; uid++)
		add(&peers, 8, (struct mp_peer){ .uid = uid });
	assert_false(mp_peers_may_connect(&peers, false));
	for (int i = 0; i < 8; i++) {
		assert_true(mp_peers_may_connect(&peers, true));
		add(&peers, 1, (struct mp_peer){ .is_root = true });
	}
	assert_false(mp_peers_may_connect(&peers, true));
}

static void roots_connections_leave_other_users_theirs_up_to_the_total(void **state)
{
	struct mp_peers peers = {};

	add(&peers, 31, (struct mp_peer){ .is_root = true });
	assert_true(mp_peers_may_connect(&peers, false));
	add(&peers, 1, (struct mp_peer){ .is_root = true });
	assert_false(mp_peers_may_connect(&peers, false));
}

static void followers_leave_connections_for_questions(void **state)
{
	struct mp_peers peers = {};

	add(&peers, MP_PEERS_FOLLOWERS_MAX - 1,
	    (struct mp_peer){ .is_root = true, .follows = true });
	assert_true(mp_peers_may_follow(&peers));
	/* Who holds pins is never idle, either. */
	add(&peers, 1, (struct mp_peer){ .is_root = true, .holds = true });
	assert_false(mp_peers_may_follow(&peers));
	assert_true(peers.served < MP_PEERS_MAX);
	assert_true(mp_peers_may_connect(&peers, true));
}

/* Sets of pins are root's, and need owners in the kernel, too. */
static void who_holds_pins_leaves_room_for_sets(void **state)
{
	struct mp_peers peers = {};

	add(&peers, MP_PEERS_HOLDERS_MAX - 1, (struct mp_peer){ .uid = 1000, .holds = true });
	assert_true(mp_peers_may_hold(&peers));
	add(&peers, 1, (struct mp_peer){ .is_root = true, .holds = true });
	assert_false(mp_peers_may_hold(&peers));
	assert_true(mp_peers_may_follow(&peers));
}

static void followers_leave_no_room_for_pins(void **state)
{
	struct mp_peers peers = {};

	add(&peers, MP_PEERS_FOLLOWERS_MAX, (struct mp_peer){ .is_root = true, .follows = true });
	assert_false(mp_peers_may_hold(&peers));
}

static void a_refused_connection_takes_no_place_and_their_number_is_bounded(void **state)
{
	struct mp_peers peers = {};

	add(&peers, MP_PEERS_REFUSED_MAX - 1, (struct mp_peer){ .uid = 1000, .refused = true });
	assert_true(mp_peers_may_be_refused(&peers));
	assert_true(mp_peers_may_connect(&peers, false));
	add(&peers, 1, (struct mp_peer){ .uid = 1000, .refused = true });
	assert_false(mp_peers_may_be_refused(&peers));
	assert_true(mp_peers_may_connect(&peers, true));
	assert_int_equal(peers.served, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_may_have_eight_connections_and_root_more),
		cmocka_unit_test(the_connections_of_one_user_are_not_counted_against_another),
		cmocka_unit_test(eight_of_all_connections_are_kept_for_root),
		cmocka_unit_test(roots_connections_leave_other_users_theirs_up_to_the_total),
		cmocka_unit_test(followers_leave_connections_for_questions),
		cmocka_unit_test(who_holds_pins_leaves_room_for_sets),
		cmocka_unit_test(followers_leave_no_room_for_pins),
		cmocka_unit_test(a_refused_connection_takes_no_place_and_their_number_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
