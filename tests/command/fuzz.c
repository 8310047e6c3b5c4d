/* Calls the command with random arguments: fuzz PROGRAM SECONDS [SEED]. Each call has to end within 10 seconds with status 0, 1
 * or 2. Run it in an empty folder: the command may write files. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_ARGUMENTS = 9, LONGEST = 256, SLOW = 10 };

static uint64_t state;

static unsigned below(unsigned n) /* xorshift64*, G. Marsaglia 2003, S. Vigna 2014 */
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (unsigned)((state * UINT64_C(2685821657736338717)) >> 33) % n;
}

static const char *const commands[] = {"eval", "explain", "check", "train", "graph", "ops", "help"};

static const char *const words[] = {"-e",
                                    "--expression",
                                    "--of",
                                    "--wrt",
                                    "-w",
                                    "--all",
                                    "-a",
                                    "--hessian",
                                    "--jvp",
                                    "--latex",
                                    "--markdown",
                                    "--paths",
                                    "--lib",
                                    "--fn",
                                    "--at",
                                    "--second",
                                    "--tolerance",
                                    "--rate",
                                    "-r",
                                    "--update",
                                    "--steps",
                                    "-n",
                                    "--optimizer",
                                    "-O",
                                    "--momentum",
                                    "--svg",
                                    "--quiet",
                                    "-q",
                                    "--output",
                                    "-o",
                                    "--format",
                                    "--digits",
                                    "-d",
                                    "--hex",
                                    "-x",
                                    "--names",
                                    "--ascii",
                                    "--json",
                                    "-j",
                                    "--help",
                                    "--",
                                    "-",
                                    "x=1",
                                    "y=2",
                                    "x=[1,2]",
                                    "x=[[1,2],[3,4]]",
                                    "x=nan",
                                    "x=1e308",
                                    "x=",
                                    "=1",
                                    "w=0",
                                    "x=pi/2",
                                    "W=[1",
                                    "x=1,w=[1,0]",
                                    "x,y",
                                    "E",
                                    "y",
                                    "model.tad",
                                    "none.tad",
                                    ".",
                                    "/dev/full",
                                    "/dev/null",
                                    "",
                                    "o.dot",
                                    "o.svg",
                                    "o.html",
                                    "o.mmd",
                                    "o.txt",
                                    "3",
                                    "0",
                                    "-1",
                                    "17",
                                    "1e9",
                                    "nan",
                                    "inf",
                                    "0x10",
                                    "adam",
                                    "sgd",
                                    "momentum",
                                    "svg",
                                    "html",
                                    "1.2,1.0",
                                    "1,,2",
                                    "tanh",
                                    "pow",
                                    "softmax",
                                    "language",
                                    "man",
                                    "bash",
                                    "x^2",
                                    "x*y+sin(x)",
                                    "log(x)",
                                    "sum(x)",
                                    "x@x",
                                    "[x,x^2]",
                                    "x/0",
                                    "sqrt(-x)",
                                    "relu(x)",
                                    "softmax(x)",
                                    "x[0]",
                                    "x?1:2",
                                    "((((x",
                                    "x x",
                                    "\xff\xfe",
                                    "--rate=0.1",
                                    "--steps=3",
                                    "--json=1",
                                    "--opt",
                                    "-qj",
                                    "-z"};

static const char *const texts[] = {
    "input x = [0.5, -1]\nparam w = [1, 2], b = 0.1\nconst t = 1\ny = tanh(dot(w, x) + b)\noutput E = (t - y)^2 / 2\n",
    "param w = 3\noutput L = w^2",
    "input a = 1, b = 2; output c = a * b; output d = [a, b]",
    "param W = normal([3, 2], 1)\nE = sum(W^2)",
    "output y = x",
    "",
    "# nothing",
    "param w = 1\nL = log(w) / (w - 1)"};

#define COUNT(list) (unsigned)(sizeof(list) / sizeof *(list))

/* Some characters removed, doubled or replaced. */
static void mutate(char *text, size_t size)
{
    for (unsigned changes = below(3); changes > 0; changes--) {
        size_t length = strlen(text), place = length ? below((unsigned)length) : 0;
        switch (below(3)) {
        case 0:
            memmove(text + place, text + place + (length > 0), length - place + (length == 0));
            break;
        case 1:
            if (length + 2 < size && length > 0)
                memmove(text + place + 1, text + place, length - place + 1);
            break;
        default:
            if (length > 0)
                text[place] = (char)(1 + below(255));
        }
    }
}

static void write_model(void)
{
    char  text[1024];
    FILE *file = fopen("model.tad", "wb");
    snprintf(text, sizeof text, "%s", texts[below(COUNT(texts))]);
    if (below(2))
        mutate(text, sizeof text);
    if (file) {
        fputs(text, file);
        fclose(file);
    }
}

/* The exit status of a call, or 1000 and the signal that ended it. */
static int call(const char *program, char *const argument[])
{
    int   status;
    pid_t child = fork();
    if (child == 0) {
        int nothing = open("/dev/null", O_RDWR), errors = open("errors", O_CREAT | O_TRUNC | O_WRONLY, 0600);
        dup2(nothing, 0);
        dup2(nothing, 1);
        dup2(errors, 2);
        alarm(SLOW);
        execv(program, argument);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 2000;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static void report(int status, char *const argument[], uint64_t seed)
{
    char line[512];
    fprintf(stderr, "%s %d, seed %llu: tad", status >= 1000 ? "signal" : "status", status % 1000,
            (unsigned long long)seed);
    for (int i = 1; argument[i]; i++)
        fprintf(stderr, " '%s'", argument[i]);
    fprintf(stderr, "\n(model.tad is in the folder it ran in)\n");
    FILE *errors = fopen("errors", "r");
    while (errors && fgets(line, sizeof line, errors))
        fputs(line, stderr);
    if (errors)
        fclose(errors);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    static char room[MOST_ARGUMENTS + 2][LONGEST];
    uint64_t    seed = argc > 3 ? strtoull(argv[3], NULL, 10) : (uint64_t)time(NULL);
    time_t      end = time(NULL) + atoi(argv[2]);
    long        calls = 0;
    for (; time(NULL) < end; seed++, calls++) {
        char *argument[MOST_ARGUMENTS + 3] = {argv[1]};
        state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
        write_model();
        unsigned n = below(MOST_ARGUMENTS);
        for (unsigned i = 0; i <= n; i++) {
            const char *word = i == 0               ? commands[below(COUNT(commands))]
                               : i == 1 && below(2) ? "model.tad"
                                                    : words[below(COUNT(words))];
            argument[i + 1] = room[i];
            snprintf(room[i], LONGEST, "%s", word);
            if (below(16) == 0)
                mutate(room[i], LONGEST);
        }
        int status = call(argv[1], argument);
        if (status > 2) {
            report(status, argument, seed);
            return 1;
        }
    }
    printf("%ld calls\n", calls);
    return 0;
}
