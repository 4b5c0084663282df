/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold when more cgroups match than can be governed: what is named exactly and what is near
 * the root has its place whatever is made below, and no policy takes the places of another.
 */
#include "fixture.h"
#include "places.h"

#define MANY 1100

struct world {
	struct mp_policy *policies[4];
	size_t n_policies;
	char cgroups[2 * MANY][64];
	size_t n_cgroups;
};

static void world_done(struct world *w)
{
	for (size_t i = 0; i < w->n_policies; i++)
		mp_policy_free(w->policies[i]);
}

static void policy(struct world *w, const char *name, const char *match)
{
	_cleanup_errors_ struct mp_errors errors = {};
	_cleanup_free_ char *path = NULL, *text = NULL;

	assert_true(asprintf(&path, "/%s.mempolicy", name) > 0);
	assert_true(asprintf(&text, "[Match]\n%s\n[Cache]\nEngine=mru\n", match) > 0);
	assert_int_equal(mp_policy_parse(path, text, strlen(text), &errors,
					 &w->policies[w->n_policies++]),
			 0);
}

static void cgroup(struct world *w, const char *format, int number)
{
	snprintf(w->cgroups[w->n_cgroups++], sizeof(w->cgroups[0]), "/%s%d.service", format,
		 number);
}

/* How many cgroups below @prefix are governed by policy @name; *ret_left: how many have no place. */
static size_t governed(struct world *w, size_t max, const char *name, const char *prefix,
		       int *ret_left)
{
	_cleanup_assignments_ struct mp_assignments a = {};
	static const char *paths[2 * MANY];
	static uint64_t ids[4 * MANY];
	static bool chosen[4 * MANY];
	size_t n = 0;

	for (size_t i = 0; i < w->n_cgroups; i++)
		paths[i] = w->cgroups[i];
	assert_int_equal(mp_assign((const struct mp_policy *const *)w->policies, w->n_policies,
				   paths, w->n_cgroups, NULL, NULL, &a),
			 0);
	assert_true(a.count <= ARRAY_SIZE(ids));
	/* Made in the order in which the test names them. */
	for (size_t i = 0; i < a.count; i++)
		for (size_t k = 0; k < w->n_cgroups; k++)
			if (a.items[i].cgroup == w->cgroups[k])
				ids[i] = k;
	*ret_left = mp_places_choose(&a, ids, max, chosen);
	for (size_t i = 0; i < a.count; i++)
		n += chosen[i] && !strcmp(a.items[i].policy->name, name) &&
		     !strncmp(a.items[i].cgroup, prefix, strlen(prefix));
	return n;
}

static void test_all_have_a_place_where_there_are_enough(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	int left;

	policy(w, "p", "Unit=*.service");
	for (int i = 0; i < 10; i++)
		cgroup(w, "a", i);
	assert_int_equal(governed(w, 10, "p", "/", &left), 10);
	assert_int_equal(left, 0);
	assert_int_equal(governed(w, 9, "p", "/", &left), 9);
	assert_int_equal(left, 1);
	world_done(w);
	free(w);
}

static void test_what_a_tenant_makes_does_not_take_the_place_of_the_hosts_own(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	int left;

	policy(w, "p", "Unit=*.service");
	/* The tenant's come first, in time and in the order of paths. */
	for (int i = 0; i < MANY; i++)
		cgroup(w, "a.slice/c.scope/t", i);
	cgroup(w, "system.slice/h", 1);
	cgroup(w, "system.slice/h", 2);
	assert_int_equal(governed(w, 1024, "p", "/system.slice/", &left), 2);
	assert_int_equal(left, MANY + 2 - 1024);
	world_done(w);
	free(w);
}

static void test_at_one_depth_the_older_cgroup_keeps_its_place(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	int left;

	policy(w, "p", "Unit=*.service");
	cgroup(w, "z/old", 1);
	for (int i = 0; i < 20; i++)
		cgroup(w, "a/new", i);
	assert_int_equal(governed(w, 10, "p", "/z/", &left), 1);
	world_done(w);
	free(w);
}

static void test_a_policy_does_not_take_the_places_of_another(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	int left;

	policy(w, "greedy", "Cgroup=/a/*");
	policy(w, "other", "Cgroup=/deep/down/*");
	for (int i = 0; i < 100; i++)
		cgroup(w, "a/x", i);
	for (int i = 0; i < 3; i++)
		cgroup(w, "deep/down/y", i);
	assert_int_equal(governed(w, 10, "other", "/", &left), 3);
	assert_int_equal(governed(w, 10, "greedy", "/", &left), 7);
	assert_int_equal(left, 93);
	world_done(w);
	free(w);
}

static void test_an_exact_path_comes_before_every_glob(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	int left;

	policy(w, "greedy", "Cgroup=/a/*");
	policy(w, "exact", "Cgroup=/very/deep/down/y1.service");
	policy(w, "glob", "Cgroup=/b/*");
	for (int i = 0; i < 100; i++)
		cgroup(w, "a/x", i);
	cgroup(w, "very/deep/down/y", 1);
	cgroup(w, "b/x", 1);
	assert_int_equal(governed(w, 1, "exact", "/", &left), 1);
	assert_int_equal(governed(w, 2, "exact", "/", &left), 1);
	assert_int_equal(governed(w, 0, "exact", "/", &left), 0);
	world_done(w);
	free(w);
}

static void test_policies_that_stand_back_need_no_place(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	int left;

	policy(w, "p", "Unit=u*.service");
	policy(w, "q", "Unit=u*.service");
	for (int i = 0; i < 1000; i++)
		cgroup(w, "u", i);
	assert_int_equal(governed(w, 1024, "q", "/", &left), 1000);
	assert_int_equal(left, 0);
	world_done(w);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_have_a_place_where_there_are_enough),
		cmocka_unit_test(test_what_a_tenant_makes_does_not_take_the_place_of_the_hosts_own),
		cmocka_unit_test(test_at_one_depth_the_older_cgroup_keeps_its_place),
		cmocka_unit_test(test_a_policy_does_not_take_the_places_of_another),
		cmocka_unit_test(test_an_exact_path_comes_before_every_glob),
		cmocka_unit_test(test_policies_that_stand_back_need_no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
