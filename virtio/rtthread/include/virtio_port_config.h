/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RT-Thread's options for the core: virtio/config.h includes this.
 */
#ifndef VIRTIO_PORT_CONFIG_H
#define VIRTIO_PORT_CONFIG_H

#include <rtconfig.h>

#define VIRTIO_BUILD_HINT "menuconfig: switch off \"Drive only the chosen version\""

#ifdef RT_USING_VIRTIO_ONLY_CHOSEN
#ifdef RT_USING_VIRTIO_MODERN
#define VIRTIO_HAVE_LEGACY 0
#else
#define VIRTIO_HAVE_MODERN 0
#endif
#endif

/*
 * An rtconfig.h that was written before there was this component, or by hand, does not know the options that are on
 * unless they are switched off; RT_VIRTIO_CONFIGURED says that it does.
 */
#ifdef RT_VIRTIO_CONFIGURED

#if !defined(RT_VIRTIO_PACKED) && !defined(VIRTIO_HAVE_PACKED)
#define VIRTIO_HAVE_PACKED 0
#endif
#if !defined(RT_VIRTIO_EVENT_IDX) && !defined(VIRTIO_HAVE_EVENT_IDX)
#define VIRTIO_HAVE_EVENT_IDX 0
#endif
#if !defined(RT_VIRTIO_INDIRECT) && !defined(VIRTIO_HAVE_INDIRECT)
#define VIRTIO_HAVE_INDIRECT 0
#endif

#endif /* RT_VIRTIO_CONFIGURED */

#endif /* VIRTIO_PORT_CONFIG_H */
