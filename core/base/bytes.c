#include "core/base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#define BUF_MIN 64

/* write(2) and _exit(2): neither allocates, and no exit handler runs on a heap that is full. */
static _Noreturn void out_of_memory(void)
{
	static const char line[] =
	        "{\"level\":\"error\",\"logger\":\"base\",\"msg\":\"out of memory\"}\n";
	ssize_t written = write(STDERR_FILENO, line, sizeof(line) - 1);
	(void)written; /* the exit code says it as well */
	_exit(EX_OSERR);
}

void *mem_new(size_t n)
{
	void *p = calloc(1, n ? n : 1);
	if (!p)
		out_of_memory();
	return p;
}

void *mem_grow(void *old, size_t n)
{
	void *p = realloc(old, n ? n : 1);
	if (!p)
		out_of_memory();
	return p;
}

char *mem_string(struct slice slice)
{
	if (slice.n == SIZE_MAX)
		out_of_memory();
	char *p = malloc(slice.n + 1);
	if (!p)
		out_of_memory();
	if (slice.n)
		memcpy(p, slice.data, slice.n);
	p[slice.n] = '\0';
	return p;
}

void buf_release(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){0};
}

char *buf_reserve(struct buf *buf, size_t more)
{
	if (!buf->data || more > buf->cap - buf->n) {
		if (more > SIZE_MAX / 2 - buf->n)
			out_of_memory();
		size_t cap = buf->cap + buf->cap / 2;
		if (cap < buf->n + more)
			cap = buf->n + more;
		if (cap < BUF_MIN)
			cap = BUF_MIN;
		buf->data = mem_grow(buf->data, cap);
		buf->cap = cap;
	}
	return buf->data + buf->n;
}

void buf_append(struct buf *buf, const void *data, size_t n)
{
	if (!n)
		return;
	memcpy(buf_reserve(buf, n), data, n);
	buf->n += n;
}

void buf_append_slice(struct buf *buf, struct slice slice)
{
	buf_append(buf, slice.data, slice.n);
}

void buf_append_str(struct buf *buf, const char *string)
{
	buf_append(buf, string, strlen(string));
}

void buf_append_char(struct buf *buf, char c)
{
	*buf_reserve(buf, 1) = c;
	buf->n++;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	char *at = buf_reserve(buf, BUF_MIN);
	size_t room = buf->cap - buf->n;
	int n = vsnprintf(at, room, format, args);
	/* in the C locale a negative result means ENOMEM or a text beyond INT_MAX */
	if (n < 0)
		out_of_memory();
	if ((size_t)n >= room) {
		at = buf_reserve(buf, (size_t)n + 1);
		vsnprintf(at, (size_t)n + 1, format, again);
	}
	buf->n += (size_t)n;
	va_end(again);
	va_end(args);
}

void buf_append_hex(struct buf *buf, struct slice bytes)
{
	static const char digits[] = "0123456789abcdef";
	char *to = buf_reserve(buf, 2 * bytes.n);
	for (size_t i = 0; i < bytes.n; i++) {
		*to++ = digits[(uint8_t)bytes.data[i] >> 4];
		*to++ = digits[(uint8_t)bytes.data[i] & 15];
	}
	buf->n += 2 * bytes.n;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool buf_append_unhex(struct buf *buf, struct slice text)
{
	size_t n = text.n / 2;
	char *to = buf_reserve(buf, n);
	for (size_t i = 0; i < n; i++) {
		int high = hex_value(text.data[2 * i]), low = hex_value(text.data[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		to[i] = (char)(high << 4 | low);
	}
	if (text.n % 2)
		return false;
	buf->n += n;
	return true;
}

const char *buf_cstr(struct buf *buf)
{
	*buf_reserve(buf, 1) = '\0';
	return buf->data;
}
