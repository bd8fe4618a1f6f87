/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The shell: line editing, history, completion, and running commands.
 */

#include <string.h>

#include <finsh.h>

#include "kernel.h"

#define PROMPT       "msh >"

#define CTRL(letter) ((letter) - '@')
#define KEY_ESC      0x1b
#define KEY_DEL      0x7f

struct shell
{
    rt_device_t device;
    struct rt_semaphore rx;
    char line[FINSH_CMD_SIZE];
    int length;
    int cursor;
    char history[FINSH_HISTORY_LINES][FINSH_CMD_SIZE];
    int history_count;
    int history_pos; /* history_count: the line being typed */
};

static struct shell shell;
static struct rt_thread shell_thread;
static rt_uint8_t shell_stack[FINSH_THREAD_STACK_SIZE] rt_align(16);

/* ---- the device ---- */

static rt_err_t shell_rx_indicate(rt_device_t dev, rt_size_t size)
{
    RT_UNUSED(dev);
    RT_UNUSED(size);
    rt_sem_release(&shell.rx);

    return RT_EOK;
}

void finsh_set_device(const char *device_name)
{
    rt_device_t dev = rt_device_find(device_name);

    if (dev == RT_NULL || dev == shell.device)
    {
        return;
    }
    if (rt_device_open(dev, RT_DEVICE_OFLAG_RDWR | RT_DEVICE_FLAG_INT_RX | RT_DEVICE_FLAG_STREAM) != RT_EOK)
    {
        return;
    }
    if (shell.device != RT_NULL)
    {
        rt_device_set_rx_indicate(shell.device, RT_NULL);
        rt_device_close(shell.device);
    }
    rt_memset(shell.line, 0, sizeof(shell.line));
    shell.length = 0;
    shell.cursor = 0;
    shell.device = dev;
    rt_device_set_rx_indicate(dev, shell_rx_indicate);
    /* What came in before the indication was set waits to be read. */
    rt_sem_release(&shell.rx);
}

const char *finsh_get_device(void)
{
    return shell.device != RT_NULL ? shell.device->parent.name : RT_NULL;
}

static char read_char(void)
{
    char c = 0;

    while (shell.device == RT_NULL || rt_device_read(shell.device, -1, &c, 1) != 1)
    {
        rt_sem_take(&shell.rx, RT_WAITING_FOREVER);
    }

    return c;
}

/* ---- commands ---- */

static const struct finsh_syscall *find_command(const char *name)
{
    const struct finsh_syscall *entry;

    for (entry = __fsymtab_start; entry < __fsymtab_end; entry++)
    {
        if (strcmp(entry->name, name) == 0)
        {
            return entry;
        }
    }

    return RT_NULL;
}

/*
 * Cuts the line into words in place. Text between double quotes is one word
 * or part of one; a backslash takes the next character as it is.
 */
static int split_line(char *line, char **argv)
{
    char *out = line;
    int argc = 0;

    while (*line != '\0')
    {
        rt_bool_t quoted = RT_FALSE;

        while (*line == ' ' || *line == '\t')
        {
            line++;
        }
        if (*line == '\0')
        {
            break;
        }
        if (argc == FINSH_ARG_MAX)
        {
            return -1;
        }

        argv[argc++] = out;
        while (*line != '\0' && (quoted || (*line != ' ' && *line != '\t')))
        {
            if (*line == '"')
            {
                quoted = !quoted;
                line++;
                continue;
            }
            if (*line == '\\' && line[1] != '\0')
            {
                line++;
            }
            *out++ = *line++;
        }
        if (*line != '\0')
        {
            line++;
        }
        *out++ = '\0';
    }

    return argc;
}

int msh_exec(char *cmd, rt_size_t length)
{
    char *argv[FINSH_ARG_MAX + 1];
    const struct finsh_syscall *entry;
    int argc;

    RT_UNUSED(length);

    argc = split_line(cmd, argv);
    if (argc == 0)
    {
        return 0;
    }
    if (argc < 0)
    {
        rt_kprintf("Too many arguments: at most %d.\n", FINSH_ARG_MAX);
        return -1;
    }
    argv[argc] = RT_NULL;

    entry = find_command(argv[0]);
    if (entry == RT_NULL)
    {
        rt_kprintf("%s: command not found.\n", argv[0]);
        return -1;
    }

    return entry->func(argc, argv);
}

/* ---- the line on the screen ---- */

