/* pickle: what a pickle builds, read as data. A stack machine with limits, which knows the opcodes of
 * protocols 2 to 5 that are written for plain values, containers and objects, and gives up at any other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"

enum opcode {
    MARK = '(',
    STOP = '.',
    NONE = 'N',
    NEWTRUE = 0x88,
    NEWFALSE = 0x89,
    BININT = 'J',
    BININT1 = 'K',
    BININT2 = 'M',
    LONG1 = 0x8a,
    LONG4 = 0x8b,
    BINFLOAT = 'G',
    BINUNICODE = 'X',
    SHORT_BINUNICODE = 0x8c,
    BINUNICODE8 = 0x8d,
    BINSTRING = 'T',
    SHORT_BINSTRING = 'U',
    BINBYTES = 'B',
    SHORT_BINBYTES = 'C',
    BINBYTES8 = 0x8e,
    GLOBAL = 'c',
    STACK_GLOBAL = 0x93,
    EMPTY_TUPLE = ')',
    TUPLE = 't',
    TUPLE1 = 0x85,
    TUPLE2 = 0x86,
    TUPLE3 = 0x87,
    EMPTY_LIST = ']',
    APPEND = 'a',
    APPENDS = 'e',
    EMPTY_DICT = '}',
    SETITEM = 's',
    SETITEMS = 'u',
    REDUCE = 'R',
    NEWOBJ = 0x81,
    BUILD = 'b',
    BINPERSID = 'Q',
    BINPUT = 'q',
    LONG_BINPUT = 'r',
    MEMOIZE = 0x94,
    BINGET = 'h',
    LONG_BINGET = 'j',
    PROTO = 0x80,
    FRAME = 0x95
};

struct array {
    uint32_t *items; /* malloc'd */
    size_t count, capacity;
};

struct machine {
    struct pickle *pickle;
    size_t at, size;
    size_t values, value_capacity, items, item_capacity; /* numbers in use, from 1 on */
    struct array stack, marks, memo;                     /* memo: 0 where nothing was put */
    uint32_t memo_count;                                 /* what MEMOIZE puts next */
    enum pickle_reading reading;
    char *why;
};

/* Ends the reading; false. */
static bool stop(struct machine *machine, enum pickle_reading reading, const char *why)
{
    if (machine->reading == PICKLE_READ) {
        machine->reading = reading;
        snprintf(machine->why, 160, "%s", why);
    }
    return false;
}

static bool damaged(struct machine *machine)
{
    return stop(machine, PICKLE_DAMAGED, "has opcodes that do not fit each other");
}

/* Room for `wanted` of them. */
static bool make_room(struct machine *machine, void *array, size_t *capacity, size_t wanted, size_t most,
                      size_t size, const char *what)
{
    void **items = array;
    if (wanted > most) {
        char why[80];
        snprintf(why, sizeof why, "it has more than %zu %s", most, what);
        return stop(machine, PICKLE_NOT_READ, why);
    }
    if (wanted <= *capacity)
        return true;
    size_t room = *capacity ? *capacity : 64;
    while (room < wanted)
        room *= 2;
    void *grown = realloc(*items, room * size);
    if (!grown)
        return stop(machine, PICKLE_NO_MEMORY, "");
    *items = grown;
    *capacity = room;
    return true;
}

static bool add(struct machine *machine, struct array *array, size_t most, const char *what, uint32_t item)
{
    if (!make_room(machine, &array->items, &array->capacity, array->count + 1, most, sizeof *array->items,
                   what))
        return false;
    array->items[array->count++] = item;
    return true;
}

static bool push(struct machine *machine, uint32_t value)
{
    return value > 0 && add(machine, &machine->stack, MOST_PICKLE_STACK, "values on its stack", value);
}

/* The values above the last mark. */
static size_t floor_of(const struct machine *machine)
{
    return machine->marks.count ? machine->marks.items[machine->marks.count - 1] : 0;
}

