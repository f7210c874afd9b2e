for i in next, {}, nil, {} do end
