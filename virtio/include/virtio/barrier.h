/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory barriers between the driver and the device.
 *
 * They are always of the strength that a real hardware device needs (6
 * VIRTIO_F_ORDER_PLATFORM: memory and I/O, outer shareable), which costs nothing measurable over the weaker ones
 * between CPUs and lets the core accept VIRTIO_F_ORDER_PLATFORM everywhere. RT-Thread's rt_hw_dmb() is not used because
 * it is an empty macro in builds without RT_USING_CACHE.
 */
#ifndef VIRTIO_BARRIER_H
#define VIRTIO_BARRIER_H

#if defined(__riscv)
#define virtio_mb()  __asm__ volatile("fence iorw,iorw" ::: "memory")
#define virtio_rmb() __asm__ volatile("fence ir,ir" ::: "memory")
#define virtio_wmb() __asm__ volatile("fence ow,ow" ::: "memory")
#elif defined(__aarch64__)
#define virtio_mb()  __asm__ volatile("dmb osh" ::: "memory")
#define virtio_rmb() __asm__ volatile("dmb oshld" ::: "memory")
#define virtio_wmb() __asm__ volatile("dmb oshst" ::: "memory")
#elif defined(__arm__) && (__ARM_ARCH >= 7)
#define virtio_mb()  __asm__ volatile("dmb" ::: "memory")
#define virtio_rmb() __asm__ volatile("dmb" ::: "memory")
#define virtio_wmb() __asm__ volatile("dmb st" ::: "memory")
#else
#define virtio_mb()  __sync_synchronize()
#define virtio_rmb() __sync_synchronize()
#define virtio_wmb() __sync_synchronize()
#endif

#endif /* VIRTIO_BARRIER_H */
