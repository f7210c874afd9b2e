error("%s%s%s%n%n%n")
