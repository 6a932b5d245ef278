/* CSV and TSV: every row below is read with 1 to 4 threads, in blocks of 1, 7, 64 and 4096 bytes, with
 * every instruction set of this processor; rows and errors are the same each time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/data/cell.h"
#include "../../lib/data/index.h"
#include "named_rows.h"
#include "reader_rows.h"

static int refuse_negative(const struct mlg_batch *batch, struct mlg_error *error)
{
    for (size_t i = 0; i < batch->rows; i++)
        if (batch->columns[0].numbers[i] < 0)
            return mlg_error_at(error, MLG_DATA, mlg_batch_place(batch, i), "negative weight");
    return 0;
}

#define A_TO_Z "abcdefghijklmnopqrstuvwxyz"
#define LONG A_TO_Z A_TO_Z A_TO_Z A_TO_Z

static const struct reader_row rows[] = {
    /* ---- what is read ---- */
    {"rows are read by column name, in the order asked",
     "a,b\n1,x\n2,y\n",
     {CODE("b"), NUMBER("a")},
     .rows = "2: x|1\n3: y|2\n"},
    {"CRLF ends a line as LF does",
     "a,b\r\n1,x\r\n2,y\r\n",
     {NUMBER("a"), CODE("b")},
     .rows = "2: 1|x\n3: 2|y\n"},
    {"the last line may lack its end", "a,b\n1,x\n2,y", {NUMBER("a"), CODE("b")}, .rows = "2: 1|x\n3: 2|y\n"},
    {"the last line may end in a lone CR",
     "a,b\r\n1,x\r\n2,y\r",
     {NUMBER("a"), CODE("b")},
     .rows = "2: 1|x\n3: 2|y\n"},
    {"a blank last line is no row", "a,b\n1,x\n\n", {CODE("b")}, .rows = "2: x\n"},
    {"a blank last line with CRLF is no row", "a,b\r\n1,x\r\n\r\n", {CODE("b")}, .rows = "2: x\n"},
    {"a blank last line with a lone CR is no row", "a,b\n1,x\n\r", {CODE("b")}, .rows = "2: x\n"},
    {"a blank last line of one column is no row", "a\n1\n\n", {NUMBER("a")}, .rows = "2: 1\n"},
    {"a byte order mark is no part of the first name",
     "\xef\xbb\xbf"
     "a,b\n1,x\n",
     {NUMBER("a")},
     .rows = "2: 1\n"},
    {"a byte order mark may stand before quotes",
     "\xef\xbb\xbf\"a\",b\n1,x\n",
     {NUMBER("a")},
     .rows = "2: 1\n"},
    {"quotes hold delimiters", "a,b\n\"x,y\",\"1\"\n", {CODE("a"), NUMBER("b")}, .rows = "2: x,y|1\n"},
    {"quotes hold line ends, and lines are counted",
     "a,b\n\"x\ny\r\nz\",1\nw,2\n",
     {CODE("a"), NUMBER("b")},
     .rows = "2: x\ny\r\nz|1\n5: w|2\n"},
    {"doubled quotes are one quote",
     "a,b\n\"say \"\"hi\"\"\",1\n\"\"\"\",2\n",
     {CODE("a"), NUMBER("b")},
     .rows = "2: say \"hi\"|1\n3: \"|2\n"},
    {"a quoted last field may be followed by CRLF",
     "a,b\r\n1,\"x\"\r\n2,\"y\"\r\n",
     {CODE("b")},
     .rows = "2: x\n3: y\n"},
    {"a quoted last field may end the file", "a,b\n1,\"x\"", {CODE("b")}, .rows = "2: x\n"},
    {"a quoted last field may be followed by a lone CR at the end",
     "a,b\n1,\"x\"\r",
     {CODE("b")},
     .rows = "2: x\n"},
    {"quoted and plain spellings are one value", "a\n\"x\"\nx\n", {CODE("a")}, .rows = "2: x\n3: x\n"},
    {"spaces are content", "a, b\n x ,1\n", {CODE("a"), NUMBER(" b")}, .rows = "2:  x |1\n"},
    {"bytes that are not UTF-8 stay as they are", "a\n\xff\xfe\n", {CODE("a")}, .rows = "2: \xff\xfe\n"},
    {"a CR inside a line is content", "a,b\nx\ry,1\n", {CODE("a")}, .rows = "2: x\ry\n"},
    {"columns that are not asked for are not decoded",
     "a,b\n1,not a number\n2,\n",
     {NUMBER("a")},
     .rows = "2: 1\n3: 2\n"},
    {"the header alone is zero rows", "a,b\n", {NUMBER("a")}, .rows = ""},
    {"the header alone without its end is zero rows", "a,b", {NUMBER("a")}, .rows = ""},
    {"names may be quoted, with delimiters and line ends",
     "\"a,\n\"\"b\"\"\",c\n1,2\n",
     {NUMBER("a,\n\"b\"")},
     .rows = "3: 1\n"},
    {"a name may be empty", ",a\n0,1\n", {NUMBER("")}, .rows = "2: 0\n"},
    {"tabs are found in the header", "a\tb\n1\tx,y\n", {CODE("b")}, .rows = "2: x,y\n"},
    {"semicolons are found in the header", "a;b\n1;x\n", {CODE("b")}, .rows = "2: x\n"},
    {"pipes are found in the header", "a|b\n1|x\n", {CODE("b")}, .rows = "2: x\n"},
    {"delimiters in quoted names do not count", "\"a;b\",c\n1,2\n", {NUMBER("a;b")}, .rows = "2: 1\n"},
    {".tsv means tabs", "a,b\tc\n1\t2\n", {NUMBER("a,b"), NUMBER("c")}, .rows = "2: 1|2\n", .path = "t.tsv"},
    {"format tsv means tabs", "a,b\tc\n1\t2\n", {NUMBER("a,b")}, .rows = "2: 1\n", .format = "tsv"},
    {"a given delimiter wins", "a,b;c\n1;2\n", {NUMBER("a,b")}, .rows = "2: 1\n", .delimiter = ';'},
    {"any byte may be given as delimiter",
     "a\x01"
     "b\n1\x01"
     "2\n",
     {NUMBER("b")},
     .rows = "2: 2\n",
     .delimiter = '\x01'},
    {"numbers may have a decimal comma",
     "a;b\n0,5;1,25e-3\n",
     {NUMBER("a"), NUMBER("b")},
     .rows = "2: 0.5|0.00125\n",
     .decimal = ','},
    {"a decimal comma leaves commas out of the search for the delimiter",
     "a;b,c\n0,5;1\n",
     {NUMBER("a")},
     .rows = "2: 0.5\n",
     .decimal = ','},
    {"numbers of every shape",
     "a\n1\n-2.5\n+3\n4.\n.5\n6e2\n7E-2\n-0\n00012\n",
     {NUMBER("a")},
     .rows = "2: 1\n3: -2.5\n4: 3\n5: 4\n6: 0.5\n7: 600\n8: 0.070000000000000007\n9: -0\n10: 12\n"},
    {"quoted numbers are numbers", "a\n\"1.5\"\n", {NUMBER("a")}, .rows = "2: 1.5\n"},
    {"one column may be asked for twice", "a\n1\n", {NUMBER("a"), CODE("a")}, .rows = "2: 1|1\n"},
    {"long values are kept apart",
     "a\n" LONG "x\n" LONG "y\n" LONG "x\n",
     {CODE("a")},
     .rows = "2: " LONG "x\n3: " LONG "y\n4: " LONG "x\n"},
    {"values of 7, 8, 9, 15, 16 and 17 bytes are kept apart",
     "a,b\n1234567,1\n12345678,1\n123456789,1\n123456789012345,1\n1234567890123456,1\n12345678901234567,1\n"
     "1234567,1\n",
     {CODE("a")},
     .rows = "2: 1234567\n3: 12345678\n4: 123456789\n5: 123456789012345\n6: 1234567890123456\n7: "
             "12345678901234567\n"
             "8: 1234567\n"},

    /* ---- texts ---- */
    {"texts are what is written, numbers too",
     "a,b\n1.50,x\n-0,yy\n",
     {TEXT("b"), TEXT("a")},
     .rows = "2: x|1.50\n3: yy|-0\n"},
    {"texts lose their outer quotes and the CR before the line end",
     "a,b\r\n\"x,y\",\"1\"\r\nz,2\r\n\"w\",3\r",
     {TEXT("a"), TEXT("b")},
     .rows = "2: x,y|1\n3: z|2\n4: w|3\n"},
    {"texts may hold line ends",
     "a,b\n\"x\ny\r\nz\",1\nw,2\n",
     {TEXT("a"), TEXT("b")},
     .rows = "2: x\ny\r\nz|1\n5: w|2\n"},
    {"doubled quotes of several texts of a batch are single side by side",
     "a,b\n\"say \"\"hi\"\"\",\"\"\"\"\nplain,\"\"\"x\"\"\"\n\"\"\"\"\"\",\"q\"\n",
     {TEXT("a"), TEXT("b"), TEXT("a")},
     .rows = "2: say \"hi\"|\"|say \"hi\"\n3: plain|\"x\"|plain\n4: \"\"|q|\"\"\n"},
    {"long texts are whole",
     "a\n" LONG LONG "x\n\"" LONG "\"\"" LONG "\"\n",
     {TEXT("a")},
     .rows = "2: " LONG LONG "x\n3: " LONG "\"" LONG "\n"},
    {"missing texts are kept where that is asked for",
     "a,b\n1,\n2,\"\"\n3,NaN\n4,\"NA\"\n5,NULL\n6,na\n7, \n",
     {NUMBER("a"), {.name = "b", .decode = MLG_DECODE_TEXT, KEEP}},
     .rows = "2: 1|(missing)\n3: 2|(missing)\n4: 3|(missing)\n5: 4|(missing)\n6: 5|(missing)\n7: 6|na\n"
             "8: 7| \n",
     .missing = {0, 5}},
    {"a missing text drops its row where that is asked for",
     "a,b\n1,x\n2,\n3,\"\"\"\"\n",
     {NUMBER("a"), {.name = "b", .decode = MLG_DECODE_TEXT, DROP}},
     .rows = "2: 1|x\n4: 3|\"\n",
     .dropped = 1,
     .missing = {0, 1}},
    {"texts move with their rows when others are dropped",
     "a,b\n,x\n1,\"\"\"y\"\nNA,\"\"\"z\"\n2,\n3,w\n",
     {{.name = "a", .decode = MLG_DECODE_NUMBER, DROP}, {.name = "b", .decode = MLG_DECODE_TEXT, KEEP}},
     .rows = "3: 1|\"y\n5: 2|(missing)\n6: 3|w\n",
     .dropped = 2,
     .missing = {2, 1}},
    {"a missing text is an error where nothing else is asked for",
     "a,b\n1,x\n2,null\n",
     {TEXT("b")},
     .told = "t.csv:3: missing value 'null' in column 'b' (feature)" MAY_DROP},

    /* ---- missing values ---- */
    {"a row with a missing value is dropped where that is asked for",
     "a,b\n1,x\n,y\n3,NA\n4,z\n",
     {{.name = "a", .decode = MLG_DECODE_NUMBER, DROP}, {.name = "b", .decode = MLG_DECODE_CODE, DROP}},
     .rows = "2: 1|x\n5: 4|z\n",
     .dropped = 2,
     .missing = {1, 1}},
    {"a row that misses two values is dropped once",
     "a,b\nNaN,null\n1,x\n",
     {{.name = "a", .decode = MLG_DECODE_NUMBER, DROP}, {.name = "b", .decode = MLG_DECODE_CODE, DROP}},
     .rows = "3: 1|x\n",
     .dropped = 1,
     .missing = {1, 1}},
    {"a missing value is kept where that is asked for",
     "a,b\n1,x\n2,\"\"\n3,NaN\n",
     {NUMBER("a"), {.name = "b", .decode = MLG_DECODE_CODE, KEEP}},
     .rows = "2: 1|x\n3: 2|(missing)\n4: 3|(missing)\n",
     .missing = {0, 2}},
    {"blank lines in one column are missing values",
     "a\n1\n\n2\n\r\n3\n",
     {{.name = "a", .decode = MLG_DECODE_NUMBER, DROP}},
     .rows = "2: 1\n4: 2\n6: 3\n",
     .dropped = 2,
     .missing = {2}},
    {"of two blank lines at the end one is a row",
     "a\n1\n\n\n",
     {{.name = "a", .decode = MLG_DECODE_CODE, KEEP}},
     .rows = "2: 1\n3: (missing)\n",
     .missing = {1}},
    {"a missing number is an error",
     "a,b\n1,0.5\n2,\n",
     {NUMBER("b")},
     .told = "t.csv:3: missing value in column 'b' (score)" MAY_DROP},
    {"NaN is a missing number",
     "b\n1\nnan\n",
     {NUMBER("b")},
     .told = "t.csv:3: missing value 'nan' in column 'b' (score)" MAY_DROP},
    {"a missing label is an error",
     "a,b\nNA,1\n",
     {CODE("a")},
     .told = "t.csv:2: missing value 'NA' in column 'a' (label)" MAY_DROP},
    {"a missing value is told without a role where there is none",
     "a,b\nNA,1\n",
     {{.name = "a", .decode = MLG_DECODE_CODE}},
     .told = "t.csv:2: missing value 'NA' in column 'a'" MAY_DROP},

    /* ---- what is refused ---- */
    {"an empty file",
     "",
     {NUMBER("a")},
     .told = "'t.csv' is empty; a header line with column names is needed"},
    {"a byte order mark alone",
     "\xef\xbb\xbf",
     {NUMBER("a")},
     .told = "'t.csv' is empty; a header line with column names is needed"},
    {"an empty header line",
     "\na,b\n",
     {NUMBER("a")},
     .told = "t.csv:1: the header line is empty; column names are needed"},
    {"a column that is not there",
     "label,score\n1,2\n",
     {NUMBER("lable")},
     .told = "column 'lable' not found in 't.csv'; did you mean 'label'?"},
    {"a column name that occurs twice",
     "a,b,a\n1,2,3\n",
     {NUMBER("b")},
     .told = "t.csv:1: column 'a' occurs twice"},
    {"a delimiter that is not clear",
     "a,b;c,d\n",
     {NUMBER("a")},
     .told = "t.csv:1: the delimiter is not clear: the header line has 2 commas and 1 semicolon; give "
             "'delimiter'"},
    {"a row with too many fields",
     "a,b\n1,2\n3,4,5\n6,7\n",
     {NUMBER("a")},
     .told = "t.csv:3: row has 3 fields, expected 2"},
    {"a row with too few fields",
     "a,b,c\n1,2,3\n4,5\n6,7,8\n",
     {NUMBER("a")},
     .told = "t.csv:3: row has 2 fields, expected 3"},
    {"a short row and a long row that make two together",
     "a,b,c\n1,2,3\n4,5\n6,7,8,9\n",
     {NUMBER("a")},
     .told = "t.csv:3: row has 2 fields, expected 3"},
    {"rows that a count alone would take",
     "a,b\n1\n2\n3\n4\n",
     {NUMBER("a")},
     .told = "t.csv:2: row has 1 field, expected 2"},
    {"a last row with too few fields and no line end",
     "a,b\n1,2\n3",
     {NUMBER("a")},
     .told = "t.csv:3: row has 1 field, expected 2"},
    {"a blank line between rows", "a,b\n1,2\n\n3,4\n", {NUMBER("a")}, .told = "t.csv:3: empty line"},
    {"two blank lines at the end", "a,b\n1,2\n\n\n", {NUMBER("a")}, .told = "t.csv:3: empty line"},
    {"a row of many fields",
     "a,b\n1"
     ",,,,,,,,,,"
     ",,,,,,,,,,"
     ",,,,,,,,,,"
     "\n",
     {NUMBER("a")},
     .told = "t.csv:2: row has 31 fields, expected 2"},
    {"a quote that is not closed",
     "a,b\n1,x\n2,\"y\n3,z\n",
     {NUMBER("a")},
     .told = "t.csv:3: the quote that opens here is not closed before the end"},
    {"a quote that is not closed, after doubled ones",
     "a,b\n1,\"p\"\"q\"\n2,\"\"\"\ny\n",
     {NUMBER("a")},
     .told = "t.csv:3: the quote that opens here is not closed before the end"},
    {"text after a closing quote",
     "a,b\n1,x\n2,\"y\"z\n",
     {NUMBER("a")},
     .told = "t.csv:3: text after a closing quote; a quote inside a quoted field is doubled"},
    {"a space after a closing quote",
     "a,b\n1,\"y\" \n",
     {NUMBER("a")},
     .told = "t.csv:2: text after a closing quote; a quote inside a quoted field is doubled"},
    {"text after a closing quote and a CR",
     "a,b\n1,\"y\"\rz\n",
     {NUMBER("a")},
     .told = "t.csv:2: text after a closing quote; a quote inside a quoted field is doubled"},
    {"a quote after a closing quote and a CR",
     "a,b\n1,\"y\"\r\"z\n",
     {NUMBER("a")},
     .told = "t.csv:2: text after a closing quote; a quote inside a quoted field is doubled"},
    {"a quote inside an unquoted field",
     "a,b\n1,x\n2,5\" pipe\n",
     {NUMBER("a")},
     .told =
         "t.csv:3: quote inside an unquoted field; a field that holds a quote is written in quotes, with the "
         "quote "
         "doubled"},
    {"a quote inside an unquoted name",
     "a\"b,c\n1,2\n",
     {NUMBER("c")},
     .told = "t.csv:1: a quote in the header line is not closed"},
    {"quotes inside an unquoted name",
     "a\"b\",c\n1,2\n",
     {NUMBER("c")},
     .told = "t.csv:1: quote inside an unquoted field of the header line; a field that holds a quote is "
             "written in "
             "quotes, with the quote doubled"},
    {"text after a closing quote of a name",
     "\"a\"b,c\n1,2\n",
     {NUMBER("c")},
     .told =
         "t.csv:1: text after a closing quote in the header line; a quote inside a quoted field is doubled"},
    {"lines that end in CR alone",
     "a,b\r1,2\r3,4\r",
     {NUMBER("a")},
     .told = "t.csv:1: carriage return inside the header line; lines end in LF or CRLF"},
    {"a value that is no number",
     "a,b\n1,x\n2,0.5x\n",
     {NUMBER("a"), NUMBER("b")},
     .told = "t.csv:2: value 'x' in column 'b' (score)" NO_NUMBER},
    {"a value whose bytes could harm a terminal",
     "a\n\x1b[2J\n",
     {NUMBER("a")},
     .told = "t.csv:2: value '\\x1b[2J' in column 'a' (score)" NO_NUMBER},
    {"a long value that is no number",
     "a\n" LONG "\n",
     {NUMBER("a")},
     .told = "t.csv:2: value '" A_TO_Z A_TO_Z "abcdefgh…' in column 'a' (score)" NO_NUMBER},
    {"a number between spaces",
     "a,b\n 1,2\n",
     {NUMBER("a")},
     .told =
         "t.csv:2: value ' 1' in column 'a' (score) is not a number; a number stands alone, without spaces"},
    {"thousands and a decimal point",
     "a;b\n\"19,936.05\";2\n",
     {NUMBER("a")},
     .told =
         "t.csv:2: value '19,936.05' in column 'a' (score) is not a number; thousands are written without a "
         "mark between them"},
    {"an option is named as the user writes it",
     "a;b\n0,5;2\n",
     {NUMBER("a")},
     .from_flags = true,
     .told = "t.csv:2: value '0,5' in column 'a' (score) is not a number; a decimal comma is accepted with "
             "--decimal ,"},
    {"a decimal comma that was not announced",
     "a;b\n0,5;2\n",
     {NUMBER("a")},
     .told = "t.csv:2: value '0,5' in column 'a' (score) is not a number; a decimal comma is accepted with "
             "'decimal: "
             "\",\"'"},
    {"a decimal point where a comma was announced",
     "a;b\n0.5;2\n",
     {NUMBER("a")},
     .told = "t.csv:2: value '0.5' in column 'a' (score) is not a number; numbers with a decimal comma such "
             "as 0,25 "
             "are "
             "accepted",
     .decimal = ','},
    {"a hexadecimal number",
     "a\n0x10\n",
     {NUMBER("a")},
     .told = "t.csv:2: value '0x10' in column 'a' (score)" NO_NUMBER},
    {"an infinite number",
     "a\n1\n-inf\n",
     {NUMBER("a")},
     .told = "t.csv:3: value '-inf' in column 'a' (score) is not finite; finite numbers are accepted"},
    {"a number too large for a double",
     "a\n1e999\n",
     {NUMBER("a")},
     .told = "t.csv:2: value '1e999' in column 'a' (score) is not finite; finite numbers are accepted"},
    {"a place inside quoted lines",
     "a,b\n\"x\ny\",z\n",
     {NUMBER("b")},
     .told = "t.csv:3: value 'z' in column 'b' (score)" NO_NUMBER},
    {"a zero byte",
     "a,b\n1,x\n2,y\0z\n",
     {NUMBER("a")},
     .size = 14,
     .told = "t.csv:3: zero byte in the data; CSV is text"},
    {"a zero byte in the header line",
     "a,b\0\n1,x\n",
     {NUMBER("a")},
     .size = 9,
     .told = "t.csv:1: zero byte in the header line; CSV is text",
     .format = "csv"},
    {"more distinct values than the dictionary holds",
     "a\nx\ny\nx\nz\n",
     {CODE("a")},
     .told = "t.csv:5: column 'a' (label) has more than 2 distinct values",
     .dictionary_limit = 2},
    {"of two errors in a row the one of the first column",
     "a,b\nx,y\n",
     {NUMBER("b"), NUMBER("a")},
     .told = "t.csv:2: value 'x' in column 'a' (score)" NO_NUMBER},
    {"of two errors the one in the first row",
     "a,b\n1,2\n3,y\nx,4\n",
     {NUMBER("a"), NUMBER("b")},
     .told = "t.csv:3: value 'y' in column 'b' (score)" NO_NUMBER},
    {"a bad value before a ragged row",
     "a,b\nx,2\n3\n",
     {NUMBER("a")},
     .told = "t.csv:2: value 'x' in column 'a' (score)" NO_NUMBER},
    {"a ragged row before an open quote",
     "a,b\n1\n2,\"\n",
     {NUMBER("a")},
     .told = "t.csv:2: row has 1 field, expected 2"},
    {"an error of the sink before a bad value",
     "a\n1\n-2\n3\nx\n",
     {NUMBER("a")},
     .told = "t.csv:3: negative weight",
     .sink = refuse_negative},
    {"an error of the sink after a dropped row",
     "a,b\n1,x\n2,\n-3,y\n",
     {NUMBER("a"), {.name = "b", .decode = MLG_DECODE_CODE, DROP}},
     .told = "t.csv:4: negative weight",
     .sink = refuse_negative},
    {"a bad value before an error of the sink",
     "a\n1\nx\n-3\n",
     {NUMBER("a")},
     .told = "t.csv:3: value 'x' in column 'a' (score)" NO_NUMBER,
     .sink = refuse_negative},

    /* ---- options, and content that is something else ---- */
    {"a quote as delimiter",
     "a,b\n",
     {NUMBER("a")},
     .told = "a delimiter cannot be a quote or a line end; comma, tab, semicolon or pipe are usual",
     .delimiter = '"'},
    {"one character as delimiter and decimal",
     "a,b\n",
     {NUMBER("a")},
     .told = "delimiter and decimal are both ','",
     .delimiter = ',',
     .decimal = ','},
    {"a decimal that is neither point nor comma",
     "a,b\n",
     {NUMBER("a")},
     .told = "decimal ';' is not known; '.' or ',' are accepted",
     .decimal = ';'},
    {"a format that is not known",
     "a,b\n",
     {NUMBER("a")},
     .told = "format 'cvs' is not known; formats are csv, tsv, jsonl, parquet",
     .format = "cvs"},
    {"a Parquet file that is cut short",
     "PAR1\x15\x04\x15",
     {NUMBER("a")},
     .told = "'t.csv' is damaged: it is cut short"},
    {"an Arrow file",
     "ARROW1\0\0\xff",
     {NUMBER("a")},
     .size = 9,
     .told = "'t.csv' looks like Arrow, which this version does not read; CSV, TSV, JSON lines and Parquet "
             "are read"},
    {"a NumPy file",
     "\x93NUMPY\x01\0v\0{'descr'",
     {NUMBER("a")},
     .size = 18,
     .told = "'t.csv' looks like NumPy, which this version does not read; CSV, TSV, JSON lines and Parquet "
             "are read"},
    {"an HDF5 file",
     "\x89HDF\r\n\x1a\n",
     {NUMBER("a")},
     .told = "'t.csv' looks like HDF5, which this version does not read; CSV, TSV, JSON lines and Parquet "
             "are read"},
    {"a pickle",
     "\x80\x04\x95",
     {NUMBER("a")},
     .told = "'t.csv' looks like a Python pickle, which this version does not read; CSV, TSV, JSON lines and "
             "Parquet are read"},
    {"UTF-16",
     "\xff\xfe"
     "a\0,\0b\0",
     {NUMBER("a")},
     .size = 8,
     .told = "'t.csv' looks like UTF-16 text, which this version does not read; CSV, TSV, JSON lines and "
             "Parquet are read"},
    {"a zip archive without a member",
     "PK\x03\x04\x14\0\0\0",
     {NUMBER("a")},
     .size = 8,
     .told = "'t.csv' is an archive; name the member to read, as in 't.csv//table.csv'"},
    {"bytes that are no text",
     "\x7f"
     "ELF\x02\x01\x01\0\0\0",
     {NUMBER("a")},
     .size = 10,
     .told = "'t.csv' is not text; CSV, TSV, JSON lines and Parquet are read"},
};

