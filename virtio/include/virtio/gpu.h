/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GPU device (5.7), in 2D: the protocol engine.
 *
 * It knows what is to be seen: resources (images in memory that the device copies from or, as blobs, shows as it is),
 * scanouts (what is shown where), a cursor for each scanout. After a reset all of that is told again, so that the
 * picture comes back by itself.
 *
 * Life of a resource: virtio_gpu_resource_prepare() (thread, no lock) builds the list of its memory;
 * virtio_gpu_resource_create() tells the device of it; then show and update, in any number and order;
 * virtio_gpu_resource_destroy() takes the memory off the device; virtio_gpu_resource_release() (thread, no lock) frees
 * the list, after which the pixels' memory is the caller's again. A drawing goes: write pixels, virtio_gpu_update() of
 * the rectangle they are in.
 *
 * The memory of the pixels is the caller's, and both sides' at any time: from virtio_platform_dma_alloc(), in one piece
 * or in many.
 *
 * Requests are not waited for here. Create, show, update and destroy may be made without waiting for the one before;
 * the device takes them in that order. Each takes a struct virtio_gpu_request of the caller's, which is his again with
 * its `done`, or NULL from who does not care. With a request, `done` means that the device has finished, not only that
 * it has read the command (VIRTIO_GPU_FLAG_FENCE).
 *
 * All calls on one GPU are serialised by the caller (one lock, which interrupts respect), but for those that say "no
 * lock". Commands only go into the rings; the device is told of all of them at once, and notified without the lock:
 *
 *   lock; virtio_gpu_update(...) and others; due = virtio_gpu_due(gpu); unlock; virtio_gpu_notify(gpu, due);
 *
 * virtio_gpu_poll() (interrupt, or whoever waits and cannot sleep) and virtio_gpu_resume() leave something due as well.
 * Callbacks come from those two only, with the caller's lock held: they are short, and call nothing in here.
 *
 * EAGAIN of create, show, update and destroy: the ring is full, the device is being reset, or what was there before the
 * reset is not all back: try again after a poll that returned more than 0, or after a resume.
 *
 * Time limits are the caller's: a request that took too long is marked `expired`, and the device reset (stop, restart,
 * resume), which gives it ETIMEDOUT. What nobody waits for (cursor, display information, what is told again after a
 * reset) has hung if virtio_gpu_busy() is true for long while `answers` stays the same.
 *
 * Nothing here sleeps, locks, or allocates but in start and resource_prepare. A line is logged with the lock held only
 * when something broke that needs a reset.
 */
#ifndef VIRTIO_GPU_H
#define VIRTIO_GPU_H

#include <stdbool.h>
#include <stdint.h>

#include <virtio/device.h>
#include <virtio/queue.h>

/* Feature bits (5.7.3). */
#define VIRTIO_GPU_F_VIRGL          0 /* not accepted */
#define VIRTIO_GPU_F_EDID           1
#define VIRTIO_GPU_F_RESOURCE_UUID  2 /* not accepted */
#define VIRTIO_GPU_F_RESOURCE_BLOB  3
#define VIRTIO_GPU_F_CONTEXT_INIT   4 /* not accepted */
#define VIRTIO_GPU_F_BLOB_ALIGNMENT 5 /* 1.4; not accepted */

/* Commands and responses (5.7.6.7). */
#define VIRTIO_GPU_CMD_GET_DISPLAY_INFO         0x0100u
#define VIRTIO_GPU_CMD_RESOURCE_CREATE_2D       0x0101u
#define VIRTIO_GPU_CMD_RESOURCE_UNREF           0x0102u
#define VIRTIO_GPU_CMD_SET_SCANOUT              0x0103u
#define VIRTIO_GPU_CMD_RESOURCE_FLUSH           0x0104u
#define VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D      0x0105u
#define VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING  0x0106u
#define VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING  0x0107u
#define VIRTIO_GPU_CMD_GET_EDID                 0x010au
#define VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB     0x010cu
#define VIRTIO_GPU_CMD_SET_SCANOUT_BLOB         0x010du
#define VIRTIO_GPU_CMD_UPDATE_CURSOR            0x0300u
#define VIRTIO_GPU_CMD_MOVE_CURSOR              0x0301u

