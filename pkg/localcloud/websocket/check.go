package websocket

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Upgrades tells whether a request wants to become a WebSocket connection, properly or not.
func Upgrades(r *http.Request) bool {
	return has(r.Header, "Connection", "upgrade") && has(r.Header, "Upgrade", "websocket")
}

// Check tells why a request is no proper upgrade, and the status to answer with: 426 for one that is none, or of
// another version (https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2), else 400 or 405. What API Gateway answers is
// unverified. A proper one has nil.
func Check(r *http.Request) (status int, err error) {
	switch {
	case r.ProtoMajor != 1 || r.ProtoMinor < 1:
		return http.StatusUpgradeRequired, fmt.Errorf("a WebSocket begins with HTTP/1.1, not with %s", r.Proto)
	case !Upgrades(r):
		return http.StatusUpgradeRequired, errors.New("this address is a WebSocket: the request is no upgrade")
	case r.Method != http.MethodGet:
		return http.StatusMethodNotAllowed, fmt.Errorf("a WebSocket begins with GET, not with %s", r.Method)
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return http.StatusUpgradeRequired, errors.New("the header Sec-WebSocket-Version is not 13")
	case !keyed(r.Header.Values("Sec-WebSocket-Key")):
		return http.StatusBadRequest, errors.New("the header Sec-WebSocket-Key is not one value of 16 bytes in base64")
	}
	return 0, nil
}

func keyed(keys []string) bool {
	if len(keys) != 1 {
		return false
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(keys[0]))
	return err == nil && len(key) == 16
}

// has tells whether a header has a token among its comma-separated ones, in whatever case.
func has(h http.Header, name, token string) bool {
	for _, value := range h.Values(name) {
		for part := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

// refuse answers a request that becomes no connection.
func refuse(w http.ResponseWriter, status int, err error) {
	if status == http.StatusUpgradeRequired {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		w.Header().Set("Sec-WebSocket-Version", "13")
	}
	http.Error(w, err.Error(), status)
}

// hijacks tells whether a connection can be taken from an http.ResponseWriter. It is asked before the answer begins.
func hijacks(w http.ResponseWriter) bool {
	for {
		switch inner := w.(type) {
		case http.Hijacker:
			return true
		case interface{ Unwrap() http.ResponseWriter }:
			w = inner.Unwrap()
		default:
			return false
		}
	}
}
