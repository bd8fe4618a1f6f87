/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What RT-Thread's board support packages include as <virtio_mmio.h>: the identification registers of a window (4.2.2),
 * which is all that board code reads. The transport itself does not use this structure.
 */
#ifndef __VIRTIO_MMIO_H__
#define __VIRTIO_MMIO_H__

#include <rtthread.h>

struct virtio_mmio_config
{
    volatile rt_uint32_t magic;     /* 0x74726976 */
    volatile rt_uint32_t version;   /* 1: legacy, 2: modern */
    volatile rt_uint32_t device_id; /* 0: empty slot */
    volatile rt_uint32_t vendor_id;
};

#endif /* __VIRTIO_MMIO_H__ */
