#include "suites.h"
Suite *replay_suite(void)
{
    return suite_create("replay");
}