static void reads_or_tells(void **state)
{
    reader_row_check(*state, "t.csv", false);
}

/* ---- more than a row of a table can say ------------------------------------------------------------- */

static uint64_t next_random(uint64_t *seed) /* xorshift64 */
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static char *random_table(uint64_t seed, size_t rows_wanted, size_t *size)
{
    static const char *const cells[] = {"a", "\"b\"", "\"c,\"", "\"d\n\"",  "\"e\"\"\"",
                                        "",  "\"\"",  "ff",     "\"\r\n\"", "gggggggggggg"};
    char *text = malloc(rows_wanted * 80 + 16);
    assert_non_null(text);
    size_t used = (size_t)sprintf(text, "n,x,y\n");
    for (size_t i = 0; i < rows_wanted; i++)
        used += (size_t)sprintf(text + used, "%u.%u,%s,%s%s", (unsigned)(next_random(&seed) % 100),
                                (unsigned)(next_random(&seed) % 1000), cells[next_random(&seed) % 10],
                                cells[next_random(&seed) % 10], next_random(&seed) % 4 ? "\n" : "\r\n");
    *size = used;
    return text;
}

static void the_same_batches_for_any_threads_blocks_and_instructions(void **state)
{
    (void)state;
    size_t size;
    char *text = random_table(42, 3000, &size);
    struct world_memory memory;
    world_memory_init(&memory);
    world_memory_put(&memory, "t.csv", WORLD_MEMORY_FILE, text, size);
    struct read_rows whole = {
        .path = "t.csv",
        .requests = {NUMBER("n"),
                     {.name = "x", .decode = MLG_DECODE_CODE, KEEP},
                     {.name = "y", .decode = MLG_DECODE_CODE, DROP, .dictionary = 1}},
    };
    assert_int_equal(read_rows(&memory, &whole), 0);
    assert_true(whole.summary.rows > 1000 && whole.summary.dropped > 100);
    assert_int_equal(whole.summary.rows + whole.summary.dropped, 3000);
    static const size_t blocks[] = {7, 100, 4096, 20000};
    struct read_rows alone = {0}; /* one thread, the same blocks */
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        read_rows_free(&alone);
        for (unsigned threads = 1; threads <= 4; threads++)
            for (unsigned level = 0; level < MLG_INSTRUCTIONS_ALL; level++) {
                struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
                tuning.block = blocks[i];
                tuning.threads_from = 0;
                tuning.instructions = level;
                struct read_rows part = whole;
                part.tuning = &tuning;
                part.threads = threads;
                assert_int_equal(read_rows(&memory, &part), 0);
                assert_string_equal(part.text, whole.text);
                assert_int_equal(part.summary.rows, whole.summary.rows);
                assert_int_equal(part.summary.dropped, whole.summary.dropped);
                assert_memory_equal(part.missing, whole.missing, sizeof whole.missing);
                assert_string_equal(part.summary.sha256, whole.summary.sha256);
                /* The same as texts. */
                struct read_rows texts = part;
                texts.requests[1].decode = texts.requests[2].decode = MLG_DECODE_TEXT;
                assert_int_equal(read_rows(&memory, &texts), 0);
                assert_string_equal(texts.text, whole.text);
                assert_int_equal(texts.summary.dropped, whole.summary.dropped);
                assert_memory_equal(texts.missing, whole.missing, sizeof whole.missing);
                read_rows_free(&texts);
                if (!alone.text)
                    alone = part;
                assert_int_equal(part.count, whole.summary.rows);
                assert_memory_equal(part.positions, alone.positions, part.count * sizeof *part.positions);
                if (part.text != alone.text)
                    read_rows_free(&part);
            }
    }
    read_rows_free(&alone);
    read_rows_free(&whole);
    free(text);
    world_memory_free(&memory);
}