#define VIRTIO_GPU_RESP_OK_NODATA               0x1100u
#define VIRTIO_GPU_RESP_OK_DISPLAY_INFO         0x1101u
#define VIRTIO_GPU_RESP_OK_EDID                 0x1104u
#define VIRTIO_GPU_RESP_ERR_UNSPEC              0x1200u
#define VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY       0x1201u
#define VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID  0x1202u
#define VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID 0x1203u
#define VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID  0x1204u
#define VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER   0x1205u

#define VIRTIO_GPU_FLAG_FENCE                   0x1u
#define VIRTIO_GPU_BLOB_MEM_GUEST               1u

/* Pixel formats: the names are the order of the bytes in memory; all have four (5.7.6.7). */
#define VIRTIO_GPU_FORMAT_B8G8R8A8 1u
#define VIRTIO_GPU_FORMAT_B8G8R8X8 2u
#define VIRTIO_GPU_FORMAT_A8R8G8B8 3u
#define VIRTIO_GPU_FORMAT_X8R8G8B8 4u
#define VIRTIO_GPU_FORMAT_R8G8B8A8 67u
#define VIRTIO_GPU_FORMAT_X8B8G8R8 68u
#define VIRTIO_GPU_FORMAT_A8B8G8R8 121u
#define VIRTIO_GPU_FORMAT_R8G8B8X8 134u

#define VIRTIO_GPU_PIXEL_BYTES     4u
#define VIRTIO_GPU_CURSOR_SIDE     64u    /* a cursor is so wide and so high (5.7.6.6) */
#define VIRTIO_GPU_SCANOUTS_MAX    16u    /* 5.7.4 */
#define VIRTIO_GPU_SIDE_MAX        65535u /* pixels of a resource's side */
#define VIRTIO_GPU_ENTRIES_MAX     16384u /* pieces of memory of one resource; known devices take no more */
#define VIRTIO_GPU_EDID_BLOCK_BYTES 128u
#define VIRTIO_GPU_EDID_BYTES      1024u

/* A display that says it is larger than this in one direction, or empty, is taken to be of the default size (5.7.5). */
#define VIRTIO_GPU_MODE_MAX       16384u
#define VIRTIO_GPU_DEFAULT_WIDTH  1024u
#define VIRTIO_GPU_DEFAULT_HEIGHT 768u

/* How often a request that was in flight when the device broke is tried again, before it fails. */
#define VIRTIO_GPU_REPLAYS_MAX 3

/* Wire formats (5.7.6.7). */
struct virtio_gpu_header
{
    uint32_t type;
    uint32_t flags;
    uint64_t fence_id;
    uint32_t ctx_id;
    uint8_t ring_idx;
    uint8_t padding[3];
};

/* In the API too: in pixels, in the CPU's order. */
struct virtio_gpu_rect
{
    uint32_t x, y, width, height;
};

union virtio_gpu_message
{
    struct virtio_gpu_header header;
    struct
    {
        struct virtio_gpu_header header;
        uint32_t resource_id, format, width, height;
    } create_2d;
    struct
    {
        struct virtio_gpu_header header;
        uint32_t resource_id; /* of GET_EDID: the scanout */
        uint32_t padding;     /* of ATTACH_BACKING: number of entries */
    } resource;               /* UNREF, ATTACH_BACKING, DETACH_BACKING, GET_EDID */
    struct
    {
        struct virtio_gpu_header header;
        struct virtio_gpu_rect rect;
        uint32_t scanout_id, resource_id;
    } set_scanout;
    struct
    {
        struct virtio_gpu_header header;
        struct virtio_gpu_rect rect;
        uint32_t resource_id, padding;
    } flush;
    struct
    {
        struct virtio_gpu_header header;
        struct virtio_gpu_rect rect;
        uint64_t offset;
        uint32_t resource_id, padding;
    } transfer;
    struct
    {
        struct virtio_gpu_header header;
        uint32_t resource_id, blob_mem, blob_flags, entries;
        uint64_t blob_id, size;
    } create_blob;
    struct
    {
        struct virtio_gpu_header header;
        struct virtio_gpu_rect rect;
        uint32_t scanout_id, resource_id, width, height, format, padding, strides[4], offsets[4];
    } set_scanout_blob;
    struct
    {
        struct virtio_gpu_header header;
        uint32_t scanout_id, x, y, pos_padding, resource_id, hot_x, hot_y, padding;
    } cursor;
};

