/* SPDX-License-Identifier: Apache-2.0 */
/* The block device's side of the requests (5.2.6), and what drivers owe it. */

#include <stdlib.h>
#include <string.h>

#include "../platform_host.h"
#include "sim_blk.h"
#include "violation.h"

enum
{
    T_IN = 0,
    T_OUT = 1,
    T_FLUSH = 4,
    T_GET_ID = 8,
    T_GET_LIFETIME = 10,
    T_DISCARD = 11,
    T_WRITE_ZEROES = 13,
    T_SECURE_ERASE = 14,
};

enum
{
    S_OK = 0,
    S_IOERR = 1,
    S_UNSUPP = 2,
};

static const struct sim_field fields[] = {
    {SIM_BLK_CAPACITY, 4, SIM_NO_FEATURE, false},
    {SIM_BLK_CAPACITY + 4, 4, SIM_NO_FEATURE, false},
    {SIM_BLK_SIZE_MAX, 4, SIM_BLK_F_SIZE_MAX, false},
    {SIM_BLK_SEG_MAX, 4, SIM_BLK_F_SEG_MAX, false},
    {SIM_BLK_CYLINDERS, 2, SIM_BLK_F_GEOMETRY, false},
    {SIM_BLK_HEADS, 1, SIM_BLK_F_GEOMETRY, false},
    {SIM_BLK_TRACK, 1, SIM_BLK_F_GEOMETRY, false},
    {SIM_BLK_BLK_SIZE, 4, SIM_BLK_F_BLK_SIZE, false},
    {SIM_BLK_PHYSICAL_EXP, 1, SIM_BLK_F_TOPOLOGY, false},
    {SIM_BLK_ALIGNMENT_OFFSET, 1, SIM_BLK_F_TOPOLOGY, false},
    {SIM_BLK_MIN_IO, 2, SIM_BLK_F_TOPOLOGY, false},
    {SIM_BLK_OPT_IO, 4, SIM_BLK_F_TOPOLOGY, false},
    {SIM_BLK_WRITEBACK, 1, SIM_BLK_F_CONFIG_WCE, true},
    {SIM_BLK_NUM_QUEUES, 2, SIM_BLK_F_MQ, false},
    {SIM_BLK_DISCARD_SECTORS, 4, SIM_BLK_F_DISCARD, false},
    {SIM_BLK_DISCARD_SEG, 4, SIM_BLK_F_DISCARD, false},
    {SIM_BLK_DISCARD_ALIGN, 4, SIM_BLK_F_DISCARD, false},
    {SIM_BLK_ZEROES_SECTORS, 4, SIM_BLK_F_WRITE_ZEROES, false},
    {SIM_BLK_ZEROES_SEG, 4, SIM_BLK_F_WRITE_ZEROES, false},
    {SIM_BLK_ZEROES_UNMAP, 1, SIM_BLK_F_WRITE_ZEROES, false},
    {SIM_BLK_ERASE_SECTORS, 4, SIM_BLK_F_SECURE_ERASE, false},
    {SIM_BLK_ERASE_SEG, 4, SIM_BLK_F_SECURE_ERASE, false},
    {SIM_BLK_ERASE_ALIGN, 4, SIM_BLK_F_SECURE_ERASE, false},
};

/* A request as taken apart. */
struct request
{
    struct sim_device *sim;
    struct sim_blk *blk;
    const struct sim_chain *chain;
    uint32_t type;
    uint64_t sector;
    uint64_t out; /* data bytes after the header */
    uint64_t in;  /* data bytes before the status */
    struct sim_blk_seen seen;
};

static uint32_t config32(const struct sim_device *sim, unsigned int offset)
{
    uint32_t value;

    memcpy(&value, sim->config + offset, sizeof(value));
    return value;
}

static uint64_t capacity(const struct sim_device *sim)
{
    return config32(sim, SIM_BLK_CAPACITY) | (uint64_t)config32(sim, SIM_BLK_CAPACITY + 4) << 32;
}

static bool check_features(struct sim_device *sim)
{
    for (unsigned int bit = 0; bit < 24; bit++)
    {
        if (sim_has(sim, bit) && (0x1fe76u >> bit & 1) == 0)
        {
            violation(bit == SIM_BLK_F_BARRIER || bit == SIM_BLK_F_SCSI ? "BLK-LEG-01" : "CORE-FEAT-05",
                      "feature %u of a block device", bit);
        }
    }
    for (unsigned int bit = 50; bit < SIM_WORDS * 32; bit++)
    {
        if (sim_has(sim, bit))
        {
            violation("CORE-FEAT-05", "feature %u of a block device", bit);
        }
    }
    return true;
}

