return string
