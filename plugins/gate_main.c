/* The executable of one gate: compiled once per line of gates.def, with MLG_GATE naming the gate. */
#include "plugins.h"

extern const struct mlg_gate MLG_GATE;

int main(int count, char **words)
{
    return mlg_main_of(&MLG_GATE, count, words);
}
