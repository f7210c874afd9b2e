return utf8.codepoint("\xff\xfe")
