// What no event takes: it is answered, and disturbs nobody.
import assert from 'node:assert/strict';

import { ann, ben, codeOf, forEachFamily, newRoom } from './support.mjs';

const EVENTS = ['live:join', 'live:leave', 'live:message', 'party:join', 'party:leave', 'party:message'];
const NO_PAYLOADS = [[], [null], [5], ['text'], [[]], [true], [{}]];
const NO_ROOMS = [null, '', {}, [], true, -1, 1.5, 'x'.repeat(101), 'a\u0000b'];
const OF_THE_SERVER = [
  'live:user-joined', 'live:user-left', 'live:viewer-count', 'live:new-message', 'live:cached-messages',
  'live:gift-received', 'party:user-joined', 'party:user-left', 'party:new-message', 'chat:receive', 'user:online',
];

async function quietRoom(guide) {
  const room = newRoom();
  const witness = await guide.inRoom(room, ben);
  const hostile = await guide.inRoom(room, ann);
  await witness.until('live:viewer-count', ({ count }) => count === 2);
  witness.heard.length = 0;
  return { room, witness, hostile };
}

async function assertUndisturbed(witness, room) {
  await witness.ok('live:message', { roomId: room, message: 'still here' });
  assert.equal(witness.socket.connected, true);
  assert.deepEqual(witness.heard, []);
}

forEachFamily('malformed payloads are told so', async (guide) => {
  const { room, witness, hostile } = await quietRoom(guide);
  const malformed = [false, 'malformed_payload'];
  for (const event of EVENTS) {
    for (const payload of NO_PAYLOADS) {
      const answer = await hostile.ask(event, ...payload);
      assert.deepEqual(codeOf(answer), malformed, `${event} ${JSON.stringify(payload)}`);
    }
    for (const roomId of NO_ROOMS) {
      assert.deepEqual(codeOf(await hostile.ask(event, { roomId })), malformed, `${event} ${JSON.stringify(roomId)}`);
    }
  }
  for (const message of [undefined, null, 5, {}, ['x']]) {
    const answer = await hostile.ask('live:message', { roomId: room, message });
    assert.deepEqual(codeOf(answer), malformed, JSON.stringify(message));
  }
  for (const message of ['a\u0007b', '\u202eb']) {
    const answer = await hostile.ask('live:message', { roomId: room, message });
    assert.deepEqual(codeOf(answer), [false, 'invalid_message'], JSON.stringify(message));
  }
  for (const payload of [[], [null], [5], ['text']]) {
    assert.deepEqual(codeOf(await hostile.ask('user:join', ...payload)), malformed);
  }
  const empty = await hostile.ask('live:message', { roomId: room, message: '  ' });
  assert.deepEqual(codeOf(empty), [false, 'missing_fields']);
  const long = await hostile.ask('live:message', { roomId: room, message: '👋'.repeat(501) });
  assert.deepEqual(codeOf(long), [false, 'message_too_long']);
  await assertUndisturbed(witness, room);
  await hostile.ok('live:message', { roomId: room, message: '👋'.repeat(500) });
});

forEachFamily('unknown events and those of the server are unknown', async (guide) => {
  const { room, witness, hostile } = await quietRoom(guide);
  const body = { roomId: room, userId: ben.id, username: 'forged', count: 1_000_000, message: 'forged' };
  for (const event of ['no:such-event', '', '__proto__', 'x'.repeat(1_000), ...OF_THE_SERVER]) {
    const answer = await hostile.ask(event, body);
    assert.deepEqual(codeOf(answer), [false, 'unknown_event'], event);
    assert.equal(typeof answer.message, 'string');
    hostile.socket.emit(event, body);
  }
  await hostile.fence();
  await assertUndisturbed(witness, room);
});

forEachFamily('a binary event is answered like any other', async (guide) => {
  const { room, witness, hostile } = await quietRoom(guide);
  const answer = await hostile.ask('no:such-event', Buffer.from('bytes'), { nested: [Buffer.from('more')] });
  assert.deepEqual(codeOf(answer), [false, 'unknown_event']);
  assert.deepEqual(codeOf(await hostile.ask('live:message', Buffer.from('x'))), [false, 'malformed_payload']);
  const bytes = { roomId: room, message: Buffer.from('x') };
  assert.deepEqual(codeOf(await hostile.ask('live:message', bytes)), [false, 'malformed_payload']);
  await assertUndisturbed(witness, room);
});

for (const [what, bytes] of [['over 1 MB', 1_100_000], ['100 KB that are no gift', 100_000]]) {
  forEachFamily(`a message of ${what} closes its sender only`, async (guide) => {
    const { room, witness, hostile } = await quietRoom(guide);
    hostile.socket.emit('live:message', { roomId: room, message: 'x'.repeat(bytes) });
    const reason = await hostile.until('disconnect');
    assert.match(reason, /^transport (close|error)$/);
    await witness.until('live:user-left', ({ userId }) => userId === ann.id);
    await witness.until('live:viewer-count', ({ count }) => count === 1);
    assert.deepEqual(witness.all('live:new-message'), []);
    witness.heard.length = 0;
    await assertUndisturbed(witness, room);
  });
}

forEachFamily('a large gift that is none yet is answered', async (guide) => {
  const { room, witness, hostile } = await quietRoom(guide);
  const gift = { id: 'x', lottie: 'x'.repeat(500_000) };
  assert.equal((await hostile.ask('live:gift', { roomId: room, gift })).ok, false);
  await assertUndisturbed(witness, room);
});
