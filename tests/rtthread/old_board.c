/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Board code as it was written for RT-Thread's VirtIO component of 4.1 to 5.2: with the names, headers and numbers of
 * then. It is only compiled.
 */
#include <rtthread.h>

#include <virtio.h>
#include <virtio_blk.h>
#include <virtio_console.h>
#include <virtio_gpu.h>
#include <virtio_input.h>
#include <virtio_input_event_codes.h>
#include <virtio_mmio.h>
#include <virtio_net.h>
#include <virtio_queue.h>

/* What such a board has in a header of its own. */
#define VIRTIO_MMIO_BASE 0x10001000
#define VIRTIO_MMIO_SIZE 0x1000
#define VIRTIO_MAX_NR    8
#define VIRTIO_IRQ_BASE  1
#define VIRTIO_VENDOR_ID 0x554d4551

void *rt_ioremap(void *physical, size_t size);
int old_board_init(void);

_Static_assert(VIRTIO_MAGIC_VALUE == 0x74726976, "");
_Static_assert(VIRTIO_PAGE_SHIFT == 12 && VIRTIO_PAGE_SIZE == 4096 && VIRTIO_PAGE_ALIGN(4097) == 8192, "");
_Static_assert(__builtin_offsetof(struct virtio_mmio_config, magic) == 0, "");
_Static_assert(__builtin_offsetof(struct virtio_mmio_config, version) == 4, "");
_Static_assert(__builtin_offsetof(struct virtio_mmio_config, device_id) == 8, "");
_Static_assert(__builtin_offsetof(struct virtio_mmio_config, vendor_id) == 12, "");

#ifdef RT_USING_VIRTIO_MODERN
_Static_assert(RT_USING_VIRTIO_VERSION == 2, "");
#else
_Static_assert(RT_USING_VIRTIO_VERSION == 1, "");
#endif

#define IS(name, number) _Static_assert(VIRTIO_DEVICE_ID_##name == (number), #name)
IS(INVALID, 0);
IS(NET, 1);
IS(BLOCK, 2);
IS(CONSOLE, 3);
IS(RNG, 4);
IS(BALLOON, 5);
IS(IOMEM, 6);
IS(RPMSG, 7);
IS(SCSI, 8);
IS(9P, 9);
IS(MAC80211_WLAN, 10);
IS(RPROC_SERIAL, 11);
IS(CAIF, 12);
IS(MEM_BALLOON, 13);
IS(GPU, 16);
IS(TIME, 17);
IS(INPUT, 18);
IS(SOCKET, 19);
IS(CRYPTO, 20);
IS(SIG_DIS_MOD, 21);
IS(PSTORE, 22);
IS(IOMMU, 23);
IS(MEM, 24);
IS(AUDIO, 25);
IS(FS, 26);
IS(PMEM, 27);
IS(RPMB, 28);
IS(MAC80211_HWSIM, 29);
IS(VIDEO_ENCODER, 30);
IS(VIDEO_DECODER, 31);
IS(SCMI, 32);
IS(NITRO_SEC_MOD, 33);
IS(I2C_ADAPTER, 34);
IS(WATCHDOG, 35);
IS(CAN, 36);
IS(DMABUF, 37);
IS(PARAM_SERV, 38);
IS(AUDIO_POLICY, 39);
IS(BT, 40);
IS(GPIO, 41);
IS(RDMA, 42);
_Static_assert(VIRTIO_DEVICE_TYPE_SIZE == 43, "");

/* With the terminator that one of the boards has; the other's table ends with its last class. */
static virtio_device_init_handler classes[] = {
    [VIRTIO_DEVICE_ID_BLOCK] = rt_virtio_blk_init,       [VIRTIO_DEVICE_ID_NET] = rt_virtio_net_init,
    [VIRTIO_DEVICE_ID_CONSOLE] = rt_virtio_console_init, [VIRTIO_DEVICE_ID_GPU] = rt_virtio_gpu_init,
    [VIRTIO_DEVICE_ID_INPUT] = rt_virtio_input_init,     [VIRTIO_DEVICE_TYPE_SIZE] = RT_NULL,
};

int old_board_init(void)
{
    rt_ubase_t base = (rt_ubase_t)rt_ioremap((void *)VIRTIO_MMIO_BASE, VIRTIO_MMIO_SIZE * VIRTIO_MAX_NR);
    int number;

    for (number = 0; number < VIRTIO_MAX_NR; number++)
    {
        struct virtio_mmio_config *window = (struct virtio_mmio_config *)(base + number * VIRTIO_MMIO_SIZE);
        virtio_device_init_handler init;

        if (window->magic != VIRTIO_MAGIC_VALUE || window->vendor_id != VIRTIO_VENDOR_ID)
        {
            continue;
        }
#ifdef BOTH_VERSIONS
        if (window->version != 1 && window->version != 2)
#else
        if (window->version != RT_USING_VIRTIO_VERSION)
#endif
        {
            continue;
        }
        if (window->device_id >= sizeof(classes) / sizeof(classes[0]))
        {
            continue;
        }
        init = classes[window->device_id];
        if (init != RT_NULL)
        {
            init((rt_ubase_t *)window, VIRTIO_IRQ_BASE + number);
        }
    }
    return 0;
}
INIT_DEVICE_EXPORT(old_board_init);
