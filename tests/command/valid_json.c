/* Is stdin one value of JSON (RFC 8259)? Exit status 0 if so; otherwise 1, and where it is not, on stderr. */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *start, *at;

static bool value(int depth);

static void skip(void)
{
    at += strspn(at, " \t\r\n");
}

static bool word(const char *text)
{
    size_t length = strlen(text);
    bool   there = strncmp(at, text, length) == 0;
    at += there ? length : 0;
    return there;
}

static bool digits(void)
{
    size_t length = strspn(at, "0123456789");
    at += length;
    return length > 0;
}

static bool number(void)
{
    at += *at == '-';
    if (*at == '0')
        at++;
    else if (!digits())
        return false;
    if (*at == '.' && (at++, !digits()))
        return false;
    if (*at == 'e' || *at == 'E') {
        at++;
        at += *at == '-' || *at == '+';
        return digits();
    }
    return true;
}

static bool string(void)
{
    if (*at++ != '"')
        return false;
    for (; *at != '"'; at++) {
        if ((unsigned char)*at < ' ')
            return false;
        if (*at != '\\')
            continue;
        at++;
        if (*at == 'u') {
            if (strspn(at + 1, "0123456789abcdefABCDEF") < 4)
                return false;
            at += 4;
        } else if (!*at || !strchr("\"\\/bfnrt", *at))
            return false;
    }
    at++;
    return true;
}

static bool list(int depth, char close, bool names)
{
    at++;
    skip();
    if (*at == close)
        return at++, true;
    for (;;) {
        skip();
        if (names) {
            if (!string())
                return false;
            skip();
            if (*at++ != ':')
                return false;
        }
        if (!value(depth))
            return false;
        skip();
        if (*at == close)
            return at++, true;
        if (*at++ != ',')
            return false;
    }
}

static bool value(int depth)
{
    skip();
    if (depth == 0)
        return false;
    switch (*at) {
    case '{':
        return list(depth - 1, '}', true);
    case '[':
        return list(depth - 1, ']', false);
    case '"':
        return string();
    case 't':
        return word("true");
    case 'f':
        return word("false");
    case 'n':
        return word("null");
    default:
        return number();
    }
}

int main(void)
{
    enum { MOST = 1 << 24 };
    char *text = malloc(MOST);
    if (!text)
        return 2;
    size_t length = fread(text, 1, MOST - 1, stdin);
    text[length] = 0;
    start = at = text;
    bool valid = value(100);
    skip();
    if (!valid || at != text + length)
        fprintf(stderr, "not JSON at byte %ld: %.40s\n", (long)(at - start), at);
    valid = valid && at == text + length;
    free(text);
    return valid ? 0 : 1;
}
