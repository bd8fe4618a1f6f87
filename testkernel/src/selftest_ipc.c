/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Self test of IPC, timers, delays and the heap: one line for each subject.
 * Helper threads run on the CPU of the tester, so that priorities decide the
 * order in which things happen on several CPUs, too.
 */

#include <string.h>

#include <rtdevice.h>

#include "kernel.h"
#include "selftest.h"

static int passed;
static int failed;
static const char *subject;
static rt_bool_t subject_failed;

#define CHECK(condition)                                                                  \
    do                                                                                    \
    {                                                                                     \
        if (!(condition))                                                                 \
        {                                                                                 \
            subject_failed = RT_TRUE;                                                     \
            rt_kprintf("  %s: not true in line %d: %s\n", subject, __LINE__, #condition); \
        }                                                                                 \
    } while (0)

static void run(const char *name, void (*test)(void))
{
    subject = name;
    subject_failed = RT_FALSE;
    test();
    rt_kprintf("%s %s\n", subject_failed ? "FAIL" : "PASS", name);
    if (subject_failed)
    {
        failed++;
    }
    else
    {
        passed++;
    }
}

/* ---- helpers ---- */

static char trace[64];

static void note(char mark)
{
    rt_base_t level = rt_hw_interrupt_disable();
    rt_size_t length = strlen(trace);

    if (length + 1 < sizeof(trace))
    {
        trace[length] = mark;
        trace[length + 1] = '\0';
    }
    rt_hw_interrupt_enable(level);
}

static void note_reset(void)
{
    rt_memset(trace, 0, sizeof(trace));
}

static rt_thread_t spawn(const char *name, void (*entry)(void *parameter), rt_ubase_t parameter, rt_uint8_t priority)
{
    rt_thread_t thread = rt_thread_create(name, entry, (void *)parameter, 4096, priority, 5);

    RT_ASSERT(thread != RT_NULL);
    rt_thread_control(thread, RT_THREAD_CTRL_BIND_CPU, (void *)0);
    rt_thread_startup(thread);

    return thread;
}

static rt_uint8_t my_priority(void)
{
    return rt_thread_self()->current_priority;
}

/* ---- semaphore ---- */

static struct rt_semaphore sem;

static void sem_waiter(void *parameter)
{
    rt_err_t result = rt_sem_take(&sem, RT_WAITING_FOREVER);

    note(result == RT_EOK ? (char)(rt_ubase_t)parameter : '!');
}

static void test_sem(void)
{
    rt_tick_t start;
    rt_uint8_t priority = my_priority();

    rt_sem_init(&sem, "t_sem", 2, RT_IPC_FLAG_PRIO);
    CHECK(rt_sem_trytake(&sem) == RT_EOK);
    CHECK(rt_sem_take(&sem, 10) == RT_EOK);
    CHECK(rt_sem_trytake(&sem) == -RT_ETIMEOUT);
    start = rt_tick_get();
    CHECK(rt_sem_take(&sem, 5) == -RT_ETIMEOUT);
    CHECK(rt_tick_get() - start >= 5 && rt_tick_get() - start <= 100);

    note_reset();
    spawn("t_a", sem_waiter, 'a', priority - 1);
    spawn("t_b", sem_waiter, 'b', priority - 3);
    spawn("t_c", sem_waiter, 'c', priority - 2);
    rt_sem_release(&sem);
    rt_sem_release(&sem);
    CHECK(strcmp(trace, "bc") == 0);
    /* Detaching wakes the last waiter, but does not switch to it. */
    rt_sem_detach(&sem);
    rt_schedule();
    CHECK(strcmp(trace, "bc!") == 0);

    note_reset();
    rt_sem_init(&sem, "t_sem", 0, RT_IPC_FLAG_FIFO);
    spawn("t_a", sem_waiter, 'a', priority - 1);
    spawn("t_b", sem_waiter, 'b', priority - 3);
    rt_sem_release(&sem);
    rt_sem_release(&sem);
    CHECK(strcmp(trace, "ab") == 0);
    rt_sem_control(&sem, RT_IPC_CMD_RESET, (void *)3);
    CHECK(sem.value == 3);
    rt_sem_detach(&sem);
}

/* ---- mutex ---- */

static struct rt_mutex mutex_a;
static struct rt_mutex mutex_b;
static struct rt_semaphore go;

static void mutex_middle(void *parameter)
{
    /* Owns b, waits for a. */
    rt_mutex_take(&mutex_b, RT_WAITING_FOREVER);
    rt_mutex_take(&mutex_a, RT_WAITING_FOREVER);
    note('m');
    rt_mutex_release(&mutex_a);
    rt_mutex_release(&mutex_b);
}

static void mutex_high(void *parameter)
{
    rt_err_t result = rt_mutex_take(&mutex_b, (rt_int32_t)(rt_ubase_t)parameter);

    note(result == RT_EOK ? 'h' : 't');
    if (result == RT_EOK)
    {
        rt_mutex_release(&mutex_b);
    }
}

static void mutex_dying(void *parameter)
{
    rt_mutex_take(&mutex_a, RT_WAITING_FOREVER);
}

static void test_mutex(void)
{
    rt_uint8_t priority = my_priority();

    rt_mutex_init(&mutex_a, "t_mtxa", RT_IPC_FLAG_PRIO);
    CHECK(rt_mutex_take(&mutex_a, RT_WAITING_FOREVER) == RT_EOK);
    CHECK(rt_mutex_take(&mutex_a, 0) == RT_EOK);
    CHECK(mutex_a.owner == rt_thread_self() && mutex_a.hold == 2);
    CHECK(rt_mutex_release(&mutex_a) == RT_EOK);
    CHECK(rt_mutex_release(&mutex_a) == RT_EOK);
    CHECK(rt_mutex_release(&mutex_a) == -RT_ERROR);

    /* A thread that ends with the mutex in its hands lets go of it. */
    spawn("t_die", mutex_dying, 0, priority - 1);
    CHECK(rt_mutex_take(&mutex_a, 20) == RT_EOK);
    rt_mutex_release(&mutex_a);
    rt_mutex_detach(&mutex_a);
}

static void test_inheritance(void)
{
    rt_uint8_t priority = my_priority();

    note_reset();
    rt_mutex_init(&mutex_a, "t_mtxa", RT_IPC_FLAG_PRIO);
    rt_mutex_init(&mutex_b, "t_mtxb", RT_IPC_FLAG_PRIO);

    rt_mutex_take(&mutex_a, RT_WAITING_FOREVER);
    spawn("t_mid", mutex_middle, 0, priority - 2);
    CHECK(my_priority() == priority - 2);

    /* Through the chain: high waits for middle, which waits for this one. */
    spawn("t_high", mutex_high, (rt_ubase_t)20, priority - 4);
    CHECK(my_priority() == priority - 4);
    rt_thread_mdelay(400);
    /* It gave up, and its priority is no longer lent. */
    CHECK(strcmp(trace, "t") == 0);
    CHECK(my_priority() == priority - 2);

    spawn("t_high", mutex_high, (rt_ubase_t)1000, priority - 4);
    CHECK(my_priority() == priority - 4);
    rt_mutex_release(&mutex_a);
    CHECK(my_priority() == priority);
    CHECK(strcmp(trace, "tmh") == 0);

    rt_mutex_setprioceiling(&mutex_a, priority - 5);
    rt_mutex_take(&mutex_a, RT_WAITING_FOREVER);
    CHECK(my_priority() == priority - 5);
    rt_mutex_release(&mutex_a);
    CHECK(my_priority() == priority);

    rt_mutex_detach(&mutex_a);
    rt_mutex_detach(&mutex_b);
}

/* ---- event ---- */

static struct rt_event event;
static rt_uint32_t event_got[2];

static void event_and(void *parameter)
{
    if (rt_event_recv(&event, 0x5, RT_EVENT_FLAG_AND | RT_EVENT_FLAG_CLEAR, 100, &event_got[0]) == RT_EOK)
    {
        note('a');
    }
}

static void event_or(void *parameter)
{
    if (rt_event_recv(&event, 0x6, RT_EVENT_FLAG_OR, 100, &event_got[1]) == RT_EOK)
    {
        note('o');
    }
}

static void test_event(void)
{
    rt_uint32_t got = 0;

    note_reset();
    rt_event_init(&event, "t_event", RT_IPC_FLAG_FIFO);
    CHECK(rt_event_recv(&event, 1, RT_EVENT_FLAG_OR, 0, &got) == -RT_ETIMEOUT);
    CHECK(rt_event_recv(&event, 1, RT_EVENT_FLAG_OR, 2, &got) == -RT_ETIMEOUT);
    spawn("t_and", event_and, 0, my_priority() - 1);
    spawn("t_or", event_or, 0, my_priority() - 1);
    rt_event_send(&event, 0x1);
    CHECK(trace[0] == '\0');
    rt_event_send(&event, 0x4);
    CHECK(strcmp(trace, "ao") == 0);
    CHECK(event_got[0] == 0x5 && event_got[1] == 0x4);
    CHECK(event.set == 0);
    rt_event_send(&event, 0x30);
    CHECK(rt_event_recv(&event, 0x10, RT_EVENT_FLAG_AND | RT_EVENT_FLAG_CLEAR, 0, &got) == RT_EOK);
    CHECK(got == 0x10 && event.set == 0x20);
    rt_event_detach(&event);
}

/* ---- mailbox, message queue ---- */

static rt_mailbox_t mb;

static void mb_sender(void *parameter)
{
    rt_ubase_t i;

    for (i = 1; i <= 20; i++)
    {
        if (rt_mb_send_wait(mb, i, RT_WAITING_FOREVER) != RT_EOK)
        {
            note('!');
        }
    }
}

static void test_mailbox(void)
{
    rt_ubase_t value = 0;
    rt_ubase_t i;

    note_reset();
    mb = rt_mb_create("t_mb", 4, RT_IPC_FLAG_FIFO);
    CHECK(rt_mb_recv(mb, &value, 0) == -RT_ETIMEOUT);
    CHECK(rt_mb_recv(mb, &value, 3) == -RT_ETIMEOUT);
    spawn("t_mbs", mb_sender, 0, my_priority() - 1);
    CHECK(mb->entry == 4);
    CHECK(rt_mb_send(mb, 99) == -RT_EFULL);
    for (i = 1; i <= 20; i++)
    {
        CHECK(rt_mb_recv(mb, &value, 10) == RT_EOK && value == i);
    }
    CHECK(mb->entry == 0 && trace[0] == '\0');
    rt_mb_send(mb, 1);
    rt_mb_urgent(mb, 2);
    CHECK(rt_mb_recv(mb, &value, 0) == RT_EOK && value == 2);
    rt_mb_delete(mb);
}

static struct rt_messagequeue mq;
static rt_uint8_t mq_pool[RT_MQ_BUF_SIZE(24, 3)] rt_align(8);

static void mq_sender(void *parameter)
{
    char text[24];
    int i;

    for (i = 0; i < 10; i++)
    {
        rt_snprintf(text, sizeof(text), "message %d", i);
        rt_mq_send_wait(&mq, text, strlen(text) + 1, RT_WAITING_FOREVER);
    }
}

static void test_mqueue(void)
{
    char text[24];
    char want[24];
    int i;

    rt_mq_init(&mq, "t_mq", mq_pool, 24, sizeof(mq_pool), RT_IPC_FLAG_FIFO);
    CHECK(mq.max_msgs == 3);
    CHECK(rt_mq_recv(&mq, text, sizeof(text), 2) == -RT_ETIMEOUT);
    spawn("t_mqs", mq_sender, 0, my_priority() - 1);
    CHECK(rt_mq_send(&mq, "x", 2) == -RT_EFULL);
    for (i = 0; i < 10; i++)
    {
        rt_snprintf(want, sizeof(want), "message %d", i);
        CHECK(rt_mq_recv(&mq, text, sizeof(text), 10) == (rt_ssize_t)strlen(want) + 1);
        CHECK(strcmp(text, want) == 0);
    }
    rt_mq_send(&mq, "one", 4);
    rt_mq_urgent(&mq, "two", 4);
    CHECK(rt_mq_recv(&mq, text, sizeof(text), 0) == 4 && strcmp(text, "two") == 0);
    CHECK(rt_mq_send(&mq, text, 25) == -RT_ERROR);
    rt_mq_detach(&mq);
}

/* ---- completion, wait queue ---- */

static struct rt_completion completion;
static rt_wqueue_t wqueue;

static void completer(void *parameter)
{
    rt_thread_mdelay(20);
    rt_completion_done(&completion);
}

static void wqueue_waker(void *parameter)
{
    rt_thread_mdelay(20);
    rt_wqueue_wakeup(&wqueue, RT_NULL);
}

static void complete_in_tick(void *parameter)
{
    rt_completion_done(&completion);
}

static void test_completion(void)
{
    struct rt_timer timer;

    rt_completion_init(&completion);
    CHECK(rt_completion_wait(&completion, 0) == -RT_ETIMEOUT);
    CHECK(rt_completion_wait(&completion, 2) == -RT_ETIMEOUT);
    rt_completion_done(&completion);
    CHECK(rt_completion_wait(&completion, 0) == RT_EOK);
    CHECK(rt_completion_wait(&completion, 0) == -RT_ETIMEOUT);
    spawn("t_done", completer, 0, my_priority() - 1);
    CHECK(rt_completion_wait(&completion, RT_WAITING_FOREVER) == RT_EOK);

    rt_timer_init(&timer, "t_irq", complete_in_tick, RT_NULL, 2, RT_TIMER_FLAG_ONE_SHOT);
    rt_timer_start(&timer);
    CHECK(rt_completion_wait(&completion, 100) == RT_EOK);
    rt_timer_detach(&timer);

    rt_wqueue_init(&wqueue);
    CHECK(rt_wqueue_wait(&wqueue, 0, 20) == -RT_ETIMEOUT);
    spawn("t_wake", wqueue_waker, 0, my_priority() - 1);
    CHECK(rt_wqueue_wait(&wqueue, 0, 1000) == RT_EOK);
}

/* ---- timers ---- */

static volatile int hard_fired;
static volatile int soft_fired;
static volatile rt_bool_t hard_in_irq;
static volatile rt_bool_t soft_in_irq;

static void hard_timeout(void *parameter)
{
    hard_fired++;
    hard_in_irq = rt_interrupt_get_nest() != 0;
}

static void soft_timeout(void *parameter)
{
    soft_fired++;
    soft_in_irq = rt_interrupt_get_nest() != 0;
    if (soft_fired == 3)
    {
        rt_timer_stop((rt_timer_t)parameter);
    }
}

static void test_timer(void)
{
    struct rt_timer hard;
    rt_timer_t soft;
    rt_tick_t time = 4;
    rt_tick_t start;
    int i;

    hard_fired = 0;
    soft_fired = 0;
    rt_timer_init(&hard, "t_hard", hard_timeout, RT_NULL, 3, RT_TIMER_FLAG_ONE_SHOT);
    rt_timer_start(&hard);
    rt_thread_delay(8);
    CHECK(hard_fired == 1 && hard_in_irq);
    rt_timer_control(&hard, RT_TIMER_CTRL_SET_TIME, &time);
    rt_timer_control(&hard, RT_TIMER_CTRL_SET_PERIODIC, RT_NULL);
    start = rt_tick_get();
    hard_fired = 0;
    rt_timer_start(&hard);
    rt_thread_delay(14);
    rt_timer_stop(&hard);
    /* A busy host may delay this thread, but not the timer. */
    time = (rt_tick_t)hard_fired;
    CHECK(time >= 3 && time <= (rt_tick_get() - start) / 4 + 1);
    rt_thread_delay(6);
    CHECK((rt_tick_t)hard_fired == time);
    rt_timer_detach(&hard);

    soft = rt_timer_create("t_soft", soft_timeout, RT_NULL, 2, RT_TIMER_FLAG_PERIODIC | RT_TIMER_FLAG_SOFT_TIMER);
    soft->parameter = soft;
    rt_timer_start(soft);
    for (i = 0; i < 100 && soft_fired < 3; i++)
    {
        rt_thread_delay(1);
    }
    /* It stopped itself. */
    rt_thread_delay(10);
    CHECK(soft_fired == 3 && !soft_in_irq);
    rt_timer_delete(soft);
}

/* ---- threads ---- */

static void slice_entry(void *parameter)
{
    rt_tick_t end = rt_tick_get() + 500;
    char mark = (char)(rt_ubase_t)parameter;
    rt_size_t length = 0;

    /* Neither gives up the CPU: turns change only by the end of a slice. */
    while (length < 6 && (rt_int32_t)(end - rt_tick_get()) > 0)
    {
        length = strlen(trace);
        if (length == 0 || trace[length - 1] != mark)
        {
            note(mark);
        }
    }
    rt_sem_release(&go);
}

static void test_delay(void)
{
    rt_tick_t tick;
    rt_tick_t start = rt_tick_get();
    rt_uint64_t us = rt_hw_clock_us();

    rt_thread_mdelay(100);
    us = rt_hw_clock_us() - us;
    CHECK(rt_tick_get() - start >= 10 && rt_tick_get() - start <= 200);
    /* The first tick is a part of one. */
    CHECK(us >= 85000 && us <= 5000000);

    tick = rt_tick_get();
    start = tick;
    rt_thread_delay_until(&tick, 5);
    rt_thread_delay_until(&tick, 5);
    /* Exactly 10, unless a busy host held this thread up for a period. */
    CHECK(tick - start >= 10 && rt_tick_get() - start >= 10);
    CHECK(rt_tick_from_millisecond(15) == 2 && rt_tick_from_millisecond(0) == 0);
}

static void test_round_robin(void)
{
    note_reset();
    rt_sem_init(&go, "t_go", 0, RT_IPC_FLAG_FIFO);
    spawn("t_x", slice_entry, 'x', my_priority() + 1);
    spawn("t_y", slice_entry, 'y', my_priority() + 1);
    rt_sem_take(&go, 1000);
    rt_sem_take(&go, 1000);
    CHECK(strlen(trace) >= 6);
    rt_sem_detach(&go);
}

static void suspended_entry(void *parameter)
{
    note('1');
    rt_thread_suspend(rt_thread_self());
    rt_schedule();
    note('2');
}

static void test_thread(void)
{
    rt_thread_t thread;
    rt_base_t level;
    rt_uint8_t priority = my_priority() + 1;

    note_reset();
    thread = spawn("t_susp", suspended_entry, 0, my_priority() - 1);
    CHECK(strcmp(trace, "1") == 0);
    CHECK(rt_thread_find("t_susp") == thread);
    CHECK(rt_thread_resume(thread) == RT_EOK);
    rt_schedule();
    CHECK(strcmp(trace, "12") == 0);

    /* Suspended while it is ready, and killed before it ever ran. */
    note_reset();
    thread = spawn("t_susp", suspended_entry, 0, priority);
    CHECK(rt_thread_suspend(thread) == RT_EOK);
    CHECK(rt_thread_suspend(thread) == -RT_ERROR);
    rt_thread_delay(2);
    CHECK(trace[0] == '\0');
    CHECK(rt_thread_delete(thread) == RT_EOK);

    rt_enter_critical();
    thread = spawn("t_susp", suspended_entry, 0, my_priority() - 1);
    CHECK(trace[0] == '\0' && rt_critical_level() == 1);
    CHECK(!rt_scheduler_is_available());
    rt_exit_critical();
    CHECK(strcmp(trace, "1") == 0 && rt_scheduler_is_available());
    rt_thread_delete(thread);

    level = rt_hw_interrupt_disable();
    CHECK(!rt_scheduler_is_available() && rt_hw_interrupt_is_disabled());
    rt_hw_interrupt_enable(level);
    CHECK(!rt_hw_interrupt_is_disabled());
}

static void test_heap(void)
{
    rt_size_t used;
    rt_size_t used_after;
    void *block[40];
    rt_uint8_t *bytes;
    int i;

    rt_thread_delay(5);
    rt_memory_info(RT_NULL, &used, RT_NULL);
    for (i = 0; i < 40; i++)
    {
        rt_size_t size = (rt_size_t)(i * 37 + 1);

        block[i] = i % 3 == 0 ? rt_malloc_align(size, 64ul << (i % 7)) : rt_malloc(size);
        CHECK(block[i] != RT_NULL);
        CHECK(i % 3 != 0 || ((rt_ubase_t)block[i] & ((64ul << (i % 7)) - 1)) == 0);
        rt_memset(block[i], i, size);
    }
    CHECK(rt_system_heap_check() > 40);
    for (i = 0; i < 40; i += 2)
    {
        i % 3 == 0 ? rt_free_align(block[i]) : rt_free(block[i]);
    }
    for (i = 1; i < 40; i += 2)
    {
        i % 3 == 0 ? rt_free_align(block[i]) : rt_free(block[i]);
    }
    bytes = (rt_uint8_t *)rt_calloc(10, 100);
    CHECK(bytes[0] == 0 && bytes[999] == 0);
    bytes[7] = 7;
    bytes = (rt_uint8_t *)rt_realloc(bytes, 5000);
    CHECK(bytes[7] == 7);
    rt_free(bytes);
    CHECK(rt_calloc((rt_size_t)-1, 16) == RT_NULL);
    rt_system_heap_check();
    rt_memory_info(RT_NULL, &used_after, RT_NULL);
    CHECK(used == used_after);
}

int selftest_ipc(void)
{
    rt_thread_t self = rt_thread_self();

    passed = 0;
    failed = 0;
    rt_thread_control(self, RT_THREAD_CTRL_BIND_CPU, (void *)0);
    run("semaphore", test_sem);
    run("mutex", test_mutex);
    run("priority inheritance", test_inheritance);
    run("event", test_event);
    run("mailbox", test_mailbox);
    run("message queue", test_mqueue);
    run("completion and wait queue", test_completion);
    run("timer", test_timer);
    run("delay", test_delay);
    run("round robin", test_round_robin);
    run("thread", test_thread);
    run("heap", test_heap);
    rt_thread_control(self, RT_THREAD_CTRL_BIND_CPU, (void *)RT_CPU_DETACHED);
    rt_kprintf("ipc: %d passed, %d failed\n", passed, failed);

    return failed ? -1 : 0;
}