static void values_that_share_their_first_or_last_bytes_are_kept_apart(void **state)
{
    (void)state;
    enum { VALUES = 3000 };
    char *text = malloc(VALUES * 80 + 16), *expected = malloc(VALUES * 80 + 16);
    assert_true(text && expected);
    size_t size = (size_t)sprintf(text, "a,b\n"), wanted = 0;
    for (unsigned i = 0; i < VALUES; i++) {
        unsigned k = i * 7919 % 1000; /* each value three times */
        size += (size_t)sprintf(text + size, "abcdefgh%08u,%04uabcd\n", k, k);
        wanted += (size_t)sprintf(expected + wanted, "%u: abcdefgh%08u|%04uabcd\n", i + 2, k, k);
    }
    struct world_memory memory;
    world_memory_init(&memory);
    world_memory_put(&memory, "t.csv", WORLD_MEMORY_FILE, text, size);
    struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
    tuning.block = 4096;
    struct read_rows read = {.path = "t.csv", .tuning = &tuning, .requests = {CODE("a"), CODE("b")}};
    read.requests[1].dictionary = 1;
    assert_int_equal(read_rows(&memory, &read), 0);
    assert_string_equal(read.text, expected);
    read_rows_free(&read);
    world_memory_free(&memory);
    free(expected);
    free(text);
}

