#include "suites.h"
Suite *trust_suite(void)
{
    return suite_create("trust");
}