static void config_read(struct sim_device *sim, unsigned int offset)
{
    struct sim_blk *blk = sim->model_data;

    if (offset == SIM_BLK_CAPACITY || offset == SIM_BLK_CAPACITY + 4)
    {
        memcpy((uint8_t *)&blk->capacity_read + offset, sim->config + offset, 4);
    }
}

static void config_written(struct sim_device *sim, unsigned int offset)
{
    if (!sim_has(sim, SIM_BLK_F_CONFIG_WCE))
    {
        violation("CORE-CFG-03", "writeback without CONFIG_WCE");
    }
    if (sim->config[offset] > 1)
    {
        violation("BLK-OP-15", "writeback %u", sim->config[offset]);
    }
}

/* Elements with data in them: header and status do not count, wherever the driver puts them. */
static void check_segments(struct request *request)
{
    const struct sim_chain *chain = request->chain;
    uint64_t header = 16;
    unsigned int count = chain->readable + chain->writable;

    for (unsigned int i = 0; i < count; i++)
    {
        uint32_t data = chain->elements[i].length;

        if (i < chain->readable)
        {
            uint32_t part = header < data ? (uint32_t)header : data;

            header -= part;
            data -= part;
        }
        else if (i == count - 1u)
        {
            data--;
        }
        if (data != 0)
        {
            request->seen.segments++;
            request->seen.largest = data > request->seen.largest ? data : request->seen.largest;
        }
    }
    if (sim_has(request->sim, SIM_BLK_F_SIZE_MAX) && request->seen.largest > config32(request->sim, SIM_BLK_SIZE_MAX))
    {
        violation("BLK-OP-03", "a segment of %u bytes", request->seen.largest);
    }
    if (sim_has(request->sim, SIM_BLK_F_SEG_MAX) && request->seen.segments > config32(request->sim, SIM_BLK_SEG_MAX))
    {
        violation("BLK-OP-03", "%u segments", request->seen.segments);
    }
    if (request->sim->legacy && !sim_has(request->sim, SIM_F_ANY_LAYOUT) &&
        (chain->elements[0].length != 16 || chain->elements[count - 1].length != 1))
    {
        violation("BLK-LEG-11", "the header has %u bytes, the status %u", chain->elements[0].length,
                  chain->elements[count - 1].length);
    }
}

static bool in_range(struct request *request, uint64_t sector, uint64_t sectors)
{
    uint64_t now = capacity(request->sim);
    uint64_t known = request->blk->capacity_read;

    /* A driver cannot know of a change before it read the config space again. */
    if (sector > known || sectors > known - sector)
    {
        violation("BLK-OP-05", "sectors %llu + %llu of %llu", (unsigned long long)sector, (unsigned long long)sectors,
                  (unsigned long long)known);
    }
    now = now < request->blk->sectors ? now : request->blk->sectors;
    return sector <= now && sectors <= now - sector;
}

static bool is_bad(struct request *request, uint64_t sector, uint64_t sectors)
{
    for (uint64_t i = 0; i < sectors; i++)
    {
        if (request->blk->bad[sector + i])
        {
            return true;
        }
    }
    return false;
}

static uint8_t transfer(struct request *request)
{
    bool out = request->type == T_OUT;
    uint64_t bytes = out ? request->out : request->in;
    uint8_t *place = request->blk->image + request->sector * 512;

    if (bytes == 0 || bytes % 512 != 0)
    {
        violation("BLK-OP-09", "%llu bytes of data", (unsigned long long)bytes);
        return S_IOERR;
    }
    if ((out ? request->in : request->out) != 0)
    {
        violation("BLK-OP-01", "data of the other direction");
    }
    request->seen.sectors = bytes / 512;
    if (out && sim_has(request->sim, SIM_BLK_F_RO))
    {
        violation("BLK-OP-06", "a write to a read-only device");
        return S_IOERR;
    }
    if (!in_range(request, request->sector, bytes / 512) || is_bad(request, request->sector, bytes / 512))
    {
        return S_IOERR;
    }
    if (out)
    {
        sim_copy_in(request->chain, 16, place, bytes);
    }
    else
    {
        sim_copy_out(request->chain, 0, place, bytes);
    }
    return S_OK;
}