struct virtio_gpu_entry
{
    uint64_t address;
    uint32_t length;
    uint32_t padding;
};

struct virtio_gpu_display_info
{
    struct virtio_gpu_header header;
    struct
    {
        struct virtio_gpu_rect rect;
        uint32_t enabled;
        uint32_t flags;
    } modes[VIRTIO_GPU_SCANOUTS_MAX];
};

struct virtio_gpu_edid_answer
{
    struct virtio_gpu_header header;
    uint32_t size;
    uint32_t padding;
    uint8_t data[VIRTIO_GPU_EDID_BYTES];
};

/* What an EDID says of a display; all 0 and "" if there is none that is valid. */
struct virtio_gpu_edid
{
    bool valid;
    char manufacturer[4];         /* three letters */
    char name[14];                /* printable ASCII; "" if it has none */
    uint16_t product;             /* the manufacturer's numbers */
    uint32_t serial;              /* 0 if it has none */
    uint16_t width, height;       /* the preferred mode, in pixels; 0 if it has none */
    uint16_t refresh;             /* of that, in Hz */
    uint16_t width_mm, height_mm; /* of the visible area; 0 if unknown */
    uint8_t block[VIRTIO_GPU_EDID_BLOCK_BYTES]; /* all that was parsed: as the device gave it */
};

struct virtio_gpu;
struct virtio_gpu_job;
struct virtio_gpu_resource;

struct virtio_gpu_request
{
    /* Filled in by the caller. */
    void (*done)(struct virtio_gpu_request *request); /* from poll or resume, the caller's lock held: be short */
    void *context;                                    /* the caller's */

    /* The caller's to set at any time while it is in flight: the next resume fails it with ETIMEDOUT. */
    bool expired;

    /* The engine's. */
    int result; /* valid once `done` was called: 0 or a negative error */
    uint8_t replays;
    struct virtio_gpu_resource *resource;
    struct virtio_gpu_request *next; /* among those that a reset interrupted */
};

enum virtio_gpu_resource_state
{
    VIRTIO_GPU_IDLE,   /* the device does not know it */
    VIRTIO_GPU_LIVE,   /* created, or about to be */
    VIRTIO_GPU_FAILED, /* the device did not create it; to be destroyed */
    VIRTIO_GPU_DYING,  /* being destroyed */
};

struct virtio_gpu_resource
{
    /* Filled in by the caller, zeroed before, for virtio_gpu_resource_prepare(). */
    uint32_t format; /* VIRTIO_GPU_FORMAT_... */
    uint32_t width, height;
    bool blob;       /* the device shows the memory itself; needs RESOURCE_BLOB, and pieces of whole pages */
    uint32_t stride; /* of a blob: bytes from one line to the next, 0 for no gap; else there is none */
    const struct virtio_sg *backing; /* the memory, from the first line on; not looked at after prepare */
    uint32_t backing_count;
    void *context; /* the caller's */

    /* The engine's. */
    enum virtio_gpu_resource_state state;
    uint32_t id;      /* 0: never had one */
    int error;        /* of what was told again after a reset */
    uint16_t jobs;    /* requests in flight that are about it */
    bool known;       /* the device may have it */
    bool left_behind; /* the device did not confirm the reset that should have taken it away */
    bool owes_create;
    bool owes_update;
    uint64_t bytes; /* of the backing */
    uint8_t *table; /* message and entries, for the device to read; shared memory */
    virtio_dma_addr_t table_address;
    uint32_t entries;
    struct virtio_gpu_resource *next;
};

