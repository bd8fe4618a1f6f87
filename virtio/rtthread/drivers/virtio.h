/* SPDX-License-Identifier: Apache-2.0 */
/*
 * <drivers/virtio.h>, which RT-Thread's <rtdevice.h> includes since 5.3 when there is a driver model. There it declares
 * RT-Thread's own VirtIO bus, which this component stands in for; this file goes in its place.
 */
#ifndef RT_VIRTIO_DRIVERS_VIRTIO_H
#define RT_VIRTIO_DRIVERS_VIRTIO_H

#include <virtio.h>

#endif /* RT_VIRTIO_DRIVERS_VIRTIO_H */