/* DISCARD, WRITE_ZEROES, SECURE_ERASE: the three have the same shape. */
static uint8_t segments(struct request *request, unsigned int feature, unsigned int limits, const char *too_many,
                        uint8_t fill)
{
    uint64_t count = request->out / 16;
    uint8_t status = S_OK;

    if (!sim_has(request->sim, feature))
    {
        violation("BLK-OP-01", "request type %u without feature %u", request->type, feature);
        return S_UNSUPP;
    }
    if (request->out == 0 || request->out % 16 != 0 || request->in != 0)
    {
        violation("BLK-OP-10", "%llu bytes of segments", (unsigned long long)request->out);
    }
    if (count > config32(request->sim, limits + 4))
    {
        violation(too_many, "%llu segments", (unsigned long long)count);
    }
    for (uint64_t i = 0; i < count; i++)
    {
        struct
        {
            uint64_t sector;
            uint32_t sectors, flags;
        } segment;

        sim_copy_in(request->chain, 16 + 16 * i, &segment, sizeof(segment));
        request->seen.sector = segment.sector;
        request->seen.sectors = segment.sectors;
        request->seen.flags = segment.flags;
        if (segment.flags > (request->type == T_WRITE_ZEROES ? 1u : 0u))
        {
            violation("BLK-OP-17", "flags 0x%x in a segment", segment.flags);
            status = S_UNSUPP;
        }
        if (segment.sectors == 0 || segment.sectors > config32(request->sim, limits))
        {
            violation(too_many, "%u sectors in a segment", segment.sectors);
            status = S_IOERR;
        }
        if (!in_range(request, segment.sector, segment.sectors) || is_bad(request, segment.sector, segment.sectors))
        {
            status = S_IOERR;
        }
        if (status == S_OK)
        {
            memset(request->blk->image + segment.sector * 512, fill, (size_t)segment.sectors * 512);
        }
    }
    return status;
}

static uint8_t serve(struct request *request)
{
    if (request->type != T_IN && request->type != T_OUT)
    {
        if (request->sector != 0)
        {
            violation(request->type == T_FLUSH ? "BLK-OP-07" : "BLK-OP-01", "sector %llu for type %u",
                      (unsigned long long)request->sector, request->type);
        }
        if (request->blk->unsupported)
        {
            return S_UNSUPP;
        }
        if (sim_has(request->sim, SIM_BLK_F_RO) && request->type >= T_DISCARD)
        {
            violation("BLK-OP-06", "request type %u to a read-only device", request->type);
        }
    }
    switch (request->type)
    {
    case T_IN:
    case T_OUT:
        return transfer(request);
    case T_FLUSH:
        if (!sim_has(request->sim, SIM_BLK_F_FLUSH))
        {
            violation("BLK-INIT-01", "a flush without FLUSH");
        }
        if (request->in + request->out != 0)
        {
            violation("BLK-OP-08", "a flush with data");
        }
        return S_OK;
    case T_GET_ID:
        if (request->in != 20 || request->out != 0)
        {
            violation("BLK-OP-11", "%llu bytes for the id", (unsigned long long)request->in);
        }
        sim_copy_out(request->chain, 0, request->blk->id, 20);
        return S_OK;
    case T_GET_LIFETIME:
        if (!sim_has(request->sim, SIM_BLK_F_LIFETIME) || request->in != 6 || request->out != 0)
        {
            violation("BLK-OP-01", "GET_LIFETIME of %llu bytes", (unsigned long long)request->in);
        }
        sim_copy_out(request->chain, 0, request->blk->lifetime, 6);
        return S_OK;
    case T_DISCARD:
        return segments(request, SIM_BLK_F_DISCARD, SIM_BLK_DISCARD_SECTORS, "BLK-OP-12", SIM_BLK_DISCARDED);
    case T_WRITE_ZEROES:
        return segments(request, SIM_BLK_F_WRITE_ZEROES, SIM_BLK_ZEROES_SECTORS, "BLK-OP-14", 0);
    case T_SECURE_ERASE:
        return segments(request, SIM_BLK_F_SECURE_ERASE, SIM_BLK_ERASE_SECTORS, "BLK-OP-13", SIM_BLK_ERASED);
    default:
        violation("BLK-OP-01", "request type %u", request->type);
        return S_UNSUPP;
    }
}

static uint32_t execute(struct sim_device *sim, unsigned int queue, const struct sim_chain *chain)
{
    struct sim_blk *blk = sim->model_data;
    struct request request = {.sim = sim, .blk = blk, .chain = chain};
    bool misbehave;
    uint8_t status;
    uint32_t header[4];
    uint32_t length;

    if (chain->readable_bytes < 16 || chain->writable_bytes < 1)
    {
        violation("BLK-OP-01", "a request without header or status");
        return 0;
    }
    sim_copy_in(chain, 0, header, sizeof(header));
    request.type = header[0];
    request.sector = header[2] | (uint64_t)header[3] << 32;
    request.out = chain->readable_bytes - 16;
    request.in = chain->writable_bytes - 1;
    request.seen.type = request.type;
    request.seen.sector = request.sector;
    request.seen.queue = (uint16_t)queue;
    if (header[1] != 0)
    {
        violation("BLK-OP-01", "the reserved field is 0x%x", header[1]);
    }
    check_segments(&request);
    status = serve(&request);
    blk->executed[request.type % 32]++;
    misbehave = !blk->only || (request.type <= T_OUT && request.sector == blk->only_sector);
    if (blk->seen_count < SIM_BLK_TRACE)
    {
        blk->seen[blk->seen_count] = request.seen;
    }
    blk->seen_count++;
    if (misbehave && blk->status_replaced)
    {
        status = blk->status;
    }
    if (!misbehave || !blk->status_untouched)
    {
        sim_copy_out(chain, chain->writable_bytes - 1, &status, 1);
    }
    /* Legacy devices are known for lengths that mean nothing (2.7.8.2). */
    length = sim->legacy ? host_random() % ((uint32_t)chain->writable_bytes + 1) : (uint32_t)chain->writable_bytes;
    return misbehave && blk->length_replaced ? blk->length : length;
}

