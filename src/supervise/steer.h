// SPDX-License-Identifier: GPL-2.0-only
/**
 * Leading new connections away from one of several sockets that listen on one port (SO_REUSEPORT), before it stops:
 * whatever the kernel does of a handshake in the very moment in which a listener stops is reset.
 */
#pragma once

/** From now on number `away` of the n sockets (at least 2) of the port of fd, counted as the kernel does, gets no new connections. */
void supervise_steer_away(int fd, unsigned int n, unsigned int away);
/** Waits until handshakes that had begun are over: some milliseconds. */
void supervise_steer_settle(void);
/** All get their share again. */
void supervise_steer_end(int fd);