struct virtio_gpu_cursor
{
    struct virtio_gpu_resource *resource; /* NULL: hidden */
    uint32_t hot_x, hot_y;
    int32_t x, y;

    /* What the device has, and what is to be said. */
    struct virtio_gpu_resource *told, *telling;
    bool busy;     /* a command is with the device */
    bool awaiting; /* so is the image */
    bool owes_image;
    bool owes_update;
    bool owes_move;
};

struct virtio_gpu_scanout
{
    /* From the display information. */
    bool enabled;
    bool guessed; /* the device said no sensible size */
    uint32_t x, y;
    uint32_t width, height;
    struct virtio_gpu_edid edid;

    /* What is shown; NULL: nothing. */
    struct virtio_gpu_resource *resource;
    struct virtio_gpu_rect rect;

    struct virtio_gpu_cursor cursor;

    /* The engine's. */
    struct virtio_gpu_job *latest; /* the last of those in flight that change it */
    bool owes_show;
};

enum virtio_gpu_event
{
    VIRTIO_GPU_APPEARED,  /* the display of a scanout is there: enabled, width, height; told again what it shows */
    VIRTIO_GPU_RESIZED,   /* width, height; what is shown stays until virtio_gpu_show() */
    VIRTIO_GPU_VANISHED,  /* it is not there any more */
    VIRTIO_GPU_DESCRIBED, /* edid has come, or changed */
};

struct virtio_gpu_callbacks
{
    void (*display)(void *context, uint16_t scanout, enum virtio_gpu_event event);
    /*
     * Something went wrong that no request reports: what nobody waited for, what was told again after a reset, the
     * image of a cursor. `resource` is FAILED if it was its creation, NULL if it was about none.
     */
    void (*failed)(void *context, struct virtio_gpu_resource *resource, int error);
};

/* What the device reads and writes for one command. Shared memory. */
struct virtio_gpu_slot
{
    union virtio_gpu_message request;
    struct virtio_gpu_header response;
    uint8_t padding[8]; /* to 128 bytes: a slot shares a cache line with no other */
};

/* What the driver knows of a command in flight. The device never sees it. */
struct virtio_gpu_command
{
    struct virtio_gpu_header *request;
    const struct virtio_gpu_header *response;
    struct virtio_sg sg[2]; /* request, response */
    uint32_t type;
    bool fenced;
    uint64_t fence;
    uint16_t scanout;
    struct virtio_gpu_job *job;
};

struct virtio_gpu_queue
{
    struct virtio_queue ring;
    struct virtio_gpu_slot *slots; /* as many as descriptors */
    virtio_dma_addr_t slots_address;
    struct virtio_gpu_command *commands; /* one a slot */
    uint16_t *free_slots;                /* a stack */
    uint16_t free_slot_count;
};

enum virtio_gpu_job_kind
{
    VIRTIO_GPU_JOB_NONE,
    VIRTIO_GPU_JOB_CREATE,
    VIRTIO_GPU_JOB_DESTROY,
    VIRTIO_GPU_JOB_SHOW,
    VIRTIO_GPU_JOB_UPDATE,
    VIRTIO_GPU_JOB_IMAGE,
};

/* One or two commands that belong together. */
struct virtio_gpu_job
{
    enum virtio_gpu_job_kind kind;
    uint8_t waiting; /* answers to come */
    bool replay;     /* of what was there before a reset */
    bool confirmed;  /* create, destroy: the device said that it does not have the memory */
    uint16_t scanout;
    int result;
    struct virtio_gpu_resource *resource;
    struct virtio_gpu_request *request;
    struct virtio_gpu_job *next; /* free */
};

struct virtio_gpu
{
    struct virtio_device *dev;
    const struct virtio_gpu_callbacks *callbacks;
    void *context;
    uint16_t scanout_count;
    struct virtio_gpu_scanout scanouts[VIRTIO_GPU_SCANOUTS_MAX];
    int info_result;  /* of the last display information: EAGAIN before the first */
    uint64_t answers; /* that the device has given */

