// SPDX-License-Identifier: GPL-2.0-only
/*
 * libnftables 1.0.6 calls exit(3) where its netlink socket cannot be opened, and follows a wild pointer
 * where its cache cannot be filled. Either would end labctl in the middle of a run, with no undoing. So
 * it runs in a forked child (0.2 ms; executing `nft` takes 5), and an end without an answer is an error
 * like any other.
 */
#include "kernel/nft.h"

#include <errno.h>
#include <fcntl.h>
#include <nftables/libnftables.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"

/* An answer on the pipe: one byte, then the commit, output, NUL, errors, NUL. */
enum answer { REFUSED = 'r', DONE = 'd' };

static bool put(int fd, const void *what, size_t n)
{
	const char *at = what;

	while (n) {
		ssize_t done = write(fd, at, n);

		if (done < 0)
			return false; /* the parent sees an answer that is cut */
		at += done;
		n -= (size_t)done;
	}
	return true;
}

static bool carry_out(const struct kernel_nft_request *request, int answer)
{
	struct kernel_nft_commit commit = {0};
	const char *output, *errors;
	auto_close int watch = -1;
	struct nft_ctx *ctx;
	bool told;
	char how;

	if (request->ns >= 0 && setns(request->ns, CLONE_NEWNET))
		return false;
	if (request->commits)
		watch = kernel_nft_socket(NULL); /* without it, it is not known */
	commit.before = kernel_nft_generation(watch);
	ctx = nft_ctx_new(NFT_CTX_DEFAULT); /* its socket belongs to the namespace */
	if (!ctx || nft_ctx_buffer_output(ctx) || nft_ctx_buffer_error(ctx))
		return false;
	nft_ctx_output_set_flags(ctx, NFT_CTX_OUTPUT_STATELESS);
	how = nft_run_cmd_from_buffer(ctx, request->commands) ? REFUSED : DONE;
	commit.after = kernel_nft_generation(watch);
	/* each buffer is empty after it was read once */
	output = nft_ctx_get_output_buffer(ctx);
	errors = nft_ctx_get_error_buffer(ctx);
	told = put(answer, &how, 1) && put(answer, &commit, sizeof(commit)) &&
	       put(answer, output, strlen(output) + 1) && put(answer, errors, strlen(errors) + 1);
	nft_ctx_free(ctx);
	return told;
}

/* libmnl waits with select(2), which knows no descriptor from 1,024 on; a large lab has more. */
#define LOW KERNEL_NFT_LOW

static int out_of_the_way(int fd)
{
	return fd < 0 || fd >= LOW ? fd : fcntl(fd, F_DUPFD_CLOEXEC, LOW);
}

static _Noreturn void child(struct kernel_nft_request *requests, size_t n, int answer, int words)
{
	(void)dup2(words, STDERR_FILENO); /* else its words land between labctl's own */
	answer = out_of_the_way(answer);
	for (size_t i = 0; i < n; i++)
		if (requests[i].ns >= 0)
			requests[i].ns = out_of_the_way(requests[i].ns);
	(void)close_range(STDERR_FILENO + 1, LOW - 1,
			  0); /* without it a large lab fails, no other */
	for (size_t i = 0; i < n; i++)
		if (!carry_out(&requests[i], answer))
			_exit(1);
	_exit(0);
}

static int broke_down(int words, struct lab_error **err)
{
	char text[200];
	ssize_t n = pread(words, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return lab_error_make(err, LAB_FAILED, "libnftables broke down%s%s", *text ? ": " : "",
			      text);
}

static pid_t fork_child(struct kernel_nft_request *requests, size_t n, int answer, int words)
{
	sigset_t all, before;
	pid_t pid;

	/* the verb's signals are the verb's: the child finishes its transactions */
	(void)sigfillset(&all);                      /* cannot fail */
	(void)sigprocmask(SIG_BLOCK, &all, &before); /* as above */
	pid = fork();
	if (pid == 0)
		child(requests, n, answer, words);
	(void)sigprocmask(SIG_SETMASK, &before, NULL); /* as above */
	return pid;
}

int kernel_nft_start(struct kernel_nft_request *requests, size_t n, struct kernel_nft_job *job,
		     struct lab_error **err)
{
	auto_close int words = memfd_create("nft", MFD_CLOEXEC), from = -1, to = -1;
	auto_fclose FILE *answers = NULL;
	int ends[2];
	pid_t pid;

	*job = (struct kernel_nft_job){0};
	if (words < 0 || pipe2(ends, O_CLOEXEC))
		return lab_error_errno(err, LAB_FAILED, errno, "nftables: make a pipe");
	from = ends[0];
	to = ends[1];
	answers = fdopen(from, "r");
	if (!answers)
		return lab_error_errno(err, LAB_FAILED, errno, "nftables: make a pipe");
	(void)steal_fd(&from); /* the stream's now */
	pid = fork_child(requests, n, to, words);
	if (pid < 0)
		return lab_error_errno(err, LAB_FAILED, errno, "nftables: make a process");
	*job = (struct kernel_nft_job){pid, steal_ptr(answers), steal_fd(&words)};
	return 0;
}

/* Text up to a NUL, to be freed; NULL where the stream ends before one. */
static char *read_text(FILE *f)
{
	char *text = NULL;
	size_t room = 0;
	ssize_t n = getdelim(&text, &room, '\0', f);

	if (n > 0 && text[n - 1] == '\0')
		return text;
	free(text);
	return NULL;
}

int kernel_nft_next(struct kernel_nft_job *job, struct kernel_nft *r, struct lab_error **err)
{
	int how = getc(job->answers);

	*r = (struct kernel_nft){.ok = how == DONE};
	if (how != EOF && fread(&r->commit, sizeof(r->commit), 1, job->answers) == 1)
		r->output = read_text(job->answers);
	r->errors = r->output ? read_text(job->answers) : NULL;
	return r->errors ? 0 : broke_down(job->words, err);
}

void kernel_nft_end(struct kernel_nft_job *job)
{
	char *text;

	if (!job->pid)
		return;
	while ((text = read_text(job->answers)))
		free(text);
	while (waitpid(job->pid, NULL, 0) < 0 && errno == EINTR)
		;
	(void)fclose(job->answers); /* only read from */
	(void)close(job->words);    /* as above */
	*job = (struct kernel_nft_job){0};
}

int kernel_nft_run(struct kernel_nft_request request, struct kernel_nft *r, struct lab_error **err)
{
	struct kernel_nft_job job;
	int res;

	*r = (struct kernel_nft){0};
	if (kernel_nft_start(&request, 1, &job, err))
		return -1;
	res = kernel_nft_next(&job, r, err);
	kernel_nft_end(&job);
	return res;
}

void kernel_nft_done(struct kernel_nft *r)
{
	free(r->output);
	free(r->errors);
}
