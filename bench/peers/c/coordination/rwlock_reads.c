#include "rwlock.h"