    /* The engine's. */
    bool stopped;   /* the rings are not touched */
    bool broken;    /* the device kept what it was to give back: needs a reset */
    bool replaying; /* what was there before a reset is being told again */
    uint16_t replay_jobs;
    uint16_t control_size, cursor_size; /* as asked for */
    struct virtio_gpu_queue control, cursor;
    struct virtio_gpu_job *jobs; /* as many as slots of control */
    struct virtio_gpu_job *free_jobs;
    struct virtio_gpu_resource *resources;
    uint32_t last_id;
    uint64_t last_fence;
    struct virtio_gpu_request *held; /* that a reset interrupted, until all is back */
    void *info; /* the answer to the one question about displays that there is at a time; shared memory */
    virtio_dma_addr_t info_address;
    bool info_busy;
    bool asked;           /* display information is wanted */
    uint32_t edid_wanted; /* a bit a scanout */
};

/* The allow-list, for those who print feature names. */
extern const struct virtio_feature virtio_gpu_features[];

/*
 * Parse an EDID of `size` bytes in ordinary memory, of which only the first 128 are looked at (and need to be there).
 * EPROTO, and `edid` all zero, if it is not whole and right. Any context.
 */
int virtio_gpu_edid_parse(const uint8_t *data, uint32_t size, struct virtio_gpu_edid *edid);

/*
 * Start the device for the first time, with rings of up to so many descriptors, and ask for its displays. `gpu` is
 * zeroed by the caller. No callback comes from here; send what is due. On failure everything is given back, unless the
 * device did not confirm its reset: then its memory is left to it for good. Errors: those of virtio_device_start(),
 * ENOMEM, EPROTO (no scanout, or a queue too small). No lock.
 */
int virtio_gpu_start(struct virtio_gpu *gpu, struct virtio_device *dev, const struct virtio_gpu_callbacks *callbacks,
                     void *context, uint16_t control_size, uint16_t cursor_size);

/*
 * Reset the device and give everything back; resources are IDLE then, and to be released. Requests in flight must have
 * been taken out before (stop, restart, resume). No lock.
 */
void virtio_gpu_destroy(struct virtio_gpu *gpu);

/* Let the device see all commands. Returns what virtio_gpu_notify() is to send. Any context. */
unsigned int virtio_gpu_due(struct virtio_gpu *gpu);

/* Send notifications. No lock. Any context. */
void virtio_gpu_notify(struct virtio_gpu *gpu, unsigned int due);

/*
 * Take everything that the device finished, with notifications off meanwhile and on again afterwards, calling `done`
 * and the callbacks; go on with what is to be said. Returns how many answers; EPROTO: the device needs a reset. Any
 * context.
 */
int virtio_gpu_poll(struct virtio_gpu *gpu);

/* True while there is something that the device has not answered or not been told; for a time limit. Any context. */
bool virtio_gpu_busy(const struct virtio_gpu *gpu);

/*
 * Check a resource and build the list of its memory. After success virtio_gpu_resource_release() is owed. Thread, no
 * lock. EINVAL: prepared already; a side of 0 or beyond VIRTIO_GPU_SIDE_MAX, an unknown format, a stride that is less
 * than a line or no multiple of 4, memory that is too small, or a piece of no length; EMSGSIZE: more than
 * VIRTIO_GPU_ENTRIES_MAX pieces; ENOTSUP: the device does not have blobs; ENOMEM.
 */
int virtio_gpu_resource_prepare(struct virtio_gpu *gpu, struct virtio_gpu_resource *resource);

/*
 * Give the device a resource, which must stay where it is from here on. Whatever becomes of it,
 * virtio_gpu_resource_destroy() is owed after success (of this call; also when the request fails). Any context. EINVAL:
 * not prepared, or created already. EAGAIN. EPROTO.
 */
int virtio_gpu_resource_create(struct virtio_gpu *gpu, struct virtio_gpu_resource *resource,
                               struct virtio_gpu_request *request);

