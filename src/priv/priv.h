// SPDX-License-Identifier: GPL-2.0-only
/**
 * Privilege: the only place that changes it, in named phases. Each phase says what the process
 * should be able to do after it, and what it mustn't. A phase can only take away.
 *
 *	phase             who                        uid     capabilities          system calls
 *	priv_supervisor   labctl-supervisor          0       nine, see below       all
 *	priv_worker       child before its exec      own     its grant, no other   all
 *	priv_seccomp      worker, after its config   own     its grant             by profile
 *	priv_exec         exec and shell, in a node  0       a container's, below  all
 *	priv_keeper       labctl-keeper              0       none                  all
 *	priv_ordinary...  doctor, a trial            nobody  none                  all
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/**
 * Phase "supervisor": the init of a lab's PID namespace, after it mounted its own /proc.
 *
 * Should: join network namespaces, make mount and host name namespaces and mounts in them (SYS_ADMIN),
 * bind ports below 1024 (NET_BIND_SERVICE), read programs in folders of others (DAC_READ_SEARCH),
 * become a worker's user and nobody's (SETUID, SETGID, SETPCAP to empty the bounding set), kill (KILL),
 * open workers' ICMP sockets (NET_RAW) and rtnetlink sockets (NET_ADMIN: the kernel asks who opened
 * one as well as who sends), and hand SYS_ADMIN, NET_ADMIN, NET_BIND_SERVICE and SYS_NICE on as enum
 * priv_grant says. Of a network it configures one thing: what becomes of connections that wait for a socket that
 * goes (tcp_migrate_req); nothing keeps it from more.
 *
 * Mustn't: load modules, override file permissions for writing, change owners, trace.
 */
int priv_supervisor(struct lab_error **err) __attribute__((warn_unused_result));

/** Whether this process has the capabilities without which no lab comes up, in a container as little as
 * elsewhere; LAB_DENIED naming those that are missing. Takes nothing away. */
int priv_suffices(struct lab_error **err) __attribute__((warn_unused_result));

#define PRIV_WORKER_SLOTS 4096
#define PRIV_SHARED_USER  65534

#define PRIV_WORKER_PROCESSES 1024 /* and threads, with all that it starts */

/**
 * The user and group of worker `slot` (below PRIV_WORKER_SLOTS) of a lab: a number of its own for each, which no
 * account has, so that no worker can signal, trace or read the memory of another or of a daemon
 * that runs as "nobody". Where the user namespace does not map it (containers): PRIV_SHARED_USER, with
 * a warning in the log. Where that is not mapped either (a lab without root, of a user who has no others):
 * 0, so that only capabilities tell a worker from the supervisor.
 */
int priv_worker_user(const char *lab, unsigned int slot, uid_t *uid, struct lab_error **err)
	__attribute__((warn_unused_result));

/** The user of slot 0; those of the others follow. */
uid_t priv_worker_first(const char *lab);

/** PRIV_SHARED_USER or, where this user namespace does not map it, 0. */
int priv_nobody(uid_t *uid, struct lab_error **err) __attribute__((warn_unused_result));

/** Whether others than one worker run as this user, so that what counts or kills by user would hit them. */
bool priv_user_is_shared(uid_t uid);

/** What a worker, and whatever it starts, may do in its network namespace. */
enum priv_grant {
	PRIV_GRANT_NONE,
	PRIV_GRANT_SERVICE,  /* NET_BIND_SERVICE */
	PRIV_GRANT_ROUTES,   /* NET_ADMIN */
	PRIV_GRANT_ROUTER,   /* both: a routing daemon; sockets bound to a device need no more */
	PRIV_GRANT_NETWORKS, /* SYS_ADMIN and NET_ADMIN, until priv_give_back() */
	PRIV_GRANT_PROMPT, /* SYS_NICE, for SCHED_FIFO; nothing where the supervisor has not got it */
};

