/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the core is built. Everything is, unless the port says otherwise: in a header virtio_port_config.h of its
 * own, which is found when it is in the include path, or with -D. The values are 0 or 1.
 *
 * No structure depends on them, so code outside that was compiled with others fits all the same.
 */
#ifndef VIRTIO_CONFIG_H
#define VIRTIO_CONFIG_H

#ifdef __has_include
#if __has_include(<virtio_port_config.h>)
#include <virtio_port_config.h>
#endif
#endif

/* The legacy interface (0.95, MMIO version 1) and the modern one (1.0 and later, version 2): one of them, or both. */
#ifndef VIRTIO_HAVE_LEGACY
#define VIRTIO_HAVE_LEGACY 1
#endif
#ifndef VIRTIO_HAVE_MODERN
#define VIRTIO_HAVE_MODERN 1
#endif

/* The packed ring (2.8), which only the modern interface has. */
#ifndef VIRTIO_HAVE_PACKED
#define VIRTIO_HAVE_PACKED VIRTIO_HAVE_MODERN
#endif

/* Notifications and interrupts only for the buffer that the other side named (2.7.10). */
#ifndef VIRTIO_HAVE_EVENT_IDX
#define VIRTIO_HAVE_EVENT_IDX 1
#endif

/* Chains in tables of their own, which take one entry of the ring (2.7.5.3). */
#ifndef VIRTIO_HAVE_INDIRECT
#define VIRTIO_HAVE_INDIRECT 1
#endif

/* Ends the message about a device of an interface that is not built: how to get it. */
#ifndef VIRTIO_BUILD_HINT
#define VIRTIO_BUILD_HINT "build with VIRTIO_HAVE_LEGACY and VIRTIO_HAVE_MODERN"
#endif

#if !VIRTIO_HAVE_LEGACY && !VIRTIO_HAVE_MODERN
#error "VIRTIO_HAVE_LEGACY and VIRTIO_HAVE_MODERN are both 0: no device could be driven"
#endif
#if VIRTIO_HAVE_PACKED && !VIRTIO_HAVE_MODERN
#error "VIRTIO_HAVE_PACKED needs VIRTIO_HAVE_MODERN"
#endif

#endif /* VIRTIO_CONFIG_H */