/* Text to separators, byte by byte, against every instruction set, cut in pieces at every place. */
static void every_instruction_set_finds_the_same_separators(void **state)
{
    (void)state;
    static const char letters[] = ",\n\"\"\"\r x\0,,\n\"";
    enum { SIZE = 300, ROOM = SIZE + MLG_INDEX_ROOM };
    uint64_t seed = 7;
    for (int round = 0; round < 2000; round++) {
        char text[SIZE + 64] = {0};
        size_t kinds = round % 3 == 0 ? sizeof letters - 1 : round % 3 == 1 ? 6 : 3;
        for (size_t i = 0; i < SIZE; i++)
            text[i] = next_random(&seed) % 4 ? 'x' : letters[next_random(&seed) % kinds];
        uint32_t plain_room[ROOM], room[ROOM];
        struct mlg_index plain = {.positions = plain_room};
        mlg_index_begin(&plain);
        for (size_t i = 0; i < SIZE; i++) /* pieces of one byte take the plain way */
            mlg_index_choose(MLG_INSTRUCTIONS_PORTABLE)(&plain, text, i, i + 1, ',');
        for (unsigned level = 0; level < MLG_INSTRUCTIONS_ALL; level++) {
            struct mlg_index index = {.positions = room};
            mlg_index_begin(&index);
            size_t cut = (size_t)(next_random(&seed) % SIZE);
            mlg_index_choose(level)(&index, text, 0, cut, ',');
            mlg_index_choose(level)(&index, text, cut, SIZE, ',');
            assert_true(index.bad == plain.bad);
            assert_int_equal(index.line_feeds, plain.line_feeds);
            if (plain.bad != SIZE_MAX) /* what comes after it means nothing */
                continue;
            assert_int_equal(index.count, plain.count);
            assert_memory_equal(room, plain_room, plain.count * sizeof *room);
            assert_int_equal(index.records, plain.records);
            assert_int_equal(index.in_quote, plain.in_quote);
            assert_int_equal(index.after_separator, plain.after_separator);
            assert_int_equal(index.after_close, plain.after_close);
            assert_int_equal(index.after_close_return, plain.after_close_return);
        }
    }
}

