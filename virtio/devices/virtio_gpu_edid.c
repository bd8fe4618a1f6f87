/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPU device (5.7): what a display says of itself, in the base block of VESA's EDID 1.3 and 1.4.
 */
#include <string.h>

#include <virtio/error.h>
#include <virtio/gpu.h>

#define BLOCK_BYTES 128u

/* Offsets in the base block. */
#define AT_MANUFACTURER  8
#define AT_PRODUCT       10
#define AT_SERIAL        12
#define AT_WIDTH_CM      21
#define AT_HEIGHT_CM     22
#define AT_DESCRIPTORS   54
#define AT_EXTENSIONS    126

#define DESCRIPTORS      4
#define DESCRIPTOR_BYTES 18
#define DESCRIPTOR_NAME  0xfcu
#define NAME_AT          5
#define NAME_BYTES       13

static uint16_t get16(const uint8_t *from)
{
    return (uint16_t)(from[0] | from[1] << 8);
}

static bool is_whole(const uint8_t *data, uint32_t size)
{
    static const uint8_t begin[] = {0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00};
    uint8_t sum = 0;
    unsigned int i;

    if (size < BLOCK_BYTES || memcmp(data, begin, sizeof(begin)) != 0)
    {
        return false;
    }
    for (i = 0; i < BLOCK_BYTES; i++)
    {
        sum = (uint8_t)(sum + data[i]);
    }
    /* All the blocks that it counts are there. */
    return sum == 0 && size / BLOCK_BYTES > data[AT_EXTENSIONS];
}

/* Three letters of five bits, 1 is A. */
static void read_manufacturer(const uint8_t *data, struct virtio_gpu_edid *edid)
{
    unsigned int letters = (unsigned int)data[AT_MANUFACTURER] << 8 | data[AT_MANUFACTURER + 1];
    unsigned int letter;
    unsigned int i;

    for (i = 0; i < 3; i++)
    {
        letter = letters >> (10 - 5 * i) & 0x1fu;
        edid->manufacturer[i] = letter >= 1 && letter <= 26 ? (char)('A' + letter - 1) : '?';
    }
}

/* Ends with a line feed if it is shorter than the field. */
static void read_name(const uint8_t *from, struct virtio_gpu_edid *edid)
{
    unsigned int i;

    for (i = 0; i < NAME_BYTES && from[i] != '\n'; i++)
    {
        edid->name[i] = from[i] >= 0x20 && from[i] < 0x7f ? (char)from[i] : '?';
    }
    edid->name[i] = '\0';
}

/* A detailed timing: low bytes, and the high bits of two numbers in one byte. */
static void read_timing(const uint8_t *from, struct virtio_gpu_edid *edid)
{
    uint32_t pixel_clock = get16(from) * 10000u; /* Hz */
    uint32_t h_blank = from[3] | (from[4] & 0x0fu) << 8;
    uint32_t v_blank = from[6] | (from[7] & 0x0fu) << 8;
    uint32_t total;

    edid->width = (uint16_t)(from[2] | (from[4] & 0xf0u) << 4);
    edid->height = (uint16_t)(from[5] | (from[7] & 0xf0u) << 4);
    total = (edid->width + h_blank) * (edid->height + v_blank);
    if (total != 0)
    {
        edid->refresh = (uint16_t)((pixel_clock + total / 2) / total);
    }
    edid->width_mm = (uint16_t)(from[12] | (from[14] & 0xf0u) << 4);
    edid->height_mm = (uint16_t)(from[13] | (from[14] & 0x0fu) << 8);
}

int virtio_gpu_edid_parse(const uint8_t *data, uint32_t size, struct virtio_gpu_edid *edid)
{
    const uint8_t *descriptor;
    unsigned int i;

    memset(edid, 0, sizeof(*edid));
    if (!is_whole(data, size))
    {
        return -VIRTIO_EPROTO;
    }
    edid->valid = true;
    memcpy(edid->block, data, sizeof(edid->block));
    read_manufacturer(data, edid);
    edid->product = get16(data + AT_PRODUCT);
    edid->serial = get16(data + AT_SERIAL) | (uint32_t)get16(data + AT_SERIAL + 2) << 16;
    for (i = 0; i < DESCRIPTORS; i++)
    {
        descriptor = data + AT_DESCRIPTORS + i * DESCRIPTOR_BYTES;
        if (get16(descriptor) != 0)
        {
            if (i == 0)
            {
                read_timing(descriptor, edid); /* the first is the preferred one */
            }
        }
        else if (descriptor[3] == DESCRIPTOR_NAME)
        {
            read_name(descriptor + NAME_AT, edid);
        }
    }
    if (edid->width_mm == 0 || edid->height_mm == 0)
    {
        edid->width_mm = (uint16_t)(data[AT_WIDTH_CM] * 10u);
        edid->height_mm = (uint16_t)(data[AT_HEIGHT_CM] * 10u);
    }
    if (edid->width_mm == 0 || edid->height_mm == 0)
    {
        /* One of the two alone is an aspect ratio. */
        edid->width_mm = 0;
        edid->height_mm = 0;
    }
    return 0;
}
