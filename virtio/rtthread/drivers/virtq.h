/* SPDX-License-Identifier: Apache-2.0 */
/*
 * <drivers/virtq.h>, which RT-Thread's <rtdevice.h> includes together with <drivers/virtio.h>: see there.
 */
#ifndef RT_VIRTIO_DRIVERS_VIRTQ_H
#define RT_VIRTIO_DRIVERS_VIRTQ_H

#endif /* RT_VIRTIO_DRIVERS_VIRTQ_H */
