// SPDX-License-Identifier: GPL-2.0-only
/** The function handler contract (filled in by the function layer). */
#pragma once
