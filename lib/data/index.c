/* index: 64 bytes at a time become bit masks (one bit a byte); quotes become a mask of quoted regions
 * by a running exclusive or; separators outside of them become positions.
 *
 * Only the first step (bytes to masks) and the last (mask to positions) differ between instruction
 * sets; what lies between is written once.
 */
#include "index.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))

void mlg_index_begin(struct mlg_index *index)
{
    uint32_t *positions = index->positions;
    *index = (struct mlg_index){.positions = positions, .bad = SIZE_MAX, .after_separator = 1};
}

/* ---- byte by byte: what is meant, and the last bytes of a piece --------------------------------- */

static void add_bytes(struct mlg_index *index, const char *text, size_t from, size_t to, char delimiter)
{
    for (size_t i = from; i < to; i++) {
        char byte = text[i];
        bool separator = byte == delimiter || byte == '\n';
        bool bad = byte == '\0';
        uint64_t after_separator = 0, after_close = 0, after_close_return = 0;
        index->line_feeds += byte == '\n';
        if (byte == '"') {
            if (index->in_quote)
                after_close = 1;
            else
                bad |= !index->after_separator && !index->after_close;
            bad |= index->after_close_return != 0;
            index->in_quote = ~index->in_quote;
        } else if (!index->in_quote) {
            if (index->after_close) {
                bad |= !separator && byte != '\r';
                after_close_return = byte == '\r';
            }
            bad |= index->after_close_return && byte != '\n';
            if (separator) {
                index->positions[index->count++] = (uint32_t)i;
                index->records += byte == '\n';
                after_separator = 1;
            }
        }
        index->after_separator = after_separator;
        index->after_close = after_close;
        index->after_close_return = after_close_return;
        if (bad && index->bad == SIZE_MAX)
            index->bad = i;
    }
}

/* ---- 64 bytes at a time -------------------------------------------------------------------------- */

struct masks {
    uint64_t delimiter, line_feed, quote, zero;
};

INLINE void tell_bad(struct mlg_index *index, uint64_t bad, size_t base)
{
    if (bad && index->bad == SIZE_MAX)
        index->bad = base + (size_t)__builtin_ctzll(bad);
}

INLINE uint64_t running_xor(uint64_t bits)
{
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    return bits ^ (bits << 32);
}

INLINE bool quotes_matter(const struct mlg_index *index, uint64_t quote)
{
    return (quote | index->in_quote | index->after_close | index->after_close_return) != 0;
}

/* The separators outside quotes, for a word in which quotes matter. */
INLINE uint64_t outside_quotes(struct mlg_index *index, struct masks masks, uint64_t carriage_return,
                               size_t base)
{
    uint64_t inside = running_xor(masks.quote) ^ index->in_quote; /* an opening quote is, a closing is not */
    uint64_t either = masks.delimiter | masks.line_feed, separators = either & ~inside;
    uint64_t opening = masks.quote & inside, closing = masks.quote & ~inside;
    uint64_t follows_separator = separators << 1 | index->after_separator;
    uint64_t follows_close = closing << 1 | index->after_close;
    uint64_t close_return = follows_close & carriage_return;
    uint64_t follows_close_return = close_return << 1 | index->after_close_return;
    tell_bad(index,
             (opening & ~(follows_separator | follows_close)) |
                 (follows_close & ~(either | masks.quote | carriage_return)) |
                 (follows_close_return & ~masks.line_feed),
             base);
    index->in_quote = (uint64_t)((int64_t)inside >> 63);
    index->after_close = closing >> 63;
    index->after_close_return = close_return >> 63;
    return separators;
}

INLINE void count_word(struct mlg_index *index, uint64_t separators, uint64_t line_feed)
{
    index->after_separator = separators >> 63;
    index->line_feeds += (size_t)__builtin_popcountll(line_feed);
    index->records += (size_t)__builtin_popcountll(line_feed & separators);
}

/* Writes in groups, past the end where there are fewer: that is what MLG_INDEX_ROOM is for. */
INLINE void write_positions(struct mlg_index *index, uint64_t bits, size_t base)
{
    size_t count = (size_t)__builtin_popcountll(bits);
    uint32_t *out = index->positions + index->count;
    for (size_t group = 0; group < count; group += 4, out += 4) {
        for (size_t i = 0; i < 4; i++) {
            out[i] = (uint32_t)base + (uint32_t)(bits ? __builtin_ctzll(bits) : 0);
            bits &= bits - 1;
        }
    }
    index->count += count;
}

