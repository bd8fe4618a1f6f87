/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feature negotiation (2.2): what is accepted, and the names of the bits.
 */
#include <virtio/config.h>
#include <virtio/features.h>

/*
 * IN_ORDER, NOTIFICATION_DATA, RING_RESET and the rest are not here because nothing implements them. ANY_LAYOUT must be
 * accepted (6.3) although every message is framed the legacy way.
 */
const struct virtio_feature virtio_core_features[] = {
    {"ANY_LAYOUT", VIRTIO_F_ANY_LAYOUT, VIRTIO_ON_LEGACY, {0}, {0}},
    {"INDIRECT_DESC", VIRTIO_F_INDIRECT_DESC, VIRTIO_HAVE_INDIRECT ? VIRTIO_ON_BOTH : 0, {0}, {0}},
    {"EVENT_IDX", VIRTIO_F_EVENT_IDX, VIRTIO_HAVE_EVENT_IDX ? VIRTIO_ON_BOTH : 0, {0}, {0}},
    {"VERSION_1", VIRTIO_F_VERSION_1, VIRTIO_ON_MODERN, {0}, {0}},
    /* The addresses that virtio_platform_share() gives are the bus's, so an IOMMU is the platform's affair. */
    {"ACCESS_PLATFORM", VIRTIO_F_ACCESS_PLATFORM, VIRTIO_ON_MODERN, {0}, {0}},
    {"RING_PACKED", VIRTIO_F_RING_PACKED, VIRTIO_HAVE_PACKED ? VIRTIO_ON_MODERN : 0, {0}, {0}},
    /* The barriers in barrier.h are always that strong. */
    {"ORDER_PLATFORM", VIRTIO_F_ORDER_PLATFORM, VIRTIO_ON_MODERN, {0}, {0}},
    {NULL, 0, 0, {0}, {0}},
};

/* Names of reserved bits that are offered but never accepted. */
static const struct virtio_feature refused_features[] = {
    {"NOTIFY_ON_EMPTY", VIRTIO_F_NOTIFY_ON_EMPTY, 0, {0}, {0}},
    {"BAD_FEATURE", VIRTIO_F_BAD_FEATURE, 0, {0}, {0}},
    {"IN_ORDER", VIRTIO_F_IN_ORDER, 0, {0}, {0}},
    {"SR_IOV", VIRTIO_F_SR_IOV, 0, {0}, {0}},
    {"NOTIFICATION_DATA", VIRTIO_F_NOTIFICATION_DATA, 0, {0}, {0}},
    {"NOTIF_CONFIG_DATA", VIRTIO_F_NOTIF_CONFIG_DATA, 0, {0}, {0}},
    {"RING_RESET", VIRTIO_F_RING_RESET, 0, {0}, {0}},
    {"ADMIN_VQ", VIRTIO_F_ADMIN_VQ, 0, {0}, {0}},
    {NULL, 0, 0, {0}, {0}},
};

static void allow(const struct virtio_features *offered, const struct virtio_feature *table, bool legacy,
                  struct virtio_features *chosen)
{
    unsigned int interface = legacy ? VIRTIO_ON_LEGACY : VIRTIO_ON_MODERN;

    for (; table->name != NULL; table++)
    {
        if ((table->interfaces & interface) != 0 && virtio_features_has(offered, table->bit))
        {
            virtio_features_add(chosen, table->bit);
        }
    }
}

/* A prerequisite as stored in a table: 0 for none, else its bit plus one. */
static bool missing(const struct virtio_features *features, unsigned int need)
{
    return need != 0 && !virtio_features_has(features, need - 1);
}

static bool prerequisites_missing(const struct virtio_features *features, const struct virtio_feature *feature)
{
    const uint8_t *one = feature->needs_one;

    if (missing(features, feature->needs[0]) || missing(features, feature->needs[1]))
    {
        return true;
    }
    return one[0] != 0 && missing(features, one[0]) && (one[1] == 0 || missing(features, one[1]));
}

void virtio_features_close(struct virtio_features *features, const struct virtio_feature *table)
{
    const struct virtio_feature *feature;
    bool changed;

    /* One removal can take away another's prerequisite; each turn but the last removes a bit, so this ends. */
    do
    {
        changed = false;
        for (feature = table; feature->name != NULL; feature++)
        {
            if (virtio_features_has(features, feature->bit) && prerequisites_missing(features, feature))
            {
                virtio_features_remove(features, feature->bit);
                changed = true;
            }
        }
    } while (changed);
}

void virtio_features_choose(const struct virtio_features *offered, const struct virtio_feature *table, bool legacy,
                            struct virtio_features *chosen)
{
    struct virtio_features result = {{0}};

    allow(offered, virtio_core_features, legacy, &result);
    allow(offered, table, legacy, &result);
    virtio_features_close(&result, table);
    *chosen = result;
}

static const char *name_in(const struct virtio_feature *table, unsigned int bit)
{
    for (; table->name != NULL; table++)
    {
        if (table->bit == bit)
        {
            return table->name;
        }
    }
    return NULL;
}

const char *virtio_feature_name(const struct virtio_feature *table, unsigned int bit)
{
    const char *name = NULL;

    if (table != NULL)
    {
        name = name_in(table, bit);
    }
    if (name == NULL)
    {
        name = name_in(virtio_core_features, bit);
    }
    if (name == NULL)
    {
        name = name_in(refused_features, bit);
    }
    return name;
}
