warning = watch
