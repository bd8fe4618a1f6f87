/* SPDX-License-Identifier: Apache-2.0 */
/* A simulated block device (5.2): a RAM image, every request type, every feature, every limit enforced. */
#ifndef TEST_SIM_BLK_H
#define TEST_SIM_BLK_H

#include "sim.h"

/* Offsets in the config space (5.2.4). */
enum
{
    SIM_BLK_CAPACITY = 0x00,
    SIM_BLK_SIZE_MAX = 0x08,
    SIM_BLK_SEG_MAX = 0x0c,
    SIM_BLK_CYLINDERS = 0x10,
    SIM_BLK_HEADS = 0x12,
    SIM_BLK_TRACK = 0x13,
    SIM_BLK_BLK_SIZE = 0x14,
    SIM_BLK_PHYSICAL_EXP = 0x18,
    SIM_BLK_ALIGNMENT_OFFSET = 0x19,
    SIM_BLK_MIN_IO = 0x1a,
    SIM_BLK_OPT_IO = 0x1c,
    SIM_BLK_WRITEBACK = 0x20,
    SIM_BLK_NUM_QUEUES = 0x22,
    SIM_BLK_DISCARD_SECTORS = 0x24,
    SIM_BLK_DISCARD_SEG = 0x28,
    SIM_BLK_DISCARD_ALIGN = 0x2c,
    SIM_BLK_ZEROES_SECTORS = 0x30,
    SIM_BLK_ZEROES_SEG = 0x34,
    SIM_BLK_ZEROES_UNMAP = 0x38,
    SIM_BLK_ERASE_SECTORS = 0x3c,
    SIM_BLK_ERASE_SEG = 0x40,
    SIM_BLK_ERASE_ALIGN = 0x44,
};

/* Feature bits (5.2.3). */
enum
{
    SIM_BLK_F_BARRIER = 0,
    SIM_BLK_F_SIZE_MAX = 1,
    SIM_BLK_F_SEG_MAX = 2,
    SIM_BLK_F_GEOMETRY = 4,
    SIM_BLK_F_RO = 5,
    SIM_BLK_F_BLK_SIZE = 6,
    SIM_BLK_F_SCSI = 7,
    SIM_BLK_F_FLUSH = 9,
    SIM_BLK_F_TOPOLOGY = 10,
    SIM_BLK_F_CONFIG_WCE = 11,
    SIM_BLK_F_MQ = 12,
    SIM_BLK_F_DISCARD = 13,
    SIM_BLK_F_WRITE_ZEROES = 14,
    SIM_BLK_F_LIFETIME = 15,
    SIM_BLK_F_SECURE_ERASE = 16,
    SIM_BLK_F_ZONED = 17,
};

/* What discarded and erased sectors read as. */
#define SIM_BLK_DISCARDED 0xdd
#define SIM_BLK_ERASED    0xee

#define SIM_BLK_TRACE     256

struct sim_blk_seen
{
    uint32_t type;
    uint64_t sector; /* of the header, or of the segment */
    uint64_t sectors;
    uint32_t flags;        /* of the segment */
    unsigned int segments; /* elements with data in them */
    uint32_t largest;      /* most data bytes in one */
    uint16_t queue;
};

struct sim_blk
{
    uint8_t *image;
    bool *bad; /* a sector gives an I/O error */
    uint64_t sectors;
    uint8_t id[20];
    uint16_t lifetime[3];

    /* Misbehaviour; for all requests, or those that begin at `only_sector` if `only` is set. */
    bool only;
    uint64_t only_sector;
    bool status_untouched;
    bool status_replaced;
    uint8_t status;
    bool length_replaced;
    uint32_t length;
    bool unsupported; /* UNSUPP for everything but IN and OUT */

    /* What happened. */
    uint64_t capacity_read; /* the last that the driver saw */
    uint64_t executed[32];  /* by type */
    struct sim_blk_seen seen[SIM_BLK_TRACE];
    unsigned int seen_count;
};

/* With `sectors` of image and capacity; offers nothing but what sim_init() does. The image holds a pattern. */
void sim_blk_init(struct sim_device *sim, struct sim_blk *blk, bool legacy, uint64_t sectors);
void sim_blk_fini(struct sim_device *sim, struct sim_blk *blk);
/* Every feature that a driver can take, with generous limits. */
void sim_blk_offer_all(struct sim_device *sim);
/* The byte at a position of a fresh image. */
uint8_t sim_blk_pattern(uint64_t position);

#endif /* TEST_SIM_BLK_H */
