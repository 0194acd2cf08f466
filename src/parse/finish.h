// SPDX-License-Identifier: GPL-2.0-only
/** Defaults that depend on other values, once a lab is decoded. */
#pragma once

#include "model/model.h"

void parse_finish_lab(struct lab *lab);
