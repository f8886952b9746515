// Party rooms and their seats.
import assert from 'node:assert/strict';

import { ann, ben, codeOf, forEachFamily, newRoom } from './support.mjs';

forEachFamily('a seat is one user\'s until he leaves', async (guide) => {
  const roomId = newRoom();
  const first = await guide.connect(ann);
  assert.equal((await first.ok('party:join', { roomId, seat: 3 })).seat, 3);
  const second = await guide.connect(ben);
  assert.deepEqual(codeOf(await second.ask('party:join', { roomId, seat: 3 })), [false, 'seat_taken']);
  for (const seat of [0, 9, -1, 1.5, '3', {}]) {
    assert.deepEqual(codeOf(await second.ask('party:join', { roomId, seat })), [false, 'malformed_payload'], `${seat}`);
  }
  await second.ok('party:join', { roomId });
  const joined = await first.until('party:user-joined');
  assert.deepEqual([joined.userId, joined.username, joined.seat], [ben.id, ben.name, undefined]);

  await first.ok('party:leave', { roomId });
  const left = await second.until('party:user-left');
  assert.deepEqual([left.userId, left.seat], [ann.id, 3]);
  assert.equal((await second.ok('party:join', { roomId, seat: 3 })).seat, 3);
  assert.deepEqual(codeOf(await first.ask('party:join', { roomId, seat: 3 })), [false, 'seat_taken']);
});

forEachFamily('who takes or changes a seat later is seen on it', async (guide) => {
  const roomId = newRoom();
  const listener = await guide.connect(ben);
  await listener.ok('party:join', { roomId });
  const sitter = await guide.connect(ann);
  for (const seat of [undefined, 4, 5]) {
    await sitter.ok('party:join', { roomId, seat });
    const told = await listener.until('party:user-joined', (body) => body.seat === seat);
    assert.equal(told.userId, ann.id);
  }
  assert.equal((await listener.ok('party:join', { roomId, seat: 4 })).seat, 4, 'the former seat is free');
  await sitter.ok('party:join', { roomId, seat: 5 });
  await listener.fence();
  assert.equal(listener.all('party:user-joined').length, 3, 'a seat that he has already is no news');
});

forEachFamily('who joins once more misses nothing', async (guide) => {
  const roomId = newRoom();
  const [speaker, listener] = [await guide.connect(ann), await guide.connect(ben)];
  for (const client of [speaker, listener]) await client.ok('party:join', { roomId });
  for (let line = 0; line < 10; line += 1) {
    await speaker.ok('party:message', { roomId, message: `${line}` });
    await listener.ok('party:join', { roomId });
  }
  await listener.until('party:new-message', ({ message }) => message === '9');
  assert.equal(listener.all('party:new-message').length, 10);
});

forEachFamily('a guest may come to a party, and may neither sit nor speak', async (guide) => {
  const roomId = newRoom();
  const guest = await guide.connect();
  assert.deepEqual(codeOf(await guest.ask('party:join', { roomId, seat: 1 })), [false, 'unauthenticated']);
  await guest.ok('party:join', { roomId });
  assert.deepEqual(codeOf(await guest.ask('party:message', { roomId, message: 'x' })), [false, 'unauthenticated']);
  const user = await guide.connect(ann);
  assert.equal((await user.ok('party:join', { roomId, seat: 1 })).seat, 1);
});

forEachFamily('what is said at a party stays there', async (guide) => {
  const roomId = newRoom();
  const [speaker, listener] = [await guide.connect(ann), await guide.connect(ben)];
  for (const client of [speaker, listener]) await client.ok('party:join', { roomId });
  const watcher = await guide.inRoom(roomId);
  const { seq } = await speaker.ok('party:message', { roomId, message: 'cheers' });
  const { timestamp, ...told } = await listener.until('party:new-message');
  assert.deepEqual(told, { userId: ann.id, username: ann.name, level: 1, vip: 0, message: 'cheers', seq });
  assert.equal(typeof timestamp, 'number');
  await watcher.fence();
  assert.deepEqual(watcher.all('party:new-message').concat(watcher.all('live:new-message')), []);
});

forEachFamily('a lost connection frees the seat', async (guide) => {
  const roomId = newRoom();
  const [sitter, listener] = [await guide.connect(ann), await guide.connect(ben)];
  await listener.ok('party:join', { roomId });
  await sitter.ok('party:join', { roomId, seat: 8 });
  sitter.socket.io.engine.close();
  const left = await listener.until('party:user-left');
  assert.deepEqual([left.userId, left.seat], [ann.id, 8]);
  assert.equal((await listener.ok('party:join', { roomId, seat: 8 })).seat, 8);
});
