/** What to look at when a case is red and the lines alone do not tell: a question, not the answer. */

const pieces = "is a piece without a newline kept, and the next piece appended to it?";
const bytes = "are whole lines decoded? A character may be cut in two by the end of a packet";
const names = "names are compared after NFKC and full case folding (docs/protocol.md, rename)";
const noName =
  "is the whole text after the bar checked, in its NFKC form, before it becomes a name?";
const outbox =
  "how much may wait for one user who does not read? If it is more, the user is cut off";
const isCommand =
  "every line that begins with to| is the command; which of its three parts is missing?";
const isExact =
  "the protocol says whether the whole line or only its beginning must be equal, letter for letter";
const leaving =
  "first the last line, then the server ends its side properly; the others hear offline";
const grace =
  "everybody gets what was accepted before; only users who do not take it in time are cut off";

export const hints: Readonly<Record<string, string>> = {
  "v01/line-comes-back": "does it wait for the newline, and answer with one?",
  "v01/echo-is-the-sender's-alone": "in v01 a line goes back only to its sender",
  "v01/two-lines-in-one-packet": "are all lines taken out of what has come, not only the first?",
  "v01/line-in-many-packets": pieces,
  "v01/split-utf8": bytes,
  "v01/long-chinese-line": bytes,
  "v01/not-utf8": "how does it decode? Bytes that are not UTF-8 become U+FFFD, and nothing stops",
  "v01/crlf": "is one \\r in front of the newline taken off?",
  "v01/empty-line": "is a line without a single character answered?",
  "v01/control-characters": "a tab becomes a space; then all of Unicode's class Cc is taken out",
  "v01/line-at-the-limit": "the limit counts bytes, and not those of the line end",
  "v01/line-over-the-limit":
    "a line over the limit gets one answer at once; its bytes are dropped up to the newline",
  "v01/endless-line": "are the dropped bytes still kept somewhere?",
  "v01/half-close":
    "when the client ends its side: is the rest taken as a last line, and are the answers written before the end?",
  "v01/never-reads":
    "does it read on while the client does not take the answers? It must wait for the write",
  "v01/churn-leaves-nothing": "is the connection closed when its client has left, in whatever way?",
  "v02/online-announced": "does the newcomer hear its own online, and do all the others?",
  "v02/first-line-is-one's-own-online": "does a user hear the others only after its own online?",
  "v02/text-heard-by-all": "does the sender hear itself, too?",
  "v02/offline-announced":
    "when a user leaves: do the others hear all its lines before offline, and does it hear them itself before the end?",
  "v02/reset-mid-line": "is the half line before a reset dropped, and the offline announced?",
  "v02/half-close-then-reset": "what if the reset comes while the server is writing?",
  "v02/vanish-before-hello": "a user who is announced as online must be announced as offline, once",
  "v02/order-per-sender": "is there one order for all? Two users may not hear two orders",
  "v02/forged-line": "is a newline ever passed on inside a line, or a \\r left in it?",
  "v02/stalled-reader": outbox,
  "v02/flooder-is-slowed":
    "if a user says more than can be delivered, does the server stop reading from it until all is delivered?",
  "v02/slow-reader-loses-nothing": "is a user cut off who is only slow?",
  "v02/crowd": "many come at once: is the list changed while somebody goes through it?",
  "v04/who": "is anybody missing, listed twice, or not in the order in which the users came?",
  "v04/who-online": "who online is the same command as who",
  "v04/who-right-after-connecting": "is a user on the list before its first line is carried out?",
  "v04/who-in-two-packets": pieces,
  "v04/who-twice-in-one-packet": "are all lines taken out of what has come, not only the first?",
  "v04/who-crlf": "is the \\r taken off before the command is recognised?",
  "v04/who-forgets-who-left": "is a user taken off the list after a reset?",
  "v04/who-is-exact": isExact,
  "v04/who-never-read":
    "where do the answers wait? If a client does not take them, read no more lines from it",
  "v04/who-pipelined":
    "is an answer lost when there are many? A client that reads must get them all",
  "v05/rename": "is the new name used everywhere: in what is said, in who, in offline?",
  "v05/rename-keeps-the-order": "does the list keep its order when a name changes?",
  "v05/rename-taken": "is anything changed before it is clear that the name is free?",
  "v05/rename-own-name":
    "the asker itself has that name, maybe in another writing: that is not an error",
  "v05/old-name-is-free": "is the old name given up, by a rename and by leaving?",
  "v05/thirty-race-for-one-name":
    "may another rename run between the look whether the name is free and the taking of it?",
  "v05/rename-while-the-room-is-busy": "what may change between looking a user up and using it?",
  "v05/rename-empty": "rename| is the command, with an empty name",
  "v05/rename-bar": "everything after the first bar is the name, also further bars",
  "v05/rename-address": noName,
  "v05/rename-frame": noName,
  "v05/rename-white-space":
    "is white space taken off or let through? A text with white space is not a name",
  "v05/rename-invisible": "which characters cannot be seen? docs/protocol.md names the properties",
  "v05/rename-too-long": "what is counted: bytes, UTF-16 units, or characters?",
  "v05/rename-longest": "what is counted: bytes, UTF-16 units, or characters?",
  "v05/rename-is-exact": isExact,
  "v05/taken-in-another-case": names,
  "v05/taken-in-another-case-with-accents": names,
  "v05/taken-composed-otherwise": names,
  "v05/taken-in-full-width": names,
  "v06/private": "the user with that name hears it, and nobody else hears anything",
  "v06/private-by-address":
    "how is NAME looked up? By what the user is called now, in whatever writing",
  "v06/text-with-bars": "only the first two bars separate: all the rest is the text",
  "v06/private-to-oneself": "the asker is a user like any other",
  "v06/private-ends-in-newline": "does a private message end in a newline, as every line does?",
  "v06/address-used-again":
    "a user who leaves takes its name out only if the entry is still its own",
  "v06/to-own-name-without-text": isCommand,
  "v06/to-without-text-never-leaks": isCommand,
  "v06/to-nobody": "does the answer contain the name that the asker wrote?",
  "v06/to-with-nothing-to-send": "check for an empty text last, when the user has been found",
  "v06/to-is-exact": isExact,
  "v06/to-who-left": "when a user leaves, is its name given up?",
  "v06/order-per-sender": "do private and public lines of one sender go the same way?",
  "v06/private-flood-at-a-stalled-user": outbox,
  "v06/private-flood-at-a-reader": "is a user cut off who reads what comes?",
  "v07/kick": leaving,
  "v07/kick-is-announced-at-once": "does the announcement wait for the kicked user's socket?",
  "v07/kicked-is-off-the-list":
    "is the kicked user off the list at once, and its name free at once?",
  "v07/line-after-the-kick": "does the server still carry out what a kicked user sends?",
  "v07/kicked-while-its-line-is-under-way":
    "the kick comes while a line of this user waits to be delivered: does its reader end, and is it off every list?",
  "v07/kick-costs-no-cpu": "does a loop or a timer go on when the user is gone?",
  "v07/activity-puts-the-kick-off":
    "does every line restart the limit: text, commands, empty lines, lines that are too long?",
  "v07/half-a-line-is-no-activity": "what restarts the limit: bytes, or lines?",
  "v07/kick-while-written-to": "does a line that a user hears restart its limit?",
  "v07/sixty-kicked-at-once": "does the server still write to a user who is being kicked?",
  "v07/stalled-and-idle": "does the kick wait until the client has read the notice?",
  "v07/lines-leave-no-timers": "does each line leave a timer behind?",
  "v08/quit": leaving,
  "v08/exit": leaving,
  "v08/quit-and-text-in-one-packet":
    "is what comes after quit in the same packet still carried out?",
  "v08/quit-delivers-what-is-queued": "does bye come before lines that were said earlier?",
  "v08/quit-is-exact": isExact,
  "v08/shutdown-under-load": grace,
  "v08/shutdown-with-a-stalled-reader": grace,
  "v08/idle-kick-in-the-grace-time": "does a second deadline run when the server is shutting down?",
  "v10/healthz": "is the whole path compared, and the type of the answer text/plain?",
  "v10/healthz-while-it-ends":
    "does each answer look whether the server is shutting down? The web port closes last",
  "v10/nothing-else-is-there":
    "compare the whole path: a path that only begins like this one is another path",
  "v10/figures-of-a-scene":
    "is each line counted once, and one delivery for each user who hears it? Each way to leave has its reason",
  "v10/figures-of-a-stalled-reader":
    "on its socket, a user whom the server cuts off looks like a reset: which part of the code knows better?",
  "v10/delays": "in seconds, one entry for each message, also for online",
  "v10/metrics-are-prometheus-text":
    "every figure of the page is there from the start, with # HELP and # TYPE (docs/protocol.md)",
  "v10/tasks": "a task that has ended is gone from both; the kind is the first word of its name",
  "v10/a-thousand-scrapes-in-a-flood":
    "does an answer wait for the chat, or the chat for an answer?",
  "v10/whoever-asks-and-never-reads":
    "how many questions of one packet are answered before a chat line has its turn? And does the shutdown wait for them?",
  "v10/what-is-no-http":
    "is the connection closed on which the bytes are not HTTP, and no other one?",
  "v12/handshake": "the accept is the SHA-1, in Base64, of key and GUID; a header may be a list",
  "v12/handshake-refused": "400, 426 or 404: this depends on which header is missing",
  "v12/origin": "an origin is compared whole, and its host must be an address or localhost",
  "v12/line-is-a-message": "does each line of an answer go out as a message of its own?",
  "v12/fragments": "is UTF-8 looked at before the fragments are put together?",
  "v12/split-anywhere": "what happens to half a head, and to the bytes after a whole frame?",
  "v12/right-behind-the-handshake":
    "are the first bytes after the request given back to the socket?",
  "v12/ping-pong": "does a pong bring back the bytes of its ping?",
  "v12/ping-flood-unread":
    "do pongs go through the outbox, and does the reader wait while they fill it?",
  "v12/close-is-answered":
    "is the code of the close frame sent back, after all that was said before?",
  "v12/protocol-errors": "each is seen in the first two bytes, in the length, or in the close code",
  "v12/not-utf8": "is the whole message checked, and the reason in a close frame, too?",
  "v12/message-too-big":
    "is the sum of the fragments compared with the limit, before they are taken?",
  "v12/bye-is-1000": "a client that was told why it has to go gets 1000",
  "v12/shutdown-is-1001": "last words, then the close frame, and no timer is left",
  "v12/heartbeat": "is it a pong with the ping's own bytes that counts?",
  "v12/round-trip": "one entry for each ping that its own pong has answered",
  "v12/unfinished-requests":
    "which connection has to go when there is no room: the newcomer, or the one that has waited longest?",
  "v12/thousand-pages-reload": "is the limit larger than the queue that the system keeps?",
  "v13/history":
    "does each line have its time in ISO 8601 and UTC, and then the text exactly as it was said?",
  "v13/history-of-a-name":
    "is the name kept with each line, and compared as a whole, letter for letter?",
  "v13/history-misshapen":
    "does one pattern check the whole line? And is the number then compared with 1 and 1000?",
  "v13/only-what-all-hear-is-kept":
    "where in the code is a line kept: where it is read, or where all hear it?",
  "v13/history-in-one-packet": "does the question go through the same queue as what is said?",
  "v13/history-in-a-flood":
    "does the answer contain the lines that are not in the file yet, and is it sent at once?",
  "v13/history-of-long-lines":
    "has an answer a bound in bytes, and is the next question read only when there is room for its answer?",
  "v13/replay-in-a-flood":
    "are the old lines put together at the same moment at which the newcomer begins to hear?",
  "v13/restart": "is the number of the last line looked up at the start?",
  "v13/torn-last-line": "is the file cut after the last newline, before anything is written to it?",
  "v13/garbage-in-the-file":
    "is every line checked by itself, and each of its fields, before users get it?",
  "v13/two-servers-on-one-file":
    "how does the second server know that the first one is still running?",
  "v13/shutdown-keeps-what-was-said":
    "does the shutdown wait for the lines that are queued for the file, and close the file after that?",
  "v14/kept":
    "is each line a document of its own, with exactly these fields, and is its time a date?",
  "v14/of-a-name":
    "is the name only a value in the query, and compared as a whole, whatever it contains?",
  "v14/goes-on":
    "does the server ask for the last number before the first insert, and is the mark set to it at once?",
  "v14/indexes": "are they made at each start? It is no error if one is there already",
  "v14/keep-days":
    "in which unit does the index count, and what happens if the database cannot do it?",
  "v14/other-documents":
    "which of the documents are ours? Check this at the start, and in every answer",
  "v14/shutdown-keeps-what-was-said":
    "does the shutdown wait for what is queued, and close the connection after that?",
  "v14/bad-url": "which code prints the URL, or an error text of a library that contains it?",
  "v14/away-before-the-start":
    "how long does the server wait at its start, and does it try again when it could not connect?",
  "v14/begins-anew": "does the next call still get a promise that has failed?",
  "v14/killed-in-a-flood":
    "is a batch that has failed sent again, before anything newer, and with the same ids?",
  "v14/given-again":
    "who makes the ids, and when? And what happens to the rest of a batch after the first id that is there already?",
  "v14/frozen": "does anybody but the historian and the asker wait for the database?",
  "v14/slow": "is all that was said meanwhile inserted by one call?",
  "v14/wrong-password":
    "the driver says that the database is there, but each call fails: what does the server report, and how often?",
  "v14/shutdown-while-it-is-frozen":
    "how long may the last insert take, and how long may the close take? Does something still keep the process alive?",
  "v14/shutdown-while-it-is-away": "does the shutdown wait for a connection that never comes?",
  "v15/connect": "what does the answer contain, and does it come before the client's own online?",
  "v15/connect-refused":
    "which code checks the name, and is anything kept of a client that was refused?",
  "v15/line-is-a-packet":
    "the first wire changes a line before it is said: is the same done to a line from a packet?",
  "v15/sendack":
    "when the acknowledgement goes out, has the room got the line? And is it the client's own number?",
  "v15/ping": "is an empty body enough, and does the answer wait for what came before?",
  "v15/silent-but-for-pings": "what restarts the idle limit: bytes, packets, or lines?",
  "v15/cut-anywhere":
    "first ask: is the head there? Then: is the body there? Keep the bytes that are left",
  "v15/malformed":
    "is each field checked before anything is done? And is this packet allowed in this state?",
  "v15/too-large": "is the length checked before the decoder waits for the body?",
  "v15/disconnect":
    "is everything before it carried out, and is anything after it still carried out?",
  "v15/goodbye": "is the last word the text of the last packet, and not a line of its own?",
  "v15/login-by-lines": "who reads the first line, and is anybody in the room before it?",
  "v15/login-by-websocket": "do all wires use the same code for the login?",
  "v15/login-by-packets": "is the token's name the one that is asked for, letter by letter?",
  "v15/wrong-token":
    "name, expiry and signature: is there only one valid way to write each of them?",
  "v15/names-are-proved": "may a user who has logged in still take another name?",
  "v15/login-never-leaks": "is it a command even if nobody has to log in?",
  "v15/token-is-in-no-log": "what is printed when something fails: a line, an option, an error?",
  "v15/login-timeout": "when does the time begin, and does a byte restart it?",
  "v15/connect-timeout": "on which wires must a client say something, even without a secret?",
  "v15/shutdown-before-login":
    "some clients are connected but not yet in the room: who tells them, and who wakes the tasks that wait for them?",
  "v15/devices": "how many devices have this name when one comes, and when one goes?",
  "v15/device-again": "does the new connection come before the old one goes?",
  "v15/resume": "is the number of a line the same for those who heard it live?",
  "v15/resume-in-a-flood":
    "what is said while the missed lines are read, and when does the device begin to hear?",
  "v15/no-secret": "is the file read before any port is opened?",
  "v15/guesser-is-slowed":
    "is the address slowed, and not the name? Is a right token as slow as a wrong one?",
  "v16/lines-cross-nodes": "is what a user says published where all hear it, and in that order?",
  "v16/online-offline-who":
    "does each node know the users of the others, and does it announce them when they come and go?",
  "v16/private": "does a private message go the same way as what was said before it?",
  "v16/rename-taken":
    "whom does the node ask before it gives a name, and whom does it tell when the name is free?",
  "v16/rename-race": "is the name written with a compare-and-set, which only one node can win?",
  "v16/history":
    "is a line kept at the place where this node's users hear it, even if a user of another node has said it?",
  "v16/devices":
    "when a user comes or goes, does the node look whether this user is also on another node?",
  "v16/figures": "does each node count only its own users, and itself among the nodes?",
  "v16/ends-in-order":
    "does the node publish the last lines, and who has gone, before it closes the connection?",
  "v16/flood": "what happens to the lines of other nodes while this node's users speak?",
  "v16/node-killed": "how do the others know that a node has gone, and what happens to its names?",
  "v16/node-frozen": "does a node that wakes look again whether its names are still its own?",
  "v16/node-cut-off": "whose clock decides which claim is older?",
  "v16/nats-killed-store-kept": "are the buckets asked for again, and each name claimed again?",
  "v16/nats-killed-store-lost": "are the buckets made again, and each name claimed again?",
  "v16/nats-frozen": "a connection on which nothing comes looks healthy: how does the node notice?",
  "v16/nats-away-at-the-start": "how long does the node wait at its start, and does it try again?",
  "v16/node-in-use": "while a new node starts, does the other one still renew its lease?",
  "v16/announced": "which code prints the URL, or an error text of a library that contains it?",
  "v16/refused-at-the-start": "is NATS away, or is it there, but refuses?",
  "v16/bad-options": "is each of the URLs checked before the driver gets it?",
  "v16/rubbish-on-the-bus": "is a piece checked as a whole before anything is done with it?",
  "v16/wrong-pieces": "is each field of a piece checked as if a client had sent it?",
  "v16/forged-by-another-node":
    "may a node publish on another node's subject, or use a name that a user has here?",
  "v16/more-users-than-fit":
    "is there a bound for what the node keeps about the others, whatever they send?",
  "v16/said-again": "what shows that a piece is new, and not one that was recorded?",
  "v16/another-secret": "is the signature compared before the piece is read?",
};
