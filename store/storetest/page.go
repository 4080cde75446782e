package storetest

// pageTests are the cases of what people look at.
var pageTests = []map[string]func(*ledger){eventListTests, documentListTests, searchTests, liveTests, homeTests, forgetTests}
