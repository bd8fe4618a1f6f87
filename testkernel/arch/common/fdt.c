/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A reader for the flattened device tree that the virtual machine leaves in
 * memory. It is a single pass that never looks outside of the blob, whatever
 * the blob says, and keeps only what the test kernel wants to know.
 */

#include "hw.h"
#include <string.h>

#define FDT_MAGIC       0xd00dfeedu
#define FDT_HEADER_SIZE 40u
#define FDT_SIZE_MAX    (4u << 20)

#define FDT_BEGIN_NODE  1u
#define FDT_END_NODE    2u
#define FDT_PROP        3u
#define FDT_NOP         4u

/* Bytes one by one: the blob need not be aligned for its cells. */
static uint32_t be32(const uint8_t *p)
{
    return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) | ((uint32_t)p[2] << 8) | p[3];
}

static uint64_t cells(const uint8_t *p, uint32_t count)
{
    uint64_t value = 0;

    while (count--)
    {
        value = (value << 32) | be32(p);
        p += 4;
    }
    return value;
}

/* Length of a string that must end inside of the room; room if it does not. */
static uint32_t bounded_length(const uint8_t *s, uint32_t room)
{
    uint32_t n = 0;

    while (n < room && s[n])
    {
        n++;
    }
    return n;
}

static int name_is(const uint8_t *name, uint32_t length, const char *want)
{
    uint32_t n = (uint32_t)strlen(want);

    /* A node's name may have a unit address. */
    return length >= n && !memcmp(name, want, n) && (length == n || name[n] == '@');
}

/* What is known of a node that may be a VirtIO window; its properties come in any order. */
struct window
{
    int compatible;
    int has_irq;
    uint64_t base;
    uint32_t irq;
};

/* On both boards addresses and sizes have two cells where these nodes are. */
static void take_window_property(const uint8_t *name, uint32_t name_length, const uint8_t *data, uint32_t length,
                                 struct window *window)
{
    if (name_is(name, name_length, "compatible"))
    {
        window->compatible = length == sizeof("virtio,mmio") && memcmp(data, "virtio,mmio", length) == 0;
    }
    else if (name_is(name, name_length, "reg") && length == 16)
    {
        window->base = cells(data, 2);
    }
    else if (name_is(name, name_length, "interrupts") && (length == 4 || length == 12))
    {
        /* The PLIC's number; or the GIC's: kind (0: shared, which begin at 32), number, mode. */
        window->irq = length == 4 ? be32(data) : be32(data + 4) + (be32(data) == 0 ? 32 : 16);
        window->has_irq = 1;
    }
}

static void take_window(const struct window *window, struct hw_fdt *out)
{
    if (window->compatible && window->has_irq && window->base != 0 && out->virtio_count < HW_FDT_VIRTIO_MAX)
    {
        out->virtio[out->virtio_count].base = window->base;
        out->virtio[out->virtio_count].irq = window->irq;
        out->virtio_count++;
    }
}

static void take_memory(const uint8_t *reg, uint32_t length, uint32_t address_cells, uint32_t size_cells,
                        uint64_t image, struct hw_fdt *out)
{
    uint32_t step = 4 * (address_cells + size_cells);

    for (; length >= step; reg += step, length -= step)
    {
        uint64_t base = cells(reg, address_cells);
        uint64_t size = cells(reg + 4 * address_cells, size_cells);

        if (image >= base && image - base < size)
        {
            out->mem_base = base;
            out->mem_size = size;
        }
        else if (out->mem_size && base == out->mem_base + out->mem_size)
        {
            /* A second NUMA node that goes on where the first one ends. */
            out->mem_size += size;
        }
    }
}

void hw_fdt_read(const void *blob, uint64_t image, struct hw_fdt *out)
{
    const uint8_t *fdt = blob;
    uint32_t total, at, end, strings, strings_size;
    uint32_t address_cells = 2, size_cells = 1;
    struct window window = {0, 0, 0, 0};
    unsigned int depth = 0;
    enum
    {
        OTHER,
        MEMORY,
        CHOSEN
    } node = OTHER;

    memset(out, 0, sizeof(*out));
    if (!fdt || be32(fdt) != FDT_MAGIC)
    {
        return;
    }
    total = be32(fdt + 4);
    at = be32(fdt + 8);
    strings = be32(fdt + 12);
    strings_size = be32(fdt + 32);
    end = at + be32(fdt + 36);
    if (total < FDT_HEADER_SIZE || total > FDT_SIZE_MAX || at > total || end < at || end > total || strings > total ||
        strings_size > total - strings || (at & 3))
    {
        return;
    }
    out->total_size = total;

    while (end - at >= 4)
    {
        uint32_t token = be32(fdt + at);

        at += 4;
        if (token == FDT_NOP)
        {
            continue;
        }
        if (token == FDT_BEGIN_NODE)
        {
            uint32_t length = bounded_length(fdt + at, end - at);

            if (length == end - at)
            {
                return;
            }
            depth++;
            memset(&window, 0, sizeof(window));
            if (depth == 2)
            {
                node = name_is(fdt + at, length, "memory")   ? MEMORY
                       : name_is(fdt + at, length, "chosen") ? CHOSEN
                                                             : OTHER;
            }
            length = (length + 1 + 3) & ~3u;
            if (length > end - at)
            {
                return;
            }
            at += length;
        }
        else if (token == FDT_END_NODE)
        {
            if (!depth)
            {
                return;
            }
            depth--;
            take_window(&window, out);
            memset(&window, 0, sizeof(window));
        }
        else if (token == FDT_PROP)
        {
            uint32_t length, offset, padded, name_length;
            const uint8_t *name, *data;

            if (end - at < 8)
            {
                return;
            }
            length = be32(fdt + at);
            offset = be32(fdt + at + 4);
            at += 8;
            /* Rounding up a length near the limit of the type would wrap. */
            if (length > end - at || offset >= strings_size)
            {
                return;
            }
            data = fdt + at;
            padded = (length + 3) & ~3u;
            if (padded > end - at)
            {
                return;
            }
            at += padded;
            name = fdt + strings + offset;
            name_length = bounded_length(name, strings_size - offset);

            take_window_property(name, name_length, data, length, &window);
            if (depth == 1 && length == 4 && name_is(name, name_length, "#address-cells"))
            {
                address_cells = be32(data);
            }
            else if (depth == 1 && length == 4 && name_is(name, name_length, "#size-cells"))
            {
                size_cells = be32(data);
            }
            else if (depth == 2 && node == MEMORY && name_is(name, name_length, "reg") && address_cells >= 1 &&
                     address_cells <= 2 && size_cells >= 1 && size_cells <= 2)
            {
                take_memory(data, length, address_cells, size_cells, image, out);
            }
            else if (depth == 2 && node == CHOSEN && name_is(name, name_length, "bootargs"))
            {
                uint32_t n = bounded_length(data, length);

                if (n >= sizeof(out->bootargs))
                {
                    n = sizeof(out->bootargs) - 1;
                }
                memcpy(out->bootargs, data, n);
                out->bootargs[n] = '\0';
            }
        }
        else
        {
            /* The end, or nothing that is known. */
            return;
        }
    }
}
