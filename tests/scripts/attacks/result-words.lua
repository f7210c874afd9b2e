return any, all, warning
