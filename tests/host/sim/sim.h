/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VirtIO device behind simulated MMIO registers, written from the specification.
 *
 * It is strict: what a driver must not do is recorded as a violation (violation.h) by the id of the obligation. It is
 * also strict in what it does itself: it looks at a ring only when it was notified, unless it said that it needs no
 * notifications, and it interrupts only as the suppression rules ask. Every way to misbehave is a knob or a function.
 */
#ifndef TEST_SIM_H
#define TEST_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_QUEUES     8
#define SIM_WORDS      4
#define SIM_CONFIG     256
#define SIM_WINDOW     0x200u
#define SIM_NO_FEATURE 0xff

/* Status bits and reserved features, by the specification's numbers: not the driver's header, which is under test. */
#define SIM_ACKNOWLEDGE       1u
#define SIM_DRIVER            2u
#define SIM_DRIVER_OK         4u
#define SIM_FEATURES_OK       8u
#define SIM_NEEDS_RESET       64u
#define SIM_FAILED            128u

#define SIM_F_NOTIFY_ON_EMPTY 24
#define SIM_F_ANY_LAYOUT      27
#define SIM_F_INDIRECT_DESC   28
#define SIM_F_EVENT_IDX       29
#define SIM_F_BAD_FEATURE     30
#define SIM_F_VERSION_1       32
#define SIM_F_ACCESS_PLATFORM 33
#define SIM_F_RING_PACKED     34
#define SIM_F_IN_ORDER        35
#define SIM_F_ORDER_PLATFORM  36
#define SIM_F_SR_IOV          37
#define SIM_F_NOTIF_DATA      38
#define SIM_F_RING_RESET      40
#define SIM_F_ADMIN_VQ        41

#define SIM_DESC_NEXT         1u
#define SIM_DESC_WRITE        2u
#define SIM_DESC_INDIRECT     4u

/* How many register accesses of interest a test can look at afterwards. */
#define SIM_TRACE 64

struct sim_device;

struct sim_element
{
    uint64_t address;
    uint32_t length;
};

/* A chain as the device found it: first the device-readable elements, then the device-writable ones. */
struct sim_chain
{
    uint16_t head; /* packed: its id */
    uint16_t readable;
    uint16_t writable;
    uint16_t descriptors; /* taken from the table or the ring of the queue */
    bool indirect;
    uint64_t readable_bytes;
    uint64_t writable_bytes;
    struct sim_element *elements;
    uint16_t *owned; /* split: the descriptors; packed: the id */
    uint16_t owned_count;
};

enum sim_mode
{
    SIM_AUTO,   /* everything is finished within the notification */
    SIM_MANUAL, /* chains are taken at the notification and finished by sim_step() */
};

enum sim_order
{
    SIM_FIFO,
    SIM_LIFO,
    SIM_RANDOM,
};

struct sim_queue
{
    /* Registers. */
    uint32_t size_max;
    uint32_t size;
    uint32_t align;
    uint32_t pfn;
    uint32_t ready;
    uint64_t desc, driver, device; /* the areas */
    uint32_t written;              /* which of the registers above */
    bool found_unused;
    bool stop_unread;

    /* The ring from this side. */
    bool live;
    uint16_t used_idx;   /* chains used */
    uint16_t signalled;  /* used_idx when what the next interrupt is for began */
    uint16_t *owner;     /* 1 + head of the chain in flight that has the descriptor or the id, 0 if none */
    uint16_t last_avail; /* split: the next slot to take */
    uint16_t avail_slot; /* packed, and the rest: the next slot to take, and to use; slots taken and used ever */
    uint16_t used_slot;
    bool avail_wrap, used_wrap;
    uint32_t slots_taken, slots_used, signalled_slots;
    struct sim_chain **pending;
    unsigned int pending_first, pending_end;

    /* What happened. */
    uint64_t notifications;
    uint64_t idle_notifications; /* there was nothing new */
    uint64_t interrupts;
    uint64_t chains;
    uint64_t indirect_chains;
    uint16_t longest; /* most elements in a chain */
};

struct sim_field
{
    uint16_t offset;
    uint8_t width;
    uint8_t feature; /* that governs it, or SIM_NO_FEATURE */
    bool writable;
};

struct sim_model
{
    uint32_t id;
    const struct sim_field *fields;
    size_t field_count;
    /* Do what a chain asks; the result is what goes into the used element as length. */
    uint32_t (*execute)(struct sim_device *sim, unsigned int queue, const struct sim_chain *chain);
    /* May refuse by false. */
    bool (*check_features)(struct sim_device *sim);
    void (*check_chain)(struct sim_device *sim, const struct sim_chain *chain);
    void (*config_read)(struct sim_device *sim, unsigned int offset);
    void (*config_written)(struct sim_device *sim, unsigned int offset);
    void (*reset)(struct sim_device *sim);
    /* Optional: is this a config field for any time and any state (emerg_wr)? Whoever has one may read features so. */
    bool (*any_time)(struct sim_device *sim, unsigned int offset);
};

struct sim_device
{
    uintptr_t base;
    bool legacy;
    const struct sim_model *model;
    void *model_data;

    /* What it offers; the test changes it before the driver comes. */
    uint32_t magic, version, id;
    uint32_t offered[SIM_WORDS];
    unsigned int queue_count;
    struct sim_queue queue[SIM_QUEUES];
    uint8_t config[SIM_CONFIG];

    /* Behaviour. */
    enum sim_mode mode;
    enum sim_order order;
    bool polls; /* tells the driver that it needs no notifications, and looks by itself in sim_step() */