/* ---- numbers against strtod ------------------------------------------------------------------------- */

enum { NUMBERS = 100000 };
static char number_texts[NUMBERS][48];
static size_t numbers_seen;

static void write_number(uint64_t *seed, char *out)
{
    size_t used = 0;
    unsigned shape = (unsigned)(next_random(seed) % 8);
    if (next_random(seed) % 4 == 0)
        out[used++] = next_random(seed) % 4 ? '-' : '+';
    if (shape == 0) { /* what Python writes of a random share */
        double share = (double)(next_random(seed) >> 11) * 0x1p-53;
        sprintf(out + used, "%.*g", 1 + (int)(next_random(seed) % 17), share);
        return;
    }
    unsigned whole = 1 + (unsigned)(next_random(seed) % (shape < 4 ? 3 : 20));
    unsigned decimals = shape == 7 ? 0 : 1 + (unsigned)(next_random(seed) % 20);
    for (unsigned i = 0; i < whole; i++)
        out[used++] = (char)('0' + (shape < 3 ? 0 : next_random(seed) % 10));
    if (decimals > 0) {
        out[used++] = '.';
        for (unsigned i = 0; i < decimals; i++)
            out[used++] = (char)('0' + next_random(seed) % (shape == 2 && i < 3 ? 1 : 10));
    }
    if (shape >= 5 && next_random(seed) % 2)
        used += (size_t)sprintf(out + used, "e%d", (int)(next_random(seed) % 570) - 285);
    out[used] = '\0';
}

