return ("a"):match("[a")