/* The body of every kernel: MASKS(at) gives struct masks, RETURNS(at) the carriage returns, WRITE the
 * positions. A macro, because a function made for one instruction set is not inlined into another. */
#define ADD_WORDS(MASKS, RETURNS, WRITE)                                                                     \
    struct mlg_index local = *index;                                                                         \
    for (; to - from >= 64; from += 64) {                                                                    \
        struct masks masks = MASKS(text + from, delimiter);                                                  \
        uint64_t separators = masks.delimiter | masks.line_feed;                                             \
        if (__builtin_expect(quotes_matter(&local, masks.quote), 0))                                         \
            separators = outside_quotes(&local, masks, RETURNS(text + from), from);                          \
        if (__builtin_expect(masks.zero != 0, 0))                                                            \
            tell_bad_zero(&local, masks.zero, from);                                                         \
        count_word(&local, separators, masks.line_feed);                                                     \
        WRITE(&local, separators, from);                                                                     \
    }                                                                                                        \
    add_bytes(&local, text, from, to, delimiter);                                                            \
    *index = local

/* A zero byte may stand before what outside_quotes found bad in the same word. */
INLINE void tell_bad_zero(struct mlg_index *index, uint64_t zero, size_t base)
{
    size_t at = base + (size_t)__builtin_ctzll(zero);
    if (at < index->bad)
        index->bad = at;
}

/* ---- portable: eight words of eight bytes --------------------------------------------------------- */

/* One bit per byte of `word` that equals the byte repeated in `pattern`. */
INLINE uint64_t equal8(uint64_t word, uint64_t pattern)
{
    const uint64_t low7 = UINT64_C(0x7f7f7f7f7f7f7f7f);
    uint64_t differs = word ^ pattern;
    uint64_t zero = ~(((differs & low7) + low7) | differs | low7); /* 0x80 where equal */
    return (zero >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

INLINE uint64_t equal64(const char *text, char byte)
{
    uint64_t bits = 0, pattern = UINT64_C(0x0101010101010101) * (unsigned char)byte;
    for (unsigned i = 0; i < 8; i++) {
        uint64_t word = 0;
        for (unsigned k = 0; k < 8; k++) /* the first byte lowest, on any machine */
            word |= (uint64_t)(unsigned char)text[8 * i + k] << (8 * k);
        bits |= equal8(word, pattern) << (8 * i);
    }
    return bits;
}

INLINE struct masks masks_portable(const char *text, char delimiter)
{
    return (struct masks){equal64(text, delimiter), equal64(text, '\n'), equal64(text, '"'),
                          equal64(text, '\0')};
}

INLINE uint64_t returns_portable(const char *text)
{
    return equal64(text, '\r');
}

static void add_portable(struct mlg_index *index, const char *text, size_t from, size_t to, char delimiter)
{
    ADD_WORDS(masks_portable, returns_portable, write_positions);
}

#if defined(__x86_64__)

/* ---- SSE2: every x86-64 processor ----------------------------------------------------------------- */

INLINE uint64_t equal_sse2(const __m128i *words, char byte)
{
    __m128i pattern = _mm_set1_epi8(byte);
    uint64_t bits = 0;
    for (unsigned i = 0; i < 4; i++)
        bits |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128(words + i), pattern))
                << (16 * i);
    return bits;
}

INLINE struct masks masks_sse2(const char *text, char delimiter)
{
    const __m128i *words = (const __m128i *)(const void *)text;
    return (struct masks){equal_sse2(words, delimiter), equal_sse2(words, '\n'), equal_sse2(words, '"'),
                          equal_sse2(words, '\0')};
}

INLINE uint64_t returns_sse2(const char *text)
{
    return equal_sse2((const __m128i *)(const void *)text, '\r');
}

static void add_sse2(struct mlg_index *index, const char *text, size_t from, size_t to, char delimiter)
{
    ADD_WORDS(masks_sse2, returns_sse2, write_positions);
}