static int same_as_strtod(const struct mlg_batch *batch, struct mlg_error *error)
{
    for (size_t i = 0; i < batch->rows; i++) {
        struct mlg_place place = mlg_batch_place(batch, i);
        const char *text = number_texts[place.line - 2];
        double expected = strtod(text, NULL);
        if (memcmp(&expected, &batch->columns[0].numbers[i], sizeof expected) != 0)
            return mlg_error_at(error, MLG_DATA, place, "'%s' is %.17g", text, batch->columns[0].numbers[i]);
    }
    numbers_seen += batch->rows;
    return 0;
}

static int take_all(void *context, const struct mlg_batch *batch, struct mlg_error *error)
{
    (void)context;
    return same_as_strtod(batch, error);
}

static void a_hundred_thousand_numbers_are_what_strtod_makes_of_them(void **state)
{
    (void)state;
    uint64_t seed = 2024;
    char *text = malloc(NUMBERS * 48 + 16);
    assert_non_null(text);
    size_t size = (size_t)sprintf(text, "a,b\n");
    for (size_t i = 0; i < NUMBERS; i++) {
        do
            write_number(&seed, number_texts[i]);
        while (strtod(number_texts[i], NULL) - strtod(number_texts[i], NULL) != 0); /* infinite */
        size += (size_t)sprintf(text + size, "%s,\n", number_texts[i]);
    }
    struct world_memory memory;
    world_memory_init(&memory);
    world_memory_put(&memory, "t.csv", WORLD_MEMORY_FILE, text, size);
    struct mlg_arena arena;
    mlg_arena_init(&arena, 0);
    struct mlg_reader *reader;
    struct mlg_error error = {0};
    struct mlg_read_summary summary;
    struct mlg_column_request request = NUMBER("a");
    void *context = NULL;
    /* the file is small enough that small blocks count lines in place: 4 KiB, or each place costs much */
    struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
    tuning.block = 4096;
    struct mlg_reader_options options = {.path = "t.csv"};
    assert_int_equal(mlg_reader_open_tuned(&memory.world, &arena, &options, &tuning, &reader, &error), 0);
    numbers_seen = 0;
    mlg_reader_read(reader, &request, 1, 1, take_all, &context, NULL, 0, &summary, &error);
    assert_string_equal(error.text, "");
    assert_int_equal(numbers_seen, NUMBERS);
    mlg_reader_close(reader);
    mlg_arena_free(&arena);
    world_memory_free(&memory);
    free(text);
}

