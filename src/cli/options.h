// SPDX-License-Identifier: GPL-2.0-only
/** Options that several verbs have, so that they are spelled and explained alike. */
#pragma once

/* clang-format off */
#define CLI_OPTION_JSON {"json", 'j', NULL, 0, "print JSON instead of a table", 0}
#define CLI_OPTION_STEP {"step", 's', "ID", 0, "stop after this step of the lab", 0}
#define CLI_OPTION_END  {NULL, 0, NULL, 0, NULL, 0}
/* clang-format on */
