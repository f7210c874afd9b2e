return getfenv(1).os
