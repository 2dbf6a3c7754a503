// A room over gorilla/websocket as strong as we can make it: a line is framed once, for all (a PreparedMessage),
// and each user has a task that writes, behind a queue. Whoever does not keep up is cut off.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"

	"github.com/gorilla/websocket"
)

// As many lines as v12's outbox holds: 4 MiB of some 100 bytes.
const outbox = 40_000

type user struct {
	conn  *websocket.Conn
	queue chan *websocket.PreparedMessage
}

var (
	join  = make(chan *user)
	leave = make(chan *user)
	lines = make(chan *websocket.PreparedMessage, 1024)
	up    = websocket.Upgrader{}
)

func broadcast() {
	online := map[*user]bool{}
	for {
		select {
		case u := <-join:
			online[u] = true
		case u := <-leave:
			if online[u] {
				delete(online, u)
				close(u.queue)
			}
		case line := <-lines:
			for u := range online {
				select {
				case u.queue <- line:
				default:
					u.conn.Close()
				}
			}
		}
	}
}

func (u *user) write() {
	for line := range u.queue {
		if u.conn.WritePreparedMessage(line) != nil {
			u.conn.Close()
			for range u.queue { // until it is off the list
			}
		}
	}
}

func serve(w http.ResponseWriter, r *http.Request) {
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	u := &user{conn, make(chan *websocket.PreparedMessage, outbox)}
	addr := conn.RemoteAddr().String()
	hello, _ := websocket.NewPreparedMessage(websocket.TextMessage, []byte("["+addr+"]"+addr+":online"))
	u.queue <- hello
	go u.write()
	join <- u
	defer func() { leave <- u }()
	for {
		_, text, err := conn.ReadMessage()
		if err != nil {
			return
		}
		line, err := websocket.NewPreparedMessage(websocket.TextMessage, append([]byte("["+addr+"]"+addr+":"), text...))
		if err != nil {
			return
		}
		lines <- line
	}
}

func main() {
	go broadcast()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", listener.Addr())
	log.Fatal(http.Serve(listener, http.HandlerFunc(serve)))
}
