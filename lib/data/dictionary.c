/* dictionary: distinct byte strings in the order met.
 *
 * Texts lie in blocks that never move, so that what mlg_dictionary_text returned stays valid while
 * values are added. The table is open addressing over codes, at most half full; the hash of every
 * value is kept, so that growing reads no text and a probe compares texts only when hashes agree.
 */
#include "dictionary.h"

#include <stdlib.h>
#include <string.h>

#include "mlgate/table.h"

enum { BLOCK_BYTES = 16 * 1024, FIRST_SLOTS = 64 };

struct block {
    struct block *next;
    size_t used, capacity;
    char bytes[];
};

struct value {
    const char *text;
    size_t size;
    uint64_t hash;
};

struct mlg_dictionary {
    size_t limit, count, capacity;
    struct value *values;
    uint32_t *slots;   /* code + 1; 0: empty */
    size_t slot_count; /* a power of two */
    struct block *blocks;
};

struct mlg_dictionary *mlg_dictionary_new(size_t limit)
{
    struct mlg_dictionary *dictionary = calloc(1, sizeof *dictionary);
    if (!dictionary)
        return NULL;
    if (limit == 0)
        limit = MLG_DICTIONARY_VALUES;
    /* the two highest codes mean "missing" and "none" */
    dictionary->limit = limit < MLG_CODE_MISSING ? limit : MLG_CODE_MISSING;
    dictionary->slot_count = FIRST_SLOTS;
    dictionary->slots = calloc(FIRST_SLOTS, sizeof *dictionary->slots);
    if (!dictionary->slots) {
        free(dictionary);
        return NULL;
    }
    return dictionary;
}

void mlg_dictionary_free(struct mlg_dictionary *dictionary)
{
    if (!dictionary)
        return;
    for (struct block *block = dictionary->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(dictionary->values);
    free(dictionary->slots);
    free(dictionary);
}

size_t mlg_dictionary_limit(const struct mlg_dictionary *dictionary)
{
    return dictionary->limit;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 29);
}

static uint64_t hash_of(const char *bytes, size_t size)
{
    uint64_t hash = mix(UINT64_C(0x8445d61a4e774912), size), word;
    for (; size >= sizeof word; bytes += sizeof word, size -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = mix(hash, word);
    }
    word = 0;
    memcpy(&word, bytes, size);
    return mix(mix(hash, word), hash >> 32);
}

static bool grow_slots(struct mlg_dictionary *dictionary)
{
    size_t slot_count = dictionary->slot_count * 2, mask = slot_count - 1;
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (!slots)
        return false;
    for (size_t code = 0; code < dictionary->count; code++) {
        size_t slot = dictionary->values[code].hash & mask;
        while (slots[slot])
            slot = (slot + 1) & mask;
        slots[slot] = (uint32_t)code + 1;
    }
    free(dictionary->slots);
    dictionary->slots = slots;
    dictionary->slot_count = slot_count;
    return true;
}

static const char *keep(struct mlg_dictionary *dictionary, const char *bytes, size_t size)
{
    struct block *block = dictionary->blocks;
    if (!block || block->capacity - block->used < size + 1) {
        size_t capacity = size + 1 > BLOCK_BYTES ? size + 1 : BLOCK_BYTES;
        block = malloc(sizeof *block + capacity);
        if (!block)
            return NULL;
        block->next = dictionary->blocks;
        block->used = 0;
        block->capacity = capacity;
        dictionary->blocks = block;
    }
    char *text = block->bytes + block->used;
    memcpy(text, bytes, size);
    text[size] = '\0';
    block->used += size + 1;
    return text;
}

uint32_t mlg_dictionary_code(struct mlg_dictionary *dictionary, const char *bytes, size_t size)
{
    if (size == 0)
        bytes = ""; /* so that NULL is as good as any pointer to nothing */
    uint64_t hash = hash_of(bytes, size);
    size_t mask = dictionary->slot_count - 1, slot = hash & mask;
    for (; dictionary->slots[slot]; slot = (slot + 1) & mask) {
        const struct value *value = &dictionary->values[dictionary->slots[slot] - 1];
        if (value->hash == hash && value->size == size && memcmp(value->text, bytes, size) == 0)
            return dictionary->slots[slot] - 1;
    }
    if (dictionary->count >= dictionary->limit)
        return MLG_NO_CODE;
    if (dictionary->count == dictionary->capacity) {
        size_t capacity = dictionary->capacity ? dictionary->capacity * 2 : FIRST_SLOTS / 2;
        struct value *values = realloc(dictionary->values, capacity * sizeof *values);
        if (!values)
            return MLG_NO_CODE;
        dictionary->values = values;
        dictionary->capacity = capacity;
    }
    if ((dictionary->count + 1) * 2 > dictionary->slot_count) {
        if (!grow_slots(dictionary))
            return MLG_NO_CODE;
        mask = dictionary->slot_count - 1;
        for (slot = hash & mask; dictionary->slots[slot];)
            slot = (slot + 1) & mask;
    }
    const char *text = keep(dictionary, bytes, size);
    if (!text)
        return MLG_NO_CODE;
    uint32_t code = (uint32_t)dictionary->count++;
    dictionary->values[code] = (struct value){text, size, hash};
    dictionary->slots[slot] = code + 1;
    return code;
}

size_t mlg_dictionary_count(const struct mlg_dictionary *dictionary)
{
    return dictionary->count;
}

const char *mlg_dictionary_text(const struct mlg_dictionary *dictionary, uint32_t code, size_t *size)
{
    const struct value *value = &dictionary->values[code];
    if (size)
        *size = value->size;
    return value->text;
}
