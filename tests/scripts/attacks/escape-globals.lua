return _G.os