static void move_left(int columns)
{
    while (columns-- > 0)
    {
        rt_kputs("\b");
    }
}

/* Rewrites from the cursor on and wipes what was there before. */
static void redraw_tail(int wipe)
{
    int i;

    rt_kputs(&shell.line[shell.cursor]);
    for (i = 0; i < wipe; i++)
    {
        rt_kputs(" ");
    }
    move_left(shell.length - shell.cursor + wipe);
}

static void cursor_home(void)
{
    move_left(shell.cursor);
    shell.cursor = 0;
}

static void cursor_end(void)
{
    rt_kputs(&shell.line[shell.cursor]);
    shell.cursor = shell.length;
}

static void cursor_right(void)
{
    if (shell.cursor < shell.length)
    {
        char text[2] = {shell.line[shell.cursor], '\0'};

        rt_kputs(text);
        shell.cursor++;
    }
}

static void cursor_left(void)
{
    if (shell.cursor > 0)
    {
        rt_kputs("\b");
        shell.cursor--;
    }
}

static void insert_text(const char *text, int count)
{
    if (shell.length + count >= FINSH_CMD_SIZE)
    {
        return;
    }
    memmove(&shell.line[shell.cursor + count], &shell.line[shell.cursor], (rt_size_t)(shell.length - shell.cursor + 1));
    memcpy(&shell.line[shell.cursor], text, (rt_size_t)count);
    shell.length += count;
    rt_kputs(&shell.line[shell.cursor]);
    shell.cursor += count;
    move_left(shell.length - shell.cursor);
}

/* Removes characters at the cursor. */
static void erase_here(int count)
{
    memmove(&shell.line[shell.cursor], &shell.line[shell.cursor + count],
            (rt_size_t)(shell.length - shell.cursor - count + 1));
    shell.length -= count;
    redraw_tail(count);
}

static void erase_back(int count)
{
    move_left(count);
    shell.cursor -= count;
    erase_here(count);
}

static void erase_word(void)
{
    int start = shell.cursor;

    while (start > 0 && shell.line[start - 1] == ' ')
    {
        start--;
    }
    while (start > 0 && shell.line[start - 1] != ' ')
    {
        start--;
    }
    erase_back(shell.cursor - start);
}

static void replace_line(const char *text)
{
    int old = shell.length;

    cursor_home();
    rt_strncpy(shell.line, text, FINSH_CMD_SIZE - 1);
    shell.length = (int)strlen(shell.line);
    redraw_tail(RT_MAX(old - shell.length, 0));
    cursor_end();
}

static void show_prompt(void)
{
    rt_kputs(PROMPT);
    rt_kputs(shell.line);
    move_left(shell.length - shell.cursor);
}

/* ---- history ---- */

static void history_add(void)
{
    int count = shell.history_count;

    if (count > 0 && strcmp(shell.history[count - 1], shell.line) == 0)
    {
        return;
    }
    if (count == FINSH_HISTORY_LINES)
    {
        memmove(shell.history[0], shell.history[1], sizeof(shell.history) - sizeof(shell.history[0]));
        count--;
    }
    memcpy(shell.history[count], shell.line, FINSH_CMD_SIZE);
    shell.history_count = count + 1;
}

static void history_move(int step)
{
    int pos = shell.history_pos + step;

    if (pos < 0 || pos > shell.history_count)
    {
        return;
    }
    shell.history_pos = pos;
    replace_line(pos == shell.history_count ? "" : shell.history[pos]);
}

/* ---- completion ---- */

/* Completes the first word as far as all fitting commands agree. */
static void complete(void)
{
    const struct finsh_syscall *entry;
    const struct finsh_syscall *first = RT_NULL;
    rt_size_t have = (rt_size_t)shell.cursor;
    rt_size_t common = 0;
    int matches = 0;

    if (memchr(shell.line, ' ', have) != RT_NULL)
    {
        return;
    }
    for (entry = __fsymtab_start; entry < __fsymtab_end; entry++)
    {
        if (strncmp(entry->name, shell.line, have) != 0)
        {
            continue;
        }
        if (matches++ == 0)
        {
            first = entry;
            common = strlen(entry->name);
        }
        else
        {
            rt_size_t i = have;

            while (i < common && first->name[i] == entry->name[i])
            {
                i++;
            }
            common = i;
        }
    }

    if (matches == 0)
    {
        return;
    }
    if (common > have)
    {
        insert_text(&first->name[have], (int)(common - have));
    }
    if (matches == 1)
    {
        if (shell.cursor == shell.length)
        {
            insert_text(" ", 1);
        }
    }
    else if (common == have)
    {
        rt_kputs("\n");
        for (entry = __fsymtab_start; entry < __fsymtab_end; entry++)
        {
            if (strncmp(entry->name, shell.line, have) == 0)
            {
                rt_kprintf("%s\n", entry->name);
            }
        }
        show_prompt();
    }
}