    /* Misbehaviour, and ways to be slow. */
    bool gone;                 /* all ones */
    bool reset_stuck;          /* never reads 0 */
    unsigned int reset_polls;  /* reads as before the reset so many times */
    unsigned int refuse_after; /* features are refused from the n-th FEATURES_OK on (1: the first) */
    bool selector_of_one_bit;  /* as in QEMU: word 2 is word 0 again */
    bool no_write_flag;        /* as in QEMU: no used descriptor of a packed ring says WRITE */
    bool queue_stuck;          /* QueueReady or QueuePFN never read 0 */
    uint32_t interrupt_noise;  /* bits that InterruptStatus always has */
    bool generation_moves;     /* at every read */
    bool generation_fixed;     /* never, though the config changed */
    uint32_t initial_status;   /* what a former driver left */
    uint32_t (*feature_read)(struct sim_device *sim, unsigned int word, uint32_t value);
    void (*config_read)(struct sim_device *sim, unsigned int offset); /* called after the value was taken */
    void (*status_written)(struct sim_device *sim, uint32_t value);   /* called after it took effect */
    void (*on_interrupt)(struct sim_device *sim);
    void *test; /* the callbacks' */

    /* Registers. */
    uint32_t status;
    uint32_t device_sel, driver_sel, queue_sel;
    uint32_t driver_features[SIM_WORDS];
    uint32_t page_size;
    uint32_t interrupt_status, interrupt_read;
    uint32_t generation;

    /* What the checks remember. */
    bool was_reset, reset_pending, device_sel_written, driver_sel_written, queue_sel_written;
    bool features_ok_read, features_refused, magic_read, version_read, empty_slot;
    bool in_interrupt, in_ring, notified_again;
    uint32_t polls_left;
    unsigned int features_oks;

    /* What happened. */
    unsigned int resets;
    uint64_t interrupts; /* of queues */
    uint64_t accesses;
    uint32_t status_trace[SIM_TRACE];
    unsigned int status_writes;
};

/* A device of a new kind, offering what every device offers; `sim` is zeroed first. */
void sim_init(struct sim_device *sim, bool legacy, const struct sim_model *model, void *model_data);
/* Frees what it holds. */
void sim_fini(struct sim_device *sim);

void sim_offer(struct sim_device *sim, unsigned int bit);
void sim_withdraw(struct sim_device *sim, unsigned int bit);
bool sim_offers(const struct sim_device *sim, unsigned int bit);
/* Did the driver accept it? */
bool sim_has(const struct sim_device *sim, unsigned int bit);

void sim_config16(struct sim_device *sim, unsigned int offset, uint16_t value);
void sim_config32(struct sim_device *sim, unsigned int offset, uint32_t value);
void sim_config64(struct sim_device *sim, unsigned int offset, uint64_t value);
/* The config changed: new generation, and a configuration change notification if the driver runs. */
void sim_config_changed(struct sim_device *sim);
void sim_needs_reset(struct sim_device *sim);
void sim_interrupt(struct sim_device *sim, uint32_t cause);

/* The ring, sim_ring.c, with sim_split.c and sim_packed.c. */
bool sim_queue_start(struct sim_device *sim, unsigned int index);
void sim_queue_stop(struct sim_device *sim, unsigned int index);
/* Take what is available into the pending list; in SIM_AUTO, finish it. */
void sim_queue_run(struct sim_device *sim, unsigned int index);
/* Look at a ring without having been notified, as a device may. */
void sim_look(struct sim_device *sim, unsigned int index);
unsigned int sim_pending(const struct sim_device *sim, unsigned int index);
const struct sim_chain *sim_pending_chain(const struct sim_device *sim, unsigned int index, unsigned int position);
/* Finish up to `count` chains in the device's order, published together. Returns how many. */
unsigned int sim_step(struct sim_device *sim, unsigned int index, unsigned int count);
/* Finish the chain at one position, by its execution, or only by a length. */
void sim_finish(struct sim_device *sim, unsigned int index, unsigned int position);
void sim_finish_length(struct sim_device *sim, unsigned int index, unsigned int position, uint32_t length);
/* Forget a chain without finishing it. */
void sim_drop(struct sim_device *sim, unsigned int index, unsigned int position);

/* Raw access to the ring for misbehaviour. Index, flags and avail_event are of the split ring; event, slots and marks
 * of the packed one. */
void sim_used_put(struct sim_device *sim, unsigned int index, uint32_t id,
                  uint32_t length); /* with all that belongs to it */
/* Say what cannot be: an index that jumped, or flags that the next slot cannot have. */
void sim_lie(struct sim_device *sim, unsigned int index);
void sim_used_idx(struct sim_device *sim, unsigned int index, uint16_t idx);
void sim_used_flags(struct sim_device *sim, unsigned int index, uint16_t flags);
void sim_avail_event(struct sim_device *sim, unsigned int index, uint16_t value);
void sim_device_event(struct sim_device *sim, unsigned int index, uint16_t position, uint16_t flags);
/* Flags of the slot that is used next, or of one `ahead`; the marks that a used one has now. */
void sim_slot_flags(struct sim_device *sim, unsigned int index, unsigned int ahead, uint16_t flags);
uint16_t sim_used_marks(const struct sim_device *sim, unsigned int index);
uint8_t *sim_ring_memory(struct sim_device *sim, unsigned int index, unsigned int part, size_t *length);

/* Copy between a chain's elements and plain memory; offset in bytes of the readable or the writable part. */
size_t sim_copy_in(const struct sim_chain *chain, uint64_t offset, void *to, size_t length);
size_t sim_copy_out(const struct sim_chain *chain, uint64_t offset, const void *from, size_t length);

#endif /* TEST_SIM_H */
