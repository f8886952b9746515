// The server is stopped and started again while a client is in a room. Prints `ready` when it may be stopped; ends well
// when the client has come back by itself, has joined its room, and is heard there.
import assert from 'node:assert/strict';

import { io } from 'socket.io-client';

import { ann, ben, Client, newRoom, URL } from './support.mjs';

const room = newRoom();
const DEADLINE = setTimeout(() => assert.fail('not back in time'), 90_000);

/** As the apps do: user:join at every connection. */
async function app(user, transports) {
  const client = new Client(io(URL, { forceNew: true, auth: { token: user.token }, ...transports }));
  client.socket.on('connect', async () => {
    client.user = await client.ok('user:join', { userId: user.id, username: user.name });
    client.again?.(client.user);
  });
  await client.until('connect');
  client.joined = await client.ok('live:join', { roomId: room });
  return client;
}

const clients = [
  await app(ann, {}),
  await app(ben, { transports: ['websocket'] }),
  await app(ben, { transports: ['polling'] }),
];
await clients[0].ok('live:message', { roomId: room, message: 'before' });
const backs = clients.map((client) => new Promise((resolve) => { client.again = resolve; }));
console.log('ready');

for (const client of clients) {
  const reason = await client.until('disconnect');
  assert.match(reason, /^transport (close|error)$/, 'no word that would keep apps away');
}
const streams = [];
for (const [index, back] of backs.entries()) {
  // The memory of one process is gone with it: the app joins by itself.
  assert.deepEqual((await back).rooms, []);
  const { stream } = await clients[index].ok('live:join', { roomId: room });
  streams.push(stream);
}
assert.equal(new Set(streams).size, 1);
assert.notEqual(streams[0], clients[0].joined.stream, 'numbers begin anew, and that can be told');
clients.forEach((client) => { client.heard.length = 0; });
await clients[0].ok('live:message', { roomId: room, message: 'after' });
for (const client of clients.slice(1)) await client.until('live:new-message', ({ message }) => message === 'after');
clients.forEach((client) => client.socket.disconnect());
clearTimeout(DEADLINE);
