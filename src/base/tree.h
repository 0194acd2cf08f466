// SPDX-License-Identifier: GPL-2.0-only
/** Removing what programs of others have left in a folder, whatever they made of it. */
#pragma once

/**
 * Removes a file, a link (never what it points to) or a folder with all that is below it, however
 * deep: neither stack nor descriptors grow with the depth. Folders that their owner closed to himself
 * are opened again. 0, also where there is no such entry; -1 with errno.
 */
int tree_remove(int parent, const char *name);
