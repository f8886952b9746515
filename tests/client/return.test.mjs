// A connection breaks: the app comes back and repeats user:join alone.
import assert from 'node:assert/strict';

import { ben, forEachFamily, newRoom, users } from './support.mjs';

const AGAIN = { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 200 };

/** Somebody who fell out of no room elsewhere. */
const spare = users.slice(9);

/** Breaks the connection, and waits until the client has come back by itself. */
async function breaks(client) {
  client.heard.length = 0;
  client.socket.io.engine.close();
  await client.until('disconnect');
  await client.until('connect');
}

forEachFamily('who comes back is put back into his room', async (guide) => {
  const [room, party, ann] = [newRoom(), newRoom(), spare.pop()];
  const client = await guide.inRoom(room, ann, AGAIN);
  await client.ok('party:join', { roomId: party, seat: 2 });
  const witness = await guide.inRoom(room, ben);
  await witness.ok('live:message', { roomId: room, message: 'before' });
  await breaks(client);
  await witness.until('live:user-left');
  const { rooms } = await client.ok('user:join', { userId: ann.id, username: ann.name });
  const expected = [{ roomId: room, party: false }, { roomId: party, party: true }];
  assert.deepEqual(rooms.sort((one, other) => one.party - other.party), expected);
  await witness.until('live:user-joined', ({ userId }) => userId === ann.id);
  const { messages } = await client.until('live:cached-messages');
  assert.equal(messages.at(-1).message, 'before');
  await witness.ok('live:message', { roomId: room, message: 'after' });
  await client.until('live:new-message', ({ message }) => message === 'after');
  await witness.ok('party:join', { roomId: party });
  assert.equal((await witness.ask('party:join', { roomId: party, seat: 2 })).code, 'seat_taken');
});

forEachFamily('who left on purpose, or joined by himself, is not put back', async (guide) => {
  const [room, ann] = [newRoom(), spare.pop()];
  const client = await guide.inRoom(room, ann, AGAIN);
  await client.ok('live:leave', { roomId: room });
  await breaks(client);
  assert.deepEqual((await client.ok('user:join', {})).rooms, []);

  await client.ok('live:join', { roomId: room });
  await breaks(client);
  await client.ok('live:join', { roomId: newRoom() });
  assert.deepEqual((await client.ok('user:join', {})).rooms, []);
});

forEachFamily('a seat that somebody else has taken meanwhile stays his', async (guide) => {
  const [roomId, ann] = [newRoom(), spare.pop()];
  const [client, other] = [await guide.connect(ann, AGAIN), await guide.connect(ben)];
  await client.ok('party:join', { roomId, seat: 1 });
  await other.ok('party:join', { roomId });
  await breaks(client);
  await other.until('party:user-left');
  await other.ok('party:join', { roomId, seat: 1 });
  assert.deepEqual((await client.ok('user:join', {})).rooms, [{ roomId, party: true }]);
  await other.ok('party:message', { roomId, message: 'welcome back' });
  await client.until('party:new-message');
});