/* The value on top, taken off; 0: there is none. */
static uint32_t pop(struct machine *machine)
{
    if (machine->stack.count <= floor_of(machine)) {
        damaged(machine);
        return 0;
    }
    return machine->stack.items[--machine->stack.count];
}

/* Number of a new value; 0: there is no room. */
static uint32_t new_value(struct machine *machine, struct pickle_value value)
{
    struct pickle *pickle = machine->pickle;
    const size_t number = machine->values + 1;
    if (!make_room(machine, &pickle->values, &machine->value_capacity, number + 1, MOST_PICKLE_VALUES,
                   sizeof value, "values"))
        return 0;
    pickle->values[number] = value;
    machine->values = number;
    return (uint32_t)number;
}

static bool push_new(struct machine *machine, struct pickle_value value)
{
    return push(machine, new_value(machine, value));
}

static bool put_item(struct machine *machine, uint32_t into, uint32_t key, uint32_t value)
{
    struct pickle *pickle = machine->pickle;
    const size_t number = machine->items + 1;
    if (!make_room(machine, &pickle->items, &machine->item_capacity, number + 1, MOST_PICKLE_ITEMS,
                   sizeof *pickle->items, "items"))
        return false;
    pickle->items[number] = (struct pickle_item){key, value, 0};
    machine->items = number;
    struct pickle_value *node = &pickle->values[into];
    if (node->node.last)
        pickle->items[node->node.last].next = (uint32_t)number;
    else
        node->node.first = (uint32_t)number;
    node->node.last = (uint32_t)number;
    node->node.count++;
    return true;
}

/* ---- arguments ------------------------------------------------------------------------------------- */

static bool take(struct machine *machine, uint64_t size, size_t *offset)
{
    if (size > machine->size - machine->at)
        return stop(machine, PICKLE_DAMAGED, "is cut short");
    *offset = machine->at;
    machine->at += (size_t)size;
    return true;
}

static bool take_number(struct machine *machine, unsigned size, uint64_t *number)
{
    size_t offset = 0;
    *number = 0;
    if (!take(machine, size, &offset))
        return false;
    for (unsigned i = 0; i < size; i++)
        *number |= (uint64_t)machine->pickle->bytes[offset + i] << (8 * i);
    return true;
}

/* A length of so many bytes, and what it is the length of. */
static bool push_text(struct machine *machine, enum pickle_type type, unsigned length)
{
    uint64_t size = 0;
    size_t offset = 0;
    if (!take_number(machine, length, &size) || !take(machine, size, &offset))
        return false;
    return push_new(machine, (struct pickle_value){.type = type, .text = {(uint32_t)offset, (uint32_t)size}});
}

static bool push_whole(struct machine *machine, unsigned size, bool is_signed)
{
    uint64_t number = 0;
    if (!take_number(machine, size, &number))
        return false;
    const int64_t whole = is_signed ? (int64_t)(int32_t)(uint32_t)number : (int64_t)number;
    return push_new(machine, (struct pickle_value){.type = PICKLE_WHOLE, .whole = whole});
}

/* Two's complement, the least byte first. */
static bool push_long(struct machine *machine, unsigned length)
{
    uint64_t size = 0, bits = 0;
    size_t offset = 0;
    if (!take_number(machine, length, &size) || !take(machine, size, &offset))
        return false;
    const unsigned char *bytes = machine->pickle->bytes + offset;
    while (size > 1 && bytes[size - 1] == (bytes[size - 2] & 0x80 ? 0xff : 0)) /* not the shortest way */
        size--;
    if (size > 8)
        return push_new(
            machine, (struct pickle_value){.type = PICKLE_LONG, .text = {(uint32_t)offset, (uint32_t)size}});
    for (uint64_t i = 0; i < size; i++)
        bits |= (uint64_t)bytes[i] << (8 * i);
    if (size > 0 && size < 8 && bytes[size - 1] & 0x80)
        bits |= ~UINT64_C(0) << (8 * size);
    return push_new(machine, (struct pickle_value){.type = PICKLE_WHOLE, .whole = (int64_t)bits});
}

