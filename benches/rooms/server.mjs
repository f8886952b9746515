// The reference on Node: the same room as ChatMe's, as plainly as `socket.io` lets one write it.
//
// Prints where it listens, and ends with its standard input, so that it never outlives whoever started it.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
// Node's buffers have no limit of their own: nobody is cut for reading slowly.
const io = new Server(http, { transports: ["websocket"], serveClient: false });

let seq = 0;

io.on("connection", (socket) => {
  socket.on("live:join", ({ roomId }, ack) => {
    socket.join(roomId);
    ack?.({ ok: true });
  });
  socket.on("live:message", ({ roomId, message }, ack) => {
    seq += 1;
    const body = { level: 1, message, seq, timestamp: Date.now(), userId: 48210007, username: "Bench 0", vip: 0 };
    socket.to(roomId).emit("live:new-message", body);
    ack?.({ ok: true, seq });
  });
});

http.listen(0, "127.0.0.1", () => console.log(`listening on 127.0.0.1:${http.address().port}`));
process.stdin.on("end", () => process.exit(0)).resume();
