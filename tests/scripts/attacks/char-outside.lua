return string.char(256)
