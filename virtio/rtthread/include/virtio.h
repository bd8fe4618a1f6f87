/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What RT-Thread's board support packages include as <virtio.h>: device ids, the type of the init functions, and the
 * identification registers of a window. Everything else is in <virtio/...>.
 */
#ifndef __VIRTIO_H__
#define __VIRTIO_H__

#include <rthw.h>
#include <rtthread.h>

#include <virtio_mmio.h>
#include <virtio_queue.h>

#define VIRTIO_MAGIC_VALUE 0x74726976

/* Sizes and alignments that applications borrow from here. */
#define VIRTIO_PAGE_SHIFT       12
#define VIRTIO_PAGE_SIZE        (1 << VIRTIO_PAGE_SHIFT)
#define VIRTIO_PAGE_ALIGN(addr) (RT_ALIGN(addr, VIRTIO_PAGE_SIZE))

/*
 * Older board code compares a window's version register with this one. Both versions are driven, whatever it says; it
 * only tells such board code what to look for.
 */
#ifdef RT_USING_VIRTIO_MODERN
#define RT_USING_VIRTIO_VERSION 0x2
#else
#define RT_USING_VIRTIO_VERSION 0x1
#endif

/* The names and numbers (5 "Device Types") that board code uses as indices. */
enum
{
    VIRTIO_DEVICE_ID_INVALID = 0,
    VIRTIO_DEVICE_ID_NET = 1,
    VIRTIO_DEVICE_ID_BLOCK = 2,
    VIRTIO_DEVICE_ID_CONSOLE = 3,
    VIRTIO_DEVICE_ID_RNG = 4,
    VIRTIO_DEVICE_ID_BALLOON = 5,
    VIRTIO_DEVICE_ID_IOMEM = 6,
    VIRTIO_DEVICE_ID_RPMSG = 7,
    VIRTIO_DEVICE_ID_SCSI = 8,
    VIRTIO_DEVICE_ID_9P = 9,
    VIRTIO_DEVICE_ID_MAC80211_WLAN = 10,
    VIRTIO_DEVICE_ID_RPROC_SERIAL = 11,
    VIRTIO_DEVICE_ID_CAIF = 12,
    VIRTIO_DEVICE_ID_MEM_BALLOON = 13,
    VIRTIO_DEVICE_ID_GPU = 16,
    VIRTIO_DEVICE_ID_TIME = 17,
    VIRTIO_DEVICE_ID_INPUT = 18,
    VIRTIO_DEVICE_ID_SOCKET = 19,
    VIRTIO_DEVICE_ID_CRYPTO = 20,
    VIRTIO_DEVICE_ID_SIG_DIS_MOD = 21,
    VIRTIO_DEVICE_ID_PSTORE = 22,
    VIRTIO_DEVICE_ID_IOMMU = 23,
    VIRTIO_DEVICE_ID_MEM = 24,
    VIRTIO_DEVICE_ID_AUDIO = 25,
    VIRTIO_DEVICE_ID_FS = 26,
    VIRTIO_DEVICE_ID_PMEM = 27,
    VIRTIO_DEVICE_ID_RPMB = 28,
    VIRTIO_DEVICE_ID_MAC80211_HWSIM = 29,
    VIRTIO_DEVICE_ID_VIDEO_ENCODER = 30,
    VIRTIO_DEVICE_ID_VIDEO_DECODER = 31,
    VIRTIO_DEVICE_ID_SCMI = 32,
    VIRTIO_DEVICE_ID_NITRO_SEC_MOD = 33,
    VIRTIO_DEVICE_ID_I2C_ADAPTER = 34,
    VIRTIO_DEVICE_ID_WATCHDOG = 35,
    VIRTIO_DEVICE_ID_CAN = 36,
    VIRTIO_DEVICE_ID_DMABUF = 37,
    VIRTIO_DEVICE_ID_PARAM_SERV = 38,
    VIRTIO_DEVICE_ID_AUDIO_POLICY = 39,
    VIRTIO_DEVICE_ID_BT = 40,
    VIRTIO_DEVICE_ID_GPIO = 41,
    VIRTIO_DEVICE_ID_RDMA = 42,

    VIRTIO_DEVICE_TYPE_SIZE = 43,
};

/*
 * An init function of a class: takes over the device behind one MMIO window. `mmio_base` is the window's mapped
 * address, `irq` what rt_hw_interrupt_install() takes. Thread context, or board init before the scheduler runs.
 */
typedef rt_err_t (*virtio_device_init_handler)(rt_ubase_t *mmio_base, rt_uint32_t irq);

/*
 * Note a window that no class wants: it is left reset, and shows up in the `virtio` command as a device without a
 * driver. An empty slot is passed over silently. Returns RT_EOK if there is a device.
 */
rt_err_t rt_virtio_unclaimed_init(rt_ubase_t *mmio_base, rt_uint32_t irq);

/*
 * Call the init function of each device in a row of `count` MMIO windows, `step` bytes apart from the physical address
 * on, whose interrupts are numbered from `irq` on. For board code; context as above. -RT_ENOMEM if the windows cannot
 * be mapped (RT_USING_SMART).
 */
rt_err_t rt_virtio_scan(rt_ubase_t physical, rt_size_t step, unsigned int count, rt_uint32_t irq);

/*
 * Where a board has its windows, for rt_virtio_console_emergency() before they were scanned. Board code defines it;
 * without it there are none.
 */
struct rt_virtio_windows
{
    rt_ubase_t physical;
    rt_size_t step;
    unsigned int count;
    rt_uint32_t irq;
};

extern const struct rt_virtio_windows rt_virtio_windows;

#endif /* __VIRTIO_H__ */
