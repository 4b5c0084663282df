/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * simulate --plot: miss-ratio curves, an engine each, drawn by gnuplot. The picture appears when it is finished; gnuplot
 * gets no name from a user but in quotes. Called by verb-simulate.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "simulate.h"
#include "text.h"

extern char **environ;

/* As in the charts of the bench; with dashes they are as many again. */
static const char *const colours[] = { "#222222", "#999999", "#0072b2", "#d55e00",
				       "#009e73", "#e69f00", "#56b4e9", "#cc79a7",
				       "#8c564b", "#b8b000", "#5e3c99", "#e31a1c" };

static bool ends_in(const char *path, const char *end)
{
	size_t length = strlen(path), n = strlen(end);

	return length > n && !strcasecmp(path + length - n, end);
}

/* As execvp(3) looks. */
static bool have_gnuplot(void)
{
	const char *path = getenv("PATH");
	_cleanup_free_ char *copy = mp_owned(strdup(path ? path : "/usr/bin:/bin"));
	char *rest = copy, *dir;

	while (rest && (dir = strsep(&rest, ":"))) {
		_cleanup_free_ char *program = NULL;

		if (asprintf(&program, "%s/gnuplot", *dir ? dir : ".") < 0) {
			program = NULL;
			return true;
		}
		if (access(program, X_OK) == 0)
			return true;
	}
	return false;
}

int simulate_plot_check(const char *path)
{
	if (!ends_in(path, ".png") && !ends_in(path, ".svg"))
		return simulate_complain("--plot=%s: a picture is called FILE.png or FILE.svg",
					 path);
	if (!have_gnuplot())
		return simulate_complain(
			"--plot needs gnuplot, which is not installed: install it (gnuplot-nox on "
			"Debian, gnuplot-minimal on Fedora), or draw what --csv prints");
	return 0;
}

/* In gnuplot's single quotes nothing has a meaning but the quote itself. */
static void print_quoted(FILE *f, const char *text)
{
	_cleanup_free_ char *clean = mp_owned(strdup(text));

	fputc('\'', f);
	if (clean)
		mp_text_clean(clean);
	for (const char *at = clean; at && *at; at++)
		fprintf(f, *at == '\'' ? "''" : "%c", *at);
	fputc('\'', f);
}

static void print_curve(FILE *f, const struct simulate_request *request,
			const struct simulate_outcome *outcome, size_t policy)
{
	fprintf(f, "$curve%zu << EOD\n", policy);
	for (size_t i = policy; i < outcome->n_jobs; i += request->n_policies) {
		const struct sim_job *job = &outcome->jobs[i];
		uint64_t all = job->result.references;

		fprintf(f, "%llu %.6f\n",
			(unsigned long long)(job->setup.cache_pages * SIM_PAGE_SIZE),
			all ? (double)job->result.misses / (double)all : 0);
	}
	fputs("EOD\n", f);
}

static void print_script(FILE *f, const struct simulate_request *request,
			 const struct simulate_outcome *outcome)
{
	fprintf(f, "set terminal %s size 960,600 font 'sans,11'\n",
		ends_in(request->plot, ".svg") ? "svg" : "pngcairo");
	fputs("set xlabel 'cache'\nset ylabel 'miss ratio'\nset yrange [0:*]\n"
	      "set logscale x 2\nset format x '%.0b %BB'\nset grid lc rgb '#dddddd'\n"
	      "set key outside right top noenhanced\nset title ",
	      f);
	print_quoted(f, request->source.path);
	fputs(" noenhanced\n", f);
	for (size_t k = 0; k < request->n_policies; k++)
		print_curve(f, request, outcome, k);
	for (size_t k = 0; k < request->n_policies; k++) {
		fprintf(f,
			"%s$curve%zu using 1:2 with linespoints pt 7 ps 0.6 lw 2 dt %zu lc rgb '%s' title ",
			k ? ", " : "plot ", k, 1 + k / ARRAY_SIZE(colours),
			colours[k % ARRAY_SIZE(colours)]);
		print_quoted(f, request->policies[k]->name);
	}
	fputs("\n", f);
}

/* gnuplot with a script as its input and a file as its output. Its exit status, or -errno. */
static int run_gnuplot(int script, int picture)
{
	char *const argv[] = { (char[]){ "gnuplot" }, NULL };
	posix_spawn_file_actions_t actions;
	int status = 0, r;
	pid_t pid;

	r = posix_spawn_file_actions_init(&actions);
	if (r)
		return -r;
	r = posix_spawn_file_actions_adddup2(&actions, script, STDIN_FILENO);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&actions, picture, STDOUT_FILENO);
	if (!r)
		r = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r)
		return -r;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int draw(FILE *script, int picture)
{
	struct stat st;
	int r;

	if (fflush(script) != 0 || fseek(script, 0, SEEK_SET) != 0)
		return -errno;
	r = run_gnuplot(fileno(script), picture);
	if (r > 0)
		return -EPROTO;
	if (r == 0 && fstat(picture, &st) < 0)
		return -errno;
	/* It may be content, and without a terminal for pictures. */
	return r == 0 && !st.st_size ? -EPROTO : r;
}

static int finish(int picture, const char *temporary, const char *path)
{
	mode_t mask = umask(0);

	umask(mask);
	if (fchmod(picture, 0666 & ~mask) < 0 || rename(temporary, path) < 0)
		return -errno;
	return 0;
}

int simulate_plot(const struct simulate_request *request, const struct simulate_outcome *outcome)
{
	_cleanup_(fclosep) FILE *script = mp_owned(tmpfile());
	_cleanup_(mp_closep) int picture = -1;
	_cleanup_free_ char *temporary = NULL;
	int r;

	if (!script || asprintf(&temporary, "%s.XXXXXX", request->plot) < 0) {
		temporary = NULL;
		return simulate_complain("--plot=%s: %s", request->plot, strerror(errno));
	}
	picture = mkostemp(temporary, O_CLOEXEC);
	if (picture < 0)
		return simulate_complain("--plot=%s: cannot be written: %s", request->plot,
					 strerror(errno));
	print_script(script, request, outcome);
	r = draw(script, picture);
	if (r == 0)
		r = finish(picture, temporary, request->plot);
	if (r == 0)
		return 0;
	unlink(temporary);
	return simulate_complain("--plot=%s: %s; the file is as it was", request->plot,
				 r == -EPROTO ? "gnuplot has failed" : strerror(-r));
}
