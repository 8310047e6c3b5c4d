/* The frame of a page: one HTML file with styles, tape and program in it. */
#include "tools/page.h"

#include <string.h>

/* A file of src/tools/page, as it is. */
static void write_file(tad__output *output, const char *name)
{
    for (const tad__page_file *file = tad__page_files; file->name; file++)
        if (strcmp(file->name, name) == 0)
            tad__output_text(output, file->text);
}

static void write_head(const tad__page *page, const tad_page_options *options)
{
    const char *name = tad_name(tad__handle(page->tape, page->last));
    tad__output_text(page->output, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    tad__output_xml(page->output, options->title ? options->title : name ? name : "tad");
    tad__output_text(page->output, "</title>\n<style>\n");
    write_file(page->output, "page.css");
    tad__output_text(page->output, "</style>\n</head>\n");
}

/* The parts of the program, in the order in which they need each other. */
static const char *const program[] = {"numbers.js", "tape.js", "compute.js", "groups.js",  "equation.js", "layout.js",
                                      "graph.js",   "list.js", "check.js",   "details.js", "player.js"};

static tad_status write_body(tad__page *page, const tad_page_options *options)
{
    tad__output *output = page->output;
    write_file(output, "page.html");
    tad__output_text(output, "<script type=\"application/json\" id=\"tape\">\n");
    tad_status status = tad__page_tape(page, options);
    tad__output_text(output, "\n</script>\n<script>\n'use strict';\n(() => {\nconst rows = ");
    if (status == TAD_OK)
        status = tad__page_code(page);
    tad__output_text(output, ";\n\n");
    for (size_t i = 0; i < sizeof program / sizeof *program; i++)
        write_file(output, program[i]);
    tad__output_text(output, "})();\n</script>\n</body>\n</html>\n");
    return status;
}

static tad_status write_page(tad__page *page, const tad_page_options *options, tad_writer out)
{
    tad__output output;
    tad_status  status = tad__page_sweep(page);
    if (status != TAD_OK)
        return status;
    tad__output_start(&output, out);
    page->output = &output;
    write_head(page, options);
    status = write_body(page, options);
    tad_status ended = tad__output_end(&output);
    if (status == TAD_OK && ended != TAD_OK)
        status = tad__fail(page->tape, page->caller, ended, "tad_write_html: the writer refused");
    return status;
}

tad_status tad_write_html(tad_var y, const tad_page_options *options, tad_writer out)
{
    static const tad_page_options defaults = {0};
    tad__page                     page = {.tape = y.tape, .last = y.id, .caller = TAD_CALLER};
    tad_status                    status = tad__check(y, "tad_write_html", page.caller);
    if (status != TAD_OK)
        return status;
    if (!out.write)
        return tad__fail(y.tape, page.caller, TAD_EARG, "tad_write_html: there is no writer");
    if (y.id >= TAD_PAGE_NODES)
        return tad__fail(y.tape, page.caller, TAD_EARG,
                         "tad_write_html: the tape has %u nodes up to y; a page shows at most %d", y.id + 1,
                         TAD_PAGE_NODES);
    status = write_page(&page, options ? options : &defaults, out);
    const tad_allocator *allocator = &y.tape->allocator;
    tad__resize(allocator, page.shares, page.share_capacity * sizeof *page.shares, 0);
    tad__resize(allocator, page.numbers, page.number_capacity * sizeof *page.numbers, 0);
    return status;
}
