/* secrets.c: what looks like a secret, by the name of a variable or by its value. */
#include "secrets.h"

#include <string.h>

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char word_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
static const char name_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
static const char token_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.~+/=";
static const char blanks[] = " \t\r\n", line_blanks[] = " \t";

/* ---- names --------------------------------------------------------------------------------------- */

/* Anywhere in a name; or as all that stands between '_', '-' and '.', since PATH has PAT in it. */
static const struct {
    const char *text;
    bool is_whole;
} parts[] = {{"TOKEN", false},     {"SECRET", false},      {"PASSW", false},    {"PASSPHRASE", false},
             {"KEY", false},       {"CRED", true},         {"CREDS", true},     {"PASS", true},
             {"PWD", true},        {"PAT", true},          {"AUTH", true},      {"COOKIE", true},
             {"COOKIES", true},    {"JWT", true},          {"PRIVATE", true},   {"WEBHOOK", true},
             {"SESSION", true},    {"SALT", true},         {"SIGNATURE", true}, {"SIG", true},
             {"BEARER", true},     {"WEBHOOKS", true},     {"SESSIONID", true}, {"CREDENTIAL", false},
             {"PSWD", true},       {"ID_RSA", true},       {"ID_DSA", true},    {"ID_ECDSA", true},
             {"ID_ED25519", true}, {"AUTHORIZATION", true}};

static bool is_same(const char *text, const char *part, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] != part[i] && text[i] != part[i] + ('a' - 'A'))
            return false;
    return true;
}

static bool is_between_parts(char c)
{
    return c == '_' || c == '-' || c == '.';
}

/* TOKENIZERS_PARALLELISM and the like say how texts are read. */
static bool is_tokenizer(const char *text, size_t size)
{
    return size >= 9 && is_same(text, "TOKENIZER", 9);
}

static bool has_part(const char *name, size_t size, const char *part, bool is_whole)
{
    const size_t length = strlen(part);
    for (size_t i = 0; i + length <= size; i++)
        if (is_same(name + i, part, length) &&
            (!is_whole || ((i == 0 || is_between_parts(name[i - 1])) &&
                           (i + length == size || is_between_parts(name[i + length])))) &&
            !is_tokenizer(name + i, size - i))
            return true;
    return false;
}

static bool is_secret_name(const char *name, size_t size)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (has_part(name, size, parts[i].text, parts[i].is_whole))
            return true;
    return false;
}

/* ---- values -------------------------------------------------------------------------------------- */

/* How tokens begin that tell themselves, and how many bytes follow at least. */
static const struct {
    const char *text;
    size_t least;
} prefixes[] = {{"ghp_", 20},   {"gho_", 20},  {"ghu_", 20},     {"ghs_", 20},   {"ghr_", 20},
                {"glpat-", 16}, {"gldt-", 16}, {"glrt-", 16},    {"glcbt-", 16}, {"github_pat_", 20},
                {"xoxa-", 10},  {"xoxb-", 10}, {"xoxe-", 10},    {"xoxp-", 10},  {"xoxr-", 10},
                {"xoxs-", 10},  {"xapp-", 10}, {"AKIA", 16},     {"ASIA", 16},   {"AIza", 20},
                {"hf_", 20},    {"sk-", 16},   {"sk_live_", 16}, {"eyJ", 16},    {"rk_live_", 16},
                {"npm_", 20},   {"pypi-", 20}, {"dop_v1_", 20},  {"SG.", 20},    {"dckr_pat_", 16},
                {"whsec_", 16}};

static bool begins_like_token(const char *word)
{
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        const size_t size = strlen(prefixes[i].text);
        if (strncmp(word, prefixes[i].text, size) == 0 &&
            strspn(word + size, word_bytes) >= prefixes[i].least)
            return true;
    }
    return false;
}

/* What stands behind '=': nothing, where the next pair does ("password= dbname=x"). */
static bool has_value(const char *behind, bool is_apart)
{
    const char *value = behind + strspn(behind, line_blanks);
    const char *end = value + strspn(value, name_bytes);
    const bool is_pair =
        value > behind && !is_apart && end > value && *end == '=' && !strchr("= \t\r\n", end[1]);
    return !is_pair && !strchr("&;\r\n", *value);
}

