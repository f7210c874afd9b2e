_ENV.tostring = nil _ENV["LEAK"] = 1