/* The most significant byte first. */
static bool push_float(struct machine *machine)
{
    size_t offset = 0;
    uint64_t bits = 0;
    double number;
    if (!take(machine, 8, &offset))
        return false;
    for (size_t i = 0; i < 8; i++)
        bits = bits << 8 | machine->pickle->bytes[offset + i];
    memcpy(&number, &bits, sizeof number);
    return push_new(machine, (struct pickle_value){.type = PICKLE_FLOAT, .number = number});
}

static bool take_line(struct machine *machine, struct pickle_text *text)
{
    const unsigned char *start = machine->pickle->bytes + machine->at,
                        *end = memchr(start, '\n', machine->size - machine->at);
    size_t offset = 0;
    if (!take(machine, end ? (uint64_t)(end - start) + 1 : UINT64_MAX, &offset))
        return false;
    *text = (struct pickle_text){(uint32_t)offset, (uint32_t)(end - start)};
    return is_utf8((const char *)start, text->size) ||
           stop(machine, PICKLE_NOT_READ, "it has a name that is no UTF-8, or has a zero in it");
}

static bool push_global(struct machine *machine, bool from_stack)
{
    struct pickle_value value = {.type = PICKLE_GLOBAL};
    if (from_stack) {
        const uint32_t name = pop(machine), module = name ? pop(machine) : 0;
        const struct pickle_value *values = machine->pickle->values;
        if (!module || values[name].type != PICKLE_TEXT || values[module].type != PICKLE_TEXT)
            return damaged(machine);
        value.global.module = values[module].text;
        value.global.name = values[name].text;
    } else if (!take_line(machine, &value.global.module) || !take_line(machine, &value.global.name)) {
        return false;
    }
    return push_new(machine, value);
}

/* ---- containers and objects ------------------------------------------------------------------------ */

static bool push_node(struct machine *machine, enum pickle_type type)
{
    return push_new(machine, (struct pickle_value){.type = type});
}

/* The last mark, taken away. */
static bool take_mark(struct machine *machine, size_t *mark)
{
    if (machine->marks.count == 0)
        return damaged(machine);
    *mark = machine->marks.items[--machine->marks.count];
    return true;
}

/* What stands above `first` becomes a tuple. */
static bool make_tuple(struct machine *machine, size_t first)
{
    const uint32_t tuple = new_value(machine, (struct pickle_value){.type = PICKLE_TUPLE});
    bool good = tuple > 0;
    for (size_t i = first; good && i < machine->stack.count; i++)
        good = put_item(machine, tuple, 0, machine->stack.items[i]);
    machine->stack.count = first;
    return good && push(machine, tuple);
}

static bool make_tuple_of(struct machine *machine, size_t count)
{
    if (machine->stack.count - floor_of(machine) < count)
        return damaged(machine);
    return make_tuple(machine, machine->stack.count - count);
}

/* What stands above `first` is put into what stands below it. */
static bool fill(struct machine *machine, size_t first, bool keyed)
{
    const uint32_t *stack = machine->stack.items;
    const size_t count = machine->stack.count;
    if (first <= floor_of(machine) || (keyed && (count - first) % 2 != 0))
        return damaged(machine);
    const uint32_t into = stack[first - 1];
    const enum pickle_type type = machine->pickle->values[into].type;
    if (type != (keyed ? PICKLE_DICT : PICKLE_LIST) && type != PICKLE_CALL && type != PICKLE_NEW)
        return stop(machine, PICKLE_NOT_READ, "it puts items into what should hold none");
    bool good = true;
    for (size_t i = first; good && i < count; i += keyed ? 2 : 1)
        good = put_item(machine, into, keyed ? stack[i] : 0, stack[i + keyed]);
    machine->stack.count = first;
    return good;
}

/* The last item alone, with its key in front of it. */
static bool fill_one(struct machine *machine, bool keyed)
{
    const size_t items = keyed ? 2 : 1, count = machine->stack.count;
    return count <= items ? damaged(machine) : fill(machine, count - items, keyed);
}

