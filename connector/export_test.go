package connector

// Punctually makes the connections of a dialer punctual.
var Punctually = punctually
