rawset(string, "upper", nil)
