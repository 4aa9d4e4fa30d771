/* Sort a file of unsigned 32-bit keys: radix_sort KEYS SORTED
 *
 * Keys are dealt into buckets by their highest bits, each bucket by the bits below, and so on;
 * a bucket with few keys is sorted by insertion. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* sigil: begin parameters */
enum {
    BITS = 1,  /* sigil: int 1..16 */
    SMALL = 2, /* sigil: int 2..512 log */
};
/* sigil: end parameters */

static void insertion_sort(uint32_t *keys, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint32_t key = keys[i];
        size_t j = i;
        for (; j > 0 && keys[j - 1] > key; j--)
            keys[j] = keys[j - 1];
        keys[j] = key;
    }
}

/* Sort keys that are equal but for their lowest `open` bits; spare has room for as many. */
static void radix_sort(uint32_t *keys, uint32_t *spare, size_t count, int open)
{
    if (count <= SMALL) {
        insertion_sort(keys, count);
        return;
    }
    if (open == 0)
        return;
    int shift = open > BITS ? open - BITS : 0;
    size_t buckets = (size_t)1 << (open - shift), mask = buckets - 1;
    size_t ends[buckets];
    memset(ends, 0, sizeof ends);
    for (size_t i = 0; i < count; i++)
        ends[keys[i] >> shift & mask]++;
    for (size_t bucket = 0, sum = 0; bucket < buckets; bucket++) {
        size_t own = ends[bucket];
        ends[bucket] = sum;
        sum += own;
    }
    for (size_t i = 0; i < count; i++)
        spare[ends[keys[i] >> shift & mask]++] = keys[i];
    memcpy(keys, spare, count * sizeof *keys);
    for (size_t bucket = 0, first = 0; bucket < buckets; bucket++) {
        if (ends[bucket] - first > 1)
            radix_sort(keys + first, spare + first, ends[bucket] - first, shift);
        first = ends[bucket];
    }
}

int main(int argc, char **argv)
{
    FILE *input = argc == 3 ? fopen(argv[1], "rb") : NULL;
    if (input == NULL || fseek(input, 0, SEEK_END) != 0)
        return 2;
    long size = ftell(input);
    rewind(input);
    size_t count = size > 0 ? (size_t)size / sizeof(uint32_t) : 0;
    uint32_t *keys = malloc(2 * count * sizeof *keys + 1);
    if (keys == NULL || fread(keys, sizeof *keys, count, input) != count)
        return 2;
    radix_sort(keys, keys + count, count, 32);
    FILE *output = fopen(argv[2], "wb");
    if (output == NULL || fwrite(keys, sizeof *keys, count, output) != count)
        return 2;
    return fclose(output) == 0 ? 0 : 2;
}