/* ---- texts ------------------------------------------------------------------------------------------ */

/* What can stay where it is written is not copied, and what cannot does not move while the batch lasts. */
static void texts_point_into_the_block(void **state)
{
    (void)state;
    static const char text[] = "ab,\"c,d\",\"e\"\"f\",,\"\"\"\"\n";
    static const uint32_t ends[] = {UINT32_MAX, 2, 8, 15, 16, 21};
    static const char *const expected[] = {"ab", "c,d", "e\"f", NULL, "\""};
    enum { CELLS = 5 };
    struct mlg_cell_room room = {0};
    uint64_t missing = 0;
    unsigned char dropped[CELLS] = {0};
    struct mlg_text texts[CELLS];
    enum mlg_cell_outcome outcome = MLG_CELL_DECODED;
    const struct mlg_decoding decoding = {
        .records = {text, ends + 1, 1},
        .count = CELLS,
        .on_missing = MLG_ON_MISSING_KEEP,
        .room = &room,
        .dropped = dropped,
        .missing = &missing,
    };
    assert_int_equal(mlg_decode_texts(&decoding, texts, &outcome), CELLS);
    assert_ptr_equal(texts[0].bytes, text);
    assert_ptr_equal(texts[1].bytes, text + 4);
    assert_null(texts[3].bytes);
    assert_int_equal(texts[3].size, 0);
    assert_int_equal(missing, 1);
    for (size_t i = 0; i < CELLS; i++)
        if (expected[i]) {
            assert_int_equal(texts[i].size, strlen(expected[i]));
            assert_memory_equal(texts[i].bytes, expected[i], texts[i].size);
        }
    free(room.bytes);
}

/* ---- files that misbehave --------------------------------------------------------------------------- */

static const struct reader_misbehaviour misbehaviours[] = {
    {"a directory cannot be read", WORLD_MEMORY_DIRECTORY, "cannot read 't.csv': is a directory"},
    {"an unreadable file cannot be read", WORLD_MEMORY_UNREADABLE, "cannot read 't.csv': permission denied"},
    {"a file whose time changes is refused", WORLD_MEMORY_CHANGING, "'t.csv' changed while it was read"},
    {"a file that shrinks is refused", WORLD_MEMORY_SHRINKING, "'t.csv' changed while it was read"},
    {"a file that fails in the middle is refused", WORLD_MEMORY_FAILING,
     "cannot read 't.csv': input/output error"},
};

static void misbehaving_files_are_errors(void **state)
{
    size_t size;
    char *text = random_table(1, 2000, &size);
    reader_misbehaviour_check(*state, "t.csv", text, size, false);
    free(text);
}

static void a_missing_file_is_an_error(void **state)
{
    (void)state;
    const struct read_rows how = {.path = "a//t.csv"};
    assert_int_equal(
        reader_tells(&how, WORLD_MEMORY_FILE, NULL, 0, NULL, "cannot read 'a//t.csv': no such file"),
        MLG_WORLD);
}

static void standard_input_is_read_and_named(void **state)
{
    (void)state;
    const struct read_rows how = {.path = "-", .requests = {NUMBER("a")}};
    assert_int_equal(reader_tells(&how, WORLD_MEMORY_STREAM, "a\n1\nx\n", 6, NULL,
                                  "standard input:3: value 'x' in column 'a' (score)" NO_NUMBER),
                     MLG_DATA);
}

/* A source that never ends a line: what is asked of it is counted. */
struct endless {
    const char *start;
    char filling;
    uint64_t served;
};

static int endless_open(void *self, const char *path, struct mlg_file *file, struct mlg_error *error)
{
    (void)path, (void)error;
    *file = (struct mlg_file){.handle = self, .size = INT64_C(1) << 30};
    return 0;
}