/* ---- AVX2 ----------------------------------------------------------------------------------------- */

#define AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt")))

AVX2 INLINE uint64_t equal_avx2(const char *text, char byte)
{
    const __m256i *words = (const __m256i *)(const void *)text;
    __m256i pattern = _mm256_set1_epi8(byte);
    uint32_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_loadu_si256(words), pattern));
    uint32_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_loadu_si256(words + 1), pattern));
    return (uint64_t)high << 32 | low;
}

AVX2 INLINE struct masks masks_avx2(const char *text, char delimiter)
{
    const __m256i *words = (const __m256i *)(const void *)text;
    struct masks masks = {equal_avx2(text, delimiter), equal_avx2(text, '\n'), equal_avx2(text, '"'), 0};
    __m256i least = _mm256_min_epu8(_mm256_loadu_si256(words), _mm256_loadu_si256(words + 1));
    if (_mm256_movemask_epi8(_mm256_cmpeq_epi8(least, _mm256_setzero_si256())))
        masks.zero = equal_avx2(text, '\0');
    return masks;
}

AVX2 INLINE uint64_t returns_avx2(const char *text)
{
    return equal_avx2(text, '\r');
}

/* As write_positions; with BMI the count of trailing zeros of nothing is defined, and 16 at once pay. */
AVX2 INLINE void write_positions_avx2(struct mlg_index *index, uint64_t bits, size_t base)
{
    size_t count = (size_t)__builtin_popcountll(bits);
    uint32_t *out = index->positions + index->count;
    index->count += count;
    for (size_t group = 0; group < count; group += 8, out += 8) {
        for (size_t i = 0; i < 8; i++) {
            out[i] = (uint32_t)base + (uint32_t)_tzcnt_u64(bits);
            bits = _blsr_u64(bits);
        }
    }
}

AVX2 static void add_avx2(struct mlg_index *index, const char *text, size_t from, size_t to, char delimiter)
{
    ADD_WORDS(masks_avx2, returns_avx2, write_positions_avx2);
}

/* ---- AVX-512 with VBMI2 --------------------------------------------------------------------------- */

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,bmi,bmi2,popcnt,lzcnt")))

AVX512 INLINE struct masks masks_avx512(const char *text, char delimiter)
{
    __m512i word = _mm512_loadu_si512(text);
    return (struct masks){_mm512_cmpeq_epi8_mask(word, _mm512_set1_epi8(delimiter)),
                          _mm512_cmpeq_epi8_mask(word, _mm512_set1_epi8('\n')),
                          _mm512_cmpeq_epi8_mask(word, _mm512_set1_epi8('"')),
                          _mm512_testn_epi8_mask(word, word)};
}

AVX512 INLINE uint64_t returns_avx512(const char *text)
{
    return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(text), _mm512_set1_epi8('\r'));
}

AVX512 INLINE void write_positions_avx512(struct mlg_index *index, uint64_t bits, size_t base)
{
    static const unsigned char numbers[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                              16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                              32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                              48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    size_t count = (size_t)__builtin_popcountll(bits);
    uint32_t *out = index->positions + index->count;
    index->count += count;
    __m512i offsets = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(numbers));
    __m512i start = _mm512_set1_epi32((int)(uint32_t)base);
    _mm512_storeu_si512(out, _mm512_add_epi32(start, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(offsets))));
    if (__builtin_expect(count > 16, 0)) {
        unsigned char rest[64];
        _mm512_storeu_si512(rest, offsets);
        for (size_t i = 16; i < count; i++)
            out[i] = (uint32_t)base + rest[i];
    }
}

AVX512 static void add_avx512(struct mlg_index *index, const char *text, size_t from, size_t to,
                              char delimiter)
{
    ADD_WORDS(masks_avx512, returns_avx512, write_positions_avx512);
}

#endif

mlg_index_add *mlg_index_choose(unsigned most)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (most >= MLG_INSTRUCTIONS_AVX512 && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi2"))
        return add_avx512;
    if (most >= MLG_INSTRUCTIONS_AVX2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
        __builtin_cpu_supports("bmi2"))
        return add_avx2;
    if (most >= MLG_INSTRUCTIONS_SSE2)
        return add_sse2;
#endif
    (void)most;
    return add_portable;
}