/**
 * Phase "worker": between fork and exec, sockets are open and namespaces joined already.
 *
 * Should: use the descriptors that it holds, connect to where its network namespace leads, read
 * world-readable files, execute programs as itself; and what its grant names, which passes through
 * exec to every program that it starts (ambient).
 *
 * Mustn't: have any other capability or get one (permitted, effective, inheritable, ambient and
 * bounding sets hold its grant and nothing else, NO_NEW_PRIVS), belong to any other group, dump core,
 * fill the host's process table. LAB_DENIED where this process has not itself what it shall grant.
 */
int priv_worker(uid_t uid, gid_t gid, enum priv_grant grant, struct lab_error **err)
	__attribute__((warn_unused_result));

/**
 * Gives back what was granted, by the calling thread alone: for a worker that needed it only to set itself up, before
 * it reads a byte of anybody but the supervisor. The bounding set stays, which NO_NEW_PRIVS makes meaningless.
 */
int priv_give_back(struct lab_error **err) __attribute__((warn_unused_result));

/** No process of the same user may look into this one, or trace it (exec undoes that); not in sanitizer builds. */
int priv_hide(struct lab_error **err) __attribute__((warn_unused_result));

/**
 * Phase "exec": root in a node, for `labctl exec` and `labctl shell`, before the user's command.
 *
 * Should: do what root does in a container (CHOWN, DAC_OVERRIDE, FSETID, FOWNER, SETGID, SETUID,
 * SETFCAP, SETPCAP, NET_BIND_SERVICE, SYS_CHROOT, KILL, AUDIT_WRITE) and administer the node's own
 * network (NET_ADMIN, NET_RAW: ip, nft, ping, tcpdump).
 *
 * Mustn't: mount, join other namespaces, load modules, trace host processes, set the clock, make
 * device nodes (a container engine allows MKNOD, but only behind a device filter; here is none).
 */
int priv_exec(struct lab_error **err) __attribute__((warn_unused_result));

/**
 * Phase "keeper": the init of a lab's space without root (src/rootless), after its mounts.
 *
 * Should: wait for processes, lock and unlink files that it holds the folder of.
 *
 * Mustn't: have any capability in its namespaces or get one back, be looked into by anybody who has none
 * there.
 */
int priv_keeper(struct lab_error **err) __attribute__((warn_unused_result));

/**
 * Phase "ordinary user": a process of root's, to see what somebody without any privilege may do.
 *
 * Should: what any user may, user namespaces included.
 *
 * Mustn't: be root, or of any group of root's.
 */
int priv_ordinary_user(struct lab_error **err) __attribute__((warn_unused_result));

enum priv_profile {
	PRIV_GATEWAY, /* TCP and UDP, files it holds; no exec, no open for writing */
	PRIV_DNS,     /* only the sockets that it was given: no socket(), no connect() */
	PRIV_ROUTING, /* as PRIV_DNS: rtnetlink, ICMP and memory that it was given */
	PRIV_WIRE, /* as PRIV_DNS: packet sockets that it was given, to be bound to devices by name */
	PRIV_ECHO,     /* as PRIV_DNS: listening sockets that it was given */
	PRIV_FUNCTION, /* runs programs of others: all but what attacks kernels; see seccomp.c */
	PRIV_PROBE,    /* clients of any kind, threads; no exec */
};

/**
 * Phase "seccomp": by the worker itself, for all its threads, after it read its configuration and before it reads a
 * byte of anybody else. Also makes it undumpable (exec had undone that).
 *
 * Should: what its profile lists.
 *
 * Mustn't: the rest. A call that no honest worker makes (exec, ptrace, mount, bpf, setns, ...) ends
 * the process with SIGSYS, which `labctl status` shows; any other unlisted call fails with ENOSYS, so
 * that a newer libc falls back to what we know instead of dying in a crash loop.
 *
 * Builds with AddressSanitizer get PRIV_FUNCTION's filter in every profile and say so in the log:
 * the sanitizer's own calls (ptrace of itself, /proc) would not pass.
 */
int priv_seccomp(enum priv_profile profile, struct lab_error **err)
	__attribute__((warn_unused_result));

/** Closes every descriptor from `first` on. */
int priv_close_fds(unsigned int first, struct lab_error **err) __attribute__((warn_unused_result));
