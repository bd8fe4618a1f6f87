/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feature bits (2.2) and their negotiation by an allow-list.
 *
 * A driver has a table of the features it has code for. What is accepted is what the device offers and the table
 * lists for this interface, less every feature whose prerequisites did not make it.
 */
#ifndef VIRTIO_FEATURES_H
#define VIRTIO_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <virtio/config.h>

/* Reserved feature bits (6): those that belong to the transport and the queues, not to a device type. */
#define VIRTIO_F_NOTIFY_ON_EMPTY   24 /* legacy only */
#define VIRTIO_F_ANY_LAYOUT        27 /* legacy only */
#define VIRTIO_F_INDIRECT_DESC     28
#define VIRTIO_F_EVENT_IDX         29
#define VIRTIO_F_BAD_FEATURE       30 /* QEMU's probe for drivers that accept anything */
#define VIRTIO_F_VERSION_1         32
#define VIRTIO_F_ACCESS_PLATFORM   33
#define VIRTIO_F_RING_PACKED       34
#define VIRTIO_F_IN_ORDER          35
#define VIRTIO_F_ORDER_PLATFORM    36
#define VIRTIO_F_SR_IOV            37
#define VIRTIO_F_NOTIFICATION_DATA 38
#define VIRTIO_F_NOTIF_CONFIG_DATA 39
#define VIRTIO_F_RING_RESET        40
#define VIRTIO_F_ADMIN_VQ          41

/* Enough for every bit that VirtIO 1.4 defines (0 to 70). */
#define VIRTIO_FEATURE_WORDS 3
#define VIRTIO_FEATURE_BITS  (VIRTIO_FEATURE_WORDS * 32)

struct virtio_features
{
    uint32_t word[VIRTIO_FEATURE_WORDS];
};

/* Interfaces through which a feature may be accepted. */
#define VIRTIO_ON_LEGACY 0x1
#define VIRTIO_ON_MODERN 0x2
#define VIRTIO_ON_BOTH   (VIRTIO_ON_LEGACY | VIRTIO_ON_MODERN)

/* One line of an allow-list. Prerequisites are written with VIRTIO_NEEDS(bit), so that none at all is zero. */
struct virtio_feature
{
    const char *name; /* without the prefix VIRTIO_F_ or VIRTIO_BLK_F_ */
    uint8_t bit;
    uint8_t interfaces;   /* VIRTIO_ON_... */
    uint8_t needs[2];     /* every one of these must be accepted too */
    uint8_t needs_one[2]; /* at least one of these must be accepted too */
};

#define VIRTIO_NEEDS(bit) ((bit) + 1)

static inline bool virtio_features_has(const struct virtio_features *features, unsigned int bit)
{
    return bit < VIRTIO_FEATURE_BITS && (features->word[bit / 32] >> (bit % 32) & 1u) != 0;
}

static inline void virtio_features_add(struct virtio_features *features, unsigned int bit)
{
    if (bit < VIRTIO_FEATURE_BITS)
    {
        features->word[bit / 32] |= 1u << (bit % 32);
    }
}

static inline void virtio_features_remove(struct virtio_features *features, unsigned int bit)
{
    if (bit < VIRTIO_FEATURE_BITS)
    {
        features->word[bit / 32] &= ~(1u << (bit % 32));
    }
}

/* False for a bit that this build accepts from no device: bits above 31 are the modern interface's (2.2.3). */
static inline bool virtio_feature_built(unsigned int bit)
{
    return (VIRTIO_HAVE_MODERN || bit < 32) && (VIRTIO_HAVE_PACKED || bit != VIRTIO_F_RING_PACKED) &&
           (VIRTIO_HAVE_EVENT_IDX || bit != VIRTIO_F_EVENT_IDX) &&
           (VIRTIO_HAVE_INDIRECT || bit != VIRTIO_F_INDIRECT_DESC);
}

/* The core's own allow-list: reserved bits that transports and queues implement. Ends with a NULL name. */
extern const struct virtio_feature virtio_core_features[];

/*
 * Choose from `offered` what `table` (ends with a NULL name) and the core's own list allow on this interface, closed
 * under the prerequisites (2.2.1). Any context.
 */
void virtio_features_choose(const struct virtio_features *offered, const struct virtio_feature *table, bool legacy,
                            struct virtio_features *chosen);

/* Drop, from `features`, what lacks a prerequisite. For a driver that removed a bit after reading the config space. */
void virtio_features_close(struct virtio_features *features, const struct virtio_feature *table);

/*
 * The name of a bit: from `table` (may be NULL), from the reserved bits, or NULL if it is unknown. Any context.
 */
const char *virtio_feature_name(const struct virtio_feature *table, unsigned int bit);

#endif /* VIRTIO_FEATURES_H */
