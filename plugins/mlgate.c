/* The executable of the suite: all gates, and the commands around them. */
#include "plugins.h"

int main(int count, char **words)
{
    return mlg_main_of(NULL, count, words);
}
