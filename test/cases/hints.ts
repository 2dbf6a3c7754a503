/** What to look at when a case is red and the lines alone do not tell: a question, not the answer. */

const pieces = "is what has no newline yet kept, and the next piece put behind it?";
const bytes = "are whole lines decoded? A character may be cut in two by the end of a packet";
const names = "names are compared after NFKC and full case folding (docs/protocol.md, rename)";
const noName = "is the whole wish looked at, in the form NFKC, before it becomes a name?";
const outbox = "how much may wait for one user who does not read? Beyond that it is cut off";
const isCommand =
  "every line that begins with to| is the command; which of its three parts is missing?";
const isExact = "a command is the whole line, or begins letter for letter as the page says";
const leaving = "the last line, then the server's side ends in good order; the others hear offline";
const grace =
  "everybody gets what was accepted before; only who has not taken it within the time is cut off";

export const hints: Readonly<Record<string, string>> = {
  "v01/line-comes-back": "does it wait for the newline, and answer with one?",
  "v01/echo-is-the-sender's-alone": "in v01 a line goes back to its sender alone",
  "v01/two-lines-in-one-packet": "are all lines taken out of what has come, not only the first?",
  "v01/line-in-many-packets": pieces,
  "v01/split-utf8": bytes,
  "v01/long-chinese-line": bytes,
  "v01/not-utf8": "how does it decode? Bytes that are not UTF-8 become U+FFFD and stop nothing",
  "v01/crlf": "is one \\r in front of the newline taken off?",
  "v01/empty-line": "is a line without a single character answered?",
  "v01/control-characters": "a tab becomes a space; then all of Unicode's class Cc is taken out",
  "v01/line-at-the-limit": "the limit counts bytes, and not those of the line end",
  "v01/line-over-the-limit":
    "over the limit: one answer at once, and all that comes is dropped up to the newline",
  "v01/endless-line": "is what is dropped still kept somewhere?",
  "v01/half-close":
    "when the client ends its side: is the rest a last line, and are the answers written before the end?",
  "v01/never-reads": "does it read on while its answers are not taken? It waits for the write",
  "v01/churn-leaves-nothing": "is the connection closed when its client has left, in whatever way?",
  "v02/online-announced": "does the newcomer hear its own online, and do all the others?",
  "v02/first-line-is-one's-own-online":
    "does one hear the others from the moment of one's own online, and no earlier?",
  "v02/text-heard-by-all": "does the sender hear itself, too?",
  "v02/offline-announced":
    "is all that the leaver said delivered before its offline, and to itself before the end?",
  "v02/reset-mid-line": "is half a line that a reset cut short dropped, and the leaver announced?",
  "v02/half-close-then-reset": "what if the reset comes while the server is writing?",
  "v02/vanish-before-hello": "who is announced as online is announced as offline, once",
  "v02/order-per-sender": "is there one order for all? Two users may not hear two orders",
  "v02/forged-line": "is a newline ever passed on inside a line, or a \\r left in it?",
  "v02/stalled-reader": outbox,
  "v02/flooder-is-slowed":
    "does it stop reading from who says more than can be delivered, until it is delivered?",
  "v02/slow-reader-loses-nothing": "is somebody cut off who is only slow?",
  "v02/crowd": "many come at once: is the list changed while somebody goes through it?",
  "v04/who": "is anybody left out, told twice, or in another place than by the order of coming?",
  "v04/who-online": "who online is the same command as who",
  "v04/who-right-after-connecting": "is one on the list before one's first line is dealt with?",
  "v04/who-in-two-packets": pieces,
  "v04/who-twice-in-one-packet": "are all lines taken out of what has come, not only the first?",
  "v04/who-crlf": "is the \\r taken off before the command is recognised?",
  "v04/who-forgets-who-left": "is who was reset taken off the list?",
  "v04/who-is-exact": isExact,
  "v04/who-never-read":
    "where do the answers pile up? From who does not take them no more lines are read",
  "v04/who-pipelined": "is an answer lost when there are many? Who takes them gets them all",
  "v05/rename": "is the new name used everywhere: in what is said, in who, in offline?",
  "v05/rename-keeps-the-order": "does the list keep its order when a name changes?",
  "v05/rename-taken": "is anything changed before it is clear that the name is free?",
  "v05/rename-own-name":
    "the asker has that name itself, maybe in another writing: that is no fault",
  "v05/old-name-is-free": "is the old name given up, by a rename and by leaving?",
  "v05/thirty-race-for-one-name":
    "may another rename run between the look whether the name is free and the taking of it?",
  "v05/rename-while-the-room-is-busy": "what may change between looking a user up and using it?",
  "v05/rename-empty": "rename| is the command, with an empty wish",
  "v05/rename-bar": "all behind the first bar is the wish, further bars included",
  "v05/rename-address": noName,
  "v05/rename-frame": noName,
  "v05/rename-white-space": "is white space taken off or let through? Any of it makes it no name",
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
  "v06/text-with-bars": "only the first two bars divide: all the rest is the text",
  "v06/private-to-oneself": "the asker is a user like any other",
  "v06/private-ends-in-newline": "does a private message end in a newline, as every line does?",
  "v06/address-used-again": "who leaves gives up its name only if that is still its own",
  "v06/to-own-name-without-text": isCommand,
  "v06/to-without-text-never-leaks": isCommand,
  "v06/to-nobody": "does the answer name whom the asker wrote to?",
  "v06/to-with-nothing-to-send": "an empty text is looked at last, when the user has been found",
  "v06/to-is-exact": isExact,
  "v06/to-who-left": "is the name of who has left given up?",
  "v06/order-per-sender": "do private and public lines of one sender go the same way?",
  "v06/private-flood-at-a-stalled-user": outbox,
  "v06/private-flood-at-a-reader": "is somebody cut off who takes what comes?",
  "v07/kick": leaving,
  "v07/kick-is-announced-at-once": "does the announcement wait for the kicked one's socket?",
  "v07/kicked-is-off-the-list": "is the kicked one off the list, and its name given up, at once?",
  "v07/line-after-the-kick": "does anybody still read what a kicked user sends, and obey it?",
  "v07/kicked-while-its-line-is-under-way":
    "the kick comes while a line of the kicked one waits to be delivered: does its reader end, and is it off every list?",
  "v07/kick-costs-no-cpu": "does a loop or a timer go on when the user is gone?",
  "v07/activity-puts-the-kick-off":
    "does every line start the limit anew: text, commands, empty ones, those that are too long?",
  "v07/half-a-line-is-no-activity": "does the limit start anew with bytes, or with lines?",
  "v07/kick-while-written-to": "does what a user hears put off its kick?",
  "v07/sixty-kicked-at-once": "is one who is being kicked still written to?",
  "v07/stalled-and-idle": "does the kick wait until the notice has been taken?",
  "v07/lines-leave-no-timers": "does each line leave a timer behind?",
  "v08/quit": leaving,
  "v08/exit": leaving,
  "v08/quit-and-text-in-one-packet": "is what stands behind quit in the same packet still read?",
  "v08/quit-delivers-what-is-queued": "does bye overtake what was said before it?",
  "v08/quit-is-exact": isExact,
  "v08/shutdown-under-load": grace,
  "v08/shutdown-with-a-stalled-reader": grace,
  "v08/idle-kick-in-the-grace-time": "does a second clock run once the server is ending?",
  "v10/healthz": "is the whole path compared, and the type of the answer text/plain?",
  "v10/healthz-while-it-ends":
    "is it looked up at each question whether the server ends? The web port closes last",
  "v10/nothing-else-is-there": "a path is the whole path: what only begins like one is another",
  "v10/figures-of-a-scene":
    "is each line counted once, and a delivery for each user who hears it? Each way out has its reason",
  "v10/figures-of-a-stalled-reader":
    "whom the server cuts off looks like a reset from its socket: who knows better?",
  "v10/delays": "in seconds, one entry for each message, the online among them",
  "v10/metrics-are-prometheus-text":
    "every figure of the page is there from the start, with # HELP and # TYPE (docs/protocol.md)",
  "v10/tasks": "a task that has ended is gone from both; the kind is the first word of its name",
  "v10/a-thousand-scrapes-in-a-flood":
    "does an answer wait for the chat, or the chat for an answer?",
  "v10/whoever-asks-and-never-reads":
    "how many questions of one packet are answered before anybody may chat? And at the end, is it waited for them?",
  "v10/what-is-no-http": "is the connection of who speaks no HTTP closed, and no other?",
  "v12/handshake": "the accept is the SHA-1, in Base64, of key and GUID; a header may be a list",
  "v12/handshake-refused": "which header is missing decides about 400, 426 and 404",
  "v12/origin": "an origin is compared whole, and its host must be an address or localhost",
  "v12/line-is-a-message": "does each line of an answer go out as a message of its own?",
  "v12/fragments": "is UTF-8 looked at before the fragments are put together?",
  "v12/split-anywhere": "what happens to half a head, and to what is behind a whole frame?",
  "v12/right-behind-the-handshake":
    "are the first bytes behind the request given back to the socket?",
  "v12/ping-pong": "does a pong bring back the bytes of its ping?",
  "v12/ping-flood-unread":
    "do pongs go through the outbox, and is it waited for while they fill it?",
  "v12/close-is-answered":
    "is the code of the close frame sent back, behind all that was said before?",
  "v12/protocol-errors": "each is seen in the first two bytes, in the length, or in the close code",
  "v12/not-utf8": "is the whole message looked at, and the reason of a close frame?",
  "v12/message-too-big":
    "is the sum of the fragments compared with the limit, before they are taken?",
  "v12/bye-is-1000": "who was told why it has to go hears 1000",
  "v12/shutdown-is-1001": "last words, then the close frame, and no timer is left",
  "v12/heartbeat": "is it a pong with the ping's own bytes that counts?",
  "v12/round-trip": "one entry for each ping that was answered by its own pong",
  "v12/unfinished-requests":
    "who has to go when there is no room: the newcomer, or whoever waits longest?",
  "v12/thousand-pages-reload": "is the limit larger than the queue that the system keeps?",
  "v13/history": "by which time of the line is it kept? And what is said all the same?",
  "v13/history-of-a-name":
    "is the name kept with each line, and compared as a whole, letter for letter?",
  "v13/history-misshapen":
    "is the whole line one pattern, and the number compared with 1 and 1000 behind it?",
  "v13/only-what-all-hear-is-kept": "where is it kept: where a line is read, or where all hear it?",
  "v13/history-in-one-packet": "does the question go the way of what is said, in its order?",
  "v13/history-in-a-flood":
    "are the lines that are not in the file yet in the answer, and is the answer sent at once?",
  "v13/history-of-long-lines":
    "is an answer bounded in bytes, and the next question read only when there is room for its answer?",
  "v13/replay-in-a-flood":
    "is what is told again put together in the moment in which the newcomer begins to hear?",
  "v13/restart": "is the number of the last line looked up at the start?",
  "v13/torn-last-line": "is the file cut behind the last newline before anything is written to it?",
  "v13/garbage-in-the-file":
    "is every line looked at by itself, and each of its fields before it is told?",
  "v13/two-servers-on-one-file": "what tells the second one that the first one is still running?",
  "v13/shutdown-keeps-what-was-said":
    "does the end wait for what is queued for the file, and is the file closed behind it?",
  "v14/kept":
    "is each line a document of its own, with these fields and no other, and its time a date?",
  "v14/of-a-name": "is the name a value of the question, compared whole, whatever is in it?",
  "v14/goes-on":
    "is the last number asked for before the first insert, and is the mark behind it at once?",
  "v14/indexes": "are they made at each start? One that is there already is no trouble",
  "v14/keep-days": "in which unit does the index count, and what if the database cannot do it?",
  "v14/other-documents":
    "which of the documents are ours? The start has to know it, and so has every answer",
  "v14/shutdown-keeps-what-was-said":
    "does the end wait for what is queued, and is the connection closed behind it?",
  "v14/bad-url": "who prints the URL, or what somebody else says of it?",
  "v14/away-before-the-start": "how long does the start wait, and is a failed connect tried again?",
  "v14/begins-anew": "is what has failed still remembered when the next one asks?",
  "v14/killed-in-a-flood":
    "is a batch that has failed given again, before anything newer, and with the same ids?",
  "v14/given-again":
    "who makes the ids, and when? And what does a batch do behind the first id that is there?",
  "v14/frozen": "does anybody but the historian and the asker wait for the database?",
  "v14/slow": "is all that was said meanwhile inserted by one call?",
  "v14/wrong-password":
    "the driver says that the database is there, and each call fails: what is said, and how often?",
  "v14/shutdown-while-it-is-frozen":
    "how long may the last insert take, and how long the closing? Something may still hold the process",
  "v14/shutdown-while-it-is-away": "does the end wait for a connection that never comes?",
  "v15/connect": "what is the answer made of, and is it there before one's own online?",
  "v15/connect-refused": "who looks at the name, and is anything kept of one that was refused?",
  "v15/line-is-a-packet": "what is done to a line of the first wire that a packet's line lacks?",
  "v15/sendack":
    "when the acknowledgement goes out, has the room got the line? And is it the client's own number?",
  "v15/ping": "is an empty body enough, and does the answer wait for what came before?",
  "v15/silent-but-for-pings": "what puts the idle limit off: bytes, packets, or lines?",
  "v15/cut-anywhere": "is the head there, and then, is the body there? What is left stays",
  "v15/malformed": "is each field looked at before anything is done, and what may come now?",
  "v15/too-large": "is the length looked at before the body is waited for?",
  "v15/disconnect": "is what came before it carried out, and is anything read behind it?",
  "v15/goodbye": "is the last word the text of the last packet, and not a line of its own?",
  "v15/login-by-lines": "who reads the first line, and is anybody in the room before it?",
  "v15/login-by-websocket": "is it the same login on each wire, above them all?",
  "v15/login-by-packets": "is the token's name the one that is asked for, letter by letter?",
  "v15/wrong-token": "of name, expiry and signature: may each be written in one way only?",
  "v15/names-are-proved": "may somebody with a proved name still take another one?",
  "v15/login-never-leaks": "is it a command also where nobody has to log in?",
  "v15/token-is-in-no-log": "what is printed when something fails: a line, an option, an error?",
  "v15/login-timeout": "from when is it counted, and does a byte put it off?",
  "v15/connect-timeout": "which wires must say something, also without a secret?",
  "v15/shutdown-before-login":
    "who is neither in the room nor out of it yet? Who tells them, and who wakes those that wait?",
  "v15/devices": "how many are under the name, at the moment of coming and of going?",
  "v15/device-again": "does the new one come before the old one goes?",
  "v15/resume": "is the number of a line the same for those who heard it live?",
  "v15/resume-in-a-flood":
    "what is said while the missed lines are read, and when does the device begin to hear?",
  "v15/no-secret": "is the file read before any port is opened?",
  "v15/guesser-is-slowed":
    "is the address slow, and not the name? Is a right token as slow as a wrong one?",
  "v16/lines-cross-nodes": "is what a user says published where all hear it, and in that order?",
  "v16/online-offline-who":
    "does each node know who is on the others, and does it say so when one comes or goes?",
  "v16/private": "does a private message go the same way as what was said before it?",
  "v16/rename-taken": "who is asked before a name is given, and who is told when it is free?",
  "v16/rename-race": "is the name written down by a compare-and-set that only one can win?",
  "v16/history": "is it kept where this node's users hear it, whoever has said it?",
  "v16/devices": "do coming and going ask whether the user is on another node, too?",
  "v16/figures": "does each node count its own users, and the nodes with itself?",
  "v16/ends-in-order":
    "is what was said, and who has gone, published before the connection is closed?",
  "v16/flood": "what becomes of what has come from the others while one's own users speak?",
  "v16/node-killed":
    "what tells the others that a node has gone, and what becomes of the names that it held?",
  "v16/node-frozen": "does a node that wakes look again whether its names are still its own?",
  "v16/node-cut-off": "by whose clock is one claim older than another one?",
  "v16/nats-killed-store-kept": "are the buckets asked for again, and each name claimed again?",
  "v16/nats-killed-store-lost": "are the buckets made again, and each name claimed again?",
  "v16/nats-frozen": "a connection that says nothing looks well: what finds out?",
  "v16/nats-away-at-the-start": "how long does the start wait, and is it tried again?",
  "v16/node-in-use": "does the other one renew its lease while the start looks at it?",
  "v16/announced": "who prints the URL, or what somebody else says of it?",
  "v16/refused-at-the-start": "is NATS away, or is it there, and will not do?",
  "v16/bad-options": "is each of the URLs looked at before it is given to the driver?",
  "v16/rubbish-on-the-bus": "is a piece looked at as a whole before anything is done with it?",
  "v16/wrong-pieces": "is each field of a piece looked at as if a client had sent it?",
  "v16/forged-by-another-node":
    "may a node say something on another's subject, or under a name that is held here?",
  "v16/more-users-than-fit": "is there a most of what is kept of the others, whatever they say?",
  "v16/said-again": "what shows that a piece is new, and not one that was recorded?",
  "v16/another-secret": "is the signature compared before the piece is read?",
};