static const struct sim_model model = {
    .id = 2,
    .fields = fields,
    .field_count = sizeof(fields) / sizeof(fields[0]),
    .execute = execute,
    .check_features = check_features,
    .config_read = config_read,
    .config_written = config_written,
};

uint8_t sim_blk_pattern(uint64_t position)
{
    return (uint8_t)(position / 512 * 31 + position % 512 * 7 + (position >> 17));
}

void sim_blk_init(struct sim_device *sim, struct sim_blk *blk, bool legacy, uint64_t sectors)
{
    memset(blk, 0, sizeof(*blk));
    blk->sectors = sectors;
    blk->image = malloc(sectors * 512);
    blk->bad = calloc(sectors, sizeof(blk->bad[0]));
    for (uint64_t i = 0; i < sectors * 512; i++)
    {
        blk->image[i] = sim_blk_pattern(i);
    }
    memcpy(blk->id, "a disk of 20 bytes..", 20);
    blk->lifetime[0] = 1;
    blk->lifetime[1] = 2;
    blk->lifetime[2] = 0x1234;
    sim_init(sim, legacy, &model, blk);
    sim_config64(sim, SIM_BLK_CAPACITY, sectors);
}

void sim_blk_fini(struct sim_device *sim, struct sim_blk *blk)
{
    sim_fini(sim);
    free(blk->image);
    free(blk->bad);
}

void sim_blk_offer_all(struct sim_device *sim)
{
    static const uint8_t all[] = {SIM_BLK_F_SIZE_MAX,     SIM_BLK_F_SEG_MAX,  SIM_BLK_F_GEOMETRY,
                                  SIM_BLK_F_BLK_SIZE,     SIM_BLK_F_FLUSH,    SIM_BLK_F_TOPOLOGY,
                                  SIM_BLK_F_CONFIG_WCE,   SIM_BLK_F_MQ,       SIM_BLK_F_DISCARD,
                                  SIM_BLK_F_WRITE_ZEROES, SIM_BLK_F_LIFETIME, SIM_BLK_F_SECURE_ERASE};

    for (unsigned int i = 0; i < sizeof(all); i++)
    {
        sim_offer(sim, all[i]);
    }
    sim_config32(sim, SIM_BLK_SIZE_MAX, 1u << 20);
    sim_config32(sim, SIM_BLK_SEG_MAX, 126);
    sim_config16(sim, SIM_BLK_CYLINDERS, 16);
    sim->config[SIM_BLK_HEADS] = 4;
    sim->config[SIM_BLK_TRACK] = 32;
    sim_config32(sim, SIM_BLK_BLK_SIZE, 512);
    sim->config[SIM_BLK_PHYSICAL_EXP] = 3;
    sim->config[SIM_BLK_ALIGNMENT_OFFSET] = 1;
    sim_config16(sim, SIM_BLK_MIN_IO, 8);
    sim_config32(sim, SIM_BLK_OPT_IO, 64);
    sim->config[SIM_BLK_WRITEBACK] = 1;
    sim_config16(sim, SIM_BLK_NUM_QUEUES, 1);
    sim_config32(sim, SIM_BLK_DISCARD_SECTORS, 256);
    sim_config32(sim, SIM_BLK_DISCARD_SEG, 1);
    sim_config32(sim, SIM_BLK_DISCARD_ALIGN, 8);
    sim_config32(sim, SIM_BLK_ZEROES_SECTORS, 128);
    sim_config32(sim, SIM_BLK_ZEROES_SEG, 1);
    sim->config[SIM_BLK_ZEROES_UNMAP] = 1;
    sim_config32(sim, SIM_BLK_ERASE_SECTORS, 64);
    sim_config32(sim, SIM_BLK_ERASE_SEG, 1);
    sim_config32(sim, SIM_BLK_ERASE_ALIGN, 8);
}
