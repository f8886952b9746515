// Live rooms: who is told what.
import assert from 'node:assert/strict';

import { ann, ben, codeOf, forEachFamily, newRoom } from './support.mjs';

forEachFamily('who joins is announced to the others, and all are told how many they are', async (guide) => {
  const room = newRoom();
  const first = await guide.inRoom(room, ann);
  assert.equal(first.joined.count, 1);
  assert.match(first.joined.stream, /^[0-9a-f]{16}$/);
  const second = await guide.inRoom(room, ben);
  assert.equal(second.joined.count, 2);
  const { seq, ...told } = await first.until('live:user-joined');
  assert.deepEqual(told, { userId: ben.id, username: ben.name, level: 1, vip: 0 });
  assert.equal(typeof seq, 'number');
  for (const client of [first, second]) {
    await client.until('live:viewer-count', ({ count }) => count === 2);
    await client.fence();
  }
  assert.deepEqual(second.all('live:user-joined'), [], 'nobody hears of himself');
  assert.equal(first.all('live:user-joined').length, 1);
});

forEachFamily('a message reaches the others, numbered as it is acknowledged', async (guide) => {
  const room = newRoom();
  const speaker = await guide.inRoom(room, ann);
  const listeners = [await guide.inRoom(room, ben), await guide.inRoom(room)];
  const before = Date.now();
  const answer = await speaker.ok('live:message', { roomId: room, message: '  Halo 👋  ', userId: ben.id, vip: 99 });
  for (const listener of listeners) {
    const { timestamp, ...told } = await listener.until('live:new-message');
    const expected = { userId: ann.id, username: ann.name, level: 1, vip: 0, message: 'Halo 👋', seq: answer.seq };
    assert.deepEqual(told, expected);
    assert.ok(Math.abs(timestamp - before) < 60_000, `${timestamp}`);
  }
  await speaker.fence();
  assert.deepEqual(speaker.all('live:new-message'), []);
});

forEachFamily('every broadcast has the next number', async (guide) => {
  const room = newRoom();
  const listener = await guide.inRoom(room);
  const speaker = await guide.inRoom(room, ann);
  for (let line = 0; line < 5; line += 1) await speaker.ok('live:message', { roomId: room, message: `${line}` });
  const passer = await guide.inRoom(room, ben);
  await passer.ok('live:leave', { roomId: room });
  const last = await speaker.ok('live:message', { roomId: room, message: 'last' });
  await listener.until('live:new-message', ({ message }) => message === 'last');
  const numbers = listener.numbers();
  const expected = numbers.map((_, index) => numbers[0] + index);
  assert.deepEqual(numbers, expected, JSON.stringify(listener.heard));
  assert.ok(numbers.includes(last.seq));
});

forEachFamily('who joins is shown the last 50 messages', async (guide) => {
  const room = newRoom();
  const speaker = await guide.inRoom(room, ann);
  const sent = [];
  for (let line = 0; line < 55; line += 1) sent.push(speaker.ok('live:message', { roomId: room, message: `${line}` }));
  const answers = await Promise.all(sent);
  const late = await guide.inRoom(room, ben);
  const { messages } = await late.until('live:cached-messages');
  const expected = answers.slice(5).map(({ seq }, index) => [`${index + 5}`, seq, ann.id]);
  assert.deepEqual(messages.map(({ message, seq, userId }) => [message, seq, userId]), expected);
  await late.fence();
  assert.deepEqual(late.all('live:new-message'), [], 'nothing is shown twice');
  const empty = await guide.inRoom(newRoom(), ben);
  await empty.fence();
  assert.deepEqual(empty.all('live:cached-messages'), []);
});

forEachFamily('a guest watches and may not chat', async (guide) => {
  const room = newRoom();
  const guest = await guide.inRoom(room);
  assert.equal(guest.joined.count, 1);
  const refused = await guest.ask('live:message', { roomId: room, message: 'hello' });
  assert.deepEqual(codeOf(refused), [false, 'unauthenticated']);
  assert.ok(refused.message);
  const other = await guide.inRoom(room);
  const told = await guest.until('live:user-joined');
  assert.deepEqual([told.userId, told.guest, other.joined.count], [null, true, 2]);
});

forEachFamily('a second socket of a user is neither announced nor counted', async (guide) => {
  const room = newRoom();
  const listener = await guide.inRoom(room, ben);
  const phone = await guide.inRoom(room, ann);
  const tablet = await guide.inRoom(room, ann);
  assert.equal(tablet.joined.count, 2);
  const { seq } = await tablet.ok('live:message', { roomId: room, message: 'from the tablet' });
  // The other socket of the speaker shows it too.
  await phone.until('live:new-message', (body) => body.seq === seq);
  phone.socket.disconnect();
  await tablet.ok('live:message', { roomId: room, message: 'still here' });
  await listener.until('live:new-message', ({ message }) => message === 'still here');
  assert.equal(listener.all('live:user-joined').length, 1);
  assert.deepEqual(listener.all('live:user-left'), []);
  await tablet.ok('live:leave', { roomId: room });
  await listener.until('live:user-left', ({ userId }) => userId === ann.id);
  await listener.until('live:viewer-count', ({ count, seq: counted }) => count === 1 && counted > seq);
});

forEachFamily('who leaves or disconnects is gone, and is counted no more', async (guide) => {
  const room = newRoom();
  const listener = await guide.inRoom(room, ben);
  for (const goes of [(client) => client.ok('live:leave', { roomId: room }), (client) => client.socket.disconnect()]) {
    const client = await guide.inRoom(room, ann);
    await listener.until('live:viewer-count', ({ count }) => count === 2);
    listener.heard.length = 0;
    await goes(client);
    const { seq, ...told } = await listener.until('live:user-left');
    assert.deepEqual(told, { userId: ann.id, username: ann.name, level: 1, vip: 0 });
    await listener.until('live:viewer-count', (body) => body.count === 1 && body.seq > seq);
    listener.heard.length = 0;
  }
  const left = await guide.inRoom(room, ann);
  await left.ok('live:leave', { roomId: room });
  for (const event of ['live:leave', 'live:message']) {
    assert.deepEqual(codeOf(await left.ask(event, { roomId: room, message: 'x' })), [false, 'not_in_room'], event);
  }
});

forEachFamily('rooms hear nothing of each other', async (guide) => {
  const [room, other] = [newRoom(), newRoom()];
  const listener = await guide.inRoom(other, ben);
  await listener.ok('party:join', { roomId: room });
  const speaker = await guide.inRoom(room, ann);
  await speaker.ok('live:message', { roomId: room, message: 'here only' });
  await listener.fence();
  assert.deepEqual(listener.all('live:new-message').concat(listener.all('live:user-joined')), []);
});
