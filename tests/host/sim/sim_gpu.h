/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated GPU (5.7), in 2D: resources with pixels of the host's, scanouts with a screen that somebody could look
 * at, cursors, EDIDs; and what drivers owe it.
 */
#ifndef TEST_SIM_GPU_H
#define TEST_SIM_GPU_H

#include "sim.h"

/* Offsets in the config space (5.7.4), feature bits (5.7.3). */
enum
{
    SIM_GPU_EVENTS_READ = 0,
    SIM_GPU_EVENTS_CLEAR = 4,
    SIM_GPU_NUM_SCANOUTS = 8,
    SIM_GPU_NUM_CAPSETS = 12,
};

enum
{
    SIM_GPU_F_VIRGL = 0,
    SIM_GPU_F_EDID = 1,
    SIM_GPU_F_RESOURCE_UUID = 2,
    SIM_GPU_F_RESOURCE_BLOB = 3,
    SIM_GPU_F_CONTEXT_INIT = 4,
    SIM_GPU_F_BLOB_ALIGNMENT = 5,
};

/* Commands and responses (5.7.6.7). */
enum
{
    SIM_GPU_GET_DISPLAY_INFO = 0x100,
    SIM_GPU_CREATE_2D = 0x101,
    SIM_GPU_UNREF = 0x102,
    SIM_GPU_SET_SCANOUT = 0x103,
    SIM_GPU_FLUSH = 0x104,
    SIM_GPU_TRANSFER = 0x105,
    SIM_GPU_ATTACH = 0x106,
    SIM_GPU_DETACH = 0x107,
    SIM_GPU_GET_EDID = 0x10a,
    SIM_GPU_CREATE_BLOB = 0x10c,
    SIM_GPU_SET_SCANOUT_BLOB = 0x10d,
    SIM_GPU_UPDATE_CURSOR = 0x300,
    SIM_GPU_MOVE_CURSOR = 0x301,
};

enum
{
    SIM_GPU_OK = 0x1100,
    SIM_GPU_OK_DISPLAY_INFO = 0x1101,
    SIM_GPU_OK_EDID = 0x1104,
    SIM_GPU_ERR_UNSPEC = 0x1200,
    SIM_GPU_ERR_MEMORY = 0x1201,
    SIM_GPU_ERR_SCANOUT = 0x1202,
    SIM_GPU_ERR_RESOURCE = 0x1203,
    SIM_GPU_ERR_CONTEXT = 0x1204,
    SIM_GPU_ERR_PARAMETER = 0x1205,
};

#define SIM_GPU_SCANOUTS  16
#define SIM_GPU_RESOURCES 64
#define SIM_GPU_SCREEN    128 /* pixels of a screen's side that are looked at */
#define SIM_GPU_CURSOR    64
#define SIM_GPU_CODES     16 /* of the control queue, from SIM_GPU_GET_DISPLAY_INFO on; then those of the cursor queue */

struct sim_gpu_rect
{
    uint32_t x, y, width, height;
};

struct sim_gpu_resource
{
    uint32_t id;  /* 0: not in use */
    bool refused; /* its creation was answered with an error: what follows in the queue is no violation */
    bool bare;    /* so was the attaching of its memory */
    bool blob;
    uint32_t format, width, height;
    uint32_t *pixels; /* not of a blob */
    uint64_t bytes;   /* of a blob */
    struct sim_element *backing;
    uint32_t entries;
    bool filled; /* by a fenced transfer */
};

struct sim_gpu_scanout
{
    /* The host's side; a reset does not change it. */
    uint32_t enabled;
    struct sim_gpu_rect mode;
    uint8_t edid[1024];
    uint32_t edid_size;

    /* The guest's. */
    uint32_t resource; /* id, 0: off */
    struct sim_gpu_rect rect;
    uint32_t stride, offset;                          /* of a blob */
    uint32_t screen[SIM_GPU_SCREEN * SIM_GPU_SCREEN]; /* what was flushed, as one would see it */
    uint32_t cursor;                                  /* resource id, 0: hidden */
    uint32_t hot_x, hot_y, x, y;
    uint32_t image[SIM_GPU_CURSOR * SIM_GPU_CURSOR];
};

struct sim_gpu
{
    struct sim_gpu_resource resource[SIM_GPU_RESOURCES];
    struct sim_gpu_scanout scanout[SIM_GPU_SCANOUTS];

    /* Behaviour. */
    bool cursor_mute;  /* writes no answer to cursor commands, as QEMU */
    bool keeps_memory; /* what is not to be looked at any more is not forgotten: resources may stay attached at UNREF */

    /* Misbehaviour, for commands of `only`, or all if that is 0. */
    uint32_t only;
    unsigned int skip;      /* the first so many are treated well */
    bool refused;           /* does nothing, and answers with `response` */
    bool response_replaced; /* does it, but answers with `response` */
    uint32_t response;
    bool length_replaced; /* used length */
    uint32_t length;
    bool fence_wrong;   /* another id */
    bool fence_missing; /* flag not set */
    bool silent;        /* writes no answer, but says it did */

    /* What happened. */
    uint64_t executed[2 * SIM_GPU_CODES]; /* by sim_gpu_code() */
    uint64_t fences;
    uint64_t last_fence;
    uint64_t last_offset; /* of a transfer */
    uint32_t last_id;
    uint32_t last_entries;
    uint64_t pixels_transferred;
};

unsigned int sim_gpu_code(uint32_t command);

/* Two scanouts, of which the first has a display of 100 x 80; EDID and RESOURCE_BLOB. */
void sim_gpu_init(struct sim_device *sim, struct sim_gpu *gpu, bool legacy);
/* Give back what it holds, before sim_fini(). */
void sim_gpu_forget(struct sim_gpu *gpu);

/* The host's side: a display comes (with an EDID of its own), changes its size, goes. The driver is told. */
void sim_gpu_display(struct sim_device *sim, unsigned int scanout, uint32_t width, uint32_t height);
/* An EDID of one block that is right: name, mode of width x height at 60 Hz, 300 x 200 mm. */
void sim_gpu_edid(uint8_t edid[128], const char *name, uint32_t width, uint32_t height);
void sim_gpu_edid_sum(uint8_t edid[128]);

/* What somebody sees at a place of a screen. */
uint32_t sim_gpu_pixel(const struct sim_gpu *gpu, unsigned int scanout, uint32_t x, uint32_t y);
struct sim_gpu_resource *sim_gpu_resource(struct sim_gpu *gpu, uint32_t id);
unsigned int sim_gpu_resources(const struct sim_gpu *gpu);

#endif /* TEST_SIM_GPU_H */