static int64_t endless_read(void *self, struct mlg_file *file, int64_t offset, void *buffer, size_t size,
                            struct mlg_error *error)
{
    (void)file, (void)error;
    struct endless *endless = self;
    memset(buffer, endless->filling, size);
    size_t start = strlen(endless->start);
    if (offset < (int64_t)start)
        memcpy(buffer, endless->start + offset,
               start - (size_t)offset < size ? start - (size_t)offset : size);
    __atomic_add_fetch(&endless->served, size, __ATOMIC_RELAXED);
    return (int64_t)size;
}

static int endless_stat(void *self, struct mlg_file *file, int64_t *size, int64_t *modified)
{
    (void)self;
    *size = file->size;
    *modified = 0;
    return 0;
}

static void endless_close(void *self, struct mlg_file *file)
{
    (void)self, (void)file;
}

static struct endless_row {
    const char *name, *start;
    char filling;
    const char *told;
} endless_rows[] = {
    {"a line of 1 GiB fails early", "a,b\n1,", 'x', "t.csv:2: line is longer than 1000000 bytes"},
    {"a line of 1 GiB of commas fails early", "a,b\n1,2\n3", ',',
     "t.csv:3: line is longer than 1000000 bytes"},
    {"a header of 1 GiB fails early", "a", 'x', "t.csv:1: the header line is longer than 1000000 bytes"},
    {"a quote open for 1 GiB fails early", "a,b\n1,2\n3,\"", '\n',
     "t.csv:3: the quote that opens here is not closed within 1000000 bytes"},
};

static void endless_lines_fail_early(void **state)
{
    const struct endless_row *row = *state;
    for (unsigned threads = 1; threads <= 2; threads++) {
        struct endless endless = {.start = row->start, .filling = row->filling};
        struct world_memory memory;
        world_memory_init(&memory);
        memory.world.self = &endless;
        memory.world.open = endless_open;
        memory.world.read = endless_read;
        memory.world.stat = endless_stat;
        memory.world.close = endless_close;
        struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
        tuning.line_bytes = 1000000;
        tuning.block = 4096;
        struct read_rows read = {
            .path = "t.csv", .tuning = &tuning, .threads = threads, .requests = {NUMBER("a")}};
        assert_int_equal(read_rows(&memory, &read), MLG_LIMIT);
        assert_string_equal(read.told, row->told);
        if (threads == 1) /* beside two, the hash runs ahead */
            assert_true(endless.served < 1100000);
        read_rows_free(&read);
        world_memory_free(&memory);
    }
}

static void a_row_of_more_separators_than_are_kept_is_counted(void **state)
{
    (void)state;
    enum { FIELDS = 100000 };
    char *text = malloc(FIELDS + 64);
    assert_non_null(text);
    size_t size = (size_t)sprintf(text, "a,b\n1,2\n");
    memset(text + size, ',', FIELDS - 1);
    size += FIELDS - 1;
    text[size++] = '\n';
    struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
    tuning.block = 1000;
    const struct read_rows how = {.path = "t.csv", .tuning = &tuning, .requests = {NUMBER("a")}};
    assert_int_equal(
        reader_tells(&how, WORLD_MEMORY_FILE, text, size, NULL, "t.csv:3: row has 100000 fields, expected 2"),
        MLG_DATA);
    free(text);
}

static int count_rows(void *context, const struct mlg_batch *batch, struct mlg_error *error)
{
    (void)error;
    *(size_t *)context += batch->rows;
    return 0;
}

static void a_reader_reads_once(void **state)
{
    (void)state;
    size_t counted = 0;
    void *contexts[] = {&counted};
    struct world_memory memory;
    world_memory_init(&memory);
    world_memory_text(&memory, "t.csv", "a\n1\n");
    struct mlg_arena arena;
    mlg_arena_init(&arena, 0);
    struct mlg_reader *reader;
    struct mlg_error error = {0};
    struct mlg_read_summary summary;
    struct mlg_reader_options options = {.path = "t.csv"};
    assert_int_equal(mlg_reader_open(&memory.world, &arena, &options, &reader, &error), 0);
    const char *const *names;
    assert_int_equal(mlg_reader_columns(reader, &names), 1);
    assert_string_equal(names[0], "a");
    assert_string_equal(mlg_reader_format(reader), "csv");
    assert_int_equal(mlg_reader_read(reader, NULL, 0, 1, count_rows, contexts, NULL, 0, &summary, &error), 0);
    assert_int_equal(counted, 1); /* without a single column asked for */
    assert_int_equal(mlg_reader_read(reader, NULL, 0, 1, count_rows, contexts, NULL, 0, &summary, &error),
                     MLG_INTERNAL);
    mlg_reader_close(reader);
    mlg_arena_free(&arena);
    world_memory_free(&memory);
}

int main(void)
{
    enum { FIXED = 9 };
    struct CMUnitTest tests[FIXED + COUNT(rows) + COUNT(misbehaviours) + COUNT(endless_rows)] = {
        cmocka_unit_test(the_same_batches_for_any_threads_blocks_and_instructions),
        cmocka_unit_test(values_that_share_their_first_or_last_bytes_are_kept_apart),
        cmocka_unit_test(every_instruction_set_finds_the_same_separators),
        cmocka_unit_test(a_hundred_thousand_numbers_are_what_strtod_makes_of_them),
        cmocka_unit_test(a_missing_file_is_an_error),
        cmocka_unit_test(standard_input_is_read_and_named),
        cmocka_unit_test(a_row_of_more_separators_than_are_kept_is_counted),
        cmocka_unit_test(a_reader_reads_once),
        cmocka_unit_test(texts_point_into_the_block),
    };
    size_t count = FIXED;
    NAMED_ROWS(tests, count, rows, reads_or_tells);
    NAMED_ROWS(tests, count, misbehaviours, misbehaving_files_are_errors);
    NAMED_ROWS(tests, count, endless_rows, endless_lines_fail_early);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
