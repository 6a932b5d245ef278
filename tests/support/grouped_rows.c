#include "grouped_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "mlgate/text.h"

char *grouped_rows(const char *cells)
{
    enum { WORD = 256 };
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    mlg_put(&text, "g,y,p,s,w,k\n");
    for (const char *cell = cells; cell; cell = strchr(cell, ',') ? strchr(cell, ',') + 1 : NULL) {
        char group[WORD], label[WORD], prediction[WORD], score[WORD], weight[WORD] = "1", stratum[WORD] = "k";
        unsigned rows;
        const int words = sscanf(cell, " %255[^ ,] %255[^ ,] %255[^ ,] %u %255[^ ,] %255[^ ,] %255[^ ,]",
                                 group, label, prediction, &rows, score, weight, stratum);
        assert_true(words >= 4);
        if (words < 5)
            snprintf(score, sizeof score, "%s", strcmp(prediction, "1") == 0 ? "0.75" : "0.25");
        for (unsigned i = 0; i < rows; i++)
            mlg_put_format(&text, "%s,%s,%s,%s,%s,%s\n", group, label, prediction, score, weight, stratum);
    }
    assert_false(text.failed);
    return text.data;
}
