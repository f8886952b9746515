// The order of what is said, also while the transport changes.
import assert from 'node:assert/strict';

import { ann, ben, cat, forEachFamily, newRoom } from './support.mjs';

const LINES = 200;
// A polling client sends what it has in one body, which has at most 64 packets.
const AT_ONCE = 50;

forEachFamily('many messages of one sender arrive in the order they were sent', async (guide) => {
  const room = newRoom();
  const listener = await guide.inRoom(room, ben);
  // Not waited for: with the default transports the move to the websocket falls into it.
  const speaker = guide.client(ann);
  const joined = speaker.ok('live:join', { roomId: room });
  const answers = [];
  for (let line = 0; line < LINES; line += 1) {
    answers.push(speaker.ok('live:message', { roomId: room, message: `${line}` }));
    if (answers.length % AT_ONCE === 0) await answers.at(-1);
  }
  await joined;
  const numbers = (await Promise.all(answers)).map(({ seq }) => seq);
  await listener.until('live:new-message', ({ message }) => message === `${LINES - 1}`);
  const heard = listener.all('live:new-message');
  assert.deepEqual(heard.map(({ message }) => Number(message)), Array.from({ length: LINES }, (_, line) => line));
  assert.deepEqual(heard.map(({ seq }) => seq), numbers);
});

forEachFamily('two who speak at once are heard in one order by everybody', async (guide) => {
  const room = newRoom();
  const listeners = [await guide.inRoom(room, cat), await guide.inRoom(room)];
  const speakers = [await guide.inRoom(room, ann), await guide.inRoom(room, ben)];
  const answers = [];
  for (let line = 0; line < LINES / 4; line += 1) {
    for (const speaker of speakers) answers.push(speaker.ok('live:message', { roomId: room, message: `${line}` }));
    if (answers.length % AT_ONCE === 0) await answers.at(-1);
  }
  const numbers = (await Promise.all(answers)).map(({ seq }) => seq);
  const last = Math.max(...numbers);
  const told = [];
  for (const listener of listeners) {
    await listener.until('live:new-message', ({ seq }) => seq === last);
    told.push(listener.all('live:new-message').map(({ userId, message, seq }) => [userId, message, seq]));
  }
  assert.equal(told[0].length, LINES / 2);
  assert.deepEqual(told[0], told[1]);
  assert.equal(new Set(numbers).size, LINES / 2);
});