static bool fill_from_mark(struct machine *machine, bool keyed)
{
    size_t mark = 0;
    return take_mark(machine, &mark) && fill(machine, mark, keyed);
}

static bool make_object(struct machine *machine, enum pickle_type type)
{
    const uint32_t args = pop(machine), callable = args ? pop(machine) : 0;
    const struct pickle_value *values = machine->pickle->values;
    if (!callable)
        return false;
    if (values[args].type != PICKLE_TUPLE || values[callable].type != PICKLE_GLOBAL)
        return stop(machine, PICKLE_NOT_READ, "it calls what has no name, or with what are no arguments");
    return push_new(machine,
                    (struct pickle_value){.type = type, .node = {.callable = callable, .args = args}});
}

static bool set_state(struct machine *machine)
{
    const uint32_t state = pop(machine), object = state ? pop(machine) : 0;
    if (!object)
        return false;
    struct pickle_value *value = &machine->pickle->values[object];
    if ((value->type != PICKLE_CALL && value->type != PICKLE_NEW) || value->node.state)
        return stop(machine, PICKLE_NOT_READ, "it gives a state to what should have none");
    value->node.state = state;
    return push(machine, object);
}

static bool make_persistent(struct machine *machine)
{
    const uint32_t args = pop(machine);
    return args &&
           push_new(machine, (struct pickle_value){.type = PICKLE_PERSISTENT, .node = {.args = args}});
}

/* ---- memo ------------------------------------------------------------------------------------------ */

static bool put_memo(struct machine *machine, uint64_t index)
{
    struct array *memo = &machine->memo;
    if (machine->stack.count <= floor_of(machine))
        return damaged(machine);
    if (!make_room(machine, &memo->items, &memo->capacity, (size_t)index + 1, MOST_PICKLE_MEMO,
                   sizeof *memo->items, "places in its memo"))
        return false;
    while (memo->count <= index)
        memo->items[memo->count++] = 0;
    machine->memo_count += memo->items[index] == 0;
    memo->items[index] = machine->stack.items[machine->stack.count - 1];
    return true;
}

static bool get_memo(struct machine *machine, uint64_t index)
{
    if (index >= machine->memo.count || machine->memo.items[index] == 0)
        return damaged(machine);
    return push(machine, machine->memo.items[index]);
}

static bool walk_memo(struct machine *machine, unsigned char opcode)
{
    uint64_t index = 0;
    const bool is_long = opcode == LONG_BINPUT || opcode == LONG_BINGET;
    if (!take_number(machine, is_long ? 4 : 1, &index))
        return false;
    return opcode == BINPUT || opcode == LONG_BINPUT ? put_memo(machine, index) : get_memo(machine, index);
}

/* ---- opcodes --------------------------------------------------------------------------------------- */