/* ---- keys ---- */

static void clear_line(void)
{
    rt_memset(shell.line, 0, sizeof(shell.line));
    shell.length = 0;
    shell.cursor = 0;
    shell.history_pos = shell.history_count;
}

static void run_line(void)
{
    rt_kputs("\n");
    if (shell.length > 0)
    {
        history_add();
        msh_exec(shell.line, (rt_size_t)shell.length);
    }
    clear_line();
    show_prompt();
}

/* ESC [ letter, ESC O letter and ESC [ number ~ as terminals send them. */
static void escape_sequence(void)
{
    int number = 0;
    char c = read_char();

    if (c != '[' && c != 'O')
    {
        return;
    }
    c = read_char();
    while ((c >= '0' && c <= '9') || c == ';')
    {
        number = c == ';' ? 0 : number * 10 + (c - '0');
        c = read_char();
    }

    switch (c)
    {
    case 'A':
        history_move(-1);
        break;

    case 'B':
        history_move(1);
        break;

    case 'C':
        cursor_right();
        break;

    case 'D':
        cursor_left();
        break;

    case 'H':
        cursor_home();
        break;

    case 'F':
        cursor_end();
        break;

    case '~':
        if (number == 1 || number == 7)
        {
            cursor_home();
        }
        else if (number == 4 || number == 8)
        {
            cursor_end();
        }
        else if (number == 3 && shell.cursor < shell.length)
        {
            erase_here(1);
        }
        break;

    default:
        break;
    }
}

static void handle_key(char c)
{
    switch (c)
    {
    case CTRL('A'):
        cursor_home();
        break;

    case CTRL('B'):
        cursor_left();
        break;

    case CTRL('C'):
        rt_kputs("^C\n");
        clear_line();
        show_prompt();
        break;

    case CTRL('D'):
        if (shell.cursor < shell.length)
        {
            erase_here(1);
        }
        break;

    case CTRL('E'):
        cursor_end();
        break;

    case CTRL('F'):
        cursor_right();
        break;

    case CTRL('K'):
        erase_here(shell.length - shell.cursor);
        break;

    case CTRL('L'):
        rt_kputs("\033[2J\033[H");
        show_prompt();
        break;

    case CTRL('N'):
        history_move(1);
        break;

    case CTRL('P'):
        history_move(-1);
        break;

    case CTRL('U'):
        erase_back(shell.cursor);
        break;

    case CTRL('W'):
        erase_word();
        break;

    case '\b':
    case KEY_DEL:
        if (shell.cursor > 0)
        {
            erase_back(1);
        }
        break;

    case '\t':
        complete();
        break;

    case KEY_ESC:
        escape_sequence();
        break;

    default:
        if ((unsigned char)c >= ' ')
        {
            insert_text(&c, 1);
        }
        break;
    }
}

static void shell_entry(void *parameter)
{
    char before = 0;

    RT_UNUSED(parameter);
    show_prompt();
    for (;;)
    {
        char c = read_char();

        if (c == '\r' || c == '\n')
        {
            /* CR LF is one line end, not two. */
            if (c == '\r' || before != '\r')
            {
                run_line();
            }
        }
        else
        {
            handle_key(c);
        }
        before = c;
    }
}

int finsh_system_init(void)
{
    rt_device_t console = rt_console_get_device();

    rt_sem_init(&shell.rx, "shrx", 0, RT_IPC_FLAG_FIFO);
    finsh_set_device(console != RT_NULL ? console->parent.name : RT_CONSOLE_DEVICE_NAME);
    rt_thread_init(&shell_thread, FINSH_THREAD_NAME, shell_entry, RT_NULL, shell_stack, sizeof(shell_stack),
                   FINSH_THREAD_PRIORITY, 10);
    rt_thread_startup(&shell_thread);

    return 0;
}
INIT_APP_EXPORT(finsh_system_init);
