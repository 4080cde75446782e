package main

import "strings"

// envName is the environment variable that recipes name for a service's setting: BOKUN_ACCESS_KEY.
func envName(service, key string) string {
	return strings.ToUpper(service + "_" + key)
}

// replaceConnector points a recipe's accounts of a service to its stand-in.
func replaceConnector(text, service, sandbox string) string {
	return strings.ReplaceAll(text, "connector: "+service+",", "connector: "+service+", base_url: "+sandbox+"/"+service+",")
}
