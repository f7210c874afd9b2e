local _ENV <const> = 1; A = 1
