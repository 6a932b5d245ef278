/* The catalogue of gates, from gates.def. */
#include "mlgate/gate.h"

#define GATE(name) extern const struct mlg_gate mlg_gate_##name;
#include "../gates/gates.def"
#undef GATE

#define GATE(name) &mlg_gate_##name,
const struct mlg_gate *const mlg_gates[] = {
#include "../gates/gates.def"
    NULL};
#undef GATE