/*
 * Take a resource off the device. 0: the request, which there has to be, will be done, with 0; not before is the memory
 * off the device. 1: that is so already, and the request is not used. A device that does not confirm it breaks, and the
 * reset does. Any context. EINVAL: not created, or shown, or a cursor; EAGAIN also if something about it is in flight.
 * EPROTO.
 */
int virtio_gpu_resource_destroy(struct virtio_gpu *gpu, struct virtio_gpu_resource *resource,
                                struct virtio_gpu_request *request);

/*
 * Free the list of a resource that was destroyed or never created. Thread, no lock. EAGAIN: it was not destroyed.
 * ETIMEDOUT: the device did not confirm its reset, so the memory of the pixels may not be freed either.
 */
int virtio_gpu_resource_release(struct virtio_gpu_resource *resource);

/*
 * Show a rectangle of a resource (NULL: all of it) on a scanout, or with `resource` NULL, nothing. It counts from the
 * call on; if the device refuses, nothing is shown. Any context. EINVAL: no such scanout, not within the resource, or
 * not created; EIO: the resource FAILED. EAGAIN. EPROTO.
 */
int virtio_gpu_show(struct virtio_gpu *gpu, uint16_t scanout, struct virtio_gpu_resource *resource,
                    const struct virtio_gpu_rect *rect, struct virtio_gpu_request *request);

/*
 * Make what was drawn in a rectangle of a resource (NULL: all of it) visible wherever the resource is shown. Pixels
 * that are written meanwhile may be seen or not. 1: it is a blob, and nothing of that is shown: there is nothing to
 * tell, and the request is not used. Any context. Errors as virtio_gpu_show().
 */
int virtio_gpu_update(struct virtio_gpu *gpu, struct virtio_gpu_resource *resource, const struct virtio_gpu_rect *rect,
                      struct virtio_gpu_request *request);

/*
 * The cursor of a scanout: an image (a resource of VIRTIO_GPU_CURSOR_SIDE squared that is no blob, as its memory is
 * now; call again when it has changed), of which the hot spot is at the cursor's position; NULL hides it. These are
 * noted, and said as soon as the device listens; of several positions, the last. If the device refuses, it is hidden.
 * They work while stopped. Any context. EINVAL: no such scanout, the wrong size, not created, the hot spot outside.
 * EIO: the resource FAILED.
 */
int virtio_gpu_cursor_set(struct virtio_gpu *gpu, uint16_t scanout, struct virtio_gpu_resource *resource,
                          uint32_t hot_x, uint32_t hot_y);
int virtio_gpu_cursor_move(struct virtio_gpu *gpu, uint16_t scanout, int32_t x, int32_t y);

/*
 * After a config change notification: what is it about? True: the displays have changed, so virtio_gpu_query() is to be
 * called. Acknowledges that to the device. Thread, no lock, not during a restart.
 */
bool virtio_gpu_refresh(struct virtio_gpu *gpu);

/* Ask for the displays; what changed comes by the callback. Any number of times. Any context. */
void virtio_gpu_query(struct virtio_gpu *gpu);

/*
 * Recovery, for a device that broke the protocol, asked for a reset, or does not answer: stop (under the lock), restart
 * (no lock: nobody touches stopped queues), resume (under the lock).
 */
void virtio_gpu_stop(struct virtio_gpu *gpu);

/* Reset, and start again with the same features and queues; stopped. Errors as virtio_gpu_start(). */
int virtio_gpu_restart(struct virtio_gpu *gpu);

/*
 * End the stop. `error` is what virtio_gpu_restart() returned. With 0, everything is told again: resources with all
 * that is in their memory now, what is shown, cursors; and the displays are asked for. Requests that were in flight are
 * done when that is through, with its result; but those that expired (ETIMEDOUT), and those that, if `blame` says that
 * the device broke, were in flight too often when it did (EIO), at once; destroyed resources are so now. With an error,
 * requests get it, resources are IDLE (to be released), and the queues stay stopped.
 */
void virtio_gpu_resume(struct virtio_gpu *gpu, int error, bool blame);

#endif /* VIRTIO_GPU_H */