/* "password=...", as in the query of an address or in the words for a database; "token = ...", as in a file
 * of settings; "Api-Key: ...", as in a header, where a list of paths has no blank; or "key": "...", as in
 * JSON, where a number is a setting such as "max_tokens". */
static bool is_secret_pair(const char *word)
{
    const size_t size = strspn(word, name_bytes);
    if (size == 0 || !is_secret_name(word, size))
        return false;
    const char *end = word + size, *equals = end + strspn(end, line_blanks);
    if (*equals == '=')
        return has_value(equals + 1, equals > end);
    if (*end == ':')
        return end[1] == ' ' && end[1 + strspn(end + 1, " ")];
    if (*end != '"' && *end != '\'')
        return false;
    const char quote = *end++;
    end += strspn(end, blanks);
    if (*end++ != ':')
        return false;
    end += strspn(end, blanks);
    return end[0] == quote && end[1] && end[1] != quote;
}

/* "Bearer ...", what a header has without its name. */
static bool is_bearer(const char *word)
{
    return strspn(word, letters) == 6 && is_same(word, "BEARER", 6) && word[6] == ' ' &&
           strspn(word + 7, token_bytes) >= 16;
}

/* Does base64 hold a ':', as that of "user:password" does? */
static bool holds_colon(const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned bits = 0, count = 0;
    for (const char *digit; *text && (digit = strchr(digits, *text)); text++) {
        bits = bits << 6 | (unsigned)(digit - digits);
        count += 6;
        if (count >= 8 && (bits >> (count -= 8) & 0xff) == ':')
            return true;
    }
    return false;
}

/* "Basic dXNlcjpwYXNz", what a header has without its name. */
static bool is_basic(const char *word)
{
    return strspn(word, letters) == 5 && is_same(word, "BASIC", 5) && word[5] == ' ' && holds_colon(word + 6);
}

/* "machine x login y password z", as .netrc has it, on one line or on several. */
static bool is_netrc(const char *word)
{
    static const char *const keys[] = {"PASSWORD", "MACHINE", "LOGIN", "ACCOUNT"};
    for (bool has_begun = false;; has_begun = true) {
        const size_t size = strcspn(word, blanks);
        const char *value = word + size + strspn(word + size, blanks);
        size_t key = 0;
        while (key < sizeof keys / sizeof *keys &&
               !(strlen(keys[key]) == size && is_same(word, keys[key], size)))
            key++;
        if (key == sizeof keys / sizeof *keys || !*value || key == 0)
            return key == 0 && *value && has_begun;
        word = value + strcspn(value, blanks);
        word += strspn(word, blanks);
    }
}

/* Addresses that are secrets themselves: who knows one may write there. */
static const char *const webhooks[] = {"hooks.slack.com/services/", "hooks.slack.com/workflows/",
                                       "discord.com/api/webhooks/", "discordapp.com/api/webhooks/",
                                       ".webhook.office.com/webhook"};

static bool is_webhook(const char *text)
{
    for (size_t i = 0; i < sizeof webhooks / sizeof *webhooks; i++) {
        const size_t size = strlen(webhooks[i]);
        if (strncmp(text, webhooks[i], size) == 0 && text[size])
            return true;
    }
    return false;
}

/* "://user:password@host", or a token for the user. */
static bool is_address_of_user(const char *text)
{
    return strncmp(text, "://", 3) == 0 && memchr(text + 3, '@', strcspn(text + 3, "/ "));
}

bool mlg_secret_variable(const char *name, size_t size, const char *value)
{
    const bool is_directory = size == 3 && memcmp(name, "PWD", 3) == 0; /* where the shell is */
    if ((!is_directory && is_secret_name(name, size)) || strstr(value, "PRIVATE KEY-----") ||
        strstr(value, "PRIVATE KEY BLOCK-----"))
        return true;
    for (const char *c = value; *c; c++) {
        const bool begins_word = c == value || !strchr(word_bytes, c[-1]);
        const bool begins_name = c == value || (strchr(name_bytes, *c) && !strchr(name_bytes, c[-1]));
        if (is_address_of_user(c) || is_webhook(c) ||
            (begins_word && (begins_like_token(c) || is_bearer(c) || is_basic(c) || is_netrc(c))) ||
            (begins_name && is_secret_pair(c)))
            return true;
    }
    return false;
}
