/* plain: a terminal, or a pipeline that is none of the others. Nothing is written that is not asked for. */
#include "platform.h"

extern const struct mlg_platform mlg_platform_plain;

const struct mlg_platform mlg_platform_plain = {.name = "plain"};
