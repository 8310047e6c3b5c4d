#include "tools/gradcheck.h"
tad_status tad__blame(tad__checked *c){(void)c;return TAD_OK;}
