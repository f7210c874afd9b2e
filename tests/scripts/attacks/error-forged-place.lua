error("#0:999999: somewhere else", 0)