static bool walk(struct machine *machine, unsigned char opcode)
{
    uint64_t number = 0;
    size_t mark = 0;
    char why[80];
    switch (opcode) {
    case PROTO:
        return take_number(machine, 1, &number) &&
               ((number >= 2 && number <= 5) || stop(machine, PICKLE_NOT_READ, "its protocol is not known"));
    case FRAME: /* only says how many bytes may be read at once */
        return take_number(machine, 8, &number);
    case MARK:
        return add(machine, &machine->marks, MOST_PICKLE_STACK, "marks on its stack",
                   (uint32_t)machine->stack.count);
    case NONE:
        return push_new(machine, (struct pickle_value){.type = PICKLE_NONE});
    case NEWTRUE:
    case NEWFALSE:
        return push_new(machine, (struct pickle_value){.type = PICKLE_BOOL, .whole = opcode == NEWTRUE});
    case BININT:
        return push_whole(machine, 4, true);
    case BININT1:
    case BININT2:
        return push_whole(machine, opcode == BININT1 ? 1 : 2, false);
    case LONG1:
    case LONG4:
        return push_long(machine, opcode == LONG1 ? 1 : 4);
    case BINFLOAT:
        return push_float(machine);
    case SHORT_BINUNICODE:
    case SHORT_BINSTRING: /* texts of Python 2 */
        return push_text(machine, PICKLE_TEXT, 1);
    case BINUNICODE:
    case BINSTRING:
        return push_text(machine, PICKLE_TEXT, 4);
    case BINUNICODE8:
        return push_text(machine, PICKLE_TEXT, 8);
    case SHORT_BINBYTES:
        return push_text(machine, PICKLE_BYTES, 1);
    case BINBYTES:
        return push_text(machine, PICKLE_BYTES, 4);
    case BINBYTES8:
        return push_text(machine, PICKLE_BYTES, 8);
    case GLOBAL:
    case STACK_GLOBAL:
        return push_global(machine, opcode == STACK_GLOBAL);
    case EMPTY_TUPLE:
        return push_node(machine, PICKLE_TUPLE);
    case TUPLE:
        return take_mark(machine, &mark) && make_tuple(machine, mark);
    case TUPLE1:
    case TUPLE2:
    case TUPLE3:
        return make_tuple_of(machine, (size_t)opcode - TUPLE1 + 1);
    case EMPTY_LIST:
        return push_node(machine, PICKLE_LIST);
    case EMPTY_DICT:
        return push_node(machine, PICKLE_DICT);
    case APPEND:
    case SETITEM:
        return fill_one(machine, opcode == SETITEM);
    case APPENDS:
    case SETITEMS:
        return fill_from_mark(machine, opcode == SETITEMS);
    case REDUCE:
    case NEWOBJ:
        return make_object(machine, opcode == REDUCE ? PICKLE_CALL : PICKLE_NEW);
    case BUILD:
        return set_state(machine);
    case BINPERSID:
        return make_persistent(machine);
    case BINPUT:
    case LONG_BINPUT:
    case BINGET:
    case LONG_BINGET:
        return walk_memo(machine, opcode);
    case MEMOIZE:
        return put_memo(machine, machine->memo_count);
    default:
        snprintf(why, sizeof why, "it has an opcode that is not known, 0x%02x", opcode);
        return stop(machine, PICKLE_NOT_READ, why);
    }
}

static void run(struct machine *machine)
{
    struct pickle *pickle = machine->pickle;
    bool good = true;
    for (size_t opcodes = 0; good; opcodes++) {
        size_t offset = 0;
        if (opcodes == MOST_PICKLE_OPCODES)
            good = stop(machine, PICKLE_NOT_READ, "it has more than 16,777,216 opcodes");
        else if (!take(machine, 1, &offset))
            good = false;
        else if (pickle->bytes[offset] == STOP)
            break;
        else
            good = walk(machine, pickle->bytes[offset]);
    }
    if (good && machine->stack.count <= floor_of(machine))
        damaged(machine);
    else if (good && (machine->stack.count != 1 || machine->marks.count > 0 || machine->at != machine->size))
        stop(machine, PICKLE_NOT_READ, "it ends and leaves something over");
    else if (good)
        pickle->root = machine->stack.items[0];
}

enum pickle_reading pickle_read(const char *bytes, uint64_t size, struct pickle *pickle, char *why)
{
    struct machine machine = {.pickle = pickle, .size = (size_t)size, .why = why};
    *why = '\0';
    *pickle = (struct pickle){.bytes = (const unsigned char *)bytes};
    if (size > MOST_PICKLE_BYTES)
        stop(&machine, PICKLE_NOT_READ, "it is larger than 64 MiB");
    else if (size < 2 || pickle->bytes[0] != PROTO)
        stop(&machine, PICKLE_NOT_READ, "it does not begin as one of protocol 2 to 5 does");
    else
        run(&machine);
    free(machine.stack.items);
    free(machine.marks.items);
    free(machine.memo.items);
    return machine.reading;
}

void pickle_free(struct pickle *pickle)
{
    free(pickle->values);
    free(pickle->items);
    *pickle = (struct pickle){0};
}
